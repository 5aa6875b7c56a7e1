/*
 * fn_density.c - suggest_eps(): how far the rows of a source have to look for neighbours.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "core/cluster/density.h"
#include "pg/args.h"
#include "pg/dataset.h"
#include "pg/pg_env.h"
#include "pg/progress.h"

/* Shares of the rows that are told, beside the one suggested. */
#define SHARES 20

#define MIN_POINTS_MOST 10000

static cs_dataset *
read_rows(FunctionCallInfo fcinfo, cs_env *env, int min_points)
{
	cs_dataset_args a = {0};
	cs_dataset *ds;

	a.source = CS_ARG_TEXT(0);
	a.path = CS_ARG_TEXT(1);
	a.key = CS_ARG_TEXT(2);
	if (!PG_ARGISNULL(3))
		a.features = cs_arg_names(fcinfo, 3, &a.n_features);
	a.scale = cs_scale_named(CS_ARG_TEXT(5));
	a.transforms = PG_GETARG_JSONB_P(6);
	a.budget = (size_t) maintenance_work_mem << 10;
	ds = cs_dataset_open(env, &a);
	cs_dataset_read(ds, CS_CENTRE_EVEN);
	cs_dataset_pack(ds, cs_private_block, env, NULL, NULL);
	if (cs_dataset_skipped(ds))
		ereport(NOTICE,
				(errmsg(UINT64_FORMAT " of " UINT64_FORMAT " rows were left out", ds->skipped, ds->read),
				 errdetail("Feature %s.", cs_dataset_skipped(ds))));
	if (ds->sample_level > 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg(UINT64_FORMAT " rows do not fit into memory", ds->read),
				 errhint("Increase maintenance_work_mem; neighbours of a sample are farther away than those of all rows.")));
	if (ds->matrix->n < (size_t) min_points)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_points is above the number of rows"),
				 errdetail("It is %d; there are %zu rows.", min_points, ds->matrix->n)));
	return ds;
}

static void
put_row(ReturnSetInfo *rsinfo, double share, double distance, bool suggested)
{
	Datum		v[3] = {Float8GetDatum(share), Float8GetDatum(distance), BoolGetDatum(suggested)};
	bool		isnull[3] = {false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_suggest_eps);

/*
 * _suggest_eps(source, path, key, features, min_points, scale, transforms)
 *     -> setof (share, distance, suggested)
 */
Datum
clusterseg_suggest_eps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	double	   *curve = palloc(sizeof(double) * CS_DENSITY_SAMPLE),
				eps;
	int			min_points;
	cs_dataset *ds;
	cs_kdtree	t;
	size_t		m,
				below = 0;

	cs_arg_required(fcinfo, 0, "source");
	cs_arg_required(fcinfo, 4, "min_points");
	cs_arg_required(fcinfo, 5, "scale");
	cs_arg_required(fcinfo, 6, "transforms");
	min_points = PG_GETARG_INT32(4);
	if (min_points < 1 || min_points > MIN_POINTS_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_points must be between 1 and %d", MIN_POINTS_MOST)));
	InitMaterializedSRF(fcinfo, 0);
	cs_progress_start("");
	ds = read_rows(fcinfo, env, min_points);
	cs_density_check(env, ds->matrix);
	t = cs_kdtree_at(CS_ROOM(env, char, cs_kdtree_bytes(ds->matrix->n, ds->matrix->d)), ds->matrix->n, ds->matrix->d);
	cs_kdtree_build(env, &t, ds->matrix);
	m = cs_neighbour_curve(env, &t, CS_METRIC_EUCLIDEAN, min_points, curve);
	eps = cs_curve_knee(curve, m);
	for (size_t i = 0; i < m; i++)
		below += curve[i] <= eps;
	for (int i = 1; i <= SHARES; i++)
		put_row(rsinfo, (double) i / SHARES, curve[(m * i + SHARES - 1) / SHARES - 1], false);
	put_row(rsinfo, (double) below / m, eps, true);
	cs_progress_end();
	return (Datum) 0;
}
