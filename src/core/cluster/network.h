/*
 * network.h - an autoencoder: dense layers that narrow to an embedding and widen
 * again, trained by back-propagation and Adam.
 *
 * Layer l takes size[l] values to size[l + 1]: y = x W + b, then max(0, y) but for
 * the embedding and the output, which are linear.  Single precision.
 */
#ifndef CS_NETWORK_H
#define CS_NETWORK_H

#include "core/base/doc.h"
#include "core/base/rng.h"
#include "core/cluster/crew.h"

#define CS_MOST_LAYERS 16		/* of the encoder */
#define CS_MOST_WIDTH 16384

typedef struct cs_network
{
	int			layers;
	int			code;			/* the embedding is what layer code - 1 gives */
	int			size[2 * CS_MOST_LAYERS + 1];
	size_t		at[2 * CS_MOST_LAYERS + 1]; /* where the weights of a layer start: size[l] x size[l + 1], then biases */
	float	   *w;				/* at[layers] weights in all */
} cs_network;

/* Shape of an autoencoder for d values: through the hidden sizes to the embedding and back; w is NULL. */
cs_network	cs_network_shape(int d, const int *hidden, int n_hidden, int embedding);

/* Weights at the start: uniform, He's variance before a ReLU, Glorot's elsewhere; biases 0. */
void		cs_network_init(cs_network *n, cs_rng *rng);

static inline size_t
cs_network_weights(const cs_network *n)
{
	return n->at[n->layers];
}

static inline int
cs_network_embedding(const cs_network *n)
{
	return n->size[n->code];
}

/* ---- training ---- */

/* What training needs for batches of at most so many rows. */
typedef struct cs_trainer
{
	cs_crew    *crew;
	cs_network *net;
	size_t		batch;
	float	   *act[2 * CS_MOST_LAYERS + 1];	/* [l]: batch x size[l]; [0] is the input */
	float	   *delta[2];		/* gradients of activations */
	float	   *target;			/* batch x size[0]: what the output should be */
	float	   *grad;			/* of the weights */
	float	   *m;				/* Adam's moments */
	float	   *v;
	long		step;
	double		rate;
	double		dropout;		/* share of the inputs of layers set to 0 */
	cs_rng		rng;
} cs_trainer;

/* Weights, moments, activations in the arena; every member calls it.  net->w is set. */
cs_trainer	cs_trainer_new(cs_crew *crew, cs_network *net, size_t batch);
size_t		cs_trainer_arena(const cs_network *net, size_t batch);

/* Forget the moments: another objective begins. */
void		cs_trainer_restart(cs_trainer *t);

/* The rest by the leader.  Rows stand in act[0]; layers 0 .. to - 1; training drops values out. */
void		cs_trainer_forward(cs_trainer *t, size_t rows, int to, bool training);

/*
 * Mean over rows and values of the weighted squared error of the output against
 * target; its gradient stays in delta[0].  weight: of the rows, or NULL.
 */
double		cs_trainer_error(cs_trainer *t, size_t rows, const float *weight);

/*
 * From the gradient of the output in delta[0] to that of all weights.  code: what
 * is added to the gradient of the embedding, rows x embedding, or NULL.
 */
void		cs_trainer_backward(cs_trainer *t, size_t rows, const float *code);

/*
 * D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015,
 * algorithm 1: one step of n values, the step-th.
 */
void		cs_adam(float *w, const float *grad, float *m, float *v, size_t n, long step, double rate);

/* One step of all weights. */
void		cs_trainer_step(cs_trainer *t);

/* ---- scoring ---- */

/*
 * The embedding of rows, each d values; same bits for one row and for many, on any
 * CPU.  room: 2 x rows x the widest layer.  O(weights) per row.
 */
void		cs_network_encode(const cs_network *n, const float *x, size_t rows, float *room, float *code);

/* The widest layer of the encoder. */
int			cs_network_widest(const cs_network *n);

/* The encoder as fields "layers", "weights"; and back, checked. */
void		cs_network_save(cs_env *env, const cs_network *n, cs_writer *w);
cs_network *cs_network_load(cs_env *env, cs_value v, int d);

#endif							/* CS_NETWORK_H */
