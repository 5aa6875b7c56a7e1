/*
 * reco.c - any recommending algorithm of the core, on events of a file.
 *
 *	reco FILE ALGORITHM RESULT [OPTION=NUMBER ...]
 *	estimate FILE ALGORITHM		what the core says before: ok SECONDS
 *	chosen FILE					auto: ok FIT_SECONDS ALGORITHM MEMBER KAPPA, then of each that
 *								was tried ALGORITHM=NDCG/CUSTOMERS
 *
 * FILE as for itemknn.  It answers: ok GROUP_SECONDS FIT_SECONDS PAIRS, in
 * processor time.  RESULT, unless it is -, gets weights from item to item: three
 * 64-bit integers (items, items, pairs), the sources, the targets, the values, 32
 * bits each; or factors: items, factors, 0, the values by item.
 *
 *	lists FILE ALGORITHM N [OPTION=NUMBER ...]
 *
 * The N best items for every customer, without those that the customer has, from
 * events and a model in memory.  It answers: ok SECONDS ITEMS, of processor time.
 */
#include "host.h"

#include "core/cluster/divide.h"
#include "core/reco/effort.h"
#include "core/reco/recommender.h"
#include "core/reco/walk.h"

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

/* Events of word[1] and a model of them by algorithm word[2]; options from word[4] on. Returns the times of both. */
static void
train(int words, char **word, job *j, cs_reco_args *args, times *grouping, times *fitting)
{
	static const cs_divider divider = {cs_divide_arena, cs_divide};
	cs_raw_events raw = read_events(word[1]);
	times		start;

	j->algorithm = cs_recommender_find(word[2]);
	if (j->algorithm == NULL)
		stop("there is no such algorithm");
	*args = (cs_reco_args) {.seed = 42, .divider = &divider, .env = &host_env, .options = cs_options_new(&host_env, cs_reco_params(&host_env, j->algorithm))};
	for (int w = 4; w < words; w++)
		set_option((cs_options *) (uintptr_t) args->options, word[w]);
	start = times_now();
	args->events = cs_events_build(&host_env, &raw, cs_option_int(args->options, "max_history"));
	*grouping = times_since(start);
	j->args = args;
	*fitting = run_team(1, j->algorithm->arena ? j->algorithm->arena(args) : 0, run_fit, j);
	cs_release(&host_env, (void *) (uintptr_t) raw.customer);
}

static void
estimate(int words, char **word)
{
	const cs_recommender *algorithm = cs_recommender_find(word[2]);
	cs_raw_events raw = read_events(word[1]);
	cs_reco_args args = {.env = &host_env};

	(void) words;
	if (algorithm == NULL)
		stop("there is no such algorithm");
	args.options = cs_options_new(&host_env, cs_reco_params(&host_env, algorithm));
	args.events = cs_events_build(&host_env, &raw, cs_option_int(args.options, "max_history"));
	printf("ok %.6f\n", cs_fit_seconds(&host_env, algorithm, &args));
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
	cs_release(&host_env, (void *) (uintptr_t) raw.customer);
}

static void
chosen(int words, char **word)
{
	char	   *as[] = {word[0], word[1], "auto"};
	job			j;
	cs_reco_args args;
	times		grouped,
				fitted;

	(void) words;
	memset(&j, 0, sizeof(j));
	train(3, as, &j, &args, &grouped, &fitted);
	printf("ok %.6f %s %s %g", fitted.cpu, j.model.chosen->name, j.model.member ? j.model.member->name : "-", j.model.blend_kappa);
	for (int i = 0; i < j.model.n_tried; i++)
		if (j.model.tried[i].algorithm && j.model.tried[i].why_not == NULL)
			printf(" %s=%.4f/%d", j.model.tried[i].algorithm->name, j.model.tried[i].ndcg.value, (int) j.model.tried[i].ndcg.n);
	printf("\n");

	/* the model is left to the end of the program */
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
}

static void
reco(int words, char **word)
{
	job			j = {0};
	cs_reco_args args;
	times		grouping,
				fitting;

	train(words, word, &j, &args, &grouping, &fitting);
	printf("ok %.6f %.6f %zu\n", grouping.cpu, fitting.cpu, j.model.start ? j.model.start[j.model.items] : 0);
	if (strcmp(word[3], "-") != 0)
		save_model(word[3], &j.model);

	/* the model and the options are left to the end of the program */
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
}

/* ---- lists ---- */

/* What serving has ready for all customers. */
typedef struct serving
{
	const cs_reco_model *m;
	cs_factors *factors;		/* or NULL: weights from item to item */
	cs_fold    *fold;
	cs_mips    *search;
	double	   *place;
	double	   *x;
	cs_scored  *scored;
} serving;

static serving
serving_of(const cs_reco_model *m)
{
	size_t		items = (size_t) m->items;
	serving		s = {.m = m, .place = CS_NEW(&host_env, double, items), .x = CS_ROOM(&host_env, double, items),
	.scored = CS_ROOM(&host_env, cs_scored, items + 1)};

	for (size_t i = 0; i < items; i++)
		s.x[i] = 1;
	if (m->factor == NULL)
		return s;
	s.factors = cs_factors_new(&host_env, m->items, m->factors, &m->fold);
	for (int i = 0; i < m->items; i++)
		cs_factors_set(s.factors, i, m->factor + (size_t) i * (size_t) m->factors);
	cs_factors_ready(s.factors);
	s.fold = cs_fold_new(&host_env, s.factors);
	cs_fold_rows(&host_env, s.fold);
	s.search = cs_factors_search(&host_env, s.factors, NULL, 0);
	return s;
}

/* Scores of items, among them the best so many. */
static size_t
score(serving *s, const int32_t *item, size_t n, size_t most)
{
	const cs_reco_model *m = s->m;
	size_t		found = 0;

	if (s->factors)
	{
		cs_fold_customer(s->fold, n, item, s->x);
		return cs_mips_best(&host_env, s->search, s->fold->u, most, s->scored);
	}
	for (size_t e = 0; e < n; e++)
		found = cs_walk_row(s->place, s->scored, found, s->x[e], m->target + m->start[item[e]], m->value + m->start[item[e]],
							m->start[item[e] + 1] - m->start[item[e]]);
	cs_walk_take(s->place, s->scored, found);
	return cs_rank_trim(s->scored, found, most);
}

static void
lists(int words, char **word)
{
	job			j = {0};
	cs_reco_args args;
	times		used;
	serving		s;
	int			n = atoi(word[3]);
	size_t		listed = 0;
	cs_ranked  *list = CS_ROOM(&host_env, cs_ranked, (size_t) n + 1);
	const cs_events *e;

	train(words, word, &j, &args, &used, &used);
	if (!j.model.factor && !j.model.start)
		stop("the algorithm has neither factors nor weights");
	e = args.events;
	used = times_now();
	s = serving_of(&j.model);
	for (int c = 0; c < e->customers; c++)
	{
		const int32_t *item = e->item + e->start[c];
		size_t		had = e->start[c + 1] - e->start[c];
		cs_layer	layer = {s.scored, had > 0 ? score(&s, item, had, had + (size_t) n) : 0};
		cs_rank_args rank = {&layer, 1, item, had, NULL, 0};

		listed += (size_t) cs_rank(&host_env, &rank, n, list);
	}
	printf("ok %.6f %zu\n", times_since(used).cpu, listed);
	cs_events_free(&host_env, (cs_events *) (uintptr_t) args.events);
	cs_release(&host_env, list);
}

const command reco_commands[] = {
	{"reco", 4, reco},
	{"estimate", 3, estimate},
	{"chosen", 2, chosen},
	{"lists", 4, lists},
	{0}
};
