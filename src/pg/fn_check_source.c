/*
 * fn_check_source.c - would these rows make good segments?  Answers before training.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/args.h"
#include "pg/findings.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/train_request.h"

/* Rows per segment below which segments tend to be accidents. */
#define FEW_ROWS 50

/* Arguments of _check_source, in order. */
enum
{
	ARG_SOURCE,
	ARG_PATH,
	ARG_KEY,
	ARG_FEATURES,
	ARG_K,
	ARG_TRANSFORMS,
	ARG_SCALE,
	ARG_WEIGHT
};

static cs_dataset *
open_dataset(FunctionCallInfo fcinfo, cs_env *env)
{
	cs_dataset_args a = {0};

	cs_arg_required(fcinfo, ARG_SOURCE, "source");
	cs_arg_required(fcinfo, ARG_KEY, "key");
	a.source = CS_ARG_TEXT(ARG_SOURCE);
	a.path = CS_ARG_TEXT(ARG_PATH);
	a.key = CS_ARG_TEXT(ARG_KEY);
	a.features = cs_arg_names(fcinfo, ARG_FEATURES, &a.n_features);
	a.weight = CS_ARG_TEXT(ARG_WEIGHT);
	a.transforms = PG_ARGISNULL(ARG_TRANSFORMS) ? NULL : PG_GETARG_JSONB_P(ARG_TRANSFORMS);
	a.scale = cs_scale_named(CS_ARG_TEXT(ARG_SCALE));
	a.budget = (size_t) maintenance_work_mem << 10;
	return cs_dataset_open(env, &a);
}

/* ---- rules of the whole ---- */

static void
judge_keys(const cs_screen *s, cs_findings *f)
{
	const char *key = pstrdup(quote_identifier(s->ds->keys->name));

	if (s->null_keys > 0)
		cs_find(f, (cs_finding) {CS_ERROR, "key", s->ds->keys->name, s->null_keys, 0,
								 psprintf("the key %s is NULL in %s", key, cs_rows_text(s->null_keys)),
								 psprintf("Leave them out: SELECT ... WHERE %s IS NOT NULL.", key)});
	if (s->repeats > 0)
		cs_find(f, (cs_finding) {CS_ERROR, "grain", s->ds->keys->name, s->repeats, 0,
								 psprintf("%s occurs in more than one row for %.0f of its values: %s too many", key, s->repeated, cs_rows_text(s->repeats)),
								 psprintf("Make one row of each: SELECT %s, sum(...), count(*) ... GROUP BY %s; events become features with create_rfm_view().",
										  key, key)});
	if (s->bad_weights > 0)
		cs_find(f, (cs_finding) {CS_ERROR, "weight", s->ds->weight_name, s->bad_weights, 0,
								 psprintf("the weight %s is NULL, negative or not finite in %s", quote_identifier(s->ds->weight_name), cs_rows_text(s->bad_weights)),
								 psprintf("Correct it in a query: SELECT greatest(coalesce(%s, 0), 0) AS %s.",
										  quote_identifier(s->ds->weight_name), quote_identifier(s->ds->weight_name))});
}

/* A column without any value says it all: no row is complete then. */
static bool
a_column_is_empty(const cs_screen *s)
{
	for (int i = 0; i < s->ds->n_inputs; i++)
		if (s->input[i].missing + s->input[i].odd >= s->rows)
			return true;
	return false;
}

static void
judge_rows(const cs_screen *s, int k, bool given, cs_findings *f)
{
	if (s->rows == 0)
		cs_find(f, (cs_finding) {CS_ERROR, "rows", NULL, 0, 1, "the source has no rows", "Look at its WHERE clause, or load it first."});
	else if (a_column_is_empty(s))
		return;
	else if (s->complete < Max(k, 1))
		cs_find(f, (cs_finding) {CS_ERROR, "rows", NULL, s->complete, k,
								 psprintf("%d segments need as many rows; %.0f of %.0f have a value in every feature", k, s->complete, s->rows),
								 s->complete < s->rows ? "Write transforms => '{\"*\": {\"impute\": \"median\"}}', or leave out the features reported as missing."
								 : psprintf("Write k => %.0f or less.", s->complete)});
	else if (s->complete < (double) FEW_ROWS * k)
		cs_find(f, (cs_finding) {CS_WARNING, "rows", NULL, s->complete, (double) FEW_ROWS * k,
								 psprintf("%.0f rows are few for %d segments: those of fewer than %d rows tend to be accidents", s->complete, k, FEW_ROWS),
								 s->complete >= 2 * FEW_ROWS ? psprintf("Write k => %.0f or less.", floor(s->complete / FEW_ROWS))
								 : given ? "Collect more rows, or ask for fewer segments." : "Collect more rows."});
}

/* What was looked at. */
static void
summary(const cs_screen *s, cs_findings *f)
{
	cs_find(f, (cs_finding) {CS_INFO, "source", NULL, s->rows, NAN,
							 psprintf("%s, %.0f with a value in every feature; %d feature%s%s", cs_rows_text(s->rows), s->complete, s->ds->n_inputs, s->ds->n_inputs == 1 ? "" : "s",
									  s->level > 0 ? psprintf("; tails, correlations and shares are of a sample of %zu rows", s->n) : ""), NULL});
}

static void
put_findings(ReturnSetInfo *rsinfo, const cs_findings *f)
{
	static const char *const severity[] = {"error", "warning", "info"};

	for (cs_severity level = CS_ERROR; level <= CS_INFO; level++)
		for (int i = 0; i < f->n; i++)
		{
			const cs_finding *x = &f->list[i];
			Datum		v[7] = {0};
			bool		isnull[7] = {false, false, x->feature == NULL, isnan(x->value), isnan(x->threshold), false, x->hint == NULL};

			if (x->severity != level)
				continue;
			v[0] = CStringGetTextDatum(severity[level]);
			v[1] = CStringGetTextDatum(x->subject);
			if (x->feature)
				v[2] = CStringGetTextDatum(x->feature);
			v[3] = Float8GetDatum(x->value);
			v[4] = Float8GetDatum(x->threshold);
			v[5] = CStringGetTextDatum(x->message);
			if (x->hint)
				v[6] = CStringGetTextDatum(x->hint);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		}
}

PG_FUNCTION_INFO_V1(clusterseg_check_source);

/*
 * _check_source(source, path, key, features, k, transforms, scale, weight) -> setof
 * (severity, subject, feature, value, threshold, message, hint)
 */
Datum
clusterseg_check_source(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg check", ALLOCSET_DEFAULT_SIZES),
				old;
	int			k = PG_ARGISNULL(ARG_K) ? 2 : PG_GETARG_INT32(ARG_K);
	cs_findings f = {0};
	cs_screen  *s;
	bool	   *usable;

	InitMaterializedSRF(fcinfo, 0);
	if (k < 1 || k > 10000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of segments k: %d", k),
				 errdetail("k is from 1 to 10000.")));
	old = MemoryContextSwitchTo(cxt);
	cs_progress_start("");
	s = cs_screen_read(open_dataset(fcinfo, cs_pg_env(cxt)));
	usable = CS_NEW(s->env, bool, s->ds->n_inputs);
	judge_keys(s, &f);
	judge_rows(s, k, !PG_ARGISNULL(ARG_K), &f);
	if (s->rows > 0)
	{
		cs_judge_columns(s, &f, usable);
		cs_judge_points(s, k, usable, &f);
	}
	summary(s, &f);
	cs_progress_end();
	MemoryContextSwitchTo(old);
	put_findings(rsinfo, &f);
	MemoryContextDelete(cxt);
	return (Datum) 0;
}
