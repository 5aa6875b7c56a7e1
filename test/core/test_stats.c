/*
 * test_stats.c - order statistics against sorting, and against SQL.
 */
#include "core/base/stats.h"
#include "harness.h"
#include "points.h"

/* n values of one of several shapes */
static float *
shaped(cs_env *env, int shape, size_t n)
{
	float	   *v = draw_rows(env, n, 1, 31 * n + (uint64_t) shape, draw_real);

	for (size_t i = 0; i < n; i++)
		switch (shape)
		{
			case 0:
				break;
			case 1:
				v[i] = 3;		/* all equal */
				break;
			case 2:
				v[i] = (float) i;	/* ascending */
				break;
			case 3:
				v[i] = -(float) i;	/* descending */
				break;
			case 4:
				v[i] = (float) (i < n / 2 ? i : n - i);	/* up and down */
				break;
			case 5:
				v[i] = floorf(v[i] * 3);	/* few values */
				break;
			default:
				v[i] = i == n / 3 ? INFINITY : i == n / 2 ? -INFINITY : v[i];
				break;
		}
	return v;
}

#define SHAPES 7

static bool
is_sorted(const float *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i] < v[i - 1])
			return false;
	return true;
}

static void
check_select(cs_env *env, int shape, size_t n, size_t at)
{
	float	   *v = shaped(env, shape, n),
			   *sorted = shaped(env, shape, n),
			   *scratch = CS_ROOM(env, float, n);
	double		before = 0,
				after = 0;
	bool		parted = true;

	cs_sort_floats(sorted, n, scratch);
	CHECK(is_sorted(sorted, n));
	CHECK(cs_select(v, n, at) == sorted[at]);
	for (size_t i = 0; i < n; i++)
	{
		parted = parted && (i < at ? v[i] <= v[at] : v[i] >= v[at]);
		before += shape < 6 ? (double) sorted[i] : 0;
		after += shape < 6 ? (double) v[i] : 0;
	}
	CHECK(parted);
	CHECK_NEAR(before, after, 1e-9 * (1 + fabs(before)));
	cs_release(env, v);
	cs_release(env, sorted);
	cs_release(env, scratch);
}

static void
test_select(cs_env *env)
{
	static const size_t sizes[] = {1, 2, 3, 10, 100, 601, 5000};

	for (int shape = 0; shape < SHAPES; shape++)
		for (int s = 0; s < 7; s++)
			for (size_t part = 0; part <= 8; part++)
				check_select(env, shape, sizes[s], (sizes[s] - 1) * part / 8);
}

/* percentile_disc and percentile_cont of PostgreSQL 15 over 1, 2, 3, 4, 10. */
static void
test_quantiles_of_sql(cs_env *env)
{
	static const double p[] = {0, 0.1, 0.2, 0.21, 0.5, 0.75, 0.8, 0.9, 1};
	static const float disc[] = {1, 1, 1, 2, 3, 4, 4, 10, 10};
	static const double cont[] = {1, 1.4, 1.8, 1.84, 3, 4, 5.2, 7.6, 10};

	(void) env;
	for (int i = 0; i < 9; i++)
	{
		CHECK(cs_quantile_disc((float[]) {4, 10, 1, 3, 2}, 5, p[i]) == disc[i]);
		CHECK_NEAR(cs_quantile_cont((float[]) {4, 10, 1, 3, 2}, 5, p[i]), cont[i], 1e-14);
	}
	CHECK(cs_quantile_cont((float[]) {7}, 1, 0.3) == 7);
	CHECK(cs_quantile_disc((float[]) {7}, 1, 1) == 7);
}

/* The definition of percentile_disc: the smallest value with at least share p at or below it. */
static void
test_disc_is_its_definition(cs_env *env)
{
	for (int shape = 0; shape < 6; shape++)
		for (int c = 1; c < 10; c++)
		{
			size_t		n = 10 * (size_t) (c + 3),
						at_or_below = 0,
						below = 0;
			float	   *v = shaped(env, shape, n);
			float		q = cs_quantile_disc(v, n, c / 10.0);

			for (size_t i = 0; i < n; i++)
			{
				at_or_below += v[i] <= q;
				below += v[i] < q;
			}
			CHECK(10 * at_or_below >= (size_t) c * n);
			CHECK(10 * below < (size_t) c * n);
		}
}

TESTS(test_select, test_quantiles_of_sql, test_disc_is_its_definition)
