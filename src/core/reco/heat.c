/*
 * heat.c - fewer customers and items for a first round (see heat.h).
 */
#include "core/reco/heat.h"

#include "core/base/rng.h"

#include <math.h>

#define POLL_CUSTOMERS 1024
bool
cs_heat_is_part(const cs_events *e)
{
	return e->n > 2 * CS_HEAT_ENTRIES || e->items > CS_HEAT_ITEMS;
}

/* Numbers of the items that stay, -1 for the others; returns how many stay. */
static int
choose_items(cs_env *env, const cs_events *e, int32_t *number)
{
	int32_t    *customers = CS_NEW(env, int32_t, (size_t) e->items),
			   *items = CS_NEW(env, int32_t, (size_t) e->customers + 1);
	int			least = e->customers,
				above = 0,
				n = 0;

	for (size_t q = 0; q < e->n; q++)
	{
		cs_events_poll(env, q);
		customers[e->item[q]]++;
	}
	for (int i = 0; i < e->items; i++)
		items[customers[i]]++;
	for (; least > 0 && above + items[least] < CS_HEAT_ITEMS; least--)
		above += items[least];
	for (int i = 0, ties = CS_HEAT_ITEMS - above; i < e->items; i++)
	{
		bool		stays = customers[i] > least || (customers[i] == least && least > 0 && ties-- > 0);

		number[i] = stays ? n++ : -1;
	}
	cs_release(env, customers);
	cs_release(env, items);
	return n;
}

/*
 * A share of the rows, of which the entries that have a number stay; rows without
 * entries go as well.  row: which they were, or NULL.
 */
static cs_events *
part_of(cs_env *env, const cs_events *e, const int32_t *number, int items, double share, uint64_t seed, int32_t *row)
{
	cs_events  *p = CS_NEW(env, cs_events, 1);
	uint64_t	from = share < 1 ? (uint64_t) (0x1p64 * (1 - share)) : 0;

	*p = *e;
	p->customers = 0;
	p->items = items;
	p->n = 0;
	p->start = CS_NEW(env, size_t, (size_t) e->customers + 1);
	p->item = CS_ROOM(env, int32_t, e->n);
	p->weight = CS_ROOM(env, float, e->n);
	p->last = e->last ? CS_ROOM(env, double, e->n) : NULL;
	for (int c = 0; c < e->customers; c++)
	{
		if (c % POLL_CUSTOMERS == 0)
			cs_poll(env);
		if (cs_mix64(cs_mix64(seed ^ CS_STREAM_HEAT) + (uint64_t) c) < from)
			continue;
		for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
		{
			if (number[e->item[q]] < 0)
				continue;
			p->item[p->n] = number[e->item[q]];
			p->weight[p->n] = e->weight[q];
			if (p->last)
				p->last[p->n] = e->last[q];
			p->n++;
		}
		if (row && p->n > p->start[p->customers])
			row[p->customers] = c;
		p->customers += p->n > p->start[p->customers];
		p->start[p->customers] = p->n;
	}
	return p;
}

/* Entries with the items that stay. */
static size_t
entries_with(cs_env *env, const cs_events *e, const int32_t *number)
{
	size_t		n = 0;

	for (size_t q = 0; q < e->n; q++)
	{
		cs_events_poll(env, q);
		n += number[e->item[q]] >= 0;
	}
	return n;
}

cs_reco_args
cs_heat_args(cs_env *env, const cs_reco_args *args)
{
	const cs_events *e = args->events;
	cs_reco_args heat = *args;
	int32_t    *number = CS_ROOM(env, int32_t, (size_t) e->items + 1),
			   *row = CS_ROOM(env, int32_t, (size_t) e->customers + 1);
	int			items = choose_items(env, e, number);
	cs_events  *part = part_of(env, e, number, items, CS_HEAT_ENTRIES / fmax((double) entries_with(env, e, number), 1), args->seed, row);

	heat.events = part;
	if (args->segment)
	{
		int32_t    *segment = CS_ROOM(env, int32_t, (size_t) part->customers + 1);

		for (int c = 0; c < part->customers; c++)
			segment[c] = args->segment[row[c]];
		heat.segment = segment;
	}
	if (args->attributes)
		heat.attributes = part_of(env, args->attributes, number, items, 1, args->seed, NULL);
	cs_release(env, number);
	cs_release(env, row);
	return heat;
}

void
cs_heat_free(cs_env *env, cs_reco_args *heat)
{
	cs_events_free(env, (cs_events *) (uintptr_t) heat->events);
	if (heat->attributes)
		cs_events_free(env, (cs_events *) (uintptr_t) heat->attributes);
	cs_release(env, (void *) (uintptr_t) heat->segment);
}
