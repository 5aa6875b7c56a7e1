/*
 * reco_test.h - what customers took, to judge a recommender by, and the lists that
 * it gives them.
 */
#ifndef CS_RECO_TEST_H
#define CS_RECO_TEST_H

#include "core/reco/comparison.h"
#include "pg/reco_batch.h"

typedef struct cs_reco_test
{
	cs_batch   *b;
	Oid			customer_type;
	Oid			item_type;
	bool		exclude_seen;
	struct cs_test_event *e;	/* by customer and item */
	size_t		n;
	size_t		room;
	size_t		skipped;		/* without customer or item */
	int		   *customers;		/* of each item of the catalogue, in the model's events */
	cs_group   *segment;		/* segments met in the customers, in the order of their ids */
	int			segments;
} cs_reco_test;

/* Read a model and a test: a query of customer, item. */
extern cs_reco_test *cs_reco_test_open(cs_env *env, const char *model, const char *query, bool exclude_seen);

/*
 * The first k items for each customer of the test, in the order of their keys.
 * Items of the test that the customer has already are not in it when they are
 * not recommended; customers of whom nothing is left are passed over.
 */
typedef void (*cs_list_fn) (void *arg, const int32 *list, int n, const cs_test_customer *customer);
extern void cs_reco_test_run(cs_reco_test *t, int k, cs_list_fn fn, void *arg);

#endif							/* CS_RECO_TEST_H */
