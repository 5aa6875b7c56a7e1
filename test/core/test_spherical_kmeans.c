/*
 * test_spherical_kmeans.c - k-means on directions.
 */
#include "fits.h"

static void
to_length_one(float *row, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += (double) row[f] * (double) row[f];
	for (int f = 0; f < d; f++)
		row[f] = (float) ((double) row[f] / sqrt(s));
}

static cs_matrix *
directions(cs_env *env, const cs_matrix *x)
{
	cs_matrix  *u = cs_matrix_new(env, x->n, x->d);

	for (size_t i = 0; i < x->n; i++)
	{
		float		row[16];

		cs_matrix_row(x, i, row);
		to_length_one(row, x->d);
		cs_matrix_set_row(u, i, row);
	}
	return u;
}

static double
length_of(const double *c, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += c[f] * c[f];
	return sqrt(s);
}

/*
 * Directions of iris, k = 3: the least sum of 1 - cos is 0.16142872047674195 with
 * 55, 50 and 45 rows (numpy, 300 starts, run to a standstill).
 */
static void
test_iris(cs_env *env)
{
	cs_matrix  *x = directions(env, iris_matrix(env));
	cs_fit		fit = fit_one(env, &cs_spherical_kmeans, x, 3, "restarts", 20);
	double		price = 0;
	int			size[3],
			   *label = labels_of(env, &fit, x, size);

	CHECK_NEAR(fit.objective, 0.16142872047674195, 1e-5);
	for (int j = 0; j < 3; j++)
		CHECK_NEAR(length_of(fit.center + 4 * j, 4), 1, 1e-12);
	for (size_t i = 0; i < IRIS_N; i++)
	{
		float		row[4];

		cs_matrix_row(x, i, row);
		price += 1;
		for (int f = 0; f < 4; f++)
			price -= (double) row[f] * fit.center[4 * label[i] + f];
	}
	CHECK_NEAR(fit.objective, price, 1e-5);
	qsort(size, 3, sizeof(int), descending);
	CHECK(size[0] == 55 && size[1] == 50 && size[2] == 45);
}

/* Along four axes, rows of any length: direction alone counts. */
static void
test_axes(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 200, 4);
	cs_rng		rng;
	cs_fit		fit;
	int			size[4],
			   *label;

	cs_rng_init(&rng, 1, 1);
	for (size_t i = 0; i < 200; i++)
	{
		float		row[4];

		for (int f = 0; f < 4; f++)
			row[f] = ((size_t) f == i % 4 ? 1 : 0.2f * draw_real(&rng)) * (float) (1 + i % 10);
		to_length_one(row, 4);
		cs_matrix_set_row(x, i, row);
	}
	fit = fit_one(env, &cs_spherical_kmeans, x, 4, NULL, 0);
	label = labels_of(env, &fit, x, size);
	for (size_t i = 0; i < 200; i++)
		CHECK(label[i] == label[i % 4]);
	CHECK(size[0] == 50 && size[1] == 50 && size[2] == 50 && size[3] == 50);
	CHECK(cs_spherical_kmeans.flags & CS_UNIT_LENGTH);
	CHECK(survives_saving(env, &fit, x));
}

static void
test_one_cluster(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, (float[]) {1, 0, 0, 1}, 2, 2);
	cs_fit		fit = fit_one(env, &cs_spherical_kmeans, x, 1, NULL, 0);

	CHECK_NEAR(fit.center[0], sqrt(0.5), 1e-12);
	CHECK_NEAR(fit.objective, 2 - sqrt(2), 1e-6);
	/* opposite rows have no mean direction: no division by zero */
	x = cs_matrix_from_rows(env, (float[]) {1, 0, -1, 0}, 2, 2);
	fit = fit_one(env, &cs_spherical_kmeans, x, 1, NULL, 0);
	CHECK(isfinite(fit.objective) && isfinite(fit.center[0]));
}

static void
three_of_two(cs_env *env)
{
	fit_one(env, &cs_spherical_kmeans, cs_matrix_from_rows(env, (float[]) {1, 0, 0, 1, 1, 0}, 3, 2), 3, NULL, 0);
}

static void
test_too_many_clusters(cs_env *env)
{
	CHECK_FAILS(env, three_of_two, CS_E_PARAM, "k is greater than the number of distinct rows");
}

static cs_matrix *
many_directions(cs_env *env)
{
	return directions(env, plain_rows(env));
}

static cs_matrix *
sortable_directions(cs_env *env)
{
	cs_matrix  *x = many_directions(env);

	add_origin(env, x);
	return x;
}

static void
test_teams(cs_env *env)
{
	CHECK(teams_agree(env, &cs_spherical_kmeans, many_directions, 6, NULL, 0));
	CHECK(teams_agree(env, &cs_spherical_kmeans, sortable_directions, 20, NULL, 0));
}

TESTS_NO_SWEEP(test_iris, test_axes, test_one_cluster, test_too_many_clusters, test_teams)
