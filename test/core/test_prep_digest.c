/*
 * test_prep_digest.c - features fitted to distinct points with counts are those that
 * cs_prep_fit() makes of all the rows.
 */
#include "core/prep/prep_digest.h"
#include "harness.h"
#include "points.h"

#define ROWS 997
#define D 3

/* Whole numbers with many repetitions; a column far from zero; a constant one. */
static void
make_row(cs_rng *rng, double *row)
{
	row[0] = (double) cs_rng_below(rng, 12) * (double) cs_rng_below(rng, 4);
	row[1] = 100 + (double) cs_rng_below(rng, 3);
	row[2] = 7;
}

static char *const names[D] = {"a", "b", "c"};

static cs_prep *
of_rows(cs_env *env, int scale, bool unit_length)
{
	cs_rows    *rows = cs_rows_new(env, D);
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_rng		rng;

	cs_rng_init(&rng, 3, 3);
	for (int i = 0; i < ROWS; i++)
	{
		double		row[D];
		float	   *to = cs_rows_add(rows);

		make_row(&rng, row);
		for (int f = 0; f < D; f++)
			to[f] = (float) row[f];
	}
	p->n = D;
	p->unit_length = unit_length;
	p->f = CS_NEW(env, cs_feature, D);
	for (int f = 0; f < D; f++)
		p->f[f] = cs_feature_make(env, names[f], CS_NUMBER, cs_options_new(env, cs_transform_params), scale);
	cs_prep_fit(env, p, rows, CS_NEW(env, cs_levels, D), !unit_length);
	cs_rows_free(rows);
	return p;
}

static cs_prep *
of_digest(cs_env *env, int scale, bool unit_length)
{
	cs_digest  *dg = cs_digest_new(env, 1 << 20, 1);
	cs_rng		rng;

	cs_rng_init(&rng, 3, 3);
	cs_digest_width(dg, D);
	for (int i = 0; i < ROWS; i++)
	{
		double		row[D];

		make_row(&rng, row);
		cs_digest_add(dg, row);
	}
	cs_digest_sort(dg);
	CHECK(dg->n < 100);
	return cs_prep_of_digest(env, dg, names, scale, unit_length, unit_length ? CS_CENTRE_NONE : CS_CENTRE_MEAN);
}

static void
check_scale(cs_env *env, int scale, bool unit_length)
{
	cs_prep    *a = of_rows(env, scale, unit_length),
			   *b = of_digest(env, scale, unit_length);

	CHECK(b->n == D && b->d == D && b->unit_length == unit_length);
	for (int i = 0; i < D; i++)
	{
		const cs_feature *x = &a->f[i],
				   *y = &b->f[i];

		CHECK(strcmp(x->name, y->name) == 0 && y->kind == CS_NUMBER && y->at == i && y->width == 1);
		CHECK_NEAR(x->center, y->center, 1e-12 * fabs(x->center));
		CHECK_NEAR(x->factor, y->factor, 1e-12 * fabs(x->factor));
		CHECK(x->stats.n == y->stats.n && y->stats.missing == 0);
		CHECK_NEAR(x->stats.mean, y->stats.mean, 1e-12 * fabs(x->stats.mean));
		CHECK_NEAR(x->stats.sd, y->stats.sd, 1e-12 * fabs(x->stats.sd));
		CHECK(x->stats.min == y->stats.min && x->stats.max == y->stats.max && x->stats.median == y->stats.median);
		for (int q = 0; q < CS_BINS - 1; q++)
			CHECK(x->stats.cut[q] == y->stats.cut[q]);
		for (int q = 0; q < CS_BINS; q++)
			CHECK_NEAR(x->stats.share[q], y->stats.share[q], 1e-12);
	}
}

static void
test_scales(cs_env *env)
{
	check_scale(env, CS_SCALE_NONE, false);
	check_scale(env, CS_SCALE_NONE, true);
	check_scale(env, CS_SCALE_ZSCORE, false);
	check_scale(env, CS_SCALE_MINMAX, false);
	check_scale(env, CS_SCALE_ROBUST, false);
}

/* Times in seconds since 1970: single precision alone would tell minutes apart. */
static void
test_far_from_zero(cs_env *env)
{
	cs_digest  *dg = cs_digest_new(env, 1 << 20, 1);
	cs_prep    *p;
	float		raw,
				low,
				high;

	cs_digest_width(dg, 1);
	for (int i = 0; i < 100; i++)
		cs_digest_add(dg, &(double) {1.7e9 + i});
	cs_digest_sort(dg);
	p = cs_prep_of_digest(env, dg, names, CS_SCALE_NONE, false, CS_CENTRE_MEAN);
	cs_prep_raw(p, &(double) {1.7e9 + 3}, &raw);
	CHECK(cs_prep_row(p, &raw, &low, NULL) == CS_ROW_OK);
	cs_prep_raw(p, &(double) {1.7e9 + 4}, &raw);
	CHECK(cs_prep_row(p, &raw, &high, NULL) == CS_ROW_OK);
	CHECK(high - low == 1);
}

TESTS(test_scales, test_far_from_zero)
