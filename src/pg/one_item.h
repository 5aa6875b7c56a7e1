/*
 * one_item.h - what all customers' histories say of one item.
 */
#ifndef CS_ONE_ITEM_H
#define CS_ONE_ITEM_H

#include "pg/reco_batch.h"

typedef struct cs_one_item
{
	cs_batch   *b;
	int32		item;
	float	   *to;				/* per item: its weight to this one; NULL for algorithms without */
} cs_one_item;

extern cs_one_item cs_one_item_of(cs_batch *b, int32 item);

/* The score of the item from a customer's history, as recommend() shows it; 0 or below: none. */
extern double cs_one_item_score(const cs_one_item *o, int customer);

#endif							/* CS_ONE_ITEM_H */
