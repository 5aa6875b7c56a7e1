/*
 * recommender.h - what a recommending algorithm is to the rest.
 *
 * Like clusterer.h: one descriptor per algorithm, listed in algorithms.def.
 * Training turns the customers x items matrix of events into a cs_reco_model:
 * scores of items, weights from item to item, counts of items per segment.  The
 * host keeps these in tables; serving reads the few rows that one customer needs
 * and ranks them (rank.h).
 *
 * Items are numbered by the order of their keys as text, so the lower number is
 * the tie-break everywhere.
 */
#ifndef CS_RECOMMENDER_H
#define CS_RECOMMENDER_H

#include "core/base/params.h"
#include "core/base/team.h"
#include "core/reco/crowd.h"
#include "core/reco/events.h"
#include "core/reco/factors.h"
#include "core/reco/intervals.h"

/*
 * Who divides customers into groups: n rows of length 1 into at most k, label
 * (shared) gets the group of each; returns how many there are (cluster/divide.h).
 * SPMD.  Rooms of the core do not know each other, so the host brings them together.
 */
typedef struct cs_divider
{
	size_t		(*arena) (size_t n, int d, int k);
	int			(*divide) (cs_env *env, cs_team *team, const float *row, size_t n, int d, int k, uint64_t seed,
						   int32_t *label);
} cs_divider;

/* Room that label has to have. */
static inline size_t
cs_divider_rows(size_t n)
{
	return (n + 31) / 32 * 32;
}

typedef struct cs_reco_args
{
	const cs_events *events;
	const int32_t *segment;		/* per customer: 0 .. segments - 1, or -1; NULL: no segments */
	int			segments;
	const cs_options *options;
	uint64_t	seed;
	const cs_divider *divider;	/* for algorithms with CS_RECO_KINDS */

	/* For algorithms that choose among others. */
	cs_env	   *env;			/* for what arena() has to look up */
	size_t		memory;			/* bytes that fit may take beside the events; 0: any */

	const cs_events *attributes;	/* of items; for algorithms with CS_RECO_CONTENT */
} cs_reco_args;

struct cs_recommender;

/* What was tried for a choice, on what was held back (holdout.h). */
typedef struct cs_tried
{
	const struct cs_recommender *algorithm;
	cs_interval ndcg;			/* nDCG@10 with its interval; n 0: it was not tried */
	const char *why_not;		/* then why */
} cs_tried;

typedef struct cs_reco_model
{
	int			items;

	/*
	 * What every algorithm leaves: popularity[i], the decayed weight of item i,
	 * which without weights and half-life is the number of its customers.  It
	 * ranks items for customers of whom nothing is known.  popularity[i] /
	 * customers is the overall rate of the item.  0 for items with fewer customers
	 * than min_events: no part of a model recommends these.
	 */
	double	   *popularity;
	double		customers;		/* customers that have events */

	/*
	 * Own order of items that does not depend on the customer (trending, and
	 * popular within a window); 0 for items that are no part of it.  Or NULL.
	 */
	double	   *score;

	/*
	 * Weights from item to item, by source: for source j, entries start[j] ..
	 * start[j + 1] - 1 name the targets, ascending, and what one unit of j in a
	 * history adds to the target's score, or takes from it.  NULL when the algorithm has none.
	 */
	size_t	   *start;
	int32_t    *target;
	float	   *value;

	/*
	 * Factors of items (factors.h): those of item i start at factor + i * factors;
	 * all 0 for items that are not recommended.  NULL when the algorithm has none.
	 */
	int			factors;
	float	   *factor;
	cs_fold_settings fold;

	/*
	 * Kinds of customers (tastes.h): the last kinds factors of each item are its
	 * rates in these, share is which part of the customers each has.  0: none.
	 */
	int			kinds;
	double	   *share;

	/*
	 * Per customer, where others' nearest count (crowd.h).  Or NULL.
	 */
	cs_bar	   *bar;

	/*
	 * Of a blend (blend.h): its kappa, and whose the other scores are: weights from
	 * item to item, or the first factors.  member NULL: no blend.
	 */
	const struct cs_recommender *member;
	double		blend_kappa;

	/* Of a choice: which algorithm it is and with which options; NULL: as asked for. */
	const struct cs_recommender *chosen;
	cs_options *chosen_options;
	cs_tried   *tried;
	int			n_tried;

	/*
	 * Decayed weight of items within segments: for segment s entries
	 * segment_start[s] .. name items, ascending.  Filled whenever segments are
	 * given, whatever the algorithm: they answer for customers without history.
	 */
	int			segments;
	size_t	   *segment_start;
	int32_t    *segment_item;
	double	   *segment_weight;
	double	   *segment_total;	/* per segment: its customers that have events */
	double		kappa;			/* weight of the overall rate in a segment's rates, in customers */
} cs_reco_model;

enum
{
	CS_RECO_TIME = 1,			/* needs times of events */
	CS_RECO_SEGMENTS = 2,		/* needs a segmentation */
	CS_RECO_ITEMS = 4,			/* leaves item-to-item weights: personal from the first event on */
	CS_RECO_FACTORS = 8,		/* leaves factors of items: the same */
	CS_RECO_KINDS = 16,			/* leaves kinds of customers: the same */
	CS_RECO_CUSTOMERS = 32,		/* serving looks for customers with a like history: the same */
	CS_RECO_COUNTS = 64,		/* counts, in seconds: may be fitted again to forget a customer */
	CS_RECO_SEQUENCE = 128,		/* what a history counts for depends on its order (sequence.h) */
	CS_RECO_CONTENT = 256		/* needs attributes of items (attributes.h) */
};

typedef struct cs_recommender
{
	const char *name;
	const char *summary;
	unsigned	flags;
	const cs_param *params;		/* own options, after cs_reco_common_params */

	/* SPMD: every member calls it; only the leader's model is used. */
	void		(*fit) (cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out);

	/* Bytes of team arena that fit needs; NULL: none. */
	size_t		(*arena) (const cs_reco_args *args);
} cs_recommender;

/* Options of all recommenders: half_life, min_events, max_history, kappa. */
extern const cs_param cs_reco_common_params[];

extern const cs_recommender *const cs_recommenders[];	/* ends with NULL */

const cs_recommender *cs_recommender_find(const char *name);

/* All options of an algorithm in one table, the common ones first. */
const cs_param *cs_reco_params(cs_env *env, const cs_recommender *r);

/* An error when an option that looks at times is set and there are none. */
void		cs_reco_check_timed(cs_env *env, const cs_reco_args *args, const char *option);

/* Popularity of the items by these events. */
double	   *cs_reco_count_popularity(cs_env *env, const cs_reco_args *args, const cs_events *e);

/* Fill what every model has: popularity, and the segments when they are given. */
void		cs_reco_fit_common(cs_env *env, const cs_reco_args *args, cs_reco_model *out);

/*
 * p(i|s) = (c_si + kappa p_i) / (n_s + kappa): the rate of an item in a segment,
 * drawn towards its overall rate as if kappa customers of average taste had
 * joined the segment.
 */
static inline double
cs_reco_rate(double weight, double total, double overall, double kappa)
{
	return total + kappa > 0 ? (weight + kappa * overall) / (total + kappa) : overall;
}

/* The rates of all items in segment s; rate has room for m->items. */
void		cs_reco_segment_rates(const cs_reco_model *m, int s, double *rate);

#endif							/* CS_RECOMMENDER_H */
