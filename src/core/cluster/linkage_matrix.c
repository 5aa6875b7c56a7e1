/*
 * linkage_matrix.c - complete, average and weighted linkage over all distances.
 *
 * The distances lie above the diagonal, row by row, in double precision.  The chain
 * of nearest neighbours (see linkage_ward.c) works on them; after a merge those of
 * the new cluster follow from those of its halves (G. Lance and W. Williams, "A
 * general theory of classificatory sorting strategies", Comput. J. 9, 1967).
 */
#include "core/cluster/linkage.h"

#include <math.h>

typedef struct square
{
	cs_env	   *env;
	size_t		n;
	cs_linkage_method method;
	double	   *distance;		/* [i][j - i - 1], i < j */
	double	   *weight;
	int32_t    *live;			/* clusters, ascending */
	size_t		lives;
	cs_merge   *out;
	size_t		merges;
} square;

/* Where the distance of i and j > i is. */
static inline size_t
place(const square *s, size_t i, size_t j)
{
	return i * s->n - i * (i + 1) / 2 + j - i - 1;
}

static inline double *
between(const square *s, size_t i, size_t j)
{
	return &s->distance[i < j ? place(s, i, j) : place(s, j, i)];
}

static void
measure_all(square *s, const cs_matrix *x)
{
	size_t		d = (size_t) x->d;
	float	   *rows = CS_ROOM(s->env, float, s->n * d);

	for (size_t i = 0; i < s->n; i++)
		cs_matrix_row(x, i, rows + i * d);
	for (size_t i = 0; i < s->n; i++)
	{
		double	   *to = s->distance + place(s, i, i + 1);

		cs_poll(s->env);
		if (i % 64 == 0)
			cs_progress(s->env, CS_PHASE_PREPARE, (int64_t) i, (int64_t) s->n);
		for (size_t j = i + 1; j < s->n; j++)
		{
			double		sum = 0;

			for (size_t f = 0; f < d; f++)
			{
				double		t = (double) rows[i * d + f] - (double) rows[j * d + f];

				sum += t * t;
			}
			to[j - i - 1] = sqrt(sum);
		}
	}
	cs_release(s->env, rows);
}

/* The nearest neighbour of a; ties go to before (-1: none), then to the lower number. */
static size_t
nearest(const square *s, size_t a, int32_t before)
{
	double		best = before >= 0 ? *between(s, a, (size_t) before) : INFINITY;
	size_t		found = before >= 0 ? (size_t) before : s->n;

	for (size_t i = 0; i < s->lives; i++)
	{
		size_t		j = (size_t) s->live[i];
		double		v;

		if (j == a)
			continue;
		v = *between(s, a, j);
		if (v < best || found == s->n)
		{
			best = v;
			found = j;
		}
	}
	return found;
}

static double
joined(const square *s, double da, double db, double wa, double wb)
{
	switch (s->method)
	{
		case CS_LINK_COMPLETE:
			return fmax(da, db);
		case CS_LINK_AVERAGE:
			return (wa * da + wb * db) / (wa + wb);
		default:
			return (da + db) / 2;
	}
}

static void
join(square *s, size_t a, size_t into)
{
	size_t		to = 0;

	s->out[s->merges++] = (cs_merge) {(int32_t) a, (int32_t) into, *between(s, a, into), 0};
	for (size_t i = 0; i < s->lives; i++)
	{
		size_t		j = (size_t) s->live[i];

		if (j != a)
			s->live[to++] = (int32_t) j;
		if (j != a && j != into)
			*between(s, into, j) = joined(s, *between(s, a, j), *between(s, into, j), s->weight[a], s->weight[into]);
	}
	s->weight[into] += s->weight[a];
	s->lives = to;
}

static void
chase(square *s)
{
	int32_t    *chain = CS_ROOM(s->env, int32_t, s->n + 1);
	size_t		links = 0;

	while (s->lives > 1)
	{
		size_t		a,
					b;
		int32_t		before;

		cs_poll(s->env);
		if (links == 0)
			chain[links++] = s->live[0];
		a = (size_t) chain[links - 1];
		before = links > 1 ? chain[links - 2] : -1;
		b = nearest(s, a, before);
		if (before >= 0 && b == (size_t) before)
		{
			join(s, a, b);
			links -= 2;
			if (s->merges % 64 == 0)
				cs_progress(s->env, CS_PHASE_FIT, (int64_t) s->merges, (int64_t) s->n - 1);
		}
		else
			chain[links++] = (int32_t) b;
	}
	cs_release(s->env, chain);
}

void
cs_linkage_matrix(cs_env *env, const cs_matrix *x, cs_linkage_method method, cs_merge *out)
{
	square		s = {.env = env, .n = x->n, .method = method, .out = out};

	s.distance = CS_ROOM(env, double, s.n * (s.n - 1) / 2 + 1);
	s.weight = CS_ROOM(env, double, s.n);
	s.live = CS_ROOM(env, int32_t, s.n);
	s.lives = s.n;
	for (size_t i = 0; i < s.n; i++)
	{
		s.live[i] = (int32_t) i;
		s.weight[i] = (double) cs_matrix_weight(x, i);
	}
	measure_all(&s, x);
	chase(&s);
	cs_release(env, s.distance);
	cs_release(env, s.weight);
	cs_release(env, s.live);
}
