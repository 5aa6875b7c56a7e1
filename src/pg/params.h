/*
 * params.h - options as users give them (jsonb) against tables of parameters.
 */
#ifndef CS_PG_PARAMS_H
#define CS_PG_PARAMS_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "core/base/params.h"

/*
 * Values for a table from a JSON object.  what names the thing in messages, as
 * in "option of kmeans".  Keys of extra (may be NULL) are allowed as well and
 * left to the caller.  Unknown keys, wrong types and values out of range are
 * errors with SQLSTATE 22023 that list what is allowed.
 */
extern cs_options *cs_parse_options(cs_env *env, const cs_param *table, const cs_param *extra,
									Jsonb *json, const char *what);

/* The same from a value within a document: an object, or a shorthand (see params.c). */
extern cs_options *cs_parse_transform(cs_env *env, const cs_param *table, JsonbValue *value, const char *feature);

/* A number of a parameter as users write it: 1000000, not 1e+06. */
extern char *cs_param_number(const cs_param *p, double v);

/* The values in force, defaults included, for the record kept with a version. */
extern Jsonb *cs_options_json(cs_env *env, const cs_options *o);

#endif							/* CS_PG_PARAMS_H */
