/*
 * test_metrics.c - metrics of recommendation lists, by hand and against
 * scikit-learn 1.9.1 (sklearn.metrics.ndcg_score).
 */
#include "reco.h"

#include "core/reco/metrics.h"

static void
one_customer(cs_env *env)
{
	static const int32_t list[] = {7, 3, 9, 1, 5},
				four[] = {1, 3, 4, 8},
				six[] = {0, 1, 2, 3, 5, 7};
	double		m[CS_METRICS_OF_HITS];

	(void) env;

	/* hits at ranks 2 and 4 */
	cs_metrics_of_hits(list, 5, four, 4, 5, m);
	CHECK_NEAR(m[CS_METRIC_PRECISION], 2 / 5.0, 1e-15);
	CHECK_NEAR(m[CS_METRIC_RECALL], 2 / 4.0, 1e-15);
	CHECK_NEAR(m[CS_METRIC_F1], 2 * 0.4 * 0.5 / 0.9, 1e-15);
	CHECK_NEAR(m[CS_METRIC_NDCG], 0.4144299250118474, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP], (1 / 2.0 + 2 / 4.0) / 4, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP_FULL], (1 / 2.0 + 2 / 4.0) / 4, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MRR], 1 / 2.0, 1e-15);
	CHECK(m[CS_METRIC_HIT_RATE] == 1);

	/* k below the list and below the test items: ranks 1 and 2 of 3 */
	cs_metrics_of_hits(list, 5, six, 6, 3, m);
	CHECK_NEAR(m[CS_METRIC_PRECISION], 2 / 3.0, 1e-15);
	CHECK_NEAR(m[CS_METRIC_RECALL], 2 / 6.0, 1e-15);
	CHECK_NEAR(m[CS_METRIC_NDCG], 0.7653606369886218, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP], 2 / 3.0, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP_FULL], 2 / 6.0, 1e-15);

	/* ranks 1, 2, 4 and 5 of 5, and six to be found */
	cs_metrics_of_hits(list, 5, six, 6, 5, m);
	CHECK_NEAR(m[CS_METRIC_NDCG], 0.8304198973631919, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP], (1 + 1 + 3 / 4.0 + 4 / 5.0) / 5, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP_FULL], (1 + 1 + 3 / 4.0 + 4 / 5.0) / 6, 1e-15);
}

static void
bounds(cs_env *env)
{
	static const int32_t list[] = {2, 0, 1},
				test[] = {0, 1, 2},
				other[] = {9};
	double		m[CS_METRICS_OF_HITS];

	(void) env;
	cs_metrics_of_hits(list, 3, test, 3, 3, m);
	for (int i = 0; i < CS_METRICS_OF_HITS; i++)
		CHECK_NEAR(m[i], 1, 1e-15);

	/* a perfect list shorter than k is perfect but for precision and f1 */
	cs_metrics_of_hits(list, 3, test, 3, 10, m);
	CHECK_NEAR(m[CS_METRIC_NDCG], 1, 1e-15);
	CHECK_NEAR(m[CS_METRIC_MAP], 1, 1e-15);
	CHECK_NEAR(m[CS_METRIC_PRECISION], 0.3, 1e-15);
	cs_metrics_of_hits(list, 3, other, 1, 3, m);
	for (int i = 0; i < CS_METRICS_OF_HITS; i++)
		CHECK(m[i] == 0);
	cs_metrics_of_hits(NULL, 0, test, 3, 3, m);
	for (int i = 0; i < CS_METRICS_OF_HITS; i++)
		CHECK(m[i] == 0);
}

/* Training events: items 0 .. 4 have customers {0 1 2 3}, {0 1}, {2}, {}, {0}. */
static const float had[4 * 5] = {
	1, 1, 0, 0, 1,
	1, 1, 0, 0, 0,
	1, 0, 1, 0, 0,
	1, 0, 0, 0, 0
};

static void
all_lists(cs_env *env)
{
	static const int32_t list[3][2] = {{0, 1}, {0, 2}, {3, 4}},
				test[] = {0, 4};
	cs_events  *train = events_of_table(env, had, NULL, 4, 5, false);
	cs_evaluation *v = cs_evaluation_new(env, 5, 2, train);
	cs_interval out[CS_METRICS];

	for (int c = 0; c < 3; c++)
		cs_evaluation_add(v, list[c], 2, test, 2);
	cs_evaluation_add(v, NULL, 0, test, 2);
	cs_evaluation_finish(v, 1, out);
	CHECK_NEAR(out[CS_METRIC_PRECISION].value, 1.5 / 4, 1e-15);
	CHECK_NEAR(out[CS_METRIC_HIT_RATE].value, 3 / 4.0, 1e-15);
	CHECK_NEAR(out[CS_METRIC_MRR].value, 2.5 / 4, 1e-15);
	CHECK(out[CS_METRIC_RECALL].n == 4);

	/* of 8 entries; item 3, which nobody has, counts as one */
	CHECK_NEAR(out[CS_METRIC_NOVELTY].value, ((1 + 2) / 2.0 + (1 + 3) / 2.0 + (3 + 3) / 2.0) / 3, 1e-15);
	CHECK(out[CS_METRIC_NOVELTY].n == 3);
	CHECK_NEAR(out[CS_METRIC_DIVERSITY].value, 1 - (2 / sqrt(8) + 1 / sqrt(4) + 0) / 3, 1e-15);

	/* counts 2 1 1 1 1 in 3 lists; one pair of three shares one item of two */
	CHECK(out[CS_METRIC_COVERAGE].value == 1);
	CHECK_NEAR(out[CS_METRIC_GINI].value, (-4 * 1 - 2 * 1 + 0 + 2 * 1 + 4 * 2) / 30.0, 1e-15);
	CHECK_NEAR(out[CS_METRIC_PERSONALISATION].value, 1 - 1 / 3.0 / 2, 1e-15);
	CHECK(out[CS_METRIC_PERSONALISATION].n == 3);
	cs_evaluation_free(v);
}

/* Gini by all pairs in NumPy: .625 of 0 0 1 3, .5714285714285714 of 5 0 2 2 1 0 9. */
static void
gini_of_counts(cs_env *env)
{
	static const int count[2][7] = {{0, 0, 1, 3}, {5, 0, 2, 2, 1, 0, 9}},
				items[] = {4, 7};
	static const double expected[] = {0.625, 0.5714285714285714};
	static const int32_t test[] = {0};

	for (int n = 0; n < 2; n++)
	{
		cs_evaluation *v = cs_evaluation_new(env, items[n], 1, NULL);
		cs_interval out[CS_METRICS];
		int			lists = 0;

		for (int32_t i = 0; i < items[n]; i++)
			for (int c = 0; c < count[n][i]; c++, lists++)
				cs_evaluation_add(v, &i, 1, test, 1);
		cs_evaluation_finish(v, 1, out);
		CHECK_NEAR(out[CS_METRIC_GINI].value, expected[n], 1e-15);
		CHECK(out[CS_METRIC_GINI].low < expected[n] && out[CS_METRIC_GINI].high > expected[n]);
		CHECK(isnan(out[CS_METRIC_NOVELTY].value) && isnan(out[CS_METRIC_DIVERSITY].value));
		cs_evaluation_free(v);
	}
}

/* Personalisation from counts is that of all pairs; diversity against dense sets. */
static void
against_all_pairs(cs_env *env)
{
	enum
	{
		U = 60, I = 40, K = 6
	};
	float	   *table = random_table(env, U, I, 0.3, 8);
	cs_events  *train = events_of_table(env, table, NULL, U, I, false);
	cs_evaluation *v = cs_evaluation_new(env, I, K, train);
	int32_t		list[U][K],
				test[] = {1, 5, 6};
	double		overlap = 0,
				alike = 0;
	cs_interval out[CS_METRICS];
	cs_rng		rng;

	cs_rng_init(&rng, 2, 1);
	for (int u = 0; u < U; u++)
	{
		int			step = 1 + (int) cs_rng_below(&rng, 3),
					first = (int) cs_rng_below(&rng, I);

		for (int i = 0; i < K; i++)
			list[u][i] = (first + i * step) % I;
		cs_evaluation_add(v, list[u], K, test, 3);
	}
	for (int u = 0; u < U; u++)
		for (int i = 0; i < K; i++)
			for (int j = 0; j < K; j++)
			{
				double		a = 0,
							b = 0,
							c = 0;

				for (int o = 0; o < u; o++)
					overlap += list[u][i] == list[o][j];
				for (int r = 0; r < U && j < i; r++)
				{
					a += (double) table[r * I + list[u][i]];
					b += (double) table[r * I + list[u][j]];
					c += (double) (table[r * I + list[u][i]] * table[r * I + list[u][j]]);
				}
				alike += c > 0 ? c / sqrt(a * b) : 0;
			}
	cs_evaluation_finish(v, 1, out);
	CHECK_NEAR(out[CS_METRIC_PERSONALISATION].value, 1 - overlap / (U * (U - 1) / 2.0) / K, 1e-13);
	CHECK_NEAR(out[CS_METRIC_DIVERSITY].value, 1 - alike / U / (K * (K - 1) / 2.0), 1e-13);
	for (int m = 0; m < CS_METRICS; m++)
		CHECK(out[m].low <= out[m].value && out[m].value <= out[m].high);
	cs_evaluation_free(v);
}

/* Sets of very different size: the longer one is searched. */
static void
common_customers_of_unlike_items(cs_env *env)
{
	enum
	{
		U = 3000
	};
	float	   *table = CS_NEW(env, float, U * 3);
	int32_t		pair[] = {0, 1},
				test[] = {2};
	cs_interval out[CS_METRICS];
	cs_evaluation *v;

	/* item 0: all but multiples of 3; item 1: some of 37, and the last */
	for (int u = 0; u < U; u++)
	{
		table[u * 3] = u % 3 != 0;
		table[u * 3 + 1] = u % 37 == 5 || u == U - 1;
	}
	v = cs_evaluation_new(env, 3, 2, events_of_table(env, table, NULL, U, 3, false));
	cs_evaluation_add(v, pair, 2, test, 1);
	cs_evaluation_finish(v, 1, out);

	/* python: len(a & b), len(a), len(b) = 55, 2000, 82 */
	CHECK_NEAR(out[CS_METRIC_DIVERSITY].value, 1 - 55 / sqrt(2000.0 * 82), 1e-15);
	cs_evaluation_free(v);
}

/* Above CS_BOOTSTRAP_MOST customers the intervals are normal, the values the same. */
static void
many_customers(cs_env *env)
{
	static const int32_t list[] = {0, 1},
				test[] = {1, 2};
	cs_evaluation *v = cs_evaluation_new(env, 3, 2, NULL);
	int			n = CS_BOOTSTRAP_MOST + 10;
	cs_interval out[CS_METRICS];

	for (int c = 0; c < n; c++)
		cs_evaluation_add(v, list + c % 2, 1, test, 2);
	cs_evaluation_finish(v, 1, out);
	CHECK_NEAR(out[CS_METRIC_PRECISION].value, 0.25, 1e-12);
	CHECK_NEAR(out[CS_METRIC_PRECISION].high - 0.25, 1.96 * 0.25 / sqrt(n), 1e-5);
	CHECK(out[CS_METRIC_COVERAGE].value == 2 / 3.0 && out[CS_METRIC_COVERAGE].n == n);
	cs_evaluation_free(v);
}

static void
nobody(cs_env *env)
{
	cs_evaluation *v = cs_evaluation_new(env, 3, 2, NULL);
	cs_interval out[CS_METRICS];

	cs_evaluation_finish(v, 1, out);
	for (int m = 0; m < CS_METRICS; m++)
		CHECK(out[m].n == 0 && (m == CS_METRIC_COVERAGE ? out[m].value == 0 : isnan(out[m].value)));
	CHECK(strcmp(cs_metric_names[CS_METRIC_MAP_FULL], "map_full") == 0);
	CHECK(strcmp(cs_metric_names[CS_METRICS - 1], "personalisation") == 0);
	cs_evaluation_free(v);
}

TESTS(one_customer, bounds, all_lists, gini_of_counts, against_all_pairs, common_customers_of_unlike_items,
	  many_customers, nobody)
