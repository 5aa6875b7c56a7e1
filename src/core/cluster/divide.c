/*
 * divide.c - rows into groups by direction (see divide.h).
 */
#include "core/cluster/divide.h"

#include "core/cluster/algorithms.h"
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"

/* The best of so many: a single one is too much of a lottery for what rests on it. */
#define STARTS 4

size_t
cs_divide_arena(size_t n, int d, int k)
{
	return cs_kmeans_arena(n, d, k) + cs_lloyd_arena(n, d, k);
}

int
cs_divide(cs_env *env, cs_team *team, const float *row, size_t n, int d, int k, uint64_t seed, int32_t *label)
{
	cs_matrix  *x;
	cs_fit_args args = {.seed = seed};
	cs_fit		fit = {0};
	cs_options *options;
	cs_centers *centers;

	if (n == 0)
		return 0;
	x = cs_matrix_from_rows(env, row, n, d);
	args.x = x;
	args.k = cs_distinct_rows(env, x, k);
	options = cs_options_new(env, cs_kmeans_params);
	options->value[cs_params_find(cs_kmeans_params, "restarts")].number = STARTS;
	args.options = options;
	cs_spherical_kmeans.fit(env, team, &args, &fit);
	centers = cs_centers_new(env, fit.center, args.k, d);
	cs_label_rows(env, team, x, centers, label, NULL);
	cs_centers_free(env, centers);
	cs_release(env, fit.center);
	cs_matrix_free(env, x);
	return args.k;
}
