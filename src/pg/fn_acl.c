/*
 * fn_acl.c - the tests behind the row security of the catalog.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "pg/store.h"

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
