/*
 * test_rfm.c - score boxes: cuts, ties, modes, names.
 */
#include "attempt.h"
#include "core/cluster/algorithms.h"
#include "harness.h"
#include "points.h"

/* Three arrays of n values as rows. */
static cs_matrix *
customers(cs_env *env, size_t n, const float *recency, const float *frequency, const float *monetary)
{
	cs_matrix  *x = cs_matrix_new(env, n, 3);

	for (size_t i = 0; i < n; i++)
		cs_matrix_set_row(x, i, (float[]) {recency[i], frequency[i], monetary[i]});
	return x;
}

static cs_fit
fitted(cs_env *env, const cs_matrix *x, const cs_options *o)
{
	cs_fit		fit = {.algorithm = &cs_rfm};
	cs_fit_args args = {.x = x, .options = o};
	cs_team		team = solo(env, 0);

	cs_rfm.fit(env, &team, &args, &fit);
	return fit;
}

/* The object "fit" of its model value. */
static cs_value
saved(cs_env *env, const cs_fit *fit)
{
	cs_writer	w;
	size_t		len;
	unsigned char *bytes;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_fit_save(env, fit, &w);
	cs_end(&w);
	bytes = cs_writer_finish(&w, &len);
	CHECK(cs_doc_check(bytes, len) == NULL);
	return cs_value_get(cs_doc_root(bytes), "fit");
}

static const char *
group_of(const cs_scorer *s, float recency, float frequency, float monetary)
{
	float		row[3] = {recency, frequency, monetary};
	int			label = s->algorithm->label(s, row, NULL);

	CHECK(label >= 0 && label < s->k);
	CHECK(s->algorithm->nearest(s, row, NULL).label == label);
	return s->algorithm->cluster_name(s, label);
}

static void
set_matrix(cs_options *o, const char *name, double *cell, int rows, int cols)
{
	cs_option  *v = &o->value[cs_params_find(o->table, name)];

	*v = (cs_option) {.set = true, .cell = cell, .rows = rows, .cols = cols};
}

static cs_options *
fixed_mode(cs_env *env, double *thresholds, int bins)
{
	cs_options *o = options_with(env, cs_rfm.params, "mode", 1);

	o->value[cs_params_find(o->table, "bins")].number = bins;
	set_matrix(o, "thresholds", thresholds, 3, bins - 1);
	return o;
}

/* ---- cuts and scores ---- */

/* 60 customers with 1 order, 20 with 2, 10 with 3, 6 with 4, 4 with 10. */
static void
tied_orders(float *orders)
{
	static const int many[] = {60, 20, 10, 6, 4};
	static const float value[] = {1, 2, 3, 4, 10};

	for (int v = 0, i = 0; v < 5; v++)
		for (int c = 0; c < many[v]; c++)
			orders[i++] = value[v];
}

/*
 * By the definition (cuts are values at shares j / 5 of the rows, duplicates kept;
 * score = 1 + cuts below the value) the cuts are 1, 1, 1, 2 and the scores of 1, 2,
 * 3, 4, 10 are 1, 4, 5, 5, 5: three of five scores occur.  ntile(5) would give
 * customers with one order the scores 1, 2 and 3.
 */
static void
test_ties(cs_env *env)
{
	static const float value[] = {1, 2, 3, 4, 10};
	static const int score[] = {1, 4, 5, 5, 5};
	float		orders[100],
				other[100];
	cs_value	fit;
	cs_fit		f;
	double	   *cut;
	int		   *effective;

	tied_orders(orders);
	for (int i = 0; i < 100; i++)
		other[i] = (float) (i * 37 % 100);
	f = fitted(env, customers(env, 100, other, orders, other), cs_options_new(env, cs_rfm.params));
	fit = saved(env, &f);
	cut = cs_need_numbers(env, fit, "frequency_cuts", 4);
	CHECK(cut[0] == 1 && cut[1] == 1 && cut[2] == 1 && cut[3] == 2);
	for (int v = 0; v < 5; v++)
		CHECK(1 + (cut[0] < value[v]) + (cut[1] < value[v]) + (cut[2] < value[v]) + (cut[3] < value[v]) == score[v]);
	effective = cs_need_ints(env, fit, "effective_bins", 3, 1, 5);
	CHECK(effective[0] == 5 && effective[1] == 3 && effective[2] == 5);
	for (int v = 0; v < 5; v++)
		if (cs_rfm.explain)
			CHECK(strcmp(cs_rfm.explain(env, cs_scorer_of_fit(env, &f), (float[]) {0, value[v], 0}, 1),
						 cs_text(env, "score %d of 5", score[v])) == 0);
}

/* 100 different values each way: fifths, small recency is good. */
static void
test_fifths(cs_env *env)
{
	float		recency[100],
				value[100];
	cs_scorer  *s;
	cs_fit		fit;

	for (int i = 0; i < 100; i++)
	{
		recency[i] = (float) (i + 1);
		value[i] = (float) (100 - i);
	}
	fit = fitted(env, customers(env, 100, recency, value, value), cs_options_new(env, cs_rfm.params));
	s = cs_scorer_of_fit(env, &fit);
	CHECK(strcmp(group_of(s, 1, 100, 100), "Champions") == 0);
	CHECK(strcmp(group_of(s, 20, 81, 81), "Champions") == 0);
	CHECK(strcmp(group_of(s, 21, 81, 81), "Loyal") == 0);
	CHECK(strcmp(group_of(s, 60, 100, 100), "Loyal") == 0);
	CHECK(strcmp(group_of(s, 61, 100, 100), "Previously loyal") == 0);
	CHECK(strcmp(group_of(s, 100, 100, 100), "Previously loyal") == 0);
	CHECK(strcmp(group_of(s, 100, 50, 50), "At risk") == 0);
	CHECK(strcmp(group_of(s, 100, 1, 1), "Dormant") == 0);
	CHECK(strcmp(group_of(s, 80, 1, 1), "Almost lost") == 0);
	CHECK(strcmp(group_of(s, 50, 50, 50), "Needs attention") == 0);
	CHECK(strcmp(group_of(s, 50, 1, 1), "Promising") == 0);
	CHECK(strcmp(group_of(s, 30, 50, 50), "Active") == 0);
	CHECK(strcmp(group_of(s, 10, 50, 50), "Active") == 0);
	CHECK(strcmp(group_of(s, 10, 1, 1), "New") == 0);
	/* beyond all that was seen, and without any order */
	CHECK(strcmp(group_of(s, 1e6f, 0.5f, -3), "Dormant") == 0);
	CHECK(strcmp(group_of(s, 0, 1e6f, 1e9f), "Champions") == 0);
	CHECK(strcmp(group_of(s, 3, 0, 0), "Prospects") == 0);
	CHECK(strcmp(group_of(s, 3, NAN, 0), "Prospects") == 0);
}

/* Whatever the number of bins, every score has its group, and the best are Champions. */
static void
test_boxes_cover_all_scores(cs_env *env)
{
	for (int bins = 2; bins <= 10; bins++)
	{
		double		thresholds[27];
		cs_scorer  *s;
		cs_fit		fit;
		int			strays = 0;

		for (int i = 0; i < 3 * (bins - 1); i++)
			thresholds[i] = i % (bins - 1) + 1;
		fit = fitted(env, customers(env, 1, (float[]) {1}, (float[]) {1}, (float[]) {1}), fixed_mode(env, thresholds, bins));
		s = cs_scorer_of_fit(env, &fit);
		for (int r = 0; r < bins; r++)
			for (int f = 0; f < bins; f++)
				for (int m = 0; m < bins; m++)
				{
					bool		dormant = strcmp(group_of(s, (float) r + 0.5f, (float) f + 0.5f, (float) m + 0.5f),
												 "Dormant") == 0;

					/* the last box also takes what no box holds: it must not have to */
					strays += dormant && (r < bins * 4 / 5 || f + m > bins);
				}
		CHECK(strays == 0);
		CHECK(bins < 5 || strcmp(group_of(s, 0.5f, 100, 100), "Champions") == 0);
		CHECK(bins < 5 || strcmp(group_of(s, 100, 0.5f, 0.5f), "Dormant") == 0);
	}
}

/* A value at its threshold gets the better score. */
static void
test_fixed(cs_env *env)
{
	double		thresholds[] = {30, 90, 2, 5, 100, 500};
	cs_fit		fit = fitted(env, customers(env, 1, (float[]) {1}, (float[]) {1}, (float[]) {1}),
							 fixed_mode(env, thresholds, 3));
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);

	/* scores 1, 2, 3 of 3 are 1.33, 3, 4.67 of 5 */
	CHECK(strcmp(group_of(s, 30, 5, 500), "Champions") == 0);
	CHECK(strcmp(group_of(s, 30.1f, 5, 500), "Loyal") == 0);
	CHECK(strcmp(group_of(s, 90, 5, 500), "Loyal") == 0);
	CHECK(strcmp(group_of(s, 90.1f, 5, 500), "Previously loyal") == 0);
	CHECK(strcmp(group_of(s, 90, 2, 100), "Needs attention") == 0);
	CHECK(strcmp(group_of(s, 90, 1.9f, 99), "Promising") == 0);
	CHECK(strcmp(group_of(s, 91, 1.9f, 99), "Dormant") == 0);
}

/* Cuts of frequency within recency, of monetary within both: fewer empty scores. */
static void
test_nested(cs_env *env)
{
	size_t		n = 1000;
	float	   *r = draw_rows(env, n, 1, 1, draw_real),
			   *f = draw_rows(env, n, 1, 2, draw_real),
			   *m = draw_rows(env, n, 1, 3, draw_real);
	cs_value	fit;
	cs_fit		of;
	double	   *cut;

	for (size_t i = 0; i < n; i++)
	{
		/* who bought lately bought often */
		r[i] = floorf(100 + 100 * r[i]);
		f[i] = floorf(300 - r[i] + 5 * f[i]);
		m[i] = 100 + m[i];
	}
	of = fitted(env, customers(env, n, r, f, m), options_with(env, cs_rfm.params, "mode", 2));
	fit = saved(env, &of);
	cs_need_numbers(env, fit, "recency_cuts", 4);
	cut = cs_need_numbers(env, fit, "frequency_cuts", 20);
	cs_need_numbers(env, fit, "monetary_cuts", 100);
	for (int set = 0; set < 5; set++)
		for (int c = 1; c < 4; c++)
			CHECK(cut[4 * set + c] >= cut[4 * set + c - 1]);
	/* the best of the worst fifth of recency are below the worst of the best fifth */
	CHECK(cut[3] < cut[4 * 4]);
	group_of(cs_scorer_load(env, fit), 50, 250, 100);
}

/* Rows in another order, same cuts. */
static void
test_order_of_rows(cs_env *env)
{
	for (int mode = 0; mode <= 2; mode += 2)
	{
		size_t		n = 500,
					len[2];
		float	   *x = draw_rows(env, n, 3, 9, draw_real);
		unsigned char *bytes[2];

		for (int turn = 0; turn < 2; turn++)
		{
			cs_matrix  *m = cs_matrix_new(env, n, 3);
			cs_writer	w;
			cs_fit		fit;

			for (size_t i = 0; i < n; i++)
			{
				const float *v = x + 3 * (turn ? i * 7 % n : i);

				cs_matrix_set_row(m, i, (float[]) {v[0], 2 + v[1], v[2]});
			}
			fit = fitted(env, m, options_with(env, cs_rfm.params, "mode", mode));
			cs_writer_init(env, &w);
			cs_begin_object(&w, NULL);
			cs_fit_save(env, &fit, &w);
			cs_end(&w);
			bytes[turn] = cs_writer_finish(&w, &len[turn]);
		}
		CHECK(len[0] == len[1] && memcmp(bytes[0], bytes[1], len[0]) == 0);
	}
}

/* ---- names ---- */

static cs_options *
with_labels(cs_env *env, char **key, char **text, int n)
{
	cs_options *o = cs_options_new(env, cs_rfm.params);

	o->value[cs_params_find(o->table, "labels")] = (cs_option) {.set = true, .rows = n, .key = key, .text = text};
	return o;
}

static void
test_labels(cs_env *env)
{
	char		champions[] = "Champions",
				box[] = "5/5",
				wide[] = "1-2/1-2",
				vip[] = "VIP",
				best[] = "Best of all",
				gone[] = "Gone";
	float		v[100],
				r[100];
	cs_fit		fit;
	cs_scorer  *s;

	for (int i = 0; i < 100; i++)
	{
		v[i] = (float) (i + 1);
		r[i] = (float) (100 - i);
	}
	fit = fitted(env, customers(env, 100, r, v, v),
				 with_labels(env, (char *[]) {champions, box, wide}, (char *[]) {vip, best, gone}, 3));
	s = cs_scorer_of_fit(env, &fit);
	/* the smallest box that holds a row */
	CHECK(strcmp(group_of(s, 1, 100, 100), "Best of all") == 0);
	CHECK(strcmp(group_of(s, 1, 100, 61), "VIP") == 0);
	CHECK(strcmp(group_of(s, 100, 1, 1), "Dormant") == 0);
	CHECK(strcmp(group_of(s, 90, 20, 20), "Gone") != 0);
	CHECK(fit.k == s->k && s->k == 13);
}

/* ---- errors ---- */

static void
bad_label(cs_env *env, void *arg)
{
	char		text[] = "x";

	fitted(env, customers(env, 1, (float[]) {1}, (float[]) {1}, (float[]) {1}),
		   with_labels(env, (char *[]) {arg}, (char *[]) {text}, 1));
}

static void
two_features(cs_env *env)
{
	fitted(env, cs_matrix_new(env, 5, 2), cs_options_new(env, cs_rfm.params));
}

static void
no_thresholds(cs_env *env)
{
	fitted(env, cs_matrix_new(env, 5, 3), options_with(env, cs_rfm.params, "mode", 1));
}

static void
descending(cs_env *env)
{
	fitted(env, cs_matrix_new(env, 5, 3), fixed_mode(env, (double[]) {1, 2, 5, 4, 1, 2}, 3));
}

static void
test_errors(cs_env *env)
{
	static const char *const keys[] = {"Champion", "6/1", "5", "5/", "1-/2", "2-1/3", "1/2x", "0/1", "/"};
	attempt    *a = CS_NEW(env, attempt, 1);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
	{
		CHECK(!attempt_run(a, env, bad_label, (void *) keys[i]));
		CHECK(a->error == CS_E_PARAM && strstr(a->message, "unknown key") != NULL);
	}
	CHECK_FAILS(env, two_features, CS_E_PARAM, "algorithm rfm needs three numeric features");
	CHECK_FAILS(env, no_thresholds, CS_E_PARAM, "option \"thresholds\" does not fit");
	CHECK_FAILS(env, descending, CS_E_PARAM, "option \"thresholds\" is not ascending");
}

/* Nobody has bought yet: no cuts, all prospects. */
static void
test_only_prospects(cs_env *env)
{
	cs_fit		fit = fitted(env, cs_matrix_new(env, 40, 3), cs_options_new(env, cs_rfm.params));

	CHECK(strcmp(group_of(cs_scorer_of_fit(env, &fit), 0, 0, 0), "Prospects") == 0);
}

/* A block is labelled as its rows are. */
static void
test_block(cs_env *env)
{
	size_t		n = 100;
	float	   *v = draw_rows(env, n, 3, 4, draw_real);
	cs_matrix  *x = cs_matrix_from_rows(env, v, n, 3);
	cs_fit		fit = fitted(env, x, cs_options_new(env, cs_rfm.params));
	cs_scorer  *s = cs_scorer_of_fit(env, &fit);
	cs_near_block *near = cs_near_block_new(env, s->k, 3);
	cs_run		run = cs_matrix_run(x, 0, NULL);

	cs_rfm.block(s, &run, near);
	for (size_t i = 0; i < n; i++)
		CHECK(near->raw.label[i] == cs_rfm.label(s, v + 3 * i, NULL) && near->raw.label2[i] == -1);
}

TESTS(test_ties, test_fifths, test_boxes_cover_all_scores, test_fixed, test_nested, test_order_of_rows, test_labels,
	  test_errors, test_only_prospects, test_block)
