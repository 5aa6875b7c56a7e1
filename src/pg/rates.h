/*
 * rates.h - rates of all items in a segment, or of all customers.
 */
#ifndef CS_RATES_H
#define CS_RATES_H

#include "pg/reco.h"

typedef struct cs_rates cs_rates;

extern cs_rates *cs_rates_new(cs_env *env, cs_reco *r);

/*
 * Share of the segment's customers who have each item, 0 to 1, drawn towards the
 * share of all as if kappa customers had joined; strength: the customers behind
 * it, these included.  Segment 0, and one that the version does not know: of all.
 */
extern const double *cs_rates_of(cs_rates *rates, int segment, double *strength);

#endif							/* CS_RATES_H */
