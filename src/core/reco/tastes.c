/*
 * tastes.c - customers as a mixture of kinds (see tastes.h).
 */
#include "core/reco/tastes.h"

#include <math.h>
#include <string.h>

struct cs_tastes
{
	cs_env	   *env;
	int			kinds;
	int			items;			/* that are recommended */
	int			all;
	double	   *share;			/* its logarithm */
	double	   *sum;			/* logarithm of the sum of the rates, per kind, when ready */
	cs_factors *rate;
};

cs_tastes *
cs_tastes_new(cs_env *env, int items, int kinds, const double *share)
{
	static const cs_fold_settings sums = {0, 0, 0};
	cs_tastes  *t = CS_NEW(env, cs_tastes, 1);

	t->env = env;
	t->kinds = kinds;
	t->all = items;
	t->share = CS_ROOM(env, double, (size_t) kinds);
	t->sum = CS_NEW(env, double, (size_t) kinds);
	t->rate = cs_factors_new(env, items, kinds, &sums);
	for (int s = 0; s < kinds; s++)
		t->share[s] = log(share[s]);
	return t;
}

void
cs_tastes_set(cs_tastes *t, int item, const float *rate)
{
	cs_factors_set(t->rate, item, rate);
	for (int s = 0; s < t->kinds; s++)
		t->sum[s] += (double) rate[s];
	t->items += rate[0] > 0;
}

void
cs_tastes_ready(cs_tastes *t)
{
	for (int s = 0; s < t->kinds; s++)
		t->sum[s] = log(t->sum[s]);
}

void
cs_tastes_free(cs_tastes *t)
{
	cs_release(t->env, t->share);
	cs_release(t->env, t->sum);
	cs_factors_free(t->rate);
	cs_release(t->env, t);
}

int
cs_tastes_kinds(const cs_tastes *t)
{
	return t->kinds;
}

int
cs_tastes_items(const cs_tastes *t)
{
	return t->items;
}

double
cs_tastes_rate(const cs_tastes *t, int32_t item, int kind)
{
	return cs_factors_value(t->rate, item, kind);
}

void
cs_tastes_customer(const cs_tastes *t, size_t n, const int32_t *item, const double *value, double *p)
{
	double		most = -INFINITY,
				sum = 0;

	memcpy(p, t->share, sizeof(double) * (size_t) t->kinds);
	for (size_t e = 0; e < n; e++)
	{
		double		x = cs_tastes_evidence(value[e]);

		if (cs_tastes_rate(t, item[e], 0) > 0)
			for (int s = 0; s < t->kinds; s++)
				p[s] += x * (log(cs_tastes_rate(t, item[e], s)) - t->sum[s]);
	}
	for (int s = 0; s < t->kinds; s++)
		most = fmax(most, p[s]);
	for (int s = 0; s < t->kinds; s++)
		sum += p[s] = exp(p[s] - most);
	for (int s = 0; s < t->kinds; s++)
		p[s] /= sum;
}

size_t
cs_tastes_scores(cs_env *env, const cs_tastes *t, const double *p, cs_scored *out)
{
	return cs_factors_scores(env, t->rate, p, false, out);
}

cs_mips *
cs_tastes_search(cs_env *env, const cs_tastes *t, const int32_t *item, size_t n)
{
	return cs_factors_search(env, t->rate, item, n);
}

size_t
cs_tastes_similar(cs_env *env, const cs_tastes *t, int32_t item, cs_scored *out)
{
	return cs_factors_similar(env, t->rate, item, out);
}
