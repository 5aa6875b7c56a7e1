/*
 * test_faults.c - algorithms and measures on a few rows, so that the fault sweep can
 * fail them at each allocation and poll; their own tests are too long for that.
 */
#include "core/eval/internal.h"
#include "fits.h"

static cs_matrix *
few_rows(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 70, 3, 20, 3, 1), 70, 3);

	add_weights(env, x);
	return x;
}

static void
fit_small(cs_env *env, const cs_clusterer *c, int k)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = fit_one(env, c, x, k, "restarts", 2);

	CHECK(survives_saving(env, &fit, x));
}

static void
test_kmeans(cs_env *env)
{
	fit_small(env, &cs_kmeans, 5);
}

/* Sorted and pruned. */
static void
test_pruned_kmeans(cs_env *env)
{
	cs_matrix  *x = few_rows(env);

	add_origin(env, x);
	CHECK(isfinite(fit_one(env, &cs_kmeans, x, 17, NULL, 0).objective));
}

static void
test_spherical_kmeans(cs_env *env)
{
	fit_small(env, &cs_spherical_kmeans, 3);
}

static void
test_bisecting_kmeans(cs_env *env)
{
	fit_small(env, &cs_bisecting_kmeans, 6);
}

static void
test_minibatch_kmeans(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = fit_one(env, &cs_minibatch_kmeans, x, 4, "batch", 20);

	CHECK(survives_saving(env, &fit, x));
}

static void
test_hierarchical(cs_env *env)
{
	cs_matrix  *x = few_rows(env);

	for (int linkage = 0; linkage < 7; linkage += 2)
	{
		cs_fit		fit = fit_one(env, &cs_hierarchical, x, 4, "linkage", linkage);

		CHECK(cs_scorer_of_fit(env, &fit)->k == 4);
	}
	CHECK(fit_one(env, &cs_hierarchical, x, 4, "exact_rows", 30).note != NULL);
}

static void
test_gmm(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = fit_one(env, &cs_gmm, x, 3, "max_iterations", 2);

	CHECK(cs_scorer_of_fit(env, &fit)->k == 3);
}

static void
test_dbscan(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = {.algorithm = &cs_dbscan};
	cs_fit_args args = {.x = x, .options = options_with(env, cs_dbscan.params, "min_points", 3)};
	cs_team		team = solo(env, cs_dbscan.arena(x->n, x->d, 1));

	cs_dbscan.fit(env, &team, &args, &fit);
	CHECK(cs_scorer_of_fit(env, &fit)->k == fit.k);
}

static void
test_hdbscan(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = {.algorithm = &cs_hdbscan};
	cs_fit_args args = {.x = x, .options = options_with(env, cs_hdbscan.params, "min_points", 3)};
	cs_team		team = solo(env, cs_hdbscan.arena(x->n, x->d, 1));

	cs_hdbscan.fit(env, &team, &args, &fit);
	CHECK(cs_scorer_of_fit(env, &fit)->k == fit.k);
}

/* A small network, pairs and all. */
static void
test_deep(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = {.algorithm = &cs_deep};
	cs_options *o = options_with(env, cs_deep.params, "pretrain_epochs", 1);
	cs_fit_args args = {.x = x, .k = 2, .seed = 42, .options = o};
	cs_option  *layers = &o->value[cs_params_find(cs_deep.params, "layers")];
	double		one = 3;
	cs_team		team;

	*layers = (cs_option) {.set = true, .rows = 1, .cols = 1, .cell = &one};
	o->value[cs_params_find(cs_deep.params, "embedding")].number = 2;
	o->value[cs_params_find(cs_deep.params, "epochs")].number = 1;
	o->value[cs_params_find(cs_deep.params, "batch")].number = 70;
	team = solo(env, cs_clusterer_arena(env, &cs_deep, o, x->n, x->d, 2));
	cs_deep.fit(env, &team, &args, &fit);
	CHECK(team.used == 0 && cs_scorer_of_fit(env, &fit)->k == fit.k && fit.k >= 1);
}

static void
test_kmedoids(cs_env *env)
{
	cs_matrix  *x = few_rows(env);

	for (int metric = 0; metric < 4; metric += 3)
	{
		cs_fit		fit = fit_one(env, &cs_kmedoids, x, 3, "metric", metric);

		CHECK(cs_scorer_of_fit(env, &fit)->k == 3);
	}
	CHECK(fit_one(env, &cs_kmedoids, x, 3, "exact_rows", 40).note != NULL);
}

static void
test_kprototypes(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_fit		fit = fit_one(env, &cs_kprototypes, x, 3, "restarts", 2);

	CHECK(cs_scorer_of_fit(env, &fit)->k == 3);
}

static void
first_features(void *arg, size_t i, double *out)
{
	float		row[3];

	cs_matrix_row(arg, i, row);
	for (int f = 0; f < 3; f++)
		out[f] = (double) row[f];
}

static void
test_measures(cs_env *env)
{
	cs_matrix  *x = few_rows(env);
	cs_team		team = solo(env, cs_silhouette_arena(70, 3, 5));
	int32_t		label[70];
	float		each[70];

	for (int i = 0; i < 70; i++)
		label[i] = i % 5;
	CHECK(cs_silhouette(env, &team, x, label, 5, each) < 1);
	CHECK(cs_simplified_silhouette(env, &team, x, label, 5) < 1);
	CHECK(cs_davies_bouldin(env, 70, 3, first_features, x, label, 5) > 0);
	CHECK(cs_calinski_harabasz(env, 70, 3, first_features, x, label, 5) > 0);
}

TESTS(test_kmeans, test_pruned_kmeans, test_spherical_kmeans, test_bisecting_kmeans, test_minibatch_kmeans,
	  test_hierarchical, test_gmm, test_dbscan, test_hdbscan, test_kmedoids, test_kprototypes, test_deep, test_measures)
