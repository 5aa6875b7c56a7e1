/*
 * largest.h - the n largest scores of a stream of items, for pruning per target.
 *
 * A score and its item are one number that sorts by score and, where that is the
 * same, the lower item above the higher.  Numbers are gathered in twice the room;
 * when it is full the lesser half goes, and what is not above the least that
 * stayed is not gathered again.  O(1) per item for any n, where a heap takes
 * O(log n), and without a branch that depends on the scores.
 *
 * Scores are compared in single precision, as they are stored: two that are equal
 * but for rounding in double precision are a tie.
 */
#ifndef CS_LARGEST_H
#define CS_LARGEST_H

#include "core/base/rng.h"

#include <stdbool.h>
#include <string.h>

typedef struct cs_largest
{
	uint64_t   *v;
	size_t		n;
	size_t		room;
	uint64_t	least;			/* what to beat */
} cs_largest;

static inline uint64_t
cs_largest_pack(int32_t item, float score)
{
	uint32_t	bits;

	memcpy(&bits, &score, sizeof(bits));
	return (uint64_t) bits << 32 | (uint32_t) ~item;
}

static inline int32_t
cs_largest_item(uint64_t packed)
{
	return ~(int32_t) (uint32_t) packed;
}

static inline float
cs_largest_score(uint64_t packed)
{
	uint32_t	bits = (uint32_t) (packed >> 32);
	float		score;

	memcpy(&score, &bits, sizeof(score));
	return score;
}

/*
 * Bring the k largest of v to the front: quickselect, without branches in the
 * partition and with pivots that no order of v foresees.  Numbers are distinct.
 */
static inline void
cs_largest_select(uint64_t *v, size_t n, size_t k)
{
	size_t		low = 0,
				high = n;

	while (high - low > 1)
	{
		size_t		at = low + (size_t) (cs_mix64(v[low]) % (high - low)),
					end = low;
		uint64_t	pivot = v[at];

		v[at] = v[low];
		for (size_t i = low + 1; i < high; i++)
		{
			uint64_t	x = v[i];

			v[i] = v[end + 1];
			v[end + 1] = x;
			end += x > pivot;
		}
		v[low] = v[end];
		v[end] = pivot;
		if (end == k || end + 1 == k)
			return;
		if (end < k)
			low = end + 1;
		else
			high = end;
	}
}

/* How many numbers v must have room for. */
static inline size_t
cs_largest_room(size_t room)
{
	return 2 * room + 1;
}

/* room is at least 1. */
static inline cs_largest
cs_largest_start(uint64_t *v, size_t room)
{
	/* every item of score 0 packs to less */
	return (cs_largest) {v, 0, room, UINT32_MAX};
}

/* Keep the best of what was gathered. */
static inline void
cs_largest_shrink(cs_largest *b)
{
	cs_largest_select(b->v, b->n, b->room);
	b->n = b->room;
	b->least = b->v[0];
	for (size_t i = 1; i < b->n; i++)
		b->least = b->v[i] < b->least ? b->v[i] : b->least;
}

/* Each item at most once; a score is finite and not negative, 0 is never kept. */
static inline void
cs_largest_offer(cs_largest *b, int32_t item, float score)
{
	uint64_t	packed = cs_largest_pack(item, score);

	b->v[b->n] = packed;
	b->n += packed > b->least;
	if (b->n == 2 * b->room)
		cs_largest_shrink(b);
}

/* How many are kept, at the front of v in no particular order. */
static inline size_t
cs_largest_finish(cs_largest *b)
{
	if (b->n > b->room)
		cs_largest_shrink(b);
	return b->n;
}

#endif							/* CS_LARGEST_H */
