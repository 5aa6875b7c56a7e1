/*
 * chance.c - tails of the chi-square distribution (chance.h).
 *
 * With y = x / 2 the tail is the sum of e^-y y^a / Gamma(a + 1) over a = df / 2 - 1,
 * df / 2 - 2, ... >= 0, and for odd df erfc(sqrt y) more (M. Abramowitz, I. Stegun,
 * "Handbook of Mathematical Functions", 1964, 26.4.4 and 26.4.5).  Gamma is of whole and
 * half numbers only, so each logarithm of it comes from the one before.
 */
#include "core/reco/chance.h"

#include <math.h>

#define LOG_GAMMA_3_2 (-0.12078223763524522235)

double
cs_chi_square_tail(double x, int df)
{
	double		y = x / 2,
				a = df % 2 ? 0.5 : 0,
				log_gamma = df % 2 ? LOG_GAMMA_3_2 : 0,		/* of a + 1 */
				sum = df % 2 ? erfc(sqrt(y > 0 ? y : 0)) : 0;

	if (!(y > 0))
		return 1;
	for (; a < df / 2.0 - 0.75; a++)
	{
		sum += exp(a * log(y) - y - log_gamma);
		log_gamma += log(a + 1);
	}
	return sum < 1 ? sum : 1;
}
