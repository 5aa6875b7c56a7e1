/*
 * likeness.c - likeness of items by their weights (likeness.h).
 */
#include "core/reco/likeness.h"

#include "core/base/sorted.h"

#include <math.h>

cs_item_row
cs_item_row_of(int32_t item, size_t n, const int32_t *target, const float *weight)
{
	cs_item_row r = {item, n, target, weight, 0, 0};
	double		sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		double		w = (double) weight[i];

		sum += w * w;
		r.own = fabs(w) > r.own ? fabs(w) : r.own;
	}
	if (r.own == 0)
		r.own = 1;
	r.length = sqrt(sum + r.own * r.own);
	return r;
}

/* What a gives to an item. */
static double
weight_of(const cs_item_row *a, int32_t item)
{
	size_t		at = cs_sorted_find(a->target, a->n, item);

	return at < a->n ? (double) a->weight[at] : 0;
}

double
cs_item_likeness(const cs_item_row *a, const cs_item_row *b)
{
	double		sum,
				cosine;

	if (a->item == b->item)
		return 1;
	sum = weight_of(a, b->item) * b->own + weight_of(b, a->item) * a->own;
	/* without a branch, which nobody could foretell */
	for (size_t i = 0, j = 0; i < a->n && j < b->n;)
	{
		int32_t		x = a->target[i],
					y = b->target[j];
		double		both = (double) a->weight[i] * (double) b->weight[j];

		sum += x == y ? both : 0;
		i += x <= y;
		j += y <= x;
	}
	cosine = sum / (a->length * b->length);
	return cosine > 1 ? 1 : cosine > 0 ? cosine : 0;
}
