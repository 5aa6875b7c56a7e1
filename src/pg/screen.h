/*
 * screen.h - one pass over a source that only looks: what check_source() judges.
 *
 * Counts and moments are of all rows.  What needs values side by side (most
 * frequent value, tails, correlations, shares of distance) comes from a sample by
 * hash of the key, so that the findings do not depend on the physical order.
 */
#ifndef CS_PG_SCREEN_H
#define CS_PG_SCREEN_H

#include "postgres.h"

#include "core/prep/screen.h"
#include "pg/dataset.h"

/* Levels of a category that are told apart, at most. */
#define CS_SCREEN_LEVELS 100000

/* What is known of one input column of the source. */
typedef struct cs_screen_input
{
	double		missing;		/* rows where it is NULL */
	double		odd;			/* rows where it, or an element, is infinite or NaN */
	double		ragged;			/* rows where an array has another length */
	cs_spread	spread;			/* numbers */
	double		levels;			/* categories: distinct values, up to CS_SCREEN_LEVELS + 1 */
	struct screenlevels_hash *hash;
} cs_screen_input;

typedef struct cs_screen
{
	cs_env	   *env;
	cs_dataset *ds;
	double		rows;
	double		complete;		/* rows that training would use */
	double		null_keys;
	double		bad_weights;	/* NULL, negative or not finite */
	double		repeats;		/* rows whose key an earlier row has */
	double		repeated;		/* keys that occur more than once */
	cs_screen_input *input;

	/* the sample: values of all features, categories as codes */
	double	   *value;
	size_t		n;
	size_t		room;
	int			level;			/* rows kept: 1 of 2^level */
	uint64	   *hash;			/* of the key, per row of the sample */

	/* hashes of all keys, or of 1 in 2^key_level */
	cs_rows    *keys;
	int			key_level;
} cs_screen;

/* Runs the source. */
extern cs_screen *cs_screen_read(cs_dataset *ds);

static inline const double *
cs_screen_row(const cs_screen *s, size_t i)
{
	return s->value + i * (size_t) s->ds->prep->n;
}

#endif							/* CS_PG_SCREEN_H */
