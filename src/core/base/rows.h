/*
 * rows.h - rows as they come in: row-major floats in chunks, any number of them.
 *
 * Chunks of CS_BLOCK_ROWS rows are carved from slabs that grow to SLAB_BYTES.
 * Slabs of that size go straight back to the operating system when released, so
 * that rows can be turned into another form while their memory shrinks as the
 * other's grows.
 */
#ifndef CS_ROWS_H
#define CS_ROWS_H

#include "core/base/matrix.h"

typedef struct cs_rows
{
	cs_env	   *env;
	int			width;			/* floats in a row */
	size_t		n;
	float	  **chunk;			/* NULL once released */
	size_t		chunks;
	size_t		chunk_room;
	float	  **slab;			/* with the first chunk of each */
	size_t	   *slab_first;
	size_t		slabs;
	size_t		slab_left;		/* chunks left in the last slab */
} cs_rows;

cs_rows    *cs_rows_new(cs_env *env, int width);

static inline float *
cs_rows_at(const cs_rows *r, size_t i)
{
	return r->chunk[i / CS_BLOCK_ROWS] + i % CS_BLOCK_ROWS * (size_t) r->width;
}

void		cs_rows_grow(cs_rows *r);

/* Room for one more row at the end; not cleared. */
static inline float *
cs_rows_add(cs_rows *r)
{
	if (r->n == r->chunks * CS_BLOCK_ROWS)
		cs_rows_grow(r);
	return cs_rows_at(r, r->n++);
}

/* Chunks before the given one are no longer needed. */
void		cs_rows_release_before(cs_rows *r, size_t chunk);

void		cs_rows_free(cs_rows *r);

/* Bytes taken so far. */
size_t		cs_rows_bytes(const cs_rows *r);

/*
 * Put the rows into the order to: row i becomes what was row to[i].  In place,
 * by cycles; to is destroyed.
 */
void		cs_rows_permute(cs_rows *r, uint32_t *to);

#endif							/* CS_ROWS_H */
