/*
 * events.h - what customers did with items, as a sparse matrix.
 *
 * Raw events (customer, item, weight, time) become one entry per customer and
 * item: weights of repeated events add up, the time is that of the last one.
 * Where they add up to 0 or less, but for the rounding of the weights, all was
 * returned and there is no entry.
 * Rows are customers, entries of a row ascend by item.
 */
#ifndef CS_EVENTS_H
#define CS_EVENTS_H

#include "core/base/env.h"

typedef struct cs_raw_events
{
	size_t		n;
	int			customers;		/* numbers below these */
	int			items;
	const int32_t *customer;
	const int32_t *item;
	const float *weight;		/* NULL: all 1 */
	const double *at;			/* seconds since any epoch; NULL: unknown */
} cs_raw_events;

typedef struct cs_events
{
	int			customers;
	int			items;
	size_t		n;				/* entries */
	size_t	   *start;			/* customers + 1 */
	int32_t    *item;
	float	   *weight;			/* sum of the weights of the events; not decayed */
	bool		weighted;		/* events had weights; else weight counts the events */
	double	   *last;			/* time of the last event; NULL without times */
	double		now;			/* time of the latest event of all; 0 without times */
	size_t		capped;			/* entries left out by max_history */
	size_t		cancelled;		/* entries left out because they added up to 0 or less */
} cs_events;

/*
 * Group raw events.  max_history > 0 keeps, per customer, the entries of the
 * most recently touched that many items (without times: those with the greatest
 * weight; ties to the lower item).  The result does not depend on the order of
 * the raw events: weights are added in an order fixed by their values.  Weights
 * and times must be finite.  O(n log h) for histories of length h; 16 bytes per
 * event while it runs.
 */
cs_events  *cs_events_build(cs_env *env, const cs_raw_events *raw, int max_history);

#define CS_SECONDS_PER_DAY 86400.0

/* Entries between two polls of a simple pass: a power of two. */
#define CS_POLL_EVENTS 65536

/* Poll now and then in such a pass. */
static inline void
cs_events_poll(cs_env *env, size_t i)
{
	if ((i & (CS_POLL_EVENTS - 1)) == 0)
		cs_poll(env);
}

/* Rows become items, entries customers; same fields with the roles swapped. */
cs_events  *cs_events_transpose(cs_env *env, const cs_events *e);

/* 2^(-age / half_life), 1 without a half-life or times. half_life in days. */
double		cs_events_decay(const cs_events *e, size_t entry, double half_life);

/*
 * What an entry counts for: its decayed weight, where without weights an entry
 * has weight 1 however often it was repeated.
 */
double		cs_events_value(const cs_events *e, size_t entry, double half_life);

void		cs_events_free(cs_env *env, cs_events *e);

#endif							/* CS_EVENTS_H */
