/*
 * store.h - models by name: the few reads of the catalog that scoring needs.
 *
 * A name is resolved in the caller's snapshot and with the caller's rights (row
 * security on clusterseg.models decides who sees what).  Versions never change,
 * so a decoded version can be kept for the life of a session; what is resolved
 * again whenever the snapshot changes is only which version is published.
 */
#ifndef CS_STORE_H
#define CS_STORE_H

#include "postgres.h"

#include "pg/model.h"

/* Tells one snapshot from the next. */
typedef struct cs_moment
{
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
	CommandId	curcid;
	uint64		completed;
	SubTransactionId subxact;
} cs_moment;

extern cs_moment cs_moment_now(void);

static inline bool
cs_same_moment(const cs_moment *a, const cs_moment *b)
{
	return a->completed == b->completed && a->curcid == b->curcid && a->xmin == b->xmin && a->xmax == b->xmax &&
		a->xcnt == b->xcnt && a->subxcnt == b->subxcnt && a->subxact == b->subxact;
}

/* Id of the published version of a segmentation; errors when there is none. */
extern int64 cs_store_published(const char *name);

/* A decoded version; belongs to the session's cache and stays for the transaction at least. */
extern const cs_model *cs_store_model(int64 version_id);

/* Present labels of the model's segments, parallel to m->segment_id; in the current context. */
extern char **cs_store_labels(const char *name, const cs_model *m);

#endif							/* CS_STORE_H */
