/*
 * reco.c - any recommending algorithm of the core, on events of a file.
 *
 *	reco FILE ALGORITHM RESULT [OPTION=NUMBER ...]
 *	estimate FILE ALGORITHM				what the core says before: ok SECONDS
 *	chosen FILE [OPTION=NUMBER ...]		auto: ok FIT_SECONDS ALGORITHM MEMBER KAPPA, then
 *										of each that was tried ALGORITHM=NDCG/CUSTOMERS
 *
 * FILE as for itemknn.  It answers: ok GROUP_SECONDS FIT_SECONDS PAIRS, in
 * processor time.  RESULT, unless it is -, gets weights from item to item: three
 * 64-bit integers (items, items, pairs), the sources, the targets, the values, 32
 * bits each; or factors: items, factors, 0, the values by item.
 */
#include "host.h"

#include "core/cluster/divide.h"
#include "core/reco/effort.h"
#include "core/reco/recommender.h"

static void
save_pairs(FILE *f, const cs_reco_model *m)
{
	size_t		n = m->start[m->items];
	const int64_t head[3] = {m->items, m->items, (int64_t) n};

	fwrite(head, sizeof(int64_t), 3, f);
	for (int32_t j = 0; j < m->items; j++)
		for (size_t p = m->start[j]; p < m->start[j + 1]; p++)
			fwrite(&j, sizeof(j), 1, f);
	fwrite(m->target, sizeof(int32_t), n, f);
	fwrite(m->value, sizeof(float), n, f);
}

static void
save_factors(FILE *f, const cs_reco_model *m)
{
	const int64_t head[3] = {m->items, m->factors, 0};

	fwrite(head, sizeof(int64_t), 3, f);
	fwrite(m->factor, sizeof(float), (size_t) m->items * (size_t) m->factors, f);
}

static void
save_model(const char *path, const cs_reco_model *m)
{
	FILE	   *f = open_file(path, "wb");

	if (m->factor)
		save_factors(f, m);
	else
		save_pairs(f, m);
	close_file(f);
}

typedef struct job
{
	const cs_recommender *algorithm;
	const cs_reco_args *args;
	cs_reco_model model;
} job;

static void
run_fit(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;

	j->algorithm->fit(env, team, j->args, &j->model);
}

/* NAME=NUMBER, or NAME=CHOICE */
static void
set_option(cs_options *o, char *word)
{
	char	   *value = strchr(word, '=');
	const cs_param *p;

	if (value == NULL)
		stop("an option is NAME=VALUE");
	*value++ = '\0';
	if (cs_params_find(o->table, word) < 0)
		stop("there is no such option");
	p = &o->table[cs_params_find(o->table, word)];
	o->value[p - o->table].number = p->type == CS_P_ENUM ? cs_param_choice(p, value) : atof(value);
}

/* Of an algorithm with options. */
static cs_reco_args
args_of(const cs_recommender *algorithm, int options, char **option)
{
	static const cs_divider divider = {cs_divide_arena, cs_divide};
	cs_reco_args args = {.seed = 42,.divider = &divider,.env = &host_env};

	if (algorithm == NULL)
		stop("there is no such algorithm");
	args.options = cs_options_new(&host_env, cs_reco_params(&host_env, algorithm));
	for (int w = 0; w < options; w++)
		set_option((cs_options *) (uintptr_t) args.options, option[w]);
	return args;
}

static void
estimate(int words, char **word)
{
	const cs_recommender *algorithm = cs_recommender_find(word[2]);
	cs_raw_events raw = read_events(word[1]);
	cs_reco_args args = args_of(algorithm, 0, NULL);

	(void) words;
	args.events = cs_events_build(&host_env, &raw, cs_option_int(args.options, "max_history"));
	printf("ok %.6f\n", cs_fit_seconds(&host_env, algorithm, &args));
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
	cs_release(&host_env, (void *) (uintptr_t) raw.customer);
}

static void
chosen(int words, char **word)
{
	job			j = {.algorithm = cs_recommender_find("auto")};
	cs_raw_events raw = read_events(word[1]);
	cs_reco_args args = args_of(j.algorithm, words - 2, word + 2);
	times		fitted;

	args.events = cs_events_build(&host_env, &raw, cs_option_int(args.options, "max_history"));
	j.args = &args;
	fitted = run_team(1, j.algorithm->arena(&args), run_fit, &j);
	printf("ok %.6f %s %s %g", fitted.cpu, j.model.chosen->name, j.model.member ? j.model.member->name : "-", j.model.blend_kappa);
	for (int i = 0; i < j.model.n_tried; i++)
		if (j.model.tried[i].algorithm && j.model.tried[i].why_not == NULL)
			printf(" %s=%.4f/%d", j.model.tried[i].algorithm->name, j.model.tried[i].ndcg.value, (int) j.model.tried[i].ndcg.n);
	printf("\n");

	/* the model is left to the end of the program */
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
	cs_release(&host_env, (void *) (uintptr_t) raw.customer);
}

static void
reco(int words, char **word)
{
	job			j = {.algorithm = cs_recommender_find(word[2])};
	cs_raw_events raw = read_events(word[1]);
	cs_reco_args args = args_of(j.algorithm, words - 4, word + 4);
	times		start,
				grouped,
				fitted;

	start = times_now();
	args.events = cs_events_build(&host_env, &raw, cs_option_int(args.options, "max_history"));
	grouped = times_since(start);
	j.args = &args;
	fitted = run_team(1, j.algorithm->arena ? j.algorithm->arena(&args) : 0, run_fit, &j);
	printf("ok %.6f %.6f %zu\n", grouped.cpu, fitted.cpu, j.model.start ? j.model.start[j.model.items] : 0);
	if (strcmp(word[3], "-") != 0)
		save_model(word[3], &j.model);

	/* the model and the options are left to the end of the program */
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
	cs_release(&host_env, (void *) (uintptr_t) raw.customer);
}

const command reco_commands[] = {
	{"reco", 4, reco},
	{"estimate", 3, estimate},
	{"chosen", 2, chosen},
	{0}
};
