/*
 * factors.c - ridge regression row by row, and scores as products of factors
 * (see factors.h).
 */
#include "core/reco/factors.h"

#include "core/base/linalg.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Rows that enter the system at a time. */
#define ROWS 128

/* Items whose scores are computed side by side. */
#define TILE CS_MIPS_TILE

/* Tiles between two polls. */
#define POLL_TILES 1024

/* Added to each value of the diagonal, relative to it, so that rounding leaves it positive. */
#define JITTER 1e-12

struct cs_factors
{
	cs_env	   *env;
	int			items;
	int			d;
	cs_fold_settings fold;
	float	   *tile;			/* TILE items each: [d][TILE], zeros at the end */
	double	   *square;			/* diagonal of V'V */
	double	   *gram;			/* the same times alpha */
	double		parts;			/* items with factors */
};

/* ---- ridge regression ---- */

cs_ridge *
cs_ridge_new(cs_env *env, size_t d)
{
	cs_ridge   *r = CS_NEW(env, cs_ridge, 1);

	r->env = env;
	r->d = d;
	r->base = CS_ROOM(env, double, d);
	r->u = CS_ROOM(env, double, d);
	r->row = CS_ROOM(env, double, (d > ROWS ? d : ROWS) * d);
	r->x = CS_ROOM(env, double, d);
	r->system = CS_ROOM(env, double, d * d);
	r->side = CS_ROOM(env, double, d);
	return r;
}

void
cs_ridge_free(cs_ridge *r)
{
	cs_env	   *env = r->env;

	cs_release(env, r->base);
	cs_release(env, r->u);
	cs_release(env, r->row);
	cs_release(env, r->x);
	cs_release(env, r->system);
	cs_release(env, r->side);
	cs_release(env, r);
}

double
cs_ridge_lambda(const cs_fold_settings *s, double sum, double others)
{
	return fmax(s->l2 * pow(sum + s->alpha * others, s->nu), DBL_EPSILON);
}

void
cs_ridge_start(cs_ridge *r, size_t most, const double *gram, double lambda)
{
	r->n = r->pending = 0;
	r->dual = most < r->d;
	for (size_t f = 0; f < r->d; f++)
		r->base[f] = gram[f] + lambda;
	if (r->dual)
		for (size_t f = 0; f < r->d; f++)
			r->side[f] = 1 / sqrt(r->base[f]);
	else
	{
		memset(r->system, 0, sizeof(double) * r->d * r->d);
		memset(r->side, 0, sizeof(double) * r->d);
	}
}

/* The rows that wait, into the system of d unknowns. */
static void
enter(cs_ridge *r)
{
	if (r->pending > 0)
		cs_gram(r->env, NULL, CS_T, r->d, r->pending, 1, r->row, r->d, 1, r->system, r->d);
	r->pending = 0;
}

/* Inlined, so that rows in one piece get a version of their own. */
static inline __attribute__((always_inline)) void
add_row(cs_ridge *r, const float *v, size_t step, double x)
{
	double	   *row = r->row + r->pending * r->d,
				root;

	x = fmax(x, (double) FLT_MIN);
	root = sqrt(x);
	if (r->dual)
	{
		for (size_t f = 0; f < r->d; f++)
			row[f] = (double) v[f * step] * r->side[f];
		r->x[r->n] = x;
	}
	else
		for (size_t f = 0; f < r->d; f++)
		{
			double		y = (double) v[f * step];

			row[f] = root * y;
			r->side[f] += x * y;
		}
	r->n++;
	r->pending++;
	if (!r->dual && r->pending == ROWS)
		enter(r);
}

void
cs_ridge_add(cs_ridge *r, const float *v, size_t step, double x)
{
	if (step == 1)
		add_row(r, v, 1, x);
	else
		add_row(r, v, step, x);
}

static void
factor_system(cs_ridge *r, size_t n, const double *diagonal, bool inverse)
{
	for (size_t i = 0; i < n; i++)
	{
		double	   *at = &r->system[i * n + i];

		*at = (*at + (inverse ? 1 / diagonal[i] : diagonal[i])) * (1 + JITTER);
	}
	if (cs_cholesky(r->env, NULL, n, r->system, n) >= 0)
		cs_fail(r->env, CS_E_NUMERIC, "factors of a customer or item are out of range",
				"Weights differ by too many orders of magnitude.", "Increase the option l2, or bring the weights closer together.");
}

/* In place of b: the solution with the factor of n unknowns. One right-hand side does not pay the general way. */
static void
substitute(const cs_ridge *r, size_t n, double *b)
{
	const double *l = r->system;

	for (size_t i = 0; i < n; i++, l += n)
	{
		double		sum[4] = {0, 0, 0, 0};
		size_t		j = 0;

		for (; j + 4 <= i; j += 4)
			for (size_t s = 0; s < 4; s++)
				sum[s] += l[j + s] * b[j + s];
		for (; j < i; j++)
			sum[0] += l[j] * b[j];
		b[i] = (b[i] - ((sum[0] + sum[1]) + (sum[2] + sum[3]))) / l[i];
	}
	for (size_t i = n; i-- > 0;)
	{
		l -= n;
		b[i] /= l[i];
		for (size_t j = 0; j < i; j++)
			b[j] -= l[j] * b[i];
	}
}

/* The product of the rows (n x d) or of its transpose with a vector. */
static void
multiply_rows(const cs_ridge *r, const double *x, double *y)
{
	for (size_t i = 0; i < r->n; i++)
	{
		double		sum = 0;

		for (size_t f = 0; f < r->d; f++)
			sum += r->row[i * r->d + f] * x[f];
		y[i] = sum;
	}
}

static void
multiply_columns(const cs_ridge *r, const double *x, double *y)
{
	memset(y, 0, sizeof(double) * r->d);
	for (size_t i = 0; i < r->n; i++)
		for (size_t f = 0; f < r->d; f++)
			y[f] += x[i] * r->row[i * r->d + f];
}

void
cs_ridge_solve(cs_ridge *r)
{
	if (r->n == 0)
	{
		memset(r->u, 0, sizeof(double) * r->d);
		return;
	}
	if (!r->dual)
	{
		enter(r);
		factor_system(r, r->d, r->base, false);
		memcpy(r->u, r->side, sizeof(double) * r->d);
		substitute(r, r->d, r->u);
		return;
	}
	cs_gram(r->env, NULL, CS_N, r->n, r->d, 1, r->row, r->d, 0, r->system, r->n);
	factor_system(r, r->n, r->x, true);
	for (size_t i = 0; i < r->n; i++)
		r->x[i] = 1;
	substitute(r, r->n, r->x);
	multiply_columns(r, r->x, r->u);
	for (size_t f = 0; f < r->d; f++)
		r->u[f] *= r->side[f];
}

void
cs_ridge_inverse(cs_ridge *r, double *q)
{
	double	   *some,
			   *all;

	if (r->n == 0 || !r->dual)
	{
		if (r->n > 0)
			substitute(r, r->d, q);
		else
			for (size_t f = 0; f < r->d; f++)
				q[f] /= r->base[f];
		return;
	}
	some = CS_ROOM(r->env, double, r->n);
	all = CS_ROOM(r->env, double, r->d);
	for (size_t f = 0; f < r->d; f++)
		q[f] *= r->side[f];
	multiply_rows(r, q, some);
	substitute(r, r->n, some);
	multiply_columns(r, some, all);
	for (size_t f = 0; f < r->d; f++)
		q[f] = (q[f] - all[f]) * r->side[f];
	cs_release(r->env, some);
	cs_release(r->env, all);
}

/* ---- factors of items ---- */

cs_factors *
cs_factors_new(cs_env *env, int items, int d, const cs_fold_settings *fold)
{
	cs_factors *f = CS_NEW(env, cs_factors, 1);
	size_t		tiles = ((size_t) items + TILE - 1) / TILE;

	f->env = env;
	f->items = items;
	f->d = d;
	f->fold = *fold;
	f->tile = CS_NEW(env, float, tiles * TILE * (size_t) d);
	f->square = CS_NEW(env, double, (size_t) d);
	f->gram = CS_NEW(env, double, (size_t) d);
	return f;
}

static inline float *
place(const cs_factors *f, int item)
{
	return f->tile + (size_t) (item / TILE) * TILE * (size_t) f->d + item % TILE;
}

void
cs_factors_set(cs_factors *f, int item, const float *v)
{
	float	   *to = place(f, item);

	for (int i = 0; i < f->d; i++)
		to[i * TILE] = v[i];
}

void
cs_factors_ready(cs_factors *f)
{
	for (int i = 0; i < f->items; i++)
	{
		const float *v = place(f, i);
		bool		some = false;

		for (int k = 0; k < f->d; k++)
		{
			double		y = (double) v[k * TILE];

			f->square[k] += y * y;
			f->gram[k] += f->fold.alpha * y * y;
			some = some || y != 0;
		}
		f->parts += some;
		if (i % (TILE * POLL_TILES) == 0)
			cs_poll(f->env);
	}
}

void
cs_factors_free(cs_factors *f)
{
	cs_release(f->env, f->tile);
	cs_release(f->env, f->square);
	cs_release(f->env, f->gram);
	cs_release(f->env, f);
}

double
cs_factors_value(const cs_factors *f, int32_t item, int factor)
{
	return (double) place(f, item)[factor * TILE];
}

/* Products of q with the factors of the items of one tile, each in the order of the factors. */
static inline void
tile_scores(const cs_factors *f, size_t tile, const double *q, double *score)
{
	const float *v = f->tile + tile * TILE * (size_t) f->d;

	for (int i = 0; i < TILE; i++)
		score[i] = 0;
	for (int k = 0; k < f->d; k++, v += TILE)
		for (int i = 0; i < TILE; i++)
			score[i] += q[k] * (double) v[i];
}

size_t
cs_factors_scores(cs_env *env, const cs_factors *f, const double *q, bool all, cs_scored *out)
{
	size_t		n = 0;

	for (int from = 0; from < f->items; from += TILE)
	{
		double		score[TILE];

		if (from % (TILE * POLL_TILES) == 0)
			cs_poll(env);
		tile_scores(f, (size_t) (from / TILE), q, score);
		for (int i = 0; i < TILE && from + i < f->items; i++)
			if (all || score[i] > 0)
				out[n++] = (cs_scored) {from + i, score[i]};
	}
	return n;
}

cs_mips *
cs_factors_search(cs_env *env, const cs_factors *f, const int32_t *item, size_t n)
{
	return cs_mips_new(env, f->d, f->tile, item, item ? n : (size_t) f->items);
}

/* ---- customers ---- */

cs_fold *
cs_fold_new(cs_env *env, const cs_factors *f)
{
	cs_fold    *c = CS_NEW(env, cs_fold, 1);

	c->factors = f;
	c->q = CS_ROOM(env, double, (size_t) f->d);
	if (f->fold.alpha > 0)
	{
		c->ridge = cs_ridge_new(env, (size_t) f->d);
		c->u = c->ridge->u;
	}
	else
		c->u = CS_ROOM(env, double, (size_t) f->d);
	return c;
}

void
cs_fold_rows(cs_env *env, cs_fold *c)
{
	const cs_factors *f = c->factors;
	size_t		d = (size_t) f->d;

	c->row = CS_ROOM(env, float, (size_t) f->items * d + 1);
	for (int i = 0; i < f->items; i++)
	{
		const float *v = place(f, i);

		if (i % (TILE * POLL_TILES) == 0)
			cs_poll(env);
		for (size_t k = 0; k < d; k++)
			c->row[(size_t) i * d + k] = v[k * TILE];
	}
}

void
cs_fold_free(cs_env *env, cs_fold *c)
{
	cs_release(env, c->row);
	if (c->ridge)
		cs_ridge_free(c->ridge);
	else
		cs_release(env, c->u);
	cs_release(env, c->q);
	cs_release(env, c);
}

static const float *
factors_of(const cs_fold *c, int32_t item, size_t *step)
{
	*step = c->row ? 1 : TILE;
	return c->row ? c->row + (size_t) item * (size_t) c->factors->d : place(c->factors, item);
}

void
cs_fold_customer(cs_fold *c, size_t n, const int32_t *item, const double *x)
{
	const cs_factors *f = c->factors;
	double		sum = 0;
	size_t		step;

	c->n = n;
	c->item = item;
	c->x = x;
	if (c->ridge == NULL)
	{
		memset(c->u, 0, sizeof(double) * (size_t) f->d);
		for (size_t e = 0; e < n; e++)
		{
			const float *v = factors_of(c, item[e], &step);

			for (size_t k = 0; k < (size_t) f->d; k++)
				c->u[k] += x[e] * (double) v[k * step];
		}
		return;
	}
	for (size_t e = 0; e < n; e++)
		sum += x[e];
	cs_ridge_start(c->ridge, n, f->gram, cs_ridge_lambda(&f->fold, sum, f->parts));
	for (size_t e = 0; e < n; e++)
	{
		const float *v = factors_of(c, item[e], &step);

		cs_ridge_add(c->ridge, v, step, x[e]);
	}
	cs_ridge_solve(c->ridge);
}

void
cs_fold_point(const cs_fold *c, double *point)
{
	for (int k = 0; k < c->factors->d; k++)
		point[k] = c->u[k] * sqrt(c->factors->square[k]);
}

size_t
cs_fold_scores(cs_env *env, const cs_fold *c, bool all, cs_scored *out)
{
	return cs_factors_scores(env, c->factors, c->u, all, out);
}

double
cs_fold_score(const cs_fold *c, int32_t item)
{
	const float *v = place(c->factors, item);
	double		sum = 0;

	for (int k = 0; k < c->factors->d; k++)
		sum += c->u[k] * (double) v[k * TILE];
	return sum;
}

void
cs_fold_explain(cs_fold *c, int32_t item, double *contribution)
{
	const cs_factors *f = c->factors;

	for (int k = 0; k < f->d; k++)
		c->q[k] = (double) place(f, item)[k * TILE];
	if (c->ridge)
		cs_ridge_inverse(c->ridge, c->q);
	for (size_t e = 0; e < c->n; e++)
	{
		double		sum = 0;

		for (int k = 0; k < f->d; k++)
			sum += c->q[k] * (double) place(f, c->item[e])[k * TILE];
		contribution[e] = c->x[e] * sum;
	}
}

static double
length_of(const cs_factors *f, int32_t item)
{
	double		sum = 0;

	for (int k = 0; k < f->d; k++)
	{
		double		y = (double) place(f, item)[k * TILE];

		sum += y * y;
	}
	return sqrt(sum);
}

size_t
cs_factors_similar(cs_env *env, const cs_factors *f, int32_t item, cs_scored *out)
{
	double	   *q = CS_ROOM(env, double, (size_t) f->d),
				length = length_of(f, item);
	size_t		n = 0;

	for (int k = 0; k < f->d; k++)
		q[k] = length > 0 ? (double) place(f, item)[k * TILE] / length : 0;
	for (int from = 0; from < f->items; from += TILE)
	{
		double		score[TILE];

		if (from % (TILE * POLL_TILES) == 0)
			cs_poll(env);
		tile_scores(f, (size_t) (from / TILE), q, score);
		for (int i = 0; i < TILE && from + i < f->items; i++)
			if (score[i] > 0 && from + i != item)
				out[n++] = (cs_scored) {from + i, score[i] / length_of(f, from + i)};
	}
	cs_release(env, q);
	return n;
}

double
cs_factors_cosine(const cs_factors *f, int32_t a, int32_t b)
{
	double		sum = 0,
				length = length_of(f, a) * length_of(f, b);

	for (int k = 0; k < f->d; k++)
		sum += (double) place(f, a)[k * TILE] * (double) place(f, b)[k * TILE];
	return length > 0 ? sum / length : 0;
}
