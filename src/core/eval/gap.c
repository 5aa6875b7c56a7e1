/*
 * gap.c - the gap statistic (see gap.h).
 */
#include "core/eval/gap.h"

#include <math.h>

static void
to_unit_length(float *row, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += (double) row[f] * (double) row[f];
	for (int f = 0; f < d && s > 0; f++)
		row[f] = (float) ((double) row[f] / sqrt(s));
}

cs_matrix  *
cs_gap_reference(cs_env *env, cs_rng *rng, const cs_matrix *x, bool unit_length)
{
	size_t		d = (size_t) x->d;
	cs_matrix  *m = cs_matrix_new(env, x->n, x->d);
	float	   *low = CS_ROOM(env, float, d),
			   *high = CS_ROOM(env, float, d),
			   *row = CS_ROOM(env, float, d);

	for (size_t i = 0; i < x->n; i++)
	{
		cs_matrix_row(x, i, row);
		for (size_t f = 0; f < d; f++)
		{
			low[f] = i == 0 ? row[f] : fminf(low[f], row[f]);
			high[f] = i == 0 ? row[f] : fmaxf(high[f], row[f]);
		}
	}
	for (size_t i = 0; i < x->n; i++)
	{
		for (size_t f = 0; f < d; f++)
			row[f] = (float) ((double) low[f] + ((double) high[f] - (double) low[f]) * cs_rng_unit(rng));
		if (unit_length)
			to_unit_length(row, x->d);
		cs_matrix_set_row(m, i, row);
	}
	cs_release(env, low);
	cs_release(env, high);
	cs_release(env, row);
	return m;
}

double
cs_gap(double log_w, const double *set_log_w, int sets, double *error)
{
	double		mean = 0,
				square = 0;

	for (int i = 0; i < sets; i++)
		mean += set_log_w[i] / sets;
	for (int i = 0; i < sets; i++)
		square += (set_log_w[i] - mean) * (set_log_w[i] - mean) / sets;
	*error = sqrt(square * (1 + 1.0 / sets));
	return mean - log_w;
}

int
cs_gap_choose(const double *gap, const double *error, int n)
{
	int			best = 0;

	for (int i = 0; i < n; i++)
	{
		if (isnan(gap[i]) || isnan(error[i]))
			return -1;
		if (gap[i] > gap[best])
			best = i;
	}
	for (int i = 0; i + 1 < n; i++)
		if (gap[i] >= gap[i + 1] - error[i + 1])
			return i;
	return n > 0 ? best : -1;
}
