/*
 * reco_call.c - the history of one call (see reco_call.h).
 *
 * For a history of h items that lead to t others each: O(h t) and a few index
 * look-ups; nothing of the model has to be in memory.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "core/base/sorted.h"
#include "core/reco/walk.h"
#include "pg/args.h"
#include "pg/content.h"
#include "pg/pg_env.h"
#include "pg/reco_call.h"
#include "pg/reco_customers.h"

/* Items of the history that a reason names. */
#define REASON_ITEMS 3

cs_reco_call *
cs_reco_call_new(const char *model)
{
	cs_reco_call *c = palloc0(sizeof(cs_reco_call));

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

static int
by_key(const void *a, const void *b, void *key)
{
	return strcmp(((char **) key)[*(const int *) a], ((char **) key)[*(const int *) b]);
}

/* Numbers of the items of n events: those that are not in the catalogue follow it, one for each key. */
static int32 *
number_items(const cs_reco_call *c, int n, int *end)
{
	int32	   *number = palloc(sizeof(int32) * (n + 1));
	int		   *unknown = palloc(sizeof(int) * (n + 1)),
				unknowns = 0;

	*end = c->now.r->items;
	for (int i = 0; i < n; i++)
	{
		number[i] = c->row[i].item;
		if (number[i] < 0)
			unknown[unknowns++] = i;
	}
	qsort_arg(unknown, unknowns, sizeof(int), by_key, c->key);
	for (int u = 0; u < unknowns; u++)
	{
		if (u == 0 || strcmp(c->key[unknown[u]], c->key[unknown[u - 1]]) != 0)
			(*end)++;
		number[unknown[u]] = *end - 1;
	}
	return number;
}

/* Entries of the history know the row and the key of their item: both are walked in the order of the items. */
static void
link_entries(cs_reco_call *c, int32 *number, int n)
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
score_by_hash(cs_reco_call *c)
{
	cs_accumulator *a = cs_accumulator_new(c->env);

	for (size_t e = 0; e < c->history->n; e++)
	{
		double		v = c->value[e];

		for (int t = 0; t < c->entry[e]->targets; t++)
			cs_accumulator_add(a, c->entry[e]->target[t], v * (double) c->entry[e]->weight[t]);
	}
	c->q.personal = cs_accumulator_read(a, &c->q.n_personal);
}

/* The same over an array with a place for each item. */
static void
score_by_place(cs_reco_call *c)
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
		if (c->value[e] != 0)
			n = cs_walk_row(score, out, n, c->value[e], c->entry[e]->target, c->entry[e]->weight, c->entry[e]->targets);
	}
	cs_walk_take(score, out, n);
	c->q.personal = out;
	c->q.n_personal = n;
}

/* Entries whose items the model knows, with their values. */
static void
fold_history(cs_reco_call *c)
{
	size_t		n = 0;

	c->item = palloc(sizeof(int32) * (c->history->n + 1));
	c->x = palloc(sizeof(double) * (c->history->n + 1));
	c->folded = palloc(sizeof(size_t) * (c->history->n + 1));
	for (size_t e = 0; e < c->history->n; e++)
		if (c->history->item[e] < c->now.r->items)
		{
			c->item[n] = c->history->item[e];
			c->x[n] = c->value[e];
			c->folded[n++] = e;
		}
	c->n_folded = n;
}

/* Factors of the customer; all items that these lead to. */
static void
score_by_factors(cs_reco_call *c)
{
	cs_reco    *r = c->now.r;
	cs_scored  *out;

	fold_history(c);
	c->fold = cs_fold_new(c->env, cs_reco_factors(r));
	if (c->n_folded == 0)
		return;
	cs_fold_customer(c->fold, c->n_folded, c->item, c->x);
	c->q.personal = out = palloc(sizeof(cs_scored) * (r->items + 1));
	c->q.n_personal = cs_fold_scores(c->env, c->fold, r->member != NULL, out);
}

/* The kinds that the customer is of; all items by their rates in these. */
static size_t
score_by_kinds(cs_reco_call *c, cs_scored **out)
{
	cs_reco    *r = c->now.r;

	c->taste = palloc(sizeof(double) * r->n_kinds);
	cs_tastes_customer(cs_reco_tastes(r), c->n_folded, c->item, c->x, c->taste);
	*out = palloc(sizeof(cs_scored) * (r->items + 1));
	return cs_tastes_scores(c->env, cs_reco_tastes(r), c->taste, *out);
}

/* Kinds alone, or added up with the scores that are there already. */
static void
add_kinds(cs_reco_call *c)
{
	cs_reco    *r = c->now.r;
	size_t		rates;
	cs_scored  *rate,
			   *out;

	fold_history(c);
	if (c->n_folded == 0)
		return;
	rates = score_by_kinds(c, &rate);
	if (r->member == NULL)
	{
		c->q.personal = rate;
		c->q.n_personal = rates;
		return;
	}
	out = palloc(sizeof(cs_scored) * (r->items + 1));
	c->q.n_personal = cs_blend_scores(c->env, c->q.personal, c->q.n_personal, rate, rates, c->item, c->n_folded, r->blend_kappa,
									  cs_reco_places(r), &c->scale, out);
	c->q.personal = out;
	c->blended = true;
}

static void
find_alike(cs_reco_call *c)
{
	const cs_like *like;

	cs_crowd_find(c->alike, c->n_folded, c->item, c->x, c->self, &like);
	c->searches = cs_crowd_searches(c->alike);
}

/* What customers alike have. */
static void
score_by_customers(cs_reco_call *c)
{
	cs_scored  *out;

	fold_history(c);
	c->alike = cs_reco_alike(c->now.r);
	c->self = c->customer ? cs_reco_customer_no(c->now.r, *c->customer) : CS_NEWCOMER;
	if (c->n_folded == 0)
		return;
	find_alike(c);
	c->q.personal = out = palloc(sizeof(cs_scored) * (c->now.r->items + 1));
	c->q.n_personal = cs_crowd_scores(c->alike, out);
}

/* Take events as the history; what was touched is excluded when asked for. */
void
cs_reco_call_history(cs_reco_call *c, const cs_reco_events *e, bool exclude_seen)
{
	cs_reco    *r = c->now.r;
	int32	   *number,
			   *nobody = palloc0(sizeof(int32) * (e->n + 1));
	cs_raw_events raw = {e->n, 1, 0, nobody, NULL, e->weight, e->at};

	c->events = e->n;
	c->key = e->item;
	c->row = cs_reco_rows(r, e->item, e->n, true);
	raw.item = number = number_items(c, e->n, &raw.items);
	c->history = cs_events_build(c->env, &raw, r->max_history);
	cs_serve_settle_times(r, c->history);
	c->value = palloc(sizeof(double) * (c->history->n + 1));
	cs_serve_values(c->env, r, c->history, 0, c->history->n, c->value);
	link_entries(c, number, e->n);
	if (r->flags & CS_RECO_FACTORS)
		score_by_factors(c);
	else if (r->flags & CS_RECO_CUSTOMERS)
		score_by_customers(c);
	else if (r->items <= CS_PLACES_MOST)
		score_by_place(c);
	else
		score_by_hash(c);
	if (r->flags & CS_RECO_KINDS)
		add_kinds(c);
	if (exclude_seen)
	{
		c->q.excluded = (cs_item_set) {number, e->n};
		cs_item_set_tidy(&c->q.excluded);
	}
}

static void
set_customer(cs_reco_call *c, Oid type, Datum customer)
{
	const char *text;
	int			len;

	if (!(c->now.r->algorithm->flags & CS_RECO_CUSTOMERS) || !cs_reco_customer_key(&c->now, type, customer, &text, &len))
		return;
	c->customer = palloc(sizeof(int64));
	*c->customer = cs_customer_number(text, len);
}

cs_reco_call *
cs_reco_call_customer(FunctionCallInfo fcinfo, const char *model, int argument, bool exclude_seen)
{
	cs_reco_call *c = cs_reco_call_new(model);
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argument);
	cs_reco_events none = {0},
				e;

	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("could not determine the type of the customer")));
	if (PG_ARGISNULL(argument))
	{
		cs_reco_call_history(c, &none, false);
		return c;
	}
	e = cs_reco_history(&c->now, getBaseType(type), PG_GETARG_DATUM(argument));
	set_customer(c, getBaseType(type), PG_GETARG_DATUM(argument));
	cs_reco_call_history(c, &e, exclude_seen);
	c->q.segment = cs_reco_segment_of(&c->now, getBaseType(type), PG_GETARG_DATUM(argument));
	return c;
}

/* ---- reasons ---- */

static double
contribution(const cs_reco_call *c, size_t e, int32 item)
{
	const cs_reco_row *row = c->entry[e];
	size_t		at = cs_sorted_find(row->target, row->targets, item);

	return at < (size_t) row->targets ? c->value[e] * (double) row->weight[at] : 0;
}

/* Another query of the same session may have searched since. */
static void
explain_by_customers(cs_reco_call *c, int32 item, double *out)
{
	if (c->searches != cs_crowd_searches(c->alike))
		find_alike(c);
	cs_crowd_explain(c->alike, item, out);
}

double *
cs_reco_contributions(cs_reco_call *c, int32 item)
{
	double	   *out = palloc0(sizeof(double) * (c->history->n + 1)),
			   *folded;

	if (c->fold == NULL && c->alike == NULL)
		for (size_t e = 0; e < c->history->n; e++)
			out[e] = contribution(c, e, item);
	else if (c->n_folded > 0)
	{
		folded = palloc0(sizeof(double) * c->n_folded);
		if (c->alike)
			explain_by_customers(c, item, folded);
		else
			cs_fold_explain(c->fold, item, folded);
		for (size_t i = 0; i < c->n_folded; i++)
			out[c->folded[i]] = folded[i];
		pfree(folded);
	}
	for (size_t e = 0; c->blended && e < c->history->n; e++)
		out[e] *= c->scale.own;
	return out;
}

double *
cs_reco_kind_contributions(const cs_reco_call *c, int32 item)
{
	cs_reco    *r = c->now.r;
	double	   *out = palloc0(sizeof(double) * (r->n_kinds + 1));

	for (int k = 0; c->taste && k < r->n_kinds; k++)
		out[k] = (c->blended ? c->scale.prior : 1) * c->taste[k] * cs_tastes_rate(cs_reco_tastes(r), item, k);
	return out;
}

int
cs_reco_first_kind(const cs_reco_call *c, int32 item)
{
	double	   *part = cs_reco_kind_contributions(c, item);
	int			best = 0;

	for (int k = 1; k < c->now.r->n_kinds; k++)
		if (part[k] > part[best])
			best = k;
	return best;
}

static char *
reason_of_kinds(const cs_reco_call *c, int32 item)
{
	return psprintf("popular with customers of kind %s", cs_reco_kind_name(c->now.r, cs_reco_first_kind(c, item)));
}

static char *
reason_of_history(cs_reco_call *c, int32 item)
{
	StringInfoData text;
	size_t		best[REASON_ITEMS];
	double		value[REASON_ITEMS],
			   *terms = cs_reco_contributions(c, item);
	unsigned	flags = c->now.r->algorithm->flags;
	int			n = 0;

	for (size_t e = 0; e < c->history->n; e++)
	{
		double		v = terms[e];
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
	appendStringInfoString(&text, flags & CS_RECO_SEQUENCE ? "follows " : flags & CS_RECO_CONTENT ? "is like " : "goes with ");
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%s%s", i ? ", " : "", c->entry_key[best[i]]);
	if (n > 0 && flags & CS_RECO_CONTENT)
		appendStringInfoString(&text, cs_content_shared(c->now.r, item, c->entry[best[0]]->item));
	return text.data;
}

/* Both, each with its weight for this customer. */
static char *
reason_of_both(cs_reco_call *c, int32 item)
{
	int			percent = (int) rint(100 * c->scale.weight);
	char	   *own = reason_of_history(c, item);

	if (c->scale.prior == 0)
		return own;
	if (own[0] == '\0')
		return psprintf("%s (%d %%)", reason_of_kinds(c, item), percent);
	return psprintf("%s (%d %%), %s (%d %%)", own, 100 - percent, reason_of_kinds(c, item), percent);
}

char *
cs_reco_reason(cs_reco_call *c, const cs_served *s)
{
	const cs_reco *r = c->now.r;

	switch (s->kind)
	{
		case CS_LAYER_HISTORY:
			if (c->blended)
				return reason_of_both(c, s->item);
			return c->taste ? reason_of_kinds(c, s->item) : reason_of_history(c, s->item);
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

int
cs_reco_arg_n(FunctionCallInfo fcinfo, int argument, const cs_reco *r)
{
	int			n = PG_ARGISNULL(argument) ? 10 : PG_GETARG_INT32(argument);

	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of items n: %d", n),
				 errdetail("It is 0 or more.")));
	return Min(n, r->items);
}

char *
cs_reco_arg_item(FunctionCallInfo fcinfo, int argument)
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

void
cs_reco_check_segment(cs_reco *r, int segment_id)
{
	double		customers;

	if (!cs_reco_segment(r, segment_id, &customers))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the recommender has no segment %d", segment_id),
				 errdetail("Segments are those that the customers had when it was trained."),
				 errhint("Train it with the argument \"segmentation\", and again when the segmentation has new segments.")));
}
