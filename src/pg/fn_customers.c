/*
 * fn_customers.c - customers_for_item(), segment_uplift() and
 * customers_for_segment_uplift(): the other way round.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/base/sorted.h"
#include "pg/args.h"
#include "pg/one_item.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/rates.h"
#include "pg/reco_call.h"

/* Customers between two lines of progress. */
#define REPORT_CUSTOMERS 1024

static int
argument_n(FunctionCallInfo fcinfo, int argument, int standard)
{
	int			n = PG_ARGISNULL(argument) ? standard : PG_GETARG_INT32(argument);

	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of rows n: %d", n),
				 errdetail("It is 0 or more.")));
	return n;
}

static cs_batch *
open_batch(const char *model)
{
	cs_batch   *b;

	cs_progress_start(model);
	b = cs_batch_open(cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg all customers", ALLOCSET_DEFAULT_SIZES)), model);
	cs_batch_ready(b, NULL);
	return b;
}

static void
close_batch(cs_batch *b)
{
	cs_progress_end();
	MemoryContextDelete(cs_pg_env_context(b->env));
}

static void
put(FunctionCallInfo fcinfo, int rank, const char *key, double score, const char *source)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		v[4] = {Int32GetDatum(rank), CStringGetTextDatum(key), Float8GetDatum(score)};
	bool		isnull[4] = {false, false, false, source == NULL};

	if (source)
		v[3] = CStringGetTextDatum(source);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/* ---- customers_for_item() ---- */

/* Customers take the place of items in rank.h: what they are scored by, in layers. */
typedef struct wanting
{
	cs_batch   *b;
	cs_rates   *rates;
	cs_scored  *scored[3];
	cs_layer	layer[3];
	cs_layer_kind kind[3];
	int			layers;
} wanting;

static bool
has_touched(const cs_batch *b, int customer, int32 item)
{
	const int32 *from = b->touched + b->touched_from[customer];

	return cs_sorted_has(from, b->touched_from[customer + 1] - b->touched_from[customer], item);
}

static void
add_layer(wanting *w, cs_layer_kind kind, cs_scored *scored, size_t n)
{
	w->layer[w->layers] = (cs_layer) {scored, n};
	w->kind[w->layers++] = kind;
}

/* What histories say of the item, then their segments, then what holds for everybody. */
static void
score_customers(wanting *w, int32 item, bool exclude_seen)
{
	cs_batch   *b = w->b;
	cs_one_item one = cs_one_item_of(b, item);
	unsigned	flags = b->now.r->flags;
	bool		personal = (flags & CS_RECO_PERSONAL) != 0;
	int			customers = b->data->customers->n;
	size_t		n[3] = {0, 0, 0};
	double		strength;

	for (int l = 0; l < 3; l++)
		w->scored[l] = CS_ROOM(b->env, cs_scored, (size_t) customers + 1);
	for (int c = 0; c < customers; c++)
	{
		if (c % REPORT_CUSTOMERS == 0)
			cs_progress(b->env, CS_PHASE_RECOMMEND, c, customers);
		CHECK_FOR_INTERRUPTS();
		if (exclude_seen && has_touched(b, c, item))
			continue;
		if (personal)
			w->scored[0][n[0]++] = (cs_scored) {c, cs_one_item_score(&one, c)};
		if (b->segment[c] > 0 && (personal || b->now.r->has_own || flags & CS_RECO_SEGMENTS))
			w->scored[1][n[1]++] = (cs_scored) {c, cs_rates_of(w->rates, b->segment[c], &strength)[item]};
		w->scored[2][n[2]++] = (cs_scored) {c, cs_rates_of(w->rates, 0, &strength)[item]};
	}
	add_layer(w, CS_LAYER_HISTORY, w->scored[0], n[0]);
	add_layer(w, CS_LAYER_SEGMENT, w->scored[1], n[1]);
	add_layer(w, CS_LAYER_POPULAR, w->scored[2], n[2]);
}

static void
emit_customers(FunctionCallInfo fcinfo, wanting *w, int n)
{
	cs_batch   *b = w->b;
	cs_rank_args args = {w->layer, w->layers, NULL, 0, NULL, 0};
	cs_ranked  *ranked;

	n = Min(n, b->data->customers->n);
	if (n == 0)
		return;
	ranked = CS_ROOM(b->env, cs_ranked, n);
	n = cs_rank(b->env, &args, n, ranked);
	for (int i = 0; i < n; i++)
		put(fcinfo, i + 1, cs_dictionary_key(b->data->customers, ranked[i].item), ranked[i].score,
			cs_layer_name(b->now.r, w->kind[ranked[i].layer]));
}

PG_FUNCTION_INFO_V1(clusterseg_customers_for_item);

/* customers_for_item(model, item, n, exclude_seen) */
Datum
clusterseg_customers_for_item(PG_FUNCTION_ARGS)
{
	wanting		w = {NULL};
	char	   *key;
	int			n = argument_n(fcinfo, 2, 100);
	cs_reco_row *row;

	cs_arg_required(fcinfo, 0, "model");
	key = cs_reco_arg_item(fcinfo, 1);
	InitMaterializedSRF(fcinfo, 0);
	w.b = open_batch(CS_ARG_TEXT(0));
	row = cs_reco_rows(w.b->now.r, &key, 1, false);
	if (row->item >= 0)
	{
		w.rates = cs_rates_new(w.b->env, w.b->now.r);
		score_customers(&w, row->item, PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
		emit_customers(fcinfo, &w, n);
	}
	close_batch(w.b);
	return (Datum) 0;
}

/* ---- uplift of a segment ---- */

/* Rates of items in a segment and in its parent. */
typedef struct uplift
{
	cs_reco    *r;
	const double *rate;
	double	   *parent;
} uplift;

/* The rates of several segments as one: their customers counted together, and drawn towards the rate of all as each is. */
static double *
joint_rates(cs_env *env, cs_reco *r, cs_rates *rates, const int32 *segment, int n)
{
	double	   *joint = CS_NEW(env, double, (size_t) r->items + 1),
				total = 0,
				strength;
	const double *all = cs_rates_of(rates, 0, &strength);

	for (int s = 0; s < n; s++)
	{
		const double *rate = cs_rates_of(rates, segment[s], &strength);

		total += strength - r->kappa;
		for (int i = 0; i < r->items; i++)
			joint[i] += Max(rate[i] * strength - r->kappa * all[i], 0);
	}
	for (int i = 0; i < r->items; i++)
		joint[i] = Min(cs_reco_rate(joint[i], total, all[i], r->kappa), 1);
	return joint;
}

static uplift
uplift_of(cs_env *env, cs_reco *r, int segment_id, ArrayType *parent)
{
	cs_rates   *rates = cs_rates_new(env, r);
	uplift		u = {r};
	double		strength;
	int32	   *id;
	int			n = 0;

	cs_reco_check_segment(r, segment_id);
	u.rate = cs_rates_of(rates, segment_id, &strength);
	if (parent == NULL)
	{
		u.parent = (double *) cs_rates_of(rates, 0, &strength);
		return u;
	}
	if (array_contains_nulls(parent) || (n = ArrayGetNItems(ARR_NDIM(parent), ARR_DIMS(parent))) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the parent is no list of segments"),
				 errdetail("It is an array of segment ids, without NULL, such as '{1,4}'; NULL stands for all customers.")));
	id = (int32 *) ARR_DATA_PTR(parent);
	for (int i = 0; i < n; i++)
		cs_reco_check_segment(r, id[i]);
	u.parent = joint_rates(env, r, rates, id, n);
	return u;
}

static double
log_uplift(const uplift *u, int32 item)
{
	return u->rate[item] > 0 && u->parent[item] > 0 ? log(u->rate[item] / u->parent[item]) : 0;
}

PG_FUNCTION_INFO_V1(clusterseg_segment_uplift);

/* segment_uplift(model, segment_id, n, parent) -> setof (rank, item_id, rate, parent_rate, uplift) */
Datum
clusterseg_segment_uplift(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_reco    *r;
	uplift		u;
	cs_layer	layer;
	cs_rank_args args = {&layer, 1, NULL, 0, NULL, 0};
	cs_scored  *scored;
	cs_ranked  *ranked;
	int32	   *item;
	char	  **key;
	int			n = argument_n(fcinfo, 2, 10);

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "segment_id");
	r = cs_reco_open(CS_ARG_TEXT(0)).r;
	u = uplift_of(env, r, PG_GETARG_INT32(1), PG_ARGISNULL(3) ? NULL : PG_GETARG_ARRAYTYPE_P(3));
	InitMaterializedSRF(fcinfo, 0);
	n = Min(n, r->items);
	if (n == 0)
		return (Datum) 0;
	scored = CS_ROOM(env, cs_scored, r->items);
	for (int i = 0; i < r->items; i++)
		scored[i] = (cs_scored) {i, u.rate[i] * log_uplift(&u, i)};
	layer = (cs_layer) {scored, r->items};
	ranked = CS_ROOM(env, cs_ranked, n);
	n = cs_rank(env, &args, n, ranked);
	item = CS_ROOM(env, int32, n + 1);
	for (int i = 0; i < n; i++)
		item[i] = ranked[i].item;
	key = cs_reco_keys(r, item, n);
	for (int i = 0; i < n; i++)
	{
		Datum		v[5] = {Int32GetDatum(i + 1), CStringGetTextDatum(key[i]), Float8GetDatum(u.rate[item[i]]),
			Float8GetDatum(u.parent[item[i]]), Float8GetDatum(u.rate[item[i]] / u.parent[item[i]])};
		bool		isnull[5] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
	return (Datum) 0;
}

/* By how much the items that a customer has speak for the segment rather than for its parent. */
static double
likeness(const cs_batch *b, const uplift *u, int customer)
{
	double		sum = 0;

	for (size_t e = b->events->start[customer]; e < b->events->start[customer + 1]; e++)
		if (b->events->item[e] < b->now.r->items)
			sum += log_uplift(u, b->events->item[e]);
	return sum;
}

PG_FUNCTION_INFO_V1(clusterseg_customers_for_segment_uplift);

/* customers_for_segment_uplift(model, segment_id, n, outside, parent) */
Datum
clusterseg_customers_for_segment_uplift(PG_FUNCTION_ARGS)
{
	wanting		w = {NULL};
	int			n = argument_n(fcinfo, 2, 100),
				segment_id;
	bool		outside = PG_ARGISNULL(3) || PG_GETARG_BOOL(3);
	uplift		u;
	cs_scored  *scored;
	size_t		customers = 0;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "segment_id");
	segment_id = PG_GETARG_INT32(1);
	u.r = cs_reco_open(CS_ARG_TEXT(0)).r;
	cs_reco_check_segment(u.r, segment_id);
	InitMaterializedSRF(fcinfo, 0);
	w.b = open_batch(CS_ARG_TEXT(0));
	u = uplift_of(w.b->env, w.b->now.r, segment_id, PG_ARGISNULL(4) ? NULL : PG_GETARG_ARRAYTYPE_P(4));
	scored = CS_ROOM(w.b->env, cs_scored, (size_t) w.b->data->customers->n + 1);
	for (int c = 0; c < w.b->data->customers->n; c++)
	{
		if (c % REPORT_CUSTOMERS == 0)
			cs_progress(w.b->env, CS_PHASE_RECOMMEND, c, w.b->data->customers->n);
		CHECK_FOR_INTERRUPTS();
		if (!outside || w.b->segment[c] != segment_id)
			scored[customers++] = (cs_scored) {c, likeness(w.b, &u, c)};
	}
	w.kind[0] = CS_LAYER_HISTORY;
	w.layer[w.layers++] = (cs_layer) {scored, customers};
	emit_customers(fcinfo, &w, n);
	close_batch(w.b);
	return (Datum) 0;
}
