/*
 * shaped.h - ranked lists (serve.h) with all that a call asks of them: filtered
 * by what is known of items now, then placed by core/reco/shape.h.
 *
 * Scores stay what they are without: only the order changes, so reasons add up.
 */
#ifndef CS_SHAPED_H
#define CS_SHAPED_H

#include "core/reco/shape.h"
#include "pg/item_facts.h"
#include "pg/serving.h"

typedef struct cs_shaped
{
	cs_served	s;
	cs_shape_way way;
	double		propensity;
} cs_shaped;

typedef struct cs_shaper cs_shaper;

/* For calls about one list; errors when the model has not what the options need. */
extern cs_shaper *cs_shaper_new(cs_env *env, const cs_reco_now *now, const cs_serving *s);

/* For many lists: what is known of items is read once. */
extern void cs_shaper_load(cs_shaper *h, const cs_reco_whole *w);

/*
 * What a loaded shaper has read of relations of the user's, and one that starts
 * from that: for parallel workers, which may not see these.
 */
typedef struct cs_shaper_known
{
	cs_serving	serving;		/* what it points to is not needed any more */
	const cs_item_fact *fact;	/* per item; NULL: no item source */
	bool		categories;
	cs_item_set promoted;
} cs_shaper_known;

extern cs_shaper_known cs_shaper_knows(const cs_shaper *h);
extern cs_shaper *cs_shaper_knowing(cs_env *env, const cs_reco_now *now, const cs_shaper_known *k);

/* What tells one list's chance from another's: the key of the customer, say. */
extern void cs_shaper_who(cs_shaper *h, const char *key);

/* The first n (at most r->items) items; out has room for them.  Returns how many. */
extern int	cs_shaper_serve(cs_shaper *h, cs_env *env, const cs_request *q, int n, cs_shaped *out);

#endif							/* CS_SHAPED_H */
