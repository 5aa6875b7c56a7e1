/*
 * adhoc.h - segments of rows that come one by one, without a source or a name:
 * what the window functions and kmeans_model() have in common.
 *
 * Rows are gathered in a digest (core/base/digest.h), so that neither their order
 * nor how they were shared out has a say in the result.
 */
#ifndef CS_ADHOC_H
#define CS_ADHOC_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "core/base/digest.h"
#include "pg/model.h"

/* Options beside the algorithm's own: of window functions, of aggregates. */
extern const cs_param cs_window_params[];
extern const cs_param cs_model_params[];

typedef struct cs_adhoc
{
	const cs_clusterer *algorithm;
	int			k;
	cs_options *options;		/* the algorithm's */
	cs_options *common;			/* those of the table above */
	bool		keeps;			/* a model comes of it: k is not lowered, units are kept */
} cs_adhoc;

typedef struct cs_adhoc_fit
{
	cs_model	model;			/* without labels and columns */
	cs_fit		fit;
	int32_t    *label;			/* cluster of each point of the digest; -1: it has none */
	bool		fewer;			/* k was lowered */
} cs_adhoc_fit;

/* The request, checked. table: one of the above. */
extern void cs_adhoc_read(cs_env *env, cs_adhoc *a, const char *algorithm, int k, Jsonb *options, const cs_param *table);

/* An empty digest for it. */
extern cs_digest *cs_adhoc_digest(cs_env *env, const cs_adhoc *a);

/*
 * Values of an array of features: dg->d of them, or dg->d is not known yet.
 * Returns NULL when one is NULL or not finite; then the row has been counted as
 * skipped.  row: the buffer of the values, made when it is NULL.
 */
extern const double *cs_adhoc_row(cs_env *env, cs_digest *dg, Datum features, double **row);

/* The error for n features where there were others before. */
extern void cs_adhoc_bad_length(const cs_digest *dg, int n) __attribute__((noreturn));

/* Fit; false when no row can be clustered.  Puts the digest in order. names: of features, or NULL. */
extern bool cs_adhoc_run(cs_env *env, const cs_adhoc *a, cs_digest *dg, char **names, cs_adhoc_fit *out);

#endif							/* CS_ADHOC_H */
