/*
 * holdout.c - parting events for the choice of settings (see holdout.h).
 */
#include "core/reco/holdout.h"

#include "core/base/rng.h"
#include "core/reco/metrics.h"

#include <math.h>

/* Of a history, one in so many is held back. */
#define ONE_IN 5

#define POLL_CUSTOMERS 64

typedef struct ticket
{
	uint64_t	lot;
	double		at;
	size_t		of;
} ticket;

static inline bool
before(const ticket *a, const ticket *b)
{
	if (a->at != b->at)
		return a->at > b->at;
	return a->lot != b->lot ? a->lot < b->lot : a->of < b->of;
}

static void
sink(ticket *t, size_t i, size_t n)
{
	ticket		moving = t[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		child += child + 1 < n && before(&t[child], &t[child + 1]);
		if (!before(&moving, &t[child]))
			break;
		t[i] = t[child];
	}
	t[i] = moving;
}

/* The first few of n tickets, in any order, to the front. */
static void
draw(ticket *t, size_t n, size_t few)
{
	for (size_t i = few / 2; i-- > 0;)
		sink(t, i, few);
	for (size_t i = few; i < n && few > 0; i++)
		if (before(&t[i], &t[0]))
		{
			ticket		worst = t[0];

			t[0] = t[i];
			t[i] = worst;
			sink(t, 0, few);
		}
}

static inline uint64_t
lot_of(uint64_t seed, uint64_t number)
{
	return cs_mix64(cs_mix64(seed ^ CS_STREAM_HOLDOUT) + number);
}

static inline size_t
held_of(size_t n)
{
	return n < 2 ? 0 : n < 2 * ONE_IN ? 1 : n / ONE_IN;
}

/* Mark the customers that are drawn; returns how many. */
static size_t
draw_customers(cs_env *env, const cs_events *e, uint64_t seed, double scores, bool *drawn)
{
	size_t		most = (size_t) fmin(fmax(CS_HOLDOUT_SCORES / fmax(scores, 1), CS_HOLDOUT_LEAST), CS_HOLDOUT_MOST);
	ticket	   *t = CS_ROOM(env, ticket, (size_t) e->customers);
	size_t		n = 0,
				few;

	for (size_t c = 0; c < (size_t) e->customers; c++)
		if (held_of(e->start[c + 1] - e->start[c]) > 0)
			t[n++] = (ticket) {lot_of(seed, c), 0, c};
	few = n < most ? n : most;
	draw(t, n, few);
	for (size_t i = 0; i < few; i++)
		drawn[t[i].of] = true;
	cs_release(env, t);
	return few;
}

/* Mark the entries of customer c that are held back. */
static void
draw_entries(cs_env *env, const cs_events *e, size_t c, uint64_t seed, ticket *t, bool *held)
{
	size_t		from = e->start[c],
				n = e->start[c + 1] - from,
				few = held_of(n);
	uint64_t	own = lot_of(seed, c);

	for (size_t i = 0; i < n; i++)
		t[i] = (ticket) {lot_of(own, (uint64_t) e->item[from + i]), e->last ? e->last[from + i] : 0, from + i};
	draw(t, n, few);
	for (size_t i = 0; i < few; i++)
		held[t[i].of] = true;
}

static cs_events *
events_without(cs_env *env, const cs_events *e, uint64_t seed, const bool *drawn, const bool *held, size_t gone)
{
	cs_events  *r = CS_NEW(env, cs_events, 1);
	size_t		n = 0;
	uint64_t	least = e->n > CS_HOLDOUT_ENTRIES ? (uint64_t) (0x1p64 * (1 - (double) CS_HOLDOUT_ENTRIES / (double) e->n)) : 0;

	*r = *e;
	r->n = e->n - gone;
	r->start = CS_NEW(env, size_t, (size_t) e->customers + 1);
	r->item = CS_ROOM(env, int32_t, r->n);
	r->weight = CS_ROOM(env, float, r->n);
	r->last = e->last ? CS_ROOM(env, double, r->n) : NULL;
	for (int c = 0; c < e->customers; c++)
	{
		bool		taken = drawn[c] || lot_of(~seed, (uint64_t) c) >= least;

		for (size_t i = e->start[c]; i < e->start[c + 1]; i++)
		{
			if (held[i] || !taken)
				continue;
			r->item[n] = e->item[i];
			r->weight[n] = e->weight[i];
			if (r->last)
				r->last[n] = e->last[i];
			n++;
		}
		r->start[c + 1] = n;
		if (c % POLL_CUSTOMERS == 0)
			cs_poll(env);
	}
	r->n = n;
	return r;
}

static size_t
longest_history(const cs_events *e)
{
	size_t		most = 0;

	for (int c = 0; c < e->customers; c++)
		if (e->start[c + 1] - e->start[c] > most)
			most = e->start[c + 1] - e->start[c];
	return most;
}

cs_holdout *
cs_holdout_new(cs_env *env, const cs_events *e, uint64_t seed, double scores)
{
	cs_holdout *h = CS_NEW(env, cs_holdout, 1);
	bool	   *drawn = CS_NEW(env, bool, (size_t) e->customers),
			   *held = CS_NEW(env, bool, e->n);
	ticket	   *t = CS_ROOM(env, ticket, longest_history(e));
	size_t		few = draw_customers(env, e, seed, scores, drawn),
				room = 0;

	for (size_t c = 0; c < (size_t) e->customers; c++)
		if (drawn[c])
			room += held_of(e->start[c + 1] - e->start[c]);
	h->customer = CS_ROOM(env, int32_t, few);
	h->start = CS_NEW(env, size_t, few + 1);
	h->item = CS_ROOM(env, int32_t, room);
	room = 0;
	for (size_t c = 0; c < (size_t) e->customers; c++)
	{
		if (!drawn[c])
			continue;
		draw_entries(env, e, c, seed, t, held);
		for (size_t i = e->start[c]; i < e->start[c + 1]; i++)
			if (held[i])
				h->item[room++] = e->item[i];
		h->customer[h->n++] = (int32_t) c;
		h->start[h->n] = room;
		if (h->n % POLL_CUSTOMERS == 0)
			cs_poll(env);
	}
	h->rest = events_without(env, e, seed, drawn, held, room);
	cs_release(env, drawn);
	cs_release(env, held);
	cs_release(env, t);
	return h;
}

void
cs_holdout_free(cs_env *env, cs_holdout *h)
{
	cs_events_free(env, h->rest);
	cs_release(env, h->customer);
	cs_release(env, h->start);
	cs_release(env, h->item);
	cs_release(env, h);
}

/* ---- trials ---- */

static cs_layer
popular_layer(cs_env *env, const double *popularity, int items)
{
	cs_scored  *s = CS_ROOM(env, cs_scored, (size_t) items);
	size_t		n = 0;

	for (int i = 0; i < items; i++)
		if (popularity[i] > 0)
			s[n++] = (cs_scored) {i, popularity[i]};
	return (cs_layer) {s, n};
}

cs_trial *
cs_trial_new(cs_env *env, const cs_holdout *h, double half_life, const double *popularity)
{
	cs_trial   *trial = CS_NEW(env, cs_trial, 1);

	trial->h = h;
	trial->half_life = half_life;
	trial->popular = popular_layer(env, popularity, h->rest->items);
	trial->value = CS_ROOM(env, double, longest_history(h->rest));
	return trial;
}

void
cs_trial_free(cs_env *env, cs_trial *trial)
{
	cs_release(env, (void *) (uintptr_t) trial->popular.scored);
	cs_release(env, trial->value);
	cs_release(env, trial);
}

size_t
cs_trial_history(const cs_trial *trial, size_t t, const int32_t **item, const double **value)
{
	const cs_events *e = trial->h->rest;
	size_t		from = e->start[trial->h->customer[t]],
				n = e->start[trial->h->customer[t] + 1] - from;

	for (size_t i = 0; i < n; i++)
		trial->value[i] = cs_events_value(e, from + i, trial->half_life);
	*item = e->item + from;
	*value = trial->value;
	return n;
}

double
cs_trial_judge(cs_env *env, const cs_trial *trial, size_t t, const cs_scored *scored, size_t n)
{
	const cs_holdout *h = trial->h;
	size_t		from = h->rest->start[h->customer[t]];
	cs_layer	layer[2] = {{scored, n}, trial->popular};
	cs_rank_args args = {layer, 2, h->rest->item + from, h->rest->start[h->customer[t] + 1] - from, NULL, 0};
	cs_ranked	ranked[CS_TRIAL_LENGTH];
	int32_t		list[CS_TRIAL_LENGTH];
	double		metric[CS_METRICS_OF_HITS];
	int			found = cs_rank(env, &args, CS_TRIAL_LENGTH, ranked);

	for (int i = 0; i < found; i++)
		list[i] = ranked[i].item;
	cs_metrics_of_hits(list, found, h->item + h->start[t], (int) (h->start[t + 1] - h->start[t]), CS_TRIAL_LENGTH, metric);
	return metric[CS_METRIC_NDCG];
}

void
cs_trial_ndcg(cs_env *env, const cs_trial *trial, cs_trial_scores scores, void *arg, double *ndcg)
{
	cs_scored  *out = CS_ROOM(env, cs_scored, (size_t) trial->h->rest->items);

	for (size_t t = 0; t < trial->h->n; t++)
	{
		const int32_t *item;
		const double *value;
		size_t		n = cs_trial_history(trial, t, &item, &value);

		n = scores(env, arg, trial->h->customer[t], n, item, value, out);
		ndcg[t] = cs_trial_judge(env, trial, t, out, n);
		cs_poll(env);
	}
	cs_release(env, out);
}

double
cs_trial_mean(const double *ndcg, size_t n)
{
	double		sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ndcg[i];
	return n > 0 ? sum / (double) n : 0;
}
