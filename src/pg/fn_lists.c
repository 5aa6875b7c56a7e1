/*
 * fn_lists.c - the parameter tables as rows: what clusterseg.algorithms,
 * clusterseg.transforms and clusterseg.serving_options show.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "core/cluster/clusterer.h"
#include "core/prep/prep.h"
#include "core/reco/recommender.h"
#include "pg/args.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/serving.h"
#include "pg/settings.h"
#include "pg/train_request.h"
#include "pg/training.h"

static const char *
type_text(const cs_param *p)
{
	static const char *const names[] = {"integer", "number", "boolean", "choice", "array", "object", "array of texts", "text", "array of objects"};

	return names[p->type];
}

static void
put_param(ReturnSetInfo *rsinfo, const char *kind, const char *algorithm, const char *summary, const cs_param *p)
{
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	Datum		v[9] = {0};
	bool		isnull[9] = {false, false, false, false, true, true, true, false, kind == NULL};

	v[0] = CStringGetTextDatum(algorithm);
	v[1] = CStringGetTextDatum(summary);
	v[2] = CStringGetTextDatum(p->name);
	v[3] = CStringGetTextDatum(type_text(p));
	v[7] = CStringGetTextDatum(p->help);
	isnull[4] = p->type >= CS_P_MATRIX;
	v[4] = CStringGetTextDatum(p->type == CS_P_ENUM ? cs_param_choice_name(env, p, (int) p->def)
							   : p->type == CS_P_BOOL ? (p->def != 0 ? "true" : "false") : cs_param_number(p, p->def));
	if (p->type == CS_P_INT || p->type == CS_P_REAL)
	{
		v[5] = CStringGetTextDatum(psprintf("%s to %s", cs_param_number(p, p->min), cs_param_number(p, p->max)));
		isnull[5] = false;
	}
	if (p->choices)
	{
		v[6] = CStringGetTextDatum(p->choices);
		isnull[6] = false;
	}
	if (kind)
		v[8] = CStringGetTextDatum(kind);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_algorithms);

/*
 * _algorithms() -> setof (algorithm, summary, option, type, default, range,
 *                         choices, meaning, kind)
 */
Datum
clusterseg_algorithms(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; cs_clusterers[i]; i++)
	{
		const cs_clusterer *a = cs_clusterers[i];

		for (const cs_param *p = a->params; p->name; p++)
			put_param(rsinfo, "segmentation", a->name, a->summary, p);
		for (const cs_param *p = cs_common_params; p->name; p++)
			put_param(rsinfo, "segmentation", a->name, a->summary, p);
	}
	for (int i = 0; cs_recommenders[i]; i++)
	{
		const cs_recommender *a = cs_recommenders[i];

		for (const cs_param *p = cs_reco_params(env, a); p->name; p++)
			put_param(rsinfo, "recommender", a->name, a->summary, p);
		for (const cs_param *p = cs_reco_host_params; p->name; p++)
			put_param(rsinfo, "recommender", a->name, a->summary, p);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_chooses_k);

/* _chooses_k(algorithm, options): is there a number of segments to choose? */
Datum
clusterseg_chooses_k(PG_FUNCTION_ARGS)
{
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	const cs_clusterer *a = cs_algorithm_named(CS_ARG_TEXT(0));
	Jsonb	   *options = PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1);

	PG_RETURN_BOOL(cs_chooses_k(a, cs_parse_options(env, a->params, cs_common_params, options, psprintf("option of %s", a->name))));
}

PG_FUNCTION_INFO_V1(clusterseg_transforms);

/* _transforms() -> setof (algorithm, summary, option, ...): the steps that a feature can go through */
Datum
clusterseg_transforms(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (const cs_param *p = cs_transform_params; p->name; p++)
		put_param(rsinfo, NULL, "transforms", "steps of a feature, in this order", p);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_serving_options);

/* _serving_options() -> setof (algorithm, summary, option, ...): what shapes a list of recommendations */
Datum
clusterseg_serving_options(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (const cs_param *p = cs_serving_params; p->name; p++)
		put_param(rsinfo, NULL, "serving", "what shapes a list of recommendations", p);
	return (Datum) 0;
}
