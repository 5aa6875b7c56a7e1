/*
 * condensed.h - the tree of dense regions, the clusters that persist in it, and how far
 * rows are outside.
 *
 * Regions are what is connected where all edges longer than a distance are gone; lambda
 * is 1 / that distance.  As lambda grows, a region loses rows, and where it breaks into
 * two or more parts of at least min_size, these are new regions (R. Campello, D. Moulavi,
 * A. Zimek, J. Sander, "Hierarchical density estimates for data clustering, visualization,
 * and outlier detection", TKDD 10, 2015).  Edges of the same length go together, so the
 * tree does not depend on which of them there are.
 *
 * Rows without any distance have no finite lambda; a distance of 0 counts as half of the
 * shortest other one.
 */
#ifndef CS_CONDENSED_H
#define CS_CONDENSED_H

#include "core/cluster/mutual.h"

typedef struct cs_region
{
	int			parent;			/* -1: all rows; parents come before their parts */
	double		birth;			/* lambda */
	double		weight;			/* of its rows */
	double		most;			/* largest lambda at which it loses rows or breaks */
	double		stability;
	int			parts;			/* regions that it breaks into */
	int			cluster;		/* that it is or is part of, or -1 */
	bool		chosen;
	uint32_t	first;			/* row */
} cs_region;

typedef struct cs_condensed
{
	int			regions;
	cs_region  *region;
	int32_t    *of;				/* by position: the last region that a row is in */
	double	   *lambda;			/* by position: where it leaves it */
	int			k;
	double	   *persistence;	/* of clusters, 0 .. 1: their share of what they could have */
} cs_condensed;

/* Clusters are those that persist most (excess of mass), or all that do not break. */
cs_condensed *cs_condense(cs_env *env, const cs_mutual *m, const cs_matrix *x, double min_size, bool leaves);

/* GLOSH: how much earlier than the densest of its region a row leaves, 0 .. 1; by position. */
void		cs_condensed_outliers(cs_env *env, const cs_condensed *c, size_t n, float *outlier);

#endif							/* CS_CONDENSED_H */
