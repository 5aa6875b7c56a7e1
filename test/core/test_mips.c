/*
 * test_mips.c - the greatest products, against all products, to the last bit.
 */
#include "harness.h"

#include "core/base/rng.h"
#include "core/reco/factors.h"

#define ITEMS 400

/* Lengths that differ by a factor of 1000, ten pairs of twins, and some items without factors. */
static cs_factors *
some_factors(cs_env *env, int d, double skew)
{
	static const cs_fold_settings sums = {0, 0, 0};
	cs_factors *f = cs_factors_new(env, ITEMS, d, &sums);
	cs_rng		rng;
	float		v[64];

	cs_rng_init(&rng, 7, 0);
	for (int i = 0; i < ITEMS; i++)
	{
		if (i % 2 == 0 || i >= 20)
			for (int k = 0; k < d; k++)
				v[k] = i % 17 == 0 ? 0 : (float) ((cs_rng_unit(&rng) - 0.4) * exp(skew * cs_rng_unit(&rng)) / (1 + k));
		cs_factors_set(f, i, v);
	}
	cs_factors_ready(f);
	return f;
}

static int
by_score(const void *a, const void *b)
{
	const cs_scored *x = a,
			   *y = b;

	return x->score > y->score ? -1 : x->score < y->score ? 1 : x->item - y->item;
}

/* All products > 0 of the items asked for, best first. */
static size_t
all_products(cs_env *env, const cs_factors *f, const double *q, int step, cs_scored *out)
{
	size_t		n = cs_factors_scores(env, f, q, false, out),
				kept = 0;

	for (size_t i = 0; i < n; i++)
		if (out[i].item % step == 0)
			out[kept++] = out[i];
	qsort(out, kept, sizeof(cs_scored), by_score);
	return kept;
}

/* What is found begins with the best k, and ends where the k-th score ends. */
static void
finds_the_best(cs_env *env, int d, double skew, int step)
{
	static const size_t ks[] = {1, 2, 10, 150, ITEMS, 2 * ITEMS};
	cs_factors *f = some_factors(env, d, skew);
	cs_rng		rng;
	int32_t		item[ITEMS];
	size_t		items = 0;
	cs_mips    *m;
	static cs_scored all[ITEMS],
				found[ITEMS];

	cs_rng_init(&rng, 8, 0);
	for (int i = 0; i < ITEMS; i += step)
		item[items++] = i;
	m = cs_factors_search(env, f, step > 1 ? item : NULL, items);
	for (int trial = 0; trial < 8; trial++)
	{
		double		q[64];
		size_t		n;

		for (int k = 0; k < d; k++)
			q[k] = (cs_rng_unit(&rng) - 0.5) * (trial % 2 ? 1 : 1e-30);
		n = all_products(env, f, q, step, all);
		for (size_t i = 0; i < sizeof(ks) / sizeof(ks[0]); i++)
		{
			size_t		k = ks[i] < n ? ks[i] : n,
						got = cs_mips_best(env, m, q, ks[i], found);

			while (k > 0 && k < n && all[k].score == all[k - 1].score)
				k++;
			CHECK(got == k);
			qsort(found, got, sizeof(cs_scored), by_score);
			for (size_t j = 0; j < got; j++)
				CHECK(found[j].item == all[j].item && found[j].score == all[j].score);
		}
	}
	cs_mips_free(m);
	cs_factors_free(f);
}

/* Nothing to find: no item has factors, or all products are negative. */
static void
finds_nothing(cs_env *env)
{
	static const cs_fold_settings sums = {0, 0, 0};
	static const float v[2] = {1, 2};
	static const double away[2] = {-1, -1};
	cs_factors *f = cs_factors_new(env, 3, 2, &sums);
	cs_scored	found[3];
	cs_mips    *m;

	cs_factors_ready(f);
	m = cs_factors_search(env, f, NULL, 0);
	CHECK(cs_mips_best(env, m, away, 2, found) == 0);
	cs_mips_free(m);
	for (int i = 0; i < 3; i++)
		cs_factors_set(f, i, v);
	m = cs_factors_search(env, f, NULL, 0);
	CHECK(cs_mips_best(env, m, away, 2, found) == 0);
	cs_mips_free(m);
	cs_factors_free(f);
}

static void
of_all_items(cs_env *env)
{
	finds_the_best(env, 64, 7, 1);
	finds_the_best(env, 64, 0, 1);
	finds_the_best(env, 3, 2, 1);
}

static void
of_some_items(cs_env *env)
{
	finds_the_best(env, 33, 7, 3);
	finds_the_best(env, 1, 2, 7);
}

TESTS(of_all_items, of_some_items, finds_nothing)
