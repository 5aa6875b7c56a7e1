/*
 * crowd_inner.h - what crowd.c and crowd_profiles.c share.
 */
#ifndef CS_CROWD_INNER_H
#define CS_CROWD_INNER_H

#include "core/reco/crowd.h"

/* Choices of the option similarity. */
enum
{
	CS_CROWD_COSINE,
	CS_CROWD_TFIDF,
	CS_CROWD_BM25,
	CS_CROWD_JACCARD,
	CS_CROWD_DICE,
	CS_CROWD_LLR
};

struct cs_crowd
{
	cs_env	   *env;
	const cs_events *e;
	int			similarity;
	double		shrink;
	double		half_life;
	size_t		neighbours;
	size_t		visits;
	size_t		least;			/* customers that an item needs to be recommended */
	const cs_bar *bar;

	/* profiles, and the same by item */
	float	   *x;				/* per entry; NULL: all 1 */
	float	   *y;				/* the same */
	size_t	   *column;			/* items + 1 */
	int32_t    *customer;
	float	   *column_y;
	double	   *norm;			/* per customer: length of y, or number of items */
	double	   *idf;			/* per item; NULL: 1 */
	double		mean;			/* items of a customer, decayed, on average */
	double	   *xlogx;			/* of all counts of items, for llr */

	/* of the customer at hand */
	unsigned	searches;
	bool		busy;			/* what is all 0 between calls may not be */
	double	   *sum;			/* per customer: c; all 0 between calls */
	int32_t    *touched;
	size_t		n_touched;
	double	   *score;			/* per item, all 0 between calls */
	double		own;			/* norm */
	size_t		n;				/* items of the history that are looked at */
	size_t		room;
	int32_t    *item;
	float	   *value;			/* their y */
	size_t	   *entry;			/* and where they stand in the history */
	cs_like    *like;
	size_t		likes;
	uint64_t   *best;			/* the nearest */
};

static inline double
cs_crowd_x(const cs_crowd *a, size_t entry)
{
	return a->x ? (double) a->x[entry] : 1;
}

static inline size_t
cs_crowd_customers(const cs_crowd *a, int32_t item)
{
	return a->column[item + 1] - a->column[item];
}

/* What similarity makes of a value, in a history whose values add up to length. */
float		cs_crowd_value(const cs_crowd *a, int32_t item, double x, double length);

/* Norm of a profile or history of n items from their y. */
double		cs_crowd_norm(const cs_crowd *a, size_t n, const float *y);

#endif							/* CS_CROWD_INNER_H */
