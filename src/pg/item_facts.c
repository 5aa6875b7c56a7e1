/*
 * item_facts.c - reading the item source (see item_facts.h).
 *
 * Where several rows have the same key, the item is there, its category is the
 * first by the alphabet, and its time the latest.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/item_facts.h"
#include "pg/pg_env.h"
#include "pg/source.h"

/* As it is kept with a version. */
typedef struct cs_item_source
{
	char	   *from;			/* NULL: the version has none */
	char	   *path;
	char	   *key;
	char	   *category;
	char	   *at;
	Oid			key_type;
	cs_kept		by_key;			/* the last query by keys, planned */
} cs_item_source;

struct cs_item_facts
{
	const cs_reco_now *now;
	cs_item_source *source;
	const char *category;		/* column, or NULL */
	const char *at;				/* the same */
	cs_dictionary *categories;
	const cs_item_fact *all;	/* per item, when all are read */

	/* of the reading at hand */
	cs_dictionary *keys;
	cs_item_fact *fact;			/* per key */
	int			most;			/* keys below this are asked for */
	MemoryContext row_cxt;
};

/* ---- what a version keeps ---- */

static void
take_source(void *arg, HeapTuple row, TupleDesc desc)
{
	cs_item_source *s = arg;
	bool		isnull;

	s->from = cs_result_text(row, desc, 1);
	s->path = cs_result_text(row, desc, 2);
	s->key = cs_result_text(row, desc, 3);
	s->category = cs_result_text(row, desc, 4);
	s->at = cs_result_text(row, desc, 5);
	s->key_type = DatumGetObjectId(cs_result(row, desc, 6, &isnull));
	if (isnull)
		cs_reco_damaged("the type of the items' keys does not exist");
}

static cs_item_source *
source_of(cs_reco *r)
{
	static cs_kept kept = {
		"SELECT source_from, source_path, key, category, at, pg_catalog.to_regtype(key_type)::pg_catalog.oid FROM clusterseg._reco_item_sources"
		" WHERE version_id OPERATOR(pg_catalog.=) $1", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(r->id)};
	MemoryContext old;
	cs_item_source *s;

	if (r->item_source == NULL)
	{
		old = MemoryContextSwitchTo(r->cxt);
		s = palloc0(sizeof(cs_item_source));
		cs_kept_run(&kept, values, NULL, take_source, s);
		MemoryContextSwitchTo(old);
		r->item_source = s;
	}
	return r->item_source;
}

void
cs_item_source_forget(cs_reco *r)
{
	if (r->item_source)
		cs_kept_free(&r->item_source->by_key);
}

/* ---- columns ---- */

static void
need(const cs_item_source *s, const char *column, const char *what, const char *option, const char *because)
{
	if (column)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s needs %s of items", because, what),
			 s->from == NULL ? errdetail("The recommender was trained without an item source.")
			 : errdetail("No column of the item source is named for it."),
			 s->from == NULL ? errhint("Name one in train_recommender() with the arguments \"item_source\" and \"item_key\".")
			 : errhint("Name it with the option \"%s\", here or in train_recommender().", option)));
}

cs_item_facts *
cs_item_facts_open(const cs_reco_now *now, const cs_serving *o)
{
	cs_item_source *s = source_of(now->r);
	const char *category = o->category && s->from ? o->category : s->category,
			   *at = o->item_time && s->from ? o->item_time : s->at;
	cs_item_facts *f;

	if (o->cap > 0)
		need(s, category, "categories", "category", "max_per_category");
	if (o->diversity > 0 && o->alike == CS_ALIKE_CATEGORY)
		need(s, category, "categories", "category", "diversity by category");
	if (o->aged)
		need(s, at, "times", "item_time", "an age of items");
	if (s->from == NULL && (o->category || o->item_time))
		need(s, NULL, o->category ? "categories" : "times", "", o->category ? "option \"category\"" : "option \"item_time\"");
	if (s->from == NULL)
		return NULL;
	f = palloc0(sizeof(cs_item_facts));
	f->now = now;
	f->source = s;
	if (o->cap > 0 || (o->diversity > 0 && o->alike != CS_ALIKE_ITEMS))
		f->category = category;
	if (o->aged)
		f->at = at;
	if (o->category || o->item_time)
	{
		cs_source  *source = cs_source_open(psprintf("SELECT * FROM %s", s->from), s->path, now->run_as);

		if (o->category)
			cs_source_column(source, o->category, "the category");
		if (o->item_time)
			cs_events_check_columns(source, NULL, NULL, o->item_time);
	}
	f->categories = cs_dictionary_new(cs_pg_env(CurrentMemoryContext), false);
	f->row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg item", ALLOCSET_SMALL_SIZES);
	return f;
}

bool
cs_item_facts_categories(const cs_item_facts *f)
{
	return f != NULL && f->category != NULL;
}

/* ---- rows ---- */

static char *
select_list(const cs_item_facts *f)
{
	StringInfoData list;

	initStringInfo(&list);
	appendStringInfo(&list, "q.%s", quote_identifier(f->source->key));
	if (f->category)
		appendStringInfo(&list, ", q.%s::pg_catalog.text", quote_identifier(f->category));
	if (f->at)
		appendStringInfo(&list, ", EXTRACT(epoch FROM q.%s::pg_catalog.timestamptz)::pg_catalog.float8", quote_identifier(f->at));
	return list.data;
}

static void
take_category(cs_item_facts *f, cs_item_fact *fact, Datum d)
{
	char	   *name = TextDatumGetCString(d);
	int			category;

	if (fact->category >= 0 && strcmp(f->categories->text[fact->category], name) <= 0)
		return;
	category = cs_dictionary_text(f->categories, name, strlen(name), true);
	fact->category = category;
}

static void
take_values(cs_item_facts *f, Oid type, const Datum *v, const bool *isnull)
{
	MemoryContext old = MemoryContextSwitchTo(f->row_cxt);
	int			column = 1,
				len,
				at;
	const char *text;

	if (!isnull[0])
	{
		text = cs_key_text(type, v[0], &len);
		at = cs_dictionary_text(f->keys, text, len, false);
		if (at >= 0 && at < f->most)
		{
			cs_item_fact *fact = &f->fact[at];

			fact->present = true;
			if (f->category && !isnull[column++])
				take_category(f, fact, v[column - 1]);
			if (f->at && !isnull[column] && !(fact->at >= DatumGetFloat8(v[column])))
				fact->at = DatumGetFloat8(v[column]);
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(f->row_cxt);
}

static void
take_row(void *arg, HeapTuple row, TupleDesc desc)
{
	cs_item_facts *f = arg;
	Datum		v[3] = {0};
	bool		isnull[3];

	for (int c = 0; c < desc->natts; c++)
		v[c] = cs_result(row, desc, c + 1, &isnull[c]);
	take_values(f, getBaseType(TupleDescAttr(desc, 0)->atttypid), v, isnull);
}

static void
take_slot(void *arg, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	take_values(arg, getBaseType(TupleDescAttr(slot->tts_tupleDescriptor, 0)->atttypid), slot->tts_values, slot->tts_isnull);
}

static void
start(cs_item_facts *f, cs_dictionary *keys, int n, cs_item_fact *fact)
{
	f->keys = keys;
	f->most = n;
	f->fact = fact;
	for (int i = 0; i < n; i++)
		fact[i] = (cs_item_fact) {false, -1, NAN};
}

void
cs_item_facts_load(cs_item_facts *f, cs_dictionary *items)
{
	cs_item_fact *all = palloc_extended(sizeof(cs_item_fact) * (f->now->r->items + 1), MCXT_ALLOC_HUGE);

	start(f, items, f->now->r->items, all);
	cs_query_scan(psprintf("SELECT %s FROM %s", select_list(f), f->source->from), f->source->path, f->now->run_as, false, take_slot, f);
	f->all = all;
}

const cs_item_fact *
cs_item_facts_all(const cs_item_facts *f)
{
	return f->all;
}

cs_item_facts *
cs_item_facts_given(const cs_item_fact *all, bool categories)
{
	cs_item_facts *f = palloc0(sizeof(cs_item_facts));

	f->all = all;
	f->category = categories ? "" : NULL;
	return f;
}

/* ---- a few keys ---- */

/* What the keys are compared as: whole numbers of any size with each other, texts, else their own type. */
static Oid
compared_as(Oid type)
{
	if (cs_dictionary_integral(type))
		return INT8OID;
	if (type == TEXTOID || type == VARCHAROID || !OidIsValid(get_array_type(type)))
		return TEXTOID;
	return type;
}

static Datum
key_array(Oid run_as, Oid type, char **key, int n)
{
	Datum	   *d = palloc(sizeof(Datum) * (n + 1));
	int16		len;
	bool		byval;
	char		align;

	get_typlenbyvalalign(type, &len, &byval, &align);
	for (int i = 0; i < n; i++)
		d[i] = cs_input_as(run_as, type, key[i]);
	return PointerGetDatum(construct_array(d, n, type, len, byval, align));
}

static void
read_keys(cs_item_facts *f, char **key, int n)
{
	cs_item_source *s = f->source;
	Oid			type = compared_as(s->key_type);
	char	   *query = psprintf("SELECT %s FROM %s WHERE q.%s%s = ANY ($1)", select_list(f), s->from, quote_identifier(s->key),
								 type == TEXTOID ? "::pg_catalog.text" : "");
	Oid			types[1] = {get_array_type(type)};
	Datum		values[1] = {key_array(f->now->run_as, type, key, n)};

	cs_reco_keep(f->now->r, &s->by_key, query, 1, types);
	cs_kept_scan(&s->by_key, s->path, f->now->run_as, values, NULL, take_row, f);
}

void
cs_item_facts_get(cs_item_facts *f, const int32 *item, int n, cs_item_fact *out)
{
	char	  **key;
	cs_dictionary *keys;

	for (int i = 0; f->all && i < n; i++)
		out[i] = f->all[item[i]];
	if (f->all || n == 0)
		return;
	key = cs_reco_keys(f->now->r, item, n);
	keys = cs_dictionary_new(cs_pg_env(CurrentMemoryContext), false);
	for (int i = 0; i < n; i++)
		cs_dictionary_text(keys, key[i], strlen(key[i]), true);
	start(f, keys, n, out);
	read_keys(f, key, n);
}

/* ---- training ---- */

static bool
text_like(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

static void
check_key(const cs_source *s, const char *key, Oid item_type)
{
	Oid			type = getBaseType(TupleDescAttr(s->desc, cs_source_column(s, key, "the item"))->atttypid);

	if (type == item_type || (cs_dictionary_integral(type) && cs_dictionary_integral(item_type)) || (text_like(type) && text_like(item_type)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("items of the item source are not of the type of the events' items"),
			 errdetail("The former are of type %s, the latter of type %s.", format_type_be(type), format_type_be(item_type)),
			 errhint("Convert them in a query: item_source => 'SELECT %s::%s AS %s, ...'.", quote_identifier(key), format_type_be(item_type),
					 quote_identifier(key))));
}

PG_FUNCTION_INFO_V1(clusterseg_item_source);

/*
 * _item_source(item_source, path, item_key, item_type, category, item_time, run_as) -> (what stands behind FROM, type
 * of the key, category): a column "category" is the category unless another one is named.
 */
Datum
clusterseg_item_source(PG_FUNCTION_ARGS)
{
	char	   *category = CS_ARG_TEXT(4),
			   *key = CS_ARG_TEXT(2);
	cs_source  *s = cs_source_open(CS_ARG_TEXT(0), CS_ARG_TEXT(1), PG_ARGISNULL(6) ? InvalidOid : cs_role_for(CS_ARG_TEXT(6)));
	TupleDesc	desc;
	Datum		v[3];
	bool		isnull[3] = {false, false, false};

	check_key(s, key, getBaseType(PG_GETARG_OID(3)));
	if (category)
		cs_source_column(s, category, "the category");
	else if (cs_source_find(s, "category") >= 0)
		category = "category";
	cs_events_check_columns(s, NULL, NULL, CS_ARG_TEXT(5));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	v[0] = CStringGetTextDatum(s->from);
	v[1] = CStringGetTextDatum(format_type_extended(getBaseType(TupleDescAttr(s->desc, cs_source_find(s, key))->atttypid), -1, FORMAT_TYPE_FORCE_QUALIFY));
	v[2] = category ? CStringGetTextDatum(category) : (Datum) 0;
	isnull[2] = category == NULL;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, v, isnull)));
}
