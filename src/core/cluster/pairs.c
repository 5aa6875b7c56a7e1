/*
 * pairs.c - loss and gradient of pairs (see pairs.h).
 */
#include "core/cluster/pairs.h"
#include "core/base/linalg.h"

#include <math.h>
#include <string.h>

/* Added to squared distances of rows that should be apart: ln (1 - q) stays finite. */
#define LEAST 1e-3

static double
length2(const float *z, int e)
{
	double		sum = 0;

	for (int f = 0; f < e; f++)
		sum += (double) z[f] * (double) z[f];
	return sum;
}

/*
 * Of anchor i: products with all partners become derivatives by the squared
 * distances; what its pairs cost.
 */
static double
anchor(const float *z, size_t n, int e, size_t i, double weight, const double *partner2, float *row)
{
	double		own2 = length2(z + i * (size_t) e, e),
				against = n > 1 ? CS_PAIRS_AGAINST / (double) (n - 1) : 0,
				apart = 0,
				together = 0;

	for (size_t j = 0; j < n; j++)
	{
		double		d2 = own2 + partner2[j] - 2 * (double) row[j];

		d2 = d2 > 0 ? d2 : 0;
		if (j == i)
		{
			together = log1p(d2);
			row[j] = (float) (weight / (1 + d2));
			continue;
		}
		apart -= log((d2 + LEAST) / (1 + d2));
		row[j] = (float) (-weight * against * (1 - LEAST) / ((d2 + LEAST) * (1 + d2)));
	}
	return weight * (together + against * apart);
}

/* grad += 2 (sum of a row of derivatives) times the row itself. */
static void
add_own(float *grad, const float *z, int e, double sum)
{
	for (int f = 0; f < e; f++)
		grad[f] += (float) (2 * sum * (double) z[f]);
}

double
cs_pairs_gradient(cs_env *env, const float *z, size_t n, int e, const float *weight, float *square, float *grad)
{
	size_t		w = (size_t) e;
	const float *partner = z + n * w;
	double	   *partner2 = CS_ROOM(env, double, n),
			   *column = CS_NEW(env, double, n),
				loss = 0;

	for (size_t j = 0; j < n; j++)
		partner2[j] = length2(partner + j * w, e);
	cs_productf(env, NULL, CS_N, CS_T, n, n, w, 1, z, w, partner, w, 0, square, n);
	for (size_t i = 0; i < n; i++)
	{
		if (i % 64 == 0)
			cs_poll(env);
		loss += anchor(z, n, e, i, (weight ? (double) weight[i] : 1) / (double) n, partner2, square + i * n);
	}
	cs_productf(env, NULL, CS_N, CS_N, n, w, n, -2, square, n, partner, w, 0, grad, w);
	cs_productf(env, NULL, CS_T, CS_N, n, w, n, -2, square, n, z, w, 0, grad + n * w, w);
	for (size_t i = 0; i < n; i++)
	{
		double		row = 0;

		for (size_t j = 0; j < n; j++)
		{
			row += (double) square[i * n + j];
			column[j] += (double) square[i * n + j];
		}
		add_own(grad + i * w, z + i * w, e, row);
	}
	for (size_t j = 0; j < n; j++)
		add_own(grad + (n + j) * w, partner + j * w, e, column[j]);
	cs_release(env, partner2);
	cs_release(env, column);
	return loss;
}
