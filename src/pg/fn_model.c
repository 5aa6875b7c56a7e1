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
#include "pg/model.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/settings.h"

/* ---- other labels in a value ---- */

typedef struct member
{
	char	   *name;
	cs_value	value;
} member;

/* As jsonb orders keys. */
static int
by_name(const void *a, const void *b)
{
	const char *x = ((const member *) a)->name,
			   *y = ((const member *) b)->name;
	size_t		m = strlen(x),
				n = strlen(y);

	return m != n ? (m < n ? -1 : 1) : strcmp(x, y);
}

static member *
sorted_members(cs_env *env, cs_value object)
{
	member	   *m = CS_NEW(env, member, object.count + 1);
	const unsigned char *at = object.data;
	cs_value	key = {0};

	for (uint32_t i = 0; i < object.count; i++)
	{
		m[i].value = cs_value_next(object, &at, &key);
		m[i].name = cs_value_text(env, key);
	}
	qsort(m, object.count, sizeof(member), by_name);
	return m;
}

/*
 * Objects are written in the order of jsonb, and -0 as 0: so a value that went
 * through jsonb, as exported ones do, comes back as the same bytes.
 */
static void
copy_value(cs_writer *w, const char *key, cs_value v)
{
	const unsigned char *at = v.data;
	cs_value	none = {0};
	double	   *number;
	member	   *m;

	switch (v.tag)
	{
		case 'n':
			cs_put_null(w, key);
			break;
		case 't':
		case 'f':
			cs_put_bool(w, key, v.tag == 't');
			break;
		case 'd':
			cs_put_number(w, key, cs_value_number(v) + 0.0);
			break;
		case 's':
			cs_put_text_n(w, key, (const char *) v.data, v.count);
			break;
		case 'v':
			number = cs_value_numbers(w->env, v);
			for (uint32_t i = 0; i < v.count; i++)
				number[i] += 0.0;
			cs_put_numbers(w, key, number, v.count);
			break;
		case 'l':
			cs_begin_list(w, key);
			for (uint32_t i = 0; i < v.count; i++)
				copy_value(w, NULL, cs_value_next(v, &at, &none));
			cs_end(w);
			break;
		default:
			cs_begin_object(w, key);
			m = sorted_members(w->env, v);
			for (uint32_t i = 0; i < v.count; i++)
				copy_value(w, m[i].name, m[i].value);
			cs_end(w);
	}
}

/* The object "segments" with other labels. */
static void
put_segments(cs_writer *w, cs_value segments, char **label, int k)
{
	member	   *m = sorted_members(w->env, segments);

	cs_begin_object(w, "segments");
	for (uint32_t i = 0; i < segments.count; i++)
	{
		if (strcmp(m[i].name, "labels") != 0)
		{
			copy_value(w, m[i].name, m[i].value);
			continue;
		}
		cs_begin_list(w, "labels");
		for (int j = 0; j < k; j++)
			cs_put_text(w, NULL, label[j]);
		cs_end(w);
	}
	cs_end(w);
}

PG_FUNCTION_INFO_V1(clusterseg_model_relabel);

/* _model_relabel(value, labels text[]) -> the same model with other labels, in cluster order */
Datum
clusterseg_model_relabel(PG_FUNCTION_ARGS)
{
	struct varlena *v = cs_arg_model(fcinfo, 0),
			   *out;
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_model   *model = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	int			n;
	char	  **label = cs_arg_names(fcinfo, 1, &n);
	cs_value	root = cs_doc_root(CS_MODEL_BYTES(v));
	member	   *m = sorted_members(env, root);
	cs_writer	w;
	unsigned char *bytes;
	size_t		len;

	if (n != model->k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("model has %d segments, not %d", model->k, n)));
	for (int j = 0; j < n; j++)
		if (label[j] == NULL)
			label[j] = model->label[j];
	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	for (uint32_t i = 0; i < root.count; i++)
		if (strcmp(m[i].name, "segments") == 0)
			put_segments(&w, m[i].value, label, n);
		else
			copy_value(&w, m[i].name, m[i].value);
	cs_end(&w);
	bytes = cs_writer_finish(&w, &len);
	out = palloc(len + VARHDRSZ);
	SET_VARSIZE(out, len + VARHDRSZ);
	memcpy(VARDATA(out), bytes, len);
	PG_RETURN_POINTER(out);
}

/* ---- centres and segments of a value as rows ---- */

static cs_model *
arg_model(FunctionCallInfo fcinfo)
{
	struct varlena *v = cs_arg_model(fcinfo, 0);

	return cs_model_load(cs_pg_env(CurrentMemoryContext), CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
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
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_model   *m = arg_model(fcinfo);
	const double *c = cs_model_typical(m);

	InitMaterializedSRF(fcinfo, 0);
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
				v[2] = Float8GetDatum(cs_tidy_mean(cs_feature_original(&m->prep->f[i], z, scaled)));
				v[3] = Float8GetDatum(scaled);
				tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
			}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_model_segments);

/* _model_segments(value) -> setof (cluster, segment_id, segment, size, share, radius, reach) */
Datum
clusterseg_model_segments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_model   *m = arg_model(fcinfo);

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
