/*
 * ease.c - each item foretold by all others at once: ridge regression of the
 * matrix on itself with a zero diagonal, in closed form.
 *
 *		P = (X'X + l2 I)^-1,  w_ji = -p_ji / p_ii for j <> i
 *
 * (H. Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019).
 * Weights may be negative: who has this has that less often than the rest of the
 * history says.  X holds 1 or the decayed weight.
 *
 * Of the weights the neighbours largest in size are kept per target.  On
 * MovieLens-100k (l2 458, nDCG@10 .2905) 400 of 1,682 keep .2898, where the 400
 * largest positive ones have .2834: the negative ones say much.
 *
 * O(sum of squared lengths of histories + items^3) time, items^2 memory: 4 bytes
 * each, or 8 where single precision could not be trusted.  Items with fewer
 * customers than min_events take no part, neither as targets nor as sources.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"

#include "core/base/linalg.h"

#include <float.h>
#include <math.h>

/*
 * The condition number of X'X + l2 I is at most trace / l2 + 1, and some tenth of
 * it in practice; single precision then has three digits and more left.
 */
#define SINGLE_MOST 1e5

/* Beyond this, weights are rounding. */
#define CONDITION_MOST 1e14

typedef struct ease
{
	cs_pairs	pairs;
	double		half_life;
	size_t		n;				/* items that take part */
	size_t		keep;			/* weights per target */

	/* shared */
	float	   *single;			/* the matrix, n x n, in one of two precisions */
	double	   *full;
	int32_t    *item;			/* per row of the matrix */
	int32_t    *row;			/* per item; -1: takes no part */
	size_t	   *rows;			/* n of the leader */
} ease;

/* What the matrix needs. */
typedef struct size
{
	bool		full;			/* double precision */
	size_t		most;			/* bound of the items that take part */
	size_t		keep;			/* bound of the weights per target */
} size;

/* env, or NULL: to poll with. */
static size
size_of(cs_env *env, const cs_reco_args *a)
{
	const cs_events *e = a->events;
	double		half_life = cs_option_real(a->options, "half_life"),
				trace = 0;
	size_t		neighbours = (size_t) cs_option_int(a->options, "neighbours"),
				most = e->n / (size_t) cs_option_int(a->options, "min_events");

	for (size_t p = 0; p < e->n; p++)
	{
		double		x = cs_events_value(e, p, half_life);

		if (env)
			cs_events_poll(env, p);
		trace += x * x;
	}
	if (most > (size_t) e->items)
		most = (size_t) e->items;
	return (size) {!(trace <= SINGLE_MOST * cs_option_real(a->options, "l2")), most,
		neighbours > 0 && neighbours < most ? neighbours : most};
}

static cs_pairs_needs
needs(const cs_reco_args *a)
{
	return (cs_pairs_needs) {cs_reco_valued(a), cs_reco_valued(a), 0};
}

static size_t
arena(const cs_reco_args *a)
{
	size_t		items = (size_t) a->events->items;
	cs_pairs_needs n = needs(a);
	size		s = size_of(a->env, a);
	size_t		cell = s.full ? sizeof(double) : sizeof(float);

	return cs_pairs_arena(a, &n) + cs_team_bytes(s.most * s.most, cell) + 2 * cs_team_bytes(items, sizeof(int32_t)) +
		cs_team_bytes(1, sizeof(size_t)) + cs_team_bytes(items + 1, sizeof(size_t)) + cs_team_bytes(items, sizeof(int32_t)) +
		cs_team_bytes(s.most * s.keep, sizeof(int32_t)) + cs_team_bytes(s.most * s.keep, sizeof(float)) +
		cs_factor_arena(s.most, cell);
}

static void
start(ease *k, cs_env *env, cs_team *team, const cs_reco_args *a)
{
	size_t		items = (size_t) a->events->items;
	cs_pairs_needs n = needs(a);
	size		s = size_of(env, a);
	cs_pairs   *p = &k->pairs;

	cs_pairs_start(p, env, team, a, &n);
	k->half_life = cs_option_real(a->options, "half_life");
	k->keep = s.keep;
	if (s.full)
		k->full = cs_team_alloc(env, team, s.most * s.most, sizeof(double));
	else
		k->single = cs_team_alloc(env, team, s.most * s.most, sizeof(float));
	k->item = cs_team_alloc(env, team, items, sizeof(int32_t));
	k->row = cs_team_alloc(env, team, items, sizeof(int32_t));
	k->rows = cs_team_alloc(env, team, 1, sizeof(size_t));
	p->room = cs_team_alloc(env, team, items + 1, sizeof(size_t));
	p->kept = cs_team_alloc(env, team, items, sizeof(int32_t));
	p->neighbour = cs_team_alloc(env, team, s.most * s.keep, sizeof(int32_t));
	p->weight = cs_team_alloc(env, team, s.most * s.keep, sizeof(float));
}

/* Leader: values, customers by item, and which items take part. */
static void
fill(ease *k)
{
	cs_pairs   *p = &k->pairs;
	size_t	   *room = p->room;

	for (int c = 0; c < p->e->customers; c++)
		p->mass[c] = 1;
	for (size_t q = 0; p->value && q < p->e->n; q++)
	{
		cs_events_poll(p->env, q);
		p->value[q] = (float) fmax(cs_events_value(p->e, q, k->half_life), (double) FLT_MIN);
	}
	p->room = NULL;
	cs_pairs_columns(p);
	p->room = room;
	for (int i = 0; i < p->e->items; i++)
	{
		size_t		customers = p->column[i + 1] - p->column[i];
		bool		part = customers > 0 && (double) customers >= p->least;

		k->row[i] = part ? (int32_t) *k->rows : -1;
		room[i + 1] = room[i] + (part ? k->keep : 0);
		if (part)
			k->item[(*k->rows)++] = i;
	}
}

static inline void
put(ease *k, size_t at, double v)
{
	if (k->single)
		k->single[at] = (float) v;
	else
		k->full[at] = v;
}

static inline double
get(const ease *k, size_t at)
{
	return k->single ? (double) k->single[at] : k->full[at];
}

/* X'X + l2 I */
static void
fill_matrix(ease *k, double l2)
{
	cs_pairs   *p = &k->pairs;
	int			first,
				end;

	cs_pairs_open(p);
	while (cs_pairs_take(p, &first, &end))
		for (int i = first; i < end; i++)
		{
			size_t		at = (size_t) k->row[i] * k->n,
						touched = k->row[i] < 0 ? 0 : cs_pairs_sum(p, i);

			for (size_t t = 0; t < touched; t++)
			{
				int32_t		j = p->touched[t];

				if (k->row[j] >= 0)
					put(k, at + (size_t) k->row[j], p->sum[j] + (i == j ? l2 : 0));
				p->sum[j] = 0;
			}
		}
	cs_pairs_end(p);
	cs_pairs_close(p);
}

static double
largest_on_diagonal(const ease *k)
{
	double		most = 0;

	for (size_t r = 0; r < k->n; r++)
		most = fmax(most, get(k, r * k->n + r));
	return most;
}

static void
invert(ease *k, double l2)
{
	cs_env	   *env = k->pairs.env;
	double		most = largest_on_diagonal(k);
	ptrdiff_t	fault;

	cs_team_barrier(k->pairs.team); /* all have looked */
	fault = k->single ? cs_spd_inversef(env, k->pairs.team, k->n, k->single, k->n)
		: cs_spd_inverse(env, k->pairs.team, k->n, k->full, k->n);

	if (fault >= 0 || !(most * largest_on_diagonal(k) <= CONDITION_MOST))
		cs_fail(env, CS_E_NUMERIC, "algorithm ease finds no unique weights",
				cs_text(env, "Some items are had by the very same customers, and l2, which is %g, is too small to tell them apart.", l2),
				"Increase the option l2.");
}

/* The weights of the target of row r that are largest in size. */
static void
choose_sources(ease *k, uint64_t *room, size_t r)
{
	cs_pairs   *p = &k->pairs;
	size_t		at = p->room[k->item[r]];
	double		scale = -1 / get(k, r * k->n + r);
	cs_largest	best = cs_largest_start(room, k->keep);

	for (size_t s = 0; s < k->n; s++)
		cs_largest_offer(&best, (int32_t) s, s != r ? (float) fmin(fabs(scale * get(k, r * k->n + s)), (double) FLT_MAX) : 0);
	p->kept[k->item[r]] = (int32_t) cs_largest_finish(&best);
	for (size_t b = 0; b < (size_t) p->kept[k->item[r]]; b++)
	{
		int32_t		s = cs_largest_item(room[b]);
		float		size = cs_largest_score(room[b]);

		p->neighbour[at + b] = k->item[s];
		p->weight[at + b] = get(k, r * k->n + (size_t) s) < 0 ? size : -size;
	}
}

static void
choose_all(ease *k)
{
	cs_pairs   *p = &k->pairs;
	uint64_t   *room = CS_ROOM(p->env, uint64_t, cs_largest_room(k->keep));
	int			first,
				end;

	while (cs_pairs_take(p, &first, &end))
		for (int r = first; r < end && (size_t) r < k->n; r++)
		{
			cs_poll(p->env);
			choose_sources(k, room, (size_t) r);
		}
	cs_pairs_end(p);
	cs_release(p->env, room);
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	double		l2 = cs_option_real(args->options, "l2");
	ease		k = {0};

	start(&k, env, team, args);
	if (team->rank == 0)
		fill(&k);
	cs_team_barrier(team);
	k.n = *k.rows;

	/* the others are at work while the leader does this */
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	fill_matrix(&k, l2);
	if (k.n > 0)
	{
		invert(&k, l2);
		choose_all(&k);
	}
	if (team->rank == 0)
		cs_pairs_emit(&k.pairs, out);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"l2", CS_P_REAL, 500, 0, 1e12, NULL, "regularisation, in customers; grows with the events, and short histories want more"},
	{"neighbours", CS_P_INT, 500, 0, 100000, NULL, "weights largest in size that are kept per target; 0: all"},
	{0}
};

const cs_recommender cs_ease = {
	.name = "ease",
	.summary = "each item foretold by all others at once; the most exact up to some thousands of items",
	.flags = CS_RECO_ITEMS,
	.params = params,
	.fit = fit,
	.arena = arena
};
