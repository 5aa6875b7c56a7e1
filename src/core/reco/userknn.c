/*
 * userknn.c - what customers with a like history have (see crowd.h).
 *
 * The work is serving's: the version keeps the customers' events.  Only for
 * neighbourhood others training looks for the nearest of every customer, O(sum of
 * squared customers of items), of whom it keeps the last one: the bar.
 */
#include "core/reco/crowd.h"
#include "core/reco/algorithms.h"

/* Customers per unit of the team's work. */
#define UNIT_CUSTOMERS 64

static bool
has_bars(const cs_reco_args *a)
{
	return cs_option_int(a->options, "neighbourhood") == CS_CROWD_OTHERS;
}

static size_t
arena(const cs_reco_args *a)
{
	return has_bars(a) ? cs_team_bytes((size_t) a->events->customers, sizeof(cs_bar)) + cs_team_bytes(1, sizeof(cs_queue)) : 0;
}

static void
find_bars(cs_env *env, cs_team *team, const cs_reco_args *args, cs_bar *bar)
{
	int			customers = args->events->customers,
				unit;
	cs_crowd   *a = cs_crowd_new(env, args->events, args->options, NULL);
	cs_turn		turn;

	cs_turn_init(env, team, &turn, (customers + UNIT_CUSTOMERS - 1) / UNIT_CUSTOMERS);
	while ((unit = cs_turn_take(team, &turn)) >= 0)
	{
		int			first = unit * UNIT_CUSTOMERS,
					end = customers - first > UNIT_CUSTOMERS ? first + UNIT_CUSTOMERS : customers;

		cs_progress(env, CS_PHASE_FIT, unit, turn.units);
		for (int c = first; c < end; c++)
		{
			cs_poll(env);
			bar[c] = cs_crowd_bar(a, c);
		}
	}
	cs_turn_end(team, &turn);
	cs_crowd_free(a);
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team),
				customers = (size_t) args->events->customers;
	cs_bar	   *bar = NULL;

	if (has_bars(args))
	{
		bar = cs_team_alloc(env, team, customers, sizeof(cs_bar));
		find_bars(env, team, args, bar);
	}
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	if (team->rank == 0 && bar)
	{
		out->bar = CS_ROOM(env, cs_bar, customers);
		memcpy(out->bar, bar, sizeof(cs_bar) * customers);
	}
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"similarity", CS_P_ENUM, 3, 0, 0, "cosine|tfidf|bm25|jaccard|dice|llr", "how alike two histories are"},
	{"neighbours", CS_P_INT, 100, 1, 100000, NULL, "customers that are nearest"},
	{"neighbourhood", CS_P_ENUM, CS_CROWD_OWN, 0, 0, "own|others",
	"whose history counts: of the nearest, or of all who have the customer among their nearest; the latter suits long histories"},
	{"shrink", CS_P_REAL, 3, 0, 1e6, NULL, "added to the denominator, against likeness by chance of short histories; llr needs none"},
	{"visits", CS_P_INT, 200000, 0, 1e9, NULL,
	"customers that are looked at per search, by the rarest items of the history first; 0: all"},
	{0}
};

const cs_recommender cs_userknn = {
	.name = "userknn",
	.summary = "what customers with a like history have; trains at once, and forgets a customer at once",
	.flags = CS_RECO_CUSTOMERS | CS_RECO_COUNTS,
	.params = params,
	.fit = fit,
	.arena = arena
};
