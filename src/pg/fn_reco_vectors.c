/*
 * fn_reco_vectors.c - customer_vectors().
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/pg_env.h"
#include "pg/reco_batch.h"
#include "pg/reco_training.h"

static int
width_of(const cs_reco *r)
{
	return r->flags & CS_RECO_KINDS ? r->n_kinds : r->n_factors;
}

static void
require_vectors(const cs_reco_now *now)
{
	if (!(now->r->flags & (CS_RECO_FACTORS | CS_RECO_KINDS)))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("algorithm %s has no vectors of customers", now->r->algorithm->name),
				 errhint("Train a recommender with algorithm => 'puresvd', 'ials' or 'segment_mixture'.")));
}

/* The customer as a point; false: nothing is known of the customer's history. */
static bool
vector_of(cs_batch *b, int customer, double *out)
{
	size_t		from = b->events->start[customer],
				n = 0;
	const int32 *item = b->events->item + from;

	for (size_t e = from; e < b->events->start[customer + 1] && b->events->item[e] < b->now.r->items; e++)
		b->x[n++] = cs_events_value(b->events, e, b->now.r->half_life);
	if (n == 0)
		return false;
	if (b->taste)
		cs_tastes_customer(cs_reco_tastes(b->now.r), n, item, b->x, out);
	else
	{
		cs_fold_customer(b->fold, n, item, b->x);
		cs_fold_point(b->fold, out);
	}
	return true;
}

/* A vector of zeros has no direction and stays. */
static void
set_length(double *v, int n)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i] * v[i];
	for (int i = 0; i < n && sum > 0; i++)
		v[i] /= sqrt(sum);
}

PG_FUNCTION_INFO_V1(clusterseg_customer_vectors);

/* customer_vectors(model, unit_length) -> setof (customer_id, vector float8[]) */
Datum
clusterseg_customer_vectors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_env	   *env = cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer vectors", ALLOCSET_DEFAULT_SIZES));
	bool		unit_length = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	cs_reco_now now;
	cs_batch   *b;
	double	   *v;
	int			width;

	/* no progress of its own: it is often part of a training's source */
	cs_arg_required(fcinfo, 0, "model");
	InitMaterializedSRF(fcinfo, 0);
	now = cs_reco_open(CS_ARG_TEXT(0));
	require_vectors(&now);
	b = cs_batch_open(env, CS_ARG_TEXT(0));
	cs_batch_ready(b, NULL);
	width = width_of(b->now.r);
	v = CS_ROOM(env, double, (size_t) width);
	for (int c = 0; c < b->events->customers; c++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		Datum		out[2];
		bool		isnull[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		if (vector_of(b, c, v))
		{
			if (unit_length)
				set_length(v, width);
			out[0] = CStringGetTextDatum(cs_dictionary_key(b->data->customers, c));
			out[1] = PointerGetDatum(cs_plain_array(v, width, FLOAT8OID, sizeof(float8)));
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, out, isnull);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}
