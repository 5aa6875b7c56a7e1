/*
 * linalg_reflect.h - Householder's reflections H = 1 - tau v v', tau = 2 / v'v
 * (inside of linalg_*.c only).
 */
#ifndef CS_LINALG_REFLECT_H
#define CS_LINALG_REFLECT_H

#include "core/base/linalg_kernel.h"

/*
 * x, of n elements, becomes the v whose H maps x to a multiple of the unit
 * vector at; v[at] = 1, no element is larger.  Returns the multiple.
 */
double		cs_reflector(const cs_vector_f64 *vec, size_t n, double *x, size_t at);

/*
 * t, count x count, upper, with H_0 H_1 ... = 1 - V' t V, where the reflectors
 * are the rows of V, count x n.
 */
void		cs_reflect_block(cs_env *env, size_t count, size_t n, const double *v, double *t);

#endif							/* CS_LINALG_REFLECT_H */
