/*
 * sorted.h - looking for a number among ascending ones.
 */
#ifndef CS_SORTED_H
#define CS_SORTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where x stands in v; n when it does not.  O(log n). */
static inline size_t
cs_sorted_find(const int32_t *v, size_t n, int32_t x)
{
	size_t		low = 0,
				left = n;

	while (left > 0)
	{
		size_t		half = left / 2;

		if (v[low + half] == x)
			return low + half;
		if (v[low + half] < x)
		{
			low += half + 1;
			left -= half + 1;
		}
		else
			left = half;
	}
	return n;
}

static inline bool
cs_sorted_has(const int32_t *v, size_t n, int32_t x)
{
	return cs_sorted_find(v, n, x) < n;
}

#endif							/* CS_SORTED_H */
