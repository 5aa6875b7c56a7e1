/*
 * reco_whole.c - reading a whole version of a recommender (see reco.h).
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/reco.h"
#include "pg/source.h"

typedef struct loading
{
	cs_env	   *env;
	const cs_reco *r;
	cs_reco_whole *w;
	int			next;			/* item whose row comes next */
	size_t		n;
	size_t		room;
	MemoryContext row_cxt;
} loading;

static void
load_item(void *arg, TupleTableSlot *slot)
{
	loading    *l = arg;
	char	   *key;

	slot_getallattrs(slot);
	key = TextDatumGetCString(slot->tts_values[0]);
	if (cs_dictionary_text(l->w->item, key, strlen(key), true) != l->next++)
		cs_reco_damaged("two items have the same key");
	pfree(key);
}

static void
load_room(loading *l, size_t n)
{
	l->room = Max(2 * l->room, l->n + n + 65536);
	l->w->target = cs_alloc_grown(l->env, l->w->target, l->n, l->room, sizeof(int32));
	l->w->weight = cs_alloc_grown(l->env, l->w->weight, l->n, l->room, sizeof(float));
}

static void
load_row(void *arg, TupleTableSlot *slot)
{
	loading    *l = arg;
	HeapTuple	row = ExecFetchSlotHeapTuple(slot, false, NULL);
	TupleDesc	desc = slot->tts_tupleDescriptor;
	int			item = DatumGetInt32(cs_reco_value(row, desc, 1));
	MemoryContext old = MemoryContextSwitchTo(l->row_cxt);
	cs_reco_row r;

	if (item < l->next || item >= l->r->items)
		cs_reco_damaged("the number of an item is out of range");
	cs_reco_take_weights(l->r, &r, row, desc, 2);
	MemoryContextSwitchTo(old);
	while (l->next <= item)
		l->w->start[l->next++] = l->n;
	if (l->n + r.targets > l->room)
		load_room(l, r.targets);
	memcpy(l->w->target + l->n, r.target, sizeof(int32) * r.targets);
	memcpy(l->w->weight + l->n, r.weight, sizeof(float) * r.targets);
	l->n += r.targets;
	MemoryContextReset(l->row_cxt);
}

cs_reco_whole *
cs_reco_load(cs_env *env, cs_reco *r)
{
	cs_reco_whole *w = CS_NEW(env, cs_reco_whole, 1);
	loading		l = {env, r, w, 0, 0, 0};

	w->item = cs_dictionary_new(env, false);
	cs_query_scan(psprintf("SELECT item_id FROM clusterseg._reco_items WHERE version_id = " INT64_FORMAT " ORDER BY item_no", r->id),
				  "pg_catalog", InvalidOid, false, load_item, &l);
	if (l.next != r->items)
		cs_reco_damaged("items are missing");
	if (!(r->flags & CS_RECO_ITEMS))
		return w;
	l.next = 0;
	l.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg recommender row", ALLOCSET_DEFAULT_SIZES);
	w->start = CS_NEW(env, size_t, (size_t) r->items + 1);
	cs_query_scan(psprintf("SELECT item_no, targets, weights FROM clusterseg._reco_neighbours WHERE version_id = "
						   INT64_FORMAT " ORDER BY item_no", r->id), "pg_catalog", InvalidOid, false, load_row, &l);
	MemoryContextDelete(l.row_cxt);
	while (l.next <= r->items)
		w->start[l.next++] = l.n;
	return w;
}
