/*
 * gap.h - the gap statistic: are clusters tighter than those found where there are none?
 *
 * R. Tibshirani, G. Walther, T. Hastie, "Estimating the number of clusters in a data
 * set via the gap statistic", J. R. Stat. Soc. B 63, 2001.  With W_k the sum of
 * squares within k clusters, Gap(k) is the mean of log W_k over sets of rows drawn
 * evenly from the box around the rows, less log W_k of the rows.
 */
#ifndef CS_GAP_H
#define CS_GAP_H

#include "core/base/matrix.h"
#include "core/base/rng.h"

/* Sets of drawn rows. */
#define CS_GAP_SETS 20

/* As many rows as x has, drawn evenly from the box around them; scaled to length 1 if those are. */
cs_matrix  *cs_gap_reference(cs_env *env, cs_rng *rng, const cs_matrix *x, bool unit_length);

/* From log W of the rows and of the sets; error: standard deviation of the sets times sqrt(1 + 1 / sets). */
double		cs_gap(double log_w, const double *set_log_w, int sets, double *error);

/*
 * The place of the first of n gaps, for ascending k, that is within the error of
 * the next one; of the largest where none is; -1 where one is not known.
 */
int			cs_gap_choose(const double *gap, const double *error, int n);

#endif							/* CS_GAP_H */
