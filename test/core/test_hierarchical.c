/*
 * test_hierarchical.c - trees of merges against SciPy and against the definition,
 * cuts, two stages, the model.
 */
#include "attempt.h"
#include "core/cluster/linkage.h"
#include "fits.h"

static cs_merge *
tree_of(cs_env *env, const cs_matrix *x, cs_linkage_method method)
{
	cs_merge   *m = CS_NEW(env, cs_merge, x->n);

	cs_linkage(env, x, method, m);
	return m;
}

/*
 * Iris in single precision: scipy.cluster.hierarchy.linkage of SciPy 1.17.1, sum of
 * all heights and the last three; sizes of three clusters by fcluster(maxclust),
 * ascending.
 */
static void
test_scipy_iris(cs_env *env)
{
	static const struct
	{
		double		sum;
		double		last[3];
		int			size[3];
	}			scipy[CS_LINK_METHODS] = {
		{43.5237798931838, {0.734846936, 0.818535225, 1.64012189}, {2, 50, 98}},
		{87.53599522382017, {3.21091853, 4.02492236, 7.0851957}, {28, 50, 72}},
		{65.21664730711584, {1.78556648, 1.96361406, 4.06268266}, {36, 50, 64}},
		{67.84837083423514, {1.49036131, 2.62979454, 4.54615449}, {35, 50, 65}},
		{138.16224096241402, {6.39940703, 12.3003959, 32.4476068}, {36, 50, 64}},
		{60.16784625232251, {1.69855167, 1.81024312, 3.97400401}, {36, 50, 64}},
		{62.59910338905704, {1.58241534, 2.87597802, 4.28535833}, {13, 50, 87}},
	};
	cs_matrix  *x = iris_matrix(env);

	for (int method = 0; method < CS_LINK_METHODS; method++)
	{
		cs_merge   *m = tree_of(env, x, (cs_linkage_method) method);
		double		sum = 0;
		int32_t    *label = CS_NEW(env, int32_t, IRIS_N);
		int			size[3] = {0};

		for (int i = 0; i < IRIS_N - 1; i++)
			sum += m[i].height;

		/* which of equally close flowers join first may change the heights of these two */
		CHECK_NEAR(sum, scipy[method].sum, method == CS_LINK_MEDIAN || method == CS_LINK_WEIGHTED ? 0.5 : 1e-6 * sum);
		if (method == CS_LINK_MEDIAN || method == CS_LINK_WEIGHTED)
			continue;
		for (int i = 0; i < 3; i++)
			CHECK_NEAR(m[IRIS_N - 4 + i].height, scipy[method].last[i], 1e-6 * scipy[method].last[i]);
		CHECK(m[IRIS_N - 2].size == IRIS_N);
		cs_linkage_cut(env, m, IRIS_N, 3, label);
		for (int i = 0; i < IRIS_N; i++)
			size[label[i]]++;
		qsort(size, 3, sizeof(int), descending);
		for (int i = 0; i < 3; i++)
			CHECK(size[i] == scipy[method].size[2 - i]);
	}
}

/* ---- against the definition ---- */

/* One cluster of the plain way: which rows, and its point (median). */
typedef struct plain
{
	bool		has[64];
	double		weight;
	double		point[4];
	int			number;
	int			half[2];		/* slots that it was made of, for weighted; -1: a row */
} plain;

static double
row_distance(const cs_matrix *x, size_t a, size_t b)
{
	double		s = 0;

	for (int f = 0; f < x->d; f++)
		s += pow((double) cs_matrix_at(x, a)[f * CS_LANES] - (double) cs_matrix_at(x, b)[f * CS_LANES], 2);
	return sqrt(s);
}

static void
mean_of(const cs_matrix *x, const plain *p, double *mean)
{
	for (int f = 0; f < x->d; f++)
	{
		mean[f] = 0;
		for (size_t i = 0; i < x->n; i++)
			if (p->has[i])
				mean[f] += (double) cs_matrix_weight(x, i) * (double) cs_matrix_at(x, i)[f * CS_LANES];
		mean[f] /= p->weight;
	}
}

static double
point_distance(const double *a, const double *b, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += (a[f] - b[f]) * (a[f] - b[f]);
	return sqrt(s);
}

/* How close two clusters are, by what linkage.h says, from the rows. */
static double
defined(const cs_matrix *x, const plain *c, int a, int b, cs_linkage_method method)
{
	double		least = INFINITY,
				most = 0,
				sum = 0,
				ma[4],
				mb[4];

	if (method == CS_LINK_WEIGHTED)
	{
		if (c[a].half[0] >= 0)
			return (defined(x, c, c[a].half[0], b, method) + defined(x, c, c[a].half[1], b, method)) / 2;
		if (c[b].half[0] >= 0)
			return (defined(x, c, a, c[b].half[0], method) + defined(x, c, a, c[b].half[1], method)) / 2;
	}
	for (size_t i = 0; i < x->n; i++)
		for (size_t j = 0; j < x->n; j++)
			if (c[a].has[i] && c[b].has[j])
			{
				double		d = row_distance(x, i, j);

				least = fmin(least, d);
				most = fmax(most, d);
				sum += d * (double) cs_matrix_weight(x, i) * (double) cs_matrix_weight(x, j);
			}
	mean_of(x, &c[a], ma);
	mean_of(x, &c[b], mb);
	switch (method)
	{
		case CS_LINK_COMPLETE:
			return most;
		case CS_LINK_AVERAGE:
			return sum / (c[a].weight * c[b].weight);
		case CS_LINK_WARD:
			return sqrt(2 * c[a].weight * c[b].weight / (c[a].weight + c[b].weight)) * point_distance(ma, mb, x->d);
		case CS_LINK_CENTROID:
			return point_distance(ma, mb, x->d);
		case CS_LINK_MEDIAN:
			return point_distance(c[a].point, c[b].point, x->d);
		default:
			return least;
	}
}

/* Joins the closest pair again and again, everything measured anew. */
static void
plain_way(const cs_matrix *x, cs_linkage_method method, cs_merge *out)
{
	static plain c[128];
	bool		alive[128] = {false};
	int			n = (int) x->n;

	memset(c, 0, sizeof(c));
	for (int i = 0; i < n; i++)
	{
		c[i].has[i] = alive[i] = true;
		c[i].weight = (double) cs_matrix_weight(x, (size_t) i);
		c[i].half[0] = -1;
		for (int f = 0; f < x->d; f++)
			c[i].point[f] = (double) cs_matrix_at(x, (size_t) i)[f * CS_LANES];
	}
	for (int m = 0; m < n - 1; m++)
	{
		int			a = -1,
					b = -1;
		double		best = INFINITY;

		for (int i = 0; i < n + m; i++)
			for (int j = i + 1; j < n + m && alive[i]; j++)
				if (alive[j] && defined(x, c, i, j, method) < best)
				{
					best = defined(x, c, i, j, method);
					a = i;
					b = j;
				}
		for (int i = 0; i < n; i++)
			c[n + m].has[i] = c[a].has[i] || c[b].has[i];
		c[n + m].weight = c[a].weight + c[b].weight;
		c[n + m].half[0] = a;
		c[n + m].half[1] = b;
		for (int f = 0; f < x->d; f++)
			c[n + m].point[f] = (c[a].point[f] + c[b].point[f]) / 2;
		alive[a] = alive[b] = false;
		alive[n + m] = true;
		out[m] = (cs_merge) {a, b, best, c[n + m].weight};
	}
}

static void
check_tree(cs_env *env, const cs_matrix *x, cs_linkage_method method)
{
	cs_merge   *m = tree_of(env, x, method),
			   *right = CS_NEW(env, cs_merge, x->n);

	plain_way(x, method, right);
	for (size_t i = 0; i + 1 < x->n; i++)
	{
		CHECK(m[i].a == right[i].a && m[i].b == right[i].b && m[i].size == right[i].size);
		CHECK_NEAR(m[i].height, right[i].height, 1e-9 * (1 + right[i].height));
	}
}

static void
test_against_definition(cs_env *env)
{
	for (int n = 2; n <= 26; n += 6)
		for (int d = 1; d <= 3; d += 2)
			for (int method = 0; method < CS_LINK_METHODS; method++)
			{
				cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, (size_t) n, d, (uint64_t) (n + d), draw_real), (size_t) n, d);

				check_tree(env, x, (cs_linkage_method) method);
				add_weights(env, x);
				if (method != CS_LINK_WEIGHTED && method != CS_LINK_MEDIAN)
					check_tree(env, x, (cs_linkage_method) method);
			}
}

/* More rows than one group of the search, far from zero and close together: rounding must not decide. */
static void
test_far_from_zero(cs_env *env)
{
	size_t		n = 300;
	float	   *rows = draw_rows(env, n, 2, 5, draw_real);
	cs_matrix  *near = cs_matrix_from_rows(env, rows, n, 2),
			   *far;
	cs_merge   *a,
			   *b;

	/* multiples of 2^-10 are exact at both places */
	for (size_t i = 0; i < 2 * n; i++)
		rows[i] = rintf(rows[i] * 1024) / 1024;
	near = cs_matrix_from_rows(env, rows, n, 2);
	for (size_t i = 0; i < 2 * n; i++)
		rows[i] += 4096;
	far = cs_matrix_from_rows(env, rows, n, 2);
	for (int method = 0; method < CS_LINK_METHODS; method++)
	{
		a = tree_of(env, near, (cs_linkage_method) method);
		b = tree_of(env, far, (cs_linkage_method) method);
		for (size_t i = 0; i + 1 < n && (method == CS_LINK_SINGLE || method == CS_LINK_WARD); i++)
			CHECK_NEAR(a[i].height, b[i].height, 1e-6 * (a[i].height + 1e-6));
	}
}

/* Equal rows join at height 0, and all of them do. */
static void
test_equal_rows(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 200, 2);

	for (size_t i = 0; i < 200; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 2);
	for (int method = 0; method < CS_LINK_METHODS; method++)
	{
		cs_merge   *m = tree_of(env, x, (cs_linkage_method) method);

		for (int i = 0; i < 198; i++)
			CHECK(m[i].height == 0);
		CHECK(m[198].height > 0 && m[198].size == 200);
		CHECK(cs_linkage_count(m, 200, 0) == 2);
		CHECK(cs_linkage_count(m, 200, INFINITY) == 1);
	}
}

/* ---- the algorithm ---- */

static void
test_levels(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 900, 3, 9, 3, 2), 900, 3);
	cs_fit		fit = fit_one(env, &cs_hierarchical, x, 9, NULL, 0);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	int		   *cut = CS_NEW(env, int, 9);

	for (size_t i = 9; i < 900; i++)
		CHECK(fit.label[i] == fit.label[i % 9]);
	for (int kk = 9; kk >= 1; kk--)
	{
		cs_fit		less = fit_one(env, &cs_hierarchical, x, kk, NULL, 0);
		int			own = 0;

		cs_hierarchical.cut(s, kk, cut);
		for (int j = 0; j < 9; j++)
			own += cut[j] == j;
		CHECK(own == kk);
		for (size_t i = 0; i < 900; i++)
			CHECK((less.label[i] == less.label[0]) == (cut[fit.label[i]] == cut[fit.label[0]]));
	}
}

static void
test_recut(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		five = fit_one(env, &cs_hierarchical, x, 5, NULL, 0),
				three = fit_one(env, &cs_hierarchical, x, 3, NULL, 0),
				again = {.algorithm = &cs_hierarchical};
	cs_fit_args args = {.x = x, .k = 3, .seed = 42, .options = options_with(env, cs_hierarchical.params, NULL, 0)};

	cs_hierarchical.recut(env, &args, &five, &again);
	CHECK(again.k == 3 && again.objective == three.objective);
	CHECK(memcmp(again.label, three.label, sizeof(int32_t) * IRIS_N) == 0);

	/* Ward's three clusters of iris: scikit-learn 1.7 AgglomerativeClustering leaves this sum of squares */
	CHECK_NEAR(three.objective, 79.29713, 1e-4);
}

static void
test_height(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_options *o = options_with(env, cs_hierarchical.params, "height", 10);

	CHECK(cs_hierarchical.decides_k(o));
	CHECK(!cs_hierarchical.decides_k(options_with(env, cs_hierarchical.params, NULL, 0)));

	/* 6.399 < 10 < 12.3 */
	CHECK(fit_one(env, &cs_hierarchical, x, 3, "height", 10).k == 3);
	CHECK(fit_one(env, &cs_hierarchical, x, 2, "height", 12.5).k == 2);
	CHECK(fit_one(env, &cs_hierarchical, x, 1, "height", 1e6).k == 1);
}

/* What a model says of the rows it was made of: mostly the tree's segment; block as nearest. */
static void
test_model(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 700, 2, 7, 4, 3), 700, 2);
	cs_fit		fit = fit_one(env, &cs_hierarchical, x, 7, NULL, 0);
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	cs_near_block *near = cs_near_block_for(env, s);
	cs_run		run = cs_matrix_run(x, 0, NULL);
	float	   *score = CS_NEW(env, float, cs_scorer_room(s)),
				row[2];
	int			same = 0;

	s->algorithm->block(s, &run, near);
	for (size_t i = 0; i < 700; i++)
	{
		cs_nearest	n;

		cs_matrix_row(x, i, row);
		n = s->algorithm->nearest(s, row, score);
		CHECK(n.label == s->algorithm->label(s, row, score) && n.label == near->raw.label[i]);
		CHECK(n.label2 != n.label && n.d1 == near->d1[i]);
		CHECK_NEAR(n.d1, square_distance(row, fit.center + 2 * n.label, 2), 1e-9);
		same += n.label == fit.label[i];
	}
	CHECK(same >= 690);
}

/* Two stages find groups that are apart just as one does, and say that they were two. */
static void
test_two_stages(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 6000, 2, 6, 2, 4), 6000, 2);
	cs_fit		fit;

	add_weights(env, x);
	fit = fit_one(env, &cs_hierarchical, x, 6, "exact_rows", 3000);
	CHECK(fit.note != NULL && fit.iterations < 2000);
	for (size_t i = 6; i < 6000; i++)
		CHECK(fit.label[i] == fit.label[i % 6]);
	CHECK(fit_one(env, &cs_hierarchical, iris_matrix(env), 3, NULL, 0).note == NULL);
}

typedef struct shared
{
	int32_t		label[IRIS_N];
	double		objective[4];
} shared;

static void
fit_member(cs_env *env, cs_team *team, void *arg)
{
	shared	   *s = arg;
	cs_fit		fit = {.algorithm = &cs_hierarchical};
	cs_matrix  *x = iris_matrix(env);
	cs_fit_args args = {.x = x, .k = 4, .seed = 1, .options = options_with(env, cs_hierarchical.params, "exact_rows", 100)};

	cs_hierarchical.fit(env, team, &args, &fit);
	s->objective[team->rank] = fit.objective;
	if (team->rank == 0)
		memcpy(s->label, fit.label, sizeof(s->label));
}

static void
test_teams(cs_env *env)
{
	shared		one = {0};

	for (int size = 1; size <= 3; size++)
	{
		shared		s = {0};

		run_team(env, size, cs_hierarchical.arena(IRIS_N, IRIS_D, 4), fit_member, &s);
		if (size == 1)
			one = s;
		CHECK(memcmp(one.label, s.label, sizeof(s.label)) == 0);
		for (int r = 0; r < size; r++)
			CHECK(s.objective[r] == one.objective[0]);
	}
}

static void
too_many(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 50, 1);

	for (size_t i = 0; i < 50; i++)
		*cs_matrix_at(x, i) = (float) (i % 3);
	fit_one(env, &cs_hierarchical, x, 4, NULL, 0);
}

static void
test_errors(cs_env *env)
{
	cs_matrix  *one = cs_matrix_new(env, 1, 2);

	CHECK_FAILS(env, too_many, CS_E_PARAM, "distinct");
	CHECK(fit_one(env, &cs_hierarchical, one, 1, NULL, 0).k == 1);
}

TESTS_NO_SWEEP(test_scipy_iris, test_against_definition, test_far_from_zero, test_equal_rows, test_levels, test_recut,
			   test_height, test_model, test_two_stages, test_teams, test_errors)
