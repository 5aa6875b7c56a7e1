/*
 * minibatch_kmeans.c - k-means from small random batches.
 *
 * D. Sculley, "Web-scale k-means clustering", WWW 2010.  Each batch moves each
 * centre toward the mean of the rows it attracted, by a step that shrinks with
 * all it has attracted so far.  Starts from greedy k-means++ on all rows.  Stops
 * when the smoothed price of a batch has not improved for NO_IMPROVEMENT
 * batches, or after max_iterations batches.
 *
 * Cheaper than k-means, and worse: on skewed customer data the result often
 * costs 5 to 50 % more than k-means run to its end.  One member of the team does
 * the batches, as they depend on each other.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"
#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

#define NO_IMPROVEMENT 10

typedef struct batches
{
	cs_env	   *env;
	const cs_fit_args *a;
	int			batch;
	uint32_t   *pick;
	cs_matrix  *rows;			/* selection of the batch under way */
	cs_scratch *scratch;
	cs_near_block *near;
	cs_centers *centers;
	double	   *center;			/* k x d, moving */
	double	   *seen;			/* k: weight attracted so far */
	cs_rng		rng;
} batches;

/* Pull the centres toward the rows of one run; price of the run. */
static double
learn(batches *s, const cs_run *run)
{
	int			d = run->d;
	double		price = 0;

	cs_centers_block(s->centers, run, s->near);
	for (size_t i = 0; i < run->rows; i++)
	{
		const float *x = run->tiles + i / CS_LANES * CS_LANES * (size_t) d + i % CS_LANES;
		int			j = s->near->raw.label[i];
		double	   *c = s->center + (size_t) j * d,
					w = run->weight ? (double) run->weight[i] : 1.0;

		price += w * s->near->d1[i];
		if (!(w > 0))
			continue;
		s->seen[j] += w;
		for (int f = 0; f < d; f++)
			c[f] += ((double) x[f * CS_LANES] - c[f]) * (w / s->seen[j]);
	}
	return price;
}

static double
one_batch(batches *s)
{
	double		price = 0;

	for (int i = 0; i < s->batch; i++)
		s->pick[i] = (uint32_t) cs_rng_below(&s->rng, s->a->x->n);
	cs_centers_set(s->centers, s->center, s->a->k);
	for (int b = 0; b < s->rows->blocks; b++)
	{
		cs_run		run = cs_matrix_run(s->rows, b, s->scratch);

		price += learn(s, &run);
		cs_poll(s->env);
	}
	return price / s->batch;
}

/* The leader's work: batches until the smoothed price stands still. */
static void
run_batches(batches *s, cs_fit *out)
{
	int			most = cs_option_int(s->a->options, "max_iterations"),
				still = 0;
	double		tolerance = cs_option_real(s->a->options, "tolerance"),
				share = 2.0 * s->batch / ((double) s->a->x->n + 1),
				smooth = 0,
				best = INFINITY;

	if (share > 1)
		share = 1;
	while (out->iterations < most && still < NO_IMPROVEMENT)
	{
		double		price = one_batch(s);

		smooth = out->iterations == 0 ? price : smooth * (1 - share) + price * share;
		still = smooth < best * (1 - tolerance) ? 0 : still + 1;
		if (smooth < best)
			best = smooth;
		out->iterations++;
		cs_progress(s->env, CS_PHASE_FIT, out->iterations, most);
	}
	out->converged = still >= NO_IMPROVEMENT;
}

static size_t
arena(size_t n, int d, int k)
{
	return cs_kmeans_arena(n, d, k) + cs_team_bytes((size_t) k * (size_t) d, sizeof(double)) +
		cs_team_bytes(2, sizeof(int));
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team),
				kd = (size_t) a->k * (size_t) a->x->d;
	batches		s = {.env = env, .a = a, .batch = cs_option_int(a->options, "batch")};
	double	   *shared = cs_team_alloc(env, team, kd, sizeof(double));
	int		   *steps = cs_team_alloc(env, team, 2, sizeof(int));
	int32_t    *label = cs_team_alloc(env, team, cs_round_lanes(a->x->n), sizeof(int32_t));

	if (a->x->n > UINT32_MAX)
		cs_fail(env, CS_E_LIMIT, "too many rows for minibatch_kmeans", NULL, NULL);
	out->k = a->k;
	out->d = a->x->d;
	out->center = CS_NEW(env, double, kd);
	cs_rng_init(&s.rng, a->seed, CS_STREAM_SEEDING);
	cs_seed_plusplus(env, team, a->x, a->k, 0, &s.rng, out->center);
	if (team->rank == 0)
	{
		cs_rng_init(&s.rng, a->seed, CS_STREAM_BATCH);
		s.pick = CS_NEW(env, uint32_t, (size_t) s.batch);
		s.rows = cs_matrix_select(env, a->x, s.pick, (size_t) s.batch);
		s.scratch = cs_scratch_new(env, s.rows);
		s.near = cs_near_block_new(env, a->k, a->x->d);
		s.centers = cs_centers_new(env, out->center, a->k, a->x->d);
		s.center = out->center;
		s.seen = CS_NEW(env, double, (size_t) a->k);
		run_batches(&s, out);
		memcpy(shared, out->center, sizeof(double) * kd);
		steps[0] = out->iterations;
		steps[1] = out->converged;
	}
	cs_team_barrier(team);
	memcpy(out->center, shared, sizeof(double) * kd);
	out->iterations = steps[0];
	out->converged = steps[1] != 0;
	out->objective = cs_label_rows(env, team, a->x, cs_centers_new(env, out->center, a->k, a->x->d), label, NULL);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"batch", CS_P_INT, 1024, 1, 10000000, NULL, "rows in a batch"},
	{"max_iterations", CS_P_INT, 10000, 1, 1000000000, NULL, "most batches"},
	{"tolerance", CS_P_REAL, 0, 0, 1, NULL,
	"share by which the smoothed price of a batch must fall to count as an improvement"},
	CS_MAX_RADIUS_PARAM,
	{0}
};

const cs_clusterer cs_minibatch_kmeans = {
	.name = "minibatch_kmeans",
	.summary = "k-means from random batches: fewer passes, a worse result; for quick looks",
	.flags = CS_NEEDS_K,
	.params = params,
	.fit = fit,
	.arena = arena,
	.label = cs_by_center_label,
	.nearest = cs_by_center_nearest,
	.block = cs_by_center_block
};
