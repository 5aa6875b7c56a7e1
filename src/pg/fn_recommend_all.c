/*
 * fn_recommend_all.c - recommend_all() and evaluate_recommender().
 *
 * For histories of h items that lead to t others each: O(h t) per customer; the
 * version and the events are in memory.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/reco/metrics.h"
#include "pg/args.h"
#include "pg/candidates.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/reco_batch.h"
#include "pg/source.h"

/* Customers between two lines of progress. */
#define REPORT_CUSTOMERS 256

static cs_env *
work_env(void)
{
	return cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg all customers", ALLOCSET_DEFAULT_SIZES));
}

/* ---- recommend_all() ---- */

static void
emit(FunctionCallInfo fcinfo, cs_batch *b, int customer, const cs_served *s, int n)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		id = CStringGetTextDatum(cs_dictionary_key(b->data->customers, customer));

	for (int i = 0; i < n; i++)
	{
		Datum		v[5] = {id, Int32GetDatum(i + 1), CStringGetTextDatum(b->w->item->text[s[i].item]), Float8GetDatum(s[i].score)};
		bool		isnull[5] = {false};

		v[4] = CStringGetTextDatum(cs_layer_name(b->now.r, s[i].kind));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_all);

/* recommend_all(model, n, exclude_seen, candidates, diversity, max_per_category, explore, options) */
Datum
clusterseg_recommend_all(PG_FUNCTION_ARGS)
{
	cs_env	   *env = work_env();
	int			n = PG_ARGISNULL(1) ? 10 : PG_GETARG_INT32(1);
	bool		exclude_seen = PG_ARGISNULL(2) || PG_GETARG_BOOL(2);
	MemoryContext cxt;
	cs_batch   *b;
	cs_item_set allowed;

	cs_arg_required(fcinfo, 0, "model");
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid number of items n: %d", n), errdetail("It is 0 or more.")));
	cs_check_shaping(fcinfo, 4);
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start(CS_ARG_TEXT(0));
	b = cs_batch_open(env, CS_ARG_TEXT(0));
	cs_batch_ready(b, NULL);
	allowed = cs_candidates(b->now.r, CS_ARG_TEXT(3));
	n = Min(n, b->now.r->items);
	cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	for (int c = 0; n > 0 && c < b->data->customers->n; c++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		cs_request	q = cs_batch_request(b, c, exclude_seen);
		cs_served  *s = palloc(sizeof(cs_served) * n);

		q.allowed = allowed;
		emit(fcinfo, b, c, s, cs_serve(cs_pg_env(cxt), &q, n, s));
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
		if (c % REPORT_CUSTOMERS == 0)
			cs_progress(env, CS_PHASE_RECOMMEND, c, b->data->customers->n);
	}
	cs_progress_end();
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}

/* ---- evaluate_recommender() ---- */

typedef struct test_event
{
	int32		customer;
	int32		item;
} test_event;

typedef struct testing
{
	cs_batch   *b;
	Oid			customer_type;
	Oid			item_type;
	test_event *e;
	size_t		n;
	size_t		room;
	size_t		skipped;
} testing;

static void
take_test(void *arg, TupleTableSlot *slot)
{
	testing    *t = arg;
	test_event	e;
	const char *item;
	int			len;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
	{
		t->skipped++;
		return;
	}
	if (t->n == t->room)
	{
		size_t		room = t->room ? 2 * t->room : 4096;
		test_event *more = CS_ROOM(t->b->env, test_event, room);

		if (t->n > 0)
			memcpy(more, t->e, sizeof(test_event) * t->n);
		cs_release(t->b->env, t->e);
		t->e = more;
		t->room = room;
	}
	e.customer = cs_events_customer(t->b->data, t->customer_type, slot->tts_values[0], true);
	if (e.customer < 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customers of the test are not of the type of the model's customers"),
				 errdetail("The model's are of type %s.", format_type_be(t->b->now.r->customer_type))));
	item = cs_key_text(t->item_type, slot->tts_values[1], &len);
	e.item = cs_dictionary_text(t->b->w->item, item, len, true);
	t->e[t->n++] = e;
}

static void
read_test(testing *t, const char *query)
{
	cs_source  *s = cs_source_open(query, NULL, InvalidOid);

	if (s->desc->natts < 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the test has one column"),
				 errdetail("Its first column is the customer, its second the item.")));
	t->customer_type = getBaseType(TupleDescAttr(s->desc, 0)->atttypid);
	t->item_type = getBaseType(TupleDescAttr(s->desc, 1)->atttypid);
	cs_source_scan(s, psprintf("q.%s, q.%s", quote_identifier(NameStr(TupleDescAttr(s->desc, 0)->attname)),
							   quote_identifier(NameStr(TupleDescAttr(s->desc, 1)->attname))), false, take_test, t);
}

static int
by_customer(const void *a, const void *b)
{
	const test_event *x = a,
			   *y = b;

	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* Distinct test items from position i on, less those seen; returns how many. *end: next customer's. */
static int
test_items(const testing *t, size_t i, bool exclude_seen, int32 *out, size_t *end)
{
	const cs_batch *b = t->b;
	int			c = t->e[i].customer,
				n = 0;

	for (; i < t->n && t->e[i].customer == c; i++)
	{
		if (n > 0 && out[n - 1] == t->e[i].item)
			continue;
		if (exclude_seen && bsearch(&t->e[i].item, b->touched + b->touched_from[c], b->touched_from[c + 1] - b->touched_from[c],
									sizeof(int32), cs_compare_items))
			continue;
		out[n++] = t->e[i].item;
	}
	*end = i;
	return n;
}

static bool
all_seen(const testing *t)
{
	int32	   *test = CS_ROOM(t->b->env, int32, t->n + 1);
	int			tests = 0;

	for (size_t i = 0, end; i < t->n && tests == 0; i = end)
		tests = test_items(t, i, true, test, &end);
	cs_release(t->b->env, test);
	return tests == 0;
}

static void
evaluate(testing *t, cs_evaluation *v, int k, bool exclude_seen)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	int			n = Min(k, t->b->now.r->items);
	int32	   *test = CS_ROOM(t->b->env, int32, t->n + 1);
	int32	   *list = CS_ROOM(t->b->env, int32, n + 1);

	for (size_t i = 0, end; i < t->n; i = end)
	{
		int			customer = t->e[i].customer,
					tests = test_items(t, i, exclude_seen, test, &end),
					found = 0;
		MemoryContext old;

		if (tests == 0)
			continue;
		old = MemoryContextSwitchTo(cxt);
		if (n > 0)
		{
			cs_request	q = cs_batch_request(t->b, customer, exclude_seen);
			cs_served  *s = palloc(sizeof(cs_served) * n);

			found = cs_serve(cs_pg_env(cxt), &q, n, s);
			for (int j = 0; j < found; j++)
				list[j] = s[j].item;
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
		cs_evaluation_add(v, list, found, test, tests);
		if (end / REPORT_CUSTOMERS != i / REPORT_CUSTOMERS)
			cs_progress(t->b->env, CS_PHASE_EVALUATE, end, t->n);
	}
}

static void
emit_metrics(FunctionCallInfo fcinfo, const cs_interval *m)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	for (int i = 0; i < CS_METRICS; i++)
	{
		Datum		v[5] = {CStringGetTextDatum(cs_metric_names[i]), Float8GetDatum(m[i].value), Float8GetDatum(m[i].low),
			Float8GetDatum(m[i].high), Int32GetDatum((int32) m[i].n)};
		bool		isnull[5] = {false, isnan(m[i].value), isnan(m[i].low), isnan(m[i].high), false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

PG_FUNCTION_INFO_V1(clusterseg_evaluate_recommender);

/* evaluate_recommender(model, test, k, exclude_seen, seed) */
Datum
clusterseg_evaluate_recommender(PG_FUNCTION_ARGS)
{
	cs_env	   *env = work_env();
	int			k = PG_ARGISNULL(2) ? 10 : PG_GETARG_INT32(2);
	bool		exclude_seen = PG_ARGISNULL(3) || PG_GETARG_BOOL(3);
	testing		t = {0};
	cs_evaluation *v;
	cs_interval m[CS_METRICS];
	int32	   *to;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "test");
	cs_arg_required(fcinfo, 4, "seed");
	if (k < 1 || k > 10000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid length of lists k: %d", k), errdetail("It is 1 to 10000.")));
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start(CS_ARG_TEXT(0));
	t.b = cs_batch_open(env, CS_ARG_TEXT(0));
	read_test(&t, CS_ARG_TEXT(1));
	cs_batch_ready(t.b, &to);
	for (size_t i = 0; i < t.n; i++)
		t.e[i].customer = to[t.e[i].customer];
	if (t.n > 0)
		qsort(t.e, t.n, sizeof(test_event), by_customer);
	if (t.n > 0 && exclude_seen && all_seen(&t))
		ereport(NOTICE,
				(errmsg("customers of the test have all its items in their histories already"),
				 errdetail("What has been seen is not recommended, so there is nothing to judge."),
				 errhint("Train on a source without the events of the test, or use exclude_seen => false.")));
	v = cs_evaluation_new(env, t.b->now.r->items, k, t.b->events);
	evaluate(&t, v, k, exclude_seen);
	cs_evaluation_finish(v, (uint64) PG_GETARG_INT64(4), m);
	emit_metrics(fcinfo, m);
	cs_progress_end();
	if (t.skipped > 0)
		ereport(NOTICE, (errmsg("%zu rows of the test have no customer or no item and were left out", t.skipped)));
	MemoryContextDelete(cs_pg_env_context(env));
	return (Datum) 0;
}
