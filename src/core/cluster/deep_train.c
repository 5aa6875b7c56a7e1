/*
 * deep_train.c - learning an embedding (see deep.h).
 *
 * The network learns to reconstruct rows and to embed a row beside its nearest
 * neighbours (pairs.h), both at once, until rows held out get no better.  Values far
 * out are cut: what is rare in a column is large where it is scaled, and
 * reconstructing it would be all that the network learns.
 */
#include "core/cluster/deep.h"
#include "core/cluster/pairs.h"

#include <math.h>
#include <string.h>

/* Passes without progress after which learning stops; progress is so large a share of the error. */
#define PATIENCE 5
#define PROGRESS 0.002

/* Of how many rows one is held out, from how many rows on. */
#define HELD 10
#define LEAST_HELD 50

/* Values beyond so many times what is usual are cut. */
#define BOUND 3.0

/* ---- rows ---- */

void
cs_deep_shuffle(cs_rng *rng, uint32_t *order, size_t n)
{
	for (size_t i = n; i > 1; i--)
	{
		size_t		j = cs_rng_below(rng, i);
		uint32_t	t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

static void
take_row(const cs_deep_job *j, size_t at, float *to)
{
	cs_deep_units u = {*j->scale, j->bound};

	cs_matrix_row(j->a->x, at, to);
	cs_deep_take(&u, j->a->x->d, to);
}

size_t
cs_deep_batch(cs_deep_job *j, const uint32_t *order, size_t from, size_t to, bool pairs, int chosen)
{
	const cs_matrix *x = j->a->x;
	size_t		rows = to - from < j->batch ? to - from : j->batch,
				d = (size_t) x->d,
				most = (size_t) j->neighbours;
	float	   *target = j->trainer.target;

	for (size_t i = 0; i < rows; i++)
	{
		size_t		at = order ? order[from + i] : from + i;

		take_row(j, at, target + i * d);
		if (j->weight)
			j->weight[i] = (float) ((double) cs_matrix_weight(x, at) / j->mean_weight);
		if (!pairs)
			continue;
		take_row(j, j->near[at * most + (chosen >= 0 ? (size_t) chosen % most : cs_rng_below(&j->trainer.rng, most))],
				 target + (rows + i) * d);
		if (j->weight)
			j->weight[rows + i] = j->weight[i];
	}
	memcpy(j->trainer.act[0], target, sizeof(float) * (pairs ? 2 : 1) * rows * d);
	cs_poll(j->env);
	return rows;
}

/* What goes in is about 1: the root of the mean square of all values, and bounds by those of the columns. */
static void
find_units(cs_deep_job *j)
{
	const cs_matrix *x = j->a->x;
	size_t		d = (size_t) x->d;
	float	   *row = CS_ROOM(j->env, float, d);
	double	   *square = CS_NEW(j->env, double, d),
				sum = 0,
				weight = 0;

	for (size_t i = 0; i < x->n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(j->env);
		cs_matrix_row(x, i, row);
		for (size_t f = 0; f < d; f++)
			square[f] += (double) row[f] * (double) row[f] / (double) x->n;
		weight += (double) cs_matrix_weight(x, i);
	}
	for (size_t f = 0; f < d; f++)
		sum += square[f] / (double) d;
	j->mean_weight = weight / (double) x->n;
	*j->scale = sum > 0 ? (float) (1 / sqrt(sum)) : 1;
	for (size_t f = 0; f < d; f++)
		j->bound[f] = (float) (BOUND * (sum > 0 && square[f] > sum ? sqrt(square[f] / sum) : 1));
	cs_release(j->env, row);
	cs_release(j->env, square);
}

static void
start(cs_deep_job *j)
{
	size_t		n = j->a->x->n;
	cs_deep_units u;

	j->order = CS_ROOM(j->env, uint32_t, n);
	for (size_t i = 0; i < n; i++)
		j->order[i] = (uint32_t) i;
	cs_rng_init(&j->trainer.rng, j->a->seed, CS_STREAM_NETWORK);
	cs_deep_shuffle(&j->trainer.rng, j->order, n);
	j->held = n >= LEAST_HELD ? n / HELD : 0;
	j->learn = n - j->held;
	if (cs_matrix_weighted(j->a->x))
		j->weight = CS_ROOM(j->env, float, 2 * j->batch);
	j->best = CS_ROOM(j->env, float, cs_network_weights(&j->net));
	j->grad_code = CS_ROOM(j->env, float, 2 * j->batch * (size_t) j->code.d);
	j->square = CS_ROOM(j->env, float, j->batch * j->batch);
	find_units(j);
	u = (cs_deep_units) {*j->scale, j->bound};
	if (j->neighbours > 0)
		j->near = cs_deep_neighbours(j->env, j->a->x, &u, CS_DEEP_CANDIDATES, &j->neighbours);
	cs_network_init(&j->net, &j->trainer.rng);
}

/* ---- learning ---- */

typedef struct loss
{
	double		error;			/* of reconstruction */
	double		apart;			/* of pairs */
} loss;

/* What a batch costs; with training, gradients for a step. */
static loss
take_loss(cs_deep_job *j, size_t rows, bool training)
{
	cs_trainer *t = &j->trainer;
	bool		pairs = j->near != NULL;
	size_t		all = pairs ? 2 * rows : rows;
	loss		l = {0, 0};

	cs_trainer_forward(t, all, j->net.layers, training);
	l.error = cs_trainer_error(t, all, j->weight);
	if (pairs)
		l.apart = cs_pairs_gradient(j->env, t->act[j->net.code], rows, j->code.d, j->weight, j->square, j->grad_code);
	if (training)
		cs_trainer_backward(t, all, pairs ? j->grad_code : NULL);
	return l;
}

/* One pass over rows from .. to of the order. */
static loss
pass(cs_deep_job *j, size_t from, size_t to, bool training)
{
	size_t		n = to - from,
				steps = (n + j->batch - 1) / j->batch;
	loss		sum = {0, 0};

	for (size_t s = 0; s < steps; s++)
	{
		size_t		rows = cs_deep_batch(j, j->order, from + cs_deep_cut(n, steps, s), from + cs_deep_cut(n, steps, s + 1),
										 j->near != NULL, training ? -1 : (int) s);
		loss		l = take_loss(j, rows, training);

		sum.error += (double) rows / (double) n * l.error;
		sum.apart += (double) rows / (double) n * l.apart;
		if (training)
			cs_trainer_step(&j->trainer);
	}
	return sum;
}

void
cs_deep_pretrain(cs_deep_job *j)
{
	int			most = cs_option_int(j->a->options, "pretrain_epochs"),
				since = 0;
	size_t		bytes = sizeof(float) * cs_network_weights(&j->net);
	double		best = INFINITY,
				mark = INFINITY;

	start(j);
	cs_trainer_restart(&j->trainer);
	j->trainer.rate = cs_option_real(j->a->options, "learning_rate");
	j->trainer.dropout = cs_option_real(j->a->options, "dropout");
	memcpy(j->best, j->net.w, bytes);
	for (int epoch = 1; epoch <= most && since < PATIENCE; epoch++)
	{
		loss		l = {0, 0};

		for (int round = cs_deep_rounds(j->learn, (j->learn + j->batch - 1) / j->batch); round > 0; round--)
		{
			cs_deep_shuffle(&j->trainer.rng, j->order, j->learn);
			l = pass(j, 0, j->learn, true);
		}
		if (j->held > 0)
			l = pass(j, j->learn, j->learn + j->held, false);
		cs_progress(j->env, CS_PHASE_SEED, epoch, most);
		j->told[CS_DEEP_EPOCHS_PRETRAINED] = epoch;
		since++;
		if (l.error + l.apart < best)
		{
			best = l.error + l.apart;
			j->told[CS_DEEP_ERROR] = l.error;
			memcpy(j->best, j->net.w, bytes);
		}
		if (best < mark - PROGRESS * fabs(best))
		{
			mark = best;
			since = 0;
		}
	}
	memcpy(j->net.w, j->best, bytes);
}

void
cs_deep_embed(cs_deep_job *j)
{
	size_t		e = (size_t) cs_network_embedding(&j->net);

	for (size_t from = 0; from < j->a->x->n;)
	{
		size_t		rows = cs_deep_batch(j, NULL, from, j->a->x->n, false, -1);

		cs_trainer_forward(&j->trainer, rows, j->net.code, false);
		for (size_t i = 0; i < rows; i++)
			cs_matrix_set_row(&j->code, from + i, j->trainer.act[j->net.code] + i * e);
		from += rows;
	}
}
