/*
 * test_segment_mixture.c - kinds of customers that were planted are found, and their
 * rates are those of the formula.
 *
 * Held against MovieLens-100k, 75 % of each item's ratings to learn from (data not
 * kept here): ndcg@10 .408 with all defaults, popularity .249.
 */
#include "reco_table.h"

#include "core/reco/tastes.h"

enum
{
	KINDS = 3,
	EACH = 60,
	OWN = 8
};

/* Customers in turn of each kind; of its own 8 items each has 5 in the mean, of the others rarely one. */
static cs_events *
planted(cs_env *env)
{
	float	   *had = CS_NEW(env, float, KINDS * EACH * KINDS * OWN);
	cs_rng		rng;

	cs_rng_init(&rng, 5, 1);
	for (int c = 0; c < KINDS * EACH; c++)
		for (int i = 0; i < KINDS * OWN; i++)
			had[c * KINDS * OWN + i] = cs_rng_unit(&rng) < (c % KINDS == i / OWN ? 0.4 + 0.05 * (i % OWN) : 0.02);
	return events_of_table(env, had, NULL, KINDS * EACH, KINDS * OWN, false);
}

/* The number that fit gave to planted kind s: where its first item has the highest rate. */
static int
number_of(const cs_reco_model *m, int s)
{
	int			best = 0;

	for (int k = 1; k < m->kinds; k++)
		if (m->factor[(s * OWN + OWN - 1) * m->factors + k] > m->factor[(s * OWN + OWN - 1) * m->factors + best])
			best = k;
	return best;
}

static void
planted_kinds_are_found(cs_env *env)
{
	cs_events  *e = planted(env);
	cs_reco_args args = {e, NULL, 0, options_of(env, "segment_mixture", "clusters", 3.0, "factors", 3.0, "cluster_kappa", 4.0, NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "segment_mixture", &args);
	double		count[KINDS][KINDS * OWN] = {{0}},
				members[KINDS] = {0};

	CHECK(m.kinds == KINDS && m.factors == KINDS && m.start == NULL && m.score == NULL);
	for (int c = 0; c < KINDS * EACH; c++)
	{
		members[c % KINDS] += e->start[c + 1] > e->start[c];
		for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
			count[c % KINDS][e->item[q]]++;
	}

	/* one family: all customers, whose rate is p */
	for (int s = 0; s < KINDS; s++)
	{
		int			k = number_of(&m, s);

		CHECK_NEAR(m.share[k], members[s] / m.customers, 1e-15);
		for (int i = 0; i < KINDS * OWN; i++)
			CHECK_NEAR(m.factor[i * KINDS + k], (count[s][i] + 4 * m.popularity[i] / m.customers) / (members[s] + 4), 1e-7);
	}
}

/*
 * The kappa that belongs to the counts: rates of 0.02 to 0.75 by kind are far from
 * those of all customers, so little is added.  From a rate and the counts follows the
 * kappa behind it: (c - n r) / (r - p).
 */
static void
kappa_of_the_counts(cs_env *env)
{
	cs_events  *e = planted(env);
	cs_reco_args args = {e, NULL, 0, options_of(env, "segment_mixture", "clusters", 3.0, "factors", 3.0, NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "segment_mixture", &args);
	double		count[KINDS] = {0},
				members[KINDS] = {0},
				spread = 0,
				binomial = 0,
				squares = 0,
				all = m.customers,
				rho,
				kappa = -1;

	for (int c = 0; c < KINDS * EACH; c++)
		members[c % KINDS] += e->start[c + 1] > e->start[c];
	for (int s = 0; s < KINDS; s++)
		squares += members[s] * members[s];
	for (int i = 0; i < KINDS * OWN; i++)
	{
		double		p = m.popularity[i] / all,
					rate = (double) m.factor[i * KINDS + number_of(&m, 0)];

		memset(count, 0, sizeof(count));
		for (int c = 0; c < KINDS * EACH; c++)
			for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
				count[c % KINDS] += e->item[q] == i;
		binomial += p * (1 - p);
		for (int s = 0; s < KINDS; s++)
			spread += members[s] * (count[s] / members[s] - p) * (count[s] / members[s] - p);
		if (i == 0)
			kappa = (count[0] - members[0] * rate) / (rate - p);
	}
	rho = (spread / binomial - (KINDS - 1)) / (all - squares / all - (KINDS - 1));
	rho = fmax(1, 1 / rho - 1);
	CHECK(fabs(kappa / rho - 1) < 1e-3 || fabs(kappa / rho - 3) < 1e-3 || fabs(kappa / rho - 10) < 1e-2);
}

/* Left to choose, it takes at least as many kinds as there are; a customer with two things has the right one. */
static void
their_number_is_chosen(cs_env *env)
{
	cs_events  *e = planted(env);
	cs_reco_args args = {e, NULL, 0, options_of(env, "segment_mixture", NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "segment_mixture", &args);
	cs_tastes  *t;
	cs_scored	out[KINDS * OWN];
	double		p[80];

	CHECK(m.kinds == 3 || m.kinds == 5);
	t = cs_tastes_new(env, m.items, m.kinds, m.share);
	for (int i = 0; i < m.items; i++)
		cs_tastes_set(t, i, m.factor + i * m.factors);
	cs_tastes_ready(t);
	for (int s = 0; s < KINDS; s++)
	{
		const int32_t item[] = {s * OWN + 1, s * OWN + 4};
		static const double value[] = {1, 1};
		double		own = 0,
					others = 0;

		cs_tastes_customer(t, 2, item, value, p);
		for (size_t i = cs_tastes_scores(env, t, p, out); i-- > 0;)
			*(out[i].item / OWN == s ? &own : &others) += out[i].score;
		CHECK(own > 3 * others);
	}
}

static void
rare_items_are_left_out(cs_env *env)
{
	cs_events  *e = planted(env);
	cs_reco_args args = {e, NULL, 0, options_of(env, "segment_mixture", "min_events", 30.0, NULL), 1, &divider};
	cs_reco_model m = fit_alone(env, "segment_mixture", &args);
	int			left = 0;

	for (int i = 0; i < m.items; i++)
		for (int k = 0; k < m.kinds; k++)
		{
			CHECK((m.factor[i * m.factors + k] > 0) == (m.popularity[i] > 0));
			left += m.popularity[i] == 0;
		}
	CHECK(left > 0);
}

static void
small_shops(cs_env *env)
{
	check_small_shops(env, "segment_mixture", options_of(env, "segment_mixture", NULL));
}

static void
any_team_gives_the_same(cs_env *env)
{
	check_any_team(env, "segment_mixture", planted(env), options_of(env, "segment_mixture", "clusters", 6.0, NULL));
}

static void
nobody_to_divide(cs_env *env)
{
	cs_reco_args args = {planted(env), NULL, 0, options_of(env, "segment_mixture", NULL), 1, NULL};

	fit_alone(env, "segment_mixture", &args);
}

static void
a_divider_is_needed(cs_env *env)
{
	CHECK_FAILS(env, nobody_to_divide, CS_E_INTERNAL, "nobody to divide");
}

TESTS_NO_SWEEP(planted_kinds_are_found, kappa_of_the_counts, their_number_is_chosen, rare_items_are_left_out, small_shops,
			   any_team_gives_the_same, a_divider_is_needed)
