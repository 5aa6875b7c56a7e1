/*
 * test_content.c - items alike by their words and other attributes.
 *
 * Reference values: cosines in NumPy 2.4.6; the words' weights are those of
 * scikit-learn's TfidfTransformer(sublinear_tf=True), to the last digit.
 */
#include "reco_table.h"

#include "core/reco/attributes.h"

#define GOODS 5
#define TERMS 7					/* the last three are no words */

static const float counts[GOODS * TERMS] = {
	2, 1, 0, 0, 1, 0, 0,
	1, 0, 1, 0, 0, 1, 0,
	0, 3, 1, 0, 1, 0, 0.5f,
	0, 0, 0, 0, 0, 1, 0.5f,
	0, 1, 0, 1, 0, 0, 0
};

static const double alike[GOODS][GOODS] = {
	{0, 0.317454303, 0.638101777, 0, 0.173208185},
	{0.317454303, 0, 0.176014975, 0.632455532, 0},
	{0.638101777, 0.176014975, 0, 0.141421356, 0.341242988},
	{0, 0.632455532, 0.141421356, 0, 0},
	{0.173208185, 0, 0.341242988, 0, 0}
};

/* weight 0.3 */
static const double alike_by_words[GOODS][GOODS] = {
	{0, 0.488391235, 0.5000804, 0, 0.214838313},
	{0.488391235, 0, 0.270792269, 0.429668924, 0},
	{0.5000804, 0.270792269, 0, 0.0960768923, 0.423259834},
	{0, 0.429668924, 0.0960768923, 0, 0},
	{0.214838313, 0, 0.423259834, 0, 0}
};

static cs_events *
attributes_of(cs_env *env, double weight)
{
	static const bool other[TERMS] = {false, false, false, false, true, true, true};
	int32_t    *item = CS_ROOM(env, int32_t, GOODS * TERMS),
			   *term = CS_ROOM(env, int32_t, GOODS * TERMS);
	float	   *count = CS_ROOM(env, float, GOODS * TERMS);
	cs_raw_attributes raw = {0, GOODS, TERMS, item, term, count, other};

	for (int c = 0; c < GOODS * TERMS; c++)
		if (counts[c] > 0)
		{
			item[raw.n] = c / TERMS;
			term[raw.n] = c % TERMS;
			count[raw.n++] = counts[c];
		}
	return cs_attributes_build(env, &raw, weight);
}

/* Two customers have items 0 and 1; nobody has the others. */
static cs_reco_model
fit_goods(cs_env *env, double weight, cs_options *o)
{
	static const float had_few[2 * GOODS] = {1, 1, 0, 0, 0, 1, 0, 0, 0, 0};
	cs_reco_args args = {events_of_table(env, had_few, NULL, 2, GOODS, false), NULL, 0, o, 1,.attributes = attributes_of(env, weight)};

	return fit_alone(env, "content", &args);
}

static void
cosines_are_those_of_numpy(cs_env *env)
{
	cs_reco_model m = fit_goods(env, 1, options_of(env, "content", NULL)),
				w = fit_goods(env, 0.3, options_of(env, "content", NULL));

	for (int j = 0; j < GOODS; j++)
		for (int i = 0; i < GOODS; i++)
		{
			CHECK_NEAR(weight_between(&m, j, i), alike[j][i], 1e-6);
			CHECK_NEAR(weight_between(&w, j, i), alike_by_words[j][i], 1e-6);
		}
	CHECK(m.popularity[0] == 2 && m.popularity[2] == 0 && m.customers == 2);
}

static void
options_count(cs_env *env)
{
	cs_reco_model m = fit_goods(env, 1, options_of(env, "content", "neighbours", 1.0, NULL));

	/* the likest source of each target */
	CHECK(m.start[GOODS] == 5);
	CHECK(weight_between(&m, 2, 0) > 0 && weight_between(&m, 3, 1) > 0 && weight_between(&m, 0, 2) > 0);
	/* min_events does not keep those out whom nobody has; word 1, which three items have, makes none alike */
	m = fit_goods(env, 1, options_of(env, "content", "min_events", 2.0, "most_items", 2.0, NULL));
	CHECK(weight_between(&m, 0, 4) == 0 && weight_between(&m, 2, 4) == 0);
	CHECK(weight_between(&m, 1, 3) > 0.6);
}

/* Many terms that nearly all items have, and one that only two have, which alone counts. */
static void
broad_terms_lead_nowhere(cs_env *env)
{
	float	   *count = CS_NEW(env, float, 20 * ITEMS);
	cs_reco_args args = {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0,
		options_of(env, "content", "most_items", 2.0, NULL), 1};
	cs_reco_model m;

	for (int cell = 0; cell < 20 * ITEMS; cell++)
		count[cell] = cell / ITEMS > 0 || cell % ITEMS < 2;
	args.attributes = events_of_table(env, count, NULL, 20, ITEMS, true);
	m = fit_alone(env, "content", &args);
	CHECK(m.start[ITEMS] == 2 && weight_between(&m, 0, 1) == 1 && weight_between(&m, 1, 0) == 1);
}

static void
fit_nothing(cs_env *env)
{
	cs_reco_args args = {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0, options_of(env, "content", NULL), 1};

	fit_alone(env, "content", &args);
}

static void
needs_items(cs_env *env)
{
	CHECK_FAILS(env, fit_nothing, CS_E_PARAM, "needs a source of items");
}

/* Items without attributes at all, and no items. */
static void
empty_sources(cs_env *env)
{
	cs_raw_attributes raw = {0, ITEMS, 0, NULL, NULL, NULL, NULL};
	cs_reco_args args = {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0, options_of(env, "content", NULL), 1,
	.attributes = cs_attributes_build(env, &raw, 1)};
	cs_reco_model m = fit_alone(env, "content", &args);

	CHECK(m.start[ITEMS] == 0);
	raw.items = 0;
	CHECK(cs_attributes_build(env, &raw, 1)->n == 0);
}

static void
any_team_gives_the_same(cs_env *env)
{
	cs_events  *e = events_of_table(env, random_table(env, 80, 150, 0.1, 9), NULL, 80, 150, false);
	table_team	run = {"content", {e, NULL, 0, options_of(env, "content", "neighbours", 20.0, NULL), 1,.attributes = e}, {NULL}, 150 * 150};

	for (int size = 1; size <= 3; size++)
	{
		run.result[size] = CS_NEW(env, float, run.n);
		run_team(env, size, cs_recommender_find("content")->arena(&run.args), fit_table_in_team, &run);
		CHECK(memcmp(run.result[size], run.result[1], sizeof(float) * run.n) == 0);
	}
	CHECK(run.result[1][7] != 0 || run.result[1][8] != 0 || run.result[1][9] != 0);
}

TESTS(cosines_are_those_of_numpy, options_count, broad_terms_lead_nowhere, needs_items, empty_sources, any_team_gives_the_same)
