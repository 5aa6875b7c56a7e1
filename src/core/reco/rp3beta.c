/*
 * rp3beta.c - random walks of three steps: from an item of the history to a
 * customer who has it, and on to what else that one has.
 *
 * The walk goes from item j to each of its n_j customers alike, and from customer
 * u to item i in proportion to x_ui, which is 1 or the decayed weight:
 *
 *		w_ji = sum_u (1 / n_j)^alpha (x_ui / sum_k x_uk)^alpha / n_i^beta
 *
 * beta holds popular items down (F. Christoffel, B. Paudel, C. Newell, A.
 * Bernstein, "Blockbusters and wallflowers: accurate, diverse, and scalable
 * recommendations with random walks", RecSys 2015); with beta = 0 it is P3alpha
 * (C. Cooper, S. H. Lee, T. Radzik, Y. Siantos, "Random walks in recommender
 * systems: exact computation and simulations", WWW 2014).
 *
 * The rest is as in the evaluation framework of Ferrari Dacrema et al. (TOIS
 * 2021), whose tables come out the same: the neighbours largest are kept per
 * source, their weights are brought to a sum of 1 where normalize is on, and then
 * the neighbours largest of those are kept per target.  The first pruning alone
 * leaves rare items without sources (recall@20 of P3alpha on MovieLens-1M: .069
 * against .122), the second one alone keeps every rare item's chance company
 * (precision@10 on MovieLens-100k: .3365 against .3435).  Cost: see cooccurrence.h.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"

#include <float.h>
#include <math.h>

typedef struct walk
{
	cs_pairs	pairs;
	double		alpha;
	double		beta;
	double		half_life;
	double	   *into;			/* shared; per item: n_i^-beta, 0 for items that are not recommended */
	double	   *from;			/* shared; per item: n_i^-alpha */
} walk;

static cs_pairs_needs
needs(const cs_reco_args *a)
{
	return (cs_pairs_needs) {cs_reco_valued(a), false, (size_t) cs_option_int(a->options, "neighbours")};
}

static size_t
arena(const cs_reco_args *a)
{
	cs_pairs_needs n = needs(a);

	return cs_pairs_arena(a, &n) + 2 * cs_team_bytes((size_t) a->events->items, sizeof(double));
}

/*
 * Leader: the steps from a customer, (x_ui / sum_k x_uk)^alpha.  Ages are counted from
 * the customer's own last event, which changes no share: of the global ones nothing may
 * be left after many half-lives.
 */
static void
fill_steps(walk *w, int customer)
{
	cs_pairs   *p = &w->pairs;
	cs_events	e = *p->e;
	size_t		first = e.start[customer],
				end = e.start[customer + 1];
	double		sum = 0;

	for (size_t q = first; e.last && q < end; q++)
		e.now = q == first ? e.last[q] : fmax(e.now, e.last[q]);
	for (size_t q = first; q < end; q++)
		sum += cs_events_value(&e, q, w->half_life);
	for (size_t q = first; q < end; q++)
	{
		cs_events_poll(p->env, q);
		p->value[q] = (float) fmax(pow(cs_events_value(&e, q, w->half_life) / sum, w->alpha), (double) FLT_MIN);
	}
}

/* Leader: what each customer and item counts for. */
static void
fill(walk *w)
{
	cs_pairs   *p = &w->pairs;
	const cs_events *e = p->e;
	double		least = p->least;

	for (int c = 0; c < e->customers; c++)
	{
		size_t		n = e->start[c + 1] - e->start[c];

		p->mass[c] = p->value || n == 0 ? 1 : pow((double) n, -w->alpha);
		if (p->value)
			fill_steps(w, c);
	}
	p->least = 0;				/* every item may be a source */
	cs_pairs_columns(p);
	for (int i = 0; i < e->items; i++)
	{
		double		n = (double) (p->column[i + 1] - p->column[i]);

		w->into[i] = n > 0 && n >= least ? pow(n, -w->beta) : 0;
		w->from[i] = n > 0 ? pow(n, -w->alpha) : 0;
	}
}

static void
choose_targets(cs_pairs *p, void *arg, int j, size_t touched, cs_largest *best)
{
	const walk *w = arg;

	for (size_t t = 0; t < touched; t++)
	{
		int32_t		i = p->touched[t];
		float		s = (float) fmin(p->sum[i] * w->from[j] * w->into[i], (double) FLT_MAX);

		p->sum[i] = 0;
		cs_largest_offer(best, i, i != j ? s : 0);
	}
}

/* Leader: a walk from an item ends at one of its targets. */
static void
normalize(cs_pairs *p)
{
	for (int j = 0; j < p->e->items; j++)
	{
		size_t		from = p->room[j],
					end = from + (size_t) p->kept[j];
		double		sum = 0;

		cs_events_poll(p->env, (size_t) j);
		for (size_t q = from; q < end; q++)
			sum += (double) p->weight[q];
		for (size_t q = from; q < end; q++)
			p->weight[q] = (float) ((double) p->weight[q] / sum);
	}
}

/* Leader: from targets by source to the neighbours largest sources by target. */
static void
prune_targets(cs_pairs *p)
{
	cs_reco_model by_target;
	int			items = p->e->items;
	uint64_t   *room;
	size_t		to = 0;

	cs_pairs_emit(p, &by_target);
	room = CS_ROOM(p->env, uint64_t, cs_largest_room(p->neighbours < (size_t) items ? p->neighbours : (size_t) items));
	for (int i = 0; i < items; i++)
	{
		cs_largest	best = cs_largest_start(room, p->neighbours < (size_t) items ? p->neighbours : (size_t) items);

		for (size_t q = by_target.start[i]; q < by_target.start[i + 1]; q++)
		{
			cs_events_poll(p->env, q);
			cs_largest_offer(&best, by_target.target[q], by_target.value[q]);
		}
		p->room[i] = to;
		p->kept[i] = (int32_t) cs_largest_finish(&best);
		for (int32_t b = 0; b < p->kept[i]; b++, to++)
		{
			p->neighbour[to] = cs_largest_item(room[b]);
			p->weight[to] = cs_largest_score(room[b]);
		}
	}
	cs_release(p->env, room);
	cs_release(p->env, by_target.start);
	cs_release(p->env, by_target.target);
	cs_release(p->env, by_target.value);
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team),
				items = (size_t) args->events->items;
	cs_pairs_needs n = needs(args);
	walk		w = {.alpha = cs_option_real(args->options, "alpha"),.beta = cs_option_real(args->options, "beta"),
		.half_life = cs_option_real(args->options, "half_life")};

	cs_pairs_start(&w.pairs, env, team, args, &n);
	w.into = cs_team_alloc(env, team, items, sizeof(double));
	w.from = cs_team_alloc(env, team, items, sizeof(double));
	if (team->rank == 0)
		fill(&w);
	cs_team_barrier(team);

	/* the others are at work while the leader does this */
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	cs_pairs_find(&w.pairs, choose_targets, &w);
	if (team->rank == 0)
	{
		if (cs_option_get(args->options, "normalize")->number != 0)
			normalize(&w.pairs);
		prune_targets(&w.pairs);
		cs_pairs_emit(&w.pairs, out);
	}
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"alpha", CS_P_REAL, 0.8, 0, 10, NULL, "power of the steps of the walk; below 1 they differ less"},
	{"beta", CS_P_REAL, 0.4, 0, 10, NULL, "power of an item's customers that its weights are divided by; 0: P3alpha"},
	{"neighbours", CS_P_INT, 200, 1, 100000, NULL, "most targets kept per item, and of these most sources per target"},
	{"normalize", CS_P_BOOL, 1, 0, 1, NULL, "weights of each item of a history add up to 1"},
	{0}
};

const cs_recommender cs_rp3beta = {
	.name = "rp3beta",
	.summary = "random walks over customers and items, with popular items held down; reaches further into the range than itemknn",
	.flags = CS_RECO_ITEMS | CS_RECO_COUNTS,
	.params = params,
	.fit = fit,
	.arena = arena
};
