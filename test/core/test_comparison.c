/*
 * test_comparison.c - several methods on the same customers, by hand; calibration
 * against SciPy (1 - scipy.spatial.distance.jensenshannon(p, q, base=2) ** 2).
 */
#include "reco.h"

#include "core/reco/comparison.h"

#include <limits.h>

#define METHODS 2
#define CUSTOMERS 4
#define ITEMS 7

/* Items 0 sells much, 1 and 2 middling, the rest little; nobody has the last. */
static const int customers[ITEMS] = {10, 4, 3, 1, 1, 1, 0};

static const int32_t lists[METHODS][CUSTOMERS][2] = {{{0, 1}, {0, 1}, {0, 3}, {0, 1}}, {{0, 1}, {2, 3}, {4, 1}, {0, 0}}};
static const int lengths[METHODS][CUSTOMERS] = {{2, 2, 2, 2}, {2, 2, 2, 0}};
static const int32_t tests[CUSTOMERS][2] = {{1, 3}, {0, 0}, {4, 6}, {2, 0}};
static const bool seen[CUSTOMERS][2] = {{false, true}, {true, false}, {false, false}, {false, false}};
static const cs_test_customer known[CUSTOMERS] = {{0, 5, 2, tests[0], seen[0]}, {3, 0, 1, tests[1], seen[1]}, {7, 5, 2, tests[2], seen[2]},
{7, 8, 1, tests[3], seen[3]}};

static const cs_group everybody = {CS_ITEMS_ALL, 0, INT_MAX, -1};

static cs_comparison *
compared(cs_env *env)
{
	cs_comparison *c = cs_comparison_new(env);

	for (int m = 0; m < METHODS; m++)
	{
		cs_evaluation *v = cs_evaluation_new(env, ITEMS, 2, NULL);

		cs_comparison_method(c, ITEMS, customers);
		for (int i = 0; i < CUSTOMERS; i++)
		{
			cs_evaluation_add(v, lists[m][i], lengths[m][i], known[i].test, known[i].tests);
			cs_comparison_add(c, v, lists[m][i], lengths[m][i], 2, &known[i]);
		}
		cs_evaluation_free(v);
	}
	return c;
}

/* Hits: method 0 finds 1 of 2, 1 of 1, none, none; method 1: 1 of 2, none, 1 of 2, no list. */
static void
methods_side_by_side(cs_env *env)
{
	cs_comparison *c = compared(env);
	cs_compared out[METHODS][CS_COMPARED_METRICS];
	cs_interval *recall = out[0][CS_METRIC_RECALL].as,
			   *other = out[1][CS_METRIC_RECALL].as;

	CHECK(cs_comparison_methods(c) == METHODS && cs_comparison_customers(c) == CUSTOMERS);
	CHECK(cs_comparison_group(c, &everybody, 1, CS_METRIC_NDCG, 3, out[0]) == 0);
	CHECK_NEAR(recall[CS_OWN].value, (0.5 + 1) / 4, 1e-15);
	CHECK_NEAR(other[CS_OWN].value, (0.5 + 0.5) / 4, 1e-15);
	CHECK_NEAR(recall[CS_TO_BASELINE].value, 0.125, 1e-15);
	CHECK_NEAR(other[CS_TO_BEST].value, -0.125, 1e-15);
	CHECK(recall[CS_TO_BEST].value == 0 && recall[CS_TO_BEST].low == 0 && recall[CS_TO_BEST].high == 0);
	CHECK(recall[CS_OWN].n == 4 && recall[CS_TO_BASELINE].n == 4);

	/*
	 * Differences of customers are 0, 1, -.5, 0.  Of the 256 samples of four .4 % have a mean below -.375 and
	 * 3.5 % one of at most that; 3.5 % lie above .625, .4 % above .75.
	 */
	CHECK_NEAR(recall[CS_TO_BASELINE].low, -0.375, 1e-12);
	CHECK_NEAR(recall[CS_TO_BASELINE].high, 0.6875, 0.0626);
	CHECK_NEAR(other[CS_TO_BEST].low, -recall[CS_TO_BASELINE].high, 1e-12);

	/* no novelty without training events; the calibration counts customers who have a list */
	CHECK(isnan(out[0][CS_METRIC_NOVELTY].as[CS_OWN].value));
	CHECK_NEAR(out[0][CS_COMPARED_CALIBRATION].as[CS_OWN].value, 0.9221804688852168, 1e-12);
	CHECK_NEAR(out[1][CS_COMPARED_CALIBRATION].as[CS_OWN].value, 0.9045627476894452, 1e-12);
	CHECK(out[1][CS_COMPARED_CALIBRATION].as[CS_OWN].n == 3);
	CHECK_NEAR(out[1][CS_COMPARED_CALIBRATION].as[CS_TO_BEST].value, 0.9045627476894452 - 0.9221804688852168, 1e-12);
}

static void
groups_apart(cs_env *env)
{
	static const cs_group segment = {CS_ITEMS_ALL, 0, INT_MAX, 5},
				cold = {CS_ITEMS_ALL, 0, 0, -1},
				long_ones = {CS_ITEMS_ALL, 8, INT_MAX, -1};
	cs_comparison *c = compared(env);
	cs_compared out[METHODS][CS_COMPARED_METRICS];

	CHECK(cs_comparison_size(c, &segment) == 2);
	CHECK(cs_comparison_group(c, &segment, 0, CS_METRIC_NDCG, 3, out[0]) == 1);
	CHECK_NEAR(out[0][CS_METRIC_RECALL].as[CS_OWN].value, 0.25, 1e-15);
	CHECK_NEAR(out[1][CS_METRIC_RECALL].as[CS_OWN].value, 0.5, 1e-15);
	CHECK_NEAR(out[0][CS_COMPARED_CALIBRATION].as[CS_OWN].value, 0.6556390622295664, 1e-12);
	CHECK_NEAR(out[1][CS_COMPARED_CALIBRATION].as[CS_OWN].value, 0.75, 1e-12);

	/* one customer has no interval; nobody has nothing */
	CHECK(cs_comparison_group(c, &cold, 0, CS_METRIC_NDCG, 3, out[0]) == 0);
	CHECK(out[0][CS_METRIC_RECALL].as[CS_OWN].value == 0.5 && isnan(out[0][CS_METRIC_RECALL].as[CS_OWN].low));
	CHECK(cs_comparison_size(c, &long_ones) == 0 && cs_comparison_group(c, &long_ones, 0, CS_METRIC_NDCG, 3, out[0]) == -1);
}

static void
items_apart(cs_env *env)
{
	static const cs_group repeat = {CS_ITEMS_REPEAT, 0, INT_MAX, -1},
				new = {CS_ITEMS_NEW, 0, INT_MAX, -1},
				cold = {CS_ITEMS_COLD, 0, INT_MAX, -1};
	cs_comparison *c = compared(env);
	cs_compared out[METHODS][CS_COMPARED_METRICS];

	/* had before: item 3 of the first, 0 of the second; method 0 lists only the latter */
	CHECK(cs_comparison_size(c, &repeat) == 2);
	CHECK(cs_comparison_group(c, &repeat, 0, CS_METRIC_NDCG, 3, out[0]) == 0);
	CHECK_NEAR(out[0][CS_METRIC_RECALL].as[CS_OWN].value, 0.5, 1e-15);
	CHECK(out[1][CS_METRIC_RECALL].as[CS_OWN].value == 0);

	/* new: 1 of the first, 4 and 6 of the third, 2 of the fourth */
	CHECK(cs_comparison_size(c, &new) == 3);
	CHECK(cs_comparison_group(c, &new, 0, CS_METRIC_NDCG, 3, out[0]) == 1);
	CHECK_NEAR(out[0][CS_METRIC_RECALL].as[CS_OWN].value, 1 / 3.0, 1e-15);
	CHECK_NEAR(out[1][CS_METRIC_RECALL].as[CS_OWN].value, 1.5 / 3, 1e-15);
	CHECK(cs_comparison_size(c, &cold) == 1);
	CHECK(cs_comparison_group(c, &cold, 0, CS_METRIC_NDCG, 3, out[0]) == 0 && out[1][CS_METRIC_HIT_RATE].as[CS_OWN].value == 0);
}

/* Above CS_BOOTSTRAP_MOST customers intervals are normal: half of the customers differ by 1. */
static void
many_customers(cs_env *env)
{
	static const int32_t hit[] = {0},
				miss[] = {1};
	static const bool not_seen[] = {false};
	const cs_test_customer t = {1, 0, 1, hit, not_seen};
	cs_comparison *c = cs_comparison_new(env);
	cs_compared out[METHODS][CS_COMPARED_METRICS];
	int			n = CS_BOOTSTRAP_MOST + 2;
	double		error = 1.959963984540054 * sqrt(0.25 * n / (n - 1) / n);

	for (int m = 0; m < METHODS; m++)
	{
		cs_evaluation *v = cs_evaluation_new(env, ITEMS, 1, NULL);

		cs_comparison_method(c, ITEMS, customers);
		for (int i = 0; i < n; i++)
		{
			const int32_t *list = m == 0 && i % 2 ? miss : hit;

			cs_evaluation_add(v, list, 1, hit, 1);
			cs_comparison_add(c, v, list, 1, 1, &t);
		}
		cs_evaluation_free(v);
	}
	CHECK(cs_comparison_group(c, &everybody, 0, CS_METRIC_NDCG, 3, out[0]) == 1);
	CHECK_NEAR(out[1][CS_METRIC_HIT_RATE].as[CS_TO_BASELINE].value, 0.5, 1e-12);
	CHECK_NEAR(out[1][CS_METRIC_HIT_RATE].as[CS_TO_BASELINE].low, 0.5 - error, 1e-9);
	CHECK_NEAR(out[0][CS_METRIC_HIT_RATE].as[CS_TO_BEST].high, -0.5 + error, 1e-9);
}

TESTS(methods_side_by_side, groups_apart, items_apart, many_customers)
