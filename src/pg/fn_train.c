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

#include "core/cluster/density.h"
#include "pg/args.h"
#include "pg/grouping.h"
#include "pg/params.h"
#include "pg/progress.h"
#include "pg/settings.h"
#include "pg/train_request.h"
#include "pg/training.h"

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

static double
seconds_since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_DOUBLE(now);
}

/* ---- fitting ---- */

/* Points into slabs; the former model's labels on the way. */
static void
pack(cs_training *t, const cs_train_request *r, int workers)
{
	cs_dataset *ds = t->ds;
	size_t		n = ds->rows->n;
	cs_former  *f = NULL;

	t->slabs = cs_slabs_new(t->env, n * (size_t) (ds->prep->d + 2) * sizeof(float), workers > 0);
	if (t->former)
		f = cs_former_new(t);
	if (f)
		t->former_label = CS_ROOM(t->env, int32_t, cs_round_lanes(n));
	cs_dataset_pack(ds, workers > 0 ? cs_slabs_block : NULL, t->slabs, f ? cs_former_score : NULL, f);
	if (ds->matrix->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("there are no rows to work on"),
				 errdetail("All rows were left out: %s.", cs_dataset_skipped(ds)),
				 errhint("Look at the transforms of the features, or use other features.")));
	if (!(r->algorithm->flags & CS_RAW))
		cs_density_check(t->env, ds->matrix);
	if (ds->matrix->weight && workers > 0)
	{
		float	   *w = cs_slabs_take(t->slabs, cs_round_lanes(n) * sizeof(float));

		memcpy(w, ds->matrix->weight, ds->matrix->n * sizeof(float));
		cs_release(t->env, ds->matrix->weight);
		ds->matrix->weight = w;
	}
	/* rows may be put together by label, but not while several k are compared */
	if (r->k_min == r->k_max && !r->compare)
	{
		ds->matrix->origin = cs_slabs_take(t->slabs, cs_round_lanes(n) * sizeof(uint16_t));
		for (size_t i = 0; i < n; i++)
			ds->matrix->origin[i] = i % CS_BLOCK_ROWS;
	}
}

void
cs_training_warn(const cs_training *t, const cs_train_request *r)
{
	const cs_prep *p = t->ds->prep;
	char	   *skipped = cs_dataset_skipped(t->ds);

	if (skipped)
		ereport(NOTICE,
				(t->ds->sample_level > 0 ? errmsg("rows were left out")
				 : errmsg(UINT64_FORMAT " of " UINT64_FORMAT " rows were left out", t->ds->skipped, t->ds->read),
				 errdetail("Feature %s%s.", skipped, t->ds->sample_level > 0 ? " of the rows looked at" : ""),
				 errhint("Transforms can impute missing values: transforms => '{\"*\": {\"impute\": \"median\"}}'.")));
	for (int i = 0; i < p->n; i++)
		if (p->f[i].kind == CS_NUMBER && p->f[i].factor == 0 && p->f[i].weight > 0)
			ereport(WARNING,
					(errmsg("feature \"%s\" is constant and has no influence", p->f[i].name)));
	if (t->ds->sample_level > 0)
		ereport(NOTICE,
				(errmsg("training uses a sample of %zu of " UINT64_FORMAT " rows", t->ds->rows->n, t->ds->read),
				 errdetail("All rows would take more than the %zu MB that are allowed. Sizes, objective and members are still of all rows.",
						   t->ds->budget >> 20),
				 errhint("Increase maintenance_work_mem, or the option memory, to learn from all rows.")));
	if (t->ds->rows->n < (size_t) CS_FEW_ROWS * r->k_min && r->algorithm->flags & CS_NEEDS_K)
		ereport(NOTICE,
				(errmsg("%zu rows are few for %d segments", t->ds->rows->n, r->k_min),
				 errdetail("Segments of fewer than %d rows each tend to be accidents of the sample.", CS_FEW_ROWS)));
}

void
cs_training_fit(cs_training *t, const cs_train_request *r)
{
	cs_fit_job	job = {0};
	int			workers;
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	workers = cs_parallel_workers(t->ds->rows->n, t->ds->prep->d, r->k_max * (r->k_max > r->k_min ? 4 : 1),
								  cs_option_int(r->common, "workers"));
	pack(t, r, workers);
	t->seconds_prepare += seconds_since(start);
	INSTR_TIME_SET_CURRENT(start);
	job.algorithm = r->algorithm;
	job.options = r->options;
	job.x = t->ds->matrix;
	job.k_min = r->k_min;
	job.k_max = r->k_max;
	job.seed = (uint64_t) r->seed;
	job.start = r->start;
	job.warm = t->stranger ? NULL : t->former_label;
	job.warm_k = t->former ? t->former->k : 0;
	job.memory = cs_memory_left(t->ds);
	job.axis = cs_axes(t->env, t->ds->prep);
	job.judge = !r->fit_only && (r->algorithm->flags & CS_NEEDS_K) != 0;
	job.compare = r->compare;
	job.gap = r->gap;
	t->team = cs_parallel_fit(t->env, &job, r->options_json, t->slabs, workers, &t->outcome);
	t->outcome.fit.max_radius = cs_clusterer_radius(r->algorithm, r->options);
	t->scorer = cs_scorer_of_fit(t->env, &t->outcome.fit);
	if (t->outcome.fit.note && !t->of_group)
		ereport(t->outcome.fit.note_warns ? WARNING : NOTICE,
				(errmsg("%s", t->outcome.fit.note),
				 t->outcome.fit.note_hint ? errhint("%s", t->outcome.fit.note_hint)
				 : errhint("Increase maintenance_work_mem, or the option memory, or see the options of %s.", r->algorithm->name)));
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
		m->column[i].text = t->ds->input[i].text ? t->ds->input[i].text->model : NULL;
	}
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

/* NaN is NULL. */
static void
put_number(Datum *v, bool *isnull, int column, double x)
{
	isnull[column] = isnan(x);
	v[column] = Float8GetDatum(isnan(x) ? 0 : x);
}

static Datum
result(FunctionCallInfo fcinfo, const cs_training *t, const cs_train_request *r)
{
	TupleDesc	desc;
	Datum		v[OUT_COLUMNS];
	bool		isnull[OUT_COLUMNS] = {false};
	const cs_fit *f = &t->outcome.fit;
	const cs_grouping *g = t->grouping;
	const cs_model *whole = t->whole;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	v[OUT_VALUE] = PointerGetDatum(cs_model_save(t->env, &t->model, f));
	v[OUT_KEY_TYPE] = CStringGetTextDatum(format_type_extended(t->ds->keys->type, t->ds->keys->typmod,
															   FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	v[OUT_K] = Int32GetDatum(whole->k);
	v[OUT_ROWS] = Int64GetDatum((int64) ((g ? g->rows : t->model.rows) + (double) t->ds->pinned));
	v[OUT_SKIPPED] = Int64GetDatum((int64) (g ? (double) (t->ds->read - t->ds->pinned) - g->rows : (double) t->ds->skipped));
	v[OUT_ITERATIONS] = Int32GetDatum(g ? g->iterations : f->iterations);
	v[OUT_CONVERGED] = BoolGetDatum(g ? g->converged : f->converged);
	put_number(v, isnull, OUT_OBJECTIVE, g ? g->objective
			   : t->scorer->centers == NULL && !(f->algorithm->flags & CS_OWN_OBJECTIVE) ? NAN : f->objective);
	put_number(v, isnull, OUT_SILHOUETTE, g ? g->silhouette : t->outcome.silhouette);
	v[OUT_IDS] = int_array(whole->segment_id, whole->k);
	v[OUT_LABELS] = text_array(whole->label, whole->k);
	v[OUT_METRICS] = JsonbPGetDatum(cs_training_metrics(t));
	v[OUT_OPTIONS] = JsonbPGetDatum(cs_options_json(t->env, r->options));
	return HeapTupleGetDatum(heap_form_tuple(desc, v, isnull));
}

/* Later rows must be able to use what the former model knew. */
static void
load_former(FunctionCallInfo fcinfo, cs_training *t)
{
	struct varlena *v = cs_arg_model(fcinfo, CS_FIT_FORMER);

	if (v)
		t->former = cs_model_load(t->env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
}

/* Rows of the source, transforms fitted; by groups, the models of these. */
static void
read_rows(cs_training *t, cs_train_request *r, const char *former_members, const char *owner, bool keep_k)
{
	cs_centring centre = cs_train_centring(r);
	instr_time	start;

	INSTR_TIME_SET_CURRENT(start);
	t->ds = cs_dataset_open(t->env, &r->data);
	if (t->ds->group_columns == 0)
		cs_dataset_read(t->ds, centre);
	else
		cs_dataset_read_rows(t->ds);
	t->seconds_read = seconds_since(start);
	if (t->ds->group_columns == 0)
		return;
	INSTR_TIME_SET_CURRENT(start);
	cs_grouping_begin(t, r, former_members, owner, keep_k);
	t->seconds_groups = seconds_since(start);
	cs_dataset_fit(t->ds, centre);
	if (keep_k && t->former && cs_chooses_k(r->algorithm, r->options))
		r->k_min = r->k_max = t->former->k;
}

/* From rows to named segments. */
static void
read_and_fit(cs_training *t, cs_train_request *r, char *former_members, char *owner, int next_id, bool keep_k)
{
	instr_time	start;

	read_rows(t, r, former_members, owner, keep_k);
	if (t->ds->sample_level > 0 && cs_bounds_sizes(r->algorithm, r->options))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows do not fit into memory"),
				 errdetail("Bounded sizes of segments need all rows, which would take more than the %zu MB that are allowed.", t->ds->budget >> 20),
				 errhint("Increase maintenance_work_mem, or the option memory.")));
	cs_training_warn(t, r);
	cs_train_request_start(t->env, r, t->ds);
	cs_training_fit(t, r);
	INSTR_TIME_SET_CURRENT(start);
	t->model.seed = r->seed;
	cs_training_label(t);
	set_columns(t);
	/* members of groups say nothing of the parent */
	cs_training_overlap(t, t->former && t->former->groups ? NULL : former_members, owner);
	next_id = cs_training_name_segments(t, next_id);
	if (t->grouping)
		next_id = cs_grouping_finish(t, next_id);
	cs_training_pin(t, next_id);
	if (t->ds->sample_level > 0)
		cs_training_count_all(t);
	t->whole = cs_model_whole(t->env, &t->model);
	if (t->grouping)
		t->grouping->whole = t->whole;
	t->seconds_label = seconds_since(start);
}

PG_FUNCTION_INFO_V1(clusterseg_fit);

/*
 * _fit(name, source, path, key, features, algorithm, k, k_min, k_max, transforms,
 *      scale, weight, seed, options, former, former_members, next_id, leave_out, run_as, owner,
 *      group_by, keep_k)
 *
 * Reads, fits and names the segments; the training stays open.
 */
Datum
clusterseg_fit(PG_FUNCTION_ARGS)
{
	cs_training *t = cs_training_begin();
	MemoryContext old = MemoryContextSwitchTo(t->cxt);
	char	   *former_members = CS_ARG_TEXT(CS_FIT_FORMER_MEMBERS);
	cs_train_request r = cs_train_request_read(fcinfo, t->env);
	Datum		d;
	int			n;

	r.data.group_by = cs_arg_names(fcinfo, CS_FIT_GROUP_BY, &n);
	r.data.n_group_by = n;
	t->name = CS_ARG_TEXT(CS_FIT_NAME);
	cs_progress_start(t->name);
	load_former(fcinfo, t);
	t->busy = true;
	PG_TRY();
	{
		read_and_fit(t, &r, former_members, CS_ARG_TEXT(CS_FIT_OWNER), PG_GETARG_INT32(CS_FIT_NEXT_ID),
					 !PG_ARGISNULL(CS_FIT_KEEP_K) && PG_GETARG_BOOL(CS_FIT_KEEP_K));
	}
	PG_FINALLY();
	{
		t->busy = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	d = result(fcinfo, t, &r);
	cs_progress_end();
	return d;
}

static void
put_overlap(void *arg, int former_id, int id, double customers, double former_size, double size)
{
	ReturnSetInfo *rsinfo = arg;
	Datum		v[5];
	bool		isnull[5] = {false};

	v[0] = Int32GetDatum(former_id);
	v[1] = Int32GetDatum(id);
	v[2] = Int64GetDatum((int64) customers);
	v[3] = Int64GetDatum((int64) former_size);
	v[4] = Int64GetDatum((int64) size);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_fit_overlap);

/*
 * _fit_overlap() -> setof (former_segment_id, segment_id, customers, former_size,
 * size); of a sample, estimates for all rows
 */
Datum
clusterseg_fit_overlap(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_training *t = cs_training_current();

	InitMaterializedSRF(fcinfo, 0);
	if (t->grouping)
		cs_grouping_overlap(t, put_overlap, rsinfo);
	for (int i = 0; i < t->n_before && t->grouping == NULL; i++)
		for (int j = 0; j < t->model.k; j++)
			put_overlap(rsinfo, t->before_id[i], t->model.segment_id[j],
						ldexp(t->overlap[i * t->model.k + j], t->ds->sample_level), ldexp(t->before_size[i], t->ds->sample_level),
						t->model.size[j]);
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

/* All rows of a training of one model, in key order. */
static void
write_rows(cs_training *t, cs_member_writer *w)
{
	const cs_matrix *x = t->ds->matrix;
	const cs_fit *f = &t->outcome.fit;
	cs_near_block *near = cs_near_block_for(t->env, t->scorer);
	uint16_t   *position = CS_NEW(t->env, uint16_t, CS_BLOCK_ROWS);

	for (int b = 0; b < x->blocks; b++)
	{
		size_t		at = (size_t) b * CS_BLOCK_ROWS;
		size_t		rows = cs_block_rows(x, b);

		cs_progress_report(t->env, CS_PHASE_WRITE, at, x->n);
		cs_training_block(t, b, near);
		key_order(t, at, rows, position);
		for (size_t r = 0; r < rows; r++)
		{
			size_t		i = position[r];
			cs_nearest	n = {near->raw.label[i], near->raw.label2[i], near->d1[i], near->d2[i]};

			cs_members_add(w, cs_keys_at(t->ds->keys, at + r), &n, former_id(t, at + r),
						   f->point ? f->point[at + i] : cs_point_of(&n),
						   f->outlier ? (double) f->outlier[at + i] : NAN);
		}
	}
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
	cs_model   *m = t->whole;
	cs_member_writer *w;
	int			labels;

	if (t->ds->sample_level > 0)
		elog(ERROR, "the training holds a sample of the rows");
	m->label = cs_arg_names(fcinfo, 1, &labels);
	if (labels != m->k)
		elog(ERROR, "wrong number of labels");
	cs_progress_start(t->name);
	w = cs_members_open(PG_GETARG_OID(0), t->ds->keys->type, m, PG_GETARG_INT32(2),
						PG_GETARG_DATUM(3), text_to_cstring(PG_GETARG_TEXT_PP(4)));
	if (t->grouping)
		cs_grouping_write(t, w);
	else
		write_rows(t, w);
	cs_training_write_pinned(t, w);
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
