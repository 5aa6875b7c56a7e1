/*
 * walk.h - from the items of a history along weights to others: sums of scores over
 * an array with a place for each item, all 0 between uses.
 */
#ifndef CS_WALK_H
#define CS_WALK_H

#include "core/reco/rank.h"

#include <float.h>

/* Weights that cancel out: not 0, for that would be an item that has not been there yet, and of no effect. */
#define CS_WALK_TOUCHED (-DBL_MIN)

/*
 * Add v times the weights of an item to others.  Those that were not there yet are
 * appended to out, which has n so far and room for one more than there will be.
 * Returns how many there are now.
 */
static inline size_t
cs_walk_row(double *place, cs_scored *out, size_t n, double v, const int32_t *target, const float *weight, size_t targets)
{
	for (size_t t = 0; t < targets; t++)
	{
		double		sum = place[target[t]];

		/* whether an item is new is anybody's guess: no branch */
		out[n].item = target[t];
		n += sum == 0;
		sum += v * (double) weight[t];
		place[target[t]] = sum != 0 ? sum : CS_WALK_TOUCHED;
	}
	return n;
}

/* Fill in the sums, and clear the places. */
static inline void
cs_walk_take(double *place, cs_scored *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		out[i].score = place[out[i].item];
		place[out[i].item] = 0;
	}
}

#endif							/* CS_WALK_H */
