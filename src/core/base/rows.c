/*
 * rows.c - chunked row storage (see rows.h).
 */
#include "core/base/rows.h"

#include <string.h>

/* Above the largest threshold at which allocators keep freed memory. */
#define SLAB_BYTES ((size_t) 33 << 20)

cs_rows *
cs_rows_new(cs_env *env, int width)
{
	cs_rows    *r = CS_NEW(env, cs_rows, 1);

	r->env = env;
	r->width = width;
	return r;
}

static size_t
chunk_floats(const cs_rows *r)
{
	return (size_t) CS_BLOCK_ROWS * (size_t) r->width;
}

/* Chunks in slab number s: eight times as many until a slab is large. */
static size_t
slab_chunks(const cs_rows *r, size_t s)
{
	size_t		bytes = chunk_floats(r) * sizeof(float),
				most = SLAB_BYTES / bytes + 1;

	return s < 7 && (size_t) 1 << 3 * s < most ? (size_t) 1 << 3 * s : most;
}

static void
add_slab(cs_rows *r)
{
	r->slab = cs_alloc_grown(r->env, r->slab, r->slabs, r->slabs + 1, sizeof(float *));
	r->slab_first = cs_alloc_grown(r->env, r->slab_first, r->slabs, r->slabs + 1, sizeof(size_t));
	r->slab_left = slab_chunks(r, r->slabs);
	r->slab[r->slabs] = CS_ROOM(r->env, float, r->slab_left * chunk_floats(r));
	r->slab_first[r->slabs] = r->chunks;
	r->slabs++;
}

/* One more chunk. */
void
cs_rows_grow(cs_rows *r)
{
	if (r->slab_left == 0)
		add_slab(r);
	if (r->chunks == r->chunk_room)
	{
		r->chunk_room = r->chunk_room ? 2 * r->chunk_room : 16;
		r->chunk = cs_alloc_grown(r->env, r->chunk, r->chunks, r->chunk_room, sizeof(float *));
	}
	r->chunk[r->chunks] = r->slab[r->slabs - 1] + (r->chunks - r->slab_first[r->slabs - 1]) * chunk_floats(r);
	r->chunks++;
	r->slab_left--;
}

void
cs_rows_release_before(cs_rows *r, size_t chunk)
{
	for (size_t s = 0; s < r->slabs; s++)
	{
		size_t		end = s + 1 < r->slabs ? r->slab_first[s + 1] : r->chunks;

		if (r->slab[s] != NULL && end <= chunk)
		{
			cs_release(r->env, r->slab[s]);
			r->slab[s] = NULL;
		}
	}
}

void
cs_rows_free(cs_rows *r)
{
	cs_rows_release_before(r, r->chunks);
	cs_release(r->env, r->slab);
	cs_release(r->env, r->slab_first);
	cs_release(r->env, r->chunk);
	cs_release(r->env, r);
}

size_t
cs_rows_bytes(const cs_rows *r)
{
	return (r->chunks + r->slab_left) * chunk_floats(r) * sizeof(float);
}

void
cs_rows_permute(cs_rows *r, uint32_t *to)
{
	size_t		bytes = (size_t) r->width * sizeof(float);
	float	   *held = CS_NEW(r->env, float, (size_t) r->width);

	for (size_t i = 0; i < r->n; i++)
	{
		size_t		at = i;

		if (to[i] == i)
			continue;
		memcpy(held, cs_rows_at(r, i), bytes);
		while (to[at] != i)
		{
			size_t		from = to[at];

			memcpy(cs_rows_at(r, at), cs_rows_at(r, from), bytes);
			to[at] = (uint32_t) at;
			at = from;
		}
		memcpy(cs_rows_at(r, at), held, bytes);
		to[at] = (uint32_t) at;
	}
	cs_release(r->env, held);
}
