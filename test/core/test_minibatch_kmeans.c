/*
 * test_minibatch_kmeans.c - cheaper than k-means, and how much worse.
 */
#include "fits.h"

/* Iris: the best inertia is 78.85144142614601; batches come near it. */
static void
test_iris(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_minibatch_kmeans, x, 3, NULL, 0);

	CHECK(fit.converged);
	CHECK(fit.objective >= 78.85144142614601 - 1e-4 && fit.objective < 78.85144142614601 * 1.1);
	CHECK_NEAR(fit.objective, price_of(&fit, x), 1e-6 * fit.objective);
}

/* Groups far apart: each gets its centre, whatever the batch. */
static void
test_groups(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 900, 3, 9, 1, 1), 900, 3);

	for (int batch = 10; batch <= 10000; batch *= 10)
	{
		cs_fit		fit = fit_one(env, &cs_minibatch_kmeans, x, 9, "batch", batch);
		int			size[9];

		labels_of(env, &fit, x, size);
		for (int j = 0; j < 9; j++)
			CHECK(size[j] == 100);
	}
}

/* Rows of weight 3 pull three times as much. */
static void
test_weights(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 100, 1);
	cs_fit		fit;

	x->weight = CS_NEW(env, float, cs_round_lanes(100));
	for (size_t i = 0; i < 100; i++)
	{
		*cs_matrix_at(x, i) = (float) (i % 2);
		x->weight[i] = i % 2 ? 3 : 1;
	}
	fit = fit_one(env, &cs_minibatch_kmeans, x, 1, NULL, 0);
	CHECK_NEAR(fit.center[0], 0.75, 0.02);
}

static void
test_limits(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 500, 2, 1, draw_real), 500, 2),
			   *one = cs_matrix_from_rows(env, (float[]) {3, 4}, 1, 2);
	cs_fit		fit = fit_one(env, &cs_minibatch_kmeans, x, 8, "max_iterations", 3);

	CHECK(fit.iterations == 3 && !fit.converged);
	fit = fit_one(env, &cs_minibatch_kmeans, one, 1, NULL, 0);
	CHECK(fit.center[0] == 3 && fit.center[1] == 4 && fit.objective == 0 && fit.converged);
}

static void
three_of_two(cs_env *env)
{
	fit_one(env, &cs_minibatch_kmeans, cs_matrix_from_rows(env, (float[]) {4, 8, 8, 4}, 4, 1), 3, NULL, 0);
}

static void
test_too_many_clusters(cs_env *env)
{
	CHECK_FAILS(env, three_of_two, CS_E_PARAM, "k is greater than the number of distinct rows");
}

static void
test_teams(cs_env *env)
{
	CHECK(teams_agree(env, &cs_minibatch_kmeans, plain_rows, 6, NULL, 0));
	CHECK(teams_agree(env, &cs_minibatch_kmeans, weighted_rows, 5, "batch", 5000));
}

static void
test_saving(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_minibatch_kmeans, x, 4, NULL, 0);

	CHECK(survives_saving(env, &fit, x));
}

TESTS_NO_SWEEP(test_iris, test_groups, test_weights, test_limits, test_too_many_clusters, test_teams, test_saving)
