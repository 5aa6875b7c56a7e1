/*
 * stability.h - do the clusters come out again on other samples of the rows?
 *
 * C. Hennig, "Cluster-wise assessment of cluster stability", Comput. Stat. Data
 * Anal. 52, 2007: cluster bootstrap samples in the same way, find for each
 * cluster the most similar one of the new clustering by the Jaccard coefficient
 * |A and B| / |A or B|, and average over the samples.  Here is what is pure in
 * it: drawing samples and comparing labels.  Who calls does the clustering.
 *
 * Samples are drawn in ascending order, so that reading them walks through the
 * rows once.
 */
#ifndef CS_STABILITY_H
#define CS_STABILITY_H

#include "core/base/env.h"
#include "core/base/rng.h"

/* Rows of cluster i of a that are in cluster j of b: overlap[i * kb + j]; O(n + ka kb). */
void		cs_overlap(cs_env *env, const int32_t *a, int ka, const int32_t *b, int kb, size_t n, double *overlap);

/*
 * For each cluster 0 .. ka - 1 of a its largest Jaccard coefficient with a cluster
 * of b, over the rows that a has in a cluster: those that b leaves out, as noise,
 * are lost to their cluster.  NaN for a cluster without rows.
 */
void		cs_jaccard_best(cs_env *env, const int32_t *a, int ka, const int32_t *b, int kb, size_t n, double *best);

/* Hennig's reading of a mean coefficient: "unstable", "doubtful", "stable", "highly stable", "unknown". */
const char *cs_stability_verdict(double jaccard);

/* n of n rows with replacement, ascending; O(n), no memory. */
void		cs_bootstrap_pick(cs_env *env, cs_rng *rng, size_t n, uint32_t *pick);

/* Two samples of m rows each without a common row, ascending; 2 m <= n.  O(n), no memory. */
void		cs_half_picks(cs_env *env, cs_rng *rng, size_t n, size_t m, uint32_t *a, uint32_t *b);

#endif							/* CS_STABILITY_H */
