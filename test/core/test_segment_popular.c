/*
 * test_segment_popular.c - rates within segments, and how far they are drawn
 * towards the overall ones.
 */
#include "reco.h"

#define SEGMENTS 4
#define ITEMS 6

/* Customers of the segments, and how many of them have each item; item 5 all have. */
static const int customers[SEGMENTS] = {50, 80, 120, 40},
			having[ITEMS][SEGMENTS] = {
	{5, 20, 10, 2}, {25, 30, 70, 9}, {1, 0, 6, 3}, {10, 40, 30, 20}, {0, 2, 1, 0}, {50, 80, 120, 40}};

/* Events for these counts, with two customers more: one of no segment, one of no events. */
static cs_reco_args
shop(cs_env *env, const cs_options *options)
{
	int			n = 290;
	float	   *table = CS_NEW(env, float, (size_t) (n + 2) * ITEMS);
	double	   *at = CS_NEW(env, double, (size_t) (n + 2) * ITEMS);
	int32_t    *segment = CS_NEW(env, int32_t, (size_t) n + 2);
	cs_reco_args args = {NULL, segment, SEGMENTS, options, 1};

	for (int s = 0, c = 0; s < SEGMENTS; s++)
		for (int of = 0; of < customers[s]; of++, c++)
			for (int i = 0; i < ITEMS; i++)
			{
				segment[c] = s;
				table[c * ITEMS + i] = of < having[i][s];
				at[c * ITEMS + i] = (of + i) % 10 * DAY;
			}
	segment[n] = -1;
	segment[n + 1] = 1;
	table[n * ITEMS + 4] = 1;
	args.events = events_of_table(env, table, at, n + 2, ITEMS, false);
	return args;
}

static double
weight_in(const cs_reco_model *m, int s, int i)
{
	for (size_t p = m->segment_start[s]; p < m->segment_start[s + 1]; p++)
		if (m->segment_item[p] == i)
			return m->segment_weight[p];
	return 0;
}

static void
segments_are_counted(cs_env *env)
{
	cs_reco_args args = shop(env, options_of(env, "segment_popular", NULL));
	cs_reco_model m = fit_alone(env, "segment_popular", &args);

	CHECK(m.segments == SEGMENTS && m.segment_start[0] == 0 && m.customers == 291);
	for (int s = 0; s < SEGMENTS; s++)
	{
		CHECK(m.segment_total[s] == customers[s]);
		for (int i = 0; i < ITEMS; i++)
			CHECK(weight_in(&m, s, i) == having[i][s]);
		for (size_t p = m.segment_start[s] + 1; p < m.segment_start[s + 1]; p++)
			CHECK(m.segment_item[p] > m.segment_item[p - 1]);
	}
	CHECK(m.segment_start[SEGMENTS] == 21);
	CHECK(m.popularity[4] == 4);
	CHECK(m.start == NULL && m.score == NULL);
}

static void
rates_are_drawn_to_the_overall_ones(cs_env *env)
{
	cs_reco_args args = shop(env, options_of(env, "segment_popular", "kappa", 30.0, NULL));
	cs_reco_model m = fit_alone(env, "segment_popular", &args);
	double		rate[ITEMS];

	CHECK(m.kappa == 30);
	for (int s = 0; s < SEGMENTS; s++)
	{
		cs_reco_segment_rates(&m, s, rate);
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(rate[i], (having[i][s] + 30 * m.popularity[i] / 291) / (customers[s] + 30), 1e-15);
	}

	/* nobody of segment 3 has item 4, but it stays possible */
	CHECK_NEAR(rate[4], 30 * (4 / 291.0) / 70, 1e-15);
	CHECK(cs_reco_rate(0, 0, 0.25, 0) == 0.25);
}

static void
segments_decay(cs_env *env)
{
	cs_reco_args args = shop(env, options_of(env, "segment_popular", "half_life", 3.0, NULL));
	cs_reco_model m = fit_alone(env, "segment_popular", &args);
	double		sum = 0;

	for (int of = 0; of < having[3][1]; of++)
		sum += pow(2, ((of + 3) % 10 - 9) / 3.0);
	CHECK_NEAR(weight_in(&m, 1, 3), sum, 1e-12);
	CHECK(m.segment_total[1] == customers[1]);
}

static void
rare_items_are_left_out(cs_env *env)
{
	cs_reco_args args = shop(env, options_of(env, "segment_popular", "min_events", 5.0, NULL));
	cs_reco_model m = fit_alone(env, "segment_popular", &args);
	double		rate[ITEMS];

	CHECK(weight_in(&m, 1, 4) == 0 && m.popularity[4] == 0);
	CHECK(weight_in(&m, 2, 2) == 6);
	cs_reco_segment_rates(&m, 1, rate);
	CHECK(rate[4] == 0 && rate[2] > 0);
}

/* The equation of Kleinman's estimate for these counts, solved by scipy.optimize.brentq. */
static void
kappa_of_these_counts(cs_env *env)
{
	cs_reco_args args = shop(env, options_of(env, "segment_popular", "kappa", 0.0, NULL));
	cs_reco_model m = fit_alone(env, "segment_popular", &args);

	CHECK_NEAR(m.kappa, 11.968681051963447, 1e-9);
}

/*
 * Beta-binomial counts (Polya's urn) of a known kappa: the estimate comes near.
 * The same simulation in NumPy, 200 times: mean 25.3, standard deviation 1.6.
 */
static void
kappa_is_found(cs_env *env)
{
	enum
	{
		S = 20, EACH = 300, I = 40
	};
	float	   *table = CS_NEW(env, float, S * EACH * (I + 1));
	int32_t    *segment = CS_NEW(env, int32_t, S * EACH);
	cs_reco_args args = {NULL, segment, S, options_of(env, "segment_popular", "kappa", 0.0, NULL), 1};
	cs_reco_model m;
	cs_rng		rng;

	cs_rng_init(&rng, 11, 1);
	for (int i = 0; i < I; i++)
		for (int s = 0; s < S; s++)
		{
			double		balls = 25,
						red = 25 * (0.02 + 0.25 * i / I);

			for (int c = s * EACH; c < (s + 1) * EACH; c++)
			{
				bool		drawn = cs_rng_unit(&rng) * balls < red;

				table[c * (I + 1) + i] = drawn;
				table[c * (I + 1) + I] = 1;
				segment[c] = s;
				balls++;
				red += drawn;
			}
		}
	args.events = events_of_table(env, table, NULL, S * EACH, I + 1, false);
	m = fit_alone(env, "segment_popular", &args);
	CHECK(m.kappa > 21 && m.kappa < 29);

	/* segments drawn by lot do not differ: all weight to the overall rates */
	for (int c = 0; c < S * EACH; c++)
		segment[c] = c * 7 % S;
	m = fit_alone(env, "segment_popular", &args);
	CHECK(m.kappa > 200);

	/* nor does a single one */
	args.segments = 1;
	memset(segment, 0, sizeof(int32_t) * S * EACH);
	m = fit_alone(env, "segment_popular", &args);
	CHECK(m.kappa == 1e6);
}

static void
segments_without_anybody(cs_env *env)
{
	static const float had[] = {1, 1, 0, 1};
	static const int32_t segment[] = {-1, -1};
	cs_reco_args args = {events_of_table(env, had, NULL, 2, 2, false), segment, 3,
		options_of(env, "segment_popular", "kappa", 0.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "segment_popular", &args);
	double		rate[2];

	CHECK(m.segment_total[0] == 0 && m.segment_start[3] == 0 && m.kappa == 1e6);
	cs_reco_segment_rates(&m, 2, rate);
	CHECK_NEAR(rate[0], 0.5, 1e-15);
	CHECK_NEAR(rate[1], 1, 1e-15);
}

static void
unsegmented(cs_env *env)
{
	static const float one[] = {1};
	cs_reco_args args = {events_of_table(env, one, NULL, 1, 1, false), NULL, 0,
		options_of(env, "segment_popular", NULL), 1};

	fit_alone(env, "segment_popular", &args);
}

static void
segment_out_of_range(cs_env *env)
{
	static const float one[] = {1};
	static const int32_t segment[] = {1};
	cs_reco_args args = {events_of_table(env, one, NULL, 1, 1, false), segment, 1,
		options_of(env, "segment_popular", NULL), 1};

	fit_alone(env, "segment_popular", &args);
}

static void
segments_are_asked_for(cs_env *env)
{
	CHECK(cs_recommender_find("segment_popular")->flags & CS_RECO_SEGMENTS);
	CHECK_FAILS(env, unsegmented, CS_E_PARAM, "needs a segmentation");
	CHECK_FAILS(env, segment_out_of_range, CS_E_INTERNAL, "out of range");
}

TESTS(segments_are_counted, rates_are_drawn_to_the_overall_ones, segments_decay, rare_items_are_left_out,
	  kappa_of_these_counts, kappa_is_found, segments_without_anybody, segments_are_asked_for)
