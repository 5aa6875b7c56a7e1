/*
 * item_facts.h - what the item source says of items now: that they are there,
 * their category, their time.
 *
 * The item source is named in training and read in the caller's snapshot, under
 * the rules of kept sources (source.h): an item that it has not, or no more, is
 * not recommended.  For one customer a few keys are looked up at a time, for all
 * customers the source is read once.
 */
#ifndef CS_ITEM_FACTS_H
#define CS_ITEM_FACTS_H

#include "postgres.h"

#include "pg/reco.h"
#include "pg/serving.h"

typedef struct cs_item_fact
{
	bool		present;		/* always without an item source */
	int32		category;		/* -1: none */
	double		at;				/* seconds since 1970; NaN: none */
} cs_item_fact;

typedef struct cs_item_facts cs_item_facts;

/*
 * NULL when there is nothing to ask: no item source.  Options of the call may
 * name other columns; those that need a category or a time are an error without.
 */
extern cs_item_facts *cs_item_facts_open(const cs_reco_now *now, const cs_serving *s);

/* Has it categories? */
extern bool cs_item_facts_categories(const cs_item_facts *f);

/* Read all of them; numbers of the dictionary below r->items are the catalogue's. */
extern void cs_item_facts_load(cs_item_facts *f, cs_dictionary *items);

/* After this: what is known of each item.  Another process makes the same of it. */
extern const cs_item_fact *cs_item_facts_all(const cs_item_facts *f);
extern cs_item_facts *cs_item_facts_given(const cs_item_fact *all, bool categories);

extern void cs_item_facts_get(cs_item_facts *f, const int32 *item, int n, cs_item_fact *out);

/* What a version keeps of its item source goes with the version. */
extern void cs_item_source_forget(cs_reco *r);

#endif							/* CS_ITEM_FACTS_H */
