/*
 * rng.h - deterministic random numbers: xoshiro256++ seeded by SplitMix64
 * (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2019).
 *
 * Ours rather than the host's, so that a model depends on (rows, options, seed)
 * alone and survives upgrades of the host.  A (seed, stream) pair starts an
 * independent sequence: restarts and phases each take a stream of their own, so
 * none shifts when another draws more.
 */
#ifndef CS_RNG_H
#define CS_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct cs_rng
{
	uint64_t	s[4];
} cs_rng;

/* Streams in use; one per purpose. */
enum
{
	CS_STREAM_SEEDING = 1,
	CS_STREAM_BATCH,
	CS_STREAM_SAMPLE,
	CS_STREAM_BOOTSTRAP,
	CS_STREAM_STABILITY,
	CS_STREAM_PROJECTION,		/* one per run of rows: random projections of linalg_svd.c */
	CS_STREAM_FACTORS,
	CS_STREAM_GAP,
	CS_STREAM_HOLDOUT,
	CS_STREAM_NETWORK,
	CS_STREAM_HEAT,
	CS_STREAM_WORLDS = 101,		/* exploring: what might be true of an item */
	CS_STREAM_PLACES			/* exploring: what comes to a place */
};

static inline uint64_t
cs_splitmix(uint64_t *state)
{
	uint64_t	z = (*state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* A well mixed 64-bit value of a 64-bit value: hashing of keys and row numbers. */
static inline uint64_t
cs_mix64(uint64_t x)
{
	return cs_splitmix(&x);
}

static inline void
cs_rng_init(cs_rng *rng, uint64_t seed, uint64_t stream)
{
	uint64_t	state = seed ^ cs_mix64(stream);

	for (int i = 0; i < 4; i++)
		rng->s[i] = cs_splitmix(&state);
}

static inline uint64_t
cs_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t
cs_rng_next(cs_rng *rng)
{
	uint64_t   *s = rng->s,
				result = cs_rotl(s[0] + s[3], 23) + s[0],
				t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = cs_rotl(s[3], 45);
	return result;
}

/* uniform in [0, 1) with 53 bits */
static inline double
cs_rng_unit(cs_rng *rng)
{
	return (double) (cs_rng_next(rng) >> 11) * 0x1.0p-53;
}

/* uniform in 0 .. n - 1 without bias (rejection of the short last block) */
static inline uint64_t
cs_rng_below(cs_rng *rng, uint64_t n)
{
	uint64_t	limit = n * (UINT64_MAX / n),
				x;

	do
		x = cs_rng_next(rng);
	while (x >= limit);
	return x % n;
}

#endif							/* CS_RNG_H */
