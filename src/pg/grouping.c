/*
 * grouping.c - training a model per group (see grouping.h).
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "pg/dictionary.h"
#include "pg/grouping.h"
#include "pg/pg_env.h"

/* ---- which rows are of which group ---- */

static cs_groups *
new_groups(cs_training *t)
{
	const cs_dataset *ds = t->ds;
	cs_groups  *g = CS_NEW(t->env, cs_groups, 1);

	g->env = t->env;
	g->columns = ds->group_columns;
	g->column = ds->group_column;
	g->n = ds->groups->n;
	g->group = CS_NEW(t->env, cs_group, g->n);
	for (int i = 0; i < g->n; i++)
	{
		g->group[i].code = ds->groups->text[i];
		g->group[i].key = cs_group_key(t->env, ds->groups->text[i], g->columns);
		g->group[i].silhouette = NAN;
	}
	return g;
}

static void
sort_by_group(cs_training *t, cs_grouping *g)
{
	const cs_dataset *ds = t->ds;
	size_t	   *next = CS_NEW(t->env, size_t, g->groups->n + 1);

	g->start = CS_NEW(t->env, size_t, g->groups->n + 1);
	g->row = CS_ROOM(t->env, uint32, g->n + 1);
	for (size_t i = 0; i < g->n; i++)
	{
		const float *raw = cs_rows_at(ds->rows, i);

		g->group[i] = cs_dataset_group(ds, raw);
		g->start[g->group[i] + 1]++;
		g->key[i] = cs_keys_at(ds->keys, i);
		if (g->weight)
			g->weight[i] = raw[ds->prep->n];
	}
	for (int i = 0; i < g->groups->n; i++)
	{
		g->start[i + 1] += g->start[i];
		next[i] = g->start[i];
	}
	for (size_t i = 0; i < g->n; i++)
		g->row[next[g->group[i]]++] = (uint32) i;
	cs_release(t->env, next);
}

static cs_grouping *
new_grouping(cs_training *t)
{
	cs_grouping *g = CS_NEW(t->env, cs_grouping, 1);
	cs_env	   *env = t->env;
	size_t		n = t->ds->rows->n;

	if (t->ds->sample_level > 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows do not fit into memory"),
				 errdetail("Models per group learn from all rows, which would take more than the %zu MB that are allowed.", t->ds->budget >> 20),
				 errhint("Increase maintenance_work_mem, or the option memory.")));
	g->n = n;
	g->groups = new_groups(t);
	g->group = CS_ROOM(env, int32, n);
	g->key = CS_ROOM(env, Datum, n);
	g->weight = t->ds->weighted ? CS_ROOM(env, float, n) : NULL;
	sort_by_group(t, g);
	g->label = CS_ROOM(env, int32, n);
	g->label2 = CS_ROOM(env, int32, n);
	g->d1 = CS_ROOM(env, double, n);
	g->d2 = CS_ROOM(env, double, n);
	g->point = CS_NEW(env, uint8, n);
	g->outlier = CS_ROOM(env, float, n);
	g->before = CS_NEW(env, int32, n);
	g->member = CS_NEW(env, int32, n);
	for (size_t i = 0; i < n; i++)
	{
		g->label[i] = CS_LEFT_OUT;
		g->outlier[i] = NAN;
	}
	return g;
}

/* ---- the model before ---- */

static bool
same_columns(const cs_groups *a, const cs_groups *b)
{
	bool		same = a->columns == b->columns;

	for (int c = 0; same && c < a->columns; c++)
		same = strcmp(a->column[c], b->column[c]) == 0;
	return same;
}

/* What the former model would score the rows of a group by; NULL: groups were others. */
static cs_model *
former_of(const cs_training *t, const cs_grouping *g, int i)
{
	if (t->former == NULL || t->former->groups == NULL)
		return t->former;
	if (!same_columns(t->former->groups, g->groups))
		return NULL;
	return cs_model_of_group(t->former, cs_groups_find(t->former->groups, g->groups->group[i].code));
}

/* ---- one group ---- */

/* Customers in common with the former segments of the group. */
static void
find_overlap(cs_training *tg, const cs_grouping *g, const uint32 *row)
{
	double		common = 0;

	if (tg->former == NULL || tg->stranger)
		return;
	tg->n_before = tg->former->k;
	tg->before_id = tg->former->segment_id;
	tg->before_size = CS_NEW(tg->env, double, tg->n_before);
	tg->overlap = CS_NEW(tg->env, double, (size_t) tg->n_before * tg->model.k);
	for (size_t i = 0; i < tg->ds->matrix->n; i++)
	{
		int			member = g->member[row[cs_training_row(tg, i)]],
					was = member > 0 ? cs_model_cluster(tg->former, member) : -1;

		if (was < 0)
			continue;
		tg->before_size[was]++;
		if (tg->label[i] >= 0)
		{
			tg->overlap[was * tg->model.k + tg->label[i]]++;
			common++;
		}
	}
	if (common == 0 && tg->former_label)
	{
		memset(tg->before_size, 0, sizeof(double) * tg->n_before);
		cs_training_overlap_by_model(tg);
	}
}

/*
 * Rows of the training behind those that became points, in key order: keys tell,
 * as they are the same datums.  Points may be fewer.
 */
static uint32 *
rows_of_points(const cs_training *tg, const cs_grouping *g, const uint32 *row)
{
	size_t		n = tg->ds->matrix->n,
				at = 0;
	uint32	   *out = CS_ROOM(tg->env, uint32, n + 1);

	for (size_t i = 0; i < n; i++)
	{
		Datum		key = cs_keys_at(tg->ds->keys, i);

		while (g->key[row ? row[at] : at] != key)
			at++;
		out[i] = row ? row[at] : (uint32) at;
		at++;
	}
	return out;
}

/* What became of the points of block b. */
static void
take_block(cs_training *tg, cs_grouping *g, const uint32 *row, int b, cs_near_block *near, const bool *wanted)
{
	const cs_fit *f = &tg->outcome.fit;
	size_t		at = (size_t) b * CS_BLOCK_ROWS;

	cs_training_block(tg, b, near);
	for (size_t i = 0; i < cs_block_rows(tg->ds->matrix, b); i++)
	{
		size_t		p = cs_training_row(tg, at + i),
					r = row[p];
		int			label = near->raw.label[i];
		cs_nearest	n = {label, near->raw.label2[i], near->d1[i], near->d2[i]};

		if (wanted && !wanted[g->group[r]])
			continue;
		g->label[r] = label < 0 ? -1 : label;
		g->label2[r] = near->raw.label2[i];
		g->d1[r] = near->d1[i];
		g->d2[r] = near->d2[i];
		g->point[r] = f->point ? f->point[at + i] : cs_point_of(&n);
		g->outlier[r] = f->outlier ? f->outlier[at + i] : NAN;
	}
}

static void
take_rows(cs_training *tg, cs_grouping *g, const uint32 *row, const bool *wanted)
{
	cs_near_block *near = cs_near_block_for(tg->env, tg->scorer);

	for (int b = 0; b < tg->ds->matrix->blocks; b++)
		take_block(tg, g, row, b, near, wanted);
	cs_near_block_free(tg->env, near);
}

/* Former segments of rows by the model that scored them. */
static void
take_former(const cs_training *tg, cs_grouping *g, const uint32 *row)
{
	for (size_t p = 0; p < tg->ds->matrix->n && tg->former_label; p++)
		if (tg->former_label[p] >= 0)
			g->before[row[p]] = tg->former->segment_id[tg->former_label[p]];
}

typedef struct lines
{
	cs_env	   *env;
	cs_grouping *g;
	int			group;
} lines;

static void
take_line(void *arg, const cs_profile_line *l)
{
	lines	   *s = arg;
	cs_grouping *g = s->g;

	if (g->lines == g->line_room)
	{
		size_t		room = Max(2 * g->line_room, 1024);
		cs_profile_line *line = CS_ROOM(s->env, cs_profile_line, room);
		int		   *group = CS_ROOM(s->env, int, room);

		if (g->lines > 0)
		{
			memcpy(line, g->line, sizeof(*line) * g->lines);
			memcpy(group, g->line_group, sizeof(*group) * g->lines);
			cs_release(s->env, g->line);
			cs_release(s->env, g->line_group);
		}
		g->line = line;
		g->line_group = group;
		g->line_room = room;
	}
	g->line_group[g->lines] = s->group;
	g->line[g->lines] = *l;
	g->line[g->lines].feature = cs_strdup(s->env, l->feature);
	g->line[g->lines++].category = l->category ? cs_strdup(s->env, l->category) : NULL;
}

static double *
copied(cs_env *env, const double *v, int n)
{
	return memcpy(CS_NEW(env, double, n), v, sizeof(double) * n);
}

/* What stays of a group's model: its document, and what numbering needs. */
static void
take_model(cs_training *t, cs_training *tg, cs_group *out)
{
	const cs_model *m = &tg->model;
	const cs_clusterer *a = tg->scorer->algorithm;
	cs_model   *keep = CS_NEW(t->env, cs_model, 1);

	keep->k = m->k;
	keep->segment_id = memcpy(CS_NEW(t->env, int, m->k), m->segment_id, sizeof(int) * m->k);
	keep->size = copied(t->env, m->size, m->k);
	keep->radius = copied(t->env, m->radius, m->k);
	keep->reach = copied(t->env, m->reach, m->k);
	keep->label = CS_NEW(t->env, char *, m->k);
	for (int j = 0; j < m->k; j++)
		keep->label[j] = cs_strdup(t->env, a->cluster_name ? a->cluster_name(tg->scorer, j) : "");
	tg->model.label = keep->label;
	out->doc = cs_model_save_part(t->env, &tg->model, &tg->outcome.fit);
	out->silhouette = tg->outcome.silhouette;
	if (tg->outcome.fit.note)
		out->note = cs_strdup(t->env, tg->outcome.fit.note);
	out->k = m->k;
	out->m = keep;
}

static void
train_group(cs_training *t, const cs_train_request *asked, cs_grouping *g, int i, bool keep_k, MemoryContext cxt)
{
	cs_env	   *env = cs_pg_env(cxt);
	cs_train_request r = *asked;
	cs_training tg = {.cxt = cxt, .env = env, .name = t->name, .of_group = true};
	lines		out = {t->env, g, i};
	uint32	   *row = g->row + g->start[i];

	tg.former = former_of(t, g, i);
	tg.stranger = tg.former == t->former;
	if (keep_k && tg.former && !tg.stranger && cs_chooses_k(r.algorithm, r.options))
		r.k_min = r.k_max = tg.former->k;
	tg.ds = cs_dataset_part(env, t->ds, row, g->start[i + 1] - g->start[i]);
	cs_dataset_fit(tg.ds, !(tg.ds->prep->unit_length || r.algorithm->flags & CS_RAW));
	cs_train_request_start(env, &r, tg.ds);
	cs_training_fit(&tg, &r);
	cs_training_label(&tg);
	row = rows_of_points(&tg, g, row);
	find_overlap(&tg, g, row);
	cs_training_match_segments(&tg);
	cs_training_profile(&tg, take_line, &out);
	take_rows(&tg, g, row, NULL);
	take_former(&tg, g, row);
	take_model(t, &tg, &g->groups->group[i]);
	g->iterations = Max(g->iterations, tg.outcome.fit.iterations);
	g->converged = g->converged && tg.outcome.fit.converged;
}

/* What the former model says of rows that now belong to the parent, where it had a model for their group. */
static void
score_by_former(cs_training *t, cs_grouping *g, int i)
{
	MemoryContext cxt = AllocSetContextCreate(t->cxt, "clusterseg group", ALLOCSET_DEFAULT_SIZES),
				old = MemoryContextSwitchTo(cxt);
	cs_training tg = {.cxt = cxt, .env = cs_pg_env(cxt), .former = former_of(t, g, i)};
	uint32	   *row = g->row + g->start[i];
	cs_former  *f;

	if (tg.former && tg.former != t->former && g->start[i] < g->start[i + 1])
	{
		tg.ds = cs_dataset_part(tg.env, t->ds, row, g->start[i + 1] - g->start[i]);
		cs_dataset_fit(tg.ds, false);
		f = cs_former_new(&tg);
		tg.former_label = f ? CS_ROOM(tg.env, int32, tg.ds->rows->n) : NULL;
		if (f)
			cs_dataset_pack(tg.ds, NULL, NULL, cs_former_score, f);
		if (f)
			take_former(&tg, g, rows_of_points(&tg, g, row));
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/* ---- all of them ---- */

/* Are these errors of the rows, so that another model can do without them? */
static bool
of_the_rows(int sqlstate)
{
	int			class = ERRCODE_TO_CATEGORY(sqlstate);

	return class == ERRCODE_DATA_EXCEPTION || class == ERRCODE_PROGRAM_LIMIT_EXCEEDED || class == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/*
 * A failure of one group is the parent's task, not that of the training: it is
 * tried in a subtransaction.  Returns why it failed, or NULL.
 */
static char *
try_group(cs_training *t, const cs_train_request *r, cs_grouping *g, int i, bool keep_k)
{
	MemoryContext old = CurrentMemoryContext;
	MemoryContext cxt = AllocSetContextCreate(t->cxt, "clusterseg group", ALLOCSET_DEFAULT_SIZES);
	ResourceOwner owner = CurrentResourceOwner;
	size_t		lines_before = g->lines;
	char	   *volatile why = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		train_group(t, r, g, i, keep_k, cxt);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(old);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(old);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(old);
		CurrentResourceOwner = owner;
		if (!of_the_rows(error->sqlerrcode))
			ReThrowError(error);
		why = cs_text(t->env, "%s%s%s", error->message, error->detail ? ": " : "", error->detail ? error->detail : "");
		FreeErrorData(error);
		g->lines = lines_before;
	}
	PG_END_TRY();
	MemoryContextDelete(cxt);
	return why;
}

/* Rows below which a group has no model of its own. */
static size_t
least_rows(const cs_train_request *r)
{
	int			asked = cs_option_int(r->common, "min_group_rows");

	if (asked > 0)
		return asked;
	return cs_chooses_k(r->algorithm, r->options) ? (size_t) CS_FEW_ROWS * r->k_min : 2 * CS_FEW_ROWS;
}

void
cs_grouping_begin(cs_training *t, const cs_train_request *r, const char *former_members, const char *owner, bool keep_k)
{
	size_t		least = least_rows(r);
	cs_grouping *g;

	cs_dataset_order_groups(t->ds);
	t->grouping = g = new_grouping(t);
	g->converged = true;
	if (former_members)
		cs_grouping_members(t, former_members, owner);
	for (int i = 0; i < g->groups->n; i++)
	{
		cs_group   *one = &g->groups->group[i];
		size_t		rows = g->start[i + 1] - g->start[i];

		cs_progress(t->env, CS_PHASE_FIT, i, g->groups->n);
		CHECK_FOR_INTERRUPTS();
		if (rows < least)
			one->reason = rows == 0 ? "all rows were left out" :
				cs_text(t->env, "%zu rows, fewer than %zu (%s)", rows, least,
						cs_option_int(r->common, "min_group_rows") > 0 ? "min_group_rows" : "the default of min_group_rows");
		else
			one->reason = try_group(t, r, g, i, keep_k);
		if (one->reason)
			score_by_former(t, g, i);
		else
			g->own++;
	}
}

/* ---- the parent, and the whole ---- */

/* Rows of groups without a model by the parent. */
static void
take_parents_rows(cs_training *t, cs_grouping *g)
{
	bool	   *wanted = CS_NEW(t->env, bool, g->groups->n + 1);
	uint32	   *row = rows_of_points(t, g, NULL);

	for (int i = 0; i < g->groups->n; i++)
		wanted[i] = g->groups->group[i].k == 0;
	take_rows(t, g, row, wanted);
	for (size_t p = 0; p < t->ds->matrix->n && t->former_label; p++)
	{
		int			group = g->group[row[p]];

		if (wanted[group] && t->former_label[p] >= 0 && former_of(t, g, group) == t->former)
			g->before[row[p]] = t->former->segment_id[t->former_label[p]];
	}
	cs_release(t->env, row);
	cs_release(t->env, wanted);
}

/* Sizes, sums, and cluster numbers of the whole. */
static void
count_rows(cs_training *t, cs_grouping *g)
{
	const cs_clusterer *a = t->scorer->algorithm;
	double		sum = 0;

	g->groups->assigned = CS_NEW(t->env, double, t->model.k);
	for (size_t i = 0; i < g->n; i++)
	{
		cs_group   *one = &g->groups->group[g->group[i]];
		cs_nearest	n = {g->label[i], g->label2[i], 0, 0};

		if (g->label[i] == CS_LEFT_OUT)
			continue;
		one->rows++;
		g->rows++;
		if (g->label[i] < 0)
		{
			g->noise++;
			n.label = -1;
		}
		else
		{
			sum += g->d1[i] * (g->weight ? (double) g->weight[i] : 1.0);
			if (one->k == 0)
				g->groups->assigned[n.label]++;
		}
		cs_nearest_shift(&n, one->k > 0 ? one->first : 0);
		g->label[i] = n.label;
		g->label2[i] = n.label2;
	}
	for (int i = 0; i < g->groups->n; i++)
		g->groups->group[i].skipped = t->ds->group_read[i] - g->groups->group[i].rows;
	g->objective = t->scorer->centers == NULL || a->flags & CS_OWN_OBJECTIVE ? NAN : a->flags & CS_UNIT_LENGTH ? sum / 2 : sum;
}

/* Ids that are new, group by group, and labels until people or profiles give better ones. */
static int
number_groups(cs_training *t, cs_grouping *g, int next_id)
{
	bool		named = t->scorer->algorithm->cluster_name != NULL;

	for (int i = 0; i < g->groups->n; i++)
	{
		cs_model   *m = g->groups->group[i].m;

		if (m == NULL)
			continue;
		next_id = cs_number_segments(m->size, m->k, named, m->segment_id, next_id);
		for (int j = 0; j < m->k; j++)
			m->label[j] = named ? m->label[j] : cs_text(t->env, "Segment %d", m->segment_id[j]);
	}
	return next_id;
}

static double
mean_silhouette(const cs_grouping *g, double parent)
{
	double		sum = 0,
				rows = 0;

	for (int i = 0; i < g->groups->n; i++)
		if (!isnan(g->groups->group[i].silhouette))
		{
			sum += g->groups->group[i].silhouette * g->groups->group[i].rows;
			rows += g->groups->group[i].rows;
		}
	return g->own == 0 ? parent : rows > 0 ? sum / rows : NAN;
}

int
cs_grouping_finish(cs_training *t, int next_id)
{
	cs_grouping *g = t->grouping;

	take_parents_rows(t, g);
	g->groups->k = t->model.k;
	for (int i = 0; i < g->groups->n; i++)
	{
		g->groups->group[i].first = g->groups->k;
		g->groups->k += g->groups->group[i].k;
	}
	count_rows(t, g);
	next_id = number_groups(t, g, next_id);
	t->model.groups = g->groups;
	g->silhouette = mean_silhouette(g, t->outcome.silhouette);
	g->iterations = Max(g->iterations, t->outcome.fit.iterations);
	g->converged = g->converged && t->outcome.fit.converged;
	if (g->own < g->groups->n)
		ereport(NOTICE,
				(errmsg("%d of %d groups have no model of their own", g->groups->n - g->own, g->groups->n),
				 errdetail("Their rows belong to the model of all rows."),
				 errhint("SELECT group_name, rows, reason FROM clusterseg.model_groups tells why; the option min_group_rows is the least number of rows.")));
	return next_id;
}

void
cs_grouping_profile(const cs_grouping *g, cs_profile_fn fn, void *arg)
{
	for (size_t i = 0; i < g->lines; i++)
	{
		cs_profile_line l = g->line[i];

		l.cluster += g->groups->group[g->line_group[i]].first;
		fn(arg, &l);
	}
}
