/*
 * test_rank.c - the first n of layers of scores; sparse sums.
 */
#include "reco.h"

#include "core/reco/rank.h"

#include <float.h>

#define ITEMS 400

/* Layers with many equal scores, overlapping items, some scores that do not count. */
typedef struct lists
{
	cs_scored	scored[3][ITEMS];
	cs_layer	layer[3];
	int32_t		excluded[ITEMS];
	int32_t		allowed[ITEMS];
	cs_rank_args args;
} lists;

static lists *
make_lists(cs_env *env, uint64_t seed, bool excluding, bool restricting)
{
	lists	   *l = CS_NEW(env, lists, 1);
	cs_rng		rng;

	cs_rng_init(&rng, seed, 1);
	for (int a = 0; a < 3; a++)
	{
		size_t		n = 0;

		for (int i = 0; i < ITEMS; i++)
			if (cs_rng_below(&rng, 4) < 1 + (uint64_t) a)
				l->scored[a][n++] = (cs_scored) {(i * 7 + 3) % ITEMS, (double) cs_rng_below(&rng, 20) / 4 - 0.5};
		l->layer[a] = (cs_layer) {l->scored[a], n};
	}
	l->scored[0][5].score = INFINITY;
	l->scored[0][6].score = NAN;
	for (int i = 0; i < ITEMS; i++)
	{
		if (cs_rng_below(&rng, 3) == 0)
			l->excluded[l->args.n_excluded++] = i;
		if (cs_rng_below(&rng, 2) == 0)
			l->allowed[l->args.n_allowed++] = i;
	}
	l->args.layer = l->layer;
	l->args.layers = 3;
	l->args.excluded = excluding ? l->excluded : NULL;
	l->args.allowed = restricting ? l->allowed : NULL;
	return l;
}

static bool
among(const int32_t *list, size_t n, int32_t item)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == item)
			return true;
	return false;
}

/* The next item by going through everything. */
static bool
next_item(const cs_rank_args *a, const cs_ranked *out, int n, int layer, cs_scored *best)
{
	bool		found = false;

	for (size_t i = 0; i < a->layer[layer].n; i++)
	{
		cs_scored	s = a->layer[layer].scored[i];
		bool		listed = false;

		for (int o = 0; o < n; o++)
			listed = listed || out[o].item == s.item;
		if (listed || !(s.score > 0) || isinf(s.score) || (a->excluded && among(a->excluded, a->n_excluded, s.item)) ||
			(a->allowed && !among(a->allowed, a->n_allowed, s.item)))
			continue;
		if (!found || s.score > best->score || (s.score == best->score && s.item < best->item))
			*best = s;
		found = true;
	}
	return found;
}

static void
against_going_through_everything(cs_env *env)
{
	for (int kind = 0; kind < 4; kind++)
	{
		lists	   *l = make_lists(env, 17, kind & 1, kind & 2);
		cs_ranked  *out = CS_ROOM(env, cs_ranked, ITEMS);
		int			n = cs_rank(env, &l->args, ITEMS, out),
					at = 0;
		cs_scored	s = {0, 0};

		for (int layer = 0; layer < 3; layer++)
			while (next_item(&l->args, out, at, layer, &s))
			{
				CHECK(at < n && out[at].item == s.item && out[at].raw == s.score && out[at].layer == layer);
				at++;
			}
		CHECK(at == n && n > 50);
		for (int i = 1; i < n; i++)
		{
			CHECK(isfinite(out[i].score) && out[i].score > 0 && out[i].score <= out[i - 1].score);
			CHECK(out[i].layer == out[i - 1].layer || out[i].score < out[i - 1].score);
		}
		CHECK(out[0].score == out[0].raw && out[n - 1].layer == 2);
	}
}

/* 5 are the first 5 of 10, and so on for every n. */
static void
fewer_are_the_first_of_more(cs_env *env)
{
	lists	   *l = make_lists(env, 3, true, true);
	cs_ranked  *all = CS_ROOM(env, cs_ranked, ITEMS),
			   *some = CS_ROOM(env, cs_ranked, ITEMS);
	int			n = cs_rank(env, &l->args, ITEMS, all);

	for (int k = 0; k <= n + 3; k += 1 + k / 4)
	{
		int			got = cs_rank(env, &l->args, k, some);

		CHECK(got == (k < n ? k : n));
		for (int i = 0; i < got; i++)
			CHECK(some[i].item == all[i].item && some[i].score == all[i].score && some[i].raw == all[i].raw);
	}
}

static void
layers_are_scaled_below(cs_env *env)
{
	static const cs_scored own[] = {{4, 0.5}, {9, 0.002}},
				segment[] = {{4, 90}, {7, 30}, {1, 60}, {2, 30}},
				popular[] = {{3, 1e-9}, {7, 1}};
	const cs_layer layer[] = {{own, 2}, {segment, 4}, {NULL, 0}, {popular, 2}};
	const cs_rank_args args = {layer, 4, NULL, 0, NULL, 0};
	cs_ranked	out[10];
	int			n = cs_rank(env, &args, 10, out);

	CHECK(n == 6);
	CHECK(out[0].item == 4 && out[1].item == 9 && out[2].item == 1);
	CHECK(out[3].item == 2 && out[4].item == 7 && out[5].item == 3);
	CHECK(out[1].score == 0.002 && out[2].layer == 1 && out[5].layer == 3);

	/* the best new one of a layer starts at half of the last before it */
	CHECK_NEAR(out[2].score, 0.001, 1e-18);
	CHECK_NEAR(out[3].score, 0.0005, 1e-18);
	CHECK(out[3].raw == 30 && out[4].score == out[3].score);

	/* what is lower anyway stays as it is */
	CHECK(out[5].score == 1e-9);
}

static void
extreme_scores(cs_env *env)
{
	static const cs_scored tiny[] = {{0, DBL_MIN}, {1, DBL_TRUE_MIN}},
				huge[] = {{2, DBL_MAX}, {3, 1}};
	const cs_layer layer[] = {{tiny, 2}, {huge, 2}, {huge, 2}};
	const cs_rank_args args = {layer, 3, NULL, 0, NULL, 0};
	cs_ranked	out[4];

	CHECK(cs_rank(env, &args, 4, out) == 4);
	for (int i = 0; i < 4; i++)
		CHECK(out[i].item == i && isfinite(out[i].score) && (i == 0 || out[i].score <= out[i - 1].score));
	CHECK(cs_rank(env, &args, 0, out) == 0);
}

static void
nothing_allowed(cs_env *env)
{
	static const cs_scored one[] = {{3, 1}};
	static const int32_t others[] = {1, 2, 4, 5},
				three[] = {3};
	const cs_layer layer[] = {{one, 1}};
	cs_rank_args args = {layer, 1, NULL, 0, others, 4};
	cs_ranked	out[1];

	CHECK(cs_rank(env, &args, 1, out) == 0);
	args.n_allowed = 0;
	CHECK(cs_rank(env, &args, 1, out) == 0);
	args.allowed = three;
	args.n_allowed = 1;
	CHECK(cs_rank(env, &args, 1, out) == 1 && out[0].item == 3);
	args.excluded = three;
	args.n_excluded = 1;
	CHECK(cs_rank(env, &args, 1, out) == 0);
}

static void
sums_are_those_of_an_array(cs_env *env)
{
	cs_accumulator *a = cs_accumulator_new(env);
	double	   *sum = CS_ROOM(env, double, 5000);
	cs_rng		rng;

	/* few, many, few: cleared both ways, grown in between */
	for (int round = 0; round < 6; round++)
	{
		int			adds = round % 3 == 1 ? 9000 : 12;
		size_t		n,
					distinct = 0;
		const cs_scored *s;

		cs_rng_init(&rng, (uint64_t) round, 1);
		memset(sum, 0, sizeof(double) * 5000);
		for (int i = 0; i < adds; i++)
		{
			int			item = (int) cs_rng_below(&rng, 5000);
			double		x = 1 + cs_rng_unit(&rng);

			distinct += sum[item] == 0;
			sum[item] += x;
			cs_accumulator_add(a, (int32_t) item * 429496, x);
		}
		s = cs_accumulator_read(a, &n);
		CHECK(n == distinct);
		for (size_t i = 0; i < n; i++)
			CHECK(s[i].item % 429496 == 0 && s[i].score == sum[s[i].item / 429496]);
		cs_accumulator_clear(a);
		cs_accumulator_read(a, &n);
		CHECK(n == 0);
	}
	cs_accumulator_free(a);
}

/* What is left of 3000 scores, many of them equal, some useless, has the best k in their order. */
static void
trimming_keeps_the_best(cs_env *env)
{
	static const size_t ks[] = {1, 10, 32, 33, 128, 129, 3000};
	static cs_scored all[3000],
				some[3000];
	static cs_ranked a[3000],
				b[3000];

	for (int i = 0; i < 3000; i++)
		all[i] = (cs_scored) {i, i % 101 == 0 ? INFINITY : (double) (i * 7919 % 1000) - 500};
	for (size_t i = 0; i < sizeof(ks) / sizeof(ks[0]); i++)
	{
		size_t		left;
		cs_layer	whole = {all, 3000},
					trimmed = {some, 0};
		cs_rank_args args = {&whole, 1, NULL, 0, NULL, 0};
		int			n;

		memcpy(some, all, sizeof(all));
		left = trimmed.n = cs_rank_trim(some, 3000, ks[i]);
		CHECK(ks[i] > 128 ? left == 3000 : left >= ks[i] && left < 1500);
		n = cs_rank(env, &args, (int) ks[i], a);
		args.layer = &trimmed;
		CHECK(cs_rank(env, &args, (int) ks[i], b) == n);
		for (int j = 0; j < n; j++)
			CHECK(a[j].item == b[j].item && a[j].score == b[j].score);
		for (size_t j = 1; j < left; j++)
			CHECK(some[j - 1].item < some[j].item);
	}
}

TESTS(trimming_keeps_the_best, against_going_through_everything, fewer_are_the_first_of_more, layers_are_scaled_below, extreme_scores,
	  nothing_allowed, sums_are_those_of_an_array)
