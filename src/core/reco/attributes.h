/*
 * attributes.h - what items are like: words of their texts and other attributes,
 * as a sparse matrix of weights.
 *
 * The weight of a term in an item is f(count) idf, with f(c) = 1 + ln c, and c
 * itself below 1, and idf = ln((1 + n) / (1 + items with the term)) + 1 over the n
 * items that have any.  The words of an item are brought to length 1, its other
 * attributes to the root of their weight, and both together to length 1: so the
 * product of two items that have both is (likeness of texts + weight likeness of
 * attributes) / (1 + weight), cosines both.
 */
#ifndef CS_ATTRIBUTES_H
#define CS_ATTRIBUTES_H

#include "core/reco/events.h"

typedef struct cs_raw_attributes
{
	size_t		n;
	int			items;
	int			terms;
	const int32_t *item;
	const int32_t *term;
	const float *count;			/* > 0; repeated ones add up */
	const bool *other;			/* per term: an attribute, not a word */
} cs_raw_attributes;

/* Rows are terms, columns items, weights as above. */
cs_events  *cs_attributes_build(cs_env *env, const cs_raw_attributes *raw, double weight);

#endif							/* CS_ATTRIBUTES_H */
