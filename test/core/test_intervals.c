/*
 * test_intervals.c - bootstrap, normal and jackknife intervals.
 */
#include "reco.h"

#include "core/reco/intervals.h"

static const double sample[20] = {
	0.1, 0.0, 0.5, 1.0, 0.2, 0.0, 0.0, 0.3, 0.9, 0.4, 0.05, 0.6, 0.0, 0.0, 0.7, 0.25, 0.15, 0.35, 0.8, 0.45
};

/*
 * scipy.stats.bootstrap (1.17.1, percentile, 400,000 resamples): .205 to .48; an end
 * of a thousand resamples has a standard error of about .005.
 */
static void
bootstrap_as_in_scipy(cs_env *env)
{
	cs_interval out;
	double		low = 0,
				high = 0;

	for (uint64_t seed = 1; seed <= 10; seed++)
	{
		cs_interval_means(env, sample, 20, 1, seed, &out);
		CHECK_NEAR(out.value, 0.3375, 1e-15);
		CHECK(out.n == 20);
		CHECK_NEAR(out.low, 0.205, 0.02);
		CHECK_NEAR(out.high, 0.48, 0.02);
		low += out.low / 10;
		high += out.high / 10;
	}
	CHECK_NEAR(low, 0.205, 0.006);
	CHECK_NEAR(high, 0.48, 0.006);
}

/* Columns share their resamples; a customer without a value is left out of that column. */
static void
columns_and_missing_values(cs_env *env)
{
	double		value[20][4];
	cs_interval out[4],
				again[4],
				alone;

	for (int i = 0; i < 20; i++)
	{
		value[i][0] = sample[i];
		value[i][1] = 2 * sample[i] + 1;
		value[i][2] = i % 4 ? sample[i] : NAN;
		value[i][3] = NAN;
	}
	cs_interval_means(env, &value[0][0], 20, 4, 5, out);
	cs_interval_means(env, &value[0][0], 20, 4, 5, again);
	cs_interval_means(env, sample, 20, 1, 5, &alone);
	CHECK(memcmp(out, again, sizeof(cs_interval) * 3) == 0);
	CHECK(out[0].low == alone.low && out[0].high == alone.high);
	CHECK_NEAR(out[1].low, 2 * out[0].low + 1, 1e-14);
	CHECK_NEAR(out[1].high, 2 * out[0].high + 1, 1e-14);
	CHECK(out[2].n == 15 && out[2].low < out[2].value && out[2].value < out[2].high);
	CHECK(out[3].n == 0 && isnan(out[3].value) && isnan(out[3].low) && isnan(out[3].high));
}

static void
few_customers(cs_env *env)
{
	static const double one[] = {0.25},
				same[] = {0.5, 0.5, 0.5};
	cs_interval out;

	cs_interval_means(env, NULL, 0, 1, 1, &out);
	CHECK(out.n == 0 && isnan(out.value));
	cs_interval_means(env, one, 1, 1, 1, &out);
	CHECK(out.n == 1 && out.value == 0.25 && isnan(out.low) && isnan(out.high));
	cs_interval_means(env, same, 3, 1, 1, &out);
	CHECK(out.value == 0.5 && out.low == 0.5 && out.high == 0.5);
}

/* Above the bound: mean +- 1.96 standard errors, and no jump there. */
static void
normal_for_many(cs_env *env)
{
	size_t		n = CS_BOOTSTRAP_MOST + 1;
	double	   *value = CS_ROOM(env, double, n),
				p = 0.3;
	cs_interval out;

	for (size_t i = 0; i < n; i++)
		value[i] = i % 10 < 3;
	cs_interval_means(env, value, n, 1, 1, &out);
	CHECK_NEAR(out.value, p, 1e-4);
	CHECK_NEAR(out.high - out.value, 1.96 * sqrt(p * (1 - p) / (double) n), 1e-5);
	CHECK_NEAR(out.value - out.low, out.high - out.value, 1e-12);
}

/* The jackknife of a mean is its standard error: with one row per group, and with equal groups of means. */
static void
jackknife_of_a_mean(cs_env *env)
{
	double		without[20],
				sum = 0,
				square = 0;
	cs_interval out;

	(void) env;
	for (int i = 0; i < 20; i++)
	{
		sum += sample[i];
		square += sample[i] * sample[i];
	}
	for (int i = 0; i < 20; i++)
		without[i] = (sum - sample[i]) / 19;
	out = cs_interval_jackknife(sum / 20, without, 20, 20);

	/* numpy: std(ddof=1) / sqrt(20) = 0.07226368018364558 */
	CHECK_NEAR(sqrt((square - sum * sum / 20) / 19 / 20), 0.07226368018364558, 1e-15);
	CHECK_NEAR(out.high - out.value, 1.959963984540054 * 0.07226368018364558, 1e-14);
	CHECK_NEAR(out.value - out.low, 1.959963984540054 * 0.07226368018364558, 1e-14);
}

static void
jackknife_keeps_its_place(cs_env *env)
{
	static const double spread[] = {0.2, 0.9, 0.4, 1.0},
				broken[] = {0.2, NAN};
	cs_interval out = cs_interval_jackknife(0.95, spread, 4, 7);

	(void) env;
	CHECK(out.high == 1 && out.low >= 0 && out.n == 7);
	out = cs_interval_jackknife(0.05, spread, 4, 7);
	CHECK(out.low == 0 && out.high <= 1);
	out = cs_interval_jackknife(0.5, spread, 1, 7);
	CHECK(out.value == 0.5 && isnan(out.low) && isnan(out.high));
	out = cs_interval_jackknife(0.5, broken, 2, 7);
	CHECK(out.value == 0.5 && isnan(out.low) && isnan(out.high));
	out = cs_interval_jackknife(NAN, spread, 4, 0);
	CHECK(isnan(out.value) && isnan(out.low));
}

TESTS(bootstrap_as_in_scipy, columns_and_missing_values, few_customers, normal_for_many, jackknife_of_a_mean,
	  jackknife_keeps_its_place)
