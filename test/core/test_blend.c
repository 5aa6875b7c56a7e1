/*
 * test_blend.c - standard scores added up, members and kappa that are chosen.
 *
 * Reference values: NumPy 2.4.6.
 *
 * Held against MovieLens-100k, 75 % of each item's ratings to learn from (data not kept
 * here): ease with kappa 10 is taken, ndcg@10 .477; ease alone .480, ials .473, segment_mixture .408.
 */
#include "reco_table.h"

#include "core/reco/blend.h"
#include "core/reco/contest.h"

enum
{
	KINDS = 3,
	EACH = 50,
	OWN = 8
};

/* Three kinds of customers with tastes of their own. */
static cs_events *
planted(cs_env *env)
{
	float	   *had = CS_NEW(env, float, KINDS * EACH * KINDS * OWN);
	cs_rng		rng;

	cs_rng_init(&rng, 5, 1);
	for (int c = 0; c < KINDS * EACH; c++)
		for (int i = 0; i < KINDS * OWN; i++)
			had[c * KINDS * OWN + i] = cs_rng_unit(&rng) < (c % KINDS == i / OWN ? 0.2 + 0.05 * (i % OWN) : 0.04);
	return events_of_table(env, had, NULL, KINDS * EACH, KINDS * OWN, false);
}

static cs_options *
members(cs_env *env, const char *own, double kappa)
{
	static char *text[2] = {NULL, "segment_mixture"};
	cs_options *o = options_of(env, "blend", "blend_kappa", kappa, NULL);
	cs_option  *v = &o->value[cs_params_find(o->table, "members")];

	text[0] = (char *) (uintptr_t) own;
	v->set = true;
	v->text = text;
	v->rows = 2;
	return o;
}

/* Items 0 and 5 are the history, 1 to 4 the candidates: (1 - w) z(own) + w z(prior) up to what is the same for all. */
static void
standard_scores(cs_env *env)
{
	static const cs_scored own[] = {{5, 2}, {0, 3}, {4, 0.5}, {2, 1}},
				prior[] = {{0, 0.5}, {1, 0.4}, {2, 0.3}, {3, 0.2}, {4, 0.1}, {5, 0.05}};
	static const int32_t history[] = {0, 5};
	static const double above[] = {3.43116522254648, 0, 0.428179988048894, -1.073312629199899, -1.127550792475427, 0.05137550419786402};
	cs_scored	out[6];
	cs_blend_scale scale;
	double		place[6] = {0},
				score[6] = {0};

	CHECK(cs_blend_weight(3, 2) == 0.6 && cs_blend_weight(3, 0) == 1 && cs_blend_weight(0, 0) == 0);
	CHECK(cs_blend_scores(env, own, 4, prior, 6, history, 2, 3, place, &scale, out) == 6);
	CHECK(scale.weight == 0.6);
	CHECK_NEAR(scale.own, 0.4 / 0.41457809879442498, 1e-14);
	CHECK_NEAR(scale.prior, 0.6 / 0.1118033988749895, 1e-14);
	for (int i = 0; i < 6; i++)
		score[out[i].item] = out[i].score;
	for (int i = 0; i < 6; i++)
		CHECK_NEAR(score[i] - score[1], above[i], 1e-13);
	for (int i = 0; i < 6; i++)
		CHECK(place[i] == 0);

	/* own scores that say nothing: the prior's order; all of kappa on the other side: the own ones alone */
	CHECK(cs_blend_scores(env, own, 0, prior, 6, history, 2, 3, place, &scale, out) == 6);
	for (int i = 1; i < 6; i++)
		CHECK(out[i].score < out[i - 1].score && out[i].score > 0);
	CHECK(cs_blend_scores(env, own, 4, prior, 6, history, 2, 0, place, &scale, out) == 4);
	CHECK(cs_blend_scores(env, own, 0, prior, 0, history, 2, 3, place, &scale, out) == 0);
}

/* Members and kappa given: the model holds what the members' own have. */
static void
members_are_kept(cs_env *env)
{
	static const char *const name[] = {"itemknn", "ials"};

	for (int i = 0; i < 2; i++)
	{
		cs_reco_args args = {planted(env), NULL, 0, members(env, name[i], 5), 1, &divider};
		cs_reco_model m = fit_alone(env, "blend", &args),
					own,
					kinds;

		args.options = options_of(env, name[i], NULL);
		own = fit_alone(env, name[i], &args);
		args.options = options_of(env, "segment_mixture", NULL);
		kinds = fit_alone(env, "segment_mixture", &args);
		CHECK(m.member == cs_recommender_find(name[i]) && m.blend_kappa == 5 && m.n_tried == 0 && m.chosen == NULL);
		CHECK(m.kinds == kinds.kinds && m.factors == own.factors + kinds.kinds);
		CHECK(memcmp(m.share, kinds.share, sizeof(double) * (size_t) m.kinds) == 0);
		CHECK((m.start == NULL) == (own.start == NULL) && m.fold.alpha == own.fold.alpha);
		if (own.start)
			CHECK(memcmp(m.value, own.value, sizeof(float) * own.start[own.items]) == 0);
		for (int j = 0; j < m.items; j++)
		{
			const float *f = m.factor + j * m.factors;

			CHECK(own.factors == 0 || memcmp(f, own.factor + j * own.factors, sizeof(float) * (size_t) own.factors) == 0);
			CHECK(memcmp(f + own.factors, kinds.factor + j * kinds.factors, sizeof(float) * (size_t) kinds.kinds) == 0);
		}
	}
}

/* All that is tried is told, and the blend ranks no worse than its members: kappas of 0 and of 1000 are among them. */
static void
the_best_is_taken(cs_env *env)
{
	cs_reco_args args = {planted(env), NULL, 0, options_of(env, "blend", NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "blend", &args);
	double		best = 0;

	CHECK(m.n_tried == 6 && m.tried[5].algorithm == cs_recommender_find("blend"));
	for (int i = 0; i < 5; i++)
	{
		CHECK(m.tried[i].why_not == NULL && m.tried[i].ndcg.n > 100);
		CHECK(m.tried[i].ndcg.low < m.tried[i].ndcg.value && m.tried[i].ndcg.value < m.tried[i].ndcg.high);
		if (i < 4)
			best = fmax(best, m.tried[i].ndcg.value);
	}
	CHECK(m.tried[5].ndcg.value >= best);
	CHECK(m.blend_kappa >= 0 && m.kinds > 0 && m.member != NULL);
}

static void
what_does_not_fit_is_left_out(cs_env *env)
{
	static char *name[] = {"itemknn", "segment_mixture", "segment_popular", "trending"};
	cs_reco_args args = {planted(env), NULL, 0, options_of(env, "segment_mixture", NULL), 1, &divider, env};
	cs_contest *c;

	args.memory = cs_recommender_find("segment_mixture")->arena(&args) - 1;
	c = cs_contest_new(env, &args, name, 4, true, 60);
	CHECK(c->entrant[0].why_not == NULL);
	CHECK(strstr(c->entrant[1].why_not, " MB of memory") != NULL);
	CHECK(strcmp(c->entrant[2].why_not, "it needs a segmentation") == 0);
	CHECK(strcmp(c->entrant[3].why_not, "it needs the times of events") == 0);
	cs_contest_run(c, env, &(cs_team) {0, 1, NULL, solo(env, cs_contest_arena(c, &args)).arena, cs_contest_arena(c, &args), 0}, &args, true, -1);
	CHECK(c->single == 0 && c->own == -1 && c->prior == -1 && !c->blended);

	/* time: more is left out than by memory alone */
	args.memory = 0;
	c = cs_contest_new(env, &args, name, 2, true, 1e-9);
	CHECK(strcmp(c->entrant[0].why_not, "it takes about 0 seconds") == 0);
	c = cs_contest_new(env, &args, name, 2, true, 0);
	CHECK(c->entrant[0].why_not == NULL && c->entrant[1].why_not == NULL);
}

static void
nothing_fits(cs_env *env)
{
	cs_reco_args args = {planted(env), NULL, 0, options_of(env, "blend", NULL), 1, &divider, NULL, 1};

	fit_alone(env, "blend", &args);
}

static void
no_member(cs_env *env)
{
	cs_reco_args args = {planted(env), NULL, 0, members(env, "popular", 5), 1, &divider};

	fit_alone(env, "blend", &args);
}

static void
no_other_member(cs_env *env)
{
	cs_reco_args args = {planted(env), NULL, 0, members(env, "segment_mixture", 5), 1, &divider};

	fit_alone(env, "blend", &args);
}

static void
members_that_are_none(cs_env *env)
{
	CHECK_FAILS(env, nothing_fits, CS_E_LIMIT, "no members of a blend");
	CHECK_FAILS(env, no_member, CS_E_PARAM, "\"popular\" cannot be a member");
	CHECK_FAILS(env, no_other_member, CS_E_PARAM, "at least one other member");
}

static void
small_shops(cs_env *env)
{
	check_small_shops(env, "blend", options_of(env, "blend", NULL));
}

static void
any_team_gives_the_same(cs_env *env)
{
	check_any_team(env, "blend", planted(env), members(env, "rp3beta", -1));
}

TESTS_NO_SWEEP(standard_scores, members_are_kept, the_best_is_taken, what_does_not_fit_is_left_out, members_that_are_none, small_shops,
			   any_team_gives_the_same)
