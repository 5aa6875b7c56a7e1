/*
 * fn_reco_evaluate.c - evaluate_recommender(), and the steps of
 * compare_recommenders(), which trains one recommender after the other and undoes
 * each; what was measured of them belongs to the transaction.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/reco_groups.h"
#include "pg/reco_test.h"

/* Lists are as long as anybody looks. */
#define K_MOST 10000

/* Metrics of all lists together, of a method. */
#define WHOLE (CS_METRICS - CS_METRICS_OF_CUSTOMERS)

typedef struct comparing
{
	MemoryContext cxt;
	cs_env	   *env;
	cs_comparison *c;
	cs_interval (*whole)[WHOLE];	/* per method */
	int			room;
	cs_named_group *segment;	/* met with the first method */
	int			segments;
} comparing;

static comparing *current = NULL;

static void
forget(void *arg)
{
	if (current == arg)
		current = NULL;
}

static cs_env *
work_env(void)
{
	return cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg recommender evaluation", ALLOCSET_DEFAULT_SIZES));
}

static void
check_k(int k)
{
	if (k < 1 || k > K_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid length of lists k: %d", k), errdetail("It is 1 to %d.", K_MOST)));
}

/* ---- one method on its test ---- */

typedef struct judging
{
	cs_evaluation *v;
	cs_comparison *c;			/* or NULL */
	int			k;
	int64		customers;
} judging;

static void
judge(void *arg, const int32 *list, int n, const cs_test_customer *t)
{
	judging    *j = arg;

	j->customers++;
	cs_evaluation_add(j->v, list, n, t->test, t->tests);
	if (j->c)
		cs_comparison_add(j->c, j->v, list, n, j->k, t);
}

/* The metrics of all customers in m, those of groups in c. */
static void
measure(cs_env *env, cs_reco_test *t, int k, uint64 seed, cs_comparison *c, cs_interval *m)
{
	judging		j = {cs_evaluation_new(env, t->b->now.r->items, k, t->b->events), c, k, 0};

	if (c)
		cs_comparison_method(c, t->b->now.r->items, t->customers);
	cs_reco_test_run(t, k, judge, &j);
	if (t->n == 0)
		ereport(NOTICE, (errmsg("the test has no events"), errhint("There is nothing to judge: look at the query that makes the test.")));
	if (t->n > 0 && t->exclude_seen && j.customers == 0)
		ereport(NOTICE,
				(errmsg("customers of the test have all its items in their histories already"),
				 errdetail("What has been seen is not recommended, so there is nothing to judge."),
				 errhint("Train on a source without the events of the test, or use exclude_seen => false.")));
	cs_evaluation_finish(j.v, seed, m);
}

static const char *
metric_name(int metric)
{
	return metric == CS_COMPARED_CALIBRATION ? "calibration" : cs_metric_names[metric];
}

/* The number of a metric of hits by its name. */
static int
metric_of_hits(const char *name)
{
	for (int i = 0; i < CS_METRICS_OF_HITS; i++)
		if (strcmp(name, cs_metric_names[i]) == 0)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("recommenders are not ranked by metric \"%s\"", name),
			 errdetail("It is precision, recall, f1, ndcg, map, map_full, mrr or hit_rate.")));
	return -1;
}

static void
set_interval(Datum *v, bool *isnull, const cs_interval *i)
{
	v[0] = Float8GetDatum(i->value);
	v[1] = Float8GetDatum(i->low);
	v[2] = Float8GetDatum(i->high);
	isnull[0] = isnan(i->value);
	isnull[1] = isnan(i->low);
	isnull[2] = isnan(i->high);
}

/* ---- evaluate_recommender() ---- */

static void
emit_metric(ReturnSetInfo *rsinfo, const char *metric, const cs_interval *i, const char *group)
{
	Datum		v[6] = {CStringGetTextDatum(metric)};
	bool		isnull[6] = {false};

	set_interval(v + 1, isnull + 1, i);
	v[4] = Int32GetDatum((int32) i->n);
	v[5] = CStringGetTextDatum(group);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

static void
emit_groups(ReturnSetInfo *rsinfo, const cs_comparison *c, const cs_groups *g, uint64 seed)
{
	cs_compared out[CS_COMPARED_METRICS];

	for (int i = 1; i < g->n; i++)
		if (cs_comparison_group(c, &g->group[i].group, 0, CS_METRIC_NDCG, seed, out) >= 0)
			for (int metric = 0; metric < CS_COMPARED_METRICS; metric++)
				emit_metric(rsinfo, metric_name(metric), &out[metric].as[CS_OWN], g->group[i].name);
}

PG_FUNCTION_INFO_V1(clusterseg_evaluate_recommender);

/* evaluate_recommender(model, test, k, exclude_seen, seed, by) */
Datum
clusterseg_evaluate_recommender(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_env	   *env = work_env();
	int			k = PG_ARGISNULL(2) ? 10 : PG_GETARG_INT32(2),
				n;
	char	  **by = cs_arg_names(fcinfo, 5, &n);
	cs_comparison *c = n > 0 ? cs_comparison_new(env) : NULL;
	cs_interval m[CS_METRICS];
	cs_reco_test *t;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "test");
	cs_arg_required(fcinfo, 4, "seed");
	check_k(k);
	cs_groups_check(by, n);
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start(CS_ARG_TEXT(0));
	t = cs_reco_test_open(env, CS_ARG_TEXT(0), CS_ARG_TEXT(1), PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	measure(env, t, k, (uint64) PG_GETARG_INT64(4), c, m);
	for (int i = 0; i < CS_METRICS; i++)
		emit_metric(rsinfo, cs_metric_names[i], &m[i], "all");
	if (c)
	{
		cs_groups	g = cs_groups_new(env, by, n, cs_groups_segments(env, t), t->segments);

		emit_groups(rsinfo, c, &g, (uint64) PG_GETARG_INT64(4));
	}
	cs_progress_end();
	if (t->skipped > 0)
		ereport(NOTICE, (errmsg("%zu rows of the test have no customer or no item and were left out", t->skipped)));
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}

/* ---- compare_recommenders() ---- */

static void
end(void)
{
	if (current)
		MemoryContextDelete(current->cxt);
	current = NULL;
}

static void
begin(void)
{
	MemoryContext cxt;
	MemoryContextCallback *callback;

	end();
	cxt = AllocSetContextCreate(TopTransactionContext, "clusterseg recommender comparison", ALLOCSET_DEFAULT_SIZES);
	current = MemoryContextAllocZero(cxt, sizeof(comparing));
	current->cxt = cxt;
	current->env = cs_pg_env(cxt);
	current->c = cs_comparison_new(current->env);
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	callback->func = forget;
	callback->arg = current;
	MemoryContextRegisterResetCallback(cxt, callback);
}

PG_FUNCTION_INFO_V1(clusterseg_compare_begin);

/* _compare_begin(k, by): checks them, and opens a comparison */
Datum
clusterseg_compare_begin(PG_FUNCTION_ARGS)
{
	int			n;
	char	  **by = cs_arg_names(fcinfo, 1, &n);

	cs_arg_required(fcinfo, 0, "k");
	check_k(PG_GETARG_INT32(0));
	cs_groups_check(by, n);
	begin();
	PG_RETURN_VOID();
}

static void
require_current(void)
{
	if (current == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no comparison is under way in this transaction"),
				 errhint("This function is part of clusterseg.compare_recommenders().")));
}

PG_FUNCTION_INFO_V1(clusterseg_compare_add);

/* _compare_add(model, test, k, exclude_seen, seed) -> customers: measures a model as the next method */
Datum
clusterseg_compare_add(PG_FUNCTION_ARGS)
{
	cs_env	   *env = work_env();
	cs_reco_test *t;
	cs_interval m[CS_METRICS];
	int			methods;

	require_current();
	cs_progress_start(CS_ARG_TEXT(0));
	t = cs_reco_test_open(env, CS_ARG_TEXT(0), CS_ARG_TEXT(1), PG_GETARG_BOOL(3));
	measure(env, t, PG_GETARG_INT32(2), (uint64) PG_GETARG_INT64(4), current->c, m);
	methods = cs_comparison_methods(current->c);
	if (methods > current->room)
	{
		cs_interval (*more)[WHOLE] = cs_alloc_array(current->env, 2 * (size_t) methods, sizeof(*more), false);

		if (methods > 1)
			memcpy(more, current->whole, sizeof(*more) * (methods - 1));
		current->whole = more;
		current->room = 2 * methods;
	}
	memcpy(current->whole[methods - 1], m + CS_METRICS_OF_CUSTOMERS, sizeof(*current->whole));
	if (methods == 1)
	{
		current->segment = cs_groups_segments(current->env, t);
		current->segments = t->segments;
	}
	cs_progress_end();
	/* the training is undone next; of many that are tried, all would stay until the transaction ends */
	cs_reco_drop(t->b->now.r);
	MemoryContextDelete(cs_pg_env_context(env));
	PG_RETURN_INT32((int32) cs_comparison_customers(current->c));
}

static void
emit_compared(ReturnSetInfo *rsinfo, int method, const char *metric, const char *group, int best, const cs_compared *c)
{
	Datum		v[14] = {Int32GetDatum(method + 1), CStringGetTextDatum(metric)};
	bool		isnull[14] = {false};

	set_interval(v + 2, isnull + 2, &c->as[CS_OWN]);
	v[5] = CStringGetTextDatum(group);
	v[6] = Int32GetDatum((int32) c->as[CS_OWN].n);
	set_interval(v + 7, isnull + 7, &c->as[CS_TO_BASELINE]);
	v[10] = Int32GetDatum(best + 1);
	set_interval(v + 11, isnull + 11, &c->as[CS_TO_BEST]);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/* The metrics of all lists of a method, beside those of other methods. */
static void
emit_whole(ReturnSetInfo *rsinfo, int method, int baseline, int best)
{
	for (int i = 0; i < WHOLE; i++)
	{
		cs_interval own = current->whole[method][i];
		cs_compared c = {{own, {own.value - current->whole[baseline][i].value, NAN, NAN, own.n},
		{own.value - current->whole[best][i].value, NAN, NAN, own.n}}};

		emit_compared(rsinfo, method, cs_metric_names[CS_METRICS_OF_CUSTOMERS + i], "all", best, &c);
	}
}

PG_FUNCTION_INFO_V1(clusterseg_compare_end);

/*
 * _compare_end(by, baseline, seed, best_by) -> setof (method, metric, value, low, high, customers_group, customers,
 *     difference, difference_low, difference_high, best, to_best, to_best_low, to_best_high)
 *
 * Methods are numbered from 1, as they were added.  Closes the comparison.
 */
Datum
clusterseg_compare_end(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			n;
	char	  **by = cs_arg_names(fcinfo, 0, &n);
	int			baseline = PG_GETARG_INT32(1) - 1,
				methods;
	cs_compared *out;
	cs_groups	g;

	require_current();
	InitMaterializedSRF(fcinfo, 0);
	methods = cs_comparison_methods(current->c);
	out = CS_ROOM(current->env, cs_compared, (size_t) methods * CS_COMPARED_METRICS);
	g = cs_groups_new(current->env, by, n, current->segment, current->segments);
	for (int i = 0; i < g.n && methods > 0; i++)
	{
		int			best = cs_comparison_group(current->c, &g.group[i].group, baseline, metric_of_hits(CS_ARG_TEXT(3)), (uint64) PG_GETARG_INT64(2), out);

		for (int m = 0; m < methods && best >= 0; m++)
		{
			for (int metric = 0; metric < CS_COMPARED_METRICS; metric++)
				emit_compared(rsinfo, m, metric_name(metric), g.group[i].name, best, &out[m * CS_COMPARED_METRICS + metric]);
			if (i == 0)
				emit_whole(rsinfo, m, baseline, best);
		}
	}
	end();
	return (Datum) 0;
}
