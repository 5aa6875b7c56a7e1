/*
 * kernel.h - the innermost loops, in one version per instruction set.
 *
 * All versions add the features of a distance in the same order.  Those with
 * fused multiply-add (AVX2, AVX-512) give the same bits; the portable one
 * rounds each product and may differ in the last bit of a single-precision
 * score.  Whatever decides a label in the end is confirmed in double precision
 * (cs_centers_settle), so labels do not depend on the version.
 *
 * Scores: score(x, c) = |c|^2 / 2 - x.c, which orders centres like the squared
 * distance |x|^2 + 2 score.
 */
#ifndef CS_KERNEL_H
#define CS_KERNEL_H

#include "core/base/matrix.h"
#include "core/base/scan.h"

/* Centres laid out for the register blocks of one kernel. */
typedef struct cs_packed
{
	int			k;
	int			d;
	float	   *c;				/* blocks of kb centres: [d][kb] each */
	float	   *h;				/* |c|^2 / 2, huge for padding */
} cs_packed;

/*
 * What a pruned Lloyd pass needs to know of the centres.  For every tile and
 * centre there is a slack: a lower bound, over the rows of the tile, of
 * (distance to that centre) - (distance to the row's own centre).  Each pass
 * lowers it by what the two centres have moved; while it is positive, the
 * centre cannot win a row of the tile and is not looked at.
 */
typedef struct cs_pruned
{
	int			k;
	int			d;
	int			kpad;			/* k rounded up to CS_ROW_PAD */
	float	   *c;				/* k x d */
	float	   *h;				/* |c|^2 / 2, kpad */
	float	   *moved;			/* distance since the last pass, kpad, 0 for padding */
	float		max_square;		/* largest |c|^2 */
	float	   *score;			/* room for kpad x CS_LANES */
	int		   *candidate;		/* room for kpad + CS_KERNEL_KB */
} cs_pruned;

#define CS_SLACK_UNKNOWN (-1.0f)
#define CS_SLACK_NEVER 3.0e38f	/* padding */

/* Columns that one seeding pass looks at: the last winner and candidates. */
#define CS_SEED_COLUMNS 8

/* Distances that are not (only) squared Euclidean ones. */
typedef enum cs_metric_form
{
	CS_FORM_ROOT,				/* root of the sum of squares */
	CS_FORM_HALF,				/* half the sum of squares: 1 - cosine, for rows of length 1 */
	CS_FORM_ABSOLUTE			/* sum of absolute differences */
} cs_metric_form;

/* Result of a search for the two nearest centres of each row of a run. */
typedef struct cs_near2
{
	float	   *best;
	float	   *second;
	float	   *norm;			/* |x|^2 */
	int32_t    *label;
	int32_t    *label2;
} cs_near2;

/* The lowest two scores of one row, its centres, and |x|^2 roughly (some units in the last place). */
typedef struct cs_row_best
{
	float		best;
	float		second;
	float		norm;
	int			label;
	int			label2;			/* -1: there is none */
} cs_row_best;

typedef struct cs_kernel
{
	const char *name;

	/*
	 * One Lloyd pass over a run: the label of each row becomes its nearest
	 * centre; where it changed, the row moves from the old centre's sum and
	 * count to the new one's (label -1: it comes from nowhere).  sum is k x d,
	 * count is k; both hold weight times row.  Returns rows changed.
	 */
	size_t		(*lloyd) (const cs_run *run, const cs_packed *p, int32_t *label,
						  double *sum, double *count);

	/*
	 * The same result with fewer distances.  slack: [tile][kpad], in and out;
	 * worth its bookkeeping when the rows of a tile are alike and k is large.
	 */
	size_t		(*lloyd_pruned) (const cs_run *run, cs_pruned *p, int32_t *label,
								 float *slack, double *sum, double *count);

	/* Weighted sum of squared distances to the nearest centre. */
	double		(*inertia) (const cs_run *run, const cs_packed *p);

	/* The nearest two centres of each row; label2 is -1 when k is 1. */
	void		(*nearest2) (const cs_run *run, const cs_packed *p, const cs_near2 *out);

	/*
	 * One pass of greedy k-means++: column 0 is the newest centre and is folded
	 * into cur (squared distance to the nearest centre so far); potential
	 * [tile][column] becomes the weighted sum over the tile of
	 * min(cur, distance to column).  columns: [d][CS_SEED_COLUMNS].
	 */
	void		(*seed) (const cs_run *run, const float *columns, float *cur, float *potential);

	/*
	 * Sum of distances from each of the CS_LANES rows of one tile to m rows
	 * packed by pack_rows, added to sums[CS_LANES].
	 */
	void		(*distance_sums) (const float *tile, int d, const float *rows, size_t m, double *sums);

	/* Rows interleaved for distance_sums; cs_kernel_rows_floats() floats. */
	void		(*pack_rows) (const float *rows, size_t m, int d, float *packed);

	/*
	 * A tile of CS_LANES rows that lie in tiles of block: offset[l] is that of
	 * the first feature of row l.
	 */
	void		(*gather_tile) (const float *block, const uint32_t *offset, int d, float *tile);

	/* The scores of one row against k centres laid out [d][kpad]. */
	void		(*row_scores) (const float *row, int d, const float *c, const float *h, int kpad, float *score);

	/* The same, and the lowest two of them; which of equal ones is open. */
	void		(*row_best) (const float *row, int d, const float *c, const float *h, int kpad, float *score,
							 cs_row_best *out);

	/*
	 * raw[i] = value[i] - shift[i] in single precision; lossy[i] becomes -1 where
	 * that rounds.  False when a result is not finite.
	 */
	bool		(*narrow) (const double *restrict value, const double *restrict shift, int n, float *restrict raw,
						   int64_t *restrict lossy);

	/*
	 * Sums of n rows of consecutive floats, feature by feature: of values when
	 * center is NULL, else of squared differences from it.  NaN counts as nothing;
	 * low and high, taken with the former, are lowered and raised.  count may be NULL.
	 */
	void		(*moments) (const float *restrict rows, size_t n, int d, const double *restrict center,
							double *restrict sum, double *restrict low, double *restrict high, double *restrict count);

	/*
	 * point[i] = (raw[i] + shift[i] - center[i]) * factor[i], each step rounded to
	 * double; false when a raw value is not finite.
	 */
	bool		(*affine) (const float *restrict raw, const double *restrict shift, const double *restrict center,
						   const double *restrict factor, int n, float *restrict point);

	/* The same of CS_LANES rows of consecutive floats, into a tile; point: room for as much. */
	bool		(*affine_tile) (const float *restrict raw, int width, const double *restrict shift,
								const double *restrict center, const double *restrict factor, int n,
								float *restrict point, float *restrict tile);

	/*
	 * Squared distance in double, in an order of additions that is the same in
	 * every version.
	 */
	double		(*distance) (const float *row, const double *c, int d);

	/*
	 * Slots of a table from group at on, in order, until one group has a squared
	 * distance to q below limit * (plus + more[i]): returns that group's first slot
	 * with its distances in square (CS_SCAN_GROUP floats, 64-byte aligned), or slots
	 * when there is none.  more is padded like a column.
	 */
	size_t		(*scan_below) (const cs_table *t, const float *q, size_t at, float limit, float plus,
							   const float *more, float *square);

	/*
	 * Lower best[i] to the squared distance of slot i to q where that is less, and
	 * note who in from[i]; returns the slot with the least best[i].  Slots with
	 * best[i] = -1 do not count, padding must be so; slots when there are no others.
	 */
	size_t		(*scan_relax) (const cs_table *t, const float *q, int32_t who, float *best, int32_t *from);

	/*
	 * A row against a leaf of 64 rows [d][64] (kdtree.h), added up as by scan_below:
	 * all squared distances, or bits of the rows where they are below each of two limits.
	 */
	void		(*leaf_squares) (const float *leaf, int d, const float *q, float *square);
	void		(*leaf_below) (const float *leaf, int d, const float *q, const float limit[2], uint64_t below[2]);

	/*
	 * Squared distances of a row to 16 boxes [d][least, largest][16], and bits of
	 * those that are below the limit.
	 */
	unsigned	(*box_squares) (const float *boxes, int d, const float *q, float limit, float *square);

	/*
	 * Gaussian mixtures, CS_MIX_ROWS rows at a time in columns of doubles (64-byte
	 * aligned; work: 2 d columns).  mix_squares: squared length of factor (x - mean),
	 * factor lower triangular and packed by rows, or a diagonal.  mix_moments adds the
	 * sums of r, r (x - mean) and r (x - mean)(x - mean)', packed alike.  mix_exp: e^x
	 * in place, from -700 to 0.
	 */
	void		(*mix_squares) (const double *x, int d, const double *mean, const double *factor, bool diagonal,
								double *work, double *out);
	void		(*mix_moments) (const double *x, int d, const double *mean, bool diagonal, const double *r,
								double *work, double *sums);
	void		(*mix_exp) (double *x);

	/* Distances of the rows of some tiles to q; out: CS_LANES a tile. */
	void		(*metric_distances) (const float *x, size_t tiles, const float *q, int d, cs_metric_form form, float *out);

	/*
	 * The two nearest of k rows (k x d) for each row of one tile, by sums of squares
	 * or of absolute differences; ties to the lower number, label2 is -1 when k is 1.
	 */
	void		(*metric_nearest) (const float *x, const float *c, int k, int d, bool absolute, const cs_near2 *out);

	/* Likewise by squares of d numbers and price[i] for each of the codes behind them that differs. */
	void		(*mixed_nearest) (const float *x, const float *c, int k, int d, int codes, const float *price,
								  const cs_near2 *out);

	/*
	 * A candidate for a medoid at distances to of n rows (a multiple of CS_LANES):
	 * returns the weighted sum of min(to, near) - near, and adds to loss[owner] that of
	 * clamp(to, near, second) - second.
	 */
	double		(*swap_gain) (const float *to, const float *near, const float *second, const float *weight,
							  const int32_t *owner, size_t n, double *loss);

	/* Centres per register block, and the layout that goes with it. */
	void		(*pack) (const double *center, int k, int d, cs_packed *p);
} cs_kernel;

/* Rows of one call for mixtures. */
#define CS_MIX_ROWS 256

/* Widest interleaving of any version: room that packed forms need. */
#define CS_KERNEL_KB 8

static inline size_t
cs_kernel_centers(int k)
{
	return ((size_t) k + CS_KERNEL_KB - 1) / CS_KERNEL_KB * CS_KERNEL_KB;
}

static inline size_t
cs_kernel_rows_floats(size_t m, int d)
{
	return (m + CS_KERNEL_KB - 1) / CS_KERNEL_KB * CS_KERNEL_KB * (size_t) d;
}

/* Padding of row_scores layouts: a multiple of the widest vector. */
#define CS_ROW_PAD 16

extern const cs_kernel cs_kernel_portable;
#if defined(__x86_64__)
extern const cs_kernel cs_kernel_avx2;
extern const cs_kernel cs_kernel_avx512;
#endif

/*
 * The best version for this CPU, or the named one ("portable", "avx2",
 * "avx512"); NULL when the name is unknown or the CPU lacks the instructions.
 */
const cs_kernel *cs_kernel_find(const char *name);

/* Room for packed centres in memory of the env. */
cs_packed  *cs_packed_new(cs_env *env, int k, int d);
void		cs_packed_free(cs_env *env, cs_packed *p);

#endif							/* CS_KERNEL_H */
