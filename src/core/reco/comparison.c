/*
 * comparison.c - paired metrics of several methods (see comparison.h).
 *
 * For each class of items a table of customers (history, segment, where their test
 * items sell) and per method a table of as many rows with the metrics and where
 * the listed items sell.  A group is a choice of rows.
 */
#include "core/reco/comparison.h"

#include <math.h>
#include <string.h>

#define GROUPS CS_JACKKNIFE_GROUPS

/* Shares of a list or test: items that sell much, middling; the rest sells little. */
#define BANDS 2
#define MUCH 0
#define MIDDLING 1
#define LITTLE 2

/* Columns of the tables of customers and of methods. */
enum
{
	OF_HISTORY,
	OF_SEGMENT,
	OF_TEST_BANDS,
	CUSTOMER_COLUMNS = OF_TEST_BANDS + BANDS,
	OF_LIST_BANDS = CS_METRICS_OF_CUSTOMERS,
	METHOD_COLUMNS = OF_LIST_BANDS + BANDS
};

typedef struct table
{
	size_t		n;
	size_t		room;
	double	   *v;				/* rows x columns */
} table;

typedef struct method
{
	table		rows[CS_ITEM_CLASSES];
} method;

struct cs_comparison
{
	cs_env	   *env;
	table		customers[CS_ITEM_CLASSES];
	method	   *method;
	int			methods;
	int			room;

	/* of the method under way */
	int			items;
	uint8_t    *band;			/* per item */
	bool	   *cold;
	int32_t    *part;			/* test items of a class */
	int			part_room;
};

cs_comparison *
cs_comparison_new(cs_env *env)
{
	cs_comparison *c = CS_NEW(env, cs_comparison, 1);

	c->env = env;
	return c;
}

int
cs_comparison_methods(const cs_comparison *c)
{
	return c->methods;
}

size_t
cs_comparison_customers(const cs_comparison *c)
{
	return c->methods > 0 ? c->method[c->methods - 1].rows[CS_ITEMS_ALL].n : 0;
}

/* A new row at the end. */
static double *
append(cs_env *env, table *t, size_t columns)
{
	if (t->n == t->room)
	{
		t->room = t->room ? 2 * t->room : 64;
		t->v = cs_alloc_grown(env, t->v, t->n * columns, t->room * columns, sizeof(double));
	}
	return t->v + columns * t->n++;
}

/* ---- where items sell ---- */

/*
 * Items by their number of customers, from a histogram: those of the same number
 * are in the same band, that in which the first of them begins.
 */
static void
find_bands(cs_comparison *c, const int *customers)
{
	int			most = 0;
	double	   *entries,
				all = 0,
				above = 0;

	for (int i = 0; i < c->items; i++)
	{
		most = customers[i] > most ? customers[i] : most;
		all += customers[i];
	}
	entries = CS_NEW(c->env, double, (size_t) most + 1);
	for (int i = 0; i < c->items; i++)
		entries[customers[i]] += customers[i];
	for (int n = most; n >= 0; n--)
	{
		double		begins = above;

		above += entries[n];
		entries[n] = n == 0 ? LITTLE : begins < all / 5 ? MUCH : begins < all * 4 / 5 ? MIDDLING : LITTLE;
	}
	for (int i = 0; i < c->items; i++)
	{
		c->band[i] = (uint8_t) entries[customers[i]];
		c->cold[i] = customers[i] == 0;
	}
	cs_release(c->env, entries);
}

void
cs_comparison_method(cs_comparison *c, int items, const int *customers)
{
	if (c->methods == c->room)
	{
		int			room = c->room ? 2 * c->room : 8;
		method	   *more = CS_NEW(c->env, method, (size_t) room);

		if (c->methods > 0)
			memcpy(more, c->method, sizeof(method) * (size_t) c->methods);
		cs_release(c->env, c->method);
		c->method = more;
		c->room = room;
	}
	c->methods++;
	cs_release(c->env, c->band);
	cs_release(c->env, c->cold);
	c->items = items;
	c->band = CS_ROOM(c->env, uint8_t, (size_t) items + 1);
	c->cold = CS_ROOM(c->env, bool, (size_t) items + 1);
	find_bands(c, customers);
}

/* Shares of items by how they sell; NaN for none. */
static void
shares(const cs_comparison *c, const int32_t *item, int n, double *share)
{
	int			count[BANDS + 1] = {0};

	for (int i = 0; i < n; i++)
		count[item[i] < c->items ? c->band[item[i]] : LITTLE]++;
	for (int b = 0; b < BANDS; b++)
		share[b] = n > 0 ? (double) count[b] / n : NAN;
}

/* ---- customers ---- */

/* The test items of a class; returns how many. */
static int
class_items(cs_comparison *c, cs_item_class class, const cs_test_customer *t)
{
	int			n = 0;

	for (int i = 0; i < t->tests; i++)
	{
		bool		cold = t->test[i] >= c->items || c->cold[t->test[i]];

		if (class == CS_ITEMS_COLD ? cold : t->seen[i] == (class == CS_ITEMS_REPEAT))
			c->part[n++] = t->test[i];
	}
	return n;
}

static void
add_row(cs_comparison *c, cs_item_class class, const double *value, const int32_t *list, int n,
		const cs_test_customer *t, const int32_t *test, int tests)
{
	table	   *rows = &c->method[c->methods - 1].rows[class];
	double	   *row = append(c->env, rows, METHOD_COLUMNS);

	memcpy(row, value, sizeof(double) * CS_METRICS_OF_CUSTOMERS);
	shares(c, list, n, row + OF_LIST_BANDS);
	if (rows->n <= c->customers[class].n)
		return;
	row = append(c->env, &c->customers[class], CUSTOMER_COLUMNS);
	row[OF_HISTORY] = t->history;
	row[OF_SEGMENT] = t->segment;
	shares(c, test, tests, row + OF_TEST_BANDS);
}

void
cs_comparison_add(cs_comparison *c, const cs_evaluation *v, const int32_t *list, int n, int k, const cs_test_customer *t)
{
	double		value[CS_METRICS_OF_CUSTOMERS];

	n = n < k ? n : k;
	memcpy(value, cs_evaluation_last(v), sizeof(value));
	add_row(c, CS_ITEMS_ALL, value, list, n, t, t->test, t->tests);
	if (t->tests > c->part_room)
	{
		cs_release(c->env, c->part);
		c->part_room = 2 * t->tests;
		c->part = CS_ROOM(c->env, int32_t, (size_t) c->part_room);
	}
	for (cs_item_class class = CS_ITEMS_REPEAT; class < CS_ITEM_CLASSES; class++)
	{
		int			tests = class_items(c, class, t);

		if (tests == 0)
			continue;
		cs_metrics_of_hits(list, n, c->part, tests, k, value);
		add_row(c, class, value, list, n, t, c->part, tests);
	}
}

/* ---- groups ---- */

static bool
in_group(const cs_group *g, const double *row)
{
	return row[OF_HISTORY] >= g->from && row[OF_HISTORY] <= g->to && (g->segment < 0 || row[OF_SEGMENT] == g->segment);
}

size_t
cs_comparison_size(const cs_comparison *c, const cs_group *g)
{
	const table *t = &c->customers[g->class];
	size_t		n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += in_group(g, t->v + i * CUSTOMER_COLUMNS);
	return n;
}

/* The metrics of the group's customers: [n][methods][CS_METRICS_OF_CUSTOMERS]. */
static double *
gather(const cs_comparison *c, const cs_group *g, size_t n)
{
	const table *t = &c->customers[g->class];
	double	   *value = CS_ROOM(c->env, double, n * (size_t) c->methods * CS_METRICS_OF_CUSTOMERS),
			   *to = value;

	for (size_t i = 0; i < t->n; i++)
		for (int m = 0; in_group(g, t->v + i * CUSTOMER_COLUMNS) && m < c->methods; m++)
		{
			memcpy(to, c->method[m].rows[g->class].v + i * METHOD_COLUMNS, sizeof(double) * CS_METRICS_OF_CUSTOMERS);
			to += CS_METRICS_OF_CUSTOMERS;
		}
	return value;
}

/* Without an interval. */
static cs_interval
difference(const cs_interval *a, const cs_interval *b)
{
	return (cs_interval) {a->value - b->value, NAN, NAN, a->n < b->n ? a->n : b->n};
}

/* Intervals of differences to one method, by the resamples that all columns share. */
static void
resampled_differences(const cs_comparison *c, const double *means, int than, size_t metric, cs_compared *out,
					  cs_view view, double *scratch)
{
	const size_t row = CS_METRICS_OF_CUSTOMERS * (size_t) CS_BOOTSTRAP_RESAMPLES;
	const double *b = means + (size_t) than * row + metric * CS_BOOTSTRAP_RESAMPLES;

	for (int m = 0; m < c->methods; m++)
	{
		const double *a = means + (size_t) m * row + metric * CS_BOOTSTRAP_RESAMPLES;

		for (size_t i = 0; i < CS_BOOTSTRAP_RESAMPLES; i++)
			scratch[i] = a[i] - b[i];
		cs_interval_percentiles(scratch, &out[(size_t) m * CS_COMPARED_METRICS + metric].as[view]);
	}
}

static void
bootstrap(const cs_comparison *c, const double *value, size_t n, uint64_t seed, int baseline, int best, cs_compared *out)
{
	double	   *means = cs_interval_resamples(c->env, value, n, c->methods * CS_METRICS_OF_CUSTOMERS, seed),
			   *scratch = CS_ROOM(c->env, double, CS_BOOTSTRAP_RESAMPLES);

	for (size_t metric = 0; metric < CS_METRICS_OF_CUSTOMERS; metric++)
	{
		cs_poll(c->env);
		resampled_differences(c, means, baseline, metric, out, CS_TO_BASELINE, scratch);
		resampled_differences(c, means, best, metric, out, CS_TO_BEST, scratch);
		for (size_t m = 0; m < (size_t) c->methods; m++)
			cs_interval_percentiles(means + (m * CS_METRICS_OF_CUSTOMERS + metric) * CS_BOOTSTRAP_RESAMPLES,
									&out[m * CS_COMPARED_METRICS + metric].as[CS_OWN]);
	}
	cs_release(c->env, means);
	cs_release(c->env, scratch);
}

/* Mean over the rows of column a less that of column b, or of a alone; the normal interval. */
static cs_interval
normal(const double *value, size_t n, size_t width, size_t a, const size_t *b)
{
	cs_moments	m = {0, 0, 0};

	for (size_t i = 0; i < n; i++)
		cs_moments_add(&m, value[i * width + a] - (b ? value[i * width + *b] : 0));
	return cs_interval_normal(&m);
}

static void
by_moments(const cs_comparison *c, const double *value, size_t n, int than, cs_compared *out, cs_view view)
{
	size_t		width = (size_t) c->methods * CS_METRICS_OF_CUSTOMERS;

	for (size_t m = 0; m < (size_t) c->methods; m++)
		for (size_t metric = 0; metric < CS_METRICS_OF_CUSTOMERS; metric++)
		{
			size_t		b = (size_t) than * CS_METRICS_OF_CUSTOMERS + metric;

			cs_poll(c->env);
			out[m * CS_COMPARED_METRICS + metric].as[view] =
				normal(value, n, width, m * CS_METRICS_OF_CUSTOMERS + metric, than < 0 ? NULL : &b);
		}
}

static int
best_method(const cs_comparison *c, int metric, const cs_compared *out)
{
	int			best = 0;

	for (int m = 1; m < c->methods; m++)
		if (out[m * CS_COMPARED_METRICS + metric].as[CS_OWN].value > out[best * CS_COMPARED_METRICS + metric].as[CS_OWN].value)
			best = m;
	return best;
}

/* ---- calibration ---- */

/* Sums of shares, of a jackknife group each. */
typedef struct bands
{
	double		list[BANDS];
	double		test[BANDS];
	double		n;
} bands;

/* 1 - Jensen-Shannon divergence of two distributions whose last share is what is left. */
static double
agreement(const bands *b)
{
	double		p[BANDS + 1] = {[LITTLE] = 1},
				q[BANDS + 1] = {[LITTLE] = 1},
				divergence = 0;

	if (b->n < 1)
		return NAN;
	for (int i = 0; i < BANDS; i++)
	{
		p[i] = b->test[i] / b->n;
		q[i] = b->list[i] / b->n;
		p[LITTLE] -= p[i];
		q[LITTLE] -= q[i];
	}
	for (int i = 0; i <= BANDS; i++)
	{
		double		m = (p[i] + q[i]) / 2;

		divergence += p[i] > 0 ? p[i] / 2 * log2(p[i] / m) : 0;
		divergence += q[i] > 0 ? q[i] / 2 * log2(q[i] / m) : 0;
	}
	return 1 - fmin(fmax(divergence, 0), 1);
}

static void
add_bands(bands *to, const bands *b, double sign)
{
	for (int i = 0; i < BANDS; i++)
	{
		to->list[i] += sign * b->list[i];
		to->test[i] += sign * b->test[i];
	}
	to->n += sign * b->n;
}

/* Of a method's lists in a group; customers without a list do not count. */
static cs_interval
calibration(const cs_comparison *c, const cs_group *g, const method *m)
{
	const table *t = &c->customers[g->class];
	bands		part[GROUPS] = {0},
				all = {0};
	double		without[GROUPS];
	size_t		nth = 0;
	int			groups = 0;

	for (size_t i = 0; i < t->n; i++)
	{
		const double *customer = t->v + i * CUSTOMER_COLUMNS,
				   *row = m->rows[g->class].v + i * METHOD_COLUMNS;
		bands		one = {.n = 1};

		if (!in_group(g, customer) || isnan(row[OF_LIST_BANDS]))
			continue;
		memcpy(one.list, row + OF_LIST_BANDS, sizeof(one.list));
		memcpy(one.test, customer + OF_TEST_BANDS, sizeof(one.test));
		add_bands(&part[nth++ % GROUPS], &one, 1);
	}
	for (int j = 0; j < GROUPS; j++)
		add_bands(&all, &part[j], 1);
	for (int j = 0; j < GROUPS && nth > 1; j++)
		if (part[j].n > 0)
		{
			bands		rest = all;

			add_bands(&rest, &part[j], -1);
			without[groups++] = agreement(&rest);
		}
	return cs_interval_jackknife(agreement(&all), without, groups, (int64_t) nth);
}

int
cs_comparison_group(const cs_comparison *c, const cs_group *g, int baseline, int metric, uint64_t seed, cs_compared *out)
{
	size_t		n = cs_comparison_size(c, g);
	double	   *value;
	int			best;

	if (n == 0)
		return -1;
	value = gather(c, g, n);
	by_moments(c, value, n, -1, out, CS_OWN);
	best = best_method(c, metric, out);
	by_moments(c, value, n, baseline, out, CS_TO_BASELINE);
	by_moments(c, value, n, best, out, CS_TO_BEST);
	if (n > 1 && n <= CS_BOOTSTRAP_MOST)
		bootstrap(c, value, n, seed, baseline, best, out);
	cs_release(c->env, value);
	for (int m = 0; m < c->methods; m++)
		out[m * CS_COMPARED_METRICS + CS_COMPARED_CALIBRATION].as[CS_OWN] = calibration(c, g, &c->method[m]);
	for (int m = 0; m < c->methods; m++)
	{
		cs_compared *o = &out[m * CS_COMPARED_METRICS + CS_COMPARED_CALIBRATION];

		o->as[CS_TO_BASELINE] = difference(&o->as[CS_OWN], &out[baseline * CS_COMPARED_METRICS + CS_COMPARED_CALIBRATION].as[CS_OWN]);
		o->as[CS_TO_BEST] = difference(&o->as[CS_OWN], &out[best * CS_COMPARED_METRICS + CS_COMPARED_CALIBRATION].as[CS_OWN]);
	}
	return best;
}
