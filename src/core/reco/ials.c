/*
 * ials.c - factors of customers and items whose products are near 1 where a
 * customer has an item and near 0 elsewhere.
 *
 *		sum_ui x_ui (1 - w_u'v_i)^2 + alpha sum_all (w_u'v_i)^2
 *			+ sum_u lambda_u |w_u|^2 + sum_i lambda_i |v_i|^2,
 *		lambda_u = l2 (sum_i x_ui + alpha items)^nu, lambda_i alike
 *
 * (Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit feedback
 * datasets", ICDM 2008, with the regularisation of S. Rendle, W. Krichene, L.
 * Zhang, Y. Koren, "Revisiting the performance of iALS on item recommendation
 * benchmarks", 2021, without which it was taken for weak).  x is 1 or the decayed
 * weight.  Each pass solves for all customers, then for all items, exactly.
 *
 * Only products matter, so factors may be turned.  Before one side is solved, the
 * other is turned to make its Gram matrix diagonal; then a row with n entries,
 * fewer than factors, takes O(n^2 d + n^3) rather than O(n d^2 + d^3) (factors.h).
 * Most customers are such rows.
 *
 * Per pass O((customers + items) d^2) and the rows.  Memory 4 d bytes per
 * customer and item, 8 to 20 per entry.  Customers are not kept: serving solves
 * for the history that it finds.  Items with fewer customers than min_events take
 * no part.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"
#include "core/reco/rough.h"

#include "core/base/linalg.h"
#include "core/base/rng.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Rows per unit of the team's work: of simple passes over factors, and to be solved. */
#define UNIT_FACTORS 1024
#define UNIT_SOLVED 32

/* Rows that are turned at a time. */
#define ROWS 128

/* Entries whose factors are asked for before they are needed. */
#define AHEAD 12

/* Size of the factors to begin with, times the root of their number. */
#define FIRST_SIZE 0.1

/* One side of the matrix. */
typedef struct side
{
	size_t		n;
	float	   *factor;			/* n x d, shared */
	const size_t *start;		/* n + 1: entries of each row */
	const int32_t *entry;		/* rows of the other side */
	const float *value;			/* NULL: all 1 */
	double		others;			/* rows of the other side that take part */
	double	   *part;			/* shared: Gram matrices of the units */
	cs_turn		factors;
	cs_turn		solved;
} side;

typedef struct als
{
	cs_env	   *env;
	cs_team    *team;
	cs_pairs	pairs;
	size_t		d;
	cs_fold_settings fold;
	side		customers;
	side		items;

	/* shared */
	float	   *turn;			/* d x d: a row per new factor */
	double	   *gram;			/* diagonal of alpha times the turned Gram matrix */

	/* private */
	float	   *turned;			/* ROWS x d */
	float	   *square;			/* d x d */
	double	   *vectors;		/* the same */
	cs_ridge   *ridge;
	cs_rough   *rough;
} als;

static cs_pairs_needs
needs(const cs_reco_args *a)
{
	return (cs_pairs_needs) {cs_reco_valued(a), cs_reco_valued(a), 0};
}

/* At least one, that the Gram matrix of nobody is 0. */
static size_t
units_of(size_t n, size_t unit)
{
	return n > 0 ? (n + unit - 1) / unit : 1;
}

static size_t
side_arena(size_t n, size_t d)
{
	return cs_team_bytes(n * d, sizeof(float)) + cs_team_bytes(units_of(n, UNIT_FACTORS) * d * d, sizeof(double)) +
		2 * cs_team_bytes(1, sizeof(cs_queue));
}

static size_t
arena(const cs_reco_args *a)
{
	size_t		d = (size_t) cs_option_int(a->options, "factors");
	cs_pairs_needs n = needs(a);

	return cs_pairs_arena(a, &n) + side_arena((size_t) a->events->customers, d) + side_arena((size_t) a->events->items, d) +
		cs_team_bytes(d * d, sizeof(float)) + cs_team_bytes(d, sizeof(double));
}

static void
start_side(als *k, side *s, int n)
{
	s->n = (size_t) n;
	s->factor = cs_team_alloc(k->env, k->team, s->n * k->d, sizeof(float));
	s->part = cs_team_alloc(k->env, k->team, units_of(s->n, UNIT_FACTORS) * k->d * k->d, sizeof(double));
	cs_turn_init(k->env, k->team, &s->factors, (int) units_of(s->n, UNIT_FACTORS));
	cs_turn_init(k->env, k->team, &s->solved, (int) units_of(s->n, UNIT_SOLVED));
}

static void
start(als *k, cs_env *env, cs_team *team, const cs_reco_args *a)
{
	const cs_events *e = a->events;
	cs_pairs_needs n = needs(a);

	k->env = env;
	k->team = team;
	k->d = (size_t) cs_option_int(a->options, "factors");
	k->fold = (cs_fold_settings) {cs_option_real(a->options, "alpha"), cs_option_real(a->options, "l2"),
		cs_option_real(a->options, "nu")};
	cs_pairs_start(&k->pairs, env, team, a, &n);
	start_side(k, &k->customers, e->customers);
	start_side(k, &k->items, e->items);
	k->turn = cs_team_alloc(env, team, k->d * k->d, sizeof(float));
	k->gram = cs_team_alloc(env, team, k->d, sizeof(double));
	k->turned = CS_ROOM(env, float, ROWS * k->d);
	k->square = CS_ROOM(env, float, k->d * k->d);
	k->vectors = CS_ROOM(env, double, k->d * k->d);
	k->ridge = cs_ridge_new(env, k->d);
	k->rough = cs_rough_new(env, k->d);
}

/* Does item i take part? */
static inline bool
takes_part(const als *k, size_t i)
{
	size_t		customers = k->pairs.column[i + 1] - k->pairs.column[i];

	return customers > 0 && (double) customers >= k->pairs.least;
}

/* Leader: values, customers by item, factors of items to begin with. */
static void
fill(als *k, double half_life, uint64_t seed)
{
	cs_pairs   *p = &k->pairs;
	double		size = FIRST_SIZE / sqrt((double) k->d);
	cs_rng		rng;

	for (size_t q = 0; p->value && q < p->e->n; q++)
	{
		cs_events_poll(k->env, q);
		p->value[q] = (float) fmax(cs_events_value(p->e, q, half_life), (double) FLT_MIN);
	}
	cs_pairs_columns(p);
	cs_rng_init(&rng, seed, CS_STREAM_FACTORS);
	for (size_t i = 0; i < k->items.n; i++)
		for (size_t f = 0; f < k->d && takes_part(k, i); f++)
		{
			double		radius = sqrt(-2 * log(1 - cs_rng_unit(&rng)));

			cs_events_poll(k->env, i * k->d + f);
			k->items.factor[i * k->d + f] = (float) (size * radius * cos(2 * 3.14159265358979323846 * cs_rng_unit(&rng)));
		}
}

/* What both sides know of each other. */
static void
link_sides(als *k)
{
	const cs_events *e = k->pairs.e;

	k->customers.start = e->start;
	k->customers.entry = e->item;
	k->customers.value = k->pairs.value;
	k->items.start = k->pairs.column;
	k->items.entry = k->pairs.customer;
	k->items.value = k->pairs.column_value;
	for (size_t i = 0; i < k->items.n; i++)
		k->customers.others += takes_part(k, i);
	for (int c = 0; c < e->customers; c++)
		k->items.others += e->start[c + 1] > e->start[c];
}

/*
 * The Gram matrices of units, and from them, by the leader, the turn.  In single
 * precision, ROWS at a time: what that leaves off the diagonal is small beside
 * what the regularisation adds to it.
 */
static void
find_turn(als *k, side *s)
{
	size_t		square = k->d * k->d;
	int			unit;

	while ((unit = cs_turn_take(k->team, &s->factors)) >= 0)
	{
		double	   *part = s->part + (size_t) unit * square;
		size_t		end = ((size_t) unit + 1) * UNIT_FACTORS;

		memset(part, 0, sizeof(double) * square);
		for (size_t from = (size_t) unit * UNIT_FACTORS; from < s->n && from < end; from += ROWS)
		{
			size_t		n = s->n - from < ROWS ? s->n - from : ROWS;

			cs_gramf(k->env, NULL, CS_T, k->d, n, 1, s->factor + from * k->d, k->d, 0, k->square, k->d);
			for (size_t i = 0; i < square; i++)
				part[i] += (double) k->square[i];
			cs_poll(k->env);
		}
	}
	cs_turn_end(k->team, &s->factors);
	if (k->team->rank == 0)
	{
		for (int u = 1; u < s->factors.units; u++)
			for (size_t i = 0; i < square; i++)
				s->part[i] += s->part[(size_t) u * square + i];
		cs_eigen_symmetric(k->env, k->d, s->part, k->d, k->gram, k->vectors, k->d);
		for (size_t i = 0; i < square; i++)
			k->turn[i] = (float) k->vectors[i];
		for (size_t f = 0; f < k->d; f++)
			k->gram[f] = k->fold.alpha * fmax(k->gram[f], 0);
	}
	cs_team_barrier(k->team);
}

/* Make the Gram matrix of a side diagonal. */
static void
turn_side(als *k, side *s)
{
	int			unit;

	find_turn(k, s);
	while ((unit = cs_turn_take(k->team, &s->factors)) >= 0)
	{
		size_t		end = ((size_t) unit + 1) * UNIT_FACTORS;

		for (size_t from = (size_t) unit * UNIT_FACTORS; from < s->n && from < end; from += ROWS)
		{
			size_t		n = s->n - from < ROWS ? s->n - from : ROWS;

			cs_productf(k->env, NULL, CS_N, CS_T, n, k->d, k->d, 1, s->factor + from * k->d, k->d, k->turn, k->d, 0, k->turned, k->d);
			memcpy(s->factor + from * k->d, k->turned, sizeof(float) * n * k->d);
			cs_poll(k->env);
		}
	}
	cs_turn_end(k->team, &s->factors);
}

/* Factors lie anywhere in memory: ask for those of an entry some time before they are needed. */
static inline void
ask_for(const als *k, const float *v)
{
#ifdef __GNUC__
	for (size_t f = 0; f < k->d; f += 16)
		__builtin_prefetch(v + f);
#endif
}

/* Entry q of a row, and what takes part of it: its weight, or 0. */
static inline double
weight_of(const als *k, const side *s, const side *other, size_t q)
{
	if (other == &k->items && !takes_part(k, (size_t) s->entry[q]))
		return 0;
	return s->value ? (double) s->value[q] : 1;
}

static inline const float *
factor_of(const als *k, const side *s, const side *other, size_t q)
{
	return other->factor + (size_t) s->entry[q] * k->d;
}

/* The factors of one row of a side, given the other's: in single precision; false when that is not enough. */
static bool
solve_roughly(als *k, const side *s, const side *other, size_t row, double lambda)
{
	size_t		end = s->start[row + 1],
				last = s->start[s->n];

	cs_rough_start(k->rough, end - s->start[row], k->gram, lambda);
	for (size_t q = s->start[row]; q < end; q++)
	{
		double		x = weight_of(k, s, other, q);

		cs_events_poll(k->env, q - s->start[row]);
		if (q + AHEAD < last)
			ask_for(k, factor_of(k, s, other, q + AHEAD));
		if (x > 0)
			cs_rough_add(k->rough, factor_of(k, s, other, q), (float) x);
	}
	if (!cs_rough_solve(k->rough))
		return false;
	memcpy(s->factor + row * k->d, k->rough->u, sizeof(float) * k->d);
	return true;
}

static void
solve_row(als *k, const side *s, const side *other, size_t row)
{
	size_t		from = s->start[row],
				end = s->start[row + 1];
	double		sum = 0,
				lambda;

	for (size_t q = from; q < end; q++)
		sum += weight_of(k, s, other, q);
	lambda = cs_ridge_lambda(&k->fold, sum, s->others);
	if (cs_rough_may(sum, lambda) && solve_roughly(k, s, other, row, lambda))
		return;
	cs_ridge_start(k->ridge, end - from, k->gram, lambda);
	for (size_t q = from; q < end; q++)
	{
		double		x = weight_of(k, s, other, q);

		cs_events_poll(k->env, q - from);
		if (x > 0)
			cs_ridge_add(k->ridge, factor_of(k, s, other, q), 1, x);
	}
	cs_ridge_solve(k->ridge);
	for (size_t f = 0; f < k->d; f++)
		s->factor[row * k->d + f] = (float) k->ridge->u[f];
}

static void
solve_side(als *k, side *s, side *other)
{
	int			unit;

	turn_side(k, other);
	while ((unit = cs_turn_take(k->team, &s->solved)) >= 0)
	{
		size_t		end = ((size_t) unit + 1) * UNIT_SOLVED;

		cs_poll(k->env);
		for (size_t row = (size_t) unit * UNIT_SOLVED; row < s->n && row < end; row++)
			if (s != &k->items || takes_part(k, row))
				solve_row(k, s, other, row);
	}
	cs_turn_end(k->team, &s->solved);
}

/* Leader: the factors of items outlive the arena. */
static void
emit(const als *k, cs_reco_model *out)
{
	size_t		n = k->items.n * k->d;

	out->factors = (int) k->d;
	out->fold = k->fold;
	out->factor = CS_ROOM(k->env, float, n);
	memcpy(out->factor, k->items.factor, sizeof(float) * n);
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	int			iterations = cs_option_int(args->options, "iterations");
	als			k = {0};

	start(&k, env, team, args);
	if (team->rank == 0)
		fill(&k, cs_option_real(args->options, "half_life"), args->seed);
	cs_team_barrier(team);
	link_sides(&k);
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	for (int pass = 0; pass < iterations; pass++)
	{
		cs_progress(env, CS_PHASE_FIT, pass, iterations);
		solve_side(&k, &k.customers, &k.items);
		solve_side(&k, &k.items, &k.customers);
	}
	turn_side(&k, &k.items);
	if (team->rank == 0)
		emit(&k, out);
	cs_ridge_free(k.ridge);
	cs_rough_free(k.rough);
	cs_release(env, k.turned);
	cs_release(env, k.square);
	cs_release(env, k.vectors);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"factors", CS_P_INT, 32, 1, 500, NULL, "numbers that stand for an item; 64 and more pay from about a million events"},
	{"iterations", CS_P_INT, 12, 1, 1000, NULL, "passes over customers and items"},
	{"alpha", CS_P_REAL, 0.3, 1e-9, 1000, NULL, "weight of what customers do not have; that of an item of theirs is its weight, or 1"},
	{"l2", CS_P_REAL, 0.01, 1e-9, 1e9, NULL, "regularisation"},
	{"nu", CS_P_REAL, 1, 0, 2, NULL, "how it grows with what is known of a customer or item: 0 not at all, 1 in proportion"},
	{0}
};

const cs_recommender cs_ials = {
	.name = "ials",
	.summary = "factors of customers and items by alternating least squares; the best on dense histories, for any number of items",
	.flags = CS_RECO_FACTORS,
	.params = params,
	.fit = fit,
	.arena = arena
};
