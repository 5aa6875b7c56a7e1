/*
 * seeding.h - starting centres.
 */
#ifndef CS_SEEDING_H
#define CS_SEEDING_H

#include "core/base/matrix.h"
#include "core/base/rng.h"
#include "core/base/team.h"

/*
 * Greedy k-means++ over all rows (Arthur and Vassilvitskii, "k-means++", SODA
 * 2007; several candidates per step as in section 5 there).  Exactly k passes:
 * each folds the newest centre in and prices the next candidates at once.
 *
 * center: k x d, out; every member gets the same.  candidates: 1 to
 * CS_SEED_COLUMNS - 1 per step, 0 for all.  Fails with CS_E_PARAM when the rows
 * hold fewer than k distinct points.  O(n d k (candidates + 1) / lanes).
 */
void		cs_seed_plusplus(cs_env *env, cs_team *team, const cs_matrix *x, int k,
							 int candidates, cs_rng *rng, double *center);

/* k rows, all different ones, drawn with equal chance; they may hold equal points. */
void		cs_seed_random(cs_env *env, cs_team *team, const cs_matrix *x, int k,
						   cs_rng *rng, double *center);

/* The error of both: fewer distinct points than clusters. */
void		cs_seed_too_few(cs_env *env, int k, int found) __attribute__((noreturn));

/* Bytes of arena that either takes. */
size_t		cs_seed_arena(size_t n, int d, int k);

#endif							/* CS_SEEDING_H */
