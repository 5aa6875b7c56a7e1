/*
 * points.h - the rows of a source as the points of a model that exists.
 *
 * Points are kept in the order of a hash of their keys.  The physical order of the
 * source does not show, and the first m of them are a random sample of all.
 */
#ifndef CS_POINTS_H
#define CS_POINTS_H

#include "postgres.h"

#include "pg/bind.h"
#include "pg/keys.h"

/* Writes what else is to be kept of the row that was bound last. */
typedef void (*cs_extra_fn) (void *arg, const cs_binding *b, const Datum *value, const bool *isnull, double *out);

typedef struct cs_points_args
{
	const cs_model *m;
	cs_source  *source;
	const char *key;			/* NULL: rows have no key */
	const char *weight;			/* column of weights, or NULL */
	size_t		budget;			/* bytes; above, a sample is kept */
	size_t		most;			/* points to keep at most; 0: no limit */

	/* what else to keep of each row: so many doubles, and bytes that the caller needs for a row later */
	int			extra;
	cs_extra_fn describe;
	void	   *describe_arg;
	size_t		overhead;
} cs_points_args;

typedef struct cs_points
{
	cs_matrix  *x;				/* points kept, with their weights */
	uint64		read;			/* rows that the source gave */
	uint64		rows;			/* of which have a point */
	uint64		pinned;			/* of which rules take, before any point */
	double	   *extra;			/* x->n times args->extra */
} cs_points;

/* Sees every row that has a point, whether it is kept or not. */
typedef void (*cs_point_fn) (void *arg, const float *point, double weight);

/* One pass over the source.  Errors: a key is NULL, a weight is no weight, no row has a point. */
extern cs_points *cs_points_read(cs_env *env, const cs_points_args *args, cs_point_fn visit, void *arg);

/* The first n points. */
extern cs_matrix *cs_points_first(cs_env *env, const cs_points *p, size_t n);

#endif							/* CS_POINTS_H */
