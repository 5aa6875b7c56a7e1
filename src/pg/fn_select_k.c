/*
 * fn_select_k.c - how many segments?  The candidates of a training, measured, and
 * no model kept.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/train_request.h"
#include "pg/training.h"

static void
put(ReturnSetInfo *rsinfo, const cs_candidate *c, bool chosen, const char *metric, double value)
{
	Datum		v[6];
	bool		isnull[6] = {false};

	v[0] = Int32GetDatum(c->k);
	v[1] = CStringGetTextDatum(metric);
	v[2] = Float8GetDatum(isfinite(value) ? value : 0);
	isnull[2] = !isfinite(value);
	v[3] = BoolGetDatum(chosen);
	v[4] = BoolGetDatum(c->near_tie);
	v[5] = BoolGetDatum(c->stable);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

static void
put_candidate(ReturnSetInfo *rsinfo, const cs_candidate *c, bool chosen)
{
	put(rsinfo, c, chosen, "objective", c->inertia);
	put(rsinfo, c, chosen, "silhouette", c->silhouette);
	put(rsinfo, c, chosen, "stability", c->stability);
	put(rsinfo, c, chosen, "simplified_silhouette", c->simplified_silhouette);
	put(rsinfo, c, chosen, "davies_bouldin", c->davies_bouldin);
	put(rsinfo, c, chosen, "calinski_harabasz", c->calinski_harabasz);
}

/* Candidates end at the number of distinct rows; training takes that when all of the range is above. */
static void
check_range(const cs_train_request *r, const cs_fit_outcome *o)
{
	if (o->candidate[0].k < r->k_min)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are fewer distinct rows than segments"),
				 errdetail("The source has %d distinct rows; k_range begins at %d.", o->candidate[0].k, r->k_min)));
}

PG_FUNCTION_INFO_V1(clusterseg_select_k);

/*
 * _select_k(arguments of _fit) -> setof (k, metric, value, chosen, near_tie, stable)
 *
 * Its training is its own: one that is open in this transaction stays open.
 */
Datum
clusterseg_select_k(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;
	cs_training t = {0};
	cs_train_request r;

	InitMaterializedSRF(fcinfo, 0);
	t.cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg candidates", ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(t.cxt);
	t.env = cs_pg_env(t.cxt);
	r = cs_train_request_read(fcinfo, t.env);
	if (!(r.algorithm->flags & CS_NEEDS_K))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("algorithm \"%s\" has no number of segments to choose", r.algorithm->name)));
	r.compare = true;
	cs_progress_start("select_k");
	t.ds = cs_dataset_open(t.env, &r.data);
	cs_dataset_read(t.ds, !(r.algorithm->flags & (CS_UNIT_LENGTH | CS_RAW)));
	cs_training_warn(&t, &r);
	cs_train_request_start(t.env, &r, t.ds);
	cs_training_fit(&t, &r);
	check_range(&r, &t.outcome);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < t.outcome.candidates; i++)
		put_candidate(rsinfo, &t.outcome.candidate[i], i == t.outcome.chosen);
	cs_training_say_ties(&t.outcome);
	cs_progress_end();
	MemoryContextDelete(t.cxt);
	return (Datum) 0;
}
