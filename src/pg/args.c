/*
 * args.c - arguments of SQL-callable functions (see args.h).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "pg/args.h"

void
cs_arg_required(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be NULL", name)));
}

char **
cs_arg_names(FunctionCallInfo fcinfo, int n, int *count)
{
	Datum	   *element;
	bool	   *isnull;
	char	  **out;

	*count = 0;
	if (PG_ARGISNULL(n))
		return NULL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false, TYPALIGN_INT, &element, &isnull, count);
	out = palloc0(sizeof(char *) * (*count + 1));
	for (int i = 0; i < *count; i++)
		if (!isnull[i])
			out[i] = TextDatumGetCString(element[i]);
	return out;
}

struct varlena *
cs_arg_model(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : PG_GETARG_VARLENA_PP(n);
}
