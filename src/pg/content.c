/*
 * content.c - attributes of items (see content.h).
 *
 * Words come from PostgreSQL's text search.  A category is a term of its own with
 * its column.  A number is two terms: the quantiles below and above it, each the
 * more the nearer it is, so that likeness falls with the distance.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/reco/attributes.h"
#include "pg/content.h"
#include "pg/convert.h"
#include "pg/document.h"
#include "pg/pg_env.h"
#include "pg/source.h"

/* Quantiles that numbers lie between. */
#define QUANTILES 10

/* Terms of an item that are kept, for reasons. */
#define TERMS_KEPT 24

/* Terms that a reason names. */
#define TERMS_SHOWN 3

#define BYTES_PER_ENTRY 48

typedef enum role
{
	TEXT,
	CATEGORY,
	NUMBER
} role;

typedef struct column
{
	char	   *name;
	role		role;
	Oid			type;
} column;

typedef struct number
{
	double		value;
	int32		item;
} number;

struct cs_content_source
{
	cs_reco_training *t;
	const cs_options *options;	/* of content */
	bool		all;			/* also items that have no events */
	Oid			key_type;
	Oid			config;
	column	   *column;
	int			columns;
	cs_dictionary *term;		/* words as they are; others after a byte 1 */
	cs_terms	words;
	char	  **key;			/* per row */
	size_t		rows;
	size_t		rows_room;
	size_t		n;				/* entries */
	size_t		room;
	int32	   *row;
	int32	   *number;			/* of the term */
	float	   *count;
	double	   *value;			/* rows x columns of numbers; NaN: none */
	size_t		budget;
	MemoryContext row_cxt;
};

/* ---- columns ---- */

static void
add_column(cs_content_source *c, const cs_source *s, const char *name, role role)
{
	static const char *const roles[] = {"a text", "a category", "a number"};
	Oid			type = getBaseType(TupleDescAttr(s->desc, cs_source_column(s, name, roles[role]))->atttypid);

	if ((role == TEXT && type != TEXTOID && type != VARCHAROID && type != BPCHAROID) ||
		(role == NUMBER && TypeCategory(type) != TYPCATEGORY_NUMERIC))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s is not %s", name, format_type_be(type), roles[role]),
				 errhint("Cast it in a query.")));
	c->column[c->columns++] = (column) {pstrdup(name), role, type};
}

static void
add_columns(cs_content_source *c, const cs_source *s, const char *option, role role)
{
	const cs_option *o = cs_option_get(c->options, option);

	for (int i = 0; i < o->rows; i++)
		add_column(c, s, o->text[i], role);
}

/* Those named, or all texts; false: there are none. */
static bool
choose_columns(cs_content_source *c, const cs_source *s, const char *key)
{
	int			named = cs_option_get(c->options, "text")->rows + cs_option_get(c->options, "categories")->rows +
		cs_option_get(c->options, "numbers")->rows;

	c->column = CS_NEW(c->t->env, column, named + s->desc->natts + 1);
	add_columns(c, s, "text", TEXT);
	add_columns(c, s, "categories", CATEGORY);
	add_columns(c, s, "numbers", NUMBER);
	for (int i = 0; named == 0 && i < s->desc->natts; i++)
	{
		Oid			type = getBaseType(TupleDescAttr(s->desc, i)->atttypid);

		if (strcmp(NameStr(TupleDescAttr(s->desc, i)->attname), key) != 0 && (type == TEXTOID || type == VARCHAROID || type == BPCHAROID))
			add_column(c, s, NameStr(TupleDescAttr(s->desc, i)->attname), TEXT);
	}
	if (c->columns == 0 && c->all)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the item source has no texts"),
				 errhint("Name columns of it with the options \"categories\" and \"numbers\".")));
	return c->columns > 0;
}

/* ---- rows ---- */

static void *
grown(cs_env *env, void *old, size_t n, size_t room, size_t size)
{
	void	   *p = cs_alloc_array(env, room, size, false);

	if (n > 0)
		memcpy(p, old, n * size);
	cs_release(env, old);
	return p;
}

static void
add_entry(cs_content_source *c, int32 row, int32 term, float count)
{
	cs_env	   *env = c->t->env;

	if (c->n == c->room)
	{
		size_t		room = Max(2 * c->room, 65536);

		if (c->n * BYTES_PER_ENTRY + c->term->bytes > c->budget)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("attributes of items do not fit into memory"),
					 errdetail("%zu words and attributes of %zu items take the %zu MB that are allowed.", c->n, c->rows, c->budget >> 20),
					 errhint("Increase the option \"memory\" or maintenance_work_mem, or name fewer columns.")));
		c->row = grown(env, c->row, c->n, room, sizeof(int32));
		c->number = grown(env, c->number, c->n, room, sizeof(int32));
		c->count = grown(env, c->count, c->n, room, sizeof(float));
		c->room = room;
	}
	c->row[c->n] = row;
	c->number[c->n] = term;
	c->count[c->n++] = count;
}

static int
term_number(void *arg, const char *term, int len)
{
	return cs_dictionary_text(arg, term, len, true);
}

/* Number of a term that is no word. */
static int32
other_term(cs_content_source *c, const char *name)
{
	char	   *term = psprintf("\1%s", name);

	return cs_dictionary_text(c->term, term, strlen(term), true);
}

static void
take_attribute(cs_content_source *c, int32 row, int k, Datum d)
{
	const column *col = &c->column[k];
	const char *text;
	int			len;

	switch (col->role)
	{
		case TEXT:
			cs_document_terms(c->config, d, term_number, c->term, &c->words);
			for (size_t i = 0; i < c->words.n; i++)
				add_entry(c, row, (int32) c->words.number[i], 1);
			break;
		case CATEGORY:
			text = cs_key_text(col->type, d, &len);
			add_entry(c, row, other_term(c, psprintf("%s %.*s", col->name, len, text)), 1);
			break;
		case NUMBER:
			c->value[(size_t) row * c->columns + k] = DatumGetFloat8(d);
			break;
	}
}

static void
make_row(cs_content_source *c)
{
	size_t		room = Max(2 * c->rows_room, 1024);

	if (c->rows < c->rows_room)
		return;
	c->key = grown(c->t->env, c->key, c->rows, room, sizeof(char *));
	c->value = grown(c->t->env, c->value, c->rows * c->columns, room * c->columns, sizeof(double));
	c->rows_room = room;
}

static void
take_row(void *arg, TupleTableSlot *slot)
{
	cs_content_source *c = arg;
	MemoryContext old;
	const char *key;
	int			len,
				item;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0])
		return;
	old = MemoryContextSwitchTo(c->row_cxt);
	key = cs_key_text(c->key_type, slot->tts_values[0], &len);
	item = cs_dictionary_text(c->t->data->items, key, len, c->all);
	MemoryContextSwitchTo(old);
	if (item < 0)
	{
		MemoryContextReset(c->row_cxt);
		return;
	}
	make_row(c);
	MemoryContextSwitchTo(c->row_cxt);
	c->key[c->rows] = c->t->data->items->text[item];
	for (int k = 0; k < c->columns; k++)
	{
		c->value[c->rows * c->columns + k] = NAN;
		if (!slot->tts_isnull[k + 1])
			take_attribute(c, (int32) c->rows, k, slot->tts_values[k + 1]);
	}
	c->rows++;
	MemoryContextSwitchTo(old);
	if ((c->rows & 255) == 0)
		MemoryContextReset(c->row_cxt);
}

cs_content_source *
cs_content_read(cs_reco_training *t, const cs_source *source, const char *key, const char *path, size_t budget)
{
	cs_content_source *c = CS_NEW(t->env, cs_content_source, 1);
	const cs_recommender *content = cs_recommender_find("content");
	const cs_option *language;
	StringInfoData list;

	c->t = t;
	c->all = t->algorithm == content;
	c->options = c->all ? t->options : cs_options_new(t->env, cs_reco_params(t->env, content));
	language = cs_option_get(c->options, "language");
	c->budget = budget;
	c->words.env = t->env;
	c->term = cs_dictionary_new(t->env, false);
	c->key_type = getBaseType(TupleDescAttr(source->desc, cs_source_column(source, key, "the item"))->atttypid);
	c->config = cs_text_config(language->set ? language->text[0] : GetConfigOption("default_text_search_config", false, false), path);
	if (!choose_columns(c, source, key))
		return NULL;
	initStringInfo(&list);
	appendStringInfo(&list, "q.%s", quote_identifier(key));
	for (int k = 0; k < c->columns; k++)
		appendStringInfo(&list, ", q.%s%s", quote_identifier(c->column[k].name), c->column[k].role == NUMBER ? "::pg_catalog.float8" : "");
	c->row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg item", ALLOCSET_DEFAULT_SIZES);
	cs_source_scan(source, list.data, true, take_row, c);
	MemoryContextDelete(c->row_cxt);
	return c;
}

/* ---- numbers ---- */

static int
by_value(const void *a, const void *b)
{
	const number *x = a,
			   *y = b;

	cs_sort_poll();
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* Entries for a column of numbers: place 0 .. QUANTILES by the middle rank of equal values. */
static void
place_numbers(cs_content_source *c, int k)
{
	number	   *v = CS_ROOM(c->t->env, number, c->rows + 1);
	int32		term[QUANTILES + 1];
	size_t		n = 0;

	for (size_t row = 0; row < c->rows; row++)
		if (isfinite(c->value[row * c->columns + k]))
			v[n++] = (number) {c->value[row * c->columns + k], (int32) row};
	qsort(v, n, sizeof(number), by_value);
	for (int q = 0; n > 0 && q <= QUANTILES; q++)
		term[q] = other_term(c, psprintf("%s about %g\1%d", c->column[k].name, v[(n - 1) * q / QUANTILES].value, q));
	for (size_t from = 0, to; from < n; from = to)
	{
		double		place;
		int			q;

		for (to = from + 1; to < n && v[to].value == v[from].value; to++)
			;
		place = n > 1 ? (double) (from + to - 1) / 2 / (double) (n - 1) * QUANTILES : 0;
		q = Min((int) place, QUANTILES - 1);
		for (size_t i = from; i < to; i++)
		{
			if (q + 1 - place > 0)
				add_entry(c, v[i].item, term[q], (float) (q + 1 - place));
			if (place - q > 0)
				add_entry(c, v[i].item, term[q + 1], (float) (place - q));
		}
	}
	cs_release(c->t->env, v);
}

void
cs_content_ready(cs_reco_training *t, cs_content_source *c)
{
	int32	   *item,
			   *to;
	bool	   *other;
	cs_raw_attributes raw;

	for (int k = 0; k < c->columns; k++)
		if (c->column[k].role == NUMBER)
			place_numbers(c, k);
	/* the numbers of rows and of terms, by the order of their keys */
	item = CS_ROOM(t->env, int32, c->rows + 1);
	for (size_t row = 0; row < c->rows; row++)
		item[row] = cs_dictionary_text(t->data->items, c->key[row], strlen(c->key[row]), false);
	to = cs_dictionary_order(c->term);
	for (size_t i = 0; i < c->n; i++)
	{
		c->row[i] = item[c->row[i]];
		c->number[i] = to[c->number[i]];
	}
	other = CS_NEW(t->env, bool, c->term->n + 1);
	t->term = CS_NEW(t->env, char *, c->term->n + 1);
	for (int i = 0; i < c->term->n; i++)
	{
		const char *text = c->term->text[i];

		other[i] = text[0] == '\1';
		t->term[i] = other[i] ? pnstrdup(text + 1, strcspn(text + 1, "\1")) : pstrdup(text);
	}
	raw = (cs_raw_attributes) {c->n, t->data->items->n, c->term->n, c->row, c->number, c->count, other};
	t->attributes = cs_attributes_build(t->env, &raw, cs_option_real(c->options, "weight"));
	cs_release(t->env, c->row);
	cs_release(t->env, c->number);
	cs_release(t->env, c->count);
}

/* ---- terms of items ---- */

static int
by_score(const void *a, const void *b)
{
	const cs_scored *x = a,
			   *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->item < y->item ? -1 : x->item > y->item;
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_terms);

/* _reco_fit_terms() -> setof (item_no, terms text[]): what says most of each item */
Datum
clusterseg_reco_fit_terms(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_reco_training *t = cs_reco_training_open();
	MemoryContext cxt,
				old;
	cs_events  *e;
	cs_scored  *s;

	InitMaterializedSRF(fcinfo, 0);
	if (t->attributes == NULL)
		return (Datum) 0;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg terms", ALLOCSET_DEFAULT_SIZES);
	e = cs_events_transpose(t->env, t->attributes);
	s = CS_ROOM(t->env, cs_scored, t->attributes->customers + 1);
	for (int i = 0; i < e->customers; i++)
	{
		int			n = (int) (e->start[i + 1] - e->start[i]);
		Datum		d[TERMS_KEPT],
					v[2];
		bool		isnull[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		if (n == 0)
			continue;
		for (int k = 0; k < n; k++)
			s[k] = (cs_scored) {e->item[e->start[i] + k], e->weight[e->start[i] + k]};
		qsort(s, n, sizeof(cs_scored), by_score);
		n = Min(n, TERMS_KEPT);
		old = MemoryContextSwitchTo(cxt);
		for (int k = 0; k < n; k++)
			d[k] = CStringGetTextDatum(t->term[s[k].item]);
		v[0] = Int32GetDatum(i);
		v[1] = PointerGetDatum(construct_array(d, n, TEXTOID, -1, false, TYPALIGN_INT));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	MemoryContextDelete(cxt);
	cs_events_free(t->env, e);
	cs_release(t->env, s);
	return (Datum) 0;
}

static void
take_terms(void *arg, HeapTuple row, TupleDesc desc)
{
	*(char **) arg = TextDatumGetCString(cs_reco_value(row, desc, 1));
}

char *
cs_content_shared(cs_reco *r, int32 item, int32 other)
{
	static cs_kept kept = {
		"SELECT pg_catalog.array_to_string(ARRAY(SELECT t.term FROM pg_catalog.unnest(a.terms) WITH ORDINALITY t (term, place)"
		" WHERE t.term OPERATOR(pg_catalog.=) ANY (b.terms) ORDER BY t.place LIMIT $4), ', ')"
		" FROM clusterseg._reco_terms a, clusterseg._reco_terms b"
		" WHERE a.version_id OPERATOR(pg_catalog.=) $1 AND a.item_no OPERATOR(pg_catalog.=) $2"
		" AND b.version_id OPERATOR(pg_catalog.=) $1 AND b.item_no OPERATOR(pg_catalog.=) $3", 4, {INT8OID, INT4OID, INT4OID, INT8OID}};
	Datum		values[4] = {Int64GetDatum(r->id), Int32GetDatum(item), Int32GetDatum(other), Int64GetDatum(TERMS_SHOWN)};
	char	   *terms = "";

	cs_kept_run(&kept, values, NULL, take_terms, &terms);
	return *terms ? psprintf(": %s", terms) : "";
}
