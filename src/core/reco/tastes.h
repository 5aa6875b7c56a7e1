/*
 * tastes.h - customers as a mixture of kinds: groups with the same taste, each
 * with a rate for every item.
 *
 * For a history of items i the kind s of the customer has the probability
 *
 *		P(s|history) ~ share_s prod_i (p(i|s) / sum_j p(j|s))^x_i
 *
 * (naive Bayes), where x_i <= 1 is how much the entry still counts, and the score
 * of item j is sum_s P(s|history) p(j|s): its rate with customers like this one.
 * One or two items already tell the kind about; many make it certain.
 */
#ifndef CS_TASTES_H
#define CS_TASTES_H

#include "core/reco/factors.h"

typedef struct cs_tastes cs_tastes;

/* share: of the customers, per kind; the rates are 0 until they are set. */
cs_tastes  *cs_tastes_new(cs_env *env, int items, int kinds, const double *share);

/* Rates of an item by kind: all > 0, or all 0 for one that is not recommended. */
void		cs_tastes_set(cs_tastes *t, int item, const float *rate);

/* When all are set. */
void		cs_tastes_ready(cs_tastes *t);
void		cs_tastes_free(cs_tastes *t);

int			cs_tastes_kinds(const cs_tastes *t);

/* Items that are recommended. */
int			cs_tastes_items(const cs_tastes *t);

/* How much one unit of an entry with this value says about the kind. */
static inline double
cs_tastes_evidence(double value)
{
	return value < 1 ? value : 1;
}

/* Probabilities of the kinds given a history; values as of cs_events_value(). O(n kinds). */
void		cs_tastes_customer(const cs_tastes *t, size_t n, const int32_t *item, const double *value, double *p);

/* Scores of all items that are recommended; out has room for all. O(items kinds). */
size_t		cs_tastes_scores(cs_env *env, const cs_tastes *t, const double *p, cs_scored *out);

/* The search for the greatest of these, among n items or (item NULL) all. */
cs_mips    *cs_tastes_search(cs_env *env, const cs_tastes *t, const int32_t *item, size_t n);

/* p(item|kind) */
double		cs_tastes_rate(const cs_tastes *t, int32_t item, int kind);

/* Cosine of the rates of an item and of all others. */
size_t		cs_tastes_similar(cs_env *env, const cs_tastes *t, int32_t item, cs_scored *out);

#endif							/* CS_TASTES_H */
