/*
 * test_trending.c - change of rates in standard deviations.
 */
#include "reco.h"

#define ITEMS 6

/*
 * Customers whose last event with an item is recent, or before; each has one item.
 * Times: day 0 (one customer of item 5, the first event), day 46 and day 56, the
 * present.  With a window of 7 days the time before is 49 days, 7 windows.
 */
static const int recent[ITEMS] = {150, 3, 0, 10, 4, 0},
			before[ITEMS] = {700, 7, 70, 70, 0, 1};

static cs_events *
history(cs_env *env)
{
	int			n = 0;
	int32_t    *customer = CS_NEW(env, int32_t, 2000),
			   *item = CS_NEW(env, int32_t, 2000);
	double	   *at = CS_NEW(env, double, 2000);
	cs_raw_events raw = {0, 2000, ITEMS, customer, item, NULL, at};

	for (int i = 0; i < ITEMS; i++)
		for (int c = 0; c < recent[i] + before[i]; c++)
		{
			customer[n] = n;
			item[n] = i;
			at[n++] = (i == 5 ? 0 : c < recent[i] ? 56 : 46) * DAY;
		}
	raw.n = (size_t) n;
	return cs_events_build(env, &raw, 0);
}

/* Anscombe's transform, with b customers per window before. */
static double
change(double r, double b)
{
	return 2 * (sqrt(r + 0.375) - sqrt(b + 0.375));
}

static void
jumps_in_standard_deviations(cs_env *env)
{
	cs_reco_args args = {history(env), NULL, 0, options_of(env, "trending", NULL), 1};
	cs_reco_model m = fit_alone(env, "trending", &args);

	CHECK_NEAR(m.score[0], change(150, 100), 1e-12);
	CHECK_NEAR(m.score[0], 4.48803, 1e-5);
	CHECK_NEAR(m.score[1], change(3, 1), 1e-12);
	CHECK_NEAR(m.score[1], 1.32903, 1e-5);

	/* what does not rise is no trend, even from 10 to 10 */
	CHECK(m.score[2] == 0 && m.score[3] == 0 && m.score[5] == 0);
	CHECK_NEAR(m.score[4], change(4, 0), 1e-12);
	CHECK(m.score[0] > m.score[4] && m.score[4] > m.score[1]);
	CHECK(m.popularity[0] == 850 && m.popularity[5] == 1);
}

static void
short_past(cs_env *env)
{
	cs_reco_args args = {history(env), NULL, 0, options_of(env, "trending", "window", 50.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "trending", &args);

	/* six days of past count as fifty */
	CHECK_NEAR(m.score[1], change(10, 0), 1e-12);
	CHECK(m.score[5] == 0);

	/* no past at all: the most bought */
	args.options = options_of(env, "trending", "window", 100.0, NULL);
	m = fit_alone(env, "trending", &args);
	CHECK_NEAR(m.score[0], change(850, 0), 1e-12);
	CHECK_NEAR(m.score[5], change(1, 0), 1e-12);
}

static void
rare_items_are_left_out(cs_env *env)
{
	cs_reco_args args = {history(env), NULL, 0, options_of(env, "trending", "min_events", 5.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "trending", &args);

	CHECK(m.score[4] == 0 && m.score[1] > 0);
}

static void
untimed(cs_env *env)
{
	static const float one[] = {1};
	cs_reco_args args = {events_of_table(env, one, NULL, 1, 1, false), NULL, 0, options_of(env, "trending", NULL), 1};

	fit_alone(env, "trending", &args);
}

static void
times_are_asked_for(cs_env *env)
{
	CHECK(cs_recommender_find("trending")->flags & CS_RECO_TIME);
	CHECK_FAILS(env, untimed, CS_E_PARAM, "algorithm \"trending\" needs the times of events");
}

static void
no_events(cs_env *env)
{
	static const float none[2];
	static const double at[2];
	cs_reco_args args = {events_of_table(env, none, at, 1, 2, false), NULL, 0, options_of(env, "trending", NULL), 1};
	cs_reco_model m = fit_alone(env, "trending", &args);

	CHECK(m.score[0] == 0 && m.score[1] == 0);
}

TESTS(jumps_in_standard_deviations, short_past, rare_items_are_left_out, times_are_asked_for, no_events)
