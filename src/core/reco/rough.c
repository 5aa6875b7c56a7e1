/*
 * rough.c - ridge regression in single precision (see rough.h).
 */
#include "core/reco/rough.h"

#include "core/base/linalg.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Systems up to this size are set up and solved by plain loops: calling the blocked ones costs more. */
#define FEW 24

/* Rows that enter the system at a time. */
#define ROWS 128

/* Sums side by side. */
#define LANES 16

/* Regularisation over the sum of weights from which on rounding is small beside it. */
#define ENOUGH 1e-3

/* Beyond these, squares leave the range of single precision. */
#define LEAST 1e-12
#define MOST 1e12

cs_rough *
cs_rough_new(cs_env *env, size_t d)
{
	cs_rough   *r = CS_NEW(env, cs_rough, 1);

	r->env = env;
	r->d = d;
	r->u = CS_ROOM(env, float, d);
	r->base = CS_ROOM(env, float, d);
	r->row = CS_ROOM(env, float, (d > ROWS ? d : ROWS) * d);
	r->x = CS_ROOM(env, float, d);
	r->system = CS_ROOM(env, float, d * d);
	r->side = CS_ROOM(env, float, d);
	return r;
}

void
cs_rough_free(cs_rough *r)
{
	cs_env	   *env = r->env;

	cs_release(env, r->u);
	cs_release(env, r->base);
	cs_release(env, r->row);
	cs_release(env, r->x);
	cs_release(env, r->system);
	cs_release(env, r->side);
	cs_release(env, r);
}

bool
cs_rough_may(double sum, double lambda)
{
	return lambda >= ENOUGH * sum && lambda >= LEAST && lambda <= MOST && sum <= MOST;
}

void
cs_rough_start(cs_rough *r, size_t most, const double *gram, double lambda)
{
	r->n = r->pending = 0;
	r->dual = most < r->d;
	for (size_t f = 0; f < r->d; f++)
		r->base[f] = (float) (gram[f] + lambda);
	for (size_t f = 0; r->dual && f < r->d; f++)
		r->base[f] = 1 / sqrtf(r->base[f]);
	memset(r->side, 0, sizeof(float) * r->d);
}

static inline float
dot(const float *a, const float *b, size_t n)
{
	float		sum[LANES] = {0},
				rest = 0;
	size_t		f = 0;

	for (; f + LANES <= n; f += LANES)
		for (size_t s = 0; s < LANES; s++)
			sum[s] += a[f + s] * b[f + s];
	for (; f < n; f++)
		rest += a[f] * b[f];
	for (size_t step = LANES / 2; step > 0; step /= 2)
		for (size_t s = 0; s < step; s++)
			sum[s] += sum[s + step];
	return sum[0] + rest;
}

/* y += a x */
static inline void
add_times(float a, const float *x, float *y, size_t n)
{
	for (size_t f = 0; f < n; f++)
		y[f] += a * x[f];
}

/* The rows that wait, into the system of d unknowns. */
static void
enter(cs_rough *r)
{
	cs_gramf(r->env, NULL, CS_T, r->d, r->pending, 1, r->row, r->d, r->n == r->pending ? 0 : 1, r->system, r->d);
	r->pending = 0;
}

void
cs_rough_add(cs_rough *r, const float *v, float x)
{
	float	   *row = r->row + r->pending * r->d;

	x = fmaxf(x, FLT_MIN);
	if (r->dual)
	{
		for (size_t f = 0; f < r->d; f++)
			row[f] = v[f] * r->base[f];
		r->x[r->n] = x;
	}
	else
	{
		float		root = sqrtf(x);

		for (size_t f = 0; f < r->d; f++)
			row[f] = root * v[f];
		add_times(x, v, r->side, r->d);
	}
	r->n++;
	r->pending++;
	if (!r->dual && r->pending == ROWS)
		enter(r);
}

/* Cholesky factor in place of the lower triangle, n x n; false when there is none. */
static bool
factor(cs_rough *r, size_t n)
{
	float	   *a = r->system;

	if (n > FEW)
		return cs_choleskyf(r->env, NULL, n, a, n) < 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
		{
			float		sum = a[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			if (j < i)
				a[i * n + j] = sum * a[j * n + j];
			else if (sum > 0 && sum <= FLT_MAX)
				a[i * n + i] = 1 / sqrtf(sum);
			else
				return false;
		}
	for (size_t i = 0; i < n; i++)
		a[i * n + i] = 1 / a[i * n + i];
	return true;
}

/* In place of b: the solution with the factor of n unknowns. */
static void
substitute(const cs_rough *r, size_t n, float *b)
{
	const float *l = r->system;

	for (size_t i = 0; i < n; i++)
		b[i] = (b[i] - dot(l + i * n, b, i)) / l[i * n + i];
	for (size_t i = n; i-- > 0;)
	{
		b[i] /= l[i * n + i];
		add_times(-b[i], l + i * n, b, i);
	}
}

/* The products of the rows with each other. */
static void
multiply_rows(cs_rough *r)
{
	if (r->n > FEW)
	{
		cs_gramf(r->env, NULL, CS_N, r->n, r->d, 1, r->row, r->d, 0, r->system, r->n);
		return;
	}
	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j <= i; j++)
			r->system[i * r->n + j] = dot(r->row + i * r->d, r->row + j * r->d, r->d);
}

/* u = D^-1 W'(WD^-1 W' + X^-1)^-1 1 */
static bool
solve_dual(cs_rough *r)
{
	multiply_rows(r);
	for (size_t i = 0; i < r->n; i++)
		r->system[i * r->n + i] += 1 / r->x[i];
	if (!factor(r, r->n))
		return false;
	for (size_t i = 0; i < r->n; i++)
		r->x[i] = 1;
	substitute(r, r->n, r->x);
	memset(r->u, 0, sizeof(float) * r->d);
	for (size_t i = 0; i < r->n; i++)
		add_times(r->x[i], r->row + i * r->d, r->u, r->d);
	for (size_t f = 0; f < r->d; f++)
		r->u[f] *= r->base[f];
	return true;
}

bool
cs_rough_solve(cs_rough *r)
{
	if (r->n == 0)
	{
		memset(r->u, 0, sizeof(float) * r->d);
		return true;
	}
	if (r->dual)
		return solve_dual(r);
	if (r->pending > 0)
		enter(r);
	for (size_t f = 0; f < r->d; f++)
		r->system[f * r->d + f] += r->base[f];
	memcpy(r->u, r->side, sizeof(float) * r->d);
	if (!factor(r, r->d))
		return false;
	substitute(r, r->d, r->u);
	return true;
}
