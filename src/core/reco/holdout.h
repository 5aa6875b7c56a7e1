/*
 * holdout.h - the part of the training data on which settings are chosen: the last
 * things of some customers' histories are held back, a model learns from the rest,
 * and what counts is how high it ranks what was held back.
 *
 * Of a history of n items a fifth, at least one, is held back: those touched last,
 * or without times, and among those touched at once, by lot.  Customers are drawn by
 * lot as well, up to a number that makes the means steady.  The lot is a hash of the
 * customer's and the item's number and the seed, so the same events are always
 * parted in the same way.  Of very many events, so many customers are left out, by
 * lot as well, that the rest is CS_HOLDOUT_ENTRIES: enough to choose by.
 */
#ifndef CS_HOLDOUT_H
#define CS_HOLDOUT_H

#include "core/reco/intervals.h"
#include "core/reco/recommender.h"

/* Customers whose histories are parted: as many as keep this many scores within reach, but of these numbers. */
#define CS_HOLDOUT_SCORES 2e9
#define CS_HOLDOUT_LEAST 500
#define CS_HOLDOUT_MOST 3000

/* Length of the lists that are judged. */
#define CS_TRIAL_LENGTH 10

/* Entries to learn from, at most. */
#define CS_HOLDOUT_ENTRIES 1000000

typedef struct cs_holdout
{
	cs_events  *rest;			/* events to learn from; customers have their numbers */
	size_t		n;				/* customers with something held back */
	int32_t    *customer;		/* ascending */
	size_t	   *start;			/* n + 1 */
	int32_t    *item;			/* held back; ascending for each customer */
} cs_holdout;

/* scores: what a customer's trials compute. */
cs_holdout *cs_holdout_new(cs_env *env, const cs_events *e, uint64_t seed, double scores);
void		cs_holdout_free(cs_env *env, cs_holdout *h);

/* Scores of items for the history of a customer: any order, each item once; out has room for all. */
typedef size_t (*cs_trial_scores) (cs_env *env, void *arg, int32_t customer, size_t n, const int32_t *item, const double *value,
								   cs_scored *out);

/*
 * Judging by what was held back: nDCG@10, all items ranked that are not in the rest
 * of the history, those with scores > 0 and then the popular ones.
 */
typedef struct cs_trial
{
	const cs_holdout *h;
	double		half_life;
	cs_layer	popular;
	double	   *value;			/* of the history at hand */
} cs_trial;

cs_trial   *cs_trial_new(cs_env *env, const cs_holdout *h, double half_life, const double *popularity);
void		cs_trial_free(cs_env *env, cs_trial *trial);

/* The rest of the history of customer number t of those with something held back. */
size_t		cs_trial_history(const cs_trial *trial, size_t t, const int32_t **item, const double **value);
double		cs_trial_judge(cs_env *env, const cs_trial *trial, size_t t, const cs_scored *scored, size_t n);

/* The same for each of them. */
void		cs_trial_ndcg(cs_env *env, const cs_trial *trial, cs_trial_scores scores, void *arg, double *ndcg);

/* Means of n customers. */
double		cs_trial_mean(const double *ndcg, size_t n);

#endif							/* CS_HOLDOUT_H */
