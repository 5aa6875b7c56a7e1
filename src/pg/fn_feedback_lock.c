/*
 * fn_feedback_lock.c - who logs for a model, and who removes what was logged, wait
 * for each other.
 *
 * Rows of the log go with their model and with what forgets a customer; a row that
 * another transaction is just adding would be overlooked, and stay for good.  Foreign
 * keys are none (see 02_catalog.sql), and who logs may not lock rows of the owner's.
 * So both take a lock on the log of the model: who logs one that is shared, who
 * removes one for itself.  It is gone with the transaction.
 *
 * Under READ COMMITTED the statements that follow see what was there when the lock
 * came.  A transaction that goes on with an older snapshot is told when that hides
 * what matters, as it would be of a row that was changed meanwhile.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "pg/args.h"
#include "pg/store.h"

/* On a standby no stronger lock is to be had: there the first write says why it cannot be. */
#define SHARED RowExclusiveLock
#define ALONE ShareRowExclusiveLock

static void
lock_log(const char *model, LOCKMODE mode)
{
	Oid			catalog = get_relname_relid("feedback_calls", get_namespace_oid("clusterseg", false));

	/* a hash may be that of two models: then they wait for nothing */
	LockDatabaseObject(catalog, hash_bytes((const unsigned char *) model, strlen(model)), 0, mode);
}

static void
take_count(void *arg, HeapTuple row, TupleDesc desc)
{
	bool		isnull;

	*(int64 *) arg = DatumGetInt64(cs_result(row, desc, 1, &isnull));
}

/* What a counting query finds, in the statement's own snapshot or in one of this moment. */
static int64
count(cs_kept *query, Datum *values, const char *nulls, bool latest)
{
	int64		n = 0;

	if (latest)
		PushActiveSnapshot(GetLatestSnapshot());
	cs_kept_run(query, values, nulls, take_count, &n);
	if (latest)
		PopActiveSnapshot();
	return n;
}

static void
hidden(const char *model, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access to the log of model \"%s\"", model),
			 errdetail("%s", detail),
			 errhint("The transaction might succeed if retried.")));
}

PG_FUNCTION_INFO_V1(clusterseg_share_log);

/* _share_log(model, call_id): for who adds to it, to that list (NULL: a new one) */
Datum
clusterseg_share_log(PG_FUNCTION_ARGS)
{
	static cs_kept models = {"SELECT pg_catalog.count(*) FROM clusterseg.models WHERE model OPERATOR(pg_catalog.=) $1", 1, {TEXTOID}};
	static cs_kept calls = {"SELECT pg_catalog.count(*) FROM clusterseg.feedback_calls WHERE call_id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	bool		known_call = !PG_ARGISNULL(1);
	Datum		model,
				call = known_call ? PG_GETARG_DATUM(1) : 0;

	cs_arg_required(fcinfo, 0, "model");
	model = PG_GETARG_DATUM(0);
	/* what the caller cannot see it shall not hold up */
	if (count(&models, &model, NULL, false) == 0)
		PG_RETURN_VOID();
	lock_log(CS_ARG_TEXT(0), SHARED);
	if (IsolationUsesXactSnapshot() && count(known_call ? &calls : &models, known_call ? &call : &model, NULL, true) == 0)
		hidden(CS_ARG_TEXT(0), known_call ? "The list was removed meanwhile." : "The model was dropped meanwhile.");
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(clusterseg_own_log);

/* _own_log(model, customer_id): for the owner, who removes from it what there is of a customer (NULL: all) */
Datum
clusterseg_own_log(PG_FUNCTION_ARGS)
{
	static cs_kept models = {"SELECT pg_catalog.count(*) FROM clusterseg.models m WHERE m.model OPERATOR(pg_catalog.=) $1 AND clusterseg._is_role(m.owner)",
		1, {TEXTOID}};
	static cs_kept rows = {
		"SELECT pg_catalog.count(DISTINCT c.call_id) OPERATOR(pg_catalog.+) pg_catalog.count(o.call_id) FROM clusterseg.feedback_calls c"
		" LEFT JOIN clusterseg.outcomes o ON o.call_id OPERATOR(pg_catalog.=) c.call_id"
		" WHERE c.model OPERATOR(pg_catalog.=) $1 AND ($2 IS NULL OR c.customer_id OPERATOR(pg_catalog.=) $2)", 2, {TEXTOID, TEXTOID}};
	Datum		values[2];
	char		nulls[2] = {' ', PG_ARGISNULL(1) ? 'n' : ' '};

	cs_arg_required(fcinfo, 0, "model");
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_ARGISNULL(1) ? 0 : PG_GETARG_DATUM(1);
	if (count(&models, values, NULL, false) == 0)
		PG_RETURN_VOID();
	lock_log(CS_ARG_TEXT(0), ALONE);
	if (IsolationUsesXactSnapshot() && count(&rows, values, nulls, true) != count(&rows, values, nulls, false))
		hidden(CS_ARG_TEXT(0), "Something was logged meanwhile.");
	PG_RETURN_VOID();
}
