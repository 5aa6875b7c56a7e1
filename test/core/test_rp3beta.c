/*
 * test_rp3beta.c - walks against NumPy, pruning both ways, any team.
 *
 * Reference values: NumPy 2.4.6, dense, from the formula in rp3beta.c.
 *
 * Held against the published tables of Ferrari Dacrema et al. (TOIS 2021; all
 * unseen items ranked, data not kept here): neighbours 324, alpha .8593, beta
 * .6574 on MovieLens-100k precision@10 .3435, recall@10 .2191, ndcg@10 .2588
 * (table 46), equal to all printed digits; P3alpha, 197 and alpha 0, .3299 .2078
 * .2550 for .3305 .2081 .2554, where the weights have many ties.
 */
#include "reco_table.h"

/* alpha .8, beta .4, brought to a sum of 1 */
static const double walks[ITEMS][ITEMS] = {
	{0, 0.3404705852, 0.2033130869, 0.228108164, 0.228108164, 0},
	{0.3335043473, 0, 0.3335043473, 0.08158785979, 0.2514034457, 0},
	{0.222086348, 0.3719085181, 0, 0.3065277921, 0.0994773419, 0},
	{0.2690132605, 0.0982282706, 0.3309376571, 0, 0.3018208118, 0},
	{0.2742480908, 0.3085688681, 0.1094889845, 0.3076940566, 0, 0},
	{0, 0, 0, 0, 0, 0}
};

/* alpha 1, beta 0, as they are */
static const double plain_walks[ITEMS][ITEMS] = {
	{0, 0.2583333333, 0.1333333333, 0.1333333333, 0.1333333333, 0},
	{0.2066666667, 0, 0.2066666667, 0.04, 0.14, 0},
	{0.1333333333, 0.2583333333, 0, 0.175, 0.05, 0},
	{0.1777777778, 0.06666666667, 0.2333333333, 0, 0.1777777778, 0},
	{0.1777777778, 0.2333333333, 0.06666666667, 0.1777777778, 0, 0},
	{0, 0, 0, 0, 0, 0}
};

/* of the weights, alpha .7, beta .3, as they are */
static const double valued_walks[ITEMS][ITEMS] = {
	{0, 0.2815782104, 0.1300267212, 0.2420092606, 0.216316643, 0},
	{0.3723528412, 0, 0.2395482052, 0.09280264879, 0.2555873953, 0},
	{0.2815719983, 0.285010679, 0, 0.2450805349, 0.08486594978, 0},
	{0.2599289857, 0.07468525199, 0.2786161611, 0, 0.2645739311, 0},
	{0.2599289857, 0.1956073962, 0.05801627663, 0.2959982207, 0, 0},
	{0, 0, 0, 0, 0, 0}
};

/* alpha .8, beta .4, two targets per source, a sum of 1, then two sources per target */
static const double pruned_walks[ITEMS][ITEMS] = {
	{0, 0.5988099022, 0, 0, 0, 0},
	{0.5, 0, 0.5, 0, 0, 0},
	{0, 0.5481848665, 0, 0.4518151335, 0, 0},
	{0, 0, 0.523007867, 0, 0.476992133, 0},
	{0, 0, 0, 0.4992902287, 0, 0},
	{0, 0, 0, 0, 0, 0}
};

static cs_reco_model
fit_table(cs_env *env, bool weighted, cs_options *o)
{
	cs_reco_args args = {events_of_table(env, weighted ? weights : had, NULL, CUSTOMERS, ITEMS, weighted), NULL, 0, o, 1};

	return fit_alone(env, "rp3beta", &args);
}

static void
walks_are_those_of_numpy(cs_env *env)
{
	cs_reco_model m = fit_table(env, false, options_of(env, "rp3beta", NULL));

	check_table(&m, walks, 1e-7);
	CHECK(m.popularity[1] == 5 && m.customers == 8);
	m = fit_table(env, false, options_of(env, "rp3beta", "alpha", 1.0, "beta", 0.0, "normalize", 0.0, NULL));
	check_table(&m, plain_walks, 1e-7);
	m = fit_table(env, true, options_of(env, "rp3beta", "alpha", 0.7, "beta", 0.3, "normalize", 0.0, NULL));
	check_table(&m, valued_walks, 1e-7);
}

static void
pruned_both_ways(cs_env *env)
{
	cs_reco_model m = fit_table(env, false, options_of(env, "rp3beta", "neighbours", 2.0, NULL));

	check_table(&m, pruned_walks, 1e-7);
}

/* Items of fewer customers lead to others, but nothing leads to them. */
static void
rare_items_are_no_targets(cs_env *env)
{
	cs_reco_model m = fit_table(env, false, options_of(env, "rp3beta", "min_events", 4.0, "alpha", 1.0, "beta", 0.0,
													   "normalize", 0.0, NULL));

	for (int j = 0; j < ITEMS; j++)
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(weight_between(&m, j, i), i < 3 ? plain_walks[j][i] : 0, 1e-7);
}

/* Weights of any size, and entries so old that nothing is left of them. */
static void
extreme_values(cs_env *env)
{
	static const float extreme[6] = {1e30f, 1e-30f, 0, 1, 1e30f, 1e-30f};
	static const double at[6] = {0, 0, 0, 0, 36000 * DAY, 36000 * DAY};
	cs_reco_args args = {events_of_table(env, extreme, at, 2, 3, true), NULL, 0,
		options_of(env, "rp3beta", "half_life", 1.0, "alpha", 5.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "rp3beta", &args);

	for (size_t p = 0; p < m.start[3]; p++)
		CHECK(isfinite((double) m.value[p]) && m.value[p] > 0);
}

/* A walk goes from a customer to what is the customer's, however long ago: the values of the table above. */
static void
old_customers_walk_as_far(cs_env *env)
{
	double	   *at = CS_ROOM(env, double, CUSTOMERS * ITEMS);
	cs_reco_args args = {NULL, NULL, 0, options_of(env, "rp3beta", "half_life", 0.25, NULL), 1};
	cs_reco_model m;

	for (int cell = 0; cell < CUSTOMERS * ITEMS; cell++)
		at[cell] = cell / ITEMS * 60 * DAY;
	args.events = events_of_table(env, had, at, CUSTOMERS, ITEMS, false);
	m = fit_alone(env, "rp3beta", &args);
	check_table(&m, walks, 1e-6);
}

static void
small_shops(cs_env *env)
{
	check_small_shops(env, "rp3beta", options_of(env, "rp3beta", NULL));
}

static void
any_team_gives_the_same(cs_env *env)
{
	check_any_team(env, "rp3beta", events_of_table(env, random_table(env, 60, 150, 0.1, 9), NULL, 60, 150, false),
				   options_of(env, "rp3beta", "neighbours", 20.0, NULL));
}

TESTS(walks_are_those_of_numpy, pruned_both_ways, rare_items_are_no_targets, extreme_values, old_customers_walk_as_far, small_shops, any_team_gives_the_same)
