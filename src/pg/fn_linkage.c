/*
 * fn_linkage.c - linkage(): the whole tree of merges of the rows of a source; and
 * the tree that a model keeps.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "core/cluster/linkage.h"
#include "pg/args.h"
#include "pg/dataset.h"
#include "pg/pg_env.h"
#include "pg/progress.h"

static cs_linkage_method
method_named(const char *name)
{
	const cs_param p = {"method", CS_P_ENUM, 0, 0, 0, CS_LINKAGE_NAMES, ""};
	int			m = cs_param_choice(&p, name);

	if (m < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid linkage \"%s\"", name),
				 errdetail("It is one of: single, complete, average, weighted, ward, centroid, median.")));
	return (cs_linkage_method) m;
}

static void
check_memory(const cs_dataset *ds, cs_linkage_method method)
{
	double		need = cs_linkage_bytes((double) ds->matrix->n, ds->matrix->d, method) + sizeof(cs_merge) * (double) ds->matrix->n;

	if (ds->sample_level > 0 || need > (double) ds->budget)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the tree of " UINT64_FORMAT " rows does not fit into memory", ds->read),
				 errdetail("It takes about %.0f MB; maintenance_work_mem allows %zu MB.",
						   cs_linkage_bytes((double) ds->read, ds->matrix->d, method) / 1048576.0, ds->budget >> 20),
				 errhint("Increase maintenance_work_mem, or train with algorithm => 'hierarchical', which makes the tree of small clusters.")));
}

static cs_dataset *
read_rows(FunctionCallInfo fcinfo, cs_env *env)
{
	cs_dataset_args a = {0};
	cs_dataset *ds;

	a.source = CS_ARG_TEXT(0);
	a.path = CS_ARG_TEXT(1);
	a.key = CS_ARG_TEXT(2);
	a.features = cs_arg_names(fcinfo, 3, &a.n_features);
	a.scale = cs_scale_named(CS_ARG_TEXT(5));
	a.budget = (size_t) maintenance_work_mem << 10;
	ds = cs_dataset_open(env, &a);
	cs_dataset_read(ds, CS_CENTRE_NONE);
	cs_dataset_pack(ds, cs_private_block, env, NULL, NULL);
	if (cs_dataset_skipped(ds))
		ereport(NOTICE,
				(errmsg(UINT64_FORMAT " of " UINT64_FORMAT " rows were left out", ds->skipped, ds->read),
				 errdetail("Feature %s.", cs_dataset_skipped(ds))));
	return ds;
}

PG_FUNCTION_INFO_V1(clusterseg_linkage);

/*
 * _linkage(source, path, key, features, method, scale)
 *     -> setof (step, cluster1, cluster2, height, size)
 *
 * Rows are numbered from 1 in the order of their key, the cluster of step i is
 * rows + i.  Time and memory: core/cluster/linkage.h.
 */
Datum
clusterseg_linkage(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_linkage_method method;
	cs_dataset *ds;
	cs_merge   *m;

	cs_arg_required(fcinfo, 0, "source");
	cs_arg_required(fcinfo, 2, "key");
	cs_arg_required(fcinfo, 4, "method");
	cs_arg_required(fcinfo, 5, "scale");
	method = method_named(CS_ARG_TEXT(4));
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start("");
	ds = read_rows(fcinfo, env);
	check_memory(ds, method);
	m = CS_ROOM(env, cs_merge, ds->matrix->n + 1);
	cs_linkage(env, ds->matrix, method, m);
	for (size_t i = 0; i + 1 < ds->matrix->n; i++)
	{
		Datum		v[5] = {Int32GetDatum((int) i + 1), Int32GetDatum(m[i].a + 1), Int32GetDatum(m[i].b + 1),
			Float8GetDatum(m[i].height), Int32GetDatum((int) m[i].size)};
		bool		isnull[5] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
		if (i % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	cs_progress_end();
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(clusterseg_model_tree);

/*
 * _model_tree(value) -> setof (segments, segment_id, joins): with so many segments,
 * segment joins is part of segment_id, one level up from where both are apart
 */
Datum
clusterseg_model_tree(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	struct varlena *v = cs_arg_model(fcinfo, 0);
	cs_model   *m = cs_model_load(cs_pg_env(CurrentMemoryContext), CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	int		   *fine = palloc(sizeof(int) * m->k),
			   *coarse = palloc(sizeof(int) * m->k),
			   *id = palloc(sizeof(int) * m->k);

	InitMaterializedSRF(fcinfo, 0);
	if (!(m->scorer->algorithm->flags & CS_ANY_K))
		return (Datum) 0;
	for (int k = m->k; k > 1; k--)
	{
		m->scorer->algorithm->cut(m->scorer, k, fine);
		m->scorer->algorithm->cut(m->scorer, k - 1, coarse);

		/* a level's segments go by the lowest id of what they join */
		for (int j = 0; j < m->k; j++)
		{
			id[j] = m->segment_id[j];
			for (int i = 0; i < m->k; i++)
				if (fine[i] == fine[j])
					id[j] = Min(id[j], m->segment_id[i]);
		}
		for (int j = 0; j < m->k; j++)
			if (fine[j] == j && coarse[j] != j)
			{
				int			a = id[j],
							b = id[coarse[j]];
				Datum		d[3] = {Int32GetDatum(k - 1), Int32GetDatum(Min(a, b)), Int32GetDatum(Max(a, b))};
				bool		isnull[3] = {false};

				tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, d, isnull);
			}
	}
	return (Datum) 0;
}
