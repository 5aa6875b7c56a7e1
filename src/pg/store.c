/*
 * store.c - resolving names and caching decoded versions (see store.h).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/pg_env.h"
#include "pg/store.h"

/* Bytes of decoded models that a session keeps over the end of a transaction. */
#define CACHE_BYTES ((Size) 64 << 20)

typedef struct cached
{
	int64		id;
	MemoryContext cxt;
	cs_model   *m;
	struct cached *next;
} cached;

static cached *cache = NULL;
static MemoryContext cache_cxt = NULL;

cs_moment
cs_moment_now(void)
{
	Snapshot	s = GetActiveSnapshot();
	cs_moment	m = {
		s->xmin, s->xmax, s->xcnt, s->subxcnt, s->curcid, s->snapXactCompletionCount, GetCurrentSubTransactionId()
	};

	return m;
}

/* A plan that is made once and kept; read-only, in the active snapshot. */
static void
run_kept(SPIPlanPtr *plan, const char *query, int nargs, Oid *types, Datum *values)
{
	int			result;

	if (*plan == NULL)
	{
		SPIPlanPtr	made = SPI_prepare(query, nargs, types);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare \"%s\"", query);
		*plan = made;
	}
	result = SPI_execute_plan(*plan, values, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "query failed: %s", SPI_result_code_string(result));
}

static void
connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

static void
no_model(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist", name),
			 errdetail("There is no such model, or it belongs to a role that has not granted its use."),
			 errhint("SELECT model, kind, owner FROM clusterseg.models lists the models that you can use.")));
}

int64
cs_store_published(const char *name)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};
	bool		isnull,
				no_kind;
	int64		id;
	char	   *kind;

	connect();
	run_kept(&plan, "SELECT published_id, kind FROM clusterseg.models WHERE model OPERATOR(pg_catalog.=) $1", 1, types, values);
	if (SPI_processed == 0)
		no_model(name);
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	kind = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &no_kind));
	if (strcmp(kind, "segmentation") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("model \"%s\" is a %s, not a segmentation", name, kind)));
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has no published version", name),
				 errhint("Call clusterseg.publish('%s', version).", name)));
	SPI_finish();
	return id;
}

/* The bytes of a version, copied into cxt. */
static struct varlena *
fetch_value(int64 id, MemoryContext cxt)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(id)};
	struct varlena *v,
			   *copy;
	bool		isnull;

	connect();
	run_kept(&plan, "SELECT value FROM clusterseg.versions WHERE id OPERATOR(pg_catalog.=) $1", 1, types, values);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("version of the model does not exist")));
	v = PG_DETOAST_DATUM(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	copy = MemoryContextAllocHuge(cxt, VARSIZE(v));
	memcpy(copy, v, VARSIZE(v));
	SPI_finish();
	return copy;
}

/*
 * Call sites point into the cache while their query runs, so it is only emptied
 * between transactions.
 */
static void
at_transaction_end(XactEvent event, void *arg)
{
	if ((event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE) &&
		cache != NULL && MemoryContextMemAllocated(cache_cxt, true) > CACHE_BYTES)
	{
		cache = NULL;
		MemoryContextReset(cache_cxt);
	}
}

/*
 * A model is decoded into a context of its own.  An error on the way leaves that
 * context behind in the cache's, which the next clearing frees.
 */
static cached *
load(int64 id)
{
	MemoryContext cxt = AllocSetContextCreate(cache_cxt, "clusterseg cached model", ALLOCSET_DEFAULT_SIZES);
	struct varlena *v = fetch_value(id, cxt);
	cs_env	   *env = cs_pg_env(cxt);
	cached	   *c = MemoryContextAllocZero(cxt, sizeof(cached));

	c->id = id;
	c->cxt = cxt;
	c->m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	pfree(v);
	return c;
}

const cs_model *
cs_store_model(int64 version_id)
{
	cached	   *c;

	for (c = cache; c; c = c->next)
		if (c->id == version_id)
			return c->m;
	if (cache_cxt == NULL)
	{
		cache_cxt = AllocSetContextCreate(CacheMemoryContext, "clusterseg models", ALLOCSET_DEFAULT_SIZES);
		RegisterXactCallback(at_transaction_end, NULL);
	}
	c = load(version_id);
	c->next = cache;
	cache = c;
	return c->m;
}

char **
cs_store_labels(const char *name, const cs_model *m)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(name)};
	char	  **labels = palloc(sizeof(char *) * m->k);
	MemoryContext cxt = CurrentMemoryContext;

	for (int j = 0; j < m->k; j++)
		labels[j] = m->label[j];
	connect();
	run_kept(&plan, "SELECT segment_id, label FROM clusterseg._segments WHERE model OPERATOR(pg_catalog.=) $1", 1, types, values);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		bool		isnull;
		int			id = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, 1, &isnull)),
					j = cs_model_cluster(m, id);

		if (j >= 0)
			labels[j] = MemoryContextStrdup(cxt, SPI_getvalue(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, 2));
	}
	SPI_finish();
	return labels;
}
