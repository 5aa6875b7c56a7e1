/*
 * keyed.c - radix sort of (key, row) pairs (see keyed.h).
 */
#include "core/base/keyed.h"

#include <stdbool.h>

#define SMALL 48

static inline bool
before(const cs_keyed *a, const cs_keyed *b)
{
	return a->key != b->key ? a->key < b->key : a->row < b->row;
}

static void
insertion_sort(cs_keyed *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		cs_keyed	t = v[i];
		size_t		j = i;

		for (; j > 0 && before(&t, &v[j - 1]); j--)
			v[j] = v[j - 1];
		v[j] = t;
	}
}

/* Byte number level (7 is the highest) of the key; levels -1 .. -4 are the row's. */
static inline unsigned
digit(const cs_keyed *k, int level)
{
	return level >= 0 ? (unsigned) (k->key >> (8 * level)) & 255 : (unsigned) (k->row >> (8 * (level + 4))) & 255;
}

static void
sort_level(cs_keyed *v, size_t n, int level)
{
	size_t		start[257] = {0},
				next[256];

	while (n > SMALL && level >= -4)
	{
		bool		one = true;

		for (int b = 0; b <= 256; b++)
			start[b] = 0;
		for (size_t i = 0; i < n; i++)
			start[digit(&v[i], level) + 1]++;
		for (int b = 0; b < 256 && one; b++)
			one = start[b + 1] == 0 || start[b + 1] == n;
		if (!one)
			break;
		level--;				/* all alike in this byte */
	}
	if (n <= SMALL || level < -4)
	{
		insertion_sort(v, n);
		return;
	}
	for (int b = 0; b < 256; b++)
	{
		start[b + 1] += start[b];
		next[b] = start[b];
	}
	for (int b = 0; b < 256; b++)
		while (next[b] < start[b + 1])
		{
			cs_keyed   *here = &v[next[b]];
			unsigned	to = digit(here, level);

			if (to == (unsigned) b)
				next[b]++;
			else
			{
				cs_keyed	t = v[next[to]];

				v[next[to]++] = *here;
				*here = t;
			}
		}
	for (int b = 0; b < 256; b++)
		if (start[b + 1] - start[b] > 1)
			sort_level(v + start[b], start[b + 1] - start[b], level - 1);
}

void
cs_sort_keyed(cs_keyed *v, size_t n)
{
	sort_level(v, n, 7);
}
