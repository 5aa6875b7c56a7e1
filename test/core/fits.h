/*
 * fits.h - fitting algorithms alone and in teams, and comparing what comes out.
 */
#ifndef TEST_FITS_H
#define TEST_FITS_H

#include "core/cluster/algorithms.h"
#include "harness.h"
#include "points.h"

#include "../data/iris.h"

static inline cs_matrix *
iris_matrix(cs_env *env)
{
	cs_matrix  *x = cs_matrix_new(env, IRIS_N, IRIS_D);

	for (size_t i = 0; i < IRIS_N; i++)
		for (int f = 0; f < IRIS_D; f++)
			cs_matrix_at(x, i)[f * CS_LANES] = (float) iris[i * IRIS_D + (size_t) f];
	return x;
}

/* Fit with one option set; NULL: defaults. */
static inline cs_fit
fit_one(cs_env *env, const cs_clusterer *c, const cs_matrix *x, int k, const char *option, double value)
{
	cs_fit		fit = {.algorithm = c};
	cs_fit_args args = {.x = x, .k = k, .seed = 42, .options = options_with(env, c->params, option, value)};
	cs_team		team = solo(env, cs_clusterer_arena(env, c, args.options, x->n, x->d, k));

	c->fit(env, &team, &args, &fit);
	CHECK(team.used == 0);
	CHECK(fit.k == k && fit.d == x->d && fit.algorithm == c);
	return fit;
}

/* The label of each row by a fit; also counts the rows of each cluster. */
static inline int *
labels_of(cs_env *env, const cs_fit *fit, const cs_matrix *x, int *size)
{
	cs_scorer  *s = cs_scorer_of_fit(env, fit);
	float	   *score = CS_NEW(env, float, (size_t) fit->k + CS_ROW_PAD),
			   *row = CS_NEW(env, float, (size_t) x->d);
	int		   *label = CS_NEW(env, int, x->n);

	memset(size, 0, sizeof(int) * (size_t) fit->k);
	for (size_t i = 0; i < x->n; i++)
	{
		cs_matrix_row(x, i, row);
		label[i] = fit->algorithm->label(s, row, score);
		size[label[i]]++;
	}
	return label;
}

static inline int
descending(const void *a, const void *b)
{
	return *(const int *) b - *(const int *) a;
}

/* Weighted sum of squared distances to the nearest centre, in double. */
static inline double
price_of(const cs_fit *fit, const cs_matrix *x)
{
	double		sum = 0;

	for (size_t i = 0; i < x->n; i++)
	{
		float		row[256];

		cs_matrix_row(x, i, row);
		sum += (double) cs_matrix_weight(x, i) *
			square_distance(row, fit->center + nearest_center(row, fit->center, fit->k, x->d) * x->d, x->d);
	}
	return sum;
}

/* Are the centres the weighted means of their rows? */
static inline bool
centers_are_means(cs_env *env, const cs_fit *fit, const cs_matrix *x, double tolerance)
{
	size_t		d = (size_t) x->d;
	double	   *sum = CS_NEW(env, double, (size_t) fit->k * (d + 1));
	bool		ok = true;

	for (size_t i = 0; i < x->n; i++)
	{
		float		row[256];
		double	   *s;

		cs_matrix_row(x, i, row);
		s = sum + (size_t) nearest_center(row, fit->center, fit->k, x->d) * (d + 1);
		for (size_t f = 0; f < d; f++)
			s[f] += (double) cs_matrix_weight(x, i) * (double) row[f];
		s[d] += (double) cs_matrix_weight(x, i);
	}
	for (int j = 0; j < fit->k; j++)
		for (size_t f = 0; f < d; f++)
		{
			const double *s = sum + (size_t) j * (d + 1);

			ok = ok && fabs(s[f] / s[d] - fit->center[(size_t) j * d + f]) <= tolerance;
		}
	return ok;
}

/* ---- teams ---- */

typedef struct fit_job
{
	const cs_clusterer *c;
	cs_fit_args args;
	cs_fit		fit[4];			/* of each member; centres copied to memory of the host */
	double	   *center[4];
	int		   *extra[4];		/* k ints, or NULL */
} fit_job;

static inline void
fit_by_member(cs_env *env, cs_team *team, void *arg)
{
	fit_job    *j = arg;
	cs_fit	   *fit = &j->fit[team->rank];

	*fit = (cs_fit) {.algorithm = j->c};
	j->c->fit(env, team, &j->args, fit);
	memcpy(j->center[team->rank], fit->center, sizeof(double) * (size_t) (fit->k * fit->d));
	if (j->extra[0] && fit->extra)
		memcpy(j->extra[team->rank], fit->extra, sizeof(int) * (size_t) fit->k);
}

/*
 * Do teams of 1, 2 and 3 give the same bits, every member?  make builds the rows
 * afresh each time, as fitting may sort them.
 */
static inline bool
teams_agree(cs_env *env, const cs_clusterer *c, cs_matrix *(*make) (cs_env *), int k, const char *option, double value)
{
	double	   *center = NULL;
	int		   *extra = NULL;
	cs_fit		first = {0};
	bool		same = true;

	for (int size = 1; size <= 3; size++)
	{
		fit_job		j = {.c = c};
		cs_matrix  *x = make(env);

		j.args = (cs_fit_args) {.x = x, .k = k, .seed = 7, .options = options_with(env, c->params, option, value)};
		for (int r = 0; r < size; r++)
		{
			j.center[r] = CS_NEW(env, double, (size_t) (k * x->d));
			j.extra[r] = CS_NEW(env, int, (size_t) k);
		}
		run_team(env, size, cs_clusterer_arena(env, c, j.args.options, x->n, x->d, k), fit_by_member, &j);
		if (size == 1)
		{
			first = j.fit[0];
			center = j.center[0];
			extra = j.extra[0];
		}
		for (int r = 0; r < size; r++)
			same = same && memcmp(center, j.center[r], sizeof(double) * (size_t) (k * x->d)) == 0 &&
				memcmp(extra, j.extra[r], sizeof(int) * (size_t) k) == 0 &&
				j.fit[r].objective == first.objective && j.fit[r].iterations == first.iterations &&
				j.fit[r].converged == first.converged;
	}
	return same;
}

/* Three blocks and a bit of rows in groups that overlap. */
static inline cs_matrix *
plain_rows(cs_env *env)
{
	size_t		n = 3 * CS_BLOCK_ROWS + 234;

	return cs_matrix_from_rows(env, draw_groups(env, n, 3, 20, 6, 11), n, 3);
}

static inline cs_matrix *
weighted_rows(cs_env *env)
{
	cs_matrix  *x = plain_rows(env);

	add_weights(env, x);
	return x;
}

/* May be sorted by label, so that passes are pruned. */
static inline cs_matrix *
sortable_rows(cs_env *env)
{
	cs_matrix  *x = weighted_rows(env);

	add_origin(env, x);
	return x;
}

/* Two thirds of the rows. */
static inline cs_matrix *
selected_rows(cs_env *env)
{
	cs_matrix  *x = weighted_rows(env);
	size_t		n = x->n / 3 * 2;
	uint32_t   *pick = CS_NEW(env, uint32_t, n);

	for (size_t i = 0; i < n; i++)
		pick[i] = (uint32_t) (i / 2 * 3 + i % 2);
	return cs_matrix_select(env, x, pick, n);
}

/* ---- saving ---- */

/* Does a model that was saved and loaded label rows as the fit does?  Block and row agree too. */
static inline bool
survives_saving(cs_env *env, const cs_fit *fit, const cs_matrix *x)
{
	cs_writer	w;
	size_t		len;
	unsigned char *bytes;
	cs_scorer  *s;
	cs_near_block *near = cs_near_block_new(env, fit->k, x->d);
	cs_run		run = cs_matrix_run(x, 0, NULL);
	float	   *score = CS_NEW(env, float, (size_t) fit->k + CS_ROW_PAD);
	bool		same;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_fit_save(env, fit, &w);
	cs_end(&w);
	bytes = cs_writer_finish(&w, &len);
	same = cs_doc_check(bytes, len) == NULL;
	s = cs_scorer_load(env, cs_value_get(cs_doc_root(bytes), "fit"));
	s->algorithm->block(s, &run, near);
	for (size_t i = 0; i < run.rows; i++)
	{
		float		row[256];
		int			right;

		cs_matrix_row(x, i, row);
		right = nearest_center(row, fit->center, fit->k, x->d);
		same = same && s->algorithm->label(s, row, score) == right && near->raw.label[i] == right &&
			s->algorithm->nearest(s, row, score).label == right;
	}
	return same;
}

#endif							/* TEST_FITS_H */
