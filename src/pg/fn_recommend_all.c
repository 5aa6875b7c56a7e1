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
#include "pg/exclude.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/reco_batch.h"
#include "pg/shaped.h"

/* Customers between two lines of progress. */
#define REPORT_CUSTOMERS 256

static cs_env *
work_env(void)
{
	return cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg all customers", ALLOCSET_DEFAULT_SIZES));
}

static void
emit(FunctionCallInfo fcinfo, cs_batch *b, const char *customer, const cs_shaped *s, int n)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		id = CStringGetTextDatum(customer);

	for (int i = 0; i < n; i++)
	{
		Datum		v[6] = {id, Int32GetDatum(i + 1), CStringGetTextDatum(b->w->item->text[s[i].s.item]), Float8GetDatum(s[i].s.score)};
		bool		isnull[6] = {false};

		v[4] = CStringGetTextDatum(cs_layer_name(b->now.r, s[i].s.kind));
		v[5] = Float8GetDatum(s[i].propensity);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

/* The lists of all customers; one memory for each list. */
static void
serve_all(FunctionCallInfo fcinfo, cs_batch *b, cs_shaper *h, cs_item_set allowed, bool exclude_seen, int n)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);

	for (int c = 0; n > 0 && c < b->data->customers->n; c++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		cs_request	q = cs_batch_request(b, c, exclude_seen, cs_shaper_plain(h) ? n : 0);
		cs_shaped  *s = palloc(sizeof(cs_shaped) * n);
		char	   *customer = cs_dictionary_key(b->data->customers, c);

		q.allowed = allowed;
		cs_shaper_who(h, customer);
		emit(fcinfo, b, customer, s, cs_shaper_serve(h, cs_pg_env(cxt), &q, n, s));
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
		if (c % REPORT_CUSTOMERS == 0)
			cs_progress(b->env, CS_PHASE_RECOMMEND, c, b->data->customers->n);
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
	cs_batch   *b;
	cs_serving	o;
	cs_shaper  *h;
	cs_item_set allowed;

	cs_arg_required(fcinfo, 0, "model");
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid number of items n: %d", n), errdetail("It is 0 or more.")));
	o = cs_serving_args(fcinfo, 4);
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start(CS_ARG_TEXT(0));
	b = cs_batch_open(env, CS_ARG_TEXT(0));
	cs_batch_ready(b, NULL);
	if (o.excludes)
		cs_exclude_for_all(b, &o);
	h = cs_shaper_new(env, &b->now, &o);
	cs_shaper_load(h, b->w);
	allowed = cs_candidates(b->now.r, CS_ARG_TEXT(3));
	cs_batch_search(b, allowed);
	serve_all(fcinfo, b, h, allowed, exclude_seen || o.excludes, Min(n, b->now.r->items));
	cs_progress_end();
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}
