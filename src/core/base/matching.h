/*
 * matching.h - the best one-to-one assignment: which new segment is which old one.
 */
#ifndef CS_MATCHING_H
#define CS_MATCHING_H

#include "core/base/env.h"

/*
 * Pairs rows with columns, each at most once, such that the sum of
 * weight[row * cols + col] is as large as possible.  min(rows, cols) pairs are
 * made, also where a weight is zero or negative: who wants only real overlaps
 * looks at the weights.  match[row] is its column, or -1.  Weights are finite.
 *
 * Shortest augmenting paths: R. Jonker and A. Volgenant, "A shortest augmenting
 * path algorithm for dense and sparse linear assignment problems", Computing 38,
 * 1987.  O(s^2 l) for the smaller and the larger side, O(l) memory; ties are
 * broken by number, so equal input gives equal output.
 */
void		cs_match(cs_env *env, const double *weight, int rows, int cols, int *match);

#endif							/* CS_MATCHING_H */
