/*
 * groups.c - groups of a model value: keys, reading, writing (see groups.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/convert.h"
#include "pg/groups.h"
#include "pg/model_copy.h"
#include "pg/pins.h"

/* ---- keys ---- */

/* Bytes with a meaning in a code: the end of a value, its begin, and the mark before a byte that looks like one. */
#define END '\x01'
#define BEGIN '\x02'
#define MARK '\x03'

void
cs_group_code(StringInfo code, const char *text, int len)
{
	if (text)
		appendStringInfoChar(code, BEGIN);
	for (int i = 0; text && i < len; i++)
	{
		if (text[i] >= END && text[i] <= MARK)
		{
			appendStringInfoChar(code, MARK);
			appendStringInfoChar(code, text[i] + '0');
		}
		else
			appendStringInfoChar(code, text[i]);
	}
	appendStringInfoChar(code, END);
}

char **
cs_group_key(cs_env *env, const char *code, int columns)
{
	char	  **key = CS_NEW(env, char *, columns + 1);

	for (int c = 0; c < columns; c++, code++)
	{
		char	   *to;

		if (*code == END)
			continue;
		to = key[c] = CS_NEW(env, char, strchr(code, END) - code + 1);
		for (code++; *code != END; code++)
			*to++ = *code == MARK ? *++code - '0' : *code;
	}
	return key;
}

int
cs_groups_find(const cs_groups *g, const char *code)
{
	int			low = 0,
				high = g->n - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2,
					c = strcmp(code, g->group[middle].code);

		if (c == 0)
			return middle;
		if (c < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return -1;
}

/* By text, so only types whose text depends on nothing but the value. */
void
cs_group_check_type(Oid type, const char *column)
{
	bool		cast;
	Oid			base = getBaseType(type);
	cs_conv		conv = cs_conv_of_type(base, &cast);

	if (cs_conv_is_category(conv) || conv == CONV_BOOL || conv == CONV_INT2 || conv == CONV_INT4 || conv == CONV_INT8 ||
		TypeCategory(base) == TYPCATEGORY_STRING)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" of type %s cannot tell groups", column, format_type_be(type)),
			 errdetail("Groups are told by texts, enums, booleans, whole numbers and uuids."),
			 errhint("Cast it to text in a query.")));
}

const char *
cs_group_text(Oid type, Datum d, int *len)
{
	Oid			base = getBaseType(type);
	bool		cast;

	if (base == BOOLOID)
	{
		*len = DatumGetBool(d) ? 4 : 5;
		return DatumGetBool(d) ? "true" : "false";
	}
	return cs_convert_text(cs_conv_of_type(base, &cast) == CONV_TEXT ? CONV_TEXT : CONV_OUTPUT, base, d, len);
}

/* A long value is cut, and what would break a line becomes a space. */
#define NAME_BYTES 40

char *
cs_group_name(const cs_group *g, int columns)
{
	StringInfoData s;

	initStringInfo(&s);
	for (int c = 0; c < columns; c++)
	{
		const char *text = g->key[c] ? g->key[c] : "(none)";
		int			len = strlen(text),
					cut = pg_mbcliplen(text, len, NAME_BYTES);

		if (c > 0)
			appendStringInfoString(&s, " / ");
		for (int i = 0; i < cut; i++)
			appendStringInfoChar(&s, (unsigned char) text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i]);
		if (cut < len)
			appendStringInfoString(&s, "...");
		if (len == 0)
			appendStringInfoString(&s, "(empty)");
	}
	return s.data;
}

char *
cs_groups_columns(const cs_groups *g)
{
	StringInfoData s;

	initStringInfo(&s);
	for (int c = 0; c < g->columns; c++)
		appendStringInfo(&s, "%s%s", c ? ", " : "", g->column[c]);
	return s.data;
}

void
cs_model_refuse_groups(const cs_model *m)
{
	if (m->groups == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("the model has a model per group"),
			 errdetail("This is measured on one model and its rows."),
			 errhint("Name a group with group_key => '{\"%s\": \"...\"}'; the view model_groups lists them.", m->groups->column[0])));
}

/* ---- reading ---- */

static char **
load_texts(cs_env *env, cs_value list, bool nulls)
{
	char	  **text = CS_NEW(env, char *, list.count + 1);
	const unsigned char *at = list.data;
	cs_value	key;

	for (uint32_t i = 0; i < list.count; i++)
	{
		cs_value	v = cs_value_next(list, &at, &key);

		if (v.tag != 's' && !(nulls && v.tag == 'n'))
			cs_doc_damaged(env, "A list of texts holds something else.");
		if (v.tag == 's')
			text[i] = cs_value_text(env, v);
	}
	return text;
}

static char *
optional_text(cs_env *env, cs_value object, const char *key)
{
	return cs_value_get(object, key).tag == 0 ? NULL : cs_need_text(env, object, key);
}

static void
load_group(cs_env *env, const cs_groups *g, cs_value v, cs_group *out)
{
	cs_value	key = cs_need(env, v, "key", 'l');
	StringInfoData code;

	if (key.count != (uint32_t) g->columns)
		cs_doc_damaged(env, "The key of a group has a wrong length.");
	out->key = load_texts(env, key, true);
	initStringInfo(&code);
	for (int c = 0; c < g->columns; c++)
		cs_group_code(&code, out->key[c], out->key[c] ? (int) strlen(out->key[c]) : 0);
	out->code = cs_strdup(env, code.data);
	pfree(code.data);
	out->rows = cs_need_number(env, v, "rows", 0, 1e300);
	out->skipped = cs_need_number(env, v, "skipped", 0, 1e300);
	out->silhouette = cs_value_get(v, "silhouette").tag == 0 ? NAN : cs_need_number(env, v, "silhouette", -1, 1);
	out->note = optional_text(env, v, "note");
	out->reason = optional_text(env, v, "reason");
	out->doc = cs_value_get(v, "model");
	if (out->doc.tag != 0)
		out->k = cs_need_int(env, cs_need(env, out->doc, "fit", 'o'), "k", 1, 1000000);
	if ((out->doc.tag == 0) == (out->reason == NULL))
		cs_doc_damaged(env, "A group has a model of its own or a reason why it has none.");
}

void
cs_groups_load(cs_env *env, cs_model *m, cs_value root)
{
	cs_value	v = cs_value_get(root, "groups"),
				list,
				key;
	const unsigned char *at;
	cs_groups  *g;

	if (v.tag == 0)
		return;
	g = CS_NEW(env, cs_groups, 1);
	g->env = env;
	list = cs_need(env, v, "columns", 'l');
	g->columns = (int) list.count;
	if (list.count < 1 || list.count > 1600)
		cs_doc_damaged(env, "Groups are told by no column, or too many.");
	g->column = load_texts(env, list, false);
	g->assigned = cs_need_numbers(env, v, "assigned", m->k);
	list = cs_need(env, v, "list", 'l');
	if (list.count > CS_GROUPS_MOST)
		cs_doc_damaged(env, "It has too many groups.");
	g->n = (int) list.count;
	g->group = CS_NEW(env, cs_group, g->n + 1);
	g->k = m->k;
	at = list.data;
	for (int i = 0; i < g->n; i++)
	{
		load_group(env, g, cs_value_next(list, &at, &key), &g->group[i]);
		if (i > 0 && strcmp(g->group[i - 1].code, g->group[i].code) >= 0)
			cs_doc_damaged(env, "Its groups are not in the order of their keys.");
		g->group[i].first = g->k;
		g->k += g->group[i].k;
		if (g->k > 10000000)
			cs_doc_damaged(env, "It has too many segments.");
	}
	m->groups = g;
}

cs_model *
cs_model_of_group(cs_model *parent, int g)
{
	cs_group   *one;

	if (parent->groups == NULL || g < 0 || parent->groups->group[g].doc.tag == 0)
		return parent;
	one = &parent->groups->group[g];
	if (one->m == NULL)
		one->m = cs_model_load_part(parent->groups->env, parent, one->doc);
	return one->m;
}

static int
by_number(const void *a, const void *b)
{
	int			x = *(const int *) a,
				y = *(const int *) b;

	return x < y ? -1 : x > y;
}

void
cs_groups_load_all(cs_env *env, cs_model *m)
{
	cs_model   *whole;
	int		   *id;

	for (int i = 0; m->groups && i < m->groups->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cs_model_of_group(m, i);
	}
	whole = cs_model_whole(env, m);
	id = CS_NEW(env, int, whole->k);
	memcpy(id, whole->segment_id, sizeof(int) * whole->k);
	qsort(id, whole->k, sizeof(int), by_number);
	for (int j = 1; j < whole->k; j++)
		if (id[j] == id[j - 1])
			cs_doc_damaged(env, "Two segments have the same id.");
}

/* ---- the whole ---- */

static void
add_clusters(cs_model *whole, const cs_model *part, int first, const double *size)
{
	memcpy(whole->segment_id + first, part->segment_id, sizeof(int) * part->k);
	memcpy(whole->label + first, part->label, sizeof(char *) * part->k);
	memcpy(whole->size + first, size, sizeof(double) * part->k);
	memcpy(whole->radius + first, part->radius, sizeof(double) * part->k);
	memcpy(whole->reach + first, part->reach, sizeof(double) * part->k);
}

cs_model *
cs_model_whole(cs_env *env, cs_model *m)
{
	cs_groups  *g = m->groups;
	cs_model   *whole;
	int			clusters = g ? g->k : m->k,
				k = clusters + (m->pins ? m->pins->n : 0);

	if (g == NULL && m->pins == NULL)
		return m;
	whole = CS_NEW(env, cs_model, 1);
	*whole = *m;
	whole->k = k;
	whole->segment_id = CS_NEW(env, int, k);
	whole->label = CS_NEW(env, char *, k);
	whole->size = CS_NEW(env, double, k);
	whole->radius = CS_NEW(env, double, k);
	whole->reach = CS_NEW(env, double, k);
	add_clusters(whole, m, 0, g ? g->assigned : m->size);
	if (g)
		whole->rows = 0;
	for (int i = clusters; i < k; i++)
	{
		whole->segment_id[i] = m->pins->pin[i - clusters].id;
		whole->label[i] = m->pins->pin[i - clusters].label;
		whole->size[i] = m->pins->pin[i - clusters].rows;
		whole->rows += whole->size[i];
	}
	for (int i = 0; g && i < g->n; i++)
	{
		const cs_model *part = cs_model_of_group(m, i);

		if (part != m)
			add_clusters(whole, part, g->group[i].first, part->size);
		whole->rows += g->group[i].rows;
	}
	return whole;
}

/* ---- writing ---- */

static void
save_group(const cs_groups *g, int i, cs_writer *w)
{
	const cs_group *one = &g->group[i];

	cs_begin_object(w, NULL);
	cs_begin_list(w, "key");
	for (int c = 0; c < g->columns; c++)
		if (one->key[c])
			cs_put_text(w, NULL, one->key[c]);
		else
			cs_put_null(w, NULL);
	cs_end(w);
	cs_put_number(w, "rows", one->rows);
	cs_put_number(w, "skipped", one->skipped);
	if (!isnan(one->silhouette))
		cs_put_number(w, "silhouette", one->silhouette);
	if (one->note)
		cs_put_text(w, "note", one->note);
	if (one->reason)
		cs_put_text(w, "reason", one->reason);
	else
		cs_copy_part(w, "model", one->doc, one->m->segment_id, one->m->label, one->k);
	cs_end(w);
}

void
cs_groups_save(const cs_groups *g, int parent_k, cs_writer *w)
{
	cs_begin_object(w, "groups");
	cs_begin_list(w, "columns");
	for (int c = 0; c < g->columns; c++)
		cs_put_text(w, NULL, g->column[c]);
	cs_end(w);
	cs_put_numbers(w, "assigned", g->assigned, parent_k);
	cs_begin_list(w, "list");
	for (int i = 0; i < g->n; i++)
		save_group(g, i, w);
	cs_end(w);
	cs_end(w);
}
