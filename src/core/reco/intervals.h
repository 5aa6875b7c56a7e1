/*
 * intervals.h - 95 % intervals of what is measured over customers.
 *
 * Means: percentile bootstrap over customers (B. Efron, "Bootstrap methods:
 * another look at the jackknife", 1979), the same resamples for all columns, so
 * that columns may be compared.  Above CS_BOOTSTRAP_MOST customers the mean is
 * normal for all that matters, and the interval is mean +- 1.96 standard errors.
 *
 * Whole-table figures such as coverage, which are no means: grouped jackknife
 * (M. H. Quenouille, "Notes on bias in estimation", 1956; J. Tukey) over
 * CS_JACKKNIFE_GROUPS groups, value +- 1.96 standard errors.  It says how much the
 * figure would vary with as many other customers; coverage also grows with their
 * number, which no interval shows.
 */
#ifndef CS_INTERVALS_H
#define CS_INTERVALS_H

#include "core/base/env.h"

#define CS_BOOTSTRAP_MOST 20000
#define CS_BOOTSTRAP_RESAMPLES 1000
#define CS_JACKKNIFE_GROUPS 20

typedef struct cs_interval
{
	double		value;			/* NaN: nothing to measure */
	double		low;			/* NaN where nothing can be said */
	double		high;
	int64_t		n;				/* customers behind it */
} cs_interval;

/* Sums of a column, for intervals without resampling. */
typedef struct cs_moments
{
	double		sum;
	double		square;
	int64_t		n;
} cs_moments;

/* NaN is no value. */
static inline void
cs_moments_add(cs_moments *m, double value)
{
	bool		is = value == value;

	m->sum += is ? value : 0;
	m->square += is ? value * value : 0;
	m->n += is;
}

cs_interval cs_interval_normal(const cs_moments *m);

/*
 * Means of the columns of value[n][columns], NaN where a customer has no value.
 * For the mean difference of two models pass the customers' differences.
 * O(CS_BOOTSTRAP_RESAMPLES n columns) up to CS_BOOTSTRAP_MOST rows: under a second.
 */
void		cs_interval_means(cs_env *env, const double *value, size_t n, int columns, uint64_t seed,
							  cs_interval *out);

/*
 * The means of each resample, one column after the other: CS_BOOTSTRAP_RESAMPLES
 * of each, NaN where a resample drew no value.  Differences of two columns in each
 * resample are paired differences of the means.
 */
double	   *cs_interval_resamples(cs_env *env, const double *value, size_t n, int columns, uint64_t seed);

/* The interval of a column from its means, which it sorts; value and n stay. */
void		cs_interval_percentiles(double *means, cs_interval *out);

/*
 * Around value, from what it is without each of the groups in turn; kept within
 * 0 .. 1.  n is passed through.
 */
cs_interval cs_interval_jackknife(double value, const double *without, int groups, int64_t n);

#endif							/* CS_INTERVALS_H */
