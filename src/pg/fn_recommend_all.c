/*
 * fn_recommend_all.c - recommend_all().
 *
 * For histories of h items that lead to t others each: O(h t) per customer, by
 * factors less than O(items d) (core/reco/mips.h); the version and the events are in
 * memory.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/batch_lists.h"
#include "pg/candidates.h"
#include "pg/exclude.h"
#include "pg/pg_env.h"
#include "pg/progress.h"

static cs_env *
work_env(void)
{
	return cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg all customers", ALLOCSET_DEFAULT_SIZES));
}

/* Where rows go, and values that are the same in many of them. */
typedef struct emitting
{
	ReturnSetInfo *rsinfo;
	cs_batch   *b;
	Datum	   *item;			/* per item, or 0: not asked for yet */
	Datum		source[CS_LAYER_POPULAR + 1];
	MemoryContext cxt;			/* of one customer */
} emitting;

static emitting
emitting_of(FunctionCallInfo fcinfo, cs_batch *b)
{
	emitting	e = {(ReturnSetInfo *) fcinfo->resultinfo, b};

	e.item = CS_NEW(b->env, Datum, (size_t) b->now.r->items + 1);
	for (int kind = 0; kind <= CS_LAYER_POPULAR; kind++)
		e.source[kind] = CStringGetTextDatum(cs_layer_name(b->now.r, kind));
	e.cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg row", ALLOCSET_DEFAULT_SIZES);
	return e;
}

static Datum
item_text(emitting *e, int32 item)
{
	MemoryContext old;

	if (e->item[item])
		return e->item[item];
	old = MemoryContextSwitchTo(cs_pg_env_context(e->b->env));
	e->item[item] = CStringGetTextDatum(e->b->w->item->text[item]);
	MemoryContextSwitchTo(old);
	return e->item[item];
}

static void
emit(void *arg, int customer, const cs_shaped *s, int n)
{
	emitting   *e = arg;
	MemoryContext old = MemoryContextSwitchTo(e->cxt);
	Datum		id = CStringGetTextDatum(cs_dictionary_key(e->b->data->customers, customer));

	MemoryContextSwitchTo(old);
	for (int i = 0; i < n; i++)
	{
		Datum		v[6] = {id, Int32GetDatum(i + 1), item_text(e, s[i].s.item), Float8GetDatum(s[i].s.score)};
		bool		isnull[6] = {false};

		v[4] = e->source[s[i].s.kind];
		v[5] = Float8GetDatum(s[i].propensity);
		tuplestore_putvalues(e->rsinfo->setResult, e->rsinfo->setDesc, v, isnull);
	}
	MemoryContextReset(e->cxt);
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
	cs_batch_lists lists;

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
	lists = (cs_batch_lists) {b, h, cs_candidates(b->now.r, CS_ARG_TEXT(3)), exclude_seen || o.excludes, Min(n, b->now.r->items)};
	if (lists.n > 0)
	{
		emitting	e = emitting_of(fcinfo, b);

		cs_batch_search(b, lists.allowed);
		cs_batch_lists_make(&lists, emit, &e);
	}
	cs_progress_end();
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}
