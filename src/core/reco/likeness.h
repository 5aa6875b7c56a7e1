/*
 * likeness.h - how alike two items are by their weights to others.
 *
 * An item stands for the vector of the weights that it gives to others, and
 * itself with the largest of these.  The cosine of two such vectors is large when
 * one item speaks for the other, or both speak for the same.
 */
#ifndef CS_LIKENESS_H
#define CS_LIKENESS_H

#include <stddef.h>
#include <stdint.h>

typedef struct cs_item_row
{
	int32_t		item;
	size_t		n;
	const int32_t *target;		/* ascending, without the item itself */
	const float *weight;
	double		own;			/* weight of the item itself: the largest size of the others, or 1 */
	double		length;
} cs_item_row;

/* The row of an item; arrays stay the caller's. */
cs_item_row cs_item_row_of(int32_t item, size_t n, const int32_t *target, const float *weight);

/* Cosine, from 0 (also where it is below) to 1. */
double		cs_item_likeness(const cs_item_row *a, const cs_item_row *b);

#endif							/* CS_LIKENESS_H */
