/*
 * linalg_kernel.h - the innermost loops of dense linear algebra, in one version
 * per instruction set and precision (inside of linalg_*.c only; the functions
 * to call are in linalg.h).
 *
 * The layers are those of Goto and van de Geijn, "Anatomy of high-performance
 * matrix multiplication" (ACM TOMS 34, 2008), with the micro-kernel of BLIS
 * (Van Zee and van de Geijn, ACM TOMS 41, 2015): panels of A and B are packed
 * in the order in which a register block of mr x nr sums reads them.
 *
 * Every sum over k is one chain of multiply-adds in the order of k, whatever
 * the place of its element in a block: how a product is cut into blocks of rows
 * and columns never changes a bit of it.
 */
#ifndef CS_LINALG_KERNEL_H
#define CS_LINALG_KERNEL_H

#include "core/base/kernel.h"

/* Side of the triangles that solve and cholesky below take at most. */
#define CS_TRIANGLE 64

/* Most right-hand sides that solve takes at a time. */
#define CS_STRIP_MAX 64

/* One version in one precision; T is float or double. */
#define CS_DENSE_KERNEL(T) \
{ \
	int			mr;				/* register block: rows ... */ \
	int			nr;				/* ... and columns */ \
	int			kc;				/* depth of packed panels: a panel of B stays in the first cache */ \
	int			mc;				/* rows of A packed at a time: they stay in the second cache */ \
	int			strip;			/* right-hand sides that solve takes at a time ... */ \
	int			narrow;			/* ... or these, when there are few */ \
\
	/* m x k values at a[i * row + p * col] into panels [k][mr], zeros below row m */ \
	void		(*pack_a) (const T *a, size_t row, size_t col, size_t m, size_t k, T *to); \
\
	/* k x n values at b[p * row + j * col] into panels [k][nr], zeros right of column n */ \
	void		(*pack_b) (const T *b, size_t row, size_t col, size_t k, size_t n, T *to); \
\
	/* \
	 * C = alpha A B, added to what C holds when add is true; m x n, packed A \
	 * and B.  Register blocks wholly above the diagonal, where row + diagonal < \
	 * column, are left out. \
	 */ \
	void		(*multiply) (size_t m, size_t n, size_t k, T alpha, const T *a, const T *b, bool add, \
							 T *c, size_t ldc, ptrdiff_t diagonal); \
\
	/* \
	 * L X = B in place of B: n x n lower triangle with rows of CS_TRIANGLE, \
	 * n x strip (or narrow) right-hand sides; n a multiple of 4. \
	 */ \
	void		(*solve) (int n, const T *l, T *x, bool narrow); \
\
	/* \
	 * U'U = A in place of the upper triangle with rows of CS_TRIANGLE; the \
	 * lower one becomes rubbish.  Returns the first pivot that is not positive \
	 * and finite, or n. \
	 */ \
	int			(*cholesky) (int n, T *u); \
}

typedef struct cs_dense_f32 CS_DENSE_KERNEL(float) cs_dense_f32;
typedef struct cs_dense_f64 CS_DENSE_KERNEL(double) cs_dense_f64;

/* Loops of eigenvectors and reflectors, in double precision only. */
typedef struct cs_vector_f64
{
	/* x.y, eight or more sums side by side */
	double		(*dot) (size_t n, const double *x, const double *y);

	/* y += a x */
	void		(*add) (size_t n, double a, const double *x, double *y);

	/*
	 * One sweep of plane rotations on n columns of consecutive rows: from
	 * i = high - 1 down to low, (x_i, x_i+1) becomes (c_i x_i - s_i x_i+1,
	 * s_i x_i + c_i x_i+1).  cs: pairs (c, s) by i - low.
	 */
	void		(*rotate) (double *x, size_t ldx, size_t n, size_t low, size_t high, const double *cs);

	/* y += A x and, over the strict lower triangle, y += A'x: symmetric A of which the lower triangle is read */
	void		(*symmetric) (size_t n, const double *a, size_t lda, const double *x, double *y);
} cs_vector_f64;

typedef struct cs_linalg_kernel
{
	const cs_dense_f32 *f32;
	const cs_dense_f64 *f64;
	const cs_vector_f64 *vector;
} cs_linalg_kernel;

extern const cs_linalg_kernel cs_linalg_portable;
#if defined(__x86_64__)
extern const cs_linalg_kernel cs_linalg_avx2;
extern const cs_linalg_kernel cs_linalg_avx512;
#endif

/* The version that goes with the env's kernel. */
const cs_linalg_kernel *cs_linalg_of(const cs_env *env);

#endif							/* CS_LINALG_KERNEL_H */
