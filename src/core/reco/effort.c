/*
 * effort.c - estimates of what fits cost (see effort.h).
 */
#include "core/reco/effort.h"

#include "core/reco/algorithms.h"
#include "core/reco/holdout.h"

#include <math.h>

/*
 * What one second of a processor does, measured on fits to 100,000 to 1,000,000
 * entries of 2,000 to 100,000 customers and 500 to 10,000 items.
 */
#define ENTRIES 4e8				/* entries passed */
#define FOLLOWERS 3e7			/* entries within a window of another */
#define TERMS 1.2e9				/* terms of sparse sums */
#define PAIRS 1.2e8				/* pairs of items that are offered as neighbours */
#define CELLS 1e8				/* cells of items x items written, pruned */
#define INVERSE 8.3e10			/* of an inverse: items^3 */
#define SYSTEMS 2.2e10			/* products of systems of equations of customers and items */
#define SOLVED 1.3e9			/* factors^2 of each of these, besides */
#define SPARSE_PRODUCTS 6.6e9	/* of entries with directions */
#define DENSE_PRODUCTS 9.1e9	/* of customers and items with directions */
#define KINDS 1.2e6				/* factors of customers that are divided into kinds, all numbers tried */
#define TRIALS 1.1e9			/* scores of trials of kinds */
#define VISITS 3e8				/* customers met in searches for like ones */

/* Passes over the events of a decomposition, and directions beyond those asked for (directions.c). */
#define PASSES 26
#define BEYOND 10

/* Products of a system of n equations or d, whichever is smaller, of each row. */
static double
systems_of(const size_t *start, int rows, double d)
{
	double		sum = 0;

	for (int r = 0; r < rows; r++)
	{
		double		n = (double) (start[r + 1] - start[r]);

		sum += n < d ? n * n * d + n * n * n : n * d * d + d * d * d;
	}
	return sum;
}

/* Pairs of entries in the same row; of rows of items, what a history meets in a search. */
static double
squares_of(const size_t *start, int rows)
{
	double		sum = 0;

	for (int r = 0; r < rows; r++)
		sum += (double) (start[r + 1] - start[r]) * (double) (start[r + 1] - start[r]);
	return sum;
}

/* Where the entries of items would start. */
static size_t *
columns_of(cs_env *env, const cs_events *e)
{
	size_t	   *start = CS_NEW(env, size_t, (size_t) e->items + 1);

	for (size_t q = 0; q < e->n; q++)
	{
		cs_events_poll(env, q);
		start[e->item[q] + 1]++;
	}
	for (int i = 0; i < e->items; i++)
		start[i + 1] += start[i];
	return start;
}

static double
pairs_seconds(double squares, double items)
{
	return squares / TERMS + fmin(squares, items * items) / PAIRS;
}

static double
directions_seconds(double n, double rows, double d)
{
	d += BEYOND;
	return PASSES * (2 * n * d / SPARSE_PRODUCTS + 3 * rows * d * d / DENSE_PRODUCTS);
}

static double
ials_seconds(cs_env *env, const cs_reco_args *args, const cs_options *o, double share)
{
	const cs_events *e = args->events;
	double		d = cs_option_real(o, "factors"),
				rows = share * (double) e->customers + (double) e->items;
	size_t	   *column = columns_of(env, e);
	double		products = share * systems_of(e->start, e->customers, d) + share * systems_of(column, e->items, d);

	cs_release(env, column);
	return cs_option_real(o, "iterations") * (products / SYSTEMS + rows * d * d / SOLVED);
}

/* Searches of the trials: each meets the customers of the items of a history. */
static double
searches_seconds(cs_env *env, const cs_reco_args *args, const cs_options *o, double share)
{
	const cs_events *e = args->events;
	size_t	   *column = columns_of(env, e);
	double		met = squares_of(column, e->items) / fmax(e->customers, 1),
				visits = cs_option_real(o, "visits");

	cs_release(env, column);
	return CS_HOLDOUT_MOST * share * (visits > 0 ? fmin(met, visits) : met) / VISITS;
}

static double
mixture_seconds(const cs_events *e, const cs_options *o, double share)
{
	double		d = cs_option_real(o, "factors"),
				customers = share * (double) e->customers;

	return 2 * directions_seconds(share * (double) e->n, customers + (double) e->items, d) + customers * d / KINDS +
		fmin(CS_HOLDOUT_SCORES, 500 * customers * (double) e->items) / TRIALS;
}

double
cs_fit_seconds_of(cs_env *env, const cs_recommender *r, const cs_reco_args *args, double share)
{
	const cs_events *e = args->events;
	cs_options *o = cs_options_new(env, cs_reco_params(env, r));
	double		n = share * (double) e->n,
				items = e->items,
				squares = share * squares_of(e->start, e->customers),
				seconds = n / ENTRIES;

	if (r == &cs_ials)
		seconds += ials_seconds(env, args, o, share);
	else if (r == &cs_ease)
		seconds += squares / TERMS + items * items / CELLS + items * items * items / INVERSE;
	else if (r == &cs_next_item)
		seconds += n * cs_option_real(o, "window") / FOLLOWERS;
	else if (r == &cs_content)
		seconds += args->attributes ? pairs_seconds(squares_of(args->attributes->start, args->attributes->customers), items) : 0;
	else if (r->flags & CS_RECO_ITEMS)
		seconds += pairs_seconds(squares, items);
	else if (r->flags & CS_RECO_CUSTOMERS)
		seconds += searches_seconds(env, args, o, share);
	else if (r->flags & CS_RECO_KINDS)
		seconds += mixture_seconds(e, o, share);
	else if (r->flags & CS_RECO_FACTORS)
		seconds += directions_seconds(n, share * (double) e->customers + items, cs_option_real(o, "factors"));
	cs_release(env, o->value);
	cs_release(env, o);
	return seconds;
}

double
cs_fit_seconds(cs_env *env, const cs_recommender *r, const cs_reco_args *args)
{
	return cs_fit_seconds_of(env, r, args, 1);
}
