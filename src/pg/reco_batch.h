/*
 * reco_batch.h - all customers of a recommender at once.
 *
 * The same lists as for one customer at a time: same histories, same order of
 * additions.  The version and the events are in memory while it lasts.
 */
#ifndef CS_RECO_BATCH_H
#define CS_RECO_BATCH_H

#include "pg/serve.h"

typedef struct cs_batch
{
	cs_env	   *env;
	cs_reco_now now;
	cs_reco_whole *w;
	cs_event_data *data;		/* dictionaries; customers by number */
	cs_events  *events;
	size_t	   *touched_from;	/* customers + 1 */
	int32	   *touched;		/* items of all events, by customer */
	int32	   *segment;		/* per customer; 0: unknown */
	double	   *score;			/* per item; zeros between calls */
	cs_scored  *personal;
	cs_fold    *fold;			/* or NULL */
	cs_mips    *search;			/* for the best items by factors or by kinds alone; or NULL */
	double	   *taste;			/* per kind of customers; or NULL */
	cs_crowd   *alike;			/* the same */
	cs_scored  *rate;			/* room for their rates and for both added up; or NULL */
	cs_scored  *blended;
	double	   *x;				/* of the longest history */
	int			asked;			/* customer of the last request */
	bool		selective;		/* which is about some items only */
	struct cs_batch_member *member;
	size_t		members;
	size_t		members_room;
} cs_batch;

/* Read the version, the events and the members. More customers may be added until cs_batch_ready(). */
extern cs_batch *cs_batch_open(cs_env *env, const char *model);

/* Order customers, group events. to, or NULL, gets the new numbers of customers. */
extern void cs_batch_ready(cs_batch *b, int32 **to);

/* Room and tables for scores, when all else is set: part of cs_batch_ready(). */
extern void cs_batch_prepare(cs_batch *b);

/* Get ready to look for the best of the items allowed (item NULL: of all), where that saves anything. */
extern void cs_batch_search(cs_batch *b, cs_item_set allowed);

/* The request of a customer; good until the next one. */
extern cs_request cs_batch_request(cs_batch *b, int customer, bool exclude_seen, cs_item_set allowed);

/* Scores of the customer of the last request: a cs_score_fn, arg is the batch; most 0: all. */
extern size_t cs_batch_scores(void *batch, size_t most, const cs_scored **scored);

#endif							/* CS_RECO_BATCH_H */
