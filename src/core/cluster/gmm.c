/*
 * gmm.c - mixtures of Gaussians, by expectation and maximisation.
 *
 * A. Dempster, N. Laird, D. Rubin, "Maximum likelihood from incomplete data via the
 * EM algorithm", J. R. Statist. Soc. B 39, 1977.  Starts from k-means (or given
 * centres): each row belongs to its nearest centre, then passes refine that.  A pass
 * reads the rows once: densities, responsibilities and moments of 256 rows at a
 * time, moments about the former means so that nothing cancels.  Every covariance
 * gets regularisation added to its diagonal, as in scikit-learn.
 *
 * All in double precision.  O(n k d^2) per pass (diagonal, spherical: O(n k d)).
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"
#include "core/cluster/mixture.h"

#include <math.h>
#include <string.h>

/* Units of parallel work: each keeps sums of its own. */
#define UNITS 16

/* ---- one pass ---- */

typedef struct pass
{
	cs_env	   *env;
	cs_team    *team;
	const cs_matrix *x;
	cs_mixture *m;
	const int32_t *label;		/* instead of densities, at the start; or NULL */
	size_t		stride;			/* numbers of one component's sums: 1 + d + packed */
	double	   *part;			/* shared: [unit][k][stride] */
	double	   *likelihood;		/* shared: [unit] */
	cs_turn		turn;
	cs_scratch *scratch;
	double	   *rows;			/* [d][CS_MIX_ROWS] */
	double	   *work;
	double	   *score;			/* [k][CS_MIX_ROWS], then responsibilities */
	double	   *weight;			/* CS_MIX_ROWS: of the rows, 0 behind the last */
	double	   *most;
	double	   *sum;
} pass;

static void
pass_open(pass *p)
{
	size_t		d = (size_t) p->m->d,
				k = (size_t) p->m->k;

	p->stride = 1 + d + p->m->packed;
	cs_turn_init(p->env, p->team, &p->turn, p->x->blocks < UNITS ? p->x->blocks : UNITS);
	p->part = cs_team_alloc(p->env, p->team, UNITS * k * p->stride, sizeof(double));
	p->likelihood = cs_team_alloc(p->env, p->team, UNITS, sizeof(double));
	p->scratch = cs_scratch_new(p->env, p->x);
	p->rows = CS_NEW(p->env, double, d * CS_MIX_ROWS);
	p->work = CS_NEW(p->env, double, 2 * d * CS_MIX_ROWS);
	p->score = CS_NEW(p->env, double, k * CS_MIX_ROWS);
	p->weight = CS_NEW(p->env, double, CS_MIX_ROWS);
	p->most = CS_NEW(p->env, double, CS_MIX_ROWS);
	p->sum = CS_NEW(p->env, double, CS_MIX_ROWS);
}

static void
pass_close(pass *p)
{
	cs_scratch_free(p->env, p->scratch);
	cs_release(p->env, p->rows);
	cs_release(p->env, p->work);
	cs_release(p->env, p->score);
	cs_release(p->env, p->weight);
	cs_release(p->env, p->most);
	cs_release(p->env, p->sum);
}

/* Rows at .. of a run into columns; returns how many. */
static size_t
spread_rows(const cs_run *run, size_t at, double *rows, double *weight)
{
	size_t		m = run->rows - at < CS_MIX_ROWS ? run->rows - at : CS_MIX_ROWS;

	for (int f = 0; f < run->d; f++)
		for (size_t i = 0; i < CS_MIX_ROWS; i += CS_LANES)
		{
			const float *from = run->tiles + ((at + i) / CS_LANES * (size_t) run->d + (size_t) f) * CS_LANES;

			for (size_t l = 0; l < CS_LANES; l++)
				rows[(size_t) f * CS_MIX_ROWS + i + l] = i < m ? (double) from[l] : 0;
		}
	for (size_t i = 0; i < CS_MIX_ROWS; i++)
		weight[i] = i >= m ? 0 : run->weight ? (double) run->weight[at + i] : 1;
	return m;
}

/* Log densities of all components, weights included. */
static void
densities(const cs_kernel *kernel, const cs_mixture *m, const double *rows, double *work, double *score)
{
	for (int j = 0; j < m->k; j++)
	{
		double	   *s = score + (size_t) j * CS_MIX_ROWS;

		kernel->mix_squares(rows, m->d, m->mean + (size_t) j * (size_t) m->d, m->factor + (size_t) j * m->packed,
							cs_mixture_diagonal(m), work, s);
		for (int i = 0; i < CS_MIX_ROWS; i++)
			s[i] = m->constant[j] - 0.5 * s[i];
	}
}

/* Log densities to responsibilities times row weights; returns the weighted log likelihood. */
static double
responsibilities(pass *p)
{
	const cs_mixture *m = p->m;
	double		all = 0;

	memcpy(p->most, p->score, sizeof(double) * CS_MIX_ROWS);
	memset(p->sum, 0, sizeof(double) * CS_MIX_ROWS);
	for (int j = 1; j < m->k; j++)
		for (int i = 0; i < CS_MIX_ROWS; i++)
			p->most[i] = p->most[i] < p->score[(size_t) j * CS_MIX_ROWS + (size_t) i]
				? p->score[(size_t) j * CS_MIX_ROWS + (size_t) i] : p->most[i];
	for (int j = 0; j < m->k; j++)
	{
		double	   *s = p->score + (size_t) j * CS_MIX_ROWS;

		for (int i = 0; i < CS_MIX_ROWS; i++)
		{
			s[i] -= p->most[i];
			s[i] = s[i] < -700 ? -700 : s[i];
		}
		p->env->kernel->mix_exp(s);
		for (int i = 0; i < CS_MIX_ROWS; i++)
			p->sum[i] += s[i];
	}
	for (int i = 0; i < CS_MIX_ROWS; i++)
	{
		if (p->weight[i] > 0)
			all += p->weight[i] * (p->most[i] + log(p->sum[i]));
		p->sum[i] = p->weight[i] / p->sum[i];
	}
	for (int j = 0; j < m->k; j++)
		for (int i = 0; i < CS_MIX_ROWS; i++)
			p->score[(size_t) j * CS_MIX_ROWS + (size_t) i] *= p->sum[i];
	return all;
}

/* Each row wholly to its label. */
static void
take_labels(pass *p, size_t first, size_t rows)
{
	memset(p->score, 0, sizeof(double) * CS_MIX_ROWS * (size_t) p->m->k);
	for (size_t i = 0; i < rows; i++)
		p->score[(size_t) p->label[first + i] * CS_MIX_ROWS + i] = p->weight[i];
}

static void
do_unit(pass *p, int unit)
{
	const cs_mixture *m = p->m;
	double	   *part = p->part + (size_t) unit * (size_t) m->k * p->stride;

	memset(part, 0, sizeof(double) * (size_t) m->k * p->stride);
	p->likelihood[unit] = 0;
	for (int b = unit * p->x->blocks / p->turn.units; b < (unit + 1) * p->x->blocks / p->turn.units; b++)
	{
		cs_run		run = cs_matrix_run(p->x, b, p->scratch);

		for (size_t at = 0; at < run.rows; at += CS_MIX_ROWS)
		{
			size_t		rows = spread_rows(&run, at, p->rows, p->weight);

			if (p->label)
				take_labels(p, (size_t) b * CS_BLOCK_ROWS + at, rows);
			else
			{
				densities(p->env->kernel, m, p->rows, p->work, p->score);
				p->likelihood[unit] += responsibilities(p);
			}
			for (int j = 0; j < m->k; j++)
				p->env->kernel->mix_moments(p->rows, m->d, m->mean + (size_t) j * (size_t) m->d, cs_mixture_diagonal(m),
											p->score + (size_t) j * CS_MIX_ROWS, p->work, part + (size_t) j * p->stride);
			cs_poll(p->env);
		}
	}
}

/* Sums of all rows in part of unit 0 of a private copy; mean log likelihood. */
static double
run_pass(pass *p, double *total)
{
	size_t		all = (size_t) p->m->k * p->stride;
	double		likelihood = 0,
				rows = 0;
	int			unit;

	while ((unit = cs_turn_take(p->team, &p->turn)) >= 0)
		do_unit(p, unit);
	cs_turn_end(p->team, &p->turn);
	memset(total, 0, sizeof(double) * all);
	for (int u = 0; u < p->turn.units; u++)
	{
		for (size_t i = 0; i < all; i++)
			total[i] += p->part[(size_t) u * all + i];
		likelihood += p->likelihood[u];
	}
	for (int j = 0; j < p->m->k; j++)
		rows += total[(size_t) j * p->stride];
	cs_team_barrier(p->team);
	return likelihood / rows;
}

/* ---- maximisation ---- */

/* Component j's covariance from sums about the former mean; its mean moves. */
static void
renew_component(cs_mixture *m, int j, const double *sums, double regularisation)
{
	double		n = sums[0] + 10 * 2.220446049250313e-16;
	const double *shift = sums + 1,
			   *square = sums + 1 + m->d;
	double	   *to = m->factor + (size_t) j * m->packed,
				variance = 0;
	size_t		at = 0;

	for (int i = 0; i < m->d; i++)
		for (int z = cs_mixture_diagonal(m) ? i : 0; z <= i; z++, at++)
			to[at] = square[at] / n - shift[i] / n * (shift[z] / n) + (z == i ? regularisation : 0);
	for (int i = 0; i < m->d; i++)
		m->mean[(size_t) j * (size_t) m->d + (size_t) i] += shift[i] / n;
	for (int i = 0; i < m->d && m->covariance == CS_SPHERICAL; i++)
		variance += to[i] / m->d;
	for (int i = 0; i < m->d && m->covariance == CS_SPHERICAL; i++)
		to[i] = variance;
}

/* One covariance for all: the mean of theirs, by rows. */
static void
tie(cs_mixture *m, const double *total, size_t stride, double regularisation)
{
	double		rows = 0;

	for (int j = 0; j < m->k; j++)
		rows += total[(size_t) j * stride];
	for (size_t i = 0; i < m->packed; i++)
	{
		double		s = 0;

		for (int j = 0; j < m->k; j++)
			s += m->factor[(size_t) j * m->packed + i] * (total[(size_t) j * stride] / rows);
		m->factor[i] = s;
	}
	for (int i = 0; i < m->d; i++)
		m->factor[(size_t) i * ((size_t) i + 3) / 2] += regularisation;
}

static void
maximise(cs_env *env, cs_mixture *m, const double *total, size_t stride, double regularisation)
{
	double		rows = 0;

	for (int j = 0; j < m->k; j++)
		rows += total[(size_t) j * stride] + 10 * 2.220446049250313e-16;
	for (int j = 0; j < m->k; j++)
	{
		renew_component(m, j, total + (size_t) j * stride, m->covariance == CS_TIED ? 0 : regularisation);
		m->weight[j] = (total[(size_t) j * stride] + 10 * 2.220446049250313e-16) / rows;
	}
	if (m->covariance == CS_TIED)
		tie(m, total, stride, regularisation);
	cs_mixture_factors(env, m);
}

/* ---- the fit ---- */

static double
parameters(const cs_mixture *m)
{
	double		k = m->k,
				d = m->d,
				covariance = m->covariance == CS_FULL ? k * d * (d + 1) / 2 : m->covariance == CS_TIED ? d * (d + 1) / 2
				: m->covariance == CS_DIAGONAL ? k * d : k;

	return covariance + k * d + k - 1;
}

typedef struct em
{
	cs_env	   *env;
	cs_team    *team;
	const cs_fit_args *a;
	pass		p;
	int32_t    *label;			/* shared */
	double	   *total;
	double		rows;
} em;

/*
 * How k-means looks for the start of a run.  Later ones must differ: single runs of it from random rows end in worse
 * optima, one of which may be near a better one of the likelihood.  (Rows without k-means as start find more likely
 * mixtures still, but of components that fit a few rows too well.)
 */
static cs_options *
start_options(cs_env *env, int run)
{
	cs_options *o = cs_options_new(env, cs_kmeans_params);
	int			init = cs_params_find(o->table, "init");

	if (run > 0)
		o->value[init].number = cs_param_choice(&o->table[init], "random");
	return o;
}

/* Starting labels: those of k-means, or of given centres. */
static void
start_labels(em *e, int run)
{
	const cs_fit_args *a = e->a;
	cs_fit_args args = *a;
	cs_fit		fit = {0};
	cs_centers *c;
	bool		given = a->start != NULL;

	args.options = start_options(e->env, run);
	args.seed = a->seed + (uint64_t) run;
	args.start = NULL;
	args.warm = NULL;
	if (!given)
		cs_kmeans_fit_with(e->env, e->team, &args, false, &fit);
	c = cs_centers_new(e->env, given ? a->start : fit.center, a->k, a->x->d);
	cs_label_rows(e->env, e->team, a->x, c, e->label, NULL);
	cs_centers_free(e->env, c);
}

/* Passes from the labels to convergence; the mean log likelihood of the last one. */
static double
climb(em *e, cs_mixture *m, int *iterations, bool *converged)
{
	double		regularisation = cs_option_real(e->a->options, "regularisation"),
				tolerance = cs_option_real(e->a->options, "tolerance"),
				last = -INFINITY,
				now = -INFINITY;
	int			most = cs_option_int(e->a->options, "max_iterations");

	e->p.m = m;
	e->p.label = e->label;
	run_pass(&e->p, e->total);
	e->p.label = NULL;
	maximise(e->env, m, e->total, e->p.stride, regularisation);
	*converged = false;
	for (*iterations = 1; *iterations <= most; ++*iterations)
	{
		cs_progress(e->env, CS_PHASE_FIT, *iterations, most);
		now = run_pass(&e->p, e->total);
		e->rows = 0;
		for (int j = 0; j < m->k; j++)
			e->rows += e->total[(size_t) j * e->p.stride];
		maximise(e->env, m, e->total, e->p.stride, regularisation);
		*converged = fabs(now - last) < tolerance;
		if (*converged)
			return now;
		last = now;
	}
	*iterations = most;
	return now;
}

static size_t
arena(size_t n, int d, int k)
{
	size_t		stride = 1 + (size_t) d + cs_mixture_packed(CS_FULL, d);

	return cs_kmeans_arena(n, d, k) + cs_team_bytes(cs_round_lanes(n), sizeof(int32_t)) + cs_team_bytes(1, sizeof(cs_queue)) +
		cs_team_bytes(UNITS * (size_t) k * stride, sizeof(double)) + cs_team_bytes(UNITS, sizeof(double));
}

static void
tell(cs_fit *out, const cs_mixture *m, double likelihood, double rows, int choose)
{
	double		bic = -2 * likelihood * rows + parameters(m) * log(rows),
				aic = -2 * likelihood * rows + 2 * parameters(m);

	out->criterion = choose == 0 ? bic : choose == 1 ? aic : NAN;
	out->measure[0] = (cs_measure_of) {"log_likelihood", likelihood};
	out->measure[1] = (cs_measure_of) {"bic", bic};
	out->measure[2] = (cs_measure_of) {"aic", aic};
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	int			restarts = a->start ? 1 : cs_option_int(a->options, "restarts"),
				covariance = cs_option_int(a->options, "covariance");
	em			e = {.env = env, .team = team, .a = a, .p = {.env = env, .team = team, .x = a->x}};
	cs_mixture *best = NULL;

	e.label = cs_team_alloc(env, team, cs_round_lanes(a->x->n), sizeof(int32_t));
	e.p.m = cs_mixture_new(env, covariance, a->k, a->x->d);
	out->objective = INFINITY;
	for (int r = 0; r < restarts; r++)
	{
		cs_mixture *m = cs_mixture_new(env, covariance, a->k, a->x->d);
		size_t		inner = cs_team_mark(team);
		int			iterations;
		bool		converged;
		double		likelihood;

		start_labels(&e, r);
		pass_open(&e.p);
		e.total = CS_NEW(env, double, (size_t) a->k * e.p.stride);
		likelihood = climb(&e, m, &iterations, &converged);
		pass_close(&e.p);
		cs_release(env, e.total);
		cs_team_rewind(team, inner);
		if (-likelihood >= out->objective)
			continue;
		best = m;
		out->objective = -likelihood;
		out->iterations = iterations;
		out->converged = converged;
	}
	if (best == NULL)
		cs_mixture_collapsed(env);
	out->k = a->k;
	out->d = a->x->d;
	out->center = best->mean;
	out->extra = best;
	tell(out, best, -out->objective, e.rows, cs_option_int(a->options, "choose_by"));
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"covariance", CS_P_ENUM, CS_FULL, 0, 0, "full|tied|diagonal|spherical",
		"form of the components: any ellipsoid each, one ellipsoid for all, ellipsoids along the axes, spheres"},
	{"restarts", CS_P_INT, 1, 1, 1000, NULL, "starts, the first from the best k-means, others from worse ones; the most likely result is kept"},
	{"max_iterations", CS_P_INT, 100, 1, 1000000, NULL, "most passes over the rows in one run"},
	{"tolerance", CS_P_REAL, 1e-3, 0, 1, NULL, "stop when the mean log likelihood of a row changes by less"},
	{"regularisation", CS_P_REAL, 1e-6, 0, 1e6, NULL, "added to the variance of every feature in every component"},
	{"choose_by", CS_P_ENUM, 0, 0, 0, "bic|aic|silhouette", "what chooses between numbers of segments when k is not given"},
	{"init", CS_P_ENUM, 0, 0, 0, "k-means|given", "where the first labels come from: k-means, or the nearest of given centres"},
	{"start", CS_P_MATRIX, 0, 0, 0, NULL,
		"with init given: an array of k arrays, one value per feature, in the units of the features"},
	{0}
};

const cs_clusterer cs_gmm = {
	.name = "gmm",
	.summary = "a mixture of Gaussians: segments of any ellipsoid shape, with probabilities",
	.flags = CS_NEEDS_K | CS_OWN_OBJECTIVE,
	.params = params,
	.fit = fit,
	.arena = arena,
	.save = cs_mixture_save,
	.load = cs_mixture_load,
	.label = cs_mixture_label,
	.nearest = cs_mixture_nearest,
	.block = cs_by_row_block,
	.distance = cs_mixture_distance,
	.probability = cs_mixture_probability
};
