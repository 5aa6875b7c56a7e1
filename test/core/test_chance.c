/*
 * test_chance.c - tails of the chi-square distribution against SciPy's chi2.sf.
 */
#include "harness.h"

#include "core/reco/chance.h"

static void
against_scipy(cs_env *env)
{
	static const struct
	{
		double		x;
		int			df;
		double		p;
	}			known[] = {
		{3.841458820694124, 1, 0.0499999999999999},
		{0.5, 1, 0.479500122186953},
		{40, 1, 2.53962858947086e-10},
		{5.991464547107979, 2, 0.0500000000000001},
		{7.5, 3, 0.0575584519726364},
		{0.001, 4, 0.999999875041659},
		{12.3, 5, 0.0309004646354609},
		{30, 10, 0.000856641210775301},
		{55.5, 31, 0.00440797585556313},
		{700, 600, 0.00289577253182228},
		{9800, 10000, 0.922055043773486}
	};

	(void) env;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		CHECK_NEAR(cs_chi_square_tail(known[i].x, known[i].df) / known[i].p, 1, 1e-10);
}

static void
at_the_ends(cs_env *env)
{
	(void) env;
	for (int df = 1; df < 8; df++)
	{
		CHECK(cs_chi_square_tail(0, df) == 1 && cs_chi_square_tail(-1, df) == 1 && cs_chi_square_tail(1e9, df) == 0);
		for (double x = 0.1; x < 40; x += 0.7)
			CHECK(cs_chi_square_tail(x, df) < cs_chi_square_tail(x - 0.1, df) && cs_chi_square_tail(x, df) < cs_chi_square_tail(x, df + 1));
	}
	/* twice the logarithm of a probability is a chi-square of 2 */
	CHECK_NEAR(cs_chi_square_tail(-2 * log(0.37), 2), 0.37, 1e-15);
}

TESTS(against_scipy, at_the_ends)
