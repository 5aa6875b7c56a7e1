/*
 * floor.c - the least that reading costs in PostgreSQL, to hold the extension
 * against; not part of the extension.
 *
 *	floor_scan(regclass, skip, n)	table scan, deform, add up n float8 columns
 *									behind the first skip ones
 *	floor_add(float8, real[])		transition function of floor_sum(real[]), which
 *									adds up the elements of all arrays
 *	floor_nothing(...)				returns NULL: what calling a function costs
 *	floor_clock(OUT cpu, OUT wall)	seconds, those of the processor by this process
 */
#include "postgres.h"

#include <sys/resource.h>
#include <time.h>

#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_MODULE_MAGIC;

/* Four sums: one alone would measure how long an addition takes. */
#define SUMS 4

PG_FUNCTION_INFO_V1(floor_scan);
Datum
floor_scan(PG_FUNCTION_ARGS)
{
	Relation	rel = table_open(PG_GETARG_OID(0), AccessShareLock);
	TableScanDesc scan = table_beginscan(rel, GetActiveSnapshot(), 0, NULL);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	int			from = PG_GETARG_INT32(1),
				to = from + PG_GETARG_INT32(2);
	double		sum[SUMS] = {0};

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		slot_getsomeattrs(slot, to);
		for (int i = from; i < to; i++)
			if (!slot->tts_isnull[i])
				sum[i % SUMS] += DatumGetFloat8(slot->tts_values[i]);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	PG_RETURN_FLOAT8(sum[0] + sum[1] + sum[2] + sum[3]);
}

PG_FUNCTION_INFO_V1(floor_add);
Datum
floor_add(PG_FUNCTION_ARGS)
{
	ArrayType  *a = PG_GETARG_ARRAYTYPE_P(1);
	const float4 *v = (const float4 *) ARR_DATA_PTR(a);
	int			n = ArrayGetNItems(ARR_NDIM(a), ARR_DIMS(a)),
				i = 0;
	double		sum[SUMS] = {0};

	for (; i + SUMS <= n; i += SUMS)
		for (int j = 0; j < SUMS; j++)
			sum[j] += v[i + j];
	for (; i < n; i++)
		sum[0] += v[i];
	PG_FREE_IF_COPY(a, 1);
	PG_RETURN_FLOAT8(PG_GETARG_FLOAT8(0) + sum[0] + sum[1] + sum[2] + sum[3]);
}

PG_FUNCTION_INFO_V1(floor_nothing);
Datum
floor_nothing(PG_FUNCTION_ARGS)
{
	PG_RETURN_NULL();
}

static double
clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

PG_FUNCTION_INFO_V1(floor_clock);
Datum
floor_clock(PG_FUNCTION_ARGS)
{
	TupleDesc	desc;
	Datum		v[2] = {Float8GetDatum(clock_of(CLOCK_PROCESS_CPUTIME_ID)), Float8GetDatum(clock_of(CLOCK_MONOTONIC))};
	bool		isnull[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), v, isnull)));
}
