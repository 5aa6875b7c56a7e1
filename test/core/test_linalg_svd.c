/*
 * test_linalg_svd.c - QR and singular values: orthogonality, residuals, matrices
 * of known values, operators, teams.
 */
#include "dense.h"

/* ---- QR ---- */

static void
check_qr(cs_env *env, uint64_t seed, size_t m, size_t n, const double *a, size_t lda)
{
	double	   *q = copy_of(env, a, m * lda),
			   *alone = copy_of(env, a, m * lda),
			   *product = CS_ROOM(env, double, m * n),
			   *gram = CS_ROOM(env, double, n * n),
			   *r = random_matrix(env, seed, n, n, n + 1),
				tolerance = (double) larger(n, 10) * DBL_EPSILON;
	bool		upper = true;

	cs_qr(env, NULL, m, n, q, lda, r, n + 1);
	for (size_t i = 0; i < n; i++)
	{
		upper = upper && r[i * (n + 1) + i] >= 0;
		for (size_t j = 0; j < i; j++)
			upper = upper && r[i * (n + 1) + j] == 0;
	}
	CHECK(upper);
	CHECK(fences_stand(r, n, n, n + 1));
	CHECK(memcmp(q + n, a + n, (lda - n) * sizeof(double)) == 0);

	/* the products of the library: test_linalg_product.c has looked at them */
	cs_gram(env, NULL, CS_T, n, m, 1, q, lda, 0, gram, n);
	for (size_t i = 0; i < n; i++)
		gram[i * n + i] -= 1;
	for (size_t i = 0; i < n * n; i++)
		upper = upper && fabs(gram[i]) < 10 * tolerance;
	CHECK(upper);
	cs_product(env, NULL, CS_N, CS_N, m, n, n, 1, q, lda, r, n + 1, 0, product, n);
	CHECK_NEAR(largest_difference(product, n, a, lda, m, n), 0, tolerance * sqrt((double) larger(m, 100)));

	/* without R too */
	cs_qr(env, NULL, m, n, alone, lda, NULL, 0);
	CHECK(memcmp(alone, q, m * lda * sizeof(double)) == 0);
	cs_release(env, q), cs_release(env, alone), cs_release(env, product), cs_release(env, gram), cs_release(env, r);
}

static void
test_qr(cs_env *env)
{
	cs_rng		rng;

	cs_rng_init(&rng, 1, 1);
	for (uint64_t i = 0; i < 80; i++)
	{
		size_t		n = draw_size(&rng),
					m = n + (i % 4 ? draw_size(&rng) : 0),
					ld = n + i % 3;
		double	   *a = random_matrix(env, i, m, ld, ld);

		check_qr(env, i, m, n, a, ld);
		cs_release(env, a);
	}
	/* two and more runs of rows, their triangles in one or again in several runs */
	check_qr(env, 1, 2047, 5, random_matrix(env, 1, 2047, 5, 5), 5);
	check_qr(env, 2, 2048, 5, random_matrix(env, 2, 2048, 6, 6), 6);
	check_qr(env, 3, 5000, 33, random_matrix(env, 3, 5000, 33, 33), 33);
	check_qr(env, 4, 131080, 16, random_matrix(env, 4, 131080, 16, 16), 16);
}

/* Columns that say nothing new, no numbers but zero, and huge and tiny ones. */
static void
test_rank(cs_env *env)
{
	static const double scale[] = {1e200, 1e-200, 1e-300};
	size_t		m = 2500,
				n = 12;
	double	   *a = random_matrix(env, 1, m, n, n),
			   *b = CS_ROOM(env, double, m * n);

	for (size_t i = 0; i < m; i++)
	{
		a[i * n + 3] = a[i * n + 1];
		a[i * n + 7] = 0;
		a[i * n + 8] = a[i * n] - a[i * n + 2];
	}
	check_qr(env, 1, m, n, a, n);
	for (size_t i = 100; i < m; i++)
		memset(a + i * n, 0, n * sizeof(double));
	check_qr(env, 1, m, n, a, n);
	for (int t = 0; t < 3; t++)
	{
		for (size_t i = 0; i < m * n; i++)
			b[i] = a[i] * scale[t];
		cs_qr(env, NULL, m, n, b, n, NULL, 0);
		CHECK_NEAR(not_orthonormal(CS_T, n, m, b, n), 0, 1e-13);
	}
}

/* ---- all singular values ---- */

static void
check_svd(cs_env *env, size_t m, size_t n, const double *a, size_t lda, double size)
{
	size_t		p = m < n ? m : n;
	double	   *u = CS_ROOM(env, double, m * p),
			   *v = CS_ROOM(env, double, n * p),
			   *values = CS_ROOM(env, double, p),
			   *us = CS_ROOM(env, double, m * p),
			   *product = CS_ROOM(env, double, m * n);
	bool		ordered = true;

	cs_svd(env, m, n, a, lda, u, values, v);
	for (size_t j = 0; j < p; j++)
	{
		ordered = ordered && values[j] >= 0 && (j == 0 || values[j] <= values[j - 1]) && cs_fix_sign(v + j, n, p) > 0;
		for (size_t i = 0; i < m; i++)
			us[i * p + j] = u[i * p + j] * values[j];
	}
	CHECK(ordered);
	CHECK_NEAR(not_orthonormal(CS_T, p, m, u, p), 0, 20 * (double) larger(p, 10) * DBL_EPSILON);
	CHECK_NEAR(not_orthonormal(CS_T, p, n, v, p), 0, 20 * (double) larger(p, 10) * DBL_EPSILON);
	plain_product(CS_N, CS_T, m, n, p, 1, us, p, v, p, 0, product, n);
	CHECK_NEAR(largest_difference(product, n, a, lda, m, n) / size, 0, 20 * (double) larger(p, 10) * DBL_EPSILON);
	cs_release(env, u), cs_release(env, v), cs_release(env, values), cs_release(env, us), cs_release(env, product);
}

static void
test_svd(cs_env *env)
{
	cs_rng		rng;
	double	   *a = CS_NEW(env, double, 60 * 40);

	cs_rng_init(&rng, 1, 1);
	for (uint64_t i = 0; i < 40; i++)
	{
		size_t		m = draw_size(&rng),
					n = draw_size(&rng),
					ld = n + i % 3;
		double	   *b = random_matrix(env, i, m, n, ld);

		check_svd(env, m, n, b, ld, 1);
		cs_release(env, b);
	}

	/* nothing, all alike, rank 2, columns of very different size */
	check_svd(env, 60, 40, a, 40, 1);
	for (size_t i = 0; i < 2400; i++)
		a[i] = 1;
	check_svd(env, 60, 40, a, 40, 50);
	for (size_t i = 0; i < 2400; i++)
		a[i] = (double) (i / 40) + (double) (i % 40);
	check_svd(env, 40, 60, a, 60, 2000);
	for (size_t i = 0; i < 2400; i++)
		a[i] = (2 * cs_rng_unit(&rng) - 1) * pow(10, -(double) (i % 40) / 2);
	check_svd(env, 60, 40, a, 40, 1);
	for (size_t i = 0; i < 2400; i++)
		a[i] = a[i] * 1e250;
	check_svd(env, 60, 40, a, 40, 1e250);
}

/*
 * One-sided rotations keep the relative accuracy of small values: those of
 * Hilbert's matrix of 8 are its eigenvalues (from a computation with 50 digits).
 */
static void
test_hilbert(cs_env *env)
{
	double	   *h = hilbert(env, 8),
				u[64],
				v[64],
				values[8],
				product = 1;

	cs_svd(env, 8, 8, h, 8, u, values, v);
	CHECK_NEAR(values[0], 1.6959389969219499, 1e-14);

	/* the product of all is the determinant, 1 / 365356847125734485878112256000000 */
	for (int i = 0; i < 8; i++)
		product *= values[i];
	CHECK_NEAR(product * 365356847125734485878112256000000.0, 1, 1e-5);
}

/* ---- the largest singular values ---- */

/*
 * A matrix of known singular values: random orthonormal columns on both sides.
 * The values come in a, m x n.
 */
static double *
known_matrix(cs_env *env, size_t m, size_t n, const double *values, size_t count, double *u, double *v)
{
	double	   *a = CS_ROOM(env, double, m * n),
			   *us = CS_ROOM(env, double, m * count);

	cs_qr(env, NULL, m, count, u, count, NULL, 0);
	cs_qr(env, NULL, n, count, v, count, NULL, 0);
	for (size_t i = 0; i < m * count; i++)
		us[i] = u[i] * values[i % count];
	plain_product(CS_N, CS_T, m, n, count, 1, us, count, v, count, 0, a, n);
	cs_release(env, us);
	return a;
}

/* Values that halve: 2 power iterations give the first ten to full precision. */
static void
test_random(cs_env *env)
{
	size_t		m = 150,
				n = 110,
				count = 40,
				rank = 10;
	cs_svd_options options = {.rank = rank,.oversample = 10,.iterations = 2,.seed = 7};
	double		known[40],
				values[10],
			   *left = random_matrix(env, 1, m, count, count),
			   *right = random_matrix(env, 2, n, count, count),
			   *u = CS_ROOM(env, double, m * rank),
			   *v = CS_ROOM(env, double, n * rank),
			   *again = CS_ROOM(env, double, n * rank),
			   *a;
	bool		close = true;

	for (size_t i = 0; i < count; i++)
		known[i] = pow(0.5, (double) i);
	a = known_matrix(env, m, n, known, count, left, right);
	cs_svd_random_dense(env, NULL, m, n, a, n, &options, u, values, v);
	for (size_t j = 0; j < rank; j++)
	{
		double		sign = right[j] * v[j] < 0 ? -1 : 1;

		CHECK_NEAR(values[j], known[j], 1e-12);
		CHECK(cs_fix_sign(v + j, n, rank) > 0);
		for (size_t i = 0; i < n; i++)
			close = close && fabs(v[i * rank + j] - sign * right[i * count + j]) < 1e-9;
		for (size_t i = 0; i < m; i++)
			close = close && fabs(u[i * rank + j] - sign * left[i * count + j]) < 1e-9;
	}
	CHECK(close);
	CHECK_NEAR(not_orthonormal(CS_T, rank, m, u, rank), 0, 1e-13);
	CHECK_NEAR(not_orthonormal(CS_T, rank, n, v, rank), 0, 1e-13);

	/* the same seed, the same bits; another one, the same but for rounding */
	cs_svd_random_dense(env, NULL, m, n, a, n, &options, u, values, again);
	CHECK(memcmp(v, again, n * rank * sizeof(double)) == 0);
	options.seed = 8;
	cs_svd_random_dense(env, NULL, m, n, a, n, &options, u, values, again);
	CHECK(memcmp(v, again, n * rank * sizeof(double)) != 0);
	CHECK_NEAR(largest_difference(v, rank, again, rank, n, rank), 0, 1e-9);
}

/* Of rank 3, and 6 values asked for: the others are 0, and all columns orthonormal. */
static void
test_low_rank(cs_env *env)
{
	const double known[] = {5, 2, 1};
	const cs_svd_options options = {.rank = 6,.oversample = 4,.iterations = 1,.seed = 1};
	size_t		m = 70,
				n = 90;
	double	   *u = CS_ROOM(env, double, m * 6),
			   *v = CS_ROOM(env, double, n * 6),
			   *a = known_matrix(env, m, n, known, 3, random_matrix(env, 1, m, 3, 3), random_matrix(env, 2, n, 3, 3)),
				values[6];

	cs_svd_random_dense(env, NULL, m, n, a, n, &options, u, values, v);
	for (int i = 0; i < 6; i++)
		CHECK_NEAR(values[i], i < 3 ? known[i] : 0, 1e-14);
	CHECK_NEAR(not_orthonormal(CS_T, 6, m, u, 6), 0, 1e-13);
	CHECK_NEAR(not_orthonormal(CS_T, 6, n, v, 6), 0, 1e-13);
}

/*
 * The bound of Halko, Martinsson and Tropp, theorem 10.6 and section 10.4: values
 * that hardly fall are found within a few per cent, and never too large.
 */
static void
test_slow_decay(cs_env *env)
{
	const cs_svd_options options = {.rank = 8,.oversample = 10,.iterations = 4,.seed = 3};
	size_t		m = 120,
				n = 100;
	double	   *a = random_matrix(env, 1, m, n, n),
			   *u = CS_ROOM(env, double, m * n),
			   *v = CS_ROOM(env, double, n * n),
			   *all = CS_ROOM(env, double, n),
				values[8];

	cs_svd(env, m, n, a, n, u, all, v);
	cs_svd_random_dense(env, NULL, m, n, a, n, &options, u, values, v);
	for (int i = 0; i < 8; i++)
		CHECK(values[i] <= all[i] * (1 + 1e-12) && values[i] > 0.97 * all[i]);
}

/* ---- operators and teams ---- */

/* A sparse matrix by rows. */
typedef struct sparse
{
	size_t		rows;
	size_t		cols;
	size_t	   *start;
	size_t	   *col;
	double	   *value;
} sparse;

#define ROWS ((size_t) 8500)
#define COLS ((size_t) 61)
#define FILLED ((size_t) 3)
#define RANK ((size_t) 7)

static sparse
random_sparse(cs_env *env)
{
	sparse		s = {ROWS, COLS, CS_NEW(env, size_t, ROWS + 1), CS_NEW(env, size_t, ROWS * FILLED),
	CS_NEW(env, double, ROWS * FILLED)};
	cs_rng		rng;

	cs_rng_init(&rng, 4, 4);
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < FILLED; j++)
		{
			s.col[i * FILLED + j] = j * 20 + cs_rng_below(&rng, 20);
			s.value[i * FILLED + j] = cs_rng_unit(&rng);
		}
	for (size_t i = 0; i <= ROWS; i++)
		s.start[i] = i * FILLED;
	return s;
}

static void
sparse_apply(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const sparse *s = arg;
	size_t		rank = team ? (size_t) team->rank : 0,
				size = team ? (size_t) team->size : 1;

	cs_poll(env);
	for (size_t i = rank; i < s->rows; i += size)
	{
		memset(y + i * k, 0, k * sizeof(double));
		for (size_t p = s->start[i]; p < s->start[i + 1]; p++)
			for (size_t j = 0; j < k; j++)
				y[i * k + j] += s->value[p] * x[s->col[p] * k + j];
	}
}

static void
sparse_apply_transposed(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const sparse *s = arg;

	cs_poll(env);
	if (team && team->rank > 0)
		return;
	memset(y, 0, s->cols * k * sizeof(double));
	for (size_t i = 0; i < s->rows; i++)
		for (size_t p = s->start[i]; p < s->start[i + 1]; p++)
			for (size_t j = 0; j < k; j++)
				y[s->col[p] * k + j] += s->value[p] * x[i * k + j];
}

static const cs_svd_options team_options = {.rank = RANK,.oversample = 6,.iterations = 2,.seed = 11};

typedef struct job
{
	sparse	   *s;
	double	   *dense;
	double		values[2][RANK];
	double	   *u[2];
	double	   *v[2];
	double	   *q;
	double		r[RANK * RANK];
} job;

/* Twice, of the operator and of the same matrix written out, and a QR. */
static void
decompose(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	cs_operator op = {ROWS, COLS, j->s, sparse_apply, sparse_apply_transposed};
	double	   *u = cs_team_alloc(env, team, ROWS * RANK, sizeof(double)),
			   *v = cs_team_alloc(env, team, COLS * RANK, sizeof(double)),
			   *values = cs_team_alloc(env, team, RANK, sizeof(double)),
			   *r = cs_team_alloc(env, team, RANK * RANK, sizeof(double));

	for (int i = 0; i < 2; i++)
	{
		if (i == 0)
			cs_svd_random(env, team, &op, &team_options, u, values, v);
		else
			cs_svd_random_dense(env, team, ROWS, COLS, j->dense, COLS, &team_options, u, values, v);
		if (team->rank == team->size - 1)
		{
			memcpy(j->u[i], u, ROWS * RANK * sizeof(double));
			memcpy(j->v[i], v, COLS * RANK * sizeof(double));
			memcpy(j->values[i], values, sizeof(j->values[i]));
		}
		cs_team_barrier(team);
	}
	if (team->rank == 0)
		for (size_t i = 0; i < ROWS; i++)
			memcpy(u + i * RANK, j->dense + i * COLS, RANK * sizeof(double));
	cs_team_barrier(team);
	cs_qr(env, team, ROWS, RANK, u, RANK, r, RANK);
	if (team->rank == team->size - 1)
	{
		memcpy(j->q, u, ROWS * RANK * sizeof(double));
		memcpy(j->r, r, sizeof(j->r));
	}
}

static job
new_job(cs_env *env, sparse *s, double *written)
{
	job			j = {.s = s,.dense = written,.q = CS_ROOM(env, double, ROWS * RANK)};

	for (int i = 0; i < 2; i++)
	{
		j.u[i] = CS_ROOM(env, double, ROWS * RANK);
		j.v[i] = CS_ROOM(env, double, COLS * RANK);
	}
	return j;
}

static void
test_teams(cs_env *env)
{
	sparse		s = random_sparse(env);
	double	   *written = CS_NEW(env, double, ROWS * COLS),
			   *all = CS_ROOM(env, double, COLS),
			   *u = CS_ROOM(env, double, ROWS * COLS),
			   *v = CS_ROOM(env, double, COLS * COLS);
	job			first = new_job(env, &s, written),
				j = new_job(env, &s, written);
	size_t		arena = cs_svd_random_arena(ROWS, COLS, &team_options) + cs_team_bytes(ROWS * RANK, sizeof(double)) +
		cs_team_bytes(COLS * RANK, sizeof(double)) + cs_team_bytes(RANK, sizeof(double)) +
		cs_team_bytes(RANK * RANK, sizeof(double)) + cs_product_arena(COLS, 13, ROWS, sizeof(double));

	for (size_t i = 0; i < ROWS; i++)
		for (size_t p = s.start[i]; p < s.start[i + 1]; p++)
			written[i * COLS + s.col[p]] += s.value[p];
	run_team(env, 1, arena, decompose, &first);

	/* never above the true values */
	cs_svd(env, ROWS, COLS, written, COLS, u, all, v);
	for (size_t i = 0; i < RANK; i++)
	{
		CHECK(first.values[0][i] <= all[i] * (1 + 1e-12) && first.values[0][i] > 0.9 * all[i]);
		CHECK_NEAR(first.values[0][i], first.values[1][i], 1e-10);
	}
	for (int size = 2; size <= 4; size++)
	{
		run_team(env, size, arena, decompose, &j);
		for (int i = 0; i < 2; i++)
		{
			CHECK(memcmp(j.u[i], first.u[i], ROWS * RANK * sizeof(double)) == 0);
			CHECK(memcmp(j.v[i], first.v[i], COLS * RANK * sizeof(double)) == 0);
			CHECK(memcmp(j.values[i], first.values[i], sizeof(j.values[i])) == 0);
		}
		CHECK(memcmp(j.q, first.q, ROWS * RANK * sizeof(double)) == 0);
		CHECK(memcmp(j.r, first.r, sizeof(j.r)) == 0);
	}
}

static void
test_polls(cs_env *env)
{
	double	   *a = random_matrix(env, 1, 9000, 60, 60),
			   *u = CS_ROOM(env, double, 300 * 300),
			   *v = CS_ROOM(env, double, 300 * 300),
			   *values = CS_ROOM(env, double, 300);
	long		before = callbacks_of(env);

	/* one a column of a run at least */
	cs_qr(env, NULL, 9000, 60, a, 60, NULL, 0);
	CHECK(callbacks_of(env) - before > 8 * 60);
	before = callbacks_of(env);
	cs_svd(env, 300, 300, a, 300, u, values, v);
	CHECK(callbacks_of(env) - before > 300 * 5);
}

TESTS_NO_SWEEP(test_qr, test_rank, test_svd, test_hilbert, test_random, test_low_rank, test_slow_decay, test_teams,
			   test_polls)
