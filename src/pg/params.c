/*
 * params.c - checking jsonb options against parameter tables (see params.h).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "core/base/params.h"
#include "pg/params.h"

static const char *const type_names[] = {
	"a whole number", "a number", "true or false", "a text", "an array of numbers or of equally long arrays of numbers",
	"an object of texts", "an array of texts", "a text", "an array of objects {\"name\": text, \"where\": text}"
};

/* ---- messages ---- */

char *
cs_param_number(const cs_param *p, double v)
{
	return psprintf(p->type == CS_P_INT ? "%.0f" : "%.15g", v);
}

static char *
allowed_values(const cs_param *p)
{
	switch (p->type)
	{
		case CS_P_INT:
		case CS_P_REAL:
			return psprintf("It takes %s from %s to %s; the default is %s.", type_names[p->type], cs_param_number(p, p->min),
							cs_param_number(p, p->max), cs_param_number(p, p->def));
		case CS_P_BOOL:
			return psprintf("It takes true or false; the default is %s.", p->def != 0 ? "true" : "false");
		case CS_P_ENUM:
			{
				StringInfoData s;

				initStringInfo(&s);
				appendStringInfoString(&s, "It takes one of: ");
				for (const char *c = p->choices; *c; c++)
					if (*c == '|')
						appendStringInfoString(&s, ", ");
					else
						appendStringInfoChar(&s, *c);
				appendStringInfoChar(&s, '.');
				return s.data;
			}
		default:
			return psprintf("It takes %s.", type_names[p->type]);
	}
}

/* option of kmeans "restarts"; transform "log" of feature "spend" */
static char *
named(const char *what, const char *key, const char *feature)
{
	return feature ? psprintf("%s \"%s\" of feature \"%s\"", what, key, feature) : psprintf("%s \"%s\"", what, key);
}

static void
bad_value(const cs_param *p, const char *what, const char *feature)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value for %s", named(what, p->name, feature)),
			 errdetail("%s", allowed_values(p)),
			 errhint("Meaning: %s.", p->help)));
}

static void
unknown_key(const cs_param *table, const cs_param *extra, const char *key, const char *what,
			const char *feature)
{
	StringInfoData s;

	initStringInfo(&s);
	for (const cs_param *p = table; p->name; p++)
		appendStringInfo(&s, "%s%s", s.len ? ", " : "", p->name);
	for (const cs_param *p = extra; p && p->name; p++)
		appendStringInfo(&s, "%s%s", s.len ? ", " : "", p->name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s", named(what, key, feature)),
			 s.len ? errdetail("It takes: %s.", s.data) : errdetail("It takes none."),
			 errhint("SELECT * FROM clusterseg.%s lists all of them with their meaning.", feature ? "transforms" : strcmp(what, "serving option") == 0 ? "serving_options" : "algorithms")));
}

/* ---- values ---- */

static char *
text_of(const JsonbValue *v)
{
	return pnstrdup(v->val.string.val, v->val.string.len);
}

static double
number_of(const JsonbValue *v)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(v->val.numeric)));
}

/* The elements of an array value. */
static JsonbValue *
elements(const JsonbValue *v, int *n)
{
	JsonbIterator *it = JsonbIteratorInit(v->val.binary.data);
	JsonbValue	e;
	JsonbValue *out = NULL;
	int			room = 0;
	JsonbIteratorToken token;

	*n = 0;
	while ((token = JsonbIteratorNext(&it, &e, true)) != WJB_DONE)
		if (token == WJB_ELEM)
		{
			if (*n == room)
			{
				room = room ? 2 * room : 16;
				out = out ? repalloc(out, room * sizeof(JsonbValue)) : palloc(room * sizeof(JsonbValue));
			}
			out[(*n)++] = e;
		}
	return out;
}

static bool
is_array(const JsonbValue *v)
{
	return v->type == jbvBinary && JsonContainerIsArray(v->val.binary.data) &&
		!JsonContainerIsScalar(v->val.binary.data);
}

static bool
is_object(const JsonbValue *v)
{
	return v->type == jbvBinary && JsonContainerIsObject(v->val.binary.data);
}

/* [1, 2] is one row of two cells, [[1, 2], [3, 4]] two rows. */
static bool
matrix_value(cs_env *env, const JsonbValue *v, cs_option *o)
{
	JsonbValue *row,
			   *cell;
	int			cells;
	bool		flat;

	if (!is_array(v))
		return false;
	row = elements(v, &o->rows);
	flat = o->rows > 0 && row[0].type == jbvNumeric;
	if (flat)
	{
		o->cols = o->rows;
		o->rows = 1;
	}
	for (int r = 0; r < o->rows; r++)
	{
		if (!flat && !is_array(&row[r]))
			return false;
		cell = flat ? row : elements(&row[r], &cells);
		if (r == 0)
		{
			o->cols = flat ? o->cols : cells;
			o->cell = CS_NEW(env, double, (size_t) o->rows * o->cols + 1);
		}
		else if (cells != o->cols)
			return false;
		for (int c = 0; c < o->cols; c++)
		{
			if (cell[c].type != jbvNumeric)
				return false;
			o->cell[r * o->cols + c] = number_of(&cell[c]);
		}
	}
	return true;
}

static bool
object_value(cs_env *env, const JsonbValue *v, cs_option *o)
{
	JsonbIterator *it;
	JsonbValue	e;
	JsonbIteratorToken token;
	int			n;

	if (!is_object(v))
		return false;
	n = JsonContainerSize(v->val.binary.data);
	o->key = CS_NEW(env, char *, n + 1);
	o->text = CS_NEW(env, char *, n + 1);
	it = JsonbIteratorInit(v->val.binary.data);
	while ((token = JsonbIteratorNext(&it, &e, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			o->key[o->rows] = text_of(&e);
		else if (token == WJB_VALUE)
		{
			if (e.type != jbvString)
				return false;
			o->text[o->rows++] = text_of(&e);
		}
	}
	return true;
}

static bool
texts_value(cs_env *env, const JsonbValue *v, cs_option *o)
{
	JsonbValue *e;

	if (!is_array(v))
		return false;
	e = elements(v, &o->rows);
	o->text = CS_NEW(env, char *, o->rows + 1);
	for (int i = 0; i < o->rows; i++)
	{
		if (e[i].type != jbvString)
			return false;
		o->text[i] = text_of(&e[i]);
	}
	return true;
}

/* Objects of a name and a condition, nothing else. */
static bool
rules_value(cs_env *env, const JsonbValue *v, cs_option *o)
{
	JsonbValue *e;

	if (!is_array(v))
		return false;
	e = elements(v, &o->rows);
	o->key = CS_NEW(env, char *, o->rows + 1);
	o->text = CS_NEW(env, char *, o->rows + 1);
	for (int i = 0; i < o->rows; i++)
	{
		cs_option	one = {0};

		if (!object_value(env, &e[i], &one) || one.rows != 2)
			return false;
		for (int m = 0; m < 2; m++)
			if (strcmp(one.key[m], "name") == 0)
				o->key[i] = one.text[m];
			else if (strcmp(one.key[m], "where") == 0)
				o->text[i] = one.text[m];
		if (o->key[i] == NULL || o->text[i] == NULL)
			return false;
	}
	return true;
}

static bool
set_value(cs_env *env, const cs_param *p, const JsonbValue *v, cs_option *o)
{
	o->set = true;
	switch (p->type)
	{
		case CS_P_INT:
		case CS_P_REAL:
			if (v->type != jbvNumeric)
				return false;
			o->number = number_of(v);
			return o->number >= p->min && o->number <= p->max &&
				(p->type == CS_P_REAL || o->number == rint(o->number));
		case CS_P_BOOL:
			o->number = v->type == jbvBool && v->val.boolean;
			return v->type == jbvBool;
		case CS_P_ENUM:
			if (v->type != jbvString)
				return false;
			o->number = cs_param_choice(p, text_of(v));
			return o->number >= 0;
		case CS_P_MATRIX:
			return matrix_value(env, v, o);
		case CS_P_OBJECT:
			return object_value(env, v, o);
		case CS_P_TEXTS:
			return texts_value(env, v, o);
		case CS_P_TEXT:
			if (v->type != jbvString)
				return false;
			o->rows = 1;
			o->text = CS_NEW(env, char *, 1);
			o->text[0] = text_of(v);
			return true;
		case CS_P_RULES:
			return rules_value(env, v, o);
	}
	return false;
}

static void
set_option(cs_env *env, const cs_param *table, const cs_param *extra, cs_options *o,
		   const char *key, const JsonbValue *v, const char *what, const char *feature)
{
	int			i = cs_params_find(table, key);

	if (i < 0)
	{
		if (extra && cs_params_find(extra, key) >= 0)
			return;
		unknown_key(table, extra, key, what, feature);
	}
	if (v->type == jbvNull)
		return;					/* null asks for the default */
	if (!set_value(env, &table[i], v, &o->value[i]))
		bad_value(&table[i], what, feature);
}

static void
set_from_object(cs_env *env, const cs_param *table, const cs_param *extra, cs_options *o,
				JsonbContainer *object, const char *what, const char *feature)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbValue	v;
	JsonbIteratorToken token;
	char	   *key = NULL;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = text_of(&v);
		else if (token == WJB_VALUE)
			set_option(env, table, extra, o, key, &v, what, feature);
	}
}

cs_options *
cs_parse_options(cs_env *env, const cs_param *table, const cs_param *extra, Jsonb *json, const char *what)
{
	cs_options *o = cs_options_new(env, table);

	if (json == NULL)
		return o;
	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options are not a JSON object"),
				 errhint("Write options => '{\"name\": value}'.")));
	set_from_object(env, table, extra, o, &json->root, what, NULL);
	return o;
}

/* One word of a shorthand: "log1p" means {"log": "log1p"}. */
static void
set_word(cs_env *env, const cs_param *table, cs_options *o, const JsonbValue *word, const char *feature)
{
	char	   *text = text_of(word);
	int			at = -1,
				choice = 0;

	for (int i = 0; table[i].name; i++)
		if (table[i].type == CS_P_ENUM && cs_param_choice(&table[i], text) >= 0)
		{
			/* none and default belong to several: nobody means them here */
			at = at < 0 ? i : -2;
			choice = cs_param_choice(&table[i], text);
			if (at == -2)
				break;
		}
	if (at < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown %s", named("transform", text, feature)),
				 errdetail("A word stands for a choice of impute, log or scale, such as median, log1p or robust."),
				 errhint("Write an object for all else, for example {\"winsor\": [0.01, 0.99], \"log\": \"log1p\"}.")));
	o->value[at].number = choice;
	o->value[at].set = true;
}

static void
bad_transform(const char *feature)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid transform of feature \"%s\"", feature),
			 errhint("Write an object such as {\"log\": \"log1p\"}, a word such as \"log1p\", or an array of these.")));
}

cs_options *
cs_parse_transform(cs_env *env, const cs_param *table, JsonbValue *v, const char *feature)
{
	cs_options *o = cs_options_new(env, table);

	if (v == NULL || v->type == jbvNull)
		return o;
	if (is_object(v))
		set_from_object(env, table, NULL, o, v->val.binary.data, "transform", feature);
	else if (v->type == jbvString)
		set_word(env, table, o, v, feature);
	else if (is_array(v))
	{
		int			n;
		JsonbValue *word = elements(v, &n);

		for (int i = 0; i < n; i++)
			if (word[i].type == jbvString)
				set_word(env, table, o, &word[i], feature);
			else if (is_object(&word[i]))
				set_from_object(env, table, NULL, o, word[i].val.binary.data, "transform", feature);
			else
				bad_transform(feature);
	}
	else
		bad_transform(feature);
	return o;
}

/* ---- the other way ---- */

static JsonbValue
json_string(const char *s)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = pstrdup(s);
	v.val.string.len = strlen(s);
	return v;
}

static JsonbValue
json_number(double d)
{
	JsonbValue	v;

	v.type = jbvNumeric;
	v.val.numeric = DatumGetNumeric(DirectFunctionCall1(float8_numeric, Float8GetDatum(d)));
	return v;
}

static JsonbValue
json_scalar(cs_env *env, const cs_param *p, const cs_option *o)
{
	JsonbValue	v;

	if (p->type == CS_P_ENUM)
		return json_string(cs_param_choice_name(env, p, (int) o->number));
	if (p->type != CS_P_BOOL)
		return json_number(o->number);
	v.type = jbvBool;
	v.val.boolean = o->number != 0;
	return v;
}

/* A text, or a list of them. */
static void
push_texts(JsonbParseState **state, const cs_param *p, const cs_option *o)
{
	JsonbValue	v = json_string(p->name);

	pushJsonbValue(state, WJB_KEY, &v);
	if (p->type == CS_P_TEXTS)
		pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < o->rows; i++)
	{
		v = json_string(o->text[i]);
		pushJsonbValue(state, p->type == CS_P_TEXTS ? WJB_ELEM : WJB_VALUE, &v);
	}
	if (p->type == CS_P_TEXTS)
		pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

Jsonb *
cs_options_json(cs_env *env, const cs_options *o)
{
	JsonbParseState *state = NULL;
	JsonbValue *done;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; o->table[i].name; i++)
	{
		const cs_param *p = &o->table[i];
		JsonbValue	v;

		if ((p->type == CS_P_TEXTS || p->type == CS_P_TEXT) && o->value[i].set && o->value[i].rows > 0)
			push_texts(&state, p, &o->value[i]);

		/* matrices and objects are kept as they were given */
		if (p->type >= CS_P_MATRIX)
			continue;
		v = json_string(p->name);
		pushJsonbValue(&state, WJB_KEY, &v);
		v = json_scalar(env, p, &o->value[i]);
		pushJsonbValue(&state, WJB_VALUE, &v);
	}
	done = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(done);
}
