/*
 * kmeans.h - k-means with restarts, for algorithms that build on it.
 */
#ifndef CS_KMEANS_H
#define CS_KMEANS_H

#include "core/cluster/clusterer.h"

extern const cs_param cs_kmeans_params[];

/* Options of args: restarts, max_iterations, tolerance, init, candidates. */
void		cs_kmeans_fit_with(cs_env *env, cs_team *team, const cs_fit_args *args,
							   bool unit_length, cs_fit *out);

size_t		cs_kmeans_arena(size_t n, int d, int k);

#endif							/* CS_KMEANS_H */
