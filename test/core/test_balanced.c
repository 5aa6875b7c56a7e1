/*
 * test_balanced.c - clusters of bounded sizes, against all assignments that there are.
 */
#include "core/base/rng.h"
#include "core/cluster/balanced.h"
#include "core/cluster/kmeans.h"
#include "fits.h"

/* The least cost of assigning rows from i on, by trying all. */
static double
least_cost(const cs_balance *b, const double *cost, size_t n, size_t i, size_t *size)
{
	double		best = INFINITY;

	if (i == n)
	{
		for (int j = 0; j < b->k; j++)
			if (size[j] < b->least)
				return INFINITY;
		return 0;
	}
	for (int j = 0; j < b->k; j++)
		if (size[j] < b->most)
		{
			double		c;

			size[j]++;
			c = cost[i * (size_t) b->k + (size_t) j] + least_cost(b, cost, n, i + 1, size);
			size[j]--;
			best = c < best ? c : best;
		}
	return best;
}

static void
check_assignment(cs_env *env, const cs_balance *b, const double *cost, size_t n)
{
	int32_t    *label = CS_NEW(env, int32_t, n);
	size_t		size[8] = {0},
				none[8] = {0};
	double		sum = 0;

	cs_balance_assign(env, b, cost, n, label);
	for (size_t i = 0; i < n; i++)
	{
		CHECK(label[i] >= 0 && label[i] < b->k);
		size[label[i]]++;
		sum += cost[i * (size_t) b->k + (size_t) label[i]];
	}
	for (int j = 0; j < b->k; j++)
		CHECK(size[j] >= b->least && size[j] <= b->most);
	CHECK_NEAR(sum, least_cost(b, cost, n, 0, none), 1e-9 * (1 + sum));
}

/* Random costs, skewed so that one cluster draws most rows, with many ties in every third case. */
static void
test_all_assignments(cs_env *env)
{
	cs_rng		rng;

	cs_rng_init(&rng, 1, 0);
	for (int round = 0; round < 60; round++)
	{
		int			k = 2 + round % 3;
		size_t		n = 6 + (size_t) round % 3;
		double	   *cost = CS_NEW(env, double, n * (size_t) k);

		for (size_t i = 0; i < n * (size_t) k; i++)
		{
			cost[i] = cs_rng_unit(&rng) + (i % (size_t) k == 0 ? 0 : 0.4);
			if (round % 3 == 0)
				cost[i] = floor(4 * cost[i]);
		}
		for (size_t least = 0; least * (size_t) k <= n; least++)
			for (size_t most = (n + (size_t) k - 1) / (size_t) k; most <= n; most++)
			{
				const cs_balance b = {k, least, most};

				if (least <= most)
					check_assignment(env, &b, cost, n);
			}
		cs_release(env, cost);
	}
}

/*
 * Iris, k = 3, 50 rows in each cluster: the objective that scikit-learn's centres
 * lead to when SciPy's linear_sum_assignment makes the assignments.
 */
static void
test_iris(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_kmeans, x, 3, "restarts", 10);
	int32_t    *label = CS_NEW(env, int32_t, x->n);
	cs_balance	b = cs_balance_of(env, x->n, 3, 1.0 / 3, 1);
	cs_balanced_result r = cs_balanced_lloyd(env, x, &b, 100, false, fit.center, label);
	size_t		size[3] = {0};

	for (size_t i = 0; i < x->n; i++)
		size[label[i]]++;
	CHECK(size[0] == 50 && size[1] == 50 && size[2] == 50);
	CHECK(r.converged);
	CHECK_NEAR(r.objective, 81.27779682932983, 1e-3);
}

static void
test_shares(cs_env *env)
{
	cs_balance	b = cs_balance_of(env, 10, 3, 0.3, 0.4);

	CHECK(b.least == 3 && b.most == 4);
	b = cs_balance_of(env, 10, 10, 0.1, 0.1);
	CHECK(b.least == 1 && b.most == 1);
	b = cs_balance_of(env, 7, 2, 0, 1);
	CHECK(b.least == 0 && b.most == 7);
}

static void
least_too_large(cs_env *env)
{
	cs_balance_of(env, 10, 3, 0.34, 1);
}

static void
most_too_small(cs_env *env)
{
	cs_balance_of(env, 10, 3, 0, 0.3);
}

static void
test_impossible(cs_env *env)
{
	CHECK_FAILS(env, least_too_large, CS_E_PARAM, "min_share is too large");
	CHECK_FAILS(env, most_too_small, CS_E_PARAM, "max_share is too small");
}

TESTS_NO_SWEEP(test_all_assignments, test_iris, test_shares, test_impossible)
