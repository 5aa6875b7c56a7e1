/*
 * clusters.c - any algorithm of the core, on rows of a file.
 *
 *	cluster ALGORITHM FILE N D K LABELS [OPTION=NUMBER...]	one thread; LABELS: a file for them, or -
 *	eps FILE N D MIN_POINTS		1.2 times the median distance to the nearest so many rows, itself counted
 *	agreement LABELS LABELS N	adjusted Rand index; noise is one more cluster
 *
 * cluster answers: ok CPU_SECONDS WALL_SECONDS OBJECTIVE PASSES CLUSTERS NOISE BYTES, BYTES being the most
 * that it held beside the rows.  With init=given it starts from K rows spread over the data.
 */
#include "host.h"

#include "core/cluster/algorithms.h"
#include "core/cluster/density.h"
#include "core/eval/external.h"

typedef struct job
{
	cs_fit_args args;
	cs_fit		fit;
} job;

static void
run_fit(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;

	j->fit.algorithm->fit(env, team, &j->args, &j->fit);
}

static cs_matrix *
read_matrix(const char *path, size_t n, size_t d, double *start, size_t k)
{
	FILE	   *f = open_file(path, "rb");
	float	   *rows = CS_ROOM(&host_env, float, n * d);
	cs_matrix  *x;

	if (fread(rows, sizeof(float) * d, n, f) != n)
		stop("the file of rows is short");
	fclose(f);
	for (size_t j = 0; j < k; j++)
		for (size_t c = 0; c < d; c++)
			start[j * d + c] = (double) rows[(2 * j + 1) * n / (2 * k) * d + c];
	x = cs_matrix_from_rows(&host_env, rows, n, (int) d);
	cs_release(&host_env, rows);
	return x;
}

/* NAME=NUMBER; of a choice its number. */
static void
set_option(cs_options *o, char *word)
{
	char	   *value = strchr(word, '=');
	int			i;

	if (value == NULL)
		stop("an option has no value");
	*value++ = '\0';
	i = cs_params_find(o->table, word);
	if (i < 0)
		stop("unknown option");
	o->value[i].set = true;
	o->value[i].number = o->table[i].type == CS_P_ENUM ? cs_param_choice(&o->table[i], value) : atof(value);
}

static void
write_labels(const char *path, const int32_t *label, size_t n)
{
	FILE	   *f = open_file(path, "wb");

	fwrite(label, sizeof(int32_t), n, f);
	close_file(f);
}

/* Where the model puts the rows, of algorithms that do not tell. */
static void
label_rows(job *j)
{
	cs_scorer  *s = cs_scorer_of_fit(&host_env, &j->fit);
	float	   *score = CS_NEW(&host_env, float, cs_scorer_room(s)),
			   *row = CS_NEW(&host_env, float, (size_t) j->args.x->d);

	j->fit.label = CS_NEW(&host_env, int32_t, j->args.x->n);
	for (size_t i = 0; i < j->args.x->n; i++)
	{
		cs_matrix_row(j->args.x, i, row);
		j->fit.label[i] = s->algorithm->label(s, row, score);
	}
}

static void
cluster(int words, char **word)
{
	const cs_clusterer *a = cs_clusterer_find(word[1]);
	size_t		n = (size_t) atoll(word[3]),
				d = (size_t) atoll(word[4]),
				k = (size_t) atoll(word[5]),
				noise = 0,
				peak;
	double	   *start;
	job			j = {.args = {.k = (int) k, .seed = 1, .noise_alone = true}, .fit = {.algorithm = a}};
	times		t;

	if (a == NULL)
		stop("unknown algorithm");
	start = CS_NEW(&host_env, double, k * d + 1);
	j.args.x = read_matrix(word[2], n, d, start, k);
	j.args.options = cs_options_new(&host_env, a->params);
	for (int i = 7; i < words; i++)
	{
		if (strcmp(word[i], "init=given") == 0)
			j.args.start = start;
		set_option((cs_options *) j.args.options, word[i]);
	}
	memory_mark();
	t = run_team(1, a->arena(n, (int) d, (int) k), run_fit, &j);
	peak = memory_peak();
	if (j.fit.label == NULL && strcmp(word[6], "-") != 0)
		label_rows(&j);
	for (size_t i = 0; j.fit.label && i < n; i++)
		noise += j.fit.label[i] < 0;
	if (strcmp(word[6], "-") != 0)
		write_labels(word[6], j.fit.label, n);
	printf("ok %.6f %.6f %.10g %d %d %zu %zu\n", t.cpu, t.wall, j.fit.objective, j.fit.iterations, j.fit.k, noise, peak);
	cs_matrix_free(&host_env, (cs_matrix *) j.args.x);
	cs_release(&host_env, start);
}

static void
eps(int words, char **word)
{
	size_t		n = (size_t) atoll(word[2]),
				d = (size_t) atoll(word[3]),
				found;
	cs_matrix  *x = read_matrix(word[1], n, d, NULL, 0);
	char	   *room = CS_NEW(&host_env, char, cs_kdtree_bytes(n, (int) d));
	cs_kdtree	t = cs_kdtree_at(room, n, (int) d);
	double		curve[CS_DENSITY_SAMPLE];

	(void) words;
	cs_kdtree_build(&host_env, &t, x);
	found = cs_neighbour_curve(&host_env, &t, CS_METRIC_EUCLIDEAN, atoi(word[4]), curve);
	printf("ok %.6f\n", 1.2 * curve[found / 2]);
	cs_matrix_free(&host_env, x);
	cs_release(&host_env, room);
}

static int *
read_labels(const char *path, size_t n)
{
	FILE	   *f = open_file(path, "rb");
	int		   *label = CS_ROOM(&host_env, int, n);

	if (fread(label, sizeof(int), n, f) != n)
		stop("the file of labels is short");
	fclose(f);
	return label;
}

static void
agreement(int words, char **word)
{
	size_t		n = (size_t) atoll(word[3]);
	int		   *a = read_labels(word[1], n),
			   *b = read_labels(word[2], n);
	cs_contingency *t = cs_contingency_new(&host_env);

	(void) words;
	for (size_t i = 0; i < n; i++)
		cs_contingency_add(&host_env, t, a[i] < 0 ? INT32_MAX : a[i], b[i] < 0 ? INT32_MAX : b[i], 1);
	printf("ok %.6f\n", cs_adjusted_rand_index(&host_env, t));
	cs_contingency_free(&host_env, t);
	cs_release(&host_env, a);
	cs_release(&host_env, b);
}

const command clusters_commands[] = {
	{"cluster", 7, cluster},
	{"eps", 5, eps},
	{"agreement", 4, agreement},
	{0}
};
