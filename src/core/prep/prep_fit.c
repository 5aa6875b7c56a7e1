/*
 * prep_fit.c - fitting transforms to the training rows (see prep.h).
 *
 * Moments of all features come from one pass over the rows; order statistics
 * and transformed moments are computed feature by feature, only where asked for.
 * Rows are in the order of their keys, sums run chunk by chunk: the same rows
 * give the same bits.
 */
#include "core/prep/prep_fit.h"

#include "core/base/kernel.h"
#include "core/base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows from which the training histogram is made, at most. */
#define SAMPLE 16384

/* A scale so small against the values is rounding, not spread. */
#define TINY 1e-12

/* ---- moments ---- */

typedef struct moments
{
	double		n;
	double		mean;
	double		m2;
	double		min;
	double		max;
} moments;

/* Chan, Golub, LeVeque 1983: moments of two sets from those of each. */
static void
merge(moments *a, const moments *b)
{
	double		n = a->n + b->n,
				d = b->mean - a->mean;

	if (b->n == 0)
		return;
	a->m2 += b->m2 + d * d * a->n * b->n / n;
	a->mean += d * b->n / n;
	a->n = n;
	a->min = b->min < a->min ? b->min : a->min;
	a->max = b->max > a->max ? b->max : a->max;
}

/* Sums of one chunk, side by side for the kernels. */
typedef struct chunk_sums
{
	double	   *sum;
	double	   *square;
	double	   *low;
	double	   *high;
	double	   *count;
} chunk_sums;

/* One chunk, two passes while it is in the cache. */
static void
chunk_moments(cs_env *env, const float *x, size_t n, int width, chunk_sums *s, moments *m)
{
	for (int f = 0; f < width; f++)
	{
		s->sum[f] = s->square[f] = s->count[f] = 0;
		s->low[f] = INFINITY;
		s->high[f] = -INFINITY;
	}
	env->kernel->moments(x, n, width, NULL, s->sum, s->low, s->high, s->count);
	for (int f = 0; f < width; f++)
		s->sum[f] = s->count[f] > 0 ? s->sum[f] / s->count[f] : 0;
	env->kernel->moments(x, n, width, s->sum, s->square, NULL, NULL, NULL);
	for (int f = 0; f < width; f++)
	{
		const moments part = {s->count[f], s->sum[f], s->square[f], s->low[f], s->high[f]};

		merge(&m[f], &part);
	}
}

static void
all_moments(cs_env *env, const cs_rows *rows, moments *m)
{
	size_t		width = (size_t) rows->width;
	double	   *room = CS_NEW(env, double, 5 * width);
	chunk_sums	s = {room, room + width, room + 2 * width, room + 3 * width, room + 4 * width};
	const moments none = {0, 0, 0, INFINITY, -INFINITY};

	for (int f = 0; f < rows->width; f++)
		m[f] = none;
	for (size_t from = 0; from < rows->n; from += CS_BLOCK_ROWS)
	{
		chunk_moments(env, cs_rows_at(rows, from), rows->n - from < CS_BLOCK_ROWS ? rows->n - from : CS_BLOCK_ROWS,
					  rows->width, &s, m);
		cs_poll(env);
	}
	cs_release(env, room);
}

/* ---- numbers ---- */

/* Values of feature i that are there, every step-th row. */
static size_t
column(const cs_rows *rows, int i, size_t step, float *out)
{
	size_t		n = 0;

	for (size_t r = 0; r < rows->n; r += step)
	{
		float		x = cs_rows_at(rows, r)[i];

		if (!isnan(x))
			out[n++] = x;
	}
	return n;
}

static void
fit_stats(cs_feature *f, int i, const cs_rows *rows, const moments *m, float *v)
{
	cs_feature_stats *s = &f->stats;
	size_t		n = column(rows, i, rows->n / SAMPLE + 1, v);
	int			bin = 0;

	s->n = m->n;
	s->missing = (double) rows->n - m->n;
	if (m->n == 0)
		return;
	s->mean = m->mean + f->shift;
	s->sd = sqrt(m->m2 / m->n);
	s->min = m->min + f->shift;
	s->max = m->max + f->shift;
	if (n == 0)
		return;
	cs_sort_floats(v, n, v + n);
	for (int c = 0; c < CS_BINS - 1; c++)
		s->cut[c] = (double) v[(n - 1) * (size_t) (c + 1) / CS_BINS] + f->shift;
	s->median = s->cut[CS_BINS / 2 - 1];
	for (size_t r = 0; r < n; r++)
	{
		while (bin < CS_BINS - 1 && s->cut[bin] < (double) v[r] + f->shift)
			bin++;
		s->share[bin] += 1.0 / (double) n;
	}
}

/* Imputed value, winsor bounds and knots: order statistics of all rows. */
static void
fit_order(cs_env *env, cs_feature *f, int i, const cs_rows *rows, float *v)
{
	size_t		n;

	if (f->impute == CS_IMPUTE_MEAN)
		f->fill = f->stats.mean;
	else if (f->impute == CS_IMPUTE_CONSTANT)
		f->fill = f->value;
	if (f->impute != CS_IMPUTE_MEDIAN && f->impute != CS_IMPUTE_INDICATOR &&
		f->winsor_low <= 0 && f->winsor_high >= 1 && f->knots == 0)
		return;
	n = column(rows, i, 1, v);
	if (f->impute == CS_IMPUTE_MEDIAN || f->impute == CS_IMPUTE_INDICATOR)
		f->fill = cs_quantile_cont(v, n, 0.5) + f->shift;
	f->low = cs_quantile_cont(v, n, f->winsor_low) + f->shift;
	f->high = cs_quantile_cont(v, n, f->winsor_high) + f->shift;
	if (f->knots > 0)
	{
		int			knots = f->knots;
		double	   *knot = CS_NEW(env, double, (size_t) knots);

		/* the steps before are monotone: quantiles of their results are results of quantiles */
		f->knots = 0;
		for (int k = 0; k < knots; k++)
			knot[k] = cs_feature_steps(f, cs_quantile_cont(v, n, (double) k / (knots - 1)) + f->shift);
		f->knots = knots;
		f->knot = knot;
	}
	cs_poll(env);
}

/* Moments of a feature after its steps, imputed rows included; values into v. */
static moments
stepped_moments(const cs_feature *f, int i, const cs_rows *rows, float *v)
{
	moments		m = {0, 0, 0, INFINITY, -INFINITY};

	for (size_t r = 0; r < rows->n; r++)
	{
		float		x = cs_rows_at(rows, r)[i];
		double		t = cs_feature_steps(f, isnan(x) ? f->fill : cs_feature_value(f, x)),
					d = t - m.mean;

		v[r] = (float) t;
		m.n++;
		m.mean += d / m.n;
		m.m2 += d * (t - m.mean);
		m.min = t < m.min ? t : m.min;
		m.max = t > m.max ? t : m.max;
	}
	return m;
}

double
cs_even_centre(double mean, double sd)
{
	int			exponent;
	double		unit;

	if (!(sd > 0 && isfinite(sd) && isfinite(mean)))
		return mean;
	frexp(sd, &exponent);
	unit = ldexp(1, exponent - 1);
	return rint(mean / unit) * unit;
}

void
cs_feature_fit_scale(cs_feature *f, const cs_column_shape *s, cs_centring centre)
{
	double		scale = 1;

	f->center = s->mean;
	switch (f->scale)
	{
		case CS_SCALE_ZSCORE:
			scale = s->sd;
			break;
		case CS_SCALE_MINMAX:
			f->center = s->min;
			scale = s->max - s->min;
			break;
		case CS_SCALE_ROBUST:
			f->center = s->quartile[1];
			scale = (s->quartile[2] - s->quartile[0]) / 1.349;

			/* half the rows equal: no quartiles to speak of */
			if (!(scale > TINY * fabs(f->center)))
				scale = s->sd;
			break;
		default:
			f->center = centre == CS_CENTRE_NONE ? 0 : centre == CS_CENTRE_EVEN ? cs_even_centre(s->mean, s->sd) : s->mean;
			break;
	}
	if (f->scale != CS_SCALE_NONE && !(scale > TINY * fmax(fabs(s->min), fabs(s->max))))
		f->factor = 0;
	else
		f->factor = sqrt(f->weight) / scale;
}

static void
fit_scale(cs_feature *f, const moments *m, float *v, size_t n, cs_centring centre)
{
	cs_column_shape s = {m->mean, sqrt(m->m2 / m->n), m->min, m->max, {0}};

	for (int q = 0; q < 3 && f->scale == CS_SCALE_ROBUST; q++)
		s.quartile[q] = cs_quantile_cont(v, n, 0.25 * (q + 1));
	cs_feature_fit_scale(f, &s, centre);
}

static void
fit_number(cs_env *env, cs_feature *f, int i, const cs_rows *rows, moments *m, float *v, cs_centring centre)
{
	bool		affine;

	fit_stats(f, i, rows, m, v);
	if (m->n == 0)
		cs_fail(env, CS_E_DATA, cs_text(env, "feature \"%s\" has no values", f->name),
				"It is NULL, or not finite, in all rows.", "Leave it out.");
	fit_order(env, f, i, rows, v);
	if (isnan(cs_feature_steps(f, f->stats.min)))
		cs_fail(env, CS_E_DATA, cs_text(env, "feature \"%s\" has values of -1 or less", f->name),
				cs_text(env, "Its smallest value is %g; the transform log1p needs more than -1.", f->stats.min),
				"Use \"log\": \"signed\".");
	affine = f->log == CS_LOG_NONE && f->knots == 0 && f->winsor_low <= 0 && f->winsor_high >= 1;
	if (affine && m->n == (double) rows->n && f->scale != CS_SCALE_ROBUST)
	{
		m->mean += f->shift;
		m->min += f->shift;
		m->max += f->shift;
	}
	else
		*m = stepped_moments(f, i, rows, v);
	fit_scale(f, m, v, rows->n, centre);
	f->width = f->impute == CS_IMPUTE_INDICATOR ? 2 : 1;
	cs_poll(env);
}

/* ---- categories ---- */

typedef struct ranked
{
	double		count;
	const char *text;
	int			code;
} ranked;

static int
by_count(const void *a, const void *b)
{
	const ranked *x = a,
			   *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

static void
fit_category(cs_env *env, cs_feature *f, int i, cs_rows *rows, const cs_levels *l)
{
	ranked	   *order = CS_NEW(env, ranked, (size_t) l->n + 1);
	float	   *code = CS_NEW(env, float, (size_t) l->n + 1);

	for (int j = 0; j < l->n; j++)
		order[j] = (ranked) {l->count[j], l->text[j], j};
	qsort(order, (size_t) l->n, sizeof(ranked), by_count);
	f->other = l->n > f->max_levels;
	f->levels = f->other ? f->max_levels : l->n;
	f->level = CS_NEW(env, char *, (size_t) f->levels + 1);
	f->level_share = CS_NEW(env, double, (size_t) f->levels + 1);
	for (int j = 0; j < l->n; j++)
	{
		int			to = j < f->levels ? j : f->levels;

		code[order[j].code] = (float) to;
		f->level_share[to] += order[j].count / (double) rows->n;
		if (j < f->levels)
			f->level[j] = cs_strdup(env, order[j].text);
	}
	for (size_t r = 0; r < rows->n; r++)
	{
		float	   *x = cs_rows_at(rows, r) + i;

		if (isnan(*x))
			f->stats.missing++;
		else
			*x = code[(int) *x];
	}
	f->stats.n = (double) rows->n - f->stats.missing;
	f->missing_level = f->impute == CS_IMPUTE_INDICATOR;
	f->width = f->levels + f->other + f->missing_level;
	cs_release(env, order);
	cs_release(env, code);
	cs_poll(env);
}

/* Coordinates of one text under a common factor: as a whole it counts like one scaled number. */
static void
scale_together(cs_feature *f, int n)
{
	double		variance = 0;

	if (f[0].scale != CS_SCALE_TOGETHER)
		return;
	for (int i = 0; i < n; i++)
		variance += f[i].stats.sd * f[i].stats.sd;
	for (int i = 0; i < n; i++)
		f[i].factor = variance > 0 ? f[i].factor / sqrt(variance) : 0;
}

void
cs_prep_fit(cs_env *env, cs_prep *p, cs_rows *rows, const cs_levels *levels, cs_centring centre)
{
	moments    *m = CS_NEW(env, moments, (size_t) rows->width);
	float	   *v = CS_ROOM(env, float, rows->n + 2 * SAMPLE);

	all_moments(env, rows, m);
	p->wide = 0;
	for (int i = 0; i < p->n; i++)
	{
		cs_feature *f = &p->f[i];

		if (f->kind != CS_CATEGORY)
			fit_number(env, f, i, rows, &m[i], v, centre);
		else
			fit_category(env, f, i, rows, &levels[i]);
		f->at = p->wide;
		p->wide += f->width;
	}
	for (int i = 0; i < p->texts; i++)
		scale_together(&p->f[p->text[i]->first], p->text[i]->dimensions);
	p->d = p->wide;
	p->axes = NULL;
	cs_release(env, m);
	cs_release(env, v);
}

static bool
far_from_zero(const cs_feature *f, double mean, double sd)
{
	return f->kind == CS_NUMBER && f->shift == 0 && fabs(mean) > 64 * sd;
}

bool
cs_prep_wants_shift(const cs_feature *f)
{
	return far_from_zero(f, f->stats.mean, f->stats.sd);
}

bool
cs_prep_find_shifts(cs_env *env, cs_prep *p, const cs_rows *rows, const bool *lossy)
{
	moments    *m = CS_NEW(env, moments, (size_t) rows->width);
	bool		any = false;

	all_moments(env, rows, m);
	for (int i = 0; i < p->n; i++)
		if (lossy[i] && m[i].n > 0 && far_from_zero(&p->f[i], m[i].mean, sqrt(m[i].m2 / m[i].n)))
		{
			p->f[i].shift = m[i].mean;
			any = true;
		}
	cs_release(env, m);
	return any;
}
