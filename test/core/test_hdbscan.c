/*
 * test_hdbscan.c - against the definition, measured anew at every step, and against
 * scikit-learn; the model, weights, equal rows, teams.
 */
#include "attempt.h"
#include "core/cluster/condensed.h"
#include "fits.h"

static cs_options *
options(cs_env *env, int min_cluster_size, int min_points, bool leaves)
{
	cs_options *o = options_with(env, cs_hdbscan.params, "min_cluster_size", min_cluster_size);

	o->value[cs_params_find(cs_hdbscan.params, "min_points")].number = min_points;
	o->value[cs_params_find(cs_hdbscan.params, "selection")].number = leaves;
	return o;
}

static cs_fit
fit_by(cs_env *env, const cs_matrix *x, int min_cluster_size, int min_points, bool leaves)
{
	cs_team		team = solo(env, cs_hdbscan.arena(x->n, x->d, 1));
	cs_fit		fit = {.algorithm = &cs_hdbscan};
	cs_fit_args args = {.x = x, .seed = 1, .options = options(env, min_cluster_size, min_points, leaves)};

	cs_hdbscan.fit(env, &team, &args, &fit);
	CHECK(team.used == 0 && fit.k > 0 && fit.d == x->d);
	return fit;
}

/* ---- the definition ---- */

#define MOST 160

typedef struct plain
{
	const cs_matrix *x;
	int			n;
	double		core[MOST];
	double		reach[MOST][MOST];
	double		least;
	int			min_size;
	bool		leaves;

	int			regions;
	int			parent[MOST];
	double		birth[MOST],
				stability[MOST],
				most[MOST],
				death[MOST];
	bool		chosen[MOST];
	int			of[MOST];
	double		lambda[MOST];
	int			label[MOST];
	double		outlier[MOST];
	int			k;
} plain;

static double
row_distance(const cs_matrix *x, int a, int b)
{
	double		sum = 0;

	for (int f = 0; f < x->d; f++)
	{
		double		v = (double) cs_matrix_at(x, (size_t) a)[f * CS_LANES] - (double) cs_matrix_at(x, (size_t) b)[f * CS_LANES];

		sum += v * v;
	}
	return sqrt(sum);
}

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return (x > y) - (x < y);
}

static double
to_lambda(const plain *p, double distance)
{
	return 1 / (distance > 0 ? distance : p->least);
}

/* The least distance at which the rows hang together. */
static double
bottleneck(const plain *p, const int *row, int m)
{
	double		best[MOST],
				most = 0;

	for (int i = 1; i < m; i++)
		best[i] = p->reach[row[0]][row[i]];
	for (int step = 1; step < m; step++)
	{
		int			next = -1;

		for (int i = 1; i < m; i++)
			if (best[i] >= 0 && (next < 0 || best[i] < best[next]))
				next = i;
		most = fmax(most, best[next]);
		best[next] = -1;
		for (int i = 1; i < m; i++)
			if (best[i] >= 0)
				best[i] = fmin(best[i], p->reach[row[next]][row[i]]);
	}
	return most;
}

/* Rows that hang together below a distance with the first that is left; they go to the front. */
static int
take_part(const plain *p, int *row, int m, double below)
{
	int			taken = 1;

	for (int at = 0; at < taken; at++)
		for (int i = taken; i < m; i++)
			if (p->reach[row[at]][row[i]] < below)
			{
				int			swap = row[taken];

				row[taken++] = row[i];
				row[i] = swap;
			}
	return taken;
}

static void
leave(plain *p, int row, int region, double lambda)
{
	p->of[row] = region;
	p->lambda[row] = lambda;
	p->stability[region] += lambda - p->birth[region];
	p->most[region] = fmax(p->most[region], lambda);
}

static void
break_up(plain *p, int *row, int m, int region)
{
	double		at,
				lambda;
	int			large = 0;

	if (m == 1)
	{
		leave(p, row[0], region, to_lambda(p, p->core[row[0]]));
		return;
	}
	at = bottleneck(p, row, m);
	lambda = to_lambda(p, at);
	for (int from = 0, size; from < m; from += size)
	{
		size = take_part(p, row + from, m - from, at);
		large += size >= p->min_size;
	}
	for (int from = 0, size; from < m; from += size)
	{
		int			next = region;

		size = take_part(p, row + from, m - from, at);
		if (size < p->min_size)
		{
			for (int i = 0; i < size; i++)
				leave(p, row[from + i], region, lambda);
			continue;
		}
		if (large > 1)
		{
			next = p->regions++;
			p->parent[next] = region;
			p->birth[next] = lambda;
			p->stability[region] += (lambda - p->birth[region]) * size;
			p->most[region] = fmax(p->most[region], lambda);
		}
		break_up(p, row + from, size, next);
	}
}

static double
choose(plain *p, int region)
{
	double		parts = 0;
	bool		any = false;

	for (int i = 1; i < p->regions; i++)
		if (p->parent[i] == region)
		{
			parts += choose(p, i);
			any = true;
		}
	p->death[region] = p->most[region];
	for (int i = 1; i < p->regions; i++)
		if (p->parent[i] == region)
			p->death[region] = fmax(p->death[region], p->death[i]);
	p->chosen[region] = region > 0 && (!any || (!p->leaves && p->stability[region] >= parts));
	return p->chosen[region] ? p->stability[region] : parts;
}

static void
plain_way(plain *p, const cs_matrix *x, int min_size, int min_points, bool leaves)
{
	int			row[MOST],
				number[MOST];

	memset(p, 0, sizeof(*p));
	p->x = x;
	p->n = (int) x->n;
	p->min_size = min_size;
	p->leaves = leaves;
	for (int i = 0; i < p->n; i++)
	{
		double		all[MOST];

		for (int j = 0; j < p->n; j++)
			all[j] = row_distance(x, i, j);
		qsort(all, (size_t) p->n, sizeof(double), ascending);
		p->core[i] = all[min_points - 1];
		row[i] = i;
		number[i] = -1;
	}
	p->least = INFINITY;
	for (int i = 0; i < p->n; i++)
		for (int j = 0; j < p->n; j++)
		{
			p->reach[i][j] = fmax(fmax(p->core[i], p->core[j]), row_distance(x, i, j));
			if (i != j && p->reach[i][j] > 0)
				p->least = fmin(p->least, p->reach[i][j] / 2);
		}
	p->regions = 1;
	break_up(p, row, p->n, 0);
	choose(p, 0);
	for (int i = 0; i < p->n; i++)
	{
		int			top = -1;

		for (int r = p->of[i]; r > 0; r = p->parent[r])
			if (p->chosen[r])
				top = r;
		if (top >= 0 && number[top] < 0)
			number[top] = p->k++;
		p->label[i] = top < 0 ? -1 : number[top];
		p->outlier[i] = 1 - p->lambda[i] / p->death[p->of[i]];
	}
}

static int
check_fit(cs_env *env, const cs_matrix *x, int min_size, int min_points, bool leaves)
{
	static plain p;
	cs_fit		fit;

	plain_way(&p, x, min_size, min_points, leaves);
	if (p.k == 0)
		return 0;
	fit = fit_by(env, x, min_size, min_points, leaves);
	CHECK(fit.k == p.k && fit.measure[1].value == p.regions);
	for (int i = 0; i < p.n; i++)
	{
		CHECK(fit.label[i] == p.label[i]);
		CHECK(fit.point[i] == (p.label[i] >= 0 ? CS_POINT_CORE : CS_POINT_NOISE));
		CHECK_NEAR(fit.outlier[i], p.outlier[i], 1e-5);
		CHECK_NEAR(fit.distance[i], 1 / (p.lambda[i] * p.lambda[i]), 1e-5 * (double) fit.distance[i]);
	}
	return p.k;
}

static void
test_against_definition(cs_env *env)
{
	int			found = 0;

	for (int n = 12; n <= 150; n += 46)
		for (int d = 1; d <= 7; d += 3)
			for (int seed = 0; seed < 3; seed++)
				for (int leaves = 0; leaves < 2; leaves++)
				{
					found += check_fit(env, cs_matrix_from_rows(env, draw_rows(env, (size_t) n, d, (uint64_t) (seed + n), draw_real), (size_t) n, d),
									   3 + seed, 1 + 2 * seed, leaves);
					found += check_fit(env, cs_matrix_from_rows(env, draw_groups(env, (size_t) n, d, 5, 3, (uint64_t) seed), (size_t) n, d),
									   4, 3, leaves);

					/* whole numbers: many equal distances, equal rows */
					found += check_fit(env, cs_matrix_from_rows(env, draw_rows(env, (size_t) n, d, (uint64_t) (seed + n), draw_whole), (size_t) n, d),
									   3, 2, leaves);
				}
	CHECK(found > 100);
}

/* ---- scikit-learn ---- */

/*
 * The last hundred flowers of iris in single precision: sklearn.cluster.HDBSCAN of
 * scikit-learn 1.9.1, clusters and noise.  With many equal distances, its noise depends
 * on the order of the rows; here, what leaves at the distance at which a region breaks
 * is no part of what comes after: a few rows more are noise, and no order matters.
 */
static void
test_scikit_iris(cs_env *env)
{
	static const struct
	{
		int			size,
					points,
					k,
					noise;
	}			sklearn[] = {
		{5, 5, 4, 51}, {8, 3, 2, 28}, {12, 4, 2, 39}, {6, 6, 3, 55},
	};
	cs_matrix  *iris = iris_matrix(env);
	uint32_t   *pick = CS_NEW(env, uint32_t, 100);

	for (size_t t = 0; t < sizeof(sklearn) / sizeof(sklearn[0]); t++)
	{
		cs_fit		fit[2];

		for (int order = 0; order < 2; order++)
		{
			int			noise = 0;

			for (uint32_t i = 0; i < 100; i++)
				pick[i] = order == 0 ? 50 + i : 50 + i * 37 % 100;
			fit[order] = fit_by(env, cs_matrix_select(env, iris, pick, 100), sklearn[t].size, sklearn[t].points, false);
			for (int i = 0; i < 100; i++)
				noise += fit[order].label[i] < 0;
			CHECK(fit[order].k == sklearn[t].k && noise >= sklearn[t].noise && noise <= sklearn[t].noise + 2);
		}
		for (int i = 0; i < 100; i++)
			CHECK(fit[1].outlier[i] == fit[0].outlier[i * 37 % 100] &&
				  (fit[1].label[i] < 0) == (fit[0].label[i * 37 % 100] < 0));
	}
}

/* ---- the model ---- */

/* Rows of the training go back where they were; new ones into the groups that they are near. */
static void
test_model(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 1000, 2, 5, 3, 3), 1000, 2);
	cs_fit		fit = fit_by(env, x, 20, 5, false);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	cs_near_block *near = cs_near_block_for(env, s);
	cs_run		run = cs_matrix_run(x, 0, NULL);
	float		row[2],
				far[2] = {1000, -1000};
	double		p[5];

	CHECK(fit.k == 5 && fit.measure[2].value > 0 && fit.measure[2].value < 1);
	s->algorithm->block(s, &run, near);
	for (size_t i = 0; i < 1000; i++)
	{
		cs_nearest	n;

		cs_matrix_row(x, i, row);
		n = cs_hdbscan.nearest(s, row, NULL);
		CHECK(n.label == fit.label[i] && cs_hdbscan.label(s, row, NULL) == n.label && near->raw.label[i] == n.label);
		cs_hdbscan.probability(s, row, NULL, p);
		for (int j = 0; j < 5; j++)
			CHECK((p[j] > 0) == (j == n.label) && p[j] <= 1);
		if (n.label < 0)
			CHECK(n.label2 >= 0 && isfinite(n.d2));
		else
			CHECK(cs_hdbscan.distance(s, row, n.label, NULL) == 0);
	}
	CHECK(cs_hdbscan.label(s, far, NULL) == -1);
	cs_hdbscan.probability(s, far, NULL, p);
	CHECK(p[0] + p[1] + p[2] + p[3] + p[4] == 0);
}

/* Whole weights are so many equal rows. */
static void
test_weights(cs_env *env)
{
	size_t		n = 300,
				m = 0;
	float	   *rows = draw_groups(env, n, 2, 4, 3, 8),
			   *more = CS_NEW(env, float, 3 * 2 * n);
	cs_matrix  *x = cs_matrix_from_rows(env, rows, n, 2);
	size_t	   *first = CS_NEW(env, size_t, n);
	cs_fit		a,
				b;

	add_weights(env, x);
	for (size_t i = 0; i < n; i++)
	{
		first[i] = m;
		for (int c = 0; c < (int) (i % 3 + 1); c++, m++)
		{
			more[2 * m] = rows[2 * i];
			more[2 * m + 1] = rows[2 * i + 1];
		}
	}
	a = fit_by(env, x, 25, 7, false);
	b = fit_by(env, cs_matrix_from_rows(env, more, m, 2), 25, 7, false);
	CHECK(a.k == b.k && a.k == 4);
	for (size_t i = 0; i < n; i++)
	{
		CHECK(a.label[i] == b.label[first[i]]);
		CHECK_NEAR(a.outlier[i], b.outlier[first[i]], 1e-5);
	}
}

/* Places with many equal rows are clusters when they are apart; a search among them ends. */
static void
test_equal_rows(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 4000, 3);
	cs_fit		fit;

	for (size_t i = 0; i < 4000; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 4);
	fit = fit_by(env, x, 10, 5, false);
	CHECK(fit.k == 4);
	for (size_t i = 0; i < 4000; i++)
		CHECK(fit.label[i] == (int) (i % 4) && fit.outlier[i] == 0);
}

/* ---- teams ---- */

typedef struct shared
{
	const cs_matrix *x;
	int32_t    *label;
	float	   *outlier;
	double		least[3];
} shared;

static void
fit_member(cs_env *env, cs_team *team, void *arg)
{
	shared	   *s = arg;
	cs_fit		fit = {.algorithm = &cs_hdbscan};
	cs_fit_args args = {.x = s->x, .seed = 1, .options = options(env, 15, 5, false)};

	cs_hdbscan.fit(env, team, &args, &fit);
	s->least[team->rank] = fit.measure[2].value;
	if (team->rank == 0)
	{
		memcpy(s->label, fit.label, sizeof(int32_t) * s->x->n);
		memcpy(s->outlier, fit.outlier, sizeof(float) * s->x->n);
	}
}

static void
test_teams(cs_env *env)
{
	size_t		n = CS_BLOCK_ROWS + 234;
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, n, 3, 20, 6, 11), n, 3);
	shared		one = {0};

	for (int size = 1; size <= 3; size++)
	{
		shared		s = {x, CS_NEW(env, int32_t, x->n), CS_NEW(env, float, x->n), {0}};

		run_team(env, size, cs_hdbscan.arena(x->n, x->d, 1), fit_member, &s);
		if (size == 1)
			one = s;
		CHECK(memcmp(one.label, s.label, sizeof(int32_t) * x->n) == 0);
		CHECK(memcmp(one.outlier, s.outlier, sizeof(float) * x->n) == 0);
		for (int r = 0; r < size; r++)
			CHECK(s.least[r] == one.least[0]);
	}
}

/* ---- errors ---- */

static void
all_noise(cs_env *env)
{
	fit_by(env, cs_matrix_new(env, 500, 2), 5, 5, false);
}

static void
too_many_points(cs_env *env)
{
	fit_by(env, iris_matrix(env), 5, 151, false);
}

static void
too_large_clusters(cs_env *env)
{
	fit_by(env, iris_matrix(env), 151, 0, false);
}

static void
one_row(cs_env *env)
{
	fit_by(env, cs_matrix_new(env, 1, 2), 2, 1, false);
}

static void
test_errors(cs_env *env)
{
	CHECK_FAILS(env, all_noise, CS_E_DATA, "all rows are noise");
	CHECK_FAILS(env, too_many_points, CS_E_PARAM, "min_points");
	CHECK_FAILS(env, too_large_clusters, CS_E_PARAM, "min_cluster_size");
	CHECK_FAILS(env, one_row, CS_E_DATA, "all rows are noise");
}

TESTS_NO_SWEEP(test_against_definition, test_scikit_iris, test_model, test_weights, test_equal_rows, test_teams, test_errors)
