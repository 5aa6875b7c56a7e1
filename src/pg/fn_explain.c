/*
 * fn_explain.c - explain() and counterfactual(): why a row is in its segment, and
 * what would move it to another.
 *
 * For centre models the margin d^2(x, runner-up) - d^2(x, own) is a sum over
 * coordinates, so each feature's part of it is exact and the parts add up; a
 * negative part speaks for the runner-up.  Where points are principal components,
 * they are linear in the coordinates, and so the margin still is a sum over these.
 * Models without centres are explained the
 * same way by the means of their segments, which is not their rule but tells what
 * sets the two segments apart for this row.  The border to another segment is a
 * plane, so the change of one feature that reaches it has a closed form.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "pg/convert.h"
#include "pg/counterfactual.h"
#include "pg/pg_env.h"
#include "pg/pins.h"
#include "pg/scoring.h"

/* Parts of the margin below this share of all are not worth words. */
#define NEGLIGIBLE 0.01

/* A number for people: six significant digits, no exponent where avoidable. */
static char *
number_text(double v)
{
	if (fabs(v) >= 1e15 || (v != 0 && fabs(v) < 1e-4))
		return psprintf("%.6g", v);
	if (fabs(v) >= 1000)
		return psprintf("%.0f", v);
	return psprintf("%.4g", v);
}

/* ---- values in words ---- */

/* What the row has, as text; NULL when the feature is missing. */
static char *
value_text(const cs_site *s, int feature)
{
	const cs_feature *f = &s->m->prep->f[feature];
	float		raw = s->binding->raw[feature];

	if (isnan(raw))
		return NULL;
	if (f->kind != CS_CATEGORY)
		return number_text(cs_feature_value(f, raw));
	if (raw >= 0 && raw < (float) f->levels)
		return pstrdup(f->level[(int) raw]);
	return pstrdup("(other)");
}

/* What is typical of a cluster: the centre's value, or its most frequent level. */
static char *
typical_text(const cs_site *s, int feature, int cluster)
{
	const cs_feature *f = &s->m->prep->f[feature];
	const double *c = cs_model_typical(s->m) + (size_t) cluster * s->m->prep->wide + f->at;
	int			best = 0;

	if (s->m->prep->unit_length && s->m->means == NULL)
		return NULL;			/* a direction has no value of its own */
	if (f->kind != CS_CATEGORY)
		return number_text(cs_feature_original(f, 0, c[0]));
	for (int i = 1; i < f->width; i++)
		if (c[i] > c[best])
			best = i;
	if (s->m->scorer->algorithm->part)
		return pstrdup(cs_feature_coordinate(s->env, f, best) + strlen(f->name) + 1);	/* a level, no shares */
	return psprintf("%s (%.0f %%)", cs_feature_coordinate(s->env, f, best) + strlen(f->name) + 1,
					100 * cs_feature_original(f, best, c[best]));
}

/* ---- explain ---- */

typedef struct part
{
	int			feature;
	double		contribution;
} part;

static int
by_contribution(const void *a, const void *b)
{
	double		x = ((const part *) a)->contribution,
				y = ((const part *) b)->contribution;

	if (x != y)
		return x < y ? 1 : -1;
	return ((const part *) a)->feature - ((const part *) b)->feature;
}

/* Each coordinate's part of the margin between the means of two clusters. */
static void
margin_by_means(const cs_site *s, int own, int other, double *out)
{
	const cs_scorer *m = s->m->scorer;
	const double *c = cs_model_typical(s->m);
	int			wide = s->m->prep->wide;
	const float *x = cs_prep_coordinates(s->m->prep, s->binding->point);

	for (int z = 0; z < wide; z++)
	{
		double		a = (double) x[z] - c[(size_t) own * wide + z],
					b = (double) x[z] - c[(size_t) other * wide + z];

		if (m->algorithm->part && s->m->prep->axes == NULL)
			out[z] = m->algorithm->part(m, x, other, z) - m->algorithm->part(m, x, own, z);
		else
			out[z] = b * b - a * a;
	}
}

/* (centre of to) - (centre of from), in the space of the coordinates. */
static double *
between_centers(const cs_site *s, int from, int to)
{
	const cs_centers *c = s->m->scorer->centers;
	double	   *diff = palloc(sizeof(double) * c->d),
			   *wide;

	for (int z = 0; z < c->d; z++)
		diff[z] = c->c[(size_t) to * c->d + z] - c->c[(size_t) from * c->d + z];
	if (s->m->prep->axes == NULL)
		return diff;
	wide = palloc(sizeof(double) * s->m->prep->wide);
	cs_prep_unproject(s->m->prep, diff, wide);
	return wide;
}

/*
 * The same between centres in the space of principal components: the margin is
 * 2 (y - m)(c_own - c_other), m half way between the two, and y = A (x - mean).
 * A direction is y / |y|.
 */
static void
margin_by_components(const cs_site *s, int own, int other, double *out)
{
	const cs_prep *p = s->m->prep;
	const cs_centers *c = s->m->scorer->centers;
	const float *x = cs_prep_coordinates(p, s->binding->point);
	float	   *again = palloc(sizeof(float) * p->d),
				norm = 1;
	double	   *w = between_centers(s, other, own),
			   *half = palloc(sizeof(double) * p->d),
			   *middle = palloc(sizeof(double) * p->wide);

	for (int i = 0; i < p->d; i++)
		half[i] = (c->c[(size_t) own * p->d + i] + c->c[(size_t) other * p->d + i]) / 2;
	cs_prep_unproject(p, half, middle);
	(void) cs_prep_project(p, x, again, &norm);
	for (int z = 0; z < p->wide; z++)
		out[z] = 2 * (((double) x[z] - p->axes->mean[z]) / (double) norm - middle[z]) * w[z];
}

/* Each feature's part of the margin between two clusters. */
static part *
margin_parts(const cs_site *s, int own, int other)
{
	double	   *margin = palloc(sizeof(double) * s->m->prep->wide);
	part	   *p = palloc(sizeof(part) * s->m->prep->n);

	if (s->m->prep->axes && s->m->scorer->centers && !s->m->scorer->algorithm->distance)
		margin_by_components(s, own, other, margin);
	else
		margin_by_means(s, own, other, margin);
	for (int i = 0; i < s->m->prep->n; i++)
	{
		const cs_feature *f = &s->m->prep->f[i];

		p[i] = (part) {i, 0};
		for (int z = f->at; z < f->at + f->width; z++)
			p[i].contribution += margin[z];
	}
	qsort(p, s->m->prep->n, sizeof(part), by_contribution);
	return p;
}

static void
put_text(Datum *v, bool *isnull, int column, const char *text)
{
	isnull[column] = text == NULL;
	v[column] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

/* all: sum of the sizes of all parts. */
static char *
reason_text(cs_site *s, const part *p, double all, const char *value, const char *typical, const char *other_typical,
			int own, int other)
{
	const char *name = s->m->prep->f[p->feature].name;
	int			nearer = p->contribution >= 0 ? own : other;

	if (fabs(p->contribution) <= NEGLIGIBLE * all)
		return psprintf("%s hardly matters between %s and %s", name, cs_site_label(s, own), cs_site_label(s, other));
	if (typical == NULL)
		return psprintf("%s points to %s", name, cs_site_label(s, nearer));
	return psprintf("%s %s is closer to %s (%s) than to %s (%s)", name, value ? value : "(missing)",
					cs_site_label(s, nearer), nearer == own ? typical : other_typical,
					cs_site_label(s, nearer == own ? other : own), nearer == own ? other_typical : typical);
}

static void
explain_by_centers(cs_site *s, ReturnSetInfo *rsinfo, const cs_nearest *n)
{
	part	   *p = margin_parts(s, n->label, n->label2);
	double		all = 0;

	for (int i = 0; i < s->m->prep->n; i++)
		all += fabs(p[i].contribution);
	for (int i = 0; i < s->m->prep->n; i++)
	{
		Datum		v[6];
		bool		isnull[6] = {false};
		char	   *value = value_text(s, p[i].feature),
				   *typical = typical_text(s, p[i].feature, n->label),
				   *other = typical_text(s, p[i].feature, n->label2);

		put_text(v, isnull, 0, s->m->prep->f[p[i].feature].name);
		put_text(v, isnull, 1, value);
		v[2] = Float8GetDatum(p[i].contribution);
		put_text(v, isnull, 3, typical);
		put_text(v, isnull, 4, other);
		put_text(v, isnull, 5, reason_text(s, &p[i], all, value, typical, other, n->label, n->label2));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

/* Without centres, or without a second one, to compare with. */
static void
explain_plainly(cs_site *s, ReturnSetInfo *rsinfo, const cs_nearest *n)
{
	const cs_clusterer *a = s->m->scorer->algorithm;

	for (int i = 0; i < s->m->prep->n; i++)
	{
		Datum		v[6] = {0};
		bool		isnull[6] = {false, false, true, true, true, false};

		put_text(v, isnull, 0, s->m->prep->f[i].name);
		put_text(v, isnull, 1, value_text(s, i));
		put_text(v, isnull, 5, a->explain ? a->explain(s->env, s->m->scorer, s->binding->point, i)
				 : n->label >= 0 ? "there is one segment only"
				 : cs_point_of(n) == CS_POINT_NOISE ? "in no dense region of the training"
				 : psprintf("farther than %g from the nearest segment", s->m->scorer->max_radius));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

/* A runner-up for models that name none: the other segment whose mean is nearest. */
static void
find_runner_up(const cs_site *s, cs_nearest *n)
{
	const double *c = cs_model_typical(s->m);
	int			wide = s->m->prep->wide;
	const float *x = cs_prep_coordinates(s->m->prep, s->binding->point);
	double		best = INFINITY;

	if (c == NULL || n->label < 0 || n->label2 >= 0)
		return;
	for (int j = 0; j < s->m->k; j++)
	{
		double		d = 0;

		for (int z = 0; z < wide; z++)
			d += pow((double) x[z] - c[(size_t) j * wide + z], 2);
		if (j != n->label && d < best)
		{
			best = d;
			n->label2 = j;
		}
	}
}

/* Of a row that a rule takes: the rule. */
static void
put_pin(cs_site *s, ReturnSetInfo *rsinfo)
{
	const cs_pin *p = cs_site_pin(s);
	Datum		v[6] = {0};
	bool		isnull[6] = {false, true, true, true, true, false};

	put_text(v, isnull, 0, "(rule)");
	put_text(v, isnull, 5, psprintf("pinned to %s: %s", cs_site_pin_label(s, p), p->where));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/* explain(model, row) -> setof (feature, value, contribution, typical, runner_up_typical, reason) */
static Datum
explain(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);
	cs_nearest	n;

	InitMaterializedSRF(fcinfo, 0);
	if (s == NULL)
		return (Datum) 0;
	if (cs_site_pin(s))
	{
		put_pin(s, (ReturnSetInfo *) fcinfo->resultinfo);
		return (Datum) 0;
	}
	n = cs_site_nearest(s);
	find_runner_up(s, &n);
	if (cs_model_typical(s->m) && n.label >= 0 && n.label2 >= 0)
		explain_by_centers(s, (ReturnSetInfo *) fcinfo->resultinfo, &n);
	else
		explain_plainly(s, (ReturnSetInfo *) fcinfo->resultinfo, &n);
	return (Datum) 0;
}

CS_SCORING_ENTRIES(explain);

/* ---- counterfactual ---- */

/*
 * Is the row in the target segment when one feature has that value, or one that
 * is a hair further from where it is?  Asked of the whole way from value to
 * segment: a value may be clipped, or outside what its logarithm takes.
 */
static bool
reaches(cs_site *s, int feature, double from, double to, int target)
{
	const cs_prep *p = s->m->prep;
	float	   *raw = &s->binding->raw[feature],
				held = *raw;
	bool		ok;

	*raw = cs_raw_number(&p->f[feature], to + (to - from) * 1e-5, NULL);
	for (int ulp = 0; ulp < 4; ulp++)
		*raw = nextafterf(*raw, to > from ? INFINITY : -INFINITY);
	ok = cs_prep_row(p, s->binding->raw, s->binding->point, NULL) == CS_ROW_OK && cs_site_nearest(s).label == target;
	*raw = held;
	cs_prep_row(p, s->binding->raw, s->binding->point, NULL);
	return ok;
}

/* One line; NaN is NULL. */
static void
put_change(ReturnSetInfo *rsinfo, const char *name, double from, double to, bool sufficient, double joint)
{
	Datum		v[6];
	bool		isnull[6] = {false, false, isnan(to), isnan(to), false, isnan(joint)};

	v[0] = CStringGetTextDatum(name);
	v[1] = Float8GetDatum(cs_tidy_value(from));
	v[2] = Float8GetDatum(isnan(to) ? 0 : to);
	v[3] = Float8GetDatum(isnan(to) ? 0 : cs_tidy_mean(to - from));
	v[4] = BoolGetDatum(sufficient);
	v[5] = Float8GetDatum(isnan(joint) ? 0 : joint);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/*
 * One line per numeric feature in which the two centres differ: the value that
 * alone takes the row to the border (to_value, not beyond what training has seen),
 * whether that suffices (it is there, and no third segment is nearer), and the value at the nearest point of the border when
 * all features move together.
 */
static void
put_changes(cs_site *s, ReturnSetInfo *rsinfo, int own, int target)
{
	const cs_centers *c = s->m->scorer->centers;
	const float *coordinate = cs_prep_coordinates(s->m->prep, s->binding->point);
	double	   *toward = between_centers(s, own, target);
	double		gap = cs_centers_distance(c, s->binding->point, target) - cs_centers_distance(c, s->binding->point, own),
				norm = 0;

	for (int z = 0; z < s->m->prep->wide; z++)
		norm += toward[z] * toward[z];
	for (int i = 0; i < s->m->prep->n && norm > 0; i++)
	{
		const cs_feature *f = &s->m->prep->f[i];
		double		w = toward[f->at],
					x = (double) coordinate[f->at],
					from = cs_site_value(s, i),
					to;
		cs_span		span = cs_span_of(f, from);
		bool		seen;

		if (f->kind != CS_NUMBER || w == 0 || f->factor == 0)
			continue;
		to = cs_feature_original(f, 0, x + gap / (2 * w));
		seen = to >= span.low && to <= span.high;
		to = Min(Max(to, span.low), span.high);
		put_change(rsinfo, f->name, from, cs_tidy_mean(to), seen && reaches(s, i, from, to, target),
				   cs_tidy_mean(cs_feature_original(f, 0, x + gap / (2 * norm) * w)));
	}
}

/* The same for models that know their border only by asking: see counterfactual.h. */
static void
put_searched_changes(cs_site *s, ReturnSetInfo *rsinfo, int target)
{
	const cs_prep *p = s->m->prep;
	double	   *joint = palloc(sizeof(double) * p->n);

	cs_search_all(s, target, joint);
	for (int i = 0; i < p->n; i++)
	{
		double		to;

		if (p->f[i].kind != CS_NUMBER || p->f[i].factor == 0)
			continue;
		to = cs_search_one(s, i, target);
		put_change(rsinfo, p->f[i].name, cs_site_value(s, i), to, !isnan(to), joint[i]);
	}
}

/*
 * counterfactual(model, row, segment_id) -> setof (feature, from_value, to_value,
 *     change, sufficient, joint_value); nothing when the row is there already
 */
static Datum
counterfactual(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);
	int			target;
	cs_nearest	n;

	InitMaterializedSRF(fcinfo, 0);
	if (s == NULL)
		return (Datum) 0;
	if (cs_site_pin_with(s, PG_GETARG_INT32(2)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("segment %d is pinned by a rule", PG_GETARG_INT32(2)),
				 errdetail("It holds the rows with: %s.", cs_site_pin_with(s, PG_GETARG_INT32(2))->where)));
	if (cs_site_pin(s))
		return (Datum) 0;
	target = cs_site_cluster(s, PG_GETARG_INT32(2));
	n = cs_site_nearest(s);
	if (n.label == target)
		return (Datum) 0;
	if (s->m->scorer->centers == NULL || s->m->scorer->algorithm->distance || s->m->prep->unit_length || n.label < 0)
		put_searched_changes(s, (ReturnSetInfo *) fcinfo->resultinfo, target);
	else
		put_changes(s, (ReturnSetInfo *) fcinfo->resultinfo, n.label, target);
	return (Datum) 0;
}

CS_SCORING_ENTRIES(counterfactual);
