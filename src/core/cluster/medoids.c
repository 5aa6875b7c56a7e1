/*
 * medoids.c - scoring rows by medoids (see medoids.h).
 */
#include "core/cluster/medoids.h"

#include <math.h>

typedef struct medoids
{
	cs_space   *space;
	float	   *row; /* k rows of the space */
	const cs_kernel *kernel;
} medoids;

void
cs_medoids_save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	(void) env;
	cs_space_save(fit->extra, w);
}

void
cs_medoids_load(cs_env *env, cs_value fit, cs_scorer *s)
{
	medoids	   *m = CS_NEW(env, medoids, 1);
	float	   *row = CS_NEW(env, float, (size_t) s->d);

	if (s->centers == NULL)
		cs_doc_damaged(env, "Field \"centers\" is missing.");
	m->space = cs_space_load(env, fit, s->d);
	m->row = CS_NEW(env, float, (size_t) s->k *(size_t) m->space->d);
	m->kernel = env->kernel;
	for (int i = 0; i < s->k; i++)
	{
		for (int f = 0; f < s->d; f++)
			row[f] = (float) s->centers->c[(size_t) i * (size_t) s->d + (size_t) f];
		cs_space_row(m->space, row, m->row + (size_t) i * (size_t) m->space->d);
	}
	cs_release(env, row);

	/* a tile, or the scores of the centres */
	s->room = CS_LANES * (size_t) m->space->d + (size_t) s->d + (size_t) m->space->d;
	if (s->room < (size_t) s->centers->kpad)
		s->room = (size_t) s->centers->kpad;
	s->extra = m;
}

/* Euclidean distances and cosines go by centres. */
static bool
by_centers(const medoids *m)
{
	return m->space->form != CS_FORM_ABSOLUTE;
}

/* As the rest of the engine wants distances: squared. */
static cs_nearest
squared(const cs_space *s, cs_nearest n)
{
	if (s->metric == CS_METRIC_COSINE)
	{
		n.d1 /= 2;
		n.d2 /= 2;
	}
	if (s->metric != CS_METRIC_EUCLIDEAN)
	{
		n.d1 *= n.d1;
		n.d2 *= n.d2;
	}
	return n;
}

cs_nearest
cs_medoids_nearest(const cs_scorer *s, const float *row, float *score)
{
	const medoids *m = s->extra;
	cs_nearest	n = {0, -1, INFINITY, INFINITY};

	if (by_centers(m))
		return squared(m->space, cs_by_center_nearest(s, row, score));
	cs_space_row(m->space, row, score);
	for (int j = 0; j < s->k; j++)
	{
		double		d = cs_space_distance(m->space, score, m->row + (size_t) j * (size_t) m->space->d);

		if (d < n.d1)
		{
			n.label2 = j > 0 ? n.label : -1;
			n.d2 = n.d1;
			n.label = j;
			n.d1 = d;
		}
		else if (d < n.d2)
		{
			n.label2 = j;
			n.d2 = d;
		}
	}
	return squared(m->space, n);
}

int
cs_medoids_label(const cs_scorer *s, const float *row, float *score)
{
	return by_centers(s->extra) ? cs_by_center_label(s, row, score) : cs_medoids_nearest(s, row, score).label;
}

void
cs_medoids_block(const cs_scorer *s, const cs_run *run, cs_near_block *out)
{
	const medoids *m = s->extra;
	float	   *row = out->score + CS_LANES * (size_t) m->space->d, *point = row + s->d;

	if (by_centers(m))
		cs_by_center_block(s, run, out);
	for (size_t at = 0; at < run->rows && !by_centers(m); at += CS_LANES)
	{
		cs_near2	raw = {out->raw.best + at, out->raw.second + at, NULL, out->raw.label + at, out->raw.label2 + at};

		m->kernel->metric_nearest(cs_space_tile(m->space, run->tiles + at * (size_t) run->d, out->score, row, point),
								  m->row, s->k, m->space->d, true, &raw);
		for (size_t l = at; l < at + CS_LANES; l++)
		{
			out->d1[l] = (double) out->raw.best[l];
			out->d2[l] = out->raw.label2[l] >= 0 ? (double) out->raw.second[l] : INFINITY;
		}
	}
	for (size_t i = 0; i < run->rows; i++)
	{
		cs_nearest	n = squared(m->space, (cs_nearest){0, 0, out->d1[i], out->d2[i]});

		out->d1[i] = n.d1;
		out->d2[i] = n.d2;
	}
}

double
cs_medoids_distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	const medoids *m = s->extra;
	cs_nearest	n = {cluster, -1, 0, INFINITY};

	if (by_centers(m))
		n.d1 = cs_centers_distance(s->centers, row, cluster);
	else
	{
		cs_space_row(m->space, row, score);
		n.d1 = cs_space_distance(m->space, score, m->row + (size_t) cluster * (size_t) m->space->d);
	}
	return squared(m->space, n).d1;
}

/* Parts of the distance, or of its square where it is Euclidean. */
double
cs_medoids_part(const cs_scorer *s, const float *row, int cluster, int coordinate)
{
	const medoids *m = s->extra;
	double		a = (double) row[coordinate] - s->centers->c[(size_t) cluster * (size_t) s->d + (size_t) coordinate],
		   scale = m->space->scale ? m->space->scale[coordinate] : 1;

	return by_centers(m) ? a * a / (m->space->metric == CS_METRIC_COSINE ? 2 : 1) : fabs(a) * scale;
}
