/*
 * points.h - rows to test with, and the plain way to compute what kernels compute.
 */
#ifndef TEST_POINTS_H
#define TEST_POINTS_H

#include "core/base/matrix.h"
#include "core/base/params.h"
#include "core/base/rng.h"

#include <math.h>
#include <string.h>

/* uniform in -1 .. 1 */
static inline float
draw_real(cs_rng *rng)
{
	return (float) (2 * cs_rng_unit(rng) - 1);
}

/* whole numbers -8 .. 8: sums of their products are exact in single precision */
static inline float
draw_whole(cs_rng *rng)
{
	return (float) cs_rng_below(rng, 17) - 8;
}

/* n x d values, row by row */
static inline float *
draw_rows(cs_env *env, size_t n, int d, uint64_t seed, float (*draw) (cs_rng *))
{
	float	   *x = CS_NEW(env, float, n * (size_t) d);
	cs_rng		rng;

	cs_rng_init(&rng, seed, 1);
	for (size_t i = 0; i < n * (size_t) d; i++)
		x[i] = draw(&rng);
	return x;
}

/* Rows around k corners of a grid, row i near corner i % k; spread is half a side. */
static inline float *
draw_groups(cs_env *env, size_t n, int d, int k, double spread, uint64_t seed)
{
	float	   *x = draw_rows(env, n, d, seed, draw_real);

	for (size_t i = 0; i < n; i++)
		for (int f = 0; f < d; f++)
		{
			int			corner = (int) (i % (size_t) k) >> (2 * (f % 3)) & 3;

			x[i * (size_t) d + (size_t) f] = (float) (10.0 * corner + spread * (double) x[i * (size_t) d + (size_t) f]);
		}
	return x;
}

static inline double
square_distance(const float *a, const double *b, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += ((double) a[f] - b[f]) * ((double) a[f] - b[f]);
	return s;
}

/* Nearest of k centres; ties to the lower number. */
static inline int
nearest_center(const float *row, const double *c, int k, int d)
{
	int			best = 0;

	for (int j = 1; j < k; j++)
		if (square_distance(row, c + (size_t) j * (size_t) d, d) < square_distance(row, c + (size_t) best * (size_t) d, d))
			best = j;
	return best;
}

static inline double *
to_doubles(cs_env *env, const float *x, size_t n)
{
	double	   *out = CS_NEW(env, double, n);

	for (size_t i = 0; i < n; i++)
		out[i] = (double) x[i];
	return out;
}

/* Weights 1, 2, 3, 1, 2, 3, ... for a matrix. */
static inline void
add_weights(cs_env *env, cs_matrix *m)
{
	m->weight = CS_NEW(env, float, cs_round_lanes(m->n));
	for (size_t i = 0; i < m->n; i++)
		m->weight[i] = (float) (i % 3 + 1);
}

/* So that algorithms may sort the rows. */
static inline void
add_origin(cs_env *env, cs_matrix *m)
{
	m->origin = CS_NEW(env, uint16_t, cs_round_lanes(m->n));
	for (size_t i = 0; i < m->n; i++)
		m->origin[i] = (uint16_t) (i % CS_BLOCK_ROWS);
}

/* Options at their defaults but for one. */
static inline cs_options *
options_with(cs_env *env, const cs_param *table, const char *name, double value)
{
	cs_options *o = cs_options_new(env, table);

	if (name)
	{
		o->value[cs_params_find(table, name)].set = true;
		o->value[cs_params_find(table, name)].number = value;
	}
	return o;
}

#endif							/* TEST_POINTS_H */
