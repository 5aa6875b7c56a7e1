/*
 * sequence.c - histories in the order of time (see sequence.h).
 */
#include "core/reco/sequence.h"

/* Entries that sink between two polls: a power of two. */
#define POLL_SORT 4096

static inline bool
before(const cs_events *e, size_t a, size_t b)
{
	return e->last[a] != e->last[b] ? e->last[a] < e->last[b] : a < b;
}

/* Let the entry at place i of a heap sink; the last in order is at the top. */
static void
sink(const cs_events *e, size_t *order, size_t i, size_t n)
{
	size_t		moving = order[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		if (child + 1 < n && before(e, order[child], order[child + 1]))
			child++;
		if (!before(e, moving, order[child]))
			break;
		order[i] = order[child];
	}
	order[i] = moving;
}

void
cs_sequence_order(cs_env *env, const cs_events *e, size_t first, size_t end, size_t *order)
{
	size_t		n = end - first;

	for (size_t i = 0; i < n; i++)
		order[i] = first + i;
	for (size_t i = n / 2; i-- > 0;)
		sink(e, order, i, n);
	for (size_t last = n; last-- > 1;)
	{
		size_t		moved = order[last];

		if ((last & (POLL_SORT - 1)) == 0)
			cs_poll(env);
		order[last] = order[0];
		order[0] = moved;
		sink(e, order, 0, last);
	}
}

void
cs_sequence_values(cs_env *env, const cs_events *e, size_t first, size_t end, int window, double decay, double *out)
{
	size_t	   *order = CS_ROOM(env, size_t, end - first + 1);
	double		value = 1;
	int			moment = 0;

	cs_sequence_order(env, e, first, end, order);
	for (size_t i = end - first; i-- > 0;)
	{
		if (i + 1 < end - first && e->last[order[i]] != e->last[order[i + 1]])
		{
			moment++;
			value *= decay;
		}
		out[order[i] - first] = moment < window ? value : 0;
	}
	cs_release(env, order);
}
