/*
 * shape.h - from a ranked list to the list that is shown: unlike items side by
 * side, few of one category, promoted items among the others, some chance.
 *
 * Places are filled one after the other, and what comes to a place depends on the
 * places before it only: the first 5 are the first 5 of the first 10.
 *
 * Diversity is maximal marginal relevance (J. Carbonell, J. Goldstein, "The use
 * of MMR, diversity-based reranking", SIGIR 1998): each place takes, of the best
 * CS_SHAPE_WINDOW items that are left, the one with the largest
 *
 *		(1 - diversity) score / best score - diversity max likeness to those placed.
 *
 * Place p (from 1) is for promoted items when the whole part of p share exceeds
 * that of (p - 1) share; it takes the best of these.
 *
 * Exploring is Thompson sampling (W. R. Thompson, Biometrika 25, 1933).  The rate
 * of each item has a beta distribution, of which CS_DRAWS values are drawn;
 * with probability explore a place takes the item that is best in one of these
 * drawn worlds, chosen at random.  So the probability with which an item came to
 * its place is known: explore times the share of worlds in which it is the best
 * of the window, and 1 - explore when it would have come there without chance.
 */
#ifndef CS_SHAPE_H
#define CS_SHAPE_H

#include "core/base/env.h"
#include "core/reco/draws.h"

#define CS_SHAPE_WINDOW 100

/* Lists that items come from. */
enum
{
	CS_SHAPE_LIST,
	CS_SHAPE_PROMOTED,			/* items of the list, in its order */
	CS_SHAPE_LANES
};

typedef struct cs_shape_item
{
	int32_t		item;
	int32_t		tag;			/* the caller's: what likeness() is asked with */
	int32_t		category;		/* < 0: none */
	double		score;			/* > 0, not ascending */
	double		a;				/* Beta(a, b) of its rate; only read when exploring */
	double		b;
} cs_shape_item;

typedef enum cs_shape_way
{
	CS_SHAPE_MERIT,
	CS_SHAPE_BY_PROMOTION,
	CS_SHAPE_BY_CHANCE			/* and not what merit would have taken */
} cs_shape_way;

typedef struct cs_shape_placed
{
	cs_shape_item i;
	cs_shape_way way;
	double		propensity;
} cs_shape_placed;

typedef struct cs_shape_rules
{
	double		diversity;		/* 0 to 1 */
	int			cap;			/* items of one category; 0: any number */
	double		promoted;		/* share of the places, 0 to 1 */
	double		explore;		/* 0 to 1 */
	const cs_draws *draws;		/* when exploring */
	uint64_t	seed;

	/* The next item of a list; false: no more. */
	bool		(*next) (void *host, int lane, cs_shape_item *out);

	/* How alike the items with these tags are, from 0 to 1, of one that might come and one that is placed; only called when diversity > 0. */
	double		(*likeness) (void *host, int32_t a, int32_t b);
	void	   *host;
} cs_shape_rules;

/*
 * The first n places; out has room for them.  Returns how many could be filled.
 * O(n (n + CS_SHAPE_WINDOW)) likenesses at most, few of them where scores differ, and
 * O(n + CS_SHAPE_WINDOW) draws of CS_DRAWS values when exploring; without both, no
 * more items are asked for than are needed.
 */
int			cs_shape(cs_env *env, const cs_shape_rules *rules, int n, cs_shape_placed *out);

#endif							/* CS_SHAPE_H */
