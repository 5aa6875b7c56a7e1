/*
 * prep_digest.h - fitting plain features to distinct points with counts.
 */
#ifndef CS_PREP_DIGEST_H
#define CS_PREP_DIGEST_H

#include "core/base/digest.h"
#include "core/prep/prep.h"

/*
 * The digest's columns as features: one number each, scaled as asked, no other
 * transform.  The same as cs_prep_fit() of all its rows, each as often as it was
 * counted.  dg is in order (cs_digest_sort) and has points; names: dg->d of them.
 */
cs_prep    *cs_prep_of_digest(cs_env *env, const cs_digest *dg, char *const *names, int scale, bool unit_length, cs_centring centre);

/* The raw row of a point: p->n floats. */
void		cs_prep_raw(const cs_prep *p, const double *point, float *raw);

#endif							/* CS_PREP_DIGEST_H */
