/*
 * reco_customer.c - one customer's events and segment (see reco.h).
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/reco.h"
#include "pg/source.h"

bool
cs_reco_convert_key(const cs_reco_now *now, Oid from, Datum d, Oid to, Datum *out)
{
	const char *text;
	int			len;

	*out = d;
	if (from == to)
		return true;
	if (cs_dictionary_integral(from) && cs_dictionary_integral(to))
	{
		int64		v = cs_dictionary_value(from, d);

		*out = to == INT8OID ? Int64GetDatum(v) : to == INT4OID ? Int32GetDatum((int32) v) : Int16GetDatum((int16) v);
		return to == INT8OID || (to == INT4OID ? v == (int32) v : v == (int16) v);
	}
	text = cs_key_text(from, d, &len);
	*out = cs_input_as(now->run_as, to, pnstrdup(text, len));
	return true;
}

bool
cs_reco_customer_key(const cs_reco_now *now, Oid type, Datum customer, const char **text, int *len)
{
	Datum		key;

	if (!cs_reco_convert_key(now, type, customer, now->r->customer_type, &key))
		return false;
	*text = cs_key_text(getBaseType(now->r->customer_type), key, len);
	return true;
}

static void
take_segment(void *arg, HeapTuple row, TupleDesc desc)
{
	*(int *) arg = DatumGetInt32(cs_reco_value(row, desc, 1));
}

int
cs_reco_segment_of(const cs_reco_now *now, Oid type, Datum customer)
{
	cs_kept    *kept = &now->r->segment;
	int			segment = 0;
	Datum		values[1];

	if (now->members == NULL)
		return 0;
	cs_reco_keep(now->r, kept, psprintf("SELECT segment_id FROM %s m WHERE m.%s = $1 AND m.segment_id IS NOT NULL", now->members, now->members_key),
				 1, &now->members_type);
	if (cs_reco_convert_key(now, type, customer, now->members_type, &values[0]))
		cs_kept_scan(kept, NULL, now->run_as, values, NULL, take_segment, &segment);
	return segment;
}

typedef struct remembering
{
	const cs_reco *r;
	cs_reco_events *e;
	int			room;
} remembering;

static void
make_room(remembering *m)
{
	int			room = m->room ? 2 * m->room : 64;
	cs_reco_events *e = m->e;

	e->item = e->item ? repalloc_huge(e->item, sizeof(char *) * room) : palloc(sizeof(char *) * room);
	if (m->r->columns.weight)
		e->weight = e->weight ? repalloc_huge(e->weight, sizeof(float) * room) : palloc(sizeof(float) * room);
	if (m->r->columns.at)
		e->at = e->at ? repalloc_huge(e->at, sizeof(double) * room) : palloc(sizeof(double) * room);
	m->room = room;
}

/* An event, unless training would have skipped it. */
static void
take_event(void *arg, HeapTuple row, TupleDesc desc)
{
	remembering *m = arg;
	cs_reco_events *e = m->e;
	bool		isnull[3] = {false, false, false};
	Datum		item = cs_result(row, desc, 1, &isnull[0]);
	int			c = 2,
				len;
	double		weight = m->r->columns.weight ? DatumGetFloat8(cs_result(row, desc, c++, &isnull[1])) : 1,
				at = m->r->columns.at ? DatumGetFloat8(cs_result(row, desc, c, &isnull[2])) : 0;
	const char *text;

	if (isnull[0] || isnull[1] || isnull[2] || !cs_event_counts(weight, at))
		return;
	if (e->n == m->room)
		make_room(m);
	text = cs_key_text(getBaseType(TupleDescAttr(desc, 0)->atttypid), item, &len);
	e->item[e->n] = pnstrdup(text, len);
	if (e->weight)
		e->weight[e->n] = (float) weight;
	if (e->at)
		e->at[e->n] = at;
	e->n++;
}

cs_reco_events
cs_reco_history(const cs_reco_now *now, Oid type, Datum customer)
{
	cs_reco    *r = now->r;
	cs_reco_events e = {0};
	remembering m = {r, &e, 0};
	Datum		values[1];

	if (r->from == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("model \"%s\" has no source of events", now->name),
				 errdetail("It was imported, so histories of customers are not known."),
				 errhint("recommend_for_basket() and recommend_for_segment() work without it.")));
	if (r->history.query == NULL)
		cs_reco_keep(r, &r->history, psprintf("SELECT %s FROM %s WHERE q.%s = $1", cs_events_select(&r->columns), r->from,
											  quote_identifier(r->columns.customer)), 1, &r->customer_type);
	if (cs_reco_convert_key(now, type, customer, r->customer_type, &values[0]))
		cs_kept_scan(&r->history, r->path, now->run_as, values, NULL, take_event, &m);
	return e;
}
