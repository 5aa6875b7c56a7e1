/*
 * train_request.h - what _fit() was asked for.
 */
#ifndef CS_TRAIN_REQUEST_H
#define CS_TRAIN_REQUEST_H

#include "postgres.h"

#include "fmgr.h"

#include "pg/dataset.h"

/* Arguments of _fit, in order. */
enum
{
	CS_FIT_NAME,
	CS_FIT_SOURCE,
	CS_FIT_PATH,
	CS_FIT_KEY,
	CS_FIT_FEATURES,
	CS_FIT_ALGORITHM,
	CS_FIT_K,
	CS_FIT_K_MIN,
	CS_FIT_K_MAX,
	CS_FIT_TRANSFORMS,
	CS_FIT_SCALE,
	CS_FIT_WEIGHT,
	CS_FIT_SEED,
	CS_FIT_OPTIONS,
	CS_FIT_FORMER,
	CS_FIT_FORMER_MEMBERS,
	CS_FIT_NEXT_ID,
	CS_FIT_LEAVE_OUT,
	CS_FIT_RUN_AS,
	CS_FIT_ARGS,				/* common to _fit(), _estimate() and _select_k() */

	/* for _fit() only */
	CS_FIT_OWNER = CS_FIT_ARGS,	/* of the former members */
	CS_FIT_GROUP_BY,
	CS_FIT_KEEP_K				/* of models of groups */
};

/* The range of k when none is given. */
#define CS_K_MIN 2
#define CS_K_MAX 10

typedef struct cs_train_request
{
	const cs_clusterer *algorithm;
	cs_options *options;
	cs_options *common;
	Jsonb	   *options_json;
	int			k_min;
	int			k_max;
	bool		compare;		/* measure every k of the range */
	bool		gap;			/* by the gap statistic as well */
	bool		fit_only;		/* no silhouette of the result, so that the time is that of the fit */
	int64		seed;
	double	   *start;
	cs_dataset_args data;
} cs_train_request;

/* CS_SCALE_... by its name, or an error that lists all. */
extern int	cs_scale_named(const char *name);

/* Is there a number of segments to choose, with these options? */
extern bool cs_chooses_k(const cs_clusterer *a, const cs_options *options);

/* What is taken off numbers that are not scaled; whether rows are neighbours by density must not hang on rounding. */
extern cs_centring cs_algorithm_centring(const cs_clusterer *a, bool unit_length);
extern cs_centring cs_train_centring(const cs_train_request *r);

/* The arguments, checked. */
extern cs_train_request cs_train_request_read(FunctionCallInfo fcinfo, cs_env *env);

/*
 * The centres of the option start, from the units of the features to points: k x
 * p->d, or NULL when the algorithm is to find its own.  k -1: it is not known.
 */
extern double *cs_start_centres(cs_env *env, const cs_clusterer *a, const cs_options *options, int k, const cs_prep *p);

/* Do these options bound the sizes of segments? */
extern bool cs_bounds_sizes(const cs_clusterer *a, const cs_options *options);

/* Given centres, from the units of the features to points, once transforms are fitted. */
extern void cs_train_request_start(cs_env *env, cs_train_request *r, const cs_dataset *ds);

#endif							/* CS_TRAIN_REQUEST_H */
