/*
 * test_linalg_factor.c - triangular systems, Cholesky factors and inverses: plain
 * loops, properties, Hilbert's matrix, teams.
 */
#include "dense.h"

/* ---- triangular systems ---- */

/*
 * Random right-hand sides are made from known unknowns by the plain product, then
 * solved.  The diagonal dominates, so that the unknowns are well determined.
 */
static void
compare_solve(cs_env *env, uint64_t seed, cs_side side, cs_shape shape, cs_op op, size_t n, size_t m)
{
	size_t		ldt = n + seed % 3,
				rows = side == CS_LEFT ? n : m,
				cols = side == CS_LEFT ? m : n,
				ldb = cols + seed % 4;
	double	   *t = random_matrix(env, seed, n, n, ldt),
			   *x = random_matrix(env, seed + 1, rows, cols, ldb),
			   *b = copy_of(env, x, rows * ldb);
	float	   *ft,
			   *fb;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (i == j)
				t[i * ldt + j] = 2 + t[i * ldt + j];
			else
				t[i * ldt + j] = (j < i) == (shape == CS_LOWER) ? t[i * ldt + j] / (double) n : 0;
	if (side == CS_LEFT)
		plain_product(op, CS_N, n, m, n, 1, t, ldt, x, ldb, 0, b, ldb);
	else
		plain_product(CS_N, op, m, n, n, 1, x, ldb, t, ldt, 0, b, ldb);

	/* the other triangle is not read */
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			if (i != j && (j < i) != (shape == CS_LOWER))
				t[i * ldt + j] = NAN;
	ft = as_floats(env, t, n * ldt);
	fb = as_floats(env, b, rows * ldb);
	cs_solve_triangular(env, NULL, side, shape, op, n, m, t, ldt, b, ldb);
	CHECK_NEAR(largest_difference(b, ldb, x, ldb, rows, cols), 0, 1e-13);
	CHECK(fences_stand(b, rows, cols, ldb));
	cs_solve_triangularf(env, NULL, side, shape, op, n, m, ft, ldt, fb, ldb);
	from_floats(b, fb, rows * ldb);
	CHECK_NEAR(largest_difference(b, ldb, x, ldb, rows, cols), 0, 1e-4);
	CHECK(fences_stand(b, rows, cols, ldb));
	cs_release(env, t), cs_release(env, x), cs_release(env, b);
	cs_release(env, ft), cs_release(env, fb);
}

static void
test_solve(cs_env *env)
{
	cs_rng		rng;

	cs_rng_init(&rng, 1, 1);
	for (uint64_t i = 0; i < 160; i++)
	{
		size_t		n = draw_size(&rng),
					m = draw_size(&rng);

		compare_solve(env, i, (cs_side) (i & 1), (cs_shape) (i >> 1 & 1), (cs_op) (i >> 2 & 1), n, m);
	}
	for (unsigned i = 0; i < 8; i++)
		compare_solve(env, i, (cs_side) (i & 1), (cs_shape) (i >> 1 & 1), (cs_op) (i >> 2 & 1), 261, 1 + i * 20);
}

/* ---- Cholesky ---- */

static void
compare_cholesky(cs_env *env, uint64_t seed, size_t n)
{
	size_t		ld = n + seed % 3,
				rhs = 1 + seed % 3;
	double	   *a = random_spd(env, seed, n, ld),
			   *l = copy_of(env, a, n * ld),
			   *product = copy_of(env, a, n * ld),
			   *x = random_matrix(env, seed, n, rhs, rhs),
			   *b = copy_of(env, x, n * rhs);
	float	   *f;
	bool		lower = true;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			l[i * ld + j] = NAN;
	f = as_floats(env, l, n * ld);
	CHECK(cs_cholesky(env, NULL, n, l, ld) == -1);
	for (size_t i = 0; i < n; i++)
	{
		lower = lower && l[i * ld + i] > 0;
		for (size_t j = i + 1; j < n; j++)
			lower = lower && l[i * ld + j] == 0;
	}
	CHECK(lower);
	CHECK(fences_stand(l, n, n, ld));
	plain_product(CS_N, CS_T, n, n, n, 1, l, ld, l, ld, 0, product, ld);
	CHECK_NEAR(largest_difference(product, ld, a, ld, n, n), 0, 4 * (double) n * DBL_EPSILON * (double) n);
	plain_product(CS_N, CS_N, n, rhs, n, 1, a, ld, x, rhs, 0, b, rhs);
	cs_cholesky_solve(env, NULL, n, rhs, l, ld, b, rhs);
	CHECK_NEAR(largest_difference(b, rhs, x, rhs, n, rhs), 0, 1e-11 * (double) n);

	CHECK(cs_choleskyf(env, NULL, n, f, ld) == -1);
	from_floats(l, f, n * ld);
	plain_product(CS_N, CS_T, n, n, n, 1, l, ld, l, ld, 0, product, ld);
	CHECK_NEAR(largest_difference(product, ld, a, ld, n, n), 0, 4 * (double) n * FLT_EPSILON * (double) n);
	cs_release(env, a), cs_release(env, l), cs_release(env, product);
	cs_release(env, x), cs_release(env, b), cs_release(env, f);
}

static void
test_cholesky(cs_env *env)
{
	for (size_t i = 0; i < EDGES; i++)
		compare_cholesky(env, i, edge_sizes[i]);
	compare_cholesky(env, 1, 256);
	compare_cholesky(env, 2, 257);
	compare_cholesky(env, 3, 390);
}

/* One element of the diagonal spoils it: exactly that pivot is named. */
static void
test_first_bad_pivot(cs_env *env)
{
	static const size_t bad[] = {0, 1, 63, 64, 100, 127, 255, 256, 299};
	size_t		n = 300;

	for (size_t t = 0; t < sizeof(bad) / sizeof(bad[0]); t++)
	{
		double	   *a = random_spd(env, t, n, n);
		float	   *f;

		a[bad[t] * n + bad[t]] = t % 2 ? -1 : NAN;
		f = as_floats(env, a, n * n);
		CHECK(cs_choleskyf(env, NULL, n, f, n) == (ptrdiff_t) bad[t]);
		CHECK(cs_cholesky(env, NULL, n, a, n) == (ptrdiff_t) bad[t]);
		cs_release(env, a);
		cs_release(env, f);
	}
}

/* ---- inverse ---- */

static void
compare_inverse(cs_env *env, uint64_t seed, size_t n)
{
	size_t		ld = n + seed % 3;
	double	   *a = random_spd(env, seed, n, ld),
			   *x = copy_of(env, a, n * ld),
			   *product = CS_ROOM(env, double, n * n);
	float	   *f;
	bool		even = true;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			x[i * ld + j] = NAN;
	f = as_floats(env, x, n * ld);
	CHECK(cs_spd_inverse(env, NULL, n, x, ld) == -1);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			even = even && x[i * ld + j] == x[j * ld + i];
	CHECK(even);
	CHECK(fences_stand(x, n, n, ld));
	plain_product(CS_N, CS_N, n, n, n, 1, a, ld, x, ld, 0, product, n);
	for (size_t i = 0; i < n; i++)
		product[i * n + i] -= 1;
	for (size_t i = 0; i < n * n; i++)
		even = even && fabs(product[i]) < 1e-12 * (double) n;
	CHECK(even);
	CHECK(cs_spd_inversef(env, NULL, n, f, ld) == -1);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			even = even && fabs((double) f[i * ld + j] - x[i * ld + j]) < 1e-4;
	CHECK(even);
	cs_release(env, a), cs_release(env, x), cs_release(env, product), cs_release(env, f);
}

static void
test_inverse(cs_env *env)
{
	for (size_t i = 0; i < EDGES; i++)
		compare_inverse(env, i, edge_sizes[i]);
	compare_inverse(env, 1, 255);
	compare_inverse(env, 2, 257);
	compare_inverse(env, 3, 523);
}

/*
 * The inverse of Hilbert's 6 x 6 matrix has whole numbers, (-1)^(i+j) (i + j - 1)
 * C(6 + i - 1, 6 - j) C(6 + j - 1, 6 - i) C(i + j - 2, i - 1)^2: Choi, "Tricks or
 * treats with the Hilbert matrix", Amer. Math. Monthly 90 (1983).
 */
static void
test_hilbert(cs_env *env)
{
	static const double inverse[] = {
		36, -630, 3360, -7560, 7560, -2772,
		-630, 14700, -88200, 211680, -220500, 83160,
		3360, -88200, 564480, -1411200, 1512000, -582120,
		-7560, 211680, -1411200, 3628800, -3969000, 1552320,
		7560, -220500, 1512000, -3969000, 4410000, -1746360,
	-2772, 83160, -582120, 1552320, -1746360, 698544};
	double	   *h = hilbert(env, 6),
			   *twelve = hilbert(env, 12),
			   *twenty = hilbert(env, 20);

	/* condition 1.5e7 */
	CHECK(cs_spd_inverse(env, NULL, 6, h, 6) == -1);
	for (int i = 0; i < 36; i++)
		CHECK_NEAR(h[i] / inverse[i], 1, 1e-9);

	/* definite to double precision at 12, no longer at 20: condition 1e28 */
	CHECK(cs_cholesky(env, NULL, 12, twelve, 12) == -1);
	CHECK(cs_cholesky(env, NULL, 20, twenty, 20) > 11);
}

/* ---- teams ---- */

#define N ((size_t) 600)

typedef struct job
{
	const double *a;
	double	   *out[4];			/* factor, solution, inverse, right solution; N x N */
	ptrdiff_t	bad[4][2];
} job;

static void
factor(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	size_t		bytes = N * N * sizeof(double);
	double	   *m[4];

	for (int i = 0; i < 4; i++)
		m[i] = cs_team_alloc(env, team, N * N, sizeof(double));
	if (team->rank == 0)
		for (int i = 0; i < 4; i++)
			memcpy(m[i], j->a, bytes);
	cs_team_barrier(team);
	cs_cholesky(env, team, N, m[0], N);
	cs_cholesky_solve(env, team, N, 100, m[0], N, m[1], N);
	cs_solve_triangular(env, team, CS_RIGHT, CS_LOWER, CS_T, N, 150, m[0], N, m[3], N);
	j->bad[team->rank][0] = cs_spd_inverse(env, team, N, m[2], N);
	if (team->rank == team->size - 1)
		for (int i = 0; i < 4; i++)
			memcpy(j->out[i], m[i], bytes);

	/* all hear of a failure */
	cs_team_barrier(team);
	if (team->rank == 0)
	{
		memcpy(m[0], j->a, bytes);
		m[0][300 * N + 300] = 0;
	}
	cs_team_barrier(team);
	j->bad[team->rank][1] = cs_spd_inverse(env, team, N, m[0], N);
}

static void
test_teams(cs_env *env)
{
	size_t		arena = 4 * cs_team_bytes(N * N, sizeof(double)) + cs_factor_arena(N, sizeof(double));
	job			first = {random_spd(env, 1, N, N)},
				j = {first.a};

	for (int i = 0; i < 4; i++)
	{
		first.out[i] = CS_ROOM(env, double, N * N);
		j.out[i] = CS_ROOM(env, double, N * N);
	}
	for (int size = 1; size <= 4; size++)
	{
		run_team(env, size, arena, factor, size == 1 ? &first : &j);
		for (int i = 0; i < 4 && size > 1; i++)
			CHECK(memcmp(j.out[i], first.out[i], N * N * sizeof(double)) == 0);
		for (int r = 0; r < size && size > 1; r++)
			CHECK(j.bad[r][0] == -1 && j.bad[r][1] == 300);
	}
}

static void
test_polls(cs_env *env)
{
	double	   *a = random_spd(env, 1, N, N),
			   *b = copy_of(env, a, N * N);
	double		cube = (double) (N * N * N);
	long		before = callbacks_of(env);

	CHECK(cs_spd_inverse(env, NULL, N, a, N) == -1);
	CHECK(callbacks_of(env) - before > cube / 2e8);
	CHECK(cs_cholesky(env, NULL, N, b, N) == -1);
	before = callbacks_of(env);
	cs_solve_triangular(env, NULL, CS_RIGHT, CS_LOWER, CS_N, N, N, b, N, a, N);
	CHECK(callbacks_of(env) - before > cube / 2e8);
}

TESTS_NO_SWEEP(test_solve, test_cholesky, test_first_bad_pivot, test_inverse, test_hilbert, test_teams, test_polls)
