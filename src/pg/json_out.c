/*
 * json_out.c - a thin layer over pushJsonbValue (see json_out.h).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "pg/json_out.h"

static void
push_key(cs_json *j, const char *key)
{
	JsonbValue	v;

	if (key == NULL)
		return;
	v.type = jbvString;
	v.val.string.val = pstrdup(key);
	v.val.string.len = strlen(key);
	pushJsonbValue(&j->state, WJB_KEY, &v);
}

/* A scalar: value of a key, or element of a list when key is NULL. */
static void
push(cs_json *j, const char *key, JsonbValue *v)
{
	push_key(j, key);
	pushJsonbValue(&j->state, key ? WJB_VALUE : WJB_ELEM, v);
}

void
cs_json_begin(cs_json *j)
{
	j->state = NULL;
	pushJsonbValue(&j->state, WJB_BEGIN_OBJECT, NULL);
}

void
cs_json_begin_list(cs_json *j, const char *key)
{
	push_key(j, key);
	pushJsonbValue(&j->state, WJB_BEGIN_ARRAY, NULL);
}

void
cs_json_begin_object(cs_json *j, const char *key)
{
	push_key(j, key);
	pushJsonbValue(&j->state, WJB_BEGIN_OBJECT, NULL);
}

void
cs_json_end_list(cs_json *j)
{
	pushJsonbValue(&j->state, WJB_END_ARRAY, NULL);
}

void
cs_json_end_object(cs_json *j)
{
	pushJsonbValue(&j->state, WJB_END_OBJECT, NULL);
}

void
cs_json_number(cs_json *j, const char *key, double d)
{
	JsonbValue	v;

	if (!isfinite(d))
		v.type = jbvNull;
	else
	{
		v.type = jbvNumeric;
		v.val.numeric = DatumGetNumeric(DirectFunctionCall1(float8_numeric, Float8GetDatum(d)));
	}
	push(j, key, &v);
}

void
cs_json_exact(cs_json *j, const char *key, double d)
{
	JsonbValue	v;

	v.type = jbvNumeric;
	v.val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(psprintf("%.17g", d)),
														ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	push(j, key, &v);
}

void
cs_json_text(cs_json *j, const char *key, const char *s)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = pstrdup(s);
	v.val.string.len = strlen(s);
	push(j, key, &v);
}

void
cs_json_null(cs_json *j, const char *key)
{
	JsonbValue	v;

	v.type = jbvNull;
	push(j, key, &v);
}

void
cs_json_bool(cs_json *j, const char *key, bool b)
{
	JsonbValue	v;

	v.type = jbvBool;
	v.val.boolean = b;
	push(j, key, &v);
}

Jsonb *
cs_json_end(cs_json *j)
{
	return JsonbValueToJsonb(pushJsonbValue(&j->state, WJB_END_OBJECT, NULL));
}
