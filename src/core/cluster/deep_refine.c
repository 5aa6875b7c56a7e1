/*
 * deep_refine.c - network and centres together (see deep.h and idec.h).
 *
 * Before each pass over the rows all are embedded anew, and the targets follow from
 * that; it ends when hardly a row changes its segment.  Segments that come from the graph need not be
 * round: the rows at the end of a long one are nearer to the centre of another.
 * So in the first passes the targets are these segments as they are, and centres
 * their means, until the rows' distances to the centres tell where they belong.
 */
#include "core/cluster/deep.h"
#include "core/cluster/idec.h"

#include <string.h>

/* Refinement ends when no larger share of the rows changes its segment. */
#define CHANGED 1e-3

/*
 * First passes that hold on to the segments of the start: at least so many, and until all but so small a
 * share of the rows are nearest to their own centre, but no more than so large a share of all passes.
 */
#define HOLD_LEAST 5
#define HOLD_ASTRAY 0.002
#define HOLD_MOST 0.7

typedef struct refinement
{
	cs_deep_job *j;
	int			k;
	int			e;
	bool		hold;			/* targets are the labels */
	double	   *f;				/* sums of q over the rows */
	double	   *target_center;	/* centres that targets are told by */
	double	   *held_center;	/* those that go with the weights in j->best */
	bool		held;			/* there are some */
	size_t	   *rows;			/* with each label */
	double	   *q;
	double	   *p;
	float	   *z;
	double	   *grad_center;	/* k x e, and the same for Adam */
	float	   *center;
	float	   *grad;
	float	   *m;
	float	   *v;
} refinement;

static refinement
refinement_new(cs_deep_job *j)
{
	refinement	r = {.j = j, .k = j->a->k, .e = cs_network_embedding(&j->net)};
	size_t		all = (size_t) r.k * (size_t) r.e;

	r.f = CS_NEW(j->env, double, (size_t) r.k);
	r.q = CS_NEW(j->env, double, (size_t) r.k);
	r.p = CS_NEW(j->env, double, (size_t) r.k);
	r.z = CS_NEW(j->env, float, (size_t) r.e);
	r.target_center = CS_NEW(j->env, double, all);
	r.held_center = CS_NEW(j->env, double, all);
	r.rows = CS_NEW(j->env, size_t, (size_t) r.k);
	r.grad_center = CS_NEW(j->env, double, all);
	r.center = CS_NEW(j->env, float, all);
	r.grad = CS_NEW(j->env, float, all);
	r.m = CS_NEW(j->env, float, all);
	r.v = CS_NEW(j->env, float, all);
	for (size_t i = 0; i < all; i++)
		r.center[i] = (float) j->center[i];
	return r;
}

/* Embed all rows, put the centres into the middle of theirs.  Returns how many rows are nearer to another. */
static size_t
gather(refinement *r)
{
	cs_deep_job *j = r->j;
	size_t		n = j->a->x->n,
				e = (size_t) r->e,
				astray = 0;
	double	   *sum = r->grad_center;

	cs_deep_embed(j);
	memset(r->f, 0, sizeof(double) * (size_t) r->k);
	memset(sum, 0, sizeof(double) * (size_t) r->k * e);
	for (size_t i = 0; i < n; i++)
	{
		double		w = (double) cs_matrix_weight(j->a->x, i);

		cs_matrix_row(&j->code, i, r->z);
		r->f[j->label[i]] += w;
		for (size_t f = 0; f < e; f++)
			sum[(size_t) j->label[i] * e + f] += w * (double) r->z[f];
	}
	for (size_t i = 0; i < (size_t) r->k * e; i++)
		if (r->f[i / e] > 0)
			r->center[i] = (float) (j->center[i] = sum[i] / r->f[i / e]);
	for (size_t i = 0; i < n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(j->env);
		cs_matrix_row(&j->code, i, r->z);
		astray += cs_idec_soft(r->z, j->center, r->k, r->e, r->q) != j->label[i];
	}
	return astray;
}

/* Embed all rows; targets and labels by that.  Returns how many labels are new. */
static size_t
renew_targets(refinement *r)
{
	cs_deep_job *j = r->j;
	size_t		changed = 0;

	cs_deep_embed(j);
	memcpy(r->target_center, j->center, sizeof(double) * (size_t) r->k * (size_t) r->e);
	memset(r->f, 0, sizeof(double) * (size_t) r->k);
	memset(r->rows, 0, sizeof(size_t) * (size_t) r->k);
	for (size_t i = 0; i < j->a->x->n; i++)
	{
		double		w = (double) cs_matrix_weight(j->a->x, i);
		int			label;

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(j->env);
		cs_matrix_row(&j->code, i, r->z);
		label = cs_idec_soft(r->z, r->target_center, r->k, r->e, r->q);
		changed += label != j->label[i];
		j->label[i] = label;
		r->rows[label]++;
		for (int c = 0; c < r->k; c++)
			r->f[c] += w * r->q[c];
	}
	return changed;
}

/*
 * Where a segment has lost all its rows, the last pass went too far: back to what was before.  Else keep
 * what there is.
 */
static bool
went_too_far(refinement *r)
{
	cs_deep_job *j = r->j;
	size_t		weights = sizeof(float) * cs_network_weights(&j->net),
				centers = sizeof(double) * (size_t) r->k * (size_t) r->e;
	bool		lost = false;

	for (int c = 0; c < r->k; c++)
		lost = lost || r->rows[c] == 0;
	if (lost && r->held)
	{
		memcpy(j->net.w, j->best, weights);
		memcpy(j->center, r->held_center, centers);
		(void) renew_targets(r);
		return true;
	}
	memcpy(j->best, j->net.w, weights);
	memcpy(r->held_center, j->center, centers);
	r->held = !lost;
	return false;
}

/* What a row's assignment should be, into p. */
static void
find_target(refinement *r, size_t row)
{
	if (r->hold)
	{
		memset(r->p, 0, sizeof(double) * (size_t) r->k);
		r->p[r->j->label[row]] = 1;
		return;
	}
	cs_matrix_row(&r->j->code, row, r->z);
	(void) cs_idec_soft(r->z, r->target_center, r->k, r->e, r->q);
	cs_idec_target(r->q, r->f, r->k, r->p);
}

/* Gradients of the divergence of a batch into grad_code and grad_center. */
static double
divergence(refinement *r, const uint32_t *order, size_t rows, double gamma)
{
	cs_deep_job *j = r->j;
	const float *code = j->trainer.act[j->net.code];
	double		sum = 0;

	memset(j->grad_code, 0, sizeof(float) * rows * (size_t) r->e);
	memset(r->grad_center, 0, sizeof(double) * (size_t) r->k * (size_t) r->e);
	for (size_t i = 0; i < rows; i++)
	{
		double		w = j->weight ? (double) j->weight[i] : 1;

		find_target(r, order[i]);
		sum += w * cs_idec_gradient(code + i * (size_t) r->e, j->center, r->k, r->e, r->p, r->q,
									gamma * w / (double) rows, j->grad_code + i * (size_t) r->e, r->grad_center);
	}
	return sum / (double) rows;
}

static void
move_centers(refinement *r)
{
	size_t		all = (size_t) r->k * (size_t) r->e;

	for (size_t i = 0; i < all; i++)
		r->grad[i] = (float) r->grad_center[i];
	cs_adam(r->center, r->grad, r->m, r->v, all, r->j->trainer.step, r->j->trainer.rate);
	for (size_t i = 0; i < all; i++)
		r->j->center[i] = (double) r->center[i];
}

/* One pass over all rows; the mean of what is minimised. */
static double
refine_once(refinement *r, size_t steps, double gamma)
{
	cs_deep_job *j = r->j;
	cs_trainer *t = &j->trainer;
	size_t		n = j->a->x->n;
	double		sum = 0;

	cs_deep_shuffle(&t->rng, j->order, n);
	for (size_t s = 0; s < steps; s++)
	{
		size_t		from = cs_deep_cut(n, steps, s),
					rows = cs_deep_batch(j, j->order, from, cs_deep_cut(n, steps, s + 1), false, -1);

		cs_trainer_forward(t, rows, j->net.layers, true);
		sum += (double) rows * (cs_trainer_error(t, rows, j->weight) + gamma * divergence(r, j->order + from, rows, gamma));
		cs_trainer_backward(t, rows, j->grad_code);
		cs_trainer_step(t);
		move_centers(r);
	}
	return sum / (double) n;
}

void
cs_deep_refine(cs_deep_job *j)
{
	refinement	r = refinement_new(j);
	int			most = cs_option_int(j->a->options, "epochs");
	double		gamma = cs_option_real(j->a->options, "gamma");
	size_t		n = j->a->x->n,
				steps = (n + j->batch - 1) / j->batch;
	int			held = 0;

	for (size_t i = 0; i < n; i++)
		j->order[i] = (uint32_t) i;
	cs_trainer_restart(&j->trainer);
	j->trainer.rate = cs_option_real(j->a->options, "learning_rate");
	j->trainer.dropout = 0;
	j->told[CS_DEEP_CONVERGED] = 0;
	r.hold = j->told[CS_DEEP_BY_MAP] > 0;
	for (int epoch = 0;; epoch++)
	{
		size_t		changed = n;

		r.hold = r.hold && epoch < (int) (HOLD_MOST * most) &&
			((double) gather(&r) > HOLD_ASTRAY * (double) n || epoch < HOLD_LEAST);
		held += r.hold;
		j->told[CS_DEEP_EPOCHS] = epoch;
		if (!r.hold)
		{
			changed = renew_targets(&r);
			if (went_too_far(&r))
				break;
		}
		j->told[CS_DEEP_CONVERGED] = epoch > held && (double) changed <= CHANGED * (double) n;
		if (epoch == most || j->told[CS_DEEP_CONVERGED] > 0)
			break;
		cs_progress(j->env, CS_PHASE_FIT, epoch, most);
		for (int round = cs_deep_rounds(n, steps); round > 0; round--)
			j->told[CS_DEEP_OBJECTIVE] = refine_once(&r, steps, gamma);
	}
}
