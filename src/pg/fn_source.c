/*
 * fn_source.c - looking at sources from SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/args.h"
#include "pg/source.h"

PG_FUNCTION_INFO_V1(clusterseg_source_from);

/* _source_from(source, path, owner): what can stand behind FROM, with alias q; owner as of a kept source */
Datum
clusterseg_source_from(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(cs_source_open(CS_ARG_TEXT(0), CS_ARG_TEXT(1), cs_role_for(CS_ARG_TEXT(2)))->from));
}

PG_FUNCTION_INFO_V1(clusterseg_source_columns);

/* _source_columns(source, path): names of its columns */
Datum
clusterseg_source_columns(PG_FUNCTION_ARGS)
{
	cs_source  *s = cs_source_open(CS_ARG_TEXT(0), CS_ARG_TEXT(1), InvalidOid);
	Datum	   *name = palloc(sizeof(Datum) * s->desc->natts);

	for (int i = 0; i < s->desc->natts; i++)
		name[i] = CStringGetTextDatum(NameStr(TupleDescAttr(s->desc, i)->attname));
	PG_RETURN_ARRAYTYPE_P(construct_array(name, s->desc->natts, TEXTOID, -1, false, TYPALIGN_INT));
}
