/*
 * fn_train.c - the SQL-callable steps of a training (see training.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/args.h"
#include "pg/bind.h"
#include "pg/json_out.h"
#include "pg/params.h"
#include "pg/progress.h"
#include "pg/settings.h"
#include "pg/training.h"

/* Rows per segment below which a NOTICE says that it is a guess. */
#define FEW_ROWS 50

/* Arguments of _fit, in order. */
enum
{
	ARG_NAME,
	ARG_SOURCE,
	ARG_PATH,
	ARG_KEY,
	ARG_FEATURES,
	ARG_ALGORITHM,
	ARG_K,
	ARG_K_MIN,
	ARG_K_MAX,
	ARG_TRANSFORMS,
	ARG_SCALE,
	ARG_WEIGHT,
	ARG_SEED,
	ARG_OPTIONS,
	ARG_FORMER,
	ARG_FORMER_MEMBERS,
	ARG_NEXT_ID,
	ARG_LEAVE_OUT,
	ARG_RUN_AS
};

/* Columns of its result. */
enum
{
	OUT_VALUE,
	OUT_KEY_TYPE,
	OUT_K,
	OUT_ROWS,
	OUT_SKIPPED,
	OUT_ITERATIONS,
	OUT_CONVERGED,
	OUT_OBJECTIVE,
	OUT_SILHOUETTE,
	OUT_IDS,
	OUT_LABELS,
	OUT_METRICS,
	OUT_OPTIONS,
	OUT_COLUMNS
};

typedef struct request
{
	const cs_clusterer *algorithm;
	cs_options *options;
	cs_options *common;
	Jsonb	   *options_json;
	int			k_min;
	int			k_max;
	int64		seed;
	double	   *start;
	cs_dataset_args data;
} request;

/* ---- reading the request ---- */

static double
seconds_since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_DOUBLE(now);
}

const cs_clusterer *
cs_algorithm_named(const char *name)
{
	const cs_clusterer *a = cs_clusterer_find(name);
	StringInfoData list;

	if (a)
		return a;
	initStringInfo(&list);
	for (int i = 0; cs_clusterers[i]; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", cs_clusterers[i]->name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown algorithm \"%s\"", name),
			 errdetail("Algorithms are: %s.", list.data),
			 errhint("SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms tells what they do.")));
	return NULL;
}

static int
find_scale(const char *name)
{
	const cs_param *p = &cs_transform_params[cs_params_find(cs_transform_params, "scale")];
	int			scale = name ? cs_param_choice(p, name) : -1;

	if (scale <= CS_SCALE_DEFAULT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown scale \"%s\"", name ? name : "NULL"),
				 errdetail("It takes one of: zscore, minmax, robust, none.")));
	return scale;
}

static void
read_k(FunctionCallInfo fcinfo, request *r)
{
	bool		needs = r->algorithm->flags & CS_NEEDS_K;

	r->k_min = r->k_max = 1;
	if (!needs)
		return;
	if (!PG_ARGISNULL(ARG_K))
		r->k_min = r->k_max = PG_GETARG_INT32(ARG_K);
	else
	{
		r->k_min = PG_ARGISNULL(ARG_K_MIN) ? 0 : PG_GETARG_INT32(ARG_K_MIN);
		r->k_max = PG_ARGISNULL(ARG_K_MAX) ? 0 : PG_GETARG_INT32(ARG_K_MAX);
	}
	if (r->k_min < 1 || r->k_max < r->k_min || r->k_max > 10000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 PG_ARGISNULL(ARG_K) ? errmsg("invalid range of k") : errmsg("invalid number of segments k: %d", r->k_min),
				 errdetail("k is from 1 to 10000, and the range is not empty."),
				 errhint("k => 5 asks for five segments, k => NULL with k_range => '[2,10]' lets the data choose.")));
}

size_t
cs_row_overhead(const cs_clusterer *a, int k)
{
	const size_t n = 1 << 20;
	const int	d = 8;
	size_t		arena = a->arena ? a->arena(n, d, k) : 0,
				fixed = a->arena ? a->arena(CS_BLOCK_ROWS, d, k) : 0;

	return (arena - Min(arena, fixed)) / n + 2 * sizeof(int32) + sizeof(float) + sizeof(uint16);
}

size_t
cs_memory_budget(const cs_options *common)
{
	int			megabytes = cs_option_int(common, "memory");

	return megabytes > 0 ? (size_t) megabytes << 20 : (size_t) maintenance_work_mem << 10;
}

static request
read_request(FunctionCallInfo fcinfo, cs_env *env)
{
	request		r = {0};
	int			n;

	cs_arg_required(fcinfo, ARG_SOURCE, "source");
	cs_arg_required(fcinfo, ARG_KEY, "key");
	cs_arg_required(fcinfo, ARG_ALGORITHM, "algorithm");
	cs_arg_required(fcinfo, ARG_SEED, "seed");
	r.algorithm = cs_algorithm_named(CS_ARG_TEXT(ARG_ALGORITHM));
	r.options_json = PG_ARGISNULL(ARG_OPTIONS) ? NULL : PG_GETARG_JSONB_P(ARG_OPTIONS);
	r.options = cs_parse_options(env, r.algorithm->params, cs_common_params, r.options_json,
								 psprintf("option of %s", r.algorithm->name));
	r.common = cs_parse_options(env, cs_common_params, r.algorithm->params, r.options_json, "option");
	r.seed = PG_GETARG_INT64(ARG_SEED);
	read_k(fcinfo, &r);
	r.data.source = CS_ARG_TEXT(ARG_SOURCE);
	r.data.path = CS_ARG_TEXT(ARG_PATH);
	r.data.run_as = cs_role_for(CS_ARG_TEXT(ARG_RUN_AS));
	r.data.key = CS_ARG_TEXT(ARG_KEY);
	r.data.features = cs_arg_names(fcinfo, ARG_FEATURES, &n);
	r.data.n_features = n;
	r.data.weight = CS_ARG_TEXT(ARG_WEIGHT);
	r.data.leave_out = cs_arg_names(fcinfo, ARG_LEAVE_OUT, &n);
	r.data.n_leave_out = n;
	r.data.transforms = PG_ARGISNULL(ARG_TRANSFORMS) ? NULL : PG_GETARG_JSONB_P(ARG_TRANSFORMS);
	r.data.scale = r.algorithm->flags & CS_RAW ? CS_SCALE_NONE : find_scale(CS_ARG_TEXT(ARG_SCALE));
	r.data.unit_length = r.algorithm->flags & CS_UNIT_LENGTH;
	r.data.budget = cs_memory_budget(r.common);
	r.data.row_overhead = cs_row_overhead(r.algorithm, r.k_max);
	return r;
}

/* ---- given centres: from the units of the features to points ---- */

static void
read_start(cs_env *env, request *r, const cs_dataset *ds)
{
	int			init = cs_params_find(r->algorithm->params, "init");
	const cs_option *o;
	float	   *raw,
			   *point;

	if (init < 0 || strcmp(cs_param_choice_name(env, &r->algorithm->params[init], (int) r->options->value[init].number), "given") != 0)
		return;
	o = cs_option_get(r->options, "start");
	if (!o->set || r->k_min != r->k_max || o->rows != r->k_max || o->cols != ds->prep->n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"start\" does not fit"),
				 errdetail("With init given it takes %s arrays of %d numbers, one per feature.",
						   r->k_min == r->k_max ? psprintf("%d", r->k_max) : "k (which must be given too)", ds->prep->n)));
	raw = CS_NEW(env, float, ds->prep->n);
	point = CS_NEW(env, float, ds->prep->d);
	r->start = CS_NEW(env, double, (size_t) o->rows * ds->prep->d);
	for (int j = 0; j < o->rows; j++)
	{
		for (int f = 0; f < o->cols; f++)
			raw[f] = cs_raw_number(&ds->prep->f[f], o->cell[j * o->cols + f], NULL);
		if (cs_prep_row(ds->prep, raw, point, NULL) != CS_ROW_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("start centre %d lies outside the domain of a transform", j + 1)));
		for (int f = 0; f < ds->prep->d; f++)
			r->start[(size_t) j * ds->prep->d + f] = (double) point[f];
	}
}

/* ---- the former model's labels of today's rows ---- */

typedef struct former_scoring
{
	cs_training *t;
	int		   *from;			/* per feature of the former model: ours */
	float	  **code;			/* per feature: our level to its level */
	float	   *raw;
	float	   *point;
	float	   *score;
} former_scoring;

/* Which of our features is feature i of the former model; -1 when none is. */
static int
same_feature(const cs_dataset *ds, const cs_feature *was)
{
	for (int i = 0; i < ds->prep->n; i++)
		if (strcmp(ds->prep->f[i].name, was->name) == 0 && ds->prep->f[i].kind == was->kind)
			return i;
	return -1;
}

static former_scoring *
prepare_former(cs_training *t)
{
	const cs_prep *p = t->former->prep;
	former_scoring *f = CS_NEW(t->env, former_scoring, 1);

	f->t = t;
	f->from = CS_NEW(t->env, int, p->n);
	f->code = CS_NEW(t->env, float *, p->n);
	for (int i = 0; i < p->n; i++)
	{
		f->from[i] = same_feature(t->ds, &p->f[i]);
		if (f->from[i] < 0)
			return NULL;
		if (p->f[i].kind == CS_CATEGORY)
		{
			const cs_feature *now = &t->ds->prep->f[f->from[i]];

			f->code[i] = CS_NEW(t->env, float, now->levels + 1);
			for (int l = 0; l < now->levels; l++)
				f->code[i][l] = cs_feature_code(&p->f[i], now->level[l], strlen(now->level[l]));
			f->code[i][now->levels] = CS_UNSEEN;
		}
	}
	f->raw = CS_NEW(t->env, float, p->n);
	f->point = CS_NEW(t->env, float, p->d);
	f->score = CS_NEW(t->env, float, t->former->scorer->centers ? t->former->scorer->centers->kpad : 1);
	return f;
}

/* A cs_raw_fn: row i by the former model. */
static void
score_former(void *arg, const float *raw, size_t i)
{
	former_scoring *f = arg;
	const cs_model *m = f->t->former;

	for (int j = 0; j < m->prep->n; j++)
	{
		const cs_feature *now = &f->t->ds->prep->f[f->from[j]];
		float		v = raw[f->from[j]];

		if (isnan(v))
			f->raw[j] = v;
		else if (f->code[j])
			f->raw[j] = f->code[j][(int) v];
		else
			f->raw[j] = cs_raw_number(&m->prep->f[j], cs_feature_value(now, v), NULL);
	}
	f->t->former_label[i] = cs_prep_row(m->prep, f->raw, f->point, NULL) == CS_ROW_OK
		? m->scorer->algorithm->label(m->scorer, f->point, f->score) : -1;
}

/* ---- fitting ---- */

/* Points into slabs; the former model's labels on the way. */
static void
pack(cs_training *t, const request *r, int workers)
{
	cs_dataset *ds = t->ds;
	size_t		n = ds->rows->n;
	former_scoring *f = NULL;

	t->slabs = cs_slabs_new(t->env, n * (size_t) (ds->prep->d + 2) * sizeof(float), workers > 0);
	if (t->former)
		f = prepare_former(t);
	if (f)
		t->former_label = CS_ROOM(t->env, int32_t, cs_round_lanes(n));
	cs_dataset_pack(ds, cs_slabs_block, t->slabs, f ? score_former : NULL, f);
	if (ds->matrix->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("there are no rows to work on"),
				 errdetail("All rows were left out: %s.", cs_dataset_skipped(ds))));
	if (ds->matrix->weight && workers > 0)
	{
		float	   *w = cs_slabs_take(t->slabs, cs_round_lanes(n) * sizeof(float));

		memcpy(w, ds->matrix->weight, ds->matrix->n * sizeof(float));
		cs_release(t->env, ds->matrix->weight);
		ds->matrix->weight = w;
	}
	/* rows may be put together by label, but not while several k are compared */
	if (r->k_min == r->k_max)
	{
		ds->matrix->origin = cs_slabs_take(t->slabs, cs_round_lanes(n) * sizeof(uint16_t));
		for (size_t i = 0; i < n; i++)
			ds->matrix->origin[i] = i % CS_BLOCK_ROWS;
	}
}

static void
warn_before(const cs_training *t, const request *r)
{
	const cs_prep *p = t->ds->prep;
	char	   *skipped = cs_dataset_skipped(t->ds);

	if (skipped)
		ereport(NOTICE,
				(errmsg(UINT64_FORMAT " of " UINT64_FORMAT " rows were left out", t->ds->skipped, t->ds->read),
				 errdetail("Feature %s.", skipped),
				 errhint("Transforms can impute missing values: transforms => '{\"*\": {\"impute\": \"median\"}}'.")));
	for (int i = 0; i < p->n; i++)
		if (p->f[i].kind == CS_NUMBER && p->f[i].factor == 0 && p->f[i].weight > 0)
			ereport(WARNING,
					(errmsg("feature \"%s\" is constant and has no influence", p->f[i].name)));
	if (t->ds->sample_level > 0)
		ereport(NOTICE,
				(errmsg("training uses a sample of %zu of " UINT64_FORMAT " rows", t->ds->rows->n, t->ds->read),
				 errdetail("All rows would take more than the %zu MB that are allowed.", t->ds->budget >> 20),
				 errhint("Increase maintenance_work_mem, or the option memory, to use all rows.")));
	if (t->ds->rows->n < (size_t) FEW_ROWS * r->k_min && r->algorithm->flags & CS_NEEDS_K)
		ereport(NOTICE,
				(errmsg("%zu rows are few for %d segments", t->ds->rows->n, r->k_min),
				 errdetail("Segments of fewer than %d rows each tend to be accidents of the sample.", FEW_ROWS)));
}

static void
fit(cs_training *t, request *r)
{
	cs_fit_job	job = {0};
	int			workers,
				lanes_ready = 0;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	workers = cs_parallel_workers(t->ds->rows->n, t->ds->prep->d, r->k_max * (r->k_max > r->k_min ? 4 : 1),
								  cs_option_int(r->common, "workers"));
	pack(t, r, workers);
	t->seconds_prepare += seconds_since(start);
	(void) lanes_ready;
	INSTR_TIME_SET_CURRENT(start);
	job.algorithm = r->algorithm;
	job.options = r->options;
	job.x = t->ds->matrix;
	job.k_min = r->k_min;
	job.k_max = r->k_max;
	job.seed = (uint64_t) r->seed;
	job.start = r->start;
	job.warm = t->former_label;
	job.warm_k = t->former ? t->former->k : 0;
	job.judge = (r->algorithm->flags & CS_NEEDS_K) != 0;
	t->team = cs_parallel_fit(t->env, &job, r->options_json, t->slabs, workers, &t->outcome);
	t->scorer = cs_scorer_of_fit(t->env, &t->outcome.fit);
	t->seconds_fit = seconds_since(start);
}

static void
set_columns(cs_training *t)
{
	cs_model   *m = &t->model;

	m->columns = t->ds->n_inputs;
	m->column = CS_NEW(t->env, cs_column, m->columns);
	for (int i = 0; i < m->columns; i++)
	{
		m->column[i].name = t->ds->input[i].name;
		m->column[i].width = t->ds->input[i].width;
		m->column[i].first = t->ds->input[i].first;
	}
}

/* ---- the result ---- */

/* Share of each feature in the sum of squares between the segments. */
static void
put_between(cs_json *j, const cs_training *t)
{
	const cs_model *m = &t->model;
	const cs_centers *c = t->scorer->centers;
	double		total = 0;
	double	   *share = palloc0(sizeof(double) * m->prep->n);

	if (c == NULL)
		return;
	for (int i = 0; i < m->prep->n; i++)
		for (int z = m->prep->f[i].at; z < m->prep->f[i].at + m->prep->f[i].width; z++)
		{
			double		mean = 0;

			for (int k = 0; k < m->k; k++)
				mean += m->size[k] * c->c[(size_t) k * c->d + z] / m->rows;
			for (int k = 0; k < m->k; k++)
				share[i] += m->size[k] * pow(c->c[(size_t) k * c->d + z] - mean, 2);
		}
	for (int i = 0; i < m->prep->n; i++)
		total += share[i];
	cs_json_begin_object(j, "feature_shares");
	for (int i = 0; i < m->prep->n; i++)
		cs_json_number(j, m->prep->f[i].name, total > 0 ? share[i] / total : 0);
	cs_json_end_object(j);
	for (int i = 0; i < m->prep->n && m->prep->n > 1; i++)
		if (total > 0 && share[i] / total > 0.6 && m->k > 1)
			ereport(NOTICE,
					(errmsg("feature \"%s\" makes %.0f %% of the difference between segments", m->prep->f[i].name, 100 * share[i] / total),
					 errhint("If it should not, tame its outliers (transform log or winsor) or lower its weight.")));
}

static void
put_candidates(cs_json *j, const cs_training *t)
{
	const cs_fit_outcome *o = &t->outcome;
	StringInfoData ties;

	if (o->candidates == 0)
		return;
	initStringInfo(&ties);
	cs_json_begin_list(j, "candidates");
	for (int i = 0; i < o->candidates; i++)
	{
		const cs_candidate *c = &o->candidate[i];

		cs_json_begin_object(j, NULL);
		cs_json_number(j, "k", c->k);
		cs_json_number(j, "inertia", c->inertia);
		cs_json_number(j, "silhouette", c->silhouette);
		cs_json_number(j, "simplified_silhouette", c->simplified_silhouette);
		cs_json_number(j, "davies_bouldin", c->davies_bouldin);
		cs_json_number(j, "calinski_harabasz", c->calinski_harabasz);
		cs_json_number(j, "stability", c->stability);
		cs_json_bool(j, "stable", c->stable);
		cs_json_bool(j, "near_tie", c->near_tie);
		cs_json_bool(j, "chosen", i == o->chosen);
		cs_json_end_object(j);
		if (c->near_tie && i != o->chosen)
			appendStringInfo(&ties, "%s%d", ties.len ? ", " : "", c->k);
	}
	cs_json_end_list(j);
	if (ties.len > 0)
		ereport(NOTICE,
				(errmsg("k = %d was chosen; k = %s is as good within 0.02 of the silhouette", t->model.k, ties.data),
				 errhint("Choose by what you can act on: k => ... asks for a number.")));
}

static Jsonb *
metrics(const cs_training *t)
{
	const cs_fit_outcome *o = &t->outcome;
	cs_json		j;

	cs_json_begin(&j);
	cs_json_number(&j, "rows_read", (double) t->ds->read);
	cs_json_number(&j, "sample_share", 1.0 / (double) (UINT64CONST(1) << t->ds->sample_level));
	cs_json_number(&j, "silhouette", o->silhouette);
	cs_json_number(&j, "silhouette_rows", (double) o->silhouette_rows);
	cs_json_bool(&j, "warm_start", o->fit.warm);
	cs_json_number(&j, "processes", t->team);
	cs_json_text(&j, "kernel", t->env->kernel->name);
	cs_json_number(&j, "matrix_megabytes", t->ds->matrix_bytes / 1048576.0);
	cs_json_number(&j, "seconds_read", t->seconds_read);
	cs_json_number(&j, "seconds_prepare", t->seconds_prepare);
	cs_json_number(&j, "seconds_fit", t->seconds_fit);
	cs_json_number(&j, "seconds_label", t->seconds_label);
	if (t->ds->skipped > 0)
		cs_json_text(&j, "skipped", cs_dataset_skipped(t->ds));
	put_between(&j, t);
	put_candidates(&j, t);
	return cs_json_end(&j);
}

static Datum
int_array(const int *v, int n)
{
	Datum	   *d = palloc(sizeof(Datum) * (n + 1));

	for (int i = 0; i < n; i++)
		d[i] = Int32GetDatum(v[i]);
	return PointerGetDatum(construct_array(d, n, INT4OID, 4, true, TYPALIGN_INT));
}

static Datum
text_array(char **v, int n)
{
	Datum	   *d = palloc(sizeof(Datum) * (n + 1));

	for (int i = 0; i < n; i++)
		d[i] = CStringGetTextDatum(v[i]);
	return PointerGetDatum(construct_array(d, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static Datum
result(FunctionCallInfo fcinfo, const cs_training *t, const request *r)
{
	TupleDesc	desc;
	Datum		v[OUT_COLUMNS];
	bool		isnull[OUT_COLUMNS] = {false};
	const cs_fit *f = &t->outcome.fit;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	v[OUT_VALUE] = PointerGetDatum(cs_model_save(t->env, &t->model, f));
	v[OUT_KEY_TYPE] = CStringGetTextDatum(format_type_extended(t->ds->keys->type, t->ds->keys->typmod,
															   FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	v[OUT_K] = Int32GetDatum(t->model.k);
	v[OUT_ROWS] = Int64GetDatum((int64) t->ds->matrix->n);
	v[OUT_SKIPPED] = Int64GetDatum((int64) t->ds->skipped);
	v[OUT_ITERATIONS] = Int32GetDatum(f->iterations);
	v[OUT_CONVERGED] = BoolGetDatum(f->converged);
	v[OUT_OBJECTIVE] = Float8GetDatum(f->objective);
	isnull[OUT_OBJECTIVE] = t->scorer->centers == NULL;
	isnull[OUT_SILHOUETTE] = isnan(t->outcome.silhouette);
	v[OUT_SILHOUETTE] = Float8GetDatum(isnan(t->outcome.silhouette) ? 0 : t->outcome.silhouette);
	v[OUT_IDS] = int_array(t->model.segment_id, t->model.k);
	v[OUT_LABELS] = text_array(t->model.label, t->model.k);
	v[OUT_METRICS] = JsonbPGetDatum(metrics(t));
	v[OUT_OPTIONS] = JsonbPGetDatum(cs_options_json(t->env, r->options));
	return HeapTupleGetDatum(heap_form_tuple(desc, v, isnull));
}

/* Later rows must be able to use what the former model knew. */
static void
load_former(FunctionCallInfo fcinfo, cs_training *t)
{
	struct varlena *v = cs_arg_model(fcinfo, ARG_FORMER);

	if (v)
		t->former = cs_model_load(t->env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
}

PG_FUNCTION_INFO_V1(clusterseg_fit);

/*
 * _fit(name, source, path, key, features, algorithm, k, k_min, k_max, transforms,
 *      scale, weight, seed, options, former, former_members, next_id, leave_out, run_as)
 *
 * Reads, fits and names the segments; the training stays open.
 */
Datum
clusterseg_fit(PG_FUNCTION_ARGS)
{
	cs_training *t = cs_training_begin();
	MemoryContext old = MemoryContextSwitchTo(t->cxt);
	char	   *former_members = CS_ARG_TEXT(ARG_FORMER_MEMBERS);
	request		r = read_request(fcinfo, t->env);
	instr_time	start;
	Datum		d;

	cs_progress_start(CS_ARG_TEXT(ARG_NAME));
	load_former(fcinfo, t);
	INSTR_TIME_SET_CURRENT(start);
	t->ds = cs_dataset_open(t->env, &r.data);
	cs_dataset_read(t->ds, !(r.algorithm->flags & (CS_UNIT_LENGTH | CS_RAW)));
	t->seconds_read = seconds_since(start);
	warn_before(t, &r);
	read_start(t->env, &r, t->ds);
	fit(t, &r);
	INSTR_TIME_SET_CURRENT(start);
	t->model.seed = r.seed;
	cs_training_label(t);
	set_columns(t);
	cs_training_overlap(t, former_members);
	cs_training_name_segments(t, PG_GETARG_INT32(ARG_NEXT_ID));
	t->seconds_label = seconds_since(start);
	MemoryContextSwitchTo(old);
	d = result(fcinfo, t, &r);
	cs_progress_end();
	return d;
}

PG_FUNCTION_INFO_V1(clusterseg_fit_overlap);

/* _fit_overlap() -> setof (former_segment_id, segment_id, customers, former_size, size) */
Datum
clusterseg_fit_overlap(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_training *t = cs_training_current();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < t->n_before; i++)
		for (int j = 0; j < t->model.k; j++)
		{
			Datum		v[5];
			bool		isnull[5] = {false};

			v[0] = Int32GetDatum(t->before_id[i]);
			v[1] = Int32GetDatum(t->model.segment_id[j]);
			v[2] = Int64GetDatum((int64) t->overlap[i * t->model.k + j]);
			v[3] = Int64GetDatum((int64) t->before_size[i]);
			v[4] = Int64GetDatum((int64) t->model.size[j]);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		}
	return (Datum) 0;
}

/* Rows in key order: the inverse of the matrix's order within a block. */
static void
key_order(const cs_training *t, size_t at, size_t rows, uint16_t *position)
{
	for (size_t i = 0; i < rows; i++)
		position[cs_training_row(t, at + i) - at] = (uint16_t) i;
}

static int
former_id(const cs_training *t, size_t row)
{
	return t->former_label && t->former_label[row] >= 0 ? t->former->segment_id[t->former_label[row]] : 0;
}

PG_FUNCTION_INFO_V1(clusterseg_fit_write);

/*
 * _fit_write(relation, labels, version, at, reason) -> rows
 *
 * All rows of the training into an empty table of the shape of members, in key
 * order; labels are those of the clusters in order.
 */
Datum
clusterseg_fit_write(PG_FUNCTION_ARGS)
{
	cs_training *t = cs_training_current();
	const cs_matrix *x = t->ds->matrix;
	cs_near_block *near = cs_near_block_new(t->env, t->scorer->k, t->scorer->d);
	uint16_t   *position = CS_NEW(t->env, uint16_t, CS_BLOCK_ROWS);
	cs_member_writer *w;
	int			labels;

	t->model.label = cs_arg_names(fcinfo, 1, &labels);
	if (labels != t->model.k)
		elog(ERROR, "wrong number of labels");
	cs_progress_start("");
	w = cs_members_open(PG_GETARG_OID(0), t->ds->keys->type, &t->model, PG_GETARG_INT32(2),
						PG_GETARG_DATUM(3), text_to_cstring(PG_GETARG_TEXT_PP(4)));
	for (int b = 0; b < x->blocks; b++)
	{
		size_t		at = (size_t) b * CS_BLOCK_ROWS;
		cs_run		run = cs_matrix_run(x, b, NULL);

		CHECK_FOR_INTERRUPTS();
		cs_progress_report(t->env, CS_PHASE_WRITE, at, x->n);
		t->scorer->algorithm->block(t->scorer, &run, near);
		key_order(t, at, run.rows, position);
		for (size_t r = 0; r < run.rows; r++)
		{
			size_t		i = position[r];
			cs_nearest	n = {near->raw.label[i], near->raw.label2[i], near->d1[i], near->d2[i]};

			cs_members_add(w, cs_keys_at(t->ds->keys, at + r), &n, former_id(t, at + r));
		}
	}
	cs_progress_end();
	PG_RETURN_INT64((int64) cs_members_close(w));
}

PG_FUNCTION_INFO_V1(clusterseg_fit_end);
Datum
clusterseg_fit_end(PG_FUNCTION_ARGS)
{
	cs_training_end();
	PG_RETURN_VOID();
}
