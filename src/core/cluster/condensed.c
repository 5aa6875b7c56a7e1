/*
 * condensed.c - see condensed.h.
 */
#include "core/cluster/condensed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Merges of sets: nodes 0 .. n - 1 are rows, a later one has any number of children. */
typedef struct dendrogram
{
	size_t		n;
	size_t		nodes;
	int32_t		root;
	int32_t    *child;			/* first and last, next of the same node; -1: none */
	int32_t    *last;
	int32_t    *next;
	double	   *weight;
	double	   *square;			/* where it falls apart */
} dendrogram;

typedef struct work
{
	cs_env	   *env;
	const cs_mutual *m;
	const cs_matrix *x;
	dendrogram	t;
	double		least;			/* what a square of 0 counts as */
	double		min_size;
	cs_condensed *out;
	int			room;
} work;

/* ---- the dendrogram ---- */

static void
add_children(dendrogram *t, int32_t to, int32_t first, int32_t last)
{
	if (t->child[to] < 0)
		t->child[to] = first;
	else
		t->next[t->last[to]] = first;
	t->last[to] = last;
}

/* Join nodes a and b at a square; those from fresh on were made at the same one. */
static int32_t
join_nodes(dendrogram *t, int32_t a, int32_t b, double square, size_t fresh)
{
	double		weight = t->weight[a] + t->weight[b];

	if ((size_t) a < fresh)
	{
		int32_t		swap = a;

		a = b;
		b = swap;
	}
	if ((size_t) a < fresh)
	{
		int32_t		node = (int32_t) t->nodes++;

		t->child[node] = t->last[node] = t->next[node] = -1;
		t->square[node] = square;
		add_children(t, node, a, a);
		a = node;
	}
	if ((size_t) b < fresh)
		add_children(t, a, b, b);
	else
		add_children(t, a, t->child[b], t->last[b]);
	t->weight[a] = weight;
	return a;
}

static void
make_dendrogram(work *w)
{
	dendrogram *t = &w->t;
	size_t		n = w->m->tree.n,
				fresh = n;
	int32_t    *parent = CS_ROOM(w->env, int32_t, n),
			   *node = CS_ROOM(w->env, int32_t, n);

	t->n = t->nodes = n;
	t->root = 0;
	t->child = CS_ROOM(w->env, int32_t, 2 * n);
	t->last = CS_ROOM(w->env, int32_t, 2 * n);
	t->next = CS_ROOM(w->env, int32_t, 2 * n);
	t->weight = CS_ROOM(w->env, double, 2 * n);
	t->square = CS_ROOM(w->env, double, 2 * n);
	for (size_t p = 0; p < n; p++)
	{
		parent[p] = node[p] = (int32_t) p;
		t->child[p] = t->last[p] = t->next[p] = -1;
		t->weight[p] = (double) cs_matrix_weight(w->x, w->m->tree.row[p]);
		t->square[p] = w->m->core[p];
	}
	for (size_t i = 0; i + 1 < n; i++)
	{
		const cs_mutual_edge *e = &w->m->edge[i];
		int32_t		a = cs_set_of(parent, e->a),
					b = cs_set_of(parent, e->b),
					joined;

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(w->env);
		if (i > 0 && e->square > w->m->edge[i - 1].square)
			fresh = t->nodes;
		joined = join_nodes(t, node[a], node[b], e->square, fresh);
		cs_set_join(parent, a, b);
		node[a < b ? a : b] = t->root = joined;
	}
	cs_release(w->env, parent);
	cs_release(w->env, node);
}

static double
lambda_of(const work *w, double square)
{
	return 1 / sqrt(square > 0 ? square : w->least);
}

/* ---- regions ---- */

static int
add_region(work *w, int parent, double birth, double weight)
{
	cs_condensed *c = w->out;

	if (c->regions == w->room)
	{
		cs_region  *more = CS_ROOM(w->env, cs_region, (size_t) w->room * 2);

		memcpy(more, c->region, sizeof(cs_region) * (size_t) c->regions);
		cs_release(w->env, c->region);
		c->region = more;
		w->room *= 2;
	}
	c->region[c->regions] = (cs_region) {.parent = parent, .birth = birth, .weight = weight, .cluster = -1, .first = UINT32_MAX};
	return c->regions++;
}

/* All rows below a node leave a region.  stack: room for all nodes that wait. */
static void
leave(work *w, int32_t node, int region, double lambda, int32_t *stack)
{
	size_t		depth = 0;

	stack[depth++] = node;
	while (depth > 0)
	{
		node = stack[--depth];
		if ((size_t) node < w->t.n)
		{
			w->out->of[node] = region;
			w->out->lambda[node] = lambda;
			continue;
		}
		for (int32_t c = w->t.child[node]; c >= 0; c = w->t.next[c])
			stack[depth++] = c;
	}
}

/* A node that is what is left of a region falls apart; parts that are regions wait. */
static size_t
fall_apart(work *w, int32_t node, int region, int32_t *waiting_node, int32_t *waiting_region, size_t waiting, int32_t *stack)
{
	double		lambda = lambda_of(w, w->t.square[node]);
	int			large = 0;

	if ((size_t) node < w->t.n)
	{
		leave(w, node, region, lambda, stack);
		return waiting;
	}
	for (int32_t c = w->t.child[node]; c >= 0; c = w->t.next[c])
		large += w->t.weight[c] >= w->min_size;
	for (int32_t c = w->t.child[node]; c >= 0; c = w->t.next[c])
	{
		if (w->t.weight[c] < w->min_size)
		{
			leave(w, c, region, lambda, stack);
			continue;
		}
		waiting_node[waiting] = c;
		waiting_region[waiting++] = large > 1 ? add_region(w, region, lambda, w->t.weight[c]) : region;
	}
	return waiting;
}

static void
make_regions(work *w)
{
	size_t		n = w->t.n,
				waiting = 1;
	int32_t    *waiting_node = CS_ROOM(w->env, int32_t, n + 1),
			   *waiting_region = CS_ROOM(w->env, int32_t, n + 1),
			   *stack = CS_ROOM(w->env, int32_t, 2 * n);
	size_t		done = 0;

	w->room = 64;
	w->out->region = CS_ROOM(w->env, cs_region, 64);
	w->out->of = CS_ROOM(w->env, int32_t, n);
	w->out->lambda = CS_ROOM(w->env, double, n);
	waiting_node[0] = w->t.root;
	waiting_region[0] = add_region(w, -1, 0, w->t.weight[w->t.root]);
	while (waiting > 0)
	{
		waiting--;
		if (done++ % CS_BLOCK_ROWS == 0)
			cs_poll(w->env);
		waiting = fall_apart(w, waiting_node[waiting], waiting_region[waiting], waiting_node, waiting_region, waiting, stack);
	}
	cs_release(w->env, waiting_node);
	cs_release(w->env, waiting_region);
	cs_release(w->env, stack);
}

typedef struct place
{
	double		birth;
	uint32_t	first;
	int			was;
} place;

static int
earlier(const void *a, const void *b)
{
	const place *x = a,
			   *y = b;

	if (x->birth != y->birth)
		return x->birth < y->birth ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* Put regions into an order that their rows alone decide: by birth, then by first row. */
static void
order_regions(work *w)
{
	cs_condensed *c = w->out;
	size_t		n = w->t.n,
				m = (size_t) c->regions;
	place	   *order = CS_ROOM(w->env, place, m);
	int		   *now = CS_ROOM(w->env, int, m);
	cs_region  *sorted = CS_ROOM(w->env, cs_region, m);

	for (size_t p = 0; p < n; p++)
		if (w->m->tree.row[p] < c->region[c->of[p]].first)
			c->region[c->of[p]].first = w->m->tree.row[p];
	for (int i = c->regions - 1; i > 0; i--)
		if (c->region[i].first < c->region[c->region[i].parent].first)
			c->region[c->region[i].parent].first = c->region[i].first;
	for (size_t i = 0; i < m; i++)
		order[i] = (place) {c->region[i].birth, c->region[i].first, (int) i};
	qsort(order, m, sizeof(place), earlier);
	for (size_t i = 0; i < m; i++)
	{
		now[order[i].was] = (int) i;
		sorted[i] = c->region[order[i].was];
	}
	for (size_t i = 1; i < m; i++)
		sorted[i].parent = now[sorted[i].parent];
	for (size_t p = 0; p < n; p++)
		c->of[p] = now[c->of[p]];
	cs_release(w->env, c->region);
	cs_release(w->env, order);
	cs_release(w->env, now);
	c->region = sorted;
}

/* ---- clusters ---- */

static void
measure_regions(work *w)
{
	cs_condensed *c = w->out;
	size_t		n = w->t.n;
	uint32_t   *at = CS_ROOM(w->env, uint32_t, n);

	for (size_t p = 0; p < n; p++)
		at[w->m->tree.row[p]] = (uint32_t) p;
	for (size_t i = 0; i < n; i++)
	{
		cs_region  *r = &c->region[c->of[at[i]]];
		double		lambda = c->lambda[at[i]];

		r->stability += (lambda - r->birth) * (double) cs_matrix_weight(w->x, i);
		r->most = lambda > r->most ? lambda : r->most;
	}
	for (int i = 1; i < c->regions; i++)
	{
		cs_region  *r = &c->region[c->region[i].parent];

		r->stability += (c->region[i].birth - r->birth) * c->region[i].weight;
		r->most = c->region[i].birth > r->most ? c->region[i].birth : r->most;
		r->parts++;
	}
	cs_release(w->env, at);
}

/* The region of all rows is none. */
static void
choose(work *w, bool leaves)
{
	cs_condensed *c = w->out;
	double	   *parts = CS_NEW(w->env, double, (size_t) c->regions);

	for (int i = c->regions - 1; i > 0; i--)
	{
		cs_region  *r = &c->region[i];

		r->chosen = r->parts == 0 || (!leaves && parts[i] <= r->stability);
		parts[r->parent] += r->parts == 0 || r->chosen ? r->stability : parts[i];
	}
	for (int i = 1; i < c->regions; i++)
	{
		cs_region  *r = &c->region[i];

		if (c->region[r->parent].cluster >= 0)
			r->chosen = false;
		r->cluster = r->chosen ? i : c->region[r->parent].cluster;
	}
	cs_release(w->env, parts);
}

/* Clusters by their first row, in place of the regions that they are; persistence. */
static void
number_clusters(work *w)
{
	cs_condensed *c = w->out;
	place	   *order = CS_ROOM(w->env, place, (size_t) c->regions);
	int		   *number = CS_ROOM(w->env, int, (size_t) c->regions);
	double		most = 0;

	for (int i = 0; i < c->regions; i++)
	{
		most = c->region[i].most > most ? c->region[i].most : most;
		if (c->region[i].chosen)
			order[c->k++] = (place) {0, c->region[i].first, i};
	}
	qsort(order, (size_t) c->k, sizeof(place), earlier);
	c->persistence = CS_NEW(w->env, double, (size_t) c->k + 1);
	for (int j = 0; j < c->k; j++)
	{
		const cs_region *r = &c->region[order[j].was];

		number[order[j].was] = j;
		c->persistence[j] = r->stability / (r->weight * most);
	}
	for (int i = 0; i < c->regions; i++)
		if (c->region[i].cluster >= 0)
			c->region[i].cluster = number[c->region[i].cluster];
	cs_release(w->env, order);
	cs_release(w->env, number);
}

cs_condensed *
cs_condense(cs_env *env, const cs_mutual *m, const cs_matrix *x, double min_size, bool leaves)
{
	work		w = {.env = env, .m = m, .x = x, .least = 1, .min_size = min_size, .out = CS_NEW(env, cs_condensed, 1)};

	for (size_t i = 0; i + 1 < x->n; i++)
		if (m->edge[i].square > 0)
		{
			w.least = m->edge[i].square / 4;
			break;
		}
	make_dendrogram(&w);
	make_regions(&w);
	order_regions(&w);
	measure_regions(&w);
	choose(&w, leaves);
	number_clusters(&w);
	cs_release(env, w.t.child);
	cs_release(env, w.t.last);
	cs_release(env, w.t.next);
	cs_release(env, w.t.weight);
	cs_release(env, w.t.square);
	return w.out;
}

void
cs_condensed_outliers(cs_env *env, const cs_condensed *c, size_t n, float *outlier)
{
	double	   *death = CS_ROOM(env, double, (size_t) c->regions);

	for (int i = 0; i < c->regions; i++)
		death[i] = c->region[i].most;
	for (int i = c->regions - 1; i > 0; i--)
		if (death[i] > death[c->region[i].parent])
			death[c->region[i].parent] = death[i];
	for (size_t p = 0; p < n; p++)
		outlier[p] = (float) ((death[c->of[p]] - c->lambda[p]) / death[c->of[p]]);
	cs_release(env, death);
}
