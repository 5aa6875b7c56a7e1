/*
 * counterfactual.c - searching by label() alone (see counterfactual.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "pg/counterfactual.h"

/* Steps to either end. */
#define STEPS 64

/* Halvings of a step: finer than single precision. */
#define HALVINGS 30

cs_span
cs_span_of(const cs_feature *f, double from)
{
	cs_span		s = {from, from};

	if (f->stats.n > 0)
	{
		s.low = Min(from, f->stats.min);
		s.high = Max(from, f->stats.max);
	}
	return s;
}

double
cs_site_value(const cs_site *s, int feature)
{
	const cs_feature *f = &s->m->prep->f[feature];
	float		raw = s->binding->raw[feature];

	return isnan(raw) ? f->fill : cs_feature_value(f, raw);
}

/* Coordinate of a value, before points are scaled to length 1. */
static double
coordinate(const cs_feature *f, double v)
{
	cs_feature	one = *f;
	cs_prep		p = {.n = 1, .f = &one, .wide = f->width, .d = f->width};
	float		raw = (float) (v - f->shift),
				point[2] = {0};

	one.at = 0;
	return cs_prep_row(&p, &raw, point, NULL) == CS_ROW_OK ? (double) point[0] : NAN;
}

/* Is a row of these raw values in the cluster? */
static bool
is_in(cs_site *s, const float *raw, float *point, int target)
{
	const cs_scorer *scorer = s->m->scorer;

	return cs_prep_row(s->m->prep, raw, point, NULL) == CS_ROW_OK &&
		cs_scorer_label(scorer, point, s->binding->score) == target;
}

/* ---- one feature ---- */

typedef struct way
{
	cs_site    *s;
	int			feature;
	int			target;
	float	   *raw;
	float	   *point;
} way;

static bool
arrives(const way *w, double v)
{
	float		held = w->raw[w->feature];
	bool		yes;

	w->raw[w->feature] = (float) (v - w->s->m->prep->f[w->feature].shift);
	yes = is_in(w->s, w->raw, w->point, w->target);
	w->raw[w->feature] = held;
	return yes;
}

/* As few digits as people get to see, if these arrive too. */
static double
tidy(const way *w, double v)
{
	double		t = cs_tidy_mean(v);

	return arrives(w, t) ? t : v;
}

/* From one coordinate towards another; NaN: not there on the way. */
static double
walk(const way *w, double from, double to)
{
	const cs_feature *f = &w->s->m->prep->f[w->feature];

	for (int i = 1; i <= STEPS && from != to; i++)
	{
		double		out = from + (to - from) * (i - 1) / STEPS,
					in = from + (to - from) * i / STEPS;

		if (!arrives(w, cs_feature_original(f, 0, in)))
			continue;
		for (int j = 0; j < HALVINGS; j++)
		{
			double		middle = (out + in) / 2;

			if (arrives(w, cs_feature_original(f, 0, middle)))
				in = middle;
			else
				out = middle;
		}
		return tidy(w, cs_feature_original(f, 0, in));
	}
	return NAN;
}

double
cs_search_one(cs_site *s, int feature, int target)
{
	const cs_feature *f = &s->m->prep->f[feature];
	const cs_prep *p = s->m->prep;
	double		from = cs_site_value(s, feature),
				up,
				down;
	cs_span		span = cs_span_of(f, from);
	way			w = {s, feature, target, palloc(sizeof(float) * p->n), palloc(sizeof(float) * cs_prep_room(p))};

	CHECK_FOR_INTERRUPTS();
	memcpy(w.raw, s->binding->raw, sizeof(float) * p->n);
	up = walk(&w, coordinate(f, from), coordinate(f, span.high));
	down = walk(&w, coordinate(f, from), coordinate(f, span.low));
	pfree(w.raw);
	pfree(w.point);
	if (isnan(up) || isnan(down))
		return isnan(up) ? down : up;
	return up - from <= from - down ? up : down;
}

/* ---- all of them ---- */

/* Raw values at a share of the way to what is typical; categories stay as they are. */
static void
move_all(const cs_site *s, int target, double share, float *raw)
{
	const cs_prep *p = s->m->prep;
	const double *c = cs_model_typical(s->m) + (size_t) target * p->wide;

	for (int i = 0; i < p->n; i++)
	{
		const cs_feature *f = &p->f[i];
		double		from,
					z;

		raw[i] = s->binding->raw[i];
		if (f->kind != CS_NUMBER || f->factor == 0)
			continue;
		from = cs_site_value(s, i);
		z = coordinate(f, from);
		raw[i] = (float) (cs_feature_original(f, 0, z + share * (c[f->at] - z)) - f->shift);
	}
}

void
cs_search_all(cs_site *s, int target, double *to)
{
	const cs_prep *p = s->m->prep;
	float	   *raw = palloc(sizeof(float) * p->n),
			   *point = palloc(sizeof(float) * cs_prep_room(p));
	double		out = 0,
				in = NAN;

	for (int i = 0; i < p->n; i++)
		to[i] = NAN;
	for (int i = 1; i <= STEPS && isnan(in) && cs_model_typical(s->m) && !p->unit_length; i++)
	{
		CHECK_FOR_INTERRUPTS();
		move_all(s, target, (double) i / STEPS, raw);
		if (is_in(s, raw, point, target))
			in = (double) i / STEPS;
		else
			out = (double) i / STEPS;
	}
	for (int j = 0; j < HALVINGS && !isnan(in); j++)
	{
		move_all(s, target, (out + in) / 2, raw);
		if (is_in(s, raw, point, target))
			in = (out + in) / 2;
		else
			out = (out + in) / 2;
	}
	if (!isnan(in))
	{
		move_all(s, target, in, raw);
		for (int i = 0; i < p->n; i++)
			if (p->f[i].kind == CS_NUMBER && !isnan(raw[i]))
				to[i] = cs_tidy_value(cs_feature_value(&p->f[i], raw[i]));
	}
	pfree(raw);
	pfree(point);
}
