/*
 * test_kernel.c - every kernel against plain loops.
 *
 * On whole numbers all scores are exact in single precision, so labels, sums and
 * ties must agree to the bit.  On real numbers results must be near, and equal
 * between the kernels that have fused multiply-add.
 */
#include "harness.h"
#include "points.h"

static const int some_d[] = {1, 2, 3, 7, 8, 9, 16, 17, 31, 64, 130};
static const int some_k[] = {1, 2, 3, 4, 5, 8, 9, 12, 13, 16, 17, 33, 70};
static const size_t some_n[] = {1, 5, 31, 32, 33, 100};

#define COUNT(a) ((int) (sizeof(a) / sizeof((a)[0])))

/* A small case: rows, centres, labels. */
typedef struct trial
{
	size_t		n;
	int			d;
	int			k;
	float	   *rows;
	cs_matrix  *x;
	cs_run		run;
	double	   *center;
	cs_packed  *packed;
} trial;

static trial
make_trial(cs_env *env, size_t n, int d, int k, bool weighted, float (*draw) (cs_rng *))
{
	trial		t = {.n = n, .d = d, .k = k};

	t.rows = draw_rows(env, n, d, 7 * n + (uint64_t) d, draw);
	t.x = cs_matrix_from_rows(env, t.rows, n, d);
	if (weighted)
		add_weights(env, t.x);
	t.run = cs_matrix_run(t.x, 0, NULL);
	t.center = to_doubles(env, draw_rows(env, (size_t) k, d, 1000 + (uint64_t) k, draw), (size_t) (k * d));
	t.packed = cs_packed_new(env, k, d);
	env->kernel->pack(t.center, k, d, t.packed);
	return t;
}

static double
weight_of(const trial *t, size_t i)
{
	return (double) cs_matrix_weight(t->x, i);
}

static const float *
row_of(const trial *t, size_t i)
{
	return t->rows + i * (size_t) t->d;
}

/* No row has a cluster yet; what lies behind the last row is nobody's business. */
static int32_t *
no_labels(cs_env *env, size_t n)
{
	int32_t    *label = CS_NEW(env, int32_t, cs_round_lanes(n));

	for (size_t i = 0; i < cs_round_lanes(n); i++)
		label[i] = i < n ? -1 : 1 << 28;
	return label;
}

/* Are labels, sums and counts what a plain loop gives? */
static bool
is_pass(const trial *t, const int32_t *label, const double *sum, const double *count)
{
	bool		ok = true;

	for (int j = 0; j < t->k; j++)
	{
		double		rows = 0;

		for (int f = 0; f < t->d; f++)
		{
			double		s = 0;

			for (size_t i = 0; i < t->n; i++)
				if (label[i] == j)
					s += weight_of(t, i) * (double) row_of(t, i)[f];
			ok = ok && s == sum[j * t->d + f];
		}
		for (size_t i = 0; i < t->n; i++)
			rows += label[i] == j ? weight_of(t, i) : 0;
		ok = ok && rows == count[j];
	}
	for (size_t i = 0; i < t->n; i++)
		ok = ok && label[i] == nearest_center(row_of(t, i), t->center, t->k, t->d);
	return ok;
}

/* Two passes, the second with other centres: what changed, and no more, moves. */
static bool
lloyd_agrees(cs_env *env, size_t n, int d, int k, bool weighted)
{
	trial		t = make_trial(env, n, d, k, weighted, draw_whole);
	int32_t    *label = no_labels(env, n),
			   *old = CS_NEW(env, int32_t, n);
	double	   *sum = CS_NEW(env, double, (size_t) (k * d)),
			   *count = CS_NEW(env, double, (size_t) k);
	size_t		differ = 0;
	bool		ok = env->kernel->lloyd(&t.run, t.packed, label, sum, count) == n;

	ok = ok && is_pass(&t, label, sum, count);
	memcpy(old, label, sizeof(int32_t) * n);
	t.center = to_doubles(env, draw_rows(env, (size_t) k, d, 4711, draw_whole), (size_t) (k * d));
	env->kernel->pack(t.center, k, d, t.packed);
	for (size_t i = 0; i < n; i++)
		differ += old[i] != nearest_center(row_of(&t, i), t.center, k, d);
	return ok && env->kernel->lloyd(&t.run, t.packed, label, sum, count) == differ &&
		is_pass(&t, label, sum, count);
}

static void
test_lloyd(cs_env *env)
{
	for (int a = 0; a < COUNT(some_d); a++)
		for (int b = 0; b < COUNT(some_k); b++)
			for (int c = 0; c < COUNT(some_n); c++)
				CHECK(lloyd_agrees(env, some_n[c], some_d[a], some_k[b], (a + b + c) % 2 == 0));
}

/* ---- pruned passes ---- */

static cs_pruned *
make_pruned(cs_env *env, int k, int d)
{
	cs_pruned  *p = CS_NEW(env, cs_pruned, 1);

	p->k = k;
	p->d = d;
	p->kpad = (k + CS_ROW_PAD - 1) / CS_ROW_PAD * CS_ROW_PAD;
	p->c = CS_NEW(env, float, (size_t) (k * d));
	p->h = CS_NEW(env, float, (size_t) p->kpad);
	p->moved = CS_NEW(env, float, (size_t) p->kpad);
	p->score = CS_NEW(env, float, (size_t) (p->kpad + CS_KERNEL_KB) * CS_LANES);
	p->candidate = CS_NEW(env, int, (size_t) (p->kpad + CS_KERNEL_KB));
	return p;
}

static void
set_pruned(cs_pruned *p, const double *center, const double *former)
{
	p->max_square = 0;
	for (int j = 0; j < p->k; j++)
	{
		double		square = 0,
					moved = 0;

		for (int f = 0; f < p->d; f++)
		{
			int			i = j * p->d + f;

			p->c[i] = (float) center[i];
			square += (double) p->c[i] * (double) p->c[i];
			moved += (center[i] - former[i]) * (center[i] - former[i]);
		}
		p->h[j] = (float) (0.5 * square);
		p->moved[j] = (float) (sqrt(moved) * (1 + 1e-6) + 1e-6);
		p->max_square = fmaxf(p->max_square, (float) square);
	}
}

static float *
make_slacks(cs_env *env, const cs_pruned *p, size_t n)
{
	size_t		tiles = cs_round_lanes(n) / CS_LANES;
	float	   *slack = CS_NEW(env, float, tiles * (size_t) p->kpad);

	for (size_t i = 0; i < tiles * (size_t) p->kpad; i++)
		slack[i] = (int) (i % (size_t) p->kpad) < p->k ? CS_SLACK_UNKNOWN : CS_SLACK_NEVER;
	return slack;
}

/*
 * Passes with centres that move ever less, over rows that lie in groups: the
 * pruned pass must give the labels and, on the same values, the sums of the plain
 * one.  Returns whether it did.
 */
static bool
pruned_agrees(cs_env *env, size_t n, int d, int k, bool weighted)
{
	trial		t = make_trial(env, n, d, k, weighted, draw_real);
	float	   *rows = draw_groups(env, n, d, k, 3.0, 99);
	int32_t    *plain = no_labels(env, n),
			   *label = no_labels(env, n);
	size_t		kd = (size_t) (k * d);
	double	   *sum[2] = {CS_NEW(env, double, kd), CS_NEW(env, double, kd)},
			   *count[2] = {CS_NEW(env, double, (size_t) k), CS_NEW(env, double, (size_t) k)},
			   *former = CS_NEW(env, double, kd);
	cs_pruned  *p = make_pruned(env, k, d);
	float	   *slack = make_slacks(env, p, n);
	cs_rng		rng;
	bool		ok = true;

	/* like rows next to each other, as Lloyd sorts them */
	for (size_t i = 0; i < n; i++)
		cs_matrix_set_row(t.x, i, rows + (i * 37 % n / (size_t) k * (size_t) k + i % (size_t) k) % n * (size_t) d);
	for (int j = 0; j < k; j++)
		for (int f = 0; f < d; f++)
			t.center[j * d + f] = (double) rows[(size_t) j % n * (size_t) d + (size_t) f];
	memcpy(former, t.center, sizeof(double) * kd);
	cs_rng_init(&rng, 5, 5);
	for (int pass = 0; pass < 12; pass++)
	{
		size_t		a,
					b;

		env->kernel->pack(t.center, k, d, t.packed);
		set_pruned(p, t.center, former);
		a = env->kernel->lloyd(&t.run, t.packed, plain, sum[0], count[0]);
		b = env->kernel->lloyd_pruned(&t.run, p, label, slack, sum[1], count[1]);
		ok = ok && a == b && memcmp(plain, label, sizeof(int32_t) * n) == 0 &&
			memcmp(sum[0], sum[1], sizeof(double) * kd) == 0 && memcmp(count[0], count[1], sizeof(double) * (size_t) k) == 0;
		memcpy(former, t.center, sizeof(double) * kd);
		for (size_t i = 0; i < kd; i++)
			t.center[i] += (double) draw_real(&rng) * 4 / (1 << pass);
	}
	return ok;
}

static void
test_lloyd_pruned(cs_env *env)
{
	for (int a = 0; a < COUNT(some_d); a += 2)
		for (int b = 0; b < COUNT(some_k); b++)
			for (int c = 0; c < COUNT(some_n); c++)
				CHECK(pruned_agrees(env, some_n[c], some_d[a], some_k[b], (a + b + c) % 2 == 0));
}

/* Rows sorted by group and far groups: does pruning leave out anything at all? */
static void
test_pruning_prunes(cs_env *env)
{
	int			k = 32,
				d = 3;
	float	   *rows = CS_NEW(env, float, 1024 * 3);
	cs_matrix  *x;
	cs_run		run;
	cs_pruned  *p = make_pruned(env, k, d);
	double	   *center = CS_NEW(env, double, (size_t) (k * d)),
			   *sum = CS_NEW(env, double, (size_t) (k * d)),
			   *count = CS_NEW(env, double, (size_t) k);
	float	   *slack = make_slacks(env, p, 1024);
	int32_t    *label = no_labels(env, 1024);
	int			excluded = 0;

	for (int i = 0; i < 1024; i++)
		for (int f = 0; f < d; f++)
			rows[i * d + f] = (float) (i / 32 * 10 + i % 3);
	for (int i = 0; i < k * d; i++)
		center[i] = i / d * 10 + 1;
	x = cs_matrix_from_rows(env, rows, 1024, d);
	run = cs_matrix_run(x, 0, NULL);
	set_pruned(p, center, center);
	CHECK(env->kernel->lloyd_pruned(&run, p, label, slack, sum, count) == 1024);
	for (int i = 0; i < 32 * k; i++)
		excluded += slack[i] > 0;
	CHECK(excluded == 32 * (k - 1));
	CHECK(env->kernel->lloyd_pruned(&run, p, label, slack, sum, count) == 0);
}

/* ---- the other kernels ---- */

static bool
near(double a, double b)
{
	return fabs(a - b) <= 2e-5 * (1 + fabs(b));
}

static void
check_inertia(cs_env *env, size_t n, int d, int k, bool weighted)
{
	trial		t = make_trial(env, n, d, k, weighted, draw_whole);
	double		sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += weight_of(&t, i) * square_distance(row_of(&t, i), t.center +
												  (size_t) nearest_center(row_of(&t, i), t.center, k, d) * (size_t) d, d);
	CHECK(near(env->kernel->inertia(&t.run, t.packed), sum));
}

/* The two nearest, exact on whole numbers. */
static bool
nearest2_agrees(cs_env *env, size_t n, int d, int k)
{
	trial		t = make_trial(env, n, d, k, false, draw_whole);
	size_t		room = cs_round_lanes(n);
	cs_near2	out = {CS_NEW(env, float, room), CS_NEW(env, float, room), CS_NEW(env, float, room),
	CS_NEW(env, int32_t, room), CS_NEW(env, int32_t, room)};
	bool		ok = true;

	env->kernel->nearest2(&t.run, t.packed, &out);
	for (size_t i = 0; i < n; i++)
	{
		double		norm = square_distance(row_of(&t, i), CS_NEW(env, double, (size_t) d), d),
					best = INFINITY,
					second = INFINITY;
		int			first = nearest_center(row_of(&t, i), t.center, k, d),
					other = -1;

		for (int j = 0; j < k; j++)
		{
			double		s = (square_distance(row_of(&t, i), t.center + j * d, d) - norm) / 2;

			if (j == first)
				best = s;
			else if (s < second)
			{
				second = s;
				other = j;
			}
		}
		ok = ok && out.label[i] == first && out.label2[i] == other && (double) out.norm[i] == norm &&
			(double) out.best[i] == best && (k == 1 || (double) out.second[i] == second);
	}
	return ok;
}

/* Potentials of a pass of k-means++, and the distances that it keeps. */
static bool
seed_agrees(cs_env *env, size_t n, int d, bool weighted)
{
	trial		t = make_trial(env, n, d, CS_SEED_COLUMNS, weighted, draw_whole);
	size_t		room = cs_round_lanes(n);
	float	   *columns = CS_NEW(env, float, (size_t) d * CS_SEED_COLUMNS),
			   *cur = CS_NEW(env, float, room),
			   *potential = CS_NEW(env, float, room / CS_LANES * CS_SEED_COLUMNS);
	bool		ok = true;

	for (size_t i = 0; i < room; i++)
		cur[i] = (float) (i % 7 * 40 + 1);
	for (int c = 0; c < CS_SEED_COLUMNS; c++)
		for (int f = 0; f < d; f++)
			columns[f * CS_SEED_COLUMNS + c] = (float) t.center[c * d + f];
	env->kernel->seed(&t.run, columns, cur, potential);
	for (size_t tile = 0; tile < room / CS_LANES; tile++)
		for (int c = 0; c < CS_SEED_COLUMNS; c++)
		{
			double		sum = 0;

			for (size_t i = tile * CS_LANES; i < (tile + 1) * CS_LANES && i < n; i++)
			{
				double		q = fmin((double) (i % 7 * 40 + 1), square_distance(row_of(&t, i), t.center, d));

				ok = ok && (double) cur[i] == q;
				sum += weight_of(&t, i) * fmin(q, square_distance(row_of(&t, i), t.center + c * d, d));
			}
			ok = ok && near((double) potential[tile * CS_SEED_COLUMNS + (size_t) c], sum);
		}
	return ok;
}

/* Sums of distances to m rows, in one call and in pieces. */
static bool
distance_sums_agree(cs_env *env, size_t m, int d)
{
	trial		t = make_trial(env, CS_LANES, d, 1, false, draw_real);
	float	   *rows = draw_rows(env, m, d, 3, draw_real),
			   *packed = CS_NEW(env, float, cs_kernel_rows_floats(m, d));
	double		sums[CS_LANES] = {0},
				pieces[CS_LANES] = {0},
			   *as_double = to_doubles(env, rows, m * (size_t) d);
	bool		ok = true;

	env->kernel->pack_rows(rows, m, d, packed);
	env->kernel->distance_sums(t.x->block[0], d, packed, m, sums);
	for (size_t at = 0; at < m; at += 256)
		env->kernel->distance_sums(t.x->block[0], d, packed + at * (size_t) d, m - at < 256 ? m - at : 256, pieces);
	for (size_t i = 0; i < CS_LANES; i++)
	{
		double		s = 0;

		for (size_t j = 0; j < m; j++)
			s += sqrt(square_distance(row_of(&t, i), as_double + j * (size_t) d, d));
		ok = ok && near(sums[i], s) && sums[i] == pieces[i];
	}
	return ok;
}

static void
test_equal_rows_have_no_distance(cs_env *env)
{
	trial		t = make_trial(env, CS_LANES, 11, 1, false, draw_real);
	float	   *packed = CS_NEW(env, float, cs_kernel_rows_floats(1, 11));

	for (size_t i = 0; i < CS_LANES; i++)
	{
		double		sums[CS_LANES] = {0};

		env->kernel->pack_rows(row_of(&t, i), 1, 11, packed);
		env->kernel->distance_sums(t.x->block[0], 11, packed, 1, sums);
		CHECK(sums[i] == 0);
		CHECK(sums[(i + 1) % CS_LANES] > 0);
	}
}

/* The lowest two of k scores, whichever of equal ones, and |x|^2; exact on whole numbers. */
static bool
row_best_agrees(cs_env *env, const float *row, int d, const float *c, const float *h, int k, int kpad, float *score)
{
	cs_row_best b;
	double	   *zero = CS_NEW(env, double, (size_t) d);
	float		best = INFINITY,
				second = INFINITY;

	env->kernel->row_best(row, d, c, h, kpad, score, &b);
	for (int j = 0; j < k; j++)
		if (score[j] < best)
		{
			second = best;
			best = score[j];
		}
		else if (score[j] < second)
			second = score[j];
	return b.label >= 0 && b.label < k && score[b.label] == best && b.best == best &&
		(double) b.norm == square_distance(row, zero, d) &&
		(k == 1 ? b.label2 == -1 : b.label2 >= 0 && b.label2 < k && b.label2 != b.label &&
		 score[b.label2] == second && b.second == second);
}

static bool
row_scores_agree(cs_env *env, int d, int k)
{
	trial		t = make_trial(env, 3, d, k, false, draw_whole);
	int			kpad = (k + CS_ROW_PAD - 1) / CS_ROW_PAD * CS_ROW_PAD;
	float	   *c = CS_NEW(env, float, (size_t) (kpad * d)),
			   *h = CS_NEW(env, float, (size_t) kpad),
			   *score = CS_NEW(env, float, (size_t) kpad);
	double	   *zero = CS_NEW(env, double, (size_t) d);
	bool		ok = true;

	for (int j = k; j < kpad; j++)
		h[j] = 3.0e38f;
	for (int j = 0; j < k; j++)
	{
		for (int f = 0; f < d; f++)
		{
			c[f * kpad + j] = (float) t.center[j * d + f];
			h[j] += c[f * kpad + j] * c[f * kpad + j] / 2;
		}
		ok = ok && h[j] == t.packed->h[j];
	}
	for (size_t i = 0; i < 3; i++)
	{
		env->kernel->row_scores(row_of(&t, i), d, c, h, kpad, score);
		for (int j = 0; j < k; j++)
			ok = ok && (double) score[j] == (square_distance(row_of(&t, i), t.center + j * d, d) -
											 square_distance(row_of(&t, i), zero, d)) / 2;
		ok = ok && row_best_agrees(env, row_of(&t, i), d, c, h, k, kpad, score);
		ok = ok && env->kernel->distance(row_of(&t, i), t.center, d) == square_distance(row_of(&t, i), t.center, d);
	}
	return ok;
}

static bool
gather_agrees(cs_env *env, int d)
{
	trial		t = make_trial(env, 100, d, 1, false, draw_real);
	uint32_t   *offset = CS_NEW(env, uint32_t, CS_LANES);
	float	   *tile = CS_NEW(env, float, (size_t) (CS_LANES * d));
	bool		ok = true;

	for (size_t l = 0; l < CS_LANES; l++)
	{
		size_t		r = l * 7 % 100;

		offset[l] = (uint32_t) (r / CS_LANES * CS_LANES * (size_t) d + r % CS_LANES);
	}
	env->kernel->gather_tile(t.x->block[0], offset, d, tile);
	for (size_t l = 0; l < CS_LANES; l++)
		for (int f = 0; f < d; f++)
			ok = ok && tile[(size_t) f * CS_LANES + l] == row_of(&t, l * 7 % 100)[f];
	return ok;
}

static void
test_other_kernels(cs_env *env)
{
	for (int a = 0; a < COUNT(some_d); a++)
	{
		int			d = some_d[a];

		CHECK(gather_agrees(env, d));
		CHECK(distance_sums_agree(env, 1, d));
		CHECK(distance_sums_agree(env, 11, d));
		CHECK(distance_sums_agree(env, 600, d));
		for (int b = 0; b < COUNT(some_k); b++)
			CHECK(row_scores_agree(env, d, some_k[b]));
		for (int c = 0; c < COUNT(some_n); c++)
		{
			CHECK(seed_agrees(env, some_n[c], d, c % 2 == 0));
			for (int b = c % 2; b < COUNT(some_k); b += 2)
			{
				CHECK(nearest2_agrees(env, some_n[c], d, some_k[b]));
				check_inertia(env, some_n[c], d, some_k[b], b % 4 < 2);
			}
		}
	}
}

/* Fused multiply-add rounds alike whatever the width of the vectors. */
static void
test_fused_kernels_give_the_same_bits(cs_env *env)
{
	const cs_kernel *fused[2] = {cs_kernel_find("avx2"), cs_kernel_find("avx512")};
	float		best[2][128] __attribute__((aligned(64))),
				second[2][128] __attribute__((aligned(64))),
				norm[2][128] __attribute__((aligned(64)));
	int32_t		label[2][128] __attribute__((aligned(64))),
				label2[2][128] __attribute__((aligned(64)));

	CHECK(cs_kernel_find("portable") != NULL);
	CHECK(cs_kernel_find("sse9") == NULL);
	CHECK(cs_kernel_find(NULL) == cs_kernel_find("auto"));
	if (fused[0] == NULL || fused[1] == NULL)
		return;
	for (int a = 0; a < COUNT(some_d); a++)
		for (int v = 0; v < 2; v++)
		{
			trial		t = make_trial(env, 100, some_d[a], 21, false, draw_real);

			fused[v]->pack(t.center, t.k, t.d, t.packed);
			fused[v]->nearest2(&t.run, t.packed, &(cs_near2) {best[v], second[v], norm[v], label[v], label2[v]});
			if (v == 0)
				continue;
			CHECK(memcmp(best[0], best[1], 400) == 0 && memcmp(second[0], second[1], 400) == 0);
			CHECK(memcmp(norm[0], norm[1], 400) == 0);
			CHECK(memcmp(label[0], label[1], 400) == 0 && memcmp(label2[0], label2[1], 400) == 0);
		}
}

TESTS_NO_SWEEP(test_lloyd, test_lloyd_pruned, test_pruning_prunes, test_other_kernels,
			   test_equal_rows_have_no_distance, test_fused_kernels_give_the_same_bits)
