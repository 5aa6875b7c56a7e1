/*
 * train_request.c - reading the arguments of a training (see train_request.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/args.h"
#include "pg/params.h"
#include "pg/pins.h"
#include "pg/settings.h"
#include "pg/train_request.h"
#include "pg/training.h"

const cs_clusterer *
cs_algorithm_named(const char *name)
{
	const cs_clusterer *a = cs_clusterer_find(name);
	StringInfoData list;

	if (a)
		return a;
	initStringInfo(&list);
	for (int i = 0; cs_clusterers[i]; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", cs_clusterers[i]->name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown algorithm \"%s\"", name),
			 errdetail("Algorithms are: %s.", list.data),
			 errhint("SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms tells what they do.")));
	return NULL;
}

int
cs_scale_named(const char *name)
{
	const cs_param *p = &cs_transform_params[cs_params_find(cs_transform_params, "scale")];
	int			scale = name ? cs_param_choice(p, name) : -1;

	if (scale <= CS_SCALE_DEFAULT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown scale \"%s\"", name ? name : "NULL"),
				 errdetail("It takes one of: zscore, minmax, robust, none.")));
	return scale;
}

bool
cs_chooses_k(const cs_clusterer *a, const cs_options *options)
{
	return a->flags & CS_NEEDS_K && !(a->decides_k && a->decides_k(options));
}

/* A number of segments that is asked for must not be ignored; a range that nobody gave is as it is. */
static void
refuse_k(FunctionCallInfo fcinfo, const cs_train_request *r)
{
	bool		k = !PG_ARGISNULL(CS_FIT_K);

	if (!k && !PG_ARGISNULL(CS_FIT_K_MIN) && PG_GETARG_INT32(CS_FIT_K_MIN) == CS_K_MIN &&
		!PG_ARGISNULL(CS_FIT_K_MAX) && PG_GETARG_INT32(CS_FIT_K_MAX) == CS_K_MAX)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 r->algorithm->flags & CS_NEEDS_K
			 ? errmsg("%s has no use: the options decide on the number of segments", k ? "k" : "k_range")
			 : errmsg("%s has no use: algorithm \"%s\" finds the number of segments itself", k ? "k" : "k_range", r->algorithm->name),
			 errhint("Leave %s out. SELECT * FROM clusterseg.algorithms WHERE algorithm = '%s' shows what does have an influence.",
					 k ? "k" : "k_range", r->algorithm->name)));
}

static void
read_k(FunctionCallInfo fcinfo, cs_train_request *r)
{
	r->k_min = r->k_max = 1;
	if (!cs_chooses_k(r->algorithm, r->options))
	{
		refuse_k(fcinfo, r);
		return;
	}
	if (!PG_ARGISNULL(CS_FIT_K))
		r->k_min = r->k_max = PG_GETARG_INT32(CS_FIT_K);
	else
	{
		r->k_min = PG_ARGISNULL(CS_FIT_K_MIN) ? 0 : PG_GETARG_INT32(CS_FIT_K_MIN);
		r->k_max = PG_ARGISNULL(CS_FIT_K_MAX) ? 0 : PG_GETARG_INT32(CS_FIT_K_MAX);
	}
	if (r->k_min < 1 || r->k_max < r->k_min || r->k_max > 10000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 PG_ARGISNULL(CS_FIT_K) ? errmsg("invalid range of k") : errmsg("invalid number of segments k: %d", r->k_min),
				 errdetail("k is from 1 to 10000, and the range is not empty."),
				 errhint("k => 5 asks for five segments, k => NULL with k_range => '[2,10]' lets the data choose.")));
}

cs_centring
cs_algorithm_centring(const cs_clusterer *a, bool unit_length)
{
	return unit_length || a->flags & CS_RAW ? CS_CENTRE_NONE : a->flags & CS_NOISE ? CS_CENTRE_EVEN : CS_CENTRE_MEAN;
}

cs_centring
cs_train_centring(const cs_train_request *r)
{
	return cs_algorithm_centring(r->algorithm, r->data.unit_length);
}

size_t
cs_row_overhead(const cs_clusterer *a, int k)
{
	const size_t n = 1 << 20;
	const int	d = 8;
	size_t		arena = a->arena ? a->arena(n, d, k) : 0,
				fixed = a->arena ? a->arena(CS_BLOCK_ROWS, d, k) : 0;

	return (arena - Min(arena, fixed)) / n + 2 * sizeof(int32) + sizeof(float) + sizeof(uint16);
}

size_t
cs_memory_budget(const cs_options *common)
{
	int			megabytes = cs_option_int(common, "memory");

	return megabytes > 0 ? (size_t) megabytes << 20 : (size_t) maintenance_work_mem << 10;
}

size_t
cs_memory_left(const cs_dataset *ds)
{
	return ds->budget > ds->matrix_bytes ? ds->budget - ds->matrix_bytes : 1;
}

static double
pca_wanted(const cs_train_request *r)
{
	double		pca = cs_option_real(r->common, "pca");

	if (pca > 1 && pca != floor(pca))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for option \"pca\": %g", pca),
				 errdetail("It is a whole number of components, or a share of the variance below 1.")));
	if (pca > 0 && r->algorithm->flags & (CS_RAW | CS_MIXED))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("algorithm %s takes no principal components", r->algorithm->name),
				 r->algorithm->flags & CS_RAW ? errdetail("It works on the values of the features themselves.")
				 : errdetail("It weighs categories apart from numbers, and components mix them.")));
	return pca;
}

/* Without the option there is no bound; a bound is a distance. */
static void
check_radius(const cs_train_request *r)
{
	if (cs_params_find(r->algorithm->params, "max_radius") < 0 || !cs_option_get(r->options, "max_radius")->set ||
		cs_option_real(r->options, "max_radius") >= 1e-12)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("max_radius is too small: %g", cs_option_real(r->options, "max_radius")),
			 errdetail("It is at least 1e-12."),
			 errhint("Leave it out, and rows belong to their segments at any distance.")));
}

cs_train_request
cs_train_request_read(FunctionCallInfo fcinfo, cs_env *env)
{
	cs_train_request r = {0};
	int			n;

	cs_arg_required(fcinfo, CS_FIT_SOURCE, "source");
	cs_arg_required(fcinfo, CS_FIT_KEY, "key");
	cs_arg_required(fcinfo, CS_FIT_ALGORITHM, "algorithm");
	cs_arg_required(fcinfo, CS_FIT_SEED, "seed");
	r.algorithm = cs_algorithm_named(CS_ARG_TEXT(CS_FIT_ALGORITHM));
	r.options_json = PG_ARGISNULL(CS_FIT_OPTIONS) ? NULL : PG_GETARG_JSONB_P(CS_FIT_OPTIONS);
	r.options = cs_parse_options(env, r.algorithm->params, cs_common_params, r.options_json,
								 psprintf("option of %s", r.algorithm->name));
	r.common = cs_parse_options(env, cs_common_params, r.algorithm->params, r.options_json, "option");
	r.seed = PG_GETARG_INT64(CS_FIT_SEED);
	read_k(fcinfo, &r);
	r.data.source = CS_ARG_TEXT(CS_FIT_SOURCE);
	r.data.path = CS_ARG_TEXT(CS_FIT_PATH);
	r.data.run_as = cs_role_for(CS_ARG_TEXT(CS_FIT_RUN_AS));
	r.data.key = CS_ARG_TEXT(CS_FIT_KEY);
	r.data.features = cs_arg_names(fcinfo, CS_FIT_FEATURES, &n);
	r.data.n_features = n;
	r.data.weight = CS_ARG_TEXT(CS_FIT_WEIGHT);
	r.data.leave_out = cs_arg_names(fcinfo, CS_FIT_LEAVE_OUT, &n);
	r.data.n_leave_out = n;
	r.data.transforms = PG_ARGISNULL(CS_FIT_TRANSFORMS) ? NULL : PG_GETARG_JSONB_P(CS_FIT_TRANSFORMS);
	r.data.scale = r.algorithm->flags & CS_RAW ? CS_SCALE_NONE : cs_scale_named(CS_ARG_TEXT(CS_FIT_SCALE));
	r.data.raw = r.algorithm->flags & CS_RAW;
	r.data.unit_length = cs_clusterer_directions(r.algorithm, r.options);
	r.data.budget = cs_memory_budget(r.common);
	r.data.row_overhead = cs_row_overhead(r.algorithm, r.k_max);
	r.data.pca = pca_wanted(&r);
	check_radius(&r);
	if (cs_bounds_sizes(r.algorithm, r.options) && cs_clusterer_radius(r.algorithm, r.options) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option max_radius goes with neither min_share nor max_share"),
				 errdetail("Rows that are too far from a segment to belong to it would change the shares.")));
	r.data.pins = cs_pins_of_option(env, cs_option_get(r.common, "pinned"));
	return r;
}

bool
cs_bounds_sizes(const cs_clusterer *a, const cs_options *options)
{
	return cs_params_find(a->params, "min_share") >= 0 &&
		(cs_option_real(options, "min_share") > 0 || cs_option_real(options, "max_share") < 1);
}

/* A number as it is; of a category, the number of a level, from the most frequent one on. */
static float
start_value(const cs_feature *f, double v, int centre)
{
	if (f->kind == CS_NUMBER)
		return cs_raw_number(f, v, NULL);
	if (f->kind == CS_TEXT || v != floor(v) || v < 0 || v >= f->levels)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("start centre %d does not fit feature \"%s\"", centre + 1, f->name),
				 f->kind == CS_TEXT ? errdetail("It is a text, which has no number that a centre could start from.")
				 : errdetail("It is a category of %d levels, told by their number: from 0, the most frequent one, to %d.",
							 f->levels, f->levels - 1)));
	return (float) v;
}

double *
cs_start_centres(cs_env *env, const cs_clusterer *a, const cs_options *options, int k, const cs_prep *p)
{
	int			init = cs_params_find(a->params, "init");
	const cs_option *o;
	float	   *raw,
			   *point;
	double	   *start;

	if (init < 0)
		return NULL;
	o = cs_option_get(options, "start");
	if (strcmp(cs_param_choice_name(env, &a->params[init], (int) options->value[init].number), "given") != 0)
	{
		if (o->set)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"start\" has no use"),
					 errdetail("Starting centres are found by the algorithm unless init is given."),
					 errhint("Write {\"init\": \"given\", \"start\": ...}.")));
		return NULL;
	}
	if (!o->set || o->rows != k || o->cols != p->n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"start\" does not fit"),
				 errdetail("With init given it takes %s arrays of %d numbers, one per feature; it has %s.",
						   k >= 0 ? psprintf("%d", k) : "k (which must be given too)", p->n,
						   o->set ? psprintf("%d arrays of %d", o->rows, o->cols) : "none")));
	raw = CS_NEW(env, float, p->n);
	point = CS_NEW(env, float, cs_prep_room(p));
	start = CS_NEW(env, double, (size_t) o->rows * p->d);
	for (int j = 0; j < o->rows; j++)
	{
		for (int f = 0; f < o->cols; f++)
			raw[f] = start_value(&p->f[f], o->cell[j * o->cols + f], j);
		if (cs_prep_row(p, raw, point, NULL) != CS_ROW_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("start centre %d lies outside the domain of a transform", j + 1)));
		for (int f = 0; f < p->d; f++)
		{
			if (!isfinite(point[f]))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("start centre %d lies beyond single precision", j + 1)));
			start[(size_t) j * p->d + f] = (double) point[f];
		}
	}
	return start;
}

void
cs_train_request_start(cs_env *env, cs_train_request *r, const cs_dataset *ds)
{
	r->start = cs_start_centres(env, r->algorithm, r->options, r->k_min == r->k_max ? r->k_max : -1, ds->prep);
}
