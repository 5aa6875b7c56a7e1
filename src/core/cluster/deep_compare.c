/*
 * deep_compare.c - is a network worth it?  Principal components of the points, for
 * what k-means makes of them.
 *
 * Which clustering is better is told by neighbours (cs_neighbour_agreement).
 * Silhouettes are not fair: each clustering is compact in the space that it was made in.
 * Whether the rows most like a row are in its segment needs no
 * space of an embedding, and no notion of a segment's shape.
 */
#include "core/base/linalg.h"
#include "core/cluster/deep.h"

/* Rows of one product. */
#define RUN ((size_t) 100)

/* Rows from .. of x, less the mean, as doubles; how many, at most RUN. */
static size_t
take_rows(const cs_matrix *x, size_t from, const double *mean, float *row, double *to)
{
	size_t		d = (size_t) x->d,
				rows = x->n - from < RUN ? x->n - from : RUN;

	for (size_t i = 0; i < rows; i++)
	{
		cs_matrix_row(x, from + i, row);
		for (size_t f = 0; f < d; f++)
			to[i * d + f] = (double) row[f] - mean[f];
	}
	return rows;
}

/* e leading eigenvectors of the covariance: d x e. */
static void
find_axes(cs_env *env, const cs_matrix *x, int e, uint64_t seed, double *mean, double *axis, float *row, double *run)
{
	size_t		d = (size_t) x->d;
	double	   *square = CS_NEW(env, double, d * d),
			   *none = CS_NEW(env, double, d),
			   *u = CS_ROOM(env, double, d * (size_t) e),
			   *value = CS_ROOM(env, double, (size_t) e);
	cs_svd_options options = {.rank = (size_t) e, .oversample = 10, .iterations = 4, .seed = seed};

	for (size_t from = 0; from < x->n; from += RUN)
	{
		size_t		rows = take_rows(x, from, none, row, run);

		for (size_t i = 0; i < rows; i++)
			for (size_t f = 0; f < d; f++)
				mean[f] += run[i * d + f] / (double) x->n;
	}
	for (size_t from = 0; from < x->n; from += RUN)
	{
		size_t		rows = take_rows(x, from, mean, row, run);

		cs_gram(env, NULL, CS_T, d, rows, 1, run, d, 1, square, d);
		cs_poll(env);
	}
	cs_svd_random_dense(env, NULL, d, d, square, d, &options, u, value, axis);
	cs_release(env, square);
	cs_release(env, none);
	cs_release(env, u);
	cs_release(env, value);
}

void
cs_deep_components(cs_env *env, const cs_matrix *x, int e, uint64_t seed, const cs_matrix *to)
{
	size_t		d = (size_t) x->d;
	double	   *mean = CS_NEW(env, double, d),
			   *axis = CS_ROOM(env, double, d * (size_t) e),
			   *run = CS_ROOM(env, double, RUN * d),
			   *score = CS_ROOM(env, double, RUN * (size_t) e);
	float	   *row = CS_ROOM(env, float, d + (size_t) e);

	find_axes(env, x, e, seed, mean, axis, row, run);
	for (size_t from = 0; from < x->n; from += RUN)
	{
		size_t		rows = take_rows(x, from, mean, row, run);

		cs_product(env, NULL, CS_N, CS_N, rows, (size_t) e, d, 1, run, d, axis, (size_t) e, 0, score, (size_t) e);
		for (size_t i = 0; i < rows; i++)
		{
			for (int f = 0; f < e; f++)
				row[f] = (float) score[i * (size_t) e + (size_t) f];
			cs_matrix_set_row(to, from + i, row);
		}
		cs_poll(env);
	}
	cs_release(env, mean);
	cs_release(env, axis);
	cs_release(env, run);
	cs_release(env, score);
	cs_release(env, row);
}
