/*
 * exclude.c - reading the events that exclude items (see exclude.h).
 *
 * These are events of the source that the model was trained on, whatever training
 * made of them: a type without a weight may exclude, too.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/exclude.h"
#include "pg/pg_env.h"
#include "pg/source.h"

/* ---- which events ---- */

static void
take_text(void *arg, HeapTuple row, TupleDesc desc)
{
	*(char **) arg = cs_result_text(row, desc, 1);
}

/* The column of the events' types, as training was told. */
static char *
type_column(const cs_reco_now *now)
{
	static cs_kept kept = {
		"SELECT v.options OPERATOR(pg_catalog.->>) 'event_type' FROM clusterseg.versions v WHERE v.id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(now->r->id)};
	char	   *column = NULL;

	cs_kept_run(&kept, values, NULL, take_text, &column);
	if (column == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("serving option \"exclude_types\" needs types of events"),
				 errdetail("Model \"%s\" was trained without a column for them.", now->name),
				 errhint("Name it in train_recommender() with the argument \"event_type\".")));
	return column;
}

/* A condition on an event; since: how the query gets the time. */
static char *
condition(const cs_reco_now *now, const cs_serving *s, const char *since)
{
	StringInfoData c;

	initStringInfo(&c);
	appendStringInfoString(&c, "true");
	if (s->exclude_types)
	{
		appendStringInfo(&c, " AND q.%s::pg_catalog.text = ANY (ARRAY[", quote_identifier(type_column(now)));
		for (int i = 0; i < s->n_exclude_types; i++)
			appendStringInfo(&c, "%s%s", i ? ", " : "", quote_literal_cstr(s->exclude_types[i]));
		appendStringInfoString(&c, "]::pg_catalog.text[])");
	}
	if (s->exclude_since > -INFINITY && now->r->columns.at == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("serving option \"exclude_within\" needs times of events"),
				 errdetail("Model \"%s\" was trained without a column for them.", now->name),
				 errhint("Name it in train_recommender() with the argument \"at\".")));
	if (s->exclude_since > -INFINITY)
		appendStringInfo(&c, " AND EXTRACT(epoch FROM q.%s::pg_catalog.timestamptz)::pg_catalog.float8 >= %s",
						 quote_identifier(now->r->columns.at), since);
	return c.data;
}

/* ---- one customer ---- */

typedef struct gathering
{
	char	  **key;
	int			n;
	int			room;
} gathering;

static void
take_item(void *arg, HeapTuple row, TupleDesc desc)
{
	gathering  *g = arg;
	bool		isnull;
	Datum		d = cs_result(row, desc, 1, &isnull);
	const char *text;
	int			len;

	if (isnull)
		return;
	if (g->n == g->room)
	{
		g->room = g->room ? 2 * g->room : 64;
		g->key = g->key ? repalloc_huge(g->key, sizeof(char *) * g->room) : palloc(sizeof(char *) * g->room);
	}
	text = cs_key_text(getBaseType(TupleDescAttr(desc, 0)->atttypid), d, &len);
	g->key[g->n++] = pnstrdup(text, len);
}

void
cs_exclude_for(cs_reco_call *c, const cs_serving *s, Oid type, Datum customer)
{
	cs_reco    *r = c->now.r;
	cs_item_set *set = &c->q.excluded;
	gathering	g = {0};
	char	   *query = psprintf("SELECT q.%s FROM %s WHERE q.%s = $1 AND %s", quote_identifier(r->columns.item), r->from,
								 quote_identifier(r->columns.customer), condition(&c->now, s, "$2"));
	Datum		values[2] = {0, Float8GetDatum(s->exclude_since)};
	Oid			types[2] = {r->customer_type, FLOAT8OID};
	cs_reco_row *row;

	cs_reco_keep(r, &r->exclusion, query, s->exclude_since > -INFINITY ? 2 : 1, types);
	if (cs_reco_convert_key(&c->now, type, customer, r->customer_type, &values[0]))
		cs_kept_scan(&r->exclusion, r->path, c->now.run_as, values, NULL, take_item, &g);
	row = cs_reco_rows(r, g.key, g.n, false);
	*set = (cs_item_set) {palloc(sizeof(int32) * (g.n + 1)), 0};
	for (int i = 0; i < g.n; i++)
		if (row[i].item >= 0)
			set->item[set->n++] = row[i].item;
	cs_item_set_tidy(set);
}

/* ---- all customers ---- */

typedef struct pair
{
	int32		customer;
	int32		item;
} pair;

typedef struct pairing
{
	cs_batch   *b;
	Oid			customer_type;
	Oid			item_type;
	MemoryContext row_cxt;
	pair	   *p;
	size_t		n;
	size_t		room;
} pairing;

static void
add_pair(pairing *g, pair p)
{
	if (g->n == g->room)
	{
		g->room = g->room ? 2 * g->room : 4096;
		g->p = cs_alloc_grown(g->b->env, g->p, g->n, g->room, sizeof(pair));
	}
	g->p[g->n++] = p;
}

static void
take_pair(void *arg, TupleTableSlot *slot)
{
	pairing    *g = arg;
	MemoryContext old;
	pair		p;
	const char *text;
	int			len;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return;
	old = MemoryContextSwitchTo(g->row_cxt);
	p.customer = cs_events_customer(g->b->data, g->customer_type, slot->tts_values[0], false);
	text = cs_key_text(g->item_type, slot->tts_values[1], &len);
	p.item = cs_dictionary_text(g->b->w->item, text, len, false);
	MemoryContextSwitchTo(old);
	MemoryContextReset(g->row_cxt);
	if (p.customer >= 0 && p.item >= 0)
		add_pair(g, p);
}

static int
by_customer(const void *a, const void *b)
{
	const pair *x = a,
			   *y = b;

	cs_sort_poll();
	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return cs_compare_items(&x->item, &y->item);
}

void
cs_exclude_for_all(cs_batch *b, const cs_serving *s)
{
	const cs_reco *r = b->now.r;
	cs_source  *source = cs_source_open(psprintf("SELECT * FROM %s", r->from), r->path, b->now.run_as);
	pairing		g = {.b = b};
	int			customers = b->data->customers->n;

	g.customer_type = getBaseType(TupleDescAttr(source->desc, cs_source_column(source, r->columns.customer, "the customer"))->atttypid);
	g.item_type = getBaseType(TupleDescAttr(source->desc, cs_source_column(source, r->columns.item, "the item"))->atttypid);
	g.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg event", ALLOCSET_DEFAULT_SIZES);
	cs_query_scan(psprintf("SELECT q.%s, q.%s FROM %s WHERE %s", quote_identifier(r->columns.customer), quote_identifier(r->columns.item), r->from,
						   condition(&b->now, s, psprintf("'%.17g'::pg_catalog.float8", s->exclude_since))), r->path, b->now.run_as, true, take_pair, &g);
	MemoryContextDelete(g.row_cxt);
	if (g.n > 0)
		qsort(g.p, g.n, sizeof(pair), by_customer);
	b->touched = CS_ROOM(b->env, int32, g.n + 1);
	b->touched_from = CS_NEW(b->env, size_t, (size_t) customers + 2);
	for (size_t i = 0; i < g.n; i++)
	{
		b->touched[i] = g.p[i].item;
		b->touched_from[g.p[i].customer + 1] = i + 1;
	}
	for (int c = 0; c < customers; c++)
		b->touched_from[c + 1] = Max(b->touched_from[c + 1], b->touched_from[c]);
	cs_release(b->env, g.p);
}
