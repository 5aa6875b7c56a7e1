/*
 * test_text.c - texts as features: weights, directions, ratings, and text models from
 * an unknown hand.
 *
 * Reference values: scikit-learn 1.9.1 on the counts below, terms of one row left out:
 * TfidfTransformer(sublinear_tf=True), TruncatedSVD(3, algorithm="arpack") with the largest
 * element of each direction made positive, Ridge(alpha=1).
 */
#include "core/prep/text.h"
#include "core/prep/prep.h"
#include "harness.h"

#define ROWS 12
#define TERMS 8

/* In the order of the host, which is not that of the names. */
static char *const names[TERMS] = {"g", "a", "b", "c", "d", "e", "f", "once"};
static const int of_name[TERMS] = {6, 0, 1, 2, 3, 4, 5, 7};

static const int count[ROWS][TERMS] = {
	{3, 0, 1, 2, 0, 0, 0, 0}, {3, 1, 0, 1, 0, 1, 2, 0}, {0, 0, 1, 0, 0, 1, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0},
	{2, 2, 1, 0, 0, 1, 1, 0}, {4, 0, 2, 2, 0, 1, 0, 1}, {0, 1, 0, 0, 0, 2, 2, 0}, {0, 1, 1, 1, 2, 1, 0, 0},
	{1, 0, 0, 0, 0, 2, 0, 0}, {2, 1, 1, 1, 1, 1, 2, 0}, {0, 0, 0, 0, 2, 1, 1, 0}, {2, 1, 0, 1, 2, 3, 1, 0}
};
static const double rating[ROWS] = {5, 4, 1, 3, 2, 5, NAN, 4, 1, 5, 2, 3};

static const double expected[ROWS][3] = {
	{0.6785339080462935, -0.6328709487070678, 0.19813624044032094}, {0.8596598744576346, -0.10464401330938353, -0.42185042245741533},
	{0.5116069689153622, -0.15995848136165317, 0.3173721833342902}, {0, 0, 0},
	{0.8415825360032871, -0.10384785950451228, -0.30975240429630985}, {0.76553460007535, -0.5950142909619776, 0.2248375106443301},
	{0.6361999489791712, 0.4341193930709494, -0.5261207839223699}, {0.6744973932778667, 0.35081954386042347, 0.5811657639324368},
	{0.6774996348048625, -0.18083180360054263, -0.18214191641685928}, {0.9590555843880264, 0.09638309552726715, -0.00939275021421243},
	{0.5497026583862243, 0.7299037473651928, 0.2757450798224219}, {0.9034182959562342, 0.28796428596920376, 0.08628549417256937}
};
static const double predicted[ROWS] = {4.380703024180959, 3.6258977058015875, 2.1485795515521495, 2.8314265377043464,
	3.0324756289795345, 3.901715552598425, 2.2875966041555387, 3.3391949204728895, 2.145861749825385, 3.6389291747427293,
2.7093042486086722, 3.2459119055333203};

static cs_documents *
documents(cs_env *env)
{
	cs_documents *d = cs_documents_new(env);

	for (int i = 0; i < ROWS; i++)
	{
		uint32_t	term[64];
		size_t		n = 0;

		/* host numbers: term t of the reference has name of_name[t] */
		for (int round = 0; round < 4; round++)
			for (int t = TERMS - 1; t >= 0; t--)
				if (round < count[i][t])
					for (uint32_t h = 0; h < TERMS; h++)
						if (of_name[h] == t)
							term[n++] = h;
		CHECK(cs_documents_add(d, term, n, rating[i]) == (uint32_t) i);
	}
	return d;
}

static cs_text_model *
request(cs_env *env, int dimensions, int max_terms, bool rated)
{
	cs_text_model *t = CS_NEW(env, cs_text_model, 1);

	t->config = cs_strdup(env, "pg_catalog.simple");
	t->dimensions = dimensions;
	t->max_terms = max_terms;
	t->min_rows = 2;
	t->rated = rated;
	return t;
}

/* All rows in order, behind one that is NULL. */
static cs_corpus *
fit(cs_env *env, cs_text_model *t)
{
	uint32_t	row[ROWS + 1] = {CS_NO_TEXT};

	for (uint32_t i = 0; i < ROWS; i++)
		row[i + 1] = i;
	return cs_text_fit(env, t, documents(env), row, ROWS + 1, names, TERMS, "review");
}

/* Reference term t, by its name. */
static uint32_t
number_of(const cs_text_model *m, int t)
{
	for (int h = 0; h < TERMS; h++)
		if (of_name[h] == t)
			return (uint32_t) cs_text_find(m, names[h], strlen(names[h]));
	return 0;
}

static void
test_reference(cs_env *env)
{
	cs_text_model *t = request(env, 3, 5000, true);
	cs_corpus  *c;
	double		out[5],
				again[5],
				weight[64];
	uint32_t	term[64];
	size_t		n;

	t->missing = true;
	c = fit(env, t);
	CHECK(t->terms == 7);
	CHECK_NEAR(t->idf[0], 1.4855078157817008, 1e-14);	/* a */
	CHECK_NEAR(t->idf[5], 1.1670540846631663, 1e-14);	/* f */
	CHECK_NEAR(t->explained, 0.8253758074883109, 1e-9);
	for (int i = 0; i < ROWS; i++)
	{
		cs_corpus_coordinates(t, c, (size_t) i + 1, out);
		for (int j = 0; j < 3; j++)
			CHECK_NEAR(out[j], expected[i][j], 1e-9);
		CHECK_NEAR(out[3], predicted[i], 1e-9);
		CHECK(out[4] == 0);

		/* a text that comes later gives the same bits, whatever the order of its terms */
		n = 0;
		for (int k = 0; k < TERMS - 1; k++)
			for (int r = 0; r < count[i][k]; r++)
				term[n++] = number_of(t, k);
		for (size_t k = 0; k < n / 2; k++)
		{
			uint32_t	held = term[k];

			term[k] = term[n - 1 - k];
			term[n - 1 - k] = held;
		}
		cs_text_coordinates(t, term, n, weight, again);
		CHECK(memcmp(out, again, sizeof(out)) == 0);
	}
	CHECK(cs_text_no_coordinates(t, out));
	CHECK(out[0] == 0 && out[2] == 0 && out[4] == 1);
	CHECK_NEAR(out[3], 2.8314265377043464, 1e-9);
	t->missing = false;
	CHECK(!cs_text_no_coordinates(t, out));
}

static void
test_terms(cs_env *env)
{
	cs_text_model *t = request(env, 2, 3, false);

	/* counts: a 17, f 13, g 9 */
	fit(env, t);
	CHECK(t->terms == 3);
	CHECK(strcmp(t->term[0], "a") == 0 && strcmp(t->term[1], "f") == 0 && strcmp(t->term[2], "g") == 0);
	CHECK(cs_text_find(t, "a", 1) == 0 && cs_text_find(t, "g", 1) == 2);
	CHECK(cs_text_find(t, "once", 4) == -1 && cs_text_find(t, "", 0) == -1 && cs_text_find(t, "ga", 2) == -1);
	CHECK(cs_text_find(t, "gone", 1) == 2);
}

/* More dimensions than terms: the rest is zero. */
static void
test_few_terms(cs_env *env)
{
	cs_text_model *t = request(env, 20, 2, false);
	cs_corpus  *c = fit(env, t);
	double		out[20],
				square = 0;

	CHECK_NEAR(t->explained, 1, 1e-12);
	cs_corpus_coordinates(t, c, 1, out);
	for (int j = 0; j < 20; j++)
	{
		square += out[j] * out[j];
		CHECK(j < 2 || out[j] == 0);
	}
	CHECK_NEAR(square, 1, 1e-12);
}

/* Documents that are dropped leave no trace. */
static void
test_keep(cs_env *env)
{
	cs_documents *d = documents(env);
	const uint32_t keep[] = {1, 4, 11};

	cs_documents_keep(d, keep, 3);
	CHECK(d->n == 3 && d->start[0] == 0 && d->start[3] == 5 + 5 + 6 && d->entries == 16);
	CHECK(d->rating[0] == 4 && d->rating[1] == 2 && d->rating[2] == 3);
	for (int i = 0; i < 3; i++)
		for (size_t e = d->start[i]; e < d->start[i + 1]; e++)
			CHECK(d->count[e] == (uint32_t) count[keep[i]][of_name[d->term[e]]]);
}

/* ---- as part of a model value ---- */

/* Text models stand in the prep of a model: an object with a list. */
static unsigned char *
save(cs_env *env, const cs_text_model *t, size_t *len)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	cs_begin_list(&w, NULL);
	cs_text_save(t, &w);
	cs_end(&w);
	return cs_writer_finish(&w, len);
}

static cs_text_model *
load(cs_env *env, const unsigned char *bytes)
{
	cs_value	list = cs_doc_root(bytes),
				key;
	const unsigned char *at = list.data;

	return cs_text_load(env, cs_value_next(list, &at, &key));
}

static void
test_save_and_load(cs_env *env)
{
	for (int rated = 0; rated < 2; rated++)
	{
		cs_text_model *t = request(env, 3, 5000, rated),
				   *u;
		size_t		len,
					again;
		unsigned char *bytes,
				   *twice;

		fit(env, t);
		bytes = save(env, t, &len);
		u = load(env, bytes);
		twice = save(env, u, &again);
		CHECK(len == again && memcmp(bytes, twice, len) == 0);
		CHECK(cs_text_same(t, u));
		u->projection[3] += 1e-9;
		CHECK(!cs_text_same(t, u));
	}
}

typedef void (*damage_fn) (cs_text_model *t);

static void
reload(cs_env *env, damage_fn damage)
{
	cs_text_model *t = request(env, 3, 5000, true);
	size_t		len;

	fit(env, t);
	damage(t);
	load(env, save(env, t, &len));
}

static void
twins(cs_text_model *t)
{
	t->term[1] = t->term[0];
}

static void
huge_idf(cs_text_model *t)
{
	t->idf[2] = 1e300;
}

static void
huge_direction(cs_text_model *t)
{
	t->projection[2] = -1e300;
}

static void
huge_slope(cs_text_model *t)
{
	t->slope[2] = 1e300;
}

static void
no_dimensions(cs_text_model *t)
{
	t->dimensions = 0;
}

static void
no_terms(cs_text_model *t)
{
	t->terms = 0;
}

static void with_twins(cs_env *env) { reload(env, twins); }
static void with_huge_idf(cs_env *env) { reload(env, huge_idf); }
static void with_huge_direction(cs_env *env) { reload(env, huge_direction); }
static void with_huge_slope(cs_env *env) { reload(env, huge_slope); }
static void with_no_dimensions(cs_env *env) { reload(env, no_dimensions); }
static void with_no_terms(cs_env *env) { reload(env, no_terms); }

static void
nothing_in_common(cs_env *env)
{
	cs_text_model *t = request(env, 3, 5000, false);

	t->min_rows = ROWS + 1;
	fit(env, t);
}

static void
no_ratings(cs_env *env)
{
	cs_text_model *t = request(env, 3, 5000, true);
	uint32_t	row[2] = {6, 6};	/* two rows of the document without */

	cs_text_fit(env, t, documents(env), row, 2, names, TERMS, "review");
}

static void
too_large(cs_env *env)
{
	cs_options *o = cs_options_new(env, cs_transform_params);
	cs_text_model t = {0};

	o->value[cs_params_find(o->table, "dimensions")].number = 256;
	o->value[cs_params_find(o->table, "max_terms")].number = 50000;
	cs_text_request(env, "review", o, &t);
}

static void
test_errors(cs_env *env)
{
	CHECK_FAILS(env, with_twins, CS_E_DATA, "damaged");
	CHECK_FAILS(env, with_huge_idf, CS_E_DATA, "damaged");
	CHECK_FAILS(env, with_huge_direction, CS_E_DATA, "damaged");
	CHECK_FAILS(env, with_huge_slope, CS_E_DATA, "damaged");
	CHECK_FAILS(env, with_no_dimensions, CS_E_DATA, "damaged");
	CHECK_FAILS(env, with_no_terms, CS_E_DATA, "damaged");
	CHECK_FAILS(env, nothing_in_common, CS_E_DATA, "texts of feature \"review\" have no terms in common");
	CHECK_FAILS(env, no_ratings, CS_E_DATA, "there are no ratings for the texts of feature \"review\"");
	CHECK_FAILS(env, too_large, CS_E_PARAM, "the model of text \"review\" would be too large");
}

TESTS(test_reference, test_terms, test_few_terms, test_keep, test_save_and_load, test_errors)
