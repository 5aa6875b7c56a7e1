/*
 * test_userknn.c - customers alike against NumPy: similarities, who counts, what
 * they have, and what each item of the history adds.
 *
 * Reference values: NumPy 2.4.6, dense, from the formulas in crowd.h; similarities
 * are rounded to single precision, of equal ones the later customer is nearer.
 */
#include "reco_table.h"

static cs_crowd *
alike_of(cs_env *env, bool weighted, cs_options *o, const cs_bar *bar)
{
	return cs_crowd_new(env, events_of_table(env, weighted ? weights : had, NULL, CUSTOMERS, ITEMS, weighted), o, bar);
}

/* The history of a customer of the table. */
static size_t
history(const float *table, int customer, int32_t *item, double *x)
{
	size_t		n = 0;

	for (int i = 0; i < ITEMS; i++)
		if (table[customer * ITEMS + i] > 0)
		{
			item[n] = i;
			x[n++] = (double) table[customer * ITEMS + i];
		}
	return n;
}

static void
scores_of(cs_crowd *a, const float *table, int customer, double *score)
{
	int32_t		item[ITEMS];
	double		x[ITEMS];
	cs_scored	out[ITEMS];
	const cs_like *like;
	size_t		n = history(table, customer, item, x);

	memset(score, 0, sizeof(double) * ITEMS);
	cs_crowd_find(a, n, item, x, customer, &like);
	n = cs_crowd_scores(a, out);
	for (size_t i = 0; i < n; i++)
		score[out[i].item] = out[i].score;
}

static void
scores_are_those_of_numpy(cs_env *env)
{
	static const struct
	{
		double		similarity,
					neighbours,
					shrink;
		bool		weighted;
		double		of_0[ITEMS],
					of_3[ITEMS];
	}			run[] = {
		{0, 3, 0, false, {1.44895214, 1.94895214, 1.44895214, 0.632455528, 1.13245553, 0},
			{1.04070383, 1.13245553, 1.13245553, 1.04070383, 1.04070383, 0}},
		{0, 3, 2, true, {3.41061367, 3.33482978, 2.85022892, 1.80430126, 1.27037531, 0},
			{2.14224427, 2.66637961, 2.2910368, 2.20309287, 1.83297842, 0}},
		{1, 4, 0, false, {1.58172581, 1.48551697, 1.48551697, 0.82088092, 0.82088092, 0},
			{1.5790455, 1.52999023, 1.52999023, 1.21485198, 1.21485198, 0}},
		{1, 4, 1, true, {2.44839085, 1.33277622, 1.10798659, 1.76286252, 1.46529382, 0},
			{2.71267096, 1.98047539, 1.64361817, 2.51214732, 2.10626218, 0}},
		{2, 5, 0, true, {4.24437555, 2.49759518, 2.07153598, 2.68685954, 2.4077379, 0},
			{4.22759615, 3.33357996, 2.81116854, 3.74028938, 3.13640584, 0}},
		{3, 2, 3, false, {0.583333343, 0.583333343, 0.583333343, 0.25, 0.25, 0}, {0.25, 0.416666672, 0.416666672, 0.25, 0.25, 0}},
		{4, 100, 0, false, {1.77142861, 2.37142861, 1.87142861, 0.971428603, 1.4714286, 0},
			{1.37142861, 1.4714286, 1.4714286, 0.971428603, 0.971428603, 0}},
		{5, 100, 0, false, {2.9071663, 4.11861199, 3.51288915, 0.952918351, 1.5586412, 0},
			{0.952918351, 1.5586412, 1.5586412, 0.952918351, 0.952918351, 0}}
	};

	for (size_t r = 0; r < LENGTH(run); r++)
	{
		cs_crowd   *a = alike_of(env, run[r].weighted, options_of(env, "userknn", "similarity", run[r].similarity, "neighbours", run[r].neighbours,
																   "shrink", run[r].shrink, NULL), NULL);
		const float *table = run[r].weighted ? weights : had;
		double		score[ITEMS];

		for (int again = 0; again < 2; again++)
		{
			scores_of(a, table, 0, score);
			for (int i = 0; i < ITEMS; i++)
				CHECK_NEAR(score[i], run[r].of_0[i], 1e-6);
			scores_of(a, table, 3, score);
			for (int i = 0; i < ITEMS; i++)
				CHECK_NEAR(score[i], run[r].of_3[i], 1e-6);
		}
	}
}

static cs_reco_model
fit_bars(cs_env *env, double neighbours)
{
	cs_reco_args args = {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0,
		options_of(env, "userknn", "neighbourhood", (double) CS_CROWD_OTHERS, "neighbours", neighbours, "shrink", 0.0, NULL), 1};

	return fit_alone(env, "userknn", &args);
}

static void
bars_are_those_of_numpy(cs_env *env)
{
	static const cs_bar of_2[CUSTOMERS] = {{0.4f, 6}, {0.6666667f, 0}, {0.4f, 6}, {0.3333333f, 2}, {0.25f, 5}, {0.3333333f, 2}, {0.6f, 1}, {0, 0}};
	static const cs_bar of_3[CUSTOMERS] = {{0.3333333f, 5}, {0.6f, 6}, {0.3333333f, 5}, {0.25f, 4}, {0.25f, 3}, {0.3333333f, 0}, {0.4f, 5}, {0, 0}};
	cs_reco_model m = fit_bars(env, 2),
				n = fit_bars(env, 3);

	for (int c = 0; c < CUSTOMERS; c++)
	{
		CHECK_NEAR((double) m.bar[c].similarity, (double) of_2[c].similarity, 1e-6);
		CHECK(m.bar[c].customer == of_2[c].customer);
		CHECK_NEAR((double) n.bar[c].similarity, (double) of_3[c].similarity, 1e-6);
		CHECK(n.bar[c].customer == of_3[c].customer);
	}
	CHECK(m.popularity[1] == 5 && m.customers == 8);
	CHECK(fit_alone(env, "userknn", &(cs_reco_args) {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0,
		options_of(env, "userknn", NULL), 1}).bar == NULL);
}

/*
 * By hand, two nearest each: 0 is among the nearest of 1 (2/3, which is the bar)
 * not of 2 (1/3 < .4) and 6 (.4 < .6), nor of 4 (1/4, but from 5 on) and 5 (1/3, but
 * from 2 on); for a newcomer these ties count.
 */
static void
others_count_who_are_near(cs_env *env)
{
	cs_options *o = options_of(env, "userknn", "neighbourhood", (double) CS_CROWD_OTHERS, "neighbours", 2.0, "shrink", 0.0, NULL);
	cs_crowd   *a = alike_of(env, false, o, fit_bars(env, 2).bar);
	static const int32_t item[] = {0, 1};
	static const double x[] = {1, 1};
	const cs_like *like;

	CHECK(cs_crowd_find(a, 2, item, x, 0, &like) == 1);
	CHECK(like[0].customer == 1);
	CHECK_NEAR((double) like[0].similarity, 2.0 / 3, 1e-7);
	/* 0 itself has the same two items, and a bar of .4 */
	CHECK(cs_crowd_find(a, 2, item, x, CS_NEWCOMER, &like) == 4);
	CHECK(like[0].customer == 0 && like[1].customer == 1 && like[2].customer == 4 && like[3].customer == 5);
}

/* Contributions add up to the score, whatever the similarity. */
static void
terms_add_up(cs_env *env)
{
	for (double similarity = 0; similarity < 6; similarity++)
	{
		cs_crowd   *a = alike_of(env, true, options_of(env, "userknn", "similarity", similarity, NULL), NULL);

		for (int c = 0; c < CUSTOMERS; c++)
		{
			double		score[ITEMS];

			scores_of(a, weights, c, score);
			for (int i = 0; i < ITEMS; i++)
			{
				double		term[ITEMS] = {0},
							sum = 0;

				CHECK((cs_crowd_explain(a, i, term) > 0) == (score[i] > 0));
				for (int j = 0; j < ITEMS; j++)
				{
					CHECK(term[j] >= 0);
					sum += term[j];
				}
				CHECK_NEAR(sum, score[i], 1e-6);
			}
		}
	}
}

/* Customers of items 0 to 5: 4, 5, 4, 3, 3, 1. */
static void
rarest_items_are_looked_at(cs_env *env)
{
	static const int32_t item[] = {0, 1, 3, 4};
	static const double x[] = {1, 1, 1, 1};
	cs_crowd   *a = alike_of(env, false, options_of(env, "userknn", "visits", 6.0, "shrink", 0.0, NULL), NULL);
	double		term[4] = {0};
	const cs_like *like;
	size_t		n = cs_crowd_find(a, 4, item, x, CS_NEWCOMER, &like);

	/* 3 and 4: of customers 3, 4, 5 and 6 the one who has 0, 3 and 4 shares 2 of 3, and 0 and 1 are not looked at */
	CHECK(n == 4);
	for (size_t l = 0; l < n; l++)
		if (like[l].customer == 4)
			CHECK_NEAR((double) like[l].similarity, 2.0 / 3, 1e-7);
	cs_crowd_explain(a, 2, term);
	CHECK(term[0] == 0 && term[1] == 0 && term[2] > 0 && term[3] > 0);
	/* 3 alone of 3 and 4 fits into 4; of two as rare the lower comes first */
	a = alike_of(env, false, options_of(env, "userknn", "visits", 4.0, NULL), NULL);
	CHECK(cs_crowd_find(a, 4, item, x, CS_NEWCOMER, &like) == 3);
	/* nothing fits: the first 2 of the 3 customers of item 3 */
	a = alike_of(env, false, options_of(env, "userknn", "visits", 2.0, NULL), NULL);
	CHECK(cs_crowd_find(a, 4, item, x, CS_NEWCOMER, &like) == 2);
	CHECK(like[0].customer == 3 && like[1].customer == 4);
}

static void
rare_items_are_not_recommended(cs_env *env)
{
	cs_crowd   *a = alike_of(env, false, options_of(env, "userknn", "min_events", 4.0, NULL), NULL);
	double		score[ITEMS];
	cs_scored	out[ITEMS];

	scores_of(a, had, 0, score);
	CHECK(score[2] > 0 && score[3] == 0 && score[4] == 0);
	/* cosine of items: 2 and 0 share customers 1 and 6, of 4 each */
	CHECK(cs_crowd_similar(a, 2, out) == 2);
	for (int i = 0; i < 2; i++)
		CHECK_NEAR(out[i].score, out[i].item == 0 ? 0.5 : 3 / sqrt(20), 1e-12);
}

static void
unknown_items_and_nothing(cs_env *env)
{
	static const int32_t item[] = {5, 6, 400};
	static const double x[] = {1, 1, 1};
	cs_crowd   *a = alike_of(env, false, options_of(env, "userknn", NULL), NULL);
	cs_scored	out[ITEMS];
	const cs_like *like;

	CHECK(cs_crowd_find(a, 0, item, x, CS_NEWCOMER, &like) == 0 && cs_crowd_scores(a, out) == 0);
	CHECK(cs_crowd_find(a, 2, item + 1, x, CS_NEWCOMER, &like) == 0);
	/* customer 7 has only item 5: nothing more to recommend */
	CHECK(cs_crowd_find(a, 3, item, x, CS_NEWCOMER, &like) == 0);
}

/* Any shop, any similarity: numbers. */
static void
small_shops(cs_env *env)
{
	static const float shop[3][6] = {{1, 1, 1, 1, 1, 1}, {1, 0, 0, 1, 1, 0}, {1e30f, 1e-30f, 1, 1e30f, 0, 1e-30f}};

	for (double similarity = 0; similarity < 6; similarity++)
		for (int s = 0; s < 3; s++)
			for (double whose = 0; whose < 2; whose++)
			{
				cs_options *o = options_of(env, "userknn", "similarity", similarity, "neighbourhood", whose, NULL);
				cs_reco_args args = {events_of_table(env, shop[s], NULL, 3, 2, s == 2), NULL, 0, o, 1};
				cs_reco_model m = fit_alone(env, "userknn", &args);
				cs_crowd   *a = cs_crowd_new(env, args.events, o, m.bar);
				cs_scored	out[2];
				const cs_like *like;

				for (int c = 0; c < 3; c++)
				{
					size_t		from = args.events->start[c],
								n = args.events->start[c + 1] - from;
					double		x[2] = {1, 1};

					n = cs_crowd_find(a, n, args.events->item + from, x, c, &like);
					for (size_t l = 0; l < n; l++)
						CHECK(isfinite((double) like[l].similarity) && like[l].similarity > 0 && like[l].customer != c);
					n = cs_crowd_scores(a, out);
					for (size_t i = 0; i < n; i++)
						CHECK(isfinite(out[i].score) && out[i].score > 0);
				}
			}
}

typedef struct bars_team
{
	cs_reco_args args;
	cs_bar	   *bar[4];
} bars_team;

static void
fit_bars_in_team(cs_env *env, cs_team *team, void *arg)
{
	bars_team  *run = arg;
	cs_reco_model m;

	cs_recommender_find("userknn")->fit(env, team, &run->args, &m);
	if (team->rank == 0)
		memcpy(run->bar[team->size], m.bar, sizeof(cs_bar) * (size_t) run->args.events->customers);
}

static void
any_team_gives_the_same(cs_env *env)
{
	bars_team	run = {{events_of_table(env, random_table(env, 200, 60, 0.1, 9), NULL, 200, 60, false), NULL, 0,
	options_of(env, "userknn", "neighbourhood", (double) CS_CROWD_OTHERS, "neighbours", 20.0, "similarity", 1.0, NULL), 1}, {NULL}};

	for (int size = 1; size <= 3; size++)
	{
		run.bar[size] = CS_NEW(env, cs_bar, 200);
		run_team(env, size, cs_recommender_find("userknn")->arena(&run.args), fit_bars_in_team, &run);
		CHECK(memcmp(run.bar[size], run.bar[1], sizeof(cs_bar) * 200) == 0);
	}
	CHECK(run.bar[1][17].similarity > 0);
}

TESTS(scores_are_those_of_numpy, bars_are_those_of_numpy, others_count_who_are_near, terms_add_up, rarest_items_are_looked_at,
	rare_items_are_not_recommended, unknown_items_and_nothing, small_shops, any_team_gives_the_same)
