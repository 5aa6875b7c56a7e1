/*
 * algorithms.h - declarations of the descriptors listed in algorithms.def.
 */
#ifndef CS_ALGORITHMS_H
#define CS_ALGORITHMS_H

#include "core/cluster/clusterer.h"

#define CS_ALGORITHM(name) extern const cs_clusterer cs_##name;
#include "core/cluster/algorithms.def"
#undef CS_ALGORITHM

#endif							/* CS_ALGORITHMS_H */
