/*
 * reco.c - reading recommenders (see reco.h).
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/item_facts.h"
#include "pg/pg_env.h"
#include "pg/reco.h"
#include "pg/source.h"

/* More than any training makes. */
#define FACTORS_MOST 2000

/* Bytes that a session keeps over the end of a transaction. */
#define CACHE_BYTES ((Size) 64 << 20)

static cs_reco *cache = NULL;
static MemoryContext cache_cxt = NULL;

void
cs_reco_damaged(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("the tables of the recommender are damaged: %s", what),
			 errhint("Train it again, or import it again.")));
}

/* A column that is never NULL. */
Datum
cs_reco_value(HeapTuple row, TupleDesc desc, int c)
{
	bool		isnull;
	Datum		d = cs_result(row, desc, c, &isnull);

	if (isnull)
		cs_reco_damaged("a value is missing");
	return d;
}

/* ---- what a version is ---- */

/*
 * What the version has of what its algorithm can have; only a blend, whose flags are
 * those of all its members, has not all of it.  false: that does not fit together.
 */
static bool
settle_flags(cs_reco *r)
{
	r->flags = r->algorithm->flags;
	if (r->member)
		r->flags = (r->flags & ~CS_RECO_PERSONAL) | r->member->flags | CS_RECO_KINDS;
	for (int k = 0; k < r->n_kinds; k++)
		if (!(r->share[k] >= 0 && r->share[k] <= 1))
			return false;
	return r->n_factors <= FACTORS_MOST && ((r->flags & CS_RECO_KINDS) != 0) == (r->n_kinds > 0) &&
		(r->member != NULL) == (strcmp(r->algorithm->name, "blend") == 0) && r->blend_kappa >= 0 &&
		(r->member == NULL || (r->member->flags & CS_RECO_PERSONAL) == CS_RECO_ITEMS || (r->member->flags & CS_RECO_PERSONAL) == CS_RECO_FACTORS) &&
		r->n_factors >= r->n_kinds + (r->flags & CS_RECO_FACTORS ? 1 : 0);
}

static void
take_version(void *arg, HeapTuple row, TupleDesc desc)
{
	cs_reco    *r = arg;
	char	   *algorithm = cs_result_text(row, desc, 1);

	r->algorithm = cs_recommender_find(algorithm);
	if (r->algorithm == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this version of the extension has no algorithm \"%s\"", algorithm)));
	r->from = cs_result_text(row, desc, 2);
	r->path = cs_result_text(row, desc, 3);
	r->columns.customer = cs_result_text(row, desc, 4);
	r->columns.item = cs_result_text(row, desc, 5);
	r->columns.weight = cs_result_text(row, desc, 6);
	r->columns.at = cs_result_text(row, desc, 7);
	r->customer_type = DatumGetObjectId(cs_reco_value(row, desc, 8));
	r->half_life = DatumGetFloat8(cs_reco_value(row, desc, 9));
	r->max_history = DatumGetInt32(cs_reco_value(row, desc, 10));
	r->window = DatumGetFloat8(cs_reco_value(row, desc, 11));
	r->now = DatumGetFloat8(cs_reco_value(row, desc, 12));
	r->kappa = DatumGetFloat8(cs_reco_value(row, desc, 13));
	r->customers = DatumGetFloat8(cs_reco_value(row, desc, 14));
	r->items = DatumGetInt32(cs_reco_value(row, desc, 15));
	r->has_own = DatumGetBool(cs_reco_value(row, desc, 16));
	r->n_factors = DatumGetInt32(cs_reco_value(row, desc, 17));
	r->fold = (cs_fold_settings) {DatumGetFloat8(cs_reco_value(row, desc, 18)), DatumGetFloat8(cs_reco_value(row, desc, 19)),
		DatumGetFloat8(cs_reco_value(row, desc, 20))};
	r->member = cs_result_text(row, desc, 22) ? cs_recommender_find(cs_result_text(row, desc, 22)) : NULL;
	r->blend_kappa = DatumGetFloat8(cs_reco_value(row, desc, 23));
	r->share = (double *) ARR_DATA_PTR(cs_reco_array(row, desc, 21, FLOAT8OID, &r->n_kinds));
	if (r->items < 0 || !(r->half_life >= 0) || r->max_history < 0 || !(r->kappa >= 0) || !isfinite(r->now) ||
		!settle_flags(r) || !(r->fold.alpha >= 0 && r->fold.l2 >= 0 && r->fold.nu >= 0))
		cs_reco_damaged("settings are out of range");
}

static void
read_version(cs_reco *r)
{
	static cs_kept kept = {
		"SELECT r.algorithm, r.source_from, r.source_path, r.customer, r.item, r.weight, r.at,"
		" pg_catalog.to_regtype(r.customer_type)::pg_catalog.oid, r.half_life, r.max_history, r.time_window, r.events_until,"
		" r.kappa, r.customers, r.items, EXISTS (SELECT FROM clusterseg._reco_lists l"
		"  WHERE l.version_id OPERATOR(pg_catalog.=) r.version_id AND l.list OPERATOR(pg_catalog.=) -1),"
		" r.factors, r.fold_alpha, r.fold_l2, r.fold_nu, r.shares, r.member, r.blend_kappa"
		" FROM clusterseg._recommenders r WHERE r.version_id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(r->id)};

	if (cs_kept_run(&kept, values, NULL, take_version, r) != 1)
		cs_reco_damaged("the version is missing");
}

/* What a version holds beyond its memory. */
static void
free_plans(cs_reco *r)
{
	cs_kept_free(&r->history);
	cs_kept_free(&r->segment);
	cs_kept_free(&r->exclusion);
	cs_item_source_forget(r);
}

/* Calls point into the cache while their query runs, so it is only emptied between transactions. */
static void
at_transaction_end(XactEvent event, void *arg)
{
	if ((event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE) ||
		cache == NULL || MemoryContextMemAllocated(cache_cxt, true) <= CACHE_BYTES)
		return;
	cs_reco_close();
	for (; cache; cache = cache->next)
		free_plans(cache);
	MemoryContextReset(cache_cxt);
}

void
cs_reco_drop(cs_reco *r)
{
	cs_reco   **at = &cache;

	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	cs_reco_close();
	free_plans(r);
	MemoryContextDelete(r->cxt);
}

/* A version becomes part of the cache when it has been read: an error on the way leaves nothing. */
static cs_reco *
load(int64 id, Oid catalog)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg cached recommender", ALLOCSET_DEFAULT_SIZES),
				old = MemoryContextSwitchTo(cxt);
	cs_reco    *r = palloc0(sizeof(cs_reco));

	r->id = id;
	r->catalog = catalog;
	r->cxt = cxt;
	r->env = cs_pg_env(cxt);
	read_version(r);
	MemoryContextSwitchTo(old);
	MemoryContextSetParent(cxt, cache_cxt);
	return r;
}

cs_reco *
cs_reco_version(int64 id)
{
	Oid			catalog = cs_store_catalog();
	cs_reco    *r;

	for (r = cache; r; r = r->next)
		if (r->id == id && r->catalog == catalog)
			return r;
	if (cache_cxt == NULL)
	{
		cache_cxt = AllocSetContextCreate(CacheMemoryContext, "clusterseg recommenders", ALLOCSET_DEFAULT_SIZES);
		RegisterXactCallback(at_transaction_end, NULL);
	}
	r = load(id, catalog);
	r->next = cache;
	cache = r;
	return r;
}

void
cs_reco_keep(cs_reco *r, cs_kept *k, const char *query, int nargs, const Oid *types)
{
	if (k->query && strcmp(k->query, query) == 0 && k->nargs == nargs && memcmp(k->types, types, sizeof(Oid) * nargs) == 0)
		return;
	cs_kept_free(k);
	if (k->query)
		pfree(unconstify(char *, k->query));
	k->query = NULL;
	k->query = MemoryContextStrdup(r->cxt, query);
	k->nargs = nargs;
	memcpy(k->types, types, sizeof(Oid) * nargs);
}

double *
cs_reco_places(cs_reco *r)
{
	if (r->places == NULL)
		r->places = MemoryContextAllocZero(r->cxt, sizeof(double) * (r->items + 1));
	return r->places;
}

/* ---- arrays of the tables ---- */

ArrayType *
cs_reco_array(HeapTuple row, TupleDesc desc, int c, Oid type, int *n)
{
	ArrayType  *a = DatumGetArrayTypePCopy(cs_reco_value(row, desc, c));

	if (ARR_ELEMTYPE(a) != type || ARR_HASNULL(a) || ARR_NDIM(a) > 1)
		cs_reco_damaged("an array has another shape");
	*n = ARR_NDIM(a) == 0 ? 0 : ARR_DIMS(a)[0];
	return a;
}

static Datum
text_array(char **v, int n)
{
	Datum	   *d = palloc(sizeof(Datum) * (n + 1));

	for (int i = 0; i < n; i++)
		d[i] = CStringGetTextDatum(v[i]);
	return PointerGetDatum(construct_array(d, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* ---- items and their weights to others ---- */

typedef struct joining
{
	const cs_reco *r;
	int			n;
	char	  **key;			/* of the caller, sorted */
	int		   *at;				/* and where each stands */
	cs_reco_row *out;
} joining;

void
cs_reco_take_weights(const cs_reco *r, cs_reco_row *to, HeapTuple row, TupleDesc desc, int c)
{
	int			weights;
	ArrayType  *t = cs_reco_array(row, desc, c, INT4OID, &to->targets),
			   *w = cs_reco_array(row, desc, c + 1, FLOAT4OID, &weights);

	to->target = (const int32 *) ARR_DATA_PTR(t);
	to->weight = (const float *) ARR_DATA_PTR(w);
	if (weights != to->targets)
		cs_reco_damaged("targets and weights differ in number");
	for (int i = 0; i < to->targets; i++)
	{
		if (to->target[i] < 0 || to->target[i] >= r->items || (i > 0 && to->target[i] <= to->target[i - 1]))
			cs_reco_damaged("an item leads to one that is not there");
		if (!isfinite(to->weight[i]))
			cs_reco_damaged("a weight is out of range");
	}
}

static void
take_row(void *arg, HeapTuple row, TupleDesc desc)
{
	joining    *j = arg;
	char	   *key = cs_result_text(row, desc, 1);
	int			low = 0,
				high = j->n;
	cs_reco_row r = {DatumGetInt32(cs_reco_value(row, desc, 2)), 0, NULL, NULL};
	bool		isnull = true;

	if (r.item < 0 || r.item >= j->r->items)
		cs_reco_damaged("the number of an item is out of range");
	if (desc->natts > 2)
		cs_result(row, desc, 3, &isnull);
	if (!isnull)
		cs_reco_take_weights(j->r, &r, row, desc, 3);
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (strcmp(j->key[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < j->n && strcmp(j->key[low], key) == 0; low++)
		j->out[j->at[low]] = r;
}

static int
by_key(const void *a, const void *b, void *arg)
{
	char	  **key = arg;

	return strcmp(key[*(const int *) a], key[*(const int *) b]);
}

cs_reco_row *
cs_reco_rows(cs_reco *r, char **keys, int n, bool rows)
{
	static cs_kept plain = {
		"SELECT i.item_id, i.item_no FROM clusterseg._reco_items i"
		" WHERE i.version_id OPERATOR(pg_catalog.=) $1 AND i.item_id OPERATOR(pg_catalog.=) ANY ($2)", 2, {INT8OID, TEXTARRAYOID}};
	static cs_kept joined = {
		"SELECT i.item_id, i.item_no, n.targets, n.weights FROM clusterseg._reco_items i"
		" LEFT JOIN clusterseg._reco_neighbours n ON n.version_id OPERATOR(pg_catalog.=) i.version_id AND n.item_no OPERATOR(pg_catalog.=) i.item_no"
		" WHERE i.version_id OPERATOR(pg_catalog.=) $1 AND i.item_id OPERATOR(pg_catalog.=) ANY ($2)", 2, {INT8OID, TEXTARRAYOID}};
	Datum		values[2] = {Int64GetDatum(r->id), text_array(keys, n)};
	joining		j = {r, n, palloc(sizeof(char *) * (n + 1)), palloc(sizeof(int) * (n + 1)), palloc(sizeof(cs_reco_row) * (n + 1))};

	for (int i = 0; i < n; i++)
	{
		j.at[i] = i;
		j.out[i] = (cs_reco_row) {-1, 0, NULL, NULL};
	}
	qsort_arg(j.at, n, sizeof(int), by_key, keys);
	for (int i = 0; i < n; i++)
		j.key[i] = keys[j.at[i]];
	if (n > 0)
		cs_kept_run(rows && (r->flags & CS_RECO_ITEMS) ? &joined : &plain, values, NULL, take_row, &j);
	return j.out;
}

/* ---- ranked lists ---- */

typedef struct chunking
{
	const cs_reco *r;
	cs_list_chunk *to;
} chunking;

static void
take_chunk(void *arg, HeapTuple row, TupleDesc desc)
{
	chunking   *c = arg;
	int			n,
				scores;
	const int32 *item = (const int32 *) ARR_DATA_PTR(cs_reco_array(row, desc, 1, INT4OID, &n));
	const float8 *score = (const float8 *) ARR_DATA_PTR(cs_reco_array(row, desc, 2, FLOAT8OID, &scores));

	if (n != scores)
		cs_reco_damaged("items and scores of a list differ in number");
	c->to->scored = MemoryContextAlloc(c->r->cxt, sizeof(cs_scored) * (n + 1));
	for (int i = 0; i < n; i++)
	{
		if (item[i] < 0 || item[i] >= c->r->items)
			cs_reco_damaged("a list has an item that is not there");
		c->to->scored[i] = (cs_scored) {item[i], score[i]};
	}
	c->to->n = n;
}

const cs_list_chunk *
cs_reco_chunk(cs_reco *r, int list, int chunk)
{
	static cs_kept kept = {
		"SELECT items, scores FROM clusterseg._reco_lists WHERE version_id OPERATOR(pg_catalog.=) $1"
		" AND list OPERATOR(pg_catalog.=) $2 AND chunk OPERATOR(pg_catalog.=) $3", 3, {INT8OID, INT4OID, INT4OID}};
	Datum		values[3] = {Int64GetDatum(r->id), Int32GetDatum(list), Int32GetDatum(chunk)};
	cs_list_chunk *c;
	chunking	k = {r};

	for (c = r->chunks; c; c = c->next)
		if (c->list == list && c->chunk == chunk)
			return c;
	k.to = c = MemoryContextAllocZero(r->cxt, sizeof(cs_list_chunk));
	c->list = list;
	c->chunk = chunk;
	cs_kept_run(&kept, values, NULL, take_chunk, &k);
	c->next = r->chunks;
	r->chunks = c;
	return c;
}

/* ---- small reads ---- */

typedef struct naming
{
	const int32 *item;
	int			n;
	char	  **key;
} naming;

static void
take_key(void *arg, HeapTuple row, TupleDesc desc)
{
	naming	   *k = arg;
	int32		item = DatumGetInt32(cs_reco_value(row, desc, 1));

	for (int i = 0; i < k->n; i++)
		if (k->item[i] == item)
			k->key[i] = cs_result_text(row, desc, 2);
}

/* A few keys at a time: each one looks for its place among the others. */
#define KEYS_AT_ONCE 256

char **
cs_reco_keys(cs_reco *r, const int32 *items, int n)
{
	static cs_kept kept = {
		"SELECT item_no, item_id FROM clusterseg._reco_items WHERE version_id OPERATOR(pg_catalog.=) $1"
		" AND item_no OPERATOR(pg_catalog.=) ANY ($2)", 2, {INT8OID, INT4ARRAYOID}};
	char	  **key = palloc0(sizeof(char *) * (n + 1));

	for (int from = 0; from < n; from += KEYS_AT_ONCE)
	{
		naming		k = {items + from, Min(n - from, KEYS_AT_ONCE), key + from};
		Datum	   *d = palloc(sizeof(Datum) * k.n);
		Datum		values[2];

		for (int i = 0; i < k.n; i++)
			d[i] = Int32GetDatum(k.item[i]);
		values[0] = Int64GetDatum(r->id);
		values[1] = PointerGetDatum(construct_array(d, k.n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
		cs_kept_run(&kept, values, NULL, take_key, &k);
	}
	for (int i = 0; i < n; i++)
		if (key[i] == NULL)
			cs_reco_damaged("a list has an item that is not there");
	return key;
}

static void
take_number(void *arg, HeapTuple row, TupleDesc desc)
{
	*(double *) arg = DatumGetFloat8(cs_reco_value(row, desc, 1));
}

bool
cs_reco_segment(cs_reco *r, int segment_id, double *customers)
{
	static cs_kept kept = {
		"SELECT customers FROM clusterseg._reco_segments WHERE version_id OPERATOR(pg_catalog.=) $1"
		" AND segment_id OPERATOR(pg_catalog.=) $2", 2, {INT8OID, INT4OID}};
	Datum		values[2] = {Int64GetDatum(r->id), Int32GetDatum(segment_id)};

	*customers = 0;
	return cs_kept_run(&kept, values, NULL, take_number, customers) > 0;
}

double
cs_reco_popularity(cs_reco *r, int32 item)
{
	static cs_kept kept = {
		"SELECT popularity FROM clusterseg._reco_items WHERE version_id OPERATOR(pg_catalog.=) $1"
		" AND item_no OPERATOR(pg_catalog.=) $2", 2, {INT8OID, INT4OID}};
	Datum		values[2] = {Int64GetDatum(r->id), Int32GetDatum(item)};
	double		popularity = 0;

	cs_kept_run(&kept, values, NULL, take_number, &popularity);
	return popularity;
}

static void
take_text(void *arg, HeapTuple row, TupleDesc desc)
{
	*(char **) arg = cs_result_text(row, desc, 1);
}

char *
cs_reco_label(const cs_reco_now *now, int segment_id)
{
	static cs_kept kept = {
		"SELECT label FROM clusterseg._segments WHERE model OPERATOR(pg_catalog.=) $1 AND segment_id OPERATOR(pg_catalog.=) $2",
		2, {TEXTOID, INT4OID}};
	char	   *label = NULL;

	if (now->segmentation)
	{
		Datum		values[2] = {CStringGetTextDatum(now->segmentation), Int32GetDatum(segment_id)};

		cs_kept_run(&kept, values, NULL, take_text, &label);
	}
	return label ? label : psprintf("%d", segment_id);
}
