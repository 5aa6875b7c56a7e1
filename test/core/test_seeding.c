/*
 * test_seeding.c - starting centres: where they come from, and how often.
 */
#include "attempt.h"
#include "core/cluster/seeding.h"
#include "harness.h"
#include "points.h"

static double *
seeded(cs_env *env, const cs_matrix *x, int k, int candidates, uint64_t seed)
{
	double	   *center = CS_NEW(env, double, (size_t) k * (size_t) x->d);
	cs_team		team = solo(env, cs_seed_arena(x->n, x->d, k));
	cs_rng		rng;

	cs_rng_init(&rng, seed, CS_STREAM_SEEDING);
	if (candidates < 0)
		cs_seed_random(env, &team, x, k, &rng, center);
	else
		cs_seed_plusplus(env, &team, x, k, candidates, &rng, center);
	CHECK(team.used == 0);
	cs_release(env, team.arena);
	return center;
}

/* Number of the row that a centre is, or -1. */
static int
row_of_center(const cs_matrix *x, const double *center)
{
	float		row[130];

	for (size_t i = 0; i < x->n; i++)
	{
		cs_matrix_row(x, i, row);
		if (square_distance(row, center, x->d) == 0)
			return (int) i;
	}
	return -1;
}

/* Are the centres k different rows? */
static bool
are_different_rows(cs_env *env, const cs_matrix *x, const double *center, int k)
{
	bool	   *seen = CS_NEW(env, bool, x->n),
				ok = true;

	for (int j = 0; j < k; j++)
	{
		int			row = row_of_center(x, center + (size_t) (j * x->d));

		ok = ok && row >= 0 && !seen[row];
		if (row >= 0)
			seen[row] = true;
	}
	cs_release(env, seen);
	return ok;
}

static void
test_centers_are_rows(cs_env *env)
{
	for (int d = 1; d <= 130; d += 43)
		for (size_t n = 1; n <= 100; n = n * 3 + 2)
		{
			cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, n, d, n, draw_real), n, d);

			for (int k = 1; (size_t) k <= n && k < 40; k = k * 2 + 1)
			{
				CHECK(are_different_rows(env, x, seeded(env, x, k, 0, 1), k));
				CHECK(are_different_rows(env, x, seeded(env, x, k, 1, 2), k));
				CHECK(are_different_rows(env, x, seeded(env, x, k, -1, 3), k));
			}
		}
}

/* One of each group: with several candidates a step, greedy seeding does not miss. */
static void
test_finds_groups(cs_env *env)
{
	int			k = 12;
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 600, 3, k, 0.5, 4), 600, 3);
	int			complete = 0;

	for (uint64_t seed = 0; seed < 10; seed++)
	{
		double	   *center = seeded(env, x, k, 0, seed);
		int			groups = 0,
					seen[12] = {0};

		for (int j = 0; j < k; j++)
			groups += !seen[row_of_center(x, center + 3 * j) % k]++;
		complete += groups == k;
	}
	CHECK(complete == 10);
}

/* Rows 0, 1, 3: the first is any, the second by squared distance from it. */
static void
test_chances(cs_env *env)
{
	static const double chance[3][3] = {{0, 0.1, 0.9}, {0.2, 0, 0.8}, {9.0 / 13, 4.0 / 13, 0}};
	cs_matrix  *x = cs_matrix_from_rows(env, (float[]) {0, 1, 3}, 3, 1);
	int			count[3][3] = {{0}},
				seeds = 600;
	double		chi2 = 0;

	for (int seed = 0; seed < seeds; seed++)
	{
		double	   *center = seeded(env, x, 2, 1, (uint64_t) seed);

		count[row_of_center(x, center)][row_of_center(x, center + 1)]++;
		cs_release(env, center);
	}
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
		{
			double		expected = seeds / 3.0 * chance[i][j];

			CHECK(expected > 0 || count[i][j] == 0);
			if (expected > 0)
				chi2 += (count[i][j] - expected) * (count[i][j] - expected) / expected;
		}
	CHECK(chi2 < 20.5);			/* 99.9 % of 5 degrees of freedom */
}

/* Weight 0 is never drawn, and weight counts like so many rows. */
static void
test_weights(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, (float[]) {0, 5, 100}, 3, 1);
	int			second = 0;

	x->weight = CS_NEW(env, float, CS_LANES);
	x->weight[0] = 3;
	x->weight[1] = 1;
	for (uint64_t seed = 0; seed < 400; seed++)
	{
		double	   *center = seeded(env, x, 1, 0, seed);

		CHECK(center[0] < 100);
		second += center[0] == 5;
		CHECK(seeded(env, x, 2, 0, seed)[1] < 100);
	}
	CHECK(second > 60 && second < 140);
}

/* Distinct points are enough, however often each is there. */
static void
test_duplicates(cs_env *env)
{
	float		rows[90];
	cs_matrix  *x;

	for (int i = 0; i < 90; i++)
		rows[i] = (float) (i % 3) * 0.1f;
	x = cs_matrix_from_rows(env, rows, 90, 1);
	for (uint64_t seed = 0; seed < 20; seed++)
	{
		double	   *c = seeded(env, x, 3, 0, seed);

		CHECK(c[0] != c[1] && c[0] != c[2] && c[1] != c[2]);
	}
}

static void
too_many_plusplus(cs_env *env)
{
	seeded(env, cs_matrix_from_rows(env, (float[]) {1, 2, 1, 2, 1}, 5, 1), 3, 0, 1);
}

static void
too_many_random(cs_env *env)
{
	seeded(env, cs_matrix_from_rows(env, (float[]) {1, 2, 3}, 3, 1), 4, -1, 1);
}

static void
test_too_few_rows(cs_env *env)
{
	CHECK_FAILS(env, too_many_plusplus, CS_E_PARAM, "k is greater than the number of distinct rows");
	CHECK_FAILS(env, too_many_random, CS_E_PARAM, "k is greater than the number of distinct rows");
}

/* As many random centres as rows: all of them. */
static void
test_random_takes_all(cs_env *env)
{
	size_t		n = 2000;
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, n, 1, 1, draw_real), n, 1);

	CHECK(are_different_rows(env, x, seeded(env, x, (int) n, -1, 9), (int) n));
}

/* ---- selections and teams ---- */

/* The rows of a selection, as such and copied out, give the same centres. */
static void
test_selection(cs_env *env)
{
	size_t		n = 1000,
				m = 300;
	cs_matrix  *base = cs_matrix_from_rows(env, draw_rows(env, n, 4, 6, draw_real), n, 4),
			   *copied = cs_matrix_new(env, m, 4);
	uint32_t   *pick = CS_NEW(env, uint32_t, m);
	float		row[4];

	for (size_t i = 0; i < m; i++)
	{
		pick[i] = (uint32_t) (i * 7 % n);
		cs_matrix_row(base, pick[i], row);
		cs_matrix_set_row(copied, i, row);
	}
	CHECK(memcmp(seeded(env, cs_matrix_select(env, base, pick, m), 7, 0, 5), seeded(env, copied, 7, 0, 5),
				 sizeof(double) * 28) == 0);
}

static void
seed_and_release(cs_env *env, void *arg)
{
	cs_release(env, seeded(env, arg, 3, 0, 1));
}

/* A bisection seeds hundreds of times: nothing may stay behind. */
static void
test_leaves_nothing(cs_env *env)
{
	cs_matrix  *base = cs_matrix_from_rows(env, (float[]) {0, 1, 3, 7}, 4, 1);
	attempt    *a = CS_NEW(env, attempt, 1);

	CHECK(attempt_run(a, env, seed_and_release, base) && a->left == 0);
	CHECK(attempt_run(a, env, seed_and_release, cs_matrix_select(env, base, (uint32_t[]) {0, 3, 1}, 3)) && a->left == 0);
}

typedef struct job
{
	const cs_matrix *x;
	int			k;
	double	   *center[3];
} job;

static void
seed_by_team(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	cs_rng		rng;

	cs_rng_init(&rng, 17, CS_STREAM_SEEDING);
	cs_seed_plusplus(env, team, j->x, j->k, 0, &rng, j->center[team->rank]);
}

/* Every member of every team gets the same bits. */
static void
test_teams(cs_env *env)
{
	size_t		n = 5 * CS_BLOCK_ROWS + 99;
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, n, 3, 8, draw_real), n, 3);
	double	   *alone = CS_NEW(env, double, 27);

	add_weights(env, x);
	for (int size = 1; size <= 3; size++)
	{
		job			j = {x, 9, {CS_NEW(env, double, 27), CS_NEW(env, double, 27), CS_NEW(env, double, 27)}};

		run_team(env, size, cs_seed_arena(n, 3, 9), seed_by_team, &j);
		if (size == 1)
			memcpy(alone, j.center[0], sizeof(double) * 27);
		for (int r = 0; r < size; r++)
			CHECK(memcmp(alone, j.center[r], sizeof(double) * 27) == 0);
	}
}

TESTS(test_centers_are_rows, test_finds_groups, test_chances, test_weights, test_duplicates, test_too_few_rows,
	  test_random_takes_all, test_selection, test_leaves_nothing, test_teams)
