/*
 * test_rng.c - the generators give their published sequences, and fair draws.
 */
#include "harness.h"

#include "core/base/rng.h"

/* SplitMix64 from seed 1234567, as listed on rosettacode.org. */
static void
test_splitmix(cs_env *env)
{
	uint64_t	state = 1234567;

	(void) env;
	CHECK(cs_splitmix(&state) == UINT64_C(6457827717110365317));
	CHECK(cs_splitmix(&state) == UINT64_C(3203168211198807973));
	CHECK(cs_splitmix(&state) == UINT64_C(9817491932198370423));
	CHECK(cs_mix64(0) == UINT64_C(0xE220A8397B1DCDAF));
}

/* xoshiro256++ from the state 1, 2, 3, 4, as in the tests of rand_xoshiro. */
static void
test_xoshiro(cs_env *env)
{
	static const uint64_t expected[] = {
		UINT64_C(41943041), UINT64_C(58720359), UINT64_C(3588806011781223), UINT64_C(3591011842654386),
		UINT64_C(9228616714210784205), UINT64_C(9973669472204895162), UINT64_C(14011001112246962877),
		UINT64_C(12406186145184390807), UINT64_C(15849039046786891736), UINT64_C(10450023813501588000)
	};
	cs_rng		rng = {{1, 2, 3, 4}};

	(void) env;
	for (int i = 0; i < 10; i++)
		CHECK(cs_rng_next(&rng) == expected[i]);
}

static void
test_streams_differ(cs_env *env)
{
	cs_rng		a,
				b,
				c,
				again;

	(void) env;
	cs_rng_init(&a, 42, 1);
	cs_rng_init(&b, 42, 2);
	cs_rng_init(&c, 43, 1);
	cs_rng_init(&again, 42, 1);
	for (int i = 0; i < 100; i++)
	{
		uint64_t	v = cs_rng_next(&a);

		CHECK(v == cs_rng_next(&again));
		CHECK(v != cs_rng_next(&b));
		CHECK(v != cs_rng_next(&c));
	}
}

/* Each of n values about as often: chi-squared with n - 1 degrees of freedom. */
static void
test_below_is_uniform(cs_env *env)
{
	int			seen[10] = {0};
	double		chi2 = 0,
				sum = 0;
	cs_rng		rng;

	(void) env;
	cs_rng_init(&rng, 1, 1);
	for (int i = 0; i < 100000; i++)
	{
		uint64_t	v = cs_rng_below(&rng, 10);
		double		u = cs_rng_unit(&rng);

		CHECK(v < 10 && u >= 0 && u < 1);
		seen[v % 10]++;
		sum += u;
	}
	for (int i = 0; i < 10; i++)
		chi2 += (seen[i] - 10000.0) * (seen[i] - 10000.0) / 10000;
	CHECK(chi2 < 27.9);			/* 99.9 % of 9 degrees of freedom */
	CHECK_NEAR(sum / 100000, 0.5, 0.004);
}

/* Where the range does not divide 2^64, a remainder alone would favour the first third. */
static void
test_below_has_no_bias(cs_env *env)
{
	uint64_t	n = UINT64_C(3) << 62;
	int			low = 0;
	cs_rng		rng;

	(void) env;
	cs_rng_init(&rng, 7, 1);
	for (int i = 0; i < 30000; i++)
		low += cs_rng_below(&rng, n) < n / 3;
	CHECK(abs(low - 10000) < 350);
	for (int i = 0; i < 10; i++)
		CHECK(cs_rng_below(&rng, 1) == 0);
}

TESTS(test_splitmix, test_xoshiro, test_streams_differ, test_below_is_uniform, test_below_has_no_bias)
