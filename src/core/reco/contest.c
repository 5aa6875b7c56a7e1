/*
 * contest.c - algorithms against each other (see contest.h).
 */
#include "core/reco/contest.h"

#include "core/reco/algorithms.h"
#include "core/reco/effort.h"
#include "core/reco/heat.h"
#include "core/reco/holdout.h"
#include "core/reco/race.h"

#include <math.h>
#include <string.h>

/* What judging a customer computes, in scores per item. */
#define SCORES_EACH 30.0

/* Seconds of those that might fall out from which on a first round pays. */
#define HEAT_PAYS 3

/*
 * Where what is held back is no more than two percent of the entries, who took part
 * and takes a second or more is not fitted again; who counts is, for counts are
 * exact.
 */
#define NEARLY_ALL 0.98
#define KEPT_SECONDS 1

/* Findings of the leader, beside who takes part. */
#define FOUND 6

/* Weights above this, or as far apart, are too much for systems of equations. */
#define WEIGHTS_APART 1e6

/* ---- what takes part ---- */

static bool
weights_apart(cs_env *env, const cs_events *e)
{
	double		most = 1,
				least = 1;

	for (size_t i = 0; e->weighted && i < e->n; i++)
	{
		cs_events_poll(env, i);
		most = fmax(most, (double) e->weight[i]);
		least = fmin(least, (double) e->weight[i]);
	}
	return most > WEIGHTS_APART * least;
}

/* The options of an entrant: its defaults, and what all have in common as it was asked for. */
static cs_options *
options_for(cs_env *env, const cs_recommender *r, const cs_reco_args *args)
{
	cs_options *o = cs_options_new(env, cs_reco_params(env, r));

	for (int i = 0; i < cs_params_count(cs_reco_common_params); i++)
		o->value[i] = *cs_option_get(args->options, cs_reco_common_params[i].name);
	if (cs_params_find(o->table, "clusters") >= 0 && cs_params_find(args->options->table, "clusters") >= 0)
		o->value[cs_params_find(o->table, "clusters")] = *cs_option_get(args->options, "clusters");
	return o;
}

static const char *
reason_against(cs_env *env, const cs_entrant *e, const cs_reco_args *args, double effort)
{
	cs_reco_args own = *args;
	size_t		arena;

	own.options = e->options;
	if (e->algorithm->flags & CS_RECO_SEGMENTS && args->segment == NULL)
		return "it needs a segmentation";
	if (e->algorithm->flags & CS_RECO_TIME && args->events->last == NULL)
		return "it needs the times of events";
	if (e->algorithm->flags & CS_RECO_CONTENT && args->attributes == NULL)
		return "it needs an item source with texts";
	if ((e->algorithm == cs_recommender_find("ease") || e->algorithm == cs_recommender_find("ials")) && weights_apart(env, args->events))
		return "weights are too many orders of magnitude apart";
	arena = e->algorithm->arena ? e->algorithm->arena(&own) : 0;
	if (args->memory > 0 && arena > args->memory)
		return cs_text(env, "it takes %zu MB of memory", (arena >> 20) + 1);
	if (effort > 0 && e->seconds > effort)
		return cs_text(env, "it takes about %.0f seconds", e->seconds);
	return NULL;
}

cs_contest *
cs_contest_new(cs_env *env, const cs_reco_args *args, char *const *name, int n, bool limits, double effort)
{
	cs_contest *c = CS_NEW(env, cs_contest, 1);

	c->entrant = CS_NEW(env, cs_entrant, (size_t) n + 1);
	c->tried = CS_NEW(env, cs_tried, (size_t) n + 1);
	c->single = c->own = c->prior = -1;
	c->kappa = CS_BLEND_KAPPA;
	c->limits = limits;
	for (int i = 0; i < n; i++)
	{
		cs_entrant *e = &c->entrant[c->n];

		e->algorithm = cs_recommender_find(name[i]);
		e->options = options_for(env, e->algorithm, args);
		e->seconds = cs_fit_seconds(env, e->algorithm, args);
		if (limits)
			e->why_not = reason_against(env, e, args, effort);
		c->n++;
	}
	return c;
}

size_t
cs_contest_arena(const cs_contest *c, const cs_reco_args *args)
{
	size_t		most = 0;

	for (int i = 0; i < c->n; i++)
	{
		const cs_entrant *e = &c->entrant[i];
		cs_reco_args own = *args;
		size_t		arena;

		own.options = e->options;
		arena = e->why_not == NULL && e->algorithm->arena ? e->algorithm->arena(&own) : 0;
		most = arena > most ? arena : most;
	}
	return most + cs_team_bytes(FOUND + (size_t) c->n, sizeof(double));
}

/* ---- the contest ---- */

bool
cs_contest_own(const cs_entrant *e)
{
	return e->why_not == NULL && e->algorithm->flags & (CS_RECO_ITEMS | CS_RECO_FACTORS) &&
		!(e->algorithm->flags & (CS_RECO_KINDS | CS_RECO_SEQUENCE | CS_RECO_CONTENT));
}

bool
cs_contest_prior(const cs_entrant *e)
{
	return e->why_not == NULL && (e->algorithm->flags & (CS_RECO_ITEMS | CS_RECO_FACTORS | CS_RECO_KINDS)) == CS_RECO_KINDS;
}

/* What all have to know of the leader's findings. */
static void
share(cs_contest *c, cs_env *env, cs_team *team)
{
	size_t		mark = cs_team_mark(team);
	double	   *v = cs_team_alloc(env, team, FOUND + (size_t) c->n, sizeof(double));

	if (team->rank == 0)
	{
		const double found[FOUND] = {c->single, c->own, c->prior, c->kappa, c->blended, c->kinds};

		memcpy(v, found, sizeof(found));
		for (int i = 0; i < c->n; i++)
			v[FOUND + i] = c->entrant[i].why_not != NULL;
	}
	cs_team_barrier(team);
	c->single = (int) v[0];
	c->own = (int) v[1];
	c->prior = (int) v[2];
	c->kappa = v[3];
	c->blended = v[4] != 0;
	c->kinds = (int) v[5];
	for (int i = 0; i < c->n; i++)
		if (v[FOUND + i] != 0 && c->entrant[i].why_not == NULL)
			c->entrant[i].why_not = "the leader says so";
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

/* The first of each sort, when there is nothing to judge by. */
static void
take_first(cs_contest *c)
{
	c->single = -1;
	for (int i = c->n; i-- > 0;)
	{
		c->tried[i] = (cs_tried) {c->entrant[i].algorithm, {0}, c->entrant[i].why_not ? c->entrant[i].why_not : "nothing could be held back"};
		if (cs_contest_own(&c->entrant[i]))
			c->own = c->single = i;
		if (cs_contest_prior(&c->entrant[i]))
			c->prior = i;
	}
	for (int i = c->n; c->single < 0 && i-- > 0;)
		if (c->entrant[i].why_not == NULL)
			c->single = i;
	if (c->own < 0 || c->prior < 0)
		c->own = c->prior = -1;
}

static cs_reco_model *
fit_all(const cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args, const cs_holdout *h)
{
	cs_reco_model *model = CS_NEW(env, cs_reco_model, (size_t) c->n);

	for (int i = 0; i < c->n; i++)
	{
		cs_reco_args own = *args;

		if (c->entrant[i].why_not)
			continue;
		own.events = h->rest;
		own.options = c->entrant[i].options;
		c->entrant[i].algorithm->fit(env, team, &own, &model[i]);
	}
	return model;
}

/* Would a first round save more than it costs? */
static bool
has_heat(const cs_contest *c, const cs_events *e)
{
	double		sum = 0;

	for (int i = 0; i < c->n; i++)
		sum += c->entrant[i].why_not == NULL && c->entrant[i].seconds >= CS_HEAT_SECONDS ? c->entrant[i].seconds : 0;
	return c->limits && sum >= HEAT_PAYS && cs_heat_is_part(e);
}

/* A first round for those that take their time. */
static void
run_heat(cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args, bool blends, double kappa)
{
	cs_reco_args heat = cs_heat_args(env, args);
	cs_holdout *h = cs_holdout_new(env, heat.events, args->seed, SCORES_EACH * (double) heat.events->items);

	if (h->n > 0)
	{
		cs_reco_model *model = fit_all(c, env, team, &heat, h);

		if (team->rank == 0)
			cs_race_heat(env, c, &heat, h, model, blends, kappa);
		share(c, env, team);
	}
	cs_holdout_free(env, h);
	cs_heat_free(env, &heat);
}

void
cs_contest_run(cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args, bool blends, double kappa)
{
	cs_holdout *h;

	if (has_heat(c, args->events))
		run_heat(c, env, team, args, blends, kappa);
	h = cs_holdout_new(env, args->events, args->seed, SCORES_EACH * (double) args->events->items);
	if (h->n == 0)
	{
		take_first(c);
		c->kappa = kappa >= 0 ? kappa : CS_BLEND_KAPPA;
		cs_holdout_free(env, h);
		return;
	}
	c->model = fit_all(c, env, team, args, h);
	c->nearly_all = (double) h->rest->n >= NEARLY_ALL * (double) args->events->n;
	if (team->rank == 0)
		cs_race_run(env, c, args, h, c->model, blends, kappa);
	share(c, env, team);
}

/* ---- the final fit ---- */

cs_options *
cs_contest_options(const cs_contest *c, int entrant, cs_env *env, const cs_reco_args *args)
{
	cs_options *o = options_for(env, c->entrant[entrant].algorithm, args);

	/* the number of kinds has been chosen already */
	if (cs_contest_prior(&c->entrant[entrant]) && c->kinds > 0)
		o->value[cs_params_find(o->table, "clusters")].number = c->kinds;
	return o;
}

/* Has what the entrant learnt from the rest to do for all events? */
static bool
kept(const cs_contest *c, int entrant)
{
	const cs_entrant *e = &c->entrant[entrant];

	return c->model && c->nearly_all && e->seconds >= KEPT_SECONDS && !(e->algorithm->flags & CS_RECO_COUNTS);
}

void
cs_contest_fit(const cs_contest *c, int entrant, cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	cs_reco_args own = *args;

	own.options = cs_contest_options(c, entrant, env, args);
	if (!kept(c, entrant))
		c->entrant[entrant].algorithm->fit(env, team, &own, out);
	else if (team->rank == 0)
	{
		cs_reco_model common;

		cs_reco_fit_common(env, &own, &common);
		*out = c->model[entrant];
		out->popularity = common.popularity;
		out->customers = common.customers;
		out->kappa = common.kappa;
		out->segment_start = common.segment_start;
		out->segment_item = common.segment_item;
		out->segment_weight = common.segment_weight;
		out->segment_total = common.segment_total;
	}
}

void
cs_contest_fit_blend(const cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	cs_reco_model own,
				prior;
	int			factors;
	float	   *factor;

	cs_contest_fit(c, c->own, env, team, args, &own);
	cs_contest_fit(c, c->prior, env, team, args, &prior);
	if (team->rank != 0)
		return;
	factors = own.factors + prior.kinds;
	factor = CS_ROOM(env, float, (size_t) own.items * (size_t) factors);
	for (size_t i = 0; i < (size_t) own.items; i++)
	{
		if (own.factors > 0)
			memcpy(factor + i * (size_t) factors, own.factor + i * (size_t) own.factors, sizeof(float) * (size_t) own.factors);
		if (prior.kinds > 0)
			memcpy(factor + i * (size_t) factors + own.factors, prior.factor + i * (size_t) prior.factors, sizeof(float) * (size_t) prior.kinds);
	}
	*out = own;
	out->factor = factor;
	out->factors = factors;
	out->kinds = prior.kinds;
	out->share = prior.share;
	out->member = c->entrant[c->own].algorithm;
	out->blend_kappa = c->kappa;
}
