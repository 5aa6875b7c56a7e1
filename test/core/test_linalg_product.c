/*
 * test_linalg_product.c - products and Gram matrices against plain loops.
 *
 * Tolerances are rounding bounds: a sum of k products of numbers up to 1 is off
 * by at most k eps times k.
 */
#include "dense.h"

static double
bound(size_t k, double eps)
{
	return 4 * (double) (k + 2) * eps * sqrt((double) (k + 2));
}

/* One product in both precisions, with room behind the rows. */
static void
compare(cs_env *env, uint64_t seed, cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k, double alpha, double beta)
{
	size_t		rows_a = op_a == CS_T ? k : m,
				lda = (op_a == CS_T ? m : k) + seed % 3,
				rows_b = op_b == CS_T ? n : k,
				ldb = (op_b == CS_T ? k : n) + seed % 5,
				ldc = n + seed % 4;
	double	   *a = random_matrix(env, seed, rows_a, lda, lda),
			   *b = random_matrix(env, seed + 1, rows_b, ldb, ldb),
			   *c = random_matrix(env, seed + 2, m, n, ldc),
			   *expected = copy_of(env, c, m * ldc);
	float	   *fa = as_floats(env, a, rows_a * lda),
			   *fb = as_floats(env, b, rows_b * ldb),
			   *fc = as_floats(env, c, m * ldc);

	plain_product(op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, expected, ldc);
	cs_product(env, NULL, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
	CHECK_NEAR(largest_difference(c, ldc, expected, ldc, m, n), 0, bound(k, DBL_EPSILON));
	CHECK(fences_stand(c, m, n, ldc));
	cs_productf(env, NULL, op_a, op_b, m, n, k, (float) alpha, fa, lda, fb, ldb, (float) beta, fc, ldc);
	from_floats(c, fc, m * ldc);
	CHECK_NEAR(largest_difference(c, ldc, expected, ldc, m, n), 0, bound(k, FLT_EPSILON));
	CHECK(fences_stand(c, m, n, ldc));
	cs_release(env, a), cs_release(env, b), cs_release(env, c), cs_release(env, expected);
	cs_release(env, fa), cs_release(env, fb), cs_release(env, fc);
}

static void
test_shapes(cs_env *env)
{
	static const double factor[] = {0, 1, -1, 0.5};
	cs_rng		rng;

	cs_rng_init(&rng, 1, 1);
	for (uint64_t i = 0; i < 400; i++)
	{
		size_t		m = draw_size(&rng),
					n = draw_size(&rng),
					k = draw_size(&rng);

		compare(env, i, (cs_op) (i & 1), (cs_op) (i >> 1 & 1), m, n, k, factor[1 + i % 3], factor[i / 2 % 4]);
	}
	for (size_t m = 1; m <= 27; m++)
		compare(env, m, CS_N, CS_N, m, 35 - m, m, 1, 0);
}

/* Beyond the packed panels in each direction: over 1024 columns, 240 rows, 320 terms. */
static void
test_large(cs_env *env)
{
	compare(env, 1, CS_N, CS_N, 5, 1100, 3, 1, 0);
	compare(env, 2, CS_T, CS_N, 300, 9, 331, 1, 1);
	compare(env, 3, CS_N, CS_T, 250, 70, 641, -1, 0);
	compare(env, 4, CS_T, CS_T, 67, 130, 700, 2, -1);
}

/* Few results of many terms: cut into slices. */
static void
test_deep(cs_env *env)
{
	compare(env, 1, CS_T, CS_N, 3, 5, 9000, 1, 0);
	compare(env, 2, CS_N, CS_T, 7, 2, 20011, -1, 0.5);
}

static void
compare_gram(cs_env *env, uint64_t seed, cs_op op, size_t n, size_t k, double alpha, double beta)
{
	size_t		rows = op == CS_T ? k : n,
				lda = (op == CS_T ? n : k) + seed % 3,
				ldc = n + seed % 4;
	double	   *a = random_matrix(env, seed, rows, lda, lda),
			   *c = random_matrix(env, seed + 2, n, n, ldc),
			   *expected;
	float	   *fa = as_floats(env, a, rows * lda),
			   *fc;
	bool		even = true;

	/* what is above the diagonal is not read */
	expected = copy_of(env, c, n * ldc);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
		{
			expected[i * ldc + j] = c[j * ldc + i];
			c[i * ldc + j] = NAN;
		}
	fc = as_floats(env, c, n * ldc);
	plain_product(op, op == CS_T ? CS_N : CS_T, n, n, k, alpha, a, lda, a, lda, beta, expected, ldc);
	cs_gram(env, NULL, op, n, k, alpha, a, lda, beta, c, ldc);
	CHECK_NEAR(largest_difference(c, ldc, expected, ldc, n, n), 0, bound(k, DBL_EPSILON));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			even = even && c[i * ldc + j] == c[j * ldc + i];
	CHECK(even);
	CHECK(fences_stand(c, n, n, ldc));
	cs_gramf(env, NULL, op, n, k, (float) alpha, fa, lda, (float) beta, fc, ldc);
	from_floats(c, fc, n * ldc);
	CHECK_NEAR(largest_difference(c, ldc, expected, ldc, n, n), 0, bound(k, FLT_EPSILON));
	CHECK(fences_stand(c, n, n, ldc));
	cs_release(env, a), cs_release(env, c), cs_release(env, expected);
	cs_release(env, fa), cs_release(env, fc);
}

static void
test_gram(cs_env *env)
{
	cs_rng		rng;

	cs_rng_init(&rng, 2, 1);
	for (uint64_t i = 0; i < 100; i++)
	{
		size_t		n = draw_size(&rng),
					k = draw_size(&rng);

		compare_gram(env, i, (cs_op) (i & 1), n, k, i % 3 ? 1 : -2, i / 2 % 3 ? 0 : 0.5);
	}
	compare_gram(env, 1, CS_T, 290, 330, 1, 0);
	compare_gram(env, 2, CS_N, 13, 8200, 1, 1);
	compare_gram(env, 3, CS_T, 17, 8200, 1, 0);
}

/* What was not a number is no longer one when beta is 0; what is, stays. */
static void
test_not_a_number(cs_env *env)
{
	double		a[] = {NAN, 1},
				b[] = {1, 1},
				c[] = {NAN, NAN, NAN, NAN};

	cs_product(env, NULL, CS_N, CS_N, 2, 2, 1, 1, a, 1, b, 2, 0, c, 2);
	CHECK(isnan(c[0]) && isnan(c[1]) && c[2] == 1 && c[3] == 1);
}

/*
 * An element of a product has the same bits wherever it stands: the product of
 * any part is the part of the product.
 */
static void
test_parts(cs_env *env)
{
	size_t		m = 61,
				n = 83,
				k = 700;
	double	   *a = random_matrix(env, 1, m, k, k),
			   *b = random_matrix(env, 2, k, n, n),
			   *whole = CS_ROOM(env, double, m * n),
			   *part = CS_ROOM(env, double, m * n);
	cs_rng		rng;

	cs_rng_init(&rng, 5, 1);
	cs_product(env, NULL, CS_N, CS_N, m, n, k, 0.7, a, k, b, n, 0, whole, n);
	for (int t = 0; t < 40; t++)
	{
		size_t		i = cs_rng_below(&rng, m),
					j = cs_rng_below(&rng, n),
					rows = 1 + cs_rng_below(&rng, m - i),
					cols = 1 + cs_rng_below(&rng, n - j);

		cs_product(env, NULL, CS_N, CS_N, rows, cols, k, 0.7, a + i * k, k, b + j, n, 0, part, cols);
		CHECK(largest_difference(part, cols, whole + i * n + j, n, rows, cols) == 0);
	}
}

/* All instruction sets against the portable one; those with fused operations agree to the bit. */
static void
test_versions(cs_env *env)
{
	static const char *const names[] = {"portable", "avx2", "avx512"};
	size_t		m = 50,
				n = 70,
				k = 150;
	double	   *a = random_matrix(env, 1, m, k, k),
			   *b = random_matrix(env, 2, k, n, n),
			   *c[3];
	const cs_kernel *mine = env->kernel;

	for (int v = 0; v < 3; v++)
	{
		c[v] = CS_NEW(env, double, m * n);
		env->kernel = cs_kernel_find(names[v]);
		if (env->kernel)
		{
			cs_product(env, NULL, CS_N, CS_N, m, n, k, 1, a, k, b, n, 0, c[v], n);
			CHECK_NEAR(largest_difference(c[v], n, c[0], n, m, n), 0, bound(k, DBL_EPSILON));
		}
	}
	if (cs_kernel_find("avx2") && cs_kernel_find("avx512"))
		CHECK(largest_difference(c[1], n, c[2], n, m, n) == 0);
	env->kernel = mine;
}

/* ---- teams ---- */

typedef struct job
{
	size_t		m;
	size_t		n;
	size_t		k;
	const double *a;
	const double *b;
	double	   *product;		/* results of rank 0 */
	double	   *gram;
	bool		rewound[4];
} job;

static void
multiply(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	size_t		m = j->m,
				n = j->n,
				k = j->k;
	double	   *c = cs_team_alloc(env, team, m * n, sizeof(double)),
			   *g = cs_team_alloc(env, team, n * n, sizeof(double));
	size_t		mark = cs_team_mark(team);

	cs_product(env, team, CS_N, CS_N, m, n, k, 1, j->a, k, j->b, n, 0, c, n);
	cs_product(env, team, CS_N, CS_N, m, n, k, -0.5, j->a, k, j->b, n, 2, c, n);
	cs_gram(env, team, CS_T, n, k, 1, j->b, n, 0, g, n);
	j->rewound[team->rank] = cs_team_mark(team) == mark;
	if (team->rank == team->size - 1)
	{
		memcpy(j->product, c, m * n * sizeof(double));
		memcpy(j->gram, g, n * n * sizeof(double));
	}
}

static void
test_teams(cs_env *env)
{
	static const size_t shape[][3] = {{1, 1, 1}, {70, 90, 40}, {700, 31, 20}, {20, 600, 30}, {9, 11, 17000}};

	for (size_t t = 0; t < sizeof(shape) / sizeof(shape[0]); t++)
	{
		size_t		m = shape[t][0],
					n = shape[t][1],
					k = shape[t][2],
					arena = cs_team_bytes(m * n, sizeof(double)) + cs_team_bytes(n * n, sizeof(double)) +
			cs_product_arena(larger(m, n), n, k, sizeof(double));
		double	   *c = CS_ROOM(env, double, m * n),
				   *g = CS_ROOM(env, double, n * n);
		job			j = {m, n, k, random_matrix(env, 1, m, k, k), random_matrix(env, 2, k, n, n),
		CS_ROOM(env, double, m * n), CS_ROOM(env, double, n * n)};

		cs_product(env, NULL, CS_N, CS_N, m, n, k, 1, j.a, k, j.b, n, 0, c, n);
		cs_product(env, NULL, CS_N, CS_N, m, n, k, -0.5, j.a, k, j.b, n, 2, c, n);
		cs_gram(env, NULL, CS_T, n, k, 1, j.b, n, 0, g, n);
		for (int size = 1; size <= 4; size++)
		{
			memset(j.product, 0xA5, m * n * sizeof(double));
			run_team(env, size, arena, multiply, &j);
			CHECK(memcmp(j.product, c, m * n * sizeof(double)) == 0);
			CHECK(memcmp(j.gram, g, n * n * sizeof(double)) == 0);
			for (int r = 0; r < size; r++)
				CHECK(j.rewound[r]);
		}
	}
}

/* A poll at least every 200 million operations: that many take no CPU 50 ms. */
static void
test_polls(cs_env *env)
{
	size_t		n = 700;
	double	   *a = random_matrix(env, 1, n, n, n),
			   *c = CS_ROOM(env, double, n * n);
	long		before = callbacks_of(env);

	cs_product(env, NULL, CS_N, CS_N, n, n, n, 1, a, n, a, n, 0, c, n);
	CHECK(callbacks_of(env) - before > 2.0 * (double) (n * n * n) / 2e8);
	before = callbacks_of(env);
	cs_gram(env, NULL, CS_T, n, n, 1, a, n, 0, c, n);
	CHECK(callbacks_of(env) - before > (double) (n * n * n) / 2e8);

	/* small ones take nothing from the env but polls */
	before = callbacks_of(env);
	cs_product(env, NULL, CS_N, CS_N, 24, 24, 24, 1, a, n, a, n, 0, c, n);
	CHECK(callbacks_of(env) - before == 1);
}

TESTS_NO_SWEEP(test_shapes, test_large, test_deep, test_gram, test_not_a_number, test_parts, test_versions,
			   test_teams, test_polls)
