/*
 * model_type.c - input and output of the type clusterseg.model.
 *
 * The text form is JSON.  It is read with the server's streaming parser, which
 * keeps the order of keys, and numbers are written with the shortest digits that
 * read back the same: text and binary forms convert into each other without
 * loss, byte by byte.
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/json.h"
#include "utils/jsonfuncs.h"
#include "utils/memutils.h"

#include "pg/model.h"
#include "pg/pg_env.h"

/* ---- document to JSON ---- */

static void
append_number(StringInfo out, double v)
{
	char		buf[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(v, buf);
	appendStringInfoString(out, buf);
}

static void
append_text(cs_env *env, StringInfo out, cs_value v)
{
	char	   *s = cs_value_text(env, v);

	escape_json(out, s);
	cs_release(env, s);
}

static void
append_value(cs_env *env, StringInfo out, cs_value v)
{
	const unsigned char *at = v.data;
	cs_value	key = {0, 0, NULL};

	check_stack_depth();
	switch (v.tag)
	{
		case 't':
			appendStringInfoString(out, "true");
			break;
		case 'f':
			appendStringInfoString(out, "false");
			break;
		case 'd':
			append_number(out, cs_value_number(v));
			break;
		case 's':
			append_text(env, out, v);
			break;
		case 'v':
			appendStringInfoChar(out, '[');
			for (uint32_t i = 0; i < v.count; i++)
			{
				cs_value	one = {'d', 0, v.data + 8 * (size_t) i};

				if (i > 0)
					appendStringInfoChar(out, ',');
				append_number(out, cs_value_number(one));
			}
			appendStringInfoChar(out, ']');
			break;
		case 'l':
		case 'o':
			appendStringInfoChar(out, v.tag == 'l' ? '[' : '{');
			for (uint32_t i = 0; i < v.count; i++)
			{
				cs_value	item = cs_value_next(v, &at, &key);

				if (i > 0)
					appendStringInfoChar(out, ',');
				if (v.tag == 'o')
				{
					append_text(env, out, key);
					appendStringInfoChar(out, ':');
				}
				append_value(env, out, item);
			}
			appendStringInfoChar(out, v.tag == 'l' ? ']' : '}');
			break;
		default:
			appendStringInfoString(out, "null");
	}
}

/* ---- JSON to document ---- */

typedef struct array_frame
{
	bool		list;			/* not an array of numbers */
	bool		array;
	char	   *key;
	double	   *number;
	int			n;
	int			room;
} array_frame;

typedef struct reader
{
	cs_env	   *env;
	JsonLexContext *lex;
	cs_writer	w;
	char	   *key;			/* of the value to come */
	array_frame frame[CS_DOC_DEPTH + 1];
	int			depth;
} reader;

static void
bad_json(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s", "clusterseg.model"),
			 errdetail("%s", detail)));
}

static array_frame *
push(reader *r, bool array)
{
	array_frame *f;

	if (r->depth >= CS_DOC_DEPTH)
		bad_json("It is nested too deeply.");
	f = &r->frame[r->depth++];
	memset(f, 0, sizeof(*f));
	f->array = array;
	f->key = r->key;
	r->key = NULL;
	return f;
}

/* A value that is no number comes next: an array around it is a list. */
static void
not_a_number(reader *r)
{
	array_frame *f = r->depth > 0 ? &r->frame[r->depth - 1] : NULL;

	if (f == NULL || !f->array || f->list)
		return;
	if (f->n > 0)
		bad_json("An array mixes numbers with other values.");
	f->list = true;
	cs_begin_list(&r->w, f->key);
}

static CS_JSON_RETURN
on_object_start(void *state)
{
	reader	   *r = state;

	not_a_number(r);
	cs_begin_object(&r->w, r->key);
	push(r, false);
	CS_JSON_OK;
}

static CS_JSON_RETURN
on_object_end(void *state)
{
	reader	   *r = state;

	cs_end(&r->w);
	r->depth--;
	CS_JSON_OK;
}

static CS_JSON_RETURN
on_array_start(void *state)
{
	reader	   *r = state;

	not_a_number(r);
	push(r, true);
	CS_JSON_OK;
}

static CS_JSON_RETURN
on_array_end(void *state)
{
	reader	   *r = state;
	array_frame *f = &r->frame[--r->depth];

	if (f->list)
		cs_end(&r->w);
	else
		cs_put_numbers(&r->w, f->key, f->number, f->n);
	CS_JSON_OK;
}

static CS_JSON_RETURN
on_field(void *state, char *fname, bool isnull)
{
	((reader *) state)->key = fname;
	CS_JSON_OK;
}

static void
add_number(array_frame *f, double v)
{
	if (f->n == f->room)
	{
		f->room = f->room ? 2 * f->room : 64;
		f->number = f->number ? repalloc_huge(f->number, f->room * sizeof(double))
			: palloc(f->room * sizeof(double));
	}
	f->number[f->n++] = v;
}

static void
on_number(reader *r, char *token)
{
	array_frame *f = r->depth > 0 ? &r->frame[r->depth - 1] : NULL;
	double		v = cs_float8in(token, "clusterseg.model");

	if (f && f->array)
	{
		if (f->list)
			bad_json("An array mixes numbers with other values.");
		add_number(f, v);
	}
	else
		cs_put_number(&r->w, r->key, v);
}

static CS_JSON_RETURN
on_scalar(void *state, char *token, JsonTokenType type)
{
	reader	   *r = state;

	if (type == JSON_TOKEN_NUMBER)
	{
		on_number(r, token);
		CS_JSON_OK;
	}
	not_a_number(r);
	if (type == JSON_TOKEN_STRING)
		cs_put_text(&r->w, r->key, token);
	else if (type == JSON_TOKEN_NULL)
		cs_put_null(&r->w, r->key);
	else
		cs_put_bool(&r->w, r->key, type == JSON_TOKEN_TRUE);
	CS_JSON_OK;
}

static struct varlena *
read_json(cs_env *env, char *json)
{
	JsonSemAction sem = {0};
	reader		r = {.env = env};
	unsigned char *bytes;
	size_t		len;
	struct varlena *v;

	r.lex = cs_json_lexer(json, strlen(json));
	sem.semstate = &r;
	sem.object_start = on_object_start;
	sem.object_end = on_object_end;
	sem.array_start = on_array_start;
	sem.array_end = on_array_end;
	sem.object_field_start = on_field;
	sem.scalar = on_scalar;
	cs_writer_init(env, &r.w);
	pg_parse_json_or_ereport(r.lex, &sem);
	bytes = cs_writer_finish(&r.w, &len);
	if (len > MaxAllocSize - VARHDRSZ)
		cs_fail(env, CS_E_LIMIT, "model value is too large", NULL, NULL);
	v = palloc(len + VARHDRSZ);
	SET_VARSIZE(v, len + VARHDRSZ);
	memcpy(VARDATA(v), bytes, len);
	return v;
}

/* ---- the type's functions ---- */

/* An env in a context of its own, deleted by end_work. */
static cs_env *
begin_work(void)
{
	return cs_pg_env(AllocSetContextCreate(CurrentMemoryContext, "clusterseg model", ALLOCSET_DEFAULT_SIZES));
}

static void
end_work(cs_env *env)
{
	MemoryContextDelete(cs_pg_env_context(env));
}

PG_FUNCTION_INFO_V1(clusterseg_model_in);
Datum
clusterseg_model_in(PG_FUNCTION_ARGS)
{
	cs_env	   *env = begin_work();
	struct varlena *v = read_json(env, PG_GETARG_CSTRING(0));

	/* what was made by hand is checked like everything else */
	cs_model_load_all(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	end_work(env);
	PG_RETURN_POINTER(v);
}

PG_FUNCTION_INFO_V1(clusterseg_model_out);
Datum
clusterseg_model_out(PG_FUNCTION_ARGS)
{
	struct varlena *v = PG_GETARG_VARLENA_PP(0);
	cs_env	   *env = begin_work();
	const char *wrong = cs_doc_check(CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	StringInfoData out;

	if (wrong)
		cs_doc_damaged(env, cs_text(env, "As a sequence of bytes, %s.", wrong));
	initStringInfo(&out);
	append_value(env, &out, cs_doc_root(CS_MODEL_BYTES(v)));
	end_work(env);
	PG_RETURN_CSTRING(out.data);
}

PG_FUNCTION_INFO_V1(clusterseg_model_recv);
Datum
clusterseg_model_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	struct varlena *v = palloc(len + VARHDRSZ);
	cs_env	   *env = begin_work();

	SET_VARSIZE(v, len + VARHDRSZ);
	pq_copymsgbytes(buf, VARDATA(v), len);
	cs_model_load_all(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	end_work(env);
	PG_RETURN_POINTER(v);
}

PG_FUNCTION_INFO_V1(clusterseg_model_send);
Datum
clusterseg_model_send(PG_FUNCTION_ARGS)
{
	struct varlena *v = PG_GETARG_VARLENA_PP(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA_ANY(v), VARSIZE_ANY_EXHDR(v));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}
