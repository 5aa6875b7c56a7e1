/*
 * shape.c - places of a list (shape.h).
 */
#include "core/reco/shape.h"

#include "core/base/rng.h"
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
	double		near;			/* largest likeness to the first items that are placed: */
	int			compared;		/* to so many */
	double		merit;			/* by that likeness; it only falls */
	float	   *draw;			/* NULL: not exploring */
} waiting;

typedef struct window
{
	waiting		w[CS_SHAPE_WINDOW];
	int			n;
	bool		ended;
} window;

/* Which item of the list's window is the best in each drawn world. */
typedef struct drawn_worlds
{
	float		most[CS_DRAWS];
	int32_t		best[CS_DRAWS]; /* place in the window */
	int			n;				/* items of the window that have been looked at */
} drawn_worlds;

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
	drawn_worlds worlds;
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
	float	   *draw = CS_ROOM(s->env, float, CS_DRAWS);

	cs_draw_betas(s->rules->draws, s->rules->seed ^ cs_mix64((uint64_t) i->item), i->a, i->b, draw);
	return draw;
}

static void
set_merit(const shaping *s, waiting *w)
{
	double		d = s->rules->diversity;

	w->merit = (1 - d) * (w->i.score / s->best) - d * w->near;
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
		cs_poll(s->env);
		w->near = 0;
		w->compared = 0;
		set_merit(s, w);
		w->draw = lane == CS_SHAPE_LIST && r->explore > 0 ? draw_worlds(s, &w->i) : NULL;
		v->n++;
	}
}

/*
 * The place in the window of what comes next without chance; items come in the order
 * of the list.  Merits that do not know of all items placed are too high, if they are
 * wrong: whichever is the highest is brought up to date, until one is the highest
 * that was.
 */
static int
by_merit(const shaping *s, window *v)
{
	const cs_shape_rules *r = s->rules;

	for (;;)
	{
		int			best = 0;
		waiting    *w;

		for (int i = 1; i < v->n; i++)
			if (v->w[i].merit > v->w[best].merit)
				best = i;
		w = &v->w[best];
		if (r->diversity == 0 || w->compared == s->n)
			return best;
		for (; w->compared < s->n; w->compared++)
		{
			if ((w->compared & (POLL_LIKENESSES - 1)) == 0)
				cs_poll(s->env);
			w->near = fmax(w->near, r->likeness(r->host, w->i.tag, s->out[w->compared].i.tag));
		}
		set_merit(s, w);
	}
}

/* Items that have come into the window since. */
static void
look_at_new(shaping *s, const window *v)
{
	drawn_worlds *d = &s->worlds;

	if (d->n == 0)
		for (int w = 0; w < CS_DRAWS; w++)
		{
			d->most[w] = -1;
			d->best[w] = 0;
		}
	for (; d->n < v->n; d->n++)
	{
		const float *draw = v->w[d->n].draw;
		int32_t		item = d->n;

		for (int w = 0; w < CS_DRAWS; w++)
		{
			bool		better = draw[w] > d->most[w];

			d->best[w] = better ? item : d->best[w];
			d->most[w] = better ? draw[w] : d->most[w];
		}
	}
}

/* Items have left the window: to[i] is where item i is now, or -1.  The worlds in which one of these was the best look for another. */
static void
look_again(shaping *s, const window *v, const int *to)
{
	drawn_worlds *d = &s->worlds;
	int			world[CS_DRAWS],
				n = 0;

	if (d->n == 0)
		return;
	d->n = v->n;
	for (int w = 0; w < CS_DRAWS; w++)
	{
		d->best[w] = to[d->best[w]];
		if (d->best[w] >= 0)
			continue;
		d->most[w] = -1;
		d->best[w] = 0;
		world[n++] = w;
	}
	for (int i = 0; i < v->n; i++)
	{
		const float *draw = v->w[i].draw;

		for (int k = 0; k < n; k++)
		{
			int			w = world[k];
			bool		better = draw[w] > d->most[w];

			d->best[w] = better ? i : d->best[w];
			d->most[w] = better ? draw[w] : d->most[w];
		}
	}
}

/* What comes to the next place, from a window that is not empty; out gets way and propensity. */
static int
choose(shaping *s, int lane, cs_shape_placed *out)
{
	window	   *v = &s->lane[lane];
	double		explore = s->rules->explore;
	int			merit = by_merit(s, v),
				found = merit,
				luck,
				worlds = 0;
	cs_rng		rng;

	out->way = lane == CS_SHAPE_PROMOTED ? CS_SHAPE_BY_PROMOTION : CS_SHAPE_MERIT;
	out->propensity = 1;
	if (lane == CS_SHAPE_PROMOTED || explore == 0)
		return merit;
	cs_rng_init(&rng, s->rules->seed ^ cs_mix64((uint64_t) s->n), CS_STREAM_PLACES);
	look_at_new(s, v);
	luck = s->worlds.best[cs_rng_below(&rng, CS_DRAWS)];
	if (cs_rng_unit(&rng) < explore)
		found = luck;
	if (found != merit)
		out->way = CS_SHAPE_BY_CHANCE;
	for (int w = 0; w < CS_DRAWS; w++)
		worlds += s->worlds.best[w] == found;
	out->propensity = (found == merit ? 1 - explore : 0) + explore * worlds / CS_DRAWS;
	return found;
}

/* Take the item that was placed, and those that may not come any more, out of a window. */
static void
settle(shaping *s, int lane, const cs_shape_item *i)
{
	window	   *v = &s->lane[lane];
	bool		full = s->category && i->category >= 0 && count_of(s->category, i->category) >= s->rules->cap;
	int			to[CS_SHAPE_WINDOW],
				kept = 0;

	for (int w = 0; w < v->n; w++)
	{
		waiting    *x = &v->w[w];

		to[w] = -1;
		if (x->i.item == i->item || (full && x->i.category == i->category))
		{
			cs_release(s->env, x->draw);
			continue;
		}
		if (kept < w)
			v->w[kept] = *x;
		to[w] = kept++;
	}
	v->n = kept;
	if (lane == CS_SHAPE_LIST)
		look_again(s, v, to);
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
		settle(s, l, &out->i);
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
