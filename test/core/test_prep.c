/*
 * test_prep.c - transforms: what they give, that they come back, and that a saved
 * model gives the same points to the bit.
 *
 * Reference values are those of scikit-learn 1.9.1 on the ten values below.
 */
#include "attempt.h"
#include "core/prep/prep.h"
#include "harness.h"
#include "points.h"

#define TEN 10

static const float ten[TEN] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};

/* One number with these options, fitted to n values. */
static cs_prep *
fit_number(cs_env *env, const float *v, size_t n, const cs_options *o, int scale, bool centre, double shift)
{
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_rows    *rows = cs_rows_new(env, 1);

	for (size_t i = 0; i < n; i++)
		*cs_rows_add(rows) = v[i];
	p->n = 1;
	p->f = CS_NEW(env, cs_feature, 1);
	p->f[0] = cs_feature_make(env, "x", CS_NUMBER, o, scale);
	p->f[0].shift = shift;
	cs_prep_fit(env, p, rows, CS_NEW(env, cs_levels, 1), centre);
	return p;
}

static cs_prep *
fit_ten(cs_env *env, const char *option, double value, int scale)
{
	return fit_number(env, ten, TEN, options_with(env, cs_transform_params, option, value), scale, true, 0);
}

/* Quantiles as an array of one row. */
static void
set_winsor(cs_options *o, double *quantiles)
{
	o->value[cs_params_find(o->table, "winsor")] =
		(cs_option) {.set = true, .cell = quantiles, .rows = 1, .cols = 2};
}

static double
point_of(const cs_prep *p, float v)
{
	float		point[2] = {-99, -99};

	return cs_prep_row(p, &v, point, NULL) == CS_ROW_OK ? (double) point[0] : NAN;
}

static void
check_points(const cs_prep *p, const double *expected)
{
	for (int i = 0; i < TEN; i++)
	{
		CHECK_NEAR(point_of(p, ten[i]), expected[i], 1e-6);
		CHECK_NEAR(cs_feature_original(&p->f[0], 0, point_of(p, ten[i])), (double) ten[i], 1e-5);
	}
	CHECK(p->d == 1 && p->f[0].width == 1 && p->f[0].at == 0);
}

/* ---- scales ---- */

static void
test_scales(cs_env *env)
{
	static const double zscore[] = {-0.38411063979868787, -1.2376898393513276, 0.042678959977632026,
		-1.2376898393513276, 0.4694685597539519, 2.1766269588592313, -0.8109002395750078,
	0.8962581595302719, 0.4694685597539519, -0.38411063979868787};
	static const double minmax[] = {0.25, 0.0, 0.375, 0.0, 0.5, 1.0, 0.125, 0.625, 0.5, 0.25};
	double		robust[TEN],
				none[TEN];

	/* median 3.5, quartiles 2.25 and 5 */
	for (int i = 0; i < TEN; i++)
	{
		robust[i] = ((double) ten[i] - 3.5) / (2.75 / 1.349);
		none[i] = (double) ten[i] - 3.9;
	}
	check_points(fit_ten(env, NULL, 0, CS_SCALE_ZSCORE), zscore);
	check_points(fit_ten(env, NULL, 0, CS_SCALE_MINMAX), minmax);
	check_points(fit_ten(env, NULL, 0, CS_SCALE_ROBUST), robust);
	check_points(fit_ten(env, NULL, 0, CS_SCALE_NONE), none);
	/* the feature's own word counts more than the default */
	check_points(fit_ten(env, "scale", CS_SCALE_MINMAX, CS_SCALE_ZSCORE), minmax);
	check_points(fit_ten(env, "scale", CS_SCALE_DEFAULT, CS_SCALE_ZSCORE), zscore);
}

/* Where directions count, the mean stays. */
static void
test_not_centred(cs_env *env)
{
	cs_prep    *p = fit_number(env, ten, TEN, cs_options_new(env, cs_transform_params), CS_SCALE_NONE, false, 0);

	CHECK(point_of(p, 4.5f) == 4.5);
	CHECK(cs_feature_original(&p->f[0], 0, 4.5) == 4.5);
}

static void
test_weight(cs_env *env)
{
	cs_prep    *p = fit_ten(env, "weight", 4, CS_SCALE_MINMAX);

	CHECK_NEAR(point_of(p, 9), 2, 1e-6);
	CHECK_NEAR(cs_feature_original(&p->f[0], 0, 2), 9, 1e-12);
	p = fit_ten(env, "weight", 0, CS_SCALE_ZSCORE);
	CHECK(point_of(p, 9) == 0 && point_of(p, -1000) == 0);
	CHECK_NEAR(cs_feature_original(&p->f[0], 0, 0), 3.9, 1e-6);
}

/* A feature that never changes is no distance, not a division by zero. */
static void
test_constant(cs_env *env)
{
	static const float same[] = {0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f};

	for (int scale = CS_SCALE_ZSCORE; scale <= CS_SCALE_NONE; scale++)
	{
		cs_prep    *p = fit_number(env, same, 7, cs_options_new(env, cs_transform_params), scale, true, 0);

		CHECK(point_of(p, 0.1f) == 0);
		CHECK_NEAR(cs_feature_original(&p->f[0], 0, 0), 0.1, 1e-7);
		CHECK(p->f[0].stats.sd == 0 && p->f[0].stats.median == (double) 0.1f);
	}
}

/* Most values equal: no quartiles, so the standard deviation serves. */
static void
test_robust_without_quartiles(cs_env *env)
{
	float		v[20] = {0};
	cs_prep    *p;

	v[19] = 10;
	p = fit_number(env, v, 20, cs_options_new(env, cs_transform_params), CS_SCALE_ROBUST, true, 0);
	CHECK_NEAR(point_of(p, 10), 10 / sqrt(100.0 / 20 - 0.25), 1e-5);
}

/* Without scale, large values stay what they are. */
static void
test_large_values(cs_env *env)
{
	static const float large[] = {1e13f, 3e13f, 5e13f, 9e13f};
	cs_prep    *p = fit_number(env, large, 4, cs_options_new(env, cs_transform_params), CS_SCALE_NONE, true, 0);

	CHECK_NEAR(point_of(p, 9e13f) - point_of(p, 1e13f), 8e13, 1e7);
}

/* ---- steps ---- */

static void
test_logs(cs_env *env)
{
	cs_prep    *p = fit_ten(env, "log", CS_LOG_LOG1P, CS_SCALE_NONE);
	double		mean = 0;

	for (int i = 0; i < TEN; i++)
		mean += log1p((double) ten[i]) / TEN;
	for (int i = 0; i < TEN; i++)
	{
		CHECK_NEAR(point_of(p, ten[i]), log1p((double) ten[i]) - mean, 1e-6);
		CHECK_NEAR(cs_feature_original(&p->f[0], 0, point_of(p, ten[i])), (double) ten[i], 1e-5);
	}
	CHECK_NEAR(point_of(p, -0.5f), log(0.5) - mean, 1e-6);
	CHECK(isnan(point_of(p, -1)) && isnan(point_of(p, -5)));
	p = fit_ten(env, "log", CS_LOG_SIGNED, CS_SCALE_NONE);
	CHECK_NEAR(point_of(p, -3) - point_of(p, 3), -2 * log(4), 1e-6);
	CHECK_NEAR(cs_feature_original(&p->f[0], 0, point_of(p, -3)), -3, 1e-5);
}

static void
test_winsor(cs_env *env)
{
	cs_options *o = cs_options_new(env, cs_transform_params);
	cs_prep    *p;

	set_winsor(o, (double[]) {0.1, 0.9});
	p = fit_number(env, ten, TEN, o, CS_SCALE_MINMAX, true, 0);

	/* bounds 1 and 6.3 */
	CHECK_NEAR(point_of(p, 9), 1, 1e-6);
	CHECK_NEAR(point_of(p, 1000), 1, 1e-6);
	CHECK_NEAR(point_of(p, -1000), 0, 1e-6);
	CHECK_NEAR(point_of(p, 6), 5 / 5.3, 1e-6);
	CHECK_NEAR(cs_feature_original(&p->f[0], 0, 1), 6.3, 1e-6);
}

/* sklearn.preprocessing.QuantileTransformer(n_quantiles=5) */
static void
test_quantile(cs_env *env)
{
	static const float at[] = {0, 1, 1.5f, 3, 3.5f, 5, 8.9f, 9, 20};
	static const double place[] = {0, 0, 0.1, 0.4, 0.5, 0.75, 0.99375, 1, 1};
	static const float ties[] = {1, 1, 1, 1, 1, 1, 2, 3, 4, 5};
	cs_prep    *p = fit_ten(env, "quantile", 5, CS_SCALE_NONE);

	for (int i = 0; i < 9; i++)
		CHECK_NEAR(point_of(p, at[i]) - point_of(p, 1), place[i], 1e-6);
	for (int i = 0; i < TEN; i++)
		CHECK_NEAR(cs_feature_original(&p->f[0], 0, point_of(p, ten[i])), (double) ten[i], 1e-5);
	/* knots 1, 1, 1, 2.75, 5 */
	p = fit_number(env, ties, 10, options_with(env, cs_transform_params, "quantile", 5), CS_SCALE_NONE, true, 0);
	CHECK_NEAR(point_of(p, 2) - point_of(p, 1), 0.6428571428571428, 1e-6);
	CHECK_NEAR(point_of(p, 1.2f) - point_of(p, 1), 0.5285714285714286, 1e-6);
	/* equal knots only */
	p = fit_number(env, ties, 5, options_with(env, cs_transform_params, "quantile", 1), CS_SCALE_NONE, true, 0);
	CHECK(p->f[0].knots == 2);
	CHECK(point_of(p, 1) == 0);
	CHECK(point_of(p, 0) == -0.5 && point_of(p, 2) == 0.5);
}

/* ---- missing values ---- */

static void
test_impute(cs_env *env)
{
	static const float some[] = {NAN, 2, NAN, 4, 9};
	static const double fill[] = {0, 5, 4, 7, 4};
	float		point[2];

	for (int how = CS_IMPUTE_MEAN; how <= CS_IMPUTE_INDICATOR; how++)
	{
		cs_options *o = options_with(env, cs_transform_params, "impute", how);
		cs_prep    *p;
		float		missing = NAN,
					nine = 9;

		o->value[cs_params_find(o->table, "value")].number = 7;
		o->value[cs_params_find(o->table, "weight")].number = 4;
		p = fit_number(env, some, 5, o, CS_SCALE_NONE, true, 0);
		CHECK(p->f[0].stats.n == 3 && p->f[0].stats.missing == 2);
		CHECK(p->f[0].fill == fill[how]);
		CHECK(p->d == (how == CS_IMPUTE_INDICATOR ? 2 : 1));

		/* centred over all rows, those imputed too; factor is the root of the weight */
		CHECK(cs_prep_row(p, &missing, point, NULL) == CS_ROW_OK);
		CHECK_NEAR((double) point[0], 2 * (fill[how] - (15 + 2 * fill[how]) / 5), 1e-5);
		CHECK(how != CS_IMPUTE_INDICATOR || point[1] == 2);
		CHECK(cs_prep_row(p, &nine, point, NULL) == CS_ROW_OK);
		CHECK(how != CS_IMPUTE_INDICATOR || point[1] == 0);
		CHECK(how != CS_IMPUTE_INDICATOR || cs_feature_original(&p->f[0], 1, 2) == 1);
	}
}

static void
test_rejects(cs_env *env)
{
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_rows    *rows = cs_rows_new(env, 2);
	float		point[2];
	int			feature = -1;

	for (int i = 0; i < 20; i++)
	{
		float	   *x = cs_rows_add(rows);

		x[0] = (float) i;
		x[1] = (float) (i * i);
	}
	p->n = 2;
	p->f = CS_NEW(env, cs_feature, 2);
	p->f[0] = cs_feature_make(env, "a", CS_NUMBER, cs_options_new(env, cs_transform_params), CS_SCALE_NONE);
	p->f[1] = cs_feature_make(env, "b", CS_NUMBER, options_with(env, cs_transform_params, "log", CS_LOG_LOG1P),
							  CS_SCALE_NONE);
	cs_prep_fit(env, p, rows, CS_NEW(env, cs_levels, 2), false);
	CHECK(cs_prep_row(p, (float[]) {1, 1}, point, &feature) == CS_ROW_OK && feature == -1);
	CHECK(cs_prep_row(p, (float[]) {NAN, 1}, point, &feature) == CS_ROW_MISSING && feature == 0);
	CHECK(cs_prep_row(p, (float[]) {1, NAN}, point, &feature) == CS_ROW_MISSING && feature == 1);
	CHECK(cs_prep_row(p, (float[]) {1, -2}, point, &feature) == CS_ROW_DOMAIN && feature == 1);
	CHECK(cs_prep_row(p, (float[]) {1, -2}, point, NULL) == CS_ROW_DOMAIN);
	p->unit_length = true;
	CHECK(cs_prep_row(p, (float[]) {3, (float) expm1(4)}, point, NULL) == CS_ROW_OK);
	CHECK_NEAR((double) point[0], 0.6, 1e-6);
	CHECK_NEAR((double) point[1], 0.8, 1e-6);
	CHECK(cs_prep_row(p, (float[]) {0, 0}, point, NULL) == CS_ROW_ZERO);
}

/* ---- far from zero ---- */

/* 1e9 + small values: single precision cannot tell them apart, with a shift it can. */
static void
test_shift(cs_env *env)
{
	double		far[50],
				mean = 0;
	float		raw[50];
	cs_prep    *p;

	for (int i = 0; i < 50; i++)
	{
		far[i] = 1e9 + i * 0.25;
		mean += far[i] / 50;
		raw[i] = (float) far[i];
	}
	p = fit_number(env, raw, 50, cs_options_new(env, cs_transform_params), CS_SCALE_ZSCORE, true, 0);
	CHECK(cs_prep_wants_shift(&p->f[0]));
	for (int i = 0; i < 50; i++)
		raw[i] = (float) (far[i] - mean);
	p = fit_number(env, raw, 50, cs_options_new(env, cs_transform_params), CS_SCALE_ZSCORE, true, mean);
	CHECK(!cs_prep_wants_shift(&p->f[0]));
	CHECK_NEAR(p->f[0].stats.mean, mean, 1e-5);
	CHECK_NEAR(p->f[0].stats.min, 1e9, 1e-5);
	CHECK_NEAR(p->f[0].stats.sd, 0.25 * sqrt((50.0 * 50 - 1) / 12), 1e-6);
	for (int i = 0; i < 50; i++)
		CHECK_NEAR(point_of(p, raw[i]), (far[i] - mean) / p->f[0].stats.sd, 1e-5);
	CHECK(!cs_prep_wants_shift(&fit_ten(env, NULL, 0, CS_SCALE_ZSCORE)->f[0]));
}

/* ---- training statistics ---- */

static void
test_statistics(cs_env *env)
{
	size_t		n = 3 * CS_BLOCK_ROWS + 17;
	float	   *v = draw_rows(env, n, 1, 5, draw_real);
	cs_prep    *p = fit_number(env, v, n, cs_options_new(env, cs_transform_params), CS_SCALE_ZSCORE, true, 0);
	const cs_feature_stats *s = &p->f[0].stats;
	double		mean = 0,
				square = 0,
				shares = 0;

	for (size_t i = 0; i < n; i++)
		mean += (double) v[i] / (double) n;
	for (size_t i = 0; i < n; i++)
		square += ((double) v[i] - mean) * ((double) v[i] - mean) / (double) n;
	CHECK_NEAR(s->mean, mean, 1e-12);
	CHECK_NEAR(s->sd, sqrt(square), 1e-12);
	for (int b = 0; b < CS_BINS; b++)
	{
		CHECK_NEAR(s->share[b], 0.1, 0.001);
		shares += s->share[b];
	}
	CHECK_NEAR(shares, 1, 1e-9);
	CHECK_NEAR(s->cut[4], 0, 0.05);
	CHECK(s->min >= -1 && s->max <= 1 && s->n == (double) n);
}

/* ---- categories ---- */

/* Codes 0 .. 4 of b, a, d, c, e, as often as 2, 2, 5, 1, 1. */
static cs_prep *
fit_category(cs_env *env, int max_levels, int impute, cs_rows **rows)
{
	static char *texts[] = {(char *) "b", (char *) "a", (char *) "d", (char *) "c", (char *) "e"};
	static const float code[] = {0, 1, 2, 2, 0, 3, 2, NAN, 4, 1, 2, 2};
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_levels  *levels = CS_NEW(env, cs_levels, 1);
	cs_options *o = options_with(env, cs_transform_params, "max_levels", max_levels);

	o->value[cs_params_find(o->table, "impute")].number = impute;
	o->value[cs_params_find(o->table, "weight")].number = 9;
	*levels = (cs_levels) {5, texts, CS_NEW(env, double, 5)};
	*rows = cs_rows_new(env, 1);
	for (int i = 0; i < 12; i++)
	{
		*cs_rows_add(*rows) = code[i];
		if (!isnan(code[i]))
			levels->count[(int) code[i]]++;
	}
	p->n = 1;
	p->f = CS_NEW(env, cs_feature, 1);
	p->f[0] = cs_feature_make(env, "channel", CS_CATEGORY, o, CS_SCALE_ZSCORE);
	cs_prep_fit(env, p, *rows, levels, true);
	return p;
}

/* Which coordinate is set, -1 for none, -2 for a row without point. */
static int
coordinate_of(const cs_prep *p, float code)
{
	float		point[8];
	int			at = -1;

	if (cs_prep_row(p, &code, point, NULL) != CS_ROW_OK)
		return -2;
	for (int c = 0; c < p->d; c++)
	{
		CHECK(point[c] == 0 || point[c] == 3);
		if (point[c] == 3)
			at = at == -1 ? c : -3;
	}
	return at;
}

static void
test_category(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = fit_category(env, 20, CS_IMPUTE_REJECT, &rows);
	cs_feature *f = &p->f[0];

	/* by count, then name */
	CHECK(f->levels == 5 && p->d == 5 && !f->other && !f->missing_level);
	CHECK(strcmp(f->level[0], "d") == 0 && strcmp(f->level[1], "a") == 0 && strcmp(f->level[2], "b") == 0);
	CHECK(strcmp(f->level[3], "c") == 0 && strcmp(f->level[4], "e") == 0);
	CHECK_NEAR(f->level_share[0], 5.0 / 12, 1e-12);
	CHECK(f->stats.n == 11 && f->stats.missing == 1);
	/* codes in the rows were rewritten */
	CHECK(*cs_rows_at(rows, 0) == 2 && *cs_rows_at(rows, 2) == 0 && isnan(*cs_rows_at(rows, 7)));
	CHECK(cs_feature_code(f, "a", 1) == 1 && cs_feature_code(f, "ab", 2) == CS_UNSEEN);
	CHECK(cs_feature_code(f, "abc", 1) == 1);
	CHECK(coordinate_of(p, 3) == 3 && coordinate_of(p, CS_UNSEEN) == -1 && coordinate_of(p, NAN) == -2);
	CHECK(strcmp(cs_feature_coordinate(env, f, 0), "channel=d") == 0);
	CHECK(cs_feature_original(f, 2, 3) == 1);
}

static void
test_other_levels(cs_env *env)
{
	cs_rows    *rows;
	cs_prep    *p = fit_category(env, 2, CS_IMPUTE_INDICATOR, &rows);
	cs_feature *f = &p->f[0];

	CHECK(f->levels == 2 && f->other && f->missing_level && p->d == 4);
	CHECK_NEAR(f->level_share[2], 4.0 / 12, 1e-12);
	CHECK(coordinate_of(p, cs_feature_code(f, "d", 1)) == 0);
	CHECK(coordinate_of(p, cs_feature_code(f, "c", 1)) == 2);
	CHECK(coordinate_of(p, *cs_rows_at(rows, 5)) == 2);
	CHECK(coordinate_of(p, NAN) == 3);
	CHECK(strcmp(cs_feature_coordinate(env, f, 2), "channel=(other)") == 0);
	CHECK(strcmp(cs_feature_coordinate(env, f, 3), "channel=(missing)") == 0);
}

/* ---- saving ---- */

/* Five numbers and two categories, all options at random. */
static cs_prep *
random_prep(cs_env *env, cs_rng *rng)
{
	static char *texts[] = {(char *) "x", (char *) "y", (char *) "z"};
	static double bounds[] = {0.05, 0.95};
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_rows    *rows = cs_rows_new(env, 7);
	cs_levels  *levels = CS_NEW(env, cs_levels, 7);

	p->n = 7;
	p->f = CS_NEW(env, cs_feature, 7);
	p->unit_length = cs_rng_below(rng, 2);
	for (int f = 0; f < 7; f++)
	{
		cs_options *o = options_with(env, cs_transform_params, "weight", 0.1 + cs_rng_unit(rng));

		o->value[cs_params_find(o->table, "impute")].number =
			f < 5 ? (double) (1 + cs_rng_below(rng, 4)) : CS_IMPUTE_INDICATOR;
		o->value[cs_params_find(o->table, "log")].number = (double) cs_rng_below(rng, 3);
		o->value[cs_params_find(o->table, "quantile")].number = (double) (cs_rng_below(rng, 2) * cs_rng_below(rng, 40));
		o->value[cs_params_find(o->table, "scale")].number = (double) cs_rng_below(rng, 5);
		o->value[cs_params_find(o->table, "max_levels")].number = (double) (1 + cs_rng_below(rng, 4));
		if (cs_rng_below(rng, 2) && f < 5)
			set_winsor(o, bounds);
		p->f[f] = cs_feature_make(env, cs_text(env, "f%d", f), f < 5 ? CS_NUMBER : CS_CATEGORY, o, CS_SCALE_ZSCORE);
		if (f >= 5)
			levels[f] = (cs_levels) {3, texts, CS_NEW(env, double, 3)};
	}
	p->f[1].shift = 1e6;
	for (int i = 0; i < 200; i++)
	{
		float	   *x = cs_rows_add(rows);

		for (int f = 0; f < 7; f++)
		{
			x[f] = f < 5 ? 10 + 10 * draw_real(rng) : (float) cs_rng_below(rng, 3);
			if (cs_rng_below(rng, 10) == 0)
				x[f] = NAN;
			else if (f >= 5)
				levels[f].count[(int) x[f]]++;
		}
	}
	cs_prep_fit(env, p, rows, levels, cs_rng_below(rng, 2));
	return p;
}

static unsigned char *
save(cs_env *env, const cs_prep *p, size_t *len)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_prep_save(env, p, &w);
	cs_end(&w);
	return cs_writer_finish(&w, len);
}

static void
check_same(cs_env *env, const cs_prep *p, const cs_prep *q, cs_rng *rng)
{
	float	   *a = CS_NEW(env, float, (size_t) p->d),
			   *b = CS_NEW(env, float, (size_t) p->d);
	bool		same = p->d == q->d && p->n == q->n;

	for (int i = 0; i < 100 && same; i++)
	{
		float		raw[7];

		for (int f = 0; f < 7; f++)
		{
			raw[f] = f < 5 ? 50 * draw_real(rng) : (float) cs_rng_below(rng, 5) - 1;
			if (cs_rng_below(rng, 5) == 0)
				raw[f] = NAN;
		}
		memset(a, 0, sizeof(float) * (size_t) p->d);
		memset(b, 0, sizeof(float) * (size_t) p->d);
		same = cs_prep_row(p, raw, a, NULL) == cs_prep_row(q, raw, b, NULL) &&
			memcmp(a, b, sizeof(float) * (size_t) p->d) == 0;
	}
	CHECK(same);
	for (int f = 0; f < p->n && same; f++)
		for (int c = 0; c < p->f[f].width; c++)
		{
			CHECK(cs_feature_original(&p->f[f], c, 0.7) == cs_feature_original(&q->f[f], c, 0.7));
			CHECK(strcmp(cs_feature_coordinate(env, &p->f[f], c), cs_feature_coordinate(env, &q->f[f], c)) == 0);
		}
}

/* Loaded and saved again: the same bytes; loaded and used: the same points. */
static void
test_save_and_load(cs_env *env)
{
	cs_rng		rng;

	cs_rng_init(&rng, 99, 1);
	for (int i = 0; i < 40; i++)
	{
		cs_prep    *p = random_prep(env, &rng),
				   *q;
		size_t		len,
					again;
		unsigned char *bytes = save(env, p, &len),
				   *twice;

		CHECK(cs_doc_check(bytes, len) == NULL);
		q = cs_prep_load(env, cs_doc_root(bytes));
		check_same(env, p, q, &rng);
		twice = save(env, q, &again);
		CHECK(len == again && memcmp(bytes, twice, len) == 0);
	}
}

/* ---- errors ---- */

static void
wrong_winsor(cs_env *env)
{
	cs_options *o = cs_options_new(env, cs_transform_params);

	set_winsor(o, (double[]) {0.9, 0.1});
	fit_number(env, ten, TEN, o, CS_SCALE_NONE, true, 0);
}

static void
log_of_category(cs_env *env)
{
	cs_feature_make(env, "channel", CS_CATEGORY, options_with(env, cs_transform_params, "log", CS_LOG_LOG1P), CS_SCALE_ZSCORE);
}

static void
mean_of_category(cs_env *env)
{
	cs_rows    *rows;

	fit_category(env, 20, CS_IMPUTE_MEAN, &rows);
}

static void
no_values(cs_env *env)
{
	fit_number(env, (float[]) {NAN, NAN}, 2, options_with(env, cs_transform_params, "impute", CS_IMPUTE_MEDIAN),
			   CS_SCALE_NONE, true, 0);
}

static void
log_of_minus_one(cs_env *env)
{
	fit_number(env, (float[]) {1, -1}, 2, options_with(env, cs_transform_params, "log", CS_LOG_LOG1P),
			   CS_SCALE_NONE, true, 0);
}

static void
test_errors(cs_env *env)
{
	CHECK_FAILS(env, wrong_winsor, CS_E_PARAM, "transform \"winsor\" of feature \"x\" is not a pair of quantiles");
	CHECK_FAILS(env, log_of_category, CS_E_PARAM, "transform \"log\" does not apply to feature \"channel\"");
	CHECK_FAILS(env, mean_of_category, CS_E_PARAM, "feature \"channel\" is a category and has no mean");
	CHECK_FAILS(env, no_values, CS_E_DATA, "feature \"x\" has no values");
	CHECK_FAILS(env, log_of_minus_one, CS_E_DATA, "feature \"x\" has values of -1 or less");
}

TESTS(test_scales, test_not_centred, test_weight, test_constant, test_robust_without_quartiles, test_large_values,
	  test_logs, test_winsor, test_quantile, test_impute, test_rejects, test_shift, test_statistics, test_category,
	  test_other_levels, test_save_and_load, test_errors)
