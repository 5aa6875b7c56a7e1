/*
 * serving.h - arguments and options that shape a list of recommendations.
 */
#ifndef CS_SERVING_H
#define CS_SERVING_H

#include "postgres.h"

#include "fmgr.h"

#include "core/base/params.h"
#include "pg/serve.h"

/* The options: what clusterseg.serving_options shows. */
extern const cs_param cs_serving_params[];

typedef enum cs_alike
{
	CS_ALIKE_AUTO,
	CS_ALIKE_ITEMS,
	CS_ALIKE_CATEGORY
} cs_alike;

typedef struct cs_serving
{
	double		diversity;		/* 0 to 1 */
	int			cap;			/* items of one category; 0: any number */
	double		explore;		/* 0 to 1 */
	bool		seeded;
	uint64		seed;
	cs_alike	alike;
	char	   *category;		/* column of the item source; NULL: that of the training */
	char	   *item_time;		/* the same */
	double		oldest;			/* times of items that may be listed, seconds since 1970 */
	double		newest;
	bool		aged;			/* one of these is set */
	char	  **exclude_types;	/* NULL: all */
	int			n_exclude_types;
	double		exclude_since;	/* seconds since 1970, or -infinity */
	bool		excludes;		/* a rule of its own in place of the whole history */
	char	  **promoted;		/* keys */
	int			n_promoted;
	char	   *promoted_from;	/* query */
	double		promoted_share; /* 0: none are promoted */
	double		min_confidence;
} cs_serving;

/* Arguments diversity, max_per_category, explore, options, from number first on; checked. */
extern cs_serving cs_serving_args(FunctionCallInfo fcinfo, int first);

/* An error for options that need a customer, where there is none. */
extern void cs_serving_no_customer(const cs_serving *s);

#endif							/* CS_SERVING_H */
