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

#include "access/htup.h"
#include "access/tupdesc.h"
#include "access/xact.h"
#include "utils/snapmgr.h"

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

/* Is it that moment still?  Asked for every row that is scored by name. */
static inline bool
cs_moment_lasts(const cs_moment *m)
{
	Snapshot	s = GetActiveSnapshot();

	return m->completed == s->snapXactCompletionCount && m->curcid == s->curcid && m->xmin == s->xmin &&
		m->xmax == s->xmax && m->xcnt == s->xcnt && m->subxcnt == s->subxcnt && m->subxact == GetCurrentSubTransactionId();
}

/*
 * A query that is planned once per session: fill query, nargs and types, leave
 * plan NULL.  Runs read-only in the active snapshot, with the caller's rights.
 */
typedef struct cs_kept
{
	const char *query;
	int			nargs;
	Oid			types[4];
	void	   *plan;
} cs_kept;

/* Each row of the result, in the caller's memory context. */
typedef void (*cs_result_fn) (void *arg, HeapTuple row, TupleDesc desc);

extern uint64 cs_kept_run(cs_kept *k, Datum *values, const char *nulls, cs_result_fn fn, void *arg);

/* Column c (from 1) of a result row. */
extern Datum cs_result(HeapTuple row, TupleDesc desc, int c, bool *isnull);

/* The same of a text; NULL where it is. */
extern char *cs_result_text(HeapTuple row, TupleDesc desc, int c);

/* Forget the plan. */
extern void cs_kept_free(cs_kept *k);

/* The errors for models that cannot be had. */
extern void cs_store_no_model(const char *name) __attribute__((noreturn));
extern void cs_store_not_published(const char *name) __attribute__((noreturn));

/* Can the caller see (own) the version?  For the row security of big tables. */
extern bool cs_store_sees(int64 version_id, bool to_change);

/*
 * The catalog that ids of versions belong to: after DROP and CREATE EXTENSION
 * they start again, and what a session has cached is of the former one.
 */
extern Oid	cs_store_catalog(void);

/* Id of the published version of a segmentation; errors when there is none. */
extern int64 cs_store_published(const char *name);

/* A decoded version; belongs to the session's cache and stays for the transaction at least. */
extern const cs_model *cs_store_model(int64 version_id);

/* Present labels of the segments of a model, by their ids; in the current context. */
typedef struct cs_labels cs_labels;

extern cs_labels *cs_store_labels(const char *name);

/* NULL: there is no such segment. */
extern const char *cs_labels_find(const cs_labels *l, int segment_id);

#endif							/* CS_STORE_H */
