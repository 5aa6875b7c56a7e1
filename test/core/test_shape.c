/*
 * test_shape.c - places of a list: diversity, caps, promotion; likeness of items.
 */
#include "reco.h"

#include "core/reco/likeness.h"
#include "core/reco/rank.h"
#include "core/reco/shape.h"

#define ITEMS 300

/* A list whose items lie on a line: the nearer, the more alike. */
typedef struct lists
{
	cs_shape_item item[ITEMS];
	bool		promoted[ITEMS];
	double		x[ITEMS];
	int			n;
	int			at[CS_SHAPE_LANES];
	long		asked;			/* likenesses */
} lists;

static bool
next_of_list(void *host, int lane, cs_shape_item *out)
{
	lists	   *l = host;

	while (l->at[lane] < l->n)
	{
		int			i = l->at[lane]++;

		*out = l->item[i];
		if (lane == CS_SHAPE_LIST || l->promoted[i])
			return true;
	}
	return false;
}

static double
likeness_on_line(void *host, int32_t a, int32_t b)
{
	lists	   *l = host;

	l->asked++;
	return 1 - fabs(l->x[a] - l->x[b]);
}

static cs_shape_rules
rules_of(lists *l)
{
	return (cs_shape_rules) {.next = next_of_list, .likeness = likeness_on_line, .host = l};
}

static int
shaped(cs_env *env, lists *l, const cs_shape_rules *rules, int n, cs_shape_placed *out)
{
	l->at[0] = l->at[1] = 0;
	return cs_shape(env, rules, n, out);
}

static lists *
random_lists(cs_env *env, uint64_t seed, int categories)
{
	lists	   *l = CS_NEW(env, lists, 1);
	cs_rng		rng;
	double		score = 8;

	cs_rng_init(&rng, seed, 1);
	l->n = ITEMS;
	for (int i = 0; i < ITEMS; i++)
	{
		double		rate = 0.02 + 0.1 * cs_rng_unit(&rng);

		score *= 1 - 0.03 * (double) cs_rng_below(&rng, 3);
		l->x[i] = cs_rng_unit(&rng);
		l->promoted[i] = cs_rng_below(&rng, 10) == 0;
		l->item[i] = (cs_shape_item) {i, i, (int32_t) cs_rng_below(&rng, (uint64_t) categories + 1) - 1, score, 50 * rate + .5, 50 * (1 - rate) + .5};
	}
	return l;
}

/*
 * Worked by hand.  Scores 10, 9, 8, 2 at 0, 0.1, 1, 0.5 of the line, diversity 0.5: first a, the best.  Then b has
 * .5 * .9 - .5 * .9 = 0, c .5 * .8 - 0 = .4, d .5 * .2 - .5 * .5 = -.15: c.  Then b still 0, d -.15: b, then d.
 * Diversity 1 looks at likeness alone: a, c, d (0.5), b (0.9).
 */
static void
relevance_against_likeness(cs_env *env)
{
	lists		l = {.item = {{0, 0, -1, 10, 1, 1}, {1, 1, -1, 9, 1, 1}, {2, 2, -1, 8, 1, 1}, {3, 3, -1, 2, 1, 1}}, .x = {0, .1, 1, .5}, .n = 4};
	static const int32_t half[] = {0, 2, 1, 3},
				full[] = {0, 2, 3, 1};
	cs_shape_rules r = rules_of(&l);
	cs_shape_placed out[4];

	CHECK(shaped(env, &l, &r, 4, out) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(out[i].i.item == i && out[i].propensity == 1 && out[i].way == CS_SHAPE_MERIT);
	CHECK(l.asked == 0);
	r.diversity = 0.5;
	CHECK(shaped(env, &l, &r, 4, out) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(out[i].i.item == half[i] && out[i].i.score == l.item[half[i]].score);
	r.diversity = 1;
	CHECK(shaped(env, &l, &r, 10, out) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(out[i].i.item == full[i]);
}

/* The same by going through all items at each place, in another way: the list goes round the window's bookkeeping. */
static void
against_going_through_everything(cs_env *env)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
	{
		lists	   *l = random_lists(env, seed, 8);
		cs_shape_rules r = rules_of(l);
		cs_shape_placed out[60];
		bool		gone[ITEMS] = {false};
		int			of[9] = {0},
					n;

		r.diversity = 0.1 * (double) seed;
		r.cap = 7;
		n = shaped(env, l, &r, 60, out);
		for (int p = 0; p < 60; p++)
		{
			int			best = -1,
						seen = 0;
			double		most = -INFINITY;

			for (int i = 0; i < ITEMS && seen < CS_SHAPE_WINDOW; i++)
			{
				double		near = 0,
							merit;

				if (gone[i] || (l->item[i].category >= 0 && of[l->item[i].category] == r.cap))
					continue;
				seen++;
				for (int q = 0; q < p; q++)
					near = fmax(near, 1 - fabs(l->x[i] - l->x[out[q].i.item]));
				merit = (1 - r.diversity) * l->item[i].score / l->item[0].score - r.diversity * near;
				if (merit > most + 1e-12)
				{
					most = merit;
					best = i;
				}
			}
			CHECK(p < n ? out[p].i.item == best : best < 0);
			if (best < 0)
				break;
			gone[best] = true;
			if (l->item[best].category >= 0)
				of[l->item[best].category]++;
		}
	}
}

static void
fewer_are_the_first_of_more(cs_env *env)
{
	lists	   *l = random_lists(env, 3, 20);
	cs_shape_rules r = rules_of(l);
	cs_shape_placed all[ITEMS],
				some[ITEMS];
	int			n;

	r.diversity = 0.4;
	r.cap = 12;
	r.promoted = 0.25;
	r.explore = 0.5;
	r.draws = cs_draws_new(env);
	r.seed = 11;
	n = shaped(env, l, &r, ITEMS, all);
	CHECK(n > 100 && n < ITEMS);
	for (int k = 0; k <= 50; k += 7)
	{
		CHECK(shaped(env, l, &r, k, some) == k);
		for (int i = 0; i < k; i++)
			CHECK(some[i].i.item == all[i].i.item && some[i].way == all[i].way && some[i].propensity == all[i].propensity);
	}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < i; j++)
			CHECK(all[i].i.item != all[j].i.item);
}

/* With a share of 3 in 10 the whole part of p * 0.3 grows at 4, 7, 10, 14, 17, 20. */
static void
promoted_places(cs_env *env)
{
	lists	   *l = random_lists(env, 9, 5);
	cs_shape_rules r = rules_of(l);
	cs_shape_placed out[20];
	int			before = -1;

	r.promoted = 0.3;
	CHECK(shaped(env, l, &r, 20, out) == 20);
	for (int p = 1; p <= 20; p++)
	{
		bool		theirs = p == 4 || p == 7 || p == 10 || p == 14 || p == 17 || p == 20;
		int			item = out[p - 1].i.item;

		CHECK((out[p - 1].way == CS_SHAPE_BY_PROMOTION) == theirs && out[p - 1].propensity == 1);
		CHECK(!theirs || l->promoted[item]);
		/* the others keep the order of the list */
		if (!theirs)
		{
			CHECK(item > before);
			before = item;
		}
	}
	r.promoted = 1;
	CHECK(shaped(env, l, &r, 5, out) == 5);
	for (int p = 0; p < 5; p++)
		CHECK(l->promoted[out[p].i.item]);
	/* none to promote: the list as it is */
	memset(l->promoted, 0, sizeof(l->promoted));
	CHECK(shaped(env, l, &r, 5, out) == 5);
	for (int p = 0; p < 5; p++)
		CHECK(out[p].i.item == p && out[p].way == CS_SHAPE_MERIT);
}

static void
caps(cs_env *env)
{
	lists		l = {.n = 6};
	cs_shape_rules r = rules_of(&l);
	cs_shape_placed out[6];
	static const int32_t category[] = {7, 7, 7, -1, -1, 3},
				kept[] = {0, 3, 4, 5};

	for (int i = 0; i < 6; i++)
		l.item[i] = (cs_shape_item) {i, i, category[i], 10 - i, 1, 1};
	r.cap = 1;
	CHECK(shaped(env, &l, &r, 6, out) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(out[i].i.item == kept[i]);
}

/*
 * By hand: item 1 gives 2 to item 3 and 1 to item 5, itself 2: length 3.  Item 3 gives 3 to item 5, itself 3: length
 * sqrt 18.  Product: at 3 2 * 3, at 5 1 * 3: 9, cosine 9 / (3 sqrt 18) = 1 / sqrt 2.  Item 5 gives -4 to item 1,
 * itself 4, length sqrt 32: with item 1 2 * -4 + 1 * 4 < 0.
 */
static void
likeness_of_rows(cs_env *env)
{
	static const int32_t t1[] = {3, 5},
				t3[] = {5},
				t5[] = {1};
	static const float w1[] = {2, 1},
				w3[] = {3},
				w5[] = {-4};
	cs_item_row a = cs_item_row_of(1, 2, t1, w1),
				b = cs_item_row_of(3, 1, t3, w3),
				c = cs_item_row_of(5, 1, t5, w5),
				d = cs_item_row_of(9, 0, NULL, NULL);

	(void) env;
	CHECK_NEAR(cs_item_likeness(&a, &b), sqrt(0.5), 1e-15);
	CHECK_NEAR(cs_item_likeness(&b, &a), sqrt(0.5), 1e-15);
	CHECK(cs_item_likeness(&a, &c) == 0);
	CHECK_NEAR(cs_item_likeness(&b, &c), 12 / (sqrt(18) * sqrt(32)), 1e-15);
	CHECK(cs_item_likeness(&a, &d) == 0 && cs_item_likeness(&d, &d) == 1 && cs_item_likeness(&a, &a) == 1);
}

/* Cosines of pairs are those that are given to all. */
static void
likeness_of_factors(cs_env *env)
{
	cs_fold_settings fold = {0, 0, 0};
	cs_factors *f = cs_factors_new(env, 40, 5, &fold);
	cs_scored	all[40];
	cs_rng		rng;
	size_t		n;

	cs_rng_init(&rng, 2, 1);
	for (int i = 1; i < 40; i++)
	{
		float		v[5];

		for (int k = 0; k < 5; k++)
			v[k] = (float) cs_rng_unit(&rng) - 0.4f;
		cs_factors_set(f, i, v);
	}
	cs_factors_ready(f);
	n = cs_factors_similar(env, f, 7, all);
	CHECK(n > 5);
	for (size_t i = 0; i < n; i++)
		CHECK_NEAR(cs_factors_cosine(f, 7, all[i].item), all[i].score, 1e-6);
	CHECK(cs_factors_cosine(f, 0, 7) == 0);
}

TESTS(relevance_against_likeness, against_going_through_everything, fewer_are_the_first_of_more, promoted_places, caps,
	  likeness_of_rows, likeness_of_factors)
