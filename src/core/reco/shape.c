/*
 * shape.c - places of a list (shape.h).
 */
#include "core/reco/shape.h"

#include "core/base/rng.h"
#include "core/reco/draws.h"
#include "core/reco/rank.h"

#include <math.h>

/* A share that fills a place but for rounding fills it. */
#define ROUNDING 1e-9

/* Likenesses between two polls; a power of two. */
#define POLL_LIKENESSES 1024

/* An item of a window. */
typedef struct waiting
{
	cs_shape_item i;
	double		near;			/* largest likeness to an item that is placed */
	float	   *draw;			/* NULL: not exploring */
} waiting;

typedef struct window
{
	waiting		w[CS_SHAPE_WINDOW];
	int			n;
	bool		ended;
} window;

typedef struct shaping
{
	cs_env	   *env;
	const cs_shape_rules *rules;
	window		lane[CS_SHAPE_LANES];
	cs_shape_placed *out;
	int			n;				/* placed so far */
	int			window;			/* items to choose from */
	double		best;			/* score of the first item; 0: none yet */
	cs_accumulator *placed;		/* items */
	cs_accumulator *category;	/* how many of each are placed; NULL without cap */
	int			worlds[CS_SHAPE_WINDOW];
} shaping;

static double
count_of(const cs_accumulator *a, int32_t key)
{
	return a ? cs_accumulator_score(a, key) : 0;
}

static bool
may_come(const shaping *s, const cs_shape_item *i)
{
	return count_of(s->placed, i->item) == 0 &&
		(s->rules->cap == 0 || i->category < 0 || count_of(s->category, i->category) < s->rules->cap);
}

/* The worlds of an item depend on the seed and the item alone. */
static float *
draw_worlds(shaping *s, const cs_shape_item *i)
{
	float	   *draw = CS_ROOM(s->env, float, CS_SHAPE_DRAWS);
	cs_rng		rng;

	cs_rng_init(&rng, s->rules->seed ^ cs_mix64((uint64_t) i->item), CS_STREAM_WORLDS);
	cs_draw_betas(&rng, i->a, i->b, CS_SHAPE_DRAWS, draw);
	return draw;
}

static void
fill(shaping *s, int lane)
{
	window	   *v = &s->lane[lane];
	const cs_shape_rules *r = s->rules;

	while (!v->ended && v->n < s->window)
	{
		waiting    *w = &v->w[v->n];

		if (!r->next(r->host, lane, &w->i))
		{
			v->ended = true;
			return;
		}
		if (lane == CS_SHAPE_LIST && s->best == 0)
			s->best = w->i.score;
		if (!may_come(s, &w->i))
			continue;
		w->near = 0;
		cs_poll(s->env);
		for (int p = 0; r->diversity > 0 && p < s->n; p++)
		{
			if ((p & (POLL_LIKENESSES - 1)) == 0)
				cs_poll(s->env);
			w->near = fmax(w->near, r->likeness(r->host, w->i.tag, s->out[p].i.tag));
		}
		w->draw = lane == CS_SHAPE_LIST && r->explore > 0 ? draw_worlds(s, &w->i) : NULL;
		v->n++;
	}
}

/* The place in the window of what comes next without chance; items come in the order of the list. */
static int
by_merit(const shaping *s, const window *v)
{
	double		d = s->rules->diversity,
				most = -INFINITY;
	int			best = 0;

	for (int i = 0; i < v->n; i++)
	{
		double		merit = (1 - d) * (v->w[i].i.score / s->best) - d * v->w[i].near;

		if (merit > most)
		{
			most = merit;
			best = i;
		}
	}
	return best;
}

/* In how many worlds each item of the window is the best; returns the best one of world chosen. */
static int
count_worlds(shaping *s, const window *v, int chosen)
{
	float		most[CS_SHAPE_DRAWS];
	int			best[CS_SHAPE_DRAWS];

	for (int i = 0; i < v->n; i++)
		s->worlds[i] = 0;
	for (int w = 0; w < CS_SHAPE_DRAWS; w++)
	{
		most[w] = -1;
		best[w] = 0;
	}
	for (int i = 0; i < v->n; i++)
		for (int w = 0; w < CS_SHAPE_DRAWS; w++)
			if (v->w[i].draw[w] > most[w])
			{
				most[w] = v->w[i].draw[w];
				best[w] = i;
			}
	for (int w = 0; w < CS_SHAPE_DRAWS; w++)
		s->worlds[best[w]]++;
	return best[chosen];
}

/* What comes to the next place, from a window that is not empty; out gets way and propensity. */
static int
choose(shaping *s, int lane, cs_shape_placed *out)
{
	const window *v = &s->lane[lane];
	double		explore = s->rules->explore;
	int			merit = by_merit(s, v),
				found = merit,
				luck;
	cs_rng		rng;

	out->way = lane == CS_SHAPE_PROMOTED ? CS_SHAPE_BY_PROMOTION : CS_SHAPE_MERIT;
	out->propensity = 1;
	if (lane == CS_SHAPE_PROMOTED || explore == 0)
		return merit;
	cs_rng_init(&rng, s->rules->seed ^ cs_mix64((uint64_t) s->n), CS_STREAM_PLACES);
	luck = count_worlds(s, v, (int) cs_rng_below(&rng, CS_SHAPE_DRAWS));
	if (cs_rng_unit(&rng) < explore)
		found = luck;
	if (found != merit)
		out->way = CS_SHAPE_BY_CHANCE;
	out->propensity = (found == merit ? 1 - explore : 0) + explore * s->worlds[found] / CS_SHAPE_DRAWS;
	return found;
}

/* Take the item that was placed, and those that may not come any more, out of a window. */
static void
settle(shaping *s, window *v, const cs_shape_item *i)
{
	const cs_shape_rules *r = s->rules;
	int			kept = 0;

	for (int w = 0; w < v->n; w++)
	{
		waiting    *x = &v->w[w];

		if (!may_come(s, &x->i))
		{
			cs_release(s->env, x->draw);
			continue;
		}
		if (r->diversity > 0)
			x->near = fmax(x->near, r->likeness(r->host, x->i.tag, i->tag));
		v->w[kept++] = *x;
	}
	v->n = kept;
}

/* Is place p, from 0, one for promoted items? */
static bool
promoting(double share, int p)
{
	return floor((p + 1) * share + ROUNDING) > floor(p * share + ROUNDING);
}

static bool
fill_place(shaping *s)
{
	cs_shape_placed *out = &s->out[s->n];
	int			lane = CS_SHAPE_LIST;

	fill(s, CS_SHAPE_LIST);
	if (promoting(s->rules->promoted, s->n))
	{
		fill(s, CS_SHAPE_PROMOTED);
		if (s->lane[CS_SHAPE_PROMOTED].n > 0)
			lane = CS_SHAPE_PROMOTED;
	}
	if (s->lane[lane].n == 0)
		return false;
	out->i = s->lane[lane].w[choose(s, lane, out)].i;
	s->n++;
	cs_accumulator_add(s->placed, out->i.item, 1);
	if (s->category && out->i.category >= 0)
		cs_accumulator_add(s->category, out->i.category, 1);
	for (int l = 0; l < CS_SHAPE_LANES; l++)
		settle(s, &s->lane[l], &out->i);
	return true;
}

int
cs_shape(cs_env *env, const cs_shape_rules *rules, int n, cs_shape_placed *out)
{
	shaping    *s = CS_NEW(env, shaping, 1);
	int			placed;

	s->env = env;
	s->rules = rules;
	s->out = out;
	s->window = rules->diversity > 0 || rules->explore > 0 ? CS_SHAPE_WINDOW : 1;
	s->placed = cs_accumulator_new(env);
	s->category = rules->cap > 0 ? cs_accumulator_new(env) : NULL;
	while (s->n < n && fill_place(s))
		cs_poll(env);
	placed = s->n;
	for (int l = 0; l < CS_SHAPE_LANES; l++)
		for (int w = 0; w < s->lane[l].n; w++)
			cs_release(env, s->lane[l].w[w].draw);
	cs_accumulator_free(s->placed);
	if (s->category)
		cs_accumulator_free(s->category);
	cs_release(env, s);
	return placed;
}
