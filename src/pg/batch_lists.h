/*
 * batch_lists.h - lists of all customers, made by parallel workers and handed over
 * in the order of the customers.
 *
 * Histories lie in dynamic shared memory; a worker reads the version itself.
 * Whoever is free takes the next few customers, and the leader takes the lists of
 * all in turn.  When workers or shared memory cannot be had the leader works
 * alone: the lists are the same.
 */
#ifndef CS_BATCH_LISTS_H
#define CS_BATCH_LISTS_H

#include "pg/batch_share.h"
#include "pg/shaped.h"

typedef struct cs_batch_lists
{
	cs_batch   *b;				/* ready; cs_batch_search() is done here */
	cs_shaper  *h;
	cs_item_set allowed;
	bool		exclude;		/* what b says is touched */
	int			n;				/* items of a list; 1 or more */
} cs_batch_lists;

/* Called for each customer that has a list, in order. */
typedef void (*cs_batch_list_fn) (void *arg, int customer, const cs_shaped *list, int n);

extern void cs_batch_lists_make(cs_batch_lists *l, cs_batch_list_fn fn, void *arg);

#endif							/* CS_BATCH_LISTS_H */
