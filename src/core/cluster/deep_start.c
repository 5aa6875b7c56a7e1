/*
 * deep_start.c - the segments that refinement starts from (see deep.h).
 *
 * In an embedding of neighbours, groups need not be round: k-means would cut a long
 * one and join two small ones.  So the graph of nearest neighbours in the embedding
 * is cut instead: rows become the leading eigenvectors of its normalised
 * adjacency, scaled to length 1, and k-means clusters these (A. Ng, M. Jordan,
 * Y. Weiss, "On spectral clustering", NIPS 2001).  Refinement then makes the groups round.
 */
#include "core/base/linalg.h"
#include "core/cluster/deep.h"

#include <math.h>
#include <string.h>

/* Rows of the graph at most, neighbours of each. */
#define MOST_ROWS ((size_t) 5000)
#define NEIGHBOURS 15

/* More clusters than this start by k-means. */
#define MOST_CLUSTERS 50

/* A cluster of less than this share of n / k is a splinter and no segment. */
#define SPLINTER 0.05

/* Powers of the adjacency. */
#define POWERS 40

/* Edges both ways; two that name each other count twice. */
typedef struct graph
{
	size_t		n;
	size_t	   *from;			/* where the edges of a row start */
	uint32_t   *to;
	double	   *root;			/* 1 / square root of the number of edges */
} graph;

size_t
cs_deep_map_rows(size_t n, int k)
{
	if (n < 2 || k < 2 || k > MOST_CLUSTERS)
		return 0;
	return n < MOST_ROWS ? n : MOST_ROWS;
}

/* Which of the evenly spread rows is that one? */
static size_t
number_of(size_t n, size_t most, size_t row)
{
	size_t		i = (size_t) ((double) row * (double) most / (double) n);

	while (i > 0 && cs_deep_place(n, most, i) > row)
		i--;
	while (i + 1 < most && cs_deep_place(n, most, i + 1) <= row)
		i++;
	return i;
}

static graph
make_graph(cs_deep_job *j, const uint32_t *near, int k)
{
	size_t		n = j->a->x->n;
	graph		g = {.n = j->map.n};
	size_t	   *next;

	g.from = CS_NEW(j->env, size_t, g.n + 1);
	g.to = CS_ROOM(j->env, uint32_t, 2 * g.n * (size_t) k);
	g.root = CS_ROOM(j->env, double, g.n);
	next = CS_ROOM(j->env, size_t, g.n);
	for (size_t i = 0; i < g.n; i++)
		for (int o = 0; o < k; o++)
		{
			size_t		other = number_of(n, g.n, near[cs_deep_place(n, g.n, i) * (size_t) k + (size_t) o]);

			g.from[i + 1]++;
			g.from[other + 1]++;
		}
	for (size_t i = 0; i < g.n; i++)
	{
		g.root[i] = 1 / sqrt((double) g.from[i + 1]);
		g.from[i + 1] += g.from[i];
		next[i] = g.from[i];
	}
	for (size_t i = 0; i < g.n; i++)
		for (int o = 0; o < k; o++)
		{
			size_t		other = number_of(n, g.n, near[cs_deep_place(n, g.n, i) * (size_t) k + (size_t) o]);

			g.to[next[i]++] = (uint32_t) other;
			g.to[next[other]++] = (uint32_t) i;
		}
	cs_release(j->env, next);
	return g;
}

/* y = (x + normalised adjacency x) / 2: no eigenvalue is negative, so the largest are the wanted ones. */
static void
apply(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const graph *g = arg;

	(void) team;
	for (size_t i = 0; i < g->n; i++)
	{
		double	   *to = y + i * k;

		if (i % 256 == 0)
			cs_poll(env);
		memcpy(to, x + i * k, sizeof(double) * k);
		for (size_t e = g->from[i]; e < g->from[i + 1]; e++)
		{
			const double *from = x + g->to[e] * k;
			double		w = g->root[i] * g->root[g->to[e]];

			for (size_t c = 0; c < k; c++)
				to[c] += w * from[c];
		}
		for (size_t c = 0; c < k; c++)
			to[c] /= 2;
	}
}

void
cs_deep_map(cs_deep_job *j)
{
	int			k = NEIGHBOURS;
	uint32_t   *near = cs_deep_neighbours(j->env, &j->code, NULL, j->map.n, &k);
	graph		g = make_graph(j, near, k);
	cs_operator op = {g.n, g.n, &g, apply, apply};
	size_t		d = (size_t) j->map.d;
	cs_svd_options options = {.rank = d, .oversample = 10, .iterations = POWERS, .seed = j->a->seed};
	double	   *u = CS_ROOM(j->env, double, g.n * d),
			   *v = CS_ROOM(j->env, double, g.n * d),
			   *values = CS_ROOM(j->env, double, d);
	float	   *row = CS_ROOM(j->env, float, d);

	cs_svd_random(j->env, NULL, &op, &options, u, values, v);
	for (size_t i = 0; i < g.n; i++)
	{
		double		sum = 0;

		for (size_t f = 0; f < d; f++)
			sum += v[i * d + f] * v[i * d + f];
		for (size_t f = 0; f < d; f++)
			row[f] = sum > 0 ? (float) (v[i * d + f] / sqrt(sum)) : 0;
		cs_matrix_set_row(&j->map, i, row);
	}

	/* what spreads the labels of the map */
	for (size_t i = 0; i < j->a->x->n; i++)
	{
		size_t		own = number_of(j->a->x->n, g.n, i);

		j->order[i] = (uint32_t) (cs_deep_place(j->a->x->n, g.n, own) == i ? own : number_of(j->a->x->n, g.n, near[i * (size_t) k]));
	}
	cs_release(j->env, near);
	cs_release(j->env, g.from);
	cs_release(j->env, g.to);
	cs_release(j->env, g.root);
	cs_release(j->env, u);
	cs_release(j->env, v);
	cs_release(j->env, values);
	cs_release(j->env, row);
}

bool
cs_deep_spread(cs_deep_job *j)
{
	size_t		n = j->a->x->n,
				e = (size_t) j->code.d;
	int			k = j->a->k;
	double	   *rows = CS_NEW(j->env, double, (size_t) k),
			   *weight = CS_NEW(j->env, double, (size_t) k),
			   *sum = CS_NEW(j->env, double, (size_t) k * e);
	float	   *z = CS_ROOM(j->env, float, e);
	bool		good = true;

	for (size_t i = 0; i < n; i++)
	{
		int			c = j->label[i] = j->other[j->order[i]];
		double		w = (double) cs_matrix_weight(j->a->x, i);

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(j->env);
		cs_matrix_row(&j->code, i, z);
		rows[c]++;
		weight[c] += w;
		for (size_t f = 0; f < e; f++)
			sum[(size_t) c * e + f] += w * (double) z[f];
	}
	for (int c = 0; c < k; c++)
	{
		good = good && rows[c] >= SPLINTER * (double) n / k && weight[c] > 0;
		for (size_t f = 0; f < e && weight[c] > 0; f++)
			j->center[(size_t) c * e + f] = sum[(size_t) c * e + f] / weight[c];
	}
	cs_release(j->env, rows);
	cs_release(j->env, weight);
	cs_release(j->env, sum);
	cs_release(j->env, z);
	return good;
}
