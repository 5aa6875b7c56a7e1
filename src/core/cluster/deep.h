/*
 * deep.h - between deep.c and the files of its steps, deep_*.c.
 */
#ifndef CS_DEEP_H
#define CS_DEEP_H

#include "core/cluster/clusterer.h"
#include "core/cluster/network.h"

/* How points go into the network: times scale, within bounds. */
typedef struct cs_deep_units
{
	float		scale;
	const float *bound;			/* one per coordinate */
} cs_deep_units;

static inline void
cs_deep_take(const cs_deep_units *u, int d, float *row)
{
	for (int f = 0; f < d; f++)
	{
		float		v = row[f] * u->scale;

		row[f] = v > u->bound[f] ? u->bound[f] : v < -u->bound[f] ? -u->bound[f] : v;
	}
}

/* A fitted model: the encoder, the units of its input, centres of the embedding. */
typedef struct cs_deep
{
	cs_network *net;
	cs_deep_units units;
	double	   *center;			/* k x embedding */
} cs_deep_model;

/* A training, alike on every member; what is computed is the leader's. */
typedef struct cs_deep_job
{
	cs_env	   *env;
	cs_team    *team;
	const cs_fit_args *a;
	cs_network	net;
	cs_crew		crew;
	cs_trainer	trainer;
	size_t		batch;
	int			neighbours;		/* of each row to learn from; 0: none */
	cs_matrix	code;			/* shared: the embedding of all rows */
	cs_matrix	map;			/* shared: coordinates of the neighbourhoods, of an even sample */
	float	   *scale;			/* shared */
	float	   *bound;			/* shared */
	double	   *center;			/* shared: k x embedding */
	int32_t    *label;			/* shared: of all rows */
	int32_t    *other;			/* shared: of all rows, by what it is compared with */
	double	   *told;			/* shared: the figures below */

	/* of the leader */
	uint32_t   *order;			/* rows: those to learn from, then those held out */
	size_t		learn;
	size_t		held;
	uint32_t   *near;			/* n x neighbours; NULL: none */
	float	   *weight;			/* of a batch, or NULL; mean 1 */
	double		mean_weight;
	float	   *best;			/* weights of the least error so far */
	float	   *square;			/* batch x batch */
	float	   *grad_code;		/* of what is in the trainer, by the embedding */
} cs_deep_job;

/* Figures, by their place in told. */
enum
{
	CS_DEEP_EPOCHS_PRETRAINED,
	CS_DEEP_EPOCHS,
	CS_DEEP_CONVERGED,
	CS_DEEP_ERROR,				/* of reconstruction of rows held out, as a share of their mean square */
	CS_DEEP_OBJECTIVE,
	CS_DEEP_BY_MAP,				/* segments start from the map */
	CS_DEEP_AGREEMENT,			/* of neighbours: its own, of k-means, of k-means on components */
	CS_DEEP_KMEANS,
	CS_DEEP_PCA,
	CS_DEEP_TOLD
};

/* ---- steps, by the leader ---- */

/* Learn to reconstruct, with neighbours together; stops when rows held out get no better. */
void		cs_deep_pretrain(cs_deep_job *j);

/*
 * Rows order[from] .. as the trainer's input and target, at most a batch, with their weights; with pairs, as
 * many of their neighbours after them.  chosen: which neighbour, or -1: any.
 */
size_t		cs_deep_batch(cs_deep_job *j, const uint32_t *order, size_t from, size_t to, bool pairs, int chosen);

/* A pass over n rows is cut into steps of almost the same size: where step i of so many begins. */
static inline size_t
cs_deep_cut(size_t n, size_t steps, size_t i)
{
	return n / steps * i + (i < n % steps ? i : n % steps);
}

/*
 * A pass is over all rows once; over few rows, so often that it has some 32 steps: a network needs so
 * many to move at all.
 */
static inline int
cs_deep_rounds(size_t n, size_t steps)
{
	return n < 2048 && steps < 32 ? (int) ((32 + steps - 1) / steps) : 1;
}

void		cs_deep_shuffle(cs_rng *rng, uint32_t *order, size_t n);

/* The embedding of all rows into code. */
void		cs_deep_embed(cs_deep_job *j);

/*
 * Coordinates in which neighbourhoods of the embedding are groups, into map;
 * and from labels of the map's rows in other to those of all rows and centres of the embedding.
 * The last tells whether no segment is all but empty.
 */
void		cs_deep_map(cs_deep_job *j);
bool		cs_deep_spread(cs_deep_job *j);

/* Rows of a map for n rows in k clusters; 0: k-means does without. */
size_t		cs_deep_map_rows(size_t n, int k);

/* From labels of all rows and their centres: IDEC's passes; labels and centres at the end. */
void		cs_deep_refine(cs_deep_job *j);

/* ---- neighbours ---- */

/*
 * The nearest neighbours of each row, k of each (at least 1), among at most `most`
 * evenly spread rows (k is made less where there are fewer); NULL where there are none.
 * u: of points as the network sees them; NULL: as they are.  Exact; O(n most d).
 */
uint32_t   *cs_deep_neighbours(cs_env *env, const cs_matrix *x, const cs_deep_units *u, size_t most, int *k);

/* Row i of so many that are evenly spread over n. */
static inline size_t
cs_deep_place(size_t n, size_t most, size_t i)
{
	return most < n ? i * n / most : i;
}

#define CS_DEEP_MOST_NEIGHBOURS 100

/* Rows among which neighbours to learn from are looked for. */
#define CS_DEEP_CANDIDATES ((size_t) 10000)

/*
 * How often the nearest neighbours of a row, by its point, have its label,
 * against chance: (share - expected) / (1 - expected).  Of an even sample of rows.
 */
double		cs_neighbour_agreement(cs_env *env, const cs_matrix *x, const int32_t *label, int k);

/* Projections of the points on e principal components into to, n x e. */
void		cs_deep_components(cs_env *env, const cs_matrix *x, int e, uint64_t seed, const cs_matrix *to);

/* ---- scoring: of the descriptor ---- */

void		cs_deep_save(cs_env *env, const cs_fit *fit, cs_writer *w);
void		cs_deep_load(cs_env *env, cs_value fit, cs_scorer *s);
int			cs_deep_label(const cs_scorer *s, const float *row, float *score);
cs_nearest	cs_deep_nearest(const cs_scorer *s, const float *row, float *score);
void		cs_deep_block(const cs_scorer *s, const cs_run *run, cs_near_block *out);
double		cs_deep_distance(const cs_scorer *s, const float *row, int cluster, float *score);
void		cs_deep_probability(const cs_scorer *s, const float *row, float *score, double *p);

#endif							/* CS_DEEP_H */
