/*
 * puresvd.c - the matrix without its small singular values.
 *
 * X ~ U S V' of the given rank; a history x is projected on the right singular
 * vectors, and its scores are x V V' (P. Cremonesi, Y. Koren, R. Turrin,
 * "Performance of recommender algorithms on top-N recommendation tasks", RecSys
 * 2010).  x is 1 or the decayed weight.
 *
 * V is kept, not the weights V V' from item to item: these are dense, and what
 * little pruning would leave of them is not the method.  The randomised
 * decomposition of linalg.h: iterations + 2 products by X or X' and as many QR of
 * (customers + items) x (factors + 10) values, which is also the memory.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"

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
options_of(const cs_reco_args *a)
{
	size_t		least = (size_t) fmin(a->events->customers, a->events->items),
				rank = (size_t) cs_option_int(a->options, "factors");

	return (cs_svd_options) {rank < least ? rank : least, OVERSAMPLE, POWER_ITERATIONS, a->seed};
}

static size_t
arena(const cs_reco_args *a)
{
	size_t		customers = (size_t) a->events->customers,
				items = (size_t) a->events->items;
	cs_pairs_needs n = needs(a);
	cs_svd_options o = options_of(a);

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
		cs_pairs_poll(p->env, q);
		p->value[q] = (float) fmax(cs_events_value(p->e, q, half_life), (double) FLT_MIN);
	}
	cs_pairs_columns(p);
}

/* Leader: the vectors as factors, without items that are not recommended. */
static void
emit(const cs_pairs *p, const double *v, size_t rank, cs_reco_model *out)
{
	out->factors = (int) rank;
	out->factor = CS_NEW(p->env, float, (size_t) p->e->items * rank);
	for (size_t i = 0; i < (size_t) p->e->items; i++)
		if ((double) (p->column[i + 1] - p->column[i]) >= p->least)
			for (size_t f = 0; f < rank; f++)
				out->factor[i * rank + f] = (float) v[i * rank + f];
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	cs_pairs_needs n = needs(args);
	cs_svd_options o = options_of(args);
	cs_pairs	p;
	cs_operator x = {(size_t) args->events->customers, (size_t) args->events->items, &p, apply, apply_transposed};
	double	   *u,
			   *values,
			   *v;

	cs_pairs_start(&p, env, team, args, &n);
	u = cs_team_alloc(env, team, x.rows * o.rank, sizeof(double));
	values = cs_team_alloc(env, team, o.rank, sizeof(double));
	v = cs_team_alloc(env, team, x.cols * o.rank, sizeof(double));
	if (team->rank == 0)
	{
		fill(&p, cs_option_real(args->options, "half_life"));
		cs_reco_fit_common(env, args, out);
	}
	cs_team_barrier(team);
	if (o.rank > 0)
		cs_svd_random(env, team, &x, &o, u, values, v);
	if (team->rank == 0)
		emit(&p, v, o.rank, out);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"factors", CS_P_INT, 32, 1, 500, NULL, "singular values that are kept"},
	{0}
};

const cs_recommender cs_puresvd = {
	.name = "puresvd",
	.summary = "histories projected on the main directions of all histories; quick to train, for dense histories",
	.flags = CS_RECO_FACTORS,
	.params = params,
	.fit = fit,
	.arena = arena
};
