/*
 * progress.c - progress of training and other long work (see progress.h).
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/acl.h"
#include "utils/backend_progress.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg/compat.h"
#include "pg/guc.h"
#include "pg/progress.h"

/* No command of the server has this number. */
#define OUR_COMMAND ((ProgressCommandType) 0x6353)

/* Parameters of the entry: int64 each. */
enum
{
	PARAM_PHASE,
	PARAM_DONE,
	PARAM_TOTAL,
	PARAM_STARTED,
	PARAM_NAME = 8				/* the model's name, 8 bytes in each of 8 */
};

#define NAME_PARAMS 8

static const char *const phase_names[] = {
	NULL, "reading rows", "preparing features", "choosing starting centres", "fitting",
	"evaluating", "profiling segments", "writing", "recommending"
};

static bool active = false;
static cs_phase shown = 0;

static const char *
phase_name(int64 phase)
{
	return phase >= 1 && phase < lengthof(phase_names) ? phase_names[phase] : "starting";
}

void
cs_progress_start(const char *model)
{
	char		name[NAME_PARAMS * 8] = {0};
	int			index[NAME_PARAMS];
	int64		value[NAME_PARAMS];

	strlcpy(name, model, sizeof(name));
	memcpy(value, name, sizeof(name));
	for (int i = 0; i < NAME_PARAMS; i++)
		index[i] = PARAM_NAME + i;
	pgstat_progress_start_command(OUR_COMMAND, MyDatabaseId);
	pgstat_progress_update_multi_param(NAME_PARAMS, index, value);
	pgstat_progress_update_param(PARAM_STARTED, GetCurrentTimestamp());
	active = true;
	shown = 0;
}

void
cs_progress_end(void)
{
	if (active)
		pgstat_progress_end_command();
	active = false;
}

void
cs_progress_report(cs_env *env, cs_phase phase, int64_t done, int64_t total)
{
	const int	index[] = {PARAM_PHASE, PARAM_DONE, PARAM_TOTAL};
	const int64 value[] = {phase, done, total};

	if (!active)
		return;
	pgstat_progress_update_multi_param(lengthof(index), index, value);
	if (phase != shown && cs_guc_notices)
		ereport(NOTICE, (errmsg("%s", phase_name(phase))));
	shown = phase;
}

PG_FUNCTION_INFO_V1(clusterseg_progress);

/*
 * progress() -> setof (pid, database, role, model, phase, done, total, started_at)
 *
 * One row per backend at work.  Names of models are shown to roles that may see
 * the backend's query, as in pg_stat_activity.
 */
Datum
clusterseg_progress(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			backends = pgstat_fetch_stat_numbackends();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 1; i <= backends; i++)
	{
		PgBackendStatus *b = cs_backend_entry(i);
		Datum		values[8];
		bool		nulls[8] = {false};
		char		name[NAME_PARAMS * 8 + 1] = {0};

		if (b->st_procpid <= 0 || b->st_progress_command != OUR_COMMAND)
			continue;
		memcpy(name, &b->st_progress_param[PARAM_NAME], NAME_PARAMS * 8);
		values[0] = Int32GetDatum(b->st_procpid);
		values[1] = ObjectIdGetDatum(b->st_databaseid);
		values[2] = ObjectIdGetDatum(b->st_userid);
		values[3] = CStringGetTextDatum(name);
		nulls[3] = !has_privs_of_role(GetUserId(), b->st_userid) && !has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
		values[4] = CStringGetTextDatum(phase_name(b->st_progress_param[PARAM_PHASE]));
		values[5] = Int64GetDatum(b->st_progress_param[PARAM_DONE]);
		values[6] = Int64GetDatum(b->st_progress_param[PARAM_TOTAL]);
		nulls[6] = b->st_progress_param[PARAM_TOTAL] <= 0;
		values[7] = TimestampTzGetDatum(b->st_progress_param[PARAM_STARTED]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
