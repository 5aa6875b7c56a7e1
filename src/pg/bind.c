/*
 * bind.c - rows and arrays to points (see bind.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/bind.h"
#include "pg/groups.h"
#include "pg/pg_env.h"
#include "pg/pins.h"

cs_binding *
cs_binding_new(cs_env *env, const cs_model *m)
{
	cs_binding *b = CS_NEW(env, cs_binding, 1);

	b->m = m;
	b->column = CS_NEW(env, cs_bound, m->columns + 1);
	b->kernel = env->kernel;
	b->affine = cs_prep_affine(env, m->prep);
	b->single = b->affine && m->columns == m->prep->n;
	for (int i = 0; i < m->columns; i++)
		b->single = b->single && m->column[i].width == 0;
	b->raw = CS_NEW(env, float, m->prep->n);
	b->point = CS_NEW(env, float, cs_prep_room(m->prep));
	b->score = CS_NEW(env, float, cs_scorer_room(m->scorer));
	b->terms.env = env;
	if (m->prep->texts > 0)
		b->coordinates = CS_NEW(env, double, CS_TEXT_MOST_DIMENSIONS + 2);
	b->chosen = b->pinned = -1;
	if (m->pins)
		b->pins = cs_pin_columns_new(env, m->pins);
	if (m->groups)
	{
		b->env = env;
		b->group_column = CS_NEW(env, cs_bound, m->groups->columns);
		b->group = CS_NEW(env, cs_binding *, m->groups->n + 1);
		initStringInfo(&b->code);
	}
	return b;
}

static void
missing_column(const cs_model *m, const char *name)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < m->columns; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", m->column[i].name);
	for (int i = 0; m->groups && i < m->groups->columns; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "; and to tell the group of a row: ", m->groups->column[i]);
	for (int i = 0; m->pins && i < m->pins->columns; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "; and for pinned segments: ", m->pins->column[i]);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("row has no column \"%s\"", name),
			 errdetail("The model needs the columns: %s.", list.data),
			 errhint("Columns are found by name; further columns do no harm.")));
}

static int
find_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (!a->attisdropped && strcmp(NameStr(a->attname), name) == 0)
			return i;
	}
	return -1;
}

static void
bind_one(cs_env *env, const cs_model *m, const cs_column *c, TupleDesc desc, cs_bound *out)
{
	cs_feature_kind kind = m->prep->f[c->first].kind;
	bool		cast,
				fits;

	out->att = find_column(desc, c->name);
	if (out->att < 0)
		missing_column(m, c->name);
	out->type = TupleDescAttr(desc, out->att)->atttypid;
	out->conv = cs_conv_of_type(out->type, &cast);
	out->cast = NULL;

	/* a text in place of a category of another type is fine, a number is not */
	fits = c->text ? out->conv == CONV_TEXT : c->width > 0 ? cs_conv_is_array(out->conv)
		: kind == CS_NUMBER ? cs_conv_is_number(out->conv) : cs_conv_is_category(out->conv);
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s does not fit the model", c->name, format_type_be(out->type)),
				 errdetail("In training it was %s.", c->text ? "a text" : c->width > 0 ? psprintf("an array of %d numbers", c->width)
						   : kind == CS_NUMBER ? "a number" : "a category")));
	if (c->text)
		out->config = cs_text_config(c->text->config, NULL);
	if (cast)
	{
		Oid			func;

		if (find_coercion_pathway(FLOAT4ARRAYOID, getBaseType(out->type), COERCION_EXPLICIT, &func) != COERCION_PATH_FUNC)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of type %s does not fit the model", c->name, format_type_be(out->type)),
					 errhint("Cast it to real[].")));
		out->cast = CS_NEW(env, FmgrInfo, 1);
		fmgr_info(func, out->cast);
	}
}

/* Where the columns are that tell groups; what was bound to rows of another type is forgotten. */
static void
bind_groups(cs_binding *b, TupleDesc desc)
{
	const cs_groups *g = b->m->groups;

	b->desc = desc;
	memset(b->group, 0, sizeof(cs_binding *) * g->n);
	for (int c = 0; c < g->columns; c++)
	{
		cs_bound   *out = &b->group_column[c];

		out->att = find_column(desc, g->column[c]);
		if (out->att < 0)
			missing_column(b->m, g->column[c]);
		out->type = TupleDescAttr(desc, out->att)->atttypid;
		cs_group_check_type(out->type, g->column[c]);
	}
}

void
cs_bind_columns(cs_env *env, cs_binding *b, TupleDesc desc)
{
	for (int i = 0; i < b->m->columns; i++)
		bind_one(env, b->m, &b->m->column[i], desc, &b->column[i]);
	if (b->m->groups)
		bind_groups(b, desc);
	for (int i = 0; b->pins && i < b->m->pins->columns; i++)
	{
		b->pins->att[i] = find_column(desc, b->m->pins->column[i]);
		if (b->pins->att[i] < 0)
			missing_column(b->m, b->m->pins->column[i]);
	}
	if (b->pins)
		cs_pin_columns_check(b->pins, desc);
}

cs_binding *
cs_bind_choose(cs_binding *b, const Datum *value, const bool *isnull)
{
	const cs_groups *g = b->m->groups;
	cs_model   *own;

	b->pinned = b->pins ? cs_pin_of_row(b->pins, value, isnull) : -1;
	if (g == NULL || b->pinned >= 0)
		return b;
	resetStringInfo(&b->code);
	for (int c = 0; c < g->columns; c++)
	{
		const cs_bound *in = &b->group_column[c];
		int			len = 0;
		const char *text = isnull[in->att] ? NULL : cs_group_text(in->type, value[in->att], &len);

		cs_group_code(&b->code, text, len);
	}
	b->chosen = cs_groups_find(g, b->code.data);
	own = cs_model_of_group(unconstify(cs_model *, b->m), b->chosen);
	if (own == b->m)
		return b;
	if (b->group[b->chosen] == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(cs_pg_env_context(b->env));
		cs_binding *one = cs_binding_new(b->env, own);

		cs_bind_columns(b->env, one, b->desc);
		b->group[b->chosen] = one;
		MemoryContextSwitchTo(old);
	}
	return b->group[b->chosen];
}

static void
bad_length(const char *what, int n, int needed)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("%s has a wrong length", what),
			 errdetail("It has %d elements in one dimension, the model needs %d.", Max(n, 0), needed)));
}

/* Elements of an array into raw values of features from first on. */
static void
take_elements(cs_binding *b, const cs_array *a, int first, int width)
{
	for (int e = 0; e < width; e++)
		b->raw[first + e] = cs_raw_of_row(&b->m->prep->f[first + e], cs_array_element(a, e), NULL);
}

static void
take_array_column(cs_binding *b, const cs_column *c, const cs_bound *in, Datum d, bool isnull)
{
	cs_array	a;

	if (isnull)
	{
		for (int e = 0; e < c->width; e++)
			b->raw[c->first + e] = NAN;
		return;
	}
	if (in->cast)
		d = in->cast->fn_nargs == 3 ? FunctionCall3(in->cast, d, Int32GetDatum(-1), BoolGetDatum(false))
			: FunctionCall1(in->cast, d);
	a = cs_open_array(d);
	if (a.n != c->width)
		bad_length(psprintf("array in column \"%s\"", c->name), a.n, c->width);
	take_elements(b, &a, c->first, c->width);
}

/* The point of raw. */
static cs_reject
make_point(cs_binding *b, int *feature)
{
	const cs_affine *a = b->affine;

	if (a && b->kernel->affine(b->raw, a->shift, a->center, a->factor, a->n, b->point))
		return CS_ROW_OK;
	return cs_prep_row(b->m->prep, b->raw, b->point, feature);
}

/* A row of numbers, each in a column of its own; false when one is NULL. */
static inline bool
take_numbers(cs_binding *b, const Datum *value, const bool *isnull)
{
	for (int i = 0; i < b->affine->n; i++)
	{
		const cs_bound *in = &b->column[i];

		if (isnull[in->att])
			return false;
		b->raw[i] = (float) (cs_number_of(in->conv, value[in->att]) - b->affine->shift[i]);
	}
	return true;
}

static int
known_term(void *arg, const char *term, int len)
{
	return cs_text_find(arg, term, len);
}

static void
take_text(cs_binding *b, const cs_column *c, const cs_bound *in, Datum d, bool isnull)
{
	bool		some = true;

	if (isnull)
		some = cs_text_no_coordinates(c->text, b->coordinates);
	else
	{
		(void) cs_document_terms(in->config, d, known_term, unconstify(cs_text_model *, c->text), &b->terms);
		cs_text_coordinates(c->text, b->terms.number, b->terms.n, b->terms.weight, b->coordinates);
	}
	for (int e = 0; e < c->width; e++)
		b->raw[c->first + e] = some ? cs_raw_of_row(&b->m->prep->f[c->first + e], b->coordinates[e], NULL) : NAN;
}

cs_reject
cs_bind_row(cs_binding *b, const Datum *value, const bool *isnull, int *feature)
{
	if (b->single && take_numbers(b, value, isnull))
		return make_point(b, feature);
	for (int i = 0; i < b->m->columns; i++)
	{
		const cs_column *c = &b->m->column[i];
		const cs_bound *in = &b->column[i];
		const cs_feature *f = &b->m->prep->f[c->first];

		if (c->text)
			take_text(b, c, in, value[in->att], isnull[in->att]);
		else if (c->width > 0)
			take_array_column(b, c, in, value[in->att], isnull[in->att]);
		else if (isnull[in->att])
			b->raw[c->first] = NAN;
		else if (f->kind == CS_NUMBER)
			b->raw[c->first] = cs_raw_of_row(f, cs_convert_number(in->conv, value[in->att]), NULL);
		else
		{
			int			len;
			const char *text = cs_convert_text(in->conv, in->type, value[in->att], &len);

			b->raw[c->first] = cs_feature_code(f, text, len);
		}
	}
	return make_point(b, feature);
}

void
cs_bind_array_pins(cs_binding *b, Datum array)
{
	cs_array	a = {0};

	b->pinned = -1;
	if (b->pins == NULL)
		return;
	a = cs_open_array(array);
	if (a.n != b->m->prep->n)
		bad_length("array of features", a.n, b->m->prep->n);
	for (int i = 0; i < b->m->pins->columns; i++)
	{
		const char *name = b->m->pins->column[i];
		int			c = 0;

		while (c < b->m->columns && (strcmp(b->m->column[c].name, name) != 0 || b->m->column[c].width > 0 ||
									 b->m->prep->f[b->m->column[c].first].kind != CS_NUMBER))
			c++;
		if (c == b->m->columns)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("an array of features has no \"%s\", which pinned segments ask for", name),
					 errhint("Pass a row with the columns of the model.")));
		b->pins->value[i].number = cs_array_number(&a, b->m->column[c].first);
		b->pins->value[i].null = isnan(b->pins->value[i].number);
	}
	b->pinned = cs_pin_of_values(b->pins);
}

cs_reject
cs_bind_array(cs_binding *b, Datum array, int *feature)
{
	const cs_prep *p = b->m->prep;
	cs_array	a = cs_open_array(array);

	if (a.n != p->n)
		bad_length("array of features", a.n, p->n);
	if (b->affine && !b->affine->shifted && !a.has_nulls && !a.wide)
	{
		memcpy(b->raw, a.data, sizeof(float) * a.n);
		if (b->kernel->affine(b->raw, b->affine->shift, b->affine->center, b->affine->factor, a.n, b->point))
			return CS_ROW_OK;
	}
	for (int i = 0; i < p->n; i++)
	{
		double		v = cs_array_element(&a, i);

		if (p->f[i].kind != CS_NUMBER)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("feature \"%s\" is a %s and cannot come in an array of numbers", cs_model_feature_name(b->m, i),
							p->f[i].kind == CS_TEXT ? "text" : "category"),
					 errhint("Pass a row with the columns of the model.")));
		b->raw[i] = cs_raw_of_row(&p->f[i], v, NULL);
	}
	return make_point(b, feature);
}

char *
cs_bind_select(const cs_source *source, const cs_model *m)
{
	StringInfoData s;

	initStringInfo(&s);
	for (int i = 0; i < m->columns; i++)
	{
		const char *name = m->column[i].name;
		bool		cast;

		cs_conv_of_type(TupleDescAttr(source->desc, cs_source_column(source, name, "a feature of the model"))->atttypid, &cast);
		appendStringInfo(&s, "%sq.%s%s AS %s", i ? ", " : "", quote_identifier(name), cast ? "::pg_catalog.float4[]" : "",
						 quote_identifier(name));
	}
	for (int i = 0; m->groups && i < m->groups->columns; i++)
	{
		cs_source_column(source, m->groups->column[i], "a column that tells groups");
		appendStringInfo(&s, ", q.%s", quote_identifier(m->groups->column[i]));
	}
	for (int i = 0; m->pins && i < m->pins->columns; i++)
	{
		cs_source_column(source, m->pins->column[i], "a column of a pinned segment");
		appendStringInfo(&s, ", q.%s", quote_identifier(m->pins->column[i]));
	}
	return s.data;
}

void
cs_bind_selected(cs_env *env, cs_binding *b, const cs_source *source, int others)
{
	const cs_groups *g = b->m->groups;
	int			n = others + b->m->columns;
	const cs_pins *p = b->m->pins;
	TupleDesc	desc = CreateTemplateTupleDesc(n + (g ? g->columns : 0) + (p ? p->columns : 0));

	for (int i = 0; i < others; i++)
		TupleDescInitEntry(desc, i + 1, "", INT4OID, -1, 0);
	for (int i = 0; i < b->m->columns; i++)
	{
		const char *name = b->m->column[i].name;
		Oid			type = TupleDescAttr(source->desc, cs_source_column(source, name, "a feature of the model"))->atttypid;
		bool		cast;

		cs_conv_of_type(type, &cast);
		TupleDescInitEntry(desc, others + i + 1, name, cast ? FLOAT4ARRAYOID : type, -1, 0);
	}
	for (int i = 0; g && i < g->columns; i++)
		TupleDescInitEntry(desc, n + i + 1, g->column[i],
						   TupleDescAttr(source->desc, cs_source_column(source, g->column[i], "a column that tells groups"))->atttypid, -1, 0);
	n += g ? g->columns : 0;
	for (int i = 0; p && i < p->columns; i++)
		TupleDescInitEntry(desc, n + i + 1, p->column[i],
						   TupleDescAttr(source->desc, cs_source_column(source, p->column[i], "a column of a pinned segment"))->atttypid, -1, 0);
	cs_bind_columns(env, b, desc);
}
