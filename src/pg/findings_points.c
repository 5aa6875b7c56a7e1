/*
 * findings_points.c - rules that look at the columns beside each other, as
 * distances see them: after their transforms (see findings.h).
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"

#include "core/base/keyed.h"
#include "core/base/rng.h"
#include "pg/findings.h"

/* Share of the mean squared distance from which one feature is most of it. */
#define DOMINATES 0.6

/* Share of a column's variance that the 1 % most extreme rows may make. */
#define TAIL 0.01
#define TAIL_SHARE 0.5
#define TAIL_ROWS 100

/* Correlation from which two columns say the same, or are the same. */
#define SAME_DIRECTION 0.95
#define SAME_COLUMN 0.99999

/* Rows below which two columns run alike by accident. */
#define CORRELATION_ROWS 20

/* Multiplications that correlations may take. */
#define CORRELATION_WORK 2e9

typedef struct points
{
	const cs_screen *s;
	cs_prep		prep;			/* of the usable features alone, fitted to the sample */
	int		   *feature;		/* of each, in the dataset */
	int		   *input;
	cs_rows    *raw;			/* rows of the sample that have a point */
	float	   *first;			/* numbers: first coordinate, row-major */
	int			numbers;
	int		   *number;			/* their features in prep */
	double	   *variance;		/* per feature of prep, summed over its coordinates */
	uint64	   *hash;			/* of each point */
	size_t		n;
} points;

/* ---- the sample as points ---- */

static void
choose_features(points *p, const bool *usable)
{
	const cs_dataset *ds = p->s->ds;

	p->prep.f = CS_NEW(ds->env, cs_feature, ds->prep->n + 1);
	p->feature = CS_NEW(ds->env, int, ds->prep->n + 1);
	p->input = CS_NEW(ds->env, int, ds->prep->n + 1);
	p->number = CS_NEW(ds->env, int, ds->prep->n + 1);
	for (int i = 0; i < ds->n_inputs; i++)
		for (int e = 0; usable[i] && e < Max(ds->input[i].width, 1); e++)
		{
			int			at = p->prep.n++;

			p->feature[at] = ds->input[i].first + e;
			p->input[at] = i;
			p->prep.f[at] = ds->prep->f[p->feature[at]];
			if (cs_conv_is_number(ds->input[i].conv))
			{
				const cs_spread *x = &p->s->input[i].spread;

				if (fabs(x->mean) > 64 * cs_spread_sd(x))
					p->prep.f[at].shift = x->mean;
				p->number[p->numbers++] = at;
			}
		}
}

/* Rows of the sample as training would read them. */
static void
take_raw(points *p)
{
	p->raw = cs_rows_new(p->s->env, p->prep.n);
	for (size_t i = 0; i < p->s->n; i++)
	{
		const double *from = cs_screen_row(p->s, i);
		float	   *to = cs_rows_add(p->raw);

		for (int f = 0; f < p->prep.n; f++)
		{
			to[f] = cs_raw_number(&p->prep.f[f], from[p->feature[f]], NULL);
			if (isnan(to[f]) && p->prep.f[f].impute == CS_IMPUTE_REJECT)
			{
				p->raw->n--;
				break;
			}
		}
	}
}

/* Levels by their number: only how many rows have them matters here. */
static cs_levels *
count_levels(points *p)
{
	cs_levels  *l = CS_NEW(p->s->env, cs_levels, p->prep.n);

	for (int f = 0; f < p->prep.n; f++)
	{
		int			n = (int) p->s->input[p->input[f]].levels;

		if (p->prep.f[f].kind != CS_CATEGORY)
			continue;
		l[f].n = n + 1;
		l[f].text = CS_NEW(p->s->env, char *, n + 1);
		l[f].count = CS_NEW(p->s->env, double, n + 1);
		for (int c = 0; c <= n; c++)
			l[f].text[c] = cs_text(p->s->env, "%d", c);
		for (size_t i = 0; i < p->raw->n; i++)
			if (!isnan(cs_rows_at(p->raw, i)[f]))
				l[f].count[(int) cs_rows_at(p->raw, i)[f]]++;

		/* the sample may lack some */
		for (int c = n; c >= 0; c--)
			if (l[f].count[c] == 0)
				l[f].n -= c == l[f].n - 1;
	}
	return l;
}

/* A feature of which the sample has nothing cannot be fitted. */
static bool
can_fit(const points *p)
{
	for (int f = 0; f < p->prep.n; f++)
	{
		size_t		i = 0;

		while (i < p->raw->n && isnan(cs_rows_at(p->raw, i)[f]))
			i++;
		if (i == p->raw->n)
			return false;
	}
	return true;
}

static void
make_points(points *p)
{
	size_t		room = p->raw->n;
	float	   *x = CS_NEW(p->s->env, float, p->prep.d + 1);
	cs_spread  *c = CS_NEW(p->s->env, cs_spread, p->prep.d + 1);

	p->first = CS_ROOM(p->s->env, float, room * p->numbers + 1);
	p->hash = CS_ROOM(p->s->env, uint64, room + 1);
	p->variance = CS_NEW(p->s->env, double, p->prep.n + 1);
	for (size_t i = 0; i < room; i++)
	{
		uint64		h = 0;

		if (i % 256 == 0)
			cs_poll(p->s->env);
		if (cs_prep_row(&p->prep, cs_rows_at(p->raw, i), x, NULL) != CS_ROW_OK)
			continue;
		for (int z = 0; z < p->prep.d; z++)
		{
			uint32		bits;

			memcpy(&bits, &x[z], sizeof(bits));
			h = cs_mix64(h ^ bits);
			cs_spread_add(&c[z], (double) x[z]);
		}
		for (int j = 0; j < p->numbers; j++)
			p->first[p->n * p->numbers + j] = x[p->prep.f[p->number[j]].at];
		p->hash[p->n++] = h;
	}
	for (int f = 0; f < p->prep.n; f++)
		for (int z = p->prep.f[f].at; z < p->prep.f[f].at + p->prep.f[f].width; z++)
			p->variance[f] += c[z].n > 0 ? c[z].m2 / c[z].n : 0;
}

/* ---- rules ---- */

static const char *
input_name(const points *p, int feature)
{
	return p->s->ds->input[p->input[feature]].name;
}

static void
number_of_rows(const points *p, int k, cs_findings *f)
{
	double		rows = p->s->rows * p->raw->n / p->s->n;
	cs_keyed   *h = CS_ROOM(p->s->env, cs_keyed, p->n + 1);
	double		distinct = 0;

	for (size_t i = 0; i < p->n; i++)
		h[i] = (cs_keyed) {.key = p->hash[i]};
	cs_sort_keyed(h, p->n);
	for (size_t i = 0; i < p->n; i++)
		distinct += i == 0 || h[i].key != h[i - 1].key;
	cs_release(p->s->env, h);
	if (p->s->level == 0 && p->n >= (size_t) k && distinct < k)
		cs_find(f, (cs_finding) {CS_ERROR, "distinct rows", NULL, distinct, k,
								 psprintf("%d segments need as many distinct rows; there are %.0f", k, distinct),
								 psprintf("Write k => %.0f or less, or use more features.", distinct)});
	if (p->prep.d > rows)
		cs_find(f, (cs_finding) {CS_WARNING, "dimensions", NULL, p->prep.d, rows,
								 psprintf("there are %d coordinates for %.0f rows: all rows are about equally far from each other", p->prep.d, rows),
								 "Use fewer features, or fewer levels: transforms => '{\"...\": {\"max_levels\": 5}}'."});
}

static void
dominating(const points *p, cs_findings *f)
{
	const cs_dataset *ds = p->s->ds;
	double	   *share = palloc0(sizeof(double) * ds->n_inputs),
				all = 0;
	int			parts = 0;

	for (int i = 0; i < p->prep.n; i++)
	{
		share[p->input[i]] += p->variance[i];
		all += p->variance[i];
	}
	for (int i = 0; i < ds->n_inputs; i++)
		parts += share[i] > 0;
	for (int i = 0; i < ds->n_inputs && parts > 1; i++)
		if (share[i] / all > DOMINATES && ds->input[i].width <= 0)
		{
			const char *name = ds->input[i].name;
			bool		raw = ds->prep->f[ds->input[i].first].scale == CS_SCALE_NONE;

			cs_find(f, (cs_finding) {CS_WARNING, "dominating", name, share[i] / all, DOMINATES,
									 psprintf("%s makes %.0f %% of the squared distances: the segments will follow it alone",
											  quote_identifier(name), 100 * share[i] / all),
									 raw ? psprintf("Write scale => 'zscore', or %s.", cs_transform_hint(name, "{\"scale\": \"zscore\"}"))
									 : psprintf("Write %s.", cs_transform_hint(name, "{\"weight\": 0.25}"))});
		}
}

/* Share of the variance in the tail of number j, its values through fn. */
static double
tail_of(const points *p, int j, double (*fn) (double))
{
	float	   *v = CS_ROOM(p->s->env, float, p->raw->n + 1);
	size_t		n = 0;
	const cs_feature *x = &p->prep.f[p->number[j]];
	double		share;

	if (fn == NULL)
		for (size_t i = 0; i < p->n; i++)
			v[n++] = p->first[i * p->numbers + j];
	else
		for (size_t i = 0; i < p->raw->n; i++)
		{
			float		raw = cs_rows_at(p->raw, i)[p->number[j]];

			if (!isnan(raw))
				v[n++] = (float) fn(cs_feature_value(x, raw));
		}
	share = cs_tail_share(v, n, TAIL);
	cs_release(p->s->env, v);
	return share;
}

static double
signed_log(double v)
{
	return v < 0 ? -log1p(-v) : log1p(v);
}

static void
heavy_tails(const points *p, cs_findings *f)
{
	for (int j = 0; j < p->numbers && p->n >= TAIL_ROWS; j++)
	{
		const cs_feature *x = &p->prep.f[p->number[j]];
		const cs_spread *s = &p->s->input[p->input[p->number[j]]].spread;
		double		share = tail_of(p, j, NULL);
		const char *options;

		if (share <= TAIL_SHARE || (s->whole && s->max - s->min <= 1))
			continue;
		if (x->log == CS_LOG_NONE && s->min > -1 && tail_of(p, j, log1p) <= TAIL_SHARE)
			options = "{\"log\": \"log1p\"}";
		else if (x->log == CS_LOG_NONE && s->min <= -1 && tail_of(p, j, signed_log) <= TAIL_SHARE)
			options = "{\"log\": \"signed\"}";
		else if (x->winsor_low <= 0 && x->winsor_high >= 1)
			options = x->log != CS_LOG_NONE ? "{\"winsor\": [0.01, 0.99], \"log\": \"signed\"}" : "{\"winsor\": [0.01, 0.99]}";
		else
			options = "{\"quantile\": 100}";
		cs_find(f, (cs_finding) {CS_WARNING, "outliers", x->name, share, TAIL_SHARE,
								 psprintf("the 1 %% most extreme rows make %.0f %% of the variance of %s: they will be segments of their own",
										  100 * share, quote_identifier(x->name)),
								 psprintf("Write %s.", cs_transform_hint(x->name, options))});
	}
}

static void
collinear(const points *p, cs_findings *f)
{
	int			d = p->numbers;
	size_t		rows = Min((double) p->n, CORRELATION_WORK / ((double) d * d + 1));
	double	   *r;

	if (d < 2 || rows < CORRELATION_ROWS)
		return;
	r = CS_NEW(p->s->env, double, (size_t) d * d);
	cs_correlations(p->s->env, p->first, rows, d, r);
	for (int a = 0; a < d; a++)
		for (int b = 0; b < a; b++)
		{
			double		v = r[(size_t) a * d + b];
			const char *x = pstrdup(quote_identifier(input_name(p, p->number[a]))),
					   *y = quote_identifier(input_name(p, p->number[b]));

			if (fabs(v) > SAME_DIRECTION)
				cs_find(f, (cs_finding) {CS_WARNING, fabs(v) > SAME_COLUMN ? "duplicate" : "collinear", input_name(p, p->number[a]),
										 v, v < 0 ? -SAME_DIRECTION : SAME_DIRECTION,
										 fabs(v) > SAME_COLUMN ? psprintf("%s says the same as %s, which counts twice", x, y) :
										 psprintf("%s says nearly the same as %s (correlation %.3f), which counts twice", x, y, v),
										 psprintf("Write %s.", cs_leave_out_hint(p->s->ds, input_name(p, p->number[a])))});
		}
	cs_release(p->s->env, r);
}

/* Are two categories the same but for the names of their levels? */
static bool
same_levels(const points *p, int a, int b)
{
	int			levels = (int) p->s->input[p->input[a]].levels;
	int		   *to = CS_NEW(p->s->env, int, levels + 1);
	bool		same = true;

	for (size_t i = 0; i < p->s->n && same; i++)
	{
		double		x = cs_screen_row(p->s, i)[p->feature[a]],
					y = cs_screen_row(p->s, i)[p->feature[b]];

		if (isnan(x) || isnan(y))
			same = isnan(x) && isnan(y);
		else if (to[(int) x] == 0)
			to[(int) x] = (int) y + 1;
		else
			same = to[(int) x] == (int) y + 1;
	}
	cs_release(p->s->env, to);
	return same;
}

static void
same_categories(const points *p, cs_findings *f)
{
	for (int a = 0; a < p->prep.n; a++)
		for (int b = 0; b < a; b++)
		{
			double		levels = p->s->input[p->input[a]].levels;

			if (p->prep.f[a].kind != CS_CATEGORY || p->prep.f[b].kind != CS_CATEGORY || levels < 2 ||
				levels != p->s->input[p->input[b]].levels || !same_levels(p, a, b))
				continue;
			cs_poll(p->s->env);
			cs_find(f, (cs_finding) {CS_WARNING, "duplicate", input_name(p, a), 1, NAN,
									 psprintf("%s and %s have the same levels under other names, which count twice",
											  pstrdup(quote_identifier(input_name(p, a))), quote_identifier(input_name(p, b))),
									 psprintf("Write %s.", cs_leave_out_hint(p->s->ds, input_name(p, a)))});
		}
}

void
cs_judge_points(const cs_screen *s, int k, const bool *usable, cs_findings *f)
{
	points		p = {.s = s};

	choose_features(&p, usable);
	if (p.prep.n == 0)
		return;
	take_raw(&p);
	if (!can_fit(&p))
		return;
	cs_prep_fit(s->env, &p.prep, p.raw, count_levels(&p), CS_CENTRE_MEAN);
	make_points(&p);
	number_of_rows(&p, k, f);
	dominating(&p, f);
	heavy_tails(&p, f);
	collinear(&p, f);
	same_categories(&p, f);
}
