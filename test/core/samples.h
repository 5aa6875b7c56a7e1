/*
 * samples.h - small model documents of every kind, and a look at all of one.
 */
#ifndef TEST_SAMPLES_H
#define TEST_SAMPLES_H

#include "core/cluster/clusterer.h"
#include "core/prep/prep.h"
#include "harness.h"
#include "points.h"

#define SAMPLE_KINDS 9

/* A text model of sixty small texts: one coordinate and a rating; the texts as these. */
static inline cs_text_model *
sample_text(cs_env *env, int first, double out[60][2])
{
	static char *const names[] = {(char *) "slow", (char *) "fits", (char *) "large", (char *) "soft"};
	cs_text_model *t = CS_NEW(env, cs_text_model, 1);
	cs_documents *d = cs_documents_new(env);
	cs_corpus  *c;
	uint32_t	row[60];

	*t = (cs_text_model) {.config = cs_strdup(env, "pg_catalog.english"), .dimensions = 1, .max_terms = 10, .min_rows = 1,
	.rated = true, .first = first};
	for (uint32_t i = 0; i < 60; i++)
	{
		uint32_t	term[] = {i % 4, i % 3, i % 4};

		row[i] = cs_documents_add(d, term, i % 4, i % 5);
	}
	c = cs_text_fit(env, t, d, row, 60, names, 4, "review");
	for (size_t i = 0; i < 60; i++)
		cs_corpus_coordinates(t, c, i, out[i]);
	return t;
}

/* Three numbers with every transform and a category; a text, which is long, when asked for. */
static inline cs_prep *
sample_prep(cs_env *env, bool with_text)
{
	static char *texts[] = {(char *) "web", (char *) "shop", (char *) "phone", (char *) "fax"};
	cs_prep    *p = CS_NEW(env, cs_prep, 1);
	cs_rows    *rows = cs_rows_new(env, with_text ? 6 : 4);
	cs_levels	levels[6] = {{0}};
	double		count[4] = {0},
				text[60][2];
	cs_rng		rng;

	p->n = with_text ? 6 : 4;
	p->f = CS_NEW(env, cs_feature, 6);
	p->f[0] = cs_feature_make(env, "recency", CS_NUMBER, options_with(env, cs_transform_params, "log", CS_LOG_LOG1P),
							  CS_SCALE_ZSCORE);
	p->f[1] = cs_feature_make(env, "orders", CS_NUMBER, options_with(env, cs_transform_params, "quantile", 5),
							  CS_SCALE_NONE);
	p->f[2] = cs_feature_make(env, "amount", CS_NUMBER,
							  options_with(env, cs_transform_params, "impute", CS_IMPUTE_INDICATOR), CS_SCALE_ROBUST);
	p->f[3] = cs_feature_make(env, "channel", CS_CATEGORY, options_with(env, cs_transform_params, "max_levels", 2),
							  CS_SCALE_ZSCORE);
	if (with_text)
	{
		p->texts = 1;
		p->text = CS_NEW(env, cs_text_model *, 1);
		p->text[0] = sample_text(env, 4, text);
		cs_text_features(env, "review", cs_options_new(env, cs_transform_params), CS_SCALE_ZSCORE, p->text[0], &p->f[4]);
	}
	cs_rng_init(&rng, 3, 3);
	for (int i = 0; i < 60; i++)
	{
		float	   *x = cs_rows_add(rows);

		for (int j = 0; with_text && j < 2; j++)
			x[4 + j] = (float) text[i][j];
		x[0] = (float) (i % 13) * 7;
		x[1] = (float) (1 + i % 5);
		x[2] = i % 11 == 0 ? NAN : 100 + 50 * draw_real(&rng);
		x[3] = (float) (i % 7 % 4);
		count[i % 7 % 4]++;
	}
	levels[3] = (cs_levels) {4, texts, count};
	cs_prep_fit(env, p, rows, levels, true);
	return p;
}

/* A model of a few rows, with the transforms above beside it. */
static inline unsigned char *
sample_document(cs_env *env, int kind, size_t *len)
{
	static const char *const names[SAMPLE_KINDS] = {"kmeans", "bisecting_kmeans", "rfm", "kmedoids", "kprototypes", "gmm", "hierarchical",
	"dbscan", "hdbscan"};
	const cs_clusterer *c = cs_clusterer_find(names[kind]);
	float	   *rows = draw_groups(env, 60, 3, 4, 3, 5);
	cs_fit		fit = {.algorithm = c};
	cs_fit_args args = {.k = 4, .seed = 42, .options = cs_options_new(env, c->params)};
	static const cs_axis axis[3] = {{0, false, 1}, {1, true, 1}, {1, true, 1}};
	cs_team		team;
	cs_writer	w;

	/* the last two coordinates are levels, for those who care */
	args.axis = axis;
	if (kind == 3)
		args.options = options_with(env, c->params, "metric", 3);
	for (int i = 0; i < 180; i++)
		rows[i] = fabsf(rows[i]);
	args.x = cs_matrix_from_rows(env, rows, 60, 3);
	team = solo(env, cs_clusterer_arena(env, c, args.options, 60, 3, 4));
	c->fit(env, &team, &args, &fit);
	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_put_text(&w, "kind", "segmentation");
	cs_put_int64(&w, "seed", INT64_MIN);
	cs_prep_save(env, sample_prep(env, kind == 0), &w);
	cs_fit_save(env, &fit, &w);
	cs_end(&w);
	return cs_writer_finish(&w, len);
}

/* Header and checksum as they should be. */
static inline void
fix_checksum(unsigned char *bytes, size_t len)
{
	uint32_t	crc;

	if (len < CS_DOC_HEADER)
		return;
	memcpy(bytes, "CSM1", 4);
	crc = cs_crc32c(0, bytes + CS_DOC_HEADER, len - CS_DOC_HEADER);
	for (int i = 0; i < 4; i++)
		bytes[4 + i] = (unsigned char) (crc >> (8 * i));
}

/* Read all of a checked value; returns something that depends on every byte. */
static inline double
walk(cs_env *env, cs_value v)
{
	double		sum = v.tag;
	const unsigned char *at = v.data;

	if (v.tag == 'd')
		sum += cs_value_number(v);
	else if (v.tag == 's')
		sum += (double) strlen(cs_value_text(env, v));
	else if (v.tag == 'v')
		for (uint32_t i = 0; i < v.count; i++)
			sum += cs_value_numbers(env, v)[i];
	else if (v.tag == 'l' || v.tag == 'o')
		for (uint32_t i = 0; i < v.count; i++)
		{
			cs_value	key = {0, 0, NULL};

			sum += walk(env, cs_value_next(v, &at, &key));
			if (v.tag == 'o')
				sum += (double) strlen(cs_value_text(env, key));
		}
	return sum;
}

/* All that a scorer tells of a row. */
static inline void
look_at_row(cs_env *env, const cs_scorer *s, const float *row, float *score)
{
	int			least = s->algorithm->flags & CS_NOISE ? -1 : 0,
				label = s->algorithm->label(s, row, score);
	cs_nearest	n = s->algorithm->nearest(s, row, score);
	double	   *p = CS_NEW(env, double, (size_t) s->k);

	if (label < least || label >= s->k || n.label < least || n.label >= s->k || n.label2 >= s->k)
		abort();
	for (int j = 0; j < s->k; j++)
		(void) cs_scorer_distance(s, row, j, score);
	if (s->algorithm->probability)
		s->algorithm->probability(s, row, score, p);
}

/* Load what a checked document says, and score rows by it; fails when it says nonsense. */
static inline void
use_document(cs_env *env, const unsigned char *bytes)
{
	cs_value	root = cs_doc_root(bytes);
	cs_prep    *p = cs_prep_load(env, root);
	cs_scorer  *s = cs_scorer_load(env, cs_need(env, root, "fit", 'o'));
	float	   *raw = CS_NEW(env, float, (size_t) p->n),
			   *point = CS_NEW(env, float, (size_t) p->d + 1),
			   *row = CS_NEW(env, float, (size_t) s->d),
			   *score = CS_NEW(env, float, cs_scorer_room(s));
	int		   *cut = CS_NEW(env, int, (size_t) s->k);

	for (int i = 0; i < 8; i++)
	{
		for (int f = 0; f < p->n; f++)
			raw[f] = i == f ? NAN : (float) (i - 1);
		cs_prep_row(p, raw, point, NULL);
		for (int f = 0; f < s->d; f++)
			row[f] = (float) (f % 3 == i % 3 ? i * 5 : 3);
		look_at_row(env, s, row, score);
	}
	for (int t = 0; t < p->texts; t++)
	{
		uint32_t	term[] = {(uint32_t) p->text[t]->terms - 1, 0, 0};
		double		weight[3],
				   *out = CS_NEW(env, double, (size_t) cs_text_width(p->text[t]));

		cs_text_coordinates(p->text[t], term, 3, weight, out);
		cs_text_no_coordinates(p->text[t], out);
		for (int j = 0; j < cs_text_width(p->text[t]); j++)
			if (!isfinite(out[j]))
				abort();
		if (cs_text_find(p->text[t], p->text[t]->term[0], strlen(p->text[t]->term[0])) != 0 || cs_text_find(p->text[t], "", 0) > 0)
			abort();
	}
	for (int f = 0; f < p->n; f++)
		for (int c = 0; c < p->f[f].width; c++)
		{
			cs_feature_original(&p->f[f], c, 0.3);
			cs_feature_coordinate(env, &p->f[f], c);
		}
	if (s->algorithm->cut)
		s->algorithm->cut(s, 1, cut);
	for (int j = 0; s->algorithm->cluster_name && j < s->k; j++)
		if (s->algorithm->cluster_name(s, j) == NULL)
			abort();
}

#endif							/* TEST_SAMPLES_H */
