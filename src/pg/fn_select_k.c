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

#include "core/eval/gap.h"
#include "pg/args.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/train_request.h"
#include "pg/training.h"

/* What a metric alone would choose by. */
typedef enum rule
{
	RULE_NONE,
	RULE_LARGEST,
	RULE_LEAST,
	RULE_GAP
} rule;

/* In the order of output. */
static const struct
{
	const char *name;
	size_t		at;
	rule		rule;
}			metrics[] =
{
	{"objective", offsetof(cs_candidate, inertia), RULE_NONE},
	{"silhouette", offsetof(cs_candidate, silhouette), RULE_LARGEST},
	{"stability", offsetof(cs_candidate, stability), RULE_LARGEST},
	{"simplified_silhouette", offsetof(cs_candidate, simplified_silhouette), RULE_LARGEST},
	{"davies_bouldin", offsetof(cs_candidate, davies_bouldin), RULE_LEAST},
	{"calinski_harabasz", offsetof(cs_candidate, calinski_harabasz), RULE_LARGEST},
	{"gap", offsetof(cs_candidate, gap), RULE_GAP},
	{"gap_error", offsetof(cs_candidate, gap_error), RULE_NONE},
	{"criterion", offsetof(cs_candidate, criterion), RULE_LEAST},
};

static double
measured(const cs_candidate *c, int metric)
{
	double		v = *(const double *) ((const char *) c + metrics[metric].at);

	/* no criterion of its own */
	return metrics[metric].at == offsetof(cs_candidate, criterion) && v == 0 ? NAN : v;
}

static int
by_gap(const cs_fit_outcome *o)
{
	double	   *gap = palloc(sizeof(double) * o->candidates),
			   *error = palloc(sizeof(double) * o->candidates);

	for (int i = 0; i < o->candidates; i++)
	{
		gap[i] = o->candidate[i].gap;
		error[i] = o->candidate[i].gap_error;
	}
	return cs_gap_choose(gap, error, o->candidates);
}

/* The candidate that the metric alone would choose, the smallest k of equals; -1: none. */
static int
choice(const cs_fit_outcome *o, int metric)
{
	int			best = -1;

	if (metrics[metric].rule == RULE_GAP)
		return by_gap(o);
	for (int i = 0; i < o->candidates && metrics[metric].rule != RULE_NONE; i++)
	{
		double		v = measured(&o->candidate[i], metric),
					sign = metrics[metric].rule == RULE_LARGEST ? 1 : -1;

		if (isfinite(v) && (best < 0 || sign * v > sign * measured(&o->candidate[best], metric)))
			best = i;
	}
	return best;
}

/* All rows of the result.  An algorithm without a criterion has none of it. */
static void
put_candidates(ReturnSetInfo *rsinfo, const cs_fit_outcome *o)
{
	int			best[lengthof(metrics)];
	int		   *votes = palloc0(sizeof(int) * o->candidates);

	for (int j = 0; j < (int) lengthof(metrics); j++)
	{
		best[j] = choice(o, j);
		if (best[j] >= 0)
			votes[best[j]]++;
	}
	for (int i = 0; i < o->candidates; i++)
		for (int j = 0; j < (int) lengthof(metrics); j++)
		{
			const cs_candidate *c = &o->candidate[i];
			double		v = measured(c, j);
			Datum		value[8];
			bool		isnull[8] = {false};

			if (metrics[j].at == offsetof(cs_candidate, criterion) && best[j] < 0)
				continue;
			value[0] = Int32GetDatum(c->k);
			value[1] = CStringGetTextDatum(metrics[j].name);
			value[2] = Float8GetDatum(isfinite(v) ? v : 0);
			isnull[2] = !isfinite(v);
			value[3] = BoolGetDatum(i == o->chosen);
			value[4] = BoolGetDatum(c->near_tie);
			value[5] = BoolGetDatum(c->stable);
			value[6] = BoolGetDatum(i == best[j]);
			isnull[6] = best[j] < 0;
			value[7] = Int32GetDatum(votes[i]);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
		}
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
 * _select_k(arguments of _fit) -> setof (k, metric, value, chosen, near_tie, stable, best, votes)
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
	r.compare = r.gap = true;
	cs_progress_start("select_k");
	t.ds = cs_dataset_open(t.env, &r.data);
	cs_dataset_read(t.ds, cs_train_centring(&r));
	cs_training_warn(&t, &r);
	cs_train_request_start(t.env, &r, t.ds);
	cs_training_fit(&t, &r);
	check_range(&r, &t.outcome);
	MemoryContextSwitchTo(old);
	put_candidates(rsinfo, &t.outcome);
	cs_training_say_ties(&t.outcome);
	cs_progress_end();
	MemoryContextDelete(t.cxt);
	return (Datum) 0;
}
