/*
 * prep_axes.c - principal components as the last step of the transforms
 * (see prep.h; I. T. Jolliffe, "Principal Component Analysis", 2002).
 *
 * The covariance of the coordinates is summed up over runs of rows that stay in
 * the cache, then its eigenvectors are found (base/linalg.h).  Points that are
 * directions (unit_length) keep their origin: their axes are those of the second
 * moments of the coordinates, and lengths are made 1 after the projection.
 *
 * A point is projected in double precision, sums running over the coordinates in
 * order: the same for one row and for many.
 */
#include "core/base/linalg.h"
#include "core/prep/prep_fit.h"

#include <math.h>
#include <string.h>

/* Rows of one step of the covariance. */
#define RUN 256

double *
cs_axes_room(cs_env *env, const cs_prep *p, int n)
{
	return CS_NEW(env, double, cs_axis_at(p, (n + CS_AXES - 1) / CS_AXES * CS_AXES, 0) + CS_AXES);
}

cs_reject
cs_prep_project(const cs_prep *p, const float *coordinates, float *point, float *norm)
{
	const cs_components *a = p->axes;

	for (int from = 0; from < a->n; from += CS_AXES)
	{
		const double *axis = a->axis + cs_axis_at(p, from, 0);
		double		sum[CS_AXES] = {0};

		for (int z = 0; z < p->wide; z++)
		{
			double		v = (double) coordinates[z] - a->mean[z];

			for (int i = 0; i < CS_AXES; i++)
				sum[i] += v * axis[(size_t) z * CS_AXES + (size_t) i];
		}
		for (int i = 0; i < CS_AXES && from + i < a->n; i++)
			point[from + i] = (float) sum[i];
	}
	return p->unit_length ? cs_to_unit_length(point, p->d, norm) : CS_ROW_OK;
}

void
cs_prep_unproject(const cs_prep *p, const double *point, double *coordinates)
{
	memset(coordinates, 0, sizeof(double) * (size_t) p->wide);
	for (int i = 0; i < p->axes->n; i++)
		for (int z = 0; z < p->wide; z++)
			coordinates[z] += point[i] * p->axes->axis[cs_axis_at(p, i, z)];
}

/* ---- fitting ---- */

/* Coordinates of rows that have a point, from row *at on: at most RUN, mean taken off. */
static size_t
next_run(const cs_prep *p, const cs_rows *rows, size_t *at, const double *mean, float *point, double *out)
{
	size_t		n = 0;

	for (; *at < rows->n && n < RUN; ++*at)
	{
		if (cs_prep_row(p, cs_rows_at(rows, *at), point, NULL) != CS_ROW_OK)
			continue;
		for (int z = 0; z < p->wide; z++)
			out[n * (size_t) p->wide + (size_t) z] = (double) point[z] - mean[z];
		n++;
	}
	return n;
}

/* Means into mean, second moments about them into square; the number of rows. */
static double
moments(cs_env *env, const cs_prep *p, const cs_rows *rows, double *mean, double *square)
{
	size_t		wide = (size_t) p->wide,
				m;
	float	   *point = CS_ROOM(env, float, wide + 1);
	double	   *run = CS_ROOM(env, double, RUN * wide + 1),
			   *none = CS_NEW(env, double, wide + 1);
	double		n = 0;

	for (size_t at = 0; (m = next_run(p, rows, &at, none, point, run)) > 0; n += (double) m)
	{
		for (size_t i = 0; i < m && !p->unit_length; i++)
			for (size_t z = 0; z < wide; z++)
				mean[z] += run[i * wide + z];
		cs_poll(env);
	}
	for (size_t z = 0; z < wide && n > 0; z++)
		mean[z] /= n;
	for (size_t at = 0; (m = next_run(p, rows, &at, mean, point, run)) > 0;)
	{
		cs_gram(env, NULL, CS_T, wide, m, 1, run, wide, 1, square, wide);
		cs_poll(env);
	}
	cs_release(env, point);
	cs_release(env, run);
	cs_release(env, none);
	return n;
}

static int
axes_wanted(const double *variance, int wide, double total, double want)
{
	double		sum = 0;
	int			n = 0;

	if (want >= 1)
		return (int) want;
	do
		sum += variance[n++];
	while (n < wide && sum < want * total);
	return n;
}

/* The first axes, block by block, and their variances. */
static cs_components *
keep(cs_env *env, const cs_prep *p, int n, const double *variance, const double *vector)
{
	cs_components *a = CS_NEW(env, cs_components, 1);

	a->n = n;
	a->axis = cs_axes_room(env, p, n);
	a->variance = CS_NEW(env, double, (size_t) n);
	memcpy(a->variance, variance, sizeof(double) * (size_t) n);
	for (int i = 0; i < n; i++)
		for (int z = 0; z < p->wide; z++)
			a->axis[cs_axis_at(p, i, z)] = vector[(size_t) i * (size_t) p->wide + (size_t) z];
	return a;
}

/* Eigenvalues of a matrix without negative directions, rounding aside. */
static double
tidy_variances(double *variance, int wide)
{
	double		total = 0;

	for (int i = 0; i < wide; i++)
	{
		variance[i] = variance[i] > 0 ? variance[i] : 0;
		total += variance[i];
	}
	return total;
}

void
cs_prep_fit_axes(cs_env *env, cs_prep *p, const cs_rows *rows, double want, size_t memory)
{
	size_t		wide = (size_t) p->wide;
	double	   *square,
			   *vector,
			   *variance,
			   *mean,
				n,
				total;

	if (wide == 0)
		return;
	if (want > p->wide)
		cs_fail(env, CS_E_PARAM,
				cs_text(env, "option \"pca\" asks for %.0f components of %d coordinates", want, p->wide),
				"Each number is a coordinate, each category one per level.",
				"A value below 1, such as 0.95, asks for a share of the variance.");
	if (memory > 0 && 2 * wide * wide * sizeof(double) > memory)
		cs_fail(env, CS_E_LIMIT,
				cs_text(env, "principal components of %d coordinates need more memory than is allowed", p->wide),
				cs_text(env, "They take %zu MB.", (2 * wide * wide * sizeof(double) >> 20) + 1),
				"Increase maintenance_work_mem, or the option memory.");
	square = CS_NEW(env, double, wide * wide);
	vector = CS_ROOM(env, double, wide * wide);
	variance = CS_NEW(env, double, wide);
	mean = CS_NEW(env, double, wide);
	n = moments(env, p, rows, mean, square);
	for (size_t i = 0; i < wide * wide; i++)
		square[i] /= n > 1 ? n - 1 : 1;
	cs_eigen_symmetric(env, wide, square, wide, variance, vector, wide);
	total = tidy_variances(variance, p->wide);
	p->axes = keep(env, p, axes_wanted(variance, p->wide, total, want), variance, vector);
	p->axes->mean = mean;
	p->axes->total = total;
	p->d = p->axes->n;
	cs_release(env, square);
	cs_release(env, vector);
	cs_release(env, variance);
}
