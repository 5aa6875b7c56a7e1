/*
 * test_holdout.c - what is held back for the choice of settings, and how it is judged.
 */
#include "reco.h"

#include "core/reco/holdout.h"

enum
{
	CUSTOMERS = 40,
	ITEMS = 30
};

/* Customer c has c % 25 items; times rise with the item, or are missing. */
static cs_events *
histories(cs_env *env, bool timed)
{
	float	   *had = CS_NEW(env, float, CUSTOMERS * ITEMS);
	double	   *at = CS_NEW(env, double, CUSTOMERS * ITEMS);
	cs_events  *e;

	for (int c = 0; c < CUSTOMERS; c++)
		for (int i = 0; i < ITEMS; i++)
		{
			had[c * ITEMS + i] = i < c % 25 ? (float) (c + 2 * i) : 0;
			at[c * ITEMS + i] = i * DAY;
		}
	e = events_of_table(env, had, timed ? at : NULL, CUSTOMERS, ITEMS, true);
	cs_release(env, had);
	cs_release(env, at);
	return e;
}

static bool
held_back(const cs_holdout *h, size_t t, int32_t item)
{
	for (size_t i = h->start[t]; i < h->start[t + 1]; i++)
		if (h->item[i] == item)
			return true;
	return false;
}

/* A fifth of each history, at least one of two and more; held back and rest are the whole. */
static void
check_parts(const cs_events *e, const cs_holdout *h, bool timed)
{
	size_t		t = 0;

	for (int c = 0; c < CUSTOMERS; c++)
	{
		size_t		n = e->start[c + 1] - e->start[c],
					left = h->rest->start[c + 1] - h->rest->start[c],
					gone = n < 2 ? 0 : n < 10 ? 1 : n / 5,
					r = h->rest->start[c];

		CHECK(left == n - gone);
		if (gone == 0)
			continue;
		CHECK(h->customer[t] == c && h->start[t + 1] - h->start[t] == gone);
		for (size_t i = e->start[c]; i < e->start[c + 1]; i++)
		{
			if (timed)
				CHECK(held_back(h, t, e->item[i]) == (i >= e->start[c + 1] - gone));
			if (held_back(h, t, e->item[i]))
				continue;
			CHECK(h->rest->item[r] == e->item[i] && h->rest->weight[r] == e->weight[i]);
			CHECK(!timed || h->rest->last[r] == e->last[i]);
			r++;
		}
		CHECK(r == h->rest->start[c + 1]);
		t++;
	}
	CHECK(h->n == t && h->rest->n + h->start[t] == e->n);
}

static void
the_last_things_are_held_back(cs_env *env)
{
	cs_events  *e = histories(env, true);
	cs_holdout *h = cs_holdout_new(env, e, 42, 1);

	check_parts(e, h, true);
	cs_holdout_free(env, h);
	cs_events_free(env, e);
}

/* Without times the lot decides, the same one for the same seed. */
static void
by_lot_without_times(cs_env *env)
{
	cs_events  *e = histories(env, false);
	cs_holdout *h = cs_holdout_new(env, e, 42, 1),
			   *again = cs_holdout_new(env, e, 42, 1),
			   *other = cs_holdout_new(env, e, 43, 1);
	size_t		n = h->start[h->n];
	int			last = 0;

	check_parts(e, h, false);
	CHECK(memcmp(h->item, again->item, sizeof(int32_t) * n) == 0);
	CHECK(other->start[other->n] == n && memcmp(h->item, other->item, sizeof(int32_t) * n) != 0);
	for (size_t t = 0; t < h->n; t++)
		last += h->item[h->start[t + 1] - 1] == e->item[e->start[h->customer[t] + 1] - 1];
	CHECK(last < (int) h->n / 2);
	cs_holdout_free(env, h);
	cs_holdout_free(env, again);
	cs_holdout_free(env, other);
	cs_events_free(env, e);
}

/* Of many customers as many as the scores allow for, drawn evenly. */
static void
not_all_customers(cs_env *env)
{
	enum
	{
		MANY = 6000
	};
	float	   *had = CS_ROOM(env, float, MANY * 2);
	cs_events  *e;
	cs_holdout *h;
	int			low = 0;

	for (int i = 0; i < MANY * 2; i++)
		had[i] = 1;
	e = events_of_table(env, had, NULL, MANY, 2, false);
	h = cs_holdout_new(env, e, 1, 1);
	CHECK(h->n == CS_HOLDOUT_MOST);
	for (size_t t = 0; t < h->n; t++)
		low += h->customer[t] < MANY / 2;
	CHECK(low > 1300 && low < 1700);
	cs_holdout_free(env, h);
	h = cs_holdout_new(env, e, 1, CS_HOLDOUT_SCORES / 1000);
	CHECK(h->n == 1000);
	cs_holdout_free(env, h);
	h = cs_holdout_new(env, e, 1, CS_HOLDOUT_SCORES);
	CHECK(h->n == CS_HOLDOUT_LEAST);
	cs_holdout_free(env, h);
	cs_release(env, had);
	cs_events_free(env, e);
}

/* Item 2 above item 1, nothing else. */
static size_t
fixed_scores(cs_env *env, void *arg, int32_t customer, size_t n, const int32_t *item, const double *value, cs_scored *out)
{
	CHECK(n == 1 && item[0] == 0 && value[0] == 1 && (customer == 0 || customer == 1));
	out[0] = (cs_scored) {1, 1};
	out[1] = (cs_scored) {2, 2};
	out[2] = (cs_scored) {0, 3};
	return 3;
}

/*
 * Both have item 0 first; held back are item 2 (first in the list) and item 3 (third:
 * of the popular ones it is the first that is not listed yet): 1 and 1 / log2(4).
 */
static void
ranks_by_hand(cs_env *env)
{
	static const float had[] = {1, 0, 1, 0, 0,
		1, 0, 0, 1, 0};
	static const double at[] = {0, 0, DAY, 0, 0, 0, 0, 0, DAY, 0},
				popularity[] = {9, 1, 1, 5, 2};
	cs_holdout *h = cs_holdout_new(env, events_of_table(env, had, at, 2, 5, false), 1, 1);
	cs_trial   *trial;
	double		ndcg[2];

	CHECK(h->n == 2);
	trial = cs_trial_new(env, h, 0, popularity);
	cs_trial_ndcg(env, trial, fixed_scores, NULL, ndcg);
	CHECK_NEAR(ndcg[0], 1, 1e-15);
	CHECK_NEAR(ndcg[1], 0.5, 1e-15);
	CHECK_NEAR(cs_trial_mean(ndcg, 2), 0.75, 1e-15);
	CHECK(cs_trial_mean(ndcg, 0) == 0);
}

static void
nothing_to_hold_back(cs_env *env)
{
	static const float had[] = {1, 0, 0, 1};
	cs_holdout *h = cs_holdout_new(env, events_of_table(env, had, NULL, 2, 2, false), 1, 1);

	CHECK(h->n == 0 && h->rest->n == 2);
}

TESTS(the_last_things_are_held_back, by_lot_without_times, not_all_customers, ranks_by_hand, nothing_to_hold_back)
