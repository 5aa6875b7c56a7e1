/*
 * test_popular.c - popularity of items, which every model has, and its window.
 */
#include "reco.h"

#include "core/reco/algorithms.h"

#define CUSTOMERS 5
#define ITEMS 4

/* Number of events, or their weight; days at which the last was. */
static const float had[CUSTOMERS * ITEMS] = {
	1, 1, 0, 0,
	2, 0, 1, 0,
	4, 3, 0, 0,
	0, 1, 1, 0,
	0, 0, 0, 0
};
static const double day[CUSTOMERS * ITEMS] = {
	100, 90, 0, 0,
	70, 0, 100, 0,
	40, 100, 0, 0,
	0, 10, 40, 0,
	0, 0, 0, 0
};

static cs_events *
small_shop(cs_env *env, bool weighted)
{
	double		at[CUSTOMERS * ITEMS];

	for (int i = 0; i < CUSTOMERS * ITEMS; i++)
		at[i] = day[i] * DAY;
	return events_of_table(env, had, at, CUSTOMERS, ITEMS, weighted);
}

static void
customers_are_counted(cs_env *env)
{
	cs_reco_args args = {small_shop(env, false), NULL, 0, options_of(env, "popular", NULL), 1};
	cs_reco_model m = fit_alone(env, "popular", &args);

	CHECK(m.items == ITEMS && m.customers == 4);
	CHECK(m.popularity[0] == 3 && m.popularity[1] == 3 && m.popularity[2] == 2 && m.popularity[3] == 0);
	CHECK(m.score == NULL && m.start == NULL && m.segments == 0 && m.segment_start == NULL);
	CHECK(m.kappa == 20);
}

static void
weights_count_when_given(cs_env *env)
{
	cs_reco_args args = {small_shop(env, true), NULL, 0, options_of(env, "popular", NULL), 1};
	cs_reco_model m = fit_alone(env, "popular", &args);

	CHECK(m.popularity[0] == 7 && m.popularity[1] == 5 && m.popularity[2] == 2 && m.popularity[3] == 0);
}

static void
old_events_count_less(cs_env *env)
{
	cs_reco_args args = {small_shop(env, true), NULL, 0, options_of(env, "popular", "half_life", 30.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "popular", &args);

	/* item 0: 1 now, 2 halved once, 4 halved twice; and so on */
	CHECK_NEAR(m.popularity[0], 1 + 1 + 1, 1e-14);
	CHECK_NEAR(m.popularity[1], pow(2, -10 / 30.0) + 3 + pow(2, -3), 1e-14);
	CHECK_NEAR(m.popularity[2], 1 + pow(2, -2), 1e-14);
}

static void
window_leaves_out_the_rest(cs_env *env)
{
	cs_reco_args args = {small_shop(env, false), NULL, 0, options_of(env, "popular", "window", 30.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "popular", &args);

	/* more than 70: the day 30 days ago is outside */
	CHECK(m.score[0] == 1 && m.score[1] == 2 && m.score[2] == 1 && m.score[3] == 0);
	CHECK(m.popularity[0] == 3 && m.popularity[2] == 2);
}

static void
rare_items_are_left_out(cs_env *env)
{
	cs_reco_args args = {small_shop(env, false), NULL, 0,
		options_of(env, "popular", "min_events", 3.0, "window", 1000.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "popular", &args);

	CHECK(m.popularity[0] == 3 && m.popularity[1] == 3 && m.popularity[2] == 0);
	CHECK(m.score[0] == 3 && m.score[1] == 3 && m.score[2] == 0);
}

static void
untimed(cs_env *env, const char *option)
{
	cs_reco_args args = {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0,
		options_of(env, "popular", option, 3.0, NULL), 1};

	fit_alone(env, "popular", &args);
}

static void
untimed_half_life(cs_env *env)
{
	untimed(env, "half_life");
}

static void
untimed_window(cs_env *env)
{
	untimed(env, "window");
}

static void
times_are_asked_for(cs_env *env)
{
	CHECK_FAILS(env, untimed_half_life, CS_E_PARAM, "option \"half_life\" needs the times of events");
	CHECK_FAILS(env, untimed_window, CS_E_PARAM, "option \"window\" needs the times of events");
}

static void
no_events(cs_env *env)
{
	static const float none[6];
	cs_reco_args args = {events_of_table(env, none, (double[6]) {0}, 2, 3, false), NULL, 0,
		options_of(env, "popular", "window", 7.0, "half_life", 7.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "popular", &args);

	CHECK(m.customers == 0 && m.items == 3 && m.popularity[2] == 0 && m.score[2] == 0);
}

static void
the_list_of_algorithms(cs_env *env)
{
	CHECK(cs_recommender_find("popular") == &cs_popular);
	CHECK(cs_recommender_find("unheard of") == NULL);
	for (int a = 0; cs_recommenders[a]; a++)
	{
		const cs_recommender *r = cs_recommenders[a];
		const cs_param *p = cs_reco_params(env, r);
		int			n = cs_params_count(p);

		CHECK(r == cs_recommender_find(r->name) && r->fit && r->summary);
		CHECK(strcmp(p[0].name, "half_life") == 0);
		for (int i = 0; i < n; i++)
		{
			CHECK(cs_params_find(p, p[i].name) == i);
			CHECK(p[i].type == CS_P_ENUM || (p[i].def >= p[i].min && p[i].def <= p[i].max));
			CHECK(p[i].help != NULL);
		}
	}
}

TESTS(customers_are_counted, weights_count_when_given, old_events_count_less, window_leaves_out_the_rest,
	  rare_items_are_left_out, times_are_asked_for, no_events, the_list_of_algorithms)
