/*
 * counterfactual.h - looking for the change that brings a row to another segment,
 * where no closed form tells.
 *
 * Whatever the algorithm, its own label() decides.  Values are tried from the row's
 * own outwards to the least and largest of the training, in even steps of the space
 * of distances; the first step that arrives is narrowed down by halving.  A target
 * that is thinner than a step can be missed, what is found is never wrong.
 */
#ifndef CS_COUNTERFACTUAL_H
#define CS_COUNTERFACTUAL_H

#include "pg/scoring.h"

/* The values of a feature that training has seen, and the row's own. */
typedef struct cs_span
{
	double		low;
	double		high;
} cs_span;

extern cs_span cs_span_of(const cs_feature *f, double from);

/* The value that a number of the row stands for. */
extern double cs_site_value(const cs_site *s, int feature);

/* The nearest value of one feature that alone leads to the cluster; NaN: none does. */
extern double cs_search_one(cs_site *s, int feature, int target);

/*
 * All numbers together, on the way from the row to what is typical of the cluster,
 * up to where it begins: one value per feature, NaN where the way does not lead there.
 */
extern void cs_search_all(cs_site *s, int target, double *to);

#endif							/* CS_COUNTERFACTUAL_H */
