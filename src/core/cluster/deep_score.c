/*
 * deep_score.c - rows through the encoder to the nearest centre (see deep.h).
 */
#include "core/cluster/deep.h"
#include "core/cluster/idec.h"

#include <math.h>

/* Rows that go through the network together. */
#define ROWS CS_LANES

/* Centres beyond are no result of training; distances stay finite within. */
#define LARGE 1e100

void
cs_deep_save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	const cs_deep_model *m = fit->extra;

	double	   *bound = CS_ROOM(env, double, (size_t) fit->d);

	for (int f = 0; f < fit->d; f++)
		bound[f] = (double) m->units.bound[f];
	cs_put_number(w, "scale", (double) m->units.scale);
	cs_put_numbers(w, "bounds", bound, (size_t) fit->d);
	cs_release(env, bound);
	cs_network_save(env, m->net, w);
	cs_put_numbers(w, "places", m->center, (size_t) fit->k * (size_t) cs_network_embedding(m->net));
}

void
cs_deep_load(cs_env *env, cs_value fit, cs_scorer *s)
{
	cs_deep_model    *m = CS_NEW(env, cs_deep_model, 1);
	double	   *bound;
	float	   *within = CS_ROOM(env, float, (size_t) s->d);
	int			e;

	m->units.scale = (float) cs_need_number(env, fit, "scale", 0, 1e30);
	bound = cs_need_numbers(env, fit, "bounds", (size_t) s->d);
	for (int f = 0; f < s->d; f++)
	{
		if (!(bound[f] >= 0 && bound[f] <= 1e30))
			cs_doc_damaged(env, "A bound of its network is negative or too large.");
		within[f] = (float) bound[f];
	}
	cs_release(env, bound);
	m->units.bound = within;
	m->net = cs_network_load(env, fit, s->d);
	e = cs_network_embedding(m->net);
	m->center = cs_need_numbers(env, fit, "places", (size_t) s->k * (size_t) e);
	for (size_t i = 0; i < (size_t) s->k * (size_t) e; i++)
		if (!(fabs(m->center[i]) <= LARGE))
			cs_doc_damaged(env, "A centre of its embedding is too far out.");
	if (s->centers)
		cs_doc_damaged(env, "A network has no centres of its own.");
	s->extra = m;

	/* input, two layers and embedding of so many rows; then a row's weights of clusters */
	s->room = ROWS * ((size_t) s->d + 2 * (size_t) cs_network_widest(m->net) + (size_t) e) + 16 * ((size_t) s->k + 1);
}

/* The embedding of rows: scaled input first in room. */
static const float *
encode(const cs_deep_model *m, int d, size_t rows, float *room)
{
	float	   *code = room + rows * (size_t) d;

	for (size_t i = 0; i < rows; i++)
		cs_deep_take(&m->units, d, room + i * (size_t) d);
	cs_network_encode(m->net, room, rows, code + rows * (size_t) cs_network_embedding(m->net), code);
	return code;
}

static double
to_center(const cs_deep_model *m, const float *code, int j)
{
	int			e = cs_network_embedding(m->net);
	double		d2 = 0;

	for (int f = 0; f < e; f++)
	{
		double		v = (double) code[f] - m->center[(size_t) j * (size_t) e + (size_t) f];

		d2 += v * v;
	}
	return d2;
}

static cs_nearest
nearest_of(const cs_deep_model *m, int k, const float *code)
{
	cs_nearest	n = {-1, -1, INFINITY, INFINITY};

	for (int j = 0; j < k; j++)
	{
		double		d2 = to_center(m, code, j);

		if (n.label < 0 || d2 < n.d1)
		{
			n.label2 = n.label;
			n.d2 = n.d1;
			n.label = j;
			n.d1 = d2;
		}
		else if (n.label2 < 0 || d2 < n.d2)
		{
			n.label2 = j;
			n.d2 = d2;
		}
	}
	return n;
}

static const float *
encode_row(const cs_scorer *s, const float *row, float *score)
{
	for (int f = 0; f < s->d; f++)
		score[f] = row[f];
	return encode(s->extra, s->d, 1, score);
}

cs_nearest
cs_deep_nearest(const cs_scorer *s, const float *row, float *score)
{
	return nearest_of(s->extra, s->k, encode_row(s, row, score));
}

int
cs_deep_label(const cs_scorer *s, const float *row, float *score)
{
	return cs_deep_nearest(s, row, score).label;
}

double
cs_deep_distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	return to_center(s->extra, encode_row(s, row, score), cluster);
}

/* Student's t, as in training. */
void
cs_deep_probability(const cs_scorer *s, const float *row, float *score, double *p)
{
	const cs_deep_model *m = s->extra;

	(void) cs_idec_soft(encode_row(s, row, score), m->center, s->k, cs_network_embedding(m->net), p);
}

/* A tile of rows at a time: the weights are read once for all of them. */
void
cs_deep_block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	const cs_deep_model *m = s->extra;
	size_t		e = (size_t) cs_network_embedding(m->net),
				d = (size_t) s->d;

	for (size_t at = 0; at < run->rows; at += ROWS)
	{
		size_t		rows = run->rows - at < ROWS ? run->rows - at : ROWS;
		const float *tile = run->tiles + at * d,
				   *code;

		for (size_t f = 0; f < d; f++)
			for (size_t r = 0; r < rows; r++)
				out->score[r * d + f] = tile[f * CS_LANES + r];
		code = encode(m, s->d, rows, out->score);
		for (size_t r = 0; r < rows; r++)
		{
			cs_nearest	n = nearest_of(m, s->k, code + r * e);

			out->raw.label[at + r] = n.label;
			out->raw.label2[at + r] = n.label2;
			out->d1[at + r] = n.d1;
			out->d2[at + r] = n.d2;
		}
	}
}
