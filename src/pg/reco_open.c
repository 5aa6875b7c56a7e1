/*
 * reco_open.c - a recommender by its name, in the caller's snapshot and with the
 * caller's rights (see reco.h).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/reco.h"
#include "pg/source.h"

/*
 * The last recommender that was asked for, and when by whom; it is often asked for
 * again.  The moment alone does not tell transactions apart: without writes in
 * between, the next one sees the same snapshot.
 */
static MemoryContext last_cxt = NULL;
static cs_reco_now last;
static cs_moment moment;
static Oid	user = InvalidOid;		/* invalid: there is none */

typedef struct resolved
{
	bool		none;
	int64		id;
	char	   *kind;
	char	   *owner;
	char	   *segmentation;
	char	   *members;
	char	   *members_key;
	Oid			members_type;
} resolved;

static void
take_resolved(void *arg, HeapTuple row, TupleDesc desc)
{
	resolved   *p = arg;
	bool		isnull;

	p->id = DatumGetInt64(cs_result(row, desc, 1, &p->none));
	p->kind = cs_result_text(row, desc, 2);
	p->owner = pstrdup(NameStr(*DatumGetName(cs_result(row, desc, 3, &isnull))));
	p->segmentation = cs_result_text(row, desc, 4);
	p->members = cs_result_text(row, desc, 5);
	p->members_key = cs_result_text(row, desc, 6);
	p->members_type = DatumGetObjectId(cs_result(row, desc, 7, &isnull));
	if (isnull)
		p->members = NULL;
}

static resolved
resolve(const char *name)
{
	static cs_kept kept = {
		"SELECT m.published_id, m.kind, m.owner, s.model,"
		" (SELECT f FROM pg_catalog.concat(pg_catalog.quote_ident(s.output_schema), '.', pg_catalog.quote_ident(pg_catalog.concat(s.model, '_members'))) f"
		"  WHERE s.model IS NOT NULL AND pg_catalog.to_regclass(f) IS NOT NULL), pg_catalog.quote_ident(s.key), pg_catalog.to_regtype(s.key_type)::pg_catalog.oid"
		" FROM clusterseg.models m"
		" LEFT JOIN clusterseg._recommenders r ON r.version_id OPERATOR(pg_catalog.=) m.published_id"
		" LEFT JOIN clusterseg.models s ON s.model OPERATOR(pg_catalog.=) r.segmentation"
		"  AND s.kind OPERATOR(pg_catalog.=) 'segmentation' AND s.published_id IS NOT NULL"
		" WHERE m.model OPERATOR(pg_catalog.=) $1", 1, {TEXTOID}};
	Datum		values[1] = {CStringGetTextDatum(name)};
	resolved	p = {0};

	if (cs_kept_run(&kept, values, NULL, take_resolved, &p) == 0)
		cs_store_no_model(name);
	if (strcmp(p.kind, "recommender") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("model \"%s\" is a %s, not a recommender", name, p.kind)));
	if (p.none)
		cs_store_not_published(name);
	return p;
}

static char *
copy_of(const char *s)
{
	return s ? pstrdup(s) : NULL;
}

/* In the current context: what a call knows must outlive other calls, which its own queries may make. */
static cs_reco_now
copy_of_now(const cs_reco_now *now)
{
	cs_reco_now copy = *now;

	copy.name = pstrdup(now->name);
	copy.owner = pstrdup(now->owner);
	copy.segmentation = copy_of(now->segmentation);
	copy.members = copy_of(now->members);
	copy.members_key = copy_of(now->members_key);
	return copy;
}

cs_reco_now
cs_reco_open(const char *name)
{
	cs_moment	now = cs_moment_now();
	MemoryContext old;
	resolved	p;

	if (last_cxt == NULL)
		last_cxt = AllocSetContextCreate(CacheMemoryContext, "clusterseg recommender call", ALLOCSET_SMALL_SIZES);
	if (user == GetUserId() && cs_same_moment(&now, &moment) && strcmp(last.name, name) == 0)
		return copy_of_now(&last);
	user = InvalidOid;
	MemoryContextReset(last_cxt);
	old = MemoryContextSwitchTo(last_cxt);
	p = resolve(name);
	last = (cs_reco_now) {cs_reco_version(p.id), pstrdup(name), p.owner, cs_role_for(p.owner), p.segmentation, p.members, p.members_key,
	p.members_type};
	MemoryContextSwitchTo(old);
	moment = now;
	user = GetUserId();
	return copy_of_now(&last);
}

void
cs_reco_close(void)
{
	user = InvalidOid;
}
