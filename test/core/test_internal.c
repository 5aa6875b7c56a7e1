/*
 * test_internal.c - silhouettes, Davies-Bouldin, Calinski-Harabasz.
 *
 * Constants are those of scikit-learn 1.9.1 in double precision (silhouette_score,
 * silhouette_samples, davies_bouldin_score, calinski_harabasz_score); simplified
 * silhouettes are from numpy by the formula.  Silhouettes see rows in single
 * precision, hence their tolerance.
 */
#include "core/eval/internal.h"
#include "fits.h"

#define SINGLE 2e-6

typedef struct double_rows
{
	const double *x;
	int			d;
} double_rows;

static void
double_row(void *arg, size_t i, double *out)
{
	const double_rows *rows = arg;

	memcpy(out, rows->x + i * (size_t) rows->d, sizeof(double) * (size_t) rows->d);
}

static double
davies_bouldin(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k)
{
	return cs_davies_bouldin(env, n, d, double_row, &(double_rows) {x, d}, label, k);
}

static double
calinski_harabasz(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k)
{
	return cs_calinski_harabasz(env, n, d, double_row, &(double_rows) {x, d}, label, k);
}

static double
simplified_rows(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k)
{
	return cs_simplified_silhouette_rows(env, n, d, double_row, &(double_rows) {x, d}, label, k);
}

static double
blur(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k)
{
	return cs_silhouette_blur(env, n, d, double_row, &(double_rows) {x, d}, label, k);
}

static cs_matrix *
single_rows(cs_env *env, const double *x, size_t n, int d)
{
	cs_matrix  *m = cs_matrix_new(env, n, d);

	for (size_t i = 0; i < n; i++)
		for (int f = 0; f < d; f++)
			cs_matrix_at(m, i)[(size_t) f * CS_LANES] = (float) x[i * (size_t) d + (size_t) f];
	return m;
}

static double
silhouette(cs_env *env, const cs_matrix *x, const int32_t *label, int k, float *each)
{
	cs_team		team = solo(env, cs_silhouette_arena(x->n, x->d, k));
	double		v = cs_silhouette(env, &team, x, label, k, each);

	CHECK(team.used == 0);
	cs_release(env, team.arena);
	return v;
}

static double
simplified(cs_env *env, const cs_matrix *x, const int32_t *label, int k)
{
	cs_team		team = solo(env, cs_simplified_silhouette_arena(x->d, k));
	double		v = cs_simplified_silhouette(env, &team, x, label, k);

	CHECK(team.used == 0);
	cs_release(env, team.arena);
	return v;
}

/* Silhouette, simplified, Davies-Bouldin, Calinski-Harabasz. */
static void
check_all(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k, const double *expected)
{
	cs_matrix  *m = single_rows(env, x, n, d);

	CHECK_NEAR(silhouette(env, m, label, k, NULL), expected[0], SINGLE);
	CHECK_NEAR(simplified(env, m, label, k), expected[1], SINGLE);
	CHECK_NEAR(cs_silhouette_doubles(env, x, n, d, label, k), expected[0], 1e-12);
	CHECK_NEAR(simplified_rows(env, x, n, d, label, k), expected[1], 1e-12);
	CHECK_NEAR(davies_bouldin(env, x, n, d, label, k), expected[2], 1e-9 * fabs(expected[2]));
	CHECK_NEAR(calinski_harabasz(env, x, n, d, label, k), expected[3], 1e-9 * fabs(expected[3]));
}

/* ---- values of scikit-learn ---- */

static void
test_iris(cs_env *env)
{
	static const double species[] = {0.503477440693296, 0.6136993833046466, 0.7513707094756737, 487.33087637489984};
	static const double mod7[] = {-0.07640751647596507, -0.08418562730062044, 34.609509637518975, 0.1455727071678581};
	static const int rows[] = {0, 50, 100, 106, 149};
	static const double of_row[] = {0.8464691670128704, 0.06371556327037485, 0.48684209533969897, -0.3748405156758605,
	0.05397226935952217};
	int32_t		label[160];
	float		each[IRIS_N];

	for (int i = 0; i < IRIS_N; i++)
		label[i] = i % 7;
	check_all(env, iris, IRIS_N, IRIS_D, label, 7, mod7);
	for (int i = 0; i < IRIS_N; i++)
		label[i] = iris_species(i);
	check_all(env, iris, IRIS_N, IRIS_D, label, 3, species);
	CHECK_NEAR(silhouette(env, iris_matrix(env), label, 3, each), species[0], SINGLE);
	for (int i = 0; i < 5; i++)
		CHECK_NEAR((double) each[rows[i]], of_row[i], SINGLE);
}

/* The best k-means of iris: 50, 62 and 38 rows. */
static void
test_iris_kmeans(cs_env *env)
{
	static const double expected[] = {0.5528190123564095, 0.6663855564711182, 0.6619715465007465, 561.62775662962};
	cs_matrix  *x = iris_matrix(env);
	cs_fit		fit = fit_one(env, &cs_kmeans, x, 3, "restarts", 5);
	int			size[3];

	check_all(env, iris, IRIS_N, IRIS_D, labels_of(env, &fit, x, size), 3, expected);
}

/* A row alone in its cluster scores 0 - but the simplified form cannot tell it from a tight cluster. */
static void
test_one_row_cluster(cs_env *env)
{
	static const double x[] = {0, 0, 0, 1, 1, 0, 8, 8, 8, 9, 20, 3};
	static const int32_t label[] = {0, 0, 0, 1, 1, 2};
	static const double expected[] = {0.7527265167067934, 0.9557711896377681, 0.08130986714940115, 311.3181818181818};
	static const double of_row[] = {0.9143663435520547, 0.8899822461415198, 0.8904219084422987, 0.9079020080881062,
	0.9136865940167812, 0};
	float		each[6];

	check_all(env, x, 6, 2, label, 3, expected);
	silhouette(env, single_rows(env, x, 6, 2), label, 3, each);
	for (int i = 0; i < 6; i++)
		CHECK_NEAR((double) each[i], of_row[i], SINGLE);
}

/* Widths, distances or everything is zero. */
static void
test_degenerate(cs_env *env)
{
	static const double equal_in_clusters[] = {1, 1, 1, 1, 1, 1, 4, 5, 4, 5};
	static const double same_mean[] = {0, 0, 2, 0, 0, 0, 2, 0, 5, 5, 6, 6};
	static const double all_equal[] = {0.1, 0.7, 0.1, 0.7, 0.1, 0.7, 0.1, 0.7};
	static const int32_t first[] = {0, 0, 0, 1, 1},
				pairs[] = {0, 0, 1, 1, 2, 2};

	check_all(env, equal_in_clusters, 5, 2, first, 2, (double[]) {1, 1, 0, 1});
	check_all(env, same_mean, 4, 2, pairs, 2, (double[]) {-0.5, 0, 0, 0});
	check_all(env, same_mean, 6, 2, pairs, 3, (double[]) {-0.06656994847950465, 0.2998387879804391, 0.24022322796705728,
			  20.200000000000003});
	check_all(env, all_equal, 4, 2, pairs, 2, (double[]) {0, 0, 0, 1});
}

/* scikit-learn takes distances up to 1e-8 for zero, in Davies-Bouldin alone. */
static void
test_tiny(cs_env *env)
{
	static const double x[] = {0, 0, 0, 1e-9, 1e-9, 0, 8e-9, 8e-9, 8e-9, 9e-9, 20e-9, 3e-9};
	static const int32_t label[] = {0, 0, 0, 1, 1, 2};
	double		large[12];

	CHECK(davies_bouldin(env, x, 6, 2, label, 3) == 0);
	CHECK_NEAR(calinski_harabasz(env, x, 6, 2, label, 3), 311.31818181818176, 1e-6);
	for (int i = 0; i < 12; i++)
		large[i] = x[i] * 1e9;
	CHECK_NEAR(davies_bouldin(env, large, 6, 2, label, 3), 0.08130986714940115, 1e-12);
}

/* Values far from zero keep their digits: moving all rows changes nothing. */
static void
test_far_from_zero(cs_env *env)
{
	double		x[IRIS_N * IRIS_D];
	int32_t		label[IRIS_N];

	for (int i = 0; i < IRIS_N * IRIS_D; i++)
		x[i] = round(iris[i] * 10) / 16 + 1e9;
	for (int i = 0; i < IRIS_N; i++)
		label[i] = iris_species(i);
	CHECK_NEAR(davies_bouldin(env, x, IRIS_N, IRIS_D, label, 3), 0.7513707094756737, 1e-6);
	CHECK_NEAR(calinski_harabasz(env, x, IRIS_N, IRIS_D, label, 3), 487.33087637489984, 1e-4);
}

/*
 * The blur tells how far single precision is off: little for iris, all of it for
 * rows that one far row makes equal, none for rows that are the same.
 */
static void
test_blur(cs_env *env)
{
	double		x[IRIS_N * IRIS_D];
	int32_t		label[IRIS_N];
	static const double same[] = {0, 0, 0, 0};

	for (int i = 0; i < IRIS_N; i++)
		label[i] = iris_species(i);
	for (int i = 0; i < IRIS_N * IRIS_D; i++)
		x[i] = iris[i] - 4;
	CHECK(blur(env, x, IRIS_N, IRIS_D, label, 3) > 1e-8);
	CHECK(blur(env, x, IRIS_N, IRIS_D, label, 3) < 1e-6);
	CHECK(fabs(silhouette(env, single_rows(env, x, IRIS_N, IRIS_D), label, 3, NULL) - 0.503477440693296) <
		  blur(env, x, IRIS_N, IRIS_D, label, 3));
	x[0] = 1e12;
	CHECK(blur(env, x, IRIS_N, IRIS_D, label, 3) > 0.3);
	CHECK(blur(env, same, 4, 1, (const int32_t[]) {0, 1, 0, 1}, 2) == 0);
}

/* ---- what does not count ---- */

static void
check_undefined(cs_env *env, const int32_t *label, int k)
{
	static const double x[] = {0, 1, 5, 6, 9};
	cs_matrix  *m = single_rows(env, x, 5, 1);
	float		each[5];

	CHECK(isnan(silhouette(env, m, label, k, each)));
	for (int i = 0; i < 5; i++)
		CHECK(isnan(each[i]));
	CHECK(isnan(simplified(env, m, label, k)));
	CHECK(isnan(cs_silhouette_doubles(env, x, 5, 1, label, k)));
	CHECK(isnan(simplified_rows(env, x, 5, 1, label, k)));
	CHECK(blur(env, x, 5, 1, label, k) == 0);
	CHECK(isnan(davies_bouldin(env, x, 5, 1, label, k)));
	CHECK(isnan(calinski_harabasz(env, x, 5, 1, label, k)));
}

static void
test_undefined(cs_env *env)
{
	check_undefined(env, (int32_t[]) {0, 0, 0, 0, 0}, 1);
	check_undefined(env, (int32_t[]) {2, 2, 2, 2, 2}, 4);
	check_undefined(env, (int32_t[]) {0, 1, 2, 3, 4}, 5);
	check_undefined(env, (int32_t[]) {-1, -1, -1, -1, -1}, 3);
	check_undefined(env, (int32_t[]) {0, -1, 1, 2, -1}, 3);
	check_undefined(env, (int32_t[]) {0, 0, 3, 3, 7}, 3);
}

/* Rows without cluster, clusters without rows: as if they were not there. */
static void
test_left_out(cs_env *env)
{
	double		x[2 * IRIS_N * IRIS_D];
	int32_t		label[2 * IRIS_N];
	float		each[2 * IRIS_N];
	cs_matrix  *m;

	for (int i = 0; i < 2 * IRIS_N; i++)
	{
		for (int f = 0; f < IRIS_D; f++)
			x[i * IRIS_D + f] = i % 2 ? iris[i / 2 * IRIS_D + f] : 1000 * i;
		label[i] = i % 2 ? 10 - 4 * iris_species(i / 2) : i % 4 ? -1 : 11;
	}
	m = single_rows(env, x, 2 * IRIS_N, IRIS_D);
	CHECK_NEAR(silhouette(env, m, label, 11, each), 0.503477440693296, SINGLE);
	CHECK(isnan(each[0]) && isnan(each[2]));
	CHECK_NEAR((double) each[1], 0.8464691670128704, SINGLE);
	CHECK_NEAR(simplified(env, m, label, 11), 0.6136993833046466, SINGLE);
	CHECK_NEAR(davies_bouldin(env, x, 2 * IRIS_N, IRIS_D, label, 11), 0.7513707094756737, 1e-9);
	CHECK_NEAR(calinski_harabasz(env, x, 2 * IRIS_N, IRIS_D, label, 11), 487.33087637489984, 1e-6);
}

/* ---- against plain loops ---- */

static double
plain_silhouette(const cs_matrix *x, const int32_t *label, int k, size_t i)
{
	double		sum[64] = {0},
				b = INFINITY,
				a;
	int			count[64] = {0};
	float		row[130];

	cs_matrix_row(x, i, row);
	for (size_t j = 0; j < x->n; j++)
		if (label[j] >= 0 && label[j] < k)
		{
			float		other[130];
			double		s = 0;

			cs_matrix_row(x, j, other);
			for (int f = 0; f < x->d; f++)
				s += ((double) row[f] - (double) other[f]) * ((double) row[f] - (double) other[f]);
			sum[label[j]] += sqrt(s);
			count[label[j]]++;
		}
	if (count[label[i]] == 1)
		return 0;
	a = sum[label[i]] / (count[label[i]] - 1);
	for (int c = 0; c < k; c++)
		if (c != label[i] && count[c] > 0)
			b = fmin(b, sum[c] / count[c]);
	return fmax(a, b) > 0 ? (b - a) / fmax(a, b) : 0;
}

static void
check_plain(cs_env *env, const cs_matrix *x, int k)
{
	int32_t    *label = CS_NEW(env, int32_t, x->n);
	float	   *each = CS_NEW(env, float, x->n);
	double		sum = 0,
				most = 0,
				mean;
	int			rows = 0;

	for (size_t i = 0; i < x->n; i++)
		label[i] = (int32_t) (i * i % 7 % (size_t) (k + 1)) - 1;
	mean = silhouette(env, x, label, k, each);
	for (size_t i = 0; i < x->n; i++)
		if (label[i] >= 0)
		{
			double		s = plain_silhouette(x, label, k, i);

			sum += s;
			rows++;
			most = fmax(most, fabs(s - (double) each[i]));
		}
	CHECK(most < SINGLE);
	CHECK_NEAR(mean, sum / rows, SINGLE);
}

static void
test_plain(cs_env *env)
{
	static const int some_d[] = {1, 2, 7, 16, 130};

	for (int i = 0; i < 5; i++)
	{
		int			d = some_d[i];
		size_t		n = 180 + (size_t) i * 37;
		cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, n, d, n, draw_real), n, d);
		uint32_t   *pick = CS_NEW(env, uint32_t, n);

		check_plain(env, x, 2 + i % 5);
		for (size_t j = 0; j < n; j++)
			pick[j] = (uint32_t) (j * 31 % n);
		check_plain(env, cs_matrix_select(env, x, pick, n - 50), 3);
	}
	/* clusters of more rows than the kernel sums in one go */
	check_plain(env, cs_matrix_from_rows(env, draw_rows(env, 1100, 3, 1, draw_real), 1100, 3), 2);
}

/* ---- teams ---- */

typedef struct job
{
	const cs_matrix *x;
	const int32_t *label;
	int			k;
	float	   *each;
	double		exact[3];
	double		simple[3];
} job;

static void
measure_by_team(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;

	j->exact[team->rank] = cs_silhouette(env, team, j->x, j->label, j->k, j->each);
	j->simple[team->rank] = cs_simplified_silhouette(env, team, j->x, j->label, j->k);
}

/* Every member of every team gets the same bits, and each the same silhouettes. */
static void
check_teams(cs_env *env, const cs_matrix *x, int k)
{
	int32_t    *label = CS_NEW(env, int32_t, x->n);
	float	   *each[4];
	double		exact = 0,
				simple = 0;

	for (size_t i = 0; i < x->n; i++)
		label[i] = (int32_t) (i * 7 % 20 % (size_t) k) - (i % 50 == 0);
	for (int size = 1; size <= 3; size++)
	{
		job			j = {.x = x, .label = label, .k = k};

		each[size] = j.each = CS_NEW(env, float, x->n);
		run_team(env, size, cs_silhouette_arena(x->n, x->d, k), measure_by_team, &j);
		exact = size == 1 ? j.exact[0] : exact;
		simple = size == 1 ? j.simple[0] : simple;
		for (int r = 0; r < size; r++)
			CHECK(j.exact[r] == exact && j.simple[r] == simple);
		CHECK(memcmp(each[size], each[1], sizeof(float) * x->n) == 0);
	}
	CHECK(isfinite(exact) && isfinite(simple));
}

static void
test_teams(cs_env *env)
{
	size_t		n = 2 * CS_BLOCK_ROWS + 55;
	cs_matrix  *x = cs_matrix_from_rows(env, draw_groups(env, n, 3, 20, 6, 4), n, 3);
	uint32_t   *pick = CS_NEW(env, uint32_t, 1500);

	check_teams(env, x, 13);
	for (uint32_t i = 0; i < 1500; i++)
		pick[i] = i * 5;
	check_teams(env, cs_matrix_select(env, x, pick, 1500), 5);
}

TESTS_NO_SWEEP(test_iris, test_iris_kmeans, test_one_row_cluster, test_degenerate, test_tiny, test_far_from_zero, test_blur,
			   test_undefined, test_left_out, test_plain, test_teams)
