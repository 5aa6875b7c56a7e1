/*
 * deep.c - the network on labelled rows, and on as many as its papers use.
 *
 *	digits FILE SCALE SEED THREADS		FILE: CSV with a head, the last column is the class; SCALE: zscore, none; as many
 *										segments as classes
 *	network N D THREADS					N rows of D values in ten groups, layers 500, 500, 2000, embedding 10
 *
 * The first answers: ok CPU_SECONDS WALL_SECONDS ACCURACY AGREEMENT OF_KMEANS OF_COMPONENTS PASSES PASSES ERROR, accuracy by
 * the best assignment of segments to classes; the second: ok CPU_SECONDS WALL_SECONDS, then by the clock the
 * seconds of neighbours with the first pass, of the other passes of the embedding, of the start, of the other
 * passes of the refinement, and of the comparison with its last pass; then the passes of both trainings.
 */
#include "host.h"

#include "core/base/matching.h"
#include "core/cluster/algorithms.h"

#define K 10

/* Passes at most: the defaults. */
#define EMBED_PASSES 25
#define REFINE_PASSES 30

typedef struct job
{
	cs_fit_args args;
	cs_fit		fit;
} job;

static void
run_fit(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;
	cs_fit		fit = {.algorithm = &cs_deep};

	cs_deep.fit(env, team, &j->args, &fit);
	if (team->rank == 0)
		j->fit = fit;
}

/* ---- digits ---- */

/* Rows of numbers by commas; the last one of each is its class. */
static float *
read_csv(const char *path, size_t *n, size_t *d, int **class)
{
	FILE	   *f = open_file(path, "r");
	size_t		room = 1024,
				columns = 1;
	float	   *row = NULL;
	int			c;

	while ((c = getc(f)) != '\n' && c != EOF)
		columns += c == ',';
	*n = 0;
	*d = columns - 1;
	for (;; ++*n)
	{
		float		v;

		if (*n % room == 0)
		{
			row = realloc(row, sizeof(float) * columns * (*n + room));
			if (row == NULL)
				stop("out of memory");
		}
		for (size_t i = 0; i < columns; i++)
		{
			if (fscanf(f, "%f,", &v) != 1)
			{
				fclose(f);
				*class = malloc(sizeof(int) * (*n + 1));
				for (size_t r = 0; r < *n; r++)
					(*class)[r] = (int) row[r * columns + *d];
				for (size_t r = 0; r < *n; r++)
					memmove(row + r * *d, row + r * columns, sizeof(float) * *d);
				return row;
			}
			row[*n * columns + i] = v;
		}
	}
}

/* Means off; with zscore, divided by the standard deviation. */
static void
scale(float *row, size_t n, size_t d, bool zscore)
{
	for (size_t f = 0; f < d; f++)
	{
		double		mean = 0,
					square = 0;

		for (size_t i = 0; i < n; i++)
			mean += (double) row[i * d + f] / (double) n;
		for (size_t i = 0; i < n; i++)
			square += pow((double) row[i * d + f] - mean, 2) / (double) n;
		for (size_t i = 0; i < n; i++)
			row[i * d + f] = (float) (((double) row[i * d + f] - mean) / (zscore && square > 0 ? sqrt(square) : 1));
	}
}

static double
accuracy(const cs_scorer *s, const float *row, const int *class, size_t n, size_t d, int k)
{
	float	   *score = CS_NEW(&host_env, float, cs_scorer_room(s));
	double	   *count = CS_NEW(&host_env, double, (size_t) s->k * (size_t) k),
				right = 0;
	int		   *match = CS_NEW(&host_env, int, (size_t) s->k);

	for (size_t i = 0; i < n; i++)
		count[s->algorithm->label(s, row + i * d, score) * k + class[i]]++;
	cs_match(&host_env, count, s->k, k, match);
	for (int j = 0; j < s->k; j++)
		right += match[j] >= 0 ? count[j * k + match[j]] : 0;
	cs_release(&host_env, score);
	cs_release(&host_env, count);
	cs_release(&host_env, match);
	return right / (double) n;
}

/* The program's options, for trying out: name=value ... */
static void
set_options(cs_options *o, int words, char **word)
{
	for (int i = 0; i < words; i++)
	{
		char	   *value = strchr(word[i], '=');

		if (value == NULL)
			stop("an option is name=value");
		*value++ = '\0';
		if (strcmp(word[i], "layers") == 0)
		{
			cs_option  *layers = &o->value[cs_params_find(o->table, "layers")];
			char	   *size = strtok(value, ",");

			*layers = (cs_option) {.set = true, .rows = 1, .cell = CS_NEW(&host_env, double, 16)};
			for (; size && layers->cols < 16; size = strtok(NULL, ","))
				layers->cell[layers->cols++] = atof(size);
			continue;
		}
		o->value[cs_params_find(o->table, word[i])].number = atof(value);
	}
}

static void
digits(int words, char **word)
{
	size_t		n,
				d;
	int		   *class;
	float	   *row = read_csv(word[1], &n, &d, &class);
	job			j = {{.seed = (uint64_t) atoll(word[3]), .options = cs_options_new(&host_env, cs_deep.params)}, {0}};
	times		t;

	for (size_t i = 0; i < n; i++)
		j.args.k = class[i] >= j.args.k ? class[i] + 1 : j.args.k;
	scale(row, n, d, strcmp(word[2], "zscore") == 0);
	set_options((cs_options *) j.args.options, words - 5, word + 5);
	j.args.x = cs_matrix_from_rows(&host_env, row, n, (int) d);
	t = run_team(atoi(word[4]), cs_clusterer_arena(&host_env, &cs_deep, j.args.options, n, (int) d, j.args.k), run_fit, &j);
	printf("ok %.6f %.6f %.4f", t.cpu, t.wall,
		   accuracy(cs_scorer_of_fit(&host_env, &j.fit), row, class, n, d, j.args.k));
	for (int i = 2; i < 5; i++)
		printf(" %.4f", j.fit.measure[i].value);
	printf(" %.0f %d %.4f\n", j.fit.measure[0].value, j.fit.iterations, j.fit.measure[1].value);
	free(row);
	free(class);
}

/* ---- time ---- */

/* When passes of the leader ended: the first and the last of the embedding, and of the refinement. */
static double	ended[2][2];

static void
note_pass(cs_env *env, cs_phase phase, int64_t done, int64_t total)
{
	int			stage = phase == CS_PHASE_FIT;

	(void) env, (void) done;
	if ((phase != CS_PHASE_SEED && phase != CS_PHASE_FIT) || total != (stage ? REFINE_PASSES : EMBED_PASSES))
		return;					/* k-means says other totals */
	ended[stage][ended[stage][0] > 0] = times_now().wall;
}

static void
network(int words, char **word)
{
	size_t		n = (size_t) atoll(word[1]),
				d = (size_t) atoll(word[2]);
	cs_options *o = cs_options_new(&host_env, cs_deep.params);
	cs_option  *layers = &o->value[cs_params_find(cs_deep.params, "layers")];
	double		published[] = {500, 500, 2000};
	float	   *row = CS_ROOM(&host_env, float, n * d),
				center[K * 16];
	job			j = {{.k = K, .seed = 1, .options = o}, {0}};
	cs_rng		rng;
	times		t,
				start;

	/* ten groups in 16 directions, bent into d values that lie from 0 to 1 */
	cs_rng_init(&rng, 1, 1);
	for (int i = 0; i < K * 16; i++)
		center[i] = (float) (2 * draw_normal(&rng));
	for (size_t i = 0; i < n; i++)
	{
		float		z[16];

		for (int f = 0; f < 16; f++)
			z[f] = center[i % K * 16 + (size_t) f] + (float) draw_normal(&rng);
		for (size_t f = 0; f < d; f++)
			row[i * d + f] = 1 / (1 + expf(-(z[f % 16] * cosf((float) f) + z[f * 7 % 16] * sinf((float) f * 3))));
	}
	scale(row, n, d, true);
	set_options(o, words - 4, word + 4);
	*layers = (cs_option) {.set = true, .rows = 1, .cols = 3, .cell = published};
	j.args.x = cs_matrix_from_rows(&host_env, row, n, (int) d);
	memset(ended, 0, sizeof(ended));
	host_env.progress = note_pass;
	start = times_now();
	t = run_team(atoi(word[3]), cs_clusterer_arena(&host_env, &cs_deep, o, n, (int) d, K), run_fit, &j);
	host_env.progress = NULL;
	printf("ok %.6f %.6f %.3f %.3f %.3f %.3f %.3f %.0f %d\n", t.cpu, t.wall, ended[0][0] - start.wall, ended[0][1] - ended[0][0],
		   ended[1][0] - ended[0][1], ended[1][1] - ended[1][0], start.wall + t.wall - ended[1][1], j.fit.measure[0].value,
		   j.fit.iterations);
	cs_release(&host_env, row);
}

const command deep_commands[] = {
	{"digits", 5, digits},
	{"network", 4, network},
	{0}
};
