/*
 * text.c - coordinates of one text, and text models as part of a model value (see text.h).
 */
#include "core/prep/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int
cs_text_find(const cs_text_model *t, const char *term, size_t len)
{
	int			lo = 0,
				hi = t->terms - 1;

	while (lo <= hi)
	{
		int			mid = (lo + hi) / 2,
					order = strncmp(t->term[mid], term, len);

		/* a term of the model that goes on comes later */
		if (order == 0 && t->term[mid][len] != '\0')
			order = 1;
		if (order == 0)
			return mid;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid - 1;
	}
	return -1;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *) a,
				y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

/* Coordinates of weights; term is ascending. */
static void
project(const cs_text_model *t, const uint32_t *term, const double *weight, size_t n, double *out)
{
	double		rating = t->base;

	for (int j = 0; j < cs_text_width(t); j++)
		out[j] = 0;
	for (size_t e = 0; e < n; e++)
	{
		const double *p = t->projection + (size_t) term[e] * (size_t) t->dimensions;

		for (int j = 0; j < t->dimensions; j++)
			out[j] += weight[e] * p[j];
		if (t->rated)
			rating += weight[e] * t->slope[term[e]];
	}
	if (t->rated)
		out[t->dimensions] = rating;
}

void
cs_text_coordinates(const cs_text_model *t, uint32_t *term, size_t n, double *weight, double *out)
{
	size_t		m = 0;
	double		square = 0;

	if (n > 1)
		qsort(term, n, sizeof(uint32_t), by_number);
	for (size_t i = 0, end; i < n; i = end)
	{
		for (end = i + 1; end < n && term[end] == term[i]; end++)
			;
		term[m] = term[i];
		weight[m] = (1 + log((double) (end - i))) * t->idf[term[i]];
		square += weight[m] * weight[m];
		m++;
	}
	for (size_t i = 0; i < m; i++)
		weight[i] /= sqrt(square);
	project(t, term, weight, m, out);
}

bool
cs_text_no_coordinates(const cs_text_model *t, double *out)
{
	if (!t->missing)
		return false;
	project(t, NULL, NULL, 0, out);
	out[cs_text_width(t) - 1] = 1;
	return true;
}

void
cs_corpus_coordinates(const cs_text_model *t, const cs_corpus *c, size_t i, double *out)
{
	size_t		from = c->start[i];

	project(t, c->term + from, c->weight + from, c->start[i + 1] - from, out);
}

bool
cs_text_same(const cs_text_model *a, const cs_text_model *b)
{
	size_t		terms = (size_t) a->terms;

	if (strcmp(a->config, b->config) != 0 || a->dimensions != b->dimensions || a->terms != b->terms ||
		a->rated != b->rated || a->missing != b->missing || a->base != b->base)
		return false;
	for (size_t i = 0; i < terms; i++)
		if (strcmp(a->term[i], b->term[i]) != 0)
			return false;
	return memcmp(a->idf, b->idf, terms * sizeof(double)) == 0 &&
		memcmp(a->projection, b->projection, terms * (size_t) a->dimensions * sizeof(double)) == 0 &&
		(!a->rated || memcmp(a->slope, b->slope, terms * sizeof(double)) == 0);
}

/* ---- as part of a model value ---- */

void
cs_text_save(const cs_text_model *t, cs_writer *w)
{
	cs_begin_object(w, NULL);
	cs_put_text(w, "config", t->config);
	cs_put_number(w, "first", t->first);
	cs_put_number(w, "dimensions", t->dimensions);
	cs_put_number(w, "max_terms", t->max_terms);
	cs_put_number(w, "min_rows", t->min_rows);
	cs_put_bool(w, "rated", t->rated);
	cs_put_bool(w, "missing", t->missing);
	cs_begin_list(w, "terms");
	for (int i = 0; i < t->terms; i++)
		cs_put_text(w, NULL, t->term[i]);
	cs_end(w);
	cs_put_numbers(w, "idf", t->idf, (size_t) t->terms);
	cs_put_numbers(w, "projection", t->projection, (size_t) t->terms * (size_t) t->dimensions);
	cs_put_number(w, "explained", t->explained);
	if (t->rated)
	{
		cs_put_number(w, "base", t->base);
		cs_put_numbers(w, "slope", t->slope, (size_t) t->terms);
	}
	cs_end(w);
}

static void
load_terms(cs_env *env, cs_text_model *t, cs_value v)
{
	cs_value	list = cs_need(env, v, "terms", 'l'),
				key;
	const unsigned char *at = list.data;

	if (list.count < 1 || list.count > CS_TEXT_MOST_TERMS ||
		list.count * (size_t) t->dimensions > CS_TEXT_MOST_CELLS)
		cs_doc_damaged(env, "Field \"terms\" has no entries, or too many.");
	t->terms = (int) list.count;
	t->term = CS_NEW(env, char *, list.count);
	for (int i = 0; i < t->terms; i++)
	{
		cs_value	term = cs_value_next(list, &at, &key);

		if (term.tag != 's')
			cs_doc_damaged(env, "Field \"terms\" holds something else than texts.");
		t->term[i] = cs_value_text(env, term);
		if (i > 0 && strcmp(t->term[i - 1], t->term[i]) >= 0)
			cs_doc_damaged(env, "Field \"terms\" is not ascending.");
	}
}

/* Numbers within bounds, so that sums of them are finite. */
static double *
bounded(cs_env *env, cs_value v, const char *key, size_t n, double min, double max)
{
	double	   *x = cs_need_numbers(env, v, key, n);

	for (size_t i = 0; i < n; i++)
		if (!(x[i] >= min && x[i] <= max))
			cs_doc_damaged(env, cs_text(env, "Field \"%s\" is out of range.", key));
	return x;
}

cs_text_model *
cs_text_load(cs_env *env, cs_value v)
{
	cs_text_model *t = CS_NEW(env, cs_text_model, 1);

	t->config = cs_need_text(env, v, "config");
	t->first = cs_need_int(env, v, "first", 0, 100000);
	t->dimensions = cs_need_int(env, v, "dimensions", 1, CS_TEXT_MOST_DIMENSIONS);
	t->max_terms = cs_need_int(env, v, "max_terms", 1, CS_TEXT_MOST_TERMS);
	t->min_rows = cs_need_int(env, v, "min_rows", 1, 1000000);
	t->rated = cs_need_bool(env, v, "rated");
	t->missing = cs_need_bool(env, v, "missing");
	load_terms(env, t, v);
	t->idf = bounded(env, v, "idf", (size_t) t->terms, 1, 100);
	t->projection = bounded(env, v, "projection", (size_t) t->terms * (size_t) t->dimensions, -1e6, 1e6);
	t->explained = cs_need_number(env, v, "explained", 0, 1);
	if (t->rated)
	{
		t->base = cs_need_number(env, v, "base", -1e30, 1e30);
		t->slope = bounded(env, v, "slope", (size_t) t->terms, -1e30, 1e30);
	}
	return t;
}
