/*
 * screen.c - statistics of columns before training (see screen.h).
 */
#include "core/prep/screen.h"

#include "core/base/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
cs_spread_init(cs_spread *s)
{
	*s = (cs_spread) {0, 0, 0, INFINITY, -INFINITY, true};
}

void
cs_spread_add(cs_spread *s, double v)
{
	double		d = v - s->mean;

	s->n++;
	s->mean += d / s->n;
	s->m2 += d * (v - s->mean);
	s->min = v < s->min ? v : s->min;
	s->max = v > s->max ? v : s->max;
	s->whole = s->whole && v == rint(v);
}

double
cs_spread_sd(const cs_spread *s)
{
	return s->n > 0 && s->m2 > 0 ? sqrt(s->m2 / s->n) : 0;
}

double
cs_tail_share(float *v, size_t n, double tail)
{
	size_t		extreme = (size_t) (tail * (double) n);
	double		mean = 0,
				all = 0,
				part = 0;

	if (n == 0)
		return 0;
	extreme = extreme > 0 ? extreme : 1;
	for (size_t i = 0; i < n; i++)
		mean += (double) v[i] / (double) n;
	for (size_t i = 0; i < n; i++)
	{
		v[i] = (float) fabs((double) v[i] - mean);
		all += (double) v[i] * (double) v[i];
	}
	(void) cs_select(v, n, n - extreme);
	for (size_t i = n - extreme; i < n; i++)
		part += (double) v[i] * (double) v[i];
	return all > 0 ? part / all : 0;
}

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return (x > y) - (x < y);
}

double
cs_mode_share(double *v, size_t n)
{
	size_t		most = 0,
				run = 0;

	qsort(v, n, sizeof(double), ascending);
	for (size_t i = 0; i < n; i++)
	{
		run = i > 0 && v[i] == v[i - 1] ? run + 1 : 1;
		most = run > most ? run : most;
	}
	return n > 0 ? (double) most / (double) n : 0;
}

double
cs_evenness(double *v, size_t n)
{
	cs_spread	s;
	double		both = 0,
				ranks = ((double) n * (double) n - 1) / 12;

	qsort(v, n, sizeof(double), ascending);
	cs_spread_init(&s);
	for (size_t i = 0; i < n; i++)
	{
		if (i > 0 && v[i] == v[i - 1])
			return -1;
		cs_spread_add(&s, v[i]);
	}
	for (size_t i = 0; i < n; i++)
		both += ((double) i - ((double) n - 1) / 2) * (v[i] - s.mean);
	return s.m2 > 0 ? both / (double) n / sqrt(ranks * s.m2 / s.n) : 0;
}

void
cs_correlations(cs_env *env, const float *x, size_t n, int d, double *r)
{
	size_t		w = (size_t) d;
	double	   *mean = CS_NEW(env, double, w + 1),
			   *row = CS_NEW(env, double, w + 1);

	memset(r, 0, sizeof(double) * w * w);
	for (size_t i = 0; i < n; i++)
		for (int a = 0; a < d; a++)
			mean[a] += (double) x[i * w + a] / (double) n;
	for (size_t i = 0; i < n; i++)
	{
		if (i % 256 == 0)
			cs_poll(env);
		for (int a = 0; a < d; a++)
			row[a] = (double) x[i * w + a] - mean[a];
		for (int a = 0; a < d; a++)
			for (int b = 0; b <= a; b++)
				r[a * w + b] += row[a] * row[b];
	}
	for (int a = 0; a < d; a++)
		mean[a] = sqrt(r[a * w + a]);
	for (int a = 0; a < d; a++)
		for (int b = 0; b <= a; b++)
		{
			double		sd = mean[a] * mean[b];

			r[a * w + b] = r[b * w + a] = sd > 0 ? r[a * w + b] / sd : 0;
		}
	cs_release(env, mean);
	cs_release(env, row);
}
