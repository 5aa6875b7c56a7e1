/*
 * reco_table.h - a small table of events for the tests of recommenders, and what
 * they check alike.
 */
#ifndef CS_TEST_RECO_TABLE_H
#define CS_TEST_RECO_TABLE_H

#include "reco.h"

#define CUSTOMERS 8
#define ITEMS 6

/* Customer 6 has all but item 5, customer 7 only that. */
static const float had[CUSTOMERS * ITEMS] = {
	1, 1, 0, 0, 0, 0,
	1, 1, 1, 0, 0, 0,
	0, 1, 1, 0, 0, 0,
	0, 0, 1, 1, 0, 0,
	1, 0, 0, 1, 1, 0,
	0, 1, 0, 0, 1, 0,
	1, 1, 1, 1, 1, 0,
	0, 0, 0, 0, 0, 1
};

static const float weights[CUSTOMERS * ITEMS] = {
	3.32f, 3.33f, 0, 0, 0, 0,
	1.93f, 0.66f, 0.67f, 0, 0, 0,
	0, 3.91f, 3.64f, 0, 0, 0,
	0, 0, 2.44f, 1.45f, 0, 0,
	2.88f, 0, 0, 3.63f, 3.55f, 0,
	0, 0.5f, 0, 0, 1.21f, 0,
	3.32f, 1.61f, 1.02f, 2.94f, 2.07f, 0,
	0, 0, 0, 0, 0, 1.33f
};

/* Product of the factors of two items. */
static inline double
factor_product(const cs_reco_model *m, int i, int j)
{
	double		sum = 0;

	for (int f = 0; f < m->factors; f++)
		sum += (double) m->factor[i * m->factors + f] * (double) m->factor[j * m->factors + f];
	return sum;
}

/* Fit by teams of 1 to 3: the results have the same bits. */
typedef struct table_team
{
	const char *algorithm;
	cs_reco_args args;
	float	   *result[4];		/* weights of all pairs, or factors */
	size_t		n;				/* room */
} table_team;

static inline void
fit_table_in_team(cs_env *env, cs_team *team, void *arg)
{
	table_team *run = arg;
	cs_reco_model m;
	float	   *to = run->result[team->size];

	cs_recommender_find(run->algorithm)->fit(env, team, &run->args, &m);
	if (team->rank != 0)
		return;
	if (m.factor)
		memcpy(to, m.factor, sizeof(float) * (size_t) m.items * (size_t) m.factors);
	if (m.start)
		for (int j = 0; j < m.items; j++)
			for (size_t p = m.start[j]; p < m.start[j + 1]; p++)
				to[j * m.items + m.target[p]] += m.value[p];
}

static inline void
check_any_team(cs_env *env, const char *algorithm, const cs_events *e, cs_options *options)
{
	table_team	run = {algorithm, {e, NULL, 0, options, 1, &divider, env}, {NULL}, (size_t) e->items * (size_t) (e->items + 200)};
	size_t		some = 0;

	for (int size = 1; size <= 3; size++)
	{
		run.result[size] = CS_NEW(env, float, run.n);
		run_team(env, size, cs_recommender_find(algorithm)->arena(&run.args), fit_table_in_team, &run);
		CHECK(memcmp(run.result[size], run.result[1], sizeof(float) * run.n) == 0);
	}
	for (size_t i = 0; i < run.n; i++)
		some += run.result[1][i] != 0;
	CHECK(some > 100);
}

/* Nobody, one customer, one item, everybody has everything, everybody one thing: numbers, and no more. */
static inline void
check_small_shops(cs_env *env, const char *algorithm, cs_options *options)
{
	static const struct
	{
		int			customers,
					items;
		float		had[6];
	}			shop[] = {
		{0, 0, {0}},
		{2, 3, {0}},
		{1, 1, {1}},
		{3, 1, {1, 1, 1}},
		{1, 3, {1, 1, 1}},
		{1, 3, {1, 0, 1}},
		{3, 2, {1, 1, 1, 1, 1, 1}},
		{3, 2, {1, 0, 0, 1, 1, 0}},
		{2, 3, {1, 1, 0, 0, 1, 1}}
	};

	for (size_t n = 0; n < LENGTH(shop); n++)
	{
		cs_reco_args args = {events_of_table(env, shop[n].had, NULL, shop[n].customers, shop[n].items, false), NULL, 0, options, 1, &divider};
		cs_reco_model m = fit_alone(env, algorithm, &args);

		CHECK(m.items == shop[n].items);
		if (m.factor)
			for (int i = 0; i < m.items * m.factors; i++)
				CHECK(isfinite((double) m.factor[i]));
		if (m.start)
			for (size_t p = 0; p < m.start[m.items]; p++)
				CHECK(isfinite((double) m.value[p]) && m.target[p] < m.items);
	}
}

/* Weights from all items to all others. */
static inline void
check_table(const cs_reco_model *m, const double expected[ITEMS][ITEMS], double tolerance)
{
	for (int j = 0; j < ITEMS; j++)
	{
		for (int i = 0; i < ITEMS; i++)
			CHECK_NEAR(weight_between(m, j, i), expected[j][i], tolerance);
		for (size_t p = m->start[j] + 1; p < m->start[j + 1]; p++)
			CHECK(m->target[p] > m->target[p - 1]);
	}
}

#endif							/* CS_TEST_RECO_TABLE_H */
