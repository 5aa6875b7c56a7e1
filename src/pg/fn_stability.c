/*
 * fn_stability.c - do the segments of a version come out again on other samples
 * of the rows?  (core/eval/stability.h has the method.)
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/eval/stability.h"
#include "pg/args.h"
#include "pg/fit_job.h"
#include "pg/params.h"
#include "pg/groups.h"
#include "pg/pg_env.h"
#include "pg/points.h"
#include "pg/progress.h"
#include "pg/settings.h"

/* A segment counts as recovered or dissolved in a round by these (Hennig 2007). */
#define RECOVERED 0.75
#define DISSOLVED 0.5

typedef struct resampling
{
	cs_env	   *env;
	const cs_model *m;
	const cs_matrix *x;
	const cs_options *options;
	const cs_axis *axis;
	uint64		seed;
	int32	   *label;			/* by the model */
	int32	   *in_sample;		/* of which -1 outside the sample */
	int32	   *again;			/* by the model of a sample */
	uint32	   *pick;
	double	   *best;			/* coefficients of one round */
	char	   *arena;
	size_t		arena_size;

	/* per cluster, over the rounds */
	double	   *sum;
	int		   *rounds;
	int		   *recovered;
	int		   *dissolved;
} resampling;

static cs_team
alone(const resampling *r)
{
	cs_team		t = {0, 1, NULL, r->arena, r->arena_size, 0};

	/* the arena is zero at start, and after what is taken is given back */
	return t;
}

static void
start(resampling *r)
{
	const cs_clusterer *a = r->m->scorer->algorithm;
	size_t		n = r->x->n;
	cs_team		team;

	r->arena_size = cs_clusterer_arena(r->env, a, r->options, n, r->x->d, Max(r->m->k, 2)) + 65536;
	r->arena = CS_NEW(r->env, char, r->arena_size);
	r->label = CS_ROOM(r->env, int32, cs_round_lanes(n));
	r->in_sample = CS_ROOM(r->env, int32, cs_round_lanes(n));
	r->again = CS_ROOM(r->env, int32, cs_round_lanes(n));
	r->pick = CS_ROOM(r->env, uint32, n);
	r->best = CS_NEW(r->env, double, r->m->k);
	r->sum = CS_NEW(r->env, double, r->m->k);
	r->rounds = CS_NEW(r->env, int, r->m->k);
	r->recovered = CS_NEW(r->env, int, r->m->k);
	r->dissolved = CS_NEW(r->env, int, r->m->k);
	team = alone(r);
	cs_label_by(r->env, &team, r->m->scorer, r->x, r->label);
}

/* A model of the sample that is drawn; false when it has too few distinct rows. */
static bool
fit_sample(cs_env *env, const resampling *r, uint64 seed, cs_fit *fit)
{
	const cs_clusterer *a = r->m->scorer->algorithm;
	cs_matrix  *sample = cs_matrix_select(env, r->x, r->pick, r->x->n);
	cs_fit_args args = {.x = sample, .k = a->flags & CS_NEEDS_K ? r->m->k : 1, .seed = seed, .options = r->options,
		.memory = (size_t) maintenance_work_mem << 10, .axis = r->axis};
	cs_team		team = alone(r);

	if (a->flags & CS_NEEDS_K && cs_distinct_rows(env, sample, args.k) < args.k)
		return false;

	/* centres that were given start the fits of samples as well */
	if (r->m->scorer->centers)
		args.start = r->m->scorer->centers->c;
	memset(fit, 0, sizeof(*fit));
	fit->algorithm = a;
	a->fit(env, &team, &args, fit);
	return true;
}

/* Clusters of the rows by the model of the sample, by its fit where that tells; how many there are. */
static int
label_again(cs_env *env, const resampling *r, const cs_fit *fit)
{
	cs_team		team = alone(r);

	if (cs_fit_labels(fit))
		for (size_t i = 0; i < r->x->n; i++)
			r->again[r->pick[i]] = fit->label[i];
	else
		cs_label_by(env, &team, cs_scorer_of_fit(env, fit), r->x, r->again);
	return fit->k;
}

/* Rows count once however often they were drawn, and not when they were not. */
static void
one_round(cs_env *env, resampling *r, int round)
{
	cs_rng		rng;
	cs_fit		fit;
	int			k;

	cs_rng_init(&rng, r->seed + (uint64) round, CS_STREAM_BOOTSTRAP);
	cs_bootstrap_pick(env, &rng, r->x->n, r->pick);
	if (!fit_sample(env, r, r->seed + (uint64) round, &fit))
		return;
	k = label_again(env, r, &fit);
	for (size_t i = 0; i < r->x->n; i++)
		r->in_sample[i] = -1;
	for (size_t i = 0; i < r->x->n; i++)
		r->in_sample[r->pick[i]] = r->label[r->pick[i]];
	cs_jaccard_best(env, r->in_sample, r->m->k, r->again, k, r->x->n, r->best);
	for (int j = 0; j < r->m->k; j++)
		if (!isnan(r->best[j]))
		{
			r->sum[j] += r->best[j];
			r->rounds[j]++;
			r->recovered[j] += r->best[j] > RECOVERED;
			r->dissolved[j] += r->best[j] <= DISSOLVED;
		}
}

static void
put(ReturnSetInfo *rsinfo, const resampling *r, int j)
{
	double		mean = r->rounds[j] > 0 ? r->sum[j] / r->rounds[j] : NAN;
	Datum		v[6];
	bool		isnull[6] = {false};

	v[0] = Int32GetDatum(r->m->segment_id[j]);
	v[1] = Float8GetDatum(isnan(mean) ? 0 : mean);
	isnull[1] = isnan(mean);
	v[2] = CStringGetTextDatum(cs_stability_verdict(mean));
	v[3] = Int32GetDatum(r->rounds[j]);
	v[4] = Int32GetDatum(r->recovered[j]);
	v[5] = Int32GetDatum(r->dissolved[j]);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_stability);

/*
 * _stability(name, value, source, path, owner, key, weight, options, rounds, sample, seed)
 *     -> setof (segment_id, jaccard, verdict, rounds, recovered, dissolved)
 */
Datum
clusterseg_stability(PG_FUNCTION_ARGS)
{
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	struct varlena *v = cs_arg_model(fcinfo, 1);
	cs_points_args args = {0};
	resampling	r = {.env = env, .seed = (uint64) PG_GETARG_INT64(10)};
	int			rounds = PG_GETARG_INT32(8);

	InitMaterializedSRF(fcinfo, 0);
	r.m = args.m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	cs_model_refuse_groups(r.m);
	r.axis = cs_axes(env, r.m->prep);
	r.options = cs_parse_options(env, r.m->scorer->algorithm->params, cs_common_params,
								 PG_ARGISNULL(7) ? NULL : PG_GETARG_JSONB_P(7), "option");
	args.source = cs_source_open(CS_ARG_TEXT(2), CS_ARG_TEXT(3), cs_role_for(CS_ARG_TEXT(4)));
	args.key = CS_ARG_TEXT(5);
	args.weight = CS_ARG_TEXT(6);
	args.most = (size_t) PG_GETARG_INT32(9);
	args.budget = (size_t) maintenance_work_mem << 10;
	cs_progress_start(CS_ARG_TEXT(0));
	r.x = cs_points_read(env, &args, NULL, NULL)->x;
	start(&r);
	for (int round = 0; round < rounds; round++)
	{
		MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg round", ALLOCSET_DEFAULT_SIZES);

		cs_progress(env, CS_PHASE_EVALUATE, round, rounds);
		one_round(cs_pg_env(cxt), &r, round);
		MemoryContextDelete(cxt);
	}
	for (int j = 0; j < r.m->k; j++)
		put((ReturnSetInfo *) fcinfo->resultinfo, &r, j);
	cs_progress_end();
	return (Datum) 0;
}
