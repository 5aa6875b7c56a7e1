/*
 * rank.h - from scores to the first n items.
 *
 * A list is filled from layers in turn: the algorithm's own scores, then the
 * segment's items, then the popular ones.  Items of a later layer always rank
 * below those of a former one, and their scores are scaled to say so, by factors
 * that do not depend on n: the first 5 are the first 5 of the first 10.
 */
#ifndef CS_RANK_H
#define CS_RANK_H

#include "core/base/env.h"

typedef struct cs_scored
{
	int32_t		item;
	double		score;
} cs_scored;

typedef struct cs_ranked
{
	int32_t		item;
	int			layer;			/* number of the layer it came from */
	double		score;			/* finite, not ascending over the list */
	double		raw;			/* score within its layer */
} cs_ranked;

typedef struct cs_layer
{
	const cs_scored *scored;	/* any order, each item at most once, scores > 0 */
	size_t		n;
} cs_layer;

typedef struct cs_rank_args
{
	const cs_layer *layer;
	int			layers;
	const int32_t *excluded;	/* ascending; NULL: none */
	size_t		n_excluded;
	const int32_t *allowed;		/* ascending; NULL: all */
	size_t		n_allowed;
} cs_rank_args;

/*
 * The first n items, best first; ties to the lower item.  Returns how many there
 * are.  O(all scored + n log n).
 */
int			cs_rank(cs_env *env, const cs_rank_args *args, int n, cs_ranked *out);

/*
 * Drop scores that cannot be among the k greatest, where that is quickly said:
 * what remains moves to the front, in its order.  Returns how many; all that equal
 * the k-th remain.  O(n).
 */
size_t		cs_rank_trim(cs_scored *s, size_t n, size_t k);

/*
 * Sparse sums of scores: a hash from item to score that can be read out and
 * cleared cheaply.  Not thread-safe.
 */
typedef struct cs_accumulator cs_accumulator;

cs_accumulator *cs_accumulator_new(cs_env *env);
void		cs_accumulator_add(cs_accumulator *a, int32_t item, double score);

/* The sum of an item; 0 when it has none. */
double		cs_accumulator_score(const cs_accumulator *a, int32_t item);

/* Entries so far, in no particular order; valid until the next add or clear. */
const cs_scored *cs_accumulator_read(const cs_accumulator *a, size_t *n);
void		cs_accumulator_clear(cs_accumulator *a);
void		cs_accumulator_free(cs_accumulator *a);

#endif							/* CS_RANK_H */
