/*
 * draws.c - random numbers of a beta distribution (draws.h).
 */
#include "core/reco/draws.h"

#include <math.h>

/* Standard normal, by the polar method, which makes two at a time. */
typedef struct normals
{
	cs_rng	   *rng;
	double		other;
	bool		kept;
} normals;

static double
draw_normal(normals *g)
{
	double		x,
				y,
				s;

	if (g->kept)
	{
		g->kept = false;
		return g->other;
	}
	do
	{
		x = 2 * cs_rng_unit(g->rng) - 1;
		y = 2 * cs_rng_unit(g->rng) - 1;
		s = x * x + y * y;
	} while (s >= 1 || s == 0);
	s = sqrt(-2 * log(s) / s);
	g->other = y * s;
	g->kept = true;
	return x * s;
}

/* In (0, 1]. */
static double
draw_positive(cs_rng *rng)
{
	return 1 - cs_rng_unit(rng);
}

/* Of shape a of at least 1/3. */
static double
draw_gamma(normals *g, double a)
{
	double		scale = a < 1 ? pow(draw_positive(g->rng), 1 / a) : 1,
				d = (a < 1 ? a + 1 : a) - 1.0 / 3,
				c = 1 / sqrt(9 * d);

	for (;;)
	{
		double		x = draw_normal(g),
					v = 1 + c * x,
					u = draw_positive(g->rng);

		if (v <= 0)
			continue;
		v = v * v * v;
		/* the first test settles nearly all without a logarithm */
		if (u < 1 - 0.0331 * x * x * x * x || log(u) < x * x / 2 + d * (1 - v + log(v)))
			return scale * d * v;
	}
}

void
cs_draw_betas(cs_rng *rng, double a, double b, int n, float *out)
{
	normals		g = {rng, 0, false};

	for (int i = 0; i < n; i++)
	{
		double		x = draw_gamma(&g, a),
					y = draw_gamma(&g, b);

		out[i] = (float) (x / (x + y));
	}
}
