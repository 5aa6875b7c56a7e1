/*
 * fn_agreement.c - aggregates over two labels of each row: how far do they agree?
 *
 * All have the same state, a contingency table, so that several of them in one
 * query count once.  It adds up in any order and in parts, to the last bit.
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"

#include "core/eval/external.h"
#include "pg/pg_env.h"

/* Rows between checks of the memory. */
#define CHECK_ROWS 256

typedef struct agreement
{
	cs_env	   *env;
	cs_contingency *table;
	int64		rows;
} agreement;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext cxt;

	if (!AggCheckCallContext(fcinfo, &cxt))
		elog(ERROR, "aggregate function called in non-aggregate context");
	return cxt;
}

static agreement *
new_agreement(MemoryContext cxt)
{
	agreement  *a = MemoryContextAllocZero(cxt, sizeof(agreement));

	a->env = cs_pg_env(cxt);
	a->table = cs_contingency_new(a->env);
	return a;
}

static agreement *
state(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NULL : (agreement *) PG_GETARG_POINTER(arg);
}

static void
check_memory(const agreement *a)
{
	size_t		budget = (size_t) maintenance_work_mem << 10;

	if (cs_contingency_bytes(a->table) > budget)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("pairs of labels do not fit into memory"),
				 errdetail("The distinct pairs of " INT64_FORMAT " rows take more than the %zu MB of maintenance_work_mem.",
						   a->rows, budget >> 20),
				 errhint("Labels are numbers of groups, not of rows; for so many groups increase maintenance_work_mem.")));
}

PG_FUNCTION_INFO_V1(clusterseg_agreement_add);

/* (state, label, label): rows in which either is NULL do not count. */
Datum
clusterseg_agreement_add(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	agreement  *a = state(fcinfo, 0);

	if (a == NULL)
		a = new_agreement(cxt);
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		cs_contingency_add(a->env, a->table, PG_GETARG_INT32(1), PG_GETARG_INT32(2), 1);
		if (++a->rows % CHECK_ROWS == 0)
			check_memory(a);
	}
	PG_RETURN_POINTER(a);
}

PG_FUNCTION_INFO_V1(clusterseg_agreement_combine);
Datum
clusterseg_agreement_combine(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	agreement  *a = state(fcinfo, 0),
			   *b = state(fcinfo, 1);

	if (a == NULL && b == NULL)
		PG_RETURN_NULL();
	if (a == NULL)
		a = new_agreement(cxt);
	if (b)
	{
		cs_contingency_merge(a->env, a->table, b->table);
		a->rows += b->rows;
		check_memory(a);
	}
	PG_RETURN_POINTER(a);
}

PG_FUNCTION_INFO_V1(clusterseg_agreement_serialize);

/* The number of rows, then the cells. */
Datum
clusterseg_agreement_serialize(PG_FUNCTION_ARGS)
{
	agreement  *a = (agreement *) PG_GETARG_POINTER(0);
	StringInfoData buf;
	cs_cell    *cell;
	size_t		m;

	aggregate_context(fcinfo);
	cell = cs_contingency_cells(a->env, a->table, &m);
	pq_begintypsend(&buf);
	pq_sendint64(&buf, a->rows);
	for (size_t i = 0; i < m; i++)
	{
		pq_sendint32(&buf, (uint32) cell[i].a);
		pq_sendint32(&buf, (uint32) cell[i].b);
		pq_sendint64(&buf, (int64) cell[i].count);
	}
	cs_release(a->env, cell);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(clusterseg_agreement_deserialize);
Datum
clusterseg_agreement_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	agreement  *a = new_agreement(aggregate_context(fcinfo));
	StringInfoData buf;

	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	a->rows = pq_getmsgint64(&buf);
	while (buf.cursor < buf.len)
	{
		int32		x = (int32) pq_getmsgint(&buf, 4),
					y = (int32) pq_getmsgint(&buf, 4);

		cs_contingency_add(a->env, a->table, x, y, (double) pq_getmsgint64(&buf));
	}
	pfree(buf.data);
	PG_RETURN_POINTER(a);
}

/* ---- measures ---- */

typedef double (*measure_fn) (cs_env *env, const cs_contingency *t);

static Datum
measure(FunctionCallInfo fcinfo, measure_fn fn)
{
	agreement  *a = state(fcinfo, 0);

	if (a == NULL || a->rows == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(fn(a->env, a->table));
}

#define MEASURE(name) \
	PG_FUNCTION_INFO_V1(clusterseg_##name); \
	Datum clusterseg_##name(PG_FUNCTION_ARGS) { return measure(fcinfo, cs_##name); } \
	extern int cs_semicolon_eater

MEASURE(adjusted_rand_index);
MEASURE(normalized_mutual_information);
MEASURE(purity);
MEASURE(homogeneity);
MEASURE(completeness);
MEASURE(fowlkes_mallows);
