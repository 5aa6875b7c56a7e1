/*
 * race.c - fitted models against each other (see race.h).
 */
#include "core/reco/race.h"

#include "core/reco/mixed_ranks.h"
#include "core/reco/scores.h"

#include <math.h>

/* Kappas that are tried: from the own scores alone to nearly the kinds alone. */
static const double kappas[] = {0, 1, 3, 10, 30, 100, 1000};
#define KAPPAS (sizeof(kappas) / sizeof(kappas[0]))

/* Parts of the customers that are looked at first. */
#define PARTS 8

/* In a first round: worse beyond so many standard errors, and by so much. */
#define HEAT_ERRORS 3.0
#define HEAT_SHARE 0.8

typedef struct runner
{
	cs_scores  *scores;			/* NULL: not in the race */
	double	   *ndcg;			/* by place in the order */
	size_t		judged;			/* customers */
	bool		out;			/* behind */
} runner;

typedef struct race
{
	cs_env	   *env;
	cs_contest *c;
	const cs_reco_args *args;
	const cs_holdout *h;
	const cs_reco_model *model;
	cs_trial   *trial;
	size_t	   *order;			/* of the customers: each eighth is spread over all */
	cs_scored  *room;
	runner	   *runner;			/* per entrant */

	/* the best blend */
	double	   *blend;			/* its nDCG */
	double		best_blend;
} race;

static bool
running(const race *r, int i)
{
	return r->runner[i].scores && !r->runner[i].out;
}

/* ---- each by itself ---- */

static void
line_up(race *r)
{
	cs_env	   *env = r->env;
	double		half_life = cs_option_real(r->args->options, "half_life");
	size_t		n = 0;

	r->order = CS_ROOM(env, size_t, r->h->n);
	for (size_t part = 0; part < PARTS; part++)
		for (size_t t = part; t < r->h->n; t += PARTS)
			r->order[n++] = t;
	r->room = CS_ROOM(env, cs_scored, (size_t) r->h->rest->items);
	r->runner = CS_NEW(env, runner, (size_t) r->c->n);
	for (int i = 0; i < r->c->n; i++)
	{
		const cs_entrant *e = &r->c->entrant[i];
		cs_reco_args own = *r->args;

		if (e->why_not)
			continue;
		if (r->trial == NULL)
			r->trial = cs_trial_new(env, r->h, half_life, r->model[i].popularity);
		own.events = r->h->rest;
		own.options = e->options;
		r->runner[i].scores = cs_scores_new(env, e->algorithm, &r->model[i], &own);
		r->runner[i].ndcg = CS_ROOM(env, double, r->h->n);
	}
}

static void
run_to(race *r, int i, size_t n)
{
	runner	   *x = &r->runner[i];

	for (; x->judged < n; x->judged++)
	{
		size_t		t = r->order[x->judged];
		const int32_t *item;
		const double *value;
		size_t		had = cs_trial_history(r->trial, t, &item, &value),
					scored = cs_scores_customer(r->env, x->scores, r->h->customer[t], had, item, value, r->room);

		x->ndcg[x->judged] = cs_trial_judge(r->env, r->trial, t, r->room, scored);
		cs_poll(r->env);
	}
}

/* The highest mean of those that are running; own: of those with scores of their own.  -1: nobody. */
static int
leading(const race *r, size_t n, bool own)
{
	int			best = -1;
	double		most = 0;

	for (int i = 0; i < r->c->n; i++)
	{
		double		mean = running(r, i) ? cs_trial_mean(r->runner[i].ndcg, n) : 0;

		if (!running(r, i) || (own && !cs_contest_own(&r->c->entrant[i])) || (best >= 0 && mean <= most))
			continue;
		best = i;
		most = mean;
	}
	return best;
}

/* Is the mean of a below that of b by more than so many standard errors of the difference? */
static bool
behind(const double *a, const double *b, size_t n, double errors)
{
	double		sum = 0,
				squares = 0,
				mean;

	for (size_t i = 0; i < n; i++)
	{
		sum += a[i] - b[i];
		squares += (a[i] - b[i]) * (a[i] - b[i]);
	}
	mean = sum / (double) n;
	return mean < 0 && mean * mean > errors * errors * fmax(squares / (double) n - mean * mean, 0) / (double) n;
}

/* A mixture stays for the blends, and what is to be blended is held against its like. */
static void
drop(race *r, size_t n, bool blends)
{
	int			best = leading(r, n, false),
				own = leading(r, n, true);

	for (int i = 0; i < r->c->n; i++)
	{
		const cs_entrant *e = &r->c->entrant[i];
		int			to = blends && cs_contest_own(e) ? own : best;

		if (running(r, i) && !(blends && own >= 0 && cs_contest_prior(e)))
			r->runner[i].out = behind(r->runner[i].ndcg, r->runner[to].ndcg, n, CS_RACE_ERRORS);
	}
}

static void
run_singles(race *r, bool blends)
{
	size_t		n = r->h->n;

	while (n / 2 >= CS_RACE_LEAST && n / 2 >= r->h->n / PARTS)
		n /= 2;
	for (;;)
	{
		for (int i = 0; i < r->c->n; i++)
			if (running(r, i))
				run_to(r, i, n);
		if (n == r->h->n)
			return;
		drop(r, n, blends);
		n = 2 * n < r->h->n && 4 * n <= 3 * r->h->n ? 2 * n : r->h->n;
	}
}

/* ---- blends ---- */

/* Blends of an entrant, judged for each kappa: KAPPAS x customers. */
static double *
judge_blends(race *r, int prior, const double *kappa, size_t n_kappas)
{
	cs_env	   *env = r->env;
	cs_mixed_ranks *m = cs_mixed_ranks_new(env, r->trial);
	cs_scored  *list = CS_ROOM(env, cs_scored, (size_t) r->h->rest->items);
	double	   *ndcg = CS_NEW(env, double, (size_t) r->c->n * n_kappas * r->h->n),
				of_one[KAPPAS];

	for (size_t p = 0; p < r->h->n; p++)
	{
		size_t		t = r->order[p];
		const int32_t *item;
		const double *value;
		size_t		had = cs_trial_history(r->trial, t, &item, &value);

		cs_mixed_ranks_customer(m, t, list, cs_scores_customer(env, r->runner[prior].scores, r->h->customer[t], had, item, value, list));
		for (int i = 0; i < r->c->n; i++)
		{
			if (!running(r, i) || !cs_contest_own(&r->c->entrant[i]))
				continue;
			cs_mixed_ranks_judge(m, r->room, cs_scores_customer(env, r->runner[i].scores, r->h->customer[t], had, item, value, r->room),
								 kappa, n_kappas, of_one);
			for (size_t k = 0; k < n_kappas; k++)
				ndcg[((size_t) i * n_kappas + k) * r->h->n + p] = of_one[k];
		}
	}
	cs_mixed_ranks_free(m);
	cs_release(env, list);
	return ndcg;
}

static void
run_blends(race *r, int prior, const double *kappa, size_t n_kappas)
{
	double	   *ndcg = judge_blends(r, prior, kappa, n_kappas);

	for (int i = 0; i < r->c->n; i++)
		for (size_t k = 0; running(r, i) && cs_contest_own(&r->c->entrant[i]) && k < n_kappas; k++)
		{
			const double *of = ndcg + ((size_t) i * n_kappas + k) * r->h->n;
			double		mean = cs_trial_mean(of, r->h->n);

			if (r->c->own >= 0 && mean <= r->best_blend)
				continue;
			r->best_blend = mean;
			r->c->own = i;
			r->c->prior = prior;
			r->c->kappa = kappa[k];
			for (size_t p = 0; p < r->h->n; p++)
				r->blend[p] = of[p];
		}
	cs_release(r->env, ndcg);
}

static void
run(race *r, bool blends, double kappa)
{
	cs_contest *c = r->c;

	line_up(r);
	run_singles(r, blends);
	r->blend = CS_NEW(r->env, double, r->h->n);
	for (int i = 0; i < c->n; i++)
		if (cs_contest_prior(&c->entrant[i]))
			c->kinds = r->model[i].kinds;
	for (int i = 0; blends && i < c->n; i++)
		if (running(r, i) && cs_contest_prior(&c->entrant[i]))
			run_blends(r, i, kappa >= 0 ? &kappa : kappas, kappa >= 0 ? 1 : KAPPAS);
}

static void
finish(race *r)
{
	cs_env	   *env = r->env;

	for (int i = 0; i < r->c->n; i++)
		if (r->runner[i].scores)
		{
			cs_scores_free(r->runner[i].scores);
			cs_release(env, r->runner[i].ndcg);
		}
	if (r->trial)
		cs_trial_free(env, r->trial);
	cs_release(env, r->runner);
	cs_release(env, r->order);
	cs_release(env, r->room);
	cs_release(env, r->blend);
}

/*
 * The best single.  What looks for customers alike when it serves, which takes
 * memory and time of every session, must be ahead of all others by more than a
 * standard error.
 */
static int
best_single(race *r)
{
	int			best = leading(r, r->h->n, false),
				other;
	bool		clear;

	if (best < 0 || !(r->c->entrant[best].algorithm->flags & CS_RECO_CUSTOMERS))
		return best;
	r->runner[best].out = true;
	other = leading(r, r->h->n, false);
	clear = other < 0 || behind(r->runner[other].ndcg, r->runner[best].ndcg, r->h->n, 1);
	r->runner[best].out = false;
	return clear ? best : other;
}

static cs_interval
interval_of(const race *r, const double *ndcg, size_t n)
{
	cs_interval i;

	cs_interval_means(r->env, ndcg, n, 1, r->args->seed, &i);
	return i;
}

void
cs_race_run(cs_env *env, cs_contest *c, const cs_reco_args *args, const cs_holdout *h, const cs_reco_model *model, bool blends,
			double kappa)
{
	race		r = {env, c, args, h, model};

	run(&r, blends, kappa);
	for (int i = 0; i < c->n; i++)
	{
		c->tried[i] = (cs_tried) {c->entrant[i].algorithm, {0}, c->entrant[i].why_not};
		if (c->entrant[i].why_not == NULL)
			c->tried[i].ndcg = interval_of(&r, r.runner[i].ndcg, r.runner[i].judged);
	}
	c->single = best_single(&r);
	if (c->own >= 0)
	{
		c->tried[c->n] = (cs_tried) {cs_recommender_find("blend"), interval_of(&r, r.blend, h->n), NULL};
		c->blended = r.best_blend > c->tried[c->single].ndcg.value;
	}
	finish(&r);
}

void
cs_race_heat(cs_env *env, cs_contest *c, const cs_reco_args *args, const cs_holdout *h, const cs_reco_model *model, bool blends,
			 double kappa)
{
	race		r = {env, c, args, h, model};
	int			best,
				own;
	double		most;

	run(&r, blends, kappa);
	best = leading(&r, h->n, false);
	own = leading(&r, h->n, true);
	most = best >= 0 ? cs_trial_mean(r.runner[best].ndcg, h->n) : 0;
	for (int i = 0; i < c->n; i++)
	{
		cs_entrant *e = &c->entrant[i];
		int			to = blends && cs_contest_own(e) ? own : best;
		const runner *x = &r.runner[i];
		double		mean,
					led;

		if (x->scores == NULL || e->seconds < CS_HEAT_SECONDS || to == i)
			continue;
		if (blends && cs_contest_prior(e) && (c->must_blend || r.best_blend > most))
			continue;
		mean = cs_trial_mean(x->ndcg, x->judged);
		led = cs_trial_mean(r.runner[to].ndcg, x->judged);
		if (mean < HEAT_SHARE * led && behind(x->ndcg, r.runner[to].ndcg, x->judged, HEAT_ERRORS))
			e->why_not = cs_text(env, "it does worse in a first round of fewer customers and items: %.3f against %.3f of %s", mean, led,
								 c->entrant[to].algorithm->name);
	}
	finish(&r);
	c->own = c->prior = -1;
	c->kappa = CS_BLEND_KAPPA;
	c->kinds = 0;
}
