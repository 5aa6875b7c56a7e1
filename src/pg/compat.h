/*
 * compat.h - where PostgreSQL 15 to 18 differ; PG_VERSION_NUM stands nowhere else.
 *
 * By pg_env.h it is in every file of this room, so that what was written on one
 * version also has the declarations that another keeps elsewhere.
 */
#ifndef CS_COMPAT_H
#define CS_COMPAT_H

#include "postgres.h"

/* Macros of variable-length values left postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Callbacks of the JSON parser return whether they succeeded. */
#if PG_VERSION_NUM >= 160000
#define CS_JSON_RETURN JsonParseErrorType
#define CS_JSON_OK return JSON_SUCCESS
#else
#define CS_JSON_RETURN void
#define CS_JSON_OK return
#endif

/* The place of a parser's state can be the caller's. */
#if PG_VERSION_NUM >= 170000
#define cs_json_lexer(json, len) makeJsonLexContextCstringLen(NULL, json, len, GetDatabaseEncoding(), true)
#else
#define cs_json_lexer(json, len) makeJsonLexContextCstringLen(json, len, GetDatabaseEncoding(), true)
#endif

/* Errors of input can be kept instead of thrown. */
#if PG_VERSION_NUM >= 160000
#define cs_float8in(text, type_name) float8in_internal(text, NULL, type_name, text, NULL)
#else
#define cs_float8in(text, type_name) float8in_internal(text, NULL, type_name, text)
#endif

/* Entry number i, from 1, of the statistics' list of backends. */
#if PG_VERSION_NUM >= 160000
#define cs_backend_entry(i) (&pgstat_get_local_beentry_by_index(i)->backendStatus)
#else
#define cs_backend_entry(i) (&pgstat_fetch_stat_local_beentry(i)->backendStatus)
#endif

#endif
