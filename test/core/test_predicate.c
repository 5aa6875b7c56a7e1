/*
 * test_predicate.c - conditions: what they mean, and what is none.
 *
 * The answers are those of PostgreSQL 15 to SELECT (condition) IS TRUE with x = 5,
 * y NULL, c = 'web', "Odd name" = true, z NaN.
 */
#include "core/prep/predicate.h"
#include "harness.h"

static bool
holds(cs_env *env, const char *text)
{
	static const struct
	{
		const char *name;
		cs_operand_value value;
	}			row[] = {
		{"x", {false, 5, NULL, 0}}, {"y", {true, 0, NULL, 0}}, {"c", {false, 0, "web", 3}}, {"Odd name", {false, 1, NULL, 0}},
		{"z", {false, NAN, NULL, 0}}
	};
	const char *wrong;
	int			at;
	cs_predicate *p = cs_predicate_parse(env, text, &wrong, &at);
	cs_operand_value v[8] = {0};

	CHECK(p != NULL && wrong == NULL);
	for (int i = 0; p && i < p->columns; i++)
	{
		bool		found = false;

		for (size_t j = 0; j < sizeof(row) / sizeof(row[0]); j++)
			if (strcmp(row[j].name, p->column[i].name) == 0)
			{
				v[i] = row[j].value;
				found = true;
			}
		CHECK(found);
	}
	return p && cs_predicate_holds(p, v);
}

static void
test_meaning(cs_env *env)
{
	static const char *const true_ones[] = {
		"x = 5", "x=5.0", "X >= 5", "x <= 5 ", "x <> 4", "x != 4", "x < 5e1", "x > -1", "x BETWEEN 5 AND 6", "x between 4 and 5",
		"x NOT BETWEEN 6 AND 7", "x IN (1, 5)", "x NOT IN (1, 2)", "c = 'web'", "c <> 'app'", "c IN ('app', 'web')", "c NOT IN ('it''s')",
		"y IS NULL", "x IS NOT NULL", "NOT y IS NOT NULL", "\"Odd name\"", "\"Odd name\" = TRUE", "NOT \"Odd name\" = false",
		"x = 5 OR y = 1", "y = 1 OR x = 5", "NOT (x = 4 AND y = 1)", "x = 4 OR x = 5 AND c = 'web'", "(((x = 5)))", "NOT NOT x = 5",
		"x = 1 OR x = 2 OR x = 5", "z > 1e300"
	};
	static const char *const others[] = {
		"x = 4", "x < 5", "x > 5", "y = 1", "NOT y = 1", "y <> 1", "y IN (1)", "y NOT IN (1)", "y = 1 AND x = 5", "x = 5 AND y = 1", "NOT (x = 5 AND y = 1)",
		"y IS NOT NULL", "c = 'Web'", "c = 'web '", "c = ''", "NOT \"Odd name\"", "x NOT BETWEEN 5 AND 5", "x BETWEEN 6 AND 4",
		"(x = 4 OR x = 5) AND c = 'app'", "z < 5", "y BETWEEN 1 AND 2"
	};

	for (size_t i = 0; i < sizeof(true_ones) / sizeof(true_ones[0]); i++)
		CHECK(holds(env, true_ones[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CHECK(!holds(env, others[i]));
}

static void
test_no_conditions(cs_env *env)
{
	static const struct
	{
		const char *text;
		const char *wrong;
		int			at;
	}			bad[] = {
		{"", "the name of a column should be here", 0}, {"x =", "should be here", 3}, {"x = y", "should be here", 4}, {"5 = x", "the name of a column", 0},
		{"x = 5 AND", "the name of a column", 9}, {"x = 5 x", "AND, OR or the end", 6}, {"(x = 5", "parenthesis is not closed", 6}, {"x = 5)", "AND, OR or the end", 5},
		{"c = 'web", "a quote is not closed", 4}, {"x = 5; DROP TABLE c", "no condition has", 5}, {"x + 1 = 5", "no condition has", 2}, {"f(x) = 1", "AND, OR or the end", 1},
		{"x = 5 AND x = 'a'", "different kinds", 14}, {"c > 'web'", "texts are compared by", 4}, {"c BETWEEN 'a' AND 'b'", "texts are compared by", 10},
		{"x IS 5", "NULL should be behind IS", 5}, {"x NOT 5", "IN or BETWEEN", 6}, {"x IN 5", "a list in parentheses", 5}, {"x IN ()", "should be here", 6},
		{"x IN (1, 2", "a list is not closed", 10}, {"x BETWEEN 1 OR 2", "AND should be between", 12}, {"x = 1e999", "a number is not one", 4}, {"x = 1.2.3", "a number is not one", 4},
		{"x = 0x10", "a number is not one", 4}, {"x = 5::int", "no condition has", 5}, {"\"\" = 5", "a name is empty", 0}, {"SELECT 1", "AND, OR or the end", 7}, {"x = NULL", "should be here", 4},
		{"and = 1", "the name of a column", 0}, {"x = 1 -- all", "no condition has", 6}, {"x LIKE 'a'", "AND, OR or the end", 2}
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		const char *wrong = NULL;
		int			at = -1;

		CHECK(cs_predicate_parse(env, bad[i].text, &wrong, &at) == NULL);
		CHECK(wrong != NULL && strstr(wrong, bad[i].wrong) != NULL);
		CHECK_NEAR(at, bad[i].at, 0);
	}
}

static void
test_depth(cs_env *env)
{
	char	   *text = CS_NEW(env, char, CS_PREDICATE_BYTES + 10);
	const char *wrong;
	int			at;

	memset(text, '(', 60);
	memcpy(text + 60, "x = 5", 5);
	memset(text + 65, ')', 60);
	CHECK(cs_predicate_parse(env, text, &wrong, &at) != NULL);
	memset(text, '(', 5000);
	CHECK(cs_predicate_parse(env, text, &wrong, &at) == NULL && strcmp(wrong, "it is nested too deeply") == 0);
	for (int i = 0; i < 1000; i++)
		memcpy(text + 4 * i, "NOT ", 4);
	strcpy(text + 4000, "x");
	CHECK(cs_predicate_parse(env, text, &wrong, &at) == NULL && strcmp(wrong, "it is nested too deeply") == 0);
	memset(text, 'x', CS_PREDICATE_BYTES + 1);
	text[CS_PREDICATE_BYTES + 1] = '\0';
	CHECK(cs_predicate_parse(env, text, &wrong, &at) == NULL && strcmp(wrong, "it is too long") == 0);
	/* many terms side by side are no nesting */
	text[0] = '\0';
	for (int i = 0; i < 1000; i++)
		strcat(text, i ? " OR x=1" : "x=1");
	strcat(text, " OR x=5");
	CHECK(holds(env, text));
}

TESTS(test_meaning, test_no_conditions, test_depth)
