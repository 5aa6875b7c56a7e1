/*
 * events.c - raw events to a sparse matrix and its transpose (see events.h).
 *
 * A counting sort brings the events of each customer together.  A history is
 * then sorted by item and, within an item, by weight: so repeated events stand
 * side by side and are added in an order that only their values decide.
 */
#include "core/reco/events.h"

#include <float.h>
#include <math.h>
#include <string.h>


/* Events in a sort between two polls; a power of two. */
#define POLL_SORT 4096

/* Shorter rows are sorted by insertion. */
#define SHORT_ROW 20

typedef struct cell
{
	int32_t		item;
	float		weight;
	double		at;
} cell;

typedef bool (*cell_order) (const cell *a, const cell *b);

static inline bool
by_item(const cell *a, const cell *b)
{
	return a->item != b->item ? a->item < b->item : a->weight < b->weight;
}

static inline bool
by_time(const cell *a, const cell *b)
{
	return a->at != b->at ? a->at > b->at : a->item < b->item;
}

static inline bool
by_weight(const cell *a, const cell *b)
{
	return a->weight != b->weight ? a->weight > b->weight : a->item < b->item;
}

/* Let cell number i of a heap sink; the last in order is at the top. */
static inline void
sink(cell *c, size_t i, size_t n, cell_order before)
{
	cell		moving = c[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		if (child + 1 < n && before(&c[child], &c[child + 1]))
			child++;
		if (!before(&moving, &c[child]))
			break;
		c[i] = c[child];
	}
	c[i] = moving;
}

/*
 * Insertion or heap sort: in place, no recursion, no bad case; somebody's history
 * may be a machine's.  Inlined so that each order gets a version of its own.
 */
static inline __attribute__((always_inline)) void
sort_cells(cs_env *env, cell *c, size_t n, cell_order before)
{
	if (n <= SHORT_ROW)
	{
		for (size_t i = 1; i < n; i++)
		{
			cell		moving = c[i];
			size_t		j = i;

			for (; j > 0 && before(&moving, &c[j - 1]); j--)
				c[j] = c[j - 1];
			c[j] = moving;
		}
		return;
	}
	for (size_t i = n / 2; i-- > 0;)
	{
		if (i % POLL_SORT == POLL_SORT - 1)
			cs_poll(env);
		sink(c, i, n, before);
	}
	for (size_t end = n - 1; end > 0; end--)
	{
		cell		last = c[end];

		if (end % POLL_SORT == 0)
			cs_poll(env);
		c[end] = c[0];
		c[0] = last;
		sink(c, 0, end, before);
	}
}

static void
check_event(cs_env *env, const cs_raw_events *raw, size_t i)
{
	if (raw->customer[i] < 0 || raw->customer[i] >= raw->customers || raw->item[i] < 0 || raw->item[i] >= raw->items)
		cs_fail(env, CS_E_INTERNAL, "number of a customer or item is out of range",
				cs_text(env, "Event %zu is of customer %d and item %d.", i, (int) raw->customer[i],
						(int) raw->item[i]), NULL);
	if (raw->weight && !isfinite(raw->weight[i]))
		cs_fail(env, CS_E_DATA, "weight of an event is not finite", NULL, NULL);
	if (raw->at && !isfinite(raw->at[i]))
		cs_fail(env, CS_E_DATA, "time of an event is not finite", NULL, NULL);
}

/* Cells by customer; start and now of e are set. */
static cell *
group_by_customer(cs_env *env, const cs_raw_events *raw, cs_events *e)
{
	size_t	   *start = e->start,
				sum = 0;
	cell	   *cells = CS_ROOM(env, cell, raw->n);

	for (size_t i = 0; i < raw->n; i++)
	{
		cs_events_poll(env, i);
		check_event(env, raw, i);
		start[raw->customer[i]]++;
		if (raw->at && (i == 0 || raw->at[i] > e->now))
			e->now = raw->at[i];
	}
	for (int c = 0; c <= raw->customers; c++)
		start[c] = sum += start[c];

	/* start holds ends, which move down to the starts */
	for (size_t i = 0; i < raw->n; i++)
	{
		cs_events_poll(env, i);
		cells[--start[raw->customer[i]]] =
			(cell) {raw->item[i], raw->weight ? raw->weight[i] : 1, raw->at ? raw->at[i] : 0};
	}
	return cells;
}

/* Add up repeated events of a sorted history; returns what remains. */
static size_t
merge_repeats(cell *c, size_t n, size_t *cancelled)
{
	size_t		kept = 0;

	for (size_t i = 0, end; i < n; i = end)
	{
		double		sum = 0,
					size = 0,
					last = c[i].at;

		for (end = i; end < n && c[end].item == c[i].item; end++)
		{
			sum += (double) c[end].weight;
			size += fabs((double) c[end].weight);
			last = fmax(last, c[end].at);
		}
		/* 0.6 and 0.4 and -1 are 3e-8 in single precision, and nothing to who wrote them */
		if (sum > size * (FLT_EPSILON / 2))
			c[kept++] = (cell) {c[i].item, (float) fmin(sum, (double) FLT_MAX), last};
		else
			(*cancelled)++;
	}
	return kept;
}

/* Sort, merge and cap the history c[0 .. n - 1]; returns what remains. */
static size_t
tidy_history(cs_env *env, cs_events *e, cell *c, size_t n, int max_history, bool timed)
{
	size_t		most = max_history > 0 ? (size_t) max_history : n;

	sort_cells(env, c, n, by_item);
	n = merge_repeats(c, n, &e->cancelled);
	if (n <= most)
		return n;
	if (timed)
		sort_cells(env, c, n, by_time);
	else
		sort_cells(env, c, n, by_weight);
	sort_cells(env, c, most, by_item);
	e->capped += n - most;
	return most;
}

/* Columns of e from the cells. */
static void
store_cells(cs_env *env, cs_events *e, const cell *cells, bool timed)
{
	e->item = CS_ROOM(env, int32_t, e->n);
	e->weight = CS_ROOM(env, float, e->n);
	if (timed)
		e->last = CS_ROOM(env, double, e->n);
	for (size_t i = 0; i < e->n; i++)
	{
		cs_events_poll(env, i);
		e->item[i] = cells[i].item;
		e->weight[i] = cells[i].weight;
		if (timed)
			e->last[i] = cells[i].at;
	}
}

cs_events *
cs_events_build(cs_env *env, const cs_raw_events *raw, int max_history)
{
	cs_events  *e = CS_NEW(env, cs_events, 1);
	cell	   *cells;
	size_t		from = 0;

	e->customers = raw->customers;
	e->items = raw->items;
	e->weighted = raw->weight != NULL;
	e->start = CS_NEW(env, size_t, (size_t) raw->customers + 1);
	cells = group_by_customer(env, raw, e);
	for (int c = 0; c < e->customers; c++)
	{
		size_t		to = e->start[c + 1],
					n = tidy_history(env, e, cells + from, to - from, max_history, raw->at != NULL);

		memmove(cells + e->n, cells + from, sizeof(cell) * n);
		e->start[c] = e->n;
		e->n += n;
		if (from / CS_POLL_EVENTS != to / CS_POLL_EVENTS)
			cs_poll(env);
		from = to;
	}
	e->start[e->customers] = e->n;
	store_cells(env, e, cells, raw->at != NULL);
	cs_release(env, cells);
	return e;
}

cs_events *
cs_events_transpose(cs_env *env, const cs_events *e)
{
	cs_events  *t = CS_NEW(env, cs_events, 1);
	size_t	   *next = CS_NEW(env, size_t, (size_t) e->items + 1);

	*t = *e;
	t->customers = e->items;
	t->items = e->customers;
	t->start = CS_NEW(env, size_t, (size_t) e->items + 1);
	t->item = CS_ROOM(env, int32_t, e->n);
	t->weight = CS_ROOM(env, float, e->n);
	t->last = e->last ? CS_ROOM(env, double, e->n) : NULL;
	for (size_t i = 0; i < e->n; i++)
	{
		cs_events_poll(env, i);
		t->start[e->item[i] + 1]++;
	}
	for (int i = 0; i < e->items; i++)
		next[i + 1] = t->start[i + 1] += t->start[i];
	for (int c = 0; c < e->customers; c++)
		for (size_t i = e->start[c]; i < e->start[c + 1]; i++)
		{
			size_t		to = next[e->item[i]]++;

			cs_events_poll(env, i);
			t->item[to] = c;
			t->weight[to] = e->weight[i];
			if (t->last)
				t->last[to] = e->last[i];
		}
	cs_release(env, next);
	return t;
}

double
cs_events_decay(const cs_events *e, size_t entry, double half_life)
{
	if (e->last == NULL || !(half_life > 0))
		return 1;
	return exp2((e->last[entry] - e->now) / (half_life * CS_SECONDS_PER_DAY));
}

double
cs_events_value(const cs_events *e, size_t entry, double half_life)
{
	double		decay = cs_events_decay(e, entry, half_life);

	return e->weighted ? decay * (double) e->weight[entry] : decay;
}

void
cs_events_free(cs_env *env, cs_events *e)
{
	cs_release(env, e->start);
	cs_release(env, e->item);
	cs_release(env, e->weight);
	cs_release(env, e->last);
	cs_release(env, e);
}
