/*
 * digest.h - a set of rows as distinct points with counts, bounded in size.
 *
 * Rows may be added and digests merged in any order: the result depends on the
 * rows alone.  While there are at most `most` distinct points, nothing is lost.
 * Above, a sample is kept: the points whose hash ends in `level` zero bits, level
 * being the least for which they fit.  A point that is kept has been counted from
 * its first row on, so counts of kept points are exact, and so is the number of
 * all rows.  (Sampling by hash is what KMV sketches do: Bar-Yossef and others,
 * "Counting distinct elements in a data stream", RANDOM 2002.)
 *
 * Equal rows are kept or dropped together.  That is what makes the sample
 * independent of order; a single value that many rows share can be missed by it.
 *
 * Amortised O(d) for a row.  Memory: 8 d + 24 bytes for a point kept, half as
 * much again while it grows.
 */
#ifndef CS_DIGEST_H
#define CS_DIGEST_H

#include "core/base/env.h"

#define CS_DIGEST_MOST_D 16000

/* Values beyond are refused: squares of single precision must stay finite. */
#define CS_DIGEST_MOST_VALUE 1e30

typedef struct cs_digest
{
	cs_env	   *env;
	int			d;				/* values in a point; 0: not known yet */
	size_t		bytes;			/* what the points may take: sets most */
	size_t		most;			/* points that are kept at most */
	uint64_t	seed;			/* of the hash */
	int			level;
	uint64_t	rows;			/* all that were added, kept or not */
	uint64_t	skipped;		/* rows that have no point */
	size_t		n;				/* points */
	size_t		room;
	double	   *value;			/* n x d */
	uint64_t   *count;			/* rows of each */
	uint64_t   *hash;
	uint32_t   *slot;			/* number of a point + 1, or 0; by the high bits of the hash */
	int			slot_bits;
} cs_digest;

/* A digest whose points take at most so many bytes (at least one point is kept). */
cs_digest  *cs_digest_new(cs_env *env, size_t bytes, uint64_t seed);

/* Say how many values a row has, 1 to CS_DIGEST_MOST_D; once it is known it stays. */
void		cs_digest_width(cs_digest *dg, int d);

/* Add a row of dg->d values.  Fails with CS_E_NUMERIC when one is out of range. */
void		cs_digest_add(cs_digest *dg, const double *row);

/* Add the rows of another one of the same width (or none), bytes and seed; it stays as it is. */
void		cs_digest_merge(cs_digest *dg, const cs_digest *other);

/* Number of the point equal to a row, or -1. */
int64_t		cs_digest_find(const cs_digest *dg, const double *row);

/* Points in the order of their hashes, then of their bytes: the same for the same rows. */
void		cs_digest_sort(cs_digest *dg);

/* Rows of the points that are kept. */
uint64_t	cs_digest_kept(const cs_digest *dg);

static inline const double *
cs_digest_point(const cs_digest *dg, size_t i)
{
	return dg->value + i * (size_t) dg->d;
}

/*
 * Bytes, little-endian: "CSD1", u32 d, u64 bytes, seed, level, rows, skipped, n;
 * then of each point, in order, u64 count and d doubles.
 */
size_t		cs_digest_size(const cs_digest *dg);
void		cs_digest_write(cs_digest *dg, unsigned char *to);

/* A digest of bytes from an unknown hand; fails with CS_E_DATA. */
cs_digest  *cs_digest_read(cs_env *env, const unsigned char *from, size_t len);

void		cs_digest_free(cs_digest *dg);

#endif							/* CS_DIGEST_H */
