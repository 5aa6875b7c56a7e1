/*
 * screen.h - looking at columns before training: what makes distances misleading.
 *
 * Small statistics for check_source().  They work on a sample of rows that fits
 * into the cache; moments of all rows come from cs_spread, value by value.
 */
#ifndef CS_SCREEN_H
#define CS_SCREEN_H

#include "core/base/env.h"

/* Moments and kind of the values of one column (Welford 1962). */
typedef struct cs_spread
{
	double		n;
	double		mean;
	double		m2;				/* sum of squared deviations */
	double		min;
	double		max;
	bool		whole;			/* all values are integers */
} cs_spread;

void		cs_spread_init(cs_spread *s);
void		cs_spread_add(cs_spread *s, double v);

/* Standard deviation, divisor n. */
double		cs_spread_sd(const cs_spread *s);

/*
 * Share of the sum of squares about the mean that the most extreme rows make,
 * tail being their share of the rows (at least one row).  8 % for the 1 % of a
 * normal distribution, 22 % of an exponential one; near 1 a few rows decide.
 * 0 when all values are equal.  v is reordered.
 */
double		cs_tail_share(float *v, size_t n, double tail);

/* Share of the rows that have the most frequent value; v is sorted. */
double		cs_mode_share(double *v, size_t n);

/*
 * Do the values count the rows?  The correlation of the sorted values with their
 * ranks: 1 for numbers dealt out one after the other.  -1 when a value occurs
 * twice.  v is sorted.
 */
double		cs_evenness(double *v, size_t n);

/*
 * Pearson correlations of d columns over n rows, row-major: r is d x d.  0 where a
 * column does not vary.  O(n d^2 / 2), two passes.
 */
void		cs_correlations(cs_env *env, const float *x, size_t n, int d, double *r);

#endif							/* CS_SCREEN_H */
