/*
 * deep.c - segments of an embedding that an autoencoder learns for them.
 *
 * J. Xie, R. Girshick, A. Farhadi, "Unsupervised deep embedding for clustering
 * analysis", ICML 2016; X. Guo et al., "Improved deep embedded clustering with
 * local structure preservation", IJCAI 2017.  An autoencoder learns to
 * reconstruct the points and to keep neighbours together (R. McConville et al.,
 * "N2D: (not too) deep clustering via clustering the local manifold of an autoencoded
 * embedding", ICPR 2020, does so in two steps); the embedding is clustered; then network and
 * centres are refined together.  Rows are scored by the encoder and the nearest centre.
 *
 * The leader of the team computes, the others help with large products and with
 * k-means: the result is the same for any team.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/deep.h"
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"

#include <math.h>
#include <string.h>

/* Passes of k-means from so many starts. */
#define RESTARTS 10

/* Numbers per row beside the point, with usual options: embedding, neighbours there and here. */
#define PER_ROW 35

/* A network has to be so much better to be worth it. */
#define WORTH 0.01

/* ---- shape and room ---- */

static cs_network
shape(cs_env *env, const cs_options *o, int d)
{
	static const int usual[] = {256, 256};
	const cs_option *layers = cs_option_get(o, "layers");
	int			hidden[CS_MOST_LAYERS],
				n = layers->set ? layers->rows * layers->cols : 2;

	if (n > CS_MOST_LAYERS - 1 || layers->rows > 1)
		cs_fail(env, CS_E_PARAM, "option \"layers\" does not fit",
				"It takes an array of at most 15 sizes of hidden layers, such as [500, 500, 2000].", NULL);
	for (int i = 0; i < n; i++)
	{
		double		size = layers->set ? layers->cell[i] : usual[i];

		if (!(size >= 1 && size <= CS_MOST_WIDTH) || size != floor(size))
			cs_fail(env, CS_E_PARAM, cs_text(env, "invalid size of a layer: %g", size),
					"Option \"layers\" takes whole numbers from 1 to 16384.", NULL);
		hidden[i] = (int) size;
	}
	return cs_network_shape(d, hidden, n, cs_option_int(o, "embedding"));
}

/* Rows of a step: at least eight steps to a pass, where that leaves some rows to each. */
static size_t
batch_of(const cs_options *o, size_t n)
{
	size_t		batch = (size_t) cs_option_int(o, "batch"),
				most = n / 8 > 16 ? n / 8 : 16;

	return batch < most ? batch : most;
}

static size_t
arena_for(cs_env *env, const cs_options *o, size_t n, int d, int k)
{
	cs_network	net = shape(env, o, d);
	int			e = cs_network_embedding(&net);
	size_t		map = cs_deep_map_rows(n, k),
				widest = (size_t) (d > e ? d : e);

	widest = widest > (size_t) k ? widest : (size_t) k;
	return cs_crew_arena() + cs_trainer_arena(&net, 2 * batch_of(o, n)) +
		cs_team_bytes(cs_round_lanes(n) * (size_t) e, sizeof(float)) + cs_team_bytes(cs_round_lanes(map) * (size_t) k, sizeof(float)) +
		cs_team_bytes((size_t) d, sizeof(float)) + 2 * cs_team_bytes(cs_round_lanes(n), sizeof(int32_t)) +
		cs_team_bytes((size_t) k * (size_t) e, sizeof(double)) + cs_team_bytes(1, sizeof(float)) +
		cs_team_bytes(CS_DEEP_TOLD, sizeof(double)) + cs_kmeans_arena(n, (int) widest, k);
}

static void
check_room(const cs_deep_job *j)
{
	size_t		d = (size_t) j->a->x->d,
				batch = batch_of(j->a->options, j->a->x->n),
				need = cs_network_weights(&j->net) * 5 * sizeof(float) + d * d * sizeof(double) +
		(j->neighbours > 0 ? CS_DEEP_CANDIDATES * d + j->a->x->n * (size_t) j->neighbours + batch * batch : 0) * sizeof(float);

	if (j->a->memory > 0 && need > j->a->memory)
		cs_fail(j->env, CS_E_LIMIT, "the network does not fit the memory that is allowed",
				cs_text(j->env, "Its training takes %zu MB beside the points.", (need >> 20) + 1),
				"Increase maintenance_work_mem, or the option memory, or ask for smaller layers.");
}

/* A matrix in the arena. */
static cs_matrix
shared_matrix(cs_deep_job *j, size_t n, int d)
{
	cs_matrix	m = {.n = n, .d = d, .blocks = cs_matrix_blocks(n)};

	m.block = CS_NEW(j->env, float *, (size_t) m.blocks + 1);
	m.block[0] = cs_team_alloc(j->env, j->team, cs_round_lanes(n) * (size_t) d, sizeof(float));
	for (int b = 1; b < m.blocks; b++)
		m.block[b] = m.block[0] + (size_t) b * cs_block_floats(d);
	return m;
}

static void
open_job(cs_deep_job *j)
{
	const cs_fit_args *a = j->a;
	size_t		n = cs_round_lanes(a->x->n),
				e;

	j->neighbours = cs_option_int(a->options, "neighbours");
	j->net = shape(j->env, a->options, a->x->d);
	e = (size_t) cs_network_embedding(&j->net);
	check_room(j);
	j->batch = batch_of(a->options, a->x->n);
	j->crew = cs_crew_new(j->env, j->team);
	j->code = shared_matrix(j, a->x->n, (int) e);
	j->map = shared_matrix(j, j->neighbours > 0 ? cs_deep_map_rows(a->x->n, a->k) : 0, a->k);
	j->label = cs_team_alloc(j->env, j->team, n, sizeof(int32_t));
	j->other = cs_team_alloc(j->env, j->team, n, sizeof(int32_t));
	j->center = cs_team_alloc(j->env, j->team, (size_t) a->k * e, sizeof(double));
	j->scale = cs_team_alloc(j->env, j->team, 1, sizeof(float));
	j->told = cs_team_alloc(j->env, j->team, CS_DEEP_TOLD, sizeof(double));
	j->bound = cs_team_alloc(j->env, j->team, (size_t) a->x->d, sizeof(float));
	j->trainer = cs_trainer_new(&j->crew, &j->net, 2 * j->batch);
	if (cs_matrix_weighted(a->x))
	{
		j->code.weight = CS_ROOM(j->env, float, n);
		for (size_t i = 0; i < n; i++)
			j->code.weight[i] = i < a->x->n ? cs_matrix_weight(a->x, i) : 0;
	}
}

/* ---- the steps ---- */

/* The leader at one thing, the others at its call. */
static void
lead(cs_deep_job *j, void (*work) (cs_deep_job *))
{
	cs_team_barrier(j->team);
	if (j->team->rank > 0)
	{
		cs_crew_help(&j->crew);
		return;
	}
	work(j);
	cs_crew_dismiss(&j->crew);
}

/* k-means by the team; labels into shared memory. */
static void
kmeans_on(cs_deep_job *j, const cs_matrix *x, int32_t *label, cs_fit *fit)
{
	cs_fit_args args = *j->a;
	cs_options *o = cs_options_new(j->env, cs_kmeans_params);
	cs_centers *c;

	o->value[cs_params_find(cs_kmeans_params, "restarts")].number = RESTARTS;
	args.x = x;
	args.options = o;
	args.start = NULL;
	args.warm = NULL;
	memset(fit, 0, sizeof(*fit));
	cs_kmeans_fit_with(j->env, j->team, &args, false, fit);
	c = cs_centers_new(j->env, fit->center, j->a->k, x->d);
	cs_label_rows(j->env, j->team, x, c, label, NULL);
	cs_centers_free(j->env, c);
}

static void
learn_embedding(cs_deep_job *j)
{
	cs_deep_pretrain(j);
	cs_deep_embed(j);
	if (j->map.n > 0)
		cs_deep_map(j);
}

static void
spread_labels(cs_deep_job *j)
{
	j->told[CS_DEEP_BY_MAP] = cs_deep_spread(j);
}

/* Segments of the embedding to start from, and their centres. */
static void
find_start(cs_deep_job *j)
{
	cs_fit		first;

	if (j->map.n > 0)
	{
		kmeans_on(j, &j->map, j->other, &first);
		lead(j, spread_labels);
	}
	if (j->told[CS_DEEP_BY_MAP] > 0)
		return;
	kmeans_on(j, &j->code, j->label, &first);
	if (j->team->rank == 0)
		memcpy(j->center, first.center, sizeof(double) * (size_t) j->a->k * (size_t) j->code.d);
}

static void
tell(cs_deep_job *j, int figure, const int32_t *label)
{
	j->told[figure] = cs_neighbour_agreement(j->env, j->a->x, label, j->a->k);
}

/* k-means on the same rows, as they are and in as many principal components. */
static void
compare(cs_deep_job *j)
{
	cs_fit		fit;
	cs_matrix	plain = *j->a->x;
	int			e = cs_network_embedding(&j->net);

	plain.origin = NULL;
	if (j->team->rank == 0)
		tell(j, CS_DEEP_AGREEMENT, j->label);
	kmeans_on(j, &plain, j->other, &fit);
	cs_team_barrier(j->team);
	if (j->team->rank == 0)
	{
		tell(j, CS_DEEP_KMEANS, j->other);
		j->told[CS_DEEP_PCA] = j->told[CS_DEEP_KMEANS];
		if (e < plain.d)
			cs_deep_components(j->env, j->a->x, e, j->a->seed, &j->code);
	}
	cs_team_barrier(j->team);
	if (e >= plain.d)
		return;
	kmeans_on(j, &j->code, j->other, &fit);
	cs_team_barrier(j->team);
	if (j->team->rank == 0)
		tell(j, CS_DEEP_PCA, j->other);
	cs_team_barrier(j->team);
}

/* Encoder and centres that have rows, in memory of each member. */
static void
keep(cs_deep_job *j, cs_fit *out)
{
	cs_deep_model    *m = CS_NEW(j->env, cs_deep_model, 1);
	size_t		e = (size_t) cs_network_embedding(&j->net),
				weights = j->net.at[j->net.code];
	bool	   *some = CS_NEW(j->env, bool, (size_t) j->a->k);

	for (size_t i = 0; i < j->a->x->n; i++)
		some[j->label[i]] = true;
	m->net = CS_NEW(j->env, cs_network, 1);
	*m->net = j->net;
	m->net->w = CS_ROOM(j->env, float, weights);
	memcpy(m->net->w, j->net.w, sizeof(float) * weights);
	m->units.scale = *j->scale;
	m->units.bound = memcpy(CS_ROOM(j->env, float, (size_t) j->a->x->d), j->bound, sizeof(float) * (size_t) j->a->x->d);
	m->center = CS_NEW(j->env, double, (size_t) j->a->k * e);
	out->k = 0;
	for (int c = 0; c < j->a->k; c++)
		if (some[c])
			memcpy(m->center + (size_t) out->k++ * e, j->center + (size_t) c * e, sizeof(double) * e);
	out->d = j->a->x->d;
	out->extra = m;
}

static void
report(cs_deep_job *j, cs_fit *out)
{
	const double *t = j->told;
	double		rival = t[CS_DEEP_KMEANS] > t[CS_DEEP_PCA] ? t[CS_DEEP_KMEANS] : t[CS_DEEP_PCA];
	bool		better = t[CS_DEEP_AGREEMENT] > rival + WORTH;

	out->iterations = (int) t[CS_DEEP_EPOCHS];
	out->converged = t[CS_DEEP_CONVERGED] > 0;
	out->objective = t[CS_DEEP_OBJECTIVE];
	out->measure[0] = (cs_measure_of) {"pretrain_epochs", t[CS_DEEP_EPOCHS_PRETRAINED]};
	out->measure[1] = (cs_measure_of) {"reconstruction_error", t[CS_DEEP_ERROR]};
	out->measure[2] = (cs_measure_of) {"neighbour_agreement", t[CS_DEEP_AGREEMENT]};
	out->measure[3] = (cs_measure_of) {"neighbour_agreement_kmeans", t[CS_DEEP_KMEANS]};
	out->measure[4] = (cs_measure_of) {"neighbour_agreement_pca_kmeans", t[CS_DEEP_PCA]};
	out->measure[5] = (cs_measure_of) {"better_than_kmeans", better};
	out->measure[6] = (cs_measure_of) {"started_from_graph", t[CS_DEEP_BY_MAP]};
	if (better)
		return;
	out->note_warns = true;
	out->note_hint = "Algorithm kmeans, with the option pca where there are many features, is simpler and faster.";
	out->note = cs_text(j->env, "the network is no better than k-means on these rows: neighbours agree to %.2f, with k-means to %.2f, on principal components to %.2f",
						t[CS_DEEP_AGREEMENT], t[CS_DEEP_KMEANS], t[CS_DEEP_PCA]);
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	cs_deep_job j = {.env = env, .team = team, .a = a};

	open_job(&j);
	lead(&j, learn_embedding);
	find_start(&j);
	lead(&j, cs_deep_refine);
	compare(&j);
	cs_team_barrier(team);
	keep(&j, out);
	report(&j, out);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static size_t
arena(size_t n, int d, int k)
{
	return cs_kmeans_arena(n, d, k) + cs_team_bytes(cs_round_lanes(n), 2 * sizeof(int32_t) + PER_ROW * sizeof(float));
}

static const cs_param params[] = {
	{"layers", CS_P_MATRIX, 0, 0, 0, NULL, "sizes of the hidden layers before the embedding, such as [500, 500, 2000]; default [256, 256]"},
	{"embedding", CS_P_INT, 10, 1, 256, NULL, "dimensions of the embedding"},
	{"epochs", CS_P_INT, 30, 0, 100000, NULL, "most passes of the refinement of network and centres together; 0: none"},
	{"pretrain_epochs", CS_P_INT, 25, 1, 100000, NULL, "most passes of learning the embedding"},
	{"batch", CS_P_INT, 256, 1, 4096, NULL, "rows of a step; at most an eighth of all rows, from 16"},
	{"learning_rate", CS_P_REAL, 0.001, 1e-8, 1, NULL, "length of Adam's steps"},
	{"dropout", CS_P_REAL, 0, 0, 0.9, NULL, "share of the inputs of each layer that reconstruction has to do without"},
	{"neighbours", CS_P_INT, 10, 0, 100, NULL,
	"nearest rows that a row is to be embedded with; 0: reconstruction alone"},
	{"gamma", CS_P_REAL, 1, 0, 1000, NULL, "what clear assignments count for in the refinement, against reconstruction"},
	{0}
};

const cs_clusterer cs_deep = {
	.name = "deep",
	.summary = "k-means in an embedding that a neural network learns together with the segments: for many features",
	.flags = CS_NEEDS_K | CS_OWN_OBJECTIVE,
	.params = params,
	.fit = fit,
	.arena = arena,
	.arena_for = arena_for,
	.save = cs_deep_save,
	.load = cs_deep_load,
	.label = cs_deep_label,
	.nearest = cs_deep_nearest,
	.block = cs_deep_block,
	.distance = cs_deep_distance,
	.probability = cs_deep_probability
};
