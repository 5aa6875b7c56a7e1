/*
 * algorithms.h - declarations of the descriptors listed in algorithms.def.
 */
#ifndef CS_RECO_ALGORITHMS_H
#define CS_RECO_ALGORITHMS_H

#include "core/reco/recommender.h"

#define CS_RECOMMENDER(name) extern const cs_recommender cs_##name;
#include "core/reco/algorithms.def"
#undef CS_RECOMMENDER

#endif							/* CS_RECO_ALGORITHMS_H */
