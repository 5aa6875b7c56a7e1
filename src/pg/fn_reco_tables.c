/*
 * fn_reco_tables.c - the rows of an open training of a recommender, as they go into
 * the tables (see reco_training.h).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/pg_env.h"
#include "pg/reco.h"
#include "pg/reco_training.h"

/* Items of a segment's list. */
#define SEGMENT_LIST_MOST 20000

/* One-dimensional arrays of plain values, filled by copying. */
ArrayType *
cs_plain_array(const void *values, int n, Oid type, size_t size)
{
	size_t		bytes = ARR_OVERHEAD_NONULLS(1) + n * size;
	ArrayType  *a;

	if (n == 0)
		return construct_empty_array(type);
	a = palloc0(bytes);
	SET_VARSIZE(a, bytes);
	a->ndim = 1;
	a->dataoffset = 0;
	a->elemtype = type;
	ARR_DIMS(a)[0] = n;
	ARR_LBOUND(a)[0] = 1;
	memcpy(ARR_DATA_PTR(a), values, n * size);
	return a;
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_items);

/* _reco_fit_items() -> setof (item_no, item_id, customers, popularity) */
Datum
clusterseg_reco_fit_items(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();
	int32	   *customers = CS_NEW(t->env, int32, t->m.items + 1);

	InitMaterializedSRF(fcinfo, 0);
	for (size_t i = 0; i < t->events->n; i++)
		customers[t->events->item[i]]++;
	for (int i = 0; i < t->m.items; i++)
	{
		Datum		v[4];
		bool		isnull[4] = {false};

		CHECK_FOR_INTERRUPTS();
		v[0] = Int32GetDatum(i);
		v[1] = CStringGetTextDatum(cs_dictionary_key(t->data->items, i));
		v[2] = Int32GetDatum(customers[i]);
		v[3] = Float8GetDatum(t->m.popularity[i]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		pfree(DatumGetPointer(v[1]));
	}
	cs_release(t->env, customers);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_neighbours);

/* _reco_fit_neighbours() -> setof (item_no, targets int[], weights real[]): rows of items that lead somewhere */
Datum
clusterseg_reco_fit_neighbours(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();

	InitMaterializedSRF(fcinfo, 0);
	for (int j = 0; t->m.start && j < t->m.items; j++)
	{
		size_t		from = t->m.start[j];
		int			n = (int) (t->m.start[j + 1] - from);
		Datum		v[3];
		bool		isnull[3] = {false};

		CHECK_FOR_INTERRUPTS();
		if (n == 0)
			continue;
		v[0] = Int32GetDatum(j);
		v[1] = PointerGetDatum(cs_plain_array(t->m.target + from, n, INT4OID, sizeof(int32)));
		v[2] = PointerGetDatum(cs_plain_array(t->m.value + from, n, FLOAT4OID, sizeof(float4)));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		pfree(DatumGetPointer(v[1]));
		pfree(DatumGetPointer(v[2]));
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_factors);

/* _reco_fit_factors() -> setof (chunk, factors real[]): of the items, so many a row */
Datum
clusterseg_reco_fit_factors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();

	InitMaterializedSRF(fcinfo, 0);
	for (int from = 0; t->m.factors > 0 && from < t->m.items; from += CS_FACTOR_CHUNK)
	{
		int			n = Min(t->m.items - from, CS_FACTOR_CHUNK);
		Datum		v[2] = {Int32GetDatum(from / CS_FACTOR_CHUNK),
		PointerGetDatum(cs_plain_array(t->m.factor + (size_t) from * t->m.factors, n * t->m.factors, FLOAT4OID, sizeof(float4)))};
		bool		isnull[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		pfree(DatumGetPointer(v[1]));
	}
	return (Datum) 0;
}

typedef struct scored
{
	int32		item;
	double		score;
} scored;

static int
by_score(const void *a, const void *b)
{
	const scored *x = a,
			   *y = b;

	cs_sort_poll();
	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* All items with a positive score, best first, in chunks. */
static void
emit_list(ReturnSetInfo *rsinfo, cs_reco_training *t, int list, const double *score, int most)
{
	scored	   *s = CS_ROOM(t->env, scored, t->m.items + 1);
	int32	   *item = CS_ROOM(t->env, int32, CS_LIST_CHUNK);
	double	   *value = CS_ROOM(t->env, double, CS_LIST_CHUNK);
	int			n = 0;

	for (int i = 0; i < t->m.items; i++)
		if (score[i] > 0)
			s[n++] = (scored) {i, score[i]};
	qsort(s, n, sizeof(scored), by_score);
	n = Min(n, most);
	for (int from = 0; from < n; from += CS_LIST_CHUNK)
	{
		int			m = Min(n - from, CS_LIST_CHUNK);
		Datum		v[4];
		bool		isnull[4] = {false};

		for (int i = 0; i < m; i++)
		{
			item[i] = s[from + i].item;
			value[i] = s[from + i].score;
		}
		v[0] = Int32GetDatum(list);
		v[1] = Int32GetDatum(from / CS_LIST_CHUNK);
		v[2] = PointerGetDatum(cs_plain_array(item, m, INT4OID, sizeof(int32)));
		v[3] = PointerGetDatum(cs_plain_array(value, m, FLOAT8OID, sizeof(float8)));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		pfree(DatumGetPointer(v[2]));
		pfree(DatumGetPointer(v[3]));
	}
	cs_release(t->env, s);
	cs_release(t->env, item);
	cs_release(t->env, value);
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_lists);

/*
 * _reco_fit_lists() -> setof (list, chunk, items int[], scores float8[]): ranked
 * items overall (list 0), by the algorithm's own order (-1), per segment (its id)
 */
Datum
clusterseg_reco_fit_lists(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();
	double	   *rate = CS_ROOM(t->env, double, t->m.items + 1);

	InitMaterializedSRF(fcinfo, 0);
	emit_list(rsinfo, t, CS_LIST_POPULAR, t->m.popularity, t->m.items);
	if (t->m.score)
		emit_list(rsinfo, t, CS_LIST_OWN, t->m.score, t->m.items);
	for (int s = 0; s < t->m.segments; s++)
	{
		CHECK_FOR_INTERRUPTS();
		cs_reco_segment_rates(&t->m, s, rate);
		emit_list(rsinfo, t, t->segment_id[s], rate, SEGMENT_LIST_MOST);
	}
	cs_release(t->env, rate);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_segments);

/* _reco_fit_segments() -> setof (segment_id, customers): segments and their customers with events */
Datum
clusterseg_reco_fit_segments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();

	InitMaterializedSRF(fcinfo, 0);
	for (int s = 0; s < t->m.segments; s++)
	{
		Datum		v[2] = {Int32GetDatum(t->segment_id[s]), Float8GetDatum(t->m.segment_total[s])};
		bool		isnull[2] = {false, false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
	return (Datum) 0;
}
