/*
 * metric.c - metrics as sums of differences (see metric.h).
 */
#include "core/cluster/metric.h"

#include <math.h>
#include <string.h>

static cs_space *
make(cs_env *env, cs_metric metric, int d)
{
	cs_space   *s = CS_NEW(env, cs_space, 1);

	s->metric = metric;
	s->form = metric == CS_METRIC_EUCLIDEAN ? CS_FORM_ROOT
			  : metric == CS_METRIC_COSINE  ? CS_FORM_HALF
											: CS_FORM_ABSOLUTE;
	s->from = d;
	s->d = metric == CS_METRIC_GOWER ? d + 1 : d;
	if (metric == CS_METRIC_GOWER)
	{
		s->scale = CS_NEW(env, double, (size_t) d);
		s->group = CS_NEW(env, int, (size_t) d);
		s->half = CS_NEW(env, double, (size_t) d);
	}
	return s;
}

/* Ranges of the coordinates. */
static double *
ranges(cs_env *env, const cs_matrix *x)
{
	double	   *range = CS_NEW(env, double, (size_t) x->d);
	float	   *row = CS_NEW(env, float, (size_t) x->d), *low = CS_NEW(env, float, (size_t) x->d),
		  *high = CS_NEW(env, float, (size_t) x->d);

	for (size_t i = 0; i < x->n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, row);
		for (int f = 0; f < x->d; f++)
		{
			low[f] = i == 0 || row[f] < low[f] ? row[f] : low[f];
			high[f] = i == 0 || row[f] > high[f] ? row[f] : high[f];
		}
	}
	for (int f = 0; f < x->d; f++)
		range[f] = (double) high[f] - (double) low[f];
	cs_release(env, row);
	cs_release(env, low);
	cs_release(env, high);
	return range;
}

/* Number the categories; the sum of the weights of all features. */
static double
group_levels(cs_space *s, const cs_axis *axis)
{
	double		sum = 0;
	int			groups = 0;

	for (int f = 0; f < s->from; f++)
	{
		bool		level = axis && axis[f].level,
			 first = !level || f == 0 || !axis[f - 1].level || axis[f - 1].feature != axis[f].feature;

		if (first)
			sum += axis ? (double) axis[f].weight : 1;
		if (level && first)
			groups++;
		s->group[f] = level ? groups - 1 : -1;
	}
	return sum;
}

cs_space *
cs_space_new(cs_env *env, cs_metric metric, const cs_matrix *x, const cs_axis *axis)
{
	cs_space   *s = make(env, metric, x->d);
	double	   *range, sum;

	if (metric != CS_METRIC_GOWER)
		return s;
	sum = group_levels(s, axis);
	range = ranges(env, x);
	for (int f = 0; f < x->d && sum > 0; f++)
	{
		double		w = (axis ? (double) axis[f].weight : 1) / sum;

		if (s->group[f] >= 0)
		{
			s->half[s->group[f]] = w / 2;
			s->scale[f] = axis[f].weight > 0 ? w / 2 / sqrt((double) axis[f].weight) : 0;
		}
		else
			s->scale[f] = range[f] > 0 ? w / range[f] : 0;
	}
	cs_release(env, range);
	return s;
}

void
cs_space_row(const cs_space *s, const float *row, float *out)
{
	double		missing = 0;
	bool		some = true;

	if (s->metric != CS_METRIC_GOWER)
	{
		memcpy(out, row, sizeof(float) * (size_t) s->d);
		return;
	}
	for (int f = 0; f < s->from; f++)
	{
		int			g = s->group[f];

		out[f] = (float) ((double) row[f] * s->scale[f]);
		some = (f > 0 && s->group[f - 1] == g && some) || row[f] > 0;
		if (g >= 0 && !some && (f + 1 == s->from || s->group[f + 1] != g))
			missing += s->half[g];
	}
	out[s->from] = (float) missing;
}

const float *
cs_space_tile(const cs_space *s, const float *from, float *tile, float *row, float *point)
{
	if (s->metric != CS_METRIC_GOWER)
		return from;
	for (int l = 0; l < CS_LANES; l++)
	{
		for (int f = 0; f < s->from; f++)
			row[f] = from[f * CS_LANES + l];
		cs_space_row(s, row, point);
		for (int f = 0; f < s->d; f++)
			tile[f * CS_LANES + l] = point[f];
	}
	return tile;
}

double
cs_space_distance(const cs_space *s, const float *a, const float *b)
{
	float		sum = 0;
	double		square = 0;

	for (int f = 0; f < s->d && s->form == CS_FORM_ABSOLUTE; f++)
		sum += fabsf(a[f] - b[f]);
	for (int f = 0; f < s->d && s->form != CS_FORM_ABSOLUTE; f++)
		square += ((double) a[f] - (double) b[f]) * ((double) a[f] - (double) b[f]);
	return s->form == CS_FORM_ABSOLUTE ? (double) sum : s->form == CS_FORM_ROOT ? sqrt(square) : square / 2;
}

void
cs_space_save(const cs_space *s, cs_writer *w)
{
	int			groups = 0;

	cs_put_number(w, "metric", s->metric);
	if (s->metric != CS_METRIC_GOWER)
		return;
	for (int f = 0; f < s->from; f++)
		groups = s->group[f] >= groups ? s->group[f] + 1 : groups;
	cs_put_numbers(w, "scales", s->scale, (size_t) s->from);
	cs_put_ints(w, "categories", s->group, (size_t) s->from);
	cs_put_numbers(w, "halves", s->half, (size_t) groups);
}

cs_space *
cs_space_load(cs_env *env, cs_value v, int d)
{
	cs_space   *s = make(env, (cs_metric) cs_need_int(env, v, "metric", 0, CS_METRIC_GOWER), d);
	int			groups = 0;

	if (s->metric != CS_METRIC_GOWER)
		return s;
	s->scale = cs_need_numbers(env, v, "scales", (size_t) d);
	s->group = cs_need_ints(env, v, "categories", (size_t) d, -1, d - 1);
	for (int f = 0; f < d; f++)
	{
		if (s->group[f] > groups || (s->group[f] >= 0 && s->group[f] < groups - 1))
			cs_doc_damaged(env, "Field \"categories\" is not in order.");
		groups = s->group[f] == groups ? groups + 1 : groups;
		if (!(s->scale[f] >= 0 && s->scale[f] <= 1e30))
			cs_doc_damaged(env, "Field \"scales\" has values out of range.");
	}
	s->half = cs_need_numbers(env, v, "halves", (size_t) groups);
	for (int g = 0; g < groups; g++)
		if (!(s->half[g] >= 0 && s->half[g] <= 1))
			cs_doc_damaged(env, "Field \"halves\" has values out of range.");
	return s;
}
