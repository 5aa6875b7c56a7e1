/*
 * density.c - see density.h.
 */
#include "core/cluster/density.h"

#include "core/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- how far ---- */

double
cs_near_square(cs_metric metric, const cs_kdtree *t, size_t at, const float *q)
{
	const float *tile = cs_kd_tile(t, at / CS_KD_LEAF) + at % CS_KD_LEAF;
	double		sum = 0;

	if (metric != CS_METRIC_MANHATTAN)
		return cs_kdtree_square(t, at, q);
	for (int f = 0; f < t->d; f++)
		sum += fabs((double) q[f] - (double) tile[f * CS_KD_LEAF]);
	return sum * sum;
}

cs_kd_ball
cs_near_ball(cs_metric metric, double eps, int d)
{
	cs_kd_ball	ball = cs_kd_ball_of(metric == CS_METRIC_COSINE ? 2 * eps : eps * eps, d);

	if (metric == CS_METRIC_MANHATTAN)
		ball.sure = cs_kd_ball_of(eps * eps / d, d).sure;
	return ball;
}

/* ---- core rows ---- */

/* Of a node, -2 where it has no core rows. */
static int32_t
tag_node(cs_cores *c, cs_kd_node node)
{
	size_t		number = cs_kd_number(&c->tree, node);
	int32_t		tag = -2;

	if (cs_kd_is_leaf(node))
		for (size_t i = 0; i < cs_kd_leaf_rows(&c->tree, node.from); i++)
		{
			int32_t		own = c->cluster[node.from * CS_KD_LEAF + i];

			if (own >= 0)
				tag = tag == -2 || tag == own ? own : -1;
		}
	else
	{
		int32_t		a = tag_node(c, cs_kd_left(node)), b = tag_node(c, cs_kd_right(node));

		tag = a == b || b == -2 ? a : a == -2 ? b : -1;
	}
	c->tag[number] = tag;
	return tag;
}

void
cs_cores_tag(cs_cores *c)
{
	tag_node(c, cs_kd_root(&c->tree));
}

static inline bool
better(const cs_core_near *n, double square, int cluster, int32_t at)
{
	if (square != n->square)
		return square < n->square;
	return cluster < n->cluster || (cluster == n->cluster && at < n->at);
}

cs_core_near
cs_cores_nearest(const cs_kernel *kernel, const cs_cores *c, const float *q, double within, int only, int avoid)
{
	float		square[CS_KD_LEAF] __attribute__((aligned(64))), limit = cs_kd_ball_of(within, c->tree.d).maybe;
	cs_core_near best = {-1, -1, INFINITY};
	cs_kd_walk	w;
	int64_t		leaf;

	cs_kd_walk_start(&w, kernel, &c->tree, q);
	w.tag = c->tag;
	w.only = only;
	w.avoid = avoid;
	while (best.square > 0 && (leaf = cs_kd_walk_next(&w, limit)) >= 0)
	{
		size_t		from = (size_t) leaf * CS_KD_LEAF;

		kernel->leaf_squares(cs_kd_tile(&c->tree, (size_t) leaf), c->tree.d, q, square);
		for (size_t i = 0; i < cs_kd_leaf_rows(&c->tree, (size_t) leaf); i++)
		{
			int32_t		at = (int32_t) (from + i);
			int			own;
			double		exact;

			if (!(square[i] < limit))
				continue;
			own = c->cluster[at];
			if (own < 0 || own == avoid || (only >= 0 && own != only))
				continue;
			exact = cs_near_square(c->metric, &c->tree, (size_t) at, q);
			if (exact <= within && (best.at < 0 || better(&best, exact, own, at)))
			{
				best = (cs_core_near){at, own, exact};
				limit = cs_kd_ball_of(exact, c->tree.d).maybe;
			}
		}
	}
	return best;
}

/* ---- core rows in a model ---- */

/* Bytes of a model value that core rows may take. */
#define MODEL_MOST 1.0e9

static uint64_t
hash_row(const float *row, int d)
{
	uint64_t	h = 0;

	for (int f = 0; f < d; f++)
	{
		uint32_t	bits;

		memcpy(&bits, &row[f], sizeof(bits));
		h = cs_mix64(h ^ bits);
	}
	return h;
}

size_t
cs_cores_distinct(cs_env *env, const cs_cores *c, uint32_t *at)
{
	size_t		n = 0, size = 64, bytes = sizeof(float) * (size_t) c->tree.d;
	uint32_t   *table;
	float	   *row = CS_NEW(env, float, (size_t) c->tree.d), *other = CS_NEW(env, float, (size_t) c->tree.d);

	while (size < 2 * c->tree.n)
		size *= 2;
	table = CS_NEW(env, uint32_t, size);
	for (size_t p = 0; p < c->tree.n; p++)
	{
		size_t		i;

		if (p % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		if (c->cluster[p] < 0)
			continue;
		cs_kdtree_row(&c->tree, p, row);
		for (i = hash_row(row, c->tree.d) % size; table[i] != 0; i = (i + 1) % size)
		{
			cs_kdtree_row(&c->tree, table[i] - 1, other);
			if (memcmp(row, other, bytes) == 0)
				break;
		}
		if (table[i] == 0)
		{
			table[i] = (uint32_t) p + 1;
			at[n++] = (uint32_t) p;
		}
	}
	cs_release(env, table);
	cs_release(env, row);
	cs_release(env, other);
	return n;
}

void
cs_core_rows_check(cs_env *env, size_t n, int figures)
{
	if (8.0 * (double) n * (double) figures > MODEL_MOST)
		cs_fail(env, CS_E_LIMIT, "the model does not fit into a value",
				cs_text(env, "It keeps %zu rows with %d numbers each; 1 GB is allowed.", n, figures),
				"Train on a sample of the rows, or with fewer features.");
}

cs_core_rows *
cs_core_rows_of(cs_env *env, const cs_cores *c, const cs_matrix *x)
{
	cs_core_rows *r = CS_NEW(env, cs_core_rows, 1);
	uint32_t   *at = CS_ROOM(env, uint32_t, c->tree.n + 1), *pick;
	size_t		d = (size_t) x->d;
	cs_kdtree	t;
	void	   *memory;

	r->metric = c->metric;
	r->n = cs_cores_distinct(env, c, at);
	r->d = x->d;
	cs_core_rows_check(env, r->n, x->d + 1);
	pick = CS_ROOM(env, uint32_t, r->n + 1);
	for (size_t i = 0; i < r->n; i++)
		pick[i] = c->tree.row[at[i]];
	memory = CS_ROOM(env, char, cs_kdtree_bytes(r->n, x->d));
	t = cs_kdtree_at(memory, r->n, x->d);
	cs_kdtree_build(env, &t, cs_matrix_select(env, x, pick, r->n));
	r->value = CS_ROOM(env, double, r->n *d + 1);
	r->cluster = CS_ROOM(env, int, r->n + 1);
	r->at = CS_ROOM(env, uint32_t, r->n + 1);
	for (size_t p = 0; p < r->n; p++)
	{
		const float *tile = cs_kd_tile(&t, p / CS_KD_LEAF) + p % CS_KD_LEAF;

		if (p % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		for (size_t f = 0; f < d; f++)
			r->value[p * d + f] = (double) tile[f * CS_KD_LEAF];
		r->at[p] = at[t.row[p]];
		r->cluster[p] = c->cluster[r->at[p]];
	}
	cs_release(env, at);
	cs_release(env, pick);
	cs_release(env, memory);
	return r;
}

void
cs_core_rows_save(const cs_core_rows *r, cs_writer *w)
{
	if (r->metric != CS_METRIC_EUCLIDEAN)
		cs_put_number(w, "metric", r->metric);
	cs_put_number(w, "cores", (double) r->n);
	cs_put_numbers(w, "core_rows", r->value, r->n * (size_t) r->d);
	cs_put_ints(w, "core_clusters", r->cluster, r->n);
}

cs_cores *
cs_core_rows_load(cs_env *env, cs_value fit, int k, int d, int least)
{
	cs_cores   *c = CS_NEW(env, cs_cores, 1);
	size_t		n = (size_t) cs_need_int(env, fit, "cores", 1, 1000000000);
	double	   *value = cs_need_numbers(env, fit, "core_rows", n * (size_t) d);
	cs_matrix  *x;

	if (cs_value_get(fit, "metric").tag != 0)
		c->metric = (cs_metric) cs_need_int(env, fit, "metric", CS_METRIC_EUCLIDEAN, CS_METRIC_COSINE);
	c->cluster = cs_need_ints(env, fit, "core_clusters", n, least, k - 1);
	x = cs_matrix_new(env, n, d);
	for (size_t i = 0; i < n; i++)
		for (int f = 0; f < d; f++)
		{
			double		v = value[i * (size_t) d + (size_t) f];

			if (!(fabs(v) <= (double) CS_KD_LARGEST))
				cs_doc_damaged(env, "Field \"core_rows\" has a value that is out of range.");
			cs_matrix_at(x, i)[f * CS_LANES] = (float) v;
		}
	cs_release(env, value);
	c->tree = cs_kdtree_at(CS_ROOM(env, char, cs_kdtree_bytes(n, d)), n, d);
	cs_kdtree_keep_order(env, &c->tree, x);
	for (int b = 0; b < x->blocks; b++)
		cs_release(env, x->block[b]);
	c->tag = CS_NEW(env, int32_t, 2 * c->tree.leaves);
	cs_cores_tag(c);
	return c;
}

/* ---- how far neighbours are ---- */

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a, y = *(const double *) b;

	return (x > y) - (x < y);
}

size_t
cs_neighbour_curve(cs_env *env, const cs_kdtree *t, cs_metric metric, int min_points, double *distance)
{
	size_t		m = t->n < CS_DENSITY_SAMPLE ? t->n : CS_DENSITY_SAMPLE;
	cs_kd_near *near = cs_kd_near_new(env, min_points);
	float	   *q = CS_NEW(env, float, (size_t) t->d);

	for (size_t i = 0; i < m; i++)
	{
		double		square;

		cs_poll(env);
		cs_kdtree_row(t, (size_t) ((double) i * (double) t->n / (double) m), q);
		cs_kdtree_nearest(env->kernel, t, q, near);
		square = near->square[0];
		for (int j = 0; j < near->n && metric == CS_METRIC_MANHATTAN; j++)
			square = fmax(square, cs_near_square(metric, t, (size_t) near->at[j], q));
		distance[i] = sqrt(cs_near_seen(metric, square));
	}
	qsort(distance, m, sizeof(double), ascending);
	cs_kd_near_free(env, near);
	cs_release(env, q);
	return m;
}

double
cs_curve_knee(const double *distance, size_t n)
{
	double		low = distance[0], high = distance[n - 1], most = -1;
	size_t		best = n - 1;

	for (size_t i = 0; i < n && high > low; i++)
	{
		double		below = (double) i / (double) (n - 1) - (distance[i] - low) / (high - low);

		if (below > most)
		{
			most = below;
			best = i;
		}
	}
	while (best + 1 < n && distance[best] == 0)
		best++;
	return distance[best];
}

void
cs_density_check(cs_env *env, const cs_matrix *x)
{
	size_t		whole = x->pick ? 0 : x->n / CS_LANES * CS_LANES;
	bool		large = false;

	for (size_t i = 0; i < whole; i += CS_LANES)
	{
		const float *tile = cs_matrix_at(x, i);

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		for (int f = 0; f < x->d * CS_LANES; f++)
			large |= !(fabsf(tile[f]) <= CS_KD_LARGEST);
	}
	for (size_t i = whole; i < x->n; i++)
		for (int f = 0; f < x->d; f++)
			large |= !(fabsf(cs_matrix_at(x, i)[f * CS_LANES]) <= CS_KD_LARGEST);
	if (large)
		cs_fail(env, CS_E_NUMERIC, "a value is too large to measure distances",
				cs_text(env, "Values up to %g are possible after scaling.", (double) CS_KD_LARGEST),
				"Scale the features, for example by scale => 'zscore'.");
}
