/*
 * fn_reco_customers.c - the customers of the open training, as rows that the
 * version keeps (see reco_customers.h).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "pg/reco_customers.h"
#include "pg/reco_training.h"

/* Customers first .. end - 1 as a row. */
static void
put_customers(ReturnSetInfo *rsinfo, const cs_reco_training *t, int first, int end)
{
	const cs_events *e = t->events;
	int			n = end - first,
				entries = (int) (e->start[end] - e->start[first]);
	size_t		from = e->start[first];
	int64	   *number = palloc(sizeof(int64) * n);
	int32	   *length = palloc(sizeof(int32) * n),
			   *segment = palloc(sizeof(int32) * n),
			   *bar_customer = palloc(sizeof(int32) * n);
	float	   *bar = palloc(sizeof(float) * n);
	Datum		v[9] = {0};
	bool		isnull[9] = {false, false, false, false, !e->weighted, e->last == NULL, t->segment == NULL, t->m.bar == NULL, t->m.bar == NULL};

	for (int c = first; c < end; c++)
	{
		char	   *key = cs_dictionary_key(t->data->customers, c);

		number[c - first] = cs_customer_number(key, strlen(key));
		length[c - first] = (int32) (e->start[c + 1] - e->start[c]);
		segment[c - first] = t->segment && t->segment[c] >= 0 ? t->segment_id[t->segment[c]] : 0;
		bar[c - first] = t->m.bar ? t->m.bar[c].similarity : 0;
		bar_customer[c - first] = t->m.bar ? t->m.bar[c].customer : 0;
	}
	v[0] = Int32GetDatum(first / CS_CUSTOMER_CHUNK);
	v[1] = PointerGetDatum(cs_plain_array(number, n, INT8OID, sizeof(int64)));
	v[2] = PointerGetDatum(cs_plain_array(length, n, INT4OID, sizeof(int32)));
	v[3] = PointerGetDatum(cs_plain_array(e->item + from, entries, INT4OID, sizeof(int32)));
	if (!isnull[4])
		v[4] = PointerGetDatum(cs_plain_array(e->weight + from, entries, FLOAT4OID, sizeof(float)));
	if (!isnull[5])
		v[5] = PointerGetDatum(cs_plain_array(e->last + from, entries, FLOAT8OID, sizeof(double)));
	v[6] = PointerGetDatum(cs_plain_array(segment, n, INT4OID, sizeof(int32)));
	v[7] = PointerGetDatum(cs_plain_array(bar, n, FLOAT4OID, sizeof(float)));
	v[8] = PointerGetDatum(cs_plain_array(bar_customer, n, INT4OID, sizeof(int32)));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_customers);

/*
 * _reco_fit_customers() -> setof (chunk, customers, lengths, items, weights,
 * times, segments, bars, bar_customers): so many customers a row; none for
 * algorithms that do without
 */
Datum
clusterseg_reco_fit_customers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customers", ALLOCSET_DEFAULT_SIZES),
				old;

	InitMaterializedSRF(fcinfo, 0);
	if (!(t->algorithm->flags & CS_RECO_CUSTOMERS))
		return (Datum) 0;
	old = MemoryContextSwitchTo(cxt);
	for (int c = 0; c < t->events->customers; c += CS_CUSTOMER_CHUNK)
	{
		CHECK_FOR_INTERRUPTS();
		put_customers(rsinfo, t, c, Min(c + CS_CUSTOMER_CHUNK, t->events->customers));
		MemoryContextReset(cxt);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return (Datum) 0;
}
