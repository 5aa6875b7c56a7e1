/*
 * test_gap.c - the gap statistic: its arithmetic by hand, the box that is drawn from.
 */
#include "core/eval/gap.h"
#include "fits.h"

static void
test_arithmetic(cs_env *env)
{
	const double drawn[] = {5, 6, 7, 6};
	double		error;

	(void) env;
	/* mean 6; standard deviation sqrt(1 / 2), times sqrt(1 + 1 / 4) */
	CHECK_NEAR(cs_gap(4.5, drawn, 4, &error), 1.5, 1e-12);
	CHECK_NEAR(error, 0.79056941504209483, 1e-12);
	CHECK_NEAR(cs_gap(4.5, drawn, 1, &error), 0.5, 1e-12);
	CHECK(error == 0);
}

static void
test_choice(cs_env *env)
{
	const double none[] = {0.1, 0.1, 0.1, 0.1};

	(void) env;
	/* the first within the error of the next */
	CHECK(cs_gap_choose((double[]) {0.2, 0.9, 0.95, 1.5}, none, 4) == 1);
	CHECK(cs_gap_choose((double[]) {0.2, 0.9, 1.0, 1.5}, none, 4) == 1);
	CHECK(cs_gap_choose((double[]) {0.2, 0.15, 1.0, 1.5}, none, 4) == 0);
	/* ever larger: the last */
	CHECK(cs_gap_choose((double[]) {0.2, 0.9, 1.3, 1.5}, none, 4) == 3);
	CHECK(cs_gap_choose((double[]) {0.2, NAN, 1.3, 1.5}, none, 4) == -1);
	CHECK(cs_gap_choose(none, none, 1) == 0 && cs_gap_choose(none, none, 0) == -1);
}

static void
test_reference(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env),
			   *m,
			   *again;
	double		low[IRIS_D],
				high[IRIS_D],
				sum[IRIS_D] = {0};
	float		row[IRIS_D],
				other[IRIS_D];
	cs_rng		rng;

	cs_rng_init(&rng, 1, CS_STREAM_GAP);
	m = cs_gap_reference(env, &rng, x, false);
	CHECK(m->n == IRIS_N && m->d == IRIS_D);
	for (int f = 0; f < IRIS_D; f++)
	{
		low[f] = INFINITY;
		high[f] = -INFINITY;
	}
	for (int i = 0; i < IRIS_N * IRIS_D; i++)
	{
		low[i % IRIS_D] = fmin(low[i % IRIS_D], iris[i]);
		high[i % IRIS_D] = fmax(high[i % IRIS_D], iris[i]);
	}
	for (size_t i = 0; i < IRIS_N; i++)
	{
		cs_matrix_row(m, i, row);
		for (int f = 0; f < IRIS_D; f++)
		{
			CHECK((double) row[f] >= low[f] - 1e-6 && (double) row[f] <= high[f] + 1e-6);
			sum[f] += ((double) row[f] - low[f]) / (high[f] - low[f]) / IRIS_N;
		}
	}
	/* even: a mean of 150 draws is off by 0.024 in one of three cases */
	for (int f = 0; f < IRIS_D; f++)
		CHECK_NEAR(sum[f], 0.5, 0.1);
	cs_rng_init(&rng, 1, CS_STREAM_GAP);
	again = cs_gap_reference(env, &rng, x, true);
	for (size_t i = 0; i < IRIS_N; i += 10)
	{
		double		norm = 0,
					same = 0;

		cs_matrix_row(m, i, row);
		cs_matrix_row(again, i, other);
		for (int f = 0; f < IRIS_D; f++)
		{
			norm += (double) row[f] * (double) row[f];
			same += (double) row[f] * (double) other[f];
		}
		CHECK_NEAR(same, sqrt(norm), 1e-4);
	}
}

TESTS(test_arithmetic, test_choice, test_reference)
