/*
 * bench_itemknn.c - how long itemknn takes on 100,000 customers, 10,000 items and
 * 1,000,000 distinct events, and the same events as a file for peers_itemknn.py.
 *
 *	cc -std=gnu11 -O2 -ffp-contract=off -Isrc test/bench/bench_itemknn.c \
 *		$(ls src/core/base/[a-z]*.c src/core/reco/[a-z]*.c) -lm -lpthread -o bench_itemknn
 *	./bench_itemknn FOLDER [similarity [neighbours [shrink]]]
 *
 * FOLDER gets itemknn_events.bin: three 64-bit integers (customers, items, events),
 * then the customers and the items of the events as 32-bit integers, and
 * itemknn_result.bin: pruned similarities, for comparing.  Times are process time,
 * the least of RUNS.
 *
 * Items have Zipf-like popularity (exponent 0.8); customers belong to 40 groups of
 * taste and take 60 % of their items from their group's slice of the catalogue;
 * their activity is log-normal.
 */
#include "core/base/rng.h"
#include "core/reco/recommender.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CUSTOMERS 100000
#define ITEMS 10000
#define EVENTS 1000000
#define GROUPS 40
#define RUNS 7

static void *
bench_alloc(cs_env *env, size_t bytes, bool zero)
{
	void	   *p = aligned_alloc(64, (bytes + 63) & ~(size_t) 63);

	(void) env;
	if (p == NULL)
		abort();
	return zero ? memset(p, 0, bytes) : p;
}

static void
bench_release(cs_env *env, void *p)
{
	(void) env;
	free(p);
}

static void
bench_poll(cs_env *env)
{
	(void) env;
}

static void
bench_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	(void) env, (void) class, (void) hint;
	fprintf(stderr, "%s %s\n", message, detail ? detail : "");
	exit(1);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

/* Number of the first cumulated share above u. */
static int
draw(const double *cdf, int n, double u)
{
	int			low = 0,
				high = n - 1;

	while (low < high)
	{
		int			mid = (low + high) / 2;

		if (cdf[mid] > u)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static double
normal(cs_rng *rng)
{
	return sqrt(-2 * log(1 - cs_rng_unit(rng))) * cos(2 * 3.14159265358979323846 * cs_rng_unit(rng));
}

static void
cumulate(double *share, int n)
{
	double		sum = 0,
				all = 0;

	for (int i = 0; i < n; i++)
		all += share[i];
	for (int i = 0; i < n; i++)
		share[i] = (sum += share[i]) / all;
}

static void
generate(cs_env *env, int32_t *customer, int32_t *item)
{
	double	   *activity = CS_NEW(env, double, CUSTOMERS),
			   *popularity = CS_NEW(env, double, ITEMS);
	int32_t    *shuffled = CS_NEW(env, int32_t, ITEMS);
	unsigned char *seen = CS_NEW(env, unsigned char, (size_t) CUSTOMERS * ITEMS / 8);
	cs_rng		rng;

	cs_rng_init(&rng, 7, 1);
	for (int c = 0; c < CUSTOMERS; c++)
		activity[c] = exp(normal(&rng));
	for (int i = 0; i < ITEMS; i++)
	{
		int			j = (int) cs_rng_below(&rng, (uint64_t) i + 1);

		popularity[i] = pow(i + 1, -0.8);
		shuffled[i] = shuffled[j];
		shuffled[j] = i;
	}
	cumulate(activity, CUSTOMERS);
	cumulate(popularity, ITEMS);
	for (size_t n = 0; n < EVENTS;)
	{
		int			c = draw(activity, CUSTOMERS, cs_rng_unit(&rng)),
					i = draw(popularity, ITEMS, cs_rng_unit(&rng)),
					slice = ITEMS / GROUPS;
		size_t		bit;

		i = cs_rng_unit(&rng) < 0.6 ? c % GROUPS * slice + i % slice : shuffled[i];
		bit = (size_t) c * ITEMS + (size_t) i;
		if (seen[bit / 8] & 1 << bit % 8)
			continue;
		seen[bit / 8] |= (unsigned char) (1 << bit % 8);
		customer[n] = c;
		item[n++] = i;
	}
	cs_release(env, activity);
	cs_release(env, popularity);
	cs_release(env, shuffled);
	cs_release(env, seen);
}

static void
save(const char *folder, const char *name, const int64_t head[3], const void *a, size_t a_size,
	 const void *b, size_t b_size)
{
	char		path[4096];
	FILE	   *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(head, 8, 3, f) != 3 || fwrite(a, 1, a_size, f) != a_size ||
		fwrite(b, 1, b_size, f) != b_size || fclose(f) != 0)
	{
		perror(path);
		exit(1);
	}
}

static void
set_option(cs_options *o, const char *name, double value)
{
	o->value[cs_params_find(o->table, name)].number = value;
}

static void
save_model(const char *folder, cs_env *env, const cs_reco_model *m)
{
	size_t		n = m->start[m->items];
	int32_t    *pair = CS_ROOM(env, int32_t, 2 * n);
	int64_t		head[3] = {m->items, m->items, (int64_t) n};

	for (int j = 0; j < m->items; j++)
		for (size_t p = m->start[j]; p < m->start[j + 1]; p++)
		{
			pair[p] = j;
			pair[n + p] = m->target[p];
		}
	save(folder, "itemknn_result.bin", head, pair, 8 * n, m->value, 4 * n);
	cs_release(env, pair);
}

static double
best_build(cs_env *env, const cs_raw_events *raw, cs_events **e)
{
	double		best = 1e9;

	for (int run = 0; run < RUNS; run++)
	{
		double		t = seconds();

		*e = cs_events_build(env, raw, 500);
		t = seconds() - t;
		best = t < best ? t : best;
		if (run < RUNS - 1)
			cs_events_free(env, *e);
	}
	return best;
}

static double
best_fit(cs_env *env, const cs_reco_args *a, cs_reco_model *m)
{
	double		best = 1e9;

	for (int run = 0; run < RUNS; run++)
	{
		size_t		size = cs_recommender_find("itemknn")->arena(a);
		cs_team		team = {0, 1, NULL, CS_NEW(env, char, size), size, 0};
		double		t = seconds();

		cs_recommender_find("itemknn")->fit(env, &team, a, m);
		t = seconds() - t;
		best = t < best ? t : best;
		cs_release(env, team.arena);
	}
	return best;
}

int
main(int argc, char **argv)
{
	cs_env		env = {.alloc = bench_alloc,.release = bench_release,.poll = bench_poll,.fail = bench_fail};
	const cs_recommender *knn = cs_recommender_find("itemknn");
	const char *similarity = argc > 2 ? argv[2] : "cosine";
	cs_raw_events raw = {EVENTS, CUSTOMERS, ITEMS, NULL, NULL, NULL, NULL};
	int32_t    *customer = CS_NEW(&env, int32_t, EVENTS),
			   *item = CS_NEW(&env, int32_t, EVENTS);
	const int64_t head[3] = {CUSTOMERS, ITEMS, EVENTS};
	cs_reco_args args = {NULL, NULL, 0, NULL, 42};
	cs_options *options = cs_options_new(&env, cs_reco_params(&env, knn));
	cs_events  *e;
	cs_reco_model m;
	double		built,
				fitted;

	if (argc < 2)
	{
		fprintf(stderr, "usage: %s FOLDER [similarity [neighbours [shrink]]]\n", argv[0]);
		return 2;
	}
	generate(&env, customer, item);
	save(argv[1], "itemknn_events.bin", head, customer, 4 * EVENTS, item, 4 * EVENTS);
	raw.customer = customer;
	raw.item = item;
	set_option(options, "similarity",
			   cs_param_choice(&options->table[cs_params_find(options->table, "similarity")], similarity));
	set_option(options, "neighbours", argc > 3 ? atof(argv[3]) : 50);
	set_option(options, "shrink", argc > 4 ? atof(argv[4]) : 0);
	built = best_build(&env, &raw, &e);
	args.events = e;
	args.options = options;
	fitted = best_fit(&env, &args, &m);
	printf("clusterseg itemknn %s: group events %.3f s, fit %.3f s, %zu similarities\n",
		   similarity, built, fitted, m.start[m.items]);
	save_model(argv[1], &env, &m);
	return 0;
}
