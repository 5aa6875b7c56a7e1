/*
 * linkage_ward.c - Ward's linkage by a chain of nearest neighbours.
 *
 * From any cluster, step to its nearest neighbour, from there to its nearest, and
 * so on: distances only fall, so the chain ends in two clusters that are each
 * other's nearest.  Joining them does not bring any other two closer (Ward's
 * distance is reducible), so the rest of the chain still holds and the merges are
 * those of the greedy order, found in another one.
 *
 * Means live in double, with a copy in single precision for the search.  Whatever
 * comes within the rounding of the best is settled in double; ties go to the
 * cluster before in the chain, then to the lower slot.
 */
#include "core/cluster/linkage.h"

#include "core/base/kernel.h"

#include <math.h>
#include <string.h>

typedef struct ward
{
	cs_env	   *env;
	size_t		n;
	int			d;
	cs_table	t;				/* means, single precision */
	double	   *mean;			/* [slot][d] */
	double	   *weight;			/* 0: a hole */
	float	   *inverse;		/* 1 / weight */
	int32_t    *row;			/* some row of the cluster in a slot */
	size_t		live;
	size_t		first;			/* no live slot before this one */
	double		largest;		/* of all |coordinates| */
	int32_t    *chain;
	size_t		links;
	int32_t    *candidate;
	float	   *value;			/* of the candidates */
	float	   *q;
	cs_merge   *out;
	size_t		merges;
} ward;

static void
put_slot(ward *w, size_t slot)
{
	for (int f = 0; f < w->d; f++)
		w->t.col[(size_t) f * w->t.stride + slot] = (float) w->mean[slot * (size_t) w->d + (size_t) f];
	w->inverse[slot] = (float) (1 / w->weight[slot]);
}

static void
dig_hole(ward *w, size_t slot)
{
	w->weight[slot] = 0;
	for (int f = 0; f < w->d; f++)
		w->t.col[(size_t) f * w->t.stride + slot] = CS_SCAN_FAR;
}

static void
start(ward *w, const cs_matrix *x)
{
	size_t		d = (size_t) w->d;
	float	   *row = CS_NEW(w->env, float, d);

	w->t = (cs_table) {NULL, cs_scan_round(w->n), w->n, w->d};
	w->t.col = CS_ROOM(w->env, float, w->t.stride * d);
	w->mean = CS_ROOM(w->env, double, w->n * d);
	w->weight = CS_ROOM(w->env, double, w->n);
	w->inverse = CS_NEW(w->env, float, w->t.stride);
	w->row = CS_ROOM(w->env, int32_t, w->n);
	w->chain = CS_ROOM(w->env, int32_t, w->n + 1);
	w->candidate = CS_ROOM(w->env, int32_t, w->n);
	w->value = CS_ROOM(w->env, float, w->n);
	w->q = CS_NEW(w->env, float, d);
	w->live = w->n;
	for (size_t i = 0; i < w->t.stride * d; i++)
		w->t.col[i] = CS_SCAN_FAR;
	for (size_t i = 0; i < w->n; i++)
	{
		cs_matrix_row(x, i, row);
		for (size_t f = 0; f < d; f++)
		{
			w->mean[i * d + f] = (double) row[f];
			w->largest = fmax(w->largest, fabs((double) row[f]));
		}
		w->weight[i] = (double) cs_matrix_weight(x, i);
		w->row[i] = (int32_t) i;
		put_slot(w, i);
	}
	cs_release(w->env, row);
}

/* Close up the live slots, in their order; the chain must be empty. */
static void
squeeze(ward *w)
{
	size_t		to = 0,
				d = (size_t) w->d;

	for (size_t i = 0; i < w->t.slots; i++)
	{
		if (w->weight[i] == 0)
			continue;
		if (to != i)
		{
			memcpy(w->mean + to * d, w->mean + i * d, sizeof(double) * d);
			w->weight[to] = w->weight[i];
			w->row[to] = w->row[i];
			put_slot(w, to);
			dig_hole(w, i);
		}
		to++;
	}
	w->t.slots = to;
	w->first = 0;
}

/* Half the squared height of joining two slots. */
static double
added(const ward *w, size_t a, size_t b)
{
	double		s = 0;

	for (int f = 0; f < w->d; f++)
	{
		double		t = w->mean[a * (size_t) w->d + (size_t) f] - w->mean[b * (size_t) w->d + (size_t) f];

		s += t * t;
	}
	return s * w->weight[a] * w->weight[b] / (w->weight[a] + w->weight[b]);
}

/*
 * What a candidate may reach in single precision when the best reached v: each of
 * the two is off by the rounding of the means, at most slack in distance, and of
 * the sum.
 */
static float
widen(double v, double slack, int d)
{
	double		root = sqrt(v) + 2 * slack;

	return (float) (root * root * (1 + (d + 8) * 2.4e-7) + 1e-37);
}

/* Candidates for the nearest of slot a, given that limit is reached; returns how many. */
static size_t
search(ward *w, size_t a, float limit)
{
	double		wa = w->weight[a],
				slack = sqrt(w->d * wa) * w->largest * 1.2e-7;
	float		square[CS_SCAN_GROUP] __attribute__((aligned(64))),
				inverse = (float) (1 / wa);
	size_t		n = 0;

	for (int f = 0; f < w->d; f++)
		w->q[f] = (float) w->mean[a * (size_t) w->d + (size_t) f];
	for (size_t at = 0; (at = w->env->kernel->scan_below(&w->t, w->q, at, limit, inverse, w->inverse, square)) < w->t.slots;
		 at += CS_SCAN_GROUP)
		for (size_t i = at; i < at + CS_SCAN_GROUP && i < w->t.slots; i++)
		{
			double		v;

			if (square[i - at] >= (w->inverse[i] + inverse) * limit || i == a || w->weight[i] == 0)
				continue;
			v = (double) square[i - at] / (double) (w->inverse[i] + inverse);
			w->candidate[n] = (int32_t) i;
			w->value[n++] = (float) v;
			limit = fminf(limit, widen(v, slack, w->d));
		}

	/* the limit has come down since the first ones */
	for (size_t i = 0, all = n; i < all; i++)
	{
		if (i == 0)
			n = 0;
		if (w->value[i] <= limit)
			w->candidate[n++] = w->candidate[i];
	}
	return n;
}

/* The nearest neighbour of slot a; before: the one before it in the chain, or -1. */
static size_t
nearest(ward *w, size_t a, int32_t before)
{
	double		slack = sqrt(w->d * w->weight[a]) * w->largest * 1.2e-7,
				best = before >= 0 ? added(w, a, (size_t) before) : INFINITY;
	size_t		found = before >= 0 ? (size_t) before : w->n,
				n;

	if (best == 0)
		return found;
	n = search(w, a, isinf(best) ? 3e38f : fminf(widen(best, slack, w->d), 3e38f));
	for (size_t i = 0; i < n; i++)
	{
		double		v = added(w, a, (size_t) w->candidate[i]);

		if (v < best)
		{
			best = v;
			found = (size_t) w->candidate[i];
		}
	}
	return found;
}

/* Into the slot of the earlier link. */
static void
join(ward *w, size_t a, size_t into)
{
	double		wa = w->weight[a],
				wb = w->weight[into];
	size_t		d = (size_t) w->d;

	w->out[w->merges++] = (cs_merge) {w->row[a], w->row[into], sqrt(2 * added(w, a, into)), 0};
	for (size_t f = 0; f < d; f++)
		w->mean[into * d + f] = (w->mean[a * d + f] * wa + w->mean[into * d + f] * wb) / (wa + wb);
	w->weight[into] = wa + wb;
	put_slot(w, into);
	dig_hole(w, a);
	w->live--;
}

static void
next_merge(ward *w)
{
	if (w->links == 0)
	{
		if (w->live < w->t.slots / 2)
			squeeze(w);
		while (w->weight[w->first] == 0)
			w->first++;
		w->chain[w->links++] = (int32_t) w->first;
	}
	for (;;)
	{
		size_t		a = (size_t) w->chain[w->links - 1],
					b;
		int32_t		before = w->links > 1 ? w->chain[w->links - 2] : -1;

		cs_poll(w->env);
		b = nearest(w, a, before);
		if (before >= 0 && b == (size_t) before)
		{
			join(w, a, b);
			w->links -= 2;
			return;
		}
		w->chain[w->links++] = (int32_t) b;
	}
}

void
cs_linkage_ward(cs_env *env, const cs_matrix *x, cs_merge *out)
{
	ward		w = {.env = env, .n = x->n, .d = x->d, .out = out};

	start(&w, x);
	while (w.live > 1)
	{
		next_merge(&w);
		if (w.merges % 256 == 0)
			cs_progress(env, CS_PHASE_FIT, (int64_t) w.merges, (int64_t) x->n - 1);
	}
	cs_release(env, w.t.col);
	cs_release(env, w.mean);
	cs_release(env, w.weight);
	cs_release(env, w.inverse);
	cs_release(env, w.row);
	cs_release(env, w.chain);
	cs_release(env, w.candidate);
	cs_release(env, w.value);
	cs_release(env, w.q);
}
