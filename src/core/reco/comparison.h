/*
 * comparison.h - several recommenders, asked for the same customers.
 *
 * Of each customer and method the metrics are kept, so that two methods are
 * compared customer by customer: the interval of a difference is that of the
 * paired differences, narrower than of two methods on customers of their own.
 *
 * Groups are judged apart: customers by the length of their history or by segment,
 * and test items by what they are to the customer (repeat, new) or the training
 * (cold).  Beside the metrics of customers (metrics.h) a group has its
 *
 *	calibration		1 - Jensen-Shannon divergence, in bits, of how its test items and
 *					its lists are distributed over items that sell much, middling and
 *					little: those that begin in the first fifth of the training entries,
 *					in the last fifth, and between, in the order of their customers; 1 is
 *					best.  Shares are of each customer's list, then their mean over the
 *					group.
 *
 * (H. Abdollahpouri et al., "User-centered evaluation of popularity bias in
 * recommender systems", UMAP 2021.)
 */
#ifndef CS_COMPARISON_H
#define CS_COMPARISON_H

#include "core/reco/metrics.h"

/* What of the customers' test items is looked at. */
typedef enum cs_item_class
{
	CS_ITEMS_ALL,
	CS_ITEMS_REPEAT,			/* the customer had them before */
	CS_ITEMS_NEW,				/* had not */
	CS_ITEMS_COLD,				/* nobody had, in the training */
	CS_ITEM_CLASSES
} cs_item_class;

/* A customer of the test. */
typedef struct cs_test_customer
{
	int			history;		/* items in the training */
	int			segment;		/* 0: none */
	int			tests;			/* at least 1 */
	const int32_t *test;		/* ascending, no item twice */
	const bool *seen;			/* parallel: had before */
} cs_test_customer;

/* Customers with from <= history <= to; segment -1: of any. */
typedef struct cs_group
{
	cs_item_class class;
	int			from;
	int			to;
	int			segment;
} cs_group;

/* A metric of a group with one method: as it is, less the baseline's, less that of the best method. */
typedef enum cs_view
{
	CS_OWN,
	CS_TO_BASELINE,
	CS_TO_BEST,
	CS_VIEWS
} cs_view;

typedef struct cs_compared
{
	cs_interval as[CS_VIEWS];
} cs_compared;

#define CS_COMPARED_CALIBRATION CS_METRICS_OF_CUSTOMERS
#define CS_COMPARED_METRICS (CS_METRICS_OF_CUSTOMERS + 1)

typedef struct cs_comparison cs_comparison;

cs_comparison *cs_comparison_new(cs_env *env);

/*
 * The next method, and how many of its items' customers the training has; the
 * customers follow, the same in the same order for each method.
 */
void		cs_comparison_method(cs_comparison *c, int items, const int *customers);

/* A customer whose list has just been added to v. Items from the method's number of items on are unknown. */
void		cs_comparison_add(cs_comparison *c, const cs_evaluation *v, const int32_t *list, int n, int k,
							  const cs_test_customer *t);

/* Methods so far, customers of the last one. */
int			cs_comparison_methods(const cs_comparison *c);
size_t		cs_comparison_customers(const cs_comparison *c);

/* Customers in a group. */
size_t		cs_comparison_size(const cs_comparison *c, const cs_group *g);

/*
 * The figures of a group: out[methods][CS_COMPARED_METRICS], with intervals as in
 * intervals.h, by one set of resamples for all.  Returns the best method by a
 * metric of hits: the greatest, ties to the first; -1 when the group is empty.
 */
int			cs_comparison_group(const cs_comparison *c, const cs_group *g, int baseline, int metric, uint64_t seed,
								cs_compared *out);

#endif							/* CS_COMPARISON_H */
