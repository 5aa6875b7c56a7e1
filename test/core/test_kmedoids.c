/*
 * test_kmedoids.c - medoids against the Python package kmedoids, by hand, and against plain sums.
 */
#include "core/cluster/metric.h"
#include "core/cluster/pam.h"
#include "attempt.h"
#include "fits.h"

static void
set(cs_options *o, const cs_param *table, const char *name, double value)
{
	o->value[cs_params_find(table, name)].number = value;
}

/* Iris; of length 1 for cosines. */
static cs_matrix *
flowers(cs_env *env, int metric)
{
	cs_matrix  *x = iris_matrix(env);

	for (size_t i = 0; i < x->n && metric == CS_METRIC_COSINE; i++)
	{
		float		row[IRIS_D];
		double		square = 0;

		cs_matrix_row(x, i, row);
		for (int f = 0; f < IRIS_D; f++)
			square += (double) row[f] * (double) row[f];
		for (int f = 0; f < IRIS_D; f++)
			row[f] = (float) ((double) row[f] / sqrt(square));
		cs_matrix_set_row(x, i, row);
	}
	return x;
}

/* From rows 0, 60 and 120, or by BUILD. */
static cs_fit
fit_flowers(cs_env *env, const cs_matrix *x, int metric, int init)
{
	static const size_t row[3] = {0, 60, 120};
	cs_options *o = options_with(env, cs_kmedoids.params, "metric", metric);
	float	   *rows = CS_NEW(env, float, 3 * IRIS_D);
	cs_fit		fit = {.algorithm = &cs_kmedoids};
	cs_fit_args	args = {.x = x, .k = 3, .seed = 42, .options = o};
	cs_team		team = solo(env, cs_kmedoids.arena(IRIS_N, IRIS_D, 3));

	set(o, cs_kmedoids.params, "init", init);
	for (int j = 0; j < 3; j++)
		cs_matrix_row(x, row[j], rows + j * IRIS_D);
	if (init == 3)
		args.start = to_doubles(env, rows, 3 * IRIS_D);
	cs_kmedoids.fit(env, &team, &args, &fit);
	CHECK(team.used == 0 && fit.converged && fit.note == NULL);
	return fit;
}

/* The distance of two rows as the definitions have it; range: of the coordinates, for Gower's. */
static double
plain_distance(const float *a, const double *b, int d, int metric, const double *range)
{
	double		square = 0, sum = 0, dot = 0, aa = 0, bb = 0;

	for (int f = 0; f < d; f++)
	{
		double		x = (double) a[f], y = b[f];

		square += (x - y) * (x - y);
		sum += fabs(x - y) / (metric == CS_METRIC_GOWER ? range[f] * d : 1);
		dot += x * y;
		aa += x * x;
		bb += y * y;
	}
	return metric == CS_METRIC_EUCLIDEAN ? sqrt(square) : metric == CS_METRIC_COSINE ? 1 - dot / sqrt(aa * bb) : sum;
}

/* kmedoids 0.5.5, fasterpam from medoids 0, 60, 120 of iris in single precision: loss and medoids. */
static void
test_package(cs_env *env)
{
	static const double loss[4] = {98.131155449, 162.500003614, 0.172207022, 12.110228465};
	static const int medoid[4][3] = {{7, 78, 112}, {7, 55, 112}, {38, 86, 112}, {7, 55, 112}};
	static const double range[4] = {3.6, 2.4, 5.9, 2.4};

	for (int metric = 0; metric < 4; metric++)
	{
		cs_matrix  *x = flowers(env, metric);
		cs_fit		fit = fit_flowers(env, x, metric, 3);
		double		sum = 0;

		CHECK_NEAR(fit.objective, loss[metric], 1e-5 * loss[metric]);
		for (int j = 0; j < 3; j++)
		{
			float		row[IRIS_D];
			bool		found = false;

			cs_matrix_row(x, (size_t) medoid[metric][j], row);
			for (int i = 0; i < 3; i++)
				found = found || square_distance(row, fit.center + i * IRIS_D, IRIS_D) == 0;
			CHECK(found);
		}
		for (size_t i = 0; i < IRIS_N; i++)
		{
			float		row[IRIS_D];
			double		least = INFINITY;

			cs_matrix_row(x, i, row);
			for (int j = 0; j < 3; j++)
				least = fmin(least, plain_distance(row, fit.center + j * IRIS_D, IRIS_D, metric, range));
			sum += least;
		}
		CHECK_NEAR(fit.objective, sum, 1e-5 * sum);
	}
}

/* The same with init build: kmedoids 0.5.5, fasterpam(init = "build"). */
static void
test_build(cs_env *env)
{
	static const double loss[4] = {98.131155449, 164.699994363, 0.172207022, 12.191795771};

	for (int metric = 0; metric < 4; metric++)
		CHECK_NEAR(fit_flowers(env, flowers(env, metric), metric, 2).objective, loss[metric], 1e-5 * loss[metric]);
}

/* When it says that it has converged, no swap betters the cost: all are tried. */
static void
test_no_swap_is_better(cs_env *env)
{
	size_t		n = 120;
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, n, 3, 7, 12, 3), n, 3);

	add_weights(env, x);
	for (int metric = 0; metric < 2; metric++)
	{
		cs_fit		fit = fit_one(env, &cs_kmedoids, x, 4, "metric", metric);
		double		least = INFINITY;

		CHECK(fit.converged);
		for (size_t c = 0; c < n; c++)
			for (int gone = 0; gone < 4; gone++)
			{
				double		sum = 0, other[12];
				float		row[3];

				memcpy(other, fit.center, sizeof(other));
				cs_matrix_row(x, c, row);
				for (int f = 0; f < 3; f++)
					other[gone * 3 + f] = (double) row[f];
				for (size_t i = 0; i < n; i++)
				{
					double		d = INFINITY;

					cs_matrix_row(x, i, row);
					for (int j = 0; j < 4; j++)
						d = fmin(d, plain_distance(row, other + j * 3, 3, metric, NULL));
					sum += (double) x->weight[i] * d;
				}
				least = fmin(least, sum);
			}
		CHECK(least >= fit.objective * (1 - 1e-6));
	}
}

/*
 * Gower's distance by hand.  Two numbers with ranges 10 and 4 and a category of three levels, weights 1, 1, 2: of
 * (0, 0, a) and (5, 4, b) it is (1 * 5/10 + 1 * 4/4 + 2 * 1) / 4 = 0.875, of two rows of level a less the last term;
 * a level that is not one of the three differs from each of them.
 */
static void
test_gower(cs_env *env)
{
	static const cs_axis axis[5] = {{0, false, 1}, {1, false, 1}, {2, true, 2}, {2, true, 2}, {2, true, 2}};
	const float	r = sqrtf(2);
	const float	rows[] = {0, 0, r, 0, 0, 5, 4, 0, r, 0, 10, 1, 0, 0, r, 0, 4, r, 0, 0};
	const float	unseen[5] = {0, 0, 0, 0, 0};
	cs_matrix  *x = cs_matrix_from_rows(env, rows, 4, 5);
	cs_space   *s = cs_space_new(env, CS_METRIC_GOWER, x, axis);
	float		a[6], b[6];

	CHECK(s->d == 6);
	cs_space_row(s, rows, a);
	cs_space_row(s, rows + 5, b);
	CHECK_NEAR(cs_space_distance(s, a, b), 0.875, 1e-7);
	cs_space_row(s, rows + 10, b);
	CHECK_NEAR(cs_space_distance(s, a, b), (1 + 0.25 + 2) / 4, 1e-7);
	cs_space_row(s, rows + 15, b);
	CHECK_NEAR(cs_space_distance(s, a, b), 0.25, 1e-7);
	cs_space_row(s, unseen, b);
	CHECK_NEAR(cs_space_distance(s, a, b), 0.5, 1e-7);
}

/* Distances, labels and runners-up of a saved model: one row, a block, and plain sums, in all metrics. */
static void
test_scoring(cs_env *env)
{
	static const double range[4] = {3.6, 2.4, 5.9, 2.4};

	for (int metric = 0; metric < 4; metric++)
	{
		cs_matrix  *x = flowers(env, metric);
		cs_fit		fit = fit_flowers(env, x, metric, 3);
		cs_scorer  *s = cs_scorer_of_fit(env, &fit);
		float	   *score = CS_NEW(env, float, cs_scorer_room(s));
		cs_near_block *near = cs_near_block_for(env, s);
		cs_run		run = cs_matrix_run(x, 0, NULL);

		s->algorithm->block(s, &run, near);
		for (size_t i = 0; i < IRIS_N; i++)
		{
			float		row[IRIS_D];
			cs_nearest	n;
			double		d[3], parts = 0;

			cs_matrix_row(x, i, row);
			n = s->algorithm->nearest(s, row, score);
			for (int j = 0; j < 3; j++)
				d[j] = plain_distance(row, fit.center + j * IRIS_D, IRIS_D, metric, range);
			CHECK_NEAR(sqrt(n.d1), d[n.label], 1e-6);
			CHECK_NEAR(sqrt(n.d2), d[n.label2], 1e-6);
			CHECK(d[n.label] <= d[n.label2] + 1e-6 && d[n.label2] <= d[3 - n.label - n.label2] + 1e-6);
			CHECK(s->algorithm->label(s, row, score) == n.label && near->raw.label[i] == n.label);
			CHECK(near->raw.label2[i] == n.label2);
			CHECK_NEAR(near->d1[i], n.d1, 1e-12);
			CHECK_NEAR(near->d2[i], n.d2, 1e-12);
			CHECK_NEAR(s->algorithm->distance(s, row, n.label2, score), n.d2, 1e-12);
			for (int f = 0; f < IRIS_D; f++)
				parts += s->algorithm->part(s, row, n.label2, f);
			CHECK_NEAR(parts, metric == CS_METRIC_EUCLIDEAN ? n.d2 : sqrt(n.d2), 1e-6 * (1 + n.d2));
		}
	}
}

/* A weight of 2 is the row twice. */
static void
test_weights(cs_env *env)
{
	size_t		n = 300, m = 0;
	float	   *rows = draw_groups(env, n, 2, 3, 9, 8), *more = CS_NEW(env, float, 4 * n * 2);
	cs_matrix  *weighted = cs_matrix_from_rows(env, rows, n, 2);
	cs_options *o = options_with(env, cs_kmedoids.params, "init", 2);
	cs_fit		a = {.algorithm = &cs_kmedoids}, b = {.algorithm = &cs_kmedoids};
	cs_fit_args	args = {.k = 4, .seed = 1, .options = o};
	cs_team		team = solo(env, cs_kmedoids.arena(4 * n, 2, 4));

	add_weights(env, weighted);
	for (size_t i = 0; i < n; i++)
		for (float w = 0; w < weighted->weight[i]; w++, m++)
			memcpy(more + 2 * m, rows + 2 * i, 2 * sizeof(float));
	args.x = weighted;
	cs_kmedoids.fit(env, &team, &args, &a);
	args.x = cs_matrix_from_rows(env, more, m, 2);
	cs_kmedoids.fit(env, &team, &args, &b);
	CHECK_NEAR(a.objective, b.objective, 1e-4);
	CHECK(memcmp(a.center, b.center, sizeof(double) * 8) == 0);
}

/* By a sample: within a few percent of the cost by all rows, and it says so; the cost is that of all rows. */
static void
test_sample(cs_env *env)
{
	for (int metric = 0; metric < 4; metric += 3)
	{
		cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 3000, 3, 20, 6, 11), 3000, 3);
		cs_options *o = options_with(env, cs_kmedoids.params, "metric", metric);
		cs_fit_args	args = {.x = x, .k = 8, .seed = 42, .options = o};
		cs_fit		exact, fit = {.algorithm = &cs_kmedoids};
		cs_team		team = solo(env, cs_kmedoids.arena(x->n, x->d, 8));

		add_weights(env, x);
		exact = fit_one(env, &cs_kmedoids, x, 8, "metric", metric);
		set(o, cs_kmedoids.params, "exact_rows", 2000);
		cs_kmedoids.fit(env, &team, &args, &fit);
		CHECK(exact.note == NULL && fit.note != NULL);
		CHECK(fit.objective < 1.05 * exact.objective && fit.objective > 0.95 * exact.objective);
		set(o, cs_kmedoids.params, "exact_rows", 20000);
		args.memory = 100000;
		fit = (cs_fit){.algorithm = &cs_kmedoids};
		cs_kmedoids.fit(env, &team, &args, &fit);
		CHECK(fit.note != NULL && fit.objective < 1.05 * exact.objective);
	}
}

/* One medoid is the row with the least sum of distances; as many as there are rows cost nothing. */
static void
test_one_and_all(cs_env *env)
{
	size_t		n = 40;
	float	   *rows = draw_groups(env, n, 2, 3, 9, 8);
	cs_matrix  *x = cs_matrix_from_rows(env, rows, n, 2);
	cs_fit		one = fit_one(env, &cs_kmedoids, x, 1, NULL, 0), all = fit_one(env, &cs_kmedoids, x, (int) n, NULL, 0);
	double		least = INFINITY;

	for (size_t c = 0; c < n; c++)
	{
		double	   *center = to_doubles(env, rows + 2 * c, 2), sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += sqrt(square_distance(rows + 2 * i, center, 2));
		least = fmin(least, sum);
	}
	CHECK_NEAR(one.objective, least, 1e-4);
	CHECK(all.objective == 0);
}

static void
too_few(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 100, 2);

	for (size_t i = 0; i < 100; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 3);
	fit_one(env, &cs_kmedoids, x, 4, NULL, 0);
}

/* Three distinct points for four medoids; for three they are the medoids, whatever the start. */
static void
test_few_points(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 100, 2);

	for (size_t i = 0; i < 100; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 3);
	for (int init = 0; init < 3; init++)
		CHECK(fit_one(env, &cs_kmedoids, x, 3, "init", init).objective == 0);
	CHECK_FAILS(env, too_few, CS_E_PARAM, "k is greater than the number of distinct rows");
}

typedef struct shared
{
	double		center[4][15];
	double		objective[4];
	cs_matrix *(*make)(cs_env *);
} shared;

static void
fit_member(cs_env *env, cs_team *team, void *arg)
{
	shared	   *s = arg;
	cs_options *o = options_with(env, cs_kmedoids.params, "restarts", 3);
	cs_matrix  *x = s->make(env);
	cs_fit		fit = {.algorithm = &cs_kmedoids};
	cs_fit_args	args = {.x = x, .k = 5, .seed = 7, .options = o};

	set(o, cs_kmedoids.params, "exact_rows", 2000);
	cs_kmedoids.fit(env, team, &args, &fit);
	memcpy(s->center[team->rank], fit.center, sizeof(double) * 15);
	s->objective[team->rank] = fit.objective;
}

/* Teams of 1, 2 and 3 give the same bits, for all members, also on a selection of rows. */
static void
test_teams(cs_env *env)
{
	for (int selected = 0; selected < 2; selected++)
	{
		shared		one = {0};

		for (int size = 1; size <= 3; size++)
		{
			shared		s = {.make = selected ? selected_rows : weighted_rows};

			run_team(env, size, cs_kmedoids.arena(4 * CS_BLOCK_ROWS, 3, 5), fit_member, &s);
			if (size == 1)
				one = s;
			for (int r = 0; r < size; r++)
				CHECK(memcmp(s.center[r], one.center[0], sizeof(s.center[r])) == 0 &&
					  s.objective[r] == one.objective[0]);
		}
	}
}

TESTS_NO_SWEEP(test_package, test_build, test_no_swap_is_better, test_gower, test_scoring, test_weights, test_sample,
			   test_one_and_all, test_few_points, test_teams)
