/*
 * itemknn.c - itemknn of the core, on events of a file.
 *
 *	itemknn FILE [SIMILARITY [NEIGHBOURS [SHRINK [RESULT]]]]
 *
 * It answers: ok GROUP_SECONDS FIT_SECONDS SIMILARITIES, in processor time.
 * RESULT gets the pruned similarities: three 64-bit integers (items, items,
 * pairs), the sources, the targets, the values, 32 bits each.
 */
#include "host.h"

#include "core/reco/recommender.h"

static void
set_option(cs_options *o, const char *name, double value)
{
	o->value[cs_params_find(o->table, name)].number = value;
}

static void
save_model(const char *path, const cs_reco_model *m)
{
	size_t		n = m->start[m->items];
	int32_t    *source = CS_ROOM(&host_env, int32_t, n);
	const int64_t head[3] = {m->items, m->items, (int64_t) n};
	FILE	   *f = open_file(path, "wb");

	for (int j = 0; j < m->items; j++)
		for (size_t p = m->start[j]; p < m->start[j + 1]; p++)
			source[p] = j;
	fwrite(head, sizeof(int64_t), 3, f);
	fwrite(source, sizeof(int32_t), n, f);
	fwrite(m->target, sizeof(int32_t), n, f);
	fwrite(m->value, sizeof(float), n, f);
	close_file(f);
	cs_release(&host_env, source);
}

typedef struct job
{
	const cs_recommender *knn;
	const cs_reco_args *args;
	cs_reco_model model;
} job;

static void
run_fit(cs_env *env, cs_team *team, void *arg)
{
	job		   *j = arg;

	j->knn->fit(env, team, j->args, &j->model);
}

static void
itemknn(int words, char **word)
{
	job			j = {.knn = cs_recommender_find("itemknn")};
	cs_raw_events raw = read_events(word[1]);
	cs_options *o = cs_options_new(&host_env, cs_reco_params(&host_env, j.knn));
	cs_reco_args args = {.options = o,.seed = 42};
	times		start,
				grouped,
				fitted;

	set_option(o, "similarity", cs_param_choice(&o->table[cs_params_find(o->table, "similarity")],
												words > 2 ? word[2] : "cosine"));
	set_option(o, "neighbours", words > 3 ? atof(word[3]) : 50);
	set_option(o, "shrink", words > 4 ? atof(word[4]) : 0);
	start = times_now();
	args.events = cs_events_build(&host_env, &raw, 500);
	grouped = times_since(start);
	j.args = &args;
	fitted = run_team(1, j.knn->arena(&args), run_fit, &j);
	printf("ok %.6f %.6f %zu\n", grouped.cpu, fitted.cpu, j.model.start[j.model.items]);
	if (words > 5)
		save_model(word[5], &j.model);

	/* the model and the options are left to the end of the program */
	cs_events_free(&host_env, (cs_events *) args.events);
	cs_release(&host_env, (void *) (uintptr_t) raw.customer);
}

const command itemknn_commands[] = {
	{"itemknn", 2, itemknn},
	{0}
};
