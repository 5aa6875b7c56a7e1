/*
 * linkage_points.c - centroid and median linkage, over one point per cluster.
 *
 * Joining two clusters may bring their point closer to others, so a chain of
 * neighbours does not hold.  Each cluster keeps the nearest of those behind it, or
 * one that was, with a distance that is no more than the true one; a heap has the
 * least of these on top.  What is on top is looked up again when its neighbour is
 * gone or has moved, until it holds (D. Muellner, arXiv:1109.2378, section 3.1).
 * Heights may fall: they are given in the order of the merges.
 */
#include "core/cluster/linkage.h"

#include <math.h>

typedef struct points
{
	cs_env	   *env;
	size_t		n;
	int			d;
	bool		median;
	double	   *point;			/* [slot][d] */
	double	   *weight;			/* 0: gone */
	int32_t    *number;			/* of the cluster in a slot */
	double	   *size;
	int32_t    *nearest;		/* among the slots behind; n: none */
	double	   *distance;		/* squared; at most that to the nearest */
	bool	   *stale;			/* nearest has moved or is gone */
	int32_t    *heap;			/* slots, least distance first */
	int32_t    *at;				/* where a slot is in it */
	size_t		heaped;
} points;

/* ---- heap ---- */

static bool
before(const points *p, int32_t a, int32_t b)
{
	return p->distance[a] < p->distance[b] || (p->distance[a] == p->distance[b] && a < b);
}

static void
put(points *p, size_t i, int32_t slot)
{
	p->heap[i] = slot;
	p->at[slot] = (int32_t) i;
}

static void
rise(points *p, size_t i)
{
	int32_t		slot = p->heap[i];

	for (; i > 0 && before(p, slot, p->heap[(i - 1) / 2]); i = (i - 1) / 2)
		put(p, i, p->heap[(i - 1) / 2]);
	put(p, i, slot);
}

static void
sink(points *p, size_t i)
{
	int32_t		slot = p->heap[i];

	for (size_t c; (c = 2 * i + 1) < p->heaped; i = c)
	{
		if (c + 1 < p->heaped && before(p, p->heap[c + 1], p->heap[c]))
			c++;
		if (!before(p, p->heap[c], slot))
			break;
		put(p, i, p->heap[c]);
	}
	put(p, i, slot);
}

static void
drop(points *p, int32_t slot)
{
	size_t		i = (size_t) p->at[slot];

	p->heaped--;
	if (i == p->heaped)
		return;
	put(p, i, p->heap[p->heaped]);
	rise(p, i);
	sink(p, (size_t) p->at[p->heap[i]]);
}

/* ---- distances ---- */

static double
square_between(const points *p, size_t a, size_t b)
{
	double		s = 0;

	for (int f = 0; f < p->d; f++)
	{
		double		t = p->point[a * (size_t) p->d + (size_t) f] - p->point[b * (size_t) p->d + (size_t) f];

		s += t * t;
	}
	return s;
}

static void
look_up(points *p, size_t a)
{
	p->nearest[a] = (int32_t) p->n;
	p->distance[a] = INFINITY;
	p->stale[a] = false;
	for (size_t b = a + 1; b < p->n; b++)
	{
		double		v;

		if (p->weight[b] == 0)
			continue;
		v = square_between(p, a, b);
		if (v < p->distance[a])
		{
			p->distance[a] = v;
			p->nearest[a] = (int32_t) b;
		}
	}
}

static void
start(points *p, const cs_matrix *x)
{
	size_t		d = (size_t) p->d;
	float	   *row = CS_NEW(p->env, float, d);

	p->point = CS_ROOM(p->env, double, p->n * d);
	p->weight = CS_ROOM(p->env, double, p->n);
	p->size = CS_ROOM(p->env, double, p->n);
	p->number = CS_ROOM(p->env, int32_t, p->n);
	p->nearest = CS_ROOM(p->env, int32_t, p->n);
	p->distance = CS_ROOM(p->env, double, p->n);
	p->stale = CS_NEW(p->env, bool, p->n);
	p->heap = CS_ROOM(p->env, int32_t, p->n);
	p->at = CS_ROOM(p->env, int32_t, p->n);
	for (size_t i = 0; i < p->n; i++)
	{
		cs_matrix_row(x, i, row);
		for (size_t f = 0; f < d; f++)
			p->point[i * d + f] = (double) row[f];
		p->size[i] = (double) cs_matrix_weight(x, i);
		p->weight[i] = p->median ? 1 : p->size[i];
		p->number[i] = (int32_t) i;
	}
	cs_release(p->env, row);
	for (size_t i = 0; i < p->n; i++)
	{
		look_up(p, i);
		cs_poll(p->env);
		if (i % 64 == 0)
			cs_progress(p->env, CS_PHASE_PREPARE, (int64_t) i, (int64_t) p->n);
	}
	for (size_t i = 0; i < p->n; i++)
	{
		put(p, p->heaped++, (int32_t) i);
		rise(p, p->heaped - 1);
	}
}

/* The pair that is closest. */
static int32_t
closest(points *p)
{
	while (p->stale[p->heap[0]])
	{
		look_up(p, (size_t) p->heap[0]);
		sink(p, 0);
		cs_poll(p->env);
	}
	return p->heap[0];
}

/* The cluster in slot a goes into that of slot b, behind it. */
static void
join(points *p, size_t a, size_t b)
{
	double		wa = p->weight[a],
				wb = p->weight[b];

	for (int f = 0; f < p->d; f++)
	{
		double	   *to = &p->point[b * (size_t) p->d + (size_t) f];

		*to = (wa * p->point[a * (size_t) p->d + (size_t) f] + wb * *to) / (wa + wb);
	}
	p->weight[b] = p->median ? 1 : wa + wb;
	p->weight[a] = 0;
	p->size[b] += p->size[a];
	drop(p, (int32_t) a);
	for (size_t c = 0; c < b; c++)
	{
		double		v;

		if (p->weight[c] == 0)
			continue;
		v = square_between(p, c, b);
		if (v < p->distance[c])
		{
			p->nearest[c] = (int32_t) b;
			p->distance[c] = v;
			p->stale[c] = false;
			rise(p, (size_t) p->at[c]);
		}
		else if ((size_t) p->nearest[c] == a || (size_t) p->nearest[c] == b)
			p->stale[c] = true;
	}
	look_up(p, b);
	rise(p, (size_t) p->at[b]);
	sink(p, (size_t) p->at[b]);
}

void
cs_linkage_points(cs_env *env, const cs_matrix *x, bool median, cs_merge *out)
{
	points		p = {.env = env, .n = x->n, .d = x->d, .median = median};

	start(&p, x);
	for (size_t i = 0; i + 1 < p.n; i++)
	{
		int32_t		a = closest(&p),
					b = p.nearest[a],
					low = p.number[a] < p.number[b] ? p.number[a] : p.number[b],
					high = p.number[a] < p.number[b] ? p.number[b] : p.number[a];
		double		height = sqrt(p.distance[a]);

		join(&p, (size_t) a, (size_t) b);
		p.number[b] = (int32_t) (p.n + i);
		out[i] = (cs_merge) {low, high, height, p.size[b]};
		cs_poll(env);
		if (i % 64 == 0)
			cs_progress(env, CS_PHASE_FIT, (int64_t) i, (int64_t) p.n - 1);
	}
	cs_release(env, p.point);
	cs_release(env, p.weight);
	cs_release(env, p.size);
	cs_release(env, p.number);
	cs_release(env, p.nearest);
	cs_release(env, p.distance);
	cs_release(env, p.stale);
	cs_release(env, p.heap);
	cs_release(env, p.at);
}
