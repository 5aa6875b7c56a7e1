/*
 * directions.c - truncated singular vectors of the events (see directions.h).
 */
#include "core/reco/directions.h"

#include "core/base/linalg.h"

#include <float.h>
#include <math.h>

#define OVERSAMPLE 10
#define POWER_ITERATIONS 12

/* Rows of a product between two polls. */
#define POLL_ROWS 256

static cs_pairs_needs
needs(const cs_reco_args *a)
{
	return (cs_pairs_needs) {cs_reco_valued(a), cs_reco_valued(a), 0};
}

static cs_svd_options
options_of(const cs_events *e, int rank, uint64_t seed)
{
	size_t		least = (size_t) fmin(e->customers, e->items);

	return (cs_svd_options) {(size_t) rank < least ? (size_t) rank : least, OVERSAMPLE, POWER_ITERATIONS, seed};
}

size_t
cs_directions_arena(const cs_reco_args *a, int rank)
{
	size_t		customers = (size_t) a->events->customers,
				items = (size_t) a->events->items;
	cs_pairs_needs n = needs(a);
	cs_svd_options o = options_of(a->events, rank, 0);

	return cs_pairs_arena(a, &n) + cs_team_bytes(customers * o.rank, sizeof(double)) +
		cs_team_bytes(items * o.rank, sizeof(double)) + cs_team_bytes(o.rank, sizeof(double)) +
		cs_svd_random_arena(customers, items, &o);
}

/* y = A x for the rows of this member of the team, if there is one; a row names its entries and, unless they are 1, their values. */
static void
multiply(cs_env *env, const cs_team *team, size_t rows, const size_t *start, const int32_t *entry, const float *value,
		 size_t k, const double *x, double *y)
{
	size_t		rank = team ? (size_t) team->rank : 0,
				size = team ? (size_t) team->size : 1,
				first = rows * rank / size,
				end = rows * (rank + 1) / size;

	for (size_t row = first; row < end; row++)
	{
		double	   *to = y + row * k;

		if (row % POLL_ROWS == 0)
			cs_poll(env);
		memset(to, 0, sizeof(double) * k);
		for (size_t q = start[row]; q < start[row + 1]; q++)
		{
			const double *from = x + (size_t) entry[q] * k;
			double		v = value ? (double) value[q] : 1;

			for (size_t i = 0; i < k; i++)
				to[i] += v * from[i];
		}
	}
}

static void
apply(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const cs_pairs *p = arg;

	multiply(env, team, (size_t) p->e->customers, p->e->start, p->e->item, p->value, k, x, y);
}

static void
apply_transposed(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const cs_pairs *p = arg;

	multiply(env, team, (size_t) p->e->items, p->column, p->customer, p->column_value, k, x, y);
}

/* Leader: values and customers by item. */
static void
fill(cs_pairs *p, double half_life)
{
	for (size_t q = 0; p->value && q < p->e->n; q++)
	{
		cs_events_poll(p->env, q);
		p->value[q] = (float) fmax(cs_events_value(p->e, q, half_life), (double) FLT_MIN);
	}
	cs_pairs_columns(p);
}

void
cs_directions_start(cs_directions *d, cs_env *env, cs_team *team, const cs_reco_args *a, int rank)
{
	cs_pairs_needs n = needs(a);

	d->rank = options_of(a->events, rank, 0).rank;
	cs_pairs_start(&d->pairs, env, team, a, &n);
	d->u = cs_team_alloc(env, team, (size_t) a->events->customers * d->rank, sizeof(double));
	d->values = cs_team_alloc(env, team, d->rank, sizeof(double));
	d->v = cs_team_alloc(env, team, (size_t) a->events->items * d->rank, sizeof(double));
	if (team->rank == 0)
		fill(&d->pairs, cs_option_real(a->options, "half_life"));
}

void
cs_directions_find(cs_directions *d, uint64_t seed)
{
	const cs_events *e = d->pairs.e;
	cs_operator x = {(size_t) e->customers, (size_t) e->items, &d->pairs, apply, apply_transposed};
	cs_svd_options o = options_of(e, (int) d->rank, seed);

	if (d->rank > 0)
		cs_svd_random(d->pairs.env, d->pairs.team, &x, &o, d->u, d->values, d->v);
}
