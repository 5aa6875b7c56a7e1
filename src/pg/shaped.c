/*
 * shaped.c - filtering and placing (see shaped.h).
 *
 * Items are taken from the list a few at a time: a longer list begins with the
 * shorter one, so it is only made as long as the places need.
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "core/base/sorted.h"
#include "core/base/rng.h"
#include "core/reco/likeness.h"
#include "pg/candidates.h"
#include "pg/pg_env.h"
#include "pg/rates.h"
#include "pg/shaped.h"

/* Items that are looked up at a time. */
#define CHUNK 128

/* What is taken more than there are places, at first: some will not do. */
#define SPARE 16

/* A customer who explores counts as that much of a click and of none, before any: Jeffreys' prior. */
#define JEFFREYS 0.5

struct cs_shaper
{
	cs_env	   *env;
	const cs_reco_now *now;
	cs_serving	s;
	cs_item_facts *facts;		/* or NULL */
	cs_item_set promoted;
	const cs_reco_whole *w;		/* or NULL: rows are read as they are needed */
	const cs_factors *factors;	/* likeness by these, or NULL */
	bool		by_rows;		/* likeness by weights from item to item */
	cs_item_row *row;			/* of each item, where w is there; length 0: not looked at yet */
	bool		by_category;
	cs_rates   *rates;			/* NULL: not exploring */
	const cs_draws *draws;
	uint64		who;
	bool		plain;			/* nothing to do */
};

/* One of the two lanes that items come from. */
typedef struct lane
{
	int			at;				/* next in the list */
	int			n;				/* of the chunk */
	int			next;			/* of the chunk */
	int			served[CHUNK];	/* places in the list */
	cs_item_fact fact[CHUNK];
} lane;

typedef struct feeding
{
	cs_shaper  *h;
	cs_env	   *env;
	const cs_request *q;
	cs_served  *list;
	int			n;				/* of the list */
	bool		complete;
	int			chunk;			/* look up so many at a time */
	double		best;			/* score of the first item that will do; 0: none yet */
	lane		lane[CS_SHAPE_LANES];
	int			room;
	cs_item_row *row;			/* by place in the list, which is the tag: weights to others */
	int32	   *category;		/* the same */
	const double *rate;			/* of all items, where exploring */
	double		strength;		/* customers behind a rate */
} feeding;

/* ---- the shaper ---- */

static cs_item_set
promoted_items(const cs_reco_now *now, const cs_serving *s)
{
	cs_item_set set = {NULL, 0};
	cs_reco_row *row;

	if (s->promoted_share == 0)
		return set;
	if (s->promoted_from)
		return cs_candidates(now->r, s->promoted_from);
	row = cs_reco_rows(now->r, s->promoted, s->n_promoted, false);
	set.item = palloc(sizeof(int32) * (s->n_promoted + 1));
	for (int i = 0; i < s->n_promoted; i++)
		if (row[i].item >= 0)
			set.item[set.n++] = row[i].item;
	cs_item_set_tidy(&set);
	return set;
}

static void
choose_likeness(cs_shaper *h)
{
	cs_reco    *r = h->now->r;
	unsigned	flags = r->flags;

	h->by_category = h->s.alike == CS_ALIKE_CATEGORY;
	if (h->s.diversity == 0 || h->by_category)
		return;
	if (flags & CS_RECO_FACTORS)
		h->factors = cs_reco_factors(r);
	else if (flags & CS_RECO_ITEMS)
		h->by_rows = true;
	else if (h->s.alike == CS_ALIKE_ITEMS || !cs_item_facts_categories(h->facts))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("diversity needs to know which items are alike"),
				 errdetail("Algorithm %s does not relate items to each other, and %s.", r->algorithm->name,
						   h->s.alike == CS_ALIKE_ITEMS ? "the option \"similarity\" asks for it" : "there are no categories"),
				 errhint("Train with an item source that has categories, or with another algorithm.")));
	else
		h->by_category = true;
}

/* They stay with the session: making them takes as long as a call. */
static const cs_draws *
drawn(void)
{
	static const cs_draws *draws = NULL;

	if (draws == NULL)
		draws = cs_draws_new(cs_pg_env(AllocSetContextCreate(TopMemoryContext, "clusterseg draws", ALLOCSET_DEFAULT_SIZES)));
	return draws;
}

static cs_shaper *
shaper_of(cs_env *env, const cs_reco_now *now, const cs_serving *s, cs_item_facts *facts, cs_item_set promoted)
{
	cs_shaper  *h = CS_NEW(env, cs_shaper, 1);

	h->env = env;
	h->now = now;
	h->s = *s;
	h->facts = facts;
	h->promoted = promoted;
	choose_likeness(h);
	if (s->explore > 0)
	{
		h->rates = cs_rates_new(env, now->r);
		h->draws = drawn();
	}
	h->plain = h->facts == NULL && s->diversity == 0 && s->cap == 0 && s->explore == 0 && h->promoted.n == 0 && s->min_confidence == 0;
	return h;
}

cs_shaper *
cs_shaper_new(cs_env *env, const cs_reco_now *now, const cs_serving *s)
{
	cs_item_facts *facts = cs_item_facts_open(now, s);

	return shaper_of(env, now, s, facts, promoted_items(now, s));
}

cs_shaper_known
cs_shaper_knows(const cs_shaper *h)
{
	return (cs_shaper_known) {h->s, h->facts ? cs_item_facts_all(h->facts) : NULL, cs_item_facts_categories(h->facts), h->promoted};
}

cs_shaper *
cs_shaper_knowing(cs_env *env, const cs_reco_now *now, const cs_shaper_known *k)
{
	return shaper_of(env, now, &k->serving, k->fact ? cs_item_facts_given(k->fact, k->categories) : NULL, k->promoted);
}

void
cs_shaper_load(cs_shaper *h, const cs_reco_whole *w)
{
	h->w = w;
	if (h->by_rows)
		h->row = CS_NEW(h->env, cs_item_row, (size_t) h->now->r->items + 1);
	if (h->facts && cs_item_facts_all(h->facts) == NULL)
		cs_item_facts_load(h->facts, w->item);
}

void
cs_shaper_who(cs_shaper *h, const char *key)
{
	uint64		seed = h->s.seeded ? h->s.seed : (uint64) h->now->r->id;

	h->who = hash_bytes_extended((const unsigned char *) key, strlen(key), cs_mix64(seed));
}

/* ---- items, one after the other ---- */

/* Make the list, or one of twice the length, which begins with the former. */
static void
lengthen(feeding *f)
{
	int			n = Min(Max(2 * f->n, f->room), f->h->now->r->items);

	cs_release(f->env, f->list);
	f->list = CS_ROOM(f->env, cs_served, n + 1);
	if (f->h->by_rows)
		f->row = cs_alloc_grown(f->env, f->row, f->n, n + 1, sizeof(cs_item_row));
	if (f->h->by_category)
		f->category = cs_alloc_grown(f->env, f->category, f->n, n + 1, sizeof(int32));
	f->n = cs_serve(f->env, f->q, n, f->list);
	f->complete = f->n < n || n == f->h->now->r->items;
}

static bool
is_promoted(const cs_shaper *h, int32 item)
{
	return cs_sorted_has(h->promoted.item, h->promoted.n, item);
}

static const cs_item_row *
whole_row(cs_shaper *h, int32 item)
{
	size_t		from = h->w->start[item];

	if (h->row[item].length == 0)
		h->row[item] = cs_item_row_of(item, h->w->start[item + 1] - from, h->w->target + from, h->w->weight + from);
	return &h->row[item];
}

/* Weights of the items of a chunk to others. */
static void
read_rows(feeding *f, const lane *l, const int32 *item)
{
	cs_shaper  *h = f->h;
	cs_reco_row *row = h->w ? NULL : cs_reco_rows(h->now->r, cs_reco_keys(h->now->r, item, l->n), l->n, true);

	for (int i = 0; i < l->n; i++)
		f->row[l->served[i]] = row ? cs_item_row_of(item[i], row[i].targets, row[i].target, row[i].weight) : *whole_row(h, item[i]);
}

/* The next items of a lane, and what is known of them. */
static bool
next_chunk(feeding *f, int number)
{
	lane	   *l = &f->lane[number];
	int32		item[CHUNK];

	l->n = l->next = 0;
	while (l->n < f->chunk)
	{
		if (l->at == f->n && !f->complete)
			lengthen(f);
		if (l->at == f->n)
			break;
		item[l->n] = f->list[l->at].item;
		l->served[l->n] = l->at++;
		l->n += number == CS_SHAPE_LIST || is_promoted(f->h, item[l->n]);
	}
	if (l->n == 0)
		return false;
	f->chunk = CHUNK;
	for (int i = 0; i < l->n; i++)
		l->fact[i] = (cs_item_fact) {true, -1, NAN};
	if (f->h->facts)
		cs_item_facts_get(f->h->facts, item, l->n, l->fact);
	if (f->h->by_rows)
		read_rows(f, l, item);
	return true;
}

static bool
will_do(feeding *f, const cs_served *s, const cs_item_fact *fact)
{
	const cs_serving *o = &f->h->s;

	return fact->present && (!o->aged || (fact->at >= o->oldest && fact->at <= o->newest)) &&
		s->score >= o->min_confidence * f->best;
}

static bool
next_item(void *host, int number, cs_shape_item *out)
{
	feeding    *f = host;
	lane	   *l = &f->lane[number];

	for (;;)
	{
		const cs_served *s;
		const cs_item_fact *fact;
		int			at;

		if (l->next == l->n && !next_chunk(f, number))
			return false;
		s = &f->list[l->served[l->next]];
		fact = &l->fact[l->next];
		at = l->served[l->next++];
		if (!will_do(f, s, fact))
			continue;
		if (f->best == 0)
			f->best = s->score;
		if (f->category)
			f->category[at] = fact->category;
		*out = (cs_shape_item) {s->item, at, fact->category, s->score, 1, 1};
		if (f->rate)
		{
			out->a = f->rate[s->item] * f->strength + JEFFREYS;
			out->b = (1 - f->rate[s->item]) * f->strength + JEFFREYS;
		}
		return true;
	}
}

static double
likeness(void *host, int32 a, int32 b)
{
	feeding    *f = host;

	if (f->category)
		return f->category[a] >= 0 && f->category[a] == f->category[b];
	if (f->row)
		return cs_item_likeness(&f->row[a], &f->row[b]);
	return Max(cs_factors_cosine(f->h->factors, f->list[a].item, f->list[b].item), 0);
}

/* ---- a list ---- */

static int
serve_plain(cs_env *env, const cs_request *q, int n, cs_shaped *out)
{
	cs_served  *s = CS_ROOM(env, cs_served, n + 1);
	int			found = cs_serve(env, q, n, s);

	for (int i = 0; i < found; i++)
		out[i] = (cs_shaped) {s[i], CS_SHAPE_MERIT, 1};
	cs_release(env, s);
	return found;
}

int
cs_shaper_serve(cs_shaper *h, cs_env *env, const cs_request *q, int n, cs_shaped *out)
{
	feeding    *f;
	cs_shape_rules rules = {h->s.diversity, h->s.cap, h->promoted.n > 0 ? h->s.promoted_share : 0, h->s.explore,
		h->draws, h->who, next_item, likeness};
	cs_shape_placed *placed;
	int			found;

	if (h->plain)
		return serve_plain(env, q, n, out);
	f = CS_NEW(env, feeding, 1);
	f->h = h;
	f->env = env;
	f->q = q;
	f->room = n + SPARE + (h->s.diversity > 0 || h->s.explore > 0 ? CS_SHAPE_WINDOW : 0);
	f->chunk = Min(f->room, CHUNK);
	if (rules.promoted > 0)
		f->room = h->now->r->items;
	if (h->rates)
		f->rate = cs_rates_of(h->rates, q->segment, &f->strength);
	rules.host = f;
	placed = CS_ROOM(env, cs_shape_placed, n + 1);
	found = cs_shape(env, &rules, n, placed);
	for (int i = 0; i < found; i++)
		out[i] = (cs_shaped) {f->list[placed[i].i.tag], placed[i].way, placed[i].propensity};
	return found;
}
