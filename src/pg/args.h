/*
 * args.h - arguments of SQL-callable functions.
 */
#ifndef CS_ARGS_H
#define CS_ARGS_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

/* Text or NULL. */
#define CS_ARG_TEXT(n) (PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n)))

/* An error when the argument is NULL. */
extern void cs_arg_required(FunctionCallInfo fcinfo, int n, const char *name);

/* Elements of a text array; entries are NULL where the array's are. */
extern char **cs_arg_names(FunctionCallInfo fcinfo, int n, int *count);

/* A detoasted value of type clusterseg.model, or NULL. */
extern struct varlena *cs_arg_model(FunctionCallInfo fcinfo, int n);

#endif							/* CS_ARGS_H */
