/*
 * mixture.c - densities of Gaussians, and mixtures as models (see mixture.h).
 */
#include "core/cluster/mixture.h"

#include <math.h>
#include <string.h>

#define LOG_2_PI 1.8378770664093454836

size_t
cs_mixture_packed(int covariance, int d)
{
	return covariance >= CS_DIAGONAL ? (size_t) d : (size_t) d * ((size_t) d + 1) / 2;
}

cs_mixture *
cs_mixture_new(cs_env *env, int covariance, int k, int d)
{
	cs_mixture *m = CS_NEW(env, cs_mixture, 1);

	m->k = k;
	m->d = d;
	m->covariance = covariance;
	m->packed = cs_mixture_packed(covariance, d);
	m->weight = CS_NEW(env, double, (size_t) k);
	m->mean = CS_NEW(env, double, (size_t) k * (size_t) d);
	m->factor = CS_NEW(env, double, (size_t) k * m->packed);
	m->constant = CS_NEW(env, double, (size_t) k);
	return m;
}

/* The constants of the densities, from weights and factors. */
static void
finish_mixture(cs_mixture *m)
{
	for (int j = 0; j < m->k; j++)
	{
		const double *f = m->factor + (size_t) j * m->packed;
		double		log_det = 0;

		for (int i = 0; i < m->d; i++)
		{
			f += cs_mixture_diagonal(m) ? 0 : i;
			log_det += log(*f++);
		}
		m->constant[j] = log(m->weight[j]) + log_det - 0.5 * m->d * LOG_2_PI;
	}
}

/* ---- covariances to factors ---- */

/*
 * In place: a packed symmetric matrix to the inverse of its Cholesky factor; false
 * when it is not positive definite.
 */
static bool
invert_root(double *a, int d)
{
	/* row i of a packed lower triangle starts at i (i + 1) / 2 */
	for (int i = 0; i < d; i++)
	{
		double	   *ri = a + (size_t) i * ((size_t) i + 1) / 2;

		for (int j = 0; j <= i; j++)
		{
			const double *rj = a + (size_t) j * ((size_t) j + 1) / 2;
			double		s = ri[j];

			for (int z = 0; z < j; z++)
				s -= ri[z] * rj[z];
			if (j < i)
				ri[j] = s / rj[j];
			else if (!(s > 0) || !isfinite(s))
				return false;
			else
				ri[i] = sqrt(s);
		}
	}
	/* L to its inverse, column by column of each row */
	for (int i = 0; i < d; i++)
	{
		double	   *ri = a + (size_t) i * ((size_t) i + 1) / 2;
		double		inverse = 1 / ri[i];

		for (int j = 0; j < i; j++)
		{
			double		s = 0;

			for (int z = j; z < i; z++)
				s += ri[z] * a[(size_t) z * ((size_t) z + 1) / 2 + (size_t) j];
			ri[j] = s;
		}
		for (int j = 0; j < i; j++)
			ri[j] *= -inverse;
		ri[i] = inverse;
	}
	return true;
}

void
cs_mixture_collapsed(cs_env *env)
{
	cs_fail(env, CS_E_NUMERIC, "covariance of a component is not positive definite",
			"A component has collapsed onto too few rows, or features depend on each other.",
			"Increase the option regularisation, ask for fewer segments, or use covariance diagonal.");
}

void
cs_mixture_factors(cs_env *env, cs_mixture *m)
{
	for (int j = 0; j < m->k; j++)
	{
		double	   *f = m->factor + (size_t) j * m->packed;

		if (m->covariance == CS_TIED && j > 0)
			memcpy(f, m->factor, sizeof(double) * m->packed);
		else if (!cs_mixture_diagonal(m))
		{
			if (!invert_root(f, m->d))
				cs_mixture_collapsed(env);
		}
		else
			for (int i = 0; i < m->d; i++)
			{
				if (!(f[i] > 0) || !isfinite(f[i]))
					cs_mixture_collapsed(env);
				f[i] = 1 / sqrt(f[i]);
			}
	}
	finish_mixture(m);
}

/* ---- the model ---- */

void
cs_mixture_save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	const cs_mixture *m = fit->extra;

	(void) env;
	cs_put_number(w, "covariance", m->covariance);
	cs_put_numbers(w, "weights", m->weight, (size_t) m->k);
	cs_put_numbers(w, "factors", m->factor, (size_t) (m->covariance == CS_TIED ? 1 : m->k) * m->packed);
}

/* Is every number on the diagonals positive? */
static bool
plausible(const cs_mixture *m)
{
	for (int j = 0; j < m->k; j++)
	{
		const double *f = m->factor + (size_t) j * m->packed;

		if (!(m->weight[j] > 0) || !isfinite(m->constant[j]))
			return false;
		for (int i = 0; i < m->d; i++)
			if (!(f[cs_mixture_diagonal(m) ? (size_t) i : (size_t) i * ((size_t) i + 3) / 2] > 0))
				return false;
	}
	return true;
}

void
cs_mixture_load(cs_env *env, cs_value fit, cs_scorer *s)
{
	int			covariance = cs_need_int(env, fit, "covariance", CS_FULL, CS_SPHERICAL);
	cs_mixture *m;
	size_t		one;
	double	   *factor;

	if (s->centers == NULL)
		cs_doc_damaged(env, "Field \"centers\" is missing.");
	m = CS_NEW(env, cs_mixture, 1);
	m->k = s->k;
	m->d = s->d;
	m->covariance = covariance;
	m->packed = one = cs_mixture_packed(covariance, s->d);
	m->weight = cs_need_numbers(env, fit, "weights", (size_t) s->k);
	m->mean = s->centers->c;
	factor = cs_need_numbers(env, fit, "factors", (size_t) (covariance == CS_TIED ? 1 : s->k) * one);
	m->factor = CS_ROOM(env, double, (size_t) s->k * one);
	for (int j = 0; j < s->k; j++)
		memcpy(m->factor + (size_t) j * one, factor + (covariance == CS_TIED ? 0 : (size_t) j * one), sizeof(double) * one);
	m->constant = CS_NEW(env, double, (size_t) s->k);
	finish_mixture(m);
	if (!plausible(m))
		cs_doc_damaged(env, "Its covariances are no covariances.");
	s->room = 2 * (size_t) s->d + 2 * (size_t) s->k;
	s->extra = m;
}

/* Squared Mahalanobis distance of a row to component j. */
static double
mahalanobis(const cs_mixture *m, const float *row, int j)
{
	const double *mean = m->mean + (size_t) j * (size_t) m->d,
			   *f = m->factor + (size_t) j * m->packed;
	double		sum = 0;

	for (int i = 0; i < m->d; i++)
	{
		double		y = 0;

		for (int z = cs_mixture_diagonal(m) ? i : 0; z <= i; z++)
			y += ((double) row[z] - mean[z]) * *f++;
		sum += y * y;
	}
	return sum;
}

/*
 * The most probable component, and the next; d1 is the squared Mahalanobis distance
 * and d2 - d1 twice the logarithm of the odds between the two.
 */
cs_nearest
cs_mixture_nearest(const cs_scorer *s, const float *row, float *score)
{
	const cs_mixture *m = s->extra;
	cs_nearest	n = {-1, -1, 0, INFINITY};
	double		best = -INFINITY,
				second = -INFINITY;

	(void) score;
	for (int j = 0; j < m->k; j++)
	{
		double		square = mahalanobis(m, row, j),
					v = m->constant[j] - 0.5 * square;

		if (v > best || n.label < 0)
		{
			second = best;
			n.label2 = n.label;
			best = v;
			n.label = j;
			n.d1 = square;
		}
		else if (v > second || n.label2 < 0)
		{
			second = v;
			n.label2 = j;
		}
	}
	if (n.label2 >= 0)
		n.d2 = n.d1 + 2 * (best - second);
	return n;
}

int
cs_mixture_label(const cs_scorer *s, const float *row, float *score)
{
	return cs_mixture_nearest(s, row, score).label;
}

double
cs_mixture_distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	(void) score;
	return mahalanobis(s->extra, row, cluster);
}

void
cs_mixture_probability(const cs_scorer *s, const float *row, float *score, double *p)
{
	const cs_mixture *m = s->extra;
	double		most = -INFINITY,
				sum = 0;

	(void) score;
	for (int j = 0; j < m->k; j++)
	{
		p[j] = m->constant[j] - 0.5 * mahalanobis(m, row, j);
		most = fmax(most, p[j]);
	}
	for (int j = 0; j < m->k; j++)
		sum += p[j] = exp(p[j] - most);
	for (int j = 0; j < m->k; j++)
		p[j] /= sum;
}
