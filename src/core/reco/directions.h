/*
 * directions.h - the main directions of all histories: truncated singular vectors
 * of the matrix of customers and items.
 *
 * X ~ U S V', with 1 or the decayed weight for what a customer has.  By the
 * randomised decomposition of linalg.h: 26 products by X or X' and as many QR of
 * (customers + items) x (rank + 10) values, which is also the memory.
 */
#ifndef CS_DIRECTIONS_H
#define CS_DIRECTIONS_H

#include "core/reco/cooccurrence.h"

typedef struct cs_directions
{
	size_t		rank;			/* as asked for, but at most customers and items */
	cs_pairs	pairs;

	/* shared */
	double	   *u;				/* customers x rank */
	double	   *values;
	double	   *v;				/* items x rank */
} cs_directions;

size_t		cs_directions_arena(const cs_reco_args *a, int rank);

/* Memory; the leader reads the events. */
void		cs_directions_start(cs_directions *d, cs_env *env, cs_team *team, const cs_reco_args *a, int rank);

/* After a barrier; every member calls it. */
void		cs_directions_find(cs_directions *d, uint64_t seed);

#endif							/* CS_DIRECTIONS_H */
