/*
 * training.c - labels, identity and sizes of the segments of a training.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/base/matching.h"
#include "core/base/stats.h"
#include "pg/pg_env.h"
#include "pg/training.h"

/* Two segments are the same when they share so much (Jaccard), ... */
#define SAME_JACCARD 0.5

/* ... or when so much of the former one went into the new one (MONIC). */
#define SURVIVES 0.7

static cs_training *current = NULL;

static void
forget(void *arg)
{
	if (current == arg)
		current = NULL;
}

/* A source may call any function: not one that pulls the training from under the reader. */
static void
check_idle(void)
{
	if (current && current->busy)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("a training is under way in this session"),
				 errdetail("Its source calls a function that would start, read or end a training.")));
}

cs_training *
cs_training_begin(void)
{
	MemoryContext cxt;
	MemoryContextCallback *callback;
	cs_training *t;

	cs_training_end();
	cxt = AllocSetContextCreate(TopTransactionContext, "clusterseg training", ALLOCSET_DEFAULT_SIZES);
	t = MemoryContextAllocZero(cxt, sizeof(cs_training));
	t->cxt = cxt;
	t->env = cs_pg_env(cxt);
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	callback->func = forget;
	callback->arg = t;
	MemoryContextRegisterResetCallback(cxt, callback);
	current = t;
	return t;
}

void
cs_training_end(void)
{
	check_idle();
	if (current)
		MemoryContextDelete(current->cxt);
	current = NULL;
}

cs_training *
cs_training_current(void)
{
	if (current == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no training is under way in this transaction"),
				 errhint("This function is part of clusterseg.train().")));
	check_idle();
	return current;
}

/* ---- labels, sizes, radius, reach ---- */

/* Squared distance of row i of the matrix to a cluster. */
static double
distance_in_matrix(const cs_training *t, size_t i, int cluster, cs_near_block *near)
{
	cs_matrix_row(t->ds->matrix, i, near->row);
	return cs_scorer_distance(t->scorer, near->row, cluster, near->score);
}

/* The distance that 99.9 % of a cluster's rows stay within. */
static void
find_reach(cs_training *t, const float *d1)
{
	size_t		n = t->ds->matrix->n,
				from = 0;
	float	   *part = CS_ROOM(t->env, float, n + 1);
	size_t	   *at = CS_NEW(t->env, size_t, t->model.k);

	/* the distances, cluster by cluster */
	for (int j = 0; j < t->model.k; j++)
	{
		at[j] = from;
		from += (size_t) t->model.size[j];
	}
	for (size_t i = 0; i < n; i++)
		if (t->label[i] >= 0)
			part[at[t->label[i]]++] = d1[i];
	for (int j = 0; j < t->model.k; j++)
	{
		size_t		m = (size_t) t->model.size[j];

		t->model.reach[j] = m > 0 ? (double) cs_quantile_disc(part + at[j] - m, m, 0.999) : 0;
	}
	cs_release(t->env, part);
	cs_release(t->env, at);
}

void
cs_training_block(cs_training *t, int b, cs_near_block *near)
{
	const cs_fit *f = &t->outcome.fit;
	size_t		at = (size_t) b * CS_BLOCK_ROWS;
	cs_run		run = cs_matrix_run(t->ds->matrix, b, NULL);

	if (f->label == NULL || f->distance == NULL)
		cs_scorer_block(t->scorer, &run, near);
	for (size_t i = 0; i < run.rows && f->label; i++)
	{
		int			own = f->label[at + i];

		if (f->distance)
		{
			near->d1[i] = own < 0 ? INFINITY : (double) f->distance[at + i];
			near->raw.label2[i] = -1;
			near->d2[i] = INFINITY;
		}
		else if (own != near->raw.label[i])
		{
			/* where the model would put it is the runner-up then */
			near->raw.label2[i] = near->raw.label[i];
			near->d2[i] = near->d1[i];
			near->d1[i] = own < 0 ? INFINITY : distance_in_matrix(t, at + i, own, near);
		}
		near->raw.label[i] = own;
	}
	CHECK_FOR_INTERRUPTS();
}

/* A radius that leaves no row is a mistake in its unit. */
static void
check_radius(const cs_training *t, float *d1)
{
	size_t		n = t->ds->matrix->n;
	double		median;

	if (t->scorer->max_radius == 0 || t->noise < (double) n)
		return;
	median = (double) cs_quantile_disc(d1, n, 0.5);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("max_radius is too small: no row belongs to a segment"),
			 t->of_group ? errdetail("Each of the %zu rows of a group is farther than %g from its nearest segment.", n, t->scorer->max_radius)
			 : errdetail("Each of the %zu rows is farther than %g from its nearest segment.", n, t->scorer->max_radius),
			 errhint("Half of them are within %.3g.", cs_scorer_seen(t->scorer, median * median))));
}

/* Means of the clusters, for models that keep them. */
static void
find_means(cs_training *t)
{
	const cs_matrix *x = cs_training_coordinates(t);
	cs_model   *m = &t->model;
	float	   *row = CS_NEW(t->env, float, x->d);

	m->means = CS_NEW(t->env, double, (size_t) m->k * x->d);
	for (size_t i = 0; i < t->ds->matrix->n; i++)
	{
		double	   *mean = m->means + (size_t) t->label[i] * x->d;

		if (i % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();
		if (t->label[i] < 0)
			continue;
		cs_matrix_row(x, cs_training_coordinate_row(t, i), row);
		for (int f = 0; f < x->d; f++)
			mean[f] += (double) row[f];
	}
	for (int j = 0; j < m->k; j++)
		for (int f = 0; f < x->d && m->size[j] > 0; f++)
			m->means[(size_t) j * x->d + f] /= m->size[j];
	cs_release(t->env, row);
}

void
cs_training_label(cs_training *t)
{
	const cs_matrix *x = t->ds->matrix;
	cs_model   *m = &t->model;
	cs_near_block *near = cs_near_block_for(t->env, t->scorer);
	float	   *d1 = CS_ROOM(t->env, float, x->n + 1);
	double		sse = 0,
				weighted = 0;

	m->k = t->scorer->k;
	m->scorer = t->scorer;
	m->prep = t->ds->prep;
	m->rows = (double) x->n;
	m->size = CS_NEW(t->env, double, m->k);
	m->radius = CS_NEW(t->env, double, m->k);
	m->reach = CS_NEW(t->env, double, m->k);
	t->label = CS_ROOM(t->env, int32_t, cs_round_lanes(x->n));
	for (int b = 0; b < x->blocks; b++)
	{
		size_t		at = (size_t) b * CS_BLOCK_ROWS;
		size_t		rows = cs_block_rows(x, b);

		cs_training_block(t, b, near);
		for (size_t i = 0; i < rows; i++)
		{
			int			j = near->raw.label[i];

			t->label[at + i] = j;
			t->noise += j < 0;
			weighted += near->d1[i] * (double) cs_matrix_weight_of(x, at + i);
			d1[at + i] = (float) sqrt(near->d1[i]);
			if (j < 0)
				continue;
			m->size[j]++;
			m->radius[j] += near->d1[i];
			sse += near->d1[i];
		}
	}
	check_radius(t, d1);
	for (int j = 0; j < m->k; j++)
		m->radius[j] = m->size[j] > 0 ? sqrt(m->radius[j] / m->size[j]) : 0;
	m->variance = (double) x->n > t->noise ? sse / (((double) x->n - t->noise) * x->d) : 0;
	t->count = CS_NEW(t->env, double, m->k);
	memcpy(t->count, m->size, sizeof(double) * m->k);
	if (cs_model_keeps_means(t->scorer, m->prep))
		find_means(t);

	/* what the passes minimised in single precision, measured in double */
	if (t->scorer->centers && !(t->scorer->algorithm->flags & CS_OWN_OBJECTIVE))
		t->outcome.fit.objective = t->scorer->algorithm->flags & CS_UNIT_LENGTH ? weighted / 2 : weighted;
	find_reach(t, d1);
	cs_release(t->env, d1);
	cs_near_block_free(t->env, near);
}

/* ---- which segments are those of before? ---- */

static int
before_index(cs_training *t, int id)
{
	for (int i = 0; i < t->n_before; i++)
		if (t->before_id[i] == id)
			return i;
	return -1;
}

typedef struct former_members
{
	cs_training *t;
	cs_keys    *keys;
	cs_rows    *id;				/* one int a row */
} former_members;

static void
take_member(void *arg, TupleTableSlot *slot)
{
	former_members *f = arg;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1] ||
		(f->t->ds->sample_level > 0 && !cs_dataset_sampled(f->t->ds, slot->tts_values[0])))
		return;
	cs_keys_add(f->keys, slot->tts_values[0]);
	*(int *) cs_rows_add(f->id) = DatumGetInt32(slot->tts_values[1]);
}

/* Former and present members in one walk; both are in key order. */
static void
count_common(cs_training *t, former_members *f, const uint32 *order)
{
	const cs_matrix *x = t->ds->matrix;
	size_t		m = f->keys->datum->n,
				j = 0;
	int32_t    *cluster = CS_ROOM(t->env, int32_t, x->n + 1);

	for (size_t i = 0; i < x->n; i++)
		cluster[cs_training_row(t, i)] = t->label[i];
	for (size_t r = 0; r < m; r++)
	{
		int			at = before_index(t, *(int *) cs_rows_at(f->id, order ? order[r] : r));

		if (at >= 0)
			t->before_size[at]++;
	}
	for (size_t i = 0; i < x->n && j < m;)
	{
		size_t		r = order ? order[j] : j;
		int			c = cs_keys_compare(f->keys, cs_keys_at(t->ds->keys, i), cs_keys_at(f->keys, r));

		if (c == 0)
		{
			int			at = before_index(t, *(int *) cs_rows_at(f->id, r));

			if (at >= 0 && cluster[i] >= 0)
				t->overlap[at * t->model.k + cluster[i]]++;
		}
		i += c <= 0;
		j += c >= 0;
	}
	cs_release(t->env, cluster);
}

void
cs_training_overlap_by_model(cs_training *t)
{
	for (size_t i = 0; i < t->ds->matrix->n; i++)
	{
		int			was = t->former_label[cs_training_row(t, i)];

		if (was < 0)
			continue;
		t->before_size[was]++;
		if (t->label[i] >= 0)
			t->overlap[was * t->model.k + t->label[i]]++;
	}
}

void
cs_training_overlap(cs_training *t, const char *members_query, const char *owner)
{
	double		common = 0;

	if (t->former == NULL)
		return;
	t->n_before = t->former->k;
	t->before_id = t->former->segment_id;
	t->before_size = CS_NEW(t->env, double, t->n_before);
	t->overlap = CS_NEW(t->env, double, (size_t) t->n_before * t->model.k);
	if (members_query)
	{
		cs_source  *s = cs_source_open(members_query, NULL, cs_role_for(owner));
		former_members f = {t, NULL, cs_rows_new(t->env, 1)};

		if (getBaseType(TupleDescAttr(s->desc, 0)->atttypid) == t->ds->keys->type)
		{
			f.keys = cs_keys_new(t->env, TupleDescAttr(s->desc, 0));
			cs_source_scan(s, "*", true, take_member, &f);
			count_common(t, &f, cs_keys_order(f.keys));
			cs_rows_free(f.keys->datum);
		}
		cs_rows_free(f.id);
	}
	for (int i = 0; i < t->n_before * t->model.k; i++)
		common += t->overlap[i];
	if (common == 0 && t->former_label)
	{
		/* without members in common */
		memset(t->before_size, 0, sizeof(double) * t->n_before);
		cs_training_overlap_by_model(t);
	}
}

/* Of customers that were there before and are there now: those who came or left say nothing. */
static bool
is_same(const cs_training *t, int before, int cluster)
{
	int			k = t->model.k;
	double		both = t->overlap[before * k + cluster],
				from = 0,
				to = 0;

	for (int j = 0; j < k; j++)
		from += t->overlap[before * k + j];
	for (int i = 0; i < t->n_before; i++)
		to += t->overlap[i * k + cluster];
	return both > 0 && (both / (from + to - both) >= SAME_JACCARD || both / from >= SURVIVES);
}

/* Ids of clusters that the algorithm names itself go with the names. */
static void
name_by_text(cs_training *t)
{
	for (int j = 0; j < t->model.k; j++)
	{
		const char *name = t->scorer->algorithm->cluster_name(t->scorer, j);

		for (int i = 0; i < t->n_before; i++)
			if (t->former->scorer->algorithm->cluster_name &&
				strcmp(t->former->scorer->algorithm->cluster_name(t->former->scorer, i), name) == 0)
				t->model.segment_id[j] = t->before_id[i];
	}
}

/*
 * Rows that lie today within the reach of a former segment, by the new label;
 * from: all that the former model puts there, near or far.  NULL when it cannot
 * score them.
 */
static double *
place_overlap(cs_training *t, double **from)
{
	double	   *both;

	*from = NULL;
	if (t->former_label == NULL)
		return NULL;
	both = CS_NEW(t->env, double, (size_t) t->n_before * t->model.k);
	*from = CS_NEW(t->env, double, (size_t) t->n_before);
	for (size_t i = 0; i < t->ds->matrix->n; i++)
	{
		size_t		row = cs_training_row(t, i);
		int			was = t->former_label[row];

		if (was < 0)
			continue;
		(*from)[was]++;
		if (t->label[i] >= 0 && t->former_near[row / 8] & 1 << row % 8)
			both[was * t->model.k + t->label[i]]++;
	}
	return both;
}

static bool
is_same_place(const cs_training *t, const double *place, const double *from, int before, int cluster)
{
	double		both = place[before * t->model.k + cluster];

	return both > 0 && (both / (from[before] + t->count[cluster] - both) >= SAME_JACCARD || both / from[before] >= SURVIVES);
}

/*
 * A segment is its customers, and it is its place among the features.  The first
 * survives when everybody changes alike (prices double), the second when
 * customers move through segments (none is new for ever).  So both count for the
 * matching, and either makes a match the same segment.
 */
static void
name_by_overlap(cs_training *t)
{
	int		   *match = CS_NEW(t->env, int, t->n_before);
	double	   *from,
			   *place = place_overlap(t, &from),
			   *weight = CS_NEW(t->env, double, (size_t) t->n_before * t->model.k);

	for (int i = 0; i < t->n_before * t->model.k; i++)
		weight[i] = t->overlap[i] + (place ? place[i] : 0);
	cs_match(t->env, weight, t->n_before, t->model.k, match);
	for (int i = 0; i < t->n_before; i++)
		if (match[i] >= 0 && (is_same(t, i, match[i]) || (place && is_same_place(t, place, from, i, match[i]))))
			t->model.segment_id[match[i]] = t->before_id[i];
	cs_release(t->env, weight);
	if (place)
	{
		cs_release(t->env, place);
		cs_release(t->env, from);
	}
}

void
cs_training_match_segments(cs_training *t)
{
	t->model.segment_id = CS_NEW(t->env, int, t->model.k);
	if (t->n_before > 0 && t->scorer->algorithm->cluster_name)
		name_by_text(t);
	else if (t->n_before > 0)
		name_by_overlap(t);
}

int
cs_number_segments(const double *size, int k, bool named, int *id, int next_id)
{
	for (;;)
	{
		int			next = -1;

		for (int j = 0; j < k; j++)
			if (id[j] == 0 && (next < 0 || (!named && size[j] > size[next])))
				next = j;
		if (next < 0)
			return next_id;
		id[next] = next_id++;
	}
}

/*
 * Stable ids: a cluster that is a segment of before keeps its id, others get new
 * ones, the largest first; ids of the past are never used again.
 */
int
cs_training_name_segments(cs_training *t, int next_id)
{
	cs_model   *m = &t->model;
	const cs_clusterer *a = t->scorer->algorithm;

	cs_training_match_segments(t);
	next_id = cs_number_segments(m->size, m->k, a->cluster_name != NULL, m->segment_id, next_id);
	m->label = CS_NEW(t->env, char *, m->k);
	for (int j = 0; j < m->k; j++)
		m->label[j] = a->cluster_name ? cs_strdup(t->env, a->cluster_name(t->scorer, j))
			: cs_text(t->env, "Segment %d", m->segment_id[j]);
	return next_id;
}
