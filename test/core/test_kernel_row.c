/*
 * test_kernel_row.c - what the kernels do with the values of rows, against plain
 * loops: each step is rounded alike, so the results are the same bits.
 */
#include "core/prep/prep.h"
#include "harness.h"
#include "points.h"

static const int some_d[] = {1, 2, 3, 4, 7, 8, 9, 16, 17, 31, 64, 130};

#define COUNT(a) ((int) (sizeof(a) / sizeof((a)[0])))

/* The steps of a point, and that values which are none are seen wherever they stand. */
static bool
affine_agrees(cs_env *env, int n)
{
	float	   *raw = draw_rows(env, 1, n, 77, draw_real),
			   *point = CS_NEW(env, float, (size_t) n);
	double	   *step[3];
	bool		ok;

	for (int s = 0; s < 3; s++)
		step[s] = to_doubles(env, draw_rows(env, 1, n, 500 + (uint64_t) s, draw_real), (size_t) n);
	ok = env->kernel->affine(raw, step[0], step[1], step[2], n, point);
	for (int i = 0; i < n; i++)
		ok = ok && point[i] == (float) (((double) raw[i] + step[0][i] - step[1][i]) * step[2][i]);
	for (int i = 0; i < n; i++)
	{
		float		was = raw[i];

		raw[i] = i % 2 ? INFINITY : NAN;
		ok = ok && !env->kernel->affine(raw, step[0], step[1], step[2], n, point);
		raw[i] = was;
	}
	return ok;
}

/* A tile at once is the same as its rows one by one; a bad value anywhere is seen. */
static bool
affine_tile_agrees(cs_env *env, int n)
{
	int			width = n + 1;
	float	   *raw = draw_rows(env, CS_LANES, width, 78, draw_real),
			   *point = CS_NEW(env, float, (size_t) n),
			   *room = CS_NEW(env, float, (size_t) (CS_LANES * n)),
			   *tile = CS_NEW(env, float, (size_t) (CS_LANES * n));
	double	   *step[3];
	bool		ok;

	for (int s = 0; s < 3; s++)
		step[s] = to_doubles(env, draw_rows(env, 1, n, 600 + (uint64_t) s, draw_real), (size_t) n);
	ok = env->kernel->affine_tile(raw, width, step[0], step[1], step[2], n, room, tile);
	for (int l = 0; l < CS_LANES; l++)
	{
		env->kernel->affine(raw + l * width, step[0], step[1], step[2], n, point);
		for (int f = 0; f < n; f++)
			ok = ok && tile[f * CS_LANES + l] == point[f];
	}
	raw[17 * width + n - 1] = NAN;
	return ok && !env->kernel->affine_tile(raw, width, step[0], step[1], step[2], n, room, tile);
}

/* Rounding to single precision, and whether it lost anything. */
static bool
narrow_agrees(cs_env *env, int n)
{
	double	   *value = to_doubles(env, draw_rows(env, 1, n, 79, draw_real), (size_t) n),
			   *shift = CS_NEW(env, double, (size_t) n);
	float	   *raw = CS_NEW(env, float, (size_t) n);
	int64_t    *lossy = CS_NEW(env, int64_t, (size_t) n);
	bool		ok = env->kernel->narrow(value, shift, n, raw, lossy);

	for (int i = 0; i < n; i++)
	{
		ok = ok && (double) raw[i] == value[i] && lossy[i] == 0;
		shift[i] = i % 2 ? 0.5 : 0;
		value[i] = i % 3 ? 4 : 1 + 0x1p-40;
	}
	ok = ok && env->kernel->narrow(value, shift, n, raw, lossy);
	for (int i = 0; i < n; i++)
		ok = ok && raw[i] == (float) (value[i] - shift[i]) && lossy[i] == (i % 3 ? 0 : -1);
	for (int i = 0; i < n; i++)
	{
		double		was = value[i];

		value[i] = i % 3 == 0 ? 1e300 : i % 3 == 1 ? -INFINITY : NAN;
		ok = ok && !env->kernel->narrow(value, shift, n, raw, lossy);
		value[i] = was;
	}
	return ok;
}

/* Sums, bounds, counts and squares of rows with holes; exact on whole numbers. */
static bool
moments_agree(cs_env *env, int d)
{
	enum { rows = 45 };
	float	   *x = draw_rows(env, rows, d, 80, draw_whole);
	double	   *m = CS_NEW(env, double, (size_t) (6 * d)),
			   *center = m + 5 * d;
	bool		ok = true;

	for (int i = 0; i < rows * d; i += 7)
		x[i] = NAN;
	for (int f = 0; f < d; f++)
	{
		m[d + f] = INFINITY;
		m[2 * d + f] = -INFINITY;
		center[f] = f - 2;
	}
	env->kernel->moments(x, rows, d, NULL, m, m + d, m + 2 * d, m + 3 * d);
	env->kernel->moments(x, rows, d, center, m + 4 * d, NULL, NULL, NULL);
	for (int f = 0; f < d; f++)
	{
		double		sum = 0,
					square = 0,
					n = 0,
					low = INFINITY,
					high = -INFINITY;

		for (int i = 0; i < rows; i++)
		{
			double		v = (double) x[i * d + f];

			if (isnan(v))
				continue;
			n++;
			sum += v;
			square += (v - center[f]) * (v - center[f]);
			low = fmin(low, v);
			high = fmax(high, v);
		}
		ok = ok && m[f] == sum && m[d + f] == low && m[2 * d + f] == high && m[3 * d + f] == n && m[4 * d + f] == square;
	}
	return ok;
}

static void
test_values_of_rows(cs_env *env)
{
	for (int a = 0; a < COUNT(some_d); a++)
	{
		CHECK(affine_agrees(env, some_d[a]));
		CHECK(affine_tile_agrees(env, some_d[a]));
		CHECK(narrow_agrees(env, some_d[a]));
		CHECK(moments_agree(env, some_d[a]));
	}
}

/* Three numbers: fitted, and side by side for the kernels the same as one by one. */
static void
test_fitted(cs_env *env)
{
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_rows    *rows = cs_rows_new(env, 3);
	const float *x = draw_rows(env, 50, 3, 81, draw_real);
	cs_affine  *a;

	p->n = 3;
	p->f = CS_NEW(env, cs_feature, 3);
	for (int f = 0; f < 3; f++)
	{
		p->f[f] = cs_feature_make(env, "x", CS_NUMBER, cs_options_new(env, cs_transform_params), CS_SCALE_ZSCORE);
		p->f[f].shift = f == 1 ? 4.25 : 0;
	}
	for (int i = 0; i < 50; i++)
		memcpy(cs_rows_add(rows), x + 3 * i, 3 * sizeof(float));
	cs_prep_fit(env, p, rows, CS_NEW(env, cs_levels, 3), true);
	a = cs_prep_affine(env, p);
	CHECK(a != NULL && a->n == 3 && a->shifted);
	for (int i = 0; i < 50; i++)
	{
		float		one[3],
					all[3];

		CHECK(cs_prep_row(p, x + 3 * i, one, NULL) == CS_ROW_OK);
		CHECK(env->kernel->affine(x + 3 * i, a->shift, a->center, a->factor, a->n, all));
		CHECK(memcmp(one, all, sizeof(one)) == 0);
	}
	p->f[2].log = CS_LOG_SIGNED;
	CHECK(cs_prep_affine(env, p) == NULL);
}

TESTS_NO_SWEEP(test_values_of_rows, test_fitted)
