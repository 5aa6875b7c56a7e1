/*
 * events_read.c - reading events (see events_read.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/convert.h"
#include "pg/events_read.h"

/* Bytes per event while they are grouped: the raw arrays and the core's work space. */
#define BYTES_PER_EVENT 48

typedef struct reading
{
	cs_event_data *data;
	Oid			item_type;
	MemoryContext row_cxt;
	bool		weighted;
	bool		timed;
} reading;

static void
grow(reading *r)
{
	cs_event_data *d = r->data;
	size_t		room = d->room ? 2 * d->room : 65536;

	if (d->n * BYTES_PER_EVENT + d->customers->bytes + d->items->bytes > d->budget)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("events do not fit into memory"),
				 errdetail("%zu events with %d customers and %d items take the %zu MB that are allowed.",
						   d->n, d->customers->n, d->items->n, d->budget >> 20),
				 errhint("Increase maintenance_work_mem, or take fewer events, for example those of the last year.")));
	d->customer = cs_alloc_grown(d->env, d->customer, d->n, room, sizeof(int32));
	d->item = cs_alloc_grown(d->env, d->item, d->n, room, sizeof(int32));
	if (r->weighted)
		d->weight = cs_alloc_grown(d->env, d->weight, d->n, room, sizeof(float));
	if (r->timed)
		d->at = cs_alloc_grown(d->env, d->at, d->n, room, sizeof(double));
	d->room = room;
}

static int
customer_number(reading *r, Datum d)
{
	cs_event_data *data = r->data;
	const char *text;
	int			len;

	if (data->customers->integral)
		return cs_dictionary_number(data->customers, cs_dictionary_value(data->customer_type, d), true);
	text = cs_key_text(data->customer_type, d, &len);
	return cs_dictionary_text(data->customers, text, len, true);
}

static void
take_event(reading *r, const Datum *v, const bool *isnull)
{
	cs_event_data *d = r->data;
	double		weight = 1,
				at = 0;
	int			column = 2,
				len;
	const char *item;

	if (r->weighted)
	{
		weight = isnull[column] ? NAN : DatumGetFloat8(v[column]);
		column++;
	}
	if (r->timed)
		at = isnull[column] ? NAN : DatumGetFloat8(v[column]);
	if (isnull[0] || isnull[1] || !cs_event_counts(weight, at))
	{
		d->skipped++;
		return;
	}
	if (d->n == d->room)
		grow(r);
	item = cs_key_text(r->item_type, v[1], &len);
	d->customer[d->n] = customer_number(r, v[0]);
	d->item[d->n] = cs_dictionary_text(d->items, item, len, true);
	if (r->weighted)
		d->weight[d->n] = (float) weight;
	if (r->timed)
		d->at[d->n] = at;
	d->n++;
}

static void
take_slot(void *arg, TupleTableSlot *slot)
{
	reading    *r = arg;
	MemoryContext old;

	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(r->row_cxt);
	take_event(r, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(old);
	if ((++r->data->read & 1023) == 0)
	{
		MemoryContextReset(r->row_cxt);
		cs_progress(r->data->env, CS_PHASE_READ, r->data->read, 0);
	}
}

static Oid
column_type(const cs_source *s, const char *name, const char *role)
{
	return getBaseType(TupleDescAttr(s->desc, cs_source_column(s, name, role))->atttypid);
}

char *
cs_events_select(const cs_event_columns *c)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfo(&list, "q.%s", quote_identifier(c->item));
	if (c->weight)
		appendStringInfo(&list, ", (%s)::pg_catalog.float8", c->weight);
	if (c->at)
		appendStringInfo(&list, ", EXTRACT(epoch FROM q.%s::pg_catalog.timestamptz)::pg_catalog.float8", quote_identifier(c->at));
	return list.data;
}

const char *
cs_key_text(Oid type, Datum d, int *len)
{
	static const int utc = 0;
	const char *text;
	bool		cast;

	switch (type)
	{
		case NUMERICOID:
			text = DatumGetCString(DirectFunctionCall1(numeric_out, DirectFunctionCall1(numeric_trim_scale, d)));
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			text = JsonEncodeDateTime(palloc(MAXDATELEN + 1), d, type, &utc);
			break;
		default:
			return cs_convert_text(cs_conv_of_type(type, &cast) == CONV_TEXT ? CONV_TEXT : CONV_OUTPUT, type, d, len);
	}
	*len = strlen(text);
	return text;
}

cs_event_data *
cs_events_read(cs_env *env, const cs_source *source, const cs_event_columns *c, size_t budget, cs_dictionary *items)
{
	cs_event_data *d = CS_NEW(env, cs_event_data, 1);
	reading		r = {.data = d, .weighted = c->weight != NULL, .timed = c->at != NULL};

	d->env = env;
	d->budget = budget;
	d->customer_type = column_type(source, c->customer, "the customer");
	d->customers = cs_dictionary_new(env, cs_dictionary_integral(d->customer_type));
	d->items = items ? items : cs_dictionary_new(env, false);
	d->items_given = items != NULL;
	if (c->at)
		cs_source_column(source, c->at, "the time");
	r.item_type = column_type(source, c->item, "the item");
	r.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg event", ALLOCSET_DEFAULT_SIZES);
	cs_source_scan(source, psprintf("q.%s, %s", quote_identifier(c->customer), cs_events_select(c)), true, take_slot, &r);
	MemoryContextDelete(r.row_cxt);
	return d;
}

int32 *
cs_events_order(cs_event_data *d)
{
	int32	   *customer = cs_dictionary_order(d->customers),
			   *item = d->items_given ? NULL : cs_dictionary_order(d->items);

	for (size_t i = 0; i < d->n; i++)
	{
		d->customer[i] = customer[d->customer[i]];
		if (item)
			d->item[i] = item[d->item[i]];
	}
	cs_release(d->env, item);
	return customer;
}

cs_events *
cs_events_group(cs_event_data *d, int max_history)
{
	cs_raw_events raw = {d->n, d->customers->n, d->items->n, d->customer, d->item, d->weight, d->at};

	return cs_events_build(d->env, &raw, max_history);
}

void
cs_events_free_raw(cs_event_data *d)
{
	cs_release(d->env, d->customer);
	cs_release(d->env, d->item);
	cs_release(d->env, d->weight);
	cs_release(d->env, d->at);
	d->customer = d->item = NULL;
	d->weight = NULL;
	d->at = NULL;
}

int
cs_events_customer(const cs_event_data *d, Oid type, Datum key, bool add)
{
	const char *text;
	int			len;

	if (d->customers->integral && cs_dictionary_integral(type))
		return cs_dictionary_number(d->customers, cs_dictionary_value(type, key), add);
	text = cs_key_text(type, key, &len);
	if (d->customers->integral)
	{
		char	   *end;
		int64		number;

		text = pnstrdup(text, len);
		errno = 0;
		number = strtoll(text, &end, 10);
		return *text && *end == '\0' && errno == 0 ? cs_dictionary_number(d->customers, number, add) : -1;
	}
	return cs_dictionary_text(d->customers, text, len, add);
}

void
cs_events_check_columns(const cs_source *s, const char *weight, const char *type, const char *at)
{
	int			i;

	if (type)
		cs_source_column(s, type, "the type of events");
	if (weight)
	{
		i = cs_source_column(s, weight, "the weight");
		if (TypeCategory(TupleDescAttr(s->desc, i)->atttypid) != TYPCATEGORY_NUMERIC)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("weight \"%s\" is not a number", weight),
					 errdetail("The column is of type %s.", format_type_be(TupleDescAttr(s->desc, i)->atttypid)),
					 errhint("What each type of event counts for is said with the arguments \"event_type\" and options => '{\"event_weights\": {...}}'.")));
	}
	if (at)
	{
		i = cs_source_column(s, at, "the time");
		if (TypeCategory(TupleDescAttr(s->desc, i)->atttypid) != TYPCATEGORY_DATETIME)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("time \"%s\" is not a date or time", at),
					 errdetail("The column is of type %s.", format_type_be(TupleDescAttr(s->desc, i)->atttypid)),
					 errhint("Convert it in a query: SELECT ..., to_timestamp(%s) AS at.", quote_identifier(at))));
	}
}
