/*
 * exclude.h - items that a list leaves out because of some of the customer's
 * events: of certain types, or not older than so long.
 */
#ifndef CS_EXCLUDE_H
#define CS_EXCLUDE_H

#include "pg/reco_batch.h"
#include "pg/reco_call.h"
#include "pg/serving.h"

/* For one customer: in place of what the call excludes. */
extern void cs_exclude_for(cs_reco_call *c, const cs_serving *s, Oid type, Datum customer);

/* For all customers: in place of what they have touched. */
extern void cs_exclude_for_all(cs_batch *b, const cs_serving *s);

#endif							/* CS_EXCLUDE_H */
