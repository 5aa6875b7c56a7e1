/*
 * prep_digest.c - features of distinct points with counts (see prep_digest.h).
 *
 * Moments come from two passes over the points in their order, so that the same
 * points give the same bits.
 */
#include "core/prep/prep_digest.h"

#include "core/base/keyed.h"
#include "core/prep/prep_fit.h"

#include <math.h>
#include <string.h>

/* Points from which the training histogram is made, at most. */
#define SAMPLE 16384

#define POLL_ROWS 4096

static void
find_shapes(cs_env *env, const cs_digest *dg, cs_column_shape *s)
{
	double		n = (double) cs_digest_kept(dg);

	for (int f = 0; f < dg->d; f++)
		s[f] = (cs_column_shape) {.min = INFINITY, .max = -INFINITY};
	for (size_t i = 0; i < dg->n; i++)
	{
		const double *x = cs_digest_point(dg, i);

		if (i % POLL_ROWS == 0)
			cs_poll(env);
		for (int f = 0; f < dg->d; f++)
		{
			s[f].mean += x[f] * (double) dg->count[i];
			s[f].min = x[f] < s[f].min ? x[f] : s[f].min;
			s[f].max = x[f] > s[f].max ? x[f] : s[f].max;
		}
	}
	for (int f = 0; f < dg->d; f++)
		s[f].mean /= n;
	for (size_t i = 0; i < dg->n; i++)
	{
		const double *x = cs_digest_point(dg, i);

		if (i % POLL_ROWS == 0)
			cs_poll(env);
		for (int f = 0; f < dg->d; f++)
			s[f].sd += (x[f] - s[f].mean) * (x[f] - s[f].mean) * (double) dg->count[i];
	}
	for (int f = 0; f < dg->d; f++)
		s[f].sd = sqrt(s[f].sd / n);
}

/* ---- order statistics of one column ---- */

typedef struct column
{
	const cs_digest *dg;
	int			f;
	cs_keyed   *v;				/* points in the order of their values */
	size_t		n;
	double		rows;
} column;

/* Unsigned order of a double. */
static uint64_t
key_of(double v)
{
	uint64_t	u;

	memcpy(&u, &v, sizeof(u));
	return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

static double
value(const column *c, size_t i)
{
	return cs_digest_point(c->dg, c->v[i].row)[c->f];
}

/* Every step-th point. */
static void
sort_column(column *c, size_t step)
{
	c->n = 0;
	c->rows = 0;
	for (size_t i = 0; i < c->dg->n; i += step)
	{
		c->v[c->n++] = (cs_keyed) {key_of(cs_digest_point(c->dg, i)[c->f]), (uint32_t) i};
		c->rows += (double) c->dg->count[i];
	}
	cs_sort_keyed(c->v, c->n);
}

/* The value of the row that would stand at a place (from 0) if all rows were sorted. */
static double
at_place(const column *c, double place)
{
	double		behind = 0;

	for (size_t i = 0; i < c->n; i++)
	{
		behind += (double) c->dg->count[c->v[i].row];
		if (place < behind)
			return value(c, i);
	}
	return value(c, c->n - 1);
}

static double
quantile(const column *c, double p)
{
	double		place = p * (c->rows - 1),
				low = floor(place),
				a = at_place(c, low);

	return a + (place - low) * (at_place(c, low + 1 < c->rows ? low + 1 : low) - a);
}

static void
find_quartiles(column *c, cs_column_shape *s)
{
	sort_column(c, 1);
	for (int q = 0; q < 3; q++)
		s->quartile[q] = quantile(c, 0.25 * (q + 1));
}

static void
find_stats(column *c, const cs_column_shape *s, double rows, cs_feature_stats *out)
{
	int			bin = 0;

	sort_column(c, c->dg->n / SAMPLE + 1);
	out->n = rows;
	out->mean = s->mean;
	out->sd = s->sd;
	out->min = s->min;
	out->max = s->max;
	for (int q = 0; q < CS_BINS - 1; q++)
		out->cut[q] = at_place(c, floor((c->rows - 1) * (q + 1) / CS_BINS));
	out->median = out->cut[CS_BINS / 2 - 1];
	for (size_t i = 0; i < c->n; i++)
	{
		while (bin < CS_BINS - 1 && out->cut[bin] < value(c, i))
			bin++;
		out->share[bin] += (double) c->dg->count[c->v[i].row] / c->rows;
	}
}

/* Does single precision lose digits of a column that lies far from zero? */
static bool
wants_shift(const cs_digest *dg, const cs_feature *f, int column)
{
	if (!cs_prep_wants_shift(f))
		return false;
	for (size_t i = 0; i < dg->n; i++)
	{
		double		v = cs_digest_point(dg, i)[column];

		if ((double) (float) v != v)
			return true;
	}
	return false;
}

cs_prep *
cs_prep_of_digest(cs_env *env, const cs_digest *dg, char *const *names, int scale, bool unit_length, cs_centring centre)
{
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_options *none = cs_options_new(env, cs_transform_params);
	cs_column_shape *shape = CS_NEW(env, cs_column_shape, (size_t) dg->d);
	column		c = {dg, 0, CS_ROOM(env, cs_keyed, dg->n), 0, 0};
	double		rows = (double) cs_digest_kept(dg);

	p->n = p->wide = p->d = dg->d;
	p->unit_length = unit_length;
	p->f = CS_NEW(env, cs_feature, (size_t) dg->d);
	find_shapes(env, dg, shape);
	for (int i = 0; i < dg->d; i++)
	{
		cs_feature *f = &p->f[i];

		*f = cs_feature_make(env, names[i], CS_NUMBER, none, scale);
		c.f = i;
		find_stats(&c, &shape[i], rows, &f->stats);
		if (scale == CS_SCALE_ROBUST)
			find_quartiles(&c, &shape[i]);
		if (wants_shift(dg, f, i))
			f->shift = cs_even_centre(f->stats.mean, f->stats.sd);
		cs_feature_fit_scale(f, &shape[i], centre);
		f->at = i;
		f->width = 1;
		cs_poll(env);
	}
	cs_release(env, c.v);
	cs_release(env, shape);
	return p;
}

void
cs_prep_raw(const cs_prep *p, const double *point, float *raw)
{
	for (int i = 0; i < p->n; i++)
		raw[i] = (float) (point[i] - p->f[i].shift);
}
