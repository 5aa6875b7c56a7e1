/*
 * test_kmeans.c - Lloyd's passes and k-means on top of them.
 *
 * The least inertias of iris are those of scikit-learn 1.9.1 (KMeans, 200 starts,
 * tolerance 0).
 */
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"
#include "fits.h"

static void
test_iris(cs_env *env)
{
	static const double inertia[] = {0, 681.3706, 152.3479517603579, 78.85144142614601, 57.22847321428572};
	cs_matrix  *x = iris_matrix(env);

	for (int k = 1; k <= 4; k++)
	{
		cs_fit		fit = fit_one(env, &cs_kmeans, x, k, "restarts", 20);

		CHECK_NEAR(fit.objective, inertia[k], 1e-3);
		CHECK_NEAR(price_of(&fit, x), inertia[k], 1e-3);
		CHECK(fit.converged && !fit.warm);
		if (k == 3)
		{
			int			size[3];

			labels_of(env, &fit, x, size);
			qsort(size, 3, sizeof(int), descending);
			CHECK(size[0] == 62 && size[1] == 50 && size[2] == 38);
		}
	}
}

/* With weights 1, 2, 3, 1, 2, 3, ...: inertia 159.49894008264465, sizes 121, 99, 80. */
static void
test_weights(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit;

	add_weights(env, x);
	fit = fit_one(env, &cs_kmeans, x, 3, "restarts", 20);
	CHECK_NEAR(fit.objective, 159.49894008264465, 1e-3);
	CHECK(centers_are_means(env, &fit, x, 1e-5));
}

/* Down to tolerance 0: centres are the means of the rows nearest to them. */
static void
test_converges(cs_env *env)
{
	static const size_t sizes[] = {50, 1000, CS_BLOCK_ROWS + 5};

	for (int i = 0; i < 3; i++)
		for (int k = 1; k <= 33; k = k * 2 + 3)
		{
			cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, sizes[i], 4, (uint64_t) k, draw_real), sizes[i], 4);
			cs_fit		fit;

			if (i == 1)
				add_weights(env, x);
			fit = fit_one(env, &cs_kmeans, x, k, "tolerance", 0);
			CHECK(fit.converged);
			CHECK(centers_are_means(env, &fit, x, 1e-6));
			CHECK_NEAR(fit.objective, price_of(&fit, x), 1e-5 * price_of(&fit, x));
		}
}

static void
test_small(cs_env *env)
{
	cs_matrix  *one = cs_matrix_from_rows(env, (float[]) {3, 4}, 1, 2),
			   *two = cs_matrix_from_rows(env, (float[]) {1, 1, 2, 2, 5, 5}, 6, 1);
	cs_fit		fit = fit_one(env, &cs_kmeans, one, 1, NULL, 0);

	CHECK(fit.center[0] == 3 && fit.center[1] == 4 && fit.objective == 0 && fit.converged);
	fit = fit_one(env, &cs_kmeans, two, 3, NULL, 0);
	CHECK(fit.objective == 0);
	CHECK(fit.center[0] + fit.center[1] + fit.center[2] == 8);
	/* as many clusters as rows */
	one = cs_matrix_from_rows(env, draw_rows(env, 40, 3, 1, draw_real), 40, 3);
	fit = fit_one(env, &cs_kmeans, one, 40, NULL, 0);
	CHECK_NEAR(fit.objective, 0, 1e-5);
	CHECK_NEAR(price_of(&fit, one), 0, 1e-12);
}

static void
four_of_three(cs_env *env)
{
	fit_one(env, &cs_kmeans, cs_matrix_from_rows(env, (float[]) {1, 1, 2, 2, 5, 5}, 6, 1), 4, NULL, 0);
}

static void
seven_of_six(cs_env *env)
{
	fit_one(env, &cs_kmeans, cs_matrix_from_rows(env, (float[]) {1, 1, 2, 2, 5, 5}, 6, 1), 7, "init", 1);
}

/* Six random rows of which three are different: some centre stays without rows. */
static void
six_of_six(cs_env *env)
{
	fit_one(env, &cs_kmeans, cs_matrix_from_rows(env, (float[]) {1, 1, 2, 2, 5, 5}, 6, 1), 6, "init", 1);
}

static void
test_too_many_clusters(cs_env *env)
{
	CHECK_FAILS(env, four_of_three, CS_E_PARAM, "k is greater than the number of distinct rows");
	CHECK_FAILS(env, seven_of_six, CS_E_PARAM, "k is greater than the number of distinct rows");
	CHECK_FAILS(env, six_of_six, CS_E_PARAM, "k is greater than the number of distinct rows");
}

/* ---- starts ---- */

static cs_fit
fit_args(cs_env *env, cs_fit_args *args, cs_team *team)
{
	cs_fit		fit = {.algorithm = &cs_kmeans};

	*team = solo(env, cs_kmeans.arena(args->x->n, args->x->d, args->k));
	args->seed = 42;
	cs_kmeans.fit(env, team, args, &fit);
	return fit;
}

/* Centres that win no row move to the rows farthest from theirs. */
static void
test_empty_clusters(cs_env *env)
{
	double		start[] = {0, 0, 1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 10, 10};
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 500, 2, 7, 1, 3), 500, 2);
	cs_fit_args args = {.x = x, .k = 5, .start = start, .options = options_with(env, cs_kmeans.params, "init", 2)};
	cs_team		team;
	cs_fit		fit = fit_args(env, &args, &team);
	int			size[5];

	labels_of(env, &fit, x, size);
	for (int j = 0; j < 5; j++)
		CHECK(size[j] > 0);
	CHECK(fit.converged && centers_are_means(env, &fit, x, 0.1));
}

/* A given start keeps its numbers. */
static void
test_given_start(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 400, 1);
	cs_fit_args args = {.x = x, .k = 4, .options = options_with(env, cs_kmeans.params, "init", 2)};
	cs_team		team;
	cs_fit		fit;

	for (size_t i = 0; i < 400; i++)
		*cs_matrix_at(x, i) = (float) (i % 4 * 10) + (float) (i % 3) - 1;
	args.start = (double[]) {28, 3, 12, 17};
	fit = fit_args(env, &args, &team);
	CHECK_NEAR(fit.center[0], 30, 0.02);
	CHECK_NEAR(fit.center[1], 0, 0.02);
	CHECK_NEAR(fit.center[2], 10, 0.02);
	CHECK_NEAR(fit.center[3], 20, 0.02);
}

/* Rows at the corners of a square; corner of row i: bit 0 is right, bit 1 is up. */
static cs_matrix *
square(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 400, 2);

	for (size_t i = 0; i < 400; i++)
	{
		cs_matrix_at(x, i)[0] = (float) (i & 1) * 10 + (float) (i % 7) / 7;
		cs_matrix_at(x, i)[CS_LANES] = (float) (i >> 1 & 1) * 10 + (float) (i % 5) / 5;
	}
	return x;
}

/* Rows as an earlier fit may have left them: corners right below and left above change places. */
static void
shuffle_rows(cs_env *env, cs_matrix *x)
{
	int32_t    *place = CS_NEW(env, int32_t, cs_round_lanes(x->n));

	add_origin(env, x);
	for (size_t i = 0; i < x->n; i++)
		place[i] = (int32_t) (i / 4 * 4 + (i >> 1 & 1) + 2 * (i & 1));
	cs_matrix_sort_block(env, x, 0, place, (int) x->n, CS_NEW(env, float, cs_block_floats(x->d)));
}

/*
 * Two segments of a square: left and right cost as much as up and down.  Whatever
 * a fresh start finds, the former model's cut stays.
 */
static void
test_warm_start(cs_env *env)
{
	for (int bit = 0; bit < 4; bit++)
	{
		cs_matrix  *x = square(env);
		int32_t    *former = CS_NEW(env, int32_t, 400);
		cs_fit_args args = {.x = x, .k = 2, .warm = former, .warm_k = 2, .options = cs_options_new(env, cs_kmeans.params)};
		cs_team		team;
		cs_fit		fit;
		int			size[2],
				   *label,
					kept = 0;

		for (size_t i = 0; i < 400; i++)
			former[i] = i % 10 == 0 ? -1 : (int32_t) (i >> bit % 2 & 1);
		if (bit >= 2)
			shuffle_rows(env, x);
		fit = fit_args(env, &args, &team);
		label = labels_of(env, &fit, x, size);
		for (size_t i = 0; i < 400; i++)
		{
			size_t		differ = cs_matrix_origin(x, i) ^ cs_matrix_origin(x, 0);

			kept += (label[i] == label[0]) == ((differ >> bit % 2 & 1) == 0);
		}
		CHECK(kept == 400);
	}
}

/* Where a fresh start gives the same segments, the former model leaves no trace. */
static void
test_warm_start_changes_nothing(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 600, 2, 6, 1, 3), 600, 2);
	cs_fit		fresh = fit_one(env, &cs_kmeans, x, 6, NULL, 0),
				again;
	int			size[6];
	cs_fit_args args = {.x = x, .k = 6, .warm_k = 6, .options = cs_options_new(env, cs_kmeans.params)};
	cs_team		team;

	args.warm = labels_of(env, &fresh, x, size);
	again = fit_args(env, &args, &team);
	CHECK(!again.warm && memcmp(fresh.center, again.center, sizeof(double) * 12) == 0);
}

/* Former segments that cost much more are given up; those that do not fit are no start. */
static void
test_bad_warm_start(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, 300, 1);
	int32_t    *bad = CS_NEW(env, int32_t, 300),
			   *gap = CS_NEW(env, int32_t, 300);
	cs_fit_args args = {.x = x, .k = 3, .warm = bad, .warm_k = 3, .options = cs_options_new(env, cs_kmeans.params)};
	cs_team		team;
	cs_fit		fit;

	/* one group cut in two, the others joined; one segment without rows */
	for (size_t i = 0; i < 300; i++)
	{
		*cs_matrix_at(x, i) = (float) (i % 3 * 100) + (float) (i % 7);
		bad[i] = i % 3 == 2 ? (int32_t) (i % 2) : 2;
		gap[i] = (int32_t) (i % 2);
	}
	fit = fit_args(env, &args, &team);
	CHECK(!fit.warm && fit.objective < 2000);
	args.warm = gap;
	CHECK(!fit_args(env, &args, &team).warm);
	args.warm_k = 4;
	CHECK(!fit_args(env, &args, &team).warm);
}

/* More starts are never worse, and the same seed gives the same bits. */
static void
test_restarts(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, 2000, 3, 12, 4, 9), 2000, 3);
	double		last = INFINITY;

	for (int restarts = 1; restarts <= 16; restarts *= 4)
	{
		cs_fit		fit = fit_one(env, &cs_kmeans, x, 12, "restarts", restarts),
					again = fit_one(env, &cs_kmeans, x, 12, "restarts", restarts);

		CHECK(fit.objective <= last);
		CHECK(memcmp(fit.center, again.center, sizeof(double) * 36) == 0);
		last = fit.objective;
	}
}

static void
test_iteration_limit(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 3000, 3, 9, draw_real), 3000, 3);
	cs_fit		fit = fit_one(env, &cs_kmeans, x, 12, "max_iterations", 1);

	CHECK(fit.iterations == 1 && !fit.converged);
	fit = fit_one(env, &cs_kmeans, x, 12, "max_iterations", 7);
	CHECK(fit.iterations == 7 && !fit.converged);
	CHECK(fit_one(env, &cs_kmeans, x, 12, "init", 1).converged);
}

/* ---- pruned passes, teams ---- */

/* Rows that may be sorted give the clustering of rows that may not. */
static void
test_pruned_is_plain(cs_env *env)
{
	for (int k = 16; k <= 70; k += 27)
	{
		cs_matrix  *plain = weighted_rows(env),
				   *sorted = sortable_rows(env);
		cs_fit		a = fit_one(env, &cs_kmeans, plain, k, "tolerance", 0),
					b = fit_one(env, &cs_kmeans, sorted, k, "tolerance", 0);
		double		most = 0;
		bool		moved = false;

		for (int i = 0; i < k * 3; i++)
			most = fmax(most, fabs(a.center[i] - b.center[i]));
		CHECK(most < 1e-9);
		CHECK(a.iterations == b.iterations && a.converged && b.converged);
		CHECK_NEAR(a.objective, b.objective, 1e-6 * a.objective);
		/* rows were sorted, and are all still there */
		for (size_t i = 0; i < sorted->n; i += 97)
		{
			float		now[3],
						was[3];
			size_t		from = cs_matrix_origin(sorted, i);

			moved = moved || from != i;
			cs_matrix_row(sorted, i, now);
			cs_matrix_row(plain, from, was);
			CHECK(memcmp(now, was, sizeof(now)) == 0 && sorted->weight[i] == plain->weight[from]);
		}
		CHECK(moved);
	}
}

static void
test_teams(cs_env *env)
{
	CHECK(teams_agree(env, &cs_kmeans, plain_rows, 5, NULL, 0));
	CHECK(teams_agree(env, &cs_kmeans, weighted_rows, 8, "restarts", 3));
	CHECK(teams_agree(env, &cs_kmeans, sortable_rows, 40, NULL, 0));
	CHECK(teams_agree(env, &cs_kmeans, selected_rows, 6, "init", 1));
}

/* A selection gives the clustering of the same rows copied out. */
static void
test_selection(cs_env *env)
{
	cs_matrix  *s = selected_rows(env),
			   *copied = cs_matrix_new(env, s->n, s->d);
	cs_fit		a,
				b;

	copied->weight = CS_NEW(env, float, cs_round_lanes(s->n));
	for (size_t i = 0; i < s->n; i++)
	{
		float		row[3];

		cs_matrix_row(s, i, row);
		cs_matrix_set_row(copied, i, row);
		copied->weight[i] = cs_matrix_weight(s, i);
	}
	a = fit_one(env, &cs_kmeans, s, 9, NULL, 0);
	b = fit_one(env, &cs_kmeans, copied, 9, NULL, 0);
	CHECK(memcmp(a.center, b.center, sizeof(double) * 27) == 0 && a.objective == b.objective);
}

/* ---- helpers of Lloyd ---- */

static void
test_label_rows_and_means(cs_env *env)
{
	cs_matrix  *x = weighted_rows(env);
	double	   *center = to_doubles(env, draw_rows(env, 6, 3, 2, draw_real), 18),
			   *mean = CS_NEW(env, double, 18),
				count[6],
				most = -1;
	cs_team		team = solo(env, cs_lloyd_arena(x->n, 3, 6) + cs_kmeans_arena(x->n, 3, 6));
	cs_centers *c = cs_centers_new(env, center, 6, 3);
	int32_t    *label = CS_NEW(env, int32_t, cs_round_lanes(x->n));
	size_t		far,
				farthest = 0,
				wrong = 0;

	CHECK_NEAR(cs_label_rows(env, &team, x, c, label, &far) / price_of(&(cs_fit) {.k = 6, .center = center}, x), 1, 1e-12);
	for (size_t i = 0; i < x->n; i++)
	{
		float		row[3];
		double		d2;

		cs_matrix_row(x, i, row);
		wrong += label[i] != nearest_center(row, center, 6, 3);
		d2 = cs_centers_distance(c, row, label[i]);
		if (d2 > most)
		{
			most = d2;
			farthest = i;
		}
	}
	CHECK(wrong == 0 && far == farthest);
	label[5] = -1;
	label[6] = 6;
	cs_label_means(env, &team, x, label, 6, mean, count);
	for (int j = 0; j < 6; j++)
	{
		double		sum = 0,
					w = 0;

		for (size_t i = 0; i < x->n; i++)
			if (label[i] == j)
			{
				sum += (double) x->weight[i] * (double) cs_matrix_at(x, i)[CS_LANES];
				w += (double) x->weight[i];
			}
		CHECK(count[j] == w);
		CHECK(w == 0 || fabs(mean[3 * j + 1] - sum / w) < 1e-9);
	}
	CHECK(team.used == 0);
}

static void
test_saving(cs_env *env)
{
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_kmeans, x, 5, NULL, 0);

	CHECK(survives_saving(env, &fit, x));
}

/* Every algorithm is found by its name, and its table of options is sound. */
static void
test_registry(cs_env *env)
{
	int			n = 0;

	for (; cs_clusterers[n]; n++)
	{
		const cs_clusterer *c = cs_clusterers[n];

		CHECK(cs_clusterer_find(c->name) == c);
		CHECK(strlen(c->summary) > 10 && c->fit && c->label && c->nearest && c->block);
		for (const cs_param *p = c->params; p->name; p++)
		{
			CHECK(strlen(p->help) > 3);
			CHECK(p->type == CS_P_MATRIX || p->type == CS_P_OBJECT || p->type == CS_P_ENUM || (p->def >= p->min && p->def <= p->max));
			CHECK(p->type != CS_P_ENUM || strcmp(cs_param_choice_name(env, p, (int) p->def), "?") != 0);
			CHECK(cs_params_find(c->params, p->name) == p - c->params);
		}
	}
	CHECK(n >= 5);
	CHECK(cs_clusterer_find("k-means") == NULL);
	CHECK(cs_param_choice(&cs_kmeans_params[3], "random") == 1 && cs_param_choice(&cs_kmeans_params[3], "rand") == -1);
}

TESTS_NO_SWEEP(test_iris, test_weights, test_converges, test_small, test_too_many_clusters, test_empty_clusters,
			   test_given_start, test_warm_start, test_warm_start_changes_nothing, test_bad_warm_start,
			   test_restarts, test_iteration_limit, test_pruned_is_plain, test_teams, test_selection,
			   test_label_rows_and_means, test_saving, test_registry)
