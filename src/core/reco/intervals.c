/*
 * intervals.c - bootstrap and jackknife (see intervals.h).
 */
#include "core/reco/intervals.h"

#include "core/base/rng.h"

#include <math.h>
#include <string.h>

#define NORMAL_975 1.959963984540054
#define TAIL 0.025

cs_interval
cs_interval_normal(const cs_moments *m)
{
	double		n = (double) m->n,
				mean = m->sum / n,
				variance = (m->square - m->sum * mean) / (n - 1),
				error = NORMAL_975 * sqrt(fmax(variance, 0) / n);

	if (m->n == 0)
		return (cs_interval) {NAN, NAN, NAN, 0};
	if (m->n == 1)
		return (cs_interval) {mean, NAN, NAN, 1};
	return (cs_interval) {mean, mean - error, mean + error, m->n};
}

/* Shell sort with the gaps of Ciura (2001), for the thousand means of resamples. */
static void
sort_means(double *v, size_t n)
{
	static const size_t gaps[] = {701, 301, 132, 57, 23, 10, 4, 1};

	for (size_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++)
		for (size_t i = gaps[g]; i < n; i++)
		{
			double		moving = v[i];
			size_t		j = i;

			for (; j >= gaps[g] && v[j - gaps[g]] > moving; j -= gaps[g])
				v[j] = v[j - gaps[g]];
			v[j] = moving;
		}
}

/* Interpolated between the neighbours, as percentile_cont; v is sorted. */
static double
quantile(const double *v, size_t n, double p)
{
	double		at = p * (double) (n - 1);
	size_t		i = (size_t) at;

	return i + 1 < n ? v[i] + (v[i + 1] - v[i]) * (at - (double) i) : v[i];
}

/* Column sums of one resample of n rows, and how many values each has. */
static void
resample(const double *value, size_t n, size_t columns, cs_rng *rng, double *sum, double *count)
{
	memset(sum, 0, sizeof(double) * columns);
	memset(count, 0, sizeof(double) * columns);
	for (size_t draw = 0; draw < n; draw++)
	{
		const double *row = value + (size_t) cs_rng_below(rng, n) * columns;

		for (size_t c = 0; c < columns; c++)
		{
			sum[c] += row[c] == row[c] ? row[c] : 0;
			count[c] += row[c] == row[c] ? 1 : 0;
		}
	}
}

double *
cs_interval_resamples(cs_env *env, const double *value, size_t n, int columns, uint64_t seed)
{
	double	   *means = CS_ROOM(env, double, (size_t) columns * CS_BOOTSTRAP_RESAMPLES),
			   *sum = CS_ROOM(env, double, (size_t) columns),
			   *count = CS_ROOM(env, double, (size_t) columns);
	cs_rng		rng;

	cs_rng_init(&rng, seed, CS_STREAM_BOOTSTRAP);
	for (size_t b = 0; b < CS_BOOTSTRAP_RESAMPLES; b++)
	{
		cs_poll(env);
		resample(value, n, (size_t) columns, &rng, sum, count);
		for (size_t c = 0; c < (size_t) columns; c++)
			means[c * CS_BOOTSTRAP_RESAMPLES + b] = count[c] > 0 ? sum[c] / count[c] : NAN;
	}
	cs_release(env, sum);
	cs_release(env, count);
	return means;
}

void
cs_interval_percentiles(double *means, cs_interval *out)
{
	size_t		n = 0;

	if (out->n < 2)
		return;
	for (size_t b = 0; b < CS_BOOTSTRAP_RESAMPLES; b++)
		if (!isnan(means[b]))
			means[n++] = means[b];
	sort_means(means, n);
	out->low = quantile(means, n, TAIL);
	out->high = quantile(means, n, 1 - TAIL);
}

void
cs_interval_means(cs_env *env, const double *value, size_t n, int columns, uint64_t seed, cs_interval *out)
{
	for (int c = 0; c < columns; c++)
	{
		cs_moments	m = {0, 0, 0};

		cs_poll(env);
		for (size_t i = 0; i < n; i++)
			cs_moments_add(&m, value[i * (size_t) columns + (size_t) c]);
		out[c] = cs_interval_normal(&m);
	}
	if (n <= CS_BOOTSTRAP_MOST && n > 1)
	{
		double	   *means = cs_interval_resamples(env, value, n, columns, seed);

		for (int c = 0; c < columns; c++)
			cs_interval_percentiles(means + (size_t) c * CS_BOOTSTRAP_RESAMPLES, &out[c]);
		cs_release(env, means);
	}
}

cs_interval
cs_interval_jackknife(double value, const double *without, int groups, int64_t n)
{
	double		mean = 0,
				square = 0,
				error;

	if (isnan(value) || groups < 2)
		return (cs_interval) {value, NAN, NAN, n};
	for (int g = 0; g < groups; g++)
		mean += without[g] / groups;
	for (int g = 0; g < groups; g++)
		square += (without[g] - mean) * (without[g] - mean);
	error = NORMAL_975 * sqrt(square * (groups - 1) / groups);
	if (isnan(error))
		return (cs_interval) {value, NAN, NAN, n};
	return (cs_interval) {value, fmax(value - error, 0), fmin(value + error, 1), n};
}
