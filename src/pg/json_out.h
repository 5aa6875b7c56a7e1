/*
 * json_out.h - building small JSON objects for metrics.
 */
#ifndef CS_JSON_OUT_H
#define CS_JSON_OUT_H

#include "postgres.h"

#include "utils/jsonb.h"

typedef struct cs_json
{
	JsonbParseState *state;
} cs_json;

extern void cs_json_begin(cs_json *j);	/* an object */
extern void cs_json_begin_list(cs_json *j, const char *key);
extern void cs_json_begin_object(cs_json *j, const char *key);	/* key NULL within a list */
extern void cs_json_end_list(cs_json *j);
extern void cs_json_end_object(cs_json *j);
extern void cs_json_number(cs_json *j, const char *key, double v);	/* null when not finite */
/* Of a finite number all digits, where cs_json_number gives 15. */
extern void cs_json_exact(cs_json *j, const char *key, double d);
extern void cs_json_text(cs_json *j, const char *key, const char *v);
extern void cs_json_null(cs_json *j, const char *key);
extern void cs_json_bool(cs_json *j, const char *key, bool v);
extern Jsonb *cs_json_end(cs_json *j);

#endif							/* CS_JSON_OUT_H */
