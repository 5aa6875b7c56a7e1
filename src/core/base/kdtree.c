/*
 * kdtree.c - see kdtree.h.
 */
#include "core/base/kdtree.h"

#include "core/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t
leaves_of(size_t n)
{
	return n > 0 ? (n + CS_KD_LEAF - 1) / CS_KD_LEAF : 1;
}

/* Wide nodes of a tree, and where those of each level start. */
static size_t
wide_nodes(size_t leaves, int *levels, size_t *level_at)
{
	size_t		sum = 0, n = leaves;

	*levels = 0;
	do
	{
		n = (n + CS_KD_WIDE - 1) / CS_KD_WIDE;
		level_at[++*levels] = sum;
		sum += n;
	} while (n > 1);
	return sum;
}

size_t
cs_kdtree_bytes(size_t n, int d)
{
	cs_kdtree	t;
	size_t		leaves = leaves_of(n);

	return sizeof(float) * leaves * CS_KD_LEAF * (size_t) d + sizeof(uint32_t) * leaves * CS_KD_LEAF +
		   sizeof(float) * wide_nodes(leaves, &t.levels, t.level_at) * 2 * CS_KD_WIDE * (size_t) d +
		   sizeof(float) * leaves * 4 * (size_t) d;
}

cs_kdtree
cs_kdtree_at(void *memory, size_t n, int d)
{
	cs_kdtree	t = {.n = n, .d = d, .leaves = leaves_of(n)};
	size_t		wide = wide_nodes(t.leaves, &t.levels, t.level_at);

	t.tile = memory;
	t.row = (uint32_t *) (t.tile + t.leaves * CS_KD_LEAF * (size_t) d);
	t.wide = (float *) (t.row + t.leaves * CS_KD_LEAF);
	t.box = t.wide + wide * 2 * CS_KD_WIDE * (size_t) d;
	return t;
}

/* ---- building ---- */

typedef struct key
{
	float		value;
	uint32_t	row;
} key;

typedef struct builder
{
	cs_env	   *env;
	cs_kdtree  *t;
	float	   *rows; /* n x d */
	key		   *keys;
} builder;

static inline bool
key_before(key a, key b)
{
	return a.value < b.value || (a.value == b.value && a.row < b.row);
}

/* Put the m least keys of n in front; expected O(n), whatever their order. */
static void
select_keys(cs_env *env, key *k, size_t n, size_t m)
{
	size_t		from = 0, to = n;
	uint64_t	state = n;

	while (m > from && m < to)
	{
		key			a = k[from + cs_splitmix(&state) % (to - from)], b = k[from + cs_splitmix(&state) % (to - from)],
			c = k[from + cs_splitmix(&state) % (to - from)],
			pivot = key_before(a, b) ? (key_before(b, c)   ? b
										: key_before(a, c) ? c
														   : a)
									 : (key_before(a, c)   ? a
										: key_before(b, c) ? c
														   : b);
		size_t		i = from, j = to - 1;

		cs_poll(env);
		for (;;)
		{
			while (key_before(k[i], pivot))
				i++;
			while (key_before(pivot, k[j]))
				j--;
			if (i >= j)
				break;
			a = k[i];
			k[i++] = k[j];
			k[j--] = a;
		}

		/* keys differ: where both stop at one, it is the pivot */
		if (m > i)
			from = i + (i == j);
		else if (m < i)
			to = i;
		else
			return;
	}
}

/* The widest side of the box of some rows. */
static int
widest(const builder *b, size_t from, size_t to, float *box)
{
	size_t		d = (size_t) b->t->d;
	float	   *least = box, *most = box + d;
	int			best = 0;

	for (size_t f = 0; f < d; f++)
	{
		least[f] = INFINITY;
		most[f] = -INFINITY;
	}
	for (size_t i = from; i < to; i++)
	{
		const float *x = b->rows + b->t->row[i] * d;

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(b->env);
		for (size_t f = 0; f < d; f++)
		{
			least[f] = x[f] < least[f] ? x[f] : least[f];
			most[f] = x[f] > most[f] ? x[f] : most[f];
		}
	}
	for (int f = 1; f < b->t->d; f++)
		if (most[f] - least[f] > most[best] - least[best])
			best = f;
	return best;
}

static void
order_node(builder *b, cs_kd_node node)
{
	cs_kdtree  *t = b->t;
	size_t		from = (size_t) node.from * CS_KD_LEAF,
				to = node.to == t->leaves ? t->n : (size_t) node.to * CS_KD_LEAF;
	int			f;

	if (cs_kd_is_leaf(node))
		return;
	f = widest(b, from, to, t->box);
	for (size_t i = from; i < to; i++)
		b->keys[i] = (key) {b->rows[(size_t) t->row[i] * (size_t) t->d + (size_t) f], t->row[i]};
	select_keys(b->env, b->keys + from, to - from, (size_t) cs_kd_middle(node) * CS_KD_LEAF - from);
	for (size_t i = from; i < to; i++)
		t->row[i] = b->keys[i].row;
	order_node(b, cs_kd_left(node));
	order_node(b, cs_kd_right(node));
}

static int
by_row(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *) a, y = *(const uint32_t *) b;

	return (x > y) - (x < y);
}

static void
fill_tiles(cs_env *env, cs_kdtree *t, const float *rows)
{
	size_t		d = (size_t) t->d;

	for (size_t leaf = 0; leaf < t->leaves; leaf++)
	{
		float	   *tile = t->tile + leaf * CS_KD_LEAF * d;
		uint32_t   *row = t->row + leaf * CS_KD_LEAF;
		size_t		n = cs_kd_leaf_rows(t, leaf);

		cs_poll(env);
		qsort(row, n, sizeof(uint32_t), by_row);
		for (size_t i = 0; i < CS_KD_LEAF; i++)
			for (size_t f = 0; f < d; f++)
				tile[f * CS_KD_LEAF + i] = i < n ? rows[row[i] * d + f] : CS_KD_FAR;
	}
}

void
cs_kdtree_build(cs_env *env, cs_kdtree *t, const cs_matrix *x)
{
	builder		b = {.env = env, .t = t};

	b.rows = CS_ROOM(env, float, t->n *(size_t) t->d + 1);
	b.keys = CS_ROOM(env, key, t->n + 1);
	for (size_t i = 0; i < t->n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, b.rows + i * (size_t) t->d);
		t->row[i] = (uint32_t) i;
	}
	order_node(&b, cs_kd_root(t));
	fill_tiles(env, t, b.rows);
	cs_release(env, b.rows);
	cs_release(env, b.keys);
	cs_kdtree_boxes(env, t);
}

void
cs_kdtree_keep_order(cs_env *env, cs_kdtree *t, const cs_matrix *x)
{
	size_t		d = (size_t) t->d;

	for (size_t p = 0; p < t->leaves * CS_KD_LEAF; p++)
	{
		const float *from = p < t->n ? cs_matrix_at(x, p) : NULL;
		float	   *to = t->tile + p / CS_KD_LEAF * CS_KD_LEAF * d + p % CS_KD_LEAF;

		if (p % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		for (size_t f = 0; f < d; f++)
			to[f * CS_KD_LEAF] = from ? from[f * CS_LANES] : CS_KD_FAR;
		t->row[p] = (uint32_t) p;
	}
	cs_kdtree_boxes(env, t);
}

void
cs_kdtree_keep(cs_kdtree *t, size_t leaf, uint64_t keep)
{
	float	   *tile = t->tile + leaf * CS_KD_LEAF * (size_t) t->d;

	for (size_t i = 0; i < CS_KD_LEAF; i++)
		for (size_t f = 0; f < (size_t) t->d && !(keep >> i & 1); f++)
			tile[f * CS_KD_LEAF + i] = CS_KD_FAR;
}

/* ---- boxes ---- */

static void
box_of_leaf(cs_kdtree *t, size_t leaf)
{
	size_t		d = (size_t) t->d;
	const float *tile = cs_kd_tile(t, leaf);
	float	   *box = t->box + (t->leaves + leaf) * 2 * d;

	for (size_t f = 0; f < d; f++)
	{
		float		least = CS_KD_FAR, most = -CS_KD_FAR;

		for (size_t i = 0; i < CS_KD_LEAF; i++)
		{
			float		v = tile[f * CS_KD_LEAF + i];

			least = v < least ? v : least;
			most = v > most && v != CS_KD_FAR ? v : most;
		}
		box[f] = least;
		box[d + f] = most;
	}
}

static void
box_of_node(cs_env *env, cs_kdtree *t, cs_kd_node node)
{
	size_t		d = (size_t) t->d;
	float	   *box = t->box + cs_kd_number(t, node) * 2 * d;
	const float *a, *b;

	if (cs_kd_is_leaf(node))
	{
		box_of_leaf(t, node.from);
		return;
	}
	cs_poll(env);
	box_of_node(env, t, cs_kd_left(node));
	box_of_node(env, t, cs_kd_right(node));
	a = cs_kd_box(t, cs_kd_number(t, cs_kd_left(node)));
	b = cs_kd_box(t, cs_kd_number(t, cs_kd_right(node)));
	for (size_t f = 0; f < d; f++)
	{
		box[f] = a[f] < b[f] ? a[f] : b[f];
		box[d + f] = a[d + f] > b[d + f] ? a[d + f] : b[d + f];
	}
}

/* The node that is number i of a level; empty behind the last. */
static inline cs_kd_node
node_of(const cs_kdtree *t, int level, size_t i)
{
	size_t		from = i << (4 * level), to = (i + 1) << (4 * level);

	return (cs_kd_node){(uint32_t) from, (uint32_t) (to < t->leaves ? to : t->leaves)};
}

void
cs_kdtree_boxes(cs_env *env, cs_kdtree *t)
{
	size_t		d = (size_t) t->d;

	box_of_node(env, t, cs_kd_root(t));
	for (int level = 1; level <= t->levels; level++)
		for (size_t i = 0; i << (4 * level) < t->leaves; i++)
		{
			float	   *wide = t->wide + (t->level_at[level] + i) * 2 * CS_KD_WIDE * d;

			cs_poll(env);
			for (size_t part = 0; part < CS_KD_WIDE; part++)
			{
				cs_kd_node	node = node_of(t, level - 1, CS_KD_WIDE * i + part);
				const float *box = node.from < node.to ? cs_kd_box(t, cs_kd_number(t, node)) : NULL;

				for (size_t f = 0; f < d; f++)
				{
					wide[2 * f * CS_KD_WIDE + part] = box ? box[f] : CS_KD_FAR;
					wide[(2 * f + 1) * CS_KD_WIDE + part] = box ? box[d + f] : -CS_KD_FAR;
				}
			}
		}
}

/* ---- distances ---- */

void
cs_kdtree_row(const cs_kdtree *t, size_t at, float *row)
{
	const float *x = cs_kd_tile(t, at / CS_KD_LEAF) + at % CS_KD_LEAF;

	for (int f = 0; f < t->d; f++)
		row[f] = x[f * CS_KD_LEAF];
}

double
cs_kdtree_square(const cs_kdtree *t, size_t at, const float *q)
{
	const float *x = cs_kd_tile(t, at / CS_KD_LEAF) + at % CS_KD_LEAF;
	double		sum = 0;

	for (int f = 0; f < t->d; f++)
	{
		double		v = (double) q[f] - (double) x[f * CS_KD_LEAF];

		sum += v * v;
	}
	return sum;
}

float
cs_kd_from_row(const cs_kdtree *t, size_t node, const float *q)
{
	const float *least = cs_kd_box(t, node), *most = least + t->d;
	float		sum = 0;

	for (int f = 0; f < t->d; f++)
	{
		float		below = least[f] - q[f], above = q[f] - most[f], v = below > above ? below : above;

		v = v > 0 ? v : 0;
		sum += v * v;
	}
	return sum;
}

float
cs_kd_from_box(const cs_kdtree *t, size_t a, size_t b)
{
	const float *p = cs_kd_box(t, a), *q = cs_kd_box(t, b);
	float		sum = 0;

	for (int f = 0; f < t->d; f++)
	{
		float		below = p[f] - q[f + t->d], above = q[f] - p[f + t->d], v = below > above ? below : above;

		v = v > 0 ? v : 0;
		sum += v * v;
	}
	return sum;
}

cs_kd_ball
cs_kd_ball_of(double square, int d)
{
	double		error = (d + 4) * 0x1p-23, maybe = square * (1 + error) + 1e-30;

	/* squares so small that they lose bits, and those beyond all rows, are all settled in double */
	return (cs_kd_ball){square, square > 1e-25 && square < (double) CS_KD_LIMIT ? (float) (square * (1 - error)) : -1,
						maybe < (double) CS_KD_LIMIT ? (float) maybe : CS_KD_LIMIT};
}

/* ---- searching ---- */

void
cs_kd_walk_start(cs_kd_walk *w, const cs_kernel *kernel, const cs_kdtree *t, const float *q)
{
	w->t = t;
	w->kernel = kernel;
	w->q = q;
	w->tag = NULL;
	w->avoid = -1;
	w->only = -1;
	w->within = INFINITY;
	w->depth = 1;
	w->stack[0].number = 0;
	w->stack[0].level = t->levels;
	w->stack[0].square = 0;
}

/* Squared distance to a box in double: never more than that to a row in it. */
static double
exact_from_row(const cs_kdtree *t, size_t node, const float *q)
{
	const float *least = cs_kd_box(t, node),
			   *most = least + t->d;
	double		sum = 0;

	for (int f = 0; f < t->d; f++)
	{
		double		below = (double) least[f] - (double) q[f],
					above = (double) q[f] - (double) most[f],
					v = below > above ? below : above;

		v = v > 0 ? v : 0;
		sum += v * v;
	}
	return sum;
}

/* Is the box of a node beyond within?  Single precision says so only when it is far. */
static inline bool
beyond(const cs_kd_walk *w, int level, size_t i, float square)
{
	return (double) square * (1 + (w->t->d + 4) * 0x1p-23) >= w->within &&
		exact_from_row(w->t, cs_kd_number(w->t, node_of(w->t, level, i)), w->q) >= w->within;
}

static inline bool
passed_over(const cs_kd_walk *w, int level, size_t i)
{
	int32_t		tag;

	if (w->tag == NULL)
		return false;
	tag = w->tag[cs_kd_number(w->t, node_of(w->t, level, i))];
	return tag >= 0 && (tag == w->avoid || (w->only >= 0 && tag != w->only));
}

/* The parts of a wide node that are within the limit, the nearest on top. */
static void
open_node(cs_kd_walk *w, int level, size_t i, float limit)
{
	float		square[CS_KD_WIDE] __attribute__((aligned(64)));
	int			bottom = w->depth;
	unsigned	below;

	below = w->kernel->box_squares(w->t->wide + (w->t->level_at[level] + i) * 2 * CS_KD_WIDE * (size_t) w->t->d,
								   w->t->d, w->q, limit, square);
	for (; below; below &= below - 1)
	{
		int			part = __builtin_ctz(below), to = w->depth++;

		for (; to > bottom && w->stack[to - 1].square < square[part]; to--)
			w->stack[to] = w->stack[to - 1];
		w->stack[to].number = (uint32_t) (i * CS_KD_WIDE) + (uint32_t) part;
		w->stack[to].level = level - 1;
		w->stack[to].square = square[part];
	}
}

int64_t
cs_kd_walk_next(cs_kd_walk *w, float limit)
{
	while (w->depth > 0)
	{
		size_t		i = w->stack[--w->depth].number;
		int			level = w->stack[w->depth].level;

		if (!(w->stack[w->depth].square < limit) || passed_over(w, level, i) || beyond(w, level, i, w->stack[w->depth].square))
			continue;
		if (level == 0)
			return (int64_t) i;
		open_node(w, level, i, limit);
	}
	return -1;
}

cs_kd_near *
cs_kd_near_new(cs_env *env, int k)
{
	cs_kd_near *near = CS_NEW(env, cs_kd_near, 1);

	near->k = k;
	near->square = CS_ROOM(env, double, (size_t) k);
	near->at = CS_ROOM(env, int32_t, (size_t) k);
	return near;
}

void
cs_kd_near_free(cs_env *env, cs_kd_near *near)
{
	cs_release(env, near->square);
	cs_release(env, near->at);
	cs_release(env, near);
}

static inline bool
farther(const cs_kd_near *near, int i, double square, int32_t at)
{
	return near->square[i] > square || (near->square[i] == square && near->at[i] > at);
}

static void
put(cs_kd_near *near, int i, double square, int32_t at)
{
	near->square[i] = square;
	near->at[i] = at;
}

static void
insert(cs_kd_near *near, double square, int32_t at)
{
	int			i = 0;

	if (near->n < near->k)
	{
		for (i = near->n++; i > 0 && !farther(near, (i - 1) / 2, square, at); i = (i - 1) / 2)
			put(near, i, near->square[(i - 1) / 2], near->at[(i - 1) / 2]);
		put(near, i, square, at);
		return;
	}
	if (!farther(near, 0, square, at))
		return;
	for (int c; (c = 2 * i + 1) < near->n; i = c)
	{
		if (c + 1 < near->n && farther(near, c + 1, near->square[c], near->at[c]))
			c++;
		if (!farther(near, c, square, at))
			break;
		put(near, i, near->square[c], near->at[c]);
	}
	put(near, i, square, at);
}

void
cs_kdtree_nearest(const cs_kernel *kernel, const cs_kdtree *t, const float *q, cs_kd_near *near)
{
	float		square[CS_KD_LEAF] __attribute__((aligned(64))), limit = CS_KD_LIMIT;
	cs_kd_walk	w;
	int64_t		leaf;

	near->n = 0;
	cs_kd_walk_start(&w, kernel, t, q);
	while (!(near->n == near->k && near->square[0] == 0) && (leaf = cs_kd_walk_next(&w, limit)) >= 0)
	{
		size_t		rows = cs_kd_leaf_rows(t, (size_t) leaf);

		kernel->leaf_squares(cs_kd_tile(t, (size_t) leaf), t->d, q, square);
		for (size_t i = 0; i < rows; i++)
			if (square[i] < limit)
			{
				size_t		at = (size_t) leaf * CS_KD_LEAF + i;

				insert(near, cs_kdtree_square(t, at, q), (int32_t) at);
				if (near->n == near->k)
					limit = cs_kd_ball_of(near->square[0], t->d).maybe;
			}
	}
}
