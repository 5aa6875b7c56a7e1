/*
 * holdout.h - the part of the training data on which settings are chosen: the last
 * things of some customers' histories are held back, a model learns from the rest,
 * and what counts is how high it ranks what was held back.
 *
 * Of a history of n items a fifth, at least one, is held back: those touched last,
 * or without times, and among those touched at once, by lot.  Customers are drawn by
 * lot as well, up to a number that makes the means steady.  The lot is a hash of the
 * customer's and the item's number and the seed, so the same events are always
 * parted in the same way.
 */
#ifndef CS_HOLDOUT_H
#define CS_HOLDOUT_H

#include "core/reco/intervals.h"
#include "core/reco/recommender.h"

/* Customers whose histories are parted: as many as keep this many scores within reach, but of these numbers. */
#define CS_HOLDOUT_SCORES 2e9
#define CS_HOLDOUT_LEAST 500
#define CS_HOLDOUT_MOST 3000

typedef struct cs_holdout
{
	cs_events  *rest;			/* all events but those held back */
	size_t		n;				/* customers with something held back */
	int32_t    *customer;		/* ascending */
	size_t	   *start;			/* n + 1 */
	int32_t    *item;			/* held back; ascending for each customer */
} cs_holdout;

/* scores: what a customer's trials compute. */
cs_holdout *cs_holdout_new(cs_env *env, const cs_events *e, uint64_t seed, double scores);
void		cs_holdout_free(cs_env *env, cs_holdout *h);

/* Scores of items for a history: any order, each item once; out has room for all. */
typedef size_t (*cs_trial_scores) (cs_env *env, void *arg, size_t n, const int32_t *item, const double *value,
								   cs_scored *out);

/*
 * nDCG@10 of each customer with something held back, all items ranked that are
 * not in the rest of the history: those with scores > 0, then the popular ones.
 */
void		cs_trial_ndcg(cs_env *env, const cs_holdout *h, double half_life, const double *popularity,
						  cs_trial_scores scores, void *arg, double *ndcg);

/* Means of n customers. */
double		cs_trial_mean(const double *ndcg, size_t n);

#endif							/* CS_HOLDOUT_H */
