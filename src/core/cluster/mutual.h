/*
 * mutual.h - distances of mutual reachability: how far rows are apart where both are
 * dense, and the tree of shortest connections between them.
 *
 * The core distance of a row is that to the min_points nearest, itself counted; the
 * mutual reachability of two is the largest of their distance and both core distances
 * (R. Campello, D. Moulavi, J. Sander, "Density-based clustering based on hierarchical
 * density estimates", PAKDD 2013).
 */
#ifndef CS_MUTUAL_H
#define CS_MUTUAL_H

#include "core/base/team.h"
#include "core/cluster/density.h"

typedef struct cs_mutual_edge
{
	int32_t		a;				/* positions in the tree of rows */
	int32_t		b;
	double		square;			/* of their mutual reachability */
} cs_mutual_edge;

typedef struct cs_mutual
{
	cs_kdtree	tree;
	double	   *core;			/* squares of core distances, by position */
	cs_mutual_edge *edge;		/* n - 1, the shortest first; the leader's only */
} cs_mutual;

size_t		cs_mutual_arena(size_t n, int d);

/*
 * A minimum spanning tree by O. Boruvka's rounds: each set of rows finds its nearest row
 * of another set, looking only where something nearer than its best so far may be
 * (W. March, P. Ram, A. Gray, KDD 2010, with one tree; L. McInnes, J. Healy, ICDMW 2017).
 * Which of equally long edges are taken may depend on the team, their lengths do not.
 * A weight of a row counts as so many rows at its place as far as core distances go.
 */
void		cs_mutual_tree(cs_env *env, cs_team *team, const cs_matrix *x, int min_points, cs_mutual *out);

#endif							/* CS_MUTUAL_H */
