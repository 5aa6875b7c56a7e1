/*
 * fn_policy.c - a policy as rows: with which probability it would have shown an item.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/args.h"
#include "pg/events_read.h"
#include "pg/source.h"

typedef struct taking
{
	ReturnSetInfo *rsinfo;
	MemoryContext cxt;			/* of one row */
	Oid			item_type;
} taking;

static void
take_row(void *arg, TupleTableSlot *slot)
{
	taking	   *t = arg;
	MemoryContext old = MemoryContextSwitchTo(t->cxt);
	Datum		v[3];
	bool		isnull[3];

	for (int i = 0; i < 3; i++)
		v[i] = slot_getattr(slot, i + 1, &isnull[i]);
	if (!isnull[1])
	{
		int			len;
		const char *key = cs_key_text(t->item_type, v[1], &len);

		v[1] = PointerGetDatum(cstring_to_text_with_len(key, len));
	}
	tuplestore_putvalues(t->rsinfo->setResult, t->rsinfo->setDesc, v, isnull);
	MemoryContextSwitchTo(old);
	MemoryContextReset(t->cxt);
}

PG_FUNCTION_INFO_V1(clusterseg_policy_rows);

/* _policy_rows(policy, path) -> setof (call_id, item_id, probability): of a relation or query, each read once */
Datum
clusterseg_policy_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_source  *s = cs_source_open(CS_ARG_TEXT(0), CS_ARG_TEXT(1), InvalidOid);
	int			item = cs_source_column(s, "item_id", "item of the list");
	taking		t = {rsinfo, NULL, getBaseType(TupleDescAttr(s->desc, item)->atttypid)};

	cs_source_column(s, "call_id", "number of the list");
	cs_source_column(s, "probability", "probability of the item");
	InitMaterializedSRF(fcinfo, 0);
	t.cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg policy", ALLOCSET_SMALL_SIZES);
	cs_source_scan(s, "q.call_id::pg_catalog.int8, q.item_id, q.probability::pg_catalog.float8", false, take_row, &t);
	MemoryContextDelete(t.cxt);
	return (Datum) 0;
}
