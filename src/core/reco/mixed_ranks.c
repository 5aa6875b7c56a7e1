/*
 * mixed_ranks.c - places of what was held back in blends (see mixed_ranks.h).
 */
#include "core/reco/mixed_ranks.h"

#include "core/reco/blend.h"
#include "core/reco/metrics.h"

#include <math.h>
#include <string.h>

/* Items that are counted between two looks at how many are better. */
#define STEP 256

struct cs_mixed_ranks
{
	cs_env	   *env;
	const cs_trial *trial;
	double	   *place;			/* own scores by item, zeros between calls */

	/* of the customer at hand: the items that may be listed, ascending */
	size_t		t;
	size_t		history;		/* its length */
	const int32_t *had;
	size_t		n;
	int32_t    *item;
	double	   *prior;
	double	   *own;
	double		spread;			/* of the prior */
	const cs_scored *given;
	size_t		n_given;
	cs_scored  *mixed;
};

cs_mixed_ranks *
cs_mixed_ranks_new(cs_env *env, const cs_trial *trial)
{
	cs_mixed_ranks *m = CS_NEW(env, cs_mixed_ranks, 1);
	size_t		items = (size_t) trial->h->rest->items;

	m->env = env;
	m->trial = trial;
	m->place = CS_NEW(env, double, items);
	m->item = CS_ROOM(env, int32_t, items);
	m->prior = CS_ROOM(env, double, items);
	m->own = CS_ROOM(env, double, items);
	m->mixed = CS_ROOM(env, cs_scored, items);
	return m;
}

void
cs_mixed_ranks_free(cs_mixed_ranks *m)
{
	cs_release(m->env, m->place);
	cs_release(m->env, m->item);
	cs_release(m->env, m->prior);
	cs_release(m->env, m->own);
	cs_release(m->env, m->mixed);
	cs_release(m->env, m);
}

/* Standard deviation, its sums in the order of blend.c. */
static double
spread_of(const double *v, size_t n)
{
	double		mean = 0,
				sum = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i];
	mean /= fmax((double) n, 1);
	for (size_t i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sqrt(sum / fmax((double) n, 1));
}

void
cs_mixed_ranks_customer(cs_mixed_ranks *m, size_t t, const cs_scored *prior, size_t n)
{
	const cs_events *e = m->trial->h->rest;
	size_t		from = e->start[m->trial->h->customer[t]],
				h = 0;

	m->t = t;
	m->had = e->item + from;
	m->history = e->start[m->trial->h->customer[t] + 1] - from;
	m->n = 0;
	for (size_t i = 0; i < n; i++)
	{
		while (h < m->history && m->had[h] < prior[i].item)
			h++;
		if (h < m->history && m->had[h] == prior[i].item)
			continue;
		m->item[m->n] = prior[i].item;
		m->prior[m->n++] = prior[i].score;
	}
	m->spread = spread_of(m->prior, m->n);
	m->given = prior;
	m->n_given = n;
}

/* Where an item is among those that may be listed; n: it is not. */
static size_t
find(const cs_mixed_ranks *m, int32_t item)
{
	size_t		low = 0,
				n = m->n;

	while (n > 0)
	{
		size_t		half = n / 2;

		if (m->item[low + half] < item)
		{
			low += half + 1;
			n -= half + 1;
		}
		else
			n = half;
	}
	return low < m->n && m->item[low] == item ? low : m->n;
}

/* Items from first to end with a better score than this, or with ties one as good; from most on it does not matter how many. */
static int
count_better(const cs_mixed_ranks *m, const cs_blend_scale *by, double score, bool ties, size_t first, size_t end, int most)
{
	int			better = 0;

	for (size_t i = first; i < end && better < most;)
	{
		size_t		stop = end - i > STEP ? i + STEP : end;

		if (ties)
			for (; i < stop; i++)
				better += by->own * m->own[i] + by->prior * m->prior[i] >= score;
		else
			for (; i < stop; i++)
				better += by->own * m->own[i] + by->prior * m->prior[i] > score;
	}
	return better;
}

/* In the ordinary way: lists that scores above 0 do not fill. */
static double
judge_list(cs_mixed_ranks *m, const cs_scored *own, size_t n, double kappa)
{
	cs_blend_scale scale;
	size_t		mixed = cs_blend_scores(m->env, own, n, m->given, m->n_given, m->had, m->history, kappa, m->place, &scale, m->mixed);

	return cs_trial_judge(m->env, m->trial, m->t, m->mixed, mixed);
}

/* nDCG for one weight; -1: not all of the list has scores above 0. */
static double
judge_places(const cs_mixed_ranks *m, const cs_blend_scale *by)
{
	const cs_holdout *h = m->trial->h;
	const int32_t *test = h->item + h->start[m->t];
	int			tests = (int) (h->start[m->t + 1] - h->start[m->t]);
	int32_t		list[CS_TRIAL_LENGTH];
	double		metric[CS_METRICS_OF_HITS];

	if (count_better(m, by, 0, false, 0, m->n, CS_TRIAL_LENGTH) < CS_TRIAL_LENGTH)
		return -1;
	memset(list, 0xff, sizeof(list));
	for (int i = 0; i < tests; i++)
	{
		size_t		at = find(m, test[i]);
		double		score = at < m->n ? by->own * m->own[at] + by->prior * m->prior[at] : 0;
		int			better;

		if (!(score > 0))
			continue;
		better = count_better(m, by, score, true, 0, at, CS_TRIAL_LENGTH);
		better += count_better(m, by, score, false, at + 1, m->n, CS_TRIAL_LENGTH - better);
		if (better < CS_TRIAL_LENGTH)
			list[better] = test[i];
	}
	cs_metrics_of_hits(list, CS_TRIAL_LENGTH, test, tests, CS_TRIAL_LENGTH, metric);
	return metric[CS_METRIC_NDCG];
}

void
cs_mixed_ranks_judge(cs_mixed_ranks *m, const cs_scored *own, size_t n, const double *kappa, size_t kappas, double *ndcg)
{
	double		spread;

	for (size_t i = 0; i < n; i++)
		m->place[own[i].item] = own[i].score;
	for (size_t i = 0; i < m->n; i++)
		m->own[i] = m->place[m->item[i]];
	for (size_t i = 0; i < n; i++)
		m->place[own[i].item] = 0;
	spread = spread_of(m->own, m->n);
	for (size_t k = 0; k < kappas; k++)
	{
		cs_blend_scale by = cs_blend_scale_of(kappa[k], m->history, spread, m->spread);

		ndcg[k] = judge_places(m, &by);
		if (ndcg[k] < 0)
			ndcg[k] = judge_list(m, own, n, kappa[k]);
	}
	cs_poll(m->env);
}
