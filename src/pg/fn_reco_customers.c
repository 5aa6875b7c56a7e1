/*
 * fn_reco_customers.c - the customers of the open training, as rows that the
 * version keeps (see reco_customers.h), and fitting these again without one of
 * them.
 *
 * The result is the same to the bit as if the training had never seen the
 * customer: fitting depends on the entries alone, which nobody else's rows change.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/args.h"
#include "pg/reco_customers.h"
#include "pg/reco_training.h"
#include "pg/serve.h"

static int64
number_of(const cs_reco_training *t, int c)
{
	char	   *key;

	if (t->customer)
		return t->customer[c];
	key = cs_dictionary_key(t->data->customers, c);
	return cs_customer_number(key, strlen(key));
}

/* Weights of all that customers touched: 0 for what was left out of their histories. */
static float *
touched_weights(const cs_reco_training *t, int first, int end)
{
	const cs_events *all = t->touched,
			   *e = t->events;
	float	   *weight = palloc0(sizeof(float) * (all->start[end] - all->start[first] + 1));

	for (int c = first; c < end; c++)
		for (size_t p = all->start[c], q = e->start[c]; q < e->start[c + 1]; q++)
		{
			while (all->item[p] != e->item[q])
				p++;
			weight[p - all->start[first]] = e->weighted ? e->weight[q] : 1;
		}
	return weight;
}

/* Customers first .. end - 1 as a row. */
static void
put_customers(ReturnSetInfo *rsinfo, const cs_reco_training *t, int first, int end)
{
	const cs_events *e = t->touched ? t->touched : t->events;
	int			n = end - first,
				entries = (int) (e->start[end] - e->start[first]);
	size_t		from = e->start[first];
	const float *weight = t->touched ? touched_weights(t, first, end) : e->weight + from;
	int64	   *number = palloc(sizeof(int64) * n);
	int32	   *length = palloc(sizeof(int32) * n),
			   *segment = palloc(sizeof(int32) * n),
			   *bar_customer = palloc(sizeof(int32) * n);
	float	   *bar = palloc(sizeof(float) * n);
	Datum		v[10] = {0};
	bool		isnull[10] = {false};

	isnull[4] = !t->touched && !e->weighted;
	isnull[5] = e->last == NULL;
	isnull[6] = t->segment == NULL;
	isnull[7] = isnull[8] = t->m.bar == NULL;
	for (int c = first; c < end; c++)
	{
		number[c - first] = number_of(t, c);
		length[c - first] = (int32) (e->start[c + 1] - e->start[c]);
		segment[c - first] = t->segment && t->segment[c] >= 0 ? t->segment_id[t->segment[c]] : 0;
		bar[c - first] = t->m.bar ? t->m.bar[c].similarity : 0;
		bar_customer[c - first] = t->m.bar ? t->m.bar[c].customer : 0;
	}
	v[0] = Int32GetDatum(first / CS_CUSTOMER_CHUNK);
	v[1] = PointerGetDatum(cs_plain_array(number, n, INT8OID, sizeof(int64)));
	v[2] = PointerGetDatum(cs_plain_array(length, n, INT4OID, sizeof(int32)));
	v[3] = PointerGetDatum(cs_plain_array(e->item + from, entries, INT4OID, sizeof(int32)));
	if (!isnull[4])
		v[4] = PointerGetDatum(cs_plain_array(weight, entries, FLOAT4OID, sizeof(float)));
	if (!isnull[5])
		v[5] = PointerGetDatum(cs_plain_array(e->last + from, entries, FLOAT8OID, sizeof(double)));
	v[6] = PointerGetDatum(cs_plain_array(segment, n, INT4OID, sizeof(int32)));
	v[7] = PointerGetDatum(cs_plain_array(bar, n, FLOAT4OID, sizeof(float)));
	v[8] = PointerGetDatum(cs_plain_array(bar_customer, n, INT4OID, sizeof(int32)));
	v[9] = BoolGetDatum((t->algorithm->flags & CS_RECO_CUSTOMERS) != 0);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_customers);

/*
 * _reco_fit_customers() -> setof (chunk, customers, lengths, items, weights,
 * times, segments, bars, bar_customers, served): so many customers a row; none
 * where the version does without
 */
Datum
clusterseg_reco_fit_customers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customers", ALLOCSET_DEFAULT_SIZES),
				old;

	InitMaterializedSRF(fcinfo, 0);
	if (!t->keep)
		return (Datum) 0;
	old = MemoryContextSwitchTo(cxt);
	for (int c = 0; c < t->events->customers; c += CS_CUSTOMER_CHUNK)
	{
		CHECK_FOR_INTERRUPTS();
		put_customers(rsinfo, t, c, Min(c + CS_CUSTOMER_CHUNK, t->events->customers));
		MemoryContextReset(cxt);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	return (Datum) 0;
}

/* ---- forgetting ---- */

/* Items that anybody has still, renumbered: number[i] of former item i, or -1. */
static int32 *
items_left(cs_reco_training *t, const cs_events *all)
{
	int32	   *number = CS_NEW(t->env, int32, all->items + 1);
	int			left = 0;

	for (size_t p = 0; p < all->n; p++)
		number[all->item[p]] = 1;
	for (int i = 0; i < all->items; i++)
		number[i] = number[i] ? left++ : -1;
	return number;
}

/* Their keys, in the order of the numbers. */
static void
fill_items(cs_reco_training *t, cs_reco *r, const int32 *number)
{
	int32	   *item = CS_ROOM(t->env, int32, r->items + 1);
	int			left = 0;
	char	  **key;

	t->data->items = cs_dictionary_new(t->env, false);
	for (int i = 0; i < r->items; i++)
		if (number[i] >= 0)
			item[left++] = i;
	key = cs_reco_keys(r, item, left);
	for (int i = 0; i < left; i++)
		if (cs_dictionary_text(t->data->items, key[i], strlen(key[i]), true) != i)
			cs_reco_damaged("two items have the same key");
}

/* Entries with a weight are events; all of them are what was touched. */
static void
fill_events(cs_reco_training *t, cs_events *all, bool weighted)
{
	cs_events  *e = CS_NEW(t->env, cs_events, 1);

	*e = *all;
	e->weighted = weighted;
	e->n = 0;
	e->start = CS_NEW(t->env, size_t, (size_t) all->customers + 1);
	e->item = CS_ROOM(t->env, int32, all->n);
	e->weight = CS_ROOM(t->env, float, all->n);
	e->last = all->last ? CS_ROOM(t->env, double, all->n) : NULL;
	e->now = 0;
	for (int c = 0; c < all->customers; c++)
	{
		e->start[c] = e->n;
		for (size_t p = all->start[c]; p < all->start[c + 1]; p++)
		{
			if (all->last && (p == 0 || all->last[p] > e->now))
				e->now = all->last[p];
			if (!(all->weight[p] > 0))
				continue;
			e->item[e->n] = all->item[p];
			e->weight[e->n] = all->weight[p];
			if (e->last)
				e->last[e->n] = all->last[p];
			e->n++;
		}
	}
	e->start[all->customers] = e->n;
	t->events = e;
	if (e->n < all->n)
		t->touched = all;
}

/* Numbers of the segments, which are in use by somebody, by their ids. */
static void
fill_segments(cs_reco_training *t, const cs_reco_customers *c)
{
	int32	   *id = CS_ROOM(t->env, int32, c->e.customers + 1);
	size_t		n = 0;
	cs_item_set ids;

	for (int k = 0; k < c->e.customers; k++)
		if (c->segment_id[k] > 0)
			id[n++] = c->segment_id[k];
	ids = (cs_item_set) {id, n};
	cs_item_set_tidy(&ids);
	t->segments = (int) ids.n;
	t->segment_id = id;
	t->segment = CS_ROOM(t->env, int32, c->e.customers + 1);
	for (int k = 0; k < c->e.customers; k++)
	{
		int32	   *at = bsearch(&c->segment_id[k], id, ids.n, sizeof(int32), cs_compare_items);

		t->segment[k] = at ? (int32) (at - id) : -1;
	}
}

PG_FUNCTION_INFO_V1(clusterseg_reco_refit);

/*
 * _reco_refit(id, without, seed, memory, segmented) -> (customers, items, entries,
 * pairs, events_until, kappa)
 *
 * Fits what is kept of a version again, without a customer; NULL when the customer
 * is no part of it.  The training stays open, as after _reco_fit().
 */
Datum
clusterseg_reco_refit(PG_FUNCTION_ARGS)
{
	cs_reco_training *t = cs_reco_training_begin();
	MemoryContext old = MemoryContextSwitchTo(t->cxt);
	cs_reco    *r = cs_reco_version(PG_GETARG_INT64(0));
	int64		without = PG_GETARG_INT64(1);
	int			memory = PG_GETARG_INT32(3);
	cs_reco_customers *c = cs_reco_customers_read(t->env, r, &without, true);
	int32	   *number;
	TupleDesc	desc;
	Datum		v[6];
	bool		isnull[6] = {false};

	if (c->e.customers == c->read || !(r->algorithm->flags & CS_RECO_COUNTS))
	{
		MemoryContextSwitchTo(old);
		PG_RETURN_NULL();
	}
	if (c->e.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("there are no events to learn from"),
				 errdetail("Nobody else has any."),
				 errhint("Drop the model.")));
	t->algorithm = r->algorithm;
	t->options = (cs_options *) cs_reco_options(r);
	t->keep = true;
	t->data = CS_NEW(t->env, cs_event_data, 1);
	t->customer = c->number;
	number = items_left(t, &c->e);
	fill_items(t, r, number);
	for (size_t p = 0; p < c->e.n; p++)
		c->e.item[p] = number[c->e.item[p]];
	c->e.items = t->data->items->n;
	fill_events(t, &c->e, r->columns.weight || (r->from == NULL && c->e.weighted));
	if (PG_GETARG_BOOL(4))
		fill_segments(t, c);
	cs_reco_training_fit(t, (uint64) PG_GETARG_INT64(2), memory > 0 ? (size_t) memory << 20 : (size_t) maintenance_work_mem << 10);
	MemoryContextSwitchTo(old);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	v[0] = Int64GetDatum(t->events->customers);
	v[1] = Int32GetDatum(t->events->items);
	v[2] = Int64GetDatum((int64) t->events->n);
	isnull[3] = t->m.start == NULL;
	v[3] = Int64GetDatum(isnull[3] ? 0 : (int64) t->m.start[t->m.items]);
	v[4] = Float8GetDatum(t->events->now);
	v[5] = Float8GetDatum(t->m.kappa);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, v, isnull)));
}

PG_FUNCTION_INFO_V1(clusterseg_customer_number);

/* _customer_number(key) */
Datum
clusterseg_customer_number(PG_FUNCTION_ARGS)
{
	text	   *key = PG_GETARG_TEXT_PP(0);

	PG_RETURN_INT64(cs_customer_number(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)));
}

PG_FUNCTION_INFO_V1(clusterseg_forget_customer);

/* forget_customer(model, customer): _forget_customer() with the key as text */
Datum
clusterseg_forget_customer(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 1),
				types[2] = {TEXTOID, TEXTOID},
				function;
	const char *key;
	int			len,
				n;
	ArrayType  *versions;
	Datum	   *d;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "customer");
	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("could not determine the type of the customer")));
	InitMaterializedSRF(fcinfo, 0);
	key = cs_key_text(getBaseType(type), PG_GETARG_DATUM(1), &len);
	function = LookupFuncName(list_make2(makeString("clusterseg"), makeString("_forget_customer")), 2, types, false);
	versions = DatumGetArrayTypeP(OidFunctionCall2(function, PG_GETARG_DATUM(0), PointerGetDatum(cstring_to_text_with_len(key, len))));
	deconstruct_array(versions, TEXTOID, -1, false, TYPALIGN_INT, &d, NULL, &n);
	for (int i = 0; i + 2 < n; i += 3)
	{
		Datum		v[3] = {Int32GetDatum(atoi(TextDatumGetCString(d[i]))), d[i + 1], d[i + 2]};
		bool		isnull[3] = {false, false, false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
	return (Datum) 0;
}
