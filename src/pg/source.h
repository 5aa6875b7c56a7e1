/*
 * source.h - the rows that a call works on: a relation or a query.
 *
 * A source runs with the rights of the role that calls, read-only, in the
 * caller's snapshot, under a search path that was noted when the source was
 * given.  A source that is kept with a model runs with the rights of the model's
 * owner when the caller has these rights anyway: a superuser's job never runs
 * somebody else's query as superuser.  Rows go straight from the executor to a callback: nothing is stored in
 * between, and the plan may be parallel.
 */
#ifndef CS_SOURCE_H
#define CS_SOURCE_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "executor/tuptable.h"

#include "pg/store.h"

typedef struct cs_source
{
	char	   *from;			/* what stands behind FROM, alias q included */
	char	   *path;			/* search path, or NULL: the current one */
	TupleDesc	desc;			/* columns of the source */
	bool		is_query;
	Oid			run_as;			/* role, or InvalidOid: the caller */
} cs_source;

typedef void (*cs_slot_fn) (void *arg, TupleTableSlot *slot);

/*
 * Resolve and describe a source.  Errors: unknown relation, a statement that is
 * not one reading query, no columns, the same column name twice.
 */
extern cs_source *cs_source_open(const char *text, const char *path, Oid run_as);

/* The role that a kept source of this owner runs as (see above); an error when it is gone. */
extern Oid	cs_role_for(const char *owner);

/* Become that role, and back; both fine with InvalidOid. */
typedef struct cs_identity
{
	Oid			user;
	int			context;
} cs_identity;

extern cs_identity cs_become(Oid role);
extern void cs_unbecome(cs_identity was);

/*
 * A text as a value of a type, as that role: a row type or domain runs what its owner
 * has written.
 */
extern Datum cs_input_as(Oid role, Oid type, const char *text);

/*
 * Run a command on the tables of a model as that role, which may have put
 * triggers on them: nothing of theirs runs with the caller's rights.  Returns rows.
 */
extern uint64 cs_execute_as(Oid role, const char *command);

/* A search path for now (NULL: as it is), until AtEOXact_GUC(true, what this returns). */
extern int	cs_enter_path(const char *path);

/* Number (from 0) of a column, or an error that lists the columns. role: what it is for. */
extern int	cs_source_column(const cs_source *s, const char *name, const char *role);

/* Number of a column, or -1. */
extern int	cs_source_find(const cs_source *s, const char *name);

/* SELECT select_list FROM the source; fn gets each row.  Returns rows. */
extern uint64 cs_source_scan(const cs_source *s, const char *select_list, bool parallel,
							 cs_slot_fn fn, void *arg);

/* Any reading query, rows to fn. */
extern uint64 cs_query_scan(const char *query, const char *path, Oid run_as, bool parallel, cs_slot_fn fn, void *arg);

/*
 * A kept query over a source, read-only, for calls that come often: planned once
 * per session, and the path is only set when it is not the current one.
 */
extern uint64 cs_kept_scan(cs_kept *k, const char *path, Oid run_as, Datum *values, const char *nulls,
						   cs_result_fn fn, void *arg);

#endif							/* CS_SOURCE_H */
