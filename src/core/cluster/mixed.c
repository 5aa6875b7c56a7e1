/*
 * mixed.c - numbers and codes, and scoring by prototypes of them (see mixed.h).
 */
#include "core/cluster/mixed.h"

#include <math.h>
#include <string.h>

static bool
is_level(const cs_axis *axis, int c)
{
	return axis && axis[c].level;
}

cs_mixed *
cs_mixed_new(cs_env *env, int d, const cs_axis *axis, double gamma)
{
	cs_mixed   *m = CS_NEW(env, cs_mixed, 1);

	m->from = d;
	m->group = CS_NEW(env, int, (size_t) d);
	m->price = CS_NEW(env, float, (size_t) d);
	for (int c = 0; c < d; c++)
	{
		if (!is_level(axis, c))
		{
			m->group[c] = -1;
			m->numbers++;
			continue;
		}
		if (c == 0 || !is_level(axis, c - 1) || axis[c - 1].feature != axis[c].feature)
			m->price[m->codes++] = (float) (gamma * (double) axis[c].weight);
		m->group[c] = m->codes - 1;
	}
	return m;
}

void
cs_mixed_row(const cs_mixed *m, const float *point, size_t step, float *out)
{
	float	   *code = out + (size_t) m->numbers * step;
	int			number = 0,
				level = 0;

	for (int g = 0; g < m->codes; g++)
		code[(size_t) g * step] = -1;
	for (int c = 0; c < m->from; c++)
	{
		int			g = m->group[c];

		if (g < 0)
		{
			out[(size_t) number++ * step] = point[(size_t) c * step];
			continue;
		}
		level = c > 0 && m->group[c - 1] == g ? level + 1 : 0;
		if (point[(size_t) c * step] > 0)
			code[(size_t) g * step] = (float) level;
	}
}

double
cs_mixed_gamma(cs_env *env, const cs_matrix *x, const cs_axis *axis)
{
	double	   *mean = CS_NEW(env, double, (size_t) x->d),
			   *square = CS_NEW(env, double, (size_t) x->d),
				rows = 0,
				sum = 0;
	float	   *row = CS_NEW(env, float, (size_t) x->d);
	int			numbers = 0;

	for (size_t i = 0; i < x->n; i++)
	{
		double		w = (double) cs_matrix_weight(x, i);

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, row);
		rows += w;
		for (int c = 0; c < x->d && w > 0; c++)
		{
			double		off = (double) row[c] - mean[c];

			mean[c] += off * w / rows;
			square[c] += w * off * ((double) row[c] - mean[c]);
		}
	}
	for (int c = 0; c < x->d && rows > 0; c++)
		if (!is_level(axis, c))
		{
			sum += sqrt(square[c] / rows);
			numbers++;
		}
	cs_release(env, mean);
	cs_release(env, square);
	cs_release(env, row);
	return numbers > 0 && sum > 0 ? sum / numbers / 2 : 1;
}

/* ---- the model ---- */

typedef struct prototypes
{
	cs_mixed   *mixed;
	float	   *row;			/* k x width */
	const cs_kernel *kernel;
} prototypes;

void
cs_mixed_save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	const cs_mixed *m = fit->extra;
	double	   *price = CS_NEW(env, double, (size_t) m->codes);

	for (int g = 0; g < m->codes; g++)
		price[g] = (double) m->price[g];
	cs_put_ints(w, "categories", m->group, (size_t) m->from);
	cs_put_numbers(w, "prices", price, (size_t) m->codes);
	cs_release(env, price);
}

static cs_mixed *
load_mixed(cs_env *env, cs_value fit, int d)
{
	cs_mixed   *m = CS_NEW(env, cs_mixed, 1);
	double	   *price;

	m->from = d;
	m->group = cs_need_ints(env, fit, "categories", (size_t) d, -1, d - 1);
	for (int c = 0; c < d; c++)
	{
		int			g = m->group[c];

		if (g < 0)
			m->numbers++;
		else if (g == m->codes)
			m->codes++;
		else if (c == 0 || g != m->group[c - 1])
			cs_doc_damaged(env, "Field \"categories\" is not in order.");
	}
	price = cs_need_numbers(env, fit, "prices", (size_t) m->codes);
	m->price = CS_NEW(env, float, (size_t) m->codes);
	for (int g = 0; g < m->codes; g++)
	{
		if (!(price[g] >= 0 && price[g] <= 1e30))
			cs_doc_damaged(env, "Field \"prices\" has values out of range.");
		m->price[g] = (float) price[g];
	}
	return m;
}

void
cs_mixed_load(cs_env *env, cs_value fit, cs_scorer *s)
{
	prototypes *p = CS_NEW(env, prototypes, 1);
	float	   *point = CS_NEW(env, float, (size_t) s->d);
	size_t		width;

	if (s->centers == NULL)
		cs_doc_damaged(env, "Field \"centers\" is missing.");
	p->mixed = load_mixed(env, fit, s->d);
	p->kernel = env->kernel;
	width = (size_t) cs_mixed_width(p->mixed);
	p->row = CS_NEW(env, float, (size_t) s->k * width);
	for (int j = 0; j < s->k; j++)
	{
		for (int c = 0; c < s->d; c++)
			point[c] = (float) s->centers->c[(size_t) j * (size_t) s->d + (size_t) c];
		cs_mixed_row(p->mixed, point, 1, p->row + (size_t) j * width);
	}
	cs_release(env, point);

	/* two tiles: points, numbers and codes */
	s->room = CS_LANES * ((size_t) s->d + width);
	s->extra = p;
}

/* The squared distance of a row of numbers and codes to a prototype. */
static double
distance_of(const prototypes *p, const float *row, int cluster)
{
	const float *c = p->row + (size_t) cluster * (size_t) cs_mixed_width(p->mixed);
	double		sum = 0;
	int			f = 0;

	for (; f < p->mixed->numbers; f++)
		sum += ((double) row[f] - (double) c[f]) * ((double) row[f] - (double) c[f]);
	for (int g = 0; g < p->mixed->codes; g++)
		sum += row[f + g] != c[f + g] ? (double) p->mixed->price[g] : 0;
	return sum;
}

/* One row is a tile whose other lanes do not count: the same bits as in a block. */
cs_nearest
cs_mixed_nearest(const cs_scorer *s, const float *row, float *score)
{
	const prototypes *p = s->extra;
	float		best[CS_LANES] __attribute__((aligned(64))),
				second[CS_LANES] __attribute__((aligned(64)));
	int32_t		label[CS_LANES] __attribute__((aligned(64))),
				label2[CS_LANES] __attribute__((aligned(64)));
	cs_near2	raw = {best, second, NULL, label, label2};
	float	   *point = score + CS_LANES * (size_t) cs_mixed_width(p->mixed);
	cs_nearest	n;

	memset(score, 0, sizeof(float) * CS_LANES * (size_t) cs_mixed_width(p->mixed));
	cs_mixed_row(p->mixed, row, 1, point);
	for (int f = 0; f < cs_mixed_width(p->mixed); f++)
		score[f * CS_LANES] = point[f];
	p->kernel->mixed_nearest(score, p->row, s->k, p->mixed->numbers, p->mixed->codes, p->mixed->price, &raw);
	n.label = label[0];
	n.label2 = label2[0];
	n.d1 = distance_of(p, point, n.label);
	n.d2 = n.label2 >= 0 ? distance_of(p, point, n.label2) : INFINITY;
	return n;
}

int
cs_mixed_label(const cs_scorer *s, const float *row, float *score)
{
	return cs_mixed_nearest(s, row, score).label;
}

void
cs_mixed_block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	const prototypes *p = s->extra;
	int			width = cs_mixed_width(p->mixed);
	float	   *point = out->score + CS_LANES * (size_t) width;

	for (size_t at = 0; at < run->rows; at += CS_LANES)
	{
		cs_near2	raw = {out->raw.best + at, out->raw.second + at, NULL, out->raw.label + at, out->raw.label2 + at};

		for (size_t l = 0; l < CS_LANES; l++)
			cs_mixed_row(p->mixed, run->tiles + at * (size_t) run->d + l, CS_LANES, out->score + l);
		p->kernel->mixed_nearest(out->score, p->row, s->k, p->mixed->numbers, p->mixed->codes, p->mixed->price, &raw);
		for (size_t l = 0; l < CS_LANES; l++)
		{
			for (int f = 0; f < width; f++)
				point[f] = out->score[(size_t) f * CS_LANES + l];
			out->d1[at + l] = distance_of(p, point, out->raw.label[at + l]);
			out->d2[at + l] = out->raw.label2[at + l] >= 0 ? distance_of(p, point, out->raw.label2[at + l]) : INFINITY;
		}
	}
}

double
cs_mixed_distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	const prototypes *p = s->extra;

	cs_mixed_row(p->mixed, row, 1, score);
	return distance_of(p, score, cluster);
}

/* A category's price goes with its first coordinate. */
double
cs_mixed_part(const cs_scorer *s, const float *row, int cluster, int coordinate)
{
	const prototypes *p = s->extra;
	const double *c = s->centers->c + (size_t) cluster * (size_t) s->d;
	int			g = p->mixed->group[coordinate];

	if (g < 0)
		return ((double) row[coordinate] - c[coordinate]) * ((double) row[coordinate] - c[coordinate]);
	if (coordinate > 0 && p->mixed->group[coordinate - 1] == g)
		return 0;
	for (int z = coordinate; z < s->d && p->mixed->group[z] == g; z++)
		if (row[z] > 0 && c[z] > 0)
			return 0;
	return (double) p->mixed->price[g];
}
