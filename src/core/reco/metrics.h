/*
 * metrics.h - how good lists of recommendations are.
 *
 * Libraries disagree on what these names mean (Y. M. Tamm et al., "Quality
 * metrics in recommender systems: do we calculate metrics consistently?", RecSys
 * 2021), so here is what they mean in ours.  A customer has a ranked list L of at
 * most k items and a set T of test items, not empty; h are the items of L in T.
 *
 *	precision	|h| / k
 *	recall		|h| / |T|
 *	f1			2 P R / (P + R) of the customer's own two; 0 without hits
 *	ndcg		sum over h of 1 / log2(rank + 1), over the same sum for ranks 1 .. min(k, |T|)
 *	map			sum over h of (hits so far / rank), over min(k, |T|)
 *	map_full	the same over |T|
 *	mrr			1 / rank of the first hit; 0 without
 *	hit_rate	1 with hits, 0 without
 *
 * Means over customers; one without a list scores 0.  Without a look at T, and
 * only over customers who have a list:
 *
 *	novelty		mean of -log2(p_i / E) over L; p_i customers of item i in the training
 *				events, at least 1; E all entries of the training events
 *	diversity	1 - mean over pairs of L of |U_i and U_j| / sqrt(|U_i| |U_j|); U_i the
 *				customers of item i in the training events; lists of at least 2
 *
 * Over all lists together:
 *
 *	coverage		items in any list / items
 *	gini			Gini coefficient of how often items are recommended, zeros included
 *	personalisation	1 - mean over pairs of lists of |L and L'| / k
 *
 * Intervals: intervals.h.
 */
#ifndef CS_METRICS_H
#define CS_METRICS_H

#include "core/reco/events.h"
#include "core/reco/intervals.h"

enum
{
	CS_METRIC_PRECISION,
	CS_METRIC_RECALL,
	CS_METRIC_F1,
	CS_METRIC_NDCG,
	CS_METRIC_MAP,
	CS_METRIC_MAP_FULL,
	CS_METRIC_MRR,
	CS_METRIC_HIT_RATE,
	CS_METRICS_OF_HITS,			/* those above */
	CS_METRIC_NOVELTY = CS_METRICS_OF_HITS,
	CS_METRIC_DIVERSITY,
	CS_METRICS_OF_CUSTOMERS,	/* those above: a value per customer */
	CS_METRIC_COVERAGE = CS_METRICS_OF_CUSTOMERS,
	CS_METRIC_GINI,
	CS_METRIC_PERSONALISATION,
	CS_METRICS
};

extern const char *const cs_metric_names[CS_METRICS];

/* One customer's metrics of hits; test ascending, no item twice, tests > 0. */
void		cs_metrics_of_hits(const int32_t *list, int n, const int32_t *test, int tests, int k,
							   double *out);

/*
 * The metrics of many customers, who are handed over one by one in an order that
 * depends on their keys alone.  Memory: 88 bytes per item, 80 per customer up to
 * CS_BOOTSTRAP_MOST, and the transposed training events.
 */
typedef struct cs_evaluation cs_evaluation;

/* Without training events there is no novelty and no diversity. */
cs_evaluation *cs_evaluation_new(cs_env *env, int items, int k, const cs_events *train);

/* list: best first, no item twice; only the first k are looked at. */
void		cs_evaluation_add(cs_evaluation *v, const int32_t *list, int n, const int32_t *test, int tests);

/* CS_METRICS_OF_CUSTOMERS values of the customer added last; NaN: none. */
const double *cs_evaluation_last(const cs_evaluation *v);

/* All metrics with their intervals. */
void		cs_evaluation_finish(cs_evaluation *v, uint64_t seed, cs_interval out[CS_METRICS]);
void		cs_evaluation_free(cs_evaluation *v);

#endif							/* CS_METRICS_H */
