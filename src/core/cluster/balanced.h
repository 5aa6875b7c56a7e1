/*
 * balanced.h - k-means whose clusters have a least and a most number of rows.
 *
 * P. Bradley, K. Bennett and A. Demiriz, "Constrained k-means clustering",
 * Microsoft Research MSR-TR-2000-65, 2000: the step that puts rows into clusters
 * is a transport problem.  It is solved exactly here, by successive shortest paths
 * (R. Busacker and P. Gowen, 1961) on the k clusters: from the assignment to the
 * nearest centre on, a row at a time goes along the cheapest chain of moves from a
 * cluster with too many rows to one with room, then from one that can spare a row
 * to one with too few.  Each chain is a shortest path, so the assignment is the
 * cheapest one for the sizes it has.  It exists whenever k * least <= n <= k * most.
 *
 * O(n k log n) for a pass that moves few rows, and O(k^2) more or less for each row
 * that has to move; 8 n k + 16 n (k - 1) bytes.
 */
#ifndef CS_BALANCED_H
#define CS_BALANCED_H

#include "core/base/matrix.h"

typedef struct cs_balance
{
	int			k;
	size_t		least;			/* rows of each cluster */
	size_t		most;
} cs_balance;

/* From shares of n rows; fails with CS_E_PARAM where no assignment can have them. */
cs_balance	cs_balance_of(cs_env *env, size_t n, int k, double min_share, double max_share);

/* Bytes that assigning n rows takes. */
size_t		cs_balance_bytes(size_t n, int k);

/* The assignment of least cost[i * k + j]; ties to the lower cluster and row. */
void		cs_balance_assign(cs_env *env, const cs_balance *b, const double *cost, size_t n, int32_t *label);

typedef struct cs_balanced_result
{
	int			iterations;
	bool		converged;
	double		objective;		/* weighted sum of squared distances */
} cs_balanced_result;

/*
 * Passes of assignment and mean from center (k x d) on, which ends as the result;
 * label: room for x->n.  unit_length: centres are scaled to length 1.
 */
cs_balanced_result cs_balanced_lloyd(cs_env *env, const cs_matrix *x, const cs_balance *b, int max_iterations, bool unit_length,
									 double *center, int32_t *label);

#endif							/* CS_BALANCED_H */
