/*
 * next_item.c - what follows what.
 *
 * Each customer's entries in the order of time are moments (sequence.h).  When an
 * item k comes g moments after an item j, g = 1 .. window and no more than max_gap
 * days later, that counts decay^(g - 1) x_uk, x being 1 or the decayed weight:
 *
 *		w_jk = sum of these / (sum over all k of them + shrink)
 *
 * so that the weights of an item are the probabilities of what comes next, drawn
 * towards 0 where little is known of it: a Markov chain that skips.  Serving adds
 * up the weights of the last moments of a history, decay^m for the m-th from the
 * end, up to window moments.
 *
 * O(entries within windows), memory 24 bytes per entry and 20 per item.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"
#include "core/reco/sequence.h"

#include <float.h>
#include <math.h>


typedef struct chain
{
	cs_env	   *env;
	const cs_events *e;
	int			window;
	double		max_gap;		/* seconds; 0: any */
	double		half_life;
	double		least;
	double		shrink;
	size_t		neighbours;
	double	   *power;			/* decay^g */

	/* entries by customer and time */
	size_t	   *entry;
	int64_t    *moment;			/* ascending; those of two customers are further apart than a window */
	size_t	   *column;			/* items + 1: where the places of an item start */
	size_t	   *place;			/* in entry, by item */

	/* of the item at hand */
	double	   *sum;			/* all 0 between items */
	int32_t    *touched;
	double		all;
	uint64_t   *best;
	size_t		looked;			/* entries so far, in all */
} chain;

static void
order_entries(chain *k)
{
	const cs_events *e = k->e;
	int64_t		moment = 0;

	k->entry = CS_ROOM(k->env, size_t, e->n);
	k->moment = CS_ROOM(k->env, int64_t, e->n);
	for (int c = 0; c < e->customers; c++)
	{
		cs_sequence_order(k->env, e, e->start[c], e->start[c + 1], k->entry + e->start[c]);
		for (size_t p = e->start[c]; p < e->start[c + 1]; p++)
		{
			cs_events_poll(k->env, p);
			moment += p > e->start[c] && e->last[k->entry[p]] != e->last[k->entry[p - 1]];
			k->moment[p] = moment;
		}
		moment += k->window + 1;
	}
}

static void
fill_columns(chain *k)
{
	const cs_events *e = k->e;
	size_t		items = (size_t) e->items,
			   *next = CS_NEW(k->env, size_t, items + 1);

	k->column = CS_NEW(k->env, size_t, items + 1);
	k->place = CS_ROOM(k->env, size_t, e->n);
	for (size_t p = 0; p < e->n; p++)
	{
		cs_events_poll(k->env, p);
		k->column[e->item[p] + 1]++;
	}
	for (size_t i = 0; i < items; i++)
		next[i + 1] = k->column[i + 1] += k->column[i];
	for (size_t p = 0; p < e->n; p++)
	{
		cs_events_poll(k->env, p);
		k->place[next[e->item[k->entry[p]]]++] = p;
	}
	cs_release(k->env, next);
}

static inline bool
may_follow(const chain *k, int32_t item)
{
	return (double) (k->column[item + 1] - k->column[item]) >= k->least;
}

/* What follows the entry at a place. */
static size_t
add_followers(chain *k, size_t p, size_t touched)
{
	const cs_events *e = k->e;
	double		at = e->last[k->entry[p]];

	for (size_t q = p + 1; q < e->n && k->moment[q] - k->moment[p] <= k->window; q++)
	{
		size_t		entry = k->entry[q];
		int64_t		gap = k->moment[q] - k->moment[p];
		int32_t		item = e->item[entry];
		double		sum = k->sum[item],
					more;

		cs_events_poll(k->env, ++k->looked);
		if (gap == 0)
			continue;
		if (k->max_gap > 0 && e->last[entry] - at > k->max_gap)
			break;
		more = fmax(k->power[gap - 1] * cs_events_value(e, entry, k->half_life), DBL_MIN);
		k->all += more;
		if (!may_follow(k, item))
			continue;
		k->touched[touched] = item;
		touched += sum == 0;
		k->sum[item] = sum + more;
	}
	return touched;
}

/* Place i of a heap of packed items, the highest at the top. */
static void
sink(uint64_t *v, size_t i, size_t n)
{
	uint64_t	moving = v[i];

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		if (child + 1 < n && cs_largest_item(v[child]) < cs_largest_item(v[child + 1]))
			child++;
		if (cs_largest_item(moving) >= cs_largest_item(v[child]))
			break;
		v[i] = v[child];
	}
	v[i] = moving;
}

static void
sort_by_item(cs_env *env, uint64_t *v, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sink(v, i, n);
	for (size_t end = n; end-- > 1;)
	{
		uint64_t	last = v[end];

		cs_events_poll(env, end);
		v[end] = v[0];
		v[0] = last;
		sink(v, 0, end);
	}
}

/* The likeliest followers of item j, by item, in best; returns how many. */
static size_t
followers(chain *k, int32_t j)
{
	size_t		touched = 0,
				room = k->neighbours,
				kept;
	cs_largest	best = cs_largest_start(k->best, room);

	k->all = 0;
	for (size_t c = k->column[j]; c < k->column[j + 1]; c++)
		touched = add_followers(k, k->place[c], touched);
	for (size_t t = 0; t < touched; t++)
	{
		int32_t		i = k->touched[t];

		cs_largest_offer(&best, i, (float) (k->sum[i] / (k->all + k->shrink)));
		k->sum[i] = 0;
	}
	kept = cs_largest_finish(&best);
	sort_by_item(k->env, k->best, kept);
	return kept;
}

static void
keep(chain *k, cs_reco_model *out, size_t *room, size_t n, size_t kept)
{
	if (n + kept > *room)
	{
		*room = 2 * *room + kept + 1024;
		out->target = cs_alloc_grown(k->env, out->target, n, *room, sizeof(int32_t));
		out->value = cs_alloc_grown(k->env, out->value, n, *room, sizeof(float));
	}
	for (size_t i = 0; i < kept; i++)
	{
		out->target[n + i] = cs_largest_item(k->best[i]);
		out->value[n + i] = cs_largest_score(k->best[i]);
	}
}

static void
fit_chain(chain *k, cs_reco_model *out)
{
	size_t		items = (size_t) k->e->items,
				room = 0,
				n = 0;

	order_entries(k);
	fill_columns(k);
	k->sum = CS_NEW(k->env, double, items);
	k->touched = CS_ROOM(k->env, int32_t, items + 1);
	k->best = CS_ROOM(k->env, uint64_t, cs_largest_room(k->neighbours));
	out->start = CS_NEW(k->env, size_t, items + 1);
	keep(k, out, &room, 0, 0);
	for (size_t j = 0; j < items; j++)
	{
		size_t		kept = followers(k, (int32_t) j);

		if ((j & 63) == 0)
			cs_progress(k->env, CS_PHASE_FIT, (int64_t) j, (int64_t) items);
		keep(k, out, &room, n, kept);
		out->start[j + 1] = n += kept;
	}
	cs_release(k->env, k->entry);
	cs_release(k->env, k->moment);
	cs_release(k->env, k->column);
	cs_release(k->env, k->place);
	cs_release(k->env, k->sum);
	cs_release(k->env, k->touched);
	cs_release(k->env, k->best);
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	chain		k = {.env = env,.e = args->events,.window = cs_option_int(args->options, "window"),
		.max_gap = cs_option_real(args->options, "max_gap") * CS_SECONDS_PER_DAY,.half_life = cs_option_real(args->options, "half_life"),
		.least = cs_option_real(args->options, "min_events"),.shrink = cs_option_real(args->options, "shrink"),
	.neighbours = (size_t) cs_option_int(args->options, "neighbours")};
	size_t		items = (size_t) args->events->items;

	if (team->rank != 0)
		return;
	if (args->events->last == NULL)
		cs_fail(env, CS_E_PARAM, "algorithm \"next_item\" needs the times of events", NULL,
				"Name the column of times with the argument \"at\".");
	cs_reco_fit_common(env, args, out);
	if (k.neighbours > items)
		k.neighbours = items > 0 ? items : 1;
	k.power = CS_ROOM(env, double, (size_t) k.window);
	for (int g = 0; g < k.window; g++)
		k.power[g] = g == 0 ? 1 : k.power[g - 1] * cs_option_real(args->options, "decay");
	fit_chain(&k, out);
	cs_release(env, k.power);
}

static const cs_param params[] = {
	{"window", CS_P_INT, 3, 1, 1000, NULL, "moments after an item in which others follow it, and last moments of a history that count"},
	{"decay", CS_P_REAL, 0.5, 0.001, 1, NULL, "what each further moment counts for, as a part of the one before"},
	{"max_gap", CS_P_REAL, 0, 0, 36500, NULL, "days after which nothing follows any more; 0: any"},
	{"shrink", CS_P_REAL, 10, 0, 1e6, NULL, "added to the sum that weights are divided by, against followers by chance of rare items"},
	{"neighbours", CS_P_INT, 200, 1, 100000, NULL, "likeliest followers that are kept per item"},
	{0}
};

const cs_recommender cs_next_item = {
	.name = "next_item",
	.summary = "what follows the last items of a history or session; needs times",
	.flags = CS_RECO_TIME | CS_RECO_ITEMS | CS_RECO_SEQUENCE | CS_RECO_COUNTS,
	.params = params,
	.fit = fit
};
