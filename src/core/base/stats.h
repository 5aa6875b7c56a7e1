/*
 * stats.h - order statistics and small sums.
 */
#ifndef CS_STATS_H
#define CS_STATS_H

#include <stddef.h>

/*
 * The value that would stand at position at (from 0) if v were sorted; v is
 * reordered so that nothing behind it is smaller.  Expected O(n) (Floyd and
 * Rivest, "Algorithm 489: SELECT", CACM 1975).  No NaN.
 */
float		cs_select(float *v, size_t n, size_t at);

/* percentile_disc: the smallest value with at least share p of the rows at or below it. */
float		cs_quantile_disc(float *v, size_t n, double p);

/* percentile_cont: linear interpolation between the neighbours, as in SQL. */
double		cs_quantile_cont(float *v, size_t n, double p);

/* ascending, by radix: O(n); n below 2^32, no NaN, scratch has room for as many */
void		cs_sort_floats(float *v, size_t n, float *scratch);

#endif							/* CS_STATS_H */
