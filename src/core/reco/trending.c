/*
 * trending.c - the same for everybody: what is bought more than it used to be.
 *
 * r is the number of customers whose last event with the item lies within the
 * window, b the number of those before it, scaled to the length of the window.
 * If both are Poisson counts, 2 sqrt(x + 3/8) has variance 1 whatever the rate
 * (F. J. Anscombe, "The transformation of Poisson, binomial and negative-binomial
 * data", Biometrika 35, 1948), so
 *
 *		score = 2 (sqrt(r + 3/8) - sqrt(b + 3/8))
 *
 * measures a change in standard deviations: 100 to 150 (4.5) beats 1 to 3 (1.3),
 * although its ratio is smaller.  Items that do not rise score 0 and are no part
 * of the list; the popular ones follow it.
 *
 * What it does not know: of a customer and an item only the last event is kept.
 * Who buys a thing every week counts as recent, not as before, which favours
 * things that are bought again and again.  Where the time before is shorter than
 * the window it counts as long as the window; scaling it up would multiply noise.
 * half_life and weights play no role here: decayed weights are no counts.
 */
#include "core/reco/algorithms.h"

#include <math.h>

#define DEFAULT_WINDOW 7.0		/* days */

/* Customers per item, recent in score and earlier in before; returns the earliest time. */
static double
count_customers(cs_env *env, const cs_events *e, double since, double *score, double *before)
{
	double		first = since;

	for (size_t i = 0; i < e->n; i++)
	{
		cs_events_poll(env, i);
		if (e->last[i] > since)
			score[e->item[i]]++;
		else
			before[e->item[i]]++;
		first = fmin(first, e->last[i]);
	}
	return first;
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	const cs_events *e = args->events;
	double		window = cs_option_real(args->options, "window") * CS_SECONDS_PER_DAY,
				since = e->now - window,
				scale,
			   *before;

	if (team->rank != 0)
		return;
	if (e->last == NULL)
		cs_fail(env, CS_E_PARAM, "algorithm \"trending\" needs the times of events", NULL,
				"Name the column of times with the argument \"at\".");
	cs_reco_fit_common(env, args, out);
	out->score = CS_NEW(env, double, (size_t) e->items);
	before = CS_NEW(env, double, (size_t) e->items);
	scale = window / fmax(window, since - count_customers(env, e, since, out->score, before));
	for (int i = 0; i < e->items; i++)
	{
		double		change = 2 * (sqrt(out->score[i] + 0.375) - sqrt(scale * before[i] + 0.375));

		out->score[i] = out->popularity[i] > 0 ? fmax(change, 0) : 0;
	}
	cs_release(env, before);
}

static const cs_param params[] = {
	{"window", CS_P_REAL, DEFAULT_WINDOW, 0.01, 36500, NULL, "the last so many days are compared with the time before"},
	{0}
};

const cs_recommender cs_trending = {
	.name = "trending",
	.summary = "the items whose sales rise most, in standard deviations",
	.flags = CS_RECO_TIME | CS_RECO_COUNTS,
	.params = params,
	.fit = fit
};
