/*
 * spherical_kmeans.c - k-means on directions.
 *
 * I. Dhillon and D. Modha, "Concept decompositions for large sparse text data
 * using clustering", Machine Learning 42, 2001.  Rows have length 1 (the flag
 * CS_UNIT_LENGTH has them scaled when they are packed) and so do the centres;
 * then |x - c|^2 = 2 (1 - cos(x, c)), and the passes of k-means serve as they
 * are.  The distance that users see is 1 - cos.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/kmeans.h"

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *args, cs_fit *out)
{
	cs_kmeans_fit_with(env, team, args, true, out);
	out->objective /= 2;
}

const cs_clusterer cs_spherical_kmeans = {
	.name = "spherical_kmeans",
	.summary = "k-means on directions: rows of length 1, cosine distance; for texts, embeddings and shares",
	.flags = CS_NEEDS_K | CS_UNIT_LENGTH,
	.params = cs_kmeans_params,
	.fit = fit,
	.arena = cs_kmeans_arena,
	.label = cs_by_center_label,
	.nearest = cs_by_center_nearest,
	.block = cs_by_center_block
};
