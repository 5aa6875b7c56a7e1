/*
 * linkage.h - the tree of merges that agglomerative clustering makes of n rows.
 *
 * Two clusters at a time are joined, the closest first, until one is left.  What
 * "close" means for two clusters u and v of sizes |u|, |v|:
 *
 *	single		the least distance of a row of u to a row of v
 *	complete	the largest
 *	average		the mean of all (UPGMA)
 *	weighted	the mean of the distances of the two halves that u was made of (WPGMA)
 *	ward		what joining them adds to the sum of squares:
 *				sqrt(2 |u| |v| / (|u| + |v|)) times the distance of their means
 *	centroid	the distance of their means (UPGMC)
 *	median		that of points, each half way between those of the two halves (WPGMC)
 *
 * Heights and their order are those of scipy.cluster.hierarchy.linkage.
 *
 * Ward runs the nearest-neighbour chain over means (F. Murtagh, "A survey of
 * recent advances in hierarchical clustering algorithms", Comput. J. 26, 1983):
 * O(n^2 d) time, 12 n d bytes.  Single linkage is a minimum spanning tree by R.
 * Prim's algorithm: O(n^2 d), 4 n d bytes.  Centroid and median follow D. Muellner's
 * generic algorithm over stored points ("Modern hierarchical, agglomerative
 * clustering algorithms", arXiv:1109.2378): O(n^2 d) on ordinary data, 8 n d bytes.
 * Complete, average and weighted need all distances: the chain over a matrix,
 * O(n^2) time after O(n^2 d), 4 n^2 bytes.
 */
#ifndef CS_LINKAGE_H
#define CS_LINKAGE_H

#include "core/base/matrix.h"

typedef enum cs_linkage_method
{
	CS_LINK_SINGLE,
	CS_LINK_COMPLETE,
	CS_LINK_AVERAGE,
	CS_LINK_WEIGHTED,
	CS_LINK_WARD,
	CS_LINK_CENTROID,
	CS_LINK_MEDIAN,
	CS_LINK_METHODS
} cs_linkage_method;

/* The names, separated by |, in the order of the enum. */
#define CS_LINKAGE_NAMES "single|complete|average|weighted|ward|centroid|median"

/*
 * Merge i joins a and b, a < b, to cluster n + i; numbers below n are rows.
 */
typedef struct cs_merge
{
	int32_t		a;
	int32_t		b;
	double		height;
	double		size;			/* rows (weight) in the result */
} cs_merge;

/*
 * All n - 1 merges, by height.  Row weights count as so many equal rows (not for
 * single and complete, where it makes no difference, nor weighted and median).
 */
void		cs_linkage(cs_env *env, const cs_matrix *x, cs_linkage_method method, cs_merge *out);

/* Bytes that it takes; the merges themselves are not among them. */
double		cs_linkage_bytes(double n, int d, cs_linkage_method method);

/*
 * The clusters when the last k - 1 of n - 1 merges are not made: label of every
 * row, 0 .. k - 1 by the first row of each cluster.
 */
void		cs_linkage_cut(cs_env *env, const cs_merge *merge, size_t n, int k, int32_t *label);

/* Clusters left when all merges up to a height are made. */
size_t		cs_linkage_count(const cs_merge *merge, size_t n, double height);

/* ---- for the files of the methods ---- */

/*
 * Merges in the order they were found, a and b being any row of each cluster,
 * into what cs_linkage promises: sorted by height, earlier found first among
 * equals, numbered.
 */
void		cs_linkage_finish(cs_env *env, cs_merge *merge, size_t n, const cs_matrix *x);

void		cs_linkage_ward(cs_env *env, const cs_matrix *x, cs_merge *out);
void		cs_linkage_single(cs_env *env, const cs_matrix *x, cs_merge *out);
void		cs_linkage_points(cs_env *env, const cs_matrix *x, bool median, cs_merge *out);
void		cs_linkage_matrix(cs_env *env, const cs_matrix *x, cs_linkage_method method, cs_merge *out);

#endif							/* CS_LINKAGE_H */
