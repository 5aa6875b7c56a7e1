/*
 * test_bisecting_kmeans.c - the tree of halves, and every k that it answers for.
 */
#include "attempt.h"
#include "fits.h"

/* Without refinement: each split halves one leaf, so inertia falls with each. */
static void
test_each_split_helps(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 1200, 3, 9, 4, 1), 1200, 3);
	double		last = INFINITY;

	for (int k = 1; k <= 12; k++)
	{
		cs_fit		fit = fit_one(env, &cs_bisecting_kmeans, x, k, "refine", 0);
		const int  *parent = fit.extra;

		CHECK(fit.objective < last);
		CHECK_NEAR(fit.objective, price_of(&fit, x), 1e-6 * fit.objective);
		for (int j = 1; j < k; j++)
			CHECK(parent[j] >= 0 && parent[j] < j);
		last = fit.objective;
	}
}

/* Groups that lie two by two: k = 2 finds the pairs, k = 4 the groups, whatever the criterion. */
static void
test_pairs_of_groups(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 400, 1);

	for (size_t i = 0; i < 400; i++)
		*cs_matrix_at(x, i) = (float) (i % 4 / 2 * 100) + (float) (i % 2 * 10) + (float) (i % 3) / 3;
	for (int criterion = 0; criterion < 2; criterion++)
	{
		cs_fit		two = fit_one(env, &cs_bisecting_kmeans, x, 2, "criterion", criterion),
					four = fit_one(env, &cs_bisecting_kmeans, x, 4, "criterion", criterion);
		cs_scorer  *s = cs_scorer_of_fit(env, &four);
		int			size[4],
					cut[4],
				   *label = labels_of(env, &four, x, size),
				   *coarse;

		for (int j = 0; j < 4; j++)
			CHECK(size[j] == 100);
		coarse = labels_of(env, &two, x, size);
		CHECK(size[0] == 200 && size[1] == 200);

		/* the tree cut at two is the clustering for two */
		cs_bisecting_kmeans.cut(s, 2, cut);
		for (size_t i = 0; i < 400; i++)
			CHECK((cut[label[i]] == cut[label[0]]) == (coarse[i] == coarse[0]));
	}
}

/* Cutting at k leaves k; at 1 one; each representative is its own. */
static void
test_cut(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 500, 2, 3, draw_real), 500, 2);
	cs_fit		fit = fit_one(env, &cs_bisecting_kmeans, x, 10, NULL, 0);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);

	CHECK(cs_bisecting_kmeans.flags & CS_ANY_K);
	for (int k = 1; k <= 10; k++)
	{
		int			cut[10],
					finer[10];
		bool		used[10] = {false};
		int			clusters = 0;

		cs_bisecting_kmeans.cut(s, k, cut);
		for (int j = 0; j < 10; j++)
		{
			CHECK(cut[j] >= 0 && cut[j] < k && cut[cut[j]] == cut[j]);
			clusters += !used[cut[j]];
			used[cut[j]] = true;
		}
		CHECK(clusters == k);
		/* a coarser cut joins clusters of the finer, it never parts them */
		cs_bisecting_kmeans.cut(s, k < 10 ? k + 1 : k, finer);
		for (int i = 0; i < 10; i++)
			for (int j = 0; j < 10; j++)
				CHECK(finer[i] != finer[j] || cut[i] == cut[j]);
	}
}

/* Refined, the result is about as good as k-means: within 10 % of its best inertia of iris. */
static void
test_refinement(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_bisecting_kmeans, x, 3, NULL, 0);

	CHECK(fit.objective < 78.85144142614601 * 1.1);
	CHECK(centers_are_means(env, &fit, x, 0.02));
	CHECK(fit.objective <= fit_one(env, &cs_bisecting_kmeans, x, 3, "refine", 0).objective + 1e-4);
}

static void
test_small(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, (float[]) {4, 8, 8, 4}, 4, 1);
	cs_fit		fit = fit_one(env, &cs_bisecting_kmeans, x, 1, NULL, 0);

	CHECK(fit.center[0] == 6 && fit.objective == 16);
	fit = fit_one(env, &cs_bisecting_kmeans, x, 2, NULL, 0);
	CHECK(fit.objective == 0 && fit.center[0] + fit.center[1] == 12);
	x = cs_matrix_from_rows(env, draw_rows(env, 30, 2, 1, draw_real), 30, 2);
	fit = fit_one(env, &cs_bisecting_kmeans, x, 30, NULL, 0);
	CHECK_NEAR(price_of(&fit, x), 0, 1e-12);
}

static void
three_of_two(cs_env *env)
{
	fit_one(env, &cs_bisecting_kmeans, cs_matrix_from_rows(env, (float[]) {4, 8, 8, 4}, 4, 1), 3, NULL, 0);
}

static void
test_too_many_clusters(cs_env *env)
{
	CHECK_FAILS(env, three_of_two, CS_E_PARAM, "k is greater than the number of distinct rows");
}

/*
 * Equal rows of different weights have an inertia that is not quite 0 by rounding:
 * such a leaf cannot be split all the same.
 */
static void
test_duplicates_with_weights(cs_env *env)
{
	for (int criterion = 0; criterion < 2; criterion++)
	{
		cs_matrix  *x = cs_matrix_new(env, 100, 1);
		cs_fit		fit;
		int			size[4];

		x->weight = CS_NEW(env, float, cs_round_lanes(100));
		for (size_t i = 0; i < 100; i++)
		{
			*cs_matrix_at(x, i) = i < 97 ? 0.7f : (float) i;
			x->weight[i] = 0.9f + (float) i * 0.013f;
		}
		fit = fit_one(env, &cs_bisecting_kmeans, x, 4, "criterion", criterion);
		labels_of(env, &fit, x, size);
		qsort(size, 4, sizeof(int), descending);
		CHECK(size[0] == 97 && size[1] == 1 && size[3] == 1);
	}
}

static void
fit_on_wide_rows(cs_env *env, void *arg)
{
	fit_one(env, &cs_bisecting_kmeans, arg, 20, NULL, 0);
}

/* Splits give back what they took: blocks left do not grow with k. */
static void
test_leaves_little(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 200, 5, 1, draw_real), 200, 5);
	attempt    *a = CS_NEW(env, attempt, 1);

	CHECK(attempt_run(a, env, fit_on_wide_rows, x));
	CHECK(a->left < 20);
}

static void
test_teams(cs_env *env)
{
	CHECK(teams_agree(env, &cs_bisecting_kmeans, plain_rows, 6, NULL, 0));
	CHECK(teams_agree(env, &cs_bisecting_kmeans, weighted_rows, 5, "criterion", 0));
	CHECK(teams_agree(env, &cs_bisecting_kmeans, sortable_rows, 5, "refine", 0));
}

static void
test_saving(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_bisecting_kmeans, x, 7, NULL, 0);

	CHECK(survives_saving(env, &fit, x));
}

TESTS_NO_SWEEP(test_each_split_helps, test_pairs_of_groups, test_cut, test_refinement, test_small,
			   test_too_many_clusters, test_duplicates_with_weights, test_leaves_little, test_teams, test_saving)
