/*
 * test_tastes.c - customers as mixtures of kinds.
 *
 * Reference values: NumPy 2.4.6, the formulas of tastes.h.
 */
#include "harness.h"

#include "core/reco/tastes.h"

#define ITEMS 5
#define KINDS 3

/* Item 4 is not recommended. */
static const float rate[ITEMS][KINDS] = {
	{0.5f, 0.1f, 0.02f}, {0.25f, 0.4f, 0.01f}, {0.05f, 0.3f, 0.2f}, {0.01f, 0.2f, 0.6f}, {0, 0, 0}};
static const double share[KINDS] = {0.5, 0.3, 0.2};

static cs_tastes *
some_tastes(cs_env *env)
{
	cs_tastes  *t = cs_tastes_new(env, ITEMS, KINDS, share);

	for (int i = 0; i < ITEMS; i++)
		cs_tastes_set(t, i, rate[i]);
	cs_tastes_ready(t);
	return t;
}

static void
histories_tell_the_kind(cs_env *env)
{
	static const int32_t item[] = {2, 3, 4};
	static const double one[] = {1, 1, 1},
				faded[] = {0.5, 7, 1};
	cs_tastes  *t = some_tastes(env);
	double		p[KINDS];

	CHECK(cs_tastes_kinds(t) == KINDS && cs_tastes_items(t) == 4);

	/* nothing known: the shares */
	cs_tastes_customer(t, 0, item, one, p);
	for (int s = 0; s < KINDS; s++)
		CHECK_NEAR(p[s], share[s], 1e-15);

	/* item 2: .5 * .05 / .81, .3 * .3 / 1, .2 * .2 / .83, over their sum */
	cs_tastes_customer(t, 1, item, one, p);
	CHECK_NEAR(p[0], 0.18256684586079167, 1e-7);
	CHECK_NEAR(p[1], 0.53236492253006851, 1e-7);
	CHECK_NEAR(p[2], 0.2850682316091398, 1e-7);

	/* items 2 and 3, and one that says nothing */
	cs_tastes_customer(t, 3, item, one, p);
	CHECK_NEAR(p[0], 0.0071598138828695146, 1e-7);
	CHECK_NEAR(p[1], 0.33822387997564962, 1e-7);
	CHECK_NEAR(p[2], 0.65461630614148092, 1e-7);

	/* item 2 counts half, item 3 no more than once */
	cs_tastes_customer(t, 2, item, faded, p);
	CHECK_NEAR(p[0], 0.014555258901637556, 1e-7);
	CHECK_NEAR(p[1], 0.31189207118748768, 1e-7);
	CHECK_NEAR(p[2], 0.67355266991087481, 1e-7);
	cs_tastes_free(t);
}

static void
scores_are_rates_of_the_mixture(cs_env *env)
{
	cs_tastes  *t = some_tastes(env);
	static const double p[KINDS] = {0.2, 0.3, 0.5};
	cs_scored	out[ITEMS];
	size_t		n = cs_tastes_scores(env, t, p, out);

	CHECK(n == 4);
	for (size_t i = 0; i < n; i++)
		CHECK_NEAR(out[i].score, 0.2 * (double) rate[out[i].item][0] + 0.3 * (double) rate[out[i].item][1] + 0.5 * (double) rate[out[i].item][2], 1e-15);
	CHECK(cs_tastes_rate(t, 3, 2) == (double) 0.6f);

	/* (.05 .3 .2) and (.01 .2 .6): .1805 / sqrt(.1325 * .4001) */
	n = cs_tastes_similar(env, t, 2, out);
	CHECK(n == 3);
	for (size_t i = 0; i < n; i++)
		if (out[i].item == 3)
			CHECK_NEAR(out[i].score, 0.783943911322221, 1e-7);
	cs_tastes_free(t);
}

/* Long histories: far beyond what products of probabilities could hold. */
static void
long_histories(cs_env *env)
{
	enum
	{
		N = 5000
	};
	cs_tastes  *t = some_tastes(env);
	int32_t    *item = CS_ROOM(env, int32_t, N);
	double	   *value = CS_ROOM(env, double, N),
				p[KINDS];

	for (int i = 0; i < N; i++)
	{
		item[i] = 3;
		value[i] = 1;
	}
	cs_tastes_customer(t, N, item, value, p);
	CHECK(p[0] == 0 && p[1] == 0 && p[2] == 1);
	cs_tastes_free(t);
}

TESTS(histories_tell_the_kind, scores_are_rates_of_the_mixture, long_histories)
