/*
 * content.c - items like those of the history: by what they are, not by who has
 * them.
 *
 * Weights from item to item are the cosines of their attributes (attributes.h); the
 * neighbours likest are kept per target, so that items that nobody has yet have
 * their sources as well.  The pass over pairs of items is that of cooccurrence.h,
 * with terms in the place of customers: O(sum over terms of the square of their
 * items).  Terms that more items have than most_items lead nowhere, which bounds
 * it; they count in the lengths.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"

#include <float.h>
#include <math.h>

static cs_pairs_needs
needs(const cs_reco_args *a)
{
	return (cs_pairs_needs) {true, true, (size_t) cs_option_int(a->options, "neighbours")};
}

/* The terms' part of the arguments, in the place of the events. */
static cs_reco_args
of_terms(const cs_reco_args *a)
{
	cs_reco_args terms = *a;

	terms.events = a->attributes;
	return terms;
}

static size_t
arena(const cs_reco_args *a)
{
	cs_pairs_needs n = needs(a);
	cs_reco_args terms = of_terms(a);

	return a->attributes ? cs_pairs_arena(&terms, &n) : 0;
}

/* Leader: weights, and items by term. */
static void
fill(cs_pairs *p, size_t most_items)
{
	const cs_events *e = p->e;

	for (int t = 0; t < e->customers; t++)
		p->mass[t] = most_items == 0 || e->start[t + 1] - e->start[t] <= most_items;
	for (size_t q = 0; q < e->n; q++)
	{
		cs_events_poll(p->env, q);
		p->value[q] = fmaxf(e->weight[q], FLT_MIN);
	}
	p->least = 0;
	cs_pairs_columns(p);
}

static void
choose(cs_pairs *p, void *arg, int i, size_t touched, cs_largest *best)
{
	(void) arg;
	for (size_t t = 0; t < touched; t++)
	{
		int32_t		j = p->touched[t];
		float		s = (float) p->sum[j];

		p->sum[j] = 0;
		cs_largest_offer(best, j, j != i ? s : 0);
	}
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	cs_pairs_needs n = needs(args);
	cs_reco_args terms = of_terms(args);
	cs_pairs	p;

	if (args->attributes == NULL)
		cs_fail(env, CS_E_PARAM, "algorithm \"content\" needs a source of items", NULL,
				"Name it with the arguments \"item_source\" and \"item_key\".");
	cs_pairs_start(&p, env, team, &terms, &n);
	if (team->rank == 0)
		fill(&p, (size_t) cs_option_real(args->options, "most_items"));
	cs_team_barrier(team);

	/* the others are at work while the leader does this */
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	cs_pairs_find(&p, choose, NULL);
	if (team->rank == 0)
		cs_pairs_emit(&p, out);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"text", CS_P_TEXTS, 0, 0, 0, NULL, "columns of the item source whose words count; none named at all: all columns of texts"},
	{"categories", CS_P_TEXTS, 0, 0, 0, NULL, "columns of categories, of any type"},
	{"numbers", CS_P_TEXTS, 0, 0, 0, NULL, "columns of numbers: items are like by their place among ten quantiles"},
	{"weight", CS_P_REAL, 1, 0.001, 1000, NULL, "what categories and numbers together count for against the texts"},
	{"language", CS_P_TEXT, 0, 0, 0, NULL, "text search configuration that makes words of texts; default_text_search_config when none is named"},
	{"neighbours", CS_P_INT, 200, 1, 100000, NULL, "likest items that are kept per item"},
	{"most_items", CS_P_INT, 10000, 0, 1e9, NULL, "what more items have makes none of them alike; 0: any"},
	{0}
};

const cs_recommender cs_content = {
	.name = "content",
	.summary = "items like those of the history, by their texts, categories and numbers; reaches items that nobody has yet",
	.flags = CS_RECO_ITEMS | CS_RECO_CONTENT,
	.params = params,
	.fit = fit,
	.arena = arena
};
