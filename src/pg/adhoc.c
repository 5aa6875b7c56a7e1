/*
 * adhoc.c - reading requests, and from a digest to segments (see adhoc.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/base/keyed.h"
#include "core/prep/prep_digest.h"
#include "pg/adhoc.h"
#include "pg/convert.h"
#include "pg/parallel.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/train_request.h"
#include "pg/training.h"

/* Coordinates whose squares are sound in single precision. */
#define MOST_SPREAD 1e15
#define LEAST_SPREAD 1e-15

#define MOST_SEED 9007199254740992.0	/* 2^53 */

#define COMMON \
	{"seed", CS_P_INT, 42, -MOST_SEED, MOST_SEED, NULL, "start of the random numbers"}, \
	{"scale", CS_P_ENUM, 3, 0, 0, "zscore|minmax|robust|none", "unit of distance of each feature, as for train"}, \
	{"workers", CS_P_INT, -1, -1, 64, NULL, \
	"parallel workers beside the session's own process; -1: as many as max_parallel_maintenance_workers when it pays"}

const cs_param cs_window_params[] = {
	COMMON,
	{"memory", CS_P_INT, 0, 0, 1 << 24, NULL,
	"megabytes for distinct rows and the work on them; 0: maintenance_work_mem. Above, a sample by hash is learned from"},
	{0}
};

const cs_param cs_model_params[] = {
	COMMON,
	{"memory", CS_P_INT, 128, 2, 512, NULL,
	"megabytes for distinct rows and the work on them. Above, a sample by hash is learned from"},
	{"features", CS_P_TEXTS, 0, 0, 0, NULL, "names of the features in the model, one per element; without them f1, f2 and so on"},
	{0}
};

static const int scales[] = {CS_SCALE_ZSCORE, CS_SCALE_MINMAX, CS_SCALE_ROBUST, CS_SCALE_NONE};

void
cs_adhoc_read(cs_env *env, cs_adhoc *a, const char *algorithm, int k, Jsonb *options, const cs_param *table)
{
	a->algorithm = cs_algorithm_named(algorithm);
	a->k = k;
	a->keeps = table == cs_model_params;
	a->options = cs_parse_options(env, a->algorithm->params, table, options, psprintf("option of %s", algorithm));
	a->common = cs_parse_options(env, table, a->algorithm->params, options, "option");
	if (k < 1 || k > 10000)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of segments k: %d", k),
				 errdetail("k is from 1 to 10000.")));
	if (cs_clusterer_radius(a->algorithm, a->options) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option max_radius is for train()"),
				 errhint("Leave it out.")));

	/* equal rows are one point here */
	if (cs_bounds_sizes(a->algorithm, a->options))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options min_share and max_share are for train()"),
				 errdetail("Ad hoc functions work on distinct points, not on rows."),
				 errhint("Leave them out.")));
}

cs_digest *
cs_adhoc_digest(cs_env *env, const cs_adhoc *a)
{
	/* fitting takes about as much as the points themselves */
	return cs_digest_new(env, cs_memory_budget(a->common) / 2, (uint64_t) (int64) cs_option_real(a->common, "seed"));
}

/* ---- rows ---- */

void
cs_adhoc_bad_length(const cs_digest *dg, int n)
{
	if (n < 1 || n > CS_DIGEST_MOST_D)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 n < 0 ? errmsg("array of features has more than one dimension")
				 : errmsg("array of features has %d elements", n),
				 errdetail("It takes 1 to %d in one dimension.", CS_DIGEST_MOST_D)));
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("arrays of features differ in length"),
			 errdetail("One has %d elements, another %d.", Min(n, dg->d), Max(n, dg->d))));
}

/* Elements of an array of another type of number. */
static void
convert_elements(ArrayType *a, double *row)
{
	Oid			type = ARR_ELEMTYPE(a);
	bool		cast;
	cs_conv		conv = cs_conv_of_type(type, &cast);
	int16		len;
	bool		byval;
	char		align;
	Datum	   *element;
	bool	   *isnull;
	int			n;

	if (!cs_conv_is_number(conv))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("features are an array of %s, not of numbers", format_type_be(type))));
	get_typlenbyvalalign(type, &len, &byval, &align);
	deconstruct_array(a, type, len, byval, align, &element, &isnull, &n);
	for (int i = 0; i < n; i++)
		row[i] = isnull[i] ? NAN : cs_convert_number(conv, element[i]);
	pfree(element);
	pfree(isnull);
}

const double *
cs_adhoc_row(cs_env *env, cs_digest *dg, Datum features, double **row)
{
	cs_array	a = cs_open_array(features);

	if (a.n < 1 || a.n > CS_DIGEST_MOST_D || (dg->d > 0 && a.n != dg->d))
		cs_adhoc_bad_length(dg, a.n);
	if (*row == NULL)
		*row = CS_ROOM(env, double, a.n);

	/* the length counts, even where the values do not */
	cs_digest_width(dg, a.n);
	if (a.type == FLOAT8OID || a.type == FLOAT4OID)
		for (int i = 0; i < a.n; i++)
			(*row)[i] = cs_array_element(&a, i);
	else
		convert_elements(DatumGetArrayTypeP(features), *row);
	for (int i = 0; i < a.n; i++)
		if (isnan((*row)[i]))
			return NULL;
	return *row;
}

/* ---- from points to clusters ---- */

typedef struct work
{
	cs_env	   *env;			/* for what stays */
	cs_env	   *brief;			/* for the rest */
	const cs_adhoc *a;
	cs_digest  *dg;
	cs_prep    *prep;
	cs_slabs   *slabs;
	cs_matrix  *x;
	uint32_t   *from;			/* point of each row of the matrix, in its first order */
	cs_adhoc_fit *out;
} work;

/*
 * Squared distances must neither overflow nor vanish in single precision.  Which
 * centre is nearest does not depend on the unit of all features together; a model
 * has to keep it, though.
 */
static void
check_spread(work *w)
{
	double		most = 0;

	for (int i = 0; i < w->prep->n; i++)
	{
		const cs_feature *f = &w->prep->f[i];

		most = Max(most, Max(f->stats.max - f->center, f->center - f->stats.min) * f->factor);
	}
	if (w->prep->unit_length || !(most > 0) || (most < MOST_SPREAD && most > LEAST_SPREAD))
		return;
	if (w->a->keeps)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("features lie too far apart or too close together"),
				 errdetail("The largest distance of a value from its mean is %g; from %g to %g can be told apart.", most,
						   LEAST_SPREAD, MOST_SPREAD),
				 errhint("Use the option scale, for example {\"scale\": \"zscore\"}, or another unit.")));
	for (int i = 0; i < w->prep->n; i++)
		w->prep->f[i].factor = ldexp(w->prep->f[i].factor, -ilogb(most));
}

static void
start_block(work *w, size_t rows_left)
{
	cs_matrix  *m = w->x;

	m->block[m->blocks++] = cs_slabs_take(w->slabs, cs_round_lanes(Min(rows_left, CS_BLOCK_ROWS)) * m->d * sizeof(float));
}

/* Points of the digest into a matrix, with their counts as weights. */
static void
pack(work *w, bool shared)
{
	size_t		n = w->dg->n;
	cs_matrix  *m = CS_NEW(w->brief, cs_matrix, 1);
	float	   *raw = CS_ROOM(w->brief, float, w->prep->n),
			   *point = CS_ROOM(w->brief, float, cs_prep_room(w->prep));

	w->x = m;
	w->from = CS_ROOM(w->brief, uint32_t, n);
	w->slabs = cs_slabs_new(w->brief, n * (size_t) (w->prep->d + 2) * sizeof(float), shared);
	m->d = w->prep->d;
	m->block = CS_NEW(w->brief, float *, cs_matrix_blocks(n) + 1);
	m->weight = cs_slabs_take(w->slabs, cs_round_lanes(n) * sizeof(float));
	for (size_t i = 0; i < n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();
		w->out->label[i] = -1;
		cs_prep_raw(w->prep, cs_digest_point(w->dg, i), raw);
		if (cs_prep_row(w->prep, raw, point, NULL) != CS_ROW_OK)
			continue;
		if (m->n % CS_BLOCK_ROWS == 0)
			start_block(w, n - i);
		cs_matrix_set_row(m, m->n, point);
		m->weight[m->n] = (float) w->dg->count[i];
		w->from[m->n++] = (uint32_t) i;
	}
	m->origin = cs_slabs_take(w->slabs, cs_round_lanes(n) * sizeof(uint16_t));
	for (size_t i = 0; i < m->n; i++)
		m->origin[i] = i % CS_BLOCK_ROWS;
}

static int
choose_k(work *w)
{
	int			k = w->a->k;

	if (!w->a->keeps && k > 1)
	{
		k = cs_distinct_rows(w->brief, w->x, k);
		w->out->fewer = k < w->a->k;
	}
	return k;
}

static void
fit(work *w)
{
	const cs_adhoc *a = w->a;
	cs_fit_job	job = {0};
	cs_fit_outcome outcome = {0};
	int			workers = cs_parallel_workers(w->dg->n, w->prep->d, a->k, cs_option_int(a->common, "workers"));

	pack(w, workers > 0);
	if (w->x->n == 0)
		return;
	job.algorithm = a->algorithm;
	job.options = a->options;
	job.x = w->x;
	job.k_min = job.k_max = choose_k(w);
	job.seed = (uint64_t) (int64) cs_option_real(a->common, "seed");
	job.memory = cs_memory_budget(a->common) / 2;
	job.noise_alone = !a->keeps;
	job.axis = cs_axes(w->brief, w->prep);
	job.start = cs_start_centres(w->brief, a->algorithm, a->options, a->k, w->prep);
	cs_parallel_fit(w->env, &job, cs_options_json(w->brief, a->options), w->slabs, workers, &outcome);
	w->out->fit = outcome.fit;
	if (outcome.fit.k == 0)
		w->x->n = 0;
	if (outcome.fit.note)
		ereport(NOTICE, (errmsg("%s: %s", a->algorithm->name, outcome.fit.note)));
}

/* ---- what the clusters are like ---- */

/* The distance that 99.9 % of a cluster's rows stay within; at: by cluster and distance. */
static void
find_reach(cs_model *m, const cs_keyed *at, size_t n, const float *weight, const double *rows)
{
	double		behind = 0;

	for (size_t i = 0; i < n; i++)
	{
		int			j = (int) (at[i].key >> 32);
		uint32		bits = (uint32) at[i].key;
		float		d;

		if (i == 0 || (int) (at[i - 1].key >> 32) != j)
			behind = 0;
		memcpy(&d, &bits, sizeof(d));
		if (behind < 0.999 * rows[j])
			m->reach[j] = d;
		behind += weight[at[i].row];
	}
}

/*
 * Where the fit itself says where rows belong, and how far they are, that counts;
 * else where its model puts them.
 */
static void
settle(work *w, size_t first, const cs_run *run, cs_near_block *near)
{
	const cs_fit *f = &w->out->fit;
	const cs_scorer *s = w->out->model.scorer;
	float	   *row;

	if (f->label == NULL || f->distance == NULL)
		s->algorithm->block(s, run, near);
	row = CS_ROOM(w->brief, float, s->d);
	for (size_t i = 0; i < run->rows && f->label; i++)
	{
		int			own = f->label[first + i];

		if (f->distance)
			near->d1[i] = f->distance[first + i];
		else if (own >= 0 && own != near->raw.label[i])
		{
			cs_matrix_row(w->x, first + i, row);
			near->d1[i] = cs_scorer_distance(s, row, own, near->score);
		}
		near->raw.label[i] = own;
	}
	cs_release(w->brief, row);
}

static void
measure(work *w)
{
	cs_model   *m = &w->out->model;
	const cs_matrix *x = w->x;
	cs_near_block *near = cs_near_block_for(w->brief, m->scorer);
	cs_keyed   *at = CS_ROOM(w->brief, cs_keyed, x->n);
	size_t		n = 0;
	double		sse = 0;

	for (int b = 0; b < x->blocks; b++)
	{
		size_t		first = (size_t) b * CS_BLOCK_ROWS;
		cs_run		run = cs_matrix_run(x, b, NULL);

		CHECK_FOR_INTERRUPTS();
		settle(w, first, &run, near);
		for (size_t i = 0; i < run.rows; i++)
		{
			int			j = near->raw.label[i];
			double		square = isfinite(near->d1[i]) ? near->d1[i] : 0;
			float		d = (float) sqrt(square);
			uint32		bits;

			m->learned += run.weight[i];
			w->out->label[w->from[cs_matrix_origin(x, first + i)]] = j;
			if (j < 0)
				continue;
			memcpy(&bits, &d, sizeof(bits));
			at[n++] = (cs_keyed) {(uint64) j << 32 | bits, (uint32) (first + i)};
			m->size[j] += run.weight[i];
			m->radius[j] += square * run.weight[i];
		}
	}
	for (int j = 0; j < m->k; j++)
	{
		sse += m->radius[j];
		m->radius[j] = m->size[j] > 0 ? sqrt(m->radius[j] / m->size[j]) : 0;
	}
	m->variance = sse / (m->learned * x->d);
	if (m->scorer->centers && !(m->scorer->algorithm->flags & CS_OWN_OBJECTIVE))
		w->out->fit.objective = m->scorer->algorithm->flags & CS_UNIT_LENGTH ? sse / 2 : sse;
	cs_sort_keyed(at, n);
	find_reach(m, at, n, x->weight, m->size);
}

/* Of a sample: sizes for all rows. */
static void
scale_up(work *w)
{
	cs_model   *m = &w->out->model;
	double		kept = (double) cs_digest_kept(w->dg),
				unfit = kept - m->learned;

	m->read = (double) w->dg->rows + (double) w->dg->skipped;
	m->rows = rint(m->learned * ((double) w->dg->rows / kept));
	m->skipped = (double) w->dg->skipped + rint(unfit * ((double) w->dg->rows / kept));
	for (int j = 0; j < m->k; j++)
		m->size[j] = rint(m->size[j] * ((double) w->dg->rows / kept));
}

/* Is cluster a to have a lower id than b: more rows, else the lower centre? */
static bool
before(const cs_model *m, int a, int b)
{
	const cs_centers *c = m->scorer->centers;

	if (m->size[a] != m->size[b])
		return m->size[a] > m->size[b];
	for (int f = 0; c && f < c->d; f++)
		if (c->c[(size_t) a * c->d + f] != c->c[(size_t) b * c->d + f])
			return c->c[(size_t) a * c->d + f] < c->c[(size_t) b * c->d + f];
	return a < b;
}

static int
compare_clusters(const void *a, const void *b, void *model)
{
	return before(model, *(const int *) a, *(const int *) b) ? -1 : 1;
}

static void
set_ids(cs_env *env, cs_model *m)
{
	int		   *order = CS_NEW(env, int, m->k);

	for (int j = 0; j < m->k; j++)
		order[j] = j;
	qsort_arg(order, m->k, sizeof(int), compare_clusters, m);
	for (int i = 0; i < m->k; i++)
		m->segment_id[order[i]] = i + 1;
	cs_release(env, order);
}

static void
describe(work *w)
{
	cs_model   *m = &w->out->model;

	m->seed = (int64) cs_option_real(w->a->common, "seed");
	m->prep = w->prep;
	m->scorer = cs_scorer_of_fit(w->env, &w->out->fit);
	m->k = m->scorer->k;
	m->segment_id = CS_NEW(w->env, int, m->k);
	m->size = CS_NEW(w->env, double, m->k);
	m->radius = CS_NEW(w->env, double, m->k);
	m->reach = CS_NEW(w->env, double, m->k);
	measure(w);
	scale_up(w);
	set_ids(w->env, m);
}

static void
say_sample(const cs_adhoc *a, const cs_digest *dg)
{
	if (dg->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows do not fit into memory"),
				 errdetail(UINT64_FORMAT " rows of %d features cannot be sampled within %zu MB.", dg->rows, dg->d,
						   cs_memory_budget(a->common) >> 20),
				 errhint("Increase the option memory.")));
	ereport(NOTICE,
			(errmsg("%s learned from a sample of " UINT64_FORMAT " of " UINT64_FORMAT " rows", a->algorithm->name,
					cs_digest_kept(dg), dg->rows),
			 errdetail("Distinct rows would take more than the %zu MB that are allowed; 1 of " UINT64_FORMAT " was kept, by a hash of its values.",
					   cs_memory_budget(a->common) >> 20, UINT64CONST(1) << dg->level),
			 errhint("Increase %s to learn from all rows.", a->keeps ? "the option memory" : "maintenance_work_mem, or the option memory,")));
}

static char **
default_names(cs_env *env, int d)
{
	char	  **names = CS_NEW(env, char *, d);

	for (int i = 0; i < d; i++)
		names[i] = cs_text(env, "f%d", i + 1);
	return names;
}

bool
cs_adhoc_run(cs_env *env, const cs_adhoc *a, cs_digest *dg, char **names, cs_adhoc_fit *out)
{
	work		w = {.env = env, .a = a, .dg = dg, .out = out};
	MemoryContext brief;
	bool		some,
				directions = cs_clusterer_directions(a->algorithm, a->options);

	memset(out, 0, sizeof(*out));
	if (dg->rows == 0)
		return false;
	if (dg->level > 0)
		say_sample(a, dg);
	cs_digest_sort(dg);
	brief = AllocSetContextCreate(cs_pg_env_context(env), "clusterseg fit", ALLOCSET_DEFAULT_SIZES);
	w.brief = cs_pg_env(brief);
	w.prep = cs_prep_of_digest(env, dg, names ? names : default_names(env, dg->d),
							   scales[cs_option_int(a->common, "scale")], directions, cs_algorithm_centring(a->algorithm, directions));
	check_spread(&w);
	out->label = CS_ROOM(env, int32_t, dg->n);
	fit(&w);
	some = w.x->n > 0;
	if (some)
		describe(&w);
	cs_slabs_free(w.slabs);
	MemoryContextDelete(brief);
	return some;
}
