/*
 * contest.c - algorithms against each other (see contest.h).
 */
#include "core/reco/contest.h"

#include "core/reco/blend.h"
#include "core/reco/holdout.h"
#include "core/reco/newcomers.h"
#include "core/reco/scores.h"

#include <math.h>
#include <string.h>

/* Kappas that are tried: from the own scores alone to nearly the kinds alone. */
static const double kappas[] = {0, 1, 3, 10, 30, 100, 1000};
#define KAPPAS (sizeof(kappas) / sizeof(kappas[0]))

/* Work per second of one processor, for estimates: terms of sparse sums, multiplications of dense algebra. */
#define SPARSE_RATE 3e8
#define DENSE_RATE 3e9
#define PRODUCT_RATE 4e10

/* Weights above this, or as far apart, are too much for systems of equations. */
#define WEIGHTS_APART 1e6

/* ---- what takes part ---- */

static bool
weights_apart(const cs_events *e)
{
	double		most = 1,
				least = 1;

	for (size_t i = 0; e->weighted && i < e->n; i++)
	{
		most = fmax(most, (double) e->weight[i]);
		least = fmin(least, (double) e->weight[i]);
	}
	return most > WEIGHTS_APART * least;
}

/* Sums over rows with n entries each: n^2, and what a system of n or d unknowns takes. */
static double
row_work(const size_t *start, int rows, double d, double *squares)
{
	double		systems = 0;

	for (int r = 0; r < rows; r++)
	{
		double		n = (double) (start[r + 1] - start[r]);

		*squares += n * n;
		systems += n < d ? n * n * d + n * n * n : n * d * d + d * d * d;
	}
	return systems;
}

double
cs_fit_seconds(cs_env *env, const cs_recommender *r, const cs_reco_args *args)
{
	const cs_events *e = args->events;
	cs_options *o = cs_options_new(env, cs_reco_params(env, r));
	bool		has_factors = cs_params_find(o->table, "factors") >= 0;
	double		d = has_factors ? cs_option_real(o, "factors") : 0,
				n = (double) e->n,
				rows = (double) e->customers + (double) e->items,
				items = e->items,
				squares = 0,
				systems = row_work(e->start, e->customers, d, &squares),
				seconds = n / SPARSE_RATE;

	if (strcmp(r->name, "ials") == 0)
		seconds += cs_option_real(o, "iterations") * (2 * systems + rows * d * d) / DENSE_RATE;
	else if (strcmp(r->name, "ease") == 0)
		seconds += squares / SPARSE_RATE + items * items * items / PRODUCT_RATE;
	else if (r->flags & CS_RECO_ITEMS)
		seconds += squares / SPARSE_RATE;
	else if (has_factors)
		seconds += 26 * (2 * n * (d + 10) / DENSE_RATE + 3 * rows * (d + 10) * (d + 10) / PRODUCT_RATE);
	if (r->flags & CS_RECO_KINDS)
		seconds = 2 * seconds + CS_HOLDOUT_SCORES / DENSE_RATE + 1000 * (double) e->customers * d / PRODUCT_RATE;
	cs_release(env, o->value);
	cs_release(env, o);
	return seconds;
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
	double		seconds;

	own.options = e->options;
	if (e->algorithm->flags & CS_RECO_SEGMENTS && args->segment == NULL)
		return "it needs a segmentation";
	if (e->algorithm->flags & CS_RECO_TIME && args->events->last == NULL)
		return "it needs the times of events";
	if ((e->algorithm == cs_recommender_find("ease") || e->algorithm == cs_recommender_find("ials")) && weights_apart(args->events))
		return "weights are too many orders of magnitude apart";
	arena = e->algorithm->arena ? e->algorithm->arena(&own) : 0;
	if (args->memory > 0 && arena > args->memory)
		return cs_text(env, "it takes %zu MB of memory", (arena >> 20) + 1);
	seconds = effort > 0 ? cs_fit_seconds(env, e->algorithm, args) : 0;
	if (seconds > effort)
		return cs_text(env, "it takes about %.0f seconds", seconds);
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
	for (int i = 0; i < n; i++)
	{
		cs_entrant *e = &c->entrant[c->n];

		e->algorithm = cs_recommender_find(name[i]);
		e->options = options_for(env, e->algorithm, args);
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
	return most + cs_team_bytes(6, sizeof(double));
}

/* ---- the contest ---- */

typedef struct running
{
	cs_env	   *env;
	cs_contest *c;
	const cs_reco_args *args;
	const cs_holdout *h;
	cs_trial   *trial;			/* leader, as all below */
	cs_reco_model *model;
	double	  **ndcg;			/* per entrant */
	double	   *blend;			/* of the best blend */
	double		best_blend;
} running;

static bool
is_own(const cs_entrant *e)
{
	return e->why_not == NULL && e->algorithm->flags & (CS_RECO_ITEMS | CS_RECO_FACTORS) &&
		!(e->algorithm->flags & (CS_RECO_KINDS | CS_RECO_SEQUENCE));
}

static bool
is_prior(const cs_entrant *e)
{
	return e->why_not == NULL && (e->algorithm->flags & (CS_RECO_ITEMS | CS_RECO_FACTORS | CS_RECO_KINDS)) == CS_RECO_KINDS;
}

/* Leader: how good an entrant is. */
static void
judge(running *r, int i)
{
	cs_env	   *env = r->env;
	cs_scores  *s = cs_scores_new(env, r->c->entrant[i].algorithm, &r->model[i], r->args->segment);

	if (r->trial == NULL)
		r->trial = cs_trial_new(env, r->h, cs_option_real(r->args->options, "half_life"), r->model[i].popularity);
	r->ndcg[i] = CS_ROOM(env, double, r->h->n);
	cs_trial_ndcg(env, r->trial, cs_scores_customer, s, r->ndcg[i]);
	cs_scores_free(s);
}

/* Leader: how good two entrants are together, for each kappa. */
static void
judge_blend(running *r, int own, int prior, double kappa)
{
	cs_env	   *env = r->env;
	size_t		items = (size_t) r->h->rest->items,
				kappas_n = kappa >= 0 ? 1 : KAPPAS;
	cs_scores  *s = cs_scores_new(env, r->c->entrant[own].algorithm, &r->model[own], NULL),
			   *t = cs_scores_new(env, r->c->entrant[prior].algorithm, &r->model[prior], NULL);
	cs_scored  *a = CS_ROOM(env, cs_scored, items),
			   *b = CS_ROOM(env, cs_scored, items),
			   *out = CS_ROOM(env, cs_scored, items);
	double	   *place = CS_NEW(env, double, items),
			   *ndcg = CS_ROOM(env, double, KAPPAS * r->h->n);

	for (size_t u = 0; u < r->h->n; u++)
	{
		const int32_t *item;
		const double *value;
		size_t		n = cs_trial_history(r->trial, u, &item, &value),
					n_own = cs_scores_customer(env, s, r->h->customer[u], n, item, value, a),
					n_prior = cs_scores_customer(env, t, r->h->customer[u], n, item, value, b);

		for (size_t k = 0; k < kappas_n; k++)
		{
			cs_blend_scale scale;
			size_t		m = cs_blend_scores(env, a, n_own, b, n_prior, item, n, kappa >= 0 ? kappa : kappas[k], place, &scale, out);

			ndcg[k * r->h->n + u] = cs_trial_judge(env, r->trial, u, out, m);
		}
		cs_poll(env);
	}
	for (size_t k = 0; k < kappas_n; k++)
	{
		double		mean = cs_trial_mean(ndcg + k * r->h->n, r->h->n);

		if (r->c->own >= 0 && mean <= r->best_blend)
			continue;
		r->best_blend = mean;
		r->c->own = own;
		r->c->prior = prior;
		r->c->kappa = kappa >= 0 ? kappa : kappas[k];
		memcpy(r->blend, ndcg + k * r->h->n, sizeof(double) * r->h->n);
	}
	cs_scores_free(s);
	cs_scores_free(t);
	cs_release(env, a);
	cs_release(env, b);
	cs_release(env, out);
	cs_release(env, place);
	cs_release(env, ndcg);
}

/* Leader: kappa of the best blend, with customers in mind of whom little is known. */
static void
choose_kappa(running *r)
{
	cs_contest *c = r->c;
	int			own = c->own,
				prior = c->prior;
	cs_scores  *s = cs_scores_new(r->env, c->entrant[own].algorithm, &r->model[own], NULL),
			   *t = cs_scores_new(r->env, c->entrant[prior].algorithm, &r->model[prior], NULL);
	double		kappa = kappas[cs_newcomers_kappa(r->env, r->trial, s, t, kappas, KAPPAS, r->args->seed)];

	cs_scores_free(s);
	cs_scores_free(t);
	c->own = -1;
	judge_blend(r, own, prior, kappa);
}

static cs_interval
interval_of(cs_env *env, const double *ndcg, size_t n, uint64_t seed)
{
	cs_interval i;

	cs_interval_means(env, ndcg, n, 1, seed, &i);
	return i;
}

/* Leader: who is best. */
static void
compare(running *r, bool blends, double kappa)
{
	cs_contest *c = r->c;
	double		best = -1;

	for (int i = 0; i < c->n; i++)
	{
		double		mean;

		c->tried[i] = (cs_tried) {c->entrant[i].algorithm, {0}, c->entrant[i].why_not};
		if (c->entrant[i].why_not)
			continue;
		c->tried[i].ndcg = interval_of(r->env, r->ndcg[i], r->h->n, r->args->seed);
		mean = c->tried[i].ndcg.value;
		if (mean > best)
		{
			best = mean;
			c->single = i;
		}
	}
	for (int i = 0; i < c->n; i++)
		if (is_prior(&c->entrant[i]))
			c->kinds = r->model[i].kinds;
	for (int own = 0; blends && own < c->n; own++)
		for (int prior = 0; prior < c->n; prior++)
			if (is_own(&c->entrant[own]) && is_prior(&c->entrant[prior]))
				judge_blend(r, own, prior, kappa);
	if (c->own < 0)
		return;
	if (kappa < 0)
		choose_kappa(r);
	c->tried[c->n] = (cs_tried) {cs_recommender_find("blend"), interval_of(r->env, r->blend, r->h->n, r->args->seed), NULL};
	c->blended = r->best_blend > best || (c->single == c->own && c->kappa > 0);
}

/* What all have to know of the leader's findings. */
static void
share(cs_contest *c, cs_env *env, cs_team *team)
{
	size_t		mark = cs_team_mark(team);
	double	   *v = cs_team_alloc(env, team, 6, sizeof(double));

	if (team->rank == 0)
	{
		const double found[] = {c->single, c->own, c->prior, c->kappa, c->blended, c->kinds};

		memcpy(v, found, sizeof(found));
	}
	cs_team_barrier(team);
	c->single = (int) v[0];
	c->own = (int) v[1];
	c->prior = (int) v[2];
	c->kappa = v[3];
	c->blended = v[4] != 0;
	c->kinds = (int) v[5];
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
		if (is_own(&c->entrant[i]))
			c->own = c->single = i;
		if (is_prior(&c->entrant[i]))
			c->prior = i;
	}
	for (int i = c->n; c->single < 0 && i-- > 0;)
		if (c->entrant[i].why_not == NULL)
			c->single = i;
	if (c->own < 0 || c->prior < 0)
		c->own = c->prior = -1;
}

void
cs_contest_run(cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args, bool blends, double kappa)
{
	cs_holdout *h = cs_holdout_new(env, args->events, args->seed, 100.0 * (double) args->events->items);
	running		r = {env, c, args, h};

	if (h->n == 0)
	{
		take_first(c);
		c->kappa = kappa >= 0 ? kappa : CS_BLEND_KAPPA;
		cs_holdout_free(env, h);
		return;
	}
	r.model = CS_NEW(env, cs_reco_model, (size_t) c->n);
	r.ndcg = CS_NEW(env, double *, (size_t) c->n);
	r.blend = CS_NEW(env, double, h->n);
	for (int i = 0; i < c->n; i++)
	{
		cs_reco_args own = *args;

		if (c->entrant[i].why_not)
			continue;
		own.events = h->rest;
		own.options = c->entrant[i].options;
		c->entrant[i].algorithm->fit(env, team, &own, &r.model[i]);
		if (team->rank == 0)
			judge(&r, i);
	}
	if (team->rank == 0)
		compare(&r, blends, kappa);
	share(c, env, team);
	cs_release(env, r.blend);
}

/* ---- the final fit ---- */

cs_options *
cs_contest_options(const cs_contest *c, int entrant, cs_env *env, const cs_reco_args *args)
{
	cs_options *o = options_for(env, c->entrant[entrant].algorithm, args);

	/* the number of kinds has been chosen already */
	if (is_prior(&c->entrant[entrant]) && c->kinds > 0)
		o->value[cs_params_find(o->table, "clusters")].number = c->kinds;
	return o;
}

void
cs_contest_fit(const cs_contest *c, int entrant, cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	cs_reco_args own = *args;

	own.options = cs_contest_options(c, entrant, env, args);
	c->entrant[entrant].algorithm->fit(env, team, &own, out);
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
