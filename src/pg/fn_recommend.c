/*
 * fn_recommend.c - recommend(), recommend_for_basket() and recommend_for_segment().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/args.h"
#include "pg/candidates.h"
#include "pg/reco_call.h"

/* Ranked rows: rank, key, score, and with reasons source and reason. */
static void
emit(FunctionCallInfo fcinfo, cs_reco_call *c, const cs_served *s, int n)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int32	   *item = palloc(sizeof(int32) * (n + 1));
	char	  **key;

	for (int i = 0; i < n; i++)
		item[i] = s[i].item;
	key = cs_reco_keys(c->now.r, item, n);
	for (int i = 0; i < n; i++)
	{
		Datum		v[5] = {Int32GetDatum(i + 1), CStringGetTextDatum(key[i]), Float8GetDatum(s[i].score)};
		bool		isnull[5] = {false};

		v[3] = CStringGetTextDatum(cs_layer_name(c->now.r, s[i].kind));
		v[4] = CStringGetTextDatum(cs_reco_reason(c, &s[i]));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

static Datum
serve(FunctionCallInfo fcinfo, cs_reco_call *c, int n)
{
	cs_served  *s;

	InitMaterializedSRF(fcinfo, 0);
	s = palloc(sizeof(cs_served) * (n + 1));
	if (n > 0)
		emit(fcinfo, c, s, cs_serve(c->env, &c->q, n, s));
	return (Datum) 0;
}

/* ---- entries ---- */

PG_FUNCTION_INFO_V1(clusterseg_recommend);

/* recommend(model, customer, n, exclude_seen, candidates, diversity, max_per_category, explore, options) */
Datum
clusterseg_recommend(PG_FUNCTION_ARGS)
{
	cs_reco_call *c;

	cs_arg_required(fcinfo, 0, "model");
	cs_check_shaping(fcinfo, 5);
	c = cs_reco_call_customer(fcinfo, CS_ARG_TEXT(0), 1, PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(4));
	return serve(fcinfo, c, cs_reco_arg_n(fcinfo, 2, c->now.r));
}

/* Each item counts once more for every time it stands in the basket. */
static void
set_basket(cs_reco_call *c, ArrayType *items, bool exclude)
{
	cs_reco_events e = {0};
	Datum	   *d;
	bool	   *isnull;
	int			n;

	deconstruct_array(items, TEXTOID, -1, false, TYPALIGN_INT, &d, &isnull, &n);
	e.item = palloc(sizeof(char *) * (n + 1));
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			e.item[e.n++] = TextDatumGetCString(d[i]);
	cs_reco_call_history(c, &e, exclude);
}

/* A segment that a recommender does not know is a mistake of the caller. */
static void
check_segment(cs_reco *r, int segment_id)
{
	double		customers;

	if (!cs_reco_segment(r, segment_id, &customers))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the recommender has no segment %d", segment_id),
				 errdetail("Segments are those that the customers had when it was trained."),
				 errhint("Train it with the argument \"segmentation\", and again when the segmentation has new segments.")));
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_for_basket);

/* recommend_for_basket(model, items, n, exclude_seen, candidates, diversity, max_per_category, explore, options, segment_id) */
Datum
clusterseg_recommend_for_basket(PG_FUNCTION_ARGS)
{
	cs_reco_call *c;

	cs_arg_required(fcinfo, 0, "model");
	cs_check_shaping(fcinfo, 5);
	c = cs_reco_call_new(CS_ARG_TEXT(0));
	set_basket(c, PG_ARGISNULL(1) ? construct_empty_array(TEXTOID) : PG_GETARG_ARRAYTYPE_P(1),
			   PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	if (!PG_ARGISNULL(9))
	{
		c->q.segment = PG_GETARG_INT32(9);
		check_segment(c->now.r, c->q.segment);
	}
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(4));
	return serve(fcinfo, c, cs_reco_arg_n(fcinfo, 2, c->now.r));
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_for_segment);

/* recommend_for_segment(model, segment_id, n, candidates) */
Datum
clusterseg_recommend_for_segment(PG_FUNCTION_ARGS)
{
	cs_reco_events none = {0};
	cs_reco_call *c;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "segment_id");
	c = cs_reco_call_new(CS_ARG_TEXT(0));
	c->q.segment = PG_GETARG_INT32(1);
	check_segment(c->now.r, c->q.segment);
	cs_reco_call_history(c, &none, false);
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(3));
	return serve(fcinfo, c, cs_reco_arg_n(fcinfo, 2, c->now.r));
}
