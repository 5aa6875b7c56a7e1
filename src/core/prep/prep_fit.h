/*
 * prep_fit.h - between prep.c, prep_fit.c, prep_axes.c, prep_doc.c and prep_digest.c.
 */
#ifndef CS_PREP_FIT_H
#define CS_PREP_FIT_H

#include "core/prep/prep.h"

/* What a column looks like, after its steps. */
typedef struct cs_column_shape
{
	double		mean;
	double		sd;				/* divisor n */
	double		min;
	double		max;
	double		quartile[3];	/* for the scale robust only */
} cs_column_shape;

/* Centre and factor of a number. */
void		cs_feature_fit_scale(cs_feature *f, const cs_column_shape *s, cs_centring centre);

/* winsor, log and quantile of a number that is there; NaN outside the domain. */
double		cs_feature_steps(const cs_feature *f, double v);

/* Scale a point to length 1. */
cs_reject	cs_to_unit_length(float *point, int d, float *norm);

/* Zeroed room for the coordinates of n axes. */
double	   *cs_axes_room(cs_env *env, const cs_prep *p, int n);

#endif							/* CS_PREP_FIT_H */
