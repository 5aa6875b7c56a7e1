/*
 * linalg_eigen.c - eigenvectors of symmetric matrices (see linalg.h).
 */
#include "core/base/linalg.h"
#include "core/base/linalg_kernel.h"
#include "core/base/linalg_reflect.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define PANEL ((size_t) 32)		/* rows reduced between two updates of the rest */
#define BAND ((size_t) 256)		/* rows of an update at a time */
#define SWEEPS 32				/* sweeps of rotations applied at a time ... */
#define COLUMNS ((size_t) 32)	/* ... to so many columns */
#define TINY 1e-150
#define MOST_SWEEPS 60			/* for one eigenvalue; 2 is usual */

double
cs_fix_sign(const double *x, size_t n, size_t step)
{
	double		most = 0;

	for (size_t i = 0; i < n; i++)
		if (fabs(x[i * step]) > most)
			most = fabs(x[i * step]);
	for (size_t i = 0; i < n; i++)
		if (fabs(x[i * step]) >= most * (1 - 1e-6))
			return x[i * step] < 0 ? -1 : 1;
	return 1;
}

/* ---- to tridiagonal form ---- */

typedef struct reduction
{
	cs_env	   *env;
	const cs_vector_f64 *vec;
	size_t		n;
	double	   *a;
	size_t		lda;
	double	   *d;				/* diagonal */
	double	   *e;				/* e[i] beside d[i - 1] and d[i] */
	double	   *v;				/* PANEL x n: reflectors of the panel, v = 0 behind their ends */
	double	   *w;				/* PANEL x n: A becomes A - v w' - w v' */
} reduction;

/* Row i takes over what the reflectors of the panel so far make of it. */
static void
catch_up(const reduction *r, size_t i, size_t count)
{
	double	   *row = r->a + i * r->lda;

	for (size_t q = 0; q < count; q++)
	{
		const double *v = r->v + q * r->n,
				   *w = r->w + q * r->n;

		r->vec->add(i + 1, -v[i], w, row);
		r->vec->add(i + 1, -w[i], v, row);
	}
}

/*
 * Reflector number count of the panel: only the element next to the diagonal
 * remains of row i.  The reflector itself is kept in the row.
 */
static void
reduce_row(const reduction *r, size_t i, size_t count)
{
	const cs_vector_f64 *vec = r->vec;
	size_t		n = r->n;
	double	   *row = r->a + i * r->lda,
			   *v = r->v + count * n,
			   *w = r->w + count * n,
				tau;

	catch_up(r, i, count);
	r->d[i] = row[i];
	memset(v, 0, n * sizeof(double));
	memset(w, 0, n * sizeof(double));

	/* the reflector's 1 stands last, next to the diagonal */
	r->e[i] = cs_reflector(vec, i, row, i - 1);
	memcpy(v, row, i * sizeof(double));
	tau = 2 / vec->dot(i, v, v);
	vec->symmetric(i, r->a, r->lda, v, w);
	for (size_t q = 0; q < count; q++)
	{
		const double *vq = r->v + q * n,
				   *wq = r->w + q * n;
		double		vv = vec->dot(i, vq, v),
					wv = vec->dot(i, wq, v);

		vec->add(i, -wv, vq, w);
		vec->add(i, -vv, wq, w);
	}
	for (size_t j = 0; j < i; j++)
		w[j] *= tau;
	vec->add(i, -0.5 * tau * vec->dot(i, v, w), v, w);
}

/* The rows before end, lower triangle, take over the whole panel. */
static void
update_rest(const reduction *r, size_t end, size_t count)
{
	size_t		n = r->n;

	for (size_t i = 0; i < end; i += BAND)
	{
		size_t		i1 = i + BAND < end ? i + BAND : end;

		cs_product(r->env, NULL, CS_T, CS_N, i1 - i, i1, count, -1, r->v + i, n, r->w, n, 1,
				   r->a + i * r->lda, r->lda);
		cs_product(r->env, NULL, CS_T, CS_N, i1 - i, i1, count, -1, r->w + i, n, r->v, n, 1,
				   r->a + i * r->lda, r->lda);
	}
}

static void
reduce(const reduction *r)
{
	size_t		i = r->n;

	while (i > 1)
	{
		size_t		count = 0;

		for (; count < PANEL && i > 1; count++)
		{
			reduce_row(r, --i, count);
			cs_poll(r->env);
		}
		update_rest(r, i, count);
	}
	r->d[0] = r->a[0];
	r->e[0] = 0;
}

/*
 * The product of all reflectors, that of row 1 first, in x: its rows are what
 * the rotations turn into eigenvectors.
 */
static void
gather(const reduction *r, double *x, size_t ldx)
{
	size_t		n = r->n;
	double	   *t = CS_ROOM(r->env, double, PANEL * PANEL),
			   *spare = CS_ROOM(r->env, double, 2 * PANEL * n);

	for (size_t i = 0; i < n; i++)
	{
		memset(x + i * ldx, 0, n * sizeof(double));
		x[i * ldx + i] = 1;
	}
	for (size_t i = 1; i < n; i += PANEL)
	{
		size_t		count = n - i < PANEL ? n - i : PANEL,
					wide = i + count - 1;

		memset(r->v, 0, count * wide * sizeof(double));
		for (size_t q = 0; q < count; q++)
			memcpy(r->v + q * wide, r->a + (i + q) * r->lda, (i + q) * sizeof(double));
		cs_reflect_block(r->env, count, wide, r->v, t);

		/* x (1 - v' t v) */
		cs_product(r->env, NULL, CS_N, CS_T, wide, count, wide, 1, x, ldx, r->v, wide, 0, spare, count);
		cs_product(r->env, NULL, CS_N, CS_N, wide, count, count, 1, spare, count, t, count, 0, spare + PANEL * n, count);
		cs_product(r->env, NULL, CS_N, CS_N, wide, wide, count, -1, spare + PANEL * n, count, r->v, wide, 1, x, ldx);
	}
	cs_release(r->env, t);
	cs_release(r->env, spare);
}

/* ---- from tridiagonal form to the values ---- */

/* Sweeps of rotations that wait to be applied. */
typedef struct waiting
{
	cs_env	   *env;
	const cs_vector_f64 *vec;
	size_t		n;
	double	   *x;				/* NULL: nobody wants vectors */
	size_t		ldx;
	int			count;
	size_t		low[SWEEPS];
	size_t		high[SWEEPS];
	double	   *cs;				/* SWEEPS x 2 n */
} waiting;

static void
apply(waiting *w)
{
	for (size_t j = 0; w->x && j < w->n; j += COLUMNS)
	{
		for (int s = 0; s < w->count; s++)
			w->vec->rotate(w->x + j, w->ldx, w->n - j < COLUMNS ? w->n - j : COLUMNS, w->low[s], w->high[s],
						   w->cs + ((size_t) s * w->n + w->low[s]) * 2);
		cs_poll(w->env);
	}
	w->count = 0;
}

/*
 * One implicit QL sweep over l .. m with Wilkinson's shift; e[i] stands between
 * d[i] and d[i + 1].  A rotation that finds nothing to turn ends it early.
 */
static void
sweep(double *d, double *e, size_t l, size_t m, waiting *w)
{
	double	   *cs = w->cs + (size_t) w->count * 2 * w->n;
	double		g = (d[l + 1] - d[l]) / (2 * e[l]),
				s = 1,
				c = 1,
				p = 0;
	size_t		low = m;

	g = d[m] - d[l] + e[l] / (g + copysign(sqrt(g * g + 1), g));
	while (low > l)
	{
		size_t		i = low - 1;
		double		f = s * e[i],
					b = c * e[i],
					r = sqrt(f * f + g * g);

		e[low] = r;
		if (r == 0)
			break;
		s = f / r;
		c = g / r;
		g = d[low] - p;
		r = (d[i] - g) * s + 2 * c * b;
		p = s * r;
		d[low] = g + p;
		g = c * r - b;
		cs[2 * i] = c;
		cs[2 * i + 1] = s;
		low = i;
	}
	d[low] -= p;
	if (low == l)
		e[l] = g;
	e[m] = 0;
	w->low[w->count] = low;
	w->high[w->count] = m;
	if (low < m && ++w->count == SWEEPS)
		apply(w);
}

/* d becomes the eigenvalues, in no order. */
static void
diagonalise(double *d, double *e, waiting *w)
{
	size_t		n = w->n;

	for (size_t l = 0; l < n; l++)
		for (int sweeps = 0;; sweeps++)
		{
			size_t		m = l;

			/* what is scaled to 1 has nothing to say below TINY */
			while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1])) && fabs(e[m]) > TINY)
				m++;
			if (m == l)
				break;
			if (sweeps == MOST_SWEEPS)
				cs_fail(w->env, CS_E_NUMERIC, "eigenvalues do not converge", NULL, NULL);
			sweep(d, e, l, m, w);
			cs_poll(w->env);
		}
	apply(w);
}

/* ---- together ---- */

/* A power of two that brings the largest element of the lower triangle to about 1. */
static double
unit_scale(cs_env *env, size_t n, const double *a, size_t lda)
{
	double		most = 0;
	int			exponent;

	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j <= i; j++)
			if (!(fabs(a[i * lda + j]) <= most))
				most = isfinite(a[i * lda + j]) ? fabs(a[i * lda + j]) : INFINITY;
		if (!isfinite(most))
			cs_fail(env, CS_E_NUMERIC, "matrix has elements that are not finite", NULL, NULL);
		if (i % 64 == 63)
			cs_poll(env);
	}
	frexp(most, &exponent);
	return most > 0 ? ldexp(1, exponent > -1000 ? -exponent : 1000) : 1;
}

/* Descending values, their vectors along, signs fixed. */
static void
put_in_order(cs_env *env, size_t n, double *values, double *x, size_t ldx)
{
	double	   *spare = CS_ROOM(env, double, n);

	for (size_t i = 0; i < n; i++)
	{
		size_t		largest = i;
		double		value = values[i];

		for (size_t j = i + 1; j < n; j++)
			if (values[j] > values[largest])
				largest = j;
		values[i] = values[largest];
		values[largest] = value;
		if (x && largest != i)
		{
			memcpy(spare, x + i * ldx, n * sizeof(double));
			memcpy(x + i * ldx, x + largest * ldx, n * sizeof(double));
			memcpy(x + largest * ldx, spare, n * sizeof(double));
		}
		if (x && cs_fix_sign(x + i * ldx, n, 1) < 0)
			for (size_t j = 0; j < n; j++)
				x[i * ldx + j] = -x[i * ldx + j];
		cs_poll(env);
	}
	cs_release(env, spare);
}

void
cs_eigen_symmetric(cs_env *env, size_t n, double *a, size_t lda, double *values, double *vectors, size_t ldv)
{
	const cs_vector_f64 *vec = cs_linalg_of(env)->vector;
	reduction	r = {.env = env,.vec = vec,.n = n,.a = a,.lda = lda};
	waiting		w = {.env = env,.vec = vec,.n = n,.x = vectors,.ldx = ldv};
	double		scale;

	if (n == 0)
		return;
	scale = unit_scale(env, n, a, lda);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			a[i * lda + j] *= scale;
	r.d = values;
	r.e = CS_NEW(env, double, n + 1);
	r.v = CS_ROOM(env, double, PANEL * n);
	r.w = CS_ROOM(env, double, PANEL * n);
	reduce(&r);
	if (vectors)
		gather(&r, vectors, ldv);
	cs_release(env, r.v);
	cs_release(env, r.w);
	w.cs = CS_ROOM(env, double, SWEEPS * 2 * n);
	diagonalise(values, r.e + 1, &w);
	cs_release(env, w.cs);
	cs_release(env, r.e);
	put_in_order(env, n, values, vectors, ldv);
	for (size_t i = 0; i < n; i++)
		values[i] /= scale;
}
