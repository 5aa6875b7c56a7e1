/*
 * test_contest.c - the parts of a contest: places counted rather than lists sorted, who
 * falls out, the first round on fewer customers and items, what is not fitted twice.
 */
#include "reco.h"

#include "core/reco/algorithms.h"
#include "core/reco/blend.h"
#include "core/reco/effort.h"
#include "core/reco/heat.h"
#include "core/reco/mixed_ranks.h"
#include "core/reco/race.h"
#include "core/reco/scores.h"

enum
{
	SORTS = 10,
	EACH = 8
};

/* Everybody takes things of one sort out of ten, a few popular ones beside. */
static cs_events *
sorted_shop(cs_env *env, int customers, int items, int kinds)
{
	size_t		room = (size_t) customers * EACH;
	int32_t    *c = CS_ROOM(env, int32_t, room),
			   *i = CS_ROOM(env, int32_t, room);
	cs_raw_events raw = {room, customers, items, c, i, NULL, NULL};
	cs_events  *e;
	cs_rng		rng;

	cs_rng_init(&rng, 11, 1);
	for (size_t n = 0; n < room; n++)
	{
		int			kind = (int) cs_rng_below(&rng, (uint64_t) kinds);

		c[n] = (int32_t) (n / EACH);
		if (n % EACH > 0)
			kind = (int) (cs_rng_unit(&rng) * (double) kind);
		i[n] = (int32_t) (cs_rng_unit(&rng) < 0.8 ? kind * SORTS + c[n] % SORTS : kind);
	}
	e = cs_events_build(env, &raw, 0);
	cs_release(env, c);
	cs_release(env, i);
	return e;
}

static cs_reco_args
args_of(cs_env *env, const cs_events *e)
{
	return (cs_reco_args) {e, NULL, 0, options_of(env, "auto", NULL), 1, &divider, env};
}

static cs_contest *
contest_of(cs_env *env, const cs_reco_args *args, char *const *name, int n)
{
	return cs_contest_new(env, args, name, n, true, 0);
}

static void
run(cs_env *env, cs_contest *c, const cs_reco_args *args)
{
	cs_team		team = solo(env, cs_contest_arena(c, args));

	cs_contest_run(c, env, &team, args, true, -1);
	cs_release(env, team.arena);
}

/* Scores that hold few items, are negative, tie, or are all the same: the same bits as by sorting lists. */
static void
places_are_those_of_lists(cs_env *env)
{
	static const double kappa[] = {0, 0.5, 1, 10, 1000};
	cs_events  *e = sorted_shop(env, 200, 60, 60 / SORTS);
	cs_holdout *h = cs_holdout_new(env, e, 1, 1);
	double	   *popularity = CS_NEW(env, double, 60),
			   *place = CS_NEW(env, double, 60);
	cs_scored	own[60],
				prior[60],
				mixed[60];
	cs_trial   *trial;
	cs_mixed_ranks *m;
	cs_rng		rng;
	int			hits = 0,
				kinds = 0;

	for (int i = 0; i < 60; i++)
		popularity[i] = 1 + i % 7;
	trial = cs_trial_new(env, h, 0, popularity);
	m = cs_mixed_ranks_new(env, trial);
	cs_rng_init(&rng, 5, 1);
	for (size_t t = 0; t < h->n; t++)
	{
		size_t		n_own = 0,
					n_prior = 0;
		double		ndcg[LENGTH(kappa)];

		for (int i = 0; i < 60; i++)
		{
			if (t % 4 == 0 || cs_rng_unit(&rng) < 0.3)
				own[n_own++] = (cs_scored) {i, t % 3 == 0 ? (double) cs_rng_below(&rng, 3) : cs_rng_unit(&rng) - 0.4};
			if (t % 5 > 0 || i % 9 == 0)
				prior[n_prior++] = (cs_scored) {i, t % 7 == 0 ? 0.25 : cs_rng_unit(&rng) - (t % 11 == 0)};
		}
		cs_mixed_ranks_customer(m, t, prior, n_prior);
		cs_mixed_ranks_judge(m, own, n_own, kappa, LENGTH(kappa), ndcg);
		for (size_t k = 0; k < LENGTH(kappa); k++)
		{
			const int32_t *item;
			const double *value;
			cs_blend_scale scale;
			size_t		had = cs_trial_history(trial, t, &item, &value),
						n = cs_blend_scores(env, own, n_own, prior, n_prior, item, had, kappa[k], place, &scale, mixed);

			CHECK(ndcg[k] == cs_trial_judge(env, trial, t, mixed, n));
			hits += ndcg[k] > 0;
			kinds += ndcg[k] > 0 && ndcg[k] < 1;
		}
	}
	CHECK(hits > 50 && kinds > 20);
	cs_mixed_ranks_free(m);
}

/* Who is far behind is not judged by all customers; who is not, is. */
static void
who_is_behind_falls_out(cs_env *env)
{
	static char *name[] = {"popular", "itemknn", "rp3beta"};
	cs_reco_args args = args_of(env, sorted_shop(env, 4000, 200, 200 / SORTS));
	cs_contest *c = contest_of(env, &args, name, 3);

	run(env, c, &args);
	CHECK(c->tried[0].why_not == NULL && c->tried[0].ndcg.n == CS_HOLDOUT_MOST / 8);
	CHECK(c->tried[0].ndcg.high < c->tried[1].ndcg.low);
	CHECK(c->single > 0 && c->tried[c->single].ndcg.n == CS_HOLDOUT_MOST);
	CHECK(c->own == -1 && !c->blended);
}

/* Of two as good the one that serves for less is taken; who is better by far is taken whatever it costs. */
static void
searches_must_be_better(cs_env *env)
{
	static char *name[] = {"userknn", "itemknn", "popular"},
			   *others[] = {"userknn", "popular"};
	float	   *had = CS_NEW(env, float, 600 * 60);
	cs_reco_args args;
	cs_contest *c;

	/* everybody has the three things of one sort: what is held back is what is left of it */
	for (int p = 0; p < 600; p++)
		for (int i = 0; i < 3; i++)
			had[p * 60 + p % 20 * 3 + i] = 1;
	args = args_of(env, events_of_table(env, had, NULL, 600, 60, false));
	c = contest_of(env, &args, name, 3);
	run(env, c, &args);
	CHECK(c->tried[0].ndcg.value == 1 && c->tried[1].ndcg.value == 1 && c->tried[2].ndcg.value < 0.5);
	CHECK(c->single == 1);
	c = contest_of(env, &args, others, 2);
	run(env, c, &args);
	CHECK(c->single == 0);
}

/* The most popular items, in order; customers' segments and the items' attributes go along. */
static void
fewer_customers_and_items(cs_env *env)
{
	enum
	{
		MANY = 3000,
		PEOPLE = 1000
	};
	cs_events  *e = sorted_shop(env, PEOPLE, MANY, MANY / SORTS);
	cs_reco_args args = args_of(env, e),
				heat;
	int32_t    *segment = CS_ROOM(env, int32_t, PEOPLE),
			   *count = CS_NEW(env, int32_t, MANY),
			   *number = CS_ROOM(env, int32_t, MANY),
				items = 0,
				people = 0;
	size_t		n = 0;

	for (int c = 0; c < PEOPLE; c++)
		segment[c] = c % 7;
	for (size_t q = 0; q < e->n; q++)
		count[e->item[q]]++;
	for (int i = 0; i < MANY; i++)
	{
		int			above = 0;

		for (int j = 0; j < MANY; j++)
			above += count[j] > count[i] || (count[j] == count[i] && j < i);
		number[i] = above < CS_HEAT_ITEMS && count[i] > 0 ? items++ : -1;
	}
	args.segment = segment;
	args.segments = 7;
	args.attributes = e;
	CHECK(cs_heat_is_part(e) && !cs_heat_is_part(sorted_shop(env, PEOPLE, 200, 200 / SORTS)));
	heat = cs_heat_args(env, &args);
	CHECK(heat.events->items == items && heat.attributes->items == items && items > 1000 && items <= CS_HEAT_ITEMS);
	for (int c = 0; c < PEOPLE; c++)
	{
		size_t		before = n;

		for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
		{
			if (number[e->item[q]] < 0)
				continue;
			CHECK(heat.events->item[n] == number[e->item[q]] && heat.events->weight[n] == e->weight[q]);
			CHECK(heat.attributes->item[n] == number[e->item[q]]);
			n++;
		}
		if (n == before)
			continue;
		CHECK(heat.segment[people] == segment[c] && heat.events->start[people] == before);
		people++;
	}
	CHECK(heat.events->n == n && heat.attributes->n == n && heat.events->customers == people);
	cs_heat_free(env, &heat);
}

/* Of very many entries a part of the customers is drawn, with their segments. */
static void
a_part_of_the_customers(cs_env *env)
{
	enum
	{
		PEOPLE = 60000
	};
	cs_events  *e = sorted_shop(env, PEOPLE, 200, 200 / SORTS);
	cs_reco_args args = args_of(env, e),
				heat;
	int32_t    *segment = CS_ROOM(env, int32_t, PEOPLE);
	int			right = 0;

	for (int c = 0; c < PEOPLE; c++)
		segment[c] = c % SORTS;
	args.segment = segment;
	args.segments = SORTS;
	heat = cs_heat_args(env, &args);
	CHECK(heat.events->items == 200);
	CHECK(fabs((double) heat.events->n / CS_HEAT_ENTRIES - 1) < 0.05);

	/* four of five things are of the customer's sort, which is also the segment */
	for (int c = 0; c < heat.events->customers; c++)
		for (size_t q = heat.events->start[c]; q < heat.events->start[c + 1]; q++)
			right += heat.events->item[q] % SORTS == heat.segment[c];
	CHECK((double) right / (double) heat.events->n > 0.7);
	cs_heat_free(env, &heat);
}

/* What takes its time and is clearly worse falls out before it learns from all. */
static void
a_first_round(cs_env *env)
{
	static char *name[] = {"popular", "itemknn", "rp3beta"};
	cs_reco_args args = args_of(env, sorted_shop(env, 2500, 2500, 20));
	cs_contest *c = contest_of(env, &args, name, 3);

	for (int i = 0; i < 3; i++)
		c->entrant[i].seconds = 100;
	run(env, c, &args);
	CHECK(strstr(c->tried[0].why_not, "it does worse in a first round of fewer customers and items: 0.") != NULL);
	CHECK(c->tried[1].why_not == NULL && c->tried[2].why_not == NULL && c->single > 0);

	/* the same takes part where it costs nothing */
	c = contest_of(env, &args, name, 3);
	c->entrant[1].seconds = 100;
	run(env, c, &args);
	CHECK(c->tried[0].why_not == NULL && c->tried[0].ndcg.n > 0);
}

/* What took long and learnt from nearly all is not fitted again; popularity is that of all. */
static void
not_twice(cs_env *env)
{
	static char *name[] = {"ease", "itemknn"};
	cs_reco_args args = args_of(env, sorted_shop(env, 300, 40, 40 / SORTS));
	cs_contest *c = contest_of(env, &args, name, 2);
	cs_team		team = solo(env, cs_contest_arena(c, &args));
	cs_reco_model again,
				kept,
				counted;

	run(env, c, &args);
	c->entrant[0].seconds = c->entrant[1].seconds = 2;
	CHECK(!c->nearly_all);
	cs_contest_fit(c, 0, env, &team, &args, &again);
	CHECK(again.value != c->model[0].value);
	c->nearly_all = true;
	cs_contest_fit(c, 0, env, &team, &args, &kept);
	CHECK(kept.value == c->model[0].value && kept.popularity != c->model[0].popularity);
	CHECK(memcmp(kept.popularity, again.popularity, sizeof(double) * 40) == 0 && kept.customers == again.customers);

	/* what counts is fitted again: counts are exact */
	cs_contest_fit(c, 1, env, &team, &args, &counted);
	CHECK(counted.value != c->model[1].value);
	c->entrant[0].seconds = 0.1;
	cs_contest_fit(c, 0, env, &team, &args, &kept);
	CHECK(kept.value != c->model[0].value);
}

/* Scores of the contest are those of the algorithms: the last item of a history leads on, the nearest customers are found. */
static void
order_and_nearness_count(cs_env *env)
{
	/* 0 -> 1 and 2 -> 3; the last customer had 2, then 0 */
	static const float had[] = {
		1, 1, 0, 0,
		1, 1, 0, 0,
		0, 0, 1, 1,
		0, 0, 1, 1,
		1, 0, 1, 0
	};
	static const double at[] = {
		1, 2, 0, 0,
		1, 2, 0, 0,
		0, 0, 1, 2,
		0, 0, 1, 2,
		2, 0, 1, 0
	};
	cs_events  *e = events_of_table(env, had, at, 5, 4, false);
	const int32_t item[] = {0, 2};
	const double value[] = {1, 1};
	cs_scored	out[4];
	static const char *const name[] = {"next_item", "userknn"};

	for (int a = 0; a < 2; a++)
	{
		cs_reco_args args = {e, NULL, 0, options_of(env, name[a], NULL), 1, &divider, env};
		cs_reco_model m = fit_alone(env, name[a], &args);
		cs_scores  *s = cs_scores_new(env, cs_recommender_find(name[a]), &m, &args);
		size_t		n = cs_scores_customer(env, s, 4, 2, item, value, out);
		double		one = 0,
					three = 0;

		for (size_t i = 0; i < n; i++)
		{
			one += out[i].item == 1 ? out[i].score : 0;
			three += out[i].item == 3 ? out[i].score : 0;
		}
		/* two of the 2 things after item 0, two of 3 after item 2, which is a moment before the last; likeness has no order */
		CHECK_NEAR(one, a == 0 ? 2.0 / (2 + 10) : three, 1e-7);
		CHECK_NEAR(three, a == 0 ? 0.5 * 2.0 / (3 + 10) : one, 1e-7);
		CHECK(three > 0);
		cs_scores_free(s);
	}
}

TESTS_NO_SWEEP(places_are_those_of_lists, who_is_behind_falls_out, searches_must_be_better, fewer_customers_and_items, a_part_of_the_customers, a_first_round, not_twice,
			   order_and_nearness_count)
