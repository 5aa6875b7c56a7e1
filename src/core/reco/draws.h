/*
 * draws.h - random numbers of beta distributions, for Thompson sampling: very many,
 * as each list that explores takes CS_DRAWS of each of its items.
 *
 * A beta variable is X / (X + Y) of two of gamma distributions, and these are cubes
 * of normal ones (E. B. Wilson, M. M. Hilferty, "The distribution of chi-square",
 * PNAS 17, 1931): from a half on within a few hundredths of the exact quantiles.
 * The normal ones are quantiles, shuffled once; a key says where to begin among them.
 */
#ifndef CS_DRAWS_H
#define CS_DRAWS_H

#include "core/base/env.h"

#include <stdint.h>

/* Values that are drawn at a time. */
#define CS_DRAWS 200

typedef struct cs_draws cs_draws;

/* The normal variables; they are always the same. */
cs_draws   *cs_draws_new(cs_env *env);

/* CS_DRAWS of Beta(a, b), a and b at least 0.5; the same for the same key. */
void		cs_draw_betas(const cs_draws *d, uint64_t key, double a, double b, float *out);

#endif							/* CS_DRAWS_H */
