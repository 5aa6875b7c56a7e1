/*
 * fn_recommend.c - recommend(), recommend_for_basket() and recommend_for_segment().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/candidates.h"
#include "pg/exclude.h"
#include "pg/reco_call.h"
#include "pg/shaped.h"

/* Why an item is listed, and what brought it to its place where that was not its score. */
static char *
reason(cs_reco_call *c, const cs_shaped *s)
{
	char	   *text = cs_reco_reason(c, &s->s);

	return s->way == CS_SHAPE_BY_PROMOTION ? psprintf("promoted; %s", text) : s->way == CS_SHAPE_BY_CHANCE ? psprintf("explored; %s", text) : text;
}

static void
emit(FunctionCallInfo fcinfo, cs_reco_call *c, const cs_shaped *s, int n)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int32	   *item = palloc(sizeof(int32) * (n + 1));
	MemoryContext row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg recommended item", ALLOCSET_SMALL_SIZES);
	char	  **key;

	for (int i = 0; i < n; i++)
		item[i] = s[i].s.item;
	key = cs_reco_keys(c->now.r, item, n);
	for (int i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(row_cxt);
		Datum		v[6] = {Int32GetDatum(i + 1), CStringGetTextDatum(key[i]), Float8GetDatum(s[i].s.score)};
		bool		isnull[6] = {false};

		CHECK_FOR_INTERRUPTS();
		v[3] = CStringGetTextDatum(cs_layer_name(c->now.r, s[i].s.kind));
		v[4] = CStringGetTextDatum(reason(c, &s[i]));
		v[5] = Float8GetDatum(s[i].propensity);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_cxt);
	}
	MemoryContextDelete(row_cxt);
}

/* who: what tells this list's chance from another's. */
static Datum
serve(FunctionCallInfo fcinfo, cs_reco_call *c, const cs_serving *o, const char *who, int n)
{
	cs_shaper  *h = cs_shaper_new(c->env, &c->now, o);
	cs_shaped  *s;

	InitMaterializedSRF(fcinfo, 0);
	cs_shaper_who(h, who);
	s = palloc(sizeof(cs_shaped) * (n + 1));
	if (n > 0)
		emit(fcinfo, c, s, cs_shaper_serve(h, c->env, &c->q, n, s));
	return (Datum) 0;
}

/* ---- entries ---- */

/* The key of the customer in an argument as text; empty for nobody. */
static char *
customer_key(FunctionCallInfo fcinfo, int argument)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	const char *text;
	int			len;

	if (PG_ARGISNULL(argument))
		return "";
	if (type == UNKNOWNOID)
		return DatumGetCString(PG_GETARG_DATUM(argument));
	text = cs_key_text(getBaseType(type), PG_GETARG_DATUM(argument), &len);
	return pnstrdup(text, len);
}

PG_FUNCTION_INFO_V1(clusterseg_recommend);

/* recommend(model, customer, n, exclude_seen, candidates, diversity, max_per_category, explore, options) */
Datum
clusterseg_recommend(PG_FUNCTION_ARGS)
{
	cs_reco_call *c;
	cs_serving	o;

	cs_arg_required(fcinfo, 0, "model");
	o = cs_serving_args(fcinfo, 5);
	c = cs_reco_call_customer(fcinfo, CS_ARG_TEXT(0), 1, !o.excludes && (PG_ARGISNULL(3) || PG_GETARG_BOOL(3)));
	if (o.excludes && !PG_ARGISNULL(1))
		cs_exclude_for(c, &o, getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 1)), PG_GETARG_DATUM(1));
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(4));
	return serve(fcinfo, c, &o, customer_key(fcinfo, 1), cs_reco_arg_n(fcinfo, 2, c->now.r));
}

/* An item that stands in the basket several times counts once, as in histories without weights; its order is that of time. */
static void
set_basket(cs_reco_call *c, ArrayType *items, bool exclude)
{
	cs_reco_events e = {0};
	Datum	   *d;
	bool	   *isnull;
	int			n;

	deconstruct_array(items, TEXTOID, -1, false, TYPALIGN_INT, &d, &isnull, &n);
	e.item = palloc(sizeof(char *) * (n + 1));
	if (c->now.r->algorithm->flags & CS_RECO_SEQUENCE)
		e.at = palloc(sizeof(double) * (n + 1));
	for (int i = 0; i < n; i++)
		if (!isnull[i])
		{
			if (e.at)
				e.at[e.n] = i;
			e.item[e.n++] = TextDatumGetCString(d[i]);
		}
	cs_reco_call_history(c, &e, exclude);
}

/* The items of a basket in the order in which they were given. */
static char *
basket_key(const cs_reco_call *c)
{
	StringInfoData key;

	initStringInfo(&key);
	for (int i = 0; i < c->events; i++)
		appendStringInfo(&key, "%s\n", c->key[i]);
	return key.data;
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_for_basket);

/* recommend_for_basket(model, items, n, exclude_seen, candidates, diversity, max_per_category, explore, options, segment_id) */
Datum
clusterseg_recommend_for_basket(PG_FUNCTION_ARGS)
{
	cs_reco_call *c;
	cs_serving	o;

	cs_arg_required(fcinfo, 0, "model");
	o = cs_serving_args(fcinfo, 5);
	cs_serving_no_customer(&o);
	c = cs_reco_call_new(CS_ARG_TEXT(0));
	set_basket(c, PG_ARGISNULL(1) ? construct_empty_array(TEXTOID) : PG_GETARG_ARRAYTYPE_P(1),
			   PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	if (!PG_ARGISNULL(9))
	{
		c->q.segment = PG_GETARG_INT32(9);
		cs_reco_check_segment(c->now.r, c->q.segment);
	}
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(4));
	return serve(fcinfo, c, &o, basket_key(c), cs_reco_arg_n(fcinfo, 2, c->now.r));
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_for_segment);

/* recommend_for_segment(model, segment_id, n, candidates, diversity, max_per_category, explore, options) */
Datum
clusterseg_recommend_for_segment(PG_FUNCTION_ARGS)
{
	cs_reco_events none = {0};
	cs_reco_call *c;
	cs_serving	o;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "segment_id");
	o = cs_serving_args(fcinfo, 4);
	cs_serving_no_customer(&o);
	c = cs_reco_call_new(CS_ARG_TEXT(0));
	c->q.segment = PG_GETARG_INT32(1);
	cs_reco_check_segment(c->now.r, c->q.segment);
	cs_reco_call_history(c, &none, false);
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(3));
	return serve(fcinfo, c, &o, psprintf("%d", c->q.segment), cs_reco_arg_n(fcinfo, 2, c->now.r));
}
