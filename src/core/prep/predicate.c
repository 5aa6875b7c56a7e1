/*
 * predicate.c - reading and asking conditions (see predicate.h).
 */
#include "core/prep/predicate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum operation
{
	IS_NULL,
	IS_TRUE,					/* a boolean column */
	LESS,
	LESS_EQUAL,
	EQUAL,
	IS_TEXT,
	NOT,
	AND,
	OR
} operation;

struct cs_predicate_node
{
	operation	op;
	int			left;			/* nodes, or -1 */
	int			right;
	int			column;
	bool		swapped;		/* the constant stands on the left: constant < column */
	double		number;
	char	   *text;
};

/* ---- words ---- */

typedef enum word_kind
{
	WORD_END,
	WORD_NAME,					/* or keyword */
	WORD_QUOTED,				/* a name in double quotes */
	WORD_NUMBER,
	WORD_TEXT,
	WORD_SIGN,					/* ( ) , < <= = <> != >= > */
	WORD_BAD
} word_kind;

typedef struct parser
{
	cs_env	   *env;
	const char *text;
	size_t		next;			/* behind the word at hand */
	size_t		at;				/* where it begins */
	word_kind	kind;
	char	   *word;			/* names folded, texts without quotes */
	double		number;
	int			depth;
	cs_predicate *p;
	int			node_room;
	int			column_room;
	const char *wrong;			/* the first thing that is, or NULL */
	size_t		wrong_at;
} parser;

static void
fail_at(parser *r, const char *wrong)
{
	if (r->wrong == NULL)
	{
		r->wrong = wrong;
		r->wrong_at = r->at;
	}
	r->kind = WORD_BAD;
}

static bool
starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* From one quote to the next; two of them are one. */
static void
quoted(parser *r, char quote)
{
	const char *s = r->text + r->next + 1;
	char	   *to = r->word = CS_ROOM(r->env, char, strlen(s) + 1);

	for (;; s++)
	{
		if (*s == '\0')
		{
			fail_at(r, "a quote is not closed");
			return;
		}
		if (*s == quote && *++s != quote)
			break;
		*to++ = *s;
	}
	*to = '\0';
	r->kind = quote == '"' ? WORD_QUOTED : WORD_TEXT;
	r->next = (size_t) (s - r->text);
	if (quote == '"' && r->word[0] == '\0')
		fail_at(r, "a name is empty");
}

static void
name(parser *r)
{
	size_t		from = r->next,
				n;

	while (starts_name(r->text[r->next]) || is_digit(r->text[r->next]) || r->text[r->next] == '$')
		r->next++;
	n = r->next - from;
	r->word = CS_ROOM(r->env, char, n + 1);
	for (size_t i = 0; i < n; i++)
	{
		char		c = r->text[from + i];

		r->word[i] = c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
	}
	r->word[n] = '\0';
	r->kind = WORD_NAME;
}

/* Digits, a point and an exponent; strtod() alone would take hexadecimal and names as well. */
static void
number(parser *r)
{
	const char *s = r->text + r->next,
			   *from = s;
	char	   *copy;

	s += *s == '-' || *s == '+';
	while (is_digit(*s) || *s == '.')
		s++;
	if (*s == 'e' || *s == 'E')
	{
		s++;
		s += *s == '-' || *s == '+';
		while (is_digit(*s))
			s++;
	}
	copy = CS_ROOM(r->env, char, (size_t) (s - from) + 1);
	memcpy(copy, from, (size_t) (s - from));
	copy[s - from] = '\0';
	r->number = strtod(copy, &copy);
	r->kind = WORD_NUMBER;
	r->next = (size_t) (s - r->text);
	if (*copy != '\0' || starts_name(*s) || !isfinite(r->number))
		fail_at(r, "a number is not one");
}

static void
advance(parser *r)
{
	const char *s;

	while (r->text[r->next] == ' ' || r->text[r->next] == '\t' || r->text[r->next] == '\n' || r->text[r->next] == '\r')
		r->next++;
	r->at = r->next;
	if (r->wrong)
		return;
	s = r->text + r->next;
	if (*s == '\0')
		r->kind = WORD_END;
	else if (*s == '\'' || *s == '"')
		quoted(r, *s);
	else if (starts_name(*s))
		name(r);
	else if (is_digit(*s) || ((*s == '-' || *s == '+' || *s == '.') && (is_digit(s[1]) || s[1] == '.')))
		number(r);
	else if (strchr("(),<>=!", *s))
	{
		size_t		n = (s[0] == '<' && (s[1] == '=' || s[1] == '>')) || (s[0] == '>' && s[1] == '=') || (s[0] == '!' && s[1] == '=') ? 2 : 1;

		r->word = CS_NEW(r->env, char, 3);
		memcpy(r->word, s, n);
		r->kind = WORD_SIGN;
		r->next += n;
	}
	else
		fail_at(r, "it has a character that no condition has");
}

static bool
is_word(const parser *r, word_kind kind, const char *word)
{
	return r->kind == kind && strcmp(r->word, word) == 0;
}

static bool
take(parser *r, word_kind kind, const char *word)
{
	if (!is_word(r, kind, word))
		return false;
	advance(r);
	return true;
}

static void
need(parser *r, word_kind kind, const char *word, const char *wrong)
{
	if (!take(r, kind, word))
		fail_at(r, wrong);
}

/* ---- nodes ---- */

static int
add(parser *r, struct cs_predicate_node node)
{
	cs_predicate *p = r->p;

	if (p->nodes == r->node_room)
	{
		int			room = 2 * r->node_room + 16;
		struct cs_predicate_node *wider = CS_NEW(r->env, struct cs_predicate_node, (size_t) room);

		if (p->nodes > 0)
			memcpy(wider, p->node, sizeof(*wider) * (size_t) p->nodes);
		p->node = wider;
		r->node_room = room;
	}
	p->node[p->nodes] = node;
	return p->nodes++;
}

static int
join(parser *r, operation op, int left, int right)
{
	return add(r, (struct cs_predicate_node) {.op = op, .left = left, .right = right, .column = -1});
}

static int
compare(parser *r, operation op, int column, bool swapped, double v)
{
	return add(r, (struct cs_predicate_node) {.op = op, .left = -1, .right = -1, .column = column, .swapped = swapped, .number = v});
}

static int
column(parser *r)
{
	cs_predicate *p = r->p;

	for (int i = 0; i < p->columns; i++)
		if (strcmp(p->column[i].name, r->word) == 0)
			return i;
	if (p->columns == r->column_room)
	{
		int			room = 2 * r->column_room + 8;
		cs_predicate_column *wider = CS_NEW(r->env, cs_predicate_column, (size_t) room);

		if (p->columns > 0)
			memcpy(wider, p->column, sizeof(*wider) * (size_t) p->columns);
		p->column = wider;
		r->column_room = room;
	}
	p->column[p->columns].name = r->word;
	return p->columns++;
}

/* A column is of one kind in the whole condition. */
static void
settle(parser *r, int c, cs_operand kind)
{
	cs_predicate_column *column = &r->p->column[c];

	if (column->kind == CS_ANY_OPERAND)
		column->kind = kind;
	else if (column->kind != kind)
		fail_at(r, "a column is compared with constants of different kinds");
}

/* ---- grammar ---- */

static int	condition(parser *r);

static cs_operand
constant_kind(const parser *r)
{
	return r->kind == WORD_NUMBER ? CS_NUMBER_OPERAND : r->kind == WORD_TEXT ? CS_TEXT_OPERAND :
		is_word(r, WORD_NAME, "true") || is_word(r, WORD_NAME, "false") ? CS_BOOL_OPERAND : CS_ANY_OPERAND;
}

/* column = constant, for any kind of constant */
static int
equal(parser *r, int c)
{
	cs_operand	kind = constant_kind(r);
	int			node;

	settle(r, c, kind == CS_ANY_OPERAND ? CS_NUMBER_OPERAND : kind);
	if (kind == CS_ANY_OPERAND)
	{
		fail_at(r, "a number, a text in single quotes, TRUE or FALSE should be here");
		return -1;
	}
	if (kind == CS_BOOL_OPERAND)
	{
		node = add(r, (struct cs_predicate_node) {.op = IS_TRUE, .left = -1, .right = -1, .column = c});
		if (r->word[0] == 'f')
			node = join(r, NOT, node, -1);
	}
	else if (kind == CS_NUMBER_OPERAND)
		node = compare(r, EQUAL, c, false, r->number);
	else
		node = add(r, (struct cs_predicate_node) {.op = IS_TEXT, .left = -1, .right = -1, .column = c, .text = r->word});
	advance(r);
	return node;
}

static int
one_of(parser *r, int c)
{
	int			node;

	need(r, WORD_SIGN, "(", "a list in parentheses should be behind IN");
	node = equal(r, c);
	while (take(r, WORD_SIGN, ","))
	{
		int			next = equal(r, c);

		node = join(r, OR, node, next);
	}
	need(r, WORD_SIGN, ")", "a list is not closed");
	return node;
}

static double
bound(parser *r, int c)
{
	double		v = r->number;

	if (r->kind != WORD_NUMBER)
		fail_at(r, r->kind == WORD_TEXT ? "texts are compared by =, <>, !=, IN and NOT IN only" : "a number should be here");
	settle(r, c, CS_NUMBER_OPERAND);
	advance(r);
	return v;
}

static int
between(parser *r, int c)
{
	double		low = bound(r, c),
				high;

	need(r, WORD_NAME, "and", "AND should be between two numbers");
	high = bound(r, c);
	return join(r, AND, compare(r, LESS_EQUAL, c, true, low), compare(r, LESS_EQUAL, c, false, high));
}

/* Behind a column. */
static int
comparison(parser *r, int c)
{
	bool		negated;
	int			node;

	if (take(r, WORD_NAME, "is"))
	{
		negated = take(r, WORD_NAME, "not");
		need(r, WORD_NAME, "null", "NULL should be behind IS");
		node = add(r, (struct cs_predicate_node) {.op = IS_NULL, .left = -1, .right = -1, .column = c});
		return negated ? join(r, NOT, node, -1) : node;
	}
	if (take(r, WORD_SIGN, "<"))
		return compare(r, LESS, c, false, bound(r, c));
	if (take(r, WORD_SIGN, "<="))
		return compare(r, LESS_EQUAL, c, false, bound(r, c));
	if (take(r, WORD_SIGN, ">"))
		return compare(r, LESS, c, true, bound(r, c));
	if (take(r, WORD_SIGN, ">="))
		return compare(r, LESS_EQUAL, c, true, bound(r, c));
	if (take(r, WORD_SIGN, "="))
		return equal(r, c);
	if (take(r, WORD_SIGN, "<>") || take(r, WORD_SIGN, "!="))
		return join(r, NOT, equal(r, c), -1);
	negated = take(r, WORD_NAME, "not");
	if (take(r, WORD_NAME, "between"))
		node = between(r, c);
	else if (take(r, WORD_NAME, "in"))
		node = one_of(r, c);
	else if (negated)
	{
		fail_at(r, "IN or BETWEEN should be behind NOT");
		return -1;
	}
	else
	{
		settle(r, c, CS_BOOL_OPERAND);
		return add(r, (struct cs_predicate_node) {.op = IS_TRUE, .left = -1, .right = -1, .column = c});
	}
	return negated ? join(r, NOT, node, -1) : node;
}

static bool
is_keyword(const parser *r)
{
	static const char *const words[] = {"and", "or", "not", "in", "is", "null", "between", "true", "false"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(r, WORD_NAME, words[i]))
			return true;
	return false;
}

static int
factor(parser *r)
{
	int			node = -1;

	if (++r->depth > CS_PREDICATE_DEPTH)
		fail_at(r, "it is nested too deeply");
	if (take(r, WORD_NAME, "not"))
		node = join(r, NOT, factor(r), -1);
	else if (take(r, WORD_SIGN, "("))
	{
		node = condition(r);
		need(r, WORD_SIGN, ")", "a parenthesis is not closed");
	}
	else if (r->kind == WORD_QUOTED || (r->kind == WORD_NAME && !is_keyword(r)))
	{
		int			c = column(r);

		advance(r);
		node = comparison(r, c);
	}
	else
		fail_at(r, "the name of a column should be here");
	r->depth--;
	return node;
}

static int
term(parser *r)
{
	int			node = factor(r);

	while (r->wrong == NULL && take(r, WORD_NAME, "and"))
	{
		int			next = factor(r);

		node = join(r, AND, node, next);
	}
	return node;
}

static int
condition(parser *r)
{
	int			node = term(r);

	while (r->wrong == NULL && take(r, WORD_NAME, "or"))
	{
		int			next = term(r);

		node = join(r, OR, node, next);
	}
	return node;
}

cs_predicate *
cs_predicate_parse(cs_env *env, const char *text, const char **wrong, int *at)
{
	parser		r = {.env = env, .text = text, .p = CS_NEW(env, cs_predicate, 1)};

	if (strlen(text) > CS_PREDICATE_BYTES)
		fail_at(&r, "it is too long");
	advance(&r);
	condition(&r);
	if (r.wrong == NULL && r.kind != WORD_END)
		fail_at(&r, "AND, OR or the end should be here");
	*wrong = r.wrong;
	*at = (int) r.wrong_at;
	r.p->answer = CS_NEW(env, unsigned char, (size_t) r.p->nodes + 1);
	return r.wrong ? NULL : r.p;
}

/* ---- asking ---- */

/* True, false, or unknown. */
typedef enum answer
{
	NO,
	YES,
	UNKNOWN
} answer;

/* As the server orders numbers: NaN is equal to itself and above all others. */
static int
order(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return a < b ? -1 : a > b;
}

static answer
of_column(const struct cs_predicate_node *n, const cs_operand_value *v)
{
	int			c;

	if (n->op == IS_NULL)
		return v->null ? YES : NO;
	if (v->null)
		return UNKNOWN;
	switch (n->op)
	{
		case IS_TRUE:
			return v->number != 0 ? YES : NO;
		case IS_TEXT:
			return strlen(n->text) == v->len && memcmp(n->text, v->text, v->len) == 0 ? YES : NO;
		default:
			c = n->swapped ? order(n->number, v->number) : order(v->number, n->number);
			return (n->op == LESS && c < 0) || (n->op == LESS_EQUAL && c <= 0) || (n->op == EQUAL && c == 0) ? YES : NO;
	}
}

/* Nodes come after those below them, so one walk over them answers. */
bool
cs_predicate_holds(const cs_predicate *p, const cs_operand_value *v)
{
	unsigned char *a = p->answer;

	for (int i = 0; i < p->nodes; i++)
	{
		const struct cs_predicate_node *n = &p->node[i];
		answer		left = n->left >= 0 ? a[n->left] : NO,
					right = n->right >= 0 ? a[n->right] : NO;

		switch (n->op)
		{
			case NOT:
				a[i] = left == UNKNOWN ? UNKNOWN : left == YES ? NO : YES;
				break;
			case AND:
				a[i] = left == NO || right == NO ? NO : left == YES && right == YES ? YES : UNKNOWN;
				break;
			case OR:
				a[i] = left == YES || right == YES ? YES : left == NO && right == NO ? NO : UNKNOWN;
				break;
			default:
				a[i] = of_column(n, &v[n->column]);
		}
	}
	return a[p->nodes - 1] == YES;
}
