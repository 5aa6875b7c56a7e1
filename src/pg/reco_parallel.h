/*
 * reco_parallel.h - recommenders fitted by a team of PostgreSQL's parallel workers.
 *
 * Events, segments and arena lie in dynamic shared memory while it lasts.  When
 * workers or shared memory cannot be had, or are not worth it, the leader works
 * alone on private memory: same result.
 */
#ifndef CS_RECO_PARALLEL_H
#define CS_RECO_PARALLEL_H

#include "postgres.h"

#include "core/reco/recommender.h"

/* Fit in a team of up to max_parallel_maintenance_workers and the leader; returns its size. */
extern int	cs_reco_parallel_fit(cs_env *env, const cs_recommender *algorithm, const cs_reco_args *args, size_t arena,
								 cs_reco_model *out);

#endif							/* CS_RECO_PARALLEL_H */
