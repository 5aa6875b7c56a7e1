/*
 * reco_training.h - what the steps of training a recommender share.
 */
#ifndef CS_RECO_TRAINING_H
#define CS_RECO_TRAINING_H

#include "postgres.h"

#include "utils/array.h"

#include "core/reco/recommender.h"
#include "pg/events_read.h"

typedef struct cs_reco_training
{
	MemoryContext cxt;
	cs_env	   *env;
	const cs_recommender *algorithm;
	cs_options *options;
	cs_event_data *data;
	cs_events  *events;
	int			segments;
	int		   *segment_id;		/* per segment */
	int32_t    *segment;		/* per customer */
	cs_events  *attributes;		/* of items, for content; or NULL */
	char	  **term;			/* what its rows are called */
	cs_reco_model m;
	bool		forgettable;	/* asked for: customers are kept where that lets them be forgotten at once */
	bool		keep;			/* customers are kept with the version */
	cs_events  *touched;		/* the same entries as events, and those left out of it; NULL: there are none */
	int64	   *customer;		/* numbers made of the customers' keys (reco_customers.h); NULL: the keys are in data */
	int			processes;		/* that fitted */
	double		seconds_read;
	double		seconds_fit;
} cs_reco_training;

/* A new one; what was open is closed. */
extern cs_reco_training *cs_reco_training_begin(void);

/* Fit what has been filled in. */
extern void cs_reco_training_fit(cs_reco_training *t, uint64 seed, size_t budget);

/* The training that _reco_fit() left open in this transaction, or an error. */
extern cs_reco_training *cs_reco_training_open(void);

/* One-dimensional array of plain values, filled by copying. */
extern ArrayType *cs_plain_array(const void *values, int n, Oid type, size_t size);

#endif							/* CS_RECO_TRAINING_H */
