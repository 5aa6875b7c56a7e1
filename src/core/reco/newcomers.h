/*
 * newcomers.h - how much a blend should weigh the kinds, and whether there should be
 * one, by histories as they are and by the same cut short.
 *
 * Kappa decides about customers with few items: for n items the kinds weigh kappa /
 * (kappa + n).  What is held back, though, belongs to customers of all lengths of
 * history, who may all have many, and then any small kappa does: on MovieLens-100k it
 * came out as 0 or 1, and customers of whom one to five ratings were known had
 * nDCG@10 of .58 to .63, against .65 to .68 with kappa 10.  But everybody was new
 * once.  So each customer's history is looked at twice: as it is, and as it was, or
 * could have been, with its 1, 2, 3, 5 or 10 latest items (in turn; without times, and
 * of those touched at once, by lot).  Both count the same, and the rest of the
 * history is not recommended in either case.
 */
#ifndef CS_NEWCOMERS_H
#define CS_NEWCOMERS_H

#include "core/reco/holdout.h"
#include "core/reco/scores.h"

/* Customers that are looked at, at most. */
#define CS_NEWCOMERS 1000

/* Number of the best of these kappas, of equal ones the first, and its mean nDCG@10. */
size_t		cs_newcomers_kappa(cs_env *env, const cs_trial *trial, cs_scores *own, cs_scores *prior, const double *kappa,
							   size_t kappas, uint64_t seed, double *ndcg);

/* The same mean of scores that are not blended. */
double		cs_newcomers_alone(cs_env *env, const cs_trial *trial, cs_scores *scores, uint64_t seed);

/*
 * Places of the few latest items of n, ascending; last: NULL, or when each was
 * touched.  few <= CS_NEWCOMERS_MOST.
 */
#define CS_NEWCOMERS_MOST 10
void		cs_newcomers_latest(const int32_t *item, const double *last, size_t n, size_t few, uint64_t seed, size_t *place);

#endif							/* CS_NEWCOMERS_H */
