/*
 * fn_model.c - looking into model values, and the lists of what there is.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/args.h"
#include "pg/convert.h"
#include "pg/groups.h"
#include "pg/model.h"
#include "pg/model_copy.h"
#include "pg/params.h"
#include "pg/pins.h"
#include "pg/pg_env.h"
#include "pg/settings.h"

/* ---- other labels in a value ---- */

PG_FUNCTION_INFO_V1(clusterseg_model_relabel);

/* _model_relabel(value, labels text[]) -> the same model with other labels, in cluster order of the whole */
Datum
clusterseg_model_relabel(PG_FUNCTION_ARGS)
{
	struct varlena *v = cs_arg_model(fcinfo, 0);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_model   *model = cs_model_load_all(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v)),
			   *whole = cs_model_whole(env, model);
	int			n;
	char	  **label = cs_arg_names(fcinfo, 1, &n);
	cs_writer	w;

	if (n != whole->k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("model has %d segments, not %d", whole->k, n)));
	for (int j = 0; j < n; j++)
		if (label[j] == NULL)
			label[j] = whole->label[j];
	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_copy_members(&w, cs_doc_root(CS_MODEL_BYTES(v)), NULL, label, model->k, true);
	for (int i = 0; model->groups && i < model->groups->n; i++)
		if (model->groups->group[i].m)
			model->groups->group[i].m->label = label + model->groups->group[i].first;
	if (model->groups)
		cs_groups_save(model->groups, model->k, &w);
	for (int i = 0; model->pins && i < model->pins->n; i++)
		model->pins->pin[i].label = label[n - model->pins->n + i];
	if (model->pins)
		cs_pins_save(model->pins, &w);
	cs_end(&w);
	if (model->groups || model->pins)
		cs_copy_in_order(&w);
	PG_RETURN_POINTER(cs_model_finish(env, &w));
}

/* ---- centres and segments of a value as rows ---- */

static cs_model *
arg_model(FunctionCallInfo fcinfo)
{
	struct varlena *v = cs_arg_model(fcinfo, 0);

	return cs_model_load(cs_pg_env(CurrentMemoryContext), CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
}

/* What values of the feature are as exact as; 0: each for itself. */
static double
spread_of(const cs_feature *f)
{
	return f->kind == CS_NUMBER && f->log == CS_LOG_NONE && f->knots == 0 && f->factor > 0 ? Min(f->stats.sd, 1 / f->factor) : 0;
}

static void
put_centroids(ReturnSetInfo *rsinfo, const cs_model *m)
{
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	const double *c = cs_model_typical(m);

	for (int j = 0; c && j < m->k; j++)
		for (int i = 0; i < m->prep->n; i++)
			for (int z = 0; z < m->prep->f[i].width; z++)
			{
				double		scaled = c[(size_t) j * m->prep->wide + m->prep->f[i].at + z];
				Datum		v[4];
				bool		isnull[4] = {false};

				v[0] = Int32GetDatum(m->segment_id[j]);
				v[1] = CStringGetTextDatum(cs_feature_coordinate(env, &m->prep->f[i], z));
				isnull[2] = m->prep->unit_length && m->means == NULL;
				v[2] = Float8GetDatum(cs_tidy_within(cs_feature_original(&m->prep->f[i], z, scaled), z == 0 ? spread_of(&m->prep->f[i]) : 0, 8));
				v[3] = Float8GetDatum(scaled);
				tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
			}
}

PG_FUNCTION_INFO_V1(clusterseg_model_centroids);

/*
 * _model_centroids(value) -> setof (segment_id, feature, value, scaled): value in
 * the units of the feature (the share of a level for categories), NULL where only
 * a direction is known; scaled is the coordinate that distances use
 */
Datum
clusterseg_model_centroids(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_model   *m = arg_model(fcinfo);

	InitMaterializedSRF(fcinfo, 0);
	put_centroids(rsinfo, m);
	for (int i = 0; m->groups && i < m->groups->n; i++)
		if (m->groups->group[i].k > 0)
			put_centroids(rsinfo, cs_model_of_group(m, i));
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_model_segments);

/* _model_segments(value) -> setof (cluster, segment_id, segment, size, share, radius, reach) */
Datum
clusterseg_model_segments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_model   *m = cs_model_whole(cs_pg_env(CurrentMemoryContext), arg_model(fcinfo));

	InitMaterializedSRF(fcinfo, 0);
	for (int j = 0; j < m->k; j++)
	{
		Datum		v[7];
		bool		isnull[7] = {false};

		v[0] = Int32GetDatum(j + 1);
		v[1] = Int32GetDatum(m->segment_id[j]);
		v[2] = CStringGetTextDatum(m->label[j]);
		v[3] = Int64GetDatum((int64) m->size[j]);
		v[4] = Float8GetDatum(m->rows > 0 ? m->size[j] / m->rows : 0);
		v[5] = Float8GetDatum(m->radius[j]);
		v[6] = Float8GetDatum(m->reach[j]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_model_features);

/*
 * _model_features(value) -> setof (position, feature, kind, coordinates, transforms,
 *     n, missing, mean, sd, min, max, median): what the model was trained on
 */
Datum
clusterseg_model_features(PG_FUNCTION_ARGS)
{
	static const char *const logs[] = {NULL, "log1p", "signed log"};
	static const char *const scales[] = {NULL, "zscore", "minmax", "robust", NULL, "together"};
	static const char *const imputes[] = {NULL, "impute mean", "impute median", "impute constant", "indicator"};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_model   *m = arg_model(fcinfo);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < m->prep->n; i++)
	{
		const cs_feature *f = &m->prep->f[i];
		bool		number = f->kind != CS_CATEGORY;
		StringInfoData t;
		Datum		v[12];
		bool		isnull[12] = {false};

		initStringInfo(&t);
		if (imputes[f->impute])
			appendStringInfo(&t, "%s, ", imputes[f->impute]);
		if (number && (f->winsor_low > 0 || f->winsor_high < 1))
			appendStringInfo(&t, "winsor %g to %g, ", f->low, f->high);
		if (number && logs[f->log])
			appendStringInfo(&t, "%s, ", logs[f->log]);
		if (f->knots > 0)
			appendStringInfo(&t, "quantile of %d, ", f->knots);
		if (number && scales[f->scale])
			appendStringInfo(&t, "%s, ", scales[f->scale]);
		if (!number)
			appendStringInfo(&t, "one-hot of %d levels%s, ", f->levels, f->other ? " and others" : "");
		if (f->weight != 1)
			appendStringInfo(&t, "weight %g, ", f->weight);
		v[0] = Int32GetDatum(i + 1);
		v[1] = CStringGetTextDatum(f->name);
		v[2] = CStringGetTextDatum(f->kind == CS_TEXT ? "text" : number ? "number" : "category");
		v[3] = Int32GetDatum(f->width);
		v[4] = PointerGetDatum(cstring_to_text_with_len(t.data, Max(t.len - 2, 0)));
		v[5] = Int64GetDatum((int64) f->stats.n);
		v[6] = Int64GetDatum((int64) f->stats.missing);
		v[7] = Float8GetDatum(cs_tidy_mean(f->stats.mean));
		v[8] = Float8GetDatum(cs_tidy_mean(f->stats.sd));
		v[9] = Float8GetDatum(cs_tidy_value(f->stats.min));
		v[10] = Float8GetDatum(cs_tidy_value(f->stats.max));
		v[11] = Float8GetDatum(cs_tidy_value(f->stats.median));
		for (int c = 7; c < 12; c++)
			isnull[c] = !number;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
	}
	return (Datum) 0;
}
