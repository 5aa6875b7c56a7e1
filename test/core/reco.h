/*
 * reco.h - small helpers for the tests of recommenders.
 */
#ifndef CS_TEST_RECO_H
#define CS_TEST_RECO_H

#include "harness.h"

#include "core/base/rng.h"
#include "core/cluster/divide.h"
#include "core/reco/recommender.h"

#include <stdarg.h>

#define DAY 86400.0
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Who divides customers into kinds. */
static const cs_divider divider = {cs_divide_arena, cs_divide};

/* Events from the cells of a dense customers x items table that are not 0; at may be NULL. */
static inline cs_events *
events_of_table(cs_env *env, const float *weight, const double *at, int customers, int items, bool weighted)
{
	size_t		n = 0,
				cells = (size_t) customers * (size_t) items;
	int32_t    *c = CS_ROOM(env, int32_t, cells),
			   *i = CS_ROOM(env, int32_t, cells);
	float	   *w = CS_ROOM(env, float, cells);
	double	   *t = CS_ROOM(env, double, cells);
	cs_raw_events raw = {0, customers, items, c, i, weighted ? w : NULL, at ? t : NULL};

	for (size_t cell = 0; cell < cells; cell++)
		if (weight[cell] != 0)
		{
			c[n] = (int32_t) (cell / (size_t) items);
			i[n] = (int32_t) (cell % (size_t) items);
			w[n] = weight[cell];
			t[n++] = at ? at[cell] : 0;
		}
	raw.n = n;
	return cs_events_build(env, &raw, 0);
}

/* A random table of presence, with a taste for the lower items. */
static inline float *
random_table(cs_env *env, int customers, int items, double share, uint64_t seed)
{
	float	   *table = CS_NEW(env, float, (size_t) customers * (size_t) items);
	cs_rng		rng;

	cs_rng_init(&rng, seed, 1);
	for (int c = 0; c < customers; c++)
		for (int i = 0; i < items; i++)
			table[c * items + i] = cs_rng_unit(&rng) < share * 2 * (items - i) / items;
	return table;
}

/* Options of an algorithm: name, value, ..., NULL. */
static inline cs_options *
options_of(cs_env *env, const char *algorithm,...)
{
	cs_options *o = cs_options_new(env, cs_reco_params(env, cs_recommender_find(algorithm)));
	va_list		args;
	const char *name;

	va_start(args, algorithm);
	while ((name = va_arg(args, const char *)) != NULL)
	{
		cs_option  *v = &o->value[cs_params_find(o->table, name)];

		v->number = va_arg(args, double);
		v->set = true;
	}
	va_end(args);
	return o;
}

/* Fit by a team of one. */
static inline cs_reco_model
fit_alone(cs_env *env, const char *algorithm, const cs_reco_args *args)
{
	const cs_recommender *r = cs_recommender_find(algorithm);
	cs_reco_args own = *args;
	cs_team		team;
	cs_reco_model m;

	own.env = env;
	team = solo(env, r->arena ? r->arena(&own) : 0);
	memset(&m, 0xA5, sizeof(m));
	r->fit(env, &team, &own, &m);
	cs_release(env, team.arena);
	return m;
}

/* Weight from source j to target i, 0 when there is none. */
static inline double
weight_between(const cs_reco_model *m, int j, int i)
{
	for (size_t p = m->start[j]; p < m->start[j + 1]; p++)
		if (m->target[p] == i)
			return (double) m->value[p];
	return 0;
}

#endif							/* CS_TEST_RECO_H */
