/*
 * reco_batch.c - all customers at once (see reco_batch.h).
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/reco/blend.h"
#include "core/reco/walk.h"
#include "pg/reco_batch.h"
#include "pg/reco_customers.h"
#include "pg/source.h"

typedef struct cs_batch_member
{
	int32		customer;
	int32		segment;
} cs_batch_member;

typedef struct membership
{
	cs_batch   *b;
	Oid			type;			/* of the key; known with the first row */
	MemoryContext row_cxt;
} membership;

static void
take_member(void *arg, TupleTableSlot *slot)
{
	membership *m = arg;
	cs_batch   *b = m->b;
	int			customer;
	MemoryContext old;

	if (!OidIsValid(m->type))
		m->type = getBaseType(TupleDescAttr(slot->tts_tupleDescriptor, 0)->atttypid);
	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(m->row_cxt);
	customer = cs_events_customer(b->data, m->type, slot->tts_values[0], true);
	MemoryContextSwitchTo(old);
	MemoryContextReset(m->row_cxt);
	if (customer < 0)
		return;
	if (b->members == b->members_room)
	{
		size_t		room = b->members_room ? 2 * b->members_room : 4096;

		b->member = cs_alloc_grown(b->env, b->member, b->members, room, sizeof(cs_batch_member));
		b->members_room = room;
	}
	b->member[b->members++] = (cs_batch_member) {customer, DatumGetInt32(slot->tts_values[1])};
}

static cs_source *
events_source(const cs_batch *b)
{
	const cs_reco *r = b->now.r;

	if (r->from == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has no source of events", b->now.name),
				 errdetail("It was imported, so histories of customers are not known."),
				 errhint("recommend_for_basket() and recommend_for_segment() work without it.")));
	return cs_source_open(psprintf("SELECT * FROM %s", r->from), r->path, b->now.run_as);
}

cs_batch *
cs_batch_open(cs_env *env, const char *model)
{
	cs_batch   *b = CS_NEW(env, cs_batch, 1);
	cs_source  *source;
	cs_reco    *r;

	b->env = env;
	b->now = cs_reco_open(model);
	r = b->now.r;
	source = events_source(b);
	b->w = cs_reco_load(env, r);
	b->data = cs_events_read(env, source, &r->columns, (size_t) maintenance_work_mem << 10, b->w->item);
	if (b->now.members)
	{
		membership	m = {b, InvalidOid, AllocSetContextCreate(CurrentMemoryContext, "clusterseg member", ALLOCSET_DEFAULT_SIZES)};

		cs_query_scan(psprintf("SELECT m.%s, m.segment_id FROM %s m WHERE m.segment_id IS NOT NULL", b->now.members_key, b->now.members), NULL, b->now.run_as,
					  false, take_member, &m);
		MemoryContextDelete(m.row_cxt);
	}
	return b;
}

/* Items of all events by customer. */
static void
keep_touched(cs_batch *b)
{
	cs_event_data *d = b->data;
	size_t	   *from = CS_NEW(b->env, size_t, (size_t) d->customers->n + 2);

	for (size_t i = 0; i < d->n; i++)
		from[d->customer[i] + 2]++;
	for (int c = 0; c <= d->customers->n; c++)
		from[c + 1] += from[c];
	b->touched = CS_ROOM(b->env, int32, d->n + 1);
	for (size_t i = 0; i < d->n; i++)
		b->touched[from[d->customer[i] + 1]++] = d->item[i];
	b->touched_from = from;
	for (int c = 0; c < d->customers->n; c++)
		qsort(b->touched + from[c], from[c + 1] - from[c], sizeof(int32), cs_compare_items);
}

void
cs_batch_prepare(cs_batch *b)
{
	cs_reco    *r = b->now.r;
	size_t		longest = 0;

	for (int c = 0; c < b->events->customers; c++)
		longest = Max(longest, b->events->start[c + 1] - b->events->start[c]);
	b->x = CS_ROOM(b->env, double, longest + 1);
	if (r->flags & CS_RECO_FACTORS)
	{
		b->fold = cs_fold_new(b->env, cs_reco_factors(r));
		cs_fold_rows(b->env, b->fold);
	}
	if (r->flags & CS_RECO_KINDS)
	{
		b->taste = CS_ROOM(b->env, double, (size_t) r->n_kinds);
		b->rate = CS_ROOM(b->env, cs_scored, (size_t) r->items + 1);
		b->blended = CS_ROOM(b->env, cs_scored, (size_t) r->items + 1);
	}
	if (r->flags & CS_RECO_CUSTOMERS)
		b->alike = cs_reco_alike(r);
	b->score = CS_NEW(b->env, double, (size_t) r->items + 1);
	b->personal = CS_ROOM(b->env, cs_scored, (size_t) r->items + 1);
}

void
cs_batch_ready(cs_batch *b, int32 **to)
{
	int32	   *number = cs_events_order(b->data);

	keep_touched(b);
	b->events = cs_events_group(b->data, b->now.r->max_history);
	cs_events_free_raw(b->data);
	cs_serve_settle_times(b->now.r, b->events);
	b->segment = CS_NEW(b->env, int32, (size_t) b->data->customers->n + 1);
	for (size_t i = 0; i < b->members; i++)
		b->segment[number[b->member[i].customer]] = b->member[i].segment;
	cs_batch_prepare(b);
	if (to)
		*to = number;
	else
		cs_release(b->env, number);
}

/* Scores of the items that the history leads to. */
static size_t
score_history(cs_batch *b, int customer)
{
	const cs_reco_whole *w = b->w;
	size_t		from = b->events->start[customer],
				n = 0;

	cs_serve_values(b->env, b->now.r, b->events, from, b->events->start[customer + 1], b->x);
	for (size_t e = from; e < b->events->start[customer + 1]; e++)
	{
		int32		item = b->events->item[e];

		if (item < b->now.r->items && b->x[e - from] != 0)
			n = cs_walk_row(b->score, b->personal, n, b->x[e - from],
							w->target + w->start[item], w->weight + w->start[item], w->start[item + 1] - w->start[item]);
	}
	cs_walk_take(b->score, b->personal, n);
	return n;
}

/* Items of the history that are in the catalogue, which come first, and into b->x what they count for. */
static size_t
known_entries(cs_batch *b, int customer)
{
	size_t		n = 0;

	for (size_t e = b->events->start[customer]; e < b->events->start[customer + 1] && b->events->item[e] < b->now.r->items; e++)
		b->x[n++] = cs_events_value(b->events, e, b->now.r->half_life);
	return n;
}

/* The same by factors; most: see cs_batch_scores. */
static size_t
score_factors(cs_batch *b, int customer, size_t most)
{
	size_t		n = known_entries(b, customer);

	if (n == 0)
		return 0;
	cs_fold_customer(b->fold, n, b->events->item + b->events->start[customer], b->x);
	if (b->search && most > 0)
		return cs_mips_best(b->env, b->search, b->fold->u, most, b->personal);
	return cs_fold_scores(b->env, b->fold, b->now.r->member != NULL, b->personal);
}

static int32
number_of(const cs_batch *b, int customer)
{
	char	   *key = cs_dictionary_key(b->data->customers, customer);

	return cs_reco_customer_no(b->now.r, cs_customer_number(key, strlen(key)));
}

/* The same by customers alike. */
static size_t
score_alike(cs_batch *b, int customer)
{
	const cs_like *like;
	size_t		n = known_entries(b, customer);

	if (n == 0)
		return 0;
	cs_crowd_find(b->alike, n, b->events->item + b->events->start[customer], b->x, number_of(b, customer), &like);
	return cs_crowd_scores(b->alike, b->personal);
}

/* By kinds of customers, or these added up with the scores that are there already. */
static size_t
add_kinds(cs_batch *b, int customer, size_t most, size_t own, const cs_scored **out)
{
	const cs_reco *r = b->now.r;
	const int32 *item = b->events->item + b->events->start[customer];
	size_t		n = known_entries(b, customer),
				rates;
	cs_blend_scale scale;

	if (n == 0)
		return own;
	cs_tastes_customer(cs_reco_tastes(b->now.r), n, item, b->x, b->taste);
	if (b->search && most > 0)
		return cs_mips_best(b->env, b->search, b->taste, most, b->personal);
	if (r->member == NULL)
		return cs_tastes_scores(b->env, cs_reco_tastes(b->now.r), b->taste, b->personal);
	rates = cs_tastes_scores(b->env, cs_reco_tastes(b->now.r), b->taste, b->rate);
	*out = b->blended;
	return cs_blend_scores(b->env, b->personal, own, b->rate, rates, item, n, r->blend_kappa, b->score, &scale, b->blended);
}

void
cs_batch_search(cs_batch *b, cs_item_set allowed)
{
	cs_reco    *r = b->now.r;

	if (r->member)
		return;
	if (b->fold)
		b->search = cs_factors_search(b->env, cs_reco_factors(r), allowed.item, allowed.n);
	else if (b->taste)
		b->search = cs_tastes_search(b->env, cs_reco_tastes(r), allowed.item, allowed.n);
}

size_t
cs_batch_scores(void *batch, size_t most, const cs_scored **scored)
{
	cs_batch   *b = batch;
	int			customer = b->asked;
	size_t		n = 0;

	*scored = b->personal;
	if (b->w->start)
		n = score_history(b, customer);
	else if (b->fold)
		n = score_factors(b, customer, most);
	else if (b->alike)
		n = score_alike(b, customer);
	if (b->taste)
		n = add_kinds(b, customer, most, n, scored);
	return most > 0 && !b->selective ? cs_rank_trim(b->taste && b->now.r->member ? b->blended : b->personal, n, most) : n;
}

cs_request
cs_batch_request(cs_batch *b, int customer, bool exclude_seen, cs_item_set allowed)
{
	cs_request	q = {.r = b->now.r, .score = cs_batch_scores, .score_arg = b, .segment = b->segment[customer], .allowed = allowed};

	b->asked = customer;
	b->selective = allowed.item != NULL;
	if (exclude_seen)
		q.excluded = (cs_item_set) {b->touched + b->touched_from[customer],
			b->touched_from[customer + 1] - b->touched_from[customer]};
	return q;
}
