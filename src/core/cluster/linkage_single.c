/*
 * linkage_single.c - single linkage by a minimum spanning tree.
 *
 * The tree's edges by length are the merges (J. Gower and G. Ross, "Minimum
 * spanning trees and single linkage cluster analysis", Appl. Statist. 18, 1969).
 * The tree grows from row 0: each step adds the row that is nearest to it.  Rows in
 * the tree are closed up when they are half of the table.
 */
#include "core/cluster/linkage.h"

#include "core/base/kernel.h"

#include <math.h>
#include <string.h>

typedef struct tree
{
	cs_env	   *env;
	const cs_matrix *x;
	cs_table	t;
	size_t		live;			/* slots not in the tree yet */
	float	   *best;			/* squared distance to the tree; -1: in it */
	int32_t    *from;			/* row of the tree that it is to */
	int32_t    *row;			/* of a slot */
	float	   *q;
	float	   *other;
} tree;

static void
start(tree *s)
{
	size_t		n = s->x->n,
				d = (size_t) s->x->d;

	s->t = (cs_table) {NULL, cs_scan_round(n), n, s->x->d};
	s->t.col = CS_NEW(s->env, float, s->t.stride * d);
	s->best = CS_ROOM(s->env, float, s->t.stride);
	s->from = CS_NEW(s->env, int32_t, s->t.stride);
	s->row = CS_ROOM(s->env, int32_t, n);
	s->q = CS_NEW(s->env, float, d);
	s->other = CS_NEW(s->env, float, d);
	for (size_t i = 0; i < s->t.stride; i++)
		s->best[i] = i < n ? 3.0e38f : -1;
	for (size_t i = 0; i < n; i++)
	{
		cs_matrix_row(s->x, i, s->q);
		for (size_t f = 0; f < d; f++)
			s->t.col[f * s->t.stride + i] = s->q[f];
		s->row[i] = (int32_t) i;
	}
	s->live = n;
}

static void
squeeze(tree *s)
{
	size_t		to = 0;

	for (size_t i = 0; i < s->t.slots; i++)
	{
		if (s->best[i] < 0)
			continue;
		for (int f = 0; f < s->t.d; f++)
			s->t.col[(size_t) f * s->t.stride + to] = s->t.col[(size_t) f * s->t.stride + i];
		s->best[to] = s->best[i];
		s->from[to] = s->from[i];
		s->row[to++] = s->row[i];
	}
	for (size_t i = to; i < s->t.slots; i++)
		s->best[i] = -1;
	s->t.slots = to;
}

static double
distance(tree *s, int32_t a, int32_t b)
{
	double		sum = 0;

	cs_matrix_row(s->x, (size_t) a, s->q);
	cs_matrix_row(s->x, (size_t) b, s->other);
	for (int f = 0; f < s->x->d; f++)
	{
		double		t = (double) s->q[f] - (double) s->other[f];

		sum += t * t;
	}
	return sqrt(sum);
}

void
cs_linkage_single(cs_env *env, const cs_matrix *x, cs_merge *out)
{
	tree		s = {.env = env, .x = x};
	size_t		slot = 0;

	start(&s);
	for (size_t step = 0;; step++)
	{
		int32_t		row = s.row[slot];

		if (step > 0)
			out[step - 1] = (cs_merge) {row, s.from[slot], distance(&s, row, s.from[slot]), 0};
		s.best[slot] = -1;
		if (--s.live == 0)
			break;
		if (s.live < s.t.slots / 2)
			squeeze(&s);
		cs_poll(env);
		if (step % 256 == 0)
			cs_progress(env, CS_PHASE_FIT, (int64_t) step, (int64_t) x->n - 1);
		cs_matrix_row(x, (size_t) row, s.q);
		slot = env->kernel->scan_relax(&s.t, s.q, row, s.best, s.from);
	}
	cs_release(env, s.t.col);
	cs_release(env, s.best);
	cs_release(env, s.from);
	cs_release(env, s.row);
	cs_release(env, s.q);
	cs_release(env, s.other);
}
