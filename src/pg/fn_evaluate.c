/*
 * fn_evaluate.c - how good a version is on the rows of a source.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "core/eval/internal.h"
#include "pg/args.h"
#include "pg/members.h"
#include "pg/groups.h"
#include "pg/pg_env.h"
#include "pg/pins.h"
#include "pg/points.h"
#include "pg/progress.h"

/* What is counted and added up over the rows. */
typedef struct tally
{
	const cs_model *m;
	float	   *score;
	uint64	   *size;			/* rows per cluster */
	uint64		noise;			/* rows of no cluster */
	uint64		borderline;
	double		square;			/* sum of squared distances */
	double		weighted;		/* times the weights */
} tally;

static void
count_row(tally *t, const cs_nearest *n, double weight)
{
	if (n->label < 0)
	{
		t->noise++;
		return;
	}
	t->size[n->label]++;
	t->borderline += cs_measure(t->m, n).confidence < CS_BORDERLINE;
	t->square += n->d1;
	t->weighted += n->d1 * weight;
}

static void
count_point(void *arg, const float *point, double weight)
{
	tally	   *t = arg;
	cs_nearest	n = cs_scorer_nearest(t->m->scorer, point, t->score);

	count_row(t, &n, weight);
}

/* Labels of the points kept; sums once more, in their order, when those are all. */
static int32 *
label_points(cs_env *env, const cs_points *p, tally *t)
{
	const cs_scorer *s = t->m->scorer;
	cs_near_block *near = cs_near_block_for(env, s);
	int32	   *label = CS_ROOM(env, int32, cs_round_lanes(p->x->n));
	double		square = 0,
				weighted = 0;

	for (int b = 0; b < p->x->blocks; b++)
	{
		size_t		at = (size_t) b * CS_BLOCK_ROWS;
		cs_run		run = cs_matrix_run(p->x, b, NULL);

		cs_scorer_block(s, &run, near);
		memcpy(label + at, near->raw.label, sizeof(int32) * run.rows);
		for (size_t i = 0; i < run.rows; i++)
			if (label[at + i] >= 0)
			{
				square += near->d1[i];
				weighted += near->d1[i] * (run.weight ? (double) run.weight[i] : 1.0);
			}
		cs_poll(env);
	}
	if (p->x->n == p->rows)
	{
		t->square = square;
		t->weighted = weighted;
	}
	cs_near_block_free(env, near);
	return label;
}

/* ---- the rows of the result ---- */

typedef struct output
{
	ReturnSetInfo *rsinfo;
	cs_env	   *env;
	const cs_points *points;
	int32	   *label;
	tally	   *t;
} output;

static void put(output *o, const char *metric, double value, const char *note,...) pg_attribute_printf(4, 5);

static void
put(output *o, const char *metric, double value, const char *note,...)
{
	Datum		v[3] = {CStringGetTextDatum(metric)};
	bool		isnull[3] = {false, !isfinite(value), note == NULL};

	v[1] = Float8GetDatum(isnull[1] ? 0 : value);
	if (note)
	{
		va_list		args;
		char		text[200];

		va_start(args, note);
		vsnprintf(text, sizeof(text), note, args);
		va_end(args);
		v[2] = CStringGetTextDatum(text);
	}
	tuplestore_putvalues(o->rsinfo->setResult, o->rsinfo->setDesc, v, isnull);
}

/* Why a measure of distances between clusters is NULL, or NULL. */
static const char *
no_meaning(const output *o, size_t n)
{
	size_t	   *count = CS_NEW(o->env, size_t, o->t->m->k),
				rows;

	return cs_label_census(o->label, n, o->t->m->k, count, &rows) ? NULL :
		"needs two segments with rows, and more rows than segments";
}

static void
put_sizes(output *o)
{
	const tally *t = o->t;
	const cs_points *p = o->points;
	uint64		assigned = p->rows - t->noise,
				least = assigned,
				most = 0;
	double		entropy = 0;
	int			empty = 0;

	for (int j = 0; j < t->m->k; j++)
	{
		double		share = assigned > 0 ? (double) t->size[j] / assigned : 0;

		least = Min(least, t->size[j]);
		most = Max(most, t->size[j]);
		entropy -= share > 0 ? share * log(share) : 0;
		empty += t->size[j] == 0;
	}
	put(o, "rows", (double) p->rows, NULL);
	put(o, "skipped", (double) (p->read - p->rows - p->pinned), p->read > p->rows + p->pinned ? "rows without segment: a feature has no value" : NULL);
	if (t->m->pins)
		put(o, "pinned", (double) p->pinned, "rows in pinned segments, of which nothing else is measured");
	put(o, "segments", t->m->k, NULL);
	put(o, "empty_segments", empty, NULL);
	put(o, "noise_share", (double) t->noise / p->rows, "share of the rows in no segment");
	put(o, "borderline_share", (double) t->borderline / p->rows, "share of the rows almost as near to another segment");
	put(o, "smallest_share", assigned > 0 ? (double) least / assigned : NAN, NULL);
	put(o, "largest_share", assigned > 0 ? (double) most / assigned : NAN, NULL);
	put(o, "balance", t->m->k > 1 && assigned > 0 ? entropy / log(t->m->k) : NAN, "entropy of the sizes: 1 when all are the same");
}

/* Sum of squared distances of the points in segments to their mean, and to their centres. */
static double
explained_share(const output *o)
{
	const cs_matrix *x = o->points->x;
	const cs_centers *c = o->t->m->scorer->centers;
	double	   *mean = CS_NEW(o->env, double, x->d),
				total = 0,
				within = 0;
	float	   *v = CS_ROOM(o->env, float, x->d);
	size_t		n = 0;

	for (int pass = 0; pass < 2; pass++)
	{
		for (size_t i = 0; i < x->n; i++)
		{
			if (i % CS_BLOCK_ROWS == 0)
				cs_poll(o->env);
			if (o->label[i] < 0)
				continue;
			cs_matrix_row(x, i, v);
			n += pass == 0;
			for (int f = 0; f < x->d; f++)
				if (pass == 0)
					mean[f] += v[f];
				else
					total += pow(v[f] - mean[f], 2);
			if (pass == 1)
				within += cs_centers_distance(c, v, o->label[i]);
		}
		for (int f = 0; f < x->d && pass == 0; f++)
			mean[f] /= n;
	}
	return total > 0 ? 1 - within / total : NAN;
}

static void
put_objective(output *o, bool weighted)
{
	const tally *t = o->t;
	bool		cosine = t->m->scorer->algorithm->flags & CS_UNIT_LENGTH;

	if (t->m->scorer->centers == NULL || t->m->scorer->algorithm->flags & CS_OWN_OBJECTIVE)
		return;
	put(o, "objective", cosine ? t->weighted / 2 : t->weighted, "%s, to the own centre%s",
		cosine ? "sum of cosine distances" : "sum of squared distances", weighted ? ", weighted" : "");
	put(o, "objective_per_row", (cosine ? t->square / 2 : t->square) / (o->points->rows - t->noise), NULL);
	put(o, "explained_share", explained_share(o), "share of the variance that the segments explain%s",
		o->points->x->n == o->points->rows ? "" : psprintf(", of a random sample of %zu rows", o->points->x->n));
}

typedef struct matrix_rows
{
	const cs_matrix *x;
	float	   *row;
} matrix_rows;

static void
read_row(void *arg, size_t i, double *out)
{
	matrix_rows *r = arg;

	cs_matrix_row(r->x, i, r->row);
	for (int f = 0; f < r->x->d; f++)
		out[f] = (double) r->row[f];
}

/* Of at most so many rows exactly, and no more than there is room for another copy of. */
static void
put_separation(output *o, size_t silhouette_rows, size_t budget)
{
	const cs_points *p = o->points;
	size_t		room_for = budget / (sizeof(float) * (p->x->d + 2));
	cs_matrix  *part = cs_points_first(o->env, p, Min(silhouette_rows, Max(room_for, 100)));
	matrix_rows r = {p->x, CS_ROOM(o->env, float, p->x->d)};
	int			d = p->x->d,
				k = o->t->m->k;
	const char *why = no_meaning(o, p->x->n);
	const char *note = why ? why : p->x->n == p->rows ? NULL :
		psprintf("of a random sample of %zu rows", p->x->n);
	size_t		arena = cs_silhouette_arena(part->n, d, k);
	char	   *room = CS_NEW(o->env, char, arena);
	cs_team		alone = {0, 1, NULL, room, arena, 0};
	double		silhouette = cs_silhouette(o->env, &alone, part, o->label, k, NULL);

	put(o, "silhouette", silhouette, "%s", isnan(silhouette) ? no_meaning(o, part->n) : part->n == p->rows ? "exact" :
		psprintf("exact on a random sample of %zu rows", part->n));
	put(o, "silhouette_rows", (double) part->n, NULL);
	cs_release(o->env, room);
	put(o, "simplified_silhouette", cs_simplified_silhouette_rows(o->env, p->x->n, d, read_row, &r, o->label, k), note ? "%s" : NULL, note);
	put(o, "davies_bouldin", cs_davies_bouldin(o->env, p->x->n, d, read_row, &r, o->label, k), note ? "%s" : NULL, note);
	put(o, "calinski_harabasz", cs_calinski_harabasz(o->env, p->x->n, d, read_row, &r, o->label, k), note ? "%s" : NULL, note);
}

PG_FUNCTION_INFO_V1(clusterseg_evaluate);

/*
 * _evaluate(name, value, source, path, owner, key, weight, silhouette_rows)
 *     -> setof (metric, value, note)
 */
Datum
clusterseg_evaluate(PG_FUNCTION_ARGS)
{
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	struct varlena *v = cs_arg_model(fcinfo, 1);
	tally		t = {0};
	cs_points_args args = {0};
	output		o = {(ReturnSetInfo *) fcinfo->resultinfo, env};

	InitMaterializedSRF(fcinfo, 0);
	t.m = args.m = cs_model_load(env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	cs_model_refuse_groups(t.m);
	args.source = cs_source_open(CS_ARG_TEXT(2), CS_ARG_TEXT(3), cs_role_for(CS_ARG_TEXT(4)));
	args.key = CS_ARG_TEXT(5);
	args.weight = CS_ARG_TEXT(6);
	args.budget = (size_t) maintenance_work_mem << 10;
	t.score = CS_NEW(env, float, cs_scorer_room(t.m->scorer));
	t.size = CS_NEW(env, uint64, t.m->k);
	cs_progress_start(CS_ARG_TEXT(0));
	o.points = cs_points_read(env, &args, count_point, &t);
	cs_progress(env, CS_PHASE_EVALUATE, 0, 0);
	o.label = label_points(env, o.points, &t);
	o.t = &t;
	put_sizes(&o);
	put_objective(&o, args.weight != NULL);

	/* boxes of scores are cut feature by feature, in the features' own units: distances say nothing */
	if (!(t.m->scorer->algorithm->flags & CS_RAW))
		put_separation(&o, PG_GETARG_INT32(7), args.budget);
	cs_progress_end();
	return (Datum) 0;
}
