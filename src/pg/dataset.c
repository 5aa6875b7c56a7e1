/*
 * dataset.c - choosing features, and turning raw rows into points (dataset.h).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/dataset.h"
#include "pg/params.h"
#include "pg/pins.h"

/* ---- choosing input columns ---- */

static bool
named(char **names, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (names[i] && strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
add_input(cs_dataset *ds, const char *name, bool by_default)
{
	int			att = cs_source_column(ds->source, name, "a feature");
	Form_pg_attribute a = TupleDescAttr(ds->source->desc, att);
	cs_input   *in = &ds->input[ds->n_inputs];

	memset(in, 0, sizeof(*in));
	in->name = cs_strdup(ds->env, name);
	in->type = a->atttypid;
	in->conv = cs_conv_of_type(a->atttypid, &in->cast_to_real);
	in->by_default = by_default;
	if (in->conv == CONV_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s cannot be a feature", name, format_type_be(a->atttypid)),
				 errdetail("Features are numbers, booleans, dates and times, texts and enums, and arrays of numbers."),
				 errhint("Leave it out, or cast it in a query.")));
	in->width = cs_conv_is_array(in->conv) ? -1 : 0;
	ds->n_inputs++;
}

/* Without names: every number, boolean and category, but no times. */
static void
default_inputs(cs_dataset *ds, const cs_dataset_args *args)
{
	TupleDesc	desc = ds->source->desc;
	StringInfoData left;

	initStringInfo(&left);
	for (int i = 0; i < desc->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(desc, i)->attname);
		bool		cast;
		cs_conv		conv = cs_conv_of_type(TupleDescAttr(desc, i)->atttypid, &cast);

		if ((args->key && strcmp(name, args->key) == 0) || (args->weight && strcmp(name, args->weight) == 0) ||
			named(args->leave_out, args->n_leave_out, name))
			continue;
		if (conv == CONV_NONE || cs_conv_is_time(conv))
			appendStringInfo(&left, "%s%s", left.len ? ", " : "", name);
		else
			add_input(ds, name, true);
	}
	if (left.len > 0)
		ereport(NOTICE,
				(errmsg("columns not used as features: %s", left.data),
				 errhint("Name the features to choose yourself.")));
}

static void
choose_inputs(cs_dataset *ds, const cs_dataset_args *args)
{
	int			most = args->features ? args->n_features : ds->source->desc->natts;

	ds->input = CS_NEW(ds->env, cs_input, most + 1);
	if (args->features == NULL)
		default_inputs(ds, args);
	for (int i = 0; i < args->n_features; i++)
	{
		if (args->features[i] == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a feature name is NULL")));
		if (named(args->features, i, args->features[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("feature \"%s\" is named twice", args->features[i])));
		if (args->key && strcmp(args->features[i], args->key) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the key \"%s\" cannot be a feature", args->key),
					 errhint("A key tells rows apart; it does not describe them.")));
		add_input(ds, args->features[i], false);
	}
	if (ds->n_inputs == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are no features"),
				 errhint("Name at least one column that is a number, a boolean or a text.")));
}

/* ---- features of the inputs ---- */

/* Transforms asked for a feature: its own entry, else the one named "*". */
static JsonbValue *
transform_of(Jsonb *transforms, const char *name)
{
	JsonbValue	key,
			   *v;

	if (transforms == NULL)
		return NULL;
	key.type = jbvString;
	key.val.string.val = (char *) name;
	key.val.string.len = strlen(name);
	v = findJsonbValueFromContainer(&transforms->root, JB_FOBJECT, &key);
	return v;
}

/* Names in transforms that are no feature are mistakes. */
static void
check_transform_names(const cs_dataset *ds, Jsonb *transforms)
{
	JsonbIterator *it;
	JsonbValue	v;
	JsonbIteratorToken token;

	if (transforms == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(transforms))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("transforms are not a JSON object"),
				 errhint("Write transforms => '{\"feature\": {\"log\": \"log1p\"}}'.")));
	it = JsonbIteratorInit(&transforms->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
		if (token == WJB_KEY)
		{
			char	   *name = pnstrdup(v.val.string.val, v.val.string.len);
			bool		found = strcmp(name, "*") == 0;

			for (int i = 0; i < ds->n_inputs && !found; i++)
				found = strcmp(ds->input[i].name, name) == 0;
			if (!found)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("transforms name \"%s\", which is not a feature", name),
						 errhint("The name \"*\" stands for all numeric features without an entry of their own.")));
		}
}

/* Score boxes and their thresholds are in the units of the features. */
static void
check_raw(const cs_options *o, const char *feature)
{
	static const char *const names[] = {"log", "quantile", "scale", "weight", "text"};

	for (int i = 0; i < lengthof(names); i++)
		if (cs_option_get(o, names[i])->set)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("transform \"%s\" of feature \"%s\" has no use", names[i], feature),
					 errdetail("The algorithm works on the values as they are; it takes the transforms impute, value and winsor.")));
}

static cs_options *
options_of(const cs_dataset *ds, const cs_dataset_args *args, const cs_input *in)
{
	JsonbValue *v = transform_of(args->transforms, in->name);

	if (v == NULL && !cs_conv_is_category(in->conv) && in->conv != CONV_DOCUMENT)
		v = transform_of(args->transforms, "*");
	return cs_parse_transform(ds->env, cs_transform_params, v, in->name);
}

/* Which categories are texts whose terms count? */
static void
open_texts(cs_dataset *ds, const cs_dataset_args *args)
{
	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_input   *in = &ds->input[i];
		const cs_options *o = options_of(ds, args, in);

		if (cs_option_get(o, "text")->set && ds->group_columns > 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("text \"%s\" cannot be a feature of models per group", in->name),
					 errhint("Leave it out, or train one model per group with a WHERE clause in the source.")));
		if (cs_option_get(o, "text")->set)
			cs_text_input_open(ds, args, in, o);
	}
}

/* Features of one input, with what was asked for them. */
static void
make_features(cs_dataset *ds, const cs_dataset_args *args, cs_input *in, cs_feature *f)
{
	bool		category = cs_conv_is_category(in->conv);
	cs_options *o = options_of(ds, args, in);

	if (args->raw)
		check_raw(o, in->name);
	if (in->text)
	{
		cs_text_features(ds->env, in->name, o, args->scale, in->text->model, f);
		return;
	}
	in->levels_asked = cs_option_get(o, "max_levels")->set;
	for (int e = 0; e < (in->width > 0 ? in->width : 1); e++)
		f[e] = cs_feature_make(ds->env, in->width > 0 ? psprintf("%s[%d]", in->name, e + 1) : in->name,
							   category ? CS_CATEGORY : CS_NUMBER, o, args->scale);
}

/* How long are the arrays?  Training needs to know before it reads. */
static void
first_widths(void *arg, TupleTableSlot *slot)
{
	cs_dataset *ds = arg;
	int			at = 0;

	slot_getallattrs(slot);
	for (int i = 0; i < ds->n_inputs; i++)
		if (ds->input[i].width == -1)
		{
			if (!slot->tts_isnull[at])
				ds->input[i].width = cs_open_array(slot->tts_values[at]).n;
			at++;
		}
}

static char *
input_expression(const cs_input *in)
{
	return psprintf("q.%s%s", quote_identifier(in->name), in->cast_to_real ? "::pg_catalog.float4[]" : "");
}

static void
find_widths(cs_dataset *ds)
{
	StringInfoData list,
				where;

	initStringInfo(&list);
	initStringInfo(&where);
	for (int i = 0; i < ds->n_inputs; i++)
		if (ds->input[i].width == -1)
		{
			appendStringInfo(&list, "%s%s", list.len ? ", " : "", input_expression(&ds->input[i]));
			appendStringInfo(&where, "%sq.%s IS NOT NULL", where.len ? " AND " : "", quote_identifier(ds->input[i].name));
		}
	if (list.len == 0)
		return;
	cs_query_scan(psprintf("SELECT %s FROM %s WHERE %s LIMIT 1", list.data, ds->source->from, where.data),
				  ds->source->path, ds->source->run_as, false, first_widths, ds);
	for (int i = 0; i < ds->n_inputs; i++)
		if (ds->input[i].conv >= CONV_FLOAT8_ARRAY && (ds->input[i].width < 1 || ds->input[i].width > 16000))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("array \"%s\" has no usable length", ds->input[i].name),
					 ds->input[i].width < 0 ? errdetail("It has several dimensions, or is NULL in all rows.")
					 : errdetail("Its first value has %d elements; 1 to 16000 are possible.", ds->input[i].width)));
}

static void
check_weight(Form_pg_attribute a)
{
	bool		cast;
	cs_conv		conv = cs_conv_of_type(a->atttypid, &cast);

	if (!cs_conv_is_number(conv) || cs_conv_is_time(conv) || conv == CONV_BOOL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("weight \"%s\" of type %s is not a number", NameStr(a->attname), format_type_be(a->atttypid)),
				 errhint("Weights are numbers from 0 up.")));
}

cs_dataset *
cs_dataset_open(cs_env *env, const cs_dataset_args *args)
{
	cs_dataset *ds = CS_NEW(env, cs_dataset, 1);
	int			n = 0;

	ds->env = env;
	ds->source = cs_source_open(args->source, args->path, args->run_as);
	ds->budget = args->budget;
	ds->row_overhead = args->row_overhead;
	ds->pca = args->pca;
	if (args->key)
		ds->keys = cs_keys_new(env, TupleDescAttr(ds->source->desc, cs_source_column(ds->source, args->key, "the key")));
	if (args->weight)
	{
		check_weight(TupleDescAttr(ds->source->desc, cs_source_column(ds->source, args->weight, "the weight")));
		ds->weighted = true;
		ds->weight_name = cs_strdup(env, args->weight);
	}
	choose_inputs(ds, args);
	cs_dataset_open_groups(ds, args);
	cs_dataset_open_pins(ds, args);
	check_transform_names(ds, args->transforms);
	open_texts(ds, args);
	find_widths(ds);
	for (int i = 0; i < ds->n_inputs; i++)
	{
		ds->input[i].first = n;
		n += ds->input[i].width > 0 ? ds->input[i].width : 1;
	}
	ds->prep = CS_NEW(env, cs_prep, 1);
	ds->prep->n = n;
	ds->prep->unit_length = args->unit_length;
	ds->prep->f = CS_NEW(env, cs_feature, n);
	for (int i = 0; i < ds->n_inputs; i++)
		make_features(ds, args, &ds->input[i], &ds->prep->f[ds->input[i].first]);
	ds->missing = CS_NEW(env, uint64, n);
	ds->lossy = CS_NEW(env, bool, n);
	return ds;
}

char *
cs_dataset_select(const cs_dataset *ds)
{
	StringInfoData list;

	initStringInfo(&list);
	if (ds->keys)
		appendStringInfo(&list, "q.%s", quote_identifier(ds->keys->name));
	if (ds->weighted)
		appendStringInfo(&list, "%sq.%s::pg_catalog.float8", list.len ? ", " : "", quote_identifier(ds->weight_name));
	for (int i = 0; i < ds->n_inputs; i++)
		appendStringInfo(&list, "%s%s", list.len ? ", " : "", input_expression(&ds->input[i]));
	for (int i = 0; i < ds->n_inputs; i++)
		if (ds->input[i].text && ds->input[i].text->rating)
			appendStringInfo(&list, ", q.%s::pg_catalog.float8", quote_identifier(ds->input[i].text->rating));
	for (int i = 0; i < ds->group_columns; i++)
		appendStringInfo(&list, ", q.%s", quote_identifier(ds->group_column[i]));
	for (int i = 0; ds->pins && i < ds->pins->pins->columns; i++)
		appendStringInfo(&list, ", q.%s", quote_identifier(ds->pins->pins->column[i]));
	return list.data;
}

/* ---- points ---- */

float *
cs_private_block(void *arg, int b, size_t floats)
{
	return CS_NEW((cs_env *) arg, float, floats);
}

typedef struct packing
{
	cs_dataset *ds;
	cs_block_fn block;
	void	   *block_arg;
	cs_raw_fn	visit;
	void	   *visit_arg;
	float	   *weight;
	double		weights;		/* sum of them */
	float	   *point;			/* room for a tile of points */
	float	   *scratch;		/* in place: the block that is being filled, or NULL */
	cs_affine  *affine;			/* rows become points a tile at a time, or NULL */
} packing;

static void
start_block(packing *p, size_t rows_left)
{
	cs_matrix  *m = p->ds->matrix;
	int			b = m->blocks++;
	size_t		floats = cs_round_lanes(Min(rows_left, CS_BLOCK_ROWS)) * (size_t) m->d;

	m->block[b] = p->scratch ? memset(p->scratch, 0, floats * sizeof(float)) : p->block(p->block_arg, b, floats);
	p->ds->matrix_bytes += floats * sizeof(float);
}

/* In place: raw rows are read well before the block in their memory is complete. */
static void
end_block(packing *p)
{
	cs_matrix  *m = p->ds->matrix;
	int			b = m->blocks - 1;

	if (p->scratch == NULL || b < 0 || m->block[b] != p->scratch)
		return;
	m->block[b] = p->ds->rows->chunk[b];
	memcpy(m->block[b], p->scratch, cs_round_lanes(m->n - (size_t) b * CS_BLOCK_ROWS) * (size_t) m->d * sizeof(float));
}

/* Raw row i to the next point, unless there is none. */
static void
pack_row(packing *p, size_t i)
{
	cs_dataset *ds = p->ds;
	cs_matrix  *m = ds->matrix;
	const float *raw = cs_rows_at(ds->rows, i);
	float		norm;

	if (cs_prep_row_norm(ds->prep, raw, p->point, NULL, &norm) != CS_ROW_OK)
	{
		ds->unfit++;
		ds->skipped++;
		return;
	}
	if (ds->keys && m->n != i)
		cs_keys_set(ds->keys, m->n, cs_keys_at(ds->keys, i));
	if (p->weight)
		p->weights += p->weight[m->n] = raw[ds->prep->n];
	if (ds->norm)
		ds->norm[m->n] = norm;
	if (ds->prep->texts > 0)
		cs_text_inputs_point(ds, i, m->n);
	if (p->visit)
		p->visit(p->visit_arg, raw, m->n);
	m->n++;
	cs_matrix_set_row(m, m->n - 1, p->point);
	if (ds->coordinates)
		cs_matrix_set_row(ds->coordinates, m->n - 1, cs_prep_coordinates(ds->prep, p->point));
}

/* Raw rows i to i + CS_LANES as the next tile; false when they have to be looked at one by one. */
static bool
pack_tile(packing *p, size_t i)
{
	cs_dataset *ds = p->ds;
	const cs_affine *a = p->affine;

	/* no row was left out so far, so these have their places already */
	if (ds->matrix->n != i || ds->rows->n - i < CS_LANES ||
		!ds->env->kernel->affine_tile(cs_rows_at(ds->rows, i), ds->rows->width, a->shift, a->center, a->factor, a->n,
									  p->point, cs_matrix_at(ds->matrix, i)))
		return false;
	ds->matrix->n += CS_LANES;
	return true;
}

static void
pack_rows(packing *p)
{
	cs_dataset *ds = p->ds;
	cs_matrix  *m = ds->matrix;
	size_t		n = ds->rows->n,
				i = 0;

	while (i < n)
	{
		if (i % CS_BLOCK_ROWS == 0)
		{
			CHECK_FOR_INTERRUPTS();
			if (p->scratch == NULL)
				cs_rows_release_before(ds->rows, i / CS_BLOCK_ROWS);
			cs_progress(ds->env, CS_PHASE_PREPARE, i, n);
		}
		if (m->n % CS_BLOCK_ROWS == 0 && m->n / CS_BLOCK_ROWS == (size_t) m->blocks)
		{
			end_block(p);
			start_block(p, n - i);
		}
		if (p->affine && i % CS_LANES == 0 && pack_tile(p, i))
			i += CS_LANES;
		else
			pack_row(p, i++);
	}
	end_block(p);
}

void
cs_dataset_pack(cs_dataset *ds, cs_block_fn block, void *block_arg, cs_raw_fn visit, void *visit_arg)
{
	packing		p = {ds, block ? block : cs_private_block, block ? block_arg : ds->env, visit, visit_arg};
	size_t		n = ds->rows->n;

	ds->matrix = CS_NEW(ds->env, cs_matrix, 1);
	ds->matrix->d = ds->prep->d;
	ds->matrix->block = CS_NEW(ds->env, float *, cs_matrix_blocks(n) + 1);
	if (ds->prep->axes)
		ds->coordinates = cs_matrix_new(ds->env, n, ds->prep->wide);
	else if (ds->prep->unit_length)
		ds->norm = CS_ROOM(ds->env, float, n + 1);
	if (ds->weighted)
		p.weight = CS_NEW(ds->env, float, cs_round_lanes(n));
	if (!ds->weighted && visit == NULL)
		p.affine = cs_prep_affine(ds->env, ds->prep);
	p.point = CS_ROOM(ds->env, float, Max(CS_LANES * (size_t) ds->prep->d, cs_prep_room(ds->prep)) + 1);
	if (block == NULL && ds->rows->width >= ds->prep->d)
		p.scratch = CS_ROOM(ds->env, float, cs_block_floats(ds->prep->d));
	pack_rows(&p);
	if (ds->coordinates)
		ds->matrix_bytes += ds->matrix->n * (size_t) ds->prep->wide * sizeof(float);
	if (p.weight && ds->matrix->n > 0 && !(p.weights > 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight \"%s\" is 0 in all rows", ds->weight_name)));
	ds->matrix->blocks = cs_matrix_blocks(ds->matrix->n);
	ds->matrix->weight = p.weight;
	if (p.scratch == NULL)
		cs_rows_free(ds->rows);
	cs_release(ds->env, p.scratch);
	ds->rows = NULL;
}

const char *
cs_dataset_column(const cs_dataset *ds, int feature)
{
	for (int i = 0; i < ds->n_inputs; i++)
		if (ds->input[i].text && ds->input[i].first == feature)
			return ds->input[i].name;
	return ds->prep->f[feature].name;
}

char *
cs_dataset_skipped(const cs_dataset *ds)
{
	StringInfoData s;

	if (ds->skipped == 0)
		return NULL;
	initStringInfo(&s);
	for (int i = 0; i < ds->prep->n; i++)
		if (ds->missing[i] > 0)
			appendStringInfo(&s, "%s\"%s\" is NULL or not finite in " UINT64_FORMAT,
							 s.len ? ", " : "", cs_dataset_column(ds, i), ds->missing[i]);
	if (ds->unfit > 0)
		appendStringInfo(&s, "%s" UINT64_FORMAT " lie outside the domain of a transform or have length zero",
						 s.len ? ", " : "", ds->unfit);
	return s.data;
}
