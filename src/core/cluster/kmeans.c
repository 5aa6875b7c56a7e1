/*
 * kmeans.c - k-means: k centres that minimise the squared distances of all rows
 * to their nearest centre.
 *
 * Several starts (greedy k-means++ on all rows, never a sample), Lloyd passes
 * to convergence, the best run wins.  When the caller knows the former model,
 * one more run starts from its segments.  The fresh result is taken all the same
 * when it leaves as many rows in their segments, or costs at least 1 % less;
 * else the warm one: segments stay what they were without becoming bad, and the
 * same rows trained again give the same model.
 * spherical_kmeans is the same on rows and centres of length 1.
 */
#include "core/base/matching.h"
#include "core/cluster/algorithms.h"
#include "core/cluster/balanced.h"
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"
#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

/* A fresh result replaces the warm one when it costs less than this share of it, */
#define WARM_COST 0.99

/* or when the rows that keep their segment are at most this share fewer. */
#define WARM_KEPT 0.005

enum
{
	INIT_PLUSPLUS,
	INIT_RANDOM,
	INIT_GIVEN
};

typedef struct starts
{
	cs_env	   *env;
	cs_team    *team;
	const cs_fit_args *args;
	cs_lloyd_args lloyd;
	int32_t    *label;			/* shared */
	double	   *center;			/* of the run under way */
	cs_fit	   *out;			/* the best so far */
} starts;

size_t
cs_kmeans_arena(size_t n, int d, int k)
{
	return cs_team_bytes(cs_round_lanes(n), sizeof(int32_t)) + cs_lloyd_arena(n, d, k) +
		cs_team_bytes(CS_MAX_UNITS * (size_t) k * ((size_t) d + 1), sizeof(double)) + cs_seed_arena(n, d, k) +
		cs_team_bytes((size_t) k * (size_t) d, sizeof(double)) + cs_team_bytes(1, sizeof(cs_balanced_result));
}

/* Lloyd from s->center; keep the result in out when it is the best so far. */
static void
run_start(starts *s, cs_fit *out)
{
	size_t		kd = (size_t) s->args->k * (size_t) s->args->x->d;
	cs_lloyd_result r = cs_lloyd(s->env, s->team, &s->lloyd, s->center, s->label);

	if (out->center != NULL && r.objective >= out->objective)
		return;
	if (out->center == NULL)
		out->center = CS_NEW(s->env, double, kd);
	memcpy(out->center, s->center, sizeof(double) * kd);
	out->objective = r.objective;
	out->iterations = r.iterations;
	out->converged = r.converged;
}

/*
 * Share of the rows that would keep their segment of before, clusters being
 * matched with former segments as well as possible.
 */
static double
kept(starts *s, const int32_t *former, const cs_fit *fit)
{
	int			k = s->args->k;
	size_t		n = s->args->x->n;
	double	   *overlap = CS_NEW(s->env, double, (size_t) k * (size_t) k),
				sum = 0;
	int		   *match = CS_NEW(s->env, int, (size_t) k);
	cs_centers *c = cs_centers_new(s->env, fit->center, k, s->args->x->d);

	cs_label_rows(s->env, s->team, s->args->x, c, s->label, NULL);
	for (size_t i = 0; i < n; i++)
	{
		int			was = former[cs_matrix_origin(s->args->x, i)];

		if (was >= 0)
			overlap[was * k + s->label[i]]++;
	}
	cs_match(s->env, overlap, k, k, match);
	for (int j = 0; j < k; j++)
		sum += overlap[j * k + match[j]];
	cs_team_barrier(s->team);
	cs_centers_free(s->env, c);
	cs_release(s->env, overlap);
	cs_release(s->env, match);
	return sum / (double) n;
}

/* Take the warm result in place of the fresh one where that is better for the segments. */
static void
prefer_warm(starts *s, const cs_fit *warm)
{
	if (warm->center == NULL || s->out->objective < WARM_COST * warm->objective)
		return;
	if (s->out->objective <= warm->objective * (1 + 1e-3) &&
		kept(s, s->args->warm, s->out) >= kept(s, s->args->warm, warm) - WARM_KEPT)
		return;
	s->out->center = warm->center;
	s->out->objective = warm->objective;
	s->out->iterations = warm->iterations;
	s->out->converged = warm->converged;
	s->out->warm = true;
}

/* Centres where the former model's segments now are; false when one has no rows. */
static bool
warm_centers(starts *s)
{
	const cs_fit_args *a = s->args;
	double	   *count = CS_NEW(s->env, double, (size_t) a->k);
	bool		all = true;

	if (a->warm == NULL || a->warm_k != a->k)
		return false;
	for (size_t i = 0; s->team->rank == 0 && i < a->x->n; i++)
		s->label[i] = a->warm[cs_matrix_origin(a->x, i)];
	cs_team_barrier(s->team);
	cs_label_means(s->env, s->team, a->x, s->label, a->k, s->center, count);
	for (int j = 0; j < a->k; j++)
		all = all && count[j] > 0;
	cs_release(s->env, count);
	return all;
}

/*
 * From the result without bounds to one within them.  The leader does it: the
 * others wait, and take what it found.  Rows then belong where the assignment put
 * them, which need not be the nearest centre.
 */
static void
balance(starts *s, const cs_balance *b)
{
	const cs_fit_args *a = s->args;
	size_t		kd = (size_t) a->k * (size_t) a->x->d;
	cs_balanced_result *r = cs_team_alloc(s->env, s->team, 1, sizeof(*r));
	double	   *center = cs_team_alloc(s->env, s->team, kd, sizeof(double));

	if (a->memory > 0 && cs_balance_bytes(a->x->n, a->k) > a->memory)
		cs_fail(s->env, CS_E_LIMIT, "rows do not fit into memory for bounded sizes of segments",
				cs_text(s->env, "min_share and max_share take %zu MB for %zu rows and %d segments.",
						(cs_balance_bytes(a->x->n, a->k) >> 20) + 1, a->x->n, a->k),
				"Increase maintenance_work_mem, or the option memory.");
	if (s->team->rank == 0)
	{
		memcpy(center, s->out->center, sizeof(double) * kd);
		*r = cs_balanced_lloyd(s->env, a->x, b, s->lloyd.max_iterations, s->lloyd.unit_length, center, s->label);
	}
	cs_team_barrier(s->team);
	memcpy(s->out->center, center, sizeof(double) * kd);
	s->out->label = CS_ROOM(s->env, int32_t, a->x->n + 1);
	memcpy(s->out->label, s->label, sizeof(int32_t) * a->x->n);
	s->out->objective = r->objective;
	s->out->iterations += r->iterations;
	s->out->converged = r->converged;
	cs_team_barrier(s->team);
}

void
cs_kmeans_fit_with(cs_env *env, cs_team *team, const cs_fit_args *a, bool unit_length, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	double		min_share = cs_option_real(a->options, "min_share"),
				max_share = cs_option_real(a->options, "max_share");
	cs_balance	balance_of = cs_balance_of(env, a->x->n, a->k, min_share, max_share);
	int			init = cs_option_int(a->options, "init"),
				restarts = init == INIT_GIVEN ? 1 : cs_option_int(a->options, "restarts");
	cs_fit		warm = {0};
	starts		s = {env, team, a, {a->x, a->k, cs_option_int(a->options, "max_iterations"),
		cs_option_real(a->options, "tolerance"), unit_length}, NULL, NULL, out};

	s.label = cs_team_alloc(env, team, cs_round_lanes(a->x->n), sizeof(int32_t));
	s.center = CS_NEW(env, double, (size_t) a->k * (size_t) a->x->d);
	out->k = a->k;
	out->d = a->x->d;
	if (warm_centers(&s))
		run_start(&s, &warm);
	for (int i = 0; i < restarts; i++)
	{
		cs_rng		rng;

		cs_rng_init(&rng, a->seed + (uint64_t) i, CS_STREAM_SEEDING);
		if (init == INIT_GIVEN)
			memcpy(s.center, a->start, sizeof(double) * (size_t) a->k * (size_t) a->x->d);
		else if (init == INIT_RANDOM)
			cs_seed_random(env, team, a->x, a->k, &rng, s.center);
		else
			cs_seed_plusplus(env, team, a->x, a->k, cs_option_int(a->options, "candidates"), &rng, s.center);
		run_start(&s, out);
	}
	prefer_warm(&s, &warm);
	if (min_share > 0 || max_share < 1)
		balance(&s, &balance_of);
	cs_release(env, s.center);
	cs_team_rewind(team, mark);
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *args, cs_fit *out)
{
	cs_kmeans_fit_with(env, team, args, false, out);
}

const cs_param cs_kmeans_params[] = {
	{"restarts", CS_P_INT, 1, 1, 1000, NULL, "independent starts; the best result is kept"},
	{"max_iterations", CS_P_INT, 300, 1, 1000000, NULL, "most passes over the rows in one run"},
	{"tolerance", CS_P_REAL, 1e-4, 0, 1, NULL,
		"stop when the squared movement of all centres is below this share of the mean variance; 0: until no row moves"},
	{"init", CS_P_ENUM, INIT_PLUSPLUS, 0, 0, "k-means++|random|given", "how the starting centres are found"},
	{"candidates", CS_P_INT, CS_SEED_COLUMNS - 1, 1, CS_SEED_COLUMNS - 1, NULL,
	"rows tried per step of k-means++; all fit into one pass"},
	{"start", CS_P_MATRIX, 0, 0, 0, NULL,
		"with init given: an array of k arrays, one value per feature, in the units of the features"},
	{"min_share", CS_P_REAL, 0, 0, 1, NULL, "least share of the training rows that a segment holds"},
	{"max_share", CS_P_REAL, 1, 0, 1, NULL, "largest share of the training rows that a segment holds"},
	CS_MAX_RADIUS_PARAM,
	{0}
};

const cs_clusterer cs_kmeans = {
	.name = "kmeans",
	.summary = "k centres with the least squared distances; the default",
	.flags = CS_NEEDS_K,
	.params = cs_kmeans_params,
	.fit = fit,
	.arena = cs_kmeans_arena,
	.label = cs_by_center_label,
	.nearest = cs_by_center_nearest,
	.block = cs_by_center_block
};
