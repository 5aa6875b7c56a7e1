/*
 * fn_reco_items.c - similar_items(), rank_items() and explain_recommendation().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/base/sorted.h"
#include "pg/args.h"
#include "pg/reco_call.h"
#include "pg/reco_customers.h"

/* Kinds of customers that an explanation names. */
#define KINDS_SHOWN 3

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

/* A given key whose item the model knows. */
typedef struct given
{
	int32		item;
	int			key;
} given;

static int
by_item(const void *a, const void *b)
{
	return cs_compare_items(&((const given *) a)->item, &((const given *) b)->item);
}

PG_FUNCTION_INFO_V1(clusterseg_rank_items);

/* rank_items(model, customer, items): all of them, wanted first, the rest in the order of their keys */
Datum
clusterseg_rank_items(PG_FUNCTION_ARGS)
{
	cs_reco_call *c;
	char	  **key;
	cs_reco_row *row;
	cs_served  *s;
	given	   *known;
	int			n,
				knowns = 0,
				found = 0;

	cs_arg_required(fcinfo, 0, "model");
	cs_arg_required(fcinfo, 2, "items");
	c = cs_reco_call_customer(fcinfo, CS_ARG_TEXT(0), 1, false);
	key = distinct_texts(PG_GETARG_ARRAYTYPE_P(2), &n);
	row = cs_reco_rows(c->now.r, key, n, false);
	known = palloc(sizeof(given) * (n + 1));
	for (int i = 0; i < n; i++)
		if (row[i].item >= 0)
			known[knowns++] = (given) {row[i].item, i};
	qsort(known, knowns, sizeof(given), by_item);
	c->q.allowed.item = palloc(sizeof(int32) * (n + 1));
	for (int i = 0; i < knowns; i++)
		c->q.allowed.item[c->q.allowed.n++] = known[i].item;
	s = palloc(sizeof(cs_served) * (n + 1));
	if (knowns > 0)
		found = cs_serve(c->env, &c->q, knowns, s);
	InitMaterializedSRF(fcinfo, 0);
	for (int j = 0; j < found; j++)
	{
		given	   *g = bsearch(&(given) {s[j].item}, known, knowns, sizeof(given), by_item);

		put_ranked(fcinfo, j + 1, key[g->key], s[j].score);
		key[g->key] = NULL;
	}
	for (int i = 0; i < n; i++)
		if (key[i])
			put_ranked(fcinfo, ++found, key[i], 0);
	return (Datum) 0;
}

/* ---- similar_items() ---- */

/* How much the items that go with an item do. */
static cs_scored *
similar(cs_reco_call *c, char *key, size_t *n)
{
	cs_reco_row *row = cs_reco_rows(c->now.r, &key, 1, true);
	cs_scored  *out;

	*n = 0;
	if (c->now.r->flags & CS_RECO_FACTORS)
	{
		out = palloc(sizeof(cs_scored) * (c->now.r->items + 1));
		if (row->item >= 0)
			*n = cs_factors_similar(c->env, cs_reco_factors(c->now.r), row->item, out);
		return out;
	}
	if ((c->now.r->flags & CS_RECO_PERSONAL) == CS_RECO_KINDS)
	{
		out = palloc(sizeof(cs_scored) * (c->now.r->items + 1));
		if (row->item >= 0)
			*n = cs_tastes_similar(c->env, cs_reco_tastes(c->now.r), row->item, out);
		return out;
	}
	if (c->now.r->algorithm->flags & CS_RECO_CUSTOMERS)
	{
		out = palloc(sizeof(cs_scored) * (c->now.r->items + 1));
		if (row->item >= 0)
			*n = cs_crowd_similar(cs_reco_alike(c->now.r), row->item, out);
		return out;
	}
	out = palloc(sizeof(cs_scored) * (row->targets + 1));
	for (int t = 0; t < row->targets; t++)
		out[(*n)++] = (cs_scored) {row->target[t], row->weight[t]};
	return out;
}

PG_FUNCTION_INFO_V1(clusterseg_similar_items);

/* similar_items(model, item, n) */
Datum
clusterseg_similar_items(PG_FUNCTION_ARGS)
{
	cs_reco_call *c;
	char	   *key;
	cs_scored  *scored;
	cs_ranked  *ranked;
	int32	   *item;
	size_t		found;
	int			n;

	cs_arg_required(fcinfo, 0, "model");
	c = cs_reco_call_new(CS_ARG_TEXT(0));
	if (!(c->now.r->flags & CS_RECO_PERSONAL))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("algorithm %s does not relate items to each other", c->now.r->algorithm->name),
				 errhint("Train a recommender with algorithm => 'itemknn'.")));
	key = cs_reco_arg_item(fcinfo, 1);
	n = cs_reco_arg_n(fcinfo, 2, c->now.r);
	ranked = palloc(sizeof(cs_ranked) * (n + 1));
	item = palloc(sizeof(int32) * (n + 1));
	scored = similar(c, key, &found);
	InitMaterializedSRF(fcinfo, 0);
	if (n > 0 && found > 0)
	{
		cs_layer	layer = {scored, found};
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
explain_segment(FunctionCallInfo fcinfo, const cs_reco_call *c, const cs_served *s)
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

/* The rate of an item with the customer's mixture of kinds: those that add most, and the rest. */
static void
explain_kinds(FunctionCallInfo fcinfo, const cs_reco_call *c, const cs_served *s)
{
	double	   *part = cs_reco_kind_contributions(c, s->item),
				left = 0;
	int			kinds = c->now.r->n_kinds;

	for (int k = 0; k < kinds; k++)
		left += part[k];

	for (int shown = 0; shown < Min(kinds, KINDS_SHOWN); shown++)
	{
		int			best = 0;

		for (int k = 1; k < kinds; k++)
			if (part[k] > part[best])
				best = k;
		put_term(fcinfo, psprintf("customers of kind %s", cs_reco_kind_name(c->now.r, best)), part[best]);
		left -= part[best];
		part[best] = -1;
	}
	if (kinds > KINDS_SHOWN)
		put_term(fcinfo, "customers of other kinds", left);
}

static void
explain(FunctionCallInfo fcinfo, cs_reco_call *c, const cs_served *s)
{
	double	   *terms;

	switch (s->kind)
	{
		case CS_LAYER_HISTORY:
			if (c->taste && (!c->blended || c->scale.prior > 0))
				explain_kinds(fcinfo, c, s);
			terms = cs_reco_contributions(c, s->item);
			for (size_t e = 0; e < c->history->n; e++)
				if (terms[e] != 0)
					put_term(fcinfo, c->entry_key[e], terms[e]);
			break;
		case CS_LAYER_SEGMENT:
			explain_segment(fcinfo, c, s);
			break;
		case CS_LAYER_OWN:
		case CS_LAYER_POPULAR:
			put_term(fcinfo, cs_reco_reason(c, s), s->score);
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
	cs_reco_call *c;
	char	   *key;
	cs_reco_row *row;
	cs_served  *s;

	cs_arg_required(fcinfo, 0, "model");
	c = cs_reco_call_customer(fcinfo, CS_ARG_TEXT(0), 1, true);
	key = cs_reco_arg_item(fcinfo, 2);
	row = cs_reco_rows(c->now.r, &key, 1, false);
	InitMaterializedSRF(fcinfo, 0);
	if (row->item < 0)
		return (Datum) 0;
	if (cs_sorted_has(c->q.excluded.item, c->q.excluded.n, row->item))
		c->q.excluded = (cs_item_set) {NULL, 0};
	s = palloc(sizeof(cs_served) * (c->now.r->items + 1));
	for (int i = cs_serve(c->env, &c->q, c->now.r->items, s); i-- > 0;)
		if (s[i].item == row->item)
			explain(fcinfo, c, &s[i]);
	return (Datum) 0;
}
