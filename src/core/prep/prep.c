/*
 * prep.c - replaying fitted transforms on one row, and back (see prep.h).
 */
#include "core/prep/prep_fit.h"

#include <math.h>
#include <string.h>

const cs_param cs_transform_params[] = {
	{"impute", CS_P_ENUM, CS_IMPUTE_REJECT, 0, 0, "reject|mean|median|constant|indicator",
		"rows without a value: left out (reject), given a value, or given the median and a coordinate of their own (indicator)"},
	{"value", CS_P_REAL, 0, -1e30, 1e30, NULL, "the value that impute constant gives"},
	{"winsor", CS_P_MATRIX, 0, 0, 1, NULL, "two quantiles such as [0.01, 0.99]: values beyond are set to them"},
	{"log", CS_P_ENUM, CS_LOG_NONE, 0, 0, "none|log1p|signed", "ln(1 + x), or sign(x) ln(1 + |x|)"},
	{"quantile", CS_P_INT, 0, 0, 256, NULL, "map to 0..1 by so many quantiles of the training rows; 0: no"},
	{"scale", CS_P_ENUM, CS_SCALE_DEFAULT, 0, 0, "default|zscore|minmax|robust|none",
		"unit of distance: standard deviation, range, or interquartile range / 1.349; default: the argument scale"},
	{"max_levels", CS_P_INT, 20, 1, 10000, NULL, "categories: most frequent levels with a coordinate; the rest share one"},
	{"text", CS_P_TEXT, 0, 0, 0, NULL, "texts: the text search configuration whose terms count, such as english"},
	{"dimensions", CS_P_INT, 10, 1, CS_TEXT_MOST_DIMENSIONS, NULL, "texts: coordinates that the terms are reduced to"},
	{"max_terms", CS_P_INT, 5000, 1, CS_TEXT_MOST_TERMS, NULL, "texts: most frequent terms that count"},
	{"min_rows", CS_P_INT, 2, 1, 1000000, NULL, "texts: terms of fewer rows do not count"},
	{"rating", CS_P_TEXT, 0, 0, 0, NULL, "texts: column with a rating, which one more coordinate learns to predict from the terms"},
	{"weight", CS_P_REAL, 1, 0, 1e6, NULL, "factor of the feature's part in squared distances"},
	{0}
};

/* Steps that mean nothing to a feature of that kind are mistakes, not wishes. */
static void
check_kind(cs_env *env, const char *name, cs_feature_kind kind, const cs_options *o)
{
	static const struct
	{
		const char *step;
		bool		of[3];		/* numbers, categories, texts */
	}			steps[] = {
		{"value", {true, false, false}}, {"winsor", {true, false, false}}, {"log", {true, false, false}},
		{"quantile", {true, false, false}}, {"scale", {true, false, true}}, {"max_levels", {false, true, false}},
		{"dimensions", {false, false, true}}, {"max_terms", {false, false, true}}, {"min_rows", {false, false, true}},
		{"rating", {false, false, true}}
	};
	static const char *const takes[] = {
		"The feature is a number; it takes impute, value, winsor, log, quantile, scale and weight.",
		"The feature is a category; it takes impute, max_levels and weight.",
		"The feature is a text; it takes text, dimensions, max_terms, min_rows, rating, impute, scale and weight."
	};
	static const char *const hints[] = {
		"Numbers that are codes become a category by a cast to text in a query.",
		"A text whose words count is asked for with {\"text\": \"english\"}.",
		NULL
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (cs_option_get(o, steps[i].step)->set && !steps[i].of[kind])
			cs_fail(env, CS_E_PARAM, cs_text(env, "transform \"%s\" does not apply to feature \"%s\"", steps[i].step, name),
					takes[kind], kind == CS_CATEGORY && steps[i].of[CS_NUMBER] ? NULL : hints[kind]);
	if (cs_option_get(o, "value")->set && cs_option_int(o, "impute") != CS_IMPUTE_CONSTANT)
		cs_fail(env, CS_E_PARAM, cs_text(env, "transform \"value\" of feature \"%s\" has no use", name),
				"It is what impute gives when it is constant.", "Write {\"impute\": \"constant\", \"value\": ...}.");
}

cs_feature
cs_feature_make(cs_env *env, const char *name, cs_feature_kind kind, const cs_options *o, int default_scale)
{
	cs_feature	f = {.name = cs_strdup(env, name), .kind = kind};
	const cs_option *winsor = cs_option_get(o, "winsor");

	check_kind(env, name, kind, o);
	f.impute = cs_option_int(o, "impute");
	f.value = cs_option_real(o, "value");
	f.winsor_high = 1;
	if (winsor->set)
	{
		if (winsor->rows * winsor->cols != 2 ||
			!(winsor->cell[0] >= 0 && winsor->cell[0] < winsor->cell[1] && winsor->cell[1] <= 1))
			cs_fail(env, CS_E_PARAM, cs_text(env, "transform \"winsor\" of feature \"%s\" is not a pair of quantiles", name),
					"It takes two numbers from 0 to 1, the lower first.", NULL);
		f.winsor_low = winsor->cell[0];
		f.winsor_high = winsor->cell[1];
	}
	f.log = cs_option_int(o, "log");
	f.knots = cs_option_int(o, "quantile");
	if (f.knots == 1)
		f.knots = 2;
	f.scale = cs_option_int(o, "scale");
	if (f.scale == CS_SCALE_DEFAULT)
		f.scale = default_scale;
	f.max_levels = cs_option_int(o, "max_levels");
	f.weight = cs_option_real(o, "weight");
	if (kind == CS_CATEGORY && f.impute != CS_IMPUTE_REJECT && f.impute != CS_IMPUTE_INDICATOR)
		cs_fail(env, CS_E_PARAM, cs_text(env, "feature \"%s\" is a category and has no mean, median or constant", name),
				"Its transform impute can be reject or indicator.", NULL);
	return f;
}

void
cs_text_request(cs_env *env, const char *name, const cs_options *o, cs_text_model *t)
{
	check_kind(env, name, CS_TEXT, o);
	if (cs_option_int(o, "impute") != CS_IMPUTE_REJECT && cs_option_int(o, "impute") != CS_IMPUTE_INDICATOR)
		cs_fail(env, CS_E_PARAM, cs_text(env, "feature \"%s\" is a text and has no mean, median or constant", name),
				"Its transform impute can be reject or indicator.", NULL);
	t->dimensions = cs_option_int(o, "dimensions");
	t->max_terms = cs_option_int(o, "max_terms");
	t->min_rows = cs_option_int(o, "min_rows");
	t->rated = cs_option_get(o, "rating")->set;
	t->missing = cs_option_int(o, "impute") == CS_IMPUTE_INDICATOR;
	if ((double) t->dimensions * t->max_terms > CS_TEXT_MOST_CELLS)
		cs_fail(env, CS_E_PARAM, cs_text(env, "the model of text \"%s\" would be too large", name),
				cs_text(env, "%d terms in %d dimensions are %.0f numbers; %d are possible.", t->max_terms, t->dimensions,
						(double) t->dimensions * t->max_terms, CS_TEXT_MOST_CELLS),
				"Lower max_terms or dimensions.");
}

void
cs_text_features(cs_env *env, const char *name, const cs_options *o, int default_scale, cs_text_model *t, cs_feature *f)
{
	const cs_options *none = cs_options_new(env, cs_transform_params);
	int			scale = cs_option_int(o, "scale"),
				at = 0;

	for (; at < t->dimensions; at++)
	{
		f[at] = cs_feature_make(env, cs_text(env, "%s[%d]", name, at + 1), CS_NUMBER, none, CS_SCALE_NONE);
		f[at].kind = CS_TEXT;
		f[at].scale = scale != CS_SCALE_DEFAULT ? scale : default_scale == CS_SCALE_NONE ? CS_SCALE_NONE : CS_SCALE_TOGETHER;
	}
	if (t->rated)
		f[at++] = cs_feature_make(env, cs_text(env, "%s[rating]", name), CS_NUMBER, none,
								  scale != CS_SCALE_DEFAULT ? scale : default_scale);
	if (t->missing)
		f[at++] = cs_feature_make(env, cs_text(env, "%s[missing]", name), CS_NUMBER, none, CS_SCALE_NONE);
	for (int i = 0; i < at; i++)
		f[i].weight = cs_option_real(o, "weight");
}

/* Does a number go through the affine step alone? */
static inline bool
is_plain(const cs_feature *f)
{
	return f->winsor_low <= 0 && f->winsor_high >= 1 && f->log == CS_LOG_NONE && f->knots == 0;
}

/* Place of v among the knots, 0 .. 1, linear between them; in the middle of equal ones. */
static double
knot_position(const cs_feature *f, double v)
{
	int			lo = 0,
				hi = f->knots - 1,
				below,
				above;

	if (v <= f->knot[0] && v < f->knot[hi])
		return 0;
	if (v >= f->knot[hi] && v > f->knot[0])
		return 1;
	/* first knot >= v, first knot > v */
	while (lo < hi)
	{
		int			mid = (lo + hi) / 2;

		if (f->knot[mid] < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	below = lo;
	for (above = below; above < f->knots && f->knot[above] == v; above++)
		;
	if (above > below)
		return 0.5 * (below + above - 1) / (f->knots - 1);
	return (below - 1 + (v - f->knot[below - 1]) / (f->knot[below] - f->knot[below - 1])) / (f->knots - 1);
}

/* winsor, log, quantile; NaN when v is outside the domain. */
static double
steps(const cs_feature *f, double v)
{
	if (f->winsor_low > 0 || f->winsor_high < 1)
		v = v < f->low ? f->low : v > f->high ? f->high : v;
	if (f->log == CS_LOG_LOG1P)
	{
		if (!(v > -1))
			return NAN;
		v = log1p(v);
	}
	else if (f->log == CS_LOG_SIGNED)
		v = v < 0 ? -log1p(-v) : log1p(v);
	return f->knots > 0 ? knot_position(f, v) : v;
}

double
cs_feature_steps(const cs_feature *f, double v)
{
	return is_plain(f) ? v : steps(f, v);
}

static cs_reject
number_point(const cs_feature *f, float raw, float *point)
{
	double		v = cs_feature_value(f, raw);

	if (f->impute == CS_IMPUTE_INDICATOR)
		point[1] = isnan(raw) ? (float) sqrt(f->weight) : 0;
	if (isnan(raw))
	{
		if (f->impute == CS_IMPUTE_REJECT)
			return CS_ROW_MISSING;
		v = f->fill;
	}
	if (!is_plain(f))
	{
		v = steps(f, v);
		if (isnan(v))
			return CS_ROW_DOMAIN;
	}
	point[0] = (float) ((v - f->center) * f->factor);
	return CS_ROW_OK;
}

static cs_reject
category_point(const cs_feature *f, float raw, float *point)
{
	int			c = -1;

	memset(point, 0, sizeof(float) * (size_t) f->width);
	if (isnan(raw))
	{
		if (!f->missing_level)
			return CS_ROW_MISSING;
		c = f->width - 1;
	}
	else if (raw >= 0 && raw < (float) f->levels)
		c = (int) raw;
	else if (f->other)
		c = f->levels;
	if (c >= 0)
		point[c] = (float) sqrt(f->weight);
	return CS_ROW_OK;
}

cs_reject
cs_to_unit_length(float *point, int d, float *norm)
{
	double		s = 0;

	for (int i = 0; i < d; i++)
		s += (double) point[i] * (double) point[i];
	if (!(s > 0))
		return CS_ROW_ZERO;
	*norm = (float) sqrt(s);
	s = 1 / sqrt(s);
	for (int i = 0; i < d; i++)
		point[i] = (float) ((double) point[i] * s);
	return CS_ROW_OK;
}

cs_reject
cs_prep_row(const cs_prep *p, const float *raw, float *point, int *feature)
{
	float		norm;

	return cs_prep_row_norm(p, raw, point, feature, &norm);
}

cs_reject
cs_prep_row_norm(const cs_prep *p, const float *raw, float *point, int *feature, float *norm)
{
	float	   *to = cs_prep_coordinates(p, point);

	*norm = 1;
	for (int i = 0; i < p->n; i++)
	{
		const cs_feature *f = &p->f[i];
		cs_reject	r = f->kind == CS_CATEGORY ? category_point(f, raw[i], to + f->at)
			: number_point(f, raw[i], to + f->at);

		if (r != CS_ROW_OK)
		{
			if (feature)
				*feature = i;
			return r;
		}
	}
	if (p->axes)
		return cs_prep_project(p, to, point, norm);
	return p->unit_length ? cs_to_unit_length(point, p->d, norm) : CS_ROW_OK;
}

cs_affine *
cs_prep_affine(cs_env *env, const cs_prep *p)
{
	cs_affine  *a;

	if (p->unit_length || p->axes || p->d != p->n)
		return NULL;
	for (int i = 0; i < p->n; i++)
		if (p->f[i].kind != CS_NUMBER || p->f[i].at != i || !is_plain(&p->f[i]))
			return NULL;
	a = CS_NEW(env, cs_affine, 1);
	a->n = p->n;
	a->shift = CS_ROOM(env, double, (size_t) p->n);
	a->center = CS_ROOM(env, double, (size_t) p->n);
	a->factor = CS_ROOM(env, double, (size_t) p->n);
	for (int i = 0; i < p->n; i++)
	{
		a->shift[i] = p->f[i].shift;
		a->center[i] = p->f[i].center;
		a->factor[i] = p->f[i].factor;
		a->shifted = a->shifted || p->f[i].shift != 0;
	}
	return a;
}

float
cs_feature_code(const cs_feature *f, const char *text, size_t len)
{
	for (int i = 0; i < f->levels; i++)
		if (strlen(f->level[i]) == len && memcmp(f->level[i], text, len) == 0)
			return (float) i;
	return CS_UNSEEN;
}

double
cs_feature_original(const cs_feature *f, int c, double z)
{
	double		v;

	if (f->kind == CS_CATEGORY || c > 0)
		return f->weight > 0 ? z / sqrt(f->weight) : 0;
	v = f->factor != 0 ? z / f->factor + f->center : f->center;
	if (f->knots > 0)
	{
		double		at = (v < 0 ? 0 : v > 1 ? 1 : v) * (f->knots - 1);
		int			i = (int) at;

		v = i >= f->knots - 1 ? f->knot[f->knots - 1]
			: f->knot[i] + (at - i) * (f->knot[i + 1] - f->knot[i]);
	}
	if (f->log == CS_LOG_LOG1P)
		v = expm1(v);
	else if (f->log == CS_LOG_SIGNED)
		v = v < 0 ? -expm1(-v) : expm1(v);
	return v;
}

char *
cs_feature_coordinate(cs_env *env, const cs_feature *f, int c)
{
	if (f->kind != CS_CATEGORY)
		return c == 0 ? cs_strdup(env, f->name) : cs_text(env, "%s is missing", f->name);
	if (c < f->levels)
		return cs_text(env, "%s=%s", f->name, f->level[c]);
	return cs_text(env, "%s=%s", f->name, f->other && c == f->levels ? "(other)" : "(missing)");
}
