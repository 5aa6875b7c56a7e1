/*
 * matrix.h - points in tiles.
 *
 * A tile holds CS_LANES rows, feature by feature: value f of row p is at
 * tile[f * CS_LANES + p].  One vector register then holds the same feature of
 * several rows, so that a register block of rows x centres is computed without
 * horizontal steps and distances never reach memory.  Tiles lie in blocks of
 * CS_BLOCK_ROWS rows; only the last block may be short.  Lanes behind the last
 * row repeat zeros and are never read as results.
 *
 * Single precision: values are centred before they are packed, sums are double.
 */
#ifndef CS_MATRIX_H
#define CS_MATRIX_H

#include "core/base/env.h"

#define CS_LANES 32
#define CS_BLOCK_ROWS 4096

typedef struct cs_matrix
{
	size_t		n;				/* rows */
	int			d;				/* features */
	int			blocks;
	float	  **block;			/* each CS_BLOCK_ROWS / CS_LANES tiles of d * CS_LANES */
	float	   *weight;			/* n row weights, padded to whole tiles; NULL: all 1 */

	/*
	 * Algorithms may put like rows together, within a block, where origin is
	 * not NULL: the row now at i was row origin[i] of its block at first.
	 */
	uint16_t   *origin;

	/*
	 * A selection holds no values of its own: row i is row pick[i] of base.
	 * Subsets and bootstrap samples then cost 4 bytes a row, and a gather of
	 * one block at a time when they are read.  base may be a selection too.
	 */
	const struct cs_matrix *base;
	const uint32_t *pick;
} cs_matrix;

/* One block of a selection, gathered; private to each member of a team. */
typedef struct cs_scratch
{
	float	   *tiles;
	float	   *weight;
} cs_scratch;

/* A run of consecutive tiles, what kernels work on. */
typedef struct cs_run
{
	const float *tiles;
	const float *weight;		/* of the same rows, or NULL */
	size_t		rows;			/* the last tile may be partly filled */
	int			d;
} cs_run;

static inline size_t
cs_round_lanes(size_t n)
{
	return (n + CS_LANES - 1) / CS_LANES * CS_LANES;
}

static inline int
cs_matrix_blocks(size_t n)
{
	return (int) ((n + CS_BLOCK_ROWS - 1) / CS_BLOCK_ROWS);
}

static inline size_t
cs_block_floats(int d)
{
	return (size_t) CS_BLOCK_ROWS * (size_t) d;
}

static inline size_t
cs_block_rows(const cs_matrix *m, int b)
{
	size_t		from = (size_t) b * CS_BLOCK_ROWS;

	return m->n - from < CS_BLOCK_ROWS ? m->n - from : CS_BLOCK_ROWS;
}

/* the tile and the lane of row i */
static inline float *
cs_matrix_at(const cs_matrix *m, size_t i)
{
	size_t		in;

	while (m->pick)
	{
		i = m->pick[i];
		m = m->base;
	}
	in = i % CS_BLOCK_ROWS;
	return m->block[i / CS_BLOCK_ROWS] + in / CS_LANES * CS_LANES * (size_t) m->d + in % CS_LANES;
}

/* row i as d consecutive floats */
static inline void
cs_matrix_row(const cs_matrix *m, size_t i, float *row)
{
	const float *x = cs_matrix_at(m, i);

	for (int f = 0; f < m->d; f++)
		row[f] = x[(size_t) f * CS_LANES];
}

static inline void
cs_matrix_set_row(const cs_matrix *m, size_t i, const float *row)
{
	float	   *x = cs_matrix_at(m, i);

	for (int f = 0; f < m->d; f++)
		x[(size_t) f * CS_LANES] = row[f];
}

static inline float
cs_matrix_weight_of(const cs_matrix *m, size_t i)
{
	return m->weight ? m->weight[i] : 1.0f;
}

static inline float
cs_matrix_weight(const cs_matrix *m, size_t i)
{
	while (m->pick)
	{
		i = m->pick[i];
		m = m->base;
	}
	return cs_matrix_weight_of(m, i);
}

static inline bool
cs_matrix_weighted(const cs_matrix *m)
{
	while (m->base)
		m = m->base;
	return m->weight != NULL;
}

/* A zeroed matrix in memory of the env. */
cs_matrix  *cs_matrix_new(cs_env *env, size_t n, int d);

/* Frees one that owns its blocks, none of which was replaced. */
void		cs_matrix_free(cs_env *env, cs_matrix *m);

/* The same rows packed from n x d row-major floats. */
cs_matrix  *cs_matrix_from_rows(cs_env *env, const float *rows, size_t n, int d);

/* n rows of base, by number; pick stays the caller's and must outlive the result. */
cs_matrix  *cs_matrix_select(cs_env *env, const cs_matrix *base, const uint32_t *pick, size_t n);

/*
 * Distinct rows of x, counted up to limit.  label, or NULL: for each row the number of
 * the point that it is, in the order in which they appear; rows behind the one that
 * reaches the limit get none.  O(n d).
 */
int			cs_distinct_labels(cs_env *env, const cs_matrix *x, int limit, int32_t *label);
int			cs_distinct_rows(cs_env *env, const cs_matrix *x, int limit);

/* Scratch for reading m block by block; NULL when m needs none. */
cs_scratch *cs_scratch_new(cs_env *env, const cs_matrix *m);
void		cs_scratch_free(cs_env *env, cs_scratch *s);

/* Block b as a run of tiles; a selection is gathered into scratch. */
cs_run		cs_matrix_run(const cs_matrix *m, int b, cs_scratch *scratch);

/* Where row i stood before anything was reordered. */
static inline size_t
cs_matrix_origin(const cs_matrix *m, size_t i)
{
	return m->origin ? i - i % CS_BLOCK_ROWS + m->origin[i] : i;
}

/*
 * Sort the rows of block b, and their labels 0 .. k - 1, by label; stable.
 * scratch: cs_block_floats(d) floats, 64-byte aligned.
 */
void		cs_matrix_sort_block(cs_env *env, const cs_matrix *m, int b, int32_t *label, int k, float *scratch);

/*
 * The fixed cut of a matrix into units of parallel work: at most
 * CS_MAX_UNITS runs of whole blocks, by the number of rows alone.
 */
#define CS_MAX_UNITS 64

static inline int
cs_units(const cs_matrix *m)
{
	return m->blocks < CS_MAX_UNITS ? m->blocks : CS_MAX_UNITS;
}

static inline int
cs_unit_start(const cs_matrix *m, int unit)
{
	return (int) ((int64_t) unit * m->blocks / cs_units(m));
}

#endif							/* CS_MATRIX_H */
