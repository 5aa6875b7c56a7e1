/*
 * crowd.c - finding customers with a like history (see crowd.h).
 */
#include "core/reco/crowd_inner.h"

#include "core/base/sorted.h"

#include <math.h>
#include <string.h>

/* Powers of two: entries, and customers that are found, between two polls. */
#define POLL_ENTRIES 65536
#define POLL_FOUND 16384

/* Customers alike that are gone through between two polls. */
#define EXPLAIN_LIKES 1024

static void
set_busy(cs_crowd *a)
{
	if (a->busy)
	{
		memset(a->sum, 0, sizeof(double) * (size_t) a->e->customers);
		memset(a->score, 0, sizeof(double) * (size_t) a->e->items);
	}
	a->busy = true;
}

/* Customers of the items that have at most so many. */
static size_t
customers_below(const cs_crowd *a, size_t n, const int32_t *item, size_t most)
{
	size_t		sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += cs_crowd_customers(a, item[i]) <= most ? cs_crowd_customers(a, item[i]) : 0;
	return sum;
}

/* The largest number of customers of an item such that all items up to it fit into visits. */
static size_t
rare_enough(const cs_crowd *a, size_t n, const int32_t *item)
{
	size_t		low = 0,
				high = (size_t) a->e->customers + 1;

	while (high - low > 1)
	{
		size_t		middle = low + (high - low) / 2;

		if (customers_below(a, n, item, middle) <= a->visits)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void
look_at(cs_crowd *a, size_t entry, int32_t item)
{
	a->item[a->n] = item;
	a->entry[a->n++] = entry;
}

/* The items of a history that are looked at, and their values. */
static void
take_history(cs_crowd *a, size_t n, const int32_t *item, const double *x)
{
	size_t		known = 0,
				most = (size_t) a->e->customers,
				left = 0;
	double		length = 0;

	while (known < n && item[known] < a->e->items)
		length += x[known++];
	if (known > a->room)
	{
		cs_release(a->env, a->item);
		cs_release(a->env, a->value);
		cs_release(a->env, a->entry);
		a->item = NULL;
		a->value = NULL;
		a->entry = NULL;
		a->room = 0;
		a->item = CS_ROOM(a->env, int32_t, known);
		a->value = CS_ROOM(a->env, float, known);
		a->entry = CS_ROOM(a->env, size_t, known);
		a->room = known;
	}
	if (a->visits > 0 && customers_below(a, known, item, most) > a->visits)
	{
		most = rare_enough(a, known, item);
		left = a->visits - customers_below(a, known, item, most);
	}
	a->n = 0;
	for (size_t i = 0; i < known; i++)
	{
		size_t		customers = cs_crowd_customers(a, item[i]);

		if (customers <= most)
			look_at(a, i, item[i]);
		else if (customers == most + 1 && customers <= left)
		{
			look_at(a, i, item[i]);
			left -= customers;
		}
	}
	/* all are known to too many: the rarest, of which the search takes the first */
	for (size_t i = 0, rarest = 0; a->n == 0 && i < known; i++)
	{
		rarest = cs_crowd_customers(a, item[i]) < cs_crowd_customers(a, item[rarest]) ? i : rarest;
		if (i + 1 == known)
			look_at(a, rarest, item[rarest]);
	}
	for (size_t i = 0; i < a->n; i++)
		a->value[i] = cs_crowd_value(a, a->item[i], x[a->entry[i]], length);
	a->own = cs_crowd_norm(a, a->n, a->value);
}

/* c of all who share an item that is looked at. */
static void
add_up(cs_crowd *a)
{
	size_t		touched = 0;

	for (size_t i = 0; i < a->n; i++)
	{
		size_t		from = a->column[a->item[i]],
					n = cs_crowd_customers(a, a->item[i]);
		double		y = (double) a->value[i];

		if (a->visits > 0 && n > a->visits)
			n = a->visits;
		cs_poll(a->env);
		for (size_t q = from; q < from + n; q++)
		{
			int32_t		c = a->customer[q];
			double		sum = a->sum[c];

			if (((q - from) & (POLL_ENTRIES - 1)) == POLL_ENTRIES - 1)
				cs_poll(a->env);
			a->touched[touched] = c;
			touched += sum == 0;
			a->sum[c] = sum + (a->column_y ? y * (double) a->column_y[q] : 1);
		}
	}
	a->n_touched = touched;
}

/* sqrt of Dunning's ratio for two customers who share c items; 0 if not above chance. */
static inline double
llr(const cs_crowd *a, double own, double other, double c)
{
	double		n = a->e->items,
				half;
	const double *x = a->xlogx;

	if (!(c * n > own * other))
		return 0;
	half = x[(int) c] + x[(int) (own - c)] + x[(int) (other - c)] + x[(int) (n - own - other + c)] + x[(int) n] -
		x[(int) own] - x[(int) (n - own)] - x[(int) other] - x[(int) (n - other)];
	return half > 0 ? sqrt(2 * half) : 0;
}

static inline float
similarity(const cs_crowd *a, int32_t other, double c)
{
	double		own = a->own,
				norm = a->norm[other];

	switch (a->similarity)
	{
		case CS_CROWD_JACCARD:
			return (float) (c / (own + norm - c + a->shrink));
		case CS_CROWD_DICE:
			return (float) (2 * c / (own + norm + a->shrink));
		case CS_CROWD_LLR:
			return (float) llr(a, own, norm, c);
		default:
			return (float) (c / (own * norm + a->shrink));
	}
}

/* Of two with the same similarity the one with the higher number is nearer. */
static inline void
offer(cs_largest *best, int32_t customer, float similarity)
{
	cs_largest_offer(best, INT32_MAX - customer, similarity);
}

static inline bool
nearer(const cs_largest *best, int32_t customer, float similarity)
{
	return cs_largest_pack(INT32_MAX - customer, similarity) > best->least;
}

cs_bar
cs_crowd_bar(cs_crowd *a, int32_t customer)
{
	const cs_events *e = a->e;
	size_t		from = e->start[customer],
				n = e->start[customer + 1] - from,
				kept;
	double	   *x = CS_ROOM(a->env, double, n + 1);
	cs_largest	best = cs_largest_start(a->best, a->neighbours);
	uint64_t	last = UINT64_MAX;

	for (size_t i = 0; i < n; i++)
		x[i] = cs_crowd_x(a, from + i);
	set_busy(a);
	take_history(a, n, e->item + from, x);
	add_up(a);
	for (size_t t = 0; t < a->n_touched; t++)
	{
		int32_t		c = a->touched[t];
		float		s = similarity(a, c, a->sum[c]);

		a->sum[c] = 0;
		offer(&best, c, c != customer ? s : 0);
	}
	a->busy = false;
	cs_release(a->env, x);
	kept = cs_largest_finish(&best);
	if (kept < a->neighbours)
		return (cs_bar) {0, 0};
	for (size_t i = 0; i < kept; i++)
		last = a->best[i] < last ? a->best[i] : last;
	return (cs_bar) {cs_largest_score(last), INT32_MAX - cs_largest_item(last)};
}

static inline bool
above(cs_bar bar, float similarity, int32_t self)
{
	return similarity > bar.similarity || (similarity == bar.similarity && self >= bar.customer);
}

/*
 * Has a customer anything that the history has not?  Only a history that is as
 * long as what is looked at, or shorter, can be all shared.
 */
static bool
has_more(const cs_crowd *a, int32_t customer)
{
	const cs_events *e = a->e;
	size_t		at = 0;

	if (e->start[customer + 1] - e->start[customer] > a->n)
		return true;
	for (size_t p = e->start[customer]; p < e->start[customer + 1]; p++)
	{
		while (at < a->n && a->item[at] < e->item[p])
			at++;
		if (at == a->n || a->item[at] != e->item[p])
			return true;
	}
	return false;
}

/* The nearest others until so many count. */
static void
fill_up(cs_crowd *a, cs_largest *best)
{
	size_t		kept = cs_largest_finish(best),
				wanted = a->likes < best->room ? best->room - a->likes : 0;

	if (kept > wanted && wanted > 0)
		cs_largest_select(a->best, kept, wanted);
	if (kept > wanted)
		kept = wanted;
	for (size_t i = 0; i < kept; i++)
		a->like[a->likes++] = (cs_like) {INT32_MAX - cs_largest_item(a->best[i]), cs_largest_score(a->best[i])};
}

size_t
cs_crowd_find(cs_crowd *a, size_t n, const int32_t *item, const double *x, int32_t self, const cs_like **out)
{
	size_t		fill = a->bar ? (a->neighbours + 3) / 4 : a->neighbours;
	cs_largest	best = cs_largest_start(a->best, fill);

	a->searches++;
	set_busy(a);
	take_history(a, n, item, x);
	add_up(a);
	a->likes = 0;
	for (size_t t = 0; t < a->n_touched; t++)
	{
		int32_t		c = a->touched[t];
		float		s = similarity(a, c, a->sum[c]);
		if ((t & (POLL_FOUND - 1)) == 0)
			cs_poll(a->env);
		a->sum[c] = 0;
		if (c == self || !(s > 0))
			continue;
		if (a->bar && above(a->bar[c], s, self))
			a->like[a->likes++] = (cs_like) {c, s};
		else if (a->likes < fill && nearer(&best, c, s) && (a->bar || has_more(a, c)))
			offer(&best, c, s);
	}
	fill_up(a, &best);
	a->busy = false;
	*out = a->like;
	return a->likes;
}

unsigned
cs_crowd_searches(const cs_crowd *a)
{
	return a->searches;
}

/* ---- what they have ---- */

size_t
cs_crowd_scores(cs_crowd *a, cs_scored *out)
{
	const cs_events *e = a->e;
	size_t		n = 0;

	set_busy(a);
	for (size_t l = 0; l < a->likes; l++)
	{
		int32_t		c = a->like[l].customer;
		double		s = (double) a->like[l].similarity;

		if ((l & (POLL_FOUND / 16 - 1)) == 0)
			cs_poll(a->env);
		for (size_t p = e->start[c]; p < e->start[c + 1]; p++)
		{
			int32_t		i = e->item[p];

			if (cs_crowd_customers(a, i) < a->least)
				continue;
			if (a->score[i] == 0)
				out[n++].item = i;
			a->score[i] += s * cs_crowd_x(a, p);
		}
	}
	for (size_t i = 0; i < n; i++)
	{
		out[i].score = a->score[out[i].item];
		a->score[out[i].item] = 0;
	}
	a->busy = false;
	return n;
}

/* Where a customer has an item, or e->n. */
static size_t
entry_of(const cs_events *e, int32_t customer, int32_t item)
{
	size_t		from = e->start[customer],
				n = e->start[customer + 1] - from,
				at = cs_sorted_find(e->item + from, n, item);

	return at < n ? from + at : e->n;
}

/* y_u y_v of an item that is looked at; 0 when the customer has not got it. */
static double
shared(const cs_crowd *a, int32_t customer, size_t i)
{
	size_t		p = entry_of(a->e, customer, a->item[i]);

	if (p == a->e->n)
		return 0;
	return a->y ? (double) a->value[i] * (double) a->y[p] : 1;
}

size_t
cs_crowd_explain(cs_crowd *a, int32_t item, double *contribution)
{
	size_t		have = 0;

	for (size_t l = 0; l < a->likes; l++)
	{
		int32_t		c = a->like[l].customer;
		size_t		p = entry_of(a->e, c, item);
		double		all = 0;

		if (l % EXPLAIN_LIKES == EXPLAIN_LIKES - 1)
			cs_poll(a->env);
		if (p == a->e->n)
			continue;
		have++;
		for (size_t i = 0; i < a->n; i++)
			all += shared(a, c, i);
		for (size_t i = 0; i < a->n && all > 0; i++)
			contribution[a->entry[i]] += (double) a->like[l].similarity * cs_crowd_x(a, p) * shared(a, c, i) / all;
	}
	return have;
}

size_t
cs_crowd_similar(cs_crowd *a, int32_t item, cs_scored *out)
{
	const cs_events *e = a->e;
	size_t		n = 0,
				own = cs_crowd_customers(a, item),
				most = a->visits > 0 && own > a->visits ? a->visits : own;

	set_busy(a);
	for (size_t q = a->column[item]; q < a->column[item] + most; q++)
	{
		int32_t		c = a->customer[q];

		if ((q & (POLL_FOUND / 16 - 1)) == 0)
			cs_poll(a->env);
		for (size_t p = e->start[c]; p < e->start[c + 1]; p++)
		{
			int32_t		i = e->item[p];

			if (i == item || cs_crowd_customers(a, i) < a->least)
				continue;
			if (a->score[i] == 0)
				out[n++].item = i;
			a->score[i]++;
		}
	}
	for (size_t i = 0; i < n; i++)
	{
		int32_t		j = out[i].item;

		out[i].score = a->score[j] / sqrt((double) own * (double) cs_crowd_customers(a, j));
		a->score[j] = 0;
	}
	a->busy = false;
	return n;
}
