/*
 * attributes.c - weights of what items are like (see attributes.h).
 */
#include "core/reco/attributes.h"

#include <float.h>
#include <math.h>

/* Lengths of the words and of the other attributes of an item, and what these are multiplied by. */
static void
scale_item(double words, double others, double weight, double *by_words, double *by_others)
{
	double		all = (words > 0 ? 1 : 0) + (others > 0 ? weight : 0);

	*by_words = words > 0 && all > 0 ? 1 / sqrt(words * all) : 0;
	*by_others = others > 0 && all > 0 ? sqrt(weight / (others * all)) : 0;
}

cs_events *
cs_attributes_build(cs_env *env, const cs_raw_attributes *raw, double weight)
{
	cs_raw_events events = {raw->n, raw->terms, raw->items, raw->term, raw->item, raw->count, NULL};
	cs_events  *e = cs_events_build(env, &events, 0);
	double	   *words = CS_NEW(env, double, (size_t) raw->items),
			   *others = CS_NEW(env, double, (size_t) raw->items),
				some = 0;

	for (size_t p = 0; p < e->n; p++)
		words[e->item[p]] = 1;
	for (int i = 0; i < raw->items; i++)
	{
		some += words[i];
		words[i] = 0;
	}
	for (int t = 0; t < raw->terms; t++)
	{
		double		idf = log((1 + some) / (1 + (double) (e->start[t + 1] - e->start[t]))) + 1;

		cs_poll(env);
		for (size_t p = e->start[t]; p < e->start[t + 1]; p++)
		{
			double		c = (double) e->weight[p],
						w = (c >= 1 ? 1 + log(c) : c) * idf;

			e->weight[p] = (float) w;
			*(raw->other[t] ? &others[e->item[p]] : &words[e->item[p]]) += w * w;
		}
	}
	for (int i = 0; i < raw->items; i++)
		scale_item(words[i], others[i], weight, &words[i], &others[i]);
	for (int t = 0; t < raw->terms; t++)
		for (size_t p = e->start[t]; p < e->start[t + 1]; p++)
			e->weight[p] *= (float) (raw->other[t] ? others[e->item[p]] : words[e->item[p]]);
	cs_release(env, words);
	cs_release(env, others);
	return e;
}
