/*
 * reco_customers.c - reading the customers of a version (see reco_customers.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/reco_customers.h"

/* Who is who among the customers, and who are alike. */
struct cs_reco_crowd
{
	cs_reco_customers *c;
	cs_crowd   *alike;
	uint64		mask;
	int32	   *slot;			/* by number made of the key; -1: free */
};

int64
cs_customer_number(const char *key, int len)
{
	uint64		h = UINT64CONST(0xcbf29ce484222325);

	for (int i = 0; i < len; i++)
		h = (h ^ (unsigned char) key[i]) * UINT64CONST(0x100000001b3);
	return (int64) cs_mix64(h);
}

/* ---- rows ---- */

typedef struct reading
{
	cs_env	   *env;
	cs_reco_customers *c;
	const int64 *without;
	MemoryContext row_cxt;
} reading;

/* One row. */
typedef struct part
{
	int			customers;
	int			entries;
	const int64 *number;
	const int32 *length;
	const int32 *item;
	const float *weight;		/* NULL: all 1 */
	const double *at;			/* NULL: no times */
	const int32 *segment;		/* NULL: none */
	const float *bar;			/* NULL: none */
	const int32 *bar_customer;
} part;

/* A column of the row; NULL where it is. */
static const void *
column(HeapTuple row, TupleDesc desc, int c, Oid type, int n)
{
	bool		isnull;
	int			there;
	ArrayType  *a;

	cs_result(row, desc, c, &isnull);
	if (isnull)
		return NULL;
	a = cs_reco_array(row, desc, c, type, &there);
	if (there != n)
		cs_reco_damaged("customers differ in number");
	return ARR_DATA_PTR(a);
}

static part
part_of(HeapTuple row, TupleDesc desc)
{
	part		p = {0};

	p.number = (const int64 *) ARR_DATA_PTR(cs_reco_array(row, desc, 2, INT8OID, &p.customers));
	p.item = (const int32 *) ARR_DATA_PTR(cs_reco_array(row, desc, 4, INT4OID, &p.entries));
	p.length = column(row, desc, 3, INT4OID, p.customers);
	p.weight = column(row, desc, 5, FLOAT4OID, p.entries);
	p.at = column(row, desc, 6, FLOAT8OID, p.entries);
	p.segment = column(row, desc, 7, INT4OID, p.customers);
	p.bar = column(row, desc, 8, FLOAT4OID, p.customers);
	p.bar_customer = column(row, desc, 9, INT4OID, p.customers);
	if (p.length == NULL || (p.bar == NULL) != (p.bar_customer == NULL))
		cs_reco_damaged("a value is missing");
	return p;
}

static void
make_room(reading *g, const part *p)
{
	cs_reco_customers *c = g->c;
	cs_events  *e = &c->e;
	size_t		n = (size_t) e->customers,
				room;

	if (c->chunk == 0 || e->n + p->entries > c->room)
	{
		c->room = Max(2 * c->room, e->n + p->entries);
		e->item = cs_alloc_grown(g->env, e->item, e->n, c->room, sizeof(int32));
		e->weight = cs_alloc_grown(g->env, e->weight, e->n, c->room, sizeof(float));
		e->last = p->at ? cs_alloc_grown(g->env, e->last, e->n, c->room, sizeof(double)) : NULL;
	}
	if (c->chunk == 0 || n + p->customers > c->customers_room)
	{
		c->customers_room = room = Max(2 * c->customers_room, n + p->customers);
		e->start = cs_alloc_grown(g->env, e->start, n + (n > 0), room + 1, sizeof(size_t));
		c->number = cs_alloc_grown(g->env, c->number, n, room, sizeof(int64));
		c->segment_id = cs_alloc_grown(g->env, c->segment_id, n, room, sizeof(int32));
		c->bar = p->bar ? cs_alloc_grown(g->env, c->bar, n, room, sizeof(cs_bar)) : NULL;
	}
}

static void
take_customer(cs_reco_customers *c, const part *p, int k, size_t from)
{
	cs_events  *e = &c->e;
	int			n = e->customers++;

	c->number[n] = p->number[k];
	c->segment_id[n] = p->segment ? p->segment[k] : 0;
	if (c->bar)
		c->bar[n] = (cs_bar) {p->bar[k], p->bar_customer[k]};
	if (c->bar && !(p->bar[k] >= 0))
		cs_reco_damaged("a similarity is out of range");
	e->start[n] = e->n;
	for (size_t i = from; i < from + p->length[k]; i++)
	{
		float		weight = p->weight ? p->weight[i] : 1;

		if (p->item[i] < 0 || p->item[i] >= e->items || (i > from && p->item[i] <= p->item[i - 1]))
			cs_reco_damaged("a customer has an item that is not there");
		if (!(weight >= 0 && isfinite(weight)) || (p->at && !isfinite(p->at[i])))
			cs_reco_damaged("an event is out of range");
		e->item[e->n] = p->item[i];
		e->weight[e->n] = weight;
		if (e->last)
			e->last[e->n] = p->at[i];
		e->n++;
	}
	e->start[n + 1] = e->n;
}

static void
take_part(void *arg, HeapTuple row, TupleDesc desc)
{
	reading    *g = arg;
	MemoryContext old = MemoryContextSwitchTo(g->row_cxt);
	part		p = part_of(row, desc);
	cs_reco_customers *c = g->c;
	size_t		from = 0;

	MemoryContextSwitchTo(old);

	if (DatumGetInt32(cs_reco_value(row, desc, 1)) != c->chunk ||
		(c->chunk > 0 && ((c->bar != NULL) != (p.bar != NULL) || (c->e.last != NULL) != (p.at != NULL))))
		cs_reco_damaged("customers are missing");
	make_room(g, &p);
	c->e.weighted = c->e.weighted || p.weight;
	for (int k = 0; k < p.customers; k++)
	{
		if (p.length[k] < 0 || p.length[k] > p.entries - from)
			cs_reco_damaged("customers and their events differ in number");
		if (g->without == NULL || p.number[k] != *g->without)
			take_customer(c, &p, k, from);
		from += p.length[k];
	}
	if (from != p.entries)
		cs_reco_damaged("customers and their events differ in number");
	c->read += p.customers;
	c->chunk++;
	MemoryContextReset(g->row_cxt);
}

cs_reco_customers *
cs_reco_customers_read(cs_env *env, const cs_reco *r, const int64 *without, bool timed)
{
	static cs_kept kept = {
		"SELECT chunk, customers, lengths, items, weights, CASE WHEN $2 THEN times END, segments, bars, bar_customers"
		" FROM clusterseg._reco_customers WHERE version_id OPERATOR(pg_catalog.=) $1 ORDER BY chunk", 2, {INT8OID, BOOLOID}};
	Datum		values[2] = {Int64GetDatum(r->id), BoolGetDatum(timed)};
	cs_reco_customers *c = CS_NEW(env, cs_reco_customers, 1);
	reading		g = {env, c, without, AllocSetContextCreate(CurrentMemoryContext, "clusterseg customers of a row", ALLOCSET_DEFAULT_SIZES)};

	c->e.items = r->items;
	c->e.now = r->now;
	cs_kept_run(&kept, values, NULL, take_part, &g);
	MemoryContextDelete(g.row_cxt);
	if (c->chunk == 0)
		c->e.start = CS_NEW(env, size_t, 1);
	return c;
}

/* ---- serving ---- */

/* What was left out of histories is of no use here. */
static void
drop_left_out(cs_events *e)
{
	size_t		kept = 0,
				p = 0;

	for (int c = 0; c < e->customers; c++)
	{
		size_t		end = e->start[c + 1];

		e->start[c] = kept;
		for (; p < end; p++)
			if (e->weight[p] > 0)
			{
				e->item[kept] = e->item[p];
				e->weight[kept] = e->weight[p];
				if (e->last)
					e->last[kept] = e->last[p];
				kept++;
			}
	}
	e->start[e->customers] = e->n = kept;
}

static void
fill_slots(cs_env *env, cs_reco_crowd *w)
{
	uint64		slots = 16;

	while (slots < 2 * (uint64) w->c->e.customers)
		slots *= 2;
	w->mask = slots - 1;
	w->slot = CS_ROOM(env, int32, slots);
	memset(w->slot, 0xff, sizeof(int32) * slots);
	for (int c = 0; c < w->c->e.customers; c++)
	{
		uint64		at = (uint64) w->c->number[c] & w->mask;

		while (w->slot[at] >= 0)
			at = (at + 1) & w->mask;
		w->slot[at] = c;
	}
}

static void
take_options(void *arg, HeapTuple row, TupleDesc desc)
{
	*(Jsonb **) arg = DatumGetJsonbPCopy(cs_reco_value(row, desc, 1));
}

const cs_options *
cs_reco_options(cs_reco *r)
{
	static cs_kept kept = {
		"SELECT options OPERATOR(pg_catalog.->) 'effective' FROM clusterseg.versions WHERE id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(r->id)};
	Jsonb	   *json = NULL;
	MemoryContext old = MemoryContextSwitchTo(r->cxt);

	if (r->options == NULL)
	{
		if (cs_kept_run(&kept, values, NULL, take_options, &json) != 1)
			cs_reco_damaged("the version is missing");
		r->options = cs_parse_options(r->env, cs_reco_params(r->env, r->algorithm), NULL, json,
									  psprintf("option of %s", r->algorithm->name));
	}
	MemoryContextSwitchTo(old);
	return r->options;
}

cs_crowd *
cs_reco_alike(cs_reco *r)
{
	const cs_options *options = cs_reco_options(r);
	MemoryContext cxt;
	cs_env	   *env;
	cs_reco_crowd *w;

	if (r->crowd)
		return r->crowd->alike;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customers", ALLOCSET_DEFAULT_SIZES);
	env = cs_pg_env(cxt);
	w = CS_NEW(env, cs_reco_crowd, 1);
	w->c = cs_reco_customers_read(env, r, NULL, r->half_life > 0);
	drop_left_out(&w->c->e);
	fill_slots(env, w);
	w->alike = cs_crowd_new(env, &w->c->e, options, w->c->bar);
	MemoryContextSetParent(cxt, r->cxt);
	r->crowd = w;
	return w->alike;
}

int32
cs_reco_customer_no(const cs_reco *r, int64 number)
{
	const cs_reco_crowd *w = r->crowd;

	for (uint64 at = (uint64) number & w->mask; w->slot[at] >= 0; at = (at + 1) & w->mask)
		if (w->c->number[w->slot[at]] == number)
			return w->slot[at];
	return CS_NEWCOMER;
}
