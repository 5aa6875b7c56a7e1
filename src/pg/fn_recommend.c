/*
 * fn_recommend.c - recommend(), recommend_for_basket(), recommend_for_segment(),
 * rank_items(), explain_recommendation() and similar_items().
 *
 * For a history of h items that lead to t others each: O(h t) and a few index
 * look-ups; nothing of the model has to be in memory.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/args.h"
#include "pg/candidates.h"
#include "pg/pg_env.h"
#include "pg/serve.h"

/* Items of the history that a reason names. */
#define REASON_ITEMS 3

/* What is known of a customer or basket, and the request made of it. */
typedef struct customer
{
	cs_env	   *env;
	cs_reco_now now;
	char	  **key;			/* of the events */
	cs_reco_row *row;			/* parallel */
	cs_events  *history;		/* one customer; items beyond the catalogue have numbers from r->items */
	const cs_reco_row **entry;	/* per entry of the history */
	char	  **entry_key;
	cs_request	q;
} customer;

static customer *
new_customer(const char *model)
{
	customer   *c = palloc0(sizeof(customer));

	c->env = cs_pg_env(CurrentMemoryContext);
	c->now = cs_reco_open(model);
	c->q.r = c->now.r;
	return c;
}

/* ---- history ---- */

static int
by_item_number(const void *a, const void *b, void *number)
{
	int32		x = ((const int32 *) number)[*(const int *) a],
				y = ((const int32 *) number)[*(const int *) b];

	return x < y ? -1 : x > y ? 1 : *(const int *) a - *(const int *) b;
}

/* Entries of the history know the row and the key of their item: both are walked in the order of the items. */
static void
link_entries(customer *c, int32 *number, int n)
{
	int		   *order = palloc(sizeof(int) * (n + 1)),
				i = 0;

	c->entry = palloc(sizeof(*c->entry) * (c->history->n + 1));
	c->entry_key = palloc(sizeof(char *) * (c->history->n + 1));
	for (int e = 0; e < n; e++)
		order[e] = e;
	qsort_arg(order, n, sizeof(int), by_item_number, number);
	for (size_t e = 0; e < c->history->n; e++)
	{
		while (number[order[i]] != c->history->item[e])
			i++;
		c->entry[e] = &c->row[order[i]];
		c->entry_key[e] = c->key[order[i]];
	}
}

/* What each entry adds to the scores of others, in the order of the items. */
static void
score_by_hash(customer *c)
{
	cs_accumulator *a = cs_accumulator_new(c->env);

	for (size_t e = 0; e < c->history->n; e++)
	{
		double		v = cs_events_value(c->history, e, c->now.r->half_life);

		for (int t = 0; t < c->entry[e]->targets; t++)
			cs_accumulator_add(a, c->entry[e]->target[t], v * (double) c->entry[e]->weight[t]);
	}
	c->q.personal = cs_accumulator_read(a, &c->q.n_personal);
}

/* The same over an array with a place for each item. */
static void
score_by_place(customer *c)
{
	double	   *score = cs_reco_places(c->now.r);
	cs_scored  *out;
	size_t		n = 0,
				most = 0;

	for (size_t e = 0; e < c->history->n; e++)
		most += c->entry[e]->targets;
	out = palloc(sizeof(cs_scored) * (Min(most, (size_t) c->now.r->items) + 1));
	for (size_t e = 0; e < c->history->n; e++)
	{
		double		v = cs_events_value(c->history, e, c->now.r->half_life);

		n = cs_score_row(score, out, n, v, c->entry[e]->target, c->entry[e]->weight, c->entry[e]->targets);
	}
	cs_score_take(score, out, n);
	c->q.personal = out;
	c->q.n_personal = n;
}

/* Take events as the history; what was touched is excluded when asked for. */
static void
set_history(customer *c, const cs_reco_events *e, bool exclude_seen)
{
	cs_reco    *r = c->now.r;
	int32	   *number = palloc(sizeof(int32) * (e->n + 1)),
			   *nobody = palloc0(sizeof(int32) * (e->n + 1));
	cs_raw_events raw = {e->n, 1, 0, nobody, number, e->weight, e->at};
	int			beyond = r->items;

	c->key = e->item;
	c->row = cs_reco_rows(r, e->item, e->n, true);
	for (int i = 0; i < e->n; i++)
		number[i] = c->row[i].item >= 0 ? c->row[i].item : beyond++;
	raw.items = beyond;
	c->history = cs_events_build(c->env, &raw, r->max_history);
	cs_serve_settle_times(r, c->history);
	link_entries(c, number, e->n);
	if (r->items <= CS_PLACES_MOST)
		score_by_place(c);
	else
		score_by_hash(c);
	if (exclude_seen)
	{
		c->q.excluded = (cs_item_set) {number, e->n};
		cs_item_set_tidy(&c->q.excluded);
	}
}

static customer *
customer_of(FunctionCallInfo fcinfo, const char *model, int argument, bool exclude_seen)
{
	customer   *c = new_customer(model);
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	cs_reco_events none = {0},
				e;

	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("could not determine the type of the customer")));
	if (PG_ARGISNULL(argument))
	{
		set_history(c, &none, false);
		return c;
	}
	e = cs_reco_history(&c->now, getBaseType(type), PG_GETARG_DATUM(argument));
	set_history(c, &e, exclude_seen);
	c->q.segment = cs_reco_segment_of(&c->now, getBaseType(type), PG_GETARG_DATUM(argument));
	return c;
}

/* ---- reasons ---- */

/* What entry e of the history adds to the score of an item. */
static double
contribution(const customer *c, size_t e, int32 item)
{
	const cs_reco_row *row = c->entry[e];
	int			low = 0,
				high = row->targets;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (row->target[middle] < item)
			low = middle + 1;
		else
			high = middle;
	}
	return low < row->targets && row->target[low] == item
		? cs_events_value(c->history, e, c->now.r->half_life) * (double) row->weight[low] : 0;
}

static char *
reason_of_history(const customer *c, int32 item)
{
	StringInfoData text;
	size_t		best[REASON_ITEMS];
	double		value[REASON_ITEMS];
	int			n = 0;

	for (size_t e = 0; e < c->history->n; e++)
	{
		double		v = contribution(c, e, item);
		int			at = n;

		if (v <= 0)
			continue;
		while (at > 0 && value[at - 1] < v)
			at--;
		if (at == REASON_ITEMS)
			continue;
		n = Min(n + 1, REASON_ITEMS);
		memmove(best + at + 1, best + at, sizeof(best[0]) * (n - at - 1));
		memmove(value + at + 1, value + at, sizeof(value[0]) * (n - at - 1));
		best[at] = e;
		value[at] = v;
	}
	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%s%s", i ? ", " : "goes with ", c->entry_key[best[i]]);
	return text.data;
}

static char *
reason(const customer *c, const cs_served *s)
{
	const cs_reco *r = c->now.r;

	switch (s->kind)
	{
		case CS_LAYER_HISTORY:
			return reason_of_history(c, s->item);
		case CS_LAYER_OWN:
			if (strcmp(r->algorithm->name, "trending") == 0)
				return pstrdup("asked for more than before");
			return psprintf("popular in the last %g days", r->window);
		case CS_LAYER_SEGMENT:
			return psprintf("popular in segment \"%s\"", cs_reco_label(&c->now, c->q.segment));
		case CS_LAYER_POPULAR:
			return pstrdup("popular with all customers");
	}
	return NULL;
}

/* ---- arguments and output ---- */

static int
arg_n(FunctionCallInfo fcinfo, int argument, const cs_reco *r)
{
	int			n = PG_ARGISNULL(argument) ? 10 : PG_GETARG_INT32(argument);

	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of items n: %d", n),
				 errdetail("It is 0 or more.")));
	return Min(n, r->items);
}

/* Ranked rows: rank, key, score, and with reasons source and reason. */
static void
emit(FunctionCallInfo fcinfo, const customer *c, const cs_served *s, int n)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int32	   *item = palloc(sizeof(int32) * (n + 1));
	char	  **key;

	for (int i = 0; i < n; i++)
		item[i] = s[i].item;
	key = cs_reco_keys(c->now.r, item, n);
	for (int i = 0; i < n; i++)
	{
		Datum		v[5] = {Int32GetDatum(i + 1), CStringGetTextDatum(key[i]), Float8GetDatum(s[i].score)};
		bool		isnull[5] = {false};

		v[3] = CStringGetTextDatum(cs_layer_name(c->now.r, s[i].kind));
		v[4] = CStringGetTextDatum(reason(c, &s[i]));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
}

static Datum
serve(FunctionCallInfo fcinfo, customer *c, int n)
{
	cs_served  *s;

	InitMaterializedSRF(fcinfo, 0);
	s = palloc(sizeof(cs_served) * (n + 1));
	if (n > 0)
		emit(fcinfo, c, s, cs_serve(c->env, &c->q, n, s));
	return (Datum) 0;
}

/* ---- entries ---- */

PG_FUNCTION_INFO_V1(clusterseg_recommend);

/* recommend(model, customer, n, exclude_seen, candidates, diversity, max_per_category, explore, options) */
Datum
clusterseg_recommend(PG_FUNCTION_ARGS)
{
	customer   *c;

	cs_arg_required(fcinfo, 0, "model");
	cs_check_shaping(fcinfo, 5);
	c = customer_of(fcinfo, CS_ARG_TEXT(0), 1, PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(4));
	return serve(fcinfo, c, arg_n(fcinfo, 2, c->now.r));
}

/* Each item counts once more for every time it stands in the basket. */
static void
set_basket(customer *c, ArrayType *items, bool exclude)
{
	cs_reco_events e = {0};
	Datum	   *d;
	bool	   *isnull;
	int			n;

	deconstruct_array(items, TEXTOID, -1, false, TYPALIGN_INT, &d, &isnull, &n);
	e.item = palloc(sizeof(char *) * (n + 1));
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			e.item[e.n++] = TextDatumGetCString(d[i]);
	set_history(c, &e, exclude);
}

/* A segment that a recommender does not know is a mistake of the caller. */
static void
check_segment(cs_reco *r, int segment_id)
{
	double		customers;

	if (!cs_reco_segment(r, segment_id, &customers))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the recommender has no segment %d", segment_id),
				 errdetail("Segments are those that the customers had when it was trained."),
				 errhint("Train it with the argument \"segmentation\", and again when the segmentation has new segments.")));
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_for_basket);

/* recommend_for_basket(model, items, n, exclude_seen, candidates, diversity, max_per_category, explore, options, segment_id) */
Datum
clusterseg_recommend_for_basket(PG_FUNCTION_ARGS)
{
	customer   *c;

	cs_arg_required(fcinfo, 0, "model");
	cs_check_shaping(fcinfo, 5);
	c = new_customer(CS_ARG_TEXT(0));
	set_basket(c, PG_ARGISNULL(1) ? construct_empty_array(TEXTOID) : PG_GETARG_ARRAYTYPE_P(1),
			   PG_ARGISNULL(3) || PG_GETARG_BOOL(3));
	if (!PG_ARGISNULL(9))
	{
		c->q.segment = PG_GETARG_INT32(9);
		check_segment(c->now.r, c->q.segment);
	}
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(4));
	return serve(fcinfo, c, arg_n(fcinfo, 2, c->now.r));
}

PG_FUNCTION_INFO_V1(clusterseg_recommend_for_segment);

/* recommend_for_segment(model, segment_id, n, candidates) */
Datum
clusterseg_recommend_for_segment(PG_FUNCTION_ARGS)
{
	cs_reco_events none = {0};
	customer   *c;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 1, "segment_id");
	c = new_customer(CS_ARG_TEXT(0));
	c->q.segment = PG_GETARG_INT32(1);
	check_segment(c->now.r, c->q.segment);
	set_history(c, &none, false);
	c->q.allowed = cs_candidates(c->now.r, CS_ARG_TEXT(3));
	return serve(fcinfo, c, arg_n(fcinfo, 2, c->now.r));
}

/* ---- rank_items() ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static void
put_ranked(FunctionCallInfo fcinfo, int rank, const char *key, double score)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		v[3] = {Int32GetDatum(rank), CStringGetTextDatum(key), Float8GetDatum(score)};
	bool		isnull[3] = {false, false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/* Texts of an array without repetitions and NULLs, sorted. */
static char **
distinct_texts(ArrayType *a, int *count)
{
	Datum	   *d;
	bool	   *isnull;
	int			n,
				some = 0,
				kept = 0;
	char	  **v;

	deconstruct_array(a, TEXTOID, -1, false, TYPALIGN_INT, &d, &isnull, &n);
	v = palloc(sizeof(char *) * (n + 1));
	for (int i = 0; i < n; i++)
		if (!isnull[i])
			v[some++] = TextDatumGetCString(d[i]);
	qsort(v, some, sizeof(char *), by_text);
	for (int i = 0; i < some; i++)
		if (kept == 0 || strcmp(v[i], v[kept - 1]) != 0)
			v[kept++] = v[i];
	*count = kept;
	return v;
}

PG_FUNCTION_INFO_V1(clusterseg_rank_items);

/* rank_items(model, customer, items): all of them, wanted first, the rest in the order of their keys */
Datum
clusterseg_rank_items(PG_FUNCTION_ARGS)
{
	customer   *c;
	char	  **key;
	cs_reco_row *row;
	cs_served  *s;
	bool	   *listed;
	int			n,
				found = 0,
				rank = 1;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 2, "items");
	c = customer_of(fcinfo, CS_ARG_TEXT(0), 1, false);
	key = distinct_texts(PG_GETARG_ARRAYTYPE_P(2), &n);
	row = cs_reco_rows(c->now.r, key, n, false);
	c->q.allowed.item = palloc(sizeof(int32) * (n + 1));
	for (int i = 0; i < n; i++)
		if (row[i].item >= 0)
			c->q.allowed.item[c->q.allowed.n++] = row[i].item;
	cs_item_set_tidy(&c->q.allowed);
	s = palloc(sizeof(cs_served) * (n + 1));
	listed = palloc0(sizeof(bool) * (n + 1));
	if (c->q.allowed.n > 0)
		found = cs_serve(c->env, &c->q, (int) c->q.allowed.n, s);
	InitMaterializedSRF(fcinfo, 0);
	for (int j = 0; j < found; j++)
		for (int i = 0; i < n; i++)
			if (row[i].item == s[j].item)
			{
				put_ranked(fcinfo, rank++, key[i], s[j].score);
				listed[i] = true;
			}
	for (int i = 0; i < n; i++)
		if (!listed[i])
			put_ranked(fcinfo, rank++, key[i], 0);
	return (Datum) 0;
}

/* ---- similar_items() ---- */

static char *
item_argument(FunctionCallInfo fcinfo, int argument)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	int			len;
	const char *text;

	cs_arg_required(fcinfo, argument, "item");
	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("could not determine the type of the item")));
	if (type == UNKNOWNOID)
		return pstrdup(DatumGetCString(PG_GETARG_DATUM(argument)));
	text = cs_key_text(getBaseType(type), PG_GETARG_DATUM(argument), &len);
	return pnstrdup(text, len);
}

PG_FUNCTION_INFO_V1(clusterseg_similar_items);

/* similar_items(model, item, n) */
Datum
clusterseg_similar_items(PG_FUNCTION_ARGS)
{
	customer   *c;
	char	   *key;
	cs_reco_row *row;
	cs_scored  *scored;
	cs_ranked  *ranked;
	int32	   *item;
	int			n;

	cs_arg_required(fcinfo, 0, "model");
	c = new_customer(CS_ARG_TEXT(0));
	if (!(c->now.r->algorithm->flags & CS_RECO_ITEMS))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("algorithm %s does not relate items to each other", c->now.r->algorithm->name),
				 errhint("Train a recommender with algorithm => 'itemknn'.")));
	key = item_argument(fcinfo, 1);
	n = arg_n(fcinfo, 2, c->now.r);
	row = cs_reco_rows(c->now.r, &key, 1, true);
	scored = palloc(sizeof(cs_scored) * (row->targets + 1));
	ranked = palloc(sizeof(cs_ranked) * (n + 1));
	item = palloc(sizeof(int32) * (n + 1));
	for (int t = 0; t < row->targets; t++)
		scored[t] = (cs_scored) {row->target[t], row->weight[t]};
	InitMaterializedSRF(fcinfo, 0);
	if (n > 0 && row->targets > 0)
	{
		cs_layer	layer = {scored, row->targets};
		cs_rank_args args = {&layer, 1, NULL, 0, NULL, 0};
		char	  **keys;

		n = cs_rank(c->env, &args, n, ranked);
		for (int i = 0; i < n; i++)
			item[i] = ranked[i].item;
		keys = cs_reco_keys(c->now.r, item, n);
		for (int i = 0; i < n; i++)
			put_ranked(fcinfo, i + 1, keys[i], ranked[i].score);
	}
	return (Datum) 0;
}

/* ---- explain_recommendation() ---- */

static void
put_term(FunctionCallInfo fcinfo, char *term, double contribution)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		v[2] = {CStringGetTextDatum(term), Float8GetDatum(contribution)};
	bool		isnull[2] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/* The rate of an item in a segment is a mean of the segment's own and everybody's. */
static void
explain_segment(FunctionCallInfo fcinfo, const customer *c, const cs_served *s)
{
	cs_reco    *r = c->now.r;
	double		total,
				overall = cs_reco_popularity(r, s->item) / Max(r->customers, 1),
				factor = s->raw > 0 ? s->score / s->raw : 0,
				everybody;

	cs_reco_segment(r, c->q.segment, &total);
	everybody = total + r->kappa > 0 ? factor * r->kappa * overall / (total + r->kappa) : s->score;
	put_term(fcinfo, psprintf("customers of segment \"%s\"", cs_reco_label(&c->now, c->q.segment)), s->score - everybody);
	put_term(fcinfo, "all customers", everybody);
}

static void
explain(FunctionCallInfo fcinfo, const customer *c, const cs_served *s)
{
	switch (s->kind)
	{
		case CS_LAYER_HISTORY:
			for (size_t e = 0; e < c->history->n; e++)
			{
				double		v = contribution(c, e, s->item);

				if (v != 0)
					put_term(fcinfo, c->entry_key[e], v);
			}
			break;
		case CS_LAYER_SEGMENT:
			explain_segment(fcinfo, c, s);
			break;
		case CS_LAYER_OWN:
		case CS_LAYER_POPULAR:
			put_term(fcinfo, reason(c, s), s->score);
			break;
	}
}

PG_FUNCTION_INFO_V1(clusterseg_explain_recommendation);

/*
 * explain_recommendation(model, customer, item): of the score in the list that
 * goes on to the end; for an item seen before, in the list that includes these.
 */
Datum
clusterseg_explain_recommendation(PG_FUNCTION_ARGS)
{
	customer   *c;
	char	   *key;
	cs_reco_row *row;
	cs_served  *s;

	cs_arg_required(fcinfo, 0, "model");
	c = customer_of(fcinfo, CS_ARG_TEXT(0), 1, true);
	key = item_argument(fcinfo, 2);
	row = cs_reco_rows(c->now.r, &key, 1, false);
	InitMaterializedSRF(fcinfo, 0);
	if (row->item < 0)
		return (Datum) 0;
	if (bsearch(&row->item, c->q.excluded.item, c->q.excluded.n, sizeof(int32), cs_compare_items))
		c->q.excluded = (cs_item_set) {NULL, 0};
	s = palloc(sizeof(cs_served) * (c->now.r->items + 1));
	for (int i = cs_serve(c->env, &c->q, c->now.r->items, s); i-- > 0;)
		if (s[i].item == row->item)
			explain(fcinfo, c, &s[i]);
	return (Datum) 0;
}
