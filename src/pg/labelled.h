/*
 * labelled.h - labelled points as an aggregate gathers them.
 *
 * Points come in any order and any number of ways; what is measured of them must
 * not show it.  So they are put into an order that depends on their values alone
 * before anything is summed.
 */
#ifndef CS_LABELLED_H
#define CS_LABELLED_H

#include "postgres.h"

#include "core/base/env.h"
#include "pg/convert.h"

typedef struct cs_labelled
{
	cs_env	   *env;
	int			d;				/* 0: no point yet */
	size_t		n;
	size_t		room;
	double	   *x;				/* n x d */
	int32	   *label;
} cs_labelled;

/* Memory of the env grows up to maintenance_work_mem; an error says so when it is reached. */
extern cs_labelled *cs_labelled_new(cs_env *env);
extern void cs_labelled_add(cs_labelled *p, const cs_array *features, int32 label);

/* The same points in their order, clusters numbered from 0; centred, and scaled where squares would overflow. */
typedef struct cs_labelled_view
{
	const cs_labelled *points;
	uint32	   *order;
	int32	   *label;
	int			k;
	double	   *center;
	double		factor;			/* a power of two */
} cs_labelled_view;

extern cs_labelled_view cs_labelled_order(const cs_labelled *p);
extern void cs_labelled_view_free(cs_labelled_view *v);

/* Row i of a view, d doubles: a cs_row_fn. */
extern void cs_labelled_row(void *view, size_t i, double *out);

#endif							/* CS_LABELLED_H */
