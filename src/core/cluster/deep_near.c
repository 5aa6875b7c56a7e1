/*
 * deep_near.c - neighbours of rows by products of blocks of rows (see deep.h).
 */
#include "core/base/linalg.h"
#include "core/cluster/deep.h"

#include <string.h>

/* Rows that agreement is measured on, and neighbours of each. */
#define SAMPLE ((size_t) 2000)
#define NEIGHBOURS 10

/* Rows of one product. */
#define RUN ((size_t) 64)

/* Evenly spread rows, one after the other. */
typedef struct sample
{
	size_t		n;
	size_t		d;
	const cs_matrix *x;
	const cs_deep_units *units;
	float	   *row;			/* n x d */
	float	   *square;			/* half the squared length of each */
} sample;

static void
take(const sample *s, size_t i, float *to)
{
	cs_matrix_row(s->x, i, to);
	if (s->units)
		cs_deep_take(s->units, s->x->d, to);
}

static size_t
place(const sample *s, size_t i)
{
	return cs_deep_place(s->x->n, s->n, i);
}

static sample
take_sample(cs_env *env, const cs_matrix *x, const cs_deep_units *u, size_t most)
{
	sample		s = {.n = x->n < most ? x->n : most, .d = (size_t) x->d, .x = x, .units = u};

	s.row = CS_ROOM(env, float, s.n * s.d);
	s.square = CS_ROOM(env, float, s.n);
	for (size_t i = 0; i < s.n; i++)
	{
		double		sum = 0;

		if (i % 256 == 0)
			cs_poll(env);
		take(&s, place(&s, i), s.row + i * s.d);
		for (size_t f = 0; f < s.d; f++)
			sum += (double) s.row[i * s.d + f] * (double) s.row[i * s.d + f];
		s.square[i] = (float) (sum / 2);
	}
	return s;
}

/* The k rows of the sample nearest to row own, by its products with all of them; how many there are. */
static int
nearest_rows(const sample *s, size_t own, const float *product, int k, uint32_t *who)
{
	float		near[CS_DEEP_MOST_NEIGHBOURS];
	int			n = 0;

	for (size_t o = 0; o < s->n; o++)
	{
		float		d2 = s->square[o] - product[o];	/* half of it, but for what is the same for all */
		int			at;

		if ((n == k && !(d2 < near[n - 1])) || place(s, o) == own)
			continue;
		n += n < k;
		for (at = n - 1; at > 0 && d2 < near[at - 1]; at--)
		{
			near[at] = near[at - 1];
			who[at] = who[at - 1];
		}
		near[at] = d2;
		who[at] = (uint32_t) place(s, o);
	}
	return n;
}

uint32_t *
cs_deep_neighbours(cs_env *env, const cs_matrix *x, const cs_deep_units *u, size_t most, int *k)
{
	sample		s;
	float	   *row,
			   *product;
	uint32_t   *near;

	if (x->n < 2)
		return NULL;
	most = most < x->n ? most : x->n;
	if ((size_t) *k > most - 1)
		*k = (int) (most - 1);
	s = take_sample(env, x, u, most);
	row = CS_ROOM(env, float, RUN * s.d);
	product = CS_ROOM(env, float, RUN * s.n);
	near = CS_NEW(env, uint32_t, x->n * (size_t) *k);
	for (size_t from = 0; from < x->n; from += RUN)
	{
		size_t		rows = x->n - from < RUN ? x->n - from : RUN;

		for (size_t i = 0; i < rows; i++)
			take(&s, from + i, row + i * s.d);
		cs_productf(env, NULL, CS_N, CS_T, rows, s.n, s.d, 1, row, s.d, s.row, s.d, 0, product, s.n);
		for (size_t i = 0; i < rows; i++)
		{
			(void) nearest_rows(&s, from + i, product + i * s.n, *k, near + (from + i) * (size_t) *k);
			if (i % 16 == 0)
				cs_poll(env);
		}
	}
	cs_release(env, s.row);
	cs_release(env, s.square);
	cs_release(env, row);
	cs_release(env, product);
	return near;
}

double
cs_neighbour_agreement(cs_env *env, const cs_matrix *x, const int32_t *label, int k)
{
	sample		s = take_sample(env, x, NULL, SAMPLE);
	float	   *product = CS_ROOM(env, float, RUN * s.n);
	double	   *share = CS_NEW(env, double, (size_t) k),
				same = 0,
				all = 0,
				chance = 0;

	for (size_t from = 0; from < s.n; from += RUN)
	{
		size_t		rows = s.n - from < RUN ? s.n - from : RUN;

		cs_productf(env, NULL, CS_N, CS_T, rows, s.n, s.d, 1, s.row + from * s.d, s.d, s.row, s.d, 0, product, s.n);
		for (size_t i = 0; i < rows; i++)
		{
			uint32_t	who[NEIGHBOURS];
			size_t		own = place(&s, from + i);
			int			n = nearest_rows(&s, own, product + i * s.n, NEIGHBOURS, who);

			for (int o = 0; o < n; o++)
				same += label[who[o]] == label[own];
			all += n;
			share[label[own]] += 1 / (double) s.n;
		}
		cs_poll(env);
	}
	for (int j = 0; j < k; j++)
		chance += share[j] * share[j];
	cs_release(env, s.row);
	cs_release(env, s.square);
	cs_release(env, product);
	cs_release(env, share);
	return all > 0 && chance < 1 - 1e-9 ? (same / all - chance) / (1 - chance) : 0;
}
