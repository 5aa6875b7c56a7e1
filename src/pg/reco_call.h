/*
 * reco_call.h - what one call knows of a customer or basket: the history, where
 * its items lead, and what of it speaks for an item.
 */
#ifndef CS_RECO_CALL_H
#define CS_RECO_CALL_H

#include "postgres.h"

#include "fmgr.h"

#include "core/reco/blend.h"
#include "pg/serve.h"

typedef struct cs_reco_call
{
	cs_env	   *env;
	cs_reco_now now;
	int			events;
	char	  **key;			/* of the events */
	cs_reco_row *row;			/* parallel */
	cs_events  *history;		/* one customer; items beyond the catalogue have numbers from r->items */
	double	   *value;			/* what each entry of it counts for */
	const cs_reco_row **entry;	/* per entry of the history */
	char	  **entry_key;
	cs_fold    *fold;			/* the customer's factors; NULL for algorithms without */
	double	   *taste;			/* probability of each kind of customers; NULL for algorithms without */
	cs_crowd   *alike;			/* customers to look for those alike in; NULL for algorithms without */
	int64	   *customer;		/* the number made of the key (reco_customers.h); NULL: a basket */
	int32		self;			/* number among these customers, or CS_NEWCOMER */
	size_t		n_folded;		/* entries whose items the model knows */
	size_t	   *folded;			/* which they are */
	int32	   *item;			/* their items */
	double	   *x;				/* and values */
	unsigned	searches;		/* when those alike were found */
	cs_blend_scale scale;		/* of a blend: how its two scores are added up */
	bool		blended;
	cs_request	q;
} cs_reco_call;

/* A call of which nothing but the model is known. */
extern cs_reco_call *cs_reco_call_new(const char *model);

/* Take events as the history; what was touched is excluded when asked for. */
extern void cs_reco_call_history(cs_reco_call *c, const cs_reco_events *e, bool exclude_seen);

/* The call for the customer that stands in an argument of any type. */
extern cs_reco_call *cs_reco_call_customer(FunctionCallInfo fcinfo, const char *model, int argument, bool exclude_seen);

/* What each entry of the history adds to the score of an item, or takes from it. */
extern double *cs_reco_contributions(cs_reco_call *c, int32 item);

/* What kinds of customers add to the score of an item, per kind; the kind that adds most. */
extern double *cs_reco_kind_contributions(const cs_reco_call *c, int32 item);
extern int	cs_reco_first_kind(const cs_reco_call *c, int32 item);

/* Why an item is listed, in words. */
extern char *cs_reco_reason(cs_reco_call *c, const cs_served *s);

/* The argument n of a function: at most as many as there are items. */
extern int	cs_reco_arg_n(FunctionCallInfo fcinfo, int argument, const cs_reco *r);

/* A segment that a recommender does not know is a mistake of the caller. */
extern void cs_reco_check_segment(cs_reco *r, int segment_id);

/* The key of an item in an argument of any type. */
extern char *cs_reco_arg_item(FunctionCallInfo fcinfo, int argument);

#endif							/* CS_RECO_CALL_H */
