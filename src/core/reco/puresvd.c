/*
 * puresvd.c - the matrix without its small singular values.
 *
 * X ~ U S V' of the given rank; a history x is projected on the right singular
 * vectors, and its scores are x V V' (P. Cremonesi, Y. Koren, R. Turrin,
 * "Performance of recommender algorithms on top-N recommendation tasks", RecSys
 * 2010).  x is 1 or the decayed weight.
 *
 * V is kept, not the weights V V' from item to item: these are dense, and what
 * little pruning would leave of them is not the method.  Cost: directions.h.
 */
#include "core/reco/algorithms.h"
#include "core/reco/directions.h"

static size_t
arena(const cs_reco_args *a)
{
	return cs_directions_arena(a, cs_option_int(a->options, "factors"));
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
	cs_directions d;

	cs_directions_start(&d, env, team, args, cs_option_int(args->options, "factors"));
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	cs_team_barrier(team);
	cs_directions_find(&d, args->seed);
	if (team->rank == 0)
		emit(&d.pairs, d.v, d.rank, out);
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
