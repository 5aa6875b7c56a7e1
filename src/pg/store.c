/*
 * store.c - resolving names and caching decoded versions (see store.h).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg/pg_env.h"
#include "pg/store.h"

/* Bytes of decoded models that a session keeps over the end of a transaction. */
#define CACHE_BYTES ((Size) 64 << 20)

typedef struct cached
{
	int64		id;
	Oid			catalog;
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

static void
prepare(cs_kept *k)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(k->query, k->nargs, k->types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", k->query);
	k->plan = plan;
}

uint64
cs_kept_run(cs_kept *k, Datum *values, const char *nulls, cs_result_fn fn, void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	uint64		rows;
	int			result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (k->plan == NULL)
		prepare(k);
	result = SPI_execute_plan(k->plan, values, nulls, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "query failed: %s", SPI_result_code_string(result));
	rows = SPI_processed;
	for (uint64 r = 0; r < rows && fn; r++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		fn(arg, SPI_tuptable->vals[r], SPI_tuptable->tupdesc);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return rows;
}

Datum
cs_result(HeapTuple row, TupleDesc desc, int c, bool *isnull)
{
	return heap_getattr(row, c, desc, isnull);
}

char *
cs_result_text(HeapTuple row, TupleDesc desc, int c)
{
	bool		isnull;
	Datum		d = cs_result(row, desc, c, &isnull);

	return isnull ? NULL : TextDatumGetCString(d);
}

void
cs_kept_free(cs_kept *k)
{
	if (k->plan)
		SPI_freeplan(k->plan);
	k->plan = NULL;
}

void
cs_store_no_model(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("model \"%s\" does not exist", name),
			 errdetail("There is no such model, or it belongs to a role that has not granted its use."),
			 errhint("SELECT model, kind, owner FROM clusterseg.models lists the models that you can use.")));
}

void
cs_store_not_published(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("model \"%s\" has no published version", name),
			 errhint("Call clusterseg.publish('%s', version).", name)));
}

Oid
cs_store_catalog(void)
{
	return get_relname_relid("versions", get_namespace_oid("clusterseg", true));
}

typedef struct published
{
	int64		id;
	bool		none;
	char	   *kind;
} published;

static void
take_published(void *arg, HeapTuple row, TupleDesc desc)
{
	published  *p = arg;
	bool		isnull;

	p->id = DatumGetInt64(cs_result(row, desc, 1, &p->none));
	p->kind = TextDatumGetCString(cs_result(row, desc, 2, &isnull));
}

int64
cs_store_published(const char *name)
{
	static cs_kept kept = {"SELECT published_id, kind FROM clusterseg.models WHERE model OPERATOR(pg_catalog.=) $1", 1, {TEXTOID}};
	Datum		values[1] = {CStringGetTextDatum(name)};
	published	p = {0};

	if (cs_kept_run(&kept, values, NULL, take_published, &p) == 0)
		cs_store_no_model(name);
	if (strcmp(p.kind, "segmentation") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("model \"%s\" is a %s, not a segmentation", name, p.kind)));
	if (p.none)
		cs_store_not_published(name);
	return p.id;
}

typedef struct fetched
{
	MemoryContext cxt;
	struct varlena *value;
} fetched;

static void
take_value(void *arg, HeapTuple row, TupleDesc desc)
{
	fetched    *f = arg;
	bool		isnull;
	struct varlena *v = PG_DETOAST_DATUM(cs_result(row, desc, 1, &isnull));

	f->value = MemoryContextAllocHuge(f->cxt, VARSIZE(v));
	memcpy(f->value, v, VARSIZE(v));
}

/* The bytes of a version, copied into cxt. */
static struct varlena *
fetch_value(int64 id, MemoryContext cxt)
{
	static cs_kept kept = {"SELECT value FROM clusterseg.versions WHERE id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(id)};
	fetched		f = {cxt, NULL};

	if (cs_kept_run(&kept, values, NULL, take_value, &f) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("version of the model does not exist")));
	return f.value;
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
load(int64 id, Oid catalog)
{
	MemoryContext cxt = AllocSetContextCreate(cache_cxt, "clusterseg cached model", ALLOCSET_DEFAULT_SIZES);
	struct varlena *v = fetch_value(id, cxt);
	cs_env	   *env = cs_pg_env(cxt);
	cached	   *c = MemoryContextAllocZero(cxt, sizeof(cached));

	c->id = id;
	c->catalog = catalog;
	c->cxt = cxt;
	c->m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	/* models of groups are read from it when they are needed */
	if (c->m->groups == NULL)
		pfree(v);
	return c;
}

const cs_model *
cs_store_model(int64 version_id)
{
	Oid			catalog = cs_store_catalog();
	cached	   *c;

	for (c = cache; c; c = c->next)
		if (c->id == version_id && c->catalog == catalog)
			return c->m;
	if (cache_cxt == NULL)
	{
		cache_cxt = AllocSetContextCreate(CacheMemoryContext, "clusterseg models", ALLOCSET_DEFAULT_SIZES);
		RegisterXactCallback(at_transaction_end, NULL);
	}
	c = load(version_id, catalog);
	c->next = cache;
	cache = c;
	return c->m;
}

struct cs_labels
{
	int			n;
	int			room;
	int		   *id;				/* ascending */
	char	  **label;
};

static void
take_label(void *arg, HeapTuple row, TupleDesc desc)
{
	cs_labels  *l = arg;
	bool		isnull;

	if (l->n == l->room)
	{
		l->room = l->room ? 2 * l->room : 64;
		l->id = l->id ? repalloc(l->id, sizeof(int) * l->room) : palloc(sizeof(int) * l->room);
		l->label = l->label ? repalloc(l->label, sizeof(char *) * l->room) : palloc(sizeof(char *) * l->room);
	}
	l->id[l->n] = DatumGetInt32(cs_result(row, desc, 1, &isnull));
	l->label[l->n++] = TextDatumGetCString(cs_result(row, desc, 2, &isnull));
}

cs_labels *
cs_store_labels(const char *name)
{
	static cs_kept kept = {"SELECT segment_id, label FROM clusterseg._segments WHERE model OPERATOR(pg_catalog.=) $1 ORDER BY segment_id", 1, {TEXTOID}};
	Datum		values[1] = {CStringGetTextDatum(name)};
	cs_labels  *l = palloc0(sizeof(cs_labels));

	cs_kept_run(&kept, values, NULL, take_label, l);
	return l;
}

const char *
cs_labels_find(const cs_labels *l, int segment_id)
{
	int			low = 0,
				high = l->n - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (l->id[middle] == segment_id)
			return l->label[middle];
		if (l->id[middle] < segment_id)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

/*
 * Row security of tables with many rows per version asks this for each of them:
 * the last answers are kept for as long as the snapshot and the role stay.
 */
bool
cs_store_sees(int64 version_id, bool to_change)
{
	static cs_kept see = {"SELECT FROM clusterseg.versions WHERE id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	static cs_kept own = {"SELECT FROM clusterseg.versions v JOIN clusterseg.models m"
		" ON m.model OPERATOR(pg_catalog.=) v.model WHERE v.id OPERATOR(pg_catalog.=) $1 AND clusterseg._is_role(m.owner)", 1, {INT8OID}};
	static struct
	{
		cs_moment	moment;
		int64		id;
		Oid			user;
		bool		known,
					answer;
	}			last[2];
	cs_moment	now = cs_moment_now();
	int			i = to_change ? 1 : 0;
	Datum		values[1] = {Int64GetDatum(version_id)};

	if (last[i].known && last[i].id == version_id && last[i].user == GetUserId() && cs_same_moment(&now, &last[i].moment))
		return last[i].answer;
	last[i].known = false;
	last[i].answer = cs_kept_run(to_change ? &own : &see, values, NULL, NULL, NULL) > 0;
	last[i].moment = now;
	last[i].id = version_id;
	last[i].user = GetUserId();
	last[i].known = true;
	return last[i].answer;
}
