/*
 * test_newcomers.c - kappa by histories as they are and cut short.
 *
 * Reference values: by hand.
 */
#include "reco.h"

#include "core/reco/newcomers.h"

enum
{
	ITEMS = 6
};

static bool
are(const size_t *place, size_t a, size_t b, size_t c)
{
	return place[0] == a && place[1] == b && place[2] == c;
}

static void
the_latest_are_kept(cs_env *env)
{
	static const int32_t item[] = {1, 4, 5, 8, 9, 12};
	static const double last[] = {3, 9, 1, 7, 9, 2};
	size_t		place[CS_NEWCOMERS_MOST],
				one,
				times[6] = {0};

	(void) env;
	cs_newcomers_latest(item, last, 6, 3, 1, place);
	CHECK(are(place, 1, 3, 4));
	cs_newcomers_latest(item, last, 3, 3, 1, place);
	CHECK(are(place, 0, 1, 2));

	/* of two touched at once, or without times, by lot: over many seeds each as often, and fewer are among more */
	for (uint64_t seed = 1; seed <= 600; seed++)
	{
		cs_newcomers_latest(item, NULL, 6, 1, seed, &one);
		cs_newcomers_latest(item, NULL, 6, 3, seed, place);
		CHECK(place[0] < place[1] && place[1] < place[2] && place[2] < 6);
		CHECK(one == place[0] || one == place[1] || one == place[2]);
		times[one]++;
		cs_newcomers_latest(item, last, 6, 1, seed, &one);
		CHECK(one == 1 || one == 4);
	}
	for (int i = 0; i < 6; i++)
		CHECK(times[i] > 60 && times[i] < 140);
}

/* From 0 to 3 with weight 2, from 2 to 4 with weight 1. */
static cs_reco_model
goes_with(void)
{
	static size_t start[] = {0, 1, 1, 2, 2, 2, 2};
	static int32_t target[] = {3, 4};
	static float value[] = {2, 1};

	return (cs_reco_model) {.items = ITEMS, .start = start, .target = target, .value = value};
}

/* One kind. */
static cs_reco_model
kinds(void)
{
	static float factor[] = {0.05f, 0.05f, 0.05f, 0.5f, 0.3f, 0.1f};
	static double share[] = {1};

	return (cs_reco_model) {.items = ITEMS, .factors = 1, .kinds = 1, .factor = factor, .share = share};
}

/*
 * Customer 0 has 0, 1, 2, in this order, and 3 is held back; customer 1 has 2, and
 * it is 4.
 *
 *		kappa						0			1			1000
 *		0 of {0, 1, 2}: places		3 4			3 4			3 4			worth 1 at all
 *		0 of {2}, without 0, 1		4 5 3		4 3			3			worth 1/2, 1/log2 3, 1
 *		1 of {2}					4			4			3 4			worth 1, 1, 1/log2 3
 *
 * 5 is popular; where kappa is 1, 4 has .5/.4 + .5 .3/.176 = 2.10, 3 .5 .5/.176 = 1.42.
 * With 0 looked at twice, half each: 1.75, 1.82, 1.63.
 */
static size_t
choose(cs_env *env, size_t customers, const double *kappa, size_t kappas, double *ndcg, double *alone)
{
	static const float had[] = {1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0};
	static const double at[] = {DAY, 2 * DAY, 3 * DAY, 0, 0, 0, 0, 0, DAY, 0, 0, 0};
	static const double popularity[] = {1, 1, 2, 1, 1, 3};
	int32_t		customer[] = {0, 1},
				held[] = {3, 4};
	size_t		start[] = {0, 1, 2};
	cs_events  *rest = events_of_table(env, had, at, 2, ITEMS, false);
	cs_holdout	h = {rest, customers, customer, start, held};
	cs_trial   *trial = cs_trial_new(env, &h, 0, popularity);
	cs_reco_model own = goes_with(),
				prior = kinds();
	cs_reco_args of_own = {rest, NULL, 0, options_of(env, "itemknn", NULL), 1},
				of_prior = {rest, NULL, 0, options_of(env, "segment_mixture", NULL), 1};
	cs_scores  *a = cs_scores_new(env, cs_recommender_find("itemknn"), &own, &of_own),
			   *b = cs_scores_new(env, cs_recommender_find("segment_mixture"), &prior, &of_prior);
	size_t		best = cs_newcomers_kappa(env, trial, a, b, kappa, kappas, 1, ndcg);

	*alone = cs_newcomers_alone(env, trial, a, 1);
	cs_scores_free(a);
	cs_scores_free(b);
	cs_trial_free(env, trial);
	cs_events_free(env, rest);
	return best;
}

static void
both_lengths_count(cs_env *env)
{
	static const double kappa[] = {0, 1, 1000};
	static const double ends[] = {0, 1000};

	double		ndcg,
				alone;

	/* customer 0 as it is finds all kappas as good; own scores alone are kappa 0 */
	CHECK(choose(env, 1, kappa, 3, &ndcg, &alone) == 2);
	CHECK_NEAR(ndcg, 1, 1e-15);
	CHECK_NEAR(alone, 0.75, 1e-15);
	CHECK(choose(env, 2, kappa, 3, &ndcg, &alone) == 1);
	CHECK_NEAR(ndcg, (0.5 + 0.5 / log2(3) + 1) / 2, 1e-15);
	CHECK_NEAR(alone, 1.75 / 2, 1e-15);
	CHECK(choose(env, 2, ends, 2, &ndcg, &alone) == 0);
	CHECK(choose(env, 2, kappa, 1, &ndcg, &alone) == 0);
	CHECK_NEAR(ndcg, 1.75 / 2, 1e-15);
}

TESTS(the_latest_are_kept, both_lengths_count)
