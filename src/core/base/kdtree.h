/*
 * kdtree.h - a balanced k-d tree over the rows of a matrix, for searches by distance.
 *
 * Rows are put into an order in which neighbours are close: each cut goes through
 * the widest side of a box, at a whole number of leaves.  A leaf is a tile of
 * CS_KD_LEAF rows, feature by feature, for leaf_squares and leaf_below of kernel.h;
 * position p of the order is lane p % CS_KD_LEAF of leaf p / CS_KD_LEAF.
 *
 * Nodes need no pointers: a node is a range of leaves, cut where the left part is as
 * many as a power of two.  No two are cut at the same leaf, so that is its number;
 * leaf i is node leaves + i.  Walks see CS_KD_WIDE nodes at a time: those of one or
 * more leaves, of CS_KD_WIDE, of CS_KD_WIDE^2 ..., which are nodes, too.
 *
 * Searching is done in single precision and settled in double: a square of the
 * kernels is off by a relative error of at most d + 4 roundings, so cs_kd_ball
 * has a bound below which rows are surely inside and one above which they are not.
 * In many dimensions boxes exclude little, and a search becomes a scan of all tiles.
 */
#ifndef CS_KDTREE_H
#define CS_KDTREE_H

#include "core/base/kernel.h"

#define CS_KD_LEAF 64
#define CS_KD_WIDE 16
#define CS_KD_LEVELS 8

/*
 * What stands in lanes without a row; a limit that their distances exceed and
 * those of rows do not, as long as no value is beyond CS_KD_LARGEST.
 */
#define CS_KD_FAR 1e18f
#define CS_KD_LIMIT 5e35f
#define CS_KD_LARGEST 1e15f

typedef struct cs_kdtree
{
	size_t		n;
	int			d;
	size_t		leaves;
	float	   *tile;   /* leaves x d x CS_KD_LEAF */
	uint32_t   *row; /* of the matrix, by position */
	float	   *box;    /* 2 leaves nodes x (d least, d largest) */

	/* boxes of the parts of a wide node: [feature][least, largest][CS_KD_WIDE] */
	float	   *wide;
	int			levels;                        /* 1: parts are leaves */
	size_t		level_at[CS_KD_LEVELS + 1]; /* number of the first wide node of a level */
} cs_kdtree;

/* Bytes of a tree of n rows. */
size_t		cs_kdtree_bytes(size_t n, int d);

/* An empty tree in memory of that size, 64-byte aligned. */
cs_kdtree	cs_kdtree_at(void *memory, size_t n, int d);

/* Order the rows; O(n log n) and, while it runs, 4 d + 12 bytes a row. */
void		cs_kdtree_build(cs_env *env, cs_kdtree *t, const cs_matrix *x);

/* The rows as they are, in their order; O(n d). */
void		cs_kdtree_keep_order(cs_env *env, cs_kdtree *t, const cs_matrix *x);

/* Take rows out of a leaf: those whose bit is not in keep.  Boxes need cs_kdtree_boxes then. */
void		cs_kdtree_keep(cs_kdtree *t, size_t leaf, uint64_t keep);

/* The boxes of all nodes from the tiles. */
void		cs_kdtree_boxes(cs_env *env, cs_kdtree *t);

static inline size_t
cs_kd_leaf_rows(const cs_kdtree *t, size_t leaf)
{
	size_t		left = t->n - leaf * CS_KD_LEAF;

	return left < CS_KD_LEAF ? left : CS_KD_LEAF;
}

static inline const float *
cs_kd_tile(const cs_kdtree *t, size_t leaf)
{
	return t->tile + leaf * CS_KD_LEAF * (size_t) t->d;
}

static inline const float *
cs_kd_box(const cs_kdtree *t, size_t node)
{
	return t->box + node * 2 * (size_t) t->d;
}

/* The row at a position, as d floats. */
void		cs_kdtree_row(const cs_kdtree *t, size_t at, float *row);

/* Squared distance in double; features are added in their order. */
double		cs_kdtree_square(const cs_kdtree *t, size_t at, const float *q);

/* Squared distances, in single precision, of a row and of a box to a box. */
float		cs_kd_from_row(const cs_kdtree *t, size_t node, const float *q);
float		cs_kd_from_box(const cs_kdtree *t, size_t a, size_t b);

/* A range of leaves that is a node. */
typedef struct cs_kd_node
{
	uint32_t	from;
	uint32_t	to;
} cs_kd_node;

static inline cs_kd_node
cs_kd_root(const cs_kdtree *t)
{
	return (cs_kd_node){0, (uint32_t) t->leaves};
}

static inline bool
cs_kd_is_leaf(cs_kd_node n)
{
	return n.to - n.from == 1;
}

static inline uint32_t
cs_kd_middle(cs_kd_node n)
{
	return n.from + (1u << (31 - __builtin_clz(n.to - n.from - 1)));
}

static inline size_t
cs_kd_number(const cs_kdtree *t, cs_kd_node n)
{
	return cs_kd_is_leaf(n) ? t->leaves + n.from : cs_kd_middle(n);
}

static inline cs_kd_node
cs_kd_left(cs_kd_node n)
{
	return (cs_kd_node){n.from, cs_kd_middle(n)};
}

static inline cs_kd_node
cs_kd_right(cs_kd_node n)
{
	return (cs_kd_node){cs_kd_middle(n), n.to};
}

/* Squares that tell whether a row is within a distance. */
typedef struct cs_kd_ball
{
	double		square; /* inside: at most that, in double */
	float		sure;    /* a square of the kernels below it is inside */
	float		maybe;   /* from here on it is outside */
} cs_kd_ball;

cs_kd_ball	cs_kd_ball_of(double square, int d);

/* A walk through the leaves near a row, the nearest boxes first. */
typedef struct cs_kd_walk
{
	const cs_kdtree *t;
	const cs_kernel *kernel;
	const float *q;

	/*
	 * Tags of nodes: of those whose rows all have it, or -1.  Nodes with tag
	 * avoid, and with another tag than only, are passed over.  NULL: none have.
	 */
	const int32_t *tag;
	int32_t		avoid;
	int32_t		only; /* -1: any */

	/* Boxes at this squared distance, in double, or farther are passed over; it may fall. */
	double		within;
	int			depth;
	struct
	{
		uint32_t	number; /* in its level */
		int32_t		level;   /* 0: a leaf */
		float		square;
	} stack[CS_KD_LEVELS * CS_KD_WIDE];
} cs_kd_walk;

void		cs_kd_walk_start(cs_kd_walk *w, const cs_kernel *kernel, const cs_kdtree *t, const float *q);

/* The next leaf whose box is nearer than the limit, or -1; limits may fall between calls. */
int64_t		cs_kd_walk_next(cs_kd_walk *w, float limit);

/* The k rows nearest to q, as a heap: the farthest of them on top. */
typedef struct cs_kd_near
{
	int			k;
	int			n;          /* found; less than k only if the tree is so small */
	double	   *square; /* squared distances in double, room for k */
	int32_t	   *at;    /* positions */
} cs_kd_near;

cs_kd_near *cs_kd_near_new(cs_env *env, int k);
void		cs_kd_near_free(cs_env *env, cs_kd_near *near);

/* Of equally near rows those at the lower positions, but for those at q itself: any. */
void		cs_kdtree_nearest(const cs_kernel *kernel, const cs_kdtree *t, const float *q, cs_kd_near *near);

#endif /* CS_KDTREE_H */
