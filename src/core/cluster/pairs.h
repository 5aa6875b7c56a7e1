/*
 * pairs.h - what draws neighbours together in an embedding and keeps other rows apart.
 *
 * T. Sainburg, L. McInnes, T. Gentner, "Parametric UMAP embeddings for representation
 * and semisupervised learning", Neural Computation 33, 2021: cross-entropy of
 * the similarities q = 1 / (1 + distance^2) of pairs, in which each row is to be like
 * its partner and unlike the partners of all others of a batch.
 */
#ifndef CS_PAIRS_H
#define CS_PAIRS_H

#include "core/base/env.h"

/*
 * Row i of n has row n + i of z as its partner; e values each.  Mean over the rows of
 * weight times (-ln q of the pair - CS_PAIRS_AGAINST times the mean of ln (1 - q) over the other
 * partners); its gradient into grad, 2 n x e.  weight: NULL, all 1.  square: room
 * for n x n.  6 n^2 e operations.
 */
#define CS_PAIRS_AGAINST 2.0

double		cs_pairs_gradient(cs_env *env, const float *z, size_t n, int e, const float *weight, float *square, float *grad);

#endif							/* CS_PAIRS_H */
