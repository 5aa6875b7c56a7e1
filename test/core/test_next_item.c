/*
 * test_next_item.c - what follows what, by hand.
 */
#include "reco_table.h"

#include "core/reco/sequence.h"

/* Four items; days: 0 has a, b, c on 1, 2, 3; 1 has a and b on 1 and d on 4; 2 has b on 1, a on 2. */
static const float some[12] = {1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0};
static const double at[12] = {1 * DAY, 2 * DAY, 3 * DAY, 0, 1 * DAY, 1 * DAY, 0, 4 * DAY, 2 * DAY, 1 * DAY, 0, 0};

static cs_reco_model
fit_some(cs_env *env, const float *weight, bool weighted, cs_options *o)
{
	cs_reco_args args = {events_of_table(env, weight, at, 3, 4, weighted), NULL, 0, o, 1};

	return fit_alone(env, "next_item", &args);
}

/*
 * Window 3, decay .5: a is followed by b (1), c (.5) of 0, and d (1) of 1: sum 2.5.
 * b by c (1), d (1), a (1): 3.  c and d by nothing.
 */
static void
by_hand(cs_env *env)
{
	static const double expected[4][4] = {{0, 1 / 2.5, .5 / 2.5, 1 / 2.5}, {1 / 3., 0, 1 / 3., 1 / 3.}, {0}, {0}};
	cs_reco_model m = fit_some(env, some, false, options_of(env, "next_item", "shrink", 0.0, NULL));

	for (int j = 0; j < 4; j++)
		for (int i = 0; i < 4; i++)
			CHECK_NEAR(weight_between(&m, j, i), expected[j][i], 1e-7);
	for (size_t p = m.start[0] + 1; p < m.start[1]; p++)
		CHECK(m.target[p] > m.target[p - 1]);
	CHECK(m.popularity[0] == 3 && m.customers == 3);
}

static void
options_count(cs_env *env)
{
	static const float weight[12] = {1, 3, 2, 0, 1, 1, 0, 4, 1, 1, 0, 0};
	cs_reco_model m = fit_some(env, some, false, options_of(env, "next_item", "window", 1.0, "shrink", 1.0, NULL));

	/* only the next moment: a to b and d, 1 / (2 + 1) each */
	CHECK_NEAR(weight_between(&m, 0, 1), 1 / 3., 1e-7);
	CHECK(weight_between(&m, 0, 2) == 0);
	/* within two days: a to b and c of 0, not to d of 1 */
	m = fit_some(env, some, false, options_of(env, "next_item", "max_gap", 2.0, "shrink", 0.0, NULL));
	CHECK_NEAR(weight_between(&m, 0, 1), 1 / 1.5, 1e-7);
	CHECK(weight_between(&m, 0, 3) == 0);
	/* what is followed counts with its weight: a to b 3, c .5 * 2, d 4 */
	m = fit_some(env, weight, true, options_of(env, "next_item", "shrink", 0.0, NULL));
	CHECK_NEAR(weight_between(&m, 0, 1), 3 / 8., 1e-7);
	CHECK_NEAR(weight_between(&m, 0, 2), 1 / 8., 1e-7);
	CHECK_NEAR(weight_between(&m, 0, 3), 4 / 8., 1e-7);
	/* items with too few customers follow nothing, but are part of the sum */
	m = fit_some(env, some, false, options_of(env, "next_item", "min_events", 2.0, "shrink", 0.0, NULL));
	CHECK_NEAR(weight_between(&m, 0, 1), 1 / 2.5, 1e-7);
	CHECK(weight_between(&m, 0, 2) == 0 && weight_between(&m, 0, 3) == 0);
	/* of b's three equal followers the lower two */
	m = fit_some(env, some, false, options_of(env, "next_item", "neighbours", 2.0, NULL));
	CHECK(m.start[2] - m.start[1] == 2);
	CHECK(m.target[m.start[1]] == 0 && m.target[m.start[1] + 1] == 2);
}

/* A decayed target counts less: half-life of a day, c is the latest but d. */
static void
old_followers_decay(cs_env *env)
{
	cs_reco_model m = fit_some(env, some, false, options_of(env, "next_item", "half_life", 1.0, "shrink", 0.0, NULL));
	double		b = .25,
				c = .5 * .5,
				d = 1;

	CHECK_NEAR(weight_between(&m, 0, 1), b / (b + c + d), 1e-7);
	CHECK_NEAR(weight_between(&m, 0, 2), c / (b + c + d), 1e-7);
}

static void
values_of_moments(cs_env *env)
{
	static const float had5[5] = {1, 1, 1, 1, 1};
	static const double when[5] = {7, 9, 7, 3, 9};
	cs_events  *e = events_of_table(env, had5, when, 1, 5, false);
	double		value[5];
	size_t		order[5];

	cs_sequence_order(env, e, 0, 5, order);
	CHECK(order[0] == 3 && order[1] == 0 && order[2] == 2 && order[3] == 1 && order[4] == 4);
	cs_sequence_values(env, e, 0, 5, 3, 0.5, value);
	CHECK(value[1] == 1 && value[4] == 1 && value[0] == .5 && value[2] == .5 && value[3] == .25);
	cs_sequence_values(env, e, 0, 5, 2, 0.5, value);
	CHECK(value[3] == 0 && value[0] == .5);
	cs_sequence_values(env, e, 0, 0, 2, 0.5, value);
}

static void
fit_untimed(cs_env *env)
{
	cs_reco_args args = {events_of_table(env, some, NULL, 3, 4, false), NULL, 0, options_of(env, "next_item", NULL), 1};

	fit_alone(env, "next_item", &args);
}

static void
needs_times(cs_env *env)
{
	CHECK_FAILS(env, fit_untimed, CS_E_PARAM, "needs the times of events");
}

/* Long windows, decay to nothing, customers of one moment, and nobody. */
static void
odd_shops(cs_env *env)
{
	static const float big[6] = {1e30f, 1e-30f, 1, 1e30f, 0, 1e-30f};
	static const double when[6] = {1 * DAY, 36000 * DAY, 2 * DAY, 5, 5, 5};

	for (int customers = 0; customers <= 2; customers++)
	{
		cs_reco_args args = {events_of_table(env, big, when, customers, 3, true), NULL, 0,
			options_of(env, "next_item", "window", 1000.0, "decay", 0.001, "half_life", 1.0, "shrink", 0.0, NULL), 1};
		cs_reco_model m = fit_alone(env, "next_item", &args);

		for (size_t p = 0; p < m.start[3]; p++)
			CHECK(isfinite((double) m.value[p]) && m.value[p] > 0);
	}
}

/* A long history against the formula, entry by entry. */
static void
long_history(cs_env *env)
{
	enum {N = 300};
	float	   *w = CS_ROOM(env, float, N);
	double	   *t = CS_ROOM(env, double, N);
	cs_reco_args args;
	cs_reco_model m;

	for (int i = 0; i < N; i++)
	{
		w[i] = 1;
		t[i] = (double) (i * 7 % N) * DAY;
	}
	args = (cs_reco_args) {events_of_table(env, w, t, 1, N, false), NULL, 0, options_of(env, "next_item", "window", 4.0, "shrink", 0.0, NULL), 1};
	m = fit_alone(env, "next_item", &args);
	for (int j = 0; j < N; j++)
		for (int i = 0; i < N; i++)
		{
			int			gap = i * 7 % N - j * 7 % N,
						left = N - 1 - j * 7 % N;
			double		sum = 2 - pow(0.5, (left < 4 ? left : 4) - 1);

			CHECK_NEAR(weight_between(&m, j, i), gap >= 1 && gap <= 4 ? pow(0.5, gap - 1) / sum : 0, 1e-6);
		}
}

TESTS(by_hand, options_count, old_followers_decay, values_of_moments, needs_times, odd_shops, long_history)
