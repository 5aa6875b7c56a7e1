/*
 * prep_doc.c - fitted transforms as part of a model value (see prep.h).
 */
#include "core/prep/prep_fit.h"

#include <math.h>

static void
save_stats(const cs_feature *f, cs_writer *w)
{
	const cs_feature_stats *s = &f->stats;

	cs_begin_object(w, "training");
	cs_put_number(w, "n", s->n);
	cs_put_number(w, "missing", s->missing);
	if (f->kind != CS_CATEGORY)
	{
		cs_put_number(w, "mean", s->mean);
		cs_put_number(w, "sd", s->sd);
		cs_put_number(w, "min", s->min);
		cs_put_number(w, "max", s->max);
		cs_put_number(w, "median", s->median);
		cs_put_numbers(w, "cuts", s->cut, CS_BINS - 1);
		cs_put_numbers(w, "shares", s->share, CS_BINS);
	}
	cs_end(w);
}

static void
save_number(const cs_feature *f, cs_writer *w)
{
	cs_put_number(w, "shift", f->shift);
	cs_put_number(w, "fill", f->fill);
	cs_put_numbers(w, "winsor", (double[]) {f->winsor_low, f->winsor_high}, 2);
	cs_put_numbers(w, "bounds", (double[]) {f->low, f->high}, 2);
	cs_put_number(w, "log", f->log);
	cs_put_numbers(w, "knots", f->knot, (size_t) f->knots);
	cs_put_number(w, "scale", f->scale);
	cs_put_number(w, "center", f->center);
	cs_put_number(w, "factor", f->factor);
}

static void
save_category(const cs_feature *f, cs_writer *w)
{
	cs_begin_list(w, "levels");
	for (int i = 0; i < f->levels; i++)
		cs_put_text(w, NULL, f->level[i]);
	cs_end(w);
	cs_put_numbers(w, "shares", f->level_share, (size_t) f->levels + 1);
	cs_put_number(w, "max_levels", f->max_levels);
	cs_put_bool(w, "other", f->other);
	cs_put_bool(w, "missing_level", f->missing_level);
}

static void
save_axes(cs_env *env, const cs_prep *p, cs_writer *w)
{
	const cs_components *a = p->axes;
	double	   *axis = CS_ROOM(env, double, (size_t) p->wide);

	cs_begin_object(w, "axes");
	cs_put_numbers(w, "mean", a->mean, (size_t) p->wide);
	cs_put_numbers(w, "variance", a->variance, (size_t) a->n);
	cs_put_number(w, "total", a->total);
	cs_begin_list(w, "axis");
	for (int i = 0; i < a->n; i++)
	{
		for (int z = 0; z < p->wide; z++)
			axis[z] = a->axis[cs_axis_at(p, i, z)];
		cs_put_numbers(w, NULL, axis, (size_t) p->wide);
	}
	cs_end(w);
	cs_end(w);
	cs_release(env, axis);
}

void
cs_prep_save(cs_env *env, const cs_prep *p, cs_writer *w)
{
	cs_begin_object(w, "prep");
	cs_put_bool(w, "unit_length", p->unit_length);
	cs_begin_list(w, "features");
	for (int i = 0; i < p->n; i++)
	{
		const cs_feature *f = &p->f[i];

		cs_begin_object(w, NULL);
		cs_put_text(w, "name", f->name);
		cs_put_text(w, "kind", f->kind == CS_NUMBER ? "number" : f->kind == CS_TEXT ? "text" : "category");
		cs_put_number(w, "impute", f->impute);
		cs_put_number(w, "value", f->value);
		cs_put_number(w, "weight", f->weight);
		if (f->kind != CS_CATEGORY)
			save_number(f, w);
		else
			save_category(f, w);
		save_stats(f, w);
		cs_end(w);
	}
	cs_end(w);
	if (p->texts > 0)
	{
		cs_begin_list(w, "texts");
		for (int i = 0; i < p->texts; i++)
			cs_text_save(p->text[i], w);
		cs_end(w);
	}
	if (p->axes)
		save_axes(env, p, w);
	cs_end(w);
}

#define ANY 1.7e308

static void
load_stats(cs_env *env, cs_feature *f, cs_value v)
{
	cs_feature_stats *s = &f->stats;

	v = cs_need(env, v, "training", 'o');
	s->n = cs_need_number(env, v, "n", 0, ANY);
	s->missing = cs_need_number(env, v, "missing", 0, ANY);
	if (f->kind == CS_CATEGORY)
		return;
	s->mean = cs_need_number(env, v, "mean", -ANY, ANY);
	s->sd = cs_need_number(env, v, "sd", 0, ANY);
	s->min = cs_need_number(env, v, "min", -ANY, ANY);
	s->max = cs_need_number(env, v, "max", -ANY, ANY);
	s->median = cs_need_number(env, v, "median", -ANY, ANY);
	for (int i = 0; i < CS_BINS; i++)
	{
		s->share[i] = cs_need_numbers(env, v, "shares", CS_BINS)[i];
		if (i < CS_BINS - 1)
			s->cut[i] = cs_need_numbers(env, v, "cuts", CS_BINS - 1)[i];
	}
}

static void
load_number(cs_env *env, cs_feature *f, cs_value v)
{
	double	   *pair = cs_need_numbers(env, v, "winsor", 2);
	cs_value	knots = cs_need(env, v, "knots", 'v');

	f->shift = cs_need_number(env, v, "shift", -ANY, ANY);
	f->fill = cs_need_number(env, v, "fill", -ANY, ANY);
	f->winsor_low = pair[0];
	f->winsor_high = pair[1];
	pair = cs_need_numbers(env, v, "bounds", 2);
	f->low = pair[0];
	f->high = pair[1];
	f->log = cs_need_int(env, v, "log", CS_LOG_NONE, CS_LOG_SIGNED);
	f->knots = (int) knots.count;
	if (f->knots == 1 || f->knots > 256)
		cs_doc_damaged(env, "Field \"knots\" has a wrong length.");
	f->knot = cs_value_numbers(env, knots);
	for (int i = 1; i < f->knots; i++)
		if (f->knot[i] < f->knot[i - 1])
			cs_doc_damaged(env, "Field \"knots\" is not ascending.");
	f->scale = cs_need_int(env, v, "scale", CS_SCALE_DEFAULT, f->kind == CS_TEXT ? CS_SCALE_TOGETHER : CS_SCALE_NONE);
	f->center = cs_need_number(env, v, "center", -ANY, ANY);
	f->factor = cs_need_number(env, v, "factor", 0, ANY);
	f->width = f->impute == CS_IMPUTE_INDICATOR ? 2 : 1;
}

static void
load_category(cs_env *env, cs_feature *f, cs_value v)
{
	cs_value	levels = cs_need(env, v, "levels", 'l'),
				key;
	const unsigned char *at = levels.data;

	if (levels.count > 10000)
		cs_doc_damaged(env, "Field \"levels\" has too many entries.");
	f->levels = (int) levels.count;
	f->level = CS_NEW(env, char *, (size_t) f->levels + 1);
	for (int i = 0; i < f->levels; i++)
	{
		cs_value	level = cs_value_next(levels, &at, &key);

		if (level.tag != 's')
			cs_doc_damaged(env, "Field \"levels\" holds something else than texts.");
		f->level[i] = cs_value_text(env, level);
	}
	f->level_share = cs_need_numbers(env, v, "shares", (size_t) f->levels + 1);
	f->max_levels = cs_need_int(env, v, "max_levels", 1, 10000);
	f->other = cs_need_bool(env, v, "other");
	f->missing_level = cs_need_bool(env, v, "missing_level");
	f->width = f->levels + f->other + f->missing_level;
}

/* Text models, each with its features side by side. */
static void
load_texts(cs_env *env, cs_prep *p, cs_value v)
{
	cs_value	list = cs_value_get(v, "texts"),
				key;
	const unsigned char *at = list.data;
	int			next = 0,
				coordinates = 0;

	if (list.tag != 0 && list.tag != 'l')
		cs_doc_damaged(env, "Field \"texts\" is no list.");
	if (list.tag == 'l' && list.count > (uint32_t) p->n)
		cs_doc_damaged(env, "Field \"texts\" has too many entries.");
	p->texts = list.tag == 'l' ? (int) list.count : 0;
	p->text = CS_NEW(env, cs_text_model *, (size_t) p->texts + 1);
	for (int i = 0; i < p->texts; i++)
	{
		cs_text_model *t = p->text[i] = cs_text_load(env, cs_value_next(list, &at, &key));

		if (t->first < next || t->first + cs_text_width(t) > p->n)
			cs_doc_damaged(env, "Its texts do not fit its features.");
		next = t->first + cs_text_width(t);
		for (int j = t->first; j < next; j++)
			if (p->f[j].kind != (j < t->first + t->dimensions ? CS_TEXT : CS_NUMBER))
				cs_doc_damaged(env, "Its texts do not fit its features.");
		coordinates += t->dimensions;
	}
	for (int i = 0; i < p->n; i++)
		coordinates -= p->f[i].kind == CS_TEXT;
	if (coordinates != 0)
		cs_doc_damaged(env, "Its texts do not fit its features.");
}

/* Axes and means beyond this are no result of a fit; points stay finite within. */
#define LARGE 1e30

static void
load_axes(cs_env *env, cs_prep *p, cs_value v)
{
	cs_components *a = CS_NEW(env, cs_components, 1);
	cs_value	list = cs_need(env, v, "axis", 'l'),
				key;
	const unsigned char *at = list.data;

	if (list.count < 1 || list.count > (uint32_t) p->wide)
		cs_doc_damaged(env, "Field \"axis\" has a wrong length.");
	a->n = (int) list.count;
	a->mean = cs_need_numbers(env, v, "mean", (size_t) p->wide);
	a->variance = cs_need_numbers(env, v, "variance", (size_t) a->n);
	a->total = cs_need_number(env, v, "total", 0, ANY);
	a->axis = cs_axes_room(env, p, a->n);
	for (int i = 0; i < a->n; i++)
	{
		cs_value	one = cs_value_next(list, &at, &key);
		double	   *axis;

		if (one.tag != 'v' || one.count != (uint32_t) p->wide)
			cs_doc_damaged(env, "Field \"axis\" holds something else than axes.");
		axis = cs_value_numbers(env, one);
		for (int z = 0; z < p->wide; z++)
		{
			if (!(fabs(axis[z]) <= 1 + 1e-6) || !(fabs(a->mean[z]) <= LARGE))
				cs_doc_damaged(env, "An axis is longer than 1, or a mean is too large.");
			a->axis[cs_axis_at(p, i, z)] = axis[z];
		}
		cs_release(env, axis);
	}
	p->axes = a;
	p->d = a->n;
}

cs_prep *
cs_prep_load(cs_env *env, cs_value v)
{
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_value	list,
				key;
	const unsigned char *at;

	v = cs_need(env, v, "prep", 'o');
	list = cs_need(env, v, "features", 'l');
	p->unit_length = cs_need_bool(env, v, "unit_length");
	p->n = (int) list.count;
	if (p->n < 1 || list.count > 100000)
		cs_doc_damaged(env, "It has no features, or too many.");
	p->f = CS_NEW(env, cs_feature, (size_t) p->n);
	at = list.data;
	for (int i = 0; i < p->n; i++)
	{
		cs_value	one = cs_value_next(list, &at, &key);
		cs_feature *f = &p->f[i];
		char	   *kind = cs_need_text(env, one, "kind");

		f->name = cs_need_text(env, one, "name");
		f->kind = kind[0] == 'c' ? CS_CATEGORY : kind[0] == 't' ? CS_TEXT : CS_NUMBER;
		f->impute = cs_need_int(env, one, "impute", CS_IMPUTE_REJECT, CS_IMPUTE_INDICATOR);
		f->value = cs_need_number(env, one, "value", -ANY, ANY);
		f->weight = cs_need_number(env, one, "weight", 0, ANY);
		if (f->kind != CS_CATEGORY)
			load_number(env, f, one);
		else
			load_category(env, f, one);
		load_stats(env, f, one);
		f->at = p->wide;
		p->wide += f->width;
	}
	load_texts(env, p, v);
	p->d = p->wide;
	if (cs_value_get(v, "axes").tag != 0)
		load_axes(env, p, cs_need(env, v, "axes", 'o'));
	return p;
}
