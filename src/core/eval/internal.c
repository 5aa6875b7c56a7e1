/*
 * internal.c - measures of rows in double precision (see internal.h).
 */
#include "core/eval/internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* scikit-learn takes distances up to this for zero (numpy.isclose). */
#define NO_DISTANCE 1e-8

/* Rows between polls. */
#define POLL_ROWS 1024

bool
cs_label_census(const int32_t *label, size_t n, int k, size_t *count, size_t *rows)
{
	size_t		clusters = 0;

	*rows = 0;
	for (size_t i = 0; i < n; i++)
		if (cs_label_counts(label[i], k))
		{
			count[label[i]]++;
			(*rows)++;
		}
	for (int j = 0; j < k; j++)
		clusters += count[j] > 0;
	return clusters >= 2 && *rows > clusters;
}

typedef struct groups
{
	cs_env	   *env;
	size_t		n;
	size_t		d;
	int			k;
	cs_row_fn	row;
	void	   *arg;
	const int32_t *label;
	size_t		rows;			/* that count */
	size_t	   *count;			/* rows of each cluster */
	double	   *mean;			/* k x d */
	double	   *v;				/* room for a row */
	size_t		reads;			/* rows asked for so far */
} groups;

/* Next row that counts at or behind i, read into g->v; n when there is none. */
static size_t
next_row(groups *g, size_t i)
{
	while (i < g->n && !cs_label_counts(g->label[i], g->k))
		i++;
	if (i < g->n)
		g->row(g->arg, i, g->v);
	if (++g->reads % POLL_ROWS == 0)
		cs_poll(g->env);
	return i;
}

/*
 * Means as offsets from the first row of each cluster: values far from zero keep
 * their digits, and equal rows have exactly their own value as mean.
 */
static void
group_means(groups *g)
{
	size_t		kd = (size_t) g->k * g->d;
	double	   *first = CS_NEW(g->env, double, kd);
	bool	   *seen = CS_NEW(g->env, bool, (size_t) g->k);

	for (size_t i = next_row(g, 0); i < g->n; i = next_row(g, i + 1))
	{
		size_t		at = (size_t) g->label[i] * g->d;

		if (!seen[g->label[i]])
			memcpy(first + at, g->v, sizeof(double) * g->d);
		seen[g->label[i]] = true;
		for (size_t f = 0; f < g->d; f++)
			g->mean[at + f] += g->v[f] - first[at + f];
	}
	for (size_t i = 0; i < kd; i++)
		if (g->count[i / g->d] > 0)
			g->mean[i] = first[i] + g->mean[i] / (double) g->count[i / g->d];
	cs_release(g->env, first);
	cs_release(g->env, seen);
}

/* False when there is nothing to measure. */
static bool
groups_init(groups *g)
{
	g->count = CS_NEW(g->env, size_t, (size_t) g->k);
	g->mean = CS_NEW(g->env, double, (size_t) g->k * g->d);
	g->v = CS_NEW(g->env, double, g->d);
	if (!cs_label_census(g->label, g->n, g->k, g->count, &g->rows))
		return false;
	group_means(g);
	return true;
}

static void
groups_free(groups *g)
{
	cs_release(g->env, g->count);
	cs_release(g->env, g->mean);
	cs_release(g->env, g->v);
}

static double
square_between(const double *a, const double *b, size_t d)
{
	double		s = 0;

	for (size_t f = 0; f < d; f++)
		s += (a[f] - b[f]) * (a[f] - b[f]);
	return s;
}

/* Mean distance of the rows of each cluster to its mean. */
static double *
widths(groups *g)
{
	double	   *width = CS_NEW(g->env, double, (size_t) g->k);

	for (size_t i = next_row(g, 0); i < g->n; i = next_row(g, i + 1))
		width[g->label[i]] += sqrt(square_between(g->v, g->mean + (size_t) g->label[i] * g->d, g->d));
	for (int j = 0; j < g->k; j++)
		if (g->count[j] > 0)
			width[j] /= (double) g->count[j];
	return width;
}

/* Mean over the clusters of the worst (width + width) / distance. */
static double
worst_neighbours(groups *g, const double *width)
{
	double		sum = 0,
				widest = 0,
				farthest = 0;
	int			clusters = 0;

	for (int i = 0; i < g->k; i++)
	{
		double		worst = 0;

		for (int j = 0; g->count[i] > 0 && j < g->k; j++)
		{
			double		apart = sqrt(square_between(g->mean + (size_t) i * g->d, g->mean + (size_t) j * g->d, g->d));

			if (j == i || g->count[j] == 0)
				continue;
			farthest = fmax(farthest, apart);

			/* means in one place have no ratio */
			if (apart > 0)
				worst = fmax(worst, (width[i] + width[j]) / apart);
		}
		sum += worst;
		widest = fmax(widest, width[i]);
		clusters += g->count[i] > 0;
		cs_poll(g->env);
	}
	return widest <= NO_DISTANCE || farthest <= NO_DISTANCE ? 0 : sum / clusters;
}

double
cs_davies_bouldin(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	groups		g = {.env = env, .n = n, .d = (size_t) d, .k = k, .row = row, .arg = arg, .label = label};
	double		result = NAN;

	if (groups_init(&g))
	{
		double	   *width = widths(&g);

		result = worst_neighbours(&g, width);
		cs_release(env, width);
	}
	groups_free(&g);
	return result;
}

/* Squared distances of the means to the mean of all, rows times. */
static double
dispersion_between(groups *g)
{
	double	   *all = CS_NEW(g->env, double, g->d),
				sum = 0;
	const double *zero = NULL;

	for (int j = 0; j < g->k; j++)
	{
		const double *m = g->mean + (size_t) j * g->d;

		if (g->count[j] > 0 && zero == NULL)
			zero = m;
		for (size_t f = 0; g->count[j] > 0 && f < g->d; f++)
			all[f] += (m[f] - zero[f]) * ((double) g->count[j] / (double) g->rows);
	}
	for (size_t f = 0; f < g->d; f++)
		all[f] += zero[f];
	for (int j = 0; j < g->k; j++)
		if (g->count[j] > 0)
			sum += (double) g->count[j] * square_between(g->mean + (size_t) j * g->d, all, g->d);
	cs_release(g->env, all);
	return sum;
}

double
cs_calinski_harabasz(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	groups		g = {.env = env, .n = n, .d = (size_t) d, .k = k, .row = row, .arg = arg, .label = label};
	double		result = NAN;

	if (groups_init(&g))
	{
		double		within = 0,
					clusters = 0;

		for (size_t i = next_row(&g, 0); i < n; i = next_row(&g, i + 1))
			within += square_between(g.v, g.mean + (size_t) label[i] * g.d, g.d);
		for (int j = 0; j < k; j++)
			clusters += g.count[j] > 0;
		result = within == 0 ? 1
			: dispersion_between(&g) * ((double) g.rows - clusters) / (within * (clusters - 1));
	}
	groups_free(&g);
	return result;
}

/* ---- silhouettes ---- */

/* Distances of the row just read to the mean of its own cluster, and to the nearest other one. */
static void
own_and_next(const groups *g, int own, double *a, double *b)
{
	double		next = INFINITY;

	for (int j = 0; j < g->k; j++)
		if (j != own && g->count[j] > 0)
			next = fmin(next, square_between(g->v, g->mean + (size_t) j * g->d, g->d));
	*a = sqrt(square_between(g->v, g->mean + (size_t) own * g->d, g->d));
	*b = sqrt(next);
	if ((size_t) g->k * g->d > POLL_ROWS)
		cs_poll(g->env);
}

double
cs_simplified_silhouette_rows(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	groups		g = {.env = env, .n = n, .d = (size_t) d, .k = k, .row = row, .arg = arg, .label = label};
	double		result = NAN;

	if (groups_init(&g))
	{
		double		sum = 0,
					a,
					b;

		for (size_t i = next_row(&g, 0); i < n; i = next_row(&g, i + 1))
		{
			own_and_next(&g, label[i], &a, &b);
			sum += cs_silhouette_score(a, b);
		}
		result = sum / (double) g.rows;
	}
	groups_free(&g);
	return result;
}

static double
norm(const double *v, size_t d)
{
	double		s = 0;

	for (size_t f = 0; f < d; f++)
		s += v[f] * v[f];
	return sqrt(s);
}

/*
 * A mean distance to a cluster is no less than the distance to its mean, so the
 * larger of the two mean distances is at least max(a, b).
 */
double
cs_silhouette_blur(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	groups		g = {.env = env, .n = n, .d = (size_t) d, .k = k, .row = row, .arg = arg, .label = label};
	double		blur = 0,
				far = 0,
				a,
				b;

	if (groups_init(&g))
	{
		for (size_t i = next_row(&g, 0); i < n; i = next_row(&g, i + 1))
			far += norm(g.v, g.d) / (double) g.rows;
		for (size_t i = next_row(&g, 0); i < n; i = next_row(&g, i + 1))
		{
			double		rounding = (far + norm(g.v, g.d)) * (double) (FLT_EPSILON / 2);

			own_and_next(&g, label[i], &a, &b);
			a = fmax(a, b);
			blur += rounding < a ? rounding / a : rounding > 0;
		}
		blur /= (double) g.rows;
	}
	groups_free(&g);
	return blur;
}

/* Sums of distances of row i to all clusters. */
static void
sums_of_row(cs_env *env, const double *x, size_t n, size_t d, size_t i, const int32_t *label, int k, double *sum)
{
	memset(sum, 0, sizeof(double) * (size_t) k);
	for (size_t j = 0; j < n; j++)
	{
		if (cs_label_counts(label[j], k))
			sum[label[j]] += sqrt(square_between(x + i * d, x + j * d, d));
		if (j % POLL_ROWS == 0)
			cs_poll(env);
	}
}

double
cs_silhouette_doubles(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k)
{
	size_t	   *count = CS_NEW(env, size_t, (size_t) k),
				rows;
	double	   *sum = CS_ROOM(env, double, (size_t) k),
				total = 0;
	bool		meant = cs_label_census(label, n, k, count, &rows);

	for (size_t i = 0; i < n && meant; i++)
	{
		int			own = label[i];
		double		next = INFINITY;

		if (!cs_label_counts(own, k) || count[own] == 1)
			continue;
		sums_of_row(env, x, n, (size_t) d, i, label, k, sum);
		for (int j = 0; j < k; j++)
			if (j != own && count[j] > 0)
				next = fmin(next, sum[j] / (double) count[j]);
		total += cs_silhouette_score(sum[own] / (double) (count[own] - 1), next);
	}
	cs_release(env, count);
	cs_release(env, sum);
	return meant ? total / (double) rows : NAN;
}
