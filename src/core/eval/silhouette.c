/*
 * silhouette.c - the two silhouettes (see internal.h).
 *
 * The exact one needs, for each row, the sum of distances to every cluster.  The
 * rows of each cluster are packed once for the kernel, behind each other.  Then
 * groups of tiles are taken past all of them, PIECE_ROWS at a time, so that what
 * is packed comes from memory once per group and from the cache for the rest of
 * it.  Memory: one more copy of the rows, shared by the team.
 *
 * A group's rows are summed in their order, groups are added up unit by unit:
 * the size of the team does not show in the result.
 */
#include "core/eval/internal.h"

#include "core/base/centers.h"

#include <math.h>
#include <string.h>

/* Rows of one call of the kernel; it keeps sums of so many in single precision. */
#define PIECE_ROWS 256

/* Rows that pass by together, and units of parallel work. */
#define GROUP_TILES 8
#define GROUP_ROWS (GROUP_TILES * CS_LANES)
#define UNITS 1024

/* ---- silhouette ---- */

typedef struct silhouette
{
	cs_env	   *env;
	cs_team    *team;
	const cs_matrix *x;
	const int32_t *label;
	int			k;
	float	   *each;			/* shared, or NULL */
	size_t		rows;			/* that count */
	size_t	   *count;			/* private: rows of each cluster */
	size_t	   *packed_at;		/* private: where each cluster's packed rows begin */
	uint32_t   *order;			/* shared: row numbers, cluster by cluster */
	float	   *packed;			/* shared */
	double	   *part;			/* shared: [unit] sums of silhouettes */
	float	   *tiles;			/* private: one group, or one piece row by row */
	double	   *sums;			/* private: [tile][cluster][lane] */
	cs_turn		turn;
} silhouette;

size_t
cs_silhouette_arena(size_t n, int d, int k)
{
	size_t		exact = cs_team_bytes(n, sizeof(uint32_t)) + cs_team_bytes(UNITS, sizeof(double)) +
		cs_team_bytes((n + (size_t) k * CS_KERNEL_KB) * (size_t) d, sizeof(float)) +
		cs_team_bytes(1, sizeof(cs_queue)),
				simplified = cs_simplified_silhouette_arena(d, k);

	return exact > simplified ? exact : simplified;
}

static void
start(silhouette *s)
{
	size_t		d = (size_t) s->x->d,
				groups = (s->rows + GROUP_ROWS - 1) / GROUP_ROWS,
				floats = 0;

	s->packed_at = CS_NEW(s->env, size_t, (size_t) s->k);
	for (int j = 0; j < s->k; j++)
	{
		s->packed_at[j] = floats;
		floats += cs_kernel_rows_floats(s->count[j], s->x->d);
	}
	cs_turn_init(s->env, s->team, &s->turn, (int) (groups < UNITS ? groups : UNITS));
	s->order = cs_team_alloc(s->env, s->team, s->rows, sizeof(uint32_t));
	s->packed = cs_team_alloc(s->env, s->team, floats, sizeof(float));
	s->part = cs_team_alloc(s->env, s->team, UNITS, sizeof(double));
	s->tiles = CS_ROOM(s->env, float, GROUP_ROWS * d);
	s->sums = CS_ROOM(s->env, double, GROUP_ROWS * (size_t) s->k);
}

static void
finish(silhouette *s)
{
	cs_release(s->env, s->packed_at);
	cs_release(s->env, s->tiles);
	cs_release(s->env, s->sums);
}

/* The leader puts the rows that count into order, cluster by cluster. */
static void
put_in_order(silhouette *s)
{
	if (s->team->rank == 0)
	{
		size_t	   *next = CS_NEW(s->env, size_t, (size_t) s->k + 1);

		for (int j = 0; j < s->k; j++)
			next[j + 1] = next[j] + s->count[j];
		for (size_t i = 0; i < s->x->n; i++)
			if (cs_label_counts(s->label[i], s->k))
				s->order[next[s->label[i]]++] = (uint32_t) i;
		cs_release(s->env, next);
	}
	cs_team_barrier(s->team);
}

/* Each member packs its share of the clusters. */
static void
pack_clusters(silhouette *s)
{
	size_t		d = (size_t) s->x->d,
				from = 0;

	for (int j = 0; j < s->k; from += s->count[j++])
		for (size_t at = 0; j % s->team->size == s->team->rank && at < s->count[j]; at += PIECE_ROWS)
		{
			size_t		m = s->count[j] - at < PIECE_ROWS ? s->count[j] - at : PIECE_ROWS;

			for (size_t i = 0; i < m; i++)
				cs_matrix_row(s->x, s->order[from + at + i], s->tiles + i * d);
			s->env->kernel->pack_rows(s->tiles, m, s->x->d, s->packed + s->packed_at[j] + at * d);
			cs_poll(s->env);
		}
	cs_team_barrier(s->team);
}

/* The tiles of one group; lanes behind the last row repeat it. */
static void
gather_group(silhouette *s, size_t at, size_t tiles)
{
	size_t		d = (size_t) s->x->d;

	for (size_t i = 0; i < tiles * CS_LANES; i++)
	{
		const float *x = cs_matrix_at(s->x, s->order[at + i < s->rows ? at + i : s->rows - 1]);
		float	   *to = s->tiles + i / CS_LANES * CS_LANES * d + i % CS_LANES;

		for (size_t f = 0; f < d; f++)
			to[f * CS_LANES] = x[f * CS_LANES];
	}
}

/* Distances of the rows of a group to each cluster, summed. */
static void
sum_distances(silhouette *s, size_t tiles)
{
	size_t		d = (size_t) s->x->d,
				k = (size_t) s->k;

	memset(s->sums, 0, sizeof(double) * tiles * CS_LANES * k);
	for (size_t j = 0; j < k; j++)
		for (size_t at = 0; at < s->count[j]; at += PIECE_ROWS)
		{
			size_t		m = s->count[j] - at < PIECE_ROWS ? s->count[j] - at : PIECE_ROWS;

			for (size_t t = 0; t < tiles; t++)
				s->env->kernel->distance_sums(s->tiles + t * CS_LANES * d, s->x->d,
											  s->packed + s->packed_at[j] + at * d, m,
											  s->sums + (t * k + j) * CS_LANES);
			cs_poll(s->env);
		}
}

/* Silhouette of a row of cluster own; sums of its lane, cluster by cluster. */
static double
row_score(const silhouette *s, const double *sums, int own)
{
	double		b = INFINITY;

	if (s->count[own] == 1)
		return 0;
	for (int j = 0; j < s->k; j++)
		if (j != own && s->count[j] > 0)
			b = fmin(b, sums[j * CS_LANES] / (double) s->count[j]);
	return cs_silhouette_score(sums[own * CS_LANES] / (double) (s->count[own] - 1), b);
}

static double
measure_group(silhouette *s, size_t at)
{
	size_t		rows = s->rows - at < GROUP_ROWS ? s->rows - at : GROUP_ROWS,
				tiles = (rows + CS_LANES - 1) / CS_LANES;
	double		sum = 0;

	gather_group(s, at, tiles);
	sum_distances(s, tiles);
	for (size_t i = 0; i < rows; i++)
	{
		uint32_t	row = s->order[at + i];
		double		v = row_score(s, s->sums + i / CS_LANES * CS_LANES * (size_t) s->k + i % CS_LANES,
								  s->label[row]);

		sum += v;
		if (s->each)
			s->each[row] = (float) v;
	}
	return sum;
}

static double
measure(silhouette *s)
{
	size_t		groups = (s->rows + GROUP_ROWS - 1) / GROUP_ROWS,
				units = (size_t) s->turn.units;
	double		sum = 0;
	int			unit;

	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
	{
		size_t		u = (size_t) unit;

		for (size_t g = u * groups / units; g < (u + 1) * groups / units; g++)
			s->part[u] += measure_group(s, g * GROUP_ROWS);
		cs_progress(s->env, CS_PHASE_EVALUATE, unit + 1, s->turn.units);
	}
	cs_turn_end(s->team, &s->turn);
	for (size_t u = 0; u < units; u++)
		sum += s->part[u];
	cs_team_barrier(s->team);
	return sum / (double) s->rows;
}

double
cs_silhouette(cs_env *env, cs_team *team, const cs_matrix *x, const int32_t *label, int k, float *each)
{
	size_t		mark = cs_team_mark(team);
	silhouette	s = {.env = env, .team = team, .x = x, .label = label, .k = k, .each = each};
	double		mean = NAN;

	if (x->n > UINT32_MAX)
		cs_fail(env, CS_E_LIMIT, "too many rows for a silhouette", NULL, NULL);
	for (size_t i = 0; each && team->rank == 0 && i < x->n; i++)
		each[i] = NAN;
	cs_team_barrier(team);
	s.count = CS_NEW(env, size_t, (size_t) k);
	if (cs_label_census(label, x->n, k, s.count, &s.rows))
	{
		start(&s);
		put_in_order(&s);
		pack_clusters(&s);
		mean = measure(&s);
		finish(&s);
		cs_team_rewind(team, mark);
	}
	cs_release(env, s.count);
	return mean;
}

/* ---- simplified silhouette ---- */

typedef struct simplified
{
	cs_env	   *env;
	cs_team    *team;
	const cs_matrix *x;
	const int32_t *label;
	int			k;
	int		   *center_of;		/* cluster to centre: clusters without rows have none */
	cs_centers *centers;
	cs_scratch *scratch;
	cs_near_block *near;
	cs_turn		turn;
} simplified;

size_t
cs_simplified_silhouette_arena(int d, int k)
{
	return cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(CS_MAX_UNITS, sizeof(double)) +
		cs_team_bytes(CS_MAX_UNITS * (size_t) k * (size_t) d, sizeof(double));
}

/* Sums of the rows of each cluster in one unit. */
static void
sum_unit(simplified *s, int unit, double *sum)
{
	size_t		d = (size_t) s->x->d;

	for (int b = cs_unit_start(s->x, unit); b < cs_unit_start(s->x, unit + 1); b++)
	{
		cs_run		run = cs_matrix_run(s->x, b, s->scratch);
		const int32_t *label = s->label + (size_t) b * CS_BLOCK_ROWS;

		for (size_t i = 0; i < run.rows; i++)
		{
			const float *x = run.tiles + i / CS_LANES * CS_LANES * d + i % CS_LANES;

			for (size_t f = 0; cs_label_counts(label[i], s->k) && f < d; f++)
				sum[(size_t) label[i] * d + f] += (double) x[f * CS_LANES];
		}
		cs_poll(s->env);
	}
}

/* Centres at the means of the clusters that have rows. */
static void
find_means(simplified *s, const size_t *count)
{
	size_t		kd = (size_t) s->k * (size_t) s->x->d,
				d = (size_t) s->x->d;
	double	   *part = cs_team_alloc(s->env, s->team, (size_t) s->turn.units * kd, sizeof(double)),
			   *mean = CS_NEW(s->env, double, kd);
	int			unit,
				found = 0;

	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
		sum_unit(s, unit, part + (size_t) unit * kd);
	cs_turn_end(s->team, &s->turn);
	s->center_of = CS_NEW(s->env, int, (size_t) s->k);
	for (int j = 0; j < s->k; j++)
	{
		double	   *m = mean + (size_t) found * d;

		if (count[j] == 0)
			continue;
		s->center_of[j] = found++;
		for (int u = 0; u < s->turn.units; u++)
			for (size_t f = 0; f < d; f++)
				m[f] += part[(size_t) u * kd + (size_t) j * d + f];
		for (size_t f = 0; f < d; f++)
			m[f] /= (double) count[j];
	}
	cs_team_barrier(s->team);
	s->centers = cs_centers_new(s->env, mean, found, s->x->d);
	cs_release(s->env, mean);
}

/* Simplified silhouettes of the rows of a block, summed. */
static double
simplified_block(simplified *s, int b)
{
	cs_run		run = cs_matrix_run(s->x, b, s->scratch);
	const int32_t *label = s->label + (size_t) b * CS_BLOCK_ROWS;
	cs_near_block *near = s->near;
	double		sum = 0;

	cs_centers_block(s->centers, &run, near);
	for (size_t i = 0; i < run.rows; i++)
	{
		int			own;
		double		a = near->d1[i],
					b2 = near->d2[i];

		if (!cs_label_counts(label[i], s->k))
			continue;
		own = s->center_of[label[i]];
		if (near->raw.label[i] != own)
		{
			/* another mean is nearer than the row's own */
			cs_matrix_row(s->x, (size_t) b * CS_BLOCK_ROWS + i, near->row);
			b2 = a;
			a = cs_centers_distance(s->centers, near->row, own);
		}
		sum += cs_silhouette_score(sqrt(a), sqrt(b2));
	}
	cs_poll(s->env);
	return sum;
}

static double
simplified_mean(simplified *s, size_t rows)
{
	double	   *part = cs_team_alloc(s->env, s->team, CS_MAX_UNITS, sizeof(double)),
				sum = 0;
	int			unit;

	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
		for (int b = cs_unit_start(s->x, unit); b < cs_unit_start(s->x, unit + 1); b++)
			part[unit] += simplified_block(s, b);
	cs_turn_end(s->team, &s->turn);
	for (int u = 0; u < s->turn.units; u++)
		sum += part[u];
	cs_team_barrier(s->team);
	return sum / (double) rows;
}

double
cs_simplified_silhouette(cs_env *env, cs_team *team, const cs_matrix *x, const int32_t *label, int k)
{
	size_t		mark = cs_team_mark(team),
				rows;
	size_t	   *count = CS_NEW(env, size_t, (size_t) k);
	simplified	s = {.env = env, .team = team, .x = x, .label = label, .k = k};
	double		mean = NAN;

	if (cs_label_census(label, x->n, k, count, &rows))
	{
		s.scratch = cs_scratch_new(env, x);
		s.near = cs_near_block_new(env, k, x->d);
		cs_turn_init(env, team, &s.turn, cs_units(x));
		find_means(&s, count);
		mean = simplified_mean(&s, rows);
		cs_team_rewind(team, mark);
		cs_scratch_free(env, s.scratch);
		cs_near_block_free(env, s.near);
		cs_centers_free(env, s.centers);
		cs_release(env, s.center_of);
	}
	cs_release(env, count);
	return mean;
}
