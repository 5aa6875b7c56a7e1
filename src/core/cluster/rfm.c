/*
 * rfm.c - score boxes: recency, frequency and monetary value, each scored
 * 1 (worst) to B (best), and named groups of scores.
 *
 * The three features come in this order; small recency is good, large frequency
 * and monetary are good.  The score of a value is 1 + the number of cuts below
 * it, so equal values get equal scores.  With mode quantile the cuts are the
 * values at shares j/B of the rows (percentile_disc, duplicates kept): "5" means
 * the top fifth, and a score that ties make impossible stays empty, which
 * effective_bins reports.  nested cuts frequency within each recency score and
 * monetary within each pair; fixed takes the caller's thresholds.  Later rows
 * are scored with the stored cuts, so that nobody's score moves because others
 * bought.
 *
 * Groups are boxes on the plane of R and FM = (F + M) / 2, after the customer
 * groups that Shopify documents for its analysis of the same name; option
 * labels renames them or adds boxes.  The default boxes cover the plane; a row
 * belongs to the smallest box that holds it.  O(n B) to fit, O(B) to score a row.
 */
#include "core/base/stats.h"
#include "core/cluster/algorithms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FEATURES 3
#define MAX_BINS 10

enum
{
	MODE_QUANTILE,
	MODE_FIXED,
	MODE_NESTED
};

/* A box on the plane of R and FM, in scores as if there were 5 bins. */
typedef struct box
{
	char	   *name;
	double		r_min,
				r_max,
				fm_min,
				fm_max;
} box;

#define PROSPECTS 0				/* frequency 0: no order yet; no box */

static const struct
{
	const char *name;
	double		r_min,
				r_max,
				fm_min,
				fm_max;
}			default_boxes[] = {
	{"Prospects", 9, 9, 9, 9},
	{"Champions", 5, 5, 4, 5},
	{"Loyal", 3, 4, 4, 5},
	{"Active", 4, 5, 2.5, 3.5},
	{"New", 5, 5, 1, 2},
	{"Promising", 3, 4, 1, 2},
	{"Needs attention", 3, 3, 2.5, 3.5},
	{"Previously loyal", 1, 2, 4.5, 5},
	{"At risk", 1, 2, 2.5, 4},
	{"Almost lost", 2, 2, 1, 2},
	{"Dormant", 1, 1, 1, 2}
};

#define DEFAULT_BOXES ((int) (sizeof(default_boxes) / sizeof(default_boxes[0])))

typedef struct rfm
{
	int			bins;
	int			mode;
	double	   *cut[FEATURES];	/* bins - 1 values; nested: for each score of the features before */
	int			cuts[FEATURES];	/* how many values */
	int			effective[FEATURES];
	box		   *boxes;
	int			n_boxes;
} rfm;

/* ---- scoring ---- */

/* Which set of cuts a feature uses, given the scores of those before it. */
static int
set_of(const rfm *m, int f, const int *score)
{
	int			set = 0;

	if (m->mode == MODE_NESTED)
		for (int g = 0; g < f; g++)
			set = set * m->bins + score[g] - 1;
	return set;
}

/* Scores of the first n features. */
static void
first_scores(const rfm *m, const float *row, int n, int *score)
{
	for (int f = 0; f < n; f++)
	{
		const double *cut = m->cut[f] + (size_t) set_of(m, f, score) * (size_t) (m->bins - 1);
		double		v = f == 0 ? -(double) row[f] : (double) row[f];

		score[f] = 1;
		for (int c = 0; c < m->bins - 1; c++)
			score[f] += cut[c] < v;
	}
}

static void
scores(const rfm *m, const float *row, int *score)
{
	first_scores(m, row, FEATURES, score);
}

/* A score among bins as the score among five at the same place, 1 to 5. */
static double
of_five(double score, int bins)
{
	return fmax(1, fmin(5, (score - 0.5) / bins * 5 + 0.5));
}

static bool
inside(double v, double min, double max)
{
	return v >= min - 0.25 && v < max + 0.25;
}

static int
box_of(const rfm *m, const int *score)
{
	double		r = round(of_five(score[0], m->bins)),
				fm = of_five((score[1] + score[2]) / 2.0, m->bins),
				least = INFINITY;
	int			found = m->n_boxes - 1;

	for (int b = 1; b < m->n_boxes; b++)
	{
		const box  *x = &m->boxes[b];
		double		area = (x->r_max - x->r_min + 0.5) * (x->fm_max - x->fm_min + 0.5);

		if (area < least && inside(r, x->r_min, x->r_max) && inside(fm, x->fm_min, x->fm_max))
		{
			least = area;
			found = b;
		}
	}
	return found;
}

static int
label(const cs_scorer *s, const float *row, float *unused)
{
	int			score[FEATURES];

	(void) unused;
	if (!(row[1] > 0))
		return PROSPECTS;
	scores(s->extra, row, score);
	return box_of(s->extra, score);
}

static cs_nearest
nearest(const cs_scorer *s, const float *row, float *unused)
{
	cs_nearest	n = {label(s, row, unused), -1, 0, INFINITY};

	return n;
}

static void
block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	for (size_t i = 0; i < run->rows; i++)
	{
		float		row[FEATURES];

		for (int f = 0; f < FEATURES; f++)
			row[f] = run->tiles[i / CS_LANES * CS_LANES * FEATURES + (size_t) f * CS_LANES + i % CS_LANES];
		out->raw.label[i] = label(s, row, NULL);
		out->raw.label2[i] = -1;
		out->d1[i] = 0;
		out->d2[i] = INFINITY;
	}
}

static const char *
cluster_name(const cs_scorer *s, int cluster)
{
	const rfm  *m = s->extra;

	return m->boxes[cluster].name;
}

static char *
explain(cs_env *env, const cs_scorer *s, const float *row, int feature)
{
	const rfm  *m = s->extra;
	int			score[FEATURES];

	if (!(row[1] > 0))
		return cs_strdup(env, "no order yet");
	scores(m, row, score);
	return cs_text(env, "score %d of %d", score[feature], m->bins);
}

/* ---- fitting ---- */

/* bins - 1 cuts of n values (reordered); 0 where there are no values. */
static void
quantile_cuts(float *v, size_t n, int bins, double *cut)
{
	for (int c = 1; c < bins; c++)
		cut[c - 1] = n > 0 ? (double) cs_quantile_disc(v, n, (double) c / bins) : 0;
}

/*
 * Values of feature f, set of cuts by set of cuts; those of set number i end
 * before end[i].  end: zeroed, one more than there are sets.
 */
static void
values_by_set(cs_env *env, const rfm *m, const cs_matrix *x, int f, int sets, float *v, size_t *end)
{
	for (int pass = 0; pass < 2; pass++)
	{
		for (size_t i = 0; i < x->n; i++)
		{
			float		row[FEATURES];
			int			score[FEATURES],
						set;

			if (i % CS_BLOCK_ROWS == 0)
				cs_poll(env);
			cs_matrix_row(x, i, row);
			if (!(row[1] > 0))
				continue;
			first_scores(m, row, f, score);
			set = set_of(m, f, score);
			if (pass == 0)
				end[set + 1]++;
			else
				v[end[set]++] = f == 0 ? -row[f] : row[f];
		}
		for (int i = 0; pass == 0 && i < sets; i++)
			end[i + 1] += end[i];
	}
}

static int
count_scores(cs_env *env, const rfm *m, const cs_matrix *x, int f)
{
	bool		seen[MAX_BINS + 1] = {false};
	int			n = 0;

	for (size_t i = 0; i < x->n; i++)
	{
		float		row[FEATURES];
		int			score[FEATURES];

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, row);
		if (!(row[1] > 0))
			continue;
		scores(m, row, score);
		n += !seen[score[f]];
		seen[score[f]] = true;
	}
	return n;
}

static void
fit_cuts(cs_env *env, const cs_fit_args *a, rfm *m)
{
	float	   *v = CS_NEW(env, float, a->x->n + 1);
	int			sets = 1;

	for (int f = 0; f < FEATURES; f++)
	{
		size_t	   *end = CS_NEW(env, size_t, (size_t) sets + 1),
					from = 0;

		m->cuts[f] = sets * (m->bins - 1);
		m->cut[f] = CS_NEW(env, double, (size_t) sets * (size_t) m->bins);
		values_by_set(env, m, a->x, f, sets, v, end);
		for (int set = 0; set < sets; from = end[set++])
		{
			quantile_cuts(v + from, end[set] - from, m->bins, m->cut[f] + (size_t) set * (size_t) (m->bins - 1));
			cs_poll(env);
		}
		cs_release(env, end);
		if (m->mode == MODE_NESTED)
			sets *= m->bins;
	}
	cs_release(env, v);
}

static void
take_thresholds(cs_env *env, const cs_option *t, rfm *m)
{
	if (!t->set || t->rows != FEATURES || t->cols != m->bins - 1)
		cs_fail(env, CS_E_PARAM, "option \"thresholds\" does not fit",
				cs_text(env, "Mode fixed with %d bins needs three arrays of %d ascending values: recency, frequency, monetary.",
						m->bins, m->bins - 1),
				"For example: {\"mode\": \"fixed\", \"bins\": 3, \"thresholds\": [[30, 90], [2, 5], [100, 500]]}.");
	for (int f = 0; f < FEATURES; f++)
	{
		m->cuts[f] = m->bins - 1;
		m->cut[f] = CS_NEW(env, double, (size_t) m->bins);
		for (int c = 0; c < m->bins - 1; c++)
		{
			double		v = t->cell[f * t->cols + c];

			if (c > 0 && v < t->cell[f * t->cols + c - 1])
				cs_fail(env, CS_E_PARAM, "option \"thresholds\" is not ascending", NULL, NULL);
			/* recency counts backwards: a value at its threshold is still good */
			if (f == 0)
				m->cut[f][m->bins - 2 - c] = nextafter(-v, -INFINITY);
			else
				m->cut[f][c] = nextafter(v, -INFINITY);
		}
	}
}

/* "4-5" or "3": a range of scores; returns the end of what was read, or NULL. */
static const char *
read_range(const char *s, double *min, double *max)
{
	char	   *end;

	*min = *max = strtod(s, &end);
	if (end == s)
		return NULL;
	if (*end == '-')
	{
		s = end + 1;
		*max = strtod(s, &end);
		if (end == s)
			return NULL;
	}
	return *min >= 1 && *max <= 5 && *min <= *max ? end : NULL;
}

static void
add_label(cs_env *env, rfm *m, const char *key, const char *text)
{
	box		   *b = &m->boxes[m->n_boxes];
	const char *at;

	for (int i = 0; i < DEFAULT_BOXES; i++)
		if (strcmp(default_boxes[i].name, key) == 0)
		{
			m->boxes[i].name = cs_strdup(env, text);
			return;
		}
	at = read_range(key, &b->r_min, &b->r_max);
	if (at == NULL || *at != '/' || (at = read_range(at + 1, &b->fm_min, &b->fm_max)) == NULL || *at != 0)
		cs_fail(env, CS_E_PARAM, cs_text(env, "option \"labels\" has an unknown key \"%s\"", key),
				"A key is the name of a default group, or a box \"R/FM\" of scores from 1 to 5 such as \"5/4-5\".", NULL);
	b->name = cs_strdup(env, text);
	m->n_boxes++;
}

/* A name is what tells groups apart, also from those of a former training. */
static void
check_names(cs_env *env, const rfm *m)
{
	for (int i = 0; i < m->n_boxes; i++)
	{
		if (m->boxes[i].name[0] == '\0')
			cs_fail(env, CS_E_PARAM, "option \"labels\" has an empty name", NULL, NULL);
		for (int j = 0; j < i; j++)
			if (strcmp(m->boxes[i].name, m->boxes[j].name) == 0)
				cs_fail(env, CS_E_PARAM, cs_text(env, "option \"labels\" gives two groups the name \"%s\"", m->boxes[i].name),
						"Groups are told apart by their names.", "Give each group a name of its own; join them in a query.");
	}
}

static void
make_boxes(cs_env *env, const cs_option *labels, rfm *m)
{
	m->boxes = CS_NEW(env, box, (size_t) (DEFAULT_BOXES + labels->rows));
	for (int i = 0; i < DEFAULT_BOXES; i++)
		m->boxes[i] = (box) {cs_strdup(env, default_boxes[i].name), default_boxes[i].r_min,
			default_boxes[i].r_max, default_boxes[i].fm_min, default_boxes[i].fm_max};

	m->n_boxes = DEFAULT_BOXES;
	for (int i = 0; i < labels->rows; i++)
		add_label(env, m, labels->key[i], labels->text[i]);
	check_names(env, m);
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	rfm		   *m = CS_NEW(env, rfm, 1);

	(void) team;				/* cheap: every member does it all */
	if (a->x->d != FEATURES)
		cs_fail(env, CS_E_PARAM, "algorithm rfm needs three numeric features",
				cs_text(env, "It got %d.", a->x->d),
				"Name recency, frequency and monetary value in this order, for example features => '{recency_days,orders,monetary}'.");
	m->bins = cs_option_int(a->options, "bins");
	m->mode = cs_option_int(a->options, "mode");
	if (m->mode != MODE_FIXED && cs_option_get(a->options, "thresholds")->set)
		cs_fail(env, CS_E_PARAM, "option \"thresholds\" has no use", "The cuts come from the rows unless mode is fixed.",
				"Write {\"mode\": \"fixed\", \"thresholds\": ...}.");
	if (m->mode == MODE_FIXED)
		take_thresholds(env, cs_option_get(a->options, "thresholds"), m);
	else
		fit_cuts(env, a, m);
	make_boxes(env, cs_option_get(a->options, "labels"), m);
	for (int f = 0; f < FEATURES; f++)
		m->effective[f] = count_scores(env, m, a->x, f);
	out->k = m->n_boxes;
	out->d = FEATURES;
	out->iterations = 1;
	out->converged = true;
	out->extra = m;
}

static void
save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	static const char *const names[FEATURES] = {"recency_cuts", "frequency_cuts", "monetary_cuts"};
	const rfm  *m = fit->extra;

	(void) env;
	cs_put_number(w, "bins", m->bins);
	cs_put_number(w, "mode", m->mode);
	for (int f = 0; f < FEATURES; f++)
		cs_put_numbers(w, names[f], m->cut[f], (size_t) m->cuts[f]);
	cs_put_ints(w, "effective_bins", m->effective, FEATURES);
	cs_begin_list(w, "boxes");
	for (int b = 0; b < m->n_boxes; b++)
	{
		const box  *x = &m->boxes[b];

		cs_begin_object(w, NULL);
		cs_put_text(w, "name", x->name);
		cs_put_numbers(w, "r", (double[]) {x->r_min, x->r_max}, 2);
		cs_put_numbers(w, "fm", (double[]) {x->fm_min, x->fm_max}, 2);
		cs_end(w);
	}
	cs_end(w);
}

static void
load(cs_env *env, cs_value fit, cs_scorer *s)
{
	static const char *const names[FEATURES] = {"recency_cuts", "frequency_cuts", "monetary_cuts"};
	rfm		   *m = CS_NEW(env, rfm, 1);
	cs_value	boxes = cs_need(env, fit, "boxes", 'l'),
				key;
	const unsigned char *at = boxes.data;
	size_t		sets = 1;

	if (s->d != FEATURES || (int) boxes.count != s->k || s->k < 2)
		cs_doc_damaged(env, "Its score boxes do not fit its number of segments.");
	m->bins = cs_need_int(env, fit, "bins", 2, MAX_BINS);
	m->mode = cs_need_int(env, fit, "mode", MODE_QUANTILE, MODE_NESTED);
	for (int f = 0; f < FEATURES; f++)
	{
		m->cuts[f] = (int) (sets * (size_t) (m->bins - 1));
		m->cut[f] = cs_need_numbers(env, fit, names[f], (size_t) m->cuts[f]);
		if (m->mode == MODE_NESTED)
			sets *= (size_t) m->bins;
	}
	m->n_boxes = s->k;
	m->boxes = CS_NEW(env, box, (size_t) s->k);
	for (int b = 0; b < s->k; b++)
	{
		cs_value	v = cs_value_next(boxes, &at, &key);
		double	   *r = cs_need_numbers(env, v, "r", 2),
				   *fm = cs_need_numbers(env, v, "fm", 2);

		m->boxes[b] = (box) {cs_need_text(env, v, "name"), r[0], r[1], fm[0], fm[1]};
	}
	s->extra = m;
}

static const cs_param params[] = {
	{"bins", CS_P_INT, 5, 2, MAX_BINS, NULL, "scores per feature, 1 is the worst"},
	{"mode", CS_P_ENUM, MODE_QUANTILE, 0, 0, "quantile|fixed|nested", "how the cuts between scores are found"},
	{"thresholds", CS_P_MATRIX, 0, 0, 0, NULL,
		"with mode fixed: three ascending arrays of bins - 1 values for recency, frequency, monetary; a value at its threshold gets the better score"},
	{"labels", CS_P_OBJECT, 0, 0, 0, NULL,
		"names: of a default group (\"Champions\": \"VIP\") or of a box of scores R/FM (\"5/4-5\": \"VIP\")"},
	{0}
};

const cs_clusterer cs_rfm = {
	.name = "rfm",
	.summary = "score boxes of recency, frequency and monetary value, with names that marketing uses",
	.flags = CS_RAW,
	.params = params,
	.fit = fit,
	.save = save,
	.load = load,
	.label = label,
	.nearest = nearest,
	.block = block,
	.explain = explain,
	.cluster_name = cluster_name
};
