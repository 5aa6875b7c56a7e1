/*
 * dense.h - matrices for tests of base/linalg.h: random ones, and plain loops to
 * compare with.
 */
#ifndef TEST_DENSE_H
#define TEST_DENSE_H

#include "core/base/linalg.h"
#include "core/base/rng.h"
#include "harness.h"

#include <float.h>

/* What no function may touch: the columns between the width and ld. */
#define FENCE 12345.0

static inline size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* rows x cols uniform in [-1, 1), fences behind each row. */
static inline double *
random_matrix(cs_env *env, uint64_t seed, size_t rows, size_t cols, size_t ld)
{
	double	   *a = CS_ROOM(env, double, larger(rows * ld, 1));
	cs_rng		rng;

	cs_rng_init(&rng, seed, 99);
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < ld; j++)
			a[i * ld + j] = j < cols ? 2 * cs_rng_unit(&rng) - 1 : FENCE;
	return a;
}

static inline double *
copy_of(cs_env *env, const double *a, size_t n)
{
	return memcpy(CS_ROOM(env, double, larger(n, 1)), a, n * sizeof(double));
}

static inline float *
as_floats(cs_env *env, const double *a, size_t n)
{
	float	   *f = CS_ROOM(env, float, larger(n, 1));

	for (size_t i = 0; i < n; i++)
		f[i] = (float) a[i];
	return f;
}

static inline void
from_floats(double *a, const float *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] = (double) f[i];
}

static inline bool
fences_stand(const double *a, size_t rows, size_t cols, size_t ld)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = cols; j < ld; j++)
			if (a[i * ld + j] != FENCE)
				return false;
	return true;
}

static inline double
element(const double *a, size_t ld, cs_op op, size_t i, size_t j)
{
	return op == CS_T ? a[j * ld + i] : a[i * ld + j];
}

/* c = alpha op(a) op(b) + beta c, the definition itself. */
static inline void
plain_product(cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
			  const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
		{
			double		sum = 0;

			for (size_t p = 0; p < k; p++)
				sum += element(a, lda, op_a, i, p) * element(b, ldb, op_b, p, j);
			c[i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]);
		}
}

/* Largest |a - b| over rows x cols. */
static inline double
largest_difference(const double *a, size_t lda, const double *b, size_t ldb, size_t rows, size_t cols)
{
	double		most = 0;

	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++)
		{
			double		z = fabs(a[i * lda + j] - b[i * ldb + j]);

			if (!(z <= most))
				most = isnan(z) ? INFINITY : z;
		}
	return most;
}

/* Largest element of |op(a) op(a)' - 1|; op(a) is n x k. */
static inline double
not_orthonormal(cs_op op, size_t n, size_t k, const double *a, size_t lda)
{
	double		most = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
		{
			double		sum = i == j ? -1 : 0;

			for (size_t p = 0; p < k; p++)
				sum += element(a, lda, op, i, p) * element(a, lda, op, j, p);
			if (!(fabs(sum) <= most))
				most = isnan(sum) ? INFINITY : fabs(sum);
		}
	return most;
}

/* Symmetric positive definite, n x n: a random Gram matrix of rank n plus a ridge. */
static inline double *
random_spd(cs_env *env, uint64_t seed, size_t n, size_t ld)
{
	double	   *a = random_matrix(env, seed, n, n, ld),
			   *g = random_matrix(env, seed, n, n, ld);

	plain_product(CS_N, CS_T, n, n, n, 1, a, ld, a, ld, 0, g, ld);
	for (size_t i = 0; i < n; i++)
		g[i * ld + i] += 1;
	cs_release(env, a);
	return g;
}

/* Hilbert's matrix 1 / (i + j + 1). */
static inline double *
hilbert(cs_env *env, size_t n)
{
	double	   *h = CS_ROOM(env, double, n * n);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			h[i * n + j] = 1 / (double) (i + j + 1);
	return h;
}

/* Callbacks of the env so far: allocations and polls. */
static inline long
callbacks_of(cs_env *env)
{
	return ((test_env *) env)->callbacks;
}

/* Sizes at and around all blocks: registers, panels, triangles, steps. */
static const size_t edge_sizes[] = {1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16, 17, 23, 24, 31, 32, 33, 47, 63, 64, 65, 67, 97};

#define EDGES (sizeof(edge_sizes) / sizeof(edge_sizes[0]))

static inline size_t
draw_size(cs_rng *rng)
{
	return edge_sizes[cs_rng_below(rng, EDGES)];
}

#endif							/* TEST_DENSE_H */
