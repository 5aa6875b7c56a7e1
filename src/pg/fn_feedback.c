/*
 * fn_feedback.c - what SQL needs for the feedback loop: keys and segments of
 * customers as recommend() sees them, and a distribution.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "core/reco/chance.h"
#include "pg/args.h"
#include "pg/reco.h"
#include "pg/source.h"

static Oid
argument_type(FunctionCallInfo fcinfo, int argument)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argument);

	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("could not determine the type of the customer")));
	return getBaseType(type);
}

PG_FUNCTION_INFO_V1(clusterseg_key_text);

/* _key_text(key): as recommenders show it, whatever the settings */
Datum
clusterseg_key_text(PG_FUNCTION_ARGS)
{
	int			len;
	const char *text = cs_key_text(argument_type(fcinfo, 0), PG_GETARG_DATUM(0), &len);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, len));
}

PG_FUNCTION_INFO_V1(clusterseg_key_as);

/* _key_as(key, type, owner): the text of a key of this type, whose functions run as the owner of the model */
Datum
clusterseg_key_as(PG_FUNCTION_ARGS)
{
	Oid			type = PG_GETARG_OID(1);
	int			len;
	Datum		key = cs_input_as(cs_role_for(CS_ARG_TEXT(2)), type, CS_ARG_TEXT(0));
	const char *text = cs_key_text(getBaseType(type), key, &len);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(text, len));
}

PG_FUNCTION_INFO_V1(clusterseg_segment_of);

/* _segment_of(model, customer): by the members of the recommender's segmentation; NULL: unknown */
Datum
clusterseg_segment_of(PG_FUNCTION_ARGS)
{
	cs_reco_now now = cs_reco_open(CS_ARG_TEXT(0));
	int			segment = cs_reco_segment_of(&now, argument_type(fcinfo, 1), PG_GETARG_DATUM(1));

	if (segment == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(segment);
}

PG_FUNCTION_INFO_V1(clusterseg_chi_square_tail);

Datum
clusterseg_chi_square_tail(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(cs_chi_square_tail(PG_GETARG_FLOAT8(0), PG_GETARG_INT32(1)));
}
