/*
 * candidates.c - which items may be in a list (see candidates.h).
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/candidates.h"
#include "pg/pg_env.h"
#include "pg/source.h"

typedef struct gathering
{
	MemoryContext row_cxt;
	Oid			type;
	cs_dictionary *keys;
} gathering;

static void
take_key(void *arg, TupleTableSlot *slot)
{
	gathering  *g = arg;
	bool		isnull;
	Datum		d = slot_getattr(slot, 1, &isnull);
	int			len;
	const char *text;
	MemoryContext old = MemoryContextSwitchTo(g->row_cxt);

	if (!isnull)
	{
		text = cs_key_text(g->type, d, &len);
		cs_dictionary_text(g->keys, text, len, true);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(g->row_cxt);
}

cs_item_set
cs_candidates(cs_reco *r, const char *query)
{
	cs_item_set set = {NULL, 0};
	cs_source  *s;
	gathering	g = {NULL};
	cs_reco_row *row;

	if (query == NULL)
		return set;
	s = cs_source_open(query, NULL, InvalidOid);
	g.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg candidate", ALLOCSET_SMALL_SIZES);
	g.type = getBaseType(TupleDescAttr(s->desc, 0)->atttypid);
	g.keys = cs_dictionary_new(cs_pg_env(CurrentMemoryContext), false);
	cs_source_scan(s, psprintf("q.%s", quote_identifier(NameStr(TupleDescAttr(s->desc, 0)->attname))), false, take_key, &g);
	MemoryContextDelete(g.row_cxt);
	row = cs_reco_rows(r, g.keys->text, g.keys->n, false);
	set.item = palloc(sizeof(int32) * (g.keys->n + 1));
	for (int i = 0; i < g.keys->n; i++)
		if (row[i].item >= 0)
			set.item[set.n++] = row[i].item;
	cs_item_set_tidy(&set);
	return set;
}
