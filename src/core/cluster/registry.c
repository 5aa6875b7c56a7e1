/*
 * registry.c - the list of algorithms, and what is the same for all of them.
 */
#include "core/cluster/clusterer.h"
#include "core/cluster/algorithms.h"

#include <math.h>
#include <string.h>

const cs_clusterer *const cs_clusterers[] = {
#define CS_ALGORITHM(name) &cs_##name,
#include "core/cluster/algorithms.def"
#undef CS_ALGORITHM
	NULL
};

const cs_clusterer *
cs_clusterer_find(const char *name)
{
	for (int i = 0; cs_clusterers[i]; i++)
		if (strcmp(cs_clusterers[i]->name, name) == 0)
			return cs_clusterers[i];
	return NULL;
}

bool
cs_clusterer_directions(const cs_clusterer *a, const cs_options *options)
{
	return a->flags & CS_UNIT_LENGTH || (a->directions && a->directions(options));
}

size_t
cs_clusterer_arena(cs_env *env, const cs_clusterer *c, const cs_options *options, size_t n, int d, int k)
{
	if (c->arena_for)
		return c->arena_for(env, options, n, d, k);
	return c->arena ? c->arena(n, d, k) : 0;
}

void
cs_fit_save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	cs_begin_object(w, "fit");
	cs_put_text(w, "algorithm", fit->algorithm->name);
	cs_put_number(w, "k", fit->k);
	cs_put_number(w, "dimensions", fit->d);
	cs_put_number(w, "iterations", fit->iterations);
	cs_put_bool(w, "converged", fit->converged);
	cs_put_number(w, "objective", fit->objective);
	if (fit->max_radius > 0)
		cs_put_number(w, "max_radius", fit->max_radius);
	if (fit->center)
		cs_put_numbers(w, "centers", fit->center, (size_t) fit->k * (size_t) fit->d);
	if (fit->algorithm->save)
		fit->algorithm->save(env, fit, w);
	cs_end(w);
}

static void
load_radius(cs_env *env, cs_value fit, cs_scorer *s)
{
	const cs_param *p = s->algorithm->params;
	int			at = p ? cs_params_find(p, "max_radius") : -1;

	if (cs_value_get(fit, "max_radius").tag == 0)
		return;
	if (at < 0)
		cs_doc_damaged(env, "Its algorithm has no field \"max_radius\".");
	s->max_radius = cs_need_number(env, fit, "max_radius", 1e-12, p[at].max);
}

cs_scorer *
cs_scorer_load(cs_env *env, cs_value fit)
{
	cs_scorer  *s = CS_NEW(env, cs_scorer, 1);
	char	   *name = cs_need_text(env, fit, "algorithm");

	s->algorithm = cs_clusterer_find(name);
	if (s->algorithm == NULL)
		cs_doc_damaged(env, cs_text(env, "Its algorithm \"%s\" is unknown.", name));
	s->k = cs_need_int(env, fit, "k", 1, 1000000);
	s->d = cs_need_int(env, fit, "dimensions", 1, 1000000);
	if (cs_value_get(fit, "centers").tag != 0)
		s->centers = cs_centers_new(env, cs_need_numbers(env, fit, "centers", (size_t) s->k * (size_t) s->d),
									s->k, s->d);
	if (s->algorithm->load)
		s->algorithm->load(env, fit, s);
	else if (s->centers == NULL)
		cs_doc_damaged(env, "Field \"centers\" is missing.");
	load_radius(env, fit, s);
	return s;
}

cs_scorer *
cs_scorer_of_fit(cs_env *env, const cs_fit *fit)
{
	cs_writer	w;
	unsigned char *bytes;
	size_t		len;
	cs_scorer  *s;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_fit_save(env, fit, &w);
	cs_end(&w);
	bytes = cs_writer_finish(&w, &len);
	s = cs_scorer_load(env, cs_value_get(cs_doc_root(bytes), "fit"));
	cs_release(env, bytes);
	return s;
}

double
cs_clusterer_radius(const cs_clusterer *a, const cs_options *options)
{
	return a->params && cs_params_find(a->params, "max_radius") >= 0 ? cs_option_real(options, "max_radius") : 0;
}

static inline bool
is_beyond(const cs_scorer *s, double d)
{
	return s->max_radius > 0 && cs_scorer_seen(s, d) > s->max_radius;
}

int
cs_scorer_label(const cs_scorer *s, const float *row, float *score)
{
	return s->max_radius > 0 ? cs_scorer_nearest(s, row, score).label : s->algorithm->label(s, row, score);
}

cs_nearest
cs_scorer_nearest(const cs_scorer *s, const float *row, float *score)
{
	cs_nearest	n = s->algorithm->nearest(s, row, score);

	if (is_beyond(s, n.d1))
		n = (cs_nearest) {-1, n.label, n.d1, n.d1};
	return n;
}

void
cs_scorer_block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	s->algorithm->block(s, run, out);
	for (size_t i = 0; s->max_radius > 0 && i < run->rows; i++)
		if (is_beyond(s, out->d1[i]))
		{
			out->raw.label2[i] = out->raw.label[i];
			out->d2[i] = out->d1[i];
			out->raw.label[i] = -1;
		}
}

double
cs_scorer_distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	if (s->algorithm->distance)
		return s->algorithm->distance(s, row, cluster, score);
	return s->centers ? cs_centers_distance(s->centers, row, cluster) : NAN;
}

size_t
cs_scorer_room(const cs_scorer *s)
{
	if (s->room > 0)
		return s->room;
	return s->centers ? (size_t) s->centers->kpad : 1;
}

cs_near_block *
cs_near_block_for(cs_env *env, const cs_scorer *s)
{
	cs_near_block *n = cs_near_block_new(env, s->k, s->d);

	if (s->room > (size_t) s->k)
	{
		cs_release(env, n->score);
		n->score = CS_NEW(env, float, s->room);
	}
	return n;
}

void
cs_by_row_block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	for (size_t i = 0; i < run->rows; i++)
	{
		const float *x = run->tiles + i / CS_LANES * CS_LANES * (size_t) run->d + i % CS_LANES;
		cs_nearest	n;

		for (int f = 0; f < run->d; f++)
			out->row[f] = x[f * CS_LANES];
		n = s->algorithm->nearest(s, out->row, out->score);
		out->raw.label[i] = n.label;
		out->raw.label2[i] = n.label2;
		out->d1[i] = n.d1;
		out->d2[i] = n.d2;
	}
}

int
cs_by_center_label(const cs_scorer *s, const float *row, float *score)
{
	return cs_centers_label(s->centers, row, score);
}

cs_nearest
cs_by_center_nearest(const cs_scorer *s, const float *row, float *score)
{
	return cs_centers_nearest(s->centers, row, score);
}

void
cs_by_center_block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	cs_centers_block(s->centers, run, out);
}
