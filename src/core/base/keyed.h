/*
 * keyed.h - sorting row numbers by a 64-bit key.
 */
#ifndef CS_KEYED_H
#define CS_KEYED_H

#include <stddef.h>
#include <stdint.h>

typedef struct cs_keyed
{
	uint64_t	key;
	uint32_t	row;
} cs_keyed;

/*
 * By key, then row; in place, O(n) for keys that differ early (American flag
 * sort: McIlroy, Bostic, McIlroy, "Engineering radix sort", Computing Systems 6,
 * 1993), insertion sort for the small rest.
 */
void		cs_sort_keyed(cs_keyed *v, size_t n);

/* Unsigned order of a signed number. */
static inline uint64_t
cs_key_of_int(int64_t v)
{
	return (uint64_t) v ^ UINT64_C(1) << 63;
}

#endif							/* CS_KEYED_H */
