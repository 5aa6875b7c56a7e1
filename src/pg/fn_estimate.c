/*
 * fn_estimate.c - what a training would take, before it is done.
 *
 * Memory is what the training itself would count against its budget
 * (dataset_read.c), with as many levels per category as can have a coordinate.
 * Seconds are an order of magnitude: measured rates of one processor of 2022, and
 * as many passes as runs on customer data usually need.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/args.h"
#include "pg/pg_env.h"
#include "pg/train_request.h"
#include "pg/training.h"

/* Seconds: per row and column read, per row written, per coordinate packed, per term of a distance. */
#define READ_ROW 1e-7
#define READ_VALUE 2e-8
#define WRITE_ROW 1.3e-6
#define PACK_VALUE 8e-9
#define TERM 5e-11

/* Passes that a run takes, and seconds to judge one k. */
#define PASSES 100
#define JUDGE_K 0.1

/* _fit's arguments, then: */
#define ARG_ROWS CS_FIT_ARGS

/* Columns of the result. */
enum
{
	OUT_FEATURES,
	OUT_COORDINATES,
	OUT_POINTS,
	OUT_KEYS,
	OUT_WORK,
	OUT_TOTAL,
	OUT_BUDGET,
	OUT_METHOD,
	OUT_TRAINING_ROWS,
	OUT_PROCESSES,
	OUT_SECONDS,
	OUT_COLUMNS
};

/* Every category as wide as it may get; coordinates in all. */
static int
widest(cs_dataset *ds)
{
	int			d = 0;

	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_input   *in = &ds->input[i];
		const cs_feature *f = &ds->prep->f[in->first];

		if (cs_conv_is_category(in->conv))
		{
			in->levels.n = f->max_levels;
			d += f->max_levels + 1 + (f->impute == CS_IMPUTE_INDICATOR);
		}
		else
			d += Max(in->width, 1) * (f->impute == CS_IMPUTE_INDICATOR ? 2 : 1);
	}
	return d;
}

/* A key that is not by value lies beside the rows. */
static double
key_bytes(const cs_keys *k)
{
	return sizeof(Datum) + (k->byval ? 0 : MAXALIGN(get_typavgwidth(k->type, k->typmod)));
}

/* Independent starts of an algorithm that has them. */
static double
restarts(const cs_train_request *r)
{
	return cs_params_find(r->algorithm->params, "restarts") >= 0 ? cs_option_int(r->options, "restarts") : 1;
}

static double
seconds(const cs_train_request *r, const cs_dataset *ds, double rows, double used, double d, double processes)
{
	double		s = rows * (READ_ROW + READ_VALUE * (ds->n_inputs + 1) + WRITE_ROW) + used * d * PACK_VALUE,
				fit = 0;

	for (int k = r->k_min; k <= r->k_max; k++)
		fit += used * d * k * PASSES * TERM * restarts(r) + (r->algorithm->flags & CS_NEEDS_K ? JUDGE_K * fmin(1, used / 10000) : 0);
	return ceil(10 * (s + fit / processes)) / 10;
}

PG_FUNCTION_INFO_V1(clusterseg_estimate);

/* _estimate(as _fit ..., rows) -> (features, coordinates, ..., seconds) */
Datum
clusterseg_estimate(PG_FUNCTION_ARGS)
{
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_train_request r = cs_train_request_read(fcinfo, env);
	cs_dataset *ds = cs_dataset_open(env, &r.data);
	double		rows = (double) PG_GETARG_INT64(ARG_ROWS),
				keys = key_bytes(ds->keys),
				row,
				used = rows;
	int			d = widest(ds),
				level = 0,
				processes;
	TupleDesc	desc;
	Datum		v[OUT_COLUMNS];
	bool		isnull[OUT_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	row = (double) cs_dataset_row_bytes(ds) - sizeof(Datum) + keys;
	for (; used * row > (double) ds->budget && used > CS_BLOCK_ROWS; level++)
		used /= 2;
	processes = 1 + cs_parallel_workers((size_t) used, d, r.k_max * (r.k_max > r.k_min ? 4 : 1), cs_option_int(r.common, "workers"));
	v[OUT_FEATURES] = Int32GetDatum(ds->n_inputs);
	v[OUT_COORDINATES] = Int32GetDatum(d);
	v[OUT_POINTS] = Int64GetDatum((int64) (rows * (row - keys - (double) r.data.row_overhead)));
	v[OUT_KEYS] = Int64GetDatum((int64) (rows * keys));
	v[OUT_WORK] = Int64GetDatum((int64) (rows * (double) r.data.row_overhead));
	v[OUT_TOTAL] = Int64GetDatum((int64) (rows * row));
	v[OUT_BUDGET] = Int64GetDatum((int64) ds->budget);
	v[OUT_METHOD] = CStringGetTextDatum(level == 0 ? "all rows" : psprintf("sample of 1 in " UINT64_FORMAT ", then all rows assigned", UINT64CONST(1) << level));
	v[OUT_TRAINING_ROWS] = Int64GetDatum((int64) used);
	v[OUT_PROCESSES] = Int32GetDatum(processes);
	v[OUT_SECONDS] = Float8GetDatum(seconds(&r, ds, rows, used, d, processes));
	return HeapTupleGetDatum(heap_form_tuple(desc, v, isnull));
}

static void
take_count(void *arg, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	*(int64 *) arg = DatumGetInt64(slot->tts_values[0]);
}

PG_FUNCTION_INFO_V1(clusterseg_source_count);

/* _source_count(source, path): rows of a source, counted read-only */
Datum
clusterseg_source_count(PG_FUNCTION_ARGS)
{
	cs_source  *s = cs_source_open(CS_ARG_TEXT(0), CS_ARG_TEXT(1), InvalidOid);
	int64		n = 0;

	cs_source_scan(s, "pg_catalog.count(*)", true, take_count, &n);
	PG_RETURN_INT64(n);
}
