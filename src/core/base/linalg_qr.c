/*
 * linalg_qr.c - reflections, and thin QR by runs of rows (see linalg.h).
 */
#include "core/base/linalg.h"
#include "core/base/linalg_reflect.h"
#include "core/base/linalg_share.h"

#include <math.h>
#include <string.h>

#define PANEL ((size_t) 32)		/* columns reduced between two updates of the rest */
#define LEAST_ROWS ((size_t) 1024)	/* of a run: such runs stay in the second cache */

/* ---- reflections ---- */

/* |x|, also where squares leave the range of numbers. */
static double
norm(const cs_vector_f64 *vec, size_t n, const double *x)
{
	double		square = vec->dot(n, x, x),
				most = 0,
				sum = 0;

	if (square > 1e-280 && square < 1e280)
		return sqrt(square);
	for (size_t i = 0; i < n; i++)
		if (!(fabs(x[i]) <= most))
			most = fabs(x[i]);
	if (!(most > 0) || !isfinite(most))
		return most;
	for (size_t i = 0; i < n; i++)
		sum += x[i] / most * (x[i] / most);
	return most * sqrt(sum);
}

double
cs_reflector(const cs_vector_f64 *vec, size_t n, double *x, size_t at)
{
	double		to = -copysign(norm(vec, n, x), x[at]),
				from = x[at] - to;

	if (from == 0)
	{
		memset(x, 0, n * sizeof(double));
		from = 1;
	}
	for (size_t i = 0; i < n; i++)
		x[i] /= from;
	x[at] = 1;
	return to;
}

void
cs_reflect_block(cs_env *env, size_t count, size_t n, const double *v, double *t)
{
	/* Schreiber and Van Loan: a new column is -tau t V v; of vv' and VV' the squares are already there */
	cs_gram(env, NULL, CS_N, count, n, 1, v, n, 0, t, count);
	for (size_t j = 0; j < count; j++)
	{
		double		tau = 2 / t[j * count + j];

		for (size_t i = 0; i < j; i++)
		{
			double		sum = 0;

			/* t above the diagonal is done left of column j, and still VV' in it */
			for (size_t p = i; p < j; p++)
				sum += t[i * count + p] * t[p * count + j];
			t[i * count + j] = -tau * sum;
		}
		t[j * count + j] = tau;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			t[i * count + j] = 0;
}

/* ---- one run of rows ---- */

typedef struct run
{
	cs_env	   *env;
	const cs_vector_f64 *vec;
	size_t		m;
	size_t		n;
	double	   *a;
	size_t		lda;
	double	   *v;				/* PANEL x m: reflectors of a panel */
	double	   *t;				/* PANEL x PANEL */
	double	   *spare;			/* 2 PANEL x n */
	double	   *q;				/* m x n: what becomes of the unit vectors */
} run;

static void
run_open(cs_env *env, run *r, size_t m, size_t n)
{
	*r = (run) {.env = env,.vec = cs_linalg_of(env)->vector,.n = n};
	r->v = CS_ROOM(env, double, PANEL * m);
	r->t = CS_ROOM(env, double, PANEL * PANEL);
	r->spare = CS_ROOM(env, double, 2 * PANEL * n);
	r->q = CS_ROOM(env, double, m * n);
}

static void
run_close(run *r)
{
	cs_release(r->env, r->v);
	cs_release(r->env, r->t);
	cs_release(r->env, r->spare);
	cs_release(r->env, r->q);
}

/* X, rows from j of n columns, becomes H X, or the transposed H X, for a panel's H. */
static void
reflect(const run *r, bool transposed, size_t j, size_t count, double *x, size_t ldx, size_t n)
{
	size_t		rows = r->m - j;
	double	   *turned = r->spare + PANEL * r->n;

	cs_product(r->env, NULL, CS_N, CS_N, count, n, rows, 1, r->v, rows, x, ldx, 0, r->spare, n);
	cs_product(r->env, NULL, transposed ? CS_T : CS_N, CS_N, count, n, count, 1, r->t, count, r->spare, n, 0, turned, n);
	cs_product(r->env, NULL, CS_T, CS_N, rows, n, count, -1, r->v, rows, turned, n, 1, x, ldx);
}

/*
 * A becomes R in its upper triangle, reflectors without their 1 below.
 */
static void
reduce(const run *r)
{
	for (size_t j = 0; j < r->n; j += PANEL)
	{
		size_t		count = r->n - j < PANEL ? r->n - j : PANEL,
					rows = r->m - j;
		double	   *a = r->a + j * r->lda + j;

		/* columns become rows for the work on them */
		for (size_t i = 0; i < rows; i++)
			for (size_t p = 0; p < count; p++)
				r->v[p * rows + i] = a[i * r->lda + p];
		for (size_t p = 0; p < count; p++)
		{
			double	   *v = r->v + p * rows + p,
						to = cs_reflector(r->vec, rows - p, v, 0),
						tau = 2 / r->vec->dot(rows - p, v, v);

			for (size_t q = p + 1; q < count; q++)
			{
				double	   *x = r->v + q * rows + p;

				r->vec->add(rows - p, -tau * r->vec->dot(rows - p, v, x), v, x);
			}
			for (size_t i = 0; i < p; i++)
			{
				a[i * r->lda + p] = r->v[p * rows + i];
				r->v[p * rows + i] = 0;
			}
			a[p * r->lda + p] = to;
			cs_poll(r->env);
		}
		for (size_t p = 0; p < count; p++)
			for (size_t i = p + 1; i < rows; i++)
				a[i * r->lda + p] = r->v[p * rows + i];
		if (j + count < r->n)
		{
			cs_reflect_block(r->env, count, rows, r->v, r->t);
			reflect(r, true, j, count, a + count, r->lda, r->n - j - count);
		}
	}
}

/* A, reduced, becomes its reflections' product with s, n x n, above zeros. */
static void
expand(const run *r, const double *s)
{
	size_t		n = r->n;

	memcpy(r->q, s, n * n * sizeof(double));
	memset(r->q + n * n, 0, (r->m - n) * n * sizeof(double));
	for (size_t j = (n + PANEL - 1) / PANEL * PANEL; j > 0;)
	{
		size_t		count,
					rows;

		j -= PANEL;
		count = n - j < PANEL ? n - j : PANEL;
		rows = r->m - j;
		for (size_t p = 0; p < count; p++)
			for (size_t i = 0; i < rows; i++)
				r->v[p * rows + i] = i < p ? 0 : i == p ? 1 : r->a[(j + i) * r->lda + j + p];
		cs_reflect_block(r->env, count, rows, r->v, r->t);
		reflect(r, false, j, count, r->q + j * n, n, n);
	}
	for (size_t i = 0; i < r->m; i++)
		memcpy(r->a + i * r->lda, r->q + i * n, n * sizeof(double));
}

/* ---- all runs ---- */

static size_t
runs_of(size_t m, size_t n)
{
	size_t		rows = n > LEAST_ROWS / 4 ? 4 * n : LEAST_ROWS;

	return m < 2 * rows ? 1 : m / rows;
}

/* The triangle of a reduced run, with zeros below. */
static void
copy_triangle(const run *r, double *to)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j < r->n; j++)
			to[i * r->n + j] = j < i ? 0 : r->a[i * r->lda + j];
}

/* A run that is all there is: the signs of R's diagonal go into Q. */
static void
single(run *r, double *triangle, double *signs)
{
	size_t		n = r->n;

	reduce(r);
	copy_triangle(r, triangle);
	memset(signs, 0, n * n * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		signs[i * n + i] = triangle[i * n + i] < 0 ? -1 : 1;
		for (size_t j = i; j < n; j++)
			triangle[i * n + j] *= signs[i * n + i];
	}
	expand(r, signs);
}

static run
nth_run(const run *r, size_t u, size_t runs, size_t m, double *a)
{
	run			nth = *r;
	size_t		from = m * u / runs;

	nth.a = a + from * r->lda;
	nth.m = m * (u + 1) / runs - from;
	return nth;
}

void
cs_qr(cs_env *env, cs_team *team, size_t m, size_t n, double *a, size_t lda, double *r, size_t ldr)
{
	size_t		runs = runs_of(m, n);
	cs_share	s = cs_share_open(env, team);
	double	   *triangles;
	run			work;
	int			u;

	if (m < n)
		cs_fail(env, CS_E_INTERNAL, "QR needs at least as many rows as columns", NULL, NULL);
	triangles = cs_share_room(env, &s, runs * n * n, sizeof(double));
	run_open(env, &work, (m + runs - 1) / runs, n);
	work.lda = lda;
	cs_share_round(&s, n > 0 ? (int) runs : 0);
	while ((u = cs_share_take(&s)) >= 0)
	{
		run			part = nth_run(&work, (size_t) u, runs, m, a);

		if (runs == 1)
		{
			double	   *signs = CS_ROOM(env, double, n * n);

			single(&part, triangles, signs);
			cs_release(env, signs);
			for (size_t i = 0; r && i < n; i++)
				memcpy(r + i * ldr, triangles + i * n, n * sizeof(double));
		}
		else
		{
			reduce(&part);
			copy_triangle(&part, triangles + (size_t) u * n * n);
		}
	}
	cs_share_end(&s);
	if (runs > 1)
	{
		cs_qr(env, team, runs * n, n, triangles, n, r, ldr);
		cs_share_round(&s, n > 0 ? (int) runs : 0);
		while ((u = cs_share_take(&s)) >= 0)
		{
			run			part = nth_run(&work, (size_t) u, runs, m, a);

			expand(&part, triangles + (size_t) u * n * n);
		}
		cs_share_end(&s);
	}
	run_close(&work);
	cs_share_give_back(env, &s, triangles);
	cs_share_close(&s);
}

size_t
cs_qr_arena(size_t m, size_t n)
{
	size_t		bytes = 0,
				runs;

	do
	{
		runs = runs_of(m, n);
		bytes += cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(runs * n * n, sizeof(double));
		m = runs * n;
	}
	while (runs > 1);
	return bytes;
}
