/*
 * kprototypes.c - k prototypes of numbers and categories: means of the numbers, most
 * frequent levels of the categories.
 *
 * Z. Huang, "Extensions to the k-means algorithm for clustering large data sets with
 * categorical values", Data Mining and Knowledge Discovery 2, 1998.  A row's distance to a
 * prototype is the sum of the squared differences of its numbers and of gamma for each
 * category that differs; without numbers that is k-modes, without categories k-means.
 * Passes move all rows before prototypes follow (Huang's move at each row), so that
 * neither the order of rows nor the size of the team has a say.
 *
 * The start is as in k-means++, by that distance.  O(n k (numbers + categories)) per pass,
 * however many levels a category has.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/mixed.h"
#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

/* Units of parallel work: each keeps sums of its own. */
#define UNITS 16

enum
{
	INIT_PLUSPLUS,
	INIT_RANDOM,
	INIT_GIVEN
};

typedef struct job
{
	cs_env	   *env;
	cs_team    *team;
	const cs_fit_args *a;
	cs_mixed   *mixed;
	size_t		width;			/* numbers and codes */
	size_t		stride;			/* numbers of one cluster's sums: weight, then by coordinate */
	cs_turn		turn;
	int32_t    *label;			/* shared, by row */
	double	   *part;			/* shared: [unit][k][stride] */
	double	   *cost;			/* shared: by unit */
	double	   *moved;			/* shared: by unit, rows whose label changed */
	double	   *far;			/* shared: by unit, the largest distance of a row, */
	double	   *far_row;		/* and that row */
	double	   *total;			/* [k][stride] */
	double	   *prototype;		/* k x d, as points */
	float	   *row;			/* k x width */
	float	   *tile;
	cs_scratch *scratch;
	cs_near2	near;			/* of one tile */
} job;

static size_t
arena(size_t n, int d, int k)
{
	return cs_team_bytes(cs_round_lanes(n), sizeof(int32_t)) + cs_team_bytes(UNITS * (size_t) k * ((size_t) d + 1), sizeof(double)) +
		4 * cs_team_bytes(UNITS, sizeof(double)) + cs_team_bytes(1, sizeof(cs_queue));
}

static void
job_open(job *j)
{
	size_t		k = (size_t) j->a->k;

	j->width = (size_t) cs_mixed_width(j->mixed);
	j->stride = (size_t) j->a->x->d + 1;
	cs_turn_init(j->env, j->team, &j->turn, j->a->x->blocks < UNITS ? j->a->x->blocks : UNITS);
	j->label = cs_team_alloc(j->env, j->team, cs_round_lanes(j->a->x->n), sizeof(int32_t));
	j->part = cs_team_alloc(j->env, j->team, UNITS * k * j->stride, sizeof(double));
	j->cost = cs_team_alloc(j->env, j->team, UNITS, sizeof(double));
	j->moved = cs_team_alloc(j->env, j->team, UNITS, sizeof(double));
	j->far = cs_team_alloc(j->env, j->team, UNITS, sizeof(double));
	j->far_row = cs_team_alloc(j->env, j->team, UNITS, sizeof(double));
	j->total = CS_NEW(j->env, double, k * j->stride);
	j->prototype = CS_NEW(j->env, double, k * (size_t) j->a->x->d);
	j->row = CS_NEW(j->env, float, k * j->width);
	j->tile = CS_NEW(j->env, float, CS_LANES * j->width);
	j->scratch = cs_scratch_new(j->env, j->a->x);
	j->near.best = CS_NEW(j->env, float, CS_LANES);
	j->near.second = CS_NEW(j->env, float, CS_LANES);
	j->near.label = CS_NEW(j->env, int32_t, CS_LANES);
	j->near.label2 = CS_NEW(j->env, int32_t, CS_LANES);
}

static void
job_close(job *j)
{
	cs_release(j->env, j->total);
	cs_release(j->env, j->prototype);
	cs_release(j->env, j->row);
	cs_release(j->env, j->tile);
	cs_scratch_free(j->env, j->scratch);
	cs_release(j->env, j->near.best);
	cs_release(j->env, j->near.second);
	cs_release(j->env, j->near.label);
	cs_release(j->env, j->near.label2);
}

/* A tile of points against k rows of numbers and codes: j->near. */
static void
search(job *j, const float *points, const float *row, int k)
{
	for (int l = 0; l < CS_LANES; l++)
		cs_mixed_row(j->mixed, points + l, CS_LANES, j->tile + l);
	j->env->kernel->mixed_nearest(j->tile, row, k, j->mixed->numbers, j->mixed->codes, j->mixed->price, &j->near);
}

/* Prototypes as rows of numbers and codes. */
static void
renew_rows(job *j)
{
	size_t		d = (size_t) j->a->x->d;
	float	   *point = CS_NEW(j->env, float, d);

	for (size_t i = 0; i < (size_t) j->a->k; i++)
	{
		for (size_t c = 0; c < d; c++)
			point[c] = (float) j->prototype[i * d + c];
		cs_mixed_row(j->mixed, point, 1, j->row + i * j->width);
	}
	cs_release(j->env, point);
}

/* ---- one pass ---- */

/* Rows of one tile, the first of them row number first: labels, sums and the farthest. */
static void
take_tile(job *j, int unit, const cs_run *run, size_t at, size_t first)
{
	size_t		d = (size_t) run->d,
				m = run->rows - at < CS_LANES ? run->rows - at : CS_LANES;
	const float *points = run->tiles + at * d;
	double	   *part = j->part + (size_t) unit * (size_t) j->a->k * j->stride;

	search(j, points, j->row, j->a->k);
	for (size_t l = 0; l < m; l++)
	{
		int32_t		own = j->near.label[l];
		double		w = run->weight ? (double) run->weight[at + l] : 1,
					far = (double) j->near.best[l],
				   *sums = part + (size_t) own * j->stride;

		j->moved[unit] += j->label[first + l] != own;
		j->label[first + l] = own;
		j->cost[unit] += w * far;
		if (far > j->far[unit])
		{
			j->far[unit] = far;
			j->far_row[unit] = (double) (first + l);
		}
		sums[0] += w;
		for (size_t c = 0; c < d; c++)
			sums[c + 1] += w * (double) points[c * CS_LANES + l];
	}
}

static void
do_unit(job *j, int unit)
{
	const cs_matrix *x = j->a->x;

	memset(j->part + (size_t) unit * (size_t) j->a->k * j->stride, 0, sizeof(double) * (size_t) j->a->k * j->stride);
	j->cost[unit] = j->moved[unit] = j->far[unit] = 0;
	for (int b = unit * x->blocks / j->turn.units; b < (unit + 1) * x->blocks / j->turn.units; b++)
	{
		cs_run		run = cs_matrix_run(x, b, j->scratch);

		for (size_t at = 0; at < run.rows; at += CS_LANES)
		{
			take_tile(j, unit, &run, at, (size_t) b * CS_BLOCK_ROWS + at);
			if (at % (8 * CS_LANES) == 0)
				cs_poll(j->env);
		}
	}
}

/* All rows to their prototypes: cost, rows that moved, and sums in j->total. */
static double
run_pass(job *j, double *moved)
{
	size_t		all = (size_t) j->a->k * j->stride;
	double		cost = 0;
	int			unit;

	*moved = 0;
	while ((unit = cs_turn_take(j->team, &j->turn)) >= 0)
		do_unit(j, unit);
	cs_turn_end(j->team, &j->turn);
	memset(j->total, 0, sizeof(double) * all);
	for (int u = 0; u < j->turn.units; u++)
	{
		for (size_t i = 0; i < all; i++)
			j->total[i] += j->part[(size_t) u * all + i];
		cost += j->cost[u];
		*moved += j->moved[u];
	}
	return cost;
}

/* ---- prototypes ---- */

/* The level with the largest sum; the first of equals. */
static void
set_mode(const job *j, const double *sums, double *prototype, int first, double high)
{
	int			best = first;

	for (int c = first; c < j->mixed->from && j->mixed->group[c] == j->mixed->group[first]; c++)
	{
		prototype[c] = 0;
		if (sums[c + 1] > sums[best + 1])
			best = c;
	}
	prototype[best] = high;
}

/* A point of row number i as prototype. */
static void
set_row(const job *j, size_t i, double *prototype)
{
	for (int c = 0; c < j->a->x->d; c++)
		prototype[c] = (double) cs_matrix_at(j->a->x, i)[(size_t) c * CS_LANES];
}

/* The row that lies farthest from its prototype, of those that no empty cluster has got yet; -1: none. */
static int64_t
farthest(job *j, bool *used)
{
	int			best = -1;

	for (int u = 0; u < j->turn.units; u++)
		if (!used[u] && j->far[u] > 0 && (best < 0 || j->far[u] > j->far[best]))
			best = u;
	if (best < 0)
		return -1;
	used[best] = true;
	return (int64_t) j->far_row[best];
}

/* Means and modes of the rows; a cluster without rows moves to the farthest one. */
static bool
renew(job *j)
{
	const cs_axis *axis = j->a->axis;
	bool		used[UNITS] = {false},
				relocated = false;

	for (int i = 0; i < j->a->k; i++)
	{
		const double *sums = j->total + (size_t) i * j->stride;
		double	   *prototype = j->prototype + (size_t) i * (size_t) j->a->x->d;
		int64_t		row = sums[0] > 0 ? 0 : farthest(j, used);

		if (sums[0] <= 0 && row >= 0)
		{
			set_row(j, (size_t) row, prototype);
			relocated = true;
		}
		for (int c = 0; c < j->a->x->d && sums[0] > 0; c++)
			if (j->mixed->group[c] < 0)
				prototype[c] = sums[c + 1] / sums[0];
			else if (c == 0 || j->mixed->group[c - 1] != j->mixed->group[c])
				set_mode(j, sums, prototype, c, sqrt((double) axis[c].weight));
	}
	renew_rows(j);
	cs_team_barrier(j->team);
	return relocated;
}

/* ---- the start ---- */

/* Squared distances of all rows to prototype i, into cur where they are less; the weighted sum. */
static double
fold(job *j, int i, float *cur)
{
	const cs_matrix *x = j->a->x;
	double		sum = 0;

	renew_rows(j);
	for (int b = 0; b < x->blocks; b++)
	{
		cs_run		run = cs_matrix_run(x, b, j->scratch);

		for (size_t at = 0; at < run.rows; at += CS_LANES)
		{
			float	   *c = cur + (size_t) b * CS_BLOCK_ROWS + at;

			search(j, run.tiles + at * (size_t) run.d, j->row + (size_t) i * j->width, 1);
			for (size_t l = 0; l < CS_LANES && at + l < run.rows; l++)
			{
				c[l] = i == 0 || j->near.best[l] < c[l] ? j->near.best[l] : c[l];
				sum += (double) c[l] * (run.weight ? (double) run.weight[at + l] : 1);
			}
		}
		cs_poll(j->env);
	}
	return sum;
}

/* A row with a chance in proportion to its weight and, unless NULL, cur. */
static size_t
draw(const job *j, const float *cur, double total, cs_rng *rng)
{
	double		at = cs_rng_unit(rng) * total;
	size_t		last = 0;

	for (size_t i = 0; i < j->a->x->n; i++)
	{
		double		w = (double) cs_matrix_weight(j->a->x, i) * (cur ? (double) cur[i] : 1);

		at -= w;
		if (w > 0)
			last = i;
		if (w > 0 && at < 0)
			break;
	}
	return last;
}

/* Every member does the same. */
static void
start(job *j, int init, uint64_t seed)
{
	size_t		d = (size_t) j->a->x->d;
	float	   *cur = CS_ROOM(j->env, float, cs_round_lanes(j->a->x->n));
	double		total = 0;
	cs_rng		rng;

	cs_rng_init(&rng, seed, CS_STREAM_SEEDING);
	for (size_t i = 0; i < j->a->x->n; i++)
		total += (double) cs_matrix_weight(j->a->x, i);
	for (int i = 0; i < j->a->k; i++)
	{
		bool		by_distance = init == INIT_PLUSPLUS && i > 0;

		cs_progress(j->env, CS_PHASE_SEED, i, j->a->k);
		if (by_distance && !(total > 0))
			cs_seed_too_few(j->env, j->a->k, i);
		set_row(j, draw(j, by_distance ? cur : NULL, total, &rng), j->prototype + (size_t) i * d);
		if (init == INIT_PLUSPLUS)
			total = fold(j, i, cur);
	}
	if (init == INIT_GIVEN)
		memcpy(j->prototype, j->a->start, sizeof(double) * (size_t) j->a->k * d);
	cs_release(j->env, cur);
	renew_rows(j);
}

/* ---- the fit ---- */

/* From the prototypes to better ones; the cost. */
static double
descend(job *j, int *iterations, bool *converged)
{
	int			most = cs_option_int(j->a->options, "max_iterations");
	double		moved,
				cost;

	*converged = false;
	if (j->team->rank == 0)
		for (size_t i = 0; i < j->a->x->n; i++)
			j->label[i] = -1;
	cs_team_barrier(j->team);
	for (*iterations = 1; *iterations <= most; ++*iterations)
	{
		cs_progress(j->env, CS_PHASE_FIT, *iterations, most);
		run_pass(j, &moved);
		*converged = moved == 0;
		if (!renew(j) && *converged)
			break;
		*converged = false;
	}
	*iterations = *iterations > most ? most : *iterations;
	cost = run_pass(j, &moved);
	cs_team_barrier(j->team);
	return cost;
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	int			init = cs_option_int(a->options, "init"),
				restarts = cs_option_int(a->options, "restarts"),
				distinct = cs_distinct_rows(env, a->x, a->k);
	double		gamma = cs_option_real(a->options, "gamma");
	job			j = {.env = env, .team = team, .a = a};

	if (distinct < a->k)
		cs_seed_too_few(env, a->k, distinct);
	if (init == INIT_GIVEN)
		init = a->start ? INIT_GIVEN : INIT_PLUSPLUS;
	gamma = gamma > 0 ? gamma : cs_mixed_gamma(env, a->x, a->axis);
	j.mixed = cs_mixed_new(env, a->x->d, a->axis, gamma);
	job_open(&j);
	out->objective = INFINITY;
	out->center = CS_NEW(env, double, (size_t) a->k * (size_t) a->x->d);
	for (int r = 0; r < (init == INIT_GIVEN ? 1 : restarts); r++)
	{
		int			iterations;
		bool		converged;
		double		cost;

		start(&j, init, a->seed + (uint64_t) r);
		cost = descend(&j, &iterations, &converged);
		if (cost >= out->objective)
			continue;
		memcpy(out->center, j.prototype, sizeof(double) * (size_t) a->k * (size_t) a->x->d);
		out->objective = cost;
		out->iterations = iterations;
		out->converged = converged;
	}
	out->k = a->k;
	out->d = a->x->d;
	out->extra = j.mixed;
	out->measure[0] = (cs_measure_of) {"gamma", gamma};
	job_close(&j);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"gamma", CS_P_REAL, 0, 0, 1e12, NULL,
		"price of a category that differs, beside squared differences of numbers; 0: half the mean standard deviation of the numbers"},
	{"restarts", CS_P_INT, 3, 1, 1000, NULL, "independent starts; the best result is kept"},
	{"max_iterations", CS_P_INT, 100, 1, 1000000, NULL, "most passes over the rows in one run"},
	{"init", CS_P_ENUM, INIT_PLUSPLUS, 0, 0, "k-means++|random|given", "first prototypes: rows chosen by distance, rows at random, or given"},
	{"start", CS_P_MATRIX, 0, 0, 0, NULL,
		"with init given: an array of k arrays, one value per feature, in the units of the features; of categories the number of the level, 0 the most frequent"},
	CS_MAX_RADIUS_PARAM,
	{0}
};

const cs_clusterer cs_kprototypes = {
	.name = "kprototypes",
	.summary = "means of numbers and most frequent levels of categories; k-modes when all are categories",
	.flags = CS_NEEDS_K | CS_OWN_OBJECTIVE | CS_MIXED,
	.params = params,
	.fit = fit,
	.arena = arena,
	.save = cs_mixed_save,
	.load = cs_mixed_load,
	.label = cs_mixed_label,
	.nearest = cs_mixed_nearest,
	.block = cs_mixed_block,
	.distance = cs_mixed_distance,
	.part = cs_mixed_part
};
