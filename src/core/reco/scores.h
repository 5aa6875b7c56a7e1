/*
 * scores.h - what a fitted model says of a customer, for trials: the same scores as
 * serving makes from the tables.
 */
#ifndef CS_SCORES_H
#define CS_SCORES_H

#include "core/reco/recommender.h"

typedef struct cs_scores cs_scores;

/* args: of the fit; the events, options and segments stay as long as the scores. */
cs_scores  *cs_scores_new(cs_env *env, const cs_recommender *r, const cs_reco_model *m, const cs_reco_args *args);
void		cs_scores_free(cs_scores *s);

/* A cs_trial_scores; arg is the cs_scores. */
size_t		cs_scores_customer(cs_env *env, void *arg, int32_t customer, size_t n, const int32_t *item,
							   const double *value, cs_scored *out);

#endif							/* CS_SCORES_H */
