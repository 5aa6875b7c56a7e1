/*
 * test_kprototypes.c - prototypes of numbers and categories against the Python package kmodes, and by hand.
 */
#include "core/cluster/mixed.h"
#include "attempt.h"
#include "fits.h"

#define LEVELS 8				/* 3 of one category, 5 of another */
#define D (IRIS_D + LEVELS)

static const cs_axis axis[D] = {
	{0, false, 1}, {1, false, 1}, {2, false, 1}, {3, false, 1},
	{4, true, 1}, {4, true, 1}, {4, true, 1},
	{5, true, 1}, {5, true, 1}, {5, true, 1}, {5, true, 1}, {5, true, 1}
};

/* Iris with its species, and a category without meaning. */
static cs_matrix *
flowers(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, IRIS_N, D);

	for (size_t i = 0; i < IRIS_N; i++)
	{
		float		row[D] = {0};

		for (int f = 0; f < IRIS_D; f++)
			row[f] = (float) iris[i * IRIS_D + (size_t) f];
		row[IRIS_D + i / 50] = 1;
		row[IRIS_D + 3 + i * 7 % 5] = 1;
		cs_matrix_set_row(x, i, row);
	}
	return x;
}

static cs_fit
fit_from(cs_env *env, const cs_matrix *x, const cs_axis *axes, const size_t *rows, int k, double gamma)
{
	cs_options *o = options_with(env, cs_kprototypes.params, "gamma", gamma);
	double	   *start = CS_NEW(env, double, (size_t) (k * x->d));
	cs_fit		fit = {.algorithm = &cs_kprototypes};
	cs_fit_args args = {.x = x, .k = k, .seed = 42, .options = o, .start = start, .axis = axes};
	cs_team		team = solo(env, cs_kprototypes.arena(x->n, x->d, k));

	o->value[cs_params_find(cs_kprototypes.params, "init")].number = rows ? 2 : 0;
	for (int j = 0; j < k && rows; j++)
		for (int f = 0; f < x->d; f++)
			start[j * x->d + f] = (double) cs_matrix_at(x, rows[j])[f * CS_LANES];
	cs_kprototypes.fit(env, &team, &args, &fit);
	CHECK(team.used == 0);
	return fit;
}

/* kmodes 0.12.2, KPrototypes from rows 0, 40, 60 and 120: cost, sizes, prototypes. */
static void
test_package(cs_env *env)
{
	static const size_t rows[4] = {0, 40, 60, 120};
	static const double cost[2] = {130.483574844, 301.887946576};
	static const int size[2][4] = {{30, 20, 55, 45}, {27, 23, 53, 47}};
	static const double first[2][4] = {{5.19333332, 3.62, 1.50666666, 0.25}, {5.15925925, 3.5888889, 1.5037037, 0.25185186}};
	static const int species[4] = {0, 0, 1, 2};
	static const int other[2][4] = {{3, 1, 2, 4}, {3, 1, 2, 0}};

	for (int g = 0; g < 2; g++)
	{
		cs_matrix  *x = flowers(env);
		cs_fit		fit = fit_from(env, x, axis, rows, 4, g == 0 ? 0 : 2);
		cs_scorer  *s = cs_scorer_of_fit(env, &fit);
		float	   *score = CS_NEW(env, float, cs_scorer_room(s));
		int			count[4] = {0};

		CHECK_NEAR(fit.measure[0].value, g == 0 ? 0.4723511152480207 : 2, 1e-12);
		CHECK_NEAR(fit.objective, cost[g], 1e-4);
		CHECK(fit.converged);
		for (int f = 0; f < IRIS_D; f++)
			CHECK_NEAR(fit.center[f], first[g][f], 1e-7);
		for (size_t i = 0; i < IRIS_N; i++)
		{
			float		row[D];

			cs_matrix_row(x, i, row);
			count[s->algorithm->label(s, row, score)]++;
		}
		CHECK(memcmp(count, size[g], sizeof(count)) == 0);
		for (int j = 0; j < 4; j++)
			for (int c = 0; c < LEVELS; c++)
				CHECK(fit.center[j * D + IRIS_D + c] == (c < 3 ? c == species[j] : c - 3 == other[g][j]));
	}
}

/* Categories alone, by hand: k-modes.  Modes are (a, p) and (b, q); rows (a, q) and (c, q) differ from theirs in one. */
static void
test_modes(cs_env *env)
{
	static const cs_axis two[5] = {{0, true, 1}, {0, true, 1}, {0, true, 1}, {1, true, 1}, {1, true, 1}};
	static const float rows[] = {
		1, 0, 0, 1, 0,
		1, 0, 0, 1, 0,
		1, 0, 0, 1, 0,
		0, 1, 0, 0, 1,
		0, 1, 0, 0, 1,
		0, 0, 1, 0, 1
	};
	static const size_t start[2] = {0, 3};
	static const float unseen[5] = {0, 0, 0, 0, 1};
	cs_matrix  *x = cs_matrix_from_rows(env, rows, 6, 5);
	cs_fit		fit = fit_from(env, x, two, start, 2, 0);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	float	   *score = CS_NEW(env, float, cs_scorer_room(s));
	cs_nearest	n = s->algorithm->nearest(s, unseen, score);

	CHECK(fit.objective == 1);
	CHECK(memcmp(fit.center, to_doubles(env, rows, 5), sizeof(double) * 5) == 0);
	CHECK(memcmp(fit.center + 5, to_doubles(env, rows + 15, 5), sizeof(double) * 5) == 0);
	CHECK(n.label == 1 && n.d1 == 1 && n.d2 == 2);
}

/* Blocks, single rows and plain sums agree; parts add up. */
static void
test_scoring(cs_env *env)
{
	cs_matrix  *x = flowers(env);
	cs_fit		fit = fit_from(env, x, axis, NULL, 5, 0);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	float	   *score = CS_NEW(env, float, cs_scorer_room(s));
	cs_near_block *near = cs_near_block_for(env, s);
	cs_run		run = cs_matrix_run(x, 0, NULL);
	double		sum = 0;

	s->algorithm->block(s, &run, near);
	for (size_t i = 0; i < IRIS_N; i++)
	{
		float		row[D];
		cs_nearest	n;
		double		least = INFINITY;

		cs_matrix_row(x, i, row);
		n = s->algorithm->nearest(s, row, score);
		for (int j = 0; j < 5; j++)
		{
			const double *c = fit.center + j * D;
			double		d = 0,
						parts = 0;

			for (int f = 0; f < IRIS_D; f++)
				d += ((double) row[f] - (double) (float) c[f]) * ((double) row[f] - (double) (float) c[f]);
			d += 0.4723511152480207 * ((c[IRIS_D + i / 50] == 0) + (c[IRIS_D + 3 + i * 7 % 5] == 0));
			for (int f = 0; f < D; f++)
				parts += s->algorithm->part(s, row, j, f);
			CHECK_NEAR(s->algorithm->distance(s, row, j, score), d, 1e-6);
			CHECK_NEAR(parts, d, 1e-5);
			least = fmin(least, d);
		}
		sum += least;
		CHECK_NEAR(n.d1, least, 1e-6);
		CHECK(n.d1 <= n.d2 + 1e-6 && n.label2 != n.label);
		CHECK(near->raw.label[i] == n.label && near->raw.label2[i] == n.label2);
		CHECK(near->d1[i] == n.d1 && near->d2[i] == n.d2);
		CHECK(s->algorithm->label(s, row, score) == n.label);
	}
	CHECK_NEAR(fit.objective, sum, 1e-4);
}

/* Without categories it is k-means: prototypes are means. */
static void
test_numbers_alone(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 900, 3, 6, 3, 5), 900, 3);
	cs_fit		fit;

	add_weights(env, x);
	fit = fit_one(env, &cs_kprototypes, x, 6, NULL, 0);
	CHECK(fit.converged && centers_are_means(env, &fit, x, 1e-5));
	CHECK_NEAR(fit.objective, price_of(&fit, x), 1e-4 * fit.objective);
	CHECK_NEAR(fit.objective, fit_one(env, &cs_kmeans, x, 6, NULL, 0).objective, 1e-4 * fit.objective);
}

/* A start with equal prototypes: the empty one moves to the farthest row. */
static void
test_empty(cs_env *env)
{
	static const size_t start[3] = {0, 0, 60};
	cs_matrix  *x = flowers(env);
	cs_fit		fit = fit_from(env, x, axis, start, 3, 0);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	float	   *score = CS_NEW(env, float, cs_scorer_room(s));
	int			count[3] = {0};

	for (size_t i = 0; i < IRIS_N; i++)
	{
		float		row[D];

		cs_matrix_row(x, i, row);
		count[s->algorithm->label(s, row, score)]++;
	}
	CHECK(count[0] > 0 && count[1] > 0 && count[2] > 0);
}

static void
too_few(cs_env *env)
{
	fit_one(env, &cs_kprototypes, cs_matrix_new(env, 100, 2), 2, NULL, 0);
}

static void
test_too_few(cs_env *env)
{
	CHECK_FAILS(env, too_few, CS_E_PARAM, "k is greater than the number of distinct rows");
	CHECK(fit_one(env, &cs_kprototypes, cs_matrix_new(env, 100, 2), 1, NULL, 0).objective == 0);
}

typedef struct shared
{
	cs_matrix  *(*make) (cs_env *);
	double		center[4][15];
	double		objective[4];
} shared;

static void
fit_member(cs_env *env, cs_team *team, void *arg)
{
	shared	   *s = arg;
	cs_fit		fit = {.algorithm = &cs_kprototypes};
	static const cs_axis mixed[3] = {{0, false, 1}, {1, true, 1}, {1, true, 1}};
	cs_fit_args args = {.x = s->make(env), .k = 5, .seed = 7, .axis = mixed,
		.options = options_with(env, cs_kprototypes.params, "restarts", 2)};

	cs_kprototypes.fit(env, team, &args, &fit);
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

			run_team(env, size, cs_kprototypes.arena(4 * CS_BLOCK_ROWS, 3, 5), fit_member, &s);
			if (size == 1)
				one = s;
			for (int r = 0; r < size; r++)
				CHECK(memcmp(s.center[r], one.center[0], sizeof(s.center[r])) == 0 && s.objective[r] == one.objective[0]);
		}
	}
}

TESTS_NO_SWEEP(test_package, test_modes, test_scoring, test_numbers_alone, test_empty, test_too_few, test_teams)
