/*
 * bisecting_kmeans.c - a hierarchy of segments by repeated halving.
 *
 * M. Steinbach, G. Karypis, V. Kumar, "A comparison of document clustering
 * techniques", KDD Workshop on Text Mining, 2000.  All rows start in one
 * cluster; the one with the largest inertia (or the most rows) is split by
 * 2-means until there are k.  A split keeps the left half under its parent's
 * number and gives the right half the next one, so the tree is one array:
 * parent[j] is the cluster that j was split from, and undoing the last splits
 * gives the clustering for any smaller k.
 *
 * At the end all k centres are refined together by Lloyd passes over all rows
 * (option refine): the result is then as good as k-means usually is, and the
 * tree above it stays.
 *
 * Memory: 4 bytes a row for the order of rows.  O(n d) per level of the tree and pass.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/kmeans.h"
#include "core/cluster/lloyd.h"
#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

typedef struct leaf
{
	size_t		from;			/* its rows: order[from] .. */
	size_t		rows;
	double		inertia;
	double		size;			/* by which leaves are chosen: rows or inertia */
} leaf;

typedef struct splitter
{
	cs_env	   *env;
	cs_team    *team;
	const cs_fit_args *a;
	cs_lloyd_args lloyd;
	uint32_t   *order;			/* shared: rows, leaf by leaf */
	uint32_t   *other;			/* shared: the same, while a leaf is split */
	int32_t    *label;			/* shared */
	leaf	   *leaves;
	int		   *parent;
	double	   *center;			/* k x d */
} splitter;

static size_t
arena(size_t n, int d, int k)
{
	return 2 * cs_team_bytes(n, sizeof(uint32_t)) + cs_kmeans_arena(n, d, k > 2 ? k : 2);
}

/* 2-means on the rows of a leaf, best of several starts; inertia of each half. */
static void
halve(splitter *s, const cs_matrix *rows, uint64_t stream, double *best)
{
	size_t		d2 = 2 * (size_t) rows->d;
	double	   *center = CS_NEW(s->env, double, d2),
				worth = INFINITY;

	for (int i = 0; i < cs_option_int(s->a->options, "restarts"); i++)
	{
		cs_rng		rng;
		cs_lloyd_args args = s->lloyd;
		cs_lloyd_result r;

		args.x = rows;
		args.k = 2;
		cs_rng_init(&rng, s->a->seed + (uint64_t) i, CS_STREAM_SEEDING + 100 * stream);
		cs_seed_plusplus(s->env, s->team, rows, 2, 0, &rng, center);
		r = cs_lloyd(s->env, s->team, &args, center, s->label);
		if (r.objective < worth)
		{
			worth = r.objective;
			memcpy(best, center, sizeof(double) * d2);
		}
	}
	cs_release(s->env, center);
}

/* Sum of squared distances to the mean of the rows order[from] .. */
static double
inertia(splitter *s, size_t from, size_t rows, double *mean)
{
	cs_matrix  *m = cs_matrix_select(s->env, s->a->x, s->order + from, rows);
	double		count,
				sse;
	cs_centers *c;

	/* every row has label 0 */
	cs_team_barrier(s->team);
	if (s->team->rank == 0)
		memset(s->label, 0, sizeof(int32_t) * rows);
	cs_team_barrier(s->team);
	cs_label_means(s->env, s->team, m, s->label, 1, mean, &count);
	c = cs_centers_new(s->env, mean, 1, m->d);
	sse = cs_label_rows(s->env, s->team, m, c, s->label, NULL);
	cs_centers_free(s->env, c);
	cs_release(s->env, m);
	return sse;
}

/*
 * Are there two different points with weight among the rows of a leaf?  Its
 * inertia cannot tell: that of equal rows may be a rounding away from 0.
 */
static bool
can_split(splitter *s, const leaf *l)
{
	const cs_matrix *x = s->a->x;
	const float *first = NULL;

	for (size_t i = 0; i < l->rows; i++)
	{
		size_t		row = s->order[l->from + i];
		const float *v = cs_matrix_at(x, row);

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(s->env);
		if (!(cs_matrix_weight(x, row) > 0))
			continue;
		if (first == NULL)
			first = v;
		for (int f = 0; f < x->d; f++)
			if (v[(size_t) f * CS_LANES] != first[(size_t) f * CS_LANES])
				return true;
	}
	return false;
}

static void
measure(splitter *s, int j)
{
	leaf	   *l = &s->leaves[j];
	bool		by_rows = cs_option_int(s->a->options, "criterion") == 0;

	l->inertia = inertia(s, l->from, l->rows, s->center + (size_t) j * s->a->x->d);

	/* what cannot be split is never chosen */
	l->size = can_split(s, l) ? (by_rows ? (double) l->rows : l->inertia) : 0;
}

/* Rows of leaf j nearer to the second centre move behind the others. */
static size_t
part(splitter *s, int j)
{
	leaf	   *l = &s->leaves[j];
	size_t		left = 0,
				right = 0;

	for (size_t i = 0; i < l->rows; i++)
		right += s->label[i] == 1;
	if (s->team->rank == 0)
	{
		size_t		at[2] = {0, l->rows - right};

		for (size_t i = 0; i < l->rows; i++)
			s->other[at[s->label[i]]++] = s->order[l->from + i];
		memcpy(s->order + l->from, s->other, sizeof(uint32_t) * l->rows);
	}
	left = l->rows - right;
	cs_team_barrier(s->team);
	return left;
}

static void
split(splitter *s, int j, int next)
{
	leaf	   *l = &s->leaves[j];
	cs_matrix  *m = cs_matrix_select(s->env, s->a->x, s->order + l->from, l->rows);
	double	   *two = CS_NEW(s->env, double, 2 * (size_t) m->d);
	cs_centers *c;
	size_t		left;

	halve(s, m, (uint64_t) next, two);
	c = cs_centers_new(s->env, two, 2, m->d);
	cs_label_rows(s->env, s->team, m, c, s->label, NULL);
	left = part(s, j);
	s->leaves[next] = (leaf) {l->from + left, l->rows - left, 0, 0};
	l->rows = left;
	s->parent[next] = j;
	measure(s, j);
	measure(s, next);
	cs_centers_free(s->env, c);
	cs_release(s->env, two);
	cs_release(s->env, m);
}

static void
grow(splitter *s)
{
	for (int next = 1; next < s->a->k; next++)
	{
		int			j = 0;

		for (int i = 1; i < next; i++)
			if (s->leaves[i].size > s->leaves[j].size)
				j = i;
		if (!(s->leaves[j].size > 0))
			cs_seed_too_few(s->env, s->a->k, next);
		split(s, j, next);
		cs_progress(s->env, CS_PHASE_FIT, next, s->a->k - 1);
	}
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team),
				n = a->x->n;
	cs_lloyd_result r = {1, true, 0};
	splitter	s = {env, team, a, {a->x, a->k, cs_option_int(a->options, "max_iterations"),
		cs_option_real(a->options, "tolerance"), false}, NULL, NULL, NULL, NULL, NULL, NULL};

	if (n > UINT32_MAX)
		cs_fail(env, CS_E_LIMIT, "too many rows for bisecting_kmeans", NULL, NULL);
	s.order = cs_team_alloc(env, team, n, sizeof(uint32_t));
	s.other = cs_team_alloc(env, team, n, sizeof(uint32_t));
	s.label = cs_team_alloc(env, team, cs_round_lanes(n), sizeof(int32_t));
	s.leaves = CS_NEW(env, leaf, (size_t) a->k);
	s.parent = CS_NEW(env, int, (size_t) a->k);
	s.center = CS_NEW(env, double, (size_t) a->k * (size_t) a->x->d);
	if (team->rank == 0)
		for (size_t i = 0; i < n; i++)
			s.order[i] = (uint32_t) i;
	cs_team_barrier(team);
	s.leaves[0].rows = n;
	measure(&s, 0);
	grow(&s);
	if (cs_option_int(a->options, "refine"))
		r = cs_lloyd(env, team, &s.lloyd, s.center, s.label);
	else
		r.objective = cs_label_rows(env, team, a->x, cs_centers_new(env, s.center, a->k, a->x->d), s.label, NULL);
	out->k = a->k;
	out->d = a->x->d;
	out->center = s.center;
	out->extra = s.parent;
	out->iterations = r.iterations;
	out->converged = r.converged;
	out->objective = r.objective;
	cs_team_rewind(team, mark);
}

static void
save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	(void) env;
	cs_put_ints(w, "parents", fit->extra, (size_t) fit->k);
}

static void
load(cs_env *env, cs_value fit, cs_scorer *s)
{
	int		   *parent = cs_need_ints(env, fit, "parents", (size_t) s->k, 0, s->k - 1);

	if (s->centers == NULL)
		cs_doc_damaged(env, "Field \"centers\" is missing.");
	for (int j = 1; j < s->k; j++)
		if (parent[j] >= j)
			cs_doc_damaged(env, "Field \"parents\" is no tree.");
	s->extra = parent;
}

static void
cut(const cs_scorer *s, int kk, int *representative)
{
	const int  *parent = s->extra;

	for (int j = 0; j < s->k; j++)
		representative[j] = j < kk ? j : representative[parent[j]];
}

static const cs_param params[] = {
	{"restarts", CS_P_INT, 3, 1, 1000, NULL, "starts of each split; the best is kept"},
	{"criterion", CS_P_ENUM, 1, 0, 0, "size|inertia", "which cluster is split next: the one with most rows or most inertia"},
	{"refine", CS_P_BOOL, 1, 0, 1, NULL, "move all centres together at the end, as k-means does"},
	{"max_iterations", CS_P_INT, 300, 1, 1000000, NULL, "most passes of a split, and of the refinement"},
	{"tolerance", CS_P_REAL, 1e-4, 0, 1, NULL, "as for kmeans"},
	CS_MAX_RADIUS_PARAM,
	{0}
};

const cs_clusterer cs_bisecting_kmeans = {
	.name = "bisecting_kmeans",
	.summary = "a tree of segments by repeated halving; one model answers for every k up to its own",
	.flags = CS_NEEDS_K | CS_ANY_K,
	.params = params,
	.fit = fit,
	.arena = arena,
	.save = save,
	.load = load,
	.label = cs_by_center_label,
	.nearest = cs_by_center_nearest,
	.block = cs_by_center_block,
	.cut = cut
};
