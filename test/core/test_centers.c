/*
 * test_centers.c - the label of a row is the nearest centre in double precision,
 * ties to the lower number, for one row and for a block, whatever the scale.
 */
#include "core/base/centers.h"
#include "harness.h"
#include "points.h"

typedef struct trial
{
	cs_centers *c;
	float	   *score;
	cs_near_block *block;
	size_t		wrong;			/* rows with another label than the nearest */
	size_t		unlike;			/* rows that differ between block and single */
} trial;

/* Nearest and next by brute force. */
static cs_nearest
search(const cs_centers *c, const float *row)
{
	cs_nearest	n = {-1, -1, INFINITY, INFINITY};

	for (int j = 0; j < c->k; j++)
	{
		double		v = cs_centers_distance(c, row, j);

		if (n.label < 0 || v < n.d1)
			n = (cs_nearest) {j, n.label, v, n.d1};
		else if (n.label2 < 0 || v < n.d2)
		{
			n.label2 = j;
			n.d2 = v;
		}
	}
	return n;
}

static void
check_row(trial *t, const float *row, size_t i)
{
	cs_nearest	right = search(t->c, row),
				single = cs_centers_nearest(t->c, row, t->score);
	bool		same = single.d2 == right.d2 || fabs(single.d2 - right.d2) <= 1e-4 * fabs(right.d2);

	t->wrong += cs_centers_label(t->c, row, t->score) != right.label;
	t->wrong += single.label != right.label || single.d1 != right.d1 || !same;
	t->wrong += t->block->raw.label[i] != right.label || t->block->d1[i] != right.d1;
	t->unlike += t->block->raw.label[i] != single.label || t->block->d1[i] != single.d1;
}

/* All n rows against the centres. */
static trial
check_rows(cs_env *env, const float *rows, size_t n, const double *center, int k, int d)
{
	cs_matrix  *x = cs_matrix_from_rows(env, rows, n, d);
	trial		t = {.c = cs_centers_new(env, center, k, d)};

	t.score = CS_NEW(env, float, (size_t) t.c->kpad);
	t.block = cs_near_block_new(env, k, d);
	for (int b = 0; b < x->blocks; b++)
	{
		cs_run		run = cs_matrix_run(x, b, NULL);

		cs_centers_block(t.c, &run, t.block);
		for (size_t i = 0; i < run.rows; i++)
			check_row(&t, rows + ((size_t) b * CS_BLOCK_ROWS + i) * (size_t) d, i);
	}
	cs_near_block_free(env, t.block);
	cs_centers_free(env, t.c);
	return t;
}

/* Random rows and centres, times scale, plus offset. */
static void
check_random(cs_env *env, size_t n, int k, int d, double scale, double offset)
{
	float	   *rows = draw_rows(env, n, d, (uint64_t) (k + 100 * d), draw_real);
	float	   *drawn = draw_rows(env, (size_t) k, d, (uint64_t) (3 * k + d), draw_real);
	double	   *center = to_doubles(env, drawn, (size_t) (k * d));
	trial		t;

	for (size_t i = 0; i < n * (size_t) d; i++)
		rows[i] = (float) (offset + scale * (double) rows[i]);
	for (int i = 0; i < k * d; i++)
		center[i] = offset + scale * center[i];
	t = check_rows(env, rows, n, center, k, d);
	CHECK(t.wrong == 0);
	CHECK(t.unlike == 0);
}

static void
test_random_rows(cs_env *env)
{
	for (int d = 1; d <= 130; d = d * 2 + 1)
		for (int k = 1; k <= 70; k = k * 2 + 1)
			check_random(env, 70, k, d, 1, 0);
	check_random(env, CS_BLOCK_ROWS + 100, 5, 3, 1, 0);
}

/* Rows on the plane between two centres, give or take a rounding. */
static void
check_between(cs_env *env, size_t n, int k, int d, double scale)
{
	double	   *center = to_doubles(env, draw_rows(env, (size_t) k, d, 77, draw_real), (size_t) (k * d));
	float	   *rows = CS_NEW(env, float, n * (size_t) d);
	cs_rng		rng;
	trial		t;

	cs_rng_init(&rng, 1, 1);
	for (int i = 0; i < k * d; i++)
		center[i] *= scale;
	for (size_t i = 0; i < n; i++)
	{
		const double *a = center + cs_rng_below(&rng, (uint64_t) k) * (uint64_t) d,
				   *b = center + cs_rng_below(&rng, (uint64_t) k) * (uint64_t) d;

		for (int f = 0; f < d; f++)
			rows[i * (size_t) d + (size_t) f] = (float) ((a[f] + b[f]) / 2 * (1 + (double) (i % 3) * 1e-7));
	}
	t = check_rows(env, rows, n, center, k, d);
	CHECK(t.wrong == 0);
	CHECK(t.unlike == 0);
}

static void
test_near_ties(cs_env *env)
{
	for (int d = 1; d <= 64; d *= 4)
		for (int k = 2; k <= 40; k += 19)
			check_between(env, 200, k, d, 1);
}

/* Far from zero, scores lose all their digits; far too large or small, they leave their range. */
static void
test_every_scale(cs_env *env)
{
	static const double offset[] = {10, 1e3, 1e5, 1e7};
	static const double scale[] = {1e-30, 1.6e-23, 1e-22, 1e-20, 1e-15, 1e10, 1e18, 1e19, 3e19, 1e25, 1e37};

	for (int i = 0; i < 4; i++)
		check_random(env, 100, 22, 13, 1, offset[i]);
	for (int i = 0; i < 11; i++)
	{
		check_random(env, 100, 22, 13, scale[i], 0);
		check_between(env, 100, 22, 13, scale[i]);
	}
}

/* Equal centres, and centres that differ by less than a float can say. */
static void
test_equal_centers(cs_env *env)
{
	double		center[] = {1, 1, 1 + 1e-12, 1, 1, 1, 1, 1 - 1e-12, 5, 5};
	float		rows[] = {1, 1, 1, 0.5f, 2, 1, 1, 2, 5, 5, 3, 3};
	trial		t = check_rows(env, rows, 6, center, 5, 2);
	cs_centers *c = cs_centers_new(env, center, 3, 2);

	CHECK(t.wrong == 0 && t.unlike == 0);
	CHECK(cs_centers_label(c, rows, CS_NEW(env, float, 16)) == 0);
	CHECK(cs_centers_label(c, (float[]) {2, 1}, CS_NEW(env, float, 16)) == 1);
}

/* A far centre must not make every row a doubtful one, nor win. */
static void
test_one_far_center(cs_env *env)
{
	size_t		n = 500;
	int			k = 20,
				d = 6;
	float	   *rows = draw_rows(env, n, d, 8, draw_real);
	double	   *center = to_doubles(env, draw_rows(env, (size_t) k, d, 9, draw_real), (size_t) (k * d));
	double		far[] = {1e3, 1e6, 1e9, 1e15, 1e18, 1e22, 1e38};

	for (int i = 0; i < 7; i++)
	{
		trial		t;

		for (int f = 0; f < d; f++)
			center[7 * d + f] = far[i];
		for (int f = 0; f < d; f++)
			rows[3 * d + f] = (float) far[i];
		t = check_rows(env, rows, n, center, k, d);
		CHECK(t.wrong == 0 && t.unlike == 0);
	}
}

static void
test_set_shrinks(cs_env *env)
{
	double		center[] = {0, 10, 20, 30};
	cs_centers *c = cs_centers_new(env, center, 4, 1);
	float	   *score = CS_NEW(env, float, (size_t) c->kpad),
				row = 29;
	cs_nearest	n;

	CHECK(cs_centers_label(c, &row, score) == 3);
	cs_centers_set(c, center, 2);
	n = cs_centers_nearest(c, &row, score);
	CHECK(n.label == 1 && n.label2 == 0);
	CHECK(n.d1 == 361 && n.d2 == 841);
	cs_centers_set(c, center + 2, 1);
	n = cs_centers_nearest(c, &row, score);
	CHECK(n.label == 0 && n.label2 == -1);
	CHECK(n.d1 == 81 && isinf(n.d2));
}

/* The runner-up of a clear case, by row and by block. */
static void
test_runner_up(cs_env *env)
{
	double		center[] = {0, 1, 3, 7};
	cs_centers *c = cs_centers_new(env, center, 4, 1);
	cs_near_block *block = cs_near_block_new(env, 4, 1);
	float		rows[] = {0.2f, 1.9f, 2.5f, 4.9f, 100};
	int			first[] = {0, 1, 2, 2, 3},
				second[] = {1, 2, 1, 3, 2};
	cs_matrix  *x = cs_matrix_from_rows(env, rows, 5, 1);
	cs_run		run = cs_matrix_run(x, 0, NULL);

	cs_centers_block(c, &run, block);
	for (int i = 0; i < 5; i++)
	{
		cs_nearest	n = cs_centers_nearest(c, &rows[i], CS_NEW(env, float, 16));

		CHECK(n.label == first[i] && n.label2 == second[i]);
		CHECK(block->raw.label[i] == first[i] && block->raw.label2[i] == second[i]);
		CHECK(block->d2[i] == n.d2);
	}
}

TESTS(test_random_rows, test_near_ties, test_every_scale, test_equal_centers, test_one_far_center,
	  test_set_shrinks, test_runner_up)
