/*
 * profile.c - what the segments of a training look like, feature by feature.
 *
 * Numbers are those that the model sees, in the units of the features: after
 * imputing and clipping.  Quantiles are exact up to EXACT_ROWS rows, above they
 * come from SAMPLE_ROWS evenly spread rows of each segment.
 *
 * Of texts, the terms are told whose mean weight in the segment is furthest above
 * that in all rows; the coordinates themselves mean nothing to people.
 *
 * effect is (mean of the segment - mean of all) / standard deviation of all.
 * v_test is the same difference in units of its own uncertainty, if the segment
 * were a random draw without replacement (A. Morineau, "Note sur la
 * caracterisation statistique d'une classe et les valeurs-tests", 1984; as in
 * FactoMineR's catdes).  With many rows everything is significant: rank by
 * effect.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "core/base/stats.h"
#include "pg/grouping.h"
#include "pg/training.h"

#define EXACT_ROWS 200000
#define SAMPLE_ROWS 16384

enum
{
	COL_SEGMENT,
	COL_FEATURE,
	COL_CATEGORY,
	COL_N,
	COL_FIGURES,
	COLUMNS = COL_FIGURES + CS_PROFILE_FIGURES
};

typedef struct line
{
	const char *feature;
	const char *category;		/* NULL for numbers */
	double		n;
	double		mean;
	double		quantile[3];	/* median, p5, p95 */
	double		overall_mean;
	double		overall_sd;
	double		spread;			/* that figures are as exact as; 0: each for itself */
} line;

/* Who gets the lines. */
typedef struct output
{
	cs_profile_fn fn;
	void	   *arg;
} output;

static void
emit(const output *out, const cs_training *t, int cluster, const line *l)
{
	double		size = t->model.size[cluster],
				rows = t->model.rows,
				spread = rows > 1 ? l->overall_sd * sqrt((rows - size) / ((rows - 1) * size)) : 0;
	cs_profile_line p = {cluster, l->feature, l->category, l->n, {
		cs_tidy_within(l->mean, l->spread, 8), cs_tidy_within(l->quantile[0], l->spread, 7),
		cs_tidy_within(l->quantile[1], l->spread, 7), cs_tidy_within(l->quantile[2], l->spread, 7),
		cs_tidy_within(l->overall_mean, l->spread, 8), cs_tidy_mean(l->overall_sd),
		l->overall_sd > 0 ? (l->mean - l->overall_mean) / l->overall_sd : NAN,
		l->overall_mean > 0 ? l->mean / l->overall_mean : NAN,
		spread > 0 ? (l->mean - l->overall_mean) / spread : NAN
	}};

	out->fn(out->arg, &p);
}

/* Points of length 1 back to their own length. */
static void
undo_norm(const cs_training *t, size_t at, size_t rows, float *z)
{
	for (size_t i = 0; t->ds->norm && i < rows; i++)
		z[i] *= t->ds->norm[cs_training_row(t, at + i)];
}

/* Coordinate c of all rows, cluster after cluster, then noise; at[j] is where cluster j starts. */
static void
gather(const cs_training *t, int c, float *out, const size_t *at)
{
	const cs_matrix *x = t->ds->matrix,
			   *from_x = cs_training_coordinates(t);
	float	  **next = palloc(sizeof(float *) * (t->model.k + 1));
	float		z[CS_LANES];

	for (int j = 0; j <= t->model.k; j++)
		next[j] = out + at[j];
	for (size_t from = 0; from < x->n; from += CS_LANES)
	{
		const int32_t *label = t->label + from;
		size_t		rows = Min(x->n - from, CS_LANES);

		if (from % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();
		if (from_x == x)
			memcpy(z, cs_matrix_at(x, from) + (size_t) c * CS_LANES, sizeof(z));
		else
			for (size_t i = 0; i < rows; i++)
				z[i] = cs_matrix_at(from_x, cs_training_row(t, from + i))[(size_t) c * CS_LANES];
		undo_norm(t, from, rows, z);
		for (size_t i = 0; i < rows; i++)
			*next[label[i] < 0 ? t->model.k : label[i]]++ = z[i];
	}
	pfree(next);
}

static bool
is_affine(const cs_feature *f)
{
	return f->log == CS_LOG_NONE && f->knots == 0;
}

/* Sum and sum of squares about a centre, of coordinates or of the values behind them. */
static void
moments(const cs_feature *f, const float *z, size_t n, double about, double *sum, double *square)
{
	bool		affine = is_affine(f);

	*sum = *square = 0;
	for (size_t i = 0; i < n; i++)
	{
		double		v = affine ? (double) z[i] : cs_feature_original(f, 0, (double) z[i]);

		*sum += v;
		*square += (v - about) * (v - about);
	}
}

static double
in_units(const cs_feature *f, double v)
{
	return is_affine(f) ? cs_feature_original(f, 0, v) : v;
}

/* Median, 5 % and 95 % of a cluster's part, which is reordered. */
static void
quantiles(const cs_feature *f, float *z, size_t n, bool exact, double *out)
{
	static const double at[3] = {0.5, 0.05, 0.95};
	size_t		m = n;

	if (!exact && n > SAMPLE_ROWS)
	{
		m = SAMPLE_ROWS;
		for (size_t i = 0; i < m; i++)
			z[i] = z[(size_t) ((double) i * n / m)];
	}
	for (int q = 0; q < 3; q++)
		out[q] = m > 0 ? cs_feature_original(f, 0, cs_quantile_cont(z, m, at[q])) : NAN;
}

static void
profile_number(const output *out, const cs_training *t, const cs_feature *f, float *z, const size_t *at)
{
	int			k = t->model.k;
	size_t		rows = t->ds->matrix->n;
	double		sum,
				square,
				mean;
	line		l = {f->name, NULL};

	gather(t, f->at, z, at);
	moments(f, z, rows, 0, &sum, &square);
	mean = sum / (double) rows;
	moments(f, z, rows, mean, &sum, &square);
	l.overall_mean = in_units(f, mean);
	l.overall_sd = sqrt(square / (double) rows);
	if (is_affine(f))
		l.spread = l.overall_sd = f->factor > 0 ? l.overall_sd / f->factor : 0;
	for (int j = 0; j < k; j++)
	{
		size_t		n = (size_t) t->count[j];

		if (n == 0)
			continue;
		moments(f, z + at[j], n, 0, &sum, &square);
		l.n = t->model.size[j];
		l.mean = in_units(f, sum / n);
		quantiles(f, z + at[j], n, rows <= EXACT_ROWS, l.quantile);
		emit(out, t, j, &l);
	}
}

/* One line per level and segment: mean is the share of the segment's rows. */
static void
profile_category(const output *out, const cs_training *t, const cs_feature *f, float *z, const size_t *at)
{
	size_t		rows = t->ds->matrix->n;

	for (int c = 0; c < f->width; c++)
	{
		char	   *name = cs_feature_coordinate(t->env, f, c);
		line		l = {f->name, name + strlen(f->name) + 1, 0, 0, {NAN, NAN, NAN}, 0, 0};
		double		all = 0;

		gather(t, f->at + c, z, at);
		for (size_t i = 0; i < rows; i++)
			all += z[i] > 0;
		l.overall_mean = all / (double) rows;
		l.overall_sd = sqrt(l.overall_mean * (1 - l.overall_mean));
		for (int j = 0; j < t->model.k; j++)
		{
			double		n = 0;

			if (!(t->count[j] > 0))
				continue;
			for (size_t i = 0; i < (size_t) t->count[j]; i++)
				n += z[at[j] + i] > 0;
			l.mean = n / t->count[j];
			l.n = rint(l.mean * t->model.size[j]);
			emit(out, t, j, &l);
		}
	}
}

/* ---- texts ---- */

/* Terms told of each segment. */
#define TOP_TERMS 10

/* Counts kept at a time: clusters times terms. */
#define TERM_CELLS (1 << 21)

typedef struct term_sum
{
	double		rows;			/* with the term */
	double		weight;
} term_sum;

typedef struct ranked_term
{
	int			term;
	double		ahead;			/* mean weight in the segment less that in all rows */
} ranked_term;

static int
by_ahead(const void *a, const void *b)
{
	const ranked_term *x = a,
			   *y = b;

	if (x->ahead != y->ahead)
		return x->ahead < y->ahead ? 1 : -1;
	return x->term - y->term;
}

/* Rows and weights of every term over the rows of clusters from .. to - 1; from -1: over all rows. */
static void
sum_terms(const cs_training *t, const cs_text_input *text, int from, int to, term_sum *sum)
{
	const cs_corpus *c = text->corpus;

	for (size_t i = 0; i < t->ds->matrix->n; i++)
	{
		size_t		row = text->row[cs_training_row(t, i)];
		int			label = from < 0 ? 0 : t->label[i] - from;

		if (i % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();
		if (from >= 0 && (label < 0 || label >= to - from))
			continue;
		for (size_t e = c->start[row]; e < c->start[row + 1]; e++)
		{
			term_sum   *s = &sum[(size_t) label * text->model->terms + c->term[e]];

			s->rows++;
			s->weight += c->weight[e];
		}
	}
}

/* The terms that set one segment apart: mean is the share of its rows that have them. */
static void
emit_terms(const output *out, const cs_training *t, const cs_input *in, int cluster,
		   const term_sum *own, const term_sum *all, ranked_term *rank)
{
	const cs_text_model *m = in->text->model;
	double		n = t->count[cluster],
				rows = (double) t->ds->matrix->n;
	int			ranked = 0;

	for (int i = 0; i < m->terms && n > 0; i++)
	{
		double		ahead = own[i].weight / n - all[i].weight / rows;

		/* rounding is no difference */
		if (ahead > 1e-9)
			rank[ranked++] = (ranked_term) {i, ahead};
	}
	qsort(rank, ranked, sizeof(ranked_term), by_ahead);
	for (int i = 0; i < Min(ranked, TOP_TERMS); i++)
	{
		int			term = rank[i].term;
		line		l = {in->name, m->term[term], 0, 0, {NAN, NAN, NAN}, 0, 0};

		l.mean = own[term].rows / n;
		l.n = rint(l.mean * t->model.size[cluster]);
		l.overall_mean = all[term].rows / rows;
		l.overall_sd = sqrt(l.overall_mean * (1 - l.overall_mean));
		emit(out, t, cluster, &l);
	}
}

static void
profile_text(const output *out, const cs_training *t, const cs_input *in)
{
	size_t		terms = in->text->model->terms;
	int			step = Max((int) (TERM_CELLS / terms), 1),
				k = t->model.k;
	term_sum   *all = CS_NEW(t->env, term_sum, terms),
			   *sum = CS_NEW(t->env, term_sum, terms * Min(step, k));
	ranked_term *rank = CS_ROOM(t->env, ranked_term, terms);

	sum_terms(t, in->text, -1, 0, all);
	for (int from = 0; from < k; from += step)
	{
		int			to = Min(from + step, k);

		memset(sum, 0, sizeof(term_sum) * terms * (to - from));
		sum_terms(t, in->text, from, to, sum);
		for (int j = from; j < to; j++)
			emit_terms(out, t, in, j, sum + (j - from) * terms, all, rank);
	}
	cs_release(t->env, all);
	cs_release(t->env, sum);
	cs_release(t->env, rank);
}

void
cs_training_profile(cs_training *t, cs_profile_fn fn, void *arg)
{
	const output out = {fn, arg};
	const cs_prep *p = t->ds->prep;
	size_t	   *at = CS_NEW(t->env, size_t, t->model.k + 1);
	float	   *z = CS_ROOM(t->env, float, t->ds->matrix->n + 1);

	for (int j = 0; j < t->model.k; j++)
		at[j + 1] = at[j] + (size_t) t->count[j];
	for (int i = 0; i < p->n; i++)
	{
		cs_progress(t->env, CS_PHASE_PROFILE, i, p->n);
		if (p->f[i].kind == CS_NUMBER)
			profile_number(&out, t, &p->f[i], z, at);
		else if (p->f[i].kind == CS_CATEGORY)
			profile_category(&out, t, &p->f[i], z, at);
	}
	for (int i = 0; i < t->ds->n_inputs; i++)
		if (t->ds->input[i].text)
			profile_text(&out, t, &t->ds->input[i]);
	cs_release(t->env, z);
	cs_release(t->env, at);
}

/* The result, and ids of the clusters. */
typedef struct listing
{
	ReturnSetInfo *rsinfo;
	const int  *id;
} listing;

static void
put_line(void *arg, const cs_profile_line *l)
{
	const listing *out = arg;
	Datum		v[COLUMNS];
	bool		isnull[COLUMNS] = {false};

	v[COL_SEGMENT] = Int32GetDatum(out->id[l->cluster]);
	v[COL_FEATURE] = CStringGetTextDatum(l->feature);
	isnull[COL_CATEGORY] = l->category == NULL;
	v[COL_CATEGORY] = l->category ? CStringGetTextDatum(l->category) : (Datum) 0;
	v[COL_N] = Int64GetDatum((int64) l->n);
	for (int i = 0; i < CS_PROFILE_FIGURES; i++)
	{
		isnull[COL_FIGURES + i] = !isfinite(l->figure[i]);
		v[COL_FIGURES + i] = Float8GetDatum(isfinite(l->figure[i]) ? l->figure[i] : 0);
	}
	tuplestore_putvalues(out->rsinfo->setResult, out->rsinfo->setDesc, v, isnull);
}

PG_FUNCTION_INFO_V1(clusterseg_fit_profile);

/*
 * _fit_profile() -> setof (segment_id, feature, category, n, mean, median, p5, p95,
 *     overall_mean, overall_sd, effect, lift, v_test)
 *
 * O(n) per coordinate, 4 bytes a row while it runs.
 */
Datum
clusterseg_fit_profile(PG_FUNCTION_ARGS)
{
	cs_training *t = cs_training_current();
	listing		out = {(ReturnSetInfo *) fcinfo->resultinfo, t->model.segment_id};

	InitMaterializedSRF(fcinfo, 0);
	cs_training_profile(t, put_line, &out);
	if (t->grouping)
	{
		out.id = t->grouping->whole->segment_id;
		cs_grouping_profile(t->grouping, put_line, &out);
	}
	return (Datum) 0;
}
