/*
 * members.c - bulk writing of members tables (see members.h).
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/members.h"

#define BATCH 1000

static const Oid column_types[CS_MEMBER_COLUMNS] = {
	InvalidOid, INT4OID, TEXTOID, FLOAT8OID, FLOAT8OID, BOOLOID, TIMESTAMPTZOID, INT4OID, INT4OID, TIMESTAMPTZOID,
	TEXTOID, TEXTOID, FLOAT8OID
};

static const char *const point_names[] = {"", "core", "border", "noise", "outlier"};

cs_measures
cs_measure(const cs_model *m, const cs_nearest *n)
{
	cs_measures r;
	bool		two = n->label >= 0 && n->label2 >= 0;

	r.distance = n->label < 0 && isinf(n->d1) ? NAN : cs_scorer_seen(m->scorer, n->d1);
	r.margin = two ? n->d2 - n->d1 : NAN;
	r.confidence = !two ? NAN : n->d2 > 0 ? 1 - sqrt(n->d1 / n->d2) : 0;
	return r;
}

static void
check_relation(Relation rel, Oid key_type)
{
	TupleDesc	desc = RelationGetDescr(rel);
	bool		ok = rel->rd_rel->relkind == RELKIND_RELATION && rel->rd_createSubid != InvalidSubTransactionId &&
		!rel->rd_rel->relhasindex && !rel->rd_rel->relhastriggers && !rel->rd_rel->relhasrules &&
		!rel->rd_rel->relrowsecurity && desc->natts == CS_MEMBER_COLUMNS &&
		(desc->constr == NULL || desc->constr->num_check == 0);

	for (int i = 0; i < CS_MEMBER_COLUMNS && ok; i++)
		ok = TupleDescAttr(desc, i)->atttypid == (i == 0 ? key_type : column_types[i]);
	if (!ok)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation \"%s\" was not made to receive members", RelationGetRelationName(rel))));
}

cs_member_writer *
cs_members_open(Oid relid, Oid key_type, const cs_model *m, int version, Datum at, const char *reason)
{
	cs_member_writer *w = palloc0(sizeof(cs_member_writer));

	w->rel = table_open(relid, RowExclusiveLock);
	check_relation(w->rel, key_type);
	w->bulk = GetBulkInsertState();
	w->slot = palloc0(sizeof(TupleTableSlot *) * BATCH);
	w->m = m;
	w->label = palloc(sizeof(Datum) * m->k);
	for (int j = 0; j < m->k; j++)
		w->label[j] = CStringGetTextDatum(m->label[j]);
	for (int p = 0; p < lengthof(point_names); p++)
		w->point[p] = CStringGetTextDatum(point_names[p]);
	w->version = Int32GetDatum(version);
	w->at = at;
	w->reason = CStringGetTextDatum(reason);
	w->cxt = CurrentMemoryContext;
	return w;
}

static void
flush(cs_member_writer *w)
{
	MemoryContext work = AllocSetContextCreate(w->cxt, "clusterseg members", ALLOCSET_DEFAULT_SIZES),
				old = MemoryContextSwitchTo(work);

	if (w->filled > 0)
		table_multi_insert(w->rel, w->slot, w->filled, GetCurrentCommandId(true), TABLE_INSERT_SKIP_FSM, w->bulk);
	for (int i = 0; i < w->filled; i++)
		ExecClearTuple(w->slot[i]);
	w->written += w->filled;
	w->filled = 0;
	MemoryContextSwitchTo(old);
	MemoryContextDelete(work);
}

static void
set_float(TupleTableSlot *slot, int column, double v)
{
	slot->tts_isnull[column] = isnan(v);
	slot->tts_values[column] = Float8GetDatum(isnan(v) ? 0 : v);
}

void
cs_members_add(cs_member_writer *w, Datum key, const cs_nearest *n, int former, cs_point point, double outlier)
{
	cs_measures r = cs_measure(w->m, n);
	bool		noise = n->label < 0;
	TupleTableSlot *slot;

	if (w->slot[w->filled] == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(w->cxt);

		w->slot[w->filled] = table_slot_create(w->rel, NULL);
		MemoryContextSwitchTo(old);
	}
	slot = w->slot[w->filled++];
	ExecClearTuple(slot);
	memset(slot->tts_isnull, 0, sizeof(bool) * CS_MEMBER_COLUMNS);
	slot->tts_values[0] = key;
	slot->tts_isnull[1] = slot->tts_isnull[2] = noise;
	slot->tts_values[1] = noise ? (Datum) 0 : Int32GetDatum(w->m->segment_id[n->label]);
	slot->tts_values[2] = noise ? (Datum) 0 : w->label[n->label];
	set_float(slot, 3, r.distance);
	set_float(slot, 4, r.margin);
	slot->tts_values[5] = BoolGetDatum(r.confidence < CS_BORDERLINE);
	slot->tts_values[6] = w->at;
	slot->tts_values[7] = Int32GetDatum(former);
	slot->tts_isnull[7] = former == 0;
	slot->tts_values[8] = w->version;
	slot->tts_values[9] = w->at;
	slot->tts_values[10] = w->reason;
	slot->tts_isnull[11] = point == CS_POINT_UNTOLD;
	slot->tts_values[11] = w->point[point];
	set_float(slot, 12, outlier);
	ExecStoreVirtualTuple(slot);

	/* a key by reference may not outlive the row that it came with */
	if (!TupleDescAttr(RelationGetDescr(w->rel), 0)->attbyval)
		ExecMaterializeSlot(slot);
	if (w->filled == BATCH)
		flush(w);
}

uint64
cs_members_close(cs_member_writer *w)
{
	flush(w);
	FreeBulkInsertState(w->bulk);
	table_finish_bulk_insert(w->rel, TABLE_INSERT_SKIP_FSM);
	for (int i = 0; i < BATCH && w->slot[i]; i++)
		ExecDropSingleTupleTableSlot(w->slot[i]);
	table_close(w->rel, NoLock);
	CommandCounterIncrement();
	return w->written;
}
