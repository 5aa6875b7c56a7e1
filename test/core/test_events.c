/*
 * test_events.c - grouping of raw events, the cap of histories, the transpose.
 */
#include "reco.h"

#define EVENTS 3000
#define CUSTOMERS 40
#define ITEMS 90

static int32_t customer[EVENTS],
			item[EVENTS];
static float weight[EVENTS];
static double at[EVENTS];

/* Repeats, weights of very different size, some negative, ties in time. */
static cs_raw_events
make_raw(bool weighted, bool timed)
{
	cs_rng		rng;

	cs_rng_init(&rng, 3, 1);
	for (int i = 0; i < EVENTS; i++)
	{
		customer[i] = (int32_t) cs_rng_below(&rng, CUSTOMERS - 1);
		item[i] = (int32_t) (cs_rng_below(&rng, ITEMS) * cs_rng_below(&rng, 2));
		weight[i] = (float) ((cs_rng_unit(&rng) - 0.2) * pow(10, (double) cs_rng_below(&rng, 9)));
		at[i] = (double) cs_rng_below(&rng, 50) * DAY;
	}
	return (cs_raw_events) {EVENTS, CUSTOMERS, ITEMS, customer, item, weighted ? weight : NULL, timed ? at : NULL};
}

static void
shuffle(uint64_t seed)
{
	cs_rng		rng;

	cs_rng_init(&rng, seed, 2);
	for (size_t i = EVENTS - 1; i > 0; i--)
	{
		size_t		j = (size_t) cs_rng_below(&rng, i + 1);
		int32_t		c = customer[i],
					it = item[i];
		float		w = weight[i];
		double		t = at[i];

		customer[i] = customer[j];
		item[i] = item[j];
		weight[i] = weight[j];
		at[i] = at[j];
		customer[j] = c;
		item[j] = it;
		weight[j] = w;
		at[j] = t;
	}
}

static bool
same(const cs_events *a, const cs_events *b)
{
	return a->n == b->n && a->customers == b->customers && a->items == b->items && a->now == b->now &&
		a->weighted == b->weighted && a->capped == b->capped && a->cancelled == b->cancelled &&
		memcmp(a->start, b->start, sizeof(size_t) * ((size_t) a->customers + 1)) == 0 &&
		memcmp(a->item, b->item, sizeof(int32_t) * a->n) == 0 &&
		memcmp(a->weight, b->weight, sizeof(float) * a->n) == 0 &&
		(a->last == NULL) == (b->last == NULL) &&
		(a->last == NULL || memcmp(a->last, b->last, sizeof(double) * a->n) == 0);
}

static void
repeats_add_up(cs_env *env)
{
	static const int32_t c[] = {1, 1, 0, 1, 1, 2, 2},
				i[] = {4, 2, 3, 4, 2, 0, 0};
	static const float w[] = {1.5f, 1, 2, 2.5f, 1, 1, -1};
	static const double t[] = {10, 50, 20, 5, 40, 60, 70};
	cs_raw_events raw = {7, 4, 5, c, i, w, t};
	cs_events  *e = cs_events_build(env, &raw, 0);

	CHECK(e->n == 3 && e->weighted && e->capped == 0);
	CHECK(e->start[0] == 0 && e->start[1] == 1 && e->start[2] == 3 && e->start[3] == 3 && e->start[4] == 3);
	CHECK(e->item[0] == 3 && e->item[1] == 2 && e->item[2] == 4);
	CHECK(e->weight[0] == 2 && e->weight[1] == 2 && e->weight[2] == 4);
	CHECK(e->last[0] == 20 && e->last[1] == 50 && e->last[2] == 10);

	/* what was returned leaves no entry, but its time is the present */
	CHECK(e->cancelled == 1 && e->now == 70);
	cs_events_free(env, e);

	raw.weight = NULL;
	raw.at = NULL;
	e = cs_events_build(env, &raw, 0);
	CHECK(e->n == 4 && !e->weighted && e->last == NULL && e->now == 0);
	CHECK(e->weight[0] == 1 && e->weight[1] == 2 && e->weight[2] == 2 && e->weight[3] == 2);
	CHECK(cs_events_value(e, 1, 0) == 1 && cs_events_value(e, 1, 30) == 1);
	cs_events_free(env, e);
}

/* Weights that are no sums of powers of two: what was returned in full is gone, what is left stays. */
static void
rounding_is_no_entry(cs_env *env)
{
	static const int32_t c[] = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1},
				i[] = {0, 0, 0, 1, 1, 0, 0, 0, 1, 2};
	static const float w[] = {0.6f, 0.4f, -1, 1e-30f, 1e-30f, 0.7f, -0.5f, -0.1f, 16777216, 1e-30f};
	cs_raw_events raw = {10, 2, 3, c, i, w, NULL};
	cs_events  *e = cs_events_build(env, &raw, 0);

	CHECK(e->n == 4 && e->cancelled == 1);
	CHECK(e->start[1] == 1 && e->item[0] == 1 && e->weight[0] == 2e-30f);
	CHECK_NEAR(e->weight[1], 0.1, 1e-6);
	CHECK(e->weight[2] == 16777216 && e->weight[3] == 1e-30f);
	cs_events_free(env, e);
}

static void
order_does_not_matter(cs_env *env)
{
	for (int kind = 0; kind < 4; kind++)
	{
		cs_raw_events raw = make_raw(kind & 1, kind & 2);
		cs_events  *e = cs_events_build(env, &raw, 7);

		CHECK(e->capped > 0);
		CHECK(kind & 1 ? e->cancelled > 0 : e->cancelled == 0);
		for (uint64_t seed = 1; seed < 4; seed++)
		{
			cs_events  *other;

			shuffle(seed);
			other = cs_events_build(env, &raw, 7);
			CHECK(same(e, other));
			cs_events_free(env, other);
		}
		cs_events_free(env, e);
	}
}

/* Against sums over a dense table. */
static void
sums_are_right(cs_env *env)
{
	cs_raw_events raw = make_raw(true, true);
	cs_events  *e = cs_events_build(env, &raw, 0);
	double	   *sum = CS_NEW(env, double, CUSTOMERS * ITEMS),
			   *size = CS_NEW(env, double, CUSTOMERS * ITEMS),
			   *last = CS_NEW(env, double, CUSTOMERS * ITEMS);
	size_t		positive = 0;

	for (int i = 0; i < EVENTS; i++)
	{
		int			cell = customer[i] * ITEMS + item[i];

		sum[cell] += (double) weight[i];
		size[cell] += fabs((double) weight[i]);
		last[cell] = fmax(last[cell], at[i]);
	}
	for (int cell = 0; cell < CUSTOMERS * ITEMS; cell++)
		positive += sum[cell] > 0;
	CHECK(e->n == positive);
	for (int c = 0; c < CUSTOMERS; c++)
		for (size_t p = e->start[c]; p < e->start[c + 1]; p++)
		{
			int			cell = c * ITEMS + e->item[p];

			CHECK_NEAR((double) e->weight[p], sum[cell], 1e-7 * size[cell]);
			CHECK(e->last[p] == last[cell]);
			CHECK(p == e->start[c] || e->item[p] > e->item[p - 1]);
		}
}

static void
the_most_recent_stay(cs_env *env)
{
	static const int32_t c[] = {0, 0, 0, 0, 0, 0, 1},
				i[] = {5, 4, 3, 2, 1, 0, 5};
	static const float w[] = {9, 1, 3, 3, 2, 3, 1};
	static const double t[] = {1, 7, 5, 5, 9, 5, 2};
	cs_raw_events raw = {7, 2, 6, c, i, w, t};
	cs_events  *e = cs_events_build(env, &raw, 4);

	/* times 9, 7, and of the three 5 the two lower items */
	CHECK(e->start[1] == 4 && e->n == 5 && e->capped == 2);
	CHECK(e->item[0] == 0 && e->item[1] == 1 && e->item[2] == 2 && e->item[3] == 4);
	cs_events_free(env, e);

	/* without times by weight: 9, and of the three 3 the two lower items */
	raw.at = NULL;
	e = cs_events_build(env, &raw, 3);
	CHECK(e->item[0] == 0 && e->item[1] == 2 && e->item[2] == 5 && e->capped == 3);
	cs_events_free(env, e);
}

/* Long enough for the heap sort, and for its polls. */
static void
long_histories(cs_env *env)
{
	enum
	{
		N = 30000
	};
	int32_t    *c = CS_NEW(env, int32_t, N),
			   *i = CS_ROOM(env, int32_t, N);
	double	   *t = CS_ROOM(env, double, N);
	cs_raw_events raw = {N, 1, N, c, i, NULL, t};
	cs_events  *e;

	for (int n = 0; n < N; n++)
	{
		i[n] = (int32_t) ((int64_t) n * 7919 % N);
		t[n] = i[n] % 100;
	}
	e = cs_events_build(env, &raw, 500);
	CHECK(e->n == 500 && e->capped == N - 500);
	for (size_t p = 0; p < e->n; p++)
		CHECK(e->item[p] % 100 >= 98 && (p == 0 || e->item[p] > e->item[p - 1]));
}

static void
transpose_twice(cs_env *env)
{
	for (int kind = 0; kind < 4; kind++)
	{
		cs_raw_events raw = make_raw(kind & 1, kind & 2);
		cs_events  *e = cs_events_build(env, &raw, 20),
				   *t = cs_events_transpose(env, e),
				   *back = cs_events_transpose(env, t);

		CHECK(t->customers == ITEMS && t->items == CUSTOMERS && t->n == e->n && t->now == e->now);
		for (int i = 0; i < ITEMS; i++)
			for (size_t p = t->start[i] + 1; p < t->start[i + 1]; p++)
				CHECK(t->item[p] > t->item[p - 1]);
		CHECK(same(e, back));
		cs_events_free(env, e);
		cs_events_free(env, t);
		cs_events_free(env, back);
	}
}

static void
decay_halves(cs_env *env)
{
	static const int32_t c[] = {0, 0, 0},
				i[] = {0, 1, 2};
	static const float w[] = {8, 8, 8};
	static const double t[] = {100 * DAY, 70 * DAY, 10 * DAY};
	cs_raw_events raw = {3, 1, 3, c, i, w, t};
	cs_events  *e = cs_events_build(env, &raw, 0);

	CHECK_NEAR(cs_events_decay(e, 0, 30), 1, 0);
	CHECK_NEAR(cs_events_decay(e, 1, 30), 0.5, 1e-15);
	CHECK_NEAR(cs_events_decay(e, 2, 30), 0.125, 1e-15);
	CHECK_NEAR(cs_events_value(e, 2, 30), 1, 1e-15);
	CHECK(cs_events_decay(e, 2, 0) == 1);
}

static void
nothing_at_all(cs_env *env)
{
	cs_raw_events raw = {0, 0, 0, NULL, NULL, NULL, NULL};
	cs_events  *e = cs_events_build(env, &raw, 5),
			   *t = cs_events_transpose(env, e);

	CHECK(e->n == 0 && e->start[0] == 0 && t->n == 0);
	cs_events_free(env, e);
	cs_events_free(env, t);
	raw = (cs_raw_events) {0, 3, 2, NULL, NULL, NULL, NULL};
	e = cs_events_build(env, &raw, 5);
	CHECK(e->n == 0 && e->start[3] == 0);
	cs_events_free(env, e);
}

static void
infinite_weight(cs_env *env)
{
	static const int32_t zero[] = {0};
	static const float w[] = {INFINITY};
	cs_raw_events raw = {1, 1, 1, zero, zero, w, NULL};

	cs_events_build(env, &raw, 0);
}

static void
unknown_time(cs_env *env)
{
	static const int32_t zero[] = {0};
	static const double t[] = {NAN};
	cs_raw_events raw = {1, 1, 1, zero, zero, NULL, t};

	cs_events_build(env, &raw, 0);
}

static void
item_out_of_range(cs_env *env)
{
	static const int32_t zero[] = {0},
				one[] = {1};
	cs_raw_events raw = {1, 1, 1, zero, one, NULL, NULL};

	cs_events_build(env, &raw, 0);
}

static void
bad_events_are_refused(cs_env *env)
{
	CHECK_FAILS(env, infinite_weight, CS_E_DATA, "weight of an event is not finite");
	CHECK_FAILS(env, unknown_time, CS_E_DATA, "time of an event is not finite");
	CHECK_FAILS(env, item_out_of_range, CS_E_INTERNAL, "out of range");
}

TESTS(repeats_add_up, rounding_is_no_entry, order_does_not_matter, sums_are_right, the_most_recent_stay, long_histories, transpose_twice,
	  decay_halves, nothing_at_all, bad_events_are_refused)
