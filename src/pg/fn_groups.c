/*
 * fn_groups.c - looking at the groups of a model value (see groups.h).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "pg/args.h"
#include "pg/groups.h"
#include "pg/json_out.h"
#include "pg/model_copy.h"
#include "pg/pg_env.h"
#include "pg/pins.h"

/* ---- the list ---- */

enum
{
	COL_NUMBER,
	COL_NAME,
	COL_KEY,
	COL_ROWS,
	COL_SKIPPED,
	COL_K,
	COL_FIRST,
	COL_STATUS,
	COL_REASON,
	COL_NOTE,
	COL_OBJECTIVE,
	COL_SILHOUETTE,
	COLUMNS
};

static Jsonb *
key_of(const cs_groups *g, const cs_group *one)
{
	cs_json		j;

	cs_json_begin(&j);
	for (int c = 0; c < g->columns; c++)
		if (one->key[c])
			cs_json_text(&j, g->column[c], one->key[c]);
		else
			cs_json_null(&j, g->column[c]);
	return cs_json_end(&j);
}

static void
put_text(Datum *v, bool *isnull, int column, const char *text)
{
	isnull[column] = text == NULL;
	v[column] = text ? CStringGetTextDatum(text) : (Datum) 0;
}

static void
put_group(ReturnSetInfo *rsinfo, cs_env *env, const cs_groups *g, int i)
{
	const cs_group *one = &g->group[i];
	bool		own = one->doc.tag != 0;
	Datum		v[COLUMNS] = {0};
	bool		isnull[COLUMNS] = {false};

	v[COL_NUMBER] = Int32GetDatum(i + 1);
	v[COL_NAME] = CStringGetTextDatum(cs_group_name(one, g->columns));
	v[COL_KEY] = JsonbPGetDatum(key_of(g, one));
	v[COL_ROWS] = Int64GetDatum((int64) one->rows);
	v[COL_SKIPPED] = Int64GetDatum((int64) one->skipped);
	v[COL_K] = Int32GetDatum(one->k);
	v[COL_FIRST] = Int32GetDatum(one->first + 1);
	isnull[COL_K] = isnull[COL_FIRST] = isnull[COL_OBJECTIVE] = !own;
	put_text(v, isnull, COL_STATUS, own ? "own" : "parent");
	put_text(v, isnull, COL_REASON, one->reason);
	put_text(v, isnull, COL_NOTE, one->note);
	if (own)
		v[COL_OBJECTIVE] = Float8GetDatum(cs_need_number(env, cs_need(env, one->doc, "fit", 'o'), "objective", -1.7e308, 1.7e308));
	isnull[COL_SILHOUETTE] = isnan(one->silhouette);
	v[COL_SILHOUETTE] = Float8GetDatum(isnan(one->silhouette) ? 0 : one->silhouette);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_model_groups);

/*
 * _model_groups(value) -> setof (group_number, group_name, group_key, rows, skipped, k,
 *     first_cluster, status, reason, note, objective, silhouette)
 */
Datum
clusterseg_model_groups(PG_FUNCTION_ARGS)
{
	struct varlena *v = cs_arg_model(fcinfo, 0);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_model   *m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; m->groups && i < m->groups->n; i++)
		put_group((ReturnSetInfo *) fcinfo->resultinfo, env, m->groups, i);
	return (Datum) 0;
}

/* ---- one model out of many ---- */

static void
bad_key(const cs_groups *g)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid group_key"),
			 errdetail("It is an object with a text, a number, true, false or null for each of: %s.", cs_groups_columns(g)),
			 errhint("The view model_groups shows the keys of all groups.")));
}

/* The text of a value, as a row of its type would have it. */
static void
add_value(StringInfo code, const cs_groups *g, const JsonbValue *v)
{
	switch (v->type)
	{
		case jbvNull:
			cs_group_code(code, NULL, 0);
			break;
		case jbvString:
			cs_group_code(code, v->val.string.val, v->val.string.len);
			break;
		case jbvBool:
			cs_group_code(code, v->val.boolean ? "true" : "false", v->val.boolean ? 4 : 5);
			break;
		case jbvNumeric:
			{
				char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(v->val.numeric)));

				cs_group_code(code, text, (int) strlen(text));
				break;
			}
		default:
			bad_key(g);
	}
}

static int
find_group(const cs_groups *g, Jsonb *key)
{
	StringInfoData code;

	initStringInfo(&code);
	if (!JB_ROOT_IS_OBJECT(key) || JB_ROOT_COUNT(key) != g->columns)
		bad_key(g);
	for (int c = 0; c < g->columns; c++)
	{
		JsonbValue	name = {.type = jbvString};
		JsonbValue *v;

		name.val.string.val = g->column[c];
		name.val.string.len = (int) strlen(g->column[c]);
		v = findJsonbValueFromContainer(&key->root, JB_FOBJECT, &name);
		if (v == NULL)
			bad_key(g);
		add_value(&code, g, v);
	}
	return cs_groups_find(g, code.data);
}

PG_FUNCTION_INFO_V1(clusterseg_group_model);

/* group_model(value, group_key jsonb) -> the model of that group: its own, else the parent */
Datum
clusterseg_group_model(PG_FUNCTION_ARGS)
{
	struct varlena *v = cs_arg_model(fcinfo, 0);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_model   *m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v)),
			   *own;
	cs_value	root = cs_doc_root(CS_MODEL_BYTES(v));
	cs_writer	w;
	int			i;

	if (m->groups == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("the model has no groups"),
				 errhint("Train with group_by => '{column}' for a model per group.")));
	i = find_group(m->groups, PG_GETARG_JSONB_P(1));
	own = cs_model_of_group(m, i);
	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	if (own == m)
		cs_copy_members(&w, root, NULL, m->label, m->k, true);
	else
	{
		static const char *const shared[] = {"kind", "seed", "columns"};

		for (int s = 0; s < lengthof(shared); s++)
			cs_copy_value(&w, shared[s], cs_value_get(root, shared[s]));
		cs_copy_members(&w, m->groups->group[i].doc, NULL, own->label, own->k, false);
	}
	/* rules come before groups */
	if (m->pins)
		cs_pins_save(m->pins, &w);
	cs_end(&w);
	cs_copy_in_order(&w);
	PG_RETURN_POINTER(cs_model_finish(env, &w));
}

PG_FUNCTION_INFO_V1(clusterseg_model_pinned);

/* _model_pinned(value) -> setof (segment_id, name, condition, rows) */
Datum
clusterseg_model_pinned(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	struct varlena *v = cs_arg_model(fcinfo, 0);
	cs_model   *m = cs_model_load(cs_pg_env(CurrentMemoryContext), CS_MODEL_BYTES(v), CS_MODEL_LEN(v));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; m->pins && i < m->pins->n; i++)
	{
		Datum		out[4] = {Int32GetDatum(m->pins->pin[i].id), CStringGetTextDatum(m->pins->pin[i].name),
			CStringGetTextDatum(m->pins->pin[i].where), Int64GetDatum((int64) m->pins->pin[i].rows)};
		bool		isnull[4] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, out, isnull);
	}
	return (Datum) 0;
}
