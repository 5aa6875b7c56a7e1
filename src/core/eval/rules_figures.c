/*
 * rules_figures.c - what a tree of rules costs, and numbers that read well (rules.h).
 */
#include "core/eval/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows between polls. */
#define POLL_ROWS 4096

/* Digits of a value that people take as it is. */
#define SHORT_DIGITS 4

double
cs_cost_of_labels(cs_env *env, const cs_matrix *x, const int32_t *label, int k)
{
	size_t		d = (size_t) x->d;
	double	   *mean = CS_NEW(env, double, (size_t) k *d), *rows = CS_NEW(env, double, (size_t) k), sum = 0;
	float	   *v = CS_ROOM(env, float, d);

	for (int pass = 0; pass < 2; pass++)
	{
		for (size_t i = 0; i < x->n; i++)
		{
			double	   *m;

			if (i % POLL_ROWS == 0)
				cs_poll(env);
			if (label[i] < 0 || label[i] >= k)
				continue;
			m = mean + (size_t) label[i] * d;
			cs_matrix_row(x, i, v);
			rows[label[i]] += pass == 0;
			for (size_t f = 0; f < d; f++)
				if (pass == 0)
					m[f] += (double) v[f];
				else
					sum += ((double) v[f] - m[f]) * ((double) v[f] - m[f]);
		}
		for (size_t j = 0; j < (size_t) k && pass == 0; j++)
			for (size_t f = 0; f < d && rows[j] > 0; f++)
				mean[j * d + f] /= rows[j];
	}
	cs_release(env, mean);
	cs_release(env, rows);
	cs_release(env, v);
	return sum;
}

/* ---- numbers for people ---- */

static double
rounded(double v, int digits)
{
	char		buf[40];

	snprintf(buf, sizeof(buf), "%.*e", digits - 1, v);
	return strtod(buf, NULL);
}

double
cs_short_cut(double low, double high)
{
	if (rounded(low, SHORT_DIGITS) == low || !isfinite(low))
		return low;
	for (int digits = 1; digits < 17; digits++)
	{
		double		v = rounded(low, digits), unit = pow(10, floor(log10(fabs(low))) - digits + 1);

		if (v < low)
			v = rounded(low + unit, digits);
		if (v >= low && v < high)
			return v + 0.0;
	}
	return low;
}
