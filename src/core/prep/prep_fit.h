/*
 * prep_fit.h - between prep.c and prep_fit.c.
 */
#ifndef CS_PREP_FIT_H
#define CS_PREP_FIT_H

#include "core/prep/prep.h"

/* winsor, log and quantile of a number that is there; NaN outside the domain. */
double		cs_feature_steps(const cs_feature *f, double v);

#endif							/* CS_PREP_FIT_H */
