/*
 * cooccurrence.h - items that the same customers have: the pass over pairs of
 * items that itemknn, rp3beta and ease share.
 *
 * For an item i, c_ij = sum over its customers u of mass_u y_ui x_uj, summed into
 * a dense row, one pass over the histories of its customers.  What is made of the
 * sums is the algorithm's: a score per pair, of which the largest are kept, or
 * the sums themselves.
 *
 * O(sum of squared lengths of histories) time, which max_history bounds; memory
 * 12 bytes per item and process, 8 per kept neighbour, 4 to 12 per entry.
 */
#ifndef CS_COOCCURRENCE_H
#define CS_COOCCURRENCE_H

#include "core/reco/largest.h"
#include "core/reco/recommender.h"

typedef struct cs_pairs cs_pairs;
struct cs_pairs
{
	cs_env	   *env;
	cs_team    *team;
	const cs_events *e;
	size_t		neighbours;		/* most kept per item */
	double		least;			/* customers that an item needs to have neighbours */

	/* shared; the leader fills mass and value, and cs_pairs_columns the rest */
	double	   *mass;			/* per customer; 0: passed over */
	float	   *value;			/* x of the entries of e, at least FLT_MIN; NULL: all 1 */
	size_t	   *column;			/* items + 1: where its customers start */
	int32_t    *customer;		/* by item, ascending */
	float	   *column_value;	/* y by item; NULL: all 1 */
	size_t	   *room;			/* items + 1: where its neighbours start */
	int32_t    *kept;			/* per item: how many they are */
	int32_t    *neighbour;
	float	   *weight;
	cs_turn		turn;

	/* private */
	double	   *sum;			/* c_ij of the item at hand, all 0 between items */
	int32_t    *touched;		/* where it is not 0 */
	uint64_t   *best;			/* neighbours of the item at hand */
};

/* What memory a pass needs. */
typedef struct cs_pairs_needs
{
	bool		values;			/* x is not 1 everywhere */
	bool		column_values;	/* nor is y */
	size_t		neighbours;		/* most kept per item; 0: none are, the sums are what is wanted */
} cs_pairs_needs;

size_t		cs_pairs_arena(const cs_reco_args *a, const cs_pairs_needs *needs);

/* Memory of a pass; every member calls it. */
void		cs_pairs_start(cs_pairs *p, cs_env *env, cs_team *team, const cs_reco_args *a,
						   const cs_pairs_needs *needs);

/* Leader: customers by item and room for neighbours; where y has values, they become those of x. */
void		cs_pairs_columns(cs_pairs *p);

/* Private memory for sums. */
void		cs_pairs_open(cs_pairs *p);
void		cs_pairs_close(cs_pairs *p);

/* Sums of item i; returns how many touched names. The caller sets them to 0 again. */
size_t		cs_pairs_sum(cs_pairs *p, int i);

/*
 * The neighbours of all items, by the whole team.  choose offers the scores of the
 * pairs of item i with what is touched, and sets the sums to 0; of the same
 * scores the lower items are kept.
 */
typedef void (*cs_pairs_choose) (cs_pairs *p, void *arg, int i, size_t touched, cs_largest *best);
void		cs_pairs_find(cs_pairs *p, cs_pairs_choose choose, void *arg);

/* A unit of items to work on, or false: first .. *end - 1. */
bool		cs_pairs_take(cs_pairs *p, int *first, int *end);
void		cs_pairs_end(cs_pairs *p);

/* Leader: neighbours by target become the model's weights by source. */
void		cs_pairs_emit(const cs_pairs *p, cs_reco_model *out);

/* Do entries have values, rather than presence alone? */
static inline bool
cs_reco_valued(const cs_reco_args *a)
{
	return a->events->weighted || cs_option_real(a->options, "half_life") > 0;
}

#endif							/* CS_COOCCURRENCE_H */
