/*
 * events_read.h - events of a source into the core's sparse matrix.
 */
#ifndef CS_EVENTS_READ_H
#define CS_EVENTS_READ_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include <math.h>

#include "core/reco/events.h"
#include "pg/dictionary.h"
#include "pg/source.h"

/* What an event is made of: SQL expressions over the source, alias q. */
/* Seconds from 1970, which times of events count from, to 2000, which the server's do. */
#define CS_SECONDS_TO_2000 ((double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

typedef struct cs_event_columns
{
	const char *customer;		/* column */
	const char *item;			/* column */
	const char *weight;			/* expression giving float8, or NULL */
	const char *at;				/* column, or NULL */
} cs_event_columns;

typedef struct cs_event_data
{
	cs_env	   *env;
	Oid			customer_type;
	cs_dictionary *customers;
	cs_dictionary *items;
	bool		items_given;
	uint64		read;
	uint64		skipped;		/* customer, item, weight or time NULL or not finite */
	size_t		n;
	size_t		room;
	int32	   *customer;
	int32	   *item;
	float	   *weight;			/* NULL without weights */
	double	   *at;				/* seconds since 1970; NULL without times */
	size_t		budget;
} cs_event_data;

/* Item, and where there are weight and time as float8: what is selected of an event. */
extern char *cs_events_select(const cs_event_columns *c);

/* Is a weight and a time such that the event is learned from? */
static inline bool
cs_event_counts(double weight, double at)
{
	return fabs(weight) <= 1e30 && isfinite(at);
}

/*
 * The key of an item or customer as text, not terminated; may be palloc'd.  The
 * same under all settings (DateStyle, TimeZone), and for equal keys (1 and 1.0).
 */
extern const char *cs_key_text(Oid type, Datum d, int *len);

/*
 * Read all events; memory is checked against the budget.  items: a dictionary
 * whose numbers stay, new items at its end; or NULL.
 */
extern cs_event_data *cs_events_read(cs_env *env, const cs_source *source, const cs_event_columns *columns,
									 size_t budget, cs_dictionary *items);

/*
 * Customers, and items unless their dictionary was given, into key order; events
 * renumbered.  Returns the new numbers of the customers.
 */
extern int32 *cs_events_order(cs_event_data *data);

/* The events of cs_events_order(), grouped. */
extern cs_events *cs_events_group(cs_event_data *data, int max_history);

/* Free the raw arrays. */
extern void cs_events_free_raw(cs_event_data *data);

/*
 * The number of a customer given as a datum of any type; -1: unknown, or no key
 * of the customers' type.  add: give new ones a number at the end.
 */
extern int	cs_events_customer(const cs_event_data *data, Oid type, Datum d, bool add);

/* An error unless the columns that expressions for weight and time are made of can be that; each may be NULL. */
extern void cs_events_check_columns(const cs_source *s, const char *weight, const char *type, const char *at);

#endif							/* CS_EVENTS_READ_H */
