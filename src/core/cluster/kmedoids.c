/*
 * kmedoids.c - k of the rows, the medoids, with the least sum of distances of all rows
 * to the nearest of them, in a metric of choice (metric.h, pam.h).
 *
 * Up to exact_rows rows, every row is a candidate and every row counts: PAM's own
 * objective, in O(n k) memory.  Above, candidates are rows spread evenly, and a batch of
 * them stands for all: each weighs what the rows that are nearest to it weigh together.
 *
 * Each restart is the work of one member of the team.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/medoids.h"
#include "core/cluster/pam.h"
#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

#define MOST_RESTARTS 100

/* Candidates where not every row is one, at most. */
#define CANDIDATES ((size_t) 20000)

enum
{
	INIT_PLUSPLUS,
	INIT_RANDOM,
	INIT_BUILD,
	INIT_GIVEN
};

typedef struct job
{
	cs_env	   *env;
	cs_team	   *team;
	const cs_fit_args *a;
	cs_space   *space;
	cs_tiles   *candidate;
	cs_tiles   *row; /* what candidates are to serve; may be the same */
	cs_pam_args	pam;
} job;

/* What a restart came to. */
typedef struct result
{
	double		cost;
	int			passes;
	bool		converged;
} result;

/* Rows that stand for all, where not all are counted: 100 ln(n k) as in OneBatchPAM. */
static size_t
batch_rows(size_t n, int k)
{
	size_t		m = (size_t) (100 * log((double) n * k + 2)), most = n < CANDIDATES ? n : CANDIDATES;

	m = m < 4 * (size_t) k ? 4 * (size_t) k : m;
	return m < most ? m : most;
}

static size_t
arena(size_t n, int d, int k)
{
	(void) d;
	return cs_team_bytes(MOST_RESTARTS * (size_t) k, sizeof(uint32_t)) + cs_team_bytes(MOST_RESTARTS, sizeof(result)) +
		   2 * cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(CS_MAX_UNITS * batch_rows(n, k), sizeof(double)) +
		   cs_team_bytes(CS_MAX_UNITS, sizeof(double));
}

/* Does every row count? */
static bool
is_exact(const cs_fit_args *a)
{
	return (double) a->x->n <= cs_option_real(a->options, "exact_rows") &&
		   (a->memory == 0 || cs_pam_bytes((double) a->x->n, a->x->d + 1, a->k) <= (double) a->memory);
}

/* Candidates where not every row counts. */
static size_t
candidates(const cs_fit_args *a)
{
	size_t		limit = (size_t) cs_option_real(a->options, "exact_rows"), n = a->x->n;

	limit = limit < CANDIDATES ? limit : CANDIDATES;
	limit = limit > (size_t) a->k ? limit : (size_t) a->k;
	return limit < n ? limit : n;
}

/* ---- rows ---- */

/* Rows of x spread evenly, in the space. */
static cs_tiles *
spread(const job *j, size_t m)
{
	const cs_matrix *x = j->a->x;
	cs_tiles   *t = cs_tiles_new(j->env, m, j->space->d);
	float	   *row = CS_NEW(j->env, float, (size_t) x->d), *point = CS_NEW(j->env, float, (size_t) j->space->d);

	for (size_t i = 0; i < m; i++)
	{
		size_t		from = (size_t) ((double) i * (double) x->n / (double) m);

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(j->env);
		cs_matrix_row(x, from, row);
		cs_space_row(j->space, row, point);
		cs_tiles_set(t, i, point);
		t->weight[i] = cs_matrix_weight(x, from);
	}
	cs_release(j->env, row);
	cs_release(j->env, point);
	return t;
}

/* The k rows of t with these numbers, one after the other. */
static float *
gather(cs_env *env, const cs_tiles *t, const uint32_t *number, size_t k)
{
	float	   *row = CS_NEW(env, float, k *(size_t) t->d);

	for (size_t i = 0; i < k; i++)
		cs_tiles_row(t, number ? number[i] : i, row + i * (size_t) t->d);
	return row;
}

/* ---- all rows against some ---- */

typedef struct near
{
	cs_near2	raw; /* of one tile */
	float	   *tile;
	float	   *row;
	float	   *point;
} near;

static near *
near_new(cs_env *env, const cs_space *s)
{
	near	   *n = CS_NEW(env, near, 1);

	n->raw.best = CS_NEW(env, float, CS_LANES);
	n->raw.second = CS_NEW(env, float, CS_LANES);
	n->raw.label = CS_NEW(env, int32_t, CS_LANES);
	n->raw.label2 = CS_NEW(env, int32_t, CS_LANES);
	n->tile = CS_NEW(env, float, CS_LANES *(size_t) s->d);
	n->row = CS_NEW(env, float, (size_t) s->from);
	n->point = CS_NEW(env, float, (size_t) s->d);
	return n;
}

static void
near_free(cs_env *env, near *n)
{
	cs_release(env, n->raw.best);
	cs_release(env, n->raw.second);
	cs_release(env, n->raw.label);
	cs_release(env, n->raw.label2);
	cs_release(env, n->tile);
	cs_release(env, n->row);
	cs_release(env, n->point);
	cs_release(env, n);
}

/* The sum that a kernel has found, as a distance. */
static double
distance_of_sum(const cs_space *s, float sum)
{
	return s->form == CS_FORM_ABSOLUTE ? (double) sum : s->form == CS_FORM_ROOT ? sqrt((double) sum) : (double) sum / 2;
}

/*
 * All rows to the nearest of k rows of the space: by unit, the weighted sum of the
 * distances, and the weight that goes to each of the k (or NULL).
 */
static void
serve_all(const job *j, const float *to, int k, double *cost, double *weight)
{
	const cs_matrix *x = j->a->x;
	cs_scratch *scratch = cs_scratch_new(j->env, x);
	near	   *n = near_new(j->env, j->space);
	cs_turn		turn;
	int			unit;

	cs_turn_init(j->env, j->team, &turn, cs_units(x));
	while ((unit = cs_turn_take(j->team, &turn)) >= 0)
		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			cs_run		run = cs_matrix_run(x, b, scratch);

			for (size_t at = 0; at < run.rows; at += CS_LANES)
			{
				const float *tile = cs_space_tile(j->space, run.tiles + at * (size_t) run.d, n->tile, n->row, n->point);

				j->env->kernel->metric_nearest(tile, to, k, j->space->d, j->space->form == CS_FORM_ABSOLUTE, &n->raw);
				for (size_t l = 0; l < CS_LANES && at + l < run.rows; l++)
				{
					double		w = run.weight ? (double) run.weight[at + l] : 1;

					cost[unit] += w * distance_of_sum(j->space, n->raw.best[l]);
					if (weight)
						weight[(size_t) unit * (size_t) k + (size_t) n->raw.label[l]] += w;
				}
				cs_poll(j->env);
			}
		}
	cs_turn_end(j->team, &turn);
	near_free(j->env, n);
	cs_scratch_free(j->env, scratch);
}

/* A batch of rows, each with the weight of the rows that it stands for. */
static cs_tiles *
batch(const job *j)
{
	size_t		mark = cs_team_mark(j->team), m = batch_rows(j->a->x->n, j->a->k);
	cs_tiles   *t = spread(j, m < j->candidate->n ? m : j->candidate->n);
	float	   *to = gather(j->env, t, NULL, t->n);
	double	   *cost = cs_team_alloc(j->env, j->team, CS_MAX_UNITS, sizeof(double)),
		   *weight = cs_team_alloc(j->env, j->team, CS_MAX_UNITS * t->n, sizeof(double));

	serve_all(j, to, (int) t->n, cost, weight);
	for (size_t i = 0; i < t->n; i++)
	{
		double		sum = 0;

		for (int u = 0; u < cs_units(j->a->x); u++)
			sum += weight[(size_t) u * t->n + i];
		t->weight[i] = (float) sum;
	}
	cs_team_barrier(j->team);
	cs_team_rewind(j->team, mark);
	cs_release(j->env, to);
	return t;
}

/* ---- the fit ---- */

/* Given centres in the space. */
static float *
given_rows(const job *j)
{
	const cs_fit_args *a = j->a;
	float	   *given = CS_NEW(j->env, float, (size_t) a->k *(size_t) j->space->d),
		  *row = CS_NEW(j->env, float, (size_t) a->x->d);

	for (int i = 0; i < a->k; i++)
	{
		for (int f = 0; f < a->x->d; f++)
			row[f] = (float) a->start[(size_t) i * (size_t) a->x->d + (size_t) f];
		cs_space_row(j->space, row, given + (size_t) i * (size_t) j->space->d);
	}
	cs_release(j->env, row);
	return given;
}

/* Centres given concern one k: others start as by default. */
static int
init_of(const cs_fit_args *a)
{
	int			init = cs_option_int(a->options, "init");

	return init == INIT_GIVEN && a->start == NULL ? INIT_PLUSPLUS : init;
}

static void
restart(const job *j, int number, uint32_t *medoid, result *out)
{
	int			init = init_of(j->a);
	cs_pam_result r;
	cs_rng		rng;

	cs_rng_init(&rng, j->a->seed + (uint64_t) number, CS_STREAM_SEEDING);
	if (init == INIT_GIVEN)
		cs_pam_nearest(j->env, &j->pam, given_rows(j), medoid);
	else if (init == INIT_BUILD)
		cs_pam_build(j->env, &j->pam, medoid);
	else if (init == INIT_RANDOM)
		cs_pam_random(&j->pam, &rng, medoid);
	else
		cs_pam_plusplus(j->env, &j->pam, &rng, medoid);
	r = cs_pam(j->env, &j->pam, medoid);
	*out = (result){r.cost, r.passes, r.converged};
}

/* The number of restarts; one where nothing is left to chance. */
static int
restarts(const cs_fit_args *a)
{
	int			init = init_of(a);

	return init == INIT_GIVEN || init == INIT_BUILD ? 1 : cs_option_int(a->options, "restarts");
}

/* Medoids of the best restart, in private memory; the first of equals. */
static uint32_t *
best_of(const job *j, cs_fit *out)
{
	size_t		mark = cs_team_mark(j->team), k = (size_t) j->a->k;
	int			runs = restarts(j->a), best = 0, unit;
	uint32_t   *shared = cs_team_alloc(j->env, j->team, (size_t) runs * k, sizeof(uint32_t)),
			 *medoid = CS_NEW(j->env, uint32_t, k);
	result	   *r = cs_team_alloc(j->env, j->team, (size_t) runs, sizeof(result));
	cs_turn		turn;

	cs_turn_init(j->env, j->team, &turn, runs);
	while ((unit = cs_turn_take(j->team, &turn)) >= 0)
		restart(j, unit, shared + (size_t) unit * k, &r[unit]);
	cs_turn_end(j->team, &turn);
	for (int i = 1; i < runs; i++)
		if (r[i].cost < r[best].cost)
			best = i;
	memcpy(medoid, shared + (size_t) best * k, sizeof(uint32_t) * k);
	out->iterations = r[best].passes;
	out->converged = r[best].converged;
	cs_team_barrier(j->team);
	cs_team_rewind(j->team, mark);
	return medoid;
}

/* Two medoids at distance 0: some rows more were no use. */
static void
check_different(const job *j, const float *medoid)
{
	int			k = j->a->k, different = 0;
	size_t		d = (size_t) j->space->d;

	for (int i = 0; i < k; i++)
	{
		int			z = 0;

		while (z < i && cs_space_distance(j->space, medoid + (size_t) i * d, medoid + (size_t) z * d) > 0)
			z++;
		different += z == i;
	}
	if (different < k)
		cs_seed_too_few(j->env, k, different);
}

static void
take_medoids(const job *j, const uint32_t *medoid, cs_fit *out)
{
	const cs_matrix *x = j->a->x;
	size_t		mark = cs_team_mark(j->team), d = (size_t) x->d;
	float	   *rows = gather(j->env, j->candidate, medoid, (size_t) j->a->k), *row = CS_NEW(j->env, float, d);
	double	   *cost = cs_team_alloc(j->env, j->team, CS_MAX_UNITS, sizeof(double));

	check_different(j, rows);
	out->k = j->a->k;
	out->d = x->d;
	out->center = CS_NEW(j->env, double, (size_t) out->k *d);
	for (int i = 0; i < out->k; i++)
	{
		cs_matrix_row(x, (size_t) ((double) medoid[i] * (double) x->n / (double) j->candidate->n), row);
		for (size_t f = 0; f < d; f++)
			out->center[(size_t) i * d + f] = (double) row[f];
	}
	out->extra = j->space;
	out->objective = 0;
	serve_all(j, rows, out->k, cost, NULL);
	for (int u = 0; u < cs_units(x); u++)
		out->objective += cost[u];
	cs_team_barrier(j->team);
	cs_team_rewind(j->team, mark);
	cs_release(j->env, rows);
	cs_release(j->env, row);
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	job			j = {.env = env, .team = team, .a = a};
	bool		exact = is_exact(a);
	size_t		distinct = (size_t) cs_distinct_rows(env, a->x, a->k);

	if (distinct < (size_t) a->k)
		cs_seed_too_few(env, a->k, (int) distinct);
	j.space = cs_space_new(env, (cs_metric) cs_option_int(a->options, "metric"), a->x, a->axis);
	j.candidate = spread(&j, exact ? a->x->n : candidates(a));
	j.row = exact ? j.candidate : batch(&j);
	j.pam = (cs_pam_args){j.row, j.candidate, a->k, j.space->form, cs_option_int(a->options, "max_iterations")};
	take_medoids(&j, best_of(&j, out), out);
	if (!exact)
		out->note = cs_text(env, "medoids are chosen from %zu of %zu rows, by %zu that stand for all", j.candidate->n,
							a->x->n, j.row->n);
	if (j.row != j.candidate)
		cs_tiles_free(env, j.row);
	cs_tiles_free(env, j.candidate);
}

static bool
directions(const cs_options *o)
{
	return cs_option_int(o, "metric") == CS_METRIC_COSINE;
}

static const cs_param params[] = {
	{"metric", CS_P_ENUM, CS_METRIC_EUCLIDEAN, 0, 0, CS_METRIC_NAMES,
	 "distance: straight, sum of differences, angle, or mean over features of difference / range (categories: 0 or 1)"},
	{"restarts", CS_P_INT, 1, 1, MOST_RESTARTS, NULL, "independent starts; the best result is kept"},
	{"max_iterations", CS_P_INT, 100, 1, 1000000, NULL, "most passes over the candidates in one run"},
	{"init", CS_P_ENUM, INIT_PLUSPLUS, 0, 0, "k-means++|random|build|given",
	 "first medoids: chosen by distance, at random, one by one as in PAM (slow), or the rows nearest to given ones"},
	{"start", CS_P_MATRIX, 0, 0, 0, NULL,
	 "with init given: an array of k arrays, one value per feature, in the units of the features"},
	{"exact_rows", CS_P_INT, 20000, 2, 1000000, NULL,
	 "above so many rows, and where memory is short, medoids are found by a sample that stands for all"},
	CS_MAX_RADIUS_PARAM,
	{0}};

const cs_clusterer cs_kmedoids = {
	.name = "kmedoids",
	.summary = "k rows as centres, in a metric of choice: robust against outliers, segments with a real example each",
	.flags = CS_NEEDS_K | CS_OWN_OBJECTIVE,
	.params = params,
	.fit = fit,
	.directions = directions,
	.arena = arena,
	.save = cs_medoids_save,
	.load = cs_medoids_load,
	.label = cs_medoids_label,
	.nearest = cs_medoids_nearest,
	.block = cs_medoids_block,
	.distance = cs_medoids_distance,
	.part = cs_medoids_part};
