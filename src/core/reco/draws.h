/*
 * draws.h - random numbers of a beta distribution, for Thompson sampling.
 */
#ifndef CS_DRAWS_H
#define CS_DRAWS_H

#include "core/base/rng.h"

/*
 * One of Beta(a, b), a and b > 0: X / (X + Y) of two of gamma distributions, by
 * G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables",
 * ACM TOMS 26 (2000).
 */
double		cs_draw_beta(cs_rng *rng, double a, double b);

#endif							/* CS_DRAWS_H */
