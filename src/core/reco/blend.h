/*
 * blend.h - what the history says and what is popular with customers of its kind,
 * added up by how much is known.
 *
 * For n items in the history
 *
 *		score = (1 - w) z(own) + w z(prior),	w = kappa / (kappa + n),
 *
 * own being the scores of an algorithm that looks at each item of the history, prior the
 * rates with the customer's mixture of kinds (tastes.h), and z the standard score over
 * the items that the customer could get: all that are recommended and not in the
 * history.  A mean is the same for all items, so it is left out: scores are
 * (1 - w) own / sd(own) + w prior / sd(prior), whose terms can be told apart.
 */
#ifndef CS_BLEND_H
#define CS_BLEND_H

#include "core/reco/rank.h"

typedef struct cs_blend_scale
{
	double		weight;			/* w */
	double		own;			/* what the two kinds of scores are multiplied with */
	double		prior;
} cs_blend_scale;

static inline double
cs_blend_weight(double kappa, size_t n)
{
	return kappa > 0 ? kappa / (kappa + (double) n) : 0;
}

/* For n items in the history, from the standard deviations of both. */
cs_blend_scale cs_blend_scale_of(double kappa, size_t n, double own, double prior);

/*
 * own: of any items, each once; prior: of all items that are recommended, ascending.  item: the
 * history, ascending.  place: zeros for all items, and left so.  out, with room for
 * all, gets all items whose score is not 0.  O(n_own + n_prior + n).
 */
size_t		cs_blend_scores(cs_env *env, const cs_scored *own, size_t n_own, const cs_scored *prior, size_t n_prior,
							const int32_t *item, size_t n, double kappa, double *place, cs_blend_scale *scale,
							cs_scored *out);

#endif							/* CS_BLEND_H */
