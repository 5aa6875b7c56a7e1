/*
 * fit_job.h - what a team does with a matrix: fit, choose k, judge.
 *
 * Runs SPMD on core code alone; the server's workers are arranged by parallel.c.
 */
#ifndef CS_FIT_JOB_H
#define CS_FIT_JOB_H

#include "core/cluster/clusterer.h"
#include "core/eval/selectk.h"
#include "core/prep/prep.h"

/* Rows of the exact silhouette, at most: above, a sample of so many. */
#define CS_SILHOUETTE_ROWS 10000

/* Rows of each half sample that judges stability, at most. */
#define CS_HALF_ROWS 5000

/* Rows of the gap statistic, at most. */
#define CS_GAP_ROWS 1000

/* Repetitions of that judgement. */
#define CS_HALF_ROUNDS 5

typedef struct cs_fit_job
{
	const cs_clusterer *algorithm;
	const cs_options *options;
	cs_matrix  *x;
	int			k_min;			/* equal: k is given */
	int			k_max;
	uint64_t	seed;
	const double *start;		/* k x d, or NULL */
	const int32_t *warm;		/* labels by the former model, shared by the team; or NULL */
	int			warm_k;
	bool		judge;			/* compute the silhouette of the result */
	size_t		memory;			/* as in cs_fit_args */
	bool		noise_alone;	/* likewise */
	const cs_axis *axis;		/* one per coordinate */
	bool		compare;		/* measure all candidates, be it only one */
	bool		gap;			/* the gap statistic as well */
} cs_fit_job;

typedef struct cs_fit_outcome
{
	cs_fit		fit;
	double		silhouette;		/* NaN: none */
	size_t		silhouette_rows;
	int			candidates;		/* when k was chosen */
	cs_candidate *candidate;
	int			chosen;
} cs_fit_outcome;

/* Same result on every member. */
extern void cs_fit_job_run(cs_env *env, cs_team *team, const cs_fit_job *job, cs_fit_outcome *out);

/* What the coordinates of points stand for. */
extern cs_axis *cs_axes(cs_env *env, const cs_prep *p);

/* Bytes of arena for it. */
extern size_t cs_fit_job_arena(cs_env *env, const cs_fit_job *job);

/* Labels of all rows of x by a model; label is shared. */
extern void cs_label_by(cs_env *env, cs_team *team, const cs_scorer *s, const cs_matrix *x, int32_t *label);

#endif							/* CS_FIT_JOB_H */
