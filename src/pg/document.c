/*
 * document.c - terms of texts (see document.h).
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_ts_config.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tsearch/ts_utils.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "pg/document.h"
#include "pg/source.h"

/* The server's parser does not look for interrupts: this many bytes take it some milliseconds. */
#define PIECE_BYTES (64 * 1024)

Oid
cs_text_config(const char *name, const char *path)
{
	int			nest = cs_enter_path(path);
	List	   *names;
	Oid			config;

#if PG_VERSION_NUM >= 160000
	names = stringToQualifiedNameList(name, NULL);
#else
	names = stringToQualifiedNameList(name);
#endif
	config = get_ts_config_oid(names, true);
	AtEOXact_GUC(true, nest);
	if (!OidIsValid(config))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("text search configuration \"%s\" does not exist", NameListToString(names)),
				 errhint("SELECT cfgname FROM pg_ts_config lists those that exist.")));
	return config;
}

char *
cs_text_config_name(Oid config)
{
	HeapTuple	tuple = SearchSysCache1(TSCONFIGOID, ObjectIdGetDatum(config));
	Form_pg_ts_config form;
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for text search configuration %u", config);
	form = (Form_pg_ts_config) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(form->cfgnamespace), NameStr(form->cfgname));
	ReleaseSysCache(tuple);
	return name;
}

/* The bytes that count; cut: not all of them. */
static char *
beginning(Datum text, int *len, bool *cut)
{
	struct varlena *v;

	*cut = toast_raw_datum_size(text) - VARHDRSZ > CS_DOCUMENT_BYTES;
	v = *cut ? PG_DETOAST_DATUM_SLICE(text, 0, CS_DOCUMENT_BYTES) : PG_DETOAST_DATUM_PACKED(text);
	*len = VARSIZE_ANY_EXHDR(v);
	if (*cut)
		*len = pg_mbcliplen(VARDATA_ANY(v), *len, *len);
	return VARDATA_ANY(v);
}

static void
make_room(cs_terms *t, size_t room)
{
	uint32_t   *number = t->number;

	if (room <= t->room)
		return;
	cs_release(t->env, t->weight);
	t->room = Max(2 * room, 256);
	t->number = CS_ROOM(t->env, uint32_t, t->room);
	t->weight = CS_ROOM(t->env, double, t->room);
	if (t->n > 0)
		memcpy(t->number, number, t->n * sizeof(uint32_t));
	cs_release(t->env, number);
}

/* Bytes of the next piece: up to a blank, which ends a word in every server encoding. */
static int
piece_length(const char *bytes, int len)
{
	int			n = Min(len, PIECE_BYTES);

	if (n == len)
		return n;
	while (n > 0 && bytes[n - 1] != ' ' && bytes[n - 1] != '\n')
		n--;
	return n > 0 ? n : pg_mbcliplen(bytes, len, PIECE_BYTES);
}

static void
add_terms(Oid config, char *bytes, int len, cs_term_fn fn, void *arg, cs_terms *out)
{
	ParsedText	parsed = {0};

	parsed.lenwords = Max(len / 6, 2);
	parsed.words = palloc(sizeof(ParsedWord) * parsed.lenwords);
	parsetext(config, &parsed, bytes, len);
	make_room(out, out->n + parsed.curwords);
	for (int i = 0; i < parsed.curwords; i++)
	{
		int			number = fn(arg, parsed.words[i].word, parsed.words[i].len);

		if (number >= 0)
			out->number[out->n++] = (uint32_t) number;
		pfree(parsed.words[i].word);
	}
	pfree(parsed.words);
}

bool
cs_document_terms(Oid config, Datum text, cs_term_fn fn, void *arg, cs_terms *out)
{
	int			len;
	bool		cut;
	char	   *bytes = beginning(text, &len, &cut);

	out->n = 0;
	for (int n; len > 0; bytes += n, len -= n)
	{
		CHECK_FOR_INTERRUPTS();
		n = piece_length(bytes, len);
		add_terms(config, bytes, n, fn, arg, out);
	}
	return !cut;
}
