/*
 * linalg.h - dense linear algebra: products, triangular systems, Cholesky factors,
 * symmetric eigenvectors, orthonormal bases, singular values.
 *
 * Matrices are row-major: element (i, j) of a is a[i * lda + j], where lda, the
 * distance from one row to the next, is at least the number of columns.  Results
 * must not overlap what is read, except where a function works "in place".
 * Functions that end in f are the same in single precision.
 *
 * Every function polls at least every few milliseconds and takes memory from
 * the env only; small products take none.
 *
 * team: NULL, or the team all of whose members make the same call.  Then all
 * results must lie in the arena, what is read may lie anywhere as long as it is
 * the same for all, results are there for all on return, and the arena must have
 * room for what the function's ..._arena says; it is given back on return.
 * Results have the same bits for any team and for none.  They may differ in the
 * last bits between instruction sets.
 */
#ifndef CS_LINALG_H
#define CS_LINALG_H

#include "core/base/team.h"

/* Does a matrix go in as it is, or transposed? */
typedef enum cs_op
{
	CS_N,
	CS_T
} cs_op;

/* Does a triangular matrix stand left or right of the unknowns? */
typedef enum cs_side
{
	CS_LEFT,
	CS_RIGHT
} cs_side;

/* Which triangle of a matrix counts?  The other one is not read. */
typedef enum cs_shape
{
	CS_LOWER,
	CS_UPPER
} cs_shape;

/*
 * C = alpha op(A) op(B) + beta C.  op(A) is m x k, op(B) is k x n, C is m x n;
 * a beta of 0 overwrites whatever C holds.  2 m n k operations.
 */
void		cs_product(cs_env *env, cs_team *team, cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k,
					   double alpha, const double *a, size_t lda, const double *b, size_t ldb,
					   double beta, double *c, size_t ldc);
void		cs_productf(cs_env *env, cs_team *team, cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k,
						float alpha, const float *a, size_t lda, const float *b, size_t ldb,
						float beta, float *c, size_t ldc);

/*
 * Symmetric update, n x n: C = alpha A'A + beta C for CS_T (A is k x n),
 * C = alpha AA' + beta C for CS_N (A is n x k).  Of C the lower triangle is
 * read and both are written, alike to the bit.  n^2 k operations.
 */
void		cs_gram(cs_env *env, cs_team *team, cs_op op, size_t n, size_t k, double alpha, const double *a,
					size_t lda, double beta, double *c, size_t ldc);
void		cs_gramf(cs_env *env, cs_team *team, cs_op op, size_t n, size_t k, float alpha, const float *a,
					 size_t lda, float beta, float *c, size_t ldc);

/*
 * In place of B: the X of op(T) X = B (left; B is n x m) or X op(T) = B (right;
 * B is m x n).  T is n x n, lower or upper.  n^2 m operations.  A zero on the
 * diagonal divides by zero.
 */
void		cs_solve_triangular(cs_env *env, cs_team *team, cs_side side, cs_shape shape, cs_op op, size_t n,
								size_t m, const double *t, size_t ldt, double *b, size_t ldb);
void		cs_solve_triangularf(cs_env *env, cs_team *team, cs_side side, cs_shape shape, cs_op op, size_t n,
								 size_t m, const float *t, size_t ldt, float *b, size_t ldb);

/*
 * Cholesky factor in place: the lower triangle of A, n x n, becomes that of L
 * with LL' = A and a positive diagonal; the upper one becomes zero.  n^3/3
 * operations, left-looking in columns of 256, halves within them.
 *
 * Returns -1, or the number i >= 0 of the first pivot that is not positive and
 * finite: the leading (i + 1) x (i + 1) part of A is not positive definite, and
 * A is rubbish.
 */
ptrdiff_t	cs_cholesky(cs_env *env, cs_team *team, size_t n, double *a, size_t lda);
ptrdiff_t	cs_choleskyf(cs_env *env, cs_team *team, size_t n, float *a, size_t lda);

/* In place of B, n x m: the X of LL'X = B.  2 n^2 m operations. */
void		cs_cholesky_solve(cs_env *env, cs_team *team, size_t n, size_t m, const double *l, size_t ldl,
							  double *b, size_t ldb);
void		cs_cholesky_solvef(cs_env *env, cs_team *team, size_t n, size_t m, const float *l, size_t ldl,
							   float *b, size_t ldb);

/*
 * Inverse in place of a symmetric positive definite matrix, n x n: the lower
 * triangle is read, both are written, alike to the bit.  n^3 operations (Du Croz
 * and Higham, "Stability of methods for matrix inversion", IMA J. Numer. Anal.
 * 12, 1992: Cholesky factor, its inverse, the square of that) and room for
 * n x 256 values.  Returns what cs_cholesky returns.
 */
ptrdiff_t	cs_spd_inverse(cs_env *env, cs_team *team, size_t n, double *a, size_t lda);
ptrdiff_t	cs_spd_inversef(cs_env *env, cs_team *team, size_t n, float *a, size_t lda);

/*
 * Arena for a product of at most m x n with at most k terms (of a gram: n x n),
 * whose elements have this size; and for the functions of triangular and
 * positive definite matrices of at most n x n.
 */
size_t		cs_product_arena(size_t m, size_t n, size_t k, size_t size);
size_t		cs_factor_arena(size_t n, size_t size);

/*
 * Eigenvalues and eigenvectors of a symmetric matrix, n x n: the lower triangle
 * of A is read, A becomes rubbish.  values: n, descending.  vectors: n x n, row
 * i belongs to value i, orthonormal; or NULL.  The sign of each is that of
 * cs_fix_sign.  Fails with CS_E_NUMERIC when A is not finite.
 *
 * Householder's reduction to tridiagonal form with blocked updates (Dongarra,
 * Hammarling and Sorensen, J. Comput. Appl. Math. 27, 1989), implicit QL
 * (Dubrulle, Martin and Wilkinson, Numer. Math. 12, 1968) whose rotations are
 * collected and applied to strips of columns in the cache (Van Zee, van de Geijn
 * and Quintana-Orti, ACM TOMS 40, 2014).  About 9 n^3 operations, half of the
 * first 4/3 n^3 at the speed of memory.
 */
void		cs_eigen_symmetric(cs_env *env, size_t n, double *a, size_t lda, double *values,
							   double *vectors, size_t ldv);

/*
 * Thin QR: A, m x n with m >= n, becomes Q with orthonormal columns in place,
 * also where A has not full rank.  r: n x n, upper, with a diagonal >= 0 and zeros
 * below; or NULL.  About 6 m n^2 operations.
 *
 * Householder's reflections with blocked updates (Schreiber and Van Loan, SIAM J.
 * Sci. Stat. Comput. 10, 1989) on runs of rows that stay in the cache, whose
 * triangles are stacked and reduced in turn (Demmel, Grigori, Hoemmen and
 * Langou, SIAM J. Sci. Comput. 34, 2012).
 */
void		cs_qr(cs_env *env, cs_team *team, size_t m, size_t n, double *a, size_t lda, double *r, size_t ldr);
size_t		cs_qr_arena(size_t m, size_t n);

/*
 * Thin singular value decomposition A = U diag(values) V' of an m x n matrix,
 * with p = min(m, n): values descending, u: m x p, v: n x p, orthonormal columns,
 * signs by cs_fix_sign on v.  A is only read.  Values below about p times the
 * precision of the largest are given as 0.  Fails with CS_E_NUMERIC when A is not
 * finite.  QR, then Hestenes' one-sided Jacobi rotations of R (Drmac and Veselic,
 * SIAM J. Matrix Anal. Appl. 29, 2008), some 50 p^3 operations: for p up to some
 * hundreds.
 */
void		cs_svd(cs_env *env, size_t m, size_t n, const double *a, size_t lda, double *u, double *values,
				   double *v);

/*
 * A matrix that is known by what it does.  All members of a team call together;
 * x and y are the same memory for all, y is not initialised, each member writes
 * its part of it.
 */
typedef struct cs_operator
{
	size_t		rows;
	size_t		cols;
	void	   *arg;

	/* y, rows x k, becomes A x; x is cols x k */
	void		(*apply) (cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y);

	/* y, cols x k, becomes A'x; x is rows x k */
	void		(*apply_transposed) (cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y);
} cs_operator;

typedef struct cs_svd_options
{
	size_t		rank;			/* singular values wanted, at most min(rows, cols) */
	size_t		oversample;		/* more columns for accuracy; 10 is usual */
	int			iterations;		/* power iterations; 2 is usual, 4 and more for slowly falling values */
	uint64_t	seed;
} cs_svd_options;

/*
 * The largest singular values of an operator: u, rows x rank, values, v, cols x
 * rank, as of cs_svd.  Randomised range finder with power iterations, a QR after
 * each product (Halko, Martinsson and Tropp, SIAM Review 53, 2011, algorithms 4.4
 * and 5.1); with l = rank + oversample columns, 2 iterations + 2 products by A or
 * A' and some 6 (rows + cols) l^2 operations for each.  Exact when l reaches
 * min(rows, cols).  The same seed gives the same result on one instruction set.
 */
void		cs_svd_random(cs_env *env, cs_team *team, const cs_operator *op, const cs_svd_options *options,
						  double *u, double *values, double *v);
size_t		cs_svd_random_arena(size_t rows, size_t cols, const cs_svd_options *options);

/* The same of a dense matrix, rows x cols. */
void		cs_svd_random_dense(cs_env *env, cs_team *team, size_t rows, size_t cols, const double *a, size_t lda,
								const cs_svd_options *options, double *u, double *values, double *v);

/*
 * Directions have no sign of their own: -1 when the element of the largest size
 * of n, step apart, is negative, else 1.  Of elements alike within 1e-6 the
 * first one counts, so that rounding does not choose.
 */
double		cs_fix_sign(const double *x, size_t n, size_t step);

#endif							/* CS_LINALG_H */
