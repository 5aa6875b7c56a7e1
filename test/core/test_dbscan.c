/*
 * test_dbscan.c - against scikit-learn and, under every metric, against the definition; the model, the curve
 * of distances, teams.
 */
#include "attempt.h"
#include "core/cluster/density.h"
#include "fits.h"

/* What is fitted and checked. */
static cs_metric tried = CS_METRIC_EUCLIDEAN;

static cs_fit
fit_in(cs_env *env, cs_team *team, const cs_matrix *x, double eps, int min_points)
{
	cs_fit		fit = {.algorithm = &cs_dbscan};
	cs_options *o = options_with(env, cs_dbscan.params, "min_points", min_points);
	cs_fit_args args = {.x = x, .seed = 1, .options = o};

	o->value[cs_params_find(cs_dbscan.params, "metric")].number = tried;
	if (eps != 0)
	{
		o->value[cs_params_find(cs_dbscan.params, "eps")].set = true;
		o->value[cs_params_find(cs_dbscan.params, "eps")].number = eps;
	}
	cs_dbscan.fit(env, team, &args, &fit);
	return fit;
}

static cs_fit
fit_eps(cs_env *env, const cs_matrix *x, double eps, int min_points)
{
	cs_team		team = solo(env, cs_dbscan.arena(x->n, x->d, 1));
	cs_fit		fit = fit_in(env, &team, x, eps, min_points);

	CHECK(team.used == 0 && fit.d == x->d && fit.k > 0);
	return fit;
}

/*
 * Iris in single precision: sklearn.cluster.DBSCAN of scikit-learn 1.9.1 (algorithm =
 * 'kd_tree'): clusters, noise, core rows and the core rows of the first four clusters;
 * and with sample_weight 1, 2, 3, 1, 2, 3 ...: clusters, noise, core rows.
 */
static void
test_scikit_iris(cs_env *env)
{
	static const struct
	{
		double		eps;
		int			min_points;
		int			k,
					noise,
					cores;
		int			size[4];
		int			weighted[3];
	}			sklearn[] = {
		{0.5, 5, 2, 17, 117, {45, 72}, {4, 10, 133}},
		{0.4, 4, 4, 26, 104, {43, 31, 29, 1}, {8, 16, 130}},
		{0.7, 10, 2, 8, 127, {48, 79}, {2, 5, 139}},
		{0.3, 3, 9, 69, 68, {35, 1, 3, 4}, {35, 33, 117}},
	};

	for (int t = 0; t < 4; t++)
	{
		cs_matrix  *x = iris_matrix(env);
		cs_fit		fit = fit_eps(env, x, sklearn[t].eps, sklearn[t].min_points);
		int			noise = 0,
					size[9] = {0};

		CHECK(fit.k == sklearn[t].k);
		CHECK(fit.measure[2].value == sklearn[t].cores);
		for (int i = 0; i < IRIS_N; i++)
		{
			noise += fit.label[i] < 0;
			if (fit.point[i] == CS_POINT_CORE)
				size[fit.label[i]]++;
		}
		CHECK(noise == sklearn[t].noise);
		for (int j = 0; j < 4; j++)
			CHECK(size[j] == sklearn[t].size[j]);
		add_weights(env, x);
		fit = fit_eps(env, x, sklearn[t].eps, sklearn[t].min_points);
		noise = 0;
		for (int i = 0; i < IRIS_N; i++)
			noise += fit.label[i] < 0;
		CHECK(fit.k == sklearn[t].weighted[0] && noise == sklearn[t].weighted[1] &&
			  fit.measure[2].value == sklearn[t].weighted[2]);
	}
}

/* ---- against the definition ---- */

static double
square_between(const cs_matrix *x, size_t a, size_t b)
{
	double		sum = 0;

	for (int f = 0; f < x->d; f++)
	{
		double		v = (double) cs_matrix_at(x, a)[f * CS_LANES] - (double) cs_matrix_at(x, b)[f * CS_LANES];

		sum += tried == CS_METRIC_MANHATTAN ? fabs(v) : v * v;
	}
	return tried == CS_METRIC_MANHATTAN ? sum * sum : sum;
}

/* What that may be within eps. */
static double
reach_of(double eps)
{
	return tried == CS_METRIC_COSINE ? 2 * eps : eps * eps;
}

/* Labels by looking at all pairs; returns the number of clusters. */
static int
plain_way(cs_env *env, const cs_matrix *x, double eps, double min_points, bool *core, int32_t *label, double *square)
{
	size_t	   *queue = CS_NEW(env, size_t, x->n);
	int			k = 0;

	for (size_t i = 0; i < x->n; i++)
	{
		double		sum = 0;

		for (size_t j = 0; j < x->n; j++)
			if (square_between(x, i, j) <= reach_of(eps))
				sum += (double) cs_matrix_weight(x, j);
		core[i] = sum >= min_points;
		label[i] = -1;
		square[i] = core[i] ? 0 : INFINITY;
	}
	for (size_t i = 0; i < x->n; i++)
	{
		size_t		left = 0;

		if (!core[i] || label[i] >= 0)
			continue;
		label[i] = k;
		queue[left++] = i;
		while (left > 0)
		{
			size_t		a = queue[--left];

			for (size_t j = 0; j < x->n; j++)
				if (core[j] && label[j] < 0 && square_between(x, a, j) <= reach_of(eps))
				{
					label[j] = k;
					queue[left++] = j;
				}
		}
		k++;
	}
	for (size_t i = 0; i < x->n; i++)
	{
		int32_t		best = -1;

		for (size_t j = 0; j < x->n && !core[i]; j++)
			if (core[j] && (square_between(x, i, j) < square[i] || (square_between(x, i, j) == square[i] && label[j] < best)))
			{
				square[i] = square_between(x, i, j);
				best = label[j];
			}
		if (!core[i] && square[i] <= reach_of(eps))
			label[i] = best;
	}
	cs_release(env, queue);
	return k;
}

static void
check_fit(cs_env *env, const cs_matrix *x, double eps, int min_points)
{
	bool	   *core = CS_NEW(env, bool, x->n);
	int32_t    *label = CS_NEW(env, int32_t, x->n);
	double	   *square = CS_NEW(env, double, x->n);
	int			k = plain_way(env, x, eps, min_points, core, label, square);
	cs_fit		fit;
	cs_scorer  *s;
	float	   *row = CS_NEW(env, float, (size_t) x->d);

	if (k == 0)
		return;
	fit = fit_eps(env, x, eps, min_points);
	s = cs_scorer_of_fit(env, &fit);
	CHECK(fit.k == k);
	for (size_t i = 0; i < x->n; i++)
	{
		cs_nearest	n;

		CHECK(fit.label[i] == label[i]);
		CHECK(fit.distance[i] == (float) cs_near_seen(tried, (double) (float) square[i]));
		CHECK(fit.point[i] == (core[i] ? CS_POINT_CORE : label[i] >= 0 ? CS_POINT_BORDER : CS_POINT_NOISE));
		CHECK((fit.outlier[i] > 0) == (label[i] < 0) && fit.outlier[i] < 1);

		/* the model puts the rows of the training where they are */
		cs_matrix_row(x, i, row);
		n = cs_dbscan.nearest(s, row, NULL);
		CHECK(n.label == label[i] && cs_dbscan.label(s, row, NULL) == label[i]);
		if (label[i] >= 0)
		{
			CHECK(n.d1 == cs_near_seen(tried, square[i]) && cs_dbscan.distance(s, row, label[i], NULL) == n.d1);
			CHECK((n.label2 >= 0) == (k > 1) && n.label2 != n.label && n.d2 >= n.d1);
		}
		else
			CHECK(isinf(n.d1) && n.d2 == cs_near_seen(tried, square[i]));
		if (n.label2 >= 0)
			CHECK(cs_dbscan.distance(s, row, n.label2, NULL) == n.d2);
	}
}

/* Whole numbers lie on each other and on the rim of eps. */
static void
test_against_definition(cs_env *env)
{
	for (int n = 1; n <= 400; n = n * 3 + 4)
		for (int d = 1; d <= 9; d += 4)
			for (int whole = 0; whole < 2; whole++)
				for (int t = 0; t < 3; t++)
				{
					cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, (size_t) n, d, (uint64_t) (n + d), whole ? draw_whole : draw_real),
														(size_t) n, d);
					double		eps = whole ? 1 + 2 * t * sqrt(d) : 0.02 * d * (t + 1) * (t + 1);

					if (t == 1)
						add_weights(env, x);
					check_fit(env, x, eps, t == 2 ? 1 : 4);
				}
	check_fit(env, cs_matrix_from_rows(env, draw_groups(env, 900, 3, 9, 2, 2), 900, 3), 1.2, 6);
}

/* Rows of length 1, as nearly as floats can. */
static float *
draw_directions(cs_env *env, size_t n, int d)
{
	float	   *v = draw_rows(env, n, d, n + 7, draw_real);

	for (size_t i = 0; i < n; i++)
	{
		double		sum = 0;

		for (int f = 0; f < d; f++)
			sum += (double) v[i * (size_t) d + (size_t) f] * (double) v[i * (size_t) d + (size_t) f];
		for (int f = 0; f < d; f++)
			v[i * (size_t) d + (size_t) f] /= (float) (sum > 0 ? sqrt(sum) : 1);
	}
	return v;
}

static void
test_metrics(cs_env *env)
{
	for (int n = 5; n <= 400; n = n * 3 + 4)
		for (int d = 1; d <= 9; d += 4)
		{
			tried = CS_METRIC_MANHATTAN;
			for (int t = 1; t <= 5; t++)
			{
				check_fit(env, cs_matrix_from_rows(env, draw_rows(env, (size_t) n, d, (uint64_t) n, draw_whole), (size_t) n, d),
						  t * (d + 3) / 4, 4);
				check_fit(env, cs_matrix_from_rows(env, draw_rows(env, (size_t) n, d, (uint64_t) n, draw_real), (size_t) n, d),
						  0.1 * d * t, 4);
			}
			tried = CS_METRIC_COSINE;
			for (int t = 1; t <= 5; t++)
				check_fit(env, cs_matrix_from_rows(env, draw_directions(env, (size_t) n, d), (size_t) n, d), 0.002 * d * t * t, 4);
		}
	tried = CS_METRIC_MANHATTAN;
	check_fit(env, cs_matrix_from_rows(env, draw_groups(env, 900, 3, 9, 2, 2), 900, 3), 1.8, 6);
	CHECK(fit_eps(env, cs_matrix_from_rows(env, draw_groups(env, 3000, 2, 5, 3, 6), 3000, 2), 0, 8).k == 5);
	tried = CS_METRIC_EUCLIDEAN;
}

/* Multiples of 0.1 are not quite that: what is at the rim is settled in double as everywhere. */
static void
test_rim(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 300, 2);

	for (size_t i = 0; i < 300; i++)
	{
		cs_matrix_at(x, i)[0] = (float) (i % 20) * 0.1f;
		cs_matrix_at(x, i)[CS_LANES] = (float) (i / 20) * 0.1f;
	}
	check_fit(env, x, 0.1, 4);
	check_fit(env, x, (double) 0.1f, 5);
	check_fit(env, x, 0.1 * sqrt(2), 9);
}

static void
test_equal_rows(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 5000, 3);
	cs_fit		fit;

	/* all the same: one cluster, whatever eps; the model keeps one row */
	fit = fit_eps(env, x, 1e-30, 5000);
	CHECK(fit.k == 1 && fit.measure[2].value == 5000 && ((cs_core_rows *) fit.extra)->n == 1);
	fit = fit_eps(env, x, 0, 5);
	CHECK(fit.k == 1 && fit.measure[0].value == 1 && fit.note != NULL);
	for (size_t i = 0; i < 5000; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 3);
	fit = fit_eps(env, x, 0.5, 5);
	CHECK(fit.k == 3 && ((cs_core_rows *) fit.extra)->n == 3);
	CHECK(fit_eps(env, x, 1e300, 5).k == 1);
	CHECK(fit_eps(env, cs_matrix_new(env, 1, 2), 0.1, 1).k == 1);
}

/* The bend of a curve: 90 near, 10 far; all equal; none apart. */
static void
test_curve(cs_env *env)
{
	double		distance[100];
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 3000, 2, 5, 3, 6), 3000, 2);
	cs_fit		fit = fit_eps(env, x, 0, 8);

	for (int i = 0; i < 100; i++)
		distance[i] = i < 90 ? 1 + i * 0.001 : 10 + i;
	CHECK(cs_curve_knee(distance, 100) == distance[89]);
	for (int i = 0; i < 100; i++)
		distance[i] = i < 95 ? 0 : 3;
	CHECK(cs_curve_knee(distance, 100) == 3);
	for (int i = 0; i < 100; i++)
		distance[i] = 2;
	CHECK(cs_curve_knee(distance, 100) == 2);
	CHECK(cs_curve_knee(distance, 1) == 2);

	/* five groups that are apart are found without being told how */
	CHECK(fit.note != NULL && fit.measure[0].value > 0);
	CHECK(fit.k == 5);
	check_fit(env, x, fit.measure[0].value, 8);
}

/* ---- teams ---- */

typedef struct shared
{
	const cs_matrix *x;
	int32_t    *label;
	float	   *outlier;
	int			k[3];
} shared;

static void
fit_member(cs_env *env, cs_team *team, void *arg)
{
	shared	   *s = arg;
	cs_fit		fit = fit_in(env, team, s->x, 0, 5);

	s->k[team->rank] = fit.k;
	if (team->rank == 0)
	{
		memcpy(s->label, fit.label, sizeof(int32_t) * s->x->n);
		memcpy(s->outlier, fit.outlier, sizeof(float) * s->x->n);
	}
}

static void
test_teams(cs_env *env)
{
	cs_matrix  *x = plain_rows(env);
	shared		one = {0};

	for (int size = 1; size <= 3; size++)
	{
		shared		s = {x, CS_NEW(env, int32_t, x->n), CS_NEW(env, float, x->n), {0}};

		run_team(env, size, cs_dbscan.arena(x->n, x->d, 1), fit_member, &s);
		if (size == 1)
			one = s;
		CHECK(memcmp(one.label, s.label, sizeof(int32_t) * x->n) == 0);
		CHECK(memcmp(one.outlier, s.outlier, sizeof(float) * x->n) == 0);
		for (int r = 0; r < size; r++)
			CHECK(s.k[r] == one.k[0]);
	}
	CHECK(one.k[0] > 1);
}

/* ---- errors ---- */

static void
all_noise(cs_env *env)
{
	fit_eps(env, iris_matrix(env), 1e-5, 5);
}

static void
too_many_points(cs_env *env)
{
	fit_eps(env, iris_matrix(env), 1, 151);
}

static void
eps_below(cs_env *env)
{
	fit_eps(env, iris_matrix(env), -1, 5);
}

static void
eps_nan(cs_env *env)
{
	fit_eps(env, iris_matrix(env), NAN, 5);
}

static void
eps_infinite(cs_env *env)
{
	fit_eps(env, iris_matrix(env), INFINITY, 5);
}

static void
too_many_clusters(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 10001, 1);

	for (size_t i = 0; i < 10001; i++)
		*cs_matrix_at(x, i) = (float) i;
	fit_eps(env, x, 0.5, 1);
}

static void
too_large(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 10, 1);

	*cs_matrix_at(x, 3) = 1e16f;
	fit_eps(env, x, 0.5, 1);
}

static void
test_errors(cs_env *env)
{
	CHECK_FAILS(env, all_noise, CS_E_DATA, "all rows are noise");
	CHECK_FAILS(env, too_many_points, CS_E_PARAM, "min_points");
	CHECK_FAILS(env, eps_below, CS_E_PARAM, "eps");
	CHECK_FAILS(env, eps_nan, CS_E_PARAM, "eps");
	CHECK_FAILS(env, eps_infinite, CS_E_PARAM, "eps");
	CHECK_FAILS(env, too_many_clusters, CS_E_LIMIT, "too many clusters");
	CHECK_FAILS(env, too_large, CS_E_NUMERIC, "too large");
}

TESTS_NO_SWEEP(test_scikit_iris, test_against_definition, test_metrics, test_rim, test_equal_rows, test_curve, test_teams, test_errors)
