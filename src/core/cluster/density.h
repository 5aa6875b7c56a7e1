/*
 * density.h - what clustering by density shares: core rows and which of them is
 * near, how far neighbours are, sets that grow together.
 */
#ifndef CS_DENSITY_H
#define CS_DENSITY_H

#include "core/base/doc.h"
#include "core/base/kdtree.h"
#include "core/base/kernel.h"
#include "core/cluster/metric.h"

/* Most clusters that one model may have. */
#define CS_DENSITY_CLUSTERS 10000

/* ---- sets that grow together ---- */

static inline int32_t
cs_set_of(int32_t *parent, int32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

/* The lower number stands for both. */
static inline void
cs_set_join(int32_t *parent, int32_t a, int32_t b)
{
	a = cs_set_of(parent, a);
	b = cs_set_of(parent, b);
	parent[a > b ? a : b] = a < b ? a : b;
}

/* ---- how far ---- */

/*
 * Trees and kernels measure straight squares.  The sum of differences is never below
 * the straight distance, nor above it by more than sqrt(d): what straight squares do
 * not settle, the differences do.  Rows for cosine have length 1, and their straight
 * square is twice the distance.
 */
#define CS_NEAR_METRICS "euclidean|manhattan|cosine"

/* What a ball is compared with, in double; for cosine the straight square. */
double		cs_near_square(cs_metric metric, const cs_kdtree *t, size_t at, const float *q);
cs_kd_ball	cs_near_ball(cs_metric metric, double eps, int d);

/* The square of the distance that it stands for. */
static inline double
cs_near_seen(cs_metric metric, double square)
{
	return metric == CS_METRIC_COSINE ? square / 2 * (square / 2) : square;
}

/* ---- core rows ---- */

typedef struct cs_cores
{
	cs_metric	metric;
	cs_kdtree	tree;         /* lanes of other rows hold CS_KD_FAR */
	const int32_t *cluster; /* of positions; -1: no core row */
	int32_t	   *tag;           /* of nodes: the cluster of all their core rows, or -1 */
} cs_cores;

typedef struct cs_core_near
{
	int32_t		at; /* position, or -1 */
	int			cluster;
	double		square; /* INFINITY when there is none */
} cs_core_near;

/* Tags from clusters. */
void		cs_cores_tag(cs_cores *c);

/*
 * The nearest core row of the cluster only, or of any but avoid (-1: no matter), at a
 * squared distance of at most within; equally near ones: the lower cluster, then the
 * lower position.
 */
cs_core_near cs_cores_nearest(const cs_kernel *kernel, const cs_cores *c, const float *q, double within, int only,
							  int avoid);

/* Positions of core rows without those that equal another; returns how many.  at: room for all. */
size_t		cs_cores_distinct(cs_env *env, const cs_cores *c, uint32_t *at);

/*
 * Core rows in a model: as a matrix and their clusters, in an order in which neighbours
 * are close.  Fails when they would not fit into a model value.
 */
typedef struct cs_core_rows
{
	cs_metric	metric;
	size_t		n;
	int			d;
	double	   *value; /* n x d */
	int		   *cluster;
	uint32_t   *at; /* positions that they had */
} cs_core_rows;

cs_core_rows *cs_core_rows_of(cs_env *env, const cs_cores *c, const cs_matrix *x);
/* Do so many rows with so many figures each fit into a model value?  Else fails. */
void		cs_core_rows_check(cs_env *env, size_t n, int figures);
void		cs_core_rows_save(const cs_core_rows *r, cs_writer *w);

/* least: 0, or -1 where rows may be of no cluster */
cs_cores   *cs_core_rows_load(cs_env *env, cs_value fit, int k, int d, int least);

/* ---- how far neighbours are ---- */

/* Rows that are asked for their neighbours. */
#define CS_DENSITY_SAMPLE 2000

/*
 * Distances of evenly spread rows of the tree to the min_points nearest, themselves
 * counted, ascending; returns how many.  distance: room for CS_DENSITY_SAMPLE.  For
 * manhattan the nearest are those by the straight distance.
 */
size_t		cs_neighbour_curve(cs_env *env, const cs_kdtree *t, cs_metric metric, int min_points, double *distance);

/*
 * Where the curve bends most: farthest below the line from its first to its last
 * point (V. Satopaa and others, "Finding a Kneedle in a haystack", 2011).  Above 0
 * unless no row is apart from another.
 */
double		cs_curve_knee(const double *distance, size_t n);

/* Fails when a value is too large for distances in single precision. */
void		cs_density_check(cs_env *env, const cs_matrix *x);

#endif /* CS_DENSITY_H */
