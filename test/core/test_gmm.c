/*
 * test_gmm.c - mixtures of Gaussians against scikit-learn, and their pieces.
 */
#include "attempt.h"
#include "fits.h"

/* Rows of iris as starting centres: the first of each species but for a few. */
static double *
three_flowers(cs_env *env)
{
	static const int row[3] = {0, 60, 120};
	double	   *start = CS_NEW(env, double, 3 * IRIS_D);

	for (int j = 0; j < 3; j++)
		for (int f = 0; f < IRIS_D; f++)
			start[j * IRIS_D + f] = (double) (float) iris[row[j] * IRIS_D + f];
	return start;
}

static cs_fit
fit_iris(cs_env *env, int covariance, int passes, double tolerance)
{
	cs_options *o = options_with(env, cs_gmm.params, "covariance", covariance);
	cs_fit		fit = {.algorithm = &cs_gmm};
	cs_fit_args args = {.x = iris_matrix(env), .k = 3, .seed = 42, .options = o, .start = three_flowers(env)};
	cs_team		team = solo(env, cs_gmm.arena(IRIS_N, IRIS_D, 3));

	o->value[cs_params_find(cs_gmm.params, "max_iterations")].number = passes;
	o->value[cs_params_find(cs_gmm.params, "tolerance")].number = tolerance;
	cs_gmm.fit(env, &team, &args, &fit);
	return fit;
}

/*
 * scikit-learn 1.9.1, GaussianMixture(3, covariance_type, max_iter=20, tol=0) on iris in
 * single precision, started from the moments of the rows nearest to these flowers
 * (weights_init, means_init, precisions_init): lower_bound_.
 */
static void
test_scikit_learn(cs_env *env)
{
	static const double likelihood[4] = {-1.2012365589, -1.7090269233, -2.0459804993, -2.6015902864};

	for (int c = 0; c < 4; c++)
	{
		cs_fit		fit = fit_iris(env, c, 20, 0);

		CHECK_NEAR(-fit.objective, likelihood[c], 1e-9);
		CHECK_NEAR(fit.measure[0].value, likelihood[c], 1e-9);
		CHECK(fit.iterations == 20);
	}
}

/* More passes never lower the likelihood. */
static void
test_climbs(cs_env *env)
{
	for (int c = 0; c < 4; c++)
	{
		double		last = -INFINITY;

		for (int passes = 1; passes <= 15; passes++)
		{
			double		now = -fit_iris(env, c, passes, 0).objective;

			CHECK(now >= last - 1e-9);
			last = now;
		}
	}
}

/* BIC and AIC count the parameters: 3 weights less 1, 12 means, covariances. */
static void
test_criteria(cs_env *env)
{
	static const double covariances[4] = {30, 10, 12, 3};

	for (int c = 0; c < 4; c++)
	{
		cs_fit		fit = fit_iris(env, c, 5, 0);
		double		p = covariances[c] + 14,
					l = fit.measure[0].value * IRIS_N;

		CHECK(strcmp(fit.measure[1].name, "bic") == 0 && strcmp(fit.measure[2].name, "aic") == 0);
		CHECK_NEAR(fit.measure[1].value, -2 * l + p * log(IRIS_N), 1e-9);
		CHECK_NEAR(fit.measure[2].value, -2 * l + 2 * p, 1e-9);
		CHECK(fit.criterion == fit.measure[1].value);
	}
}

/* Density of a row by its definition, with a covariance made of the factor: |F x|^2 for full ones. */
static void
test_probabilities(cs_env *env)
{
	for (int c = 0; c < 4; c++)
	{
		cs_fit		fit = fit_iris(env, c, 20, 0);
		cs_scorer  *s = cs_scorer_of_fit(env, &fit);
		float	   *score = CS_NEW(env, float, cs_scorer_room(s)),
					row[IRIS_D];
		cs_matrix  *x = iris_matrix(env);
		double		p[3];

		for (size_t i = 0; i < IRIS_N; i++)
		{
			cs_nearest	n;

			cs_matrix_row(x, i, row);
			n = s->algorithm->nearest(s, row, score);
			s->algorithm->probability(s, row, score, p);
			CHECK_NEAR(p[0] + p[1] + p[2], 1, 1e-12);
			CHECK(p[n.label] >= p[n.label2] && p[n.label2] >= p[3 - n.label - n.label2]);
			CHECK(s->algorithm->label(s, row, score) == n.label);
			CHECK_NEAR(n.d1, s->algorithm->distance(s, row, n.label, score), 1e-9 * (1 + n.d1));
			if (p[n.label2] > 1e-200)
				CHECK_NEAR(n.d2 - n.d1, 2 * log(p[n.label] / p[n.label2]), 1e-6 * (1 + n.d2));
		}
	}
}

/* A sphere is a diagonal is a full covariance when there is one dimension. */
static void
test_one_dimension(cs_env *env)
{
	double		first = 0;

	for (int c = 0; c < 4; c++)
	{
		cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 900, 1, 3, 3, 5), 900, 1);
		cs_fit		fit = fit_one(env, &cs_gmm, x, 3, "covariance", c);

		if (c == 0)
			first = fit.objective;
		else if (c != 1)
			CHECK_NEAR(fit.objective, first, 1e-9);
	}
}

/* A weight of 2 is the row twice. */
static void
test_weights(cs_env *env)
{
	size_t		n = 600;
	float	   *rows = draw_groups(env, n, 2, 3, 6, 8),
			   *more = CS_NEW(env, float, 4 * n * 2);
	cs_matrix  *weighted = cs_matrix_from_rows(env, rows, n, 2);
	size_t		m = 0;
	double		start[6] = {0, 0, 10, 10, 20, 20};
	cs_fit		a = {.algorithm = &cs_gmm},
				b = {.algorithm = &cs_gmm};
	cs_fit_args args = {.k = 3, .seed = 1, .options = options_with(env, cs_gmm.params, NULL, 0), .start = start};
	cs_team		team = solo(env, cs_gmm.arena(4 * n, 2, 3));

	add_weights(env, weighted);
	for (size_t i = 0; i < n; i++)
		for (float w = 0; w < weighted->weight[i]; w++, m++)
			memcpy(more + 2 * m, rows + 2 * i, 2 * sizeof(float));
	args.x = weighted;
	cs_gmm.fit(env, &team, &args, &a);
	args.x = cs_matrix_from_rows(env, more, m, 2);
	cs_gmm.fit(env, &team, &args, &b);
	CHECK(a.iterations == b.iterations);
	CHECK_NEAR(a.objective, b.objective, 1e-9);
	for (int i = 0; i < 6; i++)
		CHECK_NEAR(a.center[i], b.center[i], 1e-7);
}

typedef struct shared
{
	cs_matrix  *(*make) (cs_env *);
	double		center[4][15];
	double		objective[4];
} shared;

static void
fit_member(cs_env *env, cs_team *team, void *arg)
{
	shared	   *s = arg;
	cs_fit		fit = {.algorithm = &cs_gmm};
	cs_matrix  *x = s->make(env);
	cs_fit_args args = {.x = x, .k = 5, .seed = 7, .options = options_with(env, cs_gmm.params, "max_iterations", 6)};

	cs_gmm.fit(env, team, &args, &fit);
	memcpy(s->center[team->rank], fit.center, sizeof(double) * 15);
	s->objective[team->rank] = fit.objective;
}

/* Teams of 1, 2 and 3 give the same bits, for all members, also on a selection of rows. */
static void
test_teams(cs_env *env)
{
	for (int selected = 0; selected < 2; selected++)
	{
		shared		one = {0};

		for (int size = 1; size <= 3; size++)
		{
			shared		s = {.make = selected ? selected_rows : weighted_rows};

			run_team(env, size, cs_gmm.arena(4 * CS_BLOCK_ROWS, 3, 5), fit_member, &s);
			if (size == 1)
				one = s;
			for (int r = 0; r < size; r++)
				CHECK(memcmp(s.center[r], one.center[0], sizeof(s.center[r])) == 0 && s.objective[r] == one.objective[0]);
		}
	}
}

/* Equal rows: without regularisation there is no covariance, with it there is. */
static void
equal_rows(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 100, 2);

	for (size_t i = 0; i < 100; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 2);
	fit_one(env, &cs_gmm, x, 2, "regularisation", 0);
}

static void
test_collapse(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 100, 2);
	cs_fit		fit;

	CHECK_FAILS(env, equal_rows, CS_E_NUMERIC, "not positive definite");
	for (size_t i = 0; i < 100; i++)
		cs_matrix_at(x, i)[0] = (float) (i % 2);
	fit = fit_one(env, &cs_gmm, x, 2, NULL, 0);
	CHECK(isfinite(fit.objective));
	CHECK_NEAR(fabs(fit.center[0] - fit.center[2]), 1, 1e-6);
}

/* e^x of the kernel against libm. */
static void
test_exp(cs_env *env)
{
	double	   *x = CS_NEW(env, double, CS_MIX_ROWS),
			   *right = CS_NEW(env, double, CS_MIX_ROWS);

	for (int round = 0; round < 40; round++)
	{
		for (int i = 0; i < CS_MIX_ROWS; i++)
			right[i] = exp(x[i] = -700.0 * (round * CS_MIX_ROWS + i) / (40 * CS_MIX_ROWS));
		env->kernel->mix_exp(x);
		for (int i = 0; i < CS_MIX_ROWS; i++)
			CHECK_NEAR(x[i] / right[i], 1, 1e-14);
	}
}

TESTS_NO_SWEEP(test_scikit_learn, test_climbs, test_criteria, test_probabilities, test_one_dimension, test_weights,
			   test_teams, test_collapse, test_exp)
