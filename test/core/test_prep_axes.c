/*
 * test_prep_axes.c - principal components behind the transforms.
 *
 * Reference values: PCA of scikit-learn 1.9.1 on the z-scores of iris; for
 * directions, eigenvectors by NumPy 2.4 of the second moments of the same rows
 * at length 1.
 */
#include "core/prep/prep.h"
#include "harness.h"
#include "../data/iris.h"

#include <math.h>

/* The fitted prep of iris, z-scored, without axes yet; rows for them. */
static cs_prep *
iris_prep(cs_env *env, bool unit_length, cs_rows **rows)
{
	static const char *const names[IRIS_D] = {"a", "b", "c", "d"};
	cs_prep    *p = CS_NEW(env, cs_prep, 1);

	*rows = cs_rows_new(env, IRIS_D);
	for (int i = 0; i < IRIS_N; i++)
	{
		float      *row = cs_rows_add(*rows);

		for (int f = 0; f < IRIS_D; f++)
			row[f] = (float) iris[i * IRIS_D + f];
	}
	p->n = IRIS_D;
	p->unit_length = unit_length;
	p->f = CS_NEW(env, cs_feature, IRIS_D);
	for (int f = 0; f < IRIS_D; f++)
		p->f[f] = cs_feature_make(env, names[f], CS_NUMBER, cs_options_new(env, cs_transform_params), CS_SCALE_ZSCORE);
	cs_prep_fit(env, p, *rows, CS_NEW(env, cs_levels, IRIS_D), true);
	return p;
}

static void
check_row(const cs_prep *p, cs_rows *rows, size_t i, const double *expected)
{
	float		point[2 * IRIS_D];

	CHECK(cs_prep_row(p, cs_rows_at(rows, i), point, NULL) == CS_ROW_OK);
	for (int a = 0; a < p->d; a++)
		CHECK_NEAR(fabs((double) point[a]), expected[a], 1e-5);
}

static void
test_iris(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);
	const double variance[3] = {2.9380851, 0.9201649, 0.1477418};
	const double axis[3][IRIS_D] = {{0.5210659, -0.2693474, 0.5804131, 0.5648565},
									{0.3774176, 0.9232957, 0.0244916, 0.066942},
									{0.7195664, -0.2443818, -0.1421264, -0.6342727}};

	cs_prep_fit_axes(env, p, rows, 3, 0);
	CHECK(p->d == 3 && p->wide == IRIS_D && cs_prep_room(p) == 3 + IRIS_D);
	for (int i = 0; i < 3; i++)
	{
		double		sign = p->axes->axis[cs_axis_at(p, i, 0)] > 0 ? 1 : -1;

		CHECK_NEAR(p->axes->variance[i], variance[i], 1e-6);
		for (int z = 0; z < IRIS_D; z++)
			CHECK_NEAR(sign * p->axes->axis[cs_axis_at(p, i, z)], axis[i][z], 1e-6);
	}
	CHECK_NEAR(p->axes->total, 4 * 150.0 / 149, 1e-6);
	check_row(p, rows, 0, (double[]){2.2647028, 0.4800266, 0.127706});
	check_row(p, rows, 70, (double[]){0.7376826, 0.3965716, 0.6165263});
	check_row(p, rows, 149, (double[]){0.960656, 0.0243317, 0.5282488});
}

/* With all axes nothing is lost: distances stay, and points come back. */
static void
test_all_axes(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);
	float		a[2 * IRIS_D], b[2 * IRIS_D];

	cs_prep_fit_axes(env, p, rows, IRIS_D, 0);
	CHECK(cs_prep_row(p, cs_rows_at(rows, 3), a, NULL) == CS_ROW_OK);
	for (size_t i = 0; i < rows->n; i += 7)
	{
		double		diff[IRIS_D], back[IRIS_D], d2 = 0, e2 = 0;

		CHECK(cs_prep_row(p, cs_rows_at(rows, i), b, NULL) == CS_ROW_OK);
		for (int z = 0; z < IRIS_D; z++)
		{
			diff[z] = (double) a[z] - (double) b[z];
			d2 += diff[z] * diff[z];
			e2 += pow((double) a[IRIS_D + z] - (double) b[IRIS_D + z], 2);
		}
		CHECK_NEAR(d2, e2, 1e-5);
		cs_prep_unproject(p, diff, back);
		for (int z = 0; z < IRIS_D; z++)
			CHECK_NEAR(back[z], (double) a[IRIS_D + z] - (double) b[IRIS_D + z], 1e-5);
	}
}

/* 0.7296245, 0.9581321, ...: the least number that holds the share. */
static void
test_share(cs_env *env)
{
	const double want[4] = {0.5, 0.73, 0.9581, 0.9582};
	const int n[4] = {1, 2, 2, 3};

	for (int i = 0; i < 4; i++)
	{
		cs_rows    *rows;
		cs_prep    *p = iris_prep(env, false, &rows);

		cs_prep_fit_axes(env, p, rows, want[i], 0);
		CHECK(p->d == n[i]);
	}
}

static void
test_directions(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, true, &rows);
	const double variance[2] = {0.6696851, 0.2557993};

	cs_prep_fit_axes(env, p, rows, 2, 0);
	for (int i = 0; i < 2; i++)
		CHECK_NEAR(p->axes->variance[i], variance[i], 1e-6);
	check_row(p, rows, 0, (double[]){0.9886696, 0.150108});
	check_row(p, rows, 70, (double[]){0.8680765, 0.4964305});
	check_row(p, rows, 149, (double[]){0.9999581, 0.0091504});
}

/* All rows alike: no variance, and points of zeros. */
static void
test_constant(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);
	float		point[2 * IRIS_D];

	for (size_t i = 1; i < rows->n; i++)
		for (int f = 0; f < IRIS_D; f++)
			cs_rows_at(rows, i)[f] = cs_rows_at(rows, 0)[f];
	cs_prep_fit(env, p, rows, CS_NEW(env, cs_levels, IRIS_D), true);
	cs_prep_fit_axes(env, p, rows, 0.9, 0);
	CHECK(p->d == 1 && p->axes->total == 0);
	CHECK(cs_prep_row(p, cs_rows_at(rows, 5), point, NULL) == CS_ROW_OK && point[0] == 0);
}

/* ---- as part of a model value ---- */

static unsigned char *
saved(cs_env *env, const cs_prep *p, size_t *len)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_prep_save(env, p, &w);
	cs_end(&w);
	return cs_writer_finish(&w, len);
}

static void
test_save(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows), *q;
	size_t		len, again;
	unsigned char *bytes;

	cs_prep_fit_axes(env, p, rows, 3, 0);
	bytes = saved(env, p, &len);
	q = cs_prep_load(env, cs_doc_root(bytes));
	CHECK(q->d == 3 && q->wide == IRIS_D);
	for (size_t i = 0; i < rows->n; i++)
	{
		float		a[2 * IRIS_D], b[2 * IRIS_D];

		CHECK(cs_prep_row(p, cs_rows_at(rows, i), a, NULL) == cs_prep_row(q, cs_rows_at(rows, i), b, NULL));
		CHECK(memcmp(a, b, sizeof(float) * cs_prep_room(p)) == 0);
	}
	CHECK(memcmp(saved(env, q, &again), bytes, len) == 0 && again == len);
}

static void
load_long_axis(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);
	size_t		len;

	cs_prep_fit_axes(env, p, rows, 2, 0);
	p->axes->axis[cs_axis_at(p, 1, 2)] = 2;
	cs_prep_load(env, cs_doc_root(saved(env, p, &len)));
}

static void
load_far_mean(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);
	size_t		len;

	cs_prep_fit_axes(env, p, rows, 2, 0);
	p->axes->mean[3] = 1e40;
	cs_prep_load(env, cs_doc_root(saved(env, p, &len)));
}

static void
load_too_many(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);
	size_t		len;

	cs_prep_fit_axes(env, p, rows, 4, 0);
	p->axes->n = 5;
	p->axes->variance = CS_NEW(env, double, 5);
	cs_prep_load(env, cs_doc_root(saved(env, p, &len)));
}

static void
fit_five(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);

	cs_prep_fit_axes(env, p, rows, 5, 0);
}

static void
fit_in_no_memory(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = iris_prep(env, false, &rows);

	cs_prep_fit_axes(env, p, rows, 2, 2 * IRIS_D * IRIS_D * sizeof(double) - 1);
}

static void
test_failures(cs_env *env)
{
	CHECK_FAILS(env, load_long_axis, CS_E_DATA, "damaged");
	CHECK_FAILS(env, load_far_mean, CS_E_DATA, "damaged");
	CHECK_FAILS(env, load_too_many, CS_E_DATA, "damaged");
	CHECK_FAILS(env, fit_five, CS_E_PARAM, "asks for 5 components of 4 coordinates");
	CHECK_FAILS(env, fit_in_no_memory, CS_E_LIMIT, "more memory than is allowed");
}

TESTS(test_iris, test_all_axes, test_share, test_directions, test_constant, test_save, test_failures)
