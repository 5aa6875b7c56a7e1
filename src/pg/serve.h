/*
 * serve.h - from what is known of a customer to a ranked list.
 *
 * A list is filled from layers: what the customer's own history suggests, the
 * algorithm's order of all items (trending), the items of the customer's segment,
 * the popular ones.  Of the latter three only as much is read as is needed.
 */
#ifndef CS_SERVE_H
#define CS_SERVE_H

#include "pg/reco.h"

typedef enum cs_layer_kind
{
	CS_LAYER_HISTORY,
	CS_LAYER_OWN,
	CS_LAYER_SEGMENT,
	CS_LAYER_POPULAR
} cs_layer_kind;

/* A set of items, ascending. */
typedef struct cs_item_set
{
	int32	   *item;			/* NULL: no such set */
	size_t		n;
} cs_item_set;

/* For qsort() and bsearch(). */
extern int	cs_compare_items(const void *a, const void *b);

/* Sort and drop repetitions. */
extern void cs_item_set_tidy(cs_item_set *s);

/* Scores from the history, among them the best most; returns how many. */
typedef size_t (*cs_score_fn) (void *arg, size_t most, const cs_scored **scored);

typedef struct cs_request
{
	cs_reco    *r;
	const cs_scored *personal;	/* scores from the history */
	size_t		n_personal;
	cs_score_fn score;			/* NULL: these are all; else what gives them, for each list anew */
	void	   *score_arg;
	int			segment;		/* 0: unknown */
	cs_item_set excluded;
	cs_item_set allowed;
} cs_request;

typedef struct cs_served
{
	int32		item;
	cs_layer_kind kind;
	double		score;			/* as it is shown */
	double		raw;			/* within its layer */
} cs_served;

/* The first n (at most r->items) items; out has room for them. Returns how many. */
extern int	cs_serve(cs_env *env, const cs_request *q, int n, cs_served *out);

/* What entries first .. end - 1 of a history count for. */
extern void cs_serve_values(cs_env *env, cs_reco *r, const cs_events *history, size_t first, size_t end, double *out);

/* Name of what a layer rests on. */
extern const char *cs_layer_name(const cs_reco *r, cs_layer_kind kind);

/* Times after the training count as its end, so that a score does not depend on when it is asked for. */
extern void cs_serve_settle_times(const cs_reco *r, cs_events *history);

#endif							/* CS_SERVE_H */
