/*
 * newcomers.c - kappa by histories as they are and cut short (see newcomers.h).
 */
#include "core/reco/newcomers.h"

#include "core/base/rng.h"
#include "core/reco/blend.h"

#include <math.h>

static const size_t lengths[] = {1, 2, 3, 5, CS_NEWCOMERS_MOST};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

typedef struct trying
{
	cs_env	   *env;
	const cs_trial *trial;
	cs_scores  *own;
	cs_scores  *prior;			/* NULL: own alone */
	const double *kappa;
	size_t		kappas;
	cs_scored  *of_own;
	cs_scored  *of_prior;
	cs_scored  *out;
	double	   *place;			/* zeros, per item */
	double	   *sum;			/* per kappa */
} trying;

static inline bool
later(const int32_t *item, const double *last, uint64_t seed, size_t a, size_t b)
{
	if (last && last[a] != last[b])
		return last[a] > last[b];
	return cs_mix64(seed + (uint64_t) item[a]) > cs_mix64(seed + (uint64_t) item[b]);
}

void
cs_newcomers_latest(const int32_t *item, const double *last, size_t n, size_t few, uint64_t seed, size_t *place)
{
	size_t		kept = 0,
				order[CS_NEWCOMERS_MOST];

	/* the latest first; then by place */
	for (size_t i = 0; i < n; i++)
	{
		size_t		at = kept;

		for (; at > 0 && later(item, last, seed, i, order[at - 1]); at--)
			if (at < few)
				order[at] = order[at - 1];
		if (at < few)
			order[at] = i;
		kept += kept < few;
	}
	for (size_t i = 0; i < kept; i++)
	{
		size_t		at = i;

		for (; at > 0 && place[at - 1] > order[i]; at--)
			place[at] = place[at - 1];
		place[at] = order[i];
	}
}

/* Add what the lists are worth to customer number t of the holdout with this history. */
static void
add(trying *a, size_t t, size_t n, const int32_t *item, const double *value, double share)
{
	int32_t		customer = a->trial->h->customer[t];
	size_t		n_own = cs_scores_customer(a->env, a->own, customer, n, item, value, a->of_own),
				n_prior;

	if (a->prior == NULL)
	{
		a->sum[0] += share * cs_trial_judge(a->env, a->trial, t, a->of_own, n_own);
		return;
	}
	n_prior = cs_scores_customer(a->env, a->prior, customer, n, item, value, a->of_prior);
	for (size_t k = 0; k < a->kappas; k++)
	{
		cs_blend_scale scale;
		size_t		found = cs_blend_scores(a->env, a->of_own, n_own, a->of_prior, n_prior, item, n, a->kappa[k], a->place, &scale, a->out);

		a->sum[k] += share * cs_trial_judge(a->env, a->trial, t, a->out, found);
	}
}

/* The history as it is, and cut to one of the lengths, if it is longer than the least. */
static void
add_customer(trying *a, size_t t, size_t turn, uint64_t seed)
{
	const cs_events *e = a->trial->h->rest;
	const int32_t *item;
	const double *value;
	size_t		from = e->start[a->trial->h->customer[t]],
				n = cs_trial_history(a->trial, t, &item, &value),
				at = turn % LENGTHS,
				place[CS_NEWCOMERS_MOST];
	int32_t		cut_item[CS_NEWCOMERS_MOST];
	double		cut_value[CS_NEWCOMERS_MOST];

	while (at > 0 && lengths[at] >= n)
		at--;
	add(a, t, n, item, value, n > lengths[at] ? 0.5 : 1);
	if (n <= lengths[at])
		return;
	cs_newcomers_latest(item, e->last ? e->last + from : NULL, n, lengths[at], seed, place);
	for (size_t i = 0; i < lengths[at]; i++)
	{
		cut_item[i] = item[place[i]];
		cut_value[i] = value[place[i]];
	}
	add(a, t, lengths[at], cut_item, cut_value, 0.5);
}

/* Sums over customers, in room for all kappas. */
static void
judge(cs_env *env, const cs_trial *trial, cs_scores *own, cs_scores *prior, const double *kappa, size_t kappas, uint64_t seed, double *sum)
{
	size_t		items = (size_t) trial->h->rest->items,
				n = trial->h->n,
				few = n < CS_NEWCOMERS ? n : CS_NEWCOMERS;
	trying		a = {env, trial, own, prior, kappa, kappas, CS_ROOM(env, cs_scored, items), CS_ROOM(env, cs_scored, items),
	CS_ROOM(env, cs_scored, items), CS_NEW(env, double, items), sum};

	for (size_t k = 0; k < kappas; k++)
		sum[k] = 0;
	for (size_t i = 0; i < few; i++)
	{
		size_t		t = i * n / few;

		add_customer(&a, t, i, cs_mix64(seed ^ (uint64_t) trial->h->customer[t]));
		cs_poll(env);
	}
	for (size_t k = 0; k < kappas; k++)
		sum[k] /= fmax((double) few, 1);
	cs_release(env, a.of_own);
	cs_release(env, a.of_prior);
	cs_release(env, a.out);
	cs_release(env, a.place);
}

size_t
cs_newcomers_kappa(cs_env *env, const cs_trial *trial, cs_scores *own, cs_scores *prior, const double *kappa, size_t kappas,
				   uint64_t seed, double *ndcg)
{
	double	   *sum = CS_NEW(env, double, kappas);
	size_t		best = 0;

	judge(env, trial, own, prior, kappa, kappas, seed, sum);
	for (size_t k = 1; k < kappas; k++)
		best = sum[k] > sum[best] ? k : best;
	*ndcg = sum[best];
	cs_release(env, sum);
	return best;
}

double
cs_newcomers_alone(cs_env *env, const cs_trial *trial, cs_scores *scores, uint64_t seed)
{
	double		ndcg;

	judge(env, trial, scores, NULL, NULL, 1, seed, &ndcg);
	return ndcg;
}
