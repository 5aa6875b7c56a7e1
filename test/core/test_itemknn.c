/*
 * test_itemknn.c - similarities against SciPy, pruning per target, any team.
 *
 * Reference values: NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1 on the table below:
 * cosine sklearn.metrics.pairwise.cosine_similarity, jaccard and dice
 * 1 - scipy.spatial.distance.pdist, llr sqrt of scipy.stats.chi2_contingency with
 * lambda_="log-likelihood" and no correction; tfidf and bm25 by dense NumPy from the
 * formulas of the evaluation framework of Ferrari Dacrema et al. (TOIS 2021), with
 * the floor under idf.
 *
 * The whole chain was once held against tables of that paper (all unseen items
 * ranked, data not kept here): bm25 886 403 on MovieLens-100k precision@10 .3293,
 * recall@10 .2152, jaccard 161 0 .3177 and .2043 (table 46); tfidf 615 0 on
 * MovieLens-1M recall@20 .0676, map@20 .0143, recall@100 .2326 (table 32): equal to
 * all printed digits.
 */
#include "reco_table.h"

/* Days since the last event. */
static const double ages[CUSTOMERS * ITEMS] = {
	46, 0, 0, 0, 0, 0,
	50, 50, 27, 0, 0, 0,
	0, 23, 12, 0, 0, 0,
	0, 0, 18, 44, 0, 0,
	56, 0, 0, 27, 58, 0,
	0, 38, 0, 0, 9, 0,
	50, 38, 56, 22, 19, 0,
	0, 0, 0, 0, 0, 0
};

static const char *const names[] = {"cosine", "tfidf", "bm25", "jaccard", "dice", "llr"};

/* Of items 0 .. 4 among each other; item 5 has no neighbours. */
static const double plain[6][5][5] = {
	/* cosine */
	{
		{0, 0.6708203932, 0.5, 0.5773502692, 0.5773502692},
		{0.6708203932, 0, 0.6708203932, 0.2581988897, 0.5163977795},
		{0.5, 0.6708203932, 0, 0.5773502692, 0.2886751346},
		{0.5773502692, 0.2581988897, 0.5773502692, 0, 0.6666666667},
		{0.5773502692, 0.5163977795, 0.2886751346, 0.6666666667, 0}
	},
	/* tfidf */
	{
		{0, 0.5738783278, 0.1923253629, 0.2521279802, 0.2521279802},
		{0.5738783278, 0, 0.4886231607, 0.02276521453, 0.4830554697},
		{0.1923253629, 0.4886231607, 0, 0.5752465029, 0.02710995085},
		{0.2521279802, 0.02276521453, 0.5752465029, 0, 0.2814231069},
		{0.2521279802, 0.4830554697, 0.02710995085, 0.2814231069, 0}
	},
	/* bm25 */
	{
		{0, 0.5738783278, 0.1923253629, 0.2521279802, 0.2521279802},
		{0.5738783278, 0, 0.4886231607, 0.02276521453, 0.4830554697},
		{0.1923253629, 0.4886231607, 0, 0.5752465029, 0.02710995085},
		{0.2521279802, 0.02276521453, 0.5752465029, 0, 0.2814231069},
		{0.2521279802, 0.4830554697, 0.02710995085, 0.2814231069, 0}
	},
	/* jaccard */
	{
		{0, 0.5, 0.3333333333, 0.4, 0.4},
		{0.5, 0, 0.5, 0.1428571429, 0.3333333333},
		{0.3333333333, 0.5, 0, 0.4, 0.1666666667},
		{0.4, 0.1428571429, 0.4, 0, 0.5},
		{0.4, 0.3333333333, 0.1666666667, 0.5, 0}
	},
	/* dice */
	{
		{0, 0.6666666667, 0.5, 0.5714285714, 0.5714285714},
		{0.6666666667, 0, 0.6666666667, 0.25, 0.5},
		{0.5, 0.6666666667, 0, 0.5714285714, 0.2857142857},
		{0.5714285714, 0.25, 0.5714285714, 0, 0.6666666667},
		{0.5714285714, 0.5, 0.2857142857, 0.6666666667, 0}
	},
	/* llr */
	{
		{0, 0.7356311638, 0, 0.7356311638, 0.7356311638},
		{0.7356311638, 0, 0.7356311638, 0, 0.1892356485},
		{0, 0.7356311638, 0, 0.7356311638, 0},
		{0.7356311638, 0, 0.7356311638, 0, 1.327366779},
		{0.7356311638, 0.1892356485, 0, 1.327366779, 0}
	}
};

/* The same with shrink 2.5; llr has none. */
static const double shrunk[6][5][5] = {
	/* cosine */
	{
		{0, 0.4302842084, 0.3076923077, 0.3353396922, 0.3353396922},
		{0.4302842084, 0, 0.4302842084, 0.1569123824, 0.3138247648},
		{0.3076923077, 0.4302842084, 0, 0.3353396922, 0.1676698461},
		{0.3353396922, 0.1569123824, 0.3353396922, 0, 0.3636363636},
		{0.3353396922, 0.3138247648, 0.1676698461, 0.3636363636, 0}
	},
	/* tfidf */
	{
		{0, 0.1824288612, 0.05409564291, 0.05796263223, 0.05796263223},
		{0.1824288612, 0, 0.1728421417, 0.006705345192, 0.1422808324},
		{0.05409564291, 0.1728421417, 0, 0.1493298861, 0.007037549734},
		{0.05796263223, 0.006705345192, 0.1493298861, 0, 0.05938375078},
		{0.05796263223, 0.1422808324, 0.007037549734, 0.05938375078, 0}
	},
	/* bm25 */
	{
		{0, 0.1511739903, 0.04819548247, 0.05633310039, 0.05633310039},
		{0.1511739903, 0, 0.1445309809, 0.006043381878, 0.1282346217},
		{0.04819548247, 0.1445309809, 0, 0.1452892241, 0.006847123288},
		{0.05633310039, 0.006043381878, 0.1452892241, 0, 0.06339224002},
		{0.05633310039, 0.1282346217, 0.006847123288, 0.06339224002, 0}
	},
	/* jaccard */
	{
		{0, 0.3529411765, 0.2352941176, 0.2666666667, 0.2666666667},
		{0.3529411765, 0, 0.3529411765, 0.1052631579, 0.2352941176},
		{0.2352941176, 0.3529411765, 0, 0.2666666667, 0.1176470588},
		{0.2666666667, 0.1052631579, 0.2666666667, 0, 0.3076923077},
		{0.2666666667, 0.2352941176, 0.1176470588, 0.3076923077, 0}
	},
	/* dice */
	{
		{0, 0.5217391304, 0.380952381, 0.4210526316, 0.4210526316},
		{0.5217391304, 0, 0.5217391304, 0.1904761905, 0.380952381},
		{0.380952381, 0.5217391304, 0, 0.4210526316, 0.2105263158},
		{0.4210526316, 0.1904761905, 0.4210526316, 0, 0.4705882353},
		{0.4210526316, 0.380952381, 0.2105263158, 0.4705882353, 0}
	},
	/* llr */
	{
		{0, 0.7356311638, 0, 0.7356311638, 0.7356311638},
		{0.7356311638, 0, 0.7356311638, 0, 0.1892356485},
		{0, 0.7356311638, 0, 0.7356311638, 0},
		{0.7356311638, 0, 0.7356311638, 0, 1.327366779},
		{0.7356311638, 0.1892356485, 0, 1.327366779, 0}
	}
};

/* Weights, half-life 30 days, shrink 1. */
static const double decayed[3][5][5] = {
	/* cosine */
	{
		{0, 0.5411973392, 0.0734794813, 0.569488329, 0.4727078117},
		{0.5411973392, 0, 0.462792327, 0.09843008418, 0.1245032967},
		{0.0734794813, 0.462792327, 0, 0.1387909161, 0.05234536405},
		{0.569488329, 0.09843008418, 0.1387909161, 0, 0.6839552743},
		{0.4727078117, 0.1245032967, 0.05234536405, 0.6839552743, 0}
	},
	/* tfidf */
	{
		{0, 0.404265878, 0.03863619886, 0.1386030933, 0.09778973159},
		{0.404265878, 0, 0.3629166628, 0.01112440775, 0.1011318833},
		{0.03863619886, 0.3629166628, 0, 0.2128691535, 0.006622142227},
		{0.1386030933, 0.01112440775, 0.2128691535, 0, 0.1575387389},
		{0.09778973159, 0.1011318833, 0.006622142227, 0.1575387389, 0}
	},
	/* bm25 */
	{
		{0, 0.3639977788, 0.02985723946, 0.1394872203, 0.1040302303},
		{0.3639977788, 0, 0.323317723, 0.009260246814, 0.0624830661},
		{0.02985723946, 0.323317723, 0, 0.1923182801, 0.004978211087},
		{0.1394872203, 0.009260246814, 0.1923182801, 0, 0.1631557536},
		{0.1040302303, 0.0624830661, 0.004978211087, 0.1631557536, 0}
	}
};

static void
compare(const cs_reco_model *m, const double expected[5][5])
{
	for (int j = 0; j < ITEMS; j++)
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(weight_between(m, j, i), i < 5 && j < 5 ? expected[j][i] : 0, 1e-7);
	for (int j = 0; j < ITEMS; j++)
		for (size_t p = m->start[j] + 1; p < m->start[j + 1]; p++)
			CHECK(m->target[p] > m->target[p - 1]);
}

static void
similarities_are_those_of_scipy(cs_env *env)
{
	cs_events  *e = events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false);

	for (int s = 0; s < 6; s++)
	{
		cs_reco_args args = {e, NULL, 0, options_of(env, "itemknn", "similarity", (double) s, "shrink", 0.0, NULL), 1};
		cs_reco_model m = fit_alone(env, "itemknn", &args);
		int			choice = cs_params_find(args.options->table, "similarity");

		CHECK(cs_param_choice(&args.options->table[choice], names[s]) == s);
		compare(&m, plain[s]);
		CHECK(m.popularity[1] == 5 && m.popularity[5] == 1 && m.customers == 8);
		args.options = options_of(env, "itemknn", "similarity", (double) s, "shrink", 2.5, NULL);
		m = fit_alone(env, "itemknn", &args);
		compare(&m, shrunk[s]);
	}
}

static void
weights_and_decay(cs_env *env)
{
	double		at[CUSTOMERS * ITEMS];
	cs_reco_args args = {NULL, NULL, 0, NULL, 1};
	cs_reco_model m;

	for (int i = 0; i < CUSTOMERS * ITEMS; i++)
		at[i] = (1000 - ages[i]) * DAY;
	args.events = events_of_table(env, weights, at, CUSTOMERS, ITEMS, true);
	for (int s = 0; s < 6; s++)
	{
		args.options = options_of(env, "itemknn", "similarity", (double) s, "half_life", 30.0,
								  "shrink", s < 3 ? 1.0 : 0.0, NULL);
		m = fit_alone(env, "itemknn", &args);

		/* those that count customers take no notice */
		compare(&m, s < 3 ? decayed[s] : plain[s]);
	}

	/* entries so old that their weight is nothing in single precision */
	args.options = options_of(env, "itemknn", "half_life", 0.1, NULL);
	m = fit_alone(env, "itemknn", &args);
	for (size_t p = 0; p < m.start[ITEMS]; p++)
		CHECK(isfinite((double) m.value[p]) && m.value[p] > 0);
}

/* The k best sources of each target, lower items first among equals, from the full table. */
static void
check_pruned(cs_env *env, const cs_reco_model *full, const cs_reco_model *pruned, int k)
{
	double	   *v = CS_ROOM(env, double, (size_t) full->items);

	for (int i = 0; i < full->items; i++)
	{
		for (int j = 0; j < full->items; j++)
			v[j] = weight_between(full, j, i);
		for (int j = 0; j < full->items; j++)
		{
			int			better = 0;

			for (int o = 0; o < full->items; o++)
				better += v[o] > v[j] || (v[o] == v[j] && o < j);
			CHECK(weight_between(pruned, j, i) == (better < k ? v[j] : 0));
		}
	}
	cs_release(env, v);
}

static void
pruned_per_target(cs_env *env)
{
	static const int most[] = {1, 2, 3, 7, 20};
	cs_events  *e = events_of_table(env, random_table(env, 40, 24, 0.2, 5), NULL, 40, 24, false);

	for (int s = 0; s < 6; s += 2)
	{
		cs_reco_args args = {e, NULL, 0, options_of(env, "itemknn", "similarity", (double) s, NULL), 1};
		cs_reco_model full = fit_alone(env, "itemknn", &args);

		for (size_t k = 0; k < LENGTH(most); k++)
		{
			cs_reco_model pruned;

			args.options = options_of(env, "itemknn", "similarity", (double) s, "neighbours", (double) most[k], NULL);
			pruned = fit_alone(env, "itemknn", &args);
			check_pruned(env, &full, &pruned, most[k]);
		}
	}
}

/* All similarities equal: the lowest numbers stay. */
static void
ties_go_to_lower_items(cs_env *env)
{
	float	   *table = CS_NEW(env, float, 5 * 50);
	cs_reco_args args = {NULL, NULL, 0, options_of(env, "itemknn", "neighbours", 3.0, "similarity", 3.0, NULL), 1};
	cs_reco_model m;

	for (int i = 0; i < 5 * 50; i++)
		table[i] = 1;
	args.events = events_of_table(env, table, NULL, 5, 50, false);
	m = fit_alone(env, "itemknn", &args);
	CHECK(m.start[50] == 150 && m.start[4] == 150);
	CHECK(m.start[1] - m.start[0] == 49 && m.start[3] - m.start[2] == 49 && m.start[4] - m.start[3] == 3);
	CHECK(m.target[m.start[3]] == 0 && m.target[m.start[3] + 2] == 2);
}

static void
rare_items_are_no_targets(cs_env *env)
{
	cs_reco_args args = {events_of_table(env, had, NULL, CUSTOMERS, ITEMS, false), NULL, 0,
		options_of(env, "itemknn", "min_events", 4.0, "similarity", 0.0, "shrink", 0.0, NULL), 1};
	cs_reco_model m = fit_alone(env, "itemknn", &args);

	for (int j = 0; j < 5; j++)
		for (int i = 0; i < 5; i++)
			CHECK_NEAR(weight_between(&m, j, i), i < 3 ? plain[0][j][i] : 0, 1e-7);
}

/* Nobody, one customer, one item, everybody has everything, everybody one thing. */
static void
small_shops(cs_env *env)
{
	static const struct
	{
		int			customers,
					items;
		float		had[6];
		size_t		pairs;
	}			shop[] = {
		{0, 0, {0}, 0},
		{2, 3, {0}, 0},
		{1, 1, {1}, 0},
		{3, 1, {1, 1, 1}, 0},
		{1, 3, {1, 1, 1}, 6},
		{1, 3, {1, 0, 1}, 2},
		{3, 2, {1, 1, 1, 1, 1, 1}, 2},
		{3, 2, {1, 0, 0, 1, 1, 0}, 0},
		{2, 3, {1, 1, 0, 0, 1, 1}, 4}
	};

	for (size_t n = 0; n < LENGTH(shop); n++)
		for (int s = 0; s < 6; s++)
		{
			cs_events  *e = events_of_table(env, shop[n].had, NULL, shop[n].customers, shop[n].items, false);
			cs_reco_args args = {e, NULL, 0,
				options_of(env, "itemknn", "similarity", (double) s, NULL), 1};
			cs_reco_model m = fit_alone(env, "itemknn", &args);

			/* llr finds nothing that is more than chance in these */
			CHECK(m.start[shop[n].items] == (s < 5 ? shop[n].pairs : 0));
			for (size_t p = 0; p < m.start[shop[n].items]; p++)
				CHECK(m.value[p] > 0);
		}
}

typedef struct team_run
{
	cs_reco_args args;
	cs_reco_model model[4];		/* of the leader, per size of team */
} team_run;

static void
fit_in_team(cs_env *env, cs_team *team, void *arg)
{
	team_run   *run = arg;
	cs_reco_model m;

	cs_recommender_find("itemknn")->fit(env, team, &run->args, &m);
	if (team->rank == 0)
	{
		/* its memory goes with the member: keep what is compared */
		size_t		n = m.start[m.items];
		cs_reco_model *to = &run->model[team->size];

		memcpy(to->start, m.start, sizeof(size_t) * ((size_t) m.items + 1));
		memcpy(to->target, m.target, sizeof(int32_t) * n);
		memcpy(to->value, m.value, sizeof(float) * n);
		to->popularity[0] = m.popularity[0];
	}
}

static void
any_team_gives_the_same(cs_env *env)
{
	enum
	{
		C = 120, I = 300
	};
	float	   *table = random_table(env, C, I, 0.1, 9);
	team_run	run = {.args = {events_of_table(env, table, NULL, C, I, false), NULL, 0, NULL, 1}};

	for (int s = 0; s < 6; s += 2)
	{
		run.args.options = options_of(env, "itemknn", "similarity", (double) s, "neighbours", 20.0, NULL);
		for (int size = 1; size <= 3; size++)
		{
			cs_reco_model *m = &run.model[size];

			m->start = CS_NEW(env, size_t, I + 1);
			m->target = CS_NEW(env, int32_t, I * 20);
			m->value = CS_NEW(env, float, I * 20);
			m->popularity = CS_NEW(env, double, I);
			run_team(env, size, cs_recommender_find("itemknn")->arena(&run.args), fit_in_team, &run);
			CHECK(m->popularity[0] > 0);
			CHECK(memcmp(m->start, run.model[1].start, sizeof(size_t) * (I + 1)) == 0);
			CHECK(memcmp(m->target, run.model[1].target, sizeof(int32_t) * I * 20) == 0);
			CHECK(memcmp(m->value, run.model[1].value, sizeof(float) * I * 20) == 0);
		}
	}
}

/* Customers in another order: the same weights, but for the last bits of sums of idf. */
static void
customers_in_any_order(cs_env *env)
{
	float	   *table = random_table(env, 50, 20, 0.2, 4),
			   *turned = CS_ROOM(env, float, 50 * 20);
	cs_reco_args args = {events_of_table(env, table, NULL, 50, 20, false), NULL, 0,
		options_of(env, "itemknn", NULL), 1};
	cs_reco_model m = fit_alone(env, "itemknn", &args),
				other;

	for (int c = 0; c < 50; c++)
		memcpy(turned + (49 - c) * 20, table + c * 20, sizeof(float) * 20);
	args.events = events_of_table(env, turned, NULL, 50, 20, false);
	other = fit_alone(env, "itemknn", &args);
	CHECK(m.start[20] == other.start[20] && m.start[20] > 200);
	for (size_t p = 0; p < m.start[20]; p++)
		CHECK_NEAR((double) m.value[p], (double) other.value[p], 1e-7);
}

TESTS(similarities_are_those_of_scipy, weights_and_decay, pruned_per_target, ties_go_to_lower_items,
	  rare_items_are_no_targets, small_shops, any_team_gives_the_same, customers_in_any_order)
