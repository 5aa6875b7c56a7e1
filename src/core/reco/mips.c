/*
 * mips.c - maximum inner product search (see mips.h).
 */
#include "core/reco/mips.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TILE CS_MIPS_TILE

/* Factors after which an upper bound is looked at. */
#define HEAD 8

/* Sums are rounded: by less than this, relative to the product of the lengths. */
#define ROUNDING 1e-10

/* Tiles between two polls. */
#define POLL_TILES 1024

/* What a tile's products can be: the greatest lengths of its items' factors. */
typedef struct bound
{
	double		all;
	double		rest;			/* without the first HEAD */
} bound;

struct cs_mips
{
	cs_env	   *env;
	size_t		tiles;
	int			d;
	int32_t    *item;			/* by place; -1: none */
	float	   *factor;
	bound	   *bound;			/* per tile; all does not ascend */
	double	   *top;			/* heap of the k greatest products, the least first */
	size_t		top_room;
};

typedef struct placed
{
	double		length;
	int32_t		item;
} placed;

static int
by_length(const void *a, const void *b)
{
	const placed *x = a,
			   *y = b;

	return x->length > y->length ? -1 : x->length < y->length ? 1 : x->item < y->item ? -1 : x->item > y->item;
}

static const float *
factors_of(const float *tile, int d, int32_t item)
{
	return tile + (size_t) (item / TILE) * TILE * (size_t) d + item % TILE;
}

static double
length(const float *v, int from, int d)
{
	double		sum = 0;

	for (int k = from; k < d; k++)
		sum += (double) v[k * TILE] * (double) v[k * TILE];
	return sqrt(sum);
}

static void
take_item(cs_mips *m, size_t place, const float *v, int32_t item)
{
	bound	   *b = &m->bound[place / TILE];
	float	   *to = m->factor + place / TILE * TILE * (size_t) m->d + place % TILE;

	for (int k = 0; k < m->d; k++)
		to[k * TILE] = v[k * TILE];
	m->item[place] = item;
	b->all = fmax(b->all, length(v, 0, m->d));
	b->rest = fmax(b->rest, length(v, HEAD, m->d));
}

cs_mips *
cs_mips_new(cs_env *env, int d, const float *tile, const int32_t *item, size_t items)
{
	cs_mips    *m = CS_NEW(env, cs_mips, 1);
	placed	   *order = CS_ROOM(env, placed, items + 1);
	size_t		n = 0;

	for (size_t i = 0; i < items; i++)
	{
		int32_t		at = item ? item[i] : (int32_t) i;
		double		l = length(factors_of(tile, d, at), 0, d);

		if (i % (TILE * POLL_TILES) == 0)
			cs_poll(env);
		if (l > 0)
			order[n++] = (placed) {l, at};
	}
	qsort(order, n, sizeof(placed), by_length);
	m->env = env;
	m->d = d;
	m->tiles = (n + TILE - 1) / TILE;
	m->item = CS_ROOM(env, int32_t, m->tiles * TILE + 1);
	memset(m->item, 0xff, sizeof(int32_t) * m->tiles * TILE);
	m->factor = CS_NEW(env, float, m->tiles * TILE * (size_t) d + 1);
	m->bound = CS_NEW(env, bound, m->tiles + 1);
	for (size_t i = 0; i < n; i++)
		take_item(m, i, factors_of(tile, d, order[i].item), order[i].item);
	cs_release(env, order);
	return m;
}

void
cs_mips_free(cs_mips *m)
{
	cs_env	   *env = m->env;

	cs_release(env, m->item);
	cs_release(env, m->factor);
	cs_release(env, m->bound);
	cs_release(env, m->top);
	cs_release(env, m);
}

/* Let x take the place of the least of the heap. */
static void
replace_least(double *heap, size_t n, double x)
{
	size_t		i = 0;

	for (size_t child; (child = 2 * i + 1) < n; i = child)
	{
		child += child + 1 < n && heap[child + 1] < heap[child];
		if (x <= heap[child])
			break;
		heap[i] = heap[child];
	}
	heap[i] = x;
}

/* Add one product to a heap of up to k. */
static void
note_product(double *heap, size_t *n, size_t k, double x)
{
	size_t		i;

	if (*n == k)
	{
		replace_least(heap, k, x);
		return;
	}
	i = (*n)++;
	for (; i > 0 && heap[(i - 1) / 2] > x; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = x;
}

/* Products of the factors from, ..., to - 1, each in their order, added to sum. */
static inline void
add_products(const float *v, const double *q, int from, int to, double *sum)
{
	for (int k = from; k < to; k++)
		for (int i = 0; i < TILE; i++)
			sum[i] += q[k] * (double) v[k * TILE + i];
}

static double
greatest(const double *x)
{
	double		most = x[0];

	for (int i = 1; i < TILE; i++)
		most = x[i] > most ? x[i] : most;
	return most;
}

static void
make_room(cs_mips *m, size_t k)
{
	if (k <= m->top_room)
		return;
	cs_release(m->env, m->top);
	m->top = CS_ROOM(m->env, double, k);
	m->top_room = k;
}

size_t
cs_mips_best(cs_env *env, cs_mips *m, const double *q, size_t k, cs_scored *out)
{
	int			head = m->d < HEAD ? m->d : HEAD;
	double		all = 0,
				rest = 0,
				least = 0;		/* products below it do not matter; 0: k have not been found yet */
	size_t		found = 0,
				kept = 0,
				n = 0;

	for (int i = 0; i < m->d; i++)
	{
		all += q[i] * q[i];
		rest += i < head ? 0 : q[i] * q[i];
	}
	all = sqrt(all);
	rest = sqrt(rest);
	k = k < m->tiles * TILE ? k : m->tiles * TILE + 1;
	make_room(m, k);
	for (size_t t = 0; t < m->tiles && (1 + ROUNDING) * all * m->bound[t].all >= least; t++)
	{
		const float *v = m->factor + t * TILE * (size_t) m->d;
		double		sum[TILE] = {0},
					slack = ROUNDING * all * m->bound[t].all;

		if (t % POLL_TILES == POLL_TILES - 1)
			cs_poll(env);
		add_products(v, q, 0, head, sum);
		if (greatest(sum) + rest * m->bound[t].rest + slack < least)
			continue;
		add_products(v, q, head, m->d, sum);
		for (int i = 0; i < TILE; i++)
		{
			if (!(sum[i] > 0) || sum[i] < least)
				continue;
			out[found++] = (cs_scored) {m->item[t * TILE + (size_t) i], sum[i]};
			note_product(m->top, &n, k, sum[i]);
			least = n == k ? m->top[0] : 0;
		}
	}
	for (size_t i = 0; i < found; i++)
		if (out[i].score >= least)
			out[kept++] = out[i];
	return kept;
}
