/*
 * batch_share.c - a batch in shared memory (see batch_share.h).
 */
#include "postgres.h"

#include "pg/batch_share.h"
#include "pg/parallel.h"

/* The arrays, in the order of their keys. */
enum
{
	START, ITEM, WEIGHT, LAST, TOUCHED_FROM, TOUCHED, SEGMENT, KEYS, KEY_TEXT, PARTS
};

typedef struct part
{
	const void *from;			/* NULL: put together while it is copied */
	size_t		bytes;
} part;

static size_t
text_bytes(const cs_dictionary *d)
{
	size_t		bytes = 0;

	for (int i = 0; !d->integral && i < d->n; i++)
		bytes += strlen(d->text[i]) + 1;
	return bytes;
}

static void
list_parts(const cs_batch *b, part *p)
{
	const cs_events *e = b->events;
	const cs_dictionary *keys = b->data->customers;
	size_t		customers = keys->n;

	p[START] = (part) {e->start, sizeof(size_t) * (customers + 1)};
	p[ITEM] = (part) {e->item, sizeof(int32) * e->n};
	p[WEIGHT] = (part) {e->weight, sizeof(float) * e->n};
	p[LAST] = (part) {e->last, e->last ? sizeof(double) * e->n : 0};
	p[TOUCHED_FROM] = (part) {b->touched_from, sizeof(size_t) * (customers + 1)};
	p[TOUCHED] = (part) {b->touched, sizeof(int32) * b->touched_from[customers]};
	p[SEGMENT] = (part) {b->segment, sizeof(int32) * customers};
	p[KEYS] = (part) {keys->number, keys->integral ? sizeof(int64) * customers : 0};
	p[KEY_TEXT] = (part) {NULL, text_bytes(keys)};
}

size_t
cs_batch_share_bytes(const cs_batch *b)
{
	part		p[PARTS];
	size_t		bytes = 0;

	list_parts(b, p);
	for (int i = 0; i < PARTS; i++)
		bytes += p[i].bytes;
	return bytes;
}

void
cs_batch_share_estimate(const cs_batch *b, shm_toc_estimator *e)
{
	part		p[PARTS];

	list_parts(b, p);
	for (int i = 0; i < PARTS; i++)
		shm_toc_estimate_chunk(e, p[i].bytes + 1);
	shm_toc_estimate_keys(e, PARTS);
}

void
cs_batch_share(const cs_batch *b, cs_batch_shared *h, shm_toc *toc, uint64 key)
{
	const cs_dictionary *keys = b->data->customers;
	part		p[PARTS];

	list_parts(b, p);
	*h = (cs_batch_shared) {b->now.r->id, *b->events, keys->n, b->events->last != NULL, keys->integral};
	for (int i = 0; i < PARTS; i++)
	{
		char	   *to = cs_toc_put(toc, key + i, p[i].from, p[i].bytes);

		for (int c = 0; i == KEY_TEXT && !keys->integral && c < keys->n; c++)
			to = stpcpy(to, keys->text[c]) + 1;
	}
}

static cs_dictionary *
attach_keys(cs_env *env, const cs_batch_shared *h, void *number, char *text)
{
	cs_dictionary *d = CS_NEW(env, cs_dictionary, 1);

	d->env = env;
	d->integral = h->integral;
	d->n = h->customers;
	d->number = number;
	if (h->integral)
		return d;
	d->text = CS_ROOM(env, char *, d->n + 1);
	for (int i = 0; i < d->n; i++, text += strlen(text) + 1)
		d->text[i] = text;
	return d;
}

cs_batch *
cs_batch_attach(cs_env *env, const cs_batch_shared *h, shm_toc *toc, uint64 key)
{
	cs_batch   *b = CS_NEW(env, cs_batch, 1);
	void	   *at[PARTS];

	for (int i = 0; i < PARTS; i++)
		at[i] = shm_toc_lookup(toc, key + i, false);
	b->env = env;
	b->now.r = cs_reco_version(h->version);
	b->data = CS_NEW(env, cs_event_data, 1);
	b->data->customers = attach_keys(env, h, at[KEYS], at[KEY_TEXT]);
	b->w = cs_reco_load(env, b->now.r);
	b->events = CS_NEW(env, cs_events, 1);
	*b->events = h->events;
	b->events->start = at[START];
	b->events->item = at[ITEM];
	b->events->weight = at[WEIGHT];
	b->events->last = h->timed ? at[LAST] : NULL;
	b->touched_from = at[TOUCHED_FROM];
	b->touched = at[TOUCHED];
	b->segment = at[SEGMENT];
	cs_batch_prepare(b);
	return b;
}
