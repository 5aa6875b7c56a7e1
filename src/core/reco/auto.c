/*
 * auto.c - the algorithm that ranks best what was held back of the training data.
 *
 * All that suit the data learn from the rest and are judged (contest.h), each by itself
 * and blended with the kinds of customers; the one with the highest mean nDCG@10 learns
 * from all events.  The model is its, as if it had been asked for by name; what was
 * tried, with intervals, goes with it.
 */
#include "core/reco/algorithms.h"
#include "core/reco/contest.h"
#include "core/reco/effort.h"
#include "core/reco/holdout.h"

#include <math.h>

/* Room for the names of all algorithms. */
#define ALGORITHMS 32

/* All algorithms but those that choose among others. */
static cs_contest *
contest_of(cs_env *env, const cs_reco_args *a)
{
	char	   *name[ALGORITHMS];
	int			n = 0;

	for (int i = 0; cs_recommenders[i]; i++)
		if (cs_recommenders[i] != &cs_auto && cs_recommenders[i] != &cs_blend && n < ALGORITHMS)
			name[n++] = (char *) (uintptr_t) cs_recommenders[i]->name;
	return cs_contest_new(env, a, name, n, true, cs_option_real(a->options, "effort"));
}

static size_t
arena(const cs_reco_args *a)
{
	return cs_contest_arena(contest_of(a->env, a), a);
}

double
cs_auto_seconds(cs_env *env, const cs_reco_args *args)
{
	cs_contest *c = contest_of(env, args);
	double		share = fmin(1, CS_HOLDOUT_ENTRIES / fmax((double) args->events->n, 1)),
				sum = 0,
				most = 0;

	for (int i = 0; i < c->n; i++)
		if (c->entrant[i].why_not == NULL)
		{
			sum += cs_fit_seconds_of(env, c->entrant[i].algorithm, args, share);
			most = fmax(most, c->entrant[i].seconds);
		}
	return sum + most;
}

/* A blend of the two, as one would ask for it. */
static cs_options *
blend_options(cs_env *env, const cs_contest *c, const cs_reco_args *args)
{
	cs_options *o = cs_options_new(env, cs_reco_params(env, &cs_blend));
	cs_option  *members = &o->value[cs_params_find(o->table, "members")],
			   *kappa = &o->value[cs_params_find(o->table, "blend_kappa")];

	for (int i = 0; i < cs_params_count(cs_reco_common_params); i++)
		o->value[i] = *cs_option_get(args->options, cs_reco_common_params[i].name);
	members->set = kappa->set = true;
	members->rows = 2;
	members->text = CS_ROOM(env, char *, 2);
	members->text[0] = cs_strdup(env, c->entrant[c->own].algorithm->name);
	members->text[1] = cs_strdup(env, c->entrant[c->prior].algorithm->name);
	kappa->number = c->kappa;
	o->value[cs_params_find(o->table, "clusters")].number = c->kinds;
	return o;
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	cs_contest *c = contest_of(env, args);

	cs_contest_run(c, env, team, args, true, -1);
	if (c->single < 0)
		cs_fail(env, CS_E_LIMIT, "no algorithm fits into the memory and time that are allowed", NULL,
				"Increase the option \"memory\", or name an algorithm.");
	if (c->blended)
		cs_contest_fit_blend(c, env, team, args, out);
	else
		cs_contest_fit(c, c->single, env, team, args, out);
	if (team->rank != 0)
		return;
	out->chosen = c->blended ? &cs_blend : c->entrant[c->single].algorithm;
	out->chosen_options = c->blended ? blend_options(env, c, args) : cs_contest_options(c, c->single, env, args);
	out->tried = c->tried;
	out->n_tried = c->n + 1;
}

static const cs_param params[] = {
	{"effort", CS_P_REAL, 60, 0, 1e6, NULL,
	"seconds of one processor, by an estimate, that an algorithm may take to be tried; 0: any"},
	{0}
};

const cs_recommender cs_auto = {
	.name = "auto",
	.summary = "the algorithm, or blend of two, that ranks best what is held back of the training data",
	.flags = CS_RECO_ITEMS | CS_RECO_FACTORS | CS_RECO_KINDS | CS_RECO_SEGMENTS | CS_RECO_CUSTOMERS | CS_RECO_COUNTS | CS_RECO_CONTENT,
	.params = params,
	.fit = fit,
	.arena = arena
};
