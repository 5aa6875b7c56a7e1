/*
 * test_factors.c - folding in, by hand and against the normal equations; terms add up to scores.
 */
#include "reco_table.h"

#include "core/reco/factors.h"

/*
 * One factor: v = 1, 2, alpha 1/2, l2 1, nu 1, and both parts.  For a history of the
 * first item, x 1: A = 5/2 + 1 + (1 + 1) = 11/2, u = 2/11; of both, x 1 and 3: A = 5/2
 * + 1 + 12 + (4 + 1) = 41/2, u = 7 * 2/41.
 */
static void
by_hand(cs_env *env)
{
	static const float v[2] = {1, 2};
	static const int32_t item[2] = {0, 1};
	static const double x[2] = {1, 3};
	cs_fold_settings s = {0.5, 1, 1};
	cs_factors *f = cs_factors_new(env, 2, 1, &s);
	cs_fold    *c;
	cs_scored	out[2];
	double		terms[2];

	cs_factors_set(f, 0, v);
	cs_factors_set(f, 1, v + 1);
	cs_factors_ready(f);
	c = cs_fold_new(env, f);
	cs_fold_customer(c, 1, item, x);
	CHECK_NEAR(c->u[0], 2.0 / 11, 1e-11);
	CHECK(cs_fold_scores(env, c, false, out) == 2 && out[1].item == 1);
	CHECK_NEAR(out[1].score, 4.0 / 11, 1e-11);
	cs_fold_customer(c, 2, item, x);
	CHECK_NEAR(c->u[0], 14.0 / 41, 1e-11);
	cs_fold_explain(c, 1, terms);
	CHECK_NEAR(terms[0], 2 * 2.0 / 41, 1e-11);
	CHECK_NEAR(terms[1], 2 * 6 * 2.0 / 41, 1e-11);
	cs_fold_customer(c, 0, item, x);
	CHECK(cs_fold_scores(env, c, false, out) == 0);
	cs_fold_free(env, c);
}

/* Rows whose Gram matrix is diagonal: of a discrete cosine transform. */
static float
wave(int i, int f, int items)
{
	return (float) (cos(3.14159265358979 * (i + 0.5) * f / items) / (1 + f));
}

/* Histories shorter and longer than the factors, against A u - b = 0 with all of A. */
static void
solves_the_normal_equations(cs_env *env)
{
	enum
	{
		N = 100, D = 9
	};
	cs_fold_settings s = {0.2, 0.03, 0.7};
	cs_factors *f = cs_factors_new(env, N, D, &s);
	cs_fold    *c;
	float		v[N][D];
	int32_t		item[20];
	double		x[20],
				terms[20];
	cs_scored	out[N];

	for (int i = 0; i < N; i++)
	{
		for (int k = 0; k < D; k++)
			v[i][k] = wave(i, k, N);
		cs_factors_set(f, i, v[i]);
	}
	cs_factors_ready(f);
	c = cs_fold_new(env, f);
	for (int n = 1; n <= 20; n++)
	{
		double		sum = 0;
		size_t		found;

		item[n - 1] = n * 5 - 3;
		x[n - 1] = 0.5 + n % 4;
		cs_fold_customer(c, (size_t) n, item, x);
		for (int e = 0; e < n; e++)
			sum += x[e];
		for (int k = 0; k < D; k++)
		{
			double		residual = s.l2 * pow(sum + s.alpha * N, s.nu) * c->u[k];

			for (int i = 0; i < N; i++)
			{
				double		y = 0,
							have = 0;

				for (int e = 0; e < n; e++)
					have = item[e] == i ? x[e] : have;
				for (int g = 0; g < D; g++)
					y += c->u[g] * (double) v[i][g];
				residual += (double) v[i][k] * (s.alpha * y + have * (y - 1));
			}
			CHECK_NEAR(residual, 0, 1e-5);
		}
		found = cs_fold_scores(env, c, false, out);
		CHECK(found > 10);
		for (size_t o = 0; o < found; o++)
		{
			double		all = 0;

			cs_fold_explain(c, out[o].item, terms);
			for (int e = 0; e < n; e++)
				all += terms[e];
			CHECK_NEAR(all, out[o].score, 1e-9);
			CHECK(cs_fold_score(c, out[o].item) == out[o].score);
		}
	}
	cs_fold_free(env, c);
}

/* Orthonormal factors: sums, and cosines of items. */
static void
sums_and_cosines(cs_env *env)
{
	static const float v[3][2] = {{3, 4}, {4, 3}, {-3, 4}};
	static const int32_t item[2] = {0, 2};
	static const double x[2] = {1, 0.5};
	cs_fold_settings s = {0, 0, 0};
	cs_factors *f = cs_factors_new(env, 3, 2, &s);
	cs_fold    *c;
	cs_scored	out[3];
	double		terms[2];

	for (int i = 0; i < 3; i++)
		cs_factors_set(f, i, v[i]);
	cs_factors_ready(f);
	c = cs_fold_new(env, f);
	cs_fold_customer(c, 2, item, x);
	CHECK(c->u[0] == 1.5 && c->u[1] == 6);
	CHECK(cs_fold_scores(env, c, false, out) == 3 && out[1].score == 24);
	cs_fold_explain(c, 1, terms);
	CHECK(terms[0] == 24 && terms[1] == 0);
	CHECK(cs_factors_similar(env, f, 0, out) == 2);
	CHECK_NEAR(out[0].score, 0.96, 1e-12);
	CHECK_NEAR(out[1].score, 0.28, 1e-12);
	cs_fold_free(env, c);
}

TESTS(by_hand, solves_the_normal_equations, sums_and_cosines)
