/*
 * effort.h - about how many seconds of one processor a fit takes.
 *
 * From numbers of the events alone: customers, items, entries, squares of the
 * lengths of histories, and the algorithm's defaults.  So the same events give the
 * same estimate on every machine, and what depends on it does not depend on what
 * else a machine does.  Unit costs are measured (part auto of test/bench prints
 * estimates beside times); they are within a factor of about two where the
 * work is large enough to matter.
 */
#ifndef CS_EFFORT_H
#define CS_EFFORT_H

#include "core/reco/recommender.h"

/* Of a fit to all events, to a share of the customers; what is judged by searches pays for these as well. */
double		cs_fit_seconds(cs_env *env, const cs_recommender *r, const cs_reco_args *args);
double		cs_fit_seconds_of(cs_env *env, const cs_recommender *r, const cs_reco_args *args, double share);

#endif							/* CS_EFFORT_H */
