/*
 * cooccurrence.c - the pass over pairs of items (see cooccurrence.h).
 */
#include "core/reco/cooccurrence.h"

#include <math.h>

/* Items per unit of the team's work. */
#define UNIT_ITEMS 64

/* Entries that are added up between two polls. */
#define POLL_ENTRIES 1000000

/* A bound on all kept neighbours: by the option, and by pairs of items in histories. */
static size_t
most_neighbours(const cs_reco_args *a, size_t neighbours)
{
	const cs_events *e = a->events;
	size_t		items = (size_t) e->items,
				most = items * (neighbours < items ? neighbours : items),
				pairs = 0;

	for (int c = 0; c < e->customers && pairs < most; c++)
	{
		size_t		n = e->start[c + 1] - e->start[c];

		pairs += n > 0 ? n * (n - 1) : 0;
	}
	return pairs < most ? pairs : most;
}

size_t
cs_pairs_arena(const cs_reco_args *a, const cs_pairs_needs *needs)
{
	size_t		items = (size_t) a->events->items,
				n = a->events->n,
				most = most_neighbours(a, needs->neighbours),
				bytes;

	bytes = cs_team_bytes(items + 1, sizeof(size_t)) + cs_team_bytes(n, sizeof(int32_t)) +
		(needs->values ? cs_team_bytes(n, sizeof(float)) : 0) +
		(needs->column_values ? cs_team_bytes(n, sizeof(float)) : 0) +
		cs_team_bytes((size_t) a->events->customers, sizeof(double)) + cs_team_bytes(1, sizeof(cs_queue));
	if (needs->neighbours > 0)
		bytes += cs_team_bytes(items + 1, sizeof(size_t)) + cs_team_bytes(items, sizeof(int32_t)) +
			cs_team_bytes(most, sizeof(int32_t)) + cs_team_bytes(most, sizeof(float));
	return bytes;
}

void
cs_pairs_start(cs_pairs *p, cs_env *env, cs_team *team, const cs_reco_args *a, const cs_pairs_needs *needs)
{
	size_t		items = (size_t) a->events->items,
				n = a->events->n,
				most = most_neighbours(a, needs->neighbours);

	memset(p, 0, sizeof(*p));
	p->env = env;
	p->team = team;
	p->e = a->events;
	p->neighbours = needs->neighbours;
	p->least = cs_option_real(a->options, "min_events");
	p->mass = cs_team_alloc(env, team, (size_t) a->events->customers, sizeof(double));
	if (needs->values)
		p->value = cs_team_alloc(env, team, n, sizeof(float));
	p->column = cs_team_alloc(env, team, items + 1, sizeof(size_t));
	p->customer = cs_team_alloc(env, team, n, sizeof(int32_t));
	if (needs->column_values)
		p->column_value = cs_team_alloc(env, team, n, sizeof(float));
	if (needs->neighbours > 0)
	{
		p->room = cs_team_alloc(env, team, items + 1, sizeof(size_t));
		p->kept = cs_team_alloc(env, team, items, sizeof(int32_t));
		p->neighbour = cs_team_alloc(env, team, most, sizeof(int32_t));
		p->weight = cs_team_alloc(env, team, most, sizeof(float));
	}
	cs_turn_init(env, team, &p->turn, (int) ((items + UNIT_ITEMS - 1) / UNIT_ITEMS));
}

/* Room for the neighbours of each item. */
static void
fill_room(cs_pairs *p)
{
	const cs_events *e = p->e;

	for (int i = 0; i < e->items; i++)
	{
		size_t		others = 0;

		if ((double) (p->column[i + 1] - p->column[i]) >= p->least)
			for (size_t q = p->column[i]; q < p->column[i + 1] && others < p->neighbours; q++)
			{
				cs_events_poll(p->env, q);
				others += e->start[p->customer[q] + 1] - e->start[p->customer[q]] - 1;
			}
		if (others > p->neighbours)
			others = p->neighbours;
		if (others >= (size_t) e->items)
			others = (size_t) e->items - 1;
		p->room[i + 1] = p->room[i] + others;
	}
}

void
cs_pairs_columns(cs_pairs *p)
{
	const cs_events *e = p->e;
	size_t	   *next = CS_NEW(p->env, size_t, (size_t) e->items + 1);

	for (size_t q = 0; q < e->n; q++)
	{
		cs_events_poll(p->env, q);
		p->column[e->item[q] + 1]++;
	}
	for (int i = 0; i < e->items; i++)
		next[i + 1] = p->column[i + 1] += p->column[i];
	for (int c = 0; c < e->customers; c++)
		for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
		{
			size_t		to = next[e->item[q]]++;

			cs_events_poll(p->env, q);
			p->customer[to] = c;
			if (p->column_value)
				p->column_value[to] = p->value[q];
		}
	cs_release(p->env, next);
	if (p->room)
		fill_room(p);
}

void
cs_pairs_open(cs_pairs *p)
{
	size_t		items = (size_t) p->e->items;

	/* one more: what is appended without a branch is written before it is counted */
	p->touched = CS_ROOM(p->env, int32_t, items + 1);
	p->sum = CS_NEW(p->env, double, items);
	if (p->room)
		p->best = CS_ROOM(p->env, uint64_t, cs_largest_room(p->neighbours < items ? p->neighbours : items));
}

void
cs_pairs_close(cs_pairs *p)
{
	cs_release(p->env, p->touched);
	cs_release(p->env, p->sum);
	cs_release(p->env, p->best);
}

/* Add a history whose entries count the same. */
static inline size_t
add_history(const cs_pairs *p, int32_t customer, double mass, size_t touched)
{
	const cs_events *e = p->e;

	for (size_t q = e->start[customer]; q < e->start[customer + 1]; q++)
	{
		int32_t		j = e->item[q];
		double		sum = p->sum[j];

		p->touched[touched] = j;
		touched += sum == 0;
		p->sum[j] = sum + mass;
	}
	return touched;
}

/* The same with values of entries. */
static inline size_t
add_valued_history(const cs_pairs *p, int32_t customer, double mass, size_t touched)
{
	const cs_events *e = p->e;

	for (size_t q = e->start[customer]; q < e->start[customer + 1]; q++)
	{
		int32_t		j = e->item[q];
		double		sum = p->sum[j];

		p->touched[touched] = j;
		touched += sum == 0;
		p->sum[j] = sum + mass * (double) p->value[q];
	}
	return touched;
}

size_t
cs_pairs_sum(cs_pairs *p, int i)
{
	const cs_events *e = p->e;
	size_t		touched = 0,
				work = 0;

	for (size_t r = p->column[i]; r < p->column[i + 1]; r++)
	{
		int32_t		c = p->customer[r];
		double		mass = p->mass[c];

		/* what adds nothing would be touched again and again */
		if (mass == 0)
			continue;
		work += e->start[c + 1] - e->start[c];
		if (work > POLL_ENTRIES)
		{
			cs_poll(p->env);
			work = 0;
		}
		touched = p->value ? add_valued_history(p, c, p->column_value ? mass * (double) p->column_value[r] : mass, touched)
			: add_history(p, c, mass, touched);
	}
	cs_poll(p->env);
	return touched;
}

static void
find_neighbours(cs_pairs *p, cs_pairs_choose choose, void *arg, int i)
{
	size_t		at = p->room[i],
				room = p->room[i + 1] - at;
	cs_largest	best;

	if (room == 0)
		return;
	best = cs_largest_start(p->best, room);
	choose(p, arg, i, cs_pairs_sum(p, i), &best);
	p->kept[i] = (int32_t) cs_largest_finish(&best);
	for (int b = 0; b < p->kept[i]; b++)
	{
		p->neighbour[at + (size_t) b] = cs_largest_item(p->best[b]);
		p->weight[at + (size_t) b] = cs_largest_score(p->best[b]);
	}
}

bool
cs_pairs_take(cs_pairs *p, int *first, int *end)
{
	int			unit = cs_turn_take(p->team, &p->turn);

	if (unit < 0)
		return false;
	cs_progress(p->env, CS_PHASE_FIT, unit, p->turn.units);
	*first = unit * UNIT_ITEMS;
	*end = p->e->items - *first > UNIT_ITEMS ? *first + UNIT_ITEMS : p->e->items;
	return true;
}

void
cs_pairs_end(cs_pairs *p)
{
	cs_turn_end(p->team, &p->turn);
}

void
cs_pairs_find(cs_pairs *p, cs_pairs_choose choose, void *arg)
{
	int			first,
				end;

	cs_pairs_open(p);
	while (cs_pairs_take(p, &first, &end))
		for (int i = first; i < end; i++)
			find_neighbours(p, choose, arg, i);
	cs_pairs_end(p);
	cs_pairs_close(p);
}

void
cs_pairs_emit(const cs_pairs *p, cs_reco_model *out)
{
	size_t		items = (size_t) p->e->items,
			   *next = CS_NEW(p->env, size_t, items + 1);

	out->start = CS_NEW(p->env, size_t, items + 1);
	for (size_t i = 0; i < items; i++)
		for (size_t q = p->room[i]; q < p->room[i] + (size_t) p->kept[i]; q++)
		{
			cs_events_poll(p->env, q);
			out->start[p->neighbour[q] + 1]++;
		}
	for (size_t i = 0; i < items; i++)
		next[i + 1] = out->start[i + 1] += out->start[i];
	out->target = CS_ROOM(p->env, int32_t, next[items]);
	out->value = CS_ROOM(p->env, float, next[items]);
	for (size_t i = 0; i < items; i++)
		for (size_t q = p->room[i]; q < p->room[i] + (size_t) p->kept[i]; q++)
		{
			int32_t		j = p->neighbour[q];

			cs_events_poll(p->env, q);
			out->target[next[j]] = (int32_t) i;
			out->value[next[j]++] = p->weight[q];
		}
	cs_release(p->env, next);
}
