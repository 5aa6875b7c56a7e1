/*
 * reco_test.c - tests of recommenders (see reco_test.h).
 *
 * For histories of h items that lead to t others each: O(h t) per customer; the
 * version and the events are in memory.
 */
#include "postgres.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/base/sorted.h"
#include "pg/pg_env.h"
#include "pg/reco_test.h"
#include "pg/source.h"

/* Rows of the test between two lines of progress. */
#define REPORT_ROWS 256

typedef struct cs_test_event
{
	int32		customer;
	int32		item;
} cs_test_event;

static void
take_test(void *arg, TupleTableSlot *slot)
{
	cs_reco_test *t = arg;
	cs_test_event e;
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
		t->room = t->room ? 2 * t->room : 4096;
		t->e = cs_alloc_grown(t->b->env, t->e, t->n, t->room, sizeof(cs_test_event));
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
read_test(cs_reco_test *t, const char *query)
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
	const cs_test_event *x = a,
			   *y = b;

	cs_sort_poll();
	if (x->customer != y->customer)
		return x->customer < y->customer ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* Has a customer the item already? */
static bool
seen(const cs_batch *b, int customer, int32 item)
{
	size_t		from = b->touched_from[customer];

	return cs_sorted_has(b->touched + from, b->touched_from[customer + 1] - from, item);
}

/* Distinct test items of the customer at position i. *end: next customer's. */
static void
test_items(const cs_reco_test *t, size_t i, int32 *item, bool *had, cs_test_customer *out, size_t *end)
{
	int			customer = t->e[i].customer,
				n = 0;

	for (; i < t->n && t->e[i].customer == customer; i++)
	{
		if (n > 0 && item[n - 1] == t->e[i].item)
			continue;
		had[n] = seen(t->b, customer, t->e[i].item);
		item[n] = t->e[i].item;
		n += !(had[n] && t->exclude_seen);
	}
	out->tests = n;
	out->test = item;
	out->seen = had;
	*end = i;
}

/* Distinct items of a customer's events. */
static int
history(const cs_batch *b, int customer)
{
	int			n = 0;

	for (size_t i = b->touched_from[customer]; i < b->touched_from[customer + 1]; i++)
		n += i == b->touched_from[customer] || b->touched[i] != b->touched[i - 1];
	return n;
}

static void
count_customers(cs_reco_test *t)
{
	const cs_batch *b = t->b;

	t->customers = CS_NEW(b->env, int, (size_t) b->now.r->items + 1);
	for (int c = 0; c < b->data->customers->n; c++)
		for (size_t i = b->touched_from[c]; i < b->touched_from[c + 1]; i++)
			if (b->touched[i] < b->now.r->items && (i == b->touched_from[c] || b->touched[i] != b->touched[i - 1]))
				t->customers[b->touched[i]]++;
}

cs_reco_test *
cs_reco_test_open(cs_env *env, const char *model, const char *query, bool exclude_seen)
{
	cs_reco_test *t = CS_NEW(env, cs_reco_test, 1);
	int32	   *to;

	t->exclude_seen = exclude_seen;
	t->b = cs_batch_open(env, model);
	read_test(t, query);
	cs_batch_ready(t->b, &to);
	cs_batch_search(t->b, (cs_item_set) {NULL, 0});
	for (size_t i = 0; i < t->n; i++)
		t->e[i].customer = to[t->e[i].customer];
	if (t->n > 0)
		qsort(t->e, t->n, sizeof(cs_test_event), by_customer);
	count_customers(t);
	cs_release(env, to);
	return t;
}

static void
meet_segment(cs_reco_test *t, int segment)
{
	int			at = 0;

	while (at < t->segments && t->segment[at].segment < segment)
		at++;
	if (at < t->segments && t->segment[at].segment == segment)
		return;
	if ((t->segments & (t->segments - 1)) == 0)
	{
		cs_group   *more = CS_NEW(t->b->env, cs_group, Max(2 * (size_t) t->segments, 8));

		if (t->segments > 0)
			memcpy(more, t->segment, sizeof(cs_group) * t->segments);
		t->segment = more;
	}
	memmove(t->segment + at + 1, t->segment + at, sizeof(cs_group) * (t->segments - at));
	t->segment[at] = (cs_group) {CS_ITEMS_ALL, 0, INT_MAX, segment};
	t->segments++;
}

void
cs_reco_test_run(cs_reco_test *t, int k, cs_list_fn fn, void *arg)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	int			n = Min(k, t->b->now.r->items);
	int32	   *test = CS_ROOM(t->b->env, int32, t->n + 1),
			   *list = CS_ROOM(t->b->env, int32, n + 1);
	bool	   *had = CS_ROOM(t->b->env, bool, t->n + 1);

	for (size_t i = 0, end; i < t->n; i = end)
	{
		int			number = t->e[i].customer,
					found = 0;
		cs_test_customer c = {history(t->b, number), t->b->segment[number]};
		MemoryContext old;

		test_items(t, i, test, had, &c, &end);
		if (c.tests == 0)
			continue;
		meet_segment(t, c.segment);
		old = MemoryContextSwitchTo(cxt);
		if (n > 0)
		{
			cs_request	q = cs_batch_request(t->b, number, t->exclude_seen, (cs_item_set) {NULL, 0});
			cs_served  *s = palloc(sizeof(cs_served) * n);

			found = cs_serve(cs_pg_env(cxt), &q, n, s);
			for (int j = 0; j < found; j++)
				list[j] = s[j].item;
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
		fn(arg, list, found, &c);
		if (end / REPORT_ROWS != i / REPORT_ROWS)
			cs_progress(t->b->env, CS_PHASE_EVALUATE, end, t->n);
	}
	MemoryContextDelete(cxt);
}
