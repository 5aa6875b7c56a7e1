/*
 * divide.h - rows into groups by direction, for callers that keep no model of them.
 */
#ifndef CS_DIVIDE_H
#define CS_DIVIDE_H

#include "core/base/team.h"

/*
 * n rows of d values, row-major and of length 1 (or 0), into at most k groups by
 * spherical k-means: label gets the number of each row's group.  Returns how many
 * groups there are, fewer than k where there are fewer distinct rows.  SPMD; label
 * is shared and rounded up to lanes, the rows are the same for all.
 */
int			cs_divide(cs_env *env, cs_team *team, const float *row, size_t n, int d, int k, uint64_t seed,
					  int32_t *label);
size_t		cs_divide_arena(size_t n, int d, int k);

#endif							/* CS_DIVIDE_H */
