/*
 * pam.h - partitioning around medoids by eager swaps.
 *
 * E. Schubert, P. Rousseeuw, "Fast and eager k-medoids clustering: O(k) runtime
 * improvement of the PAM, CLARA, and CLARANS algorithms", Information Systems 101,
 * 2021 (FasterPAM).  One candidate after the other is priced against all k medoids
 * at once, and put in the place of the one that it betters most.
 *
 * Rows to be served and candidates to serve them may be two sets: with few rows for
 * many candidates this is A. de Mathelin et al., "OneBatchPAM", AAAI 2025.
 */
#ifndef CS_PAM_H
#define CS_PAM_H

#include "core/base/kernel.h"
#include "core/base/rng.h"

/* Rows in tiles, without gaps; weight is padded by zeros to whole tiles. */
typedef struct cs_tiles
{
	float	   *x;
	float	   *weight;
	size_t		n;
	int			d;
} cs_tiles;

typedef struct cs_pam_args
{
	const cs_tiles *rows;       /* to be served */
	const cs_tiles *candidates; /* medoids are rows of these; may be the same object */
	int			k;
	cs_metric_form form;
	int			max_passes; /* over the candidates */
} cs_pam_args;

typedef struct cs_pam_result
{
	int			passes;
	int			swaps;
	bool		converged; /* no swap betters it */
	double		cost;    /* weighted sum of distances of the rows to their medoids */
} cs_pam_result;

cs_tiles *cs_tiles_new(cs_env *env, size_t n, int d);
void cs_tiles_free(cs_env *env, cs_tiles *t);

static inline float *
cs_tiles_at(const cs_tiles *t, size_t i)
{
	return t->x + i / CS_LANES * CS_LANES * (size_t) t->d + i % CS_LANES;
}

void cs_tiles_row(const cs_tiles *t, size_t i, float *row);
void cs_tiles_set(cs_tiles *t, size_t i, const float *row);

/* From the medoids (numbers of candidates, all different) to better ones. */
cs_pam_result cs_pam(cs_env *env, const cs_pam_args *a, uint32_t *medoid);

/* Bytes that cs_pam takes for n rows. */
double cs_pam_bytes(double n, int d, int k);

/*
 * Starting medoids.  plusplus: the first at random, each further one with a chance in
 * proportion to its distance from those before; fails when fewer than k differ.
 * build: each the one that serves the rows best beside those before (PAM's own).
 * nearest: the candidates nearest to k given rows.
 */
void cs_pam_plusplus(cs_env *env, const cs_pam_args *a, cs_rng *rng, uint32_t *medoid);
void cs_pam_random(const cs_pam_args *a, cs_rng *rng, uint32_t *medoid);
void cs_pam_build(cs_env *env, const cs_pam_args *a, uint32_t *medoid);
void cs_pam_nearest(cs_env *env, const cs_pam_args *a, const float *given, uint32_t *medoid);

#endif /* CS_PAM_H */
