/*
 * idec.c - soft assignments and their gradients (see idec.h).
 */
#include "core/cluster/idec.h"

#include <math.h>

int
cs_idec_soft(const float *z, const double *center, int k, int e, double *q)
{
	double		sum = 0;
	int			best = 0;

	for (int j = 0; j < k; j++)
	{
		double		d2 = 0;

		for (int f = 0; f < e; f++)
		{
			double		v = (double) z[f] - center[j * e + f];

			d2 += v * v;
		}
		q[j] = 1 / (1 + d2);
		sum += q[j];
		if (q[j] > q[best])
			best = j;
	}
	for (int j = 0; j < k; j++)
		q[j] /= sum;
	return best;
}

void
cs_idec_target(const double *q, const double *f, int k, double *p)
{
	double		sum = 0;

	for (int j = 0; j < k; j++)
	{
		p[j] = f[j] > 0 ? q[j] * q[j] / f[j] : 0;
		sum += p[j];
	}
	for (int j = 0; j < k; j++)
		p[j] = sum > 0 ? p[j] / sum : q[j];
}

double
cs_idec_gradient(const float *z, const double *center, int k, int e, const double *p, double *q, double scale,
				 float *row, double *centers)
{
	double		divergence = 0;

	(void) cs_idec_soft(z, center, k, e, q);
	for (int j = 0; j < k; j++)
	{
		double		d2 = 0,
					by;

		for (int f = 0; f < e; f++)
		{
			double		v = (double) z[f] - center[j * e + f];

			d2 += v * v;
		}
		by = 2 * scale * (p[j] - q[j]) / (1 + d2);
		for (int f = 0; f < e; f++)
		{
			double		v = by * ((double) z[f] - center[j * e + f]);

			row[f] += (float) v;
			centers[j * e + f] -= v;
		}
		if (p[j] > 0)
			divergence += p[j] * log(p[j] / q[j]);
	}
	return divergence;
}
