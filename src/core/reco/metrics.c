/*
 * metrics.c - metrics of recommendation lists (see metrics.h).
 *
 * How often items were recommended is counted per jackknife group (customers in
 * turn), so that coverage, Gini and personalisation can be had without each
 * group.  The overlap of all pairs of lists follows from these counts alone: an
 * item in c lists is shared by c (c - 1) / 2 pairs.
 */
#include "core/reco/metrics.h"

#include "core/base/rng.h"
#include "core/base/sorted.h"

#include <math.h>
#include <string.h>

#define GROUPS CS_JACKKNIFE_GROUPS

/* Likeness of pairs of items that is remembered; popular items meet often. */
#define CACHED_PAIRS 65536

/* From this ratio of lengths on, the longer set is searched rather than read. */
#define SEARCH_RATIO 16
#define POLL_STEPS 65536

typedef struct pair
{
	uint64_t	key;			/* lower item, higher item; 0: unused, for no item pairs with itself */
	double		cosine;
} pair;

struct cs_evaluation
{
	cs_env	   *env;
	int			items;
	int			k;
	cs_events  *columns;		/* transposed: customers of items; or NULL */
	pair	   *cache;

	int64_t		customers;
	double	   *value;			/* of customers; NULL when they became too many */
	size_t		room;
	cs_moments	moments[CS_METRICS_OF_CUSTOMERS];
	double		last[CS_METRICS_OF_CUSTOMERS];	/* of the customer added last */
	uint32_t   *count;			/* [GROUPS][items] */
	int64_t		lists[GROUPS];	/* that are not empty */
};

const char *const cs_metric_names[CS_METRICS] = {
	"precision", "recall", "f1", "ndcg", "map", "map_full", "mrr", "hit_rate",
	"novelty", "diversity", "coverage", "gini", "personalisation"
};

void
cs_metrics_of_hits(const int32_t *list, int n, const int32_t *test, int tests, int k, double *out)
{
	int			hits = 0,
				ideal_hits = k < tests ? k : tests,
				first = 0;
	double		gain = 0,
				ideal = 0,
				precisions = 0,
				p,
				r;

	for (int rank = 1; rank <= n && rank <= k; rank++)
		if (cs_sorted_find(test, (size_t) tests, list[rank - 1]) < (size_t) tests)
		{
			hits++;
			first = first ? first : rank;
			gain += 1 / log2(rank + 1);
			precisions += (double) hits / rank;
		}
	for (int rank = 1; rank <= ideal_hits; rank++)
		ideal += 1 / log2(rank + 1);
	p = (double) hits / k;
	r = (double) hits / tests;
	out[CS_METRIC_PRECISION] = p;
	out[CS_METRIC_RECALL] = r;
	out[CS_METRIC_F1] = hits > 0 ? 2 * p * r / (p + r) : 0;
	out[CS_METRIC_NDCG] = gain / ideal;
	out[CS_METRIC_MAP] = precisions / ideal_hits;
	out[CS_METRIC_MAP_FULL] = precisions / tests;
	out[CS_METRIC_MRR] = first ? 1.0 / first : 0;
	out[CS_METRIC_HIT_RATE] = hits > 0;
}

/* First position from at on whose number is not below x: doubling steps, then halving. */
static size_t
search_from(const int32_t *v, size_t at, size_t n, int32_t x)
{
	size_t		step = 1,
				high;

	while (at < n && v[at] < x && at + step < n && v[at + step] < x)
	{
		at += step;
		step *= 2;
	}
	high = at + step < n ? at + step : n;
	while (at < high)
	{
		size_t		mid = at + (high - at) / 2;

		if (v[mid] < x)
			at = mid + 1;
		else
			high = mid;
	}
	return at;
}

/* Size of the intersection of two ascending sets; a is the shorter. */
static size_t
common(cs_env *env, const int32_t *a, size_t na, const int32_t *b, size_t nb)
{
	bool		search = nb / SEARCH_RATIO > na;
	size_t		both = 0,
				j = 0;

	for (size_t i = 0; i < na && j < nb; i++)
	{
		if (i % POLL_STEPS == 0)
			cs_poll(env);
		if (search)
			j = search_from(b, j, nb, a[i]);
		else
			while (j < nb && b[j] < a[i])
				j++;
		both += j < nb && b[j] == a[i];
	}
	return both;
}

/* Cosine of the customers of two items. */
static double
likeness(cs_evaluation *v, int32_t i, int32_t j)
{
	const cs_events *t = v->columns;
	int32_t		low = i < j ? i : j,
				high = i < j ? j : i;
	uint64_t	key = (uint64_t) low << 32 | (uint32_t) high;
	pair	   *known = &v->cache[cs_mix64(key) % CACHED_PAIRS];

	if (known->key != key)
	{
		size_t		a = t->start[i + 1] - t->start[i],
					b = t->start[j + 1] - t->start[j];

		known->key = key;
		known->cosine = a == 0 || b == 0 ? 0 :
			(double) (a < b ? common(v->env, t->item + t->start[i], a, t->item + t->start[j], b) :
					  common(v->env, t->item + t->start[j], b, t->item + t->start[i], a)) /
			sqrt((double) a * (double) b);
	}
	return known->cosine;
}

/* Novelty and diversity of a list; NaN where there is nothing to say. */
static void
judge_list(cs_evaluation *v, const int32_t *list, int n, double *out)
{
	double		surprise = 0,
				alike = 0;

	out[CS_METRIC_NOVELTY] = out[CS_METRIC_DIVERSITY] = NAN;
	if (v->columns == NULL || v->columns->n == 0 || n == 0)
		return;
	for (int a = 0; a < n; a++)
	{
		size_t		had = v->columns->start[list[a] + 1] - v->columns->start[list[a]];

		surprise += log2((double) v->columns->n / (double) (had > 0 ? had : 1));
		for (int b = 0; b < a; b++)
			alike += likeness(v, list[a], list[b]);
	}
	out[CS_METRIC_NOVELTY] = surprise / n;
	if (n > 1)
		out[CS_METRIC_DIVERSITY] = 1 - alike / (0.5 * n * (n - 1));
}

/* Keep the customer's values as long as there are few enough to resample. */
static void
keep_values(cs_evaluation *v, const double *value)
{
	size_t		n = (size_t) v->customers;

	if (v->value == NULL)
		return;
	if (n == CS_BOOTSTRAP_MOST)
	{
		cs_release(v->env, v->value);
		v->value = NULL;
		return;
	}
	if (n == v->room)
	{
		v->room = 2 * n;
		v->value = cs_alloc_grown(v->env, v->value, n * CS_METRICS_OF_CUSTOMERS, v->room * CS_METRICS_OF_CUSTOMERS, sizeof(double));
	}
	memcpy(v->value + n * CS_METRICS_OF_CUSTOMERS, value, sizeof(double) * CS_METRICS_OF_CUSTOMERS);
}

cs_evaluation *
cs_evaluation_new(cs_env *env, int items, int k, const cs_events *train)
{
	cs_evaluation *v = CS_NEW(env, cs_evaluation, 1);

	v->env = env;
	v->items = items;
	v->k = k;
	v->count = CS_NEW(env, uint32_t, (size_t) items * GROUPS);
	v->room = 64;
	v->value = CS_ROOM(env, double, v->room * CS_METRICS_OF_CUSTOMERS);
	if (train)
	{
		v->columns = cs_events_transpose(env, train);
		v->cache = CS_NEW(env, pair, CACHED_PAIRS);
	}
	return v;
}

void
cs_evaluation_add(cs_evaluation *v, const int32_t *list, int n, const int32_t *test, int tests)
{
	double	   *value = v->last;
	size_t		group = (size_t) (v->customers % GROUPS);

	if (n > v->k)
		n = v->k;
	cs_poll(v->env);
	cs_metrics_of_hits(list, n, test, tests, v->k, value);
	judge_list(v, list, n, value);
	for (int m = 0; m < CS_METRICS_OF_CUSTOMERS; m++)
		cs_moments_add(&v->moments[m], value[m]);
	keep_values(v, value);
	for (int i = 0; i < n; i++)
		v->count[group * (size_t) v->items + (size_t) list[i]]++;
	v->lists[group] += n > 0;
	v->customers++;
}

const double *
cs_evaluation_last(const cs_evaluation *v)
{
	return v->last;
}

/* How often each item was recommended: in group g, or with -1 in all. */
static void
add_counts(const cs_evaluation *v, int group, uint32_t *count)
{
	memset(count, 0, sizeof(uint32_t) * (size_t) v->items);
	for (int g = 0; g < GROUPS; g++)
		for (size_t i = 0; (group < 0 || g == group) && i < (size_t) v->items; i++)
			count[i] += v->count[(size_t) g * (size_t) v->items + i];
}

/*
 * Coverage, Gini and personalisation of so many lists.  Items of the same count
 * are taken together, by a histogram: with h items of count c above r items of
 * lower counts, sum (2 rank - I - 1) c = h (2 r + h - I) c.
 */
static void
judge_lists(const cs_evaluation *v, const uint32_t *count, int64_t lists, double out[3])
{
	uint32_t	most = 0,
			   *alike;
	double		pairs = (double) lists * (double) (lists - 1) / 2,
				lower = 0,
				sum = 0,
				weighted = 0,
				shared = 0;

	for (int i = 0; i < v->items; i++)
		most = count[i] > most ? count[i] : most;
	alike = CS_NEW(v->env, uint32_t, (size_t) most + 1);
	for (int i = 0; i < v->items; i++)
		alike[count[i]]++;
	for (size_t c = 0; c <= most; c++)
	{
		double		h = alike[c],
					x = (double) c;

		sum += h * x;
		weighted += h * (2 * lower + h - v->items) * x;
		shared += h * x * (x - 1) / 2;
		lower += h;
	}
	out[0] = v->items > 0 ? (v->items - (double) alike[0]) / v->items : NAN;
	out[1] = sum > 0 ? weighted / (v->items * sum) : NAN;
	out[2] = lists > 1 ? 1 - shared / pairs / v->k : NAN;
	cs_release(v->env, alike);
}

/* The metrics over all lists: as they are, and without each group that has lists. */
static void
finish_lists(cs_evaluation *v, cs_interval *out)
{
	uint32_t   *total = CS_ROOM(v->env, uint32_t, (size_t) v->items),
			   *part = CS_ROOM(v->env, uint32_t, (size_t) v->items);
	double		all[3],
				one[3],
				without[3][GROUPS];
	int64_t		lists = 0;
	int			groups = 0;

	for (int g = 0; g < GROUPS; g++)
		lists += v->lists[g];
	add_counts(v, -1, total);
	judge_lists(v, total, lists, all);
	for (int g = 0; g < GROUPS; g++)
	{
		cs_poll(v->env);
		if (v->lists[g] == 0)
			continue;
		add_counts(v, g, part);
		for (int i = 0; i < v->items; i++)
			part[i] = total[i] - part[i];
		judge_lists(v, part, lists - v->lists[g], one);
		for (int m = 0; m < 3; m++)
			without[m][groups] = one[m];
		groups++;
	}
	for (int m = 0; m < 3; m++)
		out[m] = cs_interval_jackknife(all[m], without[m], groups, lists);
	cs_release(v->env, total);
	cs_release(v->env, part);
}

void
cs_evaluation_finish(cs_evaluation *v, uint64_t seed, cs_interval out[CS_METRICS])
{
	if (v->value)
		cs_interval_means(v->env, v->value, (size_t) v->customers, CS_METRICS_OF_CUSTOMERS, seed, out);
	else
		for (int m = 0; m < CS_METRICS_OF_CUSTOMERS; m++)
			out[m] = cs_interval_normal(&v->moments[m]);
	finish_lists(v, out + CS_METRIC_COVERAGE);
}

void
cs_evaluation_free(cs_evaluation *v)
{
	cs_release(v->env, v->count);
	cs_release(v->env, v->value);
	if (v->columns)
		cs_events_free(v->env, v->columns);
	cs_release(v->env, v->cache);
	cs_release(v->env, v);
}
