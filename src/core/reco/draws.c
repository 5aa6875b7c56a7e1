/*
 * draws.c - random numbers of a beta distribution (draws.h).
 */
#include "core/reco/draws.h"

#include <math.h>

/* Standard normal, by the polar method. */
static double
draw_normal(cs_rng *rng)
{
	double		x,
				y,
				s;

	do
	{
		x = 2 * cs_rng_unit(rng) - 1;
		y = 2 * cs_rng_unit(rng) - 1;
		s = x * x + y * y;
	} while (s >= 1 || s == 0);
	return x * sqrt(-2 * log(s) / s);
}

/* In (0, 1]. */
static double
draw_positive(cs_rng *rng)
{
	return 1 - cs_rng_unit(rng);
}

/* Logarithm of a gamma variable of shape a: that itself may be too small for a double. */
static double
draw_log_gamma(cs_rng *rng, double a)
{
	double		shift = a < 1 ? log(draw_positive(rng)) / a : 0,
				d = (a < 1 ? a + 1 : a) - 1.0 / 3,
				c = 1 / sqrt(9 * d);

	for (;;)
	{
		double		x = draw_normal(rng),
					v = 1 + c * x;

		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(draw_positive(rng)) < x * x / 2 + d * (1 - v + log(v)))
			return log(d * v) + shift;
	}
}

double
cs_draw_beta(cs_rng *rng, double a, double b)
{
	double		x = draw_log_gamma(rng, a),
				y = draw_log_gamma(rng, b);

	return 1 / (1 + exp(y - x));
}
