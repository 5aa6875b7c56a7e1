/*
 * fit_job.c - fitting, choosing k and judging, by a team (see fit_job.h).
 */
#include "postgres.h"

#include <math.h>

#include "core/base/rng.h"
#include "core/eval/external.h"
#include "core/eval/gap.h"
#include "core/eval/internal.h"
#include "core/eval/rules.h"
#include "core/eval/stability.h"
#include "pg/fit_job.h"

void
cs_label_by(cs_env *env, cs_team *team, const cs_scorer *s, const cs_matrix *x, int32_t *label)
{
	size_t		mark = cs_team_mark(team);
	cs_scratch *scratch = cs_scratch_new(env, x);
	cs_near_block *near = cs_near_block_for(env, s);
	cs_turn		turn;
	int			unit;

	cs_turn_init(env, team, &turn, cs_units(x));
	while ((unit = cs_turn_take(team, &turn)) >= 0)
		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			cs_run		run = cs_matrix_run(x, b, scratch);

			s->algorithm->block(s, &run, near);
			memcpy(label + (size_t) b * CS_BLOCK_ROWS, near->raw.label, sizeof(int32_t) * run.rows);
			cs_poll(env);
		}
	cs_turn_end(team, &turn);
	cs_near_block_free(env, near);
	cs_scratch_free(env, scratch);
	cs_team_rewind(team, mark);
}

/* Evenly spread rows, at most so many; pick is shared. */
static cs_matrix *
spread(cs_env *env, cs_team *team, const cs_matrix *x, size_t most, uint32_t **pick)
{
	size_t		m = Min(x->n, most);

	*pick = cs_team_alloc(env, team, m, sizeof(uint32_t));
	if (team->rank == 0)
		for (size_t i = 0; i < m; i++)
			(*pick)[i] = (uint32_t) ((double) i * x->n / m);
	cs_team_barrier(team);
	return cs_matrix_select(env, x, *pick, m);
}

/* from: a fit of the same rows for another k, or NULL. */
static void
fit_k(cs_env *env, cs_team *team, const cs_fit_job *job, const cs_matrix *x, int k, uint64_t seed, const cs_fit *from, cs_fit *out)
{
	cs_fit_args args = {.x = x, .k = k, .seed = seed, .options = job->options, .memory = job->memory,
		.noise_alone = job->noise_alone, .axis = job->axis};

	/* the caller's start and the former model concern all rows and one k */
	if (x == job->x && job->k_min == job->k_max)
	{
		args.start = job->start;
		args.warm = job->warm;
		args.warm_k = job->warm_k;
	}
	else if (x == job->x)
	{
		args.warm = job->warm;
		args.warm_k = job->warm_k;
	}
	memset(out, 0, sizeof(*out));
	out->algorithm = job->algorithm;
	if (from && job->algorithm->recut)
		job->algorithm->recut(env, &args, from, out);
	else
		job->algorithm->fit(env, team, &args, out);
}

/* ---- quality of one fit on a sample ---- */

typedef struct row_reader
{
	const cs_matrix *x;
	float	   *row;
} row_reader;

static void
read_row(void *arg, size_t i, double *out)
{
	row_reader *r = arg;

	cs_matrix_row(r->x, i, r->row);
	for (int f = 0; f < r->x->d; f++)
		out[f] = (double) r->row[f];
}

/* Labels of a sample, rows pick of what was fitted; label is shared. */
static void
label_sample(cs_env *env, cs_team *team, const cs_matrix *sample, const cs_fit *fit, int32_t *label)
{
	if (!cs_fit_labels(fit))
	{
		cs_label_by(env, team, cs_scorer_of_fit(env, fit), sample, label);
		return;
	}
	cs_team_barrier(team);
	if (team->rank == 0)
		for (size_t i = 0; i < sample->n; i++)
			label[i] = fit->label[sample->pick[i]];
	cs_team_barrier(team);
}

static void
judge_on(cs_env *env, cs_team *team, const cs_matrix *sample, const cs_fit *fit, int32_t *label, cs_candidate *c)
{
	row_reader	r = {sample, CS_NEW(env, float, sample->d)};

	label_sample(env, team, sample, fit, label);
	c->k = fit->k;
	c->inertia = fit->objective;
	c->silhouette = cs_silhouette(env, team, sample, label, fit->k, NULL);
	c->simplified_silhouette = cs_simplified_silhouette(env, team, sample, label, fit->k);
	c->davies_bouldin = cs_davies_bouldin(env, sample->n, sample->d, read_row, &r, label, fit->k);
	c->calinski_harabasz = cs_calinski_harabasz(env, sample->n, sample->d, read_row, &r, label, fit->k);
}

/* ---- stability: do models of two halves of the rows agree? ---- */

typedef struct halves
{
	uint32_t   *pick[CS_HALF_ROUNDS][2];	/* shared */
	cs_fit		fit[CS_HALF_ROUNDS][2]; /* of the first k, for those that can be cut again */
	int32_t    *label[2];		/* shared: labels of the evaluation sample */
	size_t		m;
} halves;

static double
agreement(cs_env *env, const halves *h, size_t n)
{
	cs_contingency *t = cs_contingency_new(env);
	double		ari;

	cs_contingency_add_labels(env, t, h->label[0], h->label[1], n);
	ari = cs_adjusted_rand_index(env, t);
	cs_contingency_free(env, t);
	return ari;
}

/* Mean adjusted Rand index over rounds; NaN when the halves are too small for k. */
static double
stability(cs_env *env, cs_team *team, const cs_fit_job *job, const cs_matrix *sample, int k, halves *h)
{
	double		sum = 0;

	for (int round = 0; round < CS_HALF_ROUNDS; round++)
	{
		cs_rng		rng;

		cs_rng_init(&rng, job->seed + (uint64_t) round, CS_STREAM_STABILITY);
		if (team->rank == 0)
			cs_half_picks(env, &rng, job->x->n, h->m, h->pick[round][0], h->pick[round][1]);
		cs_team_barrier(team);
		for (int side = 0; side < 2; side++)
		{
			cs_matrix  *half = cs_matrix_select(env, job->x, h->pick[round][side], h->m);
			cs_fit	   *first = &h->fit[round][side];
			cs_scorer  *s;
			cs_fit		fit;

			if (cs_distinct_rows(env, half, 4 * k) < 2 * k)
				return NAN;
			fit_k(env, team, job, half, k, job->seed, first->algorithm ? first : NULL, &fit);
			if (first->algorithm == NULL && job->algorithm->recut)
				*first = fit;
			s = cs_scorer_of_fit(env, &fit);
			cs_label_by(env, team, s, sample, h->label[side]);
			cs_release(env, half);
		}
		cs_team_barrier(team);
		sum += agreement(env, h, sample->n);
	}
	return sum / CS_HALF_ROUNDS;
}

/* ---- the gap statistic: is it more than what there is in evenly drawn rows? ---- */

/* log of the sum of squares within k clusters of x; label is shared. */
static double
log_within(cs_env *env, cs_team *team, const cs_fit_job *job, const cs_matrix *x, int k, int32_t *label)
{
	cs_fit		fit;
	double		w;

	fit_k(env, team, job, x, k, job->seed, NULL, &fit);
	if (!cs_fit_labels(&fit))
		cs_label_by(env, team, cs_scorer_of_fit(env, &fit), x, label);
	else if (team->rank == 0)
		memcpy(label, fit.label, sizeof(int32_t) * x->n);
	cs_team_barrier(team);
	w = cs_cost_of_labels(env, x, label, fit.k);
	cs_team_barrier(team);
	return w > 0 ? log(w) : NAN;
}

static void
measure_gap(cs_env *env, cs_team *team, const cs_fit_job *job, int k, cs_candidate *c)
{
	size_t		mark = cs_team_mark(team);
	uint32_t   *pick;
	cs_matrix  *rows = spread(env, team, job->x, CS_GAP_ROWS, &pick);
	int32_t    *label = cs_team_alloc(env, team, cs_round_lanes(rows->n), sizeof(int32_t));
	double		drawn[CS_GAP_SETS];

	c->gap = c->gap_error = NAN;
	if (cs_distinct_rows(env, rows, k + 1) > k)
	{
		for (int i = 0; i < CS_GAP_SETS; i++)
		{
			cs_rng		rng;
			cs_matrix  *set;

			cs_rng_init(&rng, job->seed + (uint64_t) i, CS_STREAM_GAP);
			set = cs_gap_reference(env, &rng, rows, cs_clusterer_directions(job->algorithm, job->options));
			drawn[i] = log_within(env, team, job, set, k, label);
			cs_matrix_free(env, set);
		}
		c->gap = cs_gap(log_within(env, team, job, rows, k, label), drawn, CS_GAP_SETS, &c->gap_error);
	}
	cs_release(env, rows);
	cs_team_rewind(team, mark);
}

/* ---- choosing k ---- */

/* Where the algorithm has a criterion of its own, that chooses. */
static void
choose_by_criterion(cs_fit_outcome *out)
{
	int			best = 0;

	for (int i = 0; i < out->candidates; i++)
	{
		if (isnan(out->candidate[i].criterion) || out->candidate[i].criterion == 0)
			return;
		if (out->candidate[i].criterion < out->candidate[best].criterion)
			best = i;
	}
	out->chosen = best;
	for (int i = 0; i < out->candidates; i++)
		out->candidate[i].near_tie = i == best;
}

static void
choose_k(cs_env *env, cs_team *team, const cs_fit_job *job, const cs_matrix *sample, int32_t *label, cs_fit_outcome *out)
{
	size_t		n = job->x->n;
	int			k_max = Min(job->k_max, cs_distinct_rows(env, job->x, job->k_max)),
				k_min = Min(job->k_min, k_max);
	cs_fit	   *fits = CS_NEW(env, cs_fit, k_max - k_min + 1);
	halves		h = {.m = Min(n / 2, CS_HALF_ROWS)};

	for (int side = 0; side < 2; side++)
	{
		for (int round = 0; round < CS_HALF_ROUNDS; round++)
			h.pick[round][side] = cs_team_alloc(env, team, h.m + 1, sizeof(uint32_t));
		h.label[side] = cs_team_alloc(env, team, sample->n, sizeof(int32_t));
	}
	out->candidate = CS_NEW(env, cs_candidate, k_max - k_min + 1);
	for (int k = k_min; k <= k_max; k++)
	{
		cs_candidate *c = &out->candidate[out->candidates];

		fit_k(env, team, job, job->x, k, job->seed, out->candidates > 0 ? &fits[0] : NULL, &fits[out->candidates]);
		judge_on(env, team, sample, &fits[out->candidates], label, c);
		c->stability = stability(env, team, job, sample, k, &h);
		c->criterion = fits[out->candidates].criterion;
		c->gap = c->gap_error = NAN;
		if (job->gap)
			measure_gap(env, team, job, k, c);
		out->candidates++;
		cs_progress(env, CS_PHASE_EVALUATE, out->candidates, k_max - k_min + 1);
	}
	out->chosen = cs_select_k(out->candidate, out->candidates);
	choose_by_criterion(out);
	out->fit = fits[out->chosen];
	out->silhouette = out->candidate[out->chosen].silhouette;
}

/* The silhouette alone of the only fit. */
static void
judge(cs_env *env, cs_team *team, const cs_matrix *sample, int32_t *label, cs_fit_outcome *out)
{
	label_sample(env, team, sample, &out->fit, label);
	out->silhouette = cs_silhouette(env, team, sample, label, out->fit.k, NULL);
}

void
cs_fit_job_run(cs_env *env, cs_team *team, const cs_fit_job *job, cs_fit_outcome *out)
{
	size_t		mark = cs_team_mark(team);
	bool		choose = job->compare || job->k_min < job->k_max;
	uint32_t   *pick;
	int32_t    *label;
	cs_matrix  *sample;

	out->silhouette = NAN;
	if (!choose)
		fit_k(env, team, job, job->x, job->k_max, job->seed, NULL, &out->fit);
	if (choose || job->judge)
	{
		cs_progress(env, CS_PHASE_EVALUATE, 0, 0);
		sample = spread(env, team, job->x, CS_SILHOUETTE_ROWS, &pick);
		label = cs_team_alloc(env, team, cs_round_lanes(sample->n), sizeof(int32_t));
		out->silhouette_rows = sample->n;
		if (choose)
			choose_k(env, team, job, sample, label, out);
		else
			judge(env, team, sample, label, out);
		cs_release(env, sample);
	}
	cs_team_rewind(team, mark);
}

cs_axis *
cs_axes(cs_env *env, const cs_prep *p)
{
	cs_axis    *axis;

	if (p->axes)
		return NULL;
	axis = CS_NEW(env, cs_axis, p->d);
	for (int i = 0; i < p->n; i++)
		for (int c = 0; c < p->f[i].width; c++)
			axis[p->f[i].at + c] = (cs_axis) {i, p->f[i].kind == CS_CATEGORY, (float) p->f[i].weight};
	return axis;
}

size_t
cs_fit_job_arena(cs_env *env, const cs_fit_job *job)
{
	size_t		n = job->x->n,
				m = Min(n, CS_SILHOUETTE_ROWS),
				k = Max(job->k_max, 2);

	return cs_clusterer_arena(env, job->algorithm, job->options, n, job->x->d, k) +
		cs_silhouette_arena(m, job->x->d, k > 64 ? k : 64) + 8 * cs_team_bytes(m + 64, sizeof(double)) +
		2 * CS_HALF_ROUNDS * cs_team_bytes(CS_HALF_ROWS + 1, sizeof(uint32_t)) + 3 * cs_team_bytes(CS_GAP_ROWS, sizeof(uint32_t)) + 65536;
}
