/*
 * mixed_ranks.h - how high blends rank what was held back, for many weights at a
 * time.
 *
 * Only the places of the items that were held back are wanted: each is the number
 * of items with a better score, which are counted, no further than the length of
 * the list; nothing is sorted.  Spreads do not depend on the weight and are taken
 * once.  The same nDCG, to the last bit, as of cs_blend_scores() and
 * cs_trial_judge().
 */
#ifndef CS_MIXED_RANKS_H
#define CS_MIXED_RANKS_H

#include "core/reco/holdout.h"

typedef struct cs_mixed_ranks cs_mixed_ranks;

cs_mixed_ranks *cs_mixed_ranks_new(cs_env *env, const cs_trial *trial);
void		cs_mixed_ranks_free(cs_mixed_ranks *m);

/* Customer t of the holdout, and what the prior says: of all items that are recommended, ascending. */
void		cs_mixed_ranks_customer(cs_mixed_ranks *m, size_t t, const cs_scored *prior, size_t n);

/* Blended with these scores, of any items, each once: the nDCG for each kappa. */
void		cs_mixed_ranks_judge(cs_mixed_ranks *m, const cs_scored *own, size_t n, const double *kappa, size_t kappas, double *ndcg);

#endif							/* CS_MIXED_RANKS_H */
