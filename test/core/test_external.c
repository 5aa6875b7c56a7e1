/*
 * test_external.c - contingency tables; adjusted Rand index, mutual information,
 * homogeneity, completeness, Fowlkes-Mallows, purity.
 *
 * Constants are those of scikit-learn 1.9.1 (adjusted_rand_score,
 * normalized_mutual_info_score, homogeneity_score, completeness_score,
 * fowlkes_mallows_score; purity from its contingency_matrix).
 */
#include "core/base/rng.h"
#include "core/eval/external.h"
#include "harness.h"

static void
check_table(cs_env *env, cs_contingency *t, double rand, double information, double purity)
{
	CHECK_NEAR(cs_adjusted_rand_index(env, t), rand, 1e-12);
	CHECK_NEAR(cs_normalized_mutual_information(env, t), information, 1e-12);
	CHECK_NEAR(cs_purity(env, t), purity, 1e-15);
}

/* All three, of n pairs of labels. */
static void
check_labels(cs_env *env, const int32_t *a, const int32_t *b, size_t n, double rand, double information, double purity)
{
	cs_contingency *t = cs_contingency_new(env);

	cs_contingency_add_labels(env, t, a, b, n);
	check_table(env, t, rand, information, purity);
	cs_contingency_free(env, t);
}

#define LABELS(...) (const int32_t[]) {__VA_ARGS__}

static void
test_small(cs_env *env)
{
	check_labels(env, LABELS(0, 0, 1, 1), LABELS(0, 0, 1, 1), 4, 1, 1, 1);
	check_labels(env, LABELS(0, 0, 1, 1), LABELS(1, 1, 0, 0), 4, 1, 1, 1);
	check_labels(env, LABELS(0, 0, 1, 1), LABELS(0, 1, 0, 1), 4, -0.5, 0, 0.5);
	check_labels(env, LABELS(0, 0, 1, 2), LABELS(0, 0, 1, 1), 4, 0.5714285714285714, 0.8, 1);
	check_labels(env, LABELS(0, 0, 0, 1, 1, 1), LABELS(0, 0, 1, 1, 2, 2), 6, 0.24242424242424243, 0.5158037429793889,
				 0.6666666666666666);
}

/* One cluster, one row each, no rows. */
static void
test_limits(cs_env *env)
{
	check_labels(env, LABELS(0, 0, 0, 0), LABELS(0, 0, 0, 0), 4, 1, 1, 1);
	check_labels(env, LABELS(0, 0, 0, 0), LABELS(0, 1, 2, 3), 4, 0, 0, 0.25);
	check_labels(env, LABELS(0, 1, 2, 3), LABELS(0, 0, 0, 0), 4, 0, 0, 1);
	check_labels(env, LABELS(0, 1, 2, 3), LABELS(0, 1, 2, 3), 4, 1, 1, 1);
	check_labels(env, LABELS(5), LABELS(7), 1, 1, 1, 1);
	check_labels(env, NULL, NULL, 0, 1, 1, NAN);
	/* negative labels are left out */
	check_labels(env, LABELS(0, -1, 0, 1, 1, 2), LABELS(0, 0, 0, 1, 1, -5), 6, 1, 1, 1);
}

static void
test_larger(cs_env *env)
{
	int32_t		a[1000],
				b[1000];

	for (int i = 0; i < 1000; i++)
	{
		a[i] = i * i % 7;
		b[i] = i * 3 % 11;
	}
	check_labels(env, a, b, 1000, -0.004356962235703346, 6.782706731914787e-06, 0.091);
	for (int i = 0; i < 1000; i++)
	{
		a[i] = i % 4;
		b[i] = i % 8 / 2;
	}
	check_labels(env, a, b, 1000, 0.3313253012048193, 0.5, 0.5);
	for (int i = 0; i < 1000; i++)
	{
		a[i] = i * i * i % 13;
		b[i] = a[i] / 3 * 2 + (i % 17 == 0);
	}
	check_labels(env, a, b, 1000, 0.838521844846245, 0.8740300746268681, 0.941);
}

/* The best k-means of iris against its species: 50/0/0, 0/48/14, 0/2/36. */
static void
test_iris(cs_env *env)
{
	cs_contingency *t = cs_contingency_new(env);

	cs_contingency_add(env, t, 1, 10, 50);
	cs_contingency_add(env, t, 2, 20, 48);
	cs_contingency_add(env, t, 2, 30, 14);
	cs_contingency_add(env, t, 3, 20, 2);
	cs_contingency_add(env, t, 3, 30, 36);
	check_table(env, t, 0.7302382722834697, 0.7581756800057784, 0.8933333333333333);
}

/* Any integers are labels; the numbers themselves mean nothing. */
static void
test_any_label(cs_env *env)
{
	cs_contingency *t = cs_contingency_new(env);

	cs_contingency_add(env, t, INT32_MIN, INT32_MAX, 3);
	cs_contingency_add(env, t, INT32_MAX, INT32_MIN, 2);
	cs_contingency_add(env, t, INT32_MAX, -1, 1);
	cs_contingency_add(env, t, 0, 0, 1);
	cs_contingency_add(env, t, 0, 0, -1);
	check_table(env, t, cs_adjusted_rand_index(env, t), cs_normalized_mutual_information(env, t), 5.0 / 6);
	check_labels(env, LABELS(0, 0, 0, 1, 1, 1), LABELS(0, 0, 0, 1, 1, 2), 6, cs_adjusted_rand_index(env, t),
				 cs_normalized_mutual_information(env, t), 5.0 / 6);
}

/* ---- the table itself ---- */

/* Cells in any order and any number of parts: the same table, the same bits. */
static void
test_order_and_parts(cs_env *env)
{
	cs_contingency *whole = cs_contingency_new(env),
			   *part[3];
	cs_cell    *cell[2];
	size_t		m[2];
	cs_rng		rng;

	for (int i = 0; i < 3; i++)
		part[i] = cs_contingency_new(env);
	cs_rng_init(&rng, 1, 1);
	for (int i = 0; i < 3000; i++)
	{
		int32_t		a = (int32_t) cs_rng_below(&rng, 40) - 20,
					b = (int32_t) cs_rng_below(&rng, 50);

		cs_contingency_add(env, whole, a, b, 1);
		cs_contingency_add(env, part[cs_rng_below(&rng, 3)], a, b, 1);
	}
	cs_contingency_merge(env, part[2], part[0]);
	cs_contingency_merge(env, part[2], part[1]);
	cell[0] = cs_contingency_cells(env, whole, &m[0]);
	cell[1] = cs_contingency_cells(env, part[2], &m[1]);
	CHECK(m[0] == m[1] && m[0] > 1400 && memcmp(cell[0], cell[1], m[0] * sizeof(cs_cell)) == 0);
	for (size_t i = 1; i < m[0]; i++)
		CHECK(cell[0][i].a > cell[0][i - 1].a || (cell[0][i].a == cell[0][i - 1].a && cell[0][i].b > cell[0][i - 1].b));
	CHECK(cs_adjusted_rand_index(env, whole) == cs_adjusted_rand_index(env, part[2]));
	CHECK(cs_normalized_mutual_information(env, whole) == cs_normalized_mutual_information(env, part[2]));
	CHECK(cs_purity(env, whole) == cs_purity(env, part[2]));
}

/* Read out and put in again. */
static void
test_copy(cs_env *env)
{
	cs_contingency *t = cs_contingency_new(env),
			   *copy = cs_contingency_new(env);
	cs_cell    *cell;
	size_t		m,
				again;

	for (int i = 0; i < 500; i++)
		cs_contingency_add(env, t, i * i % 23, i % 7, i % 3 + 1);
	cell = cs_contingency_cells(env, t, &m);
	for (size_t i = m; i > 0; i--)
		cs_contingency_add(env, copy, cell[i - 1].a, cell[i - 1].b, cell[i - 1].count);
	CHECK(memcmp(cs_contingency_cells(env, copy, &again), cell, m * sizeof(cs_cell)) == 0 && m == again);
	/* what was taken back is not there */
	for (size_t i = 0; i < m; i++)
		cs_contingency_add(env, copy, cell[i].a, cell[i].b, -cell[i].count);
	cs_contingency_cells(env, copy, &again);
	CHECK(again == 0 && isnan(cs_purity(env, copy)));
}

/* Agreement does not depend on which side is which; purity does. */
static void
test_symmetry(cs_env *env)
{
	cs_contingency *t = cs_contingency_new(env),
			   *turned = cs_contingency_new(env);

	for (int i = 0; i < 1000; i++)
	{
		cs_contingency_add(env, t, i % 7, i * i % 11, 1);
		cs_contingency_add(env, turned, i * i % 11, i % 7, 1);
	}
	CHECK_NEAR(cs_adjusted_rand_index(env, t), cs_adjusted_rand_index(env, turned), 1e-15);
	CHECK_NEAR(cs_normalized_mutual_information(env, t), cs_normalized_mutual_information(env, turned), 1e-15);
}

static void
check_sides(cs_env *env, const int32_t *a, const int32_t *b, size_t n, double homogeneity, double completeness, double pairs)
{
	cs_contingency *t = cs_contingency_new(env);

	cs_contingency_add_labels(env, t, a, b, n);
	CHECK_NEAR(cs_homogeneity(env, t), homogeneity, 1e-12);
	CHECK_NEAR(cs_completeness(env, t), completeness, 1e-12);
	CHECK_NEAR(cs_fowlkes_mallows(env, t), pairs, 1e-12);
	cs_contingency_free(env, t);
}

static void
test_sides(cs_env *env)
{
	check_sides(env, LABELS(0, 0, 1, 1), LABELS(1, 1, 0, 0), 4, 1, 1, 1);
	check_sides(env, LABELS(0, 0, 1, 1), LABELS(0, 1, 2, 3), 4, 0.5, 1, 0);
	check_sides(env, LABELS(0, 1, 2, 3), LABELS(0, 0, 1, 1), 4, 1, 0.5, 0);
	check_sides(env, LABELS(0, 0, 1, 2), LABELS(0, 0, 1, 1), 4, 1, 0.6666666666666666, 0.7071067811865476);
	check_sides(env, LABELS(0, 0, 0, 0), LABELS(0, 1, 2, 3), 4, 0, 1, 0);
	check_sides(env, LABELS(0, 0, 0, 0), LABELS(0, 0, 0, 0), 4, 1, 1, 1);
	check_sides(env, LABELS(5), LABELS(7), 1, 1, 1, 0);
	check_sides(env, NULL, NULL, 0, 1, 1, 0);
}

/* A table of so many distinct pairs says what it takes. */
static void
test_bytes(cs_env *env)
{
	cs_contingency *t = cs_contingency_new(env);
	size_t		empty = cs_contingency_bytes(t);

	for (int i = 0; i < 1000; i++)
		cs_contingency_add(env, t, i, i, 1);
	CHECK(cs_contingency_bytes(t) >= 1000 * sizeof(cs_cell) && cs_contingency_bytes(t) > empty);
	cs_contingency_free(env, t);
}

TESTS(test_sides, test_bytes, test_small, test_limits, test_larger, test_iris, test_any_label, test_order_and_parts, test_copy, test_symmetry)
