/*
 * scores.c - what a fitted model says of a customer (see scores.h).
 */
#include "core/reco/scores.h"

#include "core/reco/blend.h"
#include "core/reco/crowd.h"
#include "core/reco/sequence.h"
#include "core/reco/tastes.h"

#include <string.h>

struct cs_scores
{
	cs_env	   *env;
	const cs_reco_model *m;
	const int32_t *segment;
	const cs_events *e;
	const cs_options *options;
	bool		ordered;		/* what a history counts for depends on its order */
	cs_crowd   *crowd;			/* or NULL */
	double	   *value;			/* of a history in order */
	size_t		value_room;
	double	   *place;			/* zeros, per item */
	cs_scored  *own;
	cs_scored  *prior;
	cs_factors *factors;		/* or NULL */
	cs_fold    *fold;
	cs_tastes  *tastes;			/* or NULL */
	double	   *p;
};

static void
take_factors(cs_scores *s)
{
	const cs_reco_model *m = s->m;

	if (m->factors > m->kinds)
		s->factors = cs_factors_new(s->env, m->items, m->factors - m->kinds, &m->fold);
	if (m->kinds > 0)
		s->tastes = cs_tastes_new(s->env, m->items, m->kinds, m->share);
	for (int i = 0; i < m->items; i++)
	{
		const float *v = m->factor + (size_t) i * (size_t) m->factors;

		if (s->factors)
			cs_factors_set(s->factors, i, v);
		if (s->tastes)
			cs_tastes_set(s->tastes, i, v + m->factors - m->kinds);
	}
	if (s->factors)
	{
		cs_factors_ready(s->factors);
		s->fold = cs_fold_new(s->env, s->factors);
	}
	if (s->tastes)
	{
		cs_tastes_ready(s->tastes);
		s->p = CS_ROOM(s->env, double, (size_t) m->kinds);
	}
}

cs_scores *
cs_scores_new(cs_env *env, const cs_recommender *r, const cs_reco_model *m, const cs_reco_args *args)
{
	cs_scores  *s = CS_NEW(env, cs_scores, 1);

	s->env = env;
	s->m = m;
	s->segment = r->flags & CS_RECO_SEGMENTS ? args->segment : NULL;
	s->e = args->events;
	s->options = args->options;
	s->ordered = (r->flags & CS_RECO_SEQUENCE) != 0;
	if (r->flags & CS_RECO_CUSTOMERS)
		s->crowd = cs_crowd_new(env, args->events, args->options, m->bar);
	s->place = CS_NEW(env, double, (size_t) m->items);
	s->own = CS_ROOM(env, cs_scored, (size_t) m->items);
	s->prior = CS_ROOM(env, cs_scored, (size_t) m->items);
	if (m->factors > 0)
		take_factors(s);
	return s;
}

void
cs_scores_free(cs_scores *s)
{
	cs_env	   *env = s->env;

	if (s->factors)
	{
		cs_fold_free(env, s->fold);
		cs_factors_free(s->factors);
	}
	if (s->tastes)
	{
		cs_tastes_free(s->tastes);
		cs_release(env, s->p);
	}
	if (s->crowd)
		cs_crowd_free(s->crowd);
	cs_release(env, s->value);
	cs_release(env, s->place);
	cs_release(env, s->own);
	cs_release(env, s->prior);
	cs_release(env, s);
}

/* Sums of the weights that lead from the history. */
static size_t
walk(cs_scores *s, size_t n, const int32_t *item, const double *value, cs_scored *out)
{
	const cs_reco_model *m = s->m;
	size_t		found = 0;

	for (size_t e = 0; e < n; e++)
		for (size_t q = m->start[item[e]]; q < m->start[item[e] + 1]; q++)
			s->place[m->target[q]] += value[e] * (double) m->value[q];
	for (int i = 0; i < m->items; i++)
	{
		if (s->place[i] != 0)
			out[found++] = (cs_scored) {i, s->place[i]};
		s->place[i] = 0;
	}
	return found;
}

/* What the entries of a customer of the events count for by their order. */
static const double *
ordered_values(cs_scores *s, int32_t customer, size_t n)
{
	size_t		first = s->e->start[customer];

	if (n > s->value_room)
	{
		cs_release(s->env, s->value);
		s->value_room = 2 * n;
		s->value = CS_ROOM(s->env, double, s->value_room);
	}
	cs_sequence_values(s->env, s->e, first, first + n, cs_option_int(s->options, "window"), cs_option_real(s->options, "decay"), s->value);
	return s->value;
}

static size_t
like_scores(cs_scores *s, int32_t customer, size_t n, const int32_t *item, const double *value, cs_scored *out)
{
	const cs_like *like;

	if (n == 0)
		return 0;
	cs_crowd_find(s->crowd, n, item, value, customer, &like);
	return cs_crowd_scores(s->crowd, out);
}

static size_t
own_scores(cs_scores *s, size_t n, const int32_t *item, const double *value, cs_scored *out)
{
	if (n == 0)
		return 0;
	if (s->m->start)
		return walk(s, n, item, value, out);
	cs_fold_customer(s->fold, n, item, value);
	return cs_fold_scores(s->env, s->fold, true, out);
}

static size_t
kind_scores(cs_scores *s, size_t n, const int32_t *item, const double *value, cs_scored *out)
{
	cs_tastes_customer(s->tastes, n, item, value, s->p);
	return cs_tastes_scores(s->env, s->tastes, s->p, out);
}

/* Items of a list that is the same for many. */
static size_t
listed(cs_scores *s, int32_t customer, cs_scored *out)
{
	const cs_reco_model *m = s->m;
	const double *score = m->score;
	size_t		n = 0;

	if (score == NULL && m->segments > 0 && s->segment && s->segment[customer] >= 0)
	{
		cs_reco_segment_rates(m, s->segment[customer], s->place);
		score = s->place;
	}
	for (int i = 0; score && i < m->items; i++)
		if (score[i] > 0)
			out[n++] = (cs_scored) {i, score[i]};
	memset(s->place, 0, sizeof(double) * (size_t) m->items);
	return n;
}

size_t
cs_scores_customer(cs_env *env, void *arg, int32_t customer, size_t n, const int32_t *item, const double *value,
				   cs_scored *out)
{
	cs_scores  *s = arg;

	if (s->m->member && n > 0)
	{
		cs_blend_scale scale;
		size_t		n_own = own_scores(s, n, item, value, s->own),
					n_prior = kind_scores(s, n, item, value, s->prior);

		return cs_blend_scores(env, s->own, n_own, s->prior, n_prior, item, n, s->m->blend_kappa, s->place, &scale, out);
	}
	if (s->tastes && n > 0)
		return kind_scores(s, n, item, value, out);
	if (s->crowd)
		return like_scores(s, customer, n, item, value, out);
	if (s->ordered && n > 0)
		value = ordered_values(s, customer, n);
	if (s->m->start || s->factors)
		return own_scores(s, n, item, value, out);
	return listed(s, customer, out);
}
