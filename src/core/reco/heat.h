/*
 * heat.h - a first round of a contest: fewer customers and items, on which all is
 * tried in a moment.
 *
 * The CS_HEAT_ITEMS items that most customers have, ties to the lower number, and so
 * many customers, by lot, that they have about CS_HEAT_ENTRIES entries with these.
 * Both get new numbers, in the order of the old ones.
 */
#ifndef CS_HEAT_H
#define CS_HEAT_H

#include "core/reco/recommender.h"

#define CS_HEAT_ITEMS 2000
#define CS_HEAT_ENTRIES 80000

/* Is it fewer than all? */
bool		cs_heat_is_part(const cs_events *e);

/* The arguments of a fit to them: events, segments and attributes; the rest as it was. */
cs_reco_args cs_heat_args(cs_env *env, const cs_reco_args *args);
void		cs_heat_free(cs_env *env, cs_reco_args *heat);

#endif							/* CS_HEAT_H */
