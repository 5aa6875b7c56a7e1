/*
 * fn_recommend_all.c - recommend_all().
 *
 * For histories of h items that lead to t others each: O(h t) per customer; the
 * version and the events are in memory.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/candidates.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/reco_batch.h"

/* Customers between two lines of progress. */
#define REPORT_CUSTOMERS 256

static cs_env *
work_env(void)
{
	return cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg all customers", ALLOCSET_DEFAULT_SIZES));
}

static void
emit(FunctionCallInfo fcinfo, cs_batch *b, int customer, const cs_served *s, int n)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		id = CStringGetTextDatum(cs_dictionary_key(b->data->customers, customer));

	for (int i = 0; i < n; i++)
	{
		Datum		v[5] = {id, Int32GetDatum(i + 1), CStringGetTextDatum(b->w->item->text[s[i].item]), Float8GetDatum(s[i].score)};
		bool		isnull[5] = {false};

		v[4] = CStringGetTextDatum(cs_layer_name(b->now.r, s[i].kind));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_all);

/* recommend_all(model, n, exclude_seen, candidates, diversity, max_per_category, explore, options) */
Datum
clusterseg_recommend_all(PG_FUNCTION_ARGS)
{
	cs_env	   *env = work_env();
	int			n = PG_ARGISNULL(1) ? 10 : PG_GETARG_INT32(1);
	bool		exclude_seen = PG_ARGISNULL(2) || PG_GETARG_BOOL(2);
	MemoryContext cxt;
	cs_batch   *b;
	cs_item_set allowed;

	cs_arg_required(fcinfo, 0, "model");
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid number of items n: %d", n), errdetail("It is 0 or more.")));
	cs_check_shaping(fcinfo, 4);
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start(CS_ARG_TEXT(0));
	b = cs_batch_open(env, CS_ARG_TEXT(0));
	cs_batch_ready(b, NULL);
	allowed = cs_candidates(b->now.r, CS_ARG_TEXT(3));
	n = Min(n, b->now.r->items);
	cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	for (int c = 0; n > 0 && c < b->data->customers->n; c++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		cs_request	q = cs_batch_request(b, c, exclude_seen);
		cs_served  *s = palloc(sizeof(cs_served) * n);

		q.allowed = allowed;
		emit(fcinfo, b, c, s, cs_serve(cs_pg_env(cxt), &q, n, s));
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
		if (c % REPORT_CUSTOMERS == 0)
			cs_progress(env, CS_PHASE_RECOMMEND, c, b->data->customers->n);
	}
	cs_progress_end();
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}
