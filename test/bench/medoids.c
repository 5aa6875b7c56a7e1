/*
 * medoids.c - medoids and prototypes of the core, on rows of a file.
 *
 *	medoids FILE N D K			FasterPAM, Euclidean
 *	prototypes FILE N D CODES K	the last CODES of D columns as categories of 5 levels; gamma 0.5
 *
 * Both start from K rows spread over the data, with one thread, and answer: ok CPU_SECONDS
 * WALL_SECONDS COST PASSES.
 */
#include "host.h"

#include "core/cluster/algorithms.h"

#define LEVELS 5

typedef struct job
{
	cs_fit_args args;
	const cs_clusterer *algorithm;
	cs_fit		fit;
} job;

static void
run_fit(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;

	j->fit.algorithm = j->algorithm;
	j->algorithm->fit(env, team, &j->args, &j->fit);
}

static float *
read_rows(const char *path, size_t n, size_t d)
{
	FILE	   *f = open_file(path, "rb");
	float	   *rows = CS_ROOM(&host_env, float, n * d);

	if (fread(rows, sizeof(float) * d, n, f) != n)
		stop("the file of rows is short");
	fclose(f);
	return rows;
}

static double *
start_rows(const float *rows, size_t n, size_t d, size_t k)
{
	double	   *start = CS_ROOM(&host_env, double, k * d);

	for (size_t j = 0; j < k; j++)
		for (size_t f = 0; f < d; f++)
			start[j * d + f] = (double) rows[(2 * j + 1) * n / (2 * k) * d + f];
	return start;
}

static void
measure(job *j, const float *rows, size_t n, size_t d, size_t k, int given)
{
	cs_matrix  *x = cs_matrix_from_rows(&host_env, rows, n, (int) d);
	cs_options *o = cs_options_new(&host_env, j->algorithm->params);
	times		t;

	o->value[cs_params_find(j->algorithm->params, "init")].number = given;
	if (j->algorithm == &cs_kprototypes)
		o->value[cs_params_find(o->table, "gamma")].number = 0.5;
	j->args.x = x;
	j->args.k = (int) k;
	j->args.options = o;
	j->args.start = start_rows(rows, n, d, k);
	t = run_team(1, j->algorithm->arena(n, (int) d, (int) k), run_fit, j);
	printf("ok %.6f %.6f %.10g %d\n", t.cpu, t.wall, j->fit.objective, j->fit.iterations);
	cs_matrix_free(&host_env, x);
}

static void
medoids(int words, char **word)
{
	size_t		n = (size_t) atoll(word[2]),
				d = (size_t) atoll(word[3]);
	float	   *rows = read_rows(word[1], n, d);
	job			j = {.algorithm = &cs_kmedoids};

	(void) words;
	measure(&j, rows, n, d, (size_t) atoll(word[4]), 3);
	cs_release(&host_env, rows);
}

/* Five steps of a column whose variance is 1. */
static size_t
level_of(float v)
{
	float		at = floorf(v * 1.5f + 2.5f);

	return at < 0 ? 0 : at > LEVELS - 1 ? LEVELS - 1 : (size_t) at;
}

static void
prototypes(int words, char **word)
{
	size_t		n = (size_t) atoll(word[2]),
				d = (size_t) atoll(word[3]),
				codes = (size_t) atoll(word[4]),
				numbers = d - codes,
				wide = numbers + codes * LEVELS;
	float	   *rows = read_rows(word[1], n, d),
			   *points = CS_NEW(&host_env, float, n * wide);
	cs_axis    *axis = CS_NEW(&host_env, cs_axis, wide);
	job			j = {.algorithm = &cs_kprototypes};

	(void) words;
	for (size_t c = 0; c < wide; c++)
		axis[c] = (cs_axis) {(int) (c < numbers ? c : numbers + (c - numbers) / LEVELS), c >= numbers, 1};
	for (size_t i = 0; i < n; i++)
	{
		memcpy(points + i * wide, rows + i * d, sizeof(float) * numbers);
		for (size_t c = 0; c < codes; c++)
			points[i * wide + numbers + c * LEVELS + level_of(rows[i * d + numbers + c])] = 1;
	}
	j.args.axis = axis;
	measure(&j, points, n, wide, (size_t) atoll(word[5]), 2);
	cs_release(&host_env, rows);
	cs_release(&host_env, points);
	cs_release(&host_env, axis);
}

const command medoids_commands[] = {
	{"medoids", 5, medoids},
	{"prototypes", 6, prototypes},
	{0}
};
