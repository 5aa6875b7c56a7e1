/*
 * mutual.c - see mutual.h.
 */
#include "core/cluster/mutual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 512

/* The shortest edge of a set to another. */
typedef struct shortest
{
	double		square;
	int32_t		a;
	int32_t		b;
} shortest;

typedef struct work
{
	cs_env	   *env;
	cs_team    *team;
	const cs_matrix *x;
	cs_mutual  *m;
	cs_cores	sets;			/* cluster: the set of a position, by a position in it */
	int32_t    *set;
	double	   *lower;			/* by position: no row of another set is nearer */
	int32_t    *other;			/* ... than this one, or -1 when there was none in reach */
	shortest   *best;			/* by set, of the team */
	shortest   *mine;			/* by set, of this member */
	size_t	   *left;			/* sets */
	float	   *q;
} work;

static size_t
tags(size_t n)
{
	return 2 * (n / CS_KD_LEAF + 1);
}

size_t
cs_mutual_arena(size_t n, int d)
{
	return cs_team_bytes(cs_kdtree_bytes(n, d), 1) + 2 * cs_team_bytes(n + 1, sizeof(double)) +
		2 * cs_team_bytes(n + 1, sizeof(int32_t)) + cs_team_bytes(tags(n), sizeof(int32_t)) +
		cs_team_bytes(n + 1, sizeof(shortest)) + cs_team_bytes(1, sizeof(size_t)) + 2 * cs_team_bytes(1, sizeof(cs_queue));
}

static size_t
unit_start(const work *w, int unit)
{
	return w->m->tree.n * (size_t) unit / UNITS;
}

/* ---- core distances ---- */

static int
nearer(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The square within which rows weigh min_points; all that were found are nearer than others. */
static double
core_square(const work *w, cs_kd_near *near, double *sorted)
{
	const cs_kdtree *t = &w->m->tree;
	double		sum = 0;

	if (!cs_matrix_weighted(w->x))
		return near->square[0];
	memcpy(sorted, near->square, sizeof(double) * (size_t) near->n);
	qsort(sorted, (size_t) near->n, sizeof(double), nearer);
	for (int i = 0; i < near->n; i++)
	{
		double		weight = 0;

		for (int j = 0; j < near->n; j++)
			if (near->square[j] == sorted[i])
				weight += (double) cs_matrix_weight(w->x, t->row[near->at[j]]);
		if (i == 0 || sorted[i] > sorted[i - 1])
			sum += weight;
		if (sum >= near->k)
			return sorted[i];
	}
	return sorted[near->n - 1];
}

static void
find_core_distances(work *w, int min_points)
{
	cs_kd_near *near = cs_kd_near_new(w->env, min_points);
	double	   *sorted = CS_ROOM(w->env, double, (size_t) min_points);
	size_t		mark = cs_team_mark(w->team);
	cs_turn		turn;
	int			unit;

	cs_turn_init(w->env, w->team, &turn, UNITS);
	while ((unit = cs_turn_take(w->team, &turn)) >= 0)
	{
		for (size_t p = unit_start(w, unit); p < unit_start(w, unit + 1); p++)
		{
			cs_poll(w->env);
			cs_kdtree_row(&w->m->tree, p, w->q);
			cs_kdtree_nearest(w->env->kernel, &w->m->tree, w->q, near);
			w->m->core[p] = w->lower[p] = core_square(w, near, sorted);
			w->set[p] = (int32_t) p;
			w->other[p] = -1;
		}
		cs_progress(w->env, CS_PHASE_FIT, unit, 2 * UNITS);
	}
	cs_turn_end(w->team, &turn);
	cs_team_rewind(w->team, mark);
	cs_kd_near_free(w->env, near);
	cs_release(w->env, sorted);
}

/* ---- rounds ---- */

static inline double
larger(double a, double b)
{
	return a > b ? a : b;
}

/* Rows of a leaf that are nearer to p than the best. */
static void
look_into(work *w, size_t leaf, size_t p, shortest *best)
{
	float		square[CS_KD_LEAF] __attribute__((aligned(64)));
	const cs_kdtree *t = &w->m->tree;
	float		limit = cs_kd_ball_of(best->square, t->d).maybe;

	w->env->kernel->leaf_squares(cs_kd_tile(t, leaf), t->d, w->q, square);
	for (size_t i = 0; i < CS_KD_LEAF; i++)
	{
		size_t		at = leaf * CS_KD_LEAF + i;
		double		reach;

		if (!(square[i] < limit) || w->set[at] == w->set[p] || w->m->core[at] >= best->square)
			continue;
		reach = larger(larger(w->m->core[p], w->m->core[at]), cs_kdtree_square(t, at, w->q));
		if (reach < best->square)
			*best = (shortest) {reach, (int32_t) p, (int32_t) at};
	}
}

/* Is there a row of another set that is nearer to p than the best of its own set? */
static void
look_around(work *w, size_t p)
{
	const cs_kdtree *t = &w->m->tree;
	shortest   *best = &w->mine[w->set[p]],
				own = *best;
	cs_kd_walk	walk;
	int64_t		leaf;

	if (w->lower[p] >= best->square)
		return;
	if (w->other[p] >= 0 && w->set[w->other[p]] != w->set[p])
	{
		*best = (shortest) {w->lower[p], (int32_t) p, w->other[p]};
		return;
	}
	cs_kdtree_row(t, p, w->q);
	cs_kd_walk_start(&walk, w->env->kernel, t, w->q);
	walk.tag = w->sets.tag;
	walk.avoid = w->set[p];
	own.a = -1;
	walk.within = own.square;
	while (own.square > w->lower[p] && (leaf = cs_kd_walk_next(&walk, cs_kd_ball_of(own.square, t->d).maybe)) >= 0)
	{
		look_into(w, (size_t) leaf, p, &own);
		walk.within = own.square;
	}
	w->lower[p] = own.square;
	w->other[p] = own.a < 0 ? -1 : own.b;
	if (own.a >= 0)
		*best = own;
}

/* What the members have found, into what the team has. */
static void
put_together(work *w)
{
	for (int rank = 0; rank < w->team->size; rank++)
	{
		if (rank == w->team->rank)
			for (size_t i = 0; i < w->m->tree.n; i++)
				if (rank == 0 || w->mine[i].square < w->best[i].square)
					w->best[i] = w->mine[i];
		cs_team_barrier(w->team);
	}
}

static void
join_sets(work *w, size_t *edges)
{
	size_t		n = w->m->tree.n;
	int32_t    *parent = CS_ROOM(w->env, int32_t, n);

	for (size_t p = 0; p < n; p++)
		parent[p] = w->set[p];
	for (size_t p = 0; p < n; p++)
	{
		shortest	s = w->best[p];

		if ((size_t) w->set[p] != p || cs_set_of(parent, s.a) == cs_set_of(parent, s.b))
			continue;
		cs_set_join(parent, s.a, s.b);
		w->m->edge[(*edges)++] = (cs_mutual_edge) {s.a, s.b, s.square};
	}
	for (size_t p = 0; p < n; p++)
		w->set[p] = cs_set_of(parent, (int32_t) p);
	cs_cores_tag(&w->sets);
	*w->left = n - *edges;
	cs_release(w->env, parent);
}

static void
one_round(work *w, cs_turn *turn, size_t *edges)
{
	int			unit;

	for (size_t i = 0; i < w->m->tree.n; i++)
		w->mine[i].square = INFINITY;
	while ((unit = cs_turn_take(w->team, turn)) >= 0)
	{
		for (size_t p = unit_start(w, unit); p < unit_start(w, unit + 1); p++)
		{
			if (p % 16 == 0)
				cs_poll(w->env);
			look_around(w, p);
		}
		cs_progress(w->env, CS_PHASE_FIT, UNITS + unit, 2 * UNITS);
	}
	cs_turn_end(w->team, turn);
	put_together(w);
	if (w->team->rank == 0)
		join_sets(w, edges);
	cs_team_barrier(w->team);
}

static int
shorter(const void *a, const void *b)
{
	const cs_mutual_edge *x = a,
			   *y = b;

	return (x->square > y->square) - (x->square < y->square);
}

void
cs_mutual_tree(cs_env *env, cs_team *team, const cs_matrix *x, int min_points, cs_mutual *out)
{
	work		w = {.env = env, .team = team, .x = x, .m = out};
	size_t		n = x->n,
				edges = 0;
	cs_turn		turn;

	out->tree = cs_kdtree_at(cs_team_alloc(env, team, cs_kdtree_bytes(n, x->d), 1), n, x->d);
	out->core = cs_team_alloc(env, team, n + 1, sizeof(double));
	w.lower = cs_team_alloc(env, team, n + 1, sizeof(double));
	w.set = cs_team_alloc(env, team, n + 1, sizeof(int32_t));
	w.other = cs_team_alloc(env, team, n + 1, sizeof(int32_t));
	w.sets.tag = cs_team_alloc(env, team, tags(n), sizeof(int32_t));
	w.best = cs_team_alloc(env, team, n + 1, sizeof(shortest));
	w.left = cs_team_alloc(env, team, 1, sizeof(size_t));
	w.mine = CS_ROOM(env, shortest, n + 1);
	w.q = CS_NEW(env, float, (size_t) x->d);
	if (team->rank == 0)
	{
		cs_kdtree_build(env, &out->tree, x);
		out->edge = CS_ROOM(env, cs_mutual_edge, n);
		*w.left = n;
	}
	cs_team_barrier(team);
	w.sets.tree = out->tree;
	w.sets.cluster = w.set;
	find_core_distances(&w, min_points);
	if (team->rank == 0)
		cs_cores_tag(&w.sets);
	cs_turn_init(env, team, &turn, UNITS);
	while (*w.left > 1)
		one_round(&w, &turn, &edges);
	if (team->rank == 0)
		qsort(out->edge, n - 1, sizeof(cs_mutual_edge), shorter);
	cs_release(env, w.mine);
	cs_release(env, w.q);
}
