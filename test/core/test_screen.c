/*
 * test_screen.c - statistics of columns before training.
 *
 * Reference values: NumPy 2 (corrcoef, std) on the ten values below, and sums worked
 * out by hand: their mean is 3.9, their squared deviations add up to 54.9.
 */
#include "core/prep/screen.h"
#include "harness.h"

#include <math.h>
#include <string.h>

#define TEN 10

static const float ten[TEN] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};

static void
test_spread(cs_env *env)
{
	cs_spread	s;

	cs_spread_init(&s);
	CHECK(cs_spread_sd(&s) == 0);
	for (int i = 0; i < TEN; i++)
		cs_spread_add(&s, (double) ten[i]);
	CHECK_NEAR(s.mean, 3.9, 1e-12);
	CHECK_NEAR(cs_spread_sd(&s), 2.3430749027719964, 1e-12);
	CHECK(s.n == 10 && s.min == 1 && s.max == 9 && s.whole);
	cs_spread_add(&s, 0.5);
	CHECK(!s.whole && s.min == 0.5);
	(void) env;
}

static void
test_tail_share(cs_env *env)
{
	float		v[TEN];

	memcpy(v, ten, sizeof(ten));
	CHECK_NEAR(cs_tail_share(v, TEN, 0.1), 26.01 / 54.9, 1e-6);
	memcpy(v, ten, sizeof(ten));
	CHECK_NEAR(cs_tail_share(v, TEN, 0.2), (26.01 + 8.41) / 54.9, 1e-6);

	/* less than a row is a row; equal values have no extremes */
	memcpy(v, ten, sizeof(ten));
	CHECK_NEAR(cs_tail_share(v, TEN, 0.001), 26.01 / 54.9, 1e-6);
	CHECK(cs_tail_share((float[]) {7, 7, 7}, 3, 0.01) == 0);
	CHECK(cs_tail_share(v, 0, 0.01) == 0);
	(void) env;
}

static void
test_tails_of_distributions(cs_env *env)
{
	enum
	{
		N = 100000
	};
	float	   *v = CS_NEW(env, float, N);

	/* quantiles of the exponential distribution: 1 % beyond ln 100, which hold (3.605^2 + 2 * 3.605 + 2) / 100 */
	for (int i = 0; i < N; i++)
		v[i] = (float) -log1p(-(i + 0.5) / N);
	CHECK_NEAR(cs_tail_share(v, N, 0.01), 0.22208, 2e-3);
	cs_release(env, v);
}

static void
test_mode_share(cs_env *env)
{
	double		v[TEN];

	for (int i = 0; i < TEN; i++)
		v[i] = (double) ten[i];
	CHECK_NEAR(cs_mode_share(v, TEN), 0.2, 1e-12);
	CHECK_NEAR(cs_mode_share((double[]) {0, 2, 0, 0}, 4), 0.75, 1e-12);
	CHECK(cs_mode_share(v, 0) == 0);
	(void) env;
}

static void
test_evenness(cs_env *env)
{
	double		v[TEN];

	for (int i = 0; i < TEN; i++)
		v[i] = (double) ten[i];
	CHECK(cs_evenness(v, TEN) == -1);
	CHECK_NEAR(cs_evenness((double[]) {13, 11, 12, 14}, 4), 1, 1e-12);
	CHECK_NEAR(cs_evenness((double[]) {8, 1, 4, 2}, 4), 0.9591663046625439, 1e-12);
	CHECK(cs_evenness((double[]) {8}, 1) == 0);
	(void) env;
}

static void
test_correlations(cs_env *env)
{
	static const float other[TEN] = {2, 7, 1, 8, 2, 8, 1, 8, 2, 8};
	float		x[TEN * 4];
	double		r[16];

	for (int i = 0; i < TEN; i++)
	{
		x[i * 4] = ten[i];
		x[i * 4 + 1] = other[i];
		x[i * 4 + 2] = -2 * ten[i] + 1;
		x[i * 4 + 3] = 5;
	}
	cs_correlations(env, x, TEN, 4, r);
	CHECK_NEAR(r[1], 0.10492284287735874, 1e-12);
	CHECK(r[1] == r[4]);
	CHECK_NEAR(r[2], -1, 1e-12);
	CHECK_NEAR(r[0], 1, 1e-12);
	CHECK(r[3] == 0 && r[15] == 0);
}

TESTS(test_spread, test_tail_share, test_tails_of_distributions, test_mode_share, test_evenness, test_correlations)
