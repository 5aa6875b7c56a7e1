/*
 * hierarchical.c - agglomerative clustering: segments are cut from a tree of merges
 * (linkage.h).
 *
 * Where all rows are too many for the method, two stages: k-means makes up to
 * MICRO small clusters of them (the distinct rows themselves, where these are no
 * more), and the tree is made of these, each weighing as many rows as it has.  For Ward and average linkage that is close to the tree of all
 * rows (cf. T. Zhang, R. Ramakrishnan, M. Livny, "BIRCH", SIGMOD 1996).  The model
 * then says so.
 *
 * The tree has no rule for new rows.  The model keeps the means of a finer cut, the
 * leaves: a row goes where its nearest leaf is, which follows segments that are not
 * round.  Training rows keep the segment that the tree gives them.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/linkage.h"
#include "core/cluster/lloyd.h"
#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

/* Small clusters of the first stage, and passes to find them. */
#define MICRO 2000
#define MICRO_PASSES 10

typedef struct tree
{
	cs_linkage_method method;
	size_t		points;			/* rows, or small clusters */
	cs_merge   *merge;			/* points - 1 */
	int32_t    *micro;			/* small cluster of each row; NULL: points are rows */
	bool		distinct;		/* small clusters are of equal rows */

	/* a cut at k segments */
	int			leaves;
	double	   *leaf;			/* leaves x d */
	int		   *segment;		/* of each leaf */
	int		   *join;			/* k - 1 pairs of segments, the lowest merge first */
	double	   *height;			/* of these */
} tree;

typedef struct scorer
{
	cs_centers *leaf;
	int		   *segment;
	int		   *join;
	double	   *height;
} scorer;

static size_t
micro_count(size_t n)
{
	return n < MICRO ? n : MICRO;
}

static size_t
arena(size_t n, int d, int k)
{
	int			m = (int) micro_count(n);

	(void) k;
	return cs_team_bytes(n, sizeof(cs_merge)) + cs_team_bytes(cs_round_lanes(n), sizeof(int32_t)) + cs_lloyd_arena(n, d, m) +
		cs_team_bytes(CS_MAX_UNITS * (size_t) m * ((size_t) d + 1), sizeof(double)) + cs_seed_arena(n, d, m);
}

static bool
in_one_stage(const cs_fit_args *a, cs_linkage_method method)
{
	double		bytes = cs_linkage_bytes((double) a->x->n, a->x->d, method);

	return (double) a->x->n <= cs_option_real(a->options, "exact_rows") && (a->memory == 0 || bytes <= (double) a->memory);
}

/* ---- the first stage ---- */

/* The means of small clusters as points, empty ones left out; label follows. */
static cs_matrix *
micro_points(cs_env *env, const cs_matrix *x, const double *center, const double *count, int m, int32_t *label)
{
	cs_matrix  *p = cs_matrix_new(env, (size_t) m, x->d);
	int		   *number = CS_NEW(env, int, (size_t) m);
	float	   *row = CS_NEW(env, float, (size_t) x->d);

	p->n = 0;
	p->weight = CS_NEW(env, float, cs_round_lanes((size_t) m));
	for (int j = 0; j < m; j++)
	{
		number[j] = (int) p->n;
		if (count[j] <= 0)
			continue;
		for (int f = 0; f < x->d; f++)
			row[f] = (float) center[(size_t) j * (size_t) x->d + (size_t) f];
		p->weight[p->n++] = (float) count[j];
		cs_matrix_set_row(p, p->n - 1, row);
	}
	p->blocks = cs_matrix_blocks(p->n);
	for (size_t i = 0; i < x->n; i++)
		label[i] = number[label[i]];
	cs_release(env, number);
	cs_release(env, row);
	return p;
}

/* Starting centres that are all different; returns how many of the drawn ones are. */
static int
draw_distinct(cs_env *env, cs_team *team, const cs_fit_args *a, int m, double *center)
{
	size_t		d = (size_t) a->x->d;
	float	   *row = CS_NEW(env, float, (size_t) m * d);
	int32_t    *number = CS_NEW(env, int32_t, cs_round_lanes((size_t) m));
	cs_matrix  *drawn;
	cs_rng		rng;
	int			n;

	cs_rng_init(&rng, a->seed, CS_STREAM_SEEDING);
	cs_seed_random(env, team, a->x, m, &rng, center);
	for (size_t i = 0; i < (size_t) m * d; i++)
		row[i] = (float) center[i];
	drawn = cs_matrix_from_rows(env, row, (size_t) m, a->x->d);
	n = cs_distinct_labels(env, drawn, m + 1, number);
	for (int i = m - 1; i >= 0; i--)
		for (size_t f = 0; f < d; f++)
			center[(size_t) number[i] * d + f] = (double) row[(size_t) i * d + f];
	cs_release(env, row);
	cs_release(env, number);
	return n;
}

/* Small clusters by k-means, into label; returns how many. */
static int
small_clusters(cs_env *env, cs_team *team, const cs_fit_args *a, int32_t *label)
{
	int			m = (int) micro_count(a->x->n);
	double	   *center = CS_NEW(env, double, (size_t) m * (size_t) a->x->d);
	cs_lloyd_args args = {a->x, 0, MICRO_PASSES, 0, false};

	args.k = m = draw_distinct(env, team, a, m, center);
	cs_lloyd(env, team, &args, center, label);
	cs_release(env, center);
	return m;
}

static cs_matrix *
first_stage(cs_env *env, cs_team *team, const cs_fit_args *a, tree *t)
{
	size_t		n = cs_round_lanes(a->x->n);
	int32_t    *label = cs_team_alloc(env, team, n, sizeof(int32_t));
	double	   *center,
			   *count;
	cs_matrix  *p;
	int			m;

	t->micro = CS_ROOM(env, int32_t, n);
	m = cs_distinct_labels(env, a->x, MICRO + 1, t->micro);
	t->distinct = m <= MICRO;
	if (!t->distinct)
		m = small_clusters(env, team, a, label);
	else if (team->rank == 0)
		memcpy(label, t->micro, sizeof(int32_t) * a->x->n);
	cs_team_barrier(team);
	center = CS_NEW(env, double, (size_t) m * (size_t) a->x->d);
	count = CS_NEW(env, double, (size_t) m);
	cs_label_means(env, team, a->x, label, m, center, count);
	memcpy(t->micro, label, sizeof(int32_t) * a->x->n);
	p = micro_points(env, a->x, center, count, m, t->micro);
	cs_release(env, center);
	cs_release(env, count);
	return p;
}

/* ---- the cut ---- */

/* Means of the rows by cluster, weighted. */
static double *
means(cs_env *env, const cs_matrix *x, const int32_t *label, int k)
{
	size_t		d = (size_t) x->d;
	double	   *mean = CS_NEW(env, double, (size_t) k * d),
			   *weight = CS_NEW(env, double, (size_t) k);
	float	   *row = CS_NEW(env, float, d);

	for (size_t i = 0; i < x->n; i++)
	{
		double		w = (double) cs_matrix_weight(x, i);

		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, row);
		weight[label[i]] += w;
		for (size_t f = 0; f < d; f++)
			mean[(size_t) label[i] * d + f] += w * (double) row[f];
	}
	for (int j = 0; j < k; j++)
		for (size_t f = 0; f < d && weight[j] > 0; f++)
			mean[(size_t) j * d + f] /= weight[j];
	cs_release(env, weight);
	cs_release(env, row);
	return mean;
}

/* Weighted sum of squared distances to the means. */
static double
within(cs_env *env, const cs_matrix *x, const int32_t *label, const double *mean)
{
	float	   *row = CS_NEW(env, float, (size_t) x->d);
	double		sum = 0;

	for (size_t i = 0; i < x->n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		cs_matrix_row(x, i, row);
		sum += (double) cs_matrix_weight(x, i) * env->kernel->distance(row, mean + (size_t) label[i] * (size_t) x->d, x->d);
	}
	cs_release(env, row);
	return sum;
}

/* Labels of points to labels of rows. */
static void
to_rows(const tree *t, const cs_matrix *x, const int32_t *of_point, int32_t *label)
{
	for (size_t i = 0; i < x->n; i++)
		label[i] = of_point[t->micro ? (size_t) t->micro[i] : i];
}

/* Some point of cluster number c of the tree. */
static int32_t
point_of(const tree *t, int32_t c)
{
	while ((size_t) c >= t->points)
		c = t->merge[(size_t) c - t->points].a;
	return c;
}

static void
note_joins(cs_env *env, tree *t, const int32_t *of_point, int k)
{
	t->join = CS_NEW(env, int, 2 * (size_t) k);
	t->height = CS_NEW(env, double, (size_t) k);
	for (int i = 0; i < k - 1; i++)
	{
		const cs_merge *m = &t->merge[t->points - (size_t) k + (size_t) i];

		t->join[2 * i] = of_point[point_of(t, m->a)];
		t->join[2 * i + 1] = of_point[point_of(t, m->b)];
		t->height[i] = m->height;
	}
}

/* How many segments: as asked for, or by the height of the cut. */
static int
segments(cs_env *env, const cs_fit_args *a, const tree *t)
{
	double		height = cs_option_real(a->options, "height");
	size_t		distinct = cs_linkage_count(t->merge, t->points, 0),
				k = height > 0 ? cs_linkage_count(t->merge, t->points, height) : (size_t) a->k;

	if (height > 0 && k > 10000)
		cs_fail(env, CS_E_PARAM, "option \"height\" is too low", cs_text(env, "It leaves %zu segments; 10000 are allowed.", k),
				"The function linkage() shows the heights of the merges.");
	if (k > distinct)
		cs_seed_too_few(env, (int) k, (int) distinct);
	return (int) k;
}

static void
cut_tree(cs_env *env, const cs_fit_args *a, tree *t, cs_fit *out)
{
	int			k = segments(env, a, t),
				fine = cs_option_int(a->options, "leaves");
	int32_t    *of_point = CS_ROOM(env, int32_t, t->points),
			   *of_leaf = CS_ROOM(env, int32_t, t->points),
			   *leaf = CS_ROOM(env, int32_t, cs_round_lanes(a->x->n));

	t->leaves = k > fine ? k : (size_t) fine > t->points ? (int) t->points : fine;
	cs_linkage_cut(env, t->merge, t->points, k, of_point);
	cs_linkage_cut(env, t->merge, t->points, t->leaves, of_leaf);
	t->segment = CS_NEW(env, int, (size_t) t->leaves);
	for (size_t i = 0; i < t->points; i++)
		t->segment[of_leaf[i]] = of_point[i];
	to_rows(t, a->x, of_leaf, leaf);
	t->leaf = means(env, a->x, leaf, t->leaves);
	note_joins(env, t, of_point, k);
	out->label = CS_ROOM(env, int32_t, cs_round_lanes(a->x->n));
	to_rows(t, a->x, of_point, out->label);
	out->center = means(env, a->x, out->label, k);
	out->k = k;
	out->d = a->x->d;
	out->iterations = (int) t->points - 1;
	out->converged = true;
	out->extra = t;
	out->objective = within(env, a->x, out->label, out->center);
	cs_release(env, of_point);
	cs_release(env, of_leaf);
	cs_release(env, leaf);
}

static void
recut(cs_env *env, const cs_fit_args *a, const cs_fit *from, cs_fit *out)
{
	tree	   *t = CS_NEW(env, tree, 1);

	*t = *(const tree *) from->extra;
	cut_tree(env, a, t, out);
	out->note = from->note;
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	tree	   *t = CS_NEW(env, tree, 1);
	const cs_matrix *points = a->x;
	cs_merge   *shared;

	t->method = (cs_linkage_method) cs_option_int(a->options, "linkage");
	if (!in_one_stage(a, t->method))
	{
		points = first_stage(env, team, a, t);
		out->note = cs_text(env, t->distinct ? "the tree is made of the %zu distinct rows, each weighing as many as are equal to it"
							: "the tree is made of %zu small clusters that k-means made of all rows", points->n);
	}
	t->points = points->n;
	shared = cs_team_alloc(env, team, t->points, sizeof(cs_merge));
	if (team->rank == 0)
		cs_linkage(env, points, t->method, shared);
	cs_team_barrier(team);
	t->merge = CS_ROOM(env, cs_merge, t->points);
	memcpy(t->merge, shared, sizeof(cs_merge) * (t->points - 1));
	cs_team_barrier(team);
	cut_tree(env, a, t, out);
	cs_team_rewind(team, mark);
}

/* ---- the model ---- */

static void
save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	const tree *t = fit->extra;

	(void) env;
	cs_put_number(w, "linkage", (double) t->method);
	cs_put_number(w, "leaves", t->leaves);
	cs_put_numbers(w, "leaf_centers", t->leaf, (size_t) t->leaves * (size_t) fit->d);
	cs_put_ints(w, "leaf_segments", t->segment, (size_t) t->leaves);
	cs_put_ints(w, "joins", t->join, 2 * (size_t) (fit->k - 1));
	cs_put_numbers(w, "heights", t->height, (size_t) (fit->k - 1));
}

static void
load(cs_env *env, cs_value fit, cs_scorer *s)
{
	scorer	   *h = CS_NEW(env, scorer, 1);
	int			leaves = cs_need_int(env, fit, "leaves", s->k, 1000000);
	size_t		joins = (size_t) (s->k - 1);

	if (s->centers == NULL)
		cs_doc_damaged(env, "Field \"centers\" is missing.");
	cs_need_int(env, fit, "linkage", 0, CS_LINK_METHODS - 1);
	h->leaf = cs_centers_new(env, cs_need_numbers(env, fit, "leaf_centers", (size_t) leaves * (size_t) s->d), leaves, s->d);
	h->segment = cs_need_ints(env, fit, "leaf_segments", (size_t) leaves, 0, s->k - 1);
	h->join = cs_need_ints(env, fit, "joins", 2 * joins, 0, s->k - 1);
	h->height = cs_need_numbers(env, fit, "heights", joins);
	s->room = (size_t) h->leaf->kpad;
	s->extra = h;
}

static int
label(const cs_scorer *s, const float *row, float *score)
{
	const scorer *h = s->extra;

	return h->segment[cs_centers_label(h->leaf, row, score)];
}

/* The runner-up is the other segment whose mean is nearest; distances are to the means. */
static cs_nearest
nearest(const cs_scorer *s, const float *row, float *score)
{
	cs_nearest	n = {label(s, row, score), -1, 0, INFINITY};

	n.d1 = cs_centers_distance(s->centers, row, n.label);
	for (int j = 0; j < s->k; j++)
	{
		double		d = j == n.label ? INFINITY : cs_centers_distance(s->centers, row, j);

		if (d < n.d2)
		{
			n.d2 = d;
			n.label2 = j;
		}
	}
	return n;
}

static double
distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	(void) score;
	return cs_centers_distance(s->centers, row, cluster);
}

static int
top(int *up, int i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

static void
cut(const cs_scorer *s, int kk, int *representative)
{
	const scorer *h = s->extra;

	for (int j = 0; j < s->k; j++)
		representative[j] = j;
	for (int i = 0; i < s->k - kk; i++)
	{
		int			a = top(representative, h->join[2 * i]),
					b = top(representative, h->join[2 * i + 1]);

		representative[a > b ? a : b] = a < b ? a : b;
	}
	for (int j = 0; j < s->k; j++)
		representative[j] = top(representative, j);
}

static bool
decides_k(const cs_options *o)
{
	return cs_option_real(o, "height") > 0;
}

static const cs_param params[] = {
	{"linkage", CS_P_ENUM, CS_LINK_WARD, 0, 0, CS_LINKAGE_NAMES, "when two clusters are close"},
	{"height", CS_P_REAL, 0, 0, 1e300, NULL, "cut at this height instead of at k segments; 0: at k"},
	{"leaves", CS_P_INT, 200, 1, 10000, NULL, "clusters of the finer cut by which new rows find their segment"},
	{"exact_rows", CS_P_INT, 200000, 2, 1000000000, NULL,
		"above so many rows, and where memory is short, the tree is made of 2000 small clusters of all rows"},
	{0}
};

const cs_clusterer cs_hierarchical = {
	.name = "hierarchical",
	.summary = "segments cut from a tree of merges; one model answers for every k up to its own",
	.flags = CS_NEEDS_K | CS_ANY_K | CS_OWN_LABELS,
	.params = params,
	.fit = fit,
	.recut = recut,
	.decides_k = decides_k,
	.arena = arena,
	.save = save,
	.load = load,
	.label = label,
	.nearest = nearest,
	.block = cs_by_row_block,
	.distance = distance,
	.cut = cut
};
