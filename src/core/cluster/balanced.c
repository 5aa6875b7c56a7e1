/*
 * balanced.c - clusters of bounded sizes (see balanced.h).
 */
#include "core/cluster/balanced.h"

#include <math.h>
#include <string.h>

/* A share of n rows that was meant to be whole may miss it by rounding. */
#define SLACK 1e-9

cs_balance
cs_balance_of(cs_env *env, size_t n, int k, double min_share, double max_share)
{
	cs_balance	b = {k, (size_t) ceil(min_share * (double) n - SLACK), (size_t) floor(max_share * (double) n + SLACK)};

	if ((double) b.least * k > (double) n)
		cs_fail(env, CS_E_PARAM, "min_share is too large",
				cs_text(env, "%d segments of at least %zu rows each are more than the %zu rows that there are.", k, b.least, n),
				cs_text(env, "With %d segments it is at most %g; or ask for fewer segments.", k, floor(1e6 / k) / 1e6));
	if ((double) b.most * k < (double) n)
		cs_fail(env, CS_E_PARAM, "max_share is too small",
				cs_text(env, "%d segments of at most %zu rows each cannot hold the %zu rows that there are.", k, b.most, n),
				cs_text(env, "With %d segments it is at least %g; or ask for more segments.", k, ceil(1e6 / k) / 1e6));
	if (b.least > b.most)
		cs_fail(env, CS_E_PARAM, "min_share is larger than max_share", NULL, "Each segment holds a share between the two.");
	return b;
}

/* ---- rows by what a move would cost ---- */

typedef struct entry
{
	double		cost;
	uint32_t	row;
} entry;

/* Rows of one cluster by the cost of going to another one; some may have left since. */
typedef struct heap
{
	entry	   *e;
	size_t		n;
	size_t		room;
} heap;

typedef struct moving
{
	cs_env	   *env;
	const cs_balance *b;
	const double *cost;
	size_t		n;
	int32_t    *label;
	size_t	   *size;
	heap	   *h;				/* k x k: from, to */
	double	   *way;			/* k: cost of the cheapest chain to a cluster */
	int		   *from;			/* k: the cluster before on it, -1: the chain starts here */
	int		   *queue;
	bool	   *queued;
} moving;

static bool
before(entry a, entry b)
{
	return a.cost < b.cost || (a.cost == b.cost && a.row < b.row);
}

static void
sift_down(heap *h, size_t i)
{
	entry		e = h->e[i];

	for (size_t child; (child = 2 * i + 1) < h->n; i = child)
	{
		if (child + 1 < h->n && before(h->e[child + 1], h->e[child]))
			child++;
		if (!before(h->e[child], e))
			break;
		h->e[i] = h->e[child];
	}
	h->e[i] = e;
}

static void
push(cs_env *env, heap *h, entry e)
{
	size_t		i = h->n++;

	if (h->n > h->room)
	{
		size_t		room = 2 * h->room + 16;
		entry	   *wider = CS_ROOM(env, entry, room);

		if (h->room > 0)
		{
			memcpy(wider, h->e, sizeof(entry) * (h->n - 1));
			cs_release(env, h->e);
		}
		h->e = wider;
		h->room = room;
	}
	for (; i > 0 && before(e, h->e[(i - 1) / 2]); i = (i - 1) / 2)
		h->e[i] = h->e[(i - 1) / 2];
	h->e[i] = e;
}

/* The cheapest row to go from one cluster to another, or NULL. */
static const entry *
top(moving *m, int from, int to)
{
	heap	   *h = &m->h[from * m->b->k + to];

	while (h->n > 0 && m->label[h->e[0].row] != from)
	{
		h->e[0] = h->e[--h->n];
		if (h->n > 0)
			sift_down(h, 0);
	}
	return h->n > 0 ? &h->e[0] : NULL;
}

static double
move_cost(const moving *m, size_t row, int from, int to)
{
	return m->cost[row * (size_t) m->b->k + (size_t) to] - m->cost[row * (size_t) m->b->k + (size_t) from];
}

static void
fill_heaps(moving *m)
{
	int			k = m->b->k;

	for (int from = 0; from < k; from++)
		for (int to = 0; to < k; to++)
		{
			heap	   *h = &m->h[from * k + to];

			h->room = from == to ? 0 : m->size[from];
			h->e = CS_ROOM(m->env, entry, h->room + 1);
		}
	for (size_t i = 0; i < m->n; i++)
		for (int to = 0; to < k; to++)
		{
			heap	   *h = &m->h[m->label[i] * k + to];

			if (to != m->label[i])
				h->e[h->n++] = (entry) {move_cost(m, i, m->label[i], to), (uint32_t) i};
		}
	for (int j = 0; j < k * k; j++)
	{
		cs_poll(m->env);
		for (size_t i = m->h[j].n / 2; i-- > 0;)
			sift_down(&m->h[j], i);
	}
}

static void
move(moving *m, uint32_t row, int to)
{
	int			from = m->label[row];

	m->label[row] = to;
	m->size[from]--;
	m->size[to]++;
	for (int next = 0; next < m->b->k; next++)
		if (next != to)
			push(m->env, &m->h[to * m->b->k + next], (entry) {move_cost(m, row, to, next), row});
}

/* ---- chains of moves ---- */

/*
 * Cheapest chains from the clusters that start some, by relaxing until nothing
 * changes.  Costs may be negative but no circle is, as the assignment is the
 * cheapest for its sizes; rounding cannot make it run for ever.
 */
static void
find_chains(moving *m, const bool *start)
{
	int			k = m->b->k,
				head = 0,
				waiting = 0;
	long		left = 4L * k * k + 64;

	for (int j = 0; j < k; j++)
	{
		m->way[j] = start[j] ? 0 : INFINITY;
		m->from[j] = -1;
		m->queued[j] = start[j];
		if (start[j])
			m->queue[waiting++] = j;
	}
	for (; waiting > 0 && left > 0; left--)
	{
		int			j = m->queue[head];

		head = (head + 1) % k;
		waiting--;
		m->queued[j] = false;
		for (int to = 0; to < k; to++)
		{
			const entry *e = to == j ? NULL : top(m, j, to);

			if (e == NULL || !(m->way[j] + e->cost < m->way[to]))
				continue;
			m->way[to] = m->way[j] + e->cost;
			m->from[to] = j;
			if (!m->queued[to])
			{
				m->queue[(head + waiting++) % k] = to;
				m->queued[to] = true;
			}
		}
	}
}

/* Moves one row along the chain that ends in a cluster, the last move first. */
static void
follow(moving *m, int to)
{
	for (int steps = 0; m->from[to] >= 0 && steps < m->b->k; steps++)
	{
		int			from = m->from[to];

		move(m, top(m, from, to)->row, to);
		to = from;
	}
}

/* The cheapest chain's end among clusters that end some; -1: none is reached. */
static int
cheapest(const moving *m, const bool *end)
{
	int			best = -1;

	for (int j = 0; j < m->b->k; j++)
		if (end[j] && isfinite(m->way[j]) && (best < 0 || m->way[j] < m->way[best]))
			best = j;
	return best;
}

/* One row from a cluster that has to give to one that can take; false: all is well. */
static bool
mend(moving *m, bool too_many, bool *start, bool *end)
{
	bool		any = false;
	int			to;

	for (int j = 0; j < m->b->k; j++)
	{
		start[j] = too_many ? m->size[j] > m->b->most : m->size[j] > m->b->least;
		end[j] = too_many ? m->size[j] < m->b->most : m->size[j] < m->b->least;
		any = any || (too_many ? start[j] : end[j]);
	}
	if (!any)
		return false;
	find_chains(m, start);
	to = cheapest(m, end);
	if (to < 0)
		return false;
	follow(m, to);
	cs_poll(m->env);
	return true;
}

static bool
within(const moving *m)
{
	for (int j = 0; j < m->b->k; j++)
		if (m->size[j] < m->b->least || m->size[j] > m->b->most)
			return false;
	return true;
}

size_t
cs_balance_bytes(size_t n, int k)
{
	return n * (size_t) k * sizeof(double) + n * ((size_t) k - 1) * sizeof(entry) + n * sizeof(int32_t);
}

void
cs_balance_assign(cs_env *env, const cs_balance *b, const double *cost, size_t n, int32_t *label)
{
	size_t		k = (size_t) b->k;
	moving		m = {env, b, cost, n, label, CS_NEW(env, size_t, k), CS_NEW(env, heap, k * k), CS_NEW(env, double, k),
		CS_NEW(env, int, k), CS_NEW(env, int, k), CS_NEW(env, bool, k)};
	bool	   *start = CS_NEW(env, bool, k),
			   *end = CS_NEW(env, bool, k);

	for (size_t i = 0; i < n; i++)
	{
		label[i] = 0;
		for (int j = 1; j < b->k; j++)
			if (cost[i * k + (size_t) j] < cost[i * k + (size_t) label[i]])
				label[i] = j;
		m.size[label[i]]++;
	}
	if (!within(&m))
	{
		fill_heaps(&m);
		while (mend(&m, true, start, end))
			;
		while (mend(&m, false, start, end))
			;
		for (size_t j = 0; j < k * k; j++)
			cs_release(env, m.h[j].e);
	}
	cs_release(env, m.size);
	cs_release(env, m.h);
	cs_release(env, m.way);
	cs_release(env, m.from);
	cs_release(env, m.queue);
	cs_release(env, m.queued);
	cs_release(env, start);
	cs_release(env, end);
}

/* ---- passes ---- */

static void
find_costs(cs_env *env, const cs_matrix *x, const double *center, int k, double *cost)
{
	float	   *row = CS_NEW(env, float, (size_t) x->d);

	for (size_t i = 0; i < x->n; i++)
	{
		double		w = (double) cs_matrix_weight(x, i);

		cs_matrix_row(x, i, row);
		for (int j = 0; j < k; j++)
		{
			const double *c = center + (size_t) j * (size_t) x->d;
			double		s = 0;

			for (int f = 0; f < x->d; f++)
				s += ((double) row[f] - c[f]) * ((double) row[f] - c[f]);
			cost[i * (size_t) k + (size_t) j] = w * s;
		}
		if (i % 1024 == 0)
			cs_poll(env);
	}
	cs_release(env, row);
}

/* Means of the rows; a cluster without any weight keeps its centre. */
static void
find_means(cs_env *env, const cs_matrix *x, const int32_t *label, int k, bool unit_length, double *center)
{
	size_t		d = (size_t) x->d;
	double	   *sum = CS_NEW(env, double, (size_t) k * d),
			   *weight = CS_NEW(env, double, (size_t) k);
	float	   *row = CS_NEW(env, float, d);

	for (size_t i = 0; i < x->n; i++)
	{
		double		w = (double) cs_matrix_weight(x, i);

		cs_matrix_row(x, i, row);
		weight[label[i]] += w;
		for (size_t f = 0; f < d; f++)
			sum[(size_t) label[i] * d + f] += w * (double) row[f];
		if (i % 1024 == 0)
			cs_poll(env);
	}
	for (size_t j = 0; j < (size_t) k; j++)
	{
		double		length = 0;

		for (size_t f = 0; f < d; f++)
			length += sum[j * d + f] * sum[j * d + f];
		length = unit_length ? sqrt(length) : weight[j];
		for (size_t f = 0; f < d && length > 0; f++)
			center[j * d + f] = sum[j * d + f] / length;
	}
	cs_release(env, sum);
	cs_release(env, weight);
	cs_release(env, row);
}

cs_balanced_result
cs_balanced_lloyd(cs_env *env, const cs_matrix *x, const cs_balance *b, int max_iterations, bool unit_length,
				  double *center, int32_t *label)
{
	size_t		n = x->n,
				k = (size_t) b->k;
	double	   *cost = CS_ROOM(env, double, n * k + 1);
	int32_t    *last = CS_ROOM(env, int32_t, n + 1);
	cs_balanced_result r = {0};

	while (r.iterations < max_iterations && !r.converged)
	{
		find_costs(env, x, center, b->k, cost);
		cs_balance_assign(env, b, cost, n, label);
		r.converged = r.iterations > 0 && memcmp(last, label, sizeof(int32_t) * n) == 0;
		memcpy(last, label, sizeof(int32_t) * n);
		find_means(env, x, label, b->k, unit_length, center);
		r.iterations++;
		cs_progress(env, CS_PHASE_FIT, r.iterations, max_iterations);
	}
	find_costs(env, x, center, b->k, cost);
	for (size_t i = 0; i < n; i++)
		r.objective += cost[i * k + (size_t) label[i]];
	cs_release(env, cost);
	cs_release(env, last);
	return r;
}
