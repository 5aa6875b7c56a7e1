/*
 * test_matching.c - best assignments against all assignments, and against scipy.
 */
#include "core/base/matching.h"
#include "core/base/rng.h"
#include "harness.h"

/* Sum of the weights of the match; checks that it is one. */
static double
matched(cs_env *env, const double *w, int rows, int cols, int *match)
{
	bool	   *taken = CS_NEW(env, bool, (size_t) cols);
	double		sum = 0;
	int			pairs = 0;

	cs_match(env, w, rows, cols, match);
	for (int i = 0; i < rows; i++)
		if (match[i] >= 0)
		{
			CHECK(match[i] < cols && !taken[match[i]]);
			taken[match[i]] = true;
			sum += w[i * cols + match[i]];
			pairs++;
		}
		else
			CHECK(match[i] == -1);
	CHECK(pairs == (rows < cols ? rows : cols));
	cs_release(env, taken);
	return sum;
}

/* The best of rows i .. with the columns that are free, rows left out allowed when there are more of them. */
static double
best_of_all(const double *w, int rows, int cols, int i, unsigned taken, int spare)
{
	double		best = -INFINITY;

	if (i == rows)
		return 0;
	for (int j = 0; j < cols; j++)
		if (!(taken & 1u << j))
			best = fmax(best, w[i * cols + j] + best_of_all(w, rows, cols, i + 1, taken | 1u << j, spare));
	if (spare > 0)
		best = fmax(best, best_of_all(w, rows, cols, i + 1, taken, spare - 1));
	return best;
}

/* Greedy takes 9 + 1. */
static void
test_greedy_loses(cs_env *env)
{
	int			match[2];

	CHECK(matched(env, (double[]) {9, 8, 8, 1}, 2, 2, match) == 16);
	CHECK(match[0] == 1 && match[1] == 0);
}

static void
test_all_assignments(cs_env *env)
{
	cs_rng		rng;

	cs_rng_init(&rng, 1, 1);
	for (int i = 0; i < 200; i++)
	{
		int			rows = 1 + (int) cs_rng_below(&rng, 6),
					cols = 1 + (int) cs_rng_below(&rng, 6),
					match[6];
		double		w[36];

		/* few values make many ties; some are negative */
		for (int j = 0; j < rows * cols; j++)
			w[j] = i % 2 ? (double) cs_rng_below(&rng, 5) - 2 : cs_rng_unit(&rng);
		CHECK_NEAR(matched(env, w, rows, cols, match),
				   best_of_all(w, rows, cols, 0, 0, rows > cols ? rows - cols : 0), 1e-12);
	}
}

/* scipy.optimize.linear_sum_assignment(maximize=True), scipy 1.17.1 */
static void
test_scipy(cs_env *env)
{
	static const int size[][3] = {{5, 5, 409}, {4, 7, 336}, {7, 4, 356}, {30, 30, 2643}};

	for (int s = 0; s < 4; s++)
	{
		int			rows = size[s][0],
					cols = size[s][1],
					match[30];
		double		w[900];

		for (int i = 0; i < rows; i++)
			for (int j = 0; j < cols; j++)
				w[i * cols + j] = (i * 37 + j * 61 + i * j % 5 * 17) % 101;
		CHECK(matched(env, w, rows, cols, match) == size[s][2]);
	}
}

/* A permuted identity, large: found exactly, however often it is asked. */
static void
test_permutation(cs_env *env)
{
	int			n = 200;
	double	   *w = CS_NEW(env, double, (size_t) (n * n));
	int		   *match = CS_NEW(env, int, (size_t) n),
			   *again = CS_NEW(env, int, (size_t) n);

	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			w[i * n + j] = j == (i * 7 + 3) % n ? 100 : (i + j) % 10;
	CHECK(matched(env, w, n, n, match) == 100 * n);
	for (int i = 0; i < n; i++)
		CHECK(match[i] == (i * 7 + 3) % n);
	/* ties only: some assignment, always the same */
	memset(w, 0, sizeof(double) * (size_t) (n * n));
	matched(env, w, n, n, match);
	matched(env, w, n, n, again);
	CHECK(memcmp(match, again, sizeof(int) * (size_t) n) == 0);
}

static void
not_finite(cs_env *env)
{
	int			match[2];

	cs_match(env, (double[]) {1, 2, NAN, 4}, 2, 2, match);
}

static void
test_limits(cs_env *env)
{
	int			match[3] = {7, 7, 7};

	cs_match(env, NULL, 0, 5, match);
	CHECK(match[0] == 7);
	cs_match(env, NULL, 3, 0, match);
	CHECK(match[0] == -1 && match[1] == -1 && match[2] == -1);
	CHECK_FAILS(env, not_finite, CS_E_INTERNAL, "not finite");
}

TESTS(test_greedy_loses, test_all_assignments, test_scipy, test_permutation, test_limits)
