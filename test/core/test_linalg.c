/*
 * test_linalg.c - dense linear algebra on values known by hand or published, with
 * failures injected everywhere; the other test_linalg_*.c compare it with plain
 * loops on random matrices.
 */
#include "dense.h"

/* [1 2; 3 4] [5 6; 7 8] = [19 22; 43 50] */
static void
test_product(cs_env *env)
{
	const double a[] = {1, 2, 3, 4},
				b[] = {5, 6, 7, 8};
	const float af[] = {1, 2, 3, 4},
				bf[] = {5, 6, 7, 8};
	double		c[4] = {NAN, NAN, NAN, NAN};
	float		cf[4] = {1, 1, 1, 1};

	cs_product(env, NULL, CS_N, CS_N, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2);
	CHECK(c[0] == 19 && c[1] == 22 && c[2] == 43 && c[3] == 50);
	cs_product(env, NULL, CS_T, CS_N, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2);
	CHECK(c[0] == 26 && c[1] == 30 && c[2] == 38 && c[3] == 44);
	cs_product(env, NULL, CS_N, CS_T, 2, 2, 2, 1, a, 2, b, 2, 0, c, 2);
	CHECK(c[0] == 17 && c[1] == 23 && c[2] == 39 && c[3] == 53);
	cs_product(env, NULL, CS_T, CS_T, 2, 2, 2, 2, a, 2, b, 2, -1, c, 2);
	CHECK(c[0] == 46 - 17 && c[1] == 62 - 23 && c[2] == 68 - 39 && c[3] == 92 - 53);
	cs_productf(env, NULL, CS_N, CS_N, 2, 2, 2, 2, af, 2, bf, 2, 3, cf, 2);
	CHECK(cf[0] == 41 && cf[1] == 47 && cf[2] == 89 && cf[3] == 103);

	/* no terms: only beta counts; nothing at all: nothing happens */
	cs_product(env, NULL, CS_N, CS_N, 2, 2, 0, 1, a, 2, b, 2, 2, c, 2);
	CHECK(c[0] == 58 && c[3] == 78);
	cs_product(env, NULL, CS_N, CS_N, 2, 2, 0, 1, a, 2, b, 2, 0, c, 2);
	CHECK(c[0] == 0 && c[1] == 0 && c[2] == 0 && c[3] == 0);
	cs_product(env, NULL, CS_N, CS_N, 0, 2, 2, 1, a, 2, b, 2, 0, c, 2);
	cs_product(env, NULL, CS_N, CS_N, 2, 0, 2, 1, a, 2, b, 2, 0, c, 2);
	CHECK(c[0] == 0 && c[3] == 0);
}

static void
test_gram(cs_env *env)
{
	const double a[] = {1, 2, 3, 4, 5, 6};	/* 2 x 3 */
	const float af[] = {1, 2, 3, 4, 5, 6};
	double		c[9],
				d[4] = {1, 99, 2, 3};	/* 99: not read */
	float		cf[9];
	bool		same = true;

	cs_gram(env, NULL, CS_T, 3, 2, 1, a, 3, 0, c, 3);
	CHECK(c[0] == 17 && c[1] == 22 && c[2] == 27 && c[4] == 29 && c[5] == 36 && c[8] == 45);
	CHECK(c[3] == 22 && c[6] == 27 && c[7] == 36);
	cs_gram(env, NULL, CS_N, 2, 3, 2, a, 3, 10, d, 2);
	CHECK(d[0] == 28 + 10 && d[1] == 64 + 20 && d[2] == 64 + 20 && d[3] == 154 + 30);
	cs_gramf(env, NULL, CS_T, 3, 2, 1, af, 3, 0, cf, 3);
	for (int i = 0; i < 9; i++)
		same = same && (double) cf[i] == c[i];
	CHECK(same);
}

/* [2 0; 1 4] in all eight positions against b = (2, 9) or its like. */
static void
test_solve(cs_env *env)
{
	const double t[] = {2, 77, 1, 4},	/* lower; 77 is not read */
				u[] = {2, 1, 77, 4};	/* the same transposed */
	const cs_shape shape[] = {CS_LOWER, CS_UPPER};
	const double *m[] = {t, u};

	for (int s = 0; s < 2; s++)
		for (int side = 0; side < 2; side++)
		{
			/* lower as it is from the left: 2 x = 2, x + 4 y = 9 */
			double		b[] = {2, 9},
						c[] = {6, 8};
			cs_op		straight = (shape[s] == CS_LOWER) == (side == CS_LEFT) ? CS_N : CS_T,
						other = straight == CS_N ? CS_T : CS_N;

			cs_solve_triangular(env, NULL, (cs_side) side, shape[s], straight, 2, 1, m[s], 2, b, side == CS_LEFT ? 1 : 2);
			CHECK(b[0] == 1 && b[1] == 2);

			/* transposed: 2 x + y = 6, 4 y = 8 */
			cs_solve_triangular(env, NULL, (cs_side) side, shape[s], other, 2, 1, m[s], 2, c, side == CS_LEFT ? 1 : 2);
			CHECK(c[0] == 2 && c[1] == 2);
		}
}

/* The example of every textbook: [4 12 -16; 12 37 -43; -16 -43 98] = LL', L = [2; 6 1; -8 5 3]. */
static void
test_cholesky(cs_env *env)
{
	const double a[] = {4, 0, 0, 12, 37, 0, -16, -43, 98};
	double		l[9],
				b[] = {4, 1, 12, 0, -16, 0},
				x[9];
	float		lf[9];

	memcpy(l, a, sizeof(l));
	l[1] = l[2] = l[5] = 55;
	CHECK(cs_cholesky(env, NULL, 3, l, 3) == -1);
	CHECK(l[0] == 2 && l[3] == 6 && l[4] == 1 && l[6] == -8 && l[7] == 5 && l[8] == 3);
	CHECK(l[1] == 0 && l[2] == 0 && l[5] == 0);

	/* its inverse is [1777/36; -122/9 34/9; 19/9 -5/9 1/9] */
	cs_cholesky_solve(env, NULL, 3, 2, l, 3, b, 2);
	CHECK_NEAR(b[0], 1, 1e-12);
	CHECK_NEAR(b[2], 0, 1e-12);
	CHECK_NEAR(b[4], 0, 1e-12);
	CHECK_NEAR(b[1], 1777.0 / 36, 1e-11);
	CHECK_NEAR(b[3], -122.0 / 9, 1e-11);
	CHECK_NEAR(b[5], 19.0 / 9, 1e-11);
	memcpy(x, a, sizeof(x));
	CHECK(cs_spd_inverse(env, NULL, 3, x, 3) == -1);
	CHECK_NEAR(x[0], 1777.0 / 36, 1e-11);
	CHECK_NEAR(x[3], -122.0 / 9, 1e-11);
	CHECK_NEAR(x[4], 34.0 / 9, 1e-12);
	CHECK_NEAR(x[8], 1.0 / 9, 1e-13);
	CHECK(x[1] == x[3] && x[2] == x[6] && x[5] == x[7]);

	for (int i = 0; i < 9; i++)
		lf[i] = (float) a[i];
	CHECK(cs_choleskyf(env, NULL, 3, lf, 3) == -1);
	CHECK(lf[0] == 2 && lf[3] == 6 && lf[4] == 1 && lf[6] == -8 && lf[7] == 5 && lf[8] == 3);
}

/* The pivot that fails is named; what is not a number is never definite. */
static void
test_not_definite(cs_env *env)
{
	double		a[] = {1, 2, 2, 4},
				b[] = {1, 0, 0, 0, -1, 0, 0, 0, 1},
				c[] = {4, 0, 2, NAN},
				d[] = {INFINITY},
				zero[] = {0};
	float		f[] = {1, 0, 3, 1};

	CHECK(cs_cholesky(env, NULL, 2, a, 2) == 1);
	CHECK(cs_cholesky(env, NULL, 3, b, 3) == 1);
	CHECK(cs_cholesky(env, NULL, 2, c, 2) == 1);
	CHECK(cs_cholesky(env, NULL, 1, d, 1) == 0);
	CHECK(cs_spd_inverse(env, NULL, 1, zero, 1) == 0);
	CHECK(cs_choleskyf(env, NULL, 2, f, 2) == 1);
	CHECK(cs_cholesky(env, NULL, 0, NULL, 0) == -1);
	CHECK(cs_spd_inverse(env, NULL, 0, NULL, 0) == -1);
}

/* [2 1 0; 1 2 1; 0 1 2] has the values 2 + sqrt(2), 2, 2 - sqrt(2). */
static void
test_eigen(cs_env *env)
{
	double		a[] = {2, 9, 9, 1, 2, 9, 0, 1, 2},	/* 9: not read */
				one[] = {-7},
				zero[4] = {0},
				values[3],
				x[9],
				r = sqrt(2);

	cs_eigen_symmetric(env, 3, a, 3, values, x, 3);
	CHECK_NEAR(values[0], 2 + r, 1e-14);
	CHECK_NEAR(values[1], 2, 1e-14);
	CHECK_NEAR(values[2], 2 - r, 1e-14);
	CHECK_NEAR(x[0], 0.5, 1e-14);
	CHECK_NEAR(x[1], r / 2, 1e-14);
	CHECK_NEAR(x[2], 0.5, 1e-14);
	CHECK_NEAR(x[3], r / 2, 1e-14);	/* the first of two alike is positive */
	CHECK_NEAR(x[4], 0, 1e-14);
	CHECK_NEAR(x[5], -r / 2, 1e-14);
	CHECK_NEAR(x[7], r / 2, 1e-14);

	cs_eigen_symmetric(env, 1, one, 1, values, x, 1);
	CHECK(values[0] == -7 && x[0] == 1);
	cs_eigen_symmetric(env, 2, zero, 2, values, x, 2);
	CHECK(values[0] == 0 && values[1] == 0);
	CHECK(not_orthonormal(CS_N, 2, 2, x, 2) == 0);
	cs_eigen_symmetric(env, 0, NULL, 0, NULL, NULL, 0);
}

/* A = [3 1; 4 2; 0 2]: R = [5 11/5; 0 sqrt(9 - 121/25)]. */
static void
test_qr(cs_env *env)
{
	double		a[] = {3, 1, 4, 2, 0, 2},
				zero[6] = {0},
				r[4],
				last = sqrt(9 - 4.84);

	cs_qr(env, NULL, 3, 2, a, 2, r, 2);
	CHECK_NEAR(r[0], 5, 1e-14);
	CHECK_NEAR(r[1], 2.2, 1e-14);
	CHECK(r[2] == 0);
	CHECK_NEAR(r[3], last, 1e-14);
	CHECK_NEAR(a[0], 0.6, 1e-15);
	CHECK_NEAR(a[2], 0.8, 1e-15);
	CHECK_NEAR(a[4], 0, 1e-15);
	CHECK_NEAR(a[5], 2 / last, 1e-14);

	/* of nothing too there is an orthonormal basis */
	cs_qr(env, NULL, 3, 2, zero, 2, r, 2);
	CHECK(r[0] == 0 && r[1] == 0 && r[2] == 0 && r[3] == 0);
	CHECK(not_orthonormal(CS_T, 2, 3, zero, 2) == 0);
}

/* A = [3 0; 4 5]: values sqrt(45) and sqrt(5), v = (1, 1) and (1, -1) / sqrt(2). */
static void
test_svd(cs_env *env)
{
	const double a[] = {3, 0, 4, 5},
				zero[6] = {0};
	const cs_svd_options options = {.rank = 1,.oversample = 1,.iterations = 1,.seed = 1};
	double		u[6],
				v[4],
				values[2],
				h = sqrt(0.5);

	cs_svd(env, 2, 2, a, 2, u, values, v);
	CHECK_NEAR(values[0], sqrt(45), 1e-14);
	CHECK_NEAR(values[1], sqrt(5), 1e-14);
	CHECK_NEAR(v[0], h, 1e-14);
	CHECK_NEAR(v[2], h, 1e-14);
	CHECK_NEAR(v[1], h, 1e-14);
	CHECK_NEAR(v[3], -h, 1e-14);
	CHECK_NEAR(u[0], 1 / sqrt(10), 1e-14);
	CHECK_NEAR(u[2], 3 / sqrt(10), 1e-14);
	CHECK_NEAR(u[1], 3 / sqrt(10), 1e-14);
	CHECK_NEAR(u[3], -1 / sqrt(10), 1e-14);

	/* as many columns as there are: exact */
	cs_svd_random_dense(env, NULL, 2, 2, a, 2, &options, u, values, v);
	CHECK_NEAR(values[0], sqrt(45), 1e-14);
	CHECK_NEAR(v[0], h, 1e-14);
	CHECK_NEAR(u[1], 3 / sqrt(10), 1e-14);

	cs_svd(env, 3, 2, zero, 2, u, values, v);
	CHECK(values[0] == 0 && values[1] == 0);
	CHECK_NEAR(not_orthonormal(CS_T, 2, 3, u, 2), 0, 1e-15);
	CHECK_NEAR(not_orthonormal(CS_T, 2, 2, v, 2), 0, 1e-15);
}

static void
eigen_of_nan(cs_env *env)
{
	double		a[] = {1, 0, NAN, 1},
				values[2];

	cs_eigen_symmetric(env, 2, a, 2, values, NULL, 0);
}

static void
svd_of_infinity(cs_env *env)
{
	const double a[] = {1, 0, INFINITY, 1};
	double		u[4],
				v[4],
				values[2];

	cs_svd(env, 2, 2, a, 2, u, values, v);
}

static void
too_many_values(cs_env *env)
{
	const double a[] = {1, 0, 1, 1};
	const cs_svd_options options = {.rank = 3};
	double		u[6],
				v[6],
				values[3];

	cs_svd_random_dense(env, NULL, 2, 2, a, 2, &options, u, values, v);
}

static void
lying_qr(cs_env *env)
{
	double		a[] = {1, 2};

	cs_qr(env, NULL, 1, 2, a, 2, NULL, 0);
}

static void
test_failures(cs_env *env)
{
	CHECK_FAILS(env, eigen_of_nan, CS_E_NUMERIC, "matrix has elements that are not finite");
	CHECK_FAILS(env, svd_of_infinity, CS_E_NUMERIC, "matrix has elements that are not finite");
	CHECK_FAILS(env, too_many_values, CS_E_PARAM, "more singular values are asked for than the matrix has");
	CHECK_FAILS(env, lying_qr, CS_E_INTERNAL, "QR needs at least as many rows as columns");
}

/* The sign is that of the largest element; of two alike, within 1e-6, the first one's. */
static void
test_signs(cs_env *env)
{
	const double x[] = {1, -3, 2},
				alike[] = {-1, 1 + 1e-9, 0.5},
				zero[] = {0, 0},
				columns[] = {1, -1, -2, 5};

	(void) env;
	CHECK(cs_fix_sign(x, 3, 1) == -1);
	CHECK(cs_fix_sign(alike, 3, 1) == -1);
	CHECK(cs_fix_sign(zero, 2, 1) == 1);
	CHECK(cs_fix_sign(columns, 2, 2) == -1 && cs_fix_sign(columns + 1, 2, 2) == 1);
}

TESTS(test_product, test_gram, test_solve, test_cholesky, test_not_definite, test_eigen, test_qr, test_svd,
	  test_failures, test_signs)
