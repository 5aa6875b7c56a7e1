/*
 * test_linalg_eigen.c - eigenvectors of symmetric matrices: residuals and
 * orthogonality on random matrices, matrices whose values are known.
 */
#include "dense.h"

/* Rows of x are orthonormal, a x' = x' values, values descend, signs are right. */
static void
check_eigen(cs_env *env, size_t n, const double *a, size_t lda, const double *values, const double *x, size_t ldx,
			double size)
{
	double	   *ax = CS_ROOM(env, double, n * n);
	double		most = 0;
	bool		ordered = true;

	plain_product(CS_N, CS_T, n, n, n, 1, x, ldx, a, lda, 0, ax, n);
	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < n; j++)
			most = fmax(most, fabs(ax[i * n + j] - values[i] * x[i * ldx + j]));
		ordered = ordered && (i == 0 || values[i] <= values[i - 1]) && cs_fix_sign(x + i * ldx, n, 1) > 0;
	}
	CHECK(ordered);
	CHECK_NEAR(most / size, 0, 20 * (double) n * DBL_EPSILON);
	CHECK_NEAR(not_orthonormal(CS_N, n, n, x, ldx), 0, 20 * (double) n * DBL_EPSILON);
	cs_release(env, ax);
}

/* A is symmetric; only its lower triangle goes in. */
static void
decompose(cs_env *env, size_t n, const double *a, size_t lda, double size)
{
	size_t		ldx = n + 2;
	double	   *work = copy_of(env, a, n * lda),
			   *values = CS_ROOM(env, double, n),
			   *alone = CS_ROOM(env, double, n),
			   *x = random_matrix(env, 1, n, n, ldx);

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			work[i * lda + j] = NAN;
	cs_eigen_symmetric(env, n, work, lda, values, x, ldx);
	CHECK(fences_stand(x, n, n, ldx));
	check_eigen(env, n, a, lda, values, x, ldx, size);

	/* the values alone are the same */
	memcpy(work, a, n * lda * sizeof(double));
	cs_eigen_symmetric(env, n, work, lda, alone, NULL, 0);
	CHECK(memcmp(values, alone, n * sizeof(double)) == 0);
	cs_release(env, work), cs_release(env, values), cs_release(env, alone), cs_release(env, x);
}

static void
test_random(cs_env *env)
{
	for (size_t t = 0; t < EDGES; t++)
	{
		size_t		n = edge_sizes[t],
					ld = n + t % 3;
		double	   *a = random_matrix(env, t, n, n, ld);

		for (size_t i = 0; i < n; i++)
			for (size_t j = i + 1; j < n; j++)
				a[i * ld + j] = a[j * ld + i];
		decompose(env, n, a, ld, sqrt((double) n));
		cs_release(env, a);
	}
}

/* Many equal values, none at all, one direction only, blocks that know nothing of each other. */
static void
test_degenerate(cs_env *env)
{
	size_t		n = 70;
	double	   *a = CS_NEW(env, double, n * n);

	decompose(env, n, a, n, 1);
	for (size_t i = 0; i < n; i++)
		a[i * n + i] = 3;
	decompose(env, n, a, n, 3);
	for (size_t i = 0; i < n * n; i++)
		a[i] = 1;
	decompose(env, n, a, n, (double) n);
	memset(a, 0, n * n * sizeof(double));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (i / 10 == j / 10)
				a[i * n + j] = 1 / (double) (1 + i + j);
	decompose(env, n, a, n, 1);
}

/* From the largest to the smallest numbers that there are. */
static void
test_scale(cs_env *env)
{
	static const double scale[] = {1e300, 1e-300, 1e150, 1e-150};
	size_t		n = 20;
	double	   *a = CS_ROOM(env, double, n * n),
			   *values = CS_ROOM(env, double, n),
			   *scaled = CS_ROOM(env, double, n);

	for (size_t i = 0; i < n * n; i++)
		a[i] = 1 / (double) (1 + i / n + i % n);
	cs_eigen_symmetric(env, n, a, n, values, NULL, 0);
	for (int t = 0; t < 4; t++)
	{
		for (size_t i = 0; i < n * n; i++)
			a[i] = scale[t] / (double) (1 + i / n + i % n);
		cs_eigen_symmetric(env, n, a, n, scaled, NULL, 0);
		for (size_t i = 0; i < n; i++)
			CHECK_NEAR(scaled[i] / scale[t], values[i], 1e-14);
	}
}

/*
 * The second difference matrix (2 on the diagonal, -1 beside it) has the values
 * 2 - 2 cos(k pi / (n + 1)) and vectors sin(i k pi / (n + 1)).
 */
static void
test_second_difference(cs_env *env)
{
	const double pi = 3.14159265358979323846;
	size_t		n = 120;
	double	   *a = CS_NEW(env, double, n * n),
			   *values = CS_ROOM(env, double, n),
			   *x = CS_ROOM(env, double, n * n);

	for (size_t i = 0; i < n; i++)
	{
		a[i * n + i] = 2;
		if (i > 0)
			a[i * n + i - 1] = -1;
	}
	cs_eigen_symmetric(env, n, a, n, values, x, n);
	for (size_t k = 0; k < n; k++)
	{
		double		angle = (double) (n - k) * pi / (double) (n + 1),
					sign = 0;
		bool		close = true;

		CHECK_NEAR(values[k], 2 - 2 * cos(angle), 1e-14);
		for (size_t i = 0; i < n; i++)
		{
			double		expected = sqrt(2 / (double) (n + 1)) * sin((double) (i + 1) * angle);

			if (sign == 0)
				sign = expected * x[k * n + i] < 0 ? -1 : 1;
			close = close && fabs(x[k * n + i] - sign * expected) < 1e-11;
		}
		CHECK(close);
	}
}

/*
 * Wilkinson's W21+ (diagonal 10, 9, ..., 0, ..., 9, 10, ones beside it): its two
 * largest values agree to 14 digits, 10.746194182903322... and ...393 (Wilkinson,
 * The Algebraic Eigenvalue Problem, 1965, p. 309).  And the values of Hilbert's
 * 4 x 4 matrix, known to more digits than doubles have.
 */
static void
test_published(cs_env *env)
{
	static const double of_hilbert[] = {1.5002142800592426, 0.16914122022144999, 0.0067382736057607477,
	0.000096702304022586886};
	double		w[21 * 21] = {0},
				values[21],
				x[21 * 21],
			   *h = hilbert(env, 4);

	for (int i = 0; i < 21; i++)
	{
		w[i * 21 + i] = abs(10 - i);
		if (i > 0)
			w[i * 21 + i - 1] = 1;
	}
	cs_eigen_symmetric(env, 21, w, 21, values, x, 21);
	CHECK_NEAR(values[0], 10.746194182903393, 2e-14);
	CHECK_NEAR(values[1], 10.746194182903322, 2e-14);
	CHECK_NEAR(values[20], -1.125441522119985, 2e-14);
	CHECK_NEAR(not_orthonormal(CS_N, 21, 21, x, 21), 0, 1e-14);
	cs_eigen_symmetric(env, 4, h, 4, values, NULL, 0);
	for (int i = 0; i < 4; i++)
		CHECK_NEAR(values[i], of_hilbert[i], 1e-15);
}

static void
test_versions(cs_env *env)
{
	size_t		n = 90;
	double	   *a = random_matrix(env, 1, n, n, n),
			   *b = copy_of(env, a, n * n),
			   *values = CS_ROOM(env, double, n),
			   *portable = CS_ROOM(env, double, n),
			   *x = CS_ROOM(env, double, n * n),
			   *y = CS_ROOM(env, double, n * n);
	const cs_kernel *mine = env->kernel;

	cs_eigen_symmetric(env, n, a, n, values, x, n);
	env->kernel = cs_kernel_find("portable");
	cs_eigen_symmetric(env, n, b, n, portable, y, n);
	env->kernel = mine;
	CHECK_NEAR(largest_difference(values, n, portable, n, 1, n), 0, 1e-13);
	CHECK_NEAR(largest_difference(x, n, y, n, n, n), 0, 1e-11);
}

static void
test_polls(cs_env *env)
{
	size_t		n = 400;
	double	   *a = random_matrix(env, 1, n, n, n),
			   *values = CS_ROOM(env, double, n),
			   *x = CS_ROOM(env, double, n * n);
	long		before = callbacks_of(env);

	cs_eigen_symmetric(env, n, a, n, values, x, n);
	CHECK(callbacks_of(env) - before > 2 * (long) n);
}

TESTS_NO_SWEEP(test_random, test_degenerate, test_scale, test_second_difference, test_published, test_versions,
			   test_polls)
