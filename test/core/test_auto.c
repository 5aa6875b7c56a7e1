/*
 * test_auto.c - the algorithm that ranks best what was held back is taken, and is what it
 * would be by name.
 */
#include "reco_table.h"

#include "core/reco/contest.h"
#include "core/reco/effort.h"

enum
{
	CUSTOMERS_OF_SHOP = 120,
	ITEMS_OF_SHOP = 16
};

/* Customers buy by the popularity of the items alone, each for itself. */
static cs_events *
no_tastes(cs_env *env)
{
	float	   *had = CS_NEW(env, float, CUSTOMERS_OF_SHOP * ITEMS_OF_SHOP);
	cs_rng		rng;

	cs_rng_init(&rng, 3, 1);
	for (int c = 0; c < CUSTOMERS_OF_SHOP; c++)
		for (int i = 0; i < ITEMS_OF_SHOP; i++)
			had[c * ITEMS_OF_SHOP + i] = cs_rng_unit(&rng) < 0.6 / (1 + i / 2.0);
	return events_of_table(env, had, NULL, CUSTOMERS_OF_SHOP, ITEMS_OF_SHOP, false);
}

/* Items come in pairs: who has the one has the other. */
static cs_events *
pairs(cs_env *env)
{
	float	   *had = CS_NEW(env, float, CUSTOMERS_OF_SHOP * ITEMS_OF_SHOP);
	cs_rng		rng;

	cs_rng_init(&rng, 3, 1);
	for (int c = 0; c < CUSTOMERS_OF_SHOP; c++)
		for (int i = 0; i < ITEMS_OF_SHOP; i += 2)
			had[c * ITEMS_OF_SHOP + i] = had[c * ITEMS_OF_SHOP + i + 1] = cs_rng_unit(&rng) < 0.2;
	return events_of_table(env, had, NULL, CUSTOMERS_OF_SHOP, ITEMS_OF_SHOP, false);
}

static const cs_tried *
tried(const cs_reco_model *m, const char *name)
{
	for (int i = 0; i < m->n_tried; i++)
		if (m->tried[i].algorithm && strcmp(m->tried[i].algorithm->name, name) == 0)
			return &m->tried[i];
	return NULL;
}

static void
the_best_is_taken(cs_env *env)
{
	cs_reco_args args = {pairs(env), NULL, 0, options_of(env, "auto", "half_life", 0.0, "max_history", 33.0, NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "auto", &args);
	const cs_tried *best = NULL;

	CHECK(m.n_tried == 13 && m.chosen != NULL);
	for (int i = 0; i < m.n_tried; i++)
		if (m.tried[i].why_not == NULL && (best == NULL || m.tried[i].ndcg.value > best->ndcg.value))
			best = &m.tried[i];
	CHECK(m.chosen == best->algorithm);
	CHECK(tried(&m, "popular")->ndcg.high < best->ndcg.low);
	CHECK(strcmp(tried(&m, "segment_popular")->why_not, "it needs a segmentation") == 0);
	CHECK(cs_option_int(m.chosen_options, "max_history") == 33);
}

/* The model is the one of the algorithm that was taken, with the options that are told. */
static void
as_if_by_name(cs_env *env)
{
	cs_reco_args args = {pairs(env), NULL, 0, options_of(env, "auto", NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "auto", &args),
				again;

	args.options = m.chosen_options;
	again = fit_alone(env, m.chosen->name, &args);
	CHECK(again.member == m.member && again.blend_kappa == m.blend_kappa && again.kinds == m.kinds && again.factors == m.factors);
	CHECK((again.start == NULL) == (m.start == NULL));
	if (m.start)
		CHECK(m.start[m.items] == again.start[m.items] && memcmp(m.value, again.value, sizeof(float) * m.start[m.items]) == 0);
}

/* Where there are no tastes, nothing is better than what is popular beyond the interval. */
static void
popular_is_not_beaten_by_chance(cs_env *env)
{
	cs_reco_args args = {no_tastes(env), NULL, 0, options_of(env, "auto", NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "auto", &args);

	for (int i = 0; i < m.n_tried; i++)
		if (m.tried[i].why_not == NULL)
			CHECK(m.tried[i].ndcg.low < tried(&m, "popular")->ndcg.high);
}

/* Segments that tell all there is to tell take part. */
static void
segments_take_part(cs_env *env)
{
	cs_reco_args args = {pairs(env), NULL, 0, options_of(env, "auto", NULL), 1, &divider};
	int32_t    *segment = CS_NEW(env, int32_t, CUSTOMERS_OF_SHOP);
	cs_reco_model m;

	for (int c = 0; c < CUSTOMERS_OF_SHOP; c++)
		segment[c] = c % 2;
	args.segment = segment;
	args.segments = 2;
	m = fit_alone(env, "auto", &args);
	CHECK(tried(&m, "segment_popular")->why_not == NULL && tried(&m, "segment_popular")->ndcg.value > 0);
	CHECK(m.segments == 2);
}

static void
limits(cs_env *env)
{
	cs_reco_args args = {pairs(env), NULL, 0, options_of(env, "auto", "effort", 2e-5, NULL), 1, &divider, env};
	cs_reco_model m = fit_alone(env, "auto", &args);

	CHECK(strstr(tried(&m, "ials")->why_not, "it takes about") != NULL);
	CHECK(cs_auto_seconds(env, &args) < 1e-4);
	args.options = options_of(env, "auto", NULL);
	CHECK(cs_auto_seconds(env, &args) > 1e-4);
}

/* What grows as it should: dense products with the cube of the items, sums of pairs with the squares of the histories. */
static void
estimates(cs_env *env)
{
	enum
	{
		FEW = 100,
		MANY = 2000
	};
	float	   *small = CS_NEW(env, float, FEW * FEW),
			   *large = CS_NEW(env, float, FEW * MANY);
	cs_reco_args args = {NULL, NULL, 0, options_of(env, "auto", NULL), 1, &divider, env};
	double		first,
				then;

	for (int i = 0; i < FEW * FEW; i += 7)
		small[i] = 1;
	for (int i = 0; i < FEW * MANY; i += 7)
		large[i] = 1;
	args.events = events_of_table(env, small, NULL, FEW, FEW, false);
	first = cs_fit_seconds(env, cs_recommender_find("ease"), &args);
	args.events = events_of_table(env, large, NULL, FEW, MANY, false);
	then = cs_fit_seconds(env, cs_recommender_find("ease"), &args);
	CHECK(then > 400 * first);
	CHECK(cs_fit_seconds(env, cs_recommender_find("itemknn"), &args) < then);
	CHECK(cs_fit_seconds(env, cs_recommender_find("popular"), &args) < cs_fit_seconds(env, cs_recommender_find("itemknn"), &args));
}

/* Nobody has two things: there is nothing to judge by, and the first that looks at histories it is. */
static void
nothing_to_judge_by(cs_env *env)
{
	static const float had[] = {1, 0, 0, 1};
	cs_reco_args args = {events_of_table(env, had, NULL, 2, 2, false), NULL, 0, options_of(env, "auto", NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "auto", &args);

	CHECK(m.chosen == cs_recommender_find("itemknn"));
	CHECK(strcmp(tried(&m, "itemknn")->why_not, "nothing could be held back") == 0);
}

static void
small_shops(cs_env *env)
{
	check_small_shops(env, "auto", options_of(env, "auto", NULL));
}

static void
any_team_gives_the_same(cs_env *env)
{
	check_any_team(env, "auto", pairs(env), options_of(env, "auto", NULL));
}

TESTS_NO_SWEEP(the_best_is_taken, as_if_by_name, popular_is_not_beaten_by_chance, segments_take_part, limits, estimates, nothing_to_judge_by,
			   small_shops, any_team_gives_the_same)
