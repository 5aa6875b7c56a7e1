/*
 * popular.c - the same for everybody: what most customers have.
 *
 * Without weights each customer counts once per item: one who orders a thing every
 * day does not make it popular.  With weights, those of repeated events add up.
 * With a window only entries touched in the last so many days form the list; what
 * did not sell in them follows in the order of all times (model->popularity).
 */
#include "core/reco/algorithms.h"

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	const cs_events *e = args->events;
	double		window = cs_option_real(args->options, "window"),
				half_life = cs_option_real(args->options, "half_life");

	if (team->rank != 0)
		return;
	cs_reco_check_timed(env, args, "window");
	cs_reco_fit_common(env, args, out);
	if (!(window > 0))
		return;
	out->score = CS_NEW(env, double, (size_t) e->items);
	for (size_t i = 0; i < e->n; i++)
	{
		cs_events_poll(env, i);
		if (e->last[i] > e->now - window * CS_SECONDS_PER_DAY && out->popularity[e->item[i]] > 0)
			out->score[e->item[i]] += cs_events_value(e, i, half_life);
	}
}

static const cs_param params[] = {
	{"window", CS_P_REAL, 0, 0, 36500, NULL, "only what was touched in the last so many days; 0: all"},
	{0}
};

const cs_recommender cs_popular = {
	.name = "popular",
	.summary = "the items that most customers have, optionally of late",
	.flags = CS_RECO_COUNTS,
	.params = params,
	.fit = fit
};
