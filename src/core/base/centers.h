/*
 * centers.h - a set of centres, and which of them is nearest.
 *
 * Searching is done in single precision by the vector kernels.  Where the two
 * best scores lie closer than the rounding of a score, the row is settled in
 * double precision against all centres, ties to the lower number.  The label of
 * a row is therefore a function of (row, centres) alone: the same for one row
 * and for a million, on every CPU, at training and at assignment.
 */
#ifndef CS_CENTERS_H
#define CS_CENTERS_H

#include "core/base/kernel.h"

typedef struct cs_centers
{
	int			k;
	int			d;
	double	   *c;				/* k x d */
	double		min_norm;		/* smallest and largest |c| */
	double		max_norm;
	float		sure[2];		/* beyond sure[0] + sure[1] |x|^2 two scores are told apart for sure */
	cs_packed  *packed;			/* for batches */
	int			kpad;
	float	   *row_c;			/* [d][kpad], for single rows */
	float	   *row_h;			/* kpad */
	const cs_kernel *kernel;
} cs_centers;

/* Nearest centre and runner-up; label2 is -1 and d2 infinite when k is 1. */
typedef struct cs_nearest
{
	int			label;
	int			label2;
	double		d1;				/* squared distances */
	double		d2;
} cs_nearest;

/* A copy of k x d centres, ready to search; O(k d). */
cs_centers *cs_centers_new(cs_env *env, const double *c, int k, int d);
void		cs_centers_free(cs_env *env, cs_centers *s);

/* The same object with other values (k may shrink); O(k d). */
void		cs_centers_set(cs_centers *s, const double *c, int k);

/* Squared Euclidean distance of a row to centre j, in double. */
double		cs_centers_distance(const cs_centers *s, const float *row, int j);

/* score: room for kpad floats, 64-byte aligned. */
int			cs_centers_label(const cs_centers *s, const float *row, float *score);
cs_nearest	cs_centers_nearest(const cs_centers *s, const float *row, float *score);

/* Buffers for cs_centers_block, private to each member of a team. */
typedef struct cs_near_block
{
	cs_near2	raw;
	double	   *d1;				/* squared distances, CS_BLOCK_ROWS each */
	double	   *d2;
	float	   *row;			/* one row, and its scores */
	float	   *score;
} cs_near_block;

/* For models of k clusters in d dimensions. */
cs_near_block *cs_near_block_new(cs_env *env, int k, int d);
void		cs_near_block_free(cs_env *env, cs_near_block *n);

/* Labels, runners-up and squared distances of one run of at most a block. */
void		cs_centers_block(const cs_centers *s, const cs_run *run, cs_near_block *out);

#endif							/* CS_CENTERS_H */
