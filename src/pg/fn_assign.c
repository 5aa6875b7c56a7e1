/*
 * fn_assign.c - assigning all rows of a source by a model that exists already.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/bind.h"
#include "pg/groups.h"
#include "pg/members.h"
#include "pg/pg_env.h"
#include "pg/pins.h"
#include "pg/progress.h"
#include "pg/source.h"

typedef struct assigning
{
	cs_env	   *env;
	const cs_model *m;
	int			whole;			/* clusters of the whole */
	cs_binding *binding;
	cs_member_writer *writer;
	MemoryContext row_cxt;
	int64		rows;
	int64		skipped;
	const char *key;
} assigning;

static void
take_slot(void *arg, TupleTableSlot *slot)
{
	assigning  *a = arg;
	cs_binding *own;
	MemoryContext old;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("key \"%s\" is NULL in a row of the source", a->key),
				 errhint("Leave such rows out: SELECT ... WHERE %s IS NOT NULL.", quote_identifier(a->key))));
	old = MemoryContextSwitchTo(a->row_cxt);
	own = cs_bind_choose(a->binding, slot->tts_values, slot->tts_isnull);
	if (a->binding->pinned >= 0)
	{
		cs_nearest	n = {a->whole - a->m->pins->n + a->binding->pinned, -1, NAN, NAN};

		cs_members_add(a->writer, slot->tts_values[0], &n, 0, CS_POINT_UNTOLD, NAN);
		a->rows++;
	}
	else if (cs_bind_row(own, slot->tts_values, slot->tts_isnull, NULL) == CS_ROW_OK)
	{
		cs_nearest	n = cs_scorer_nearest(own->m->scorer, own->point, own->score);

		/* clusters are those of the whole */
		if (own != a->binding)
			cs_nearest_shift(&n, a->m->groups->group[a->binding->chosen].first);
		cs_members_add(a->writer, slot->tts_values[0], &n, 0, cs_point_of(&n), NAN);
		a->rows++;
	}
	else
		a->skipped++;
	MemoryContextSwitchTo(old);
	if (((a->rows + a->skipped) & 1023) == 0)
	{
		MemoryContextReset(a->row_cxt);
		cs_progress_report(a->env, CS_PHASE_WRITE, a->rows, 0);
	}
}

PG_FUNCTION_INFO_V1(clusterseg_assign_write);

/*
 * _assign_write(name, value, source, path, key, relation, labels, version, at, reason, owner)
 *     -> (rows, skipped)
 *
 * One pass over the source; rows that are not assignable are counted.
 */
Datum
clusterseg_assign_write(PG_FUNCTION_ARGS)
{
	struct varlena *v = cs_arg_model(fcinfo, 1);
	char	   *key = CS_ARG_TEXT(4);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_model   *m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v)),
			   *whole = cs_model_whole(env, m);
	cs_source  *source = cs_source_open(CS_ARG_TEXT(2), CS_ARG_TEXT(3), cs_role_for(CS_ARG_TEXT(10)));
	Oid			key_type = getBaseType(TupleDescAttr(source->desc, cs_source_column(source, key, "the key"))->atttypid);
	assigning	a = {.env = env, .m = m, .key = key};
	TupleDesc	desc;
	Datum		out[2];
	bool		isnull[2] = {false, false};
	int			labels;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	whole->label = cs_arg_names(fcinfo, 6, &labels);
	if (labels != whole->k)
		elog(ERROR, "wrong number of labels");
	a.whole = whole->k;
	cs_progress_start(CS_ARG_TEXT(0));
	a.binding = cs_binding_new(env, m);
	cs_bind_selected(env, a.binding, source, 1);
	a.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg row", ALLOCSET_DEFAULT_SIZES);
	a.writer = cs_members_open(PG_GETARG_OID(5), key_type, whole, PG_GETARG_INT32(7), PG_GETARG_DATUM(8),
							   text_to_cstring(PG_GETARG_TEXT_PP(9)));
	/* not parallel: a backend cannot write while it leads workers */
	cs_source_scan(source, psprintf("q.%s, %s", quote_identifier(key), cs_bind_select(source, m)), false, take_slot, &a);
	cs_members_close(a.writer);
	MemoryContextDelete(a.row_cxt);
	cs_progress_end();
	out[0] = Int64GetDatum(a.rows);
	out[1] = Int64GetDatum(a.skipped);
	return HeapTupleGetDatum(heap_form_tuple(desc, out, isnull));
}
