/*
 * centers.c - exact nearest-centre search over the vector kernels (centers.h).
 */
#include "core/base/centers.h"

#include <math.h>
#include <string.h>

cs_centers *
cs_centers_new(cs_env *env, const double *c, int k, int d)
{
	cs_centers *s = CS_NEW(env, cs_centers, 1);

	s->d = d;
	s->c = CS_NEW(env, double, (size_t) k * (size_t) d);
	s->packed = cs_packed_new(env, k, d);
	s->kpad = (k + CS_ROW_PAD - 1) / CS_ROW_PAD * CS_ROW_PAD;
	s->row_c = CS_NEW(env, float, (size_t) s->kpad * (size_t) d);
	s->row_h = CS_NEW(env, float, (size_t) s->kpad);
	s->kernel = env->kernel;
	cs_centers_set(s, c, k);
	return s;
}

/*
 * A bound of doubt() below that needs no root: with |x| <= (1 + |x|^2) / 2, and the
 * longest centre in place of those that may win.  The factor covers the rounding
 * of |x|^2 and of these sums.
 */
static void
set_sure(cs_centers *s)
{
	double		m = s->max_norm,
				unit = 1.001 * 2.0 * 0x1p-24 * (s->d + 4);

	s->sure[0] = m < 1e9 ? (float) (unit * m * (0.5 * m + 0.5) + 1e-30) : INFINITY;
	s->sure[1] = (float) (unit * m * 0.5 + 1e-30);
}

void
cs_centers_set(cs_centers *s, const double *c, int k)
{
	int			d = s->d;
	double		most = 0,
				least = INFINITY;

	s->k = k;
	memmove(s->c, c, sizeof(double) * (size_t) k * (size_t) d);
	s->kernel->pack(s->c, k, d, s->packed);
	for (int j = 0; j < s->kpad; j++)
	{
		double		square = 0;

		for (int f = 0; f < d; f++)
		{
			float		v = j < k ? (float) c[(size_t) j * d + f] : 0;

			s->row_c[(size_t) f * s->kpad + j] = v;
			square += (double) v * (double) v;
		}
		s->row_h[j] = j < k ? s->packed->h[j] : 3.0e38f;
		if (j < k)
		{
			most = fmax(most, square);
			least = fmin(least, square);
		}
	}
	s->max_norm = sqrt(most);
	s->min_norm = sqrt(least);
	set_sure(s);
}

double
cs_centers_distance(const cs_centers *s, const float *row, int j)
{
	return s->kernel->distance(row, s->c + (size_t) j * s->d, s->d);
}

/*
 * How far two scores may be apart and still be in doubt.  A score |c|^2/2 - x.c
 * is the sum of d + 1 terms: in single precision it is off by at most
 * (d + 4) 2^-24 (|c|^2/2 + |x||c|), the rounding of the centre included; twice
 * that for two scores.
 *
 * Only centres that may win count.  The best score is at most that of the
 * shortest centre, s = m^2/2 + |x| m, while a centre with |c| >= 4|x| scores at
 * least |c|^2/4: longer ones than max(4|x|, 2 sqrt s) are out.
 */
static inline double
doubt(const cs_centers *s, double norm)
{
	double		x = sqrt(norm),
				most = 2 * sqrt(s->min_norm * (0.5 * s->min_norm + x));

	if (most < 4 * x)
		most = 4 * x;
	if (most > s->max_norm)
		most = s->max_norm;

	/* sums that may leave the range of single precision say nothing */
	if (!(x * s->max_norm + most * most < 1e37))
		return INFINITY;

	/* the second term is for what falls below that range */
	return 2.0 * 0x1p-24 * (s->d + 4) * most * (0.5 * most + x) + 0x1p-148 * (s->d + 4) * (1 + x);
}

/*
 * Are these scores too close to tell, or not numbers at all?  Written so that
 * NaN and infinities of overlong rows count as doubt.
 */
static inline bool
doubtful(const cs_centers *s, float best, float second, int label2, double norm)
{
	/* nearly always; what follows is for overlong rows too */
	if (second - best > s->sure[0] + s->sure[1] * (float) norm && norm < 1e18 && label2 >= 0)
		return false;
	return label2 < 0 || !((double) second - (double) best > doubt(s, norm));
}

/*
 * Exact search: every centre whose score is within the doubt of the best is
 * measured in double precision, ties to the lower number.  score holds the
 * scores of the row.
 */
static cs_nearest
settle(const cs_centers *s, const float *row, const float *score, double norm)
{
	cs_nearest	n = {-1, -1, INFINITY, INFINITY};
	double		limit = doubt(s, norm),
				best = INFINITY,
				second = INFINITY;

	for (int j = 0; j < s->k; j++)
	{
		double		v = (double) score[j];

		if (v < best)
		{
			second = best;
			best = v;
		}
		else if (v < second)
			second = v;
	}
	for (int j = 0; j < s->k; j++)
	{
		double		v;

		/* not the nearest two beyond doubt; never true of NaN and infinities */
		if ((double) score[j] > second + limit)
			continue;
		v = cs_centers_distance(s, row, j);
		if (v < n.d1 || n.label < 0)
		{
			n.d2 = n.d1;
			n.label2 = n.label;
			n.d1 = v;
			n.label = j;
		}
		else if (v < n.d2 || n.label2 < 0)
		{
			n.d2 = v;
			n.label2 = j;
		}
	}
	return n;
}

static inline double
squared_norm(const float *row, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += (double) row[f] * (double) row[f];
	return s;
}

/* Score a row; true when the lowest two scores are beyond doubt. */
static inline bool
score_row(const cs_centers *s, const float *row, float *score, cs_row_best *b)
{
	s->kernel->row_best(row, s->d, s->row_c, s->row_h, s->kpad, score, b);
	return !doubtful(s, b->best, b->second, b->label2, (double) b->norm);
}

int
cs_centers_label(const cs_centers *s, const float *row, float *score)
{
	cs_row_best b;

	if (s->k == 1)
		return 0;
	return score_row(s, row, score, &b) ? b.label : settle(s, row, score, squared_norm(row, s->d)).label;
}

cs_nearest
cs_centers_nearest(const cs_centers *s, const float *row, float *score)
{
	cs_nearest	n = {0, -1, 0, INFINITY};
	cs_row_best b;

	if (s->k > 1)
	{
		if (!score_row(s, row, score, &b))
			return settle(s, row, score, squared_norm(row, s->d));
		n.label = b.label;
		n.label2 = b.label2;
		n.d2 = cs_centers_distance(s, row, n.label2);
	}
	n.d1 = cs_centers_distance(s, row, n.label);
	return n;
}

cs_near_block *
cs_near_block_new(cs_env *env, int k, int d)
{
	cs_near_block *n = CS_NEW(env, cs_near_block, 1);

	n->raw.best = CS_NEW(env, float, CS_BLOCK_ROWS);
	n->raw.second = CS_NEW(env, float, CS_BLOCK_ROWS);
	n->raw.norm = CS_NEW(env, float, CS_BLOCK_ROWS);
	n->raw.label = CS_NEW(env, int32_t, CS_BLOCK_ROWS);
	n->raw.label2 = CS_NEW(env, int32_t, CS_BLOCK_ROWS);
	n->d1 = CS_NEW(env, double, CS_BLOCK_ROWS);
	n->d2 = CS_NEW(env, double, CS_BLOCK_ROWS);
	n->row = CS_NEW(env, float, (size_t) d);
	n->score = CS_NEW(env, float, (size_t) k + CS_ROW_PAD);
	return n;
}

/* Row i of a block: settle what the kernel left in doubt, and measure. */
static void
finish_row(const cs_centers *s, size_t i, cs_near_block *out)
{
	cs_near2   *raw = &out->raw;

	if (s->k == 1)
	{
		raw->label[i] = 0;
		out->d2[i] = INFINITY;
	}
	else if (doubtful(s, raw->best[i], raw->second[i], raw->label2[i], (double) raw->norm[i]))
	{
		cs_nearest	n;

		s->kernel->row_scores(out->row, s->d, s->row_c, s->row_h, s->kpad, out->score);
		n = settle(s, out->row, out->score, (double) raw->norm[i]);
		raw->label[i] = n.label;
		raw->label2[i] = n.label2;
		out->d1[i] = n.d1;
		out->d2[i] = n.d2;
		return;
	}
	else
		out->d2[i] = cs_centers_distance(s, out->row, raw->label2[i]);
	out->d1[i] = cs_centers_distance(s, out->row, raw->label[i]);
}

void
cs_centers_block(const cs_centers *s, const cs_run *run, cs_near_block *out)
{
	s->kernel->nearest2(run, s->packed, &out->raw);
	for (size_t i = 0; i < run->rows; i++)
	{
		const float *x = run->tiles + i / CS_LANES * CS_LANES * (size_t) run->d + i % CS_LANES;

		for (int f = 0; f < run->d; f++)
			out->row[f] = x[f * CS_LANES];
		finish_row(s, i, out);
	}
}

void
cs_centers_free(cs_env *env, cs_centers *s)
{
	cs_packed_free(env, s->packed);
	cs_release(env, s->c);
	cs_release(env, s->row_c);
	cs_release(env, s->row_h);
	cs_release(env, s);
}

void
cs_near_block_free(cs_env *env, cs_near_block *n)
{
	cs_release(env, n->raw.best);
	cs_release(env, n->raw.second);
	cs_release(env, n->raw.norm);
	cs_release(env, n->raw.label);
	cs_release(env, n->raw.label2);
	cs_release(env, n->d1);
	cs_release(env, n->d2);
	cs_release(env, n->row);
	cs_release(env, n->score);
	cs_release(env, n);
}
