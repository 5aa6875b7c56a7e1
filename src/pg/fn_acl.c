/*
 * fn_acl.c - the tests behind the row security of the catalog.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "pg/args.h"
#include "pg/source.h"

PG_FUNCTION_INFO_V1(clusterseg_is_role);

/* Has the current role the privileges of the named one?  False when that one is gone. */
Datum
clusterseg_is_role(PG_FUNCTION_ARGS)
{
	Oid			role = get_role_oid(NameStr(*PG_GETARG_NAME(0)), true);

	PG_RETURN_BOOL(OidIsValid(role) && has_privs_of_role(GetUserId(), role));
}

PG_FUNCTION_INFO_V1(clusterseg_sees_version);

/* _sees_version(version_id, to_change) */
Datum
clusterseg_sees_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(cs_store_sees(PG_GETARG_INT64(0), PG_GETARG_BOOL(1)));
}

PG_FUNCTION_INFO_V1(clusterseg_as_owner);

/*
 * _as_owner(owner, command) -> rows
 *
 * The caller's command with the rights of a role whose rights the caller has
 * anyway; so it gives no rights away.
 */
Datum
clusterseg_as_owner(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) cs_execute_as(cs_role_for(CS_ARG_TEXT(0)), CS_ARG_TEXT(1)));
}
