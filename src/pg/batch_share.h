/*
 * batch_share.h - a batch (reco_batch.h) that parallel workers see, too.
 *
 * Its arrays are copied into shared memory, each under a key of its own from a
 * first key on; what belongs to the version, a worker reads itself.
 */
#ifndef CS_BATCH_SHARE_H
#define CS_BATCH_SHARE_H

#include "storage/shm_toc.h"

#include "pg/reco_batch.h"

typedef struct cs_batch_shared
{
	int64		version;
	cs_events	events;			/* pointers are each process's own */
	int			customers;
	bool		timed;
	bool		integral;		/* keys of customers are numbers */
} cs_batch_shared;

extern size_t cs_batch_share_bytes(const cs_batch *b);
extern void cs_batch_share_estimate(const cs_batch *b, shm_toc_estimator *e);
extern void cs_batch_share(const cs_batch *b, cs_batch_shared *h, shm_toc *toc, uint64 key);

/* In a worker: a batch that is ready. */
extern cs_batch *cs_batch_attach(cs_env *env, const cs_batch_shared *h, shm_toc *toc, uint64 key);

#endif							/* CS_BATCH_SHARE_H */
