/*
 * one_item.c - scores of one item (see one_item.h).
 *
 * Weights from item to item and factors need no other item's score: a history of
 * h items costs O(h), and for factors their folding in.  Other algorithms score
 * all items and look for this one.
 */
#include "postgres.h"

#include "core/base/sorted.h"
#include "pg/one_item.h"

/* What each item gives to this one: O(entries of the model). */
static float *
weights_to(const cs_batch *b, int32 item)
{
	const cs_reco_whole *w = b->w;
	float	   *to = CS_NEW(b->env, float, (size_t) b->now.r->items + 1);

	for (int j = 0; j < b->now.r->items; j++)
	{
		size_t		n = w->start[j + 1] - w->start[j],
					at = n > 0 ? cs_sorted_find(w->target + w->start[j], n, item) : n;

		if (at < n)
			to[j] = w->weight[w->start[j] + at];
	}
	return to;
}

cs_one_item
cs_one_item_of(cs_batch *b, int32 item)
{
	cs_one_item o = {b, item, NULL};

	if ((b->now.r->flags & CS_RECO_PERSONAL) == CS_RECO_ITEMS)
		o.to = weights_to(b, item);
	return o;
}

/* The same terms in the same order as for all items. */
static double
score_by_weights(const cs_one_item *o, int customer)
{
	const cs_batch *b = o->b;
	size_t		from = b->events->start[customer],
				to = b->events->start[customer + 1];
	double		sum = 0;

	cs_serve_values(b->env, b->now.r, b->events, from, to, b->x);
	for (size_t e = from; e < to; e++)
		if (b->events->item[e] < b->now.r->items)
			sum += b->x[e - from] * (double) o->to[b->events->item[e]];
	return sum;
}

static double
score_by_factors(const cs_one_item *o, int customer)
{
	const cs_batch *b = o->b;
	size_t		from = b->events->start[customer],
				n = 0;

	for (size_t e = from; e < b->events->start[customer + 1] && b->events->item[e] < b->now.r->items; e++)
		b->x[n++] = cs_events_value(b->events, e, b->now.r->half_life);
	if (n == 0)
		return 0;
	cs_fold_customer(b->fold, n, b->events->item + from, b->x);
	return cs_fold_score(b->fold, o->item);
}

double
cs_one_item_score(const cs_one_item *o, int customer)
{
	const cs_scored *scored;
	size_t		n;

	if (o->to)
		return score_by_weights(o, customer);
	if ((o->b->now.r->flags & CS_RECO_PERSONAL) == CS_RECO_FACTORS)
		return score_by_factors(o, customer);
	(void) cs_batch_request(o->b, customer, false, (cs_item_set) {NULL, 0});
	n = cs_batch_scores(o->b, 0, &scored);
	for (size_t i = 0; i < n; i++)
		if (scored[i].item == o->item)
			return scored[i].score;
	return 0;
}
