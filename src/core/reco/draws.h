/*
 * draws.h - random numbers of a beta distribution, for Thompson sampling.
 */
#ifndef CS_DRAWS_H
#define CS_DRAWS_H

#include "core/base/rng.h"

#include <stdbool.h>

/*
 * n of Beta(a, b), a and b at least 1/3: X / (X + Y) of two of gamma distributions,
 * by G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables",
 * ACM TOMS 26 (2000).
 */
void		cs_draw_betas(cs_rng *rng, double a, double b, int n, float *out);

#endif							/* CS_DRAWS_H */
