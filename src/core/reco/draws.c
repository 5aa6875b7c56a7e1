/*
 * draws.c - random numbers of beta distributions (draws.h).
 */
#include "core/reco/draws.h"

#include "core/base/rng.h"

#include <math.h>

/* Places to begin at, a power of two. */
#define BEGINNINGS 4096
#define NORMALS (BEGINNINGS + CS_DRAWS)

/* A cube root of a gamma variable is above this: nothing is divided by 0. */
#define LEAST 1e-4f

struct cs_draws
{
	float		x[NORMALS];
	float		y[NORMALS];
};

/* As many quantiles of the normal distribution as there are beginnings: each step of Newton's starts at the one before. */
static void
normal_quantiles(double *z)
{
	const double root_2_pi = 2.5066282746310002,
				root_half = 0.70710678118654752;
	double		x = 0;

	for (int i = BEGINNINGS / 2; i < BEGINNINGS; i++)
	{
		double		above = 1 - (i + 0.5) / BEGINNINGS;

		for (int k = 0; k < 6; k++)
			x += (0.5 * erfc(x * root_half) - above) * root_2_pi * exp(x * x / 2);
		z[i] = x;
		z[BEGINNINGS - 1 - i] = -x;
	}
}

/* In an order drawn at random, the first of them again behind the last. */
static void
shuffle(cs_rng *rng, double *z, float *out)
{
	for (int i = BEGINNINGS - 1; i > 0; i--)
	{
		int			j = (int) cs_rng_below(rng, (uint64_t) i + 1);
		double		other = z[j];

		z[j] = z[i];
		z[i] = other;
	}
	for (int i = 0; i < NORMALS; i++)
		out[i] = (float) z[i % BEGINNINGS];
}

cs_draws *
cs_draws_new(cs_env *env)
{
	cs_draws   *d = CS_NEW(env, cs_draws, 1);
	double	   *z = CS_ROOM(env, double, BEGINNINGS);
	cs_rng		rng;

	normal_quantiles(z);
	cs_rng_init(&rng, 0, CS_STREAM_WORLDS);
	shuffle(&rng, z, d->x);
	shuffle(&rng, z, d->y);
	cs_release(env, z);
	return d;
}

/* Mean and spread of the cube root of a gamma variable over its mean. */
static void
cube_root(double a, float *mean, float *spread)
{
	*mean = (float) (1 - 1 / (9 * a));
	*spread = (float) (1 / (3 * sqrt(a)));
}

void
cs_draw_betas(const cs_draws *d, uint64_t key, double a, double b, float *out)
{
	uint64_t	at = cs_mix64(key);
	const float *x = d->x + (at & (BEGINNINGS - 1)),
			   *y = d->y + (at >> 32 & (BEGINNINGS - 1));
	float		mean_x,
				spread_x,
				mean_y,
				spread_y,
				ratio = (float) (b / a);

	cube_root(a, &mean_x, &spread_x);
	cube_root(b, &mean_y, &spread_y);
	for (int i = 0; i < CS_DRAWS; i++)
	{
		float		u = mean_x + spread_x * x[i],
					v = mean_y + spread_y * y[i];

		u = u > LEAST ? u : LEAST;
		v = v > LEAST ? v : LEAST;
		u = u * u * u;
		out[i] = u / (u + ratio * (v * v * v));
	}
}
