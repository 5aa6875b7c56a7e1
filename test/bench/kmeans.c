/*
 * kmeans.c - k-means and the silhouette of the core, on rows of a file.
 *
 *	simd NAME					vector instructions: auto, avx512, avx2, portable
 *	load FILE N D				the first N rows of D floats
 *	lloyd K PASSES THREADS		from K rows spread over the data, tolerance 0
 *	plain K PASSES THREADS		the same without pruning
 *	seed K SEED THREADS			greedy k-means++, the default number of candidates
 *	fit K SEED THREADS			all defaults: greedy k-means++, then passes to convergence
 *	labels FILE ROWS K			a clustering of the first rows, for both sides' silhouettes
 *	silhouette FILE ROWS K THREADS
 *
 * They answer: ok CPU_SECONDS WALL_SECONDS RESULT..., where the result is the
 * inertia and passes, or the silhouette, and most memory taken in bytes.  Packing rows into
 * tiles is told by load: in a database it happens once, while rows are read.
 */
#include "host.h"

#include "core/cluster/algorithms.h"
#include "core/cluster/lloyd.h"
#include "core/cluster/seeding.h"
#include "core/eval/internal.h"

static float *rows;
static size_t n;
static int	d;

static void
simd(int words, char **word)
{
	const cs_kernel *k = cs_kernel_find(word[1]);

	(void) words;
	if (k)
		host_env.kernel = k;
	printf("ok %s\n", k ? k->name : "none");
}

static void
free_matrix(cs_matrix *m)
{
	cs_release(&host_env, m->block[0]);
	if (m->origin)
		cs_release(&host_env, m->origin);
	cs_release(&host_env, m->block);
	cs_release(&host_env, m);
}

/* All blocks in one piece of memory, as training has them in few. */
static void
join_blocks(cs_matrix *m)
{
	float	   *all = CS_ROOM(&host_env, float, cs_round_lanes(m->n) * (size_t) m->d);

	for (int b = 0; b < m->blocks; b++)
	{
		float	   *to = all + (size_t) b * cs_block_floats(m->d);

		memcpy(to, m->block[b], sizeof(float) * cs_round_lanes(cs_block_rows(m, b)) * (size_t) m->d);
		cs_release(&host_env, m->block[b]);
		m->block[b] = to;
	}
}

/* As training packs them: with room for the order that passes change. */
static cs_matrix *
pack(size_t most)
{
	cs_matrix  *m = cs_matrix_from_rows(&host_env, rows, most < n ? most : n, d);

	join_blocks(m);
	m->origin = CS_ROOM(&host_env, uint16_t, cs_round_lanes(m->n));
	for (size_t i = 0; i < cs_round_lanes(m->n); i++)
		m->origin[i] = (uint16_t) (i % CS_BLOCK_ROWS);
	return m;
}

static void
load(int words, char **word)
{
	FILE	   *f = open_file(word[1], "rb");
	cs_matrix  *m;
	times		start;

	(void) words;
	if (rows)
		cs_release(&host_env, rows);
	n = (size_t) atoll(word[2]);
	d = atoi(word[3]);
	rows = CS_ROOM(&host_env, float, n * (size_t) d);
	if (fread(rows, sizeof(float) * (size_t) d, n, f) != n)
		stop("the file of rows is short");
	fclose(f);
	start = times_now();
	m = cs_matrix_from_rows(&host_env, rows, n, d);
	printf("ok %.6f\n", times_since(start).cpu);
	join_blocks(m);
	free_matrix(m);
}

/* ---- what a team runs ---- */

typedef struct job
{
	cs_matrix  *x;
	int			k;
	int			passes;
	uint64_t	seed;
	const cs_options *options;
	double	   *start;			/* k x d */
	double		inertia;
	int			done;
	int32_t    *label;			/* for the silhouette */
} job;

static double *
start_rows(int k)
{
	double	   *c = CS_ROOM(&host_env, double, (size_t) k * (size_t) d);

	for (int j = 0; j < k; j++)
		for (int f = 0; f < d; f++)
			c[j * d + f] = (double) rows[(2 * (size_t) j + 1) * n / (2 * (size_t) k) * (size_t) d + (size_t) f];
	return c;
}

static void
run_lloyd(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	size_t		kd = (size_t) j->k * (size_t) d;
	double	   *center = CS_ROOM(env, double, kd);
	int32_t    *label = cs_team_alloc(env, team, cs_round_lanes(j->x->n), sizeof(int32_t));
	cs_lloyd_args args = {j->x, j->k, j->passes, 0, false};
	cs_lloyd_result r;

	memcpy(center, j->start, sizeof(double) * kd);
	r = cs_lloyd(env, team, &args, center, label);
	if (team->rank == 0)
	{
		j->inertia = r.objective;
		j->done = r.iterations;
		if (j->label)
			for (size_t i = 0; i < j->x->n; i++)
				j->label[cs_matrix_origin(j->x, i)] = label[i];
	}
	cs_release(env, center);
}

static void
run_seed(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	double	   *center = CS_ROOM(env, double, (size_t) j->k * (size_t) d);
	cs_rng		rng;

	cs_rng_init(&rng, j->seed, CS_STREAM_SEEDING);
	cs_seed_plusplus(env, team, j->x, j->k, 0, &rng, center);
	if (team->rank == 0)
		memcpy(j->start, center, sizeof(double) * (size_t) j->k * (size_t) d);
	cs_release(env, center);
}

/* What the start costs, by the side. */
static void
run_label(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	cs_centers *c = cs_centers_new(env, j->start, j->k, d);
	int32_t    *label = cs_team_alloc(env, team, cs_round_lanes(j->x->n), sizeof(int32_t));

	j->inertia = cs_label_rows(env, team, j->x, c, label, NULL);
	cs_centers_free(env, c);
}

static void
run_fit(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	cs_fit_args args = {.x = j->x, .k = j->k, .seed = j->seed, .options = j->options};
	cs_fit		out = {.algorithm = &cs_kmeans};

	cs_kmeans.fit(env, team, &args, &out);
	if (team->rank == 0)
	{
		j->inertia = out.objective;
		j->done = out.iterations;
	}
	cs_release(env, out.center);
}

static void
run_silhouette(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	double		v = cs_silhouette(env, team, j->x, j->label, j->k, NULL);

	if (team->rank == 0)
		j->inertia = v;
}

static size_t
arena(int k)
{
	/* what the callers here take for themselves comes on top */
	return cs_kmeans.arena(n, d, k) + cs_team_bytes(cs_round_lanes(n), sizeof(int32_t));
}

/* ---- commands ---- */

static void
lloyd(int words, char **word)
{
	int			k = atoi(word[1]);
	job			j = {pack(n), k, atoi(word[2]), 0, NULL, start_rows(k), 0, 0, NULL};
	times		t;

	(void) words;
	memory_mark();
	t = run_team(atoi(word[3]), arena(k), run_lloyd, &j);
	printf("ok %.6f %.6f %.10g %d %zu\n", t.cpu, t.wall, j.inertia, j.done, memory_peak());
	free_matrix(j.x);
	cs_release(&host_env, j.start);
}

/* Without an order to change, passes look at all distances. */
static void
plain(int words, char **word)
{
	cs_matrix  *x = pack(n);
	job			j = {x, atoi(word[1]), atoi(word[2]), 0, NULL, start_rows(atoi(word[1])), 0, 0, NULL};
	times		t;

	(void) words;
	cs_release(&host_env, x->origin);
	x->origin = NULL;
	t = run_team(atoi(word[3]), arena(j.k), run_lloyd, &j);
	printf("ok %.6f %.6f %.10g %d\n", t.cpu, t.wall, j.inertia, j.done);
	free_matrix(x);
	cs_release(&host_env, j.start);
}

static void
seed(int words, char **word)
{
	int			k = atoi(word[1]);
	job			j = {pack(n), k, 0, (uint64_t) atoll(word[2]), NULL, start_rows(k), 0, 0, NULL};
	times		t;

	(void) words;
	t = run_team(atoi(word[3]), arena(k), run_seed, &j);
	run_team(1, arena(k), run_label, &j);
	printf("ok %.6f %.6f %.10g\n", t.cpu, t.wall, j.inertia);
	free_matrix(j.x);
	cs_release(&host_env, j.start);
}

static void
fit(int words, char **word)
{
	int			k = atoi(word[1]);
	job			j = {pack(n), k, 0, (uint64_t) atoll(word[2]), cs_options_new(&host_env, cs_kmeans.params), NULL, 0, 0, NULL};
	times		t;

	(void) words;
	memory_mark();
	t = run_team(atoi(word[3]), arena(k), run_fit, &j);
	printf("ok %.6f %.6f %.10g %d %zu\n", t.cpu, t.wall, j.inertia, j.done, memory_peak());
	free_matrix(j.x);
}

static void
labels(int words, char **word)
{
	size_t		most = (size_t) atoll(word[2]);
	int			k = atoi(word[3]);
	FILE	   *f = open_file(word[1], "wb");
	job			j = {pack(most), k, 20, 0, NULL, start_rows(k), 0, 0, CS_NEW(&host_env, int32_t, cs_round_lanes(most))};

	(void) words;
	run_team(1, arena(k), run_lloyd, &j);
	fwrite(j.label, sizeof(int32_t), j.x->n, f);
	close_file(f);
	printf("ok\n");
	free_matrix(j.x);
	cs_release(&host_env, j.start);
	cs_release(&host_env, j.label);
}

static void
silhouette(int words, char **word)
{
	size_t		most = (size_t) atoll(word[2]);
	int			k = atoi(word[3]);
	FILE	   *f = open_file(word[1], "rb");
	job			j = {pack(most), k, 0, 0, NULL, NULL, 0, 0, CS_NEW(&host_env, int32_t, cs_round_lanes(most))};
	times		t;

	(void) words;
	if (fread(j.label, sizeof(int32_t), j.x->n, f) != j.x->n)
		stop("the file of labels is short");
	fclose(f);
	memory_mark();
	t = run_team(atoi(word[4]), cs_silhouette_arena(j.x->n, d, k), run_silhouette, &j);
	printf("ok %.6f %.6f %.10g %zu\n", t.cpu, t.wall, j.inertia, memory_peak());
	free_matrix(j.x);
	cs_release(&host_env, j.label);
}

const command kmeans_commands[] = {
	{"simd", 2, simd},
	{"load", 4, load},
	{"lloyd", 4, lloyd},
	{"plain", 4, plain},
	{"seed", 4, seed},
	{"fit", 4, fit},
	{"labels", 4, labels},
	{"silhouette", 5, silhouette},
	{0}
};
