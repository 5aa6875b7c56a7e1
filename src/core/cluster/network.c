/*
 * network.c - layers of an autoencoder and their training (see network.h).
 */
#include "core/cluster/network.h"

#include <math.h>
#include <string.h>

/* Adam's constants, as published. */
#define BETA1 0.9
#define BETA2 0.999
#define EPSILON 1e-8

/* Weights beyond are no result of training; embeddings stay finite within. */
#define LARGE 1e6

/* Values between two polls. */
#define SOME ((size_t) 1 << 20)

static void
find_places(cs_network *n)
{
	for (int l = 0; l < n->layers; l++)
		n->at[l + 1] = n->at[l] + ((size_t) n->size[l] + 1) * (size_t) n->size[l + 1];
}

cs_network
cs_network_shape(int d, const int *hidden, int n_hidden, int embedding)
{
	cs_network	n = {.layers = 2 * (n_hidden + 1), .code = n_hidden + 1};

	n.size[0] = n.size[n.layers] = d;
	for (int i = 0; i < n_hidden; i++)
		n.size[i + 1] = n.size[n.layers - 1 - i] = hidden[i];
	n.size[n.code] = embedding;
	find_places(&n);
	return n;
}

/* Does the output of layer l - 1, activation l, stay as it is? */
static inline bool
is_linear(const cs_network *n, int l)
{
	return l == n->code || l == n->layers;
}

void
cs_network_init(cs_network *n, cs_rng *rng)
{
	for (int l = 0; l < n->layers; l++)
	{
		size_t		in = (size_t) n->size[l],
					out = (size_t) n->size[l + 1];
		double		bound = sqrt(6.0 / (double) (is_linear(n, l + 1) ? in + out : in));

		for (size_t i = 0; i < in * out; i++)
			n->w[n->at[l] + i] = (float) (bound * (2 * cs_rng_unit(rng) - 1));
		memset(n->w + n->at[l] + in * out, 0, sizeof(float) * out);
	}
}

/* ---- training ---- */

static size_t
widest_of(const cs_network *n, int layers)
{
	int			most = 0;

	for (int l = 0; l <= layers; l++)
		most = n->size[l] > most ? n->size[l] : most;
	return (size_t) most;
}

int
cs_network_widest(const cs_network *n)
{
	return (int) widest_of(n, n->code);
}

static float *
shared(cs_crew *c, size_t n)
{
	return cs_team_alloc(c->env, c->team, n, sizeof(float));
}

cs_trainer
cs_trainer_new(cs_crew *crew, cs_network *net, size_t batch)
{
	cs_trainer	t = {.crew = crew, .net = net, .batch = batch};
	size_t		widest = widest_of(net, net->layers);

	net->w = shared(crew, cs_network_weights(net));
	t.grad = shared(crew, cs_network_weights(net));
	t.m = shared(crew, cs_network_weights(net));
	t.v = shared(crew, cs_network_weights(net));
	for (int l = 0; l <= net->layers; l++)
		t.act[l] = shared(crew, batch * (size_t) net->size[l]);
	for (int i = 0; i < 2; i++)
		t.delta[i] = shared(crew, batch * widest);
	t.target = shared(crew, batch * (size_t) net->size[0]);
	return t;
}

size_t
cs_trainer_arena(const cs_network *net, size_t batch)
{
	size_t		bytes = 4 * cs_team_bytes(cs_network_weights(net), sizeof(float)),
				widest = widest_of(net, net->layers),
				most = widest > batch ? widest : batch;

	for (int l = 0; l <= net->layers; l++)
		bytes += cs_team_bytes(batch * (size_t) net->size[l], sizeof(float));
	return bytes + 2 * cs_team_bytes(batch * widest, sizeof(float)) +
		cs_team_bytes(batch * (size_t) net->size[0], sizeof(float)) + cs_product_arena(most, widest, most, sizeof(float));
}

void
cs_trainer_restart(cs_trainer *t)
{
	memset(t->m, 0, sizeof(float) * cs_network_weights(t->net));
	memset(t->v, 0, sizeof(float) * cs_network_weights(t->net));
	t->step = 0;
}

/* Set values to 0 at random, scale the others so that the mean stays. */
static void
drop(cs_trainer *t, float *x, size_t n)
{
	float		keep = (float) (1 / (1 - t->dropout));
	uint64_t	below = (uint64_t) (t->dropout * 4294967296.0);

	for (size_t i = 0; i < n; i += 2)
	{
		uint64_t	r = cs_rng_next(&t->rng);

		x[i] = (r & 0xffffffff) < below ? 0 : x[i] * keep;
		if (i + 1 < n)
			x[i + 1] = (r >> 32) < below ? 0 : x[i + 1] * keep;
	}
}

void
cs_trainer_forward(cs_trainer *t, size_t rows, int to, bool training)
{
	cs_network *n = t->net;
	bool		drops = training && t->dropout > 0;

	if (drops)
		drop(t, t->act[0], rows * (size_t) n->size[0]);
	for (int l = 0; l < to; l++)
	{
		size_t		in = (size_t) n->size[l],
					out = (size_t) n->size[l + 1];
		const float *w = n->w + n->at[l];
		float	   *y = t->act[l + 1];

		for (size_t i = 0; i < rows; i++)
			memcpy(y + i * out, w + in * out, sizeof(float) * out);
		cs_crew_product(t->crew, CS_N, CS_N, rows, out, in, t->act[l], in, w, out, 1, y, out);
		if (is_linear(n, l + 1))
			continue;
		for (size_t i = 0; i < rows * out; i++)
			y[i] = y[i] > 0 ? y[i] : 0;
		if (drops)
			drop(t, y, rows * out);
		cs_poll(t->crew->env);
	}
}

double
cs_trainer_error(cs_trainer *t, size_t rows, const float *weight)
{
	size_t		d = (size_t) t->net->size[0];
	const float *y = t->act[t->net->layers];
	float		scale = (float) (2 / ((double) rows * (double) d));
	double		sum = 0;

	for (size_t i = 0; i < rows; i++)
	{
		float		w = weight ? weight[i] : 1;
		double		one = 0;

		for (size_t f = 0; f < d; f++)
		{
			float		e = y[i * d + f] - t->target[i * d + f];

			one += (double) (e * e);
			t->delta[0][i * d + f] = scale * w * e;
		}
		sum += one * (double) w;
	}
	return sum / ((double) rows * (double) d);
}

/* Gradient of the weights of layer l from that of its output. */
static void
layer_gradient(cs_trainer *t, int l, size_t rows, const float *delta)
{
	size_t		in = (size_t) t->net->size[l],
				out = (size_t) t->net->size[l + 1];
	float	   *grad = t->grad + t->net->at[l],
			   *bias = grad + in * out;

	cs_crew_product(t->crew, CS_T, CS_N, in, out, rows, t->act[l], in, delta, out, 0, grad, out);
	memset(bias, 0, sizeof(float) * out);
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < out; j++)
			bias[j] += delta[i * out + j];
}

void
cs_trainer_backward(cs_trainer *t, size_t rows, const float *code)
{
	const cs_network *n = t->net;
	float	   *delta = t->delta[0],
			   *before = t->delta[1];
	float		keep = (float) (1 / (1 - t->dropout));

	for (int l = n->layers - 1; l >= 0; l--)
	{
		size_t		in = (size_t) n->size[l],
					out = (size_t) n->size[l + 1];
		float	   *swap = delta;

		if (code && l + 1 == n->code)
			for (size_t i = 0; i < rows * out; i++)
				delta[i] += code[i];
		layer_gradient(t, l, rows, delta);
		if (l == 0)
			break;
		cs_crew_product(t->crew, CS_N, CS_T, rows, in, out, delta, out, n->w + n->at[l], out, 0, before, in);
		if (!is_linear(n, l))
			for (size_t i = 0; i < rows * in; i++)
				before[i] = t->act[l][i] > 0 ? before[i] * keep : 0;
		delta = before;
		before = swap;
		cs_poll(t->crew->env);
	}
}

void
cs_adam(float *w, const float *grad, float *m, float *v, size_t n, long step, double rate)
{
	const float b1 = (float) BETA1,
				b2 = (float) BETA2,
				r1 = (float) (1 - BETA1),
				r2 = (float) (1 - BETA2),
				second = (float) (1 / sqrt(1 - pow(BETA2, (double) step))),
				by = (float) (rate / (1 - pow(BETA1, (double) step)));

	for (size_t i = 0; i < n; i++)
	{
		float		g = grad[i];

		m[i] = b1 * m[i] + r1 * g;
		v[i] = b2 * v[i] + r2 * g * g;
		w[i] -= by * m[i] / (sqrtf(v[i]) * second + (float) EPSILON);
	}
}

void
cs_trainer_step(cs_trainer *t)
{
	size_t		n = cs_network_weights(t->net);

	t->step++;
	for (size_t i = 0; i < n; i += SOME)
	{
		cs_adam(t->net->w + i, t->grad + i, t->m + i, t->v + i, n - i < SOME ? n - i : SOME, t->step, t->rate);
		cs_poll(t->crew->env);
	}
}

/* ---- scoring ---- */

/* Layer by layer; each value is a sum over the inputs in order, whatever else is computed. */
static void
encode_layer(const float *w, size_t in, size_t out, bool linear, const float *x, size_t rows, float *y)
{
	for (size_t r = 0; r < rows; r++)
		memcpy(y + r * out, w + in * out, sizeof(float) * out);
	for (size_t i = 0; i < in; i++)
		for (size_t r = 0; r < rows; r++)
		{
			const float *from = w + i * out;
			float		v = x[r * in + i],
					   *to = y + r * out;

			if (v == 0)
				continue;
			for (size_t j = 0; j < out; j++)
				to[j] += v * from[j];
		}
	for (size_t i = 0; i < rows * out && !linear; i++)
		y[i] = y[i] > 0 ? y[i] : 0;
}

void
cs_network_encode(const cs_network *n, const float *x, size_t rows, float *room, float *code)
{
	size_t		widest = widest_of(n, n->code);
	const float *from = x;

	for (int l = 0; l < n->code; l++)
	{
		float	   *to = l + 1 == n->code ? code : room + (size_t) (l % 2) * rows * widest;

		encode_layer(n->w + n->at[l], (size_t) n->size[l], (size_t) n->size[l + 1], is_linear(n, l + 1), from, rows, to);
		from = to;
	}
}

void
cs_network_save(cs_env *env, const cs_network *n, cs_writer *w)
{
	double	   *weight = CS_ROOM(env, double, n->at[n->code]);

	for (size_t i = 0; i < n->at[n->code]; i++)
		weight[i] = (double) n->w[i];
	cs_put_ints(w, "layers", n->size, (size_t) n->code + 1);
	cs_put_numbers(w, "weights", weight, n->at[n->code]);
	cs_release(env, weight);
}

cs_network *
cs_network_load(cs_env *env, cs_value v, int d)
{
	cs_network *n = CS_NEW(env, cs_network, 1);
	uint32_t	sizes = cs_need(env, v, "layers", 'v').count;
	int		   *size;
	double	   *weight;

	if (sizes < 2 || sizes > CS_MOST_LAYERS + 1)
		cs_doc_damaged(env, "Field \"layers\" has a wrong length.");
	size = cs_need_ints(env, v, "layers", sizes, 1, 1000000);
	n->layers = n->code = (int) sizes - 1;
	for (int l = 0; l <= n->code; l++)
	{
		if (l > 0 ? size[l] > CS_MOST_WIDTH : size[l] != d)
			cs_doc_damaged(env, "Its layers do not fit its features.");
		n->size[l] = size[l];
	}
	find_places(n);
	weight = cs_need_numbers(env, v, "weights", n->at[n->code]);
	n->w = CS_ROOM(env, float, n->at[n->code]);
	for (size_t i = 0; i < n->at[n->code]; i++)
	{
		if (!(fabs(weight[i]) <= LARGE))
			cs_doc_damaged(env, "A weight of its network is too large.");
		n->w[i] = (float) weight[i];
	}
	cs_release(env, size);
	cs_release(env, weight);
	return n;
}
