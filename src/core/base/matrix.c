/*
 * matrix.c - building tiled matrices (see matrix.h).
 */
#include "core/base/matrix.h"

#include "core/base/rng.h"

#include "core/base/kernel.h"

#include <string.h>

cs_matrix *
cs_matrix_new(cs_env *env, size_t n, int d)
{
	cs_matrix  *m = CS_NEW(env, cs_matrix, 1);

	m->n = n;
	m->d = d;
	m->blocks = cs_matrix_blocks(n);
	m->block = CS_NEW(env, float *, (size_t) m->blocks + 1);
	for (int b = 0; b < m->blocks; b++)
		m->block[b] = CS_NEW(env, float, cs_round_lanes(cs_block_rows(m, b)) * (size_t) d);
	return m;
}

void
cs_matrix_free(cs_env *env, cs_matrix *m)
{
	for (int b = 0; b < m->blocks; b++)
		cs_release(env, m->block[b]);
	cs_release(env, m->block);
	cs_release(env, m);
}

cs_matrix *
cs_matrix_from_rows(cs_env *env, const float *rows, size_t n, int d)
{
	cs_matrix  *m = cs_matrix_new(env, n, d);

	for (size_t i = 0; i < n; i++)
		cs_matrix_set_row(m, i, rows + i * (size_t) d);
	return m;
}

cs_matrix *
cs_matrix_select(cs_env *env, const cs_matrix *base, const uint32_t *pick, size_t n)
{
	cs_matrix  *m = CS_NEW(env, cs_matrix, 1);

	m->n = n;
	m->d = base->d;
	m->blocks = cs_matrix_blocks(n);
	m->base = base;
	m->pick = pick;
	return m;
}

cs_scratch *
cs_scratch_new(cs_env *env, const cs_matrix *m)
{
	cs_scratch *s;

	if (m->pick == NULL)
		return NULL;
	s = CS_NEW(env, cs_scratch, 1);
	s->tiles = CS_NEW(env, float, cs_block_floats(m->d));
	s->weight = CS_NEW(env, float, CS_BLOCK_ROWS);
	return s;
}

static void
gather(const cs_matrix *m, size_t from, size_t rows, cs_scratch *s)
{
	size_t		d = (size_t) m->d;

	for (size_t i = 0; i < rows; i++)
	{
		const float *x = cs_matrix_at(m, from + i);
		float	   *to = s->tiles + i / CS_LANES * CS_LANES * d + i % CS_LANES;

		for (size_t f = 0; f < d; f++)
			to[f * CS_LANES] = x[f * CS_LANES];
	}
	if (cs_matrix_weighted(m))
		for (size_t i = 0; i < rows; i++)
			s->weight[i] = cs_matrix_weight(m, from + i);
}

cs_run
cs_matrix_run(const cs_matrix *m, int b, cs_scratch *scratch)
{
	size_t		from = (size_t) b * CS_BLOCK_ROWS;
	cs_run		run = {NULL, NULL, cs_block_rows(m, b), m->d};

	if (m->pick == NULL)
	{
		run.tiles = m->block[b];
		run.weight = m->weight ? m->weight + from : NULL;
		return run;
	}
	gather(m, from, run.rows, scratch);
	run.tiles = scratch->tiles;
	run.weight = cs_matrix_weighted(m) ? scratch->weight : NULL;
	return run;
}

void
cs_scratch_free(cs_env *env, cs_scratch *s)
{
	if (s == NULL)
		return;
	cs_release(env, s->tiles);
	cs_release(env, s->weight);
	cs_release(env, s);
}

/* Position from which each row of a stable sort by label comes. */
static void
sorted_positions(const int32_t *label, size_t rows, int k, uint32_t *start, uint16_t *from)
{
	memset(start, 0, sizeof(uint32_t) * ((size_t) k + 1));
	for (size_t i = 0; i < rows; i++)
		start[label[i] + 1]++;
	for (int j = 0; j < k; j++)
		start[j + 1] += start[j];
	for (size_t i = 0; i < rows; i++)
		from[start[label[i]]++] = (uint16_t) i;
}

static void
reorder_small(void *values, size_t size, const uint16_t *from, size_t rows, char *scratch)
{
	for (size_t i = 0; i < rows; i++)
		memcpy(scratch + i * size, (char *) values + from[i] * size, size);
	memcpy(values, scratch, rows * size);
}

void
cs_matrix_sort_block(cs_env *env, const cs_matrix *m, int b, int32_t *label, int k, float *scratch)
{
	size_t		rows = cs_block_rows(m, b),
				at = (size_t) b * CS_BLOCK_ROWS,
				d = (size_t) m->d;
	float	   *x = m->block[b];
	uint32_t   *start = CS_NEW(env, uint32_t, (size_t) k + 1);
	uint16_t   *from = CS_NEW(env, uint16_t, CS_BLOCK_ROWS);

	sorted_positions(label, rows, k, start, from);
	for (size_t t = 0; t < rows; t += CS_LANES)
	{
		size_t		lanes = rows - t < CS_LANES ? rows - t : CS_LANES;
		uint32_t	offset[CS_LANES] __attribute__((aligned(64)));

		/* lanes behind the last row take any row: nobody reads them */
		for (size_t l = 0; l < CS_LANES; l++)
		{
			size_t		r = from[l < lanes ? t + l : t];

			offset[l] = (uint32_t) (r / CS_LANES * CS_LANES * d + r % CS_LANES);
		}
		env->kernel->gather_tile(x, offset, m->d, scratch + t * d);
	}
	memcpy(x, scratch, cs_round_lanes(rows) * d * sizeof(float));
	reorder_small(label, sizeof(int32_t), from, rows, (char *) scratch);
	reorder_small(m->origin + at, sizeof(uint16_t), from, rows, (char *) scratch);
	if (m->weight)
		reorder_small(m->weight + at, sizeof(float), from, rows, (char *) scratch);
	cs_release(env, start);
	cs_release(env, from);
}

int
cs_distinct_labels(cs_env *env, const cs_matrix *x, int limit, int32_t *label)
{
	size_t		room = 64;
	size_t	   *slot;
	int32_t    *number;
	float	   *a = CS_NEW(env, float, x->d),
			   *b = CS_NEW(env, float, x->d);
	int			n = 0;

	while (room < (size_t) limit * 4)
		room *= 2;
	slot = CS_NEW(env, size_t, room);	/* row number + 1, open addressing */
	number = CS_ROOM(env, int32_t, room);
	for (size_t i = 0; i < x->n && n < limit; i++)
	{
		uint64_t	h = 0;
		size_t		at;

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, a);
		for (int f = 0; f < x->d; f++)
		{
			uint32_t	bits;

			memcpy(&bits, &a[f], sizeof(bits));
			h = cs_mix64(h ^ bits);
		}
		for (at = h & (room - 1); slot[at] != 0; at = (at + 1) & (room - 1))
		{
			cs_matrix_row(x, slot[at] - 1, b);
			if (memcmp(a, b, sizeof(float) * (size_t) x->d) == 0)
				break;
		}
		if (slot[at] == 0)
			number[at] = n++;
		slot[at] = i + 1;
		if (label)
			label[i] = number[at];
	}
	cs_release(env, slot);
	cs_release(env, number);
	cs_release(env, a);
	cs_release(env, b);
	return n;
}

int
cs_distinct_rows(cs_env *env, const cs_matrix *x, int limit)
{
	return cs_distinct_labels(env, x, limit, NULL);
}
