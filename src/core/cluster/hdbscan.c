/*
 * hdbscan.c - the dense regions that persist over all densities (R. Campello and others;
 * L. McInnes, J. Healy, "Accelerated hierarchical density based clustering", 2017): no
 * eps, and clusters may be of different density.
 *
 * The tree of connections is in mutual.c, regions and their choice in condensed.c.  A new
 * row goes by the row that it is nearest to by mutual reachability, into the region of
 * that row at the density where they meet: approximate_predict() of the authors' hdbscan.
 * The model keeps all rows for it.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/condensed.h"

#include <math.h>
#include <string.h>

/* What the model keeps. */
typedef struct kept
{
	int			min_points;
	cs_core_rows rows;			/* all of them, with their clusters */
	double	   *core;			/* distances of rows */
	double	   *lambda;
	int		   *of;				/* regions of rows */
	const cs_condensed *tree;
} kept;

/* What the leader tells the team. */
typedef struct outcome
{
	int			k;
	double		least;			/* persistence */
	double		noise;
	int			regions;
} outcome;

static size_t
arena(size_t n, int d, int k)
{
	(void) k;
	return cs_mutual_arena(n, d) + cs_team_bytes(1, sizeof(outcome));
}

static int
min_points_of(const cs_options *o)
{
	int			given = cs_option_int(o, "min_points");

	return given > 0 ? given : cs_option_int(o, "min_cluster_size");
}

/* Are there rows enough for the options?  Else fails, where noise alone is no answer. */
static bool
enough(cs_env *env, const cs_fit_args *a)
{
	int			min_points = min_points_of(a->options);
	double		weight = 0;

	for (size_t i = 0; i < a->x->n; i++)
		weight += (double) cs_matrix_weight(a->x, i);
	if (min_points > weight && !a->noise_alone)
		cs_fail(env, CS_E_PARAM,
				cs_text(env, "option \"%s\" is above the number of rows",
						cs_option_int(a->options, "min_points") > 0 ? "min_points" : "min_cluster_size"),
				cs_text(env, "It is %d; there are %g rows.", min_points, weight), NULL);
	return min_points <= weight;
}

static void
check_clusters(cs_env *env, const outcome *o, const cs_options *options)
{
	if (o->k == 0)
		cs_fail(env, CS_E_DATA, "all rows are noise",
				cs_text(env, "No two regions of at least %d rows are apart.", cs_option_int(options, "min_cluster_size")),
				"Decrease min_cluster_size or min_points, or see whether the rows have groups at all.");
	if (o->k > CS_DENSITY_CLUSTERS)
		cs_fail(env, CS_E_LIMIT, "too many clusters",
				cs_text(env, "There are %d; %d are allowed.", o->k, CS_DENSITY_CLUSTERS), "Increase min_cluster_size.");
}

/* ---- fitting ---- */

static kept *
keep(cs_env *env, const cs_mutual *m, const cs_condensed *c, int min_points)
{
	kept	   *k = CS_NEW(env, kept, 1);
	size_t		n = m->tree.n,
				d = (size_t) m->tree.d;

	cs_core_rows_check(env, n, m->tree.d + 4);
	k->min_points = min_points;
	k->tree = c;
	k->rows.n = n;
	k->rows.d = m->tree.d;
	k->rows.value = CS_ROOM(env, double, n * d);
	k->rows.cluster = CS_ROOM(env, int, n);
	k->core = CS_ROOM(env, double, n);
	k->lambda = CS_ROOM(env, double, n);
	k->of = CS_ROOM(env, int, n);
	for (size_t p = 0; p < n; p++)
	{
		const float *tile = cs_kd_tile(&m->tree, p / CS_KD_LEAF) + p % CS_KD_LEAF;

		if (p % CS_BLOCK_ROWS == 0)
			cs_poll(env);
		for (size_t f = 0; f < d; f++)
			k->rows.value[p * d + f] = (double) tile[f * CS_KD_LEAF];
		k->rows.cluster[p] = c->region[c->of[p]].cluster;
		k->core[p] = sqrt(m->core[p]);
		k->lambda[p] = c->lambda[p];
		k->of[p] = c->of[p];
	}
	return k;
}

static void
tell_rows(cs_env *env, const cs_mutual *m, const cs_condensed *c, outcome *o, cs_fit *out)
{
	size_t		n = m->tree.n;
	float	   *outlier = CS_ROOM(env, float, n);

	out->label = CS_ROOM(env, int32_t, cs_round_lanes(n));
	out->distance = CS_ROOM(env, float, cs_round_lanes(n));
	out->point = CS_ROOM(env, uint8_t, cs_round_lanes(n));
	out->outlier = CS_ROOM(env, float, cs_round_lanes(n));
	cs_condensed_outliers(env, c, n, outlier);
	for (size_t p = 0; p < n; p++)
	{
		uint32_t	i = m->tree.row[p];

		out->label[i] = c->region[c->of[p]].cluster;
		out->distance[i] = (float) (1 / (c->lambda[p] * c->lambda[p]));
		out->point[i] = out->label[i] >= 0 ? CS_POINT_CORE : CS_POINT_NOISE;
		out->outlier[i] = outlier[p];
		o->noise += out->label[i] < 0;
	}
	cs_release(env, outlier);
	o->k = c->k;
	o->regions = c->regions;
	o->least = c->k > 0 ? 1 : 0;
	for (int j = 0; j < c->k; j++)
		o->least = c->persistence[j] < o->least ? c->persistence[j] : o->least;
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	outcome    *o = cs_team_alloc(env, team, 1, sizeof(outcome));
	int			min_points = min_points_of(a->options);
	cs_mutual	m = {0};

	out->d = a->x->d;
	cs_density_check(env, a->x);
	if (!enough(env, a))
	{
		cs_team_rewind(team, mark);
		return;
	}
	cs_mutual_tree(env, team, a->x, min_points, &m);
	if (team->rank == 0)
	{
		cs_condensed *c = cs_condense(env, &m, a->x, cs_option_real(a->options, "min_cluster_size"),
									  cs_option_int(a->options, "selection") == 1);

		cs_release(env, m.edge);
		tell_rows(env, &m, c, o, out);
		out->figure_name = "persistence";
		out->figure = c->persistence;
		if (c->k > 0)
			out->extra = keep(env, &m, c, min_points);
	}
	cs_team_barrier(team);
	if (!(a->noise_alone && o->k == 0))
		check_clusters(env, o, a->options);
	out->k = o->k;
	out->iterations = 1;
	out->converged = true;
	out->measure[0] = (cs_measure_of) {"min_points", min_points};
	out->measure[1] = (cs_measure_of) {"regions", o->regions};
	out->measure[2] = (cs_measure_of) {"least_persistence", o->least};
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

/* ---- the model ---- */

typedef struct scorer
{
	const cs_kernel *kernel;
	cs_cores   *rows;
	double	   *core;
	double	   *lambda;
	int		   *of;
	int			regions;
	int		   *parent;
	int		   *cluster;
	double	   *birth;
	double	   *most;			/* of clusters: lambda of their densest rows */
	int			min_points;
	cs_kd_near *near;
	int		   *order;
} scorer;

static void
save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	const kept *k = fit->extra;
	size_t		m = (size_t) k->tree->regions;
	int		   *parent = CS_ROOM(env, int, m),
			   *cluster = CS_ROOM(env, int, m);
	double	   *birth = CS_ROOM(env, double, m),
			   *most = CS_ROOM(env, double, (size_t) fit->k);

	for (size_t i = 0; i < m; i++)
	{
		const cs_region *r = &k->tree->region[i];

		parent[i] = r->parent;
		cluster[i] = r->cluster;
		birth[i] = r->birth;
		if (r->chosen)
			most[r->cluster] = r->most;
	}
	cs_put_number(w, "min_points", k->min_points);
	cs_put_number(w, "regions", (double) m);
	cs_put_ints(w, "region_parents", parent, m);
	cs_put_ints(w, "region_clusters", cluster, m);
	cs_put_numbers(w, "region_births", birth, m);
	cs_put_numbers(w, "cluster_lambdas", most, (size_t) fit->k);
	cs_put_numbers(w, "persistence", k->tree->persistence, (size_t) fit->k);
	cs_core_rows_save(&k->rows, w);
	cs_put_numbers(w, "core_distances", k->core, k->rows.n);
	cs_put_numbers(w, "row_lambdas", k->lambda, k->rows.n);
	cs_put_ints(w, "row_regions", k->of, k->rows.n);
	cs_release(env, parent);
	cs_release(env, cluster);
	cs_release(env, birth);
	cs_release(env, most);
}

static void
load(cs_env *env, cs_value fit, cs_scorer *s)
{
	scorer	   *m = CS_NEW(env, scorer, 1);
	size_t		n;

	m->kernel = env->kernel;
	m->min_points = cs_need_int(env, fit, "min_points", 1, 1000000);
	m->regions = cs_need_int(env, fit, "regions", 1, 1000000000);
	m->parent = cs_need_ints(env, fit, "region_parents", (size_t) m->regions, -1, m->regions - 1);
	m->cluster = cs_need_ints(env, fit, "region_clusters", (size_t) m->regions, -1, s->k - 1);
	m->birth = cs_need_numbers(env, fit, "region_births", (size_t) m->regions);
	m->most = cs_need_numbers(env, fit, "cluster_lambdas", (size_t) s->k);
	m->rows = cs_core_rows_load(env, fit, s->k, s->d, -1);
	n = m->rows->tree.n;
	m->core = cs_need_numbers(env, fit, "core_distances", n);
	m->lambda = cs_need_numbers(env, fit, "row_lambdas", n);
	m->of = cs_need_ints(env, fit, "row_regions", n, 0, m->regions - 1);
	for (int i = 0; i < m->regions; i++)
		if (m->parent[i] >= i || (m->parent[i] < 0) != (i == 0))
			cs_doc_damaged(env, "Field \"region_parents\" is not that of a tree.");
	for (int j = 0; j < s->k; j++)
		if (!(m->most[j] > 0))
			cs_doc_damaged(env, "Field \"cluster_lambdas\" has a number that is not above 0.");
	if ((size_t) m->min_points > n)
		m->min_points = (int) n;
	m->near = cs_kd_near_new(env, (size_t) m->min_points * 2 < n ? m->min_points * 2 : (int) n);
	m->order = CS_NEW(env, int, (size_t) m->near->k);
	s->extra = m;
}

/* Numbers of the neighbours, the nearest first, equally near ones by position. */
static void
sort_near(const scorer *m)
{
	const cs_kd_near *near = m->near;

	for (int i = 0; i < near->n; i++)
	{
		int			j = i;

		for (; j > 0 && (near->square[m->order[j - 1]] > near->square[i] ||
						 (near->square[m->order[j - 1]] == near->square[i] && near->at[m->order[j - 1]] > near->at[i])); j--)
			m->order[j] = m->order[j - 1];
		m->order[j] = i;
	}
}

/* The region of a row, and lambda where it meets the row that it goes by; -1: too far away. */
static int
region_of(const scorer *m, const float *row, double *lambda)
{
	double		best = INFINITY,
				core;
	int			at = -1,
				region;

	cs_kdtree_nearest(m->kernel, &m->rows->tree, row, m->near);
	if (m->near->n == 0)
		return -1;
	sort_near(m);
	core = sqrt(m->near->square[m->order[m->min_points <= m->near->n ? m->min_points - 1 : m->near->n - 1]]);
	for (int i = 0; i < m->near->n; i++)
	{
		int			j = m->order[i];
		double		reach = fmax(fmax(core, m->core[m->near->at[j]]), sqrt(m->near->square[j]));

		if (reach < best)
		{
			best = reach;
			at = m->near->at[j];
		}
	}
	*lambda = best > 0 ? 1 / best : INFINITY;
	region = m->of[at];
	while (m->lambda[at] > *lambda && region > 0 && m->birth[region] >= *lambda)
		region = m->parent[region];
	return region;
}

static int
label(const cs_scorer *s, const float *row, float *score)
{
	const scorer *m = s->extra;
	double		lambda;
	int			region = region_of(m, row, &lambda);

	(void) score;
	return region < 0 ? -1 : m->cluster[region];
}

/* Distances are those of reachability: 1 / lambda where the row joins its cluster. */
static cs_nearest
nearest(const cs_scorer *s, const float *row, float *score)
{
	const scorer *m = s->extra;
	double		lambda;
	int			region = region_of(m, row, &lambda);
	int			cluster = region < 0 ? -1 : m->cluster[region];
	cs_core_near other;

	(void) score;
	if (cluster < 0)
	{
		other = cs_cores_nearest(m->kernel, m->rows, row, INFINITY, -1, -1);
		return (cs_nearest) {-1, other.cluster, INFINITY, other.square};
	}
	return (cs_nearest) {cluster, -1, lambda < 1e30 ? 1 / (lambda * lambda) : 0, INFINITY};
}

/* To the nearest row of the cluster. */
static double
distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	const scorer *m = s->extra;

	(void) score;
	return cs_cores_nearest(m->kernel, m->rows, row, INFINITY, cluster, -1).square;
}

/* How near the densest part of its cluster a row is; 0 for all others. */
static void
probability(const cs_scorer *s, const float *row, float *score, double *p)
{
	const scorer *m = s->extra;
	double		lambda;
	int			region = region_of(m, row, &lambda);

	(void) score;
	memset(p, 0, sizeof(double) * (size_t) s->k);
	if (region >= 0 && m->cluster[region] >= 0)
		p[m->cluster[region]] = fmin(lambda / m->most[m->cluster[region]], 1);
}

static const cs_param params[] = {
	{"min_cluster_size", CS_P_INT, 5, 2, 1000000, NULL, "least rows of a cluster"},
	{"min_points", CS_P_INT, 0, 0, 10000, NULL, "neighbours that make a place dense, itself counted; 0: as min_cluster_size"},
	{"selection", CS_P_ENUM, 0, 0, 0, "eom|leaf", "clusters are what persists most (excess of mass) or the smallest regions"},
	{0}
};

const cs_clusterer cs_hdbscan = {
	.name = "hdbscan",
	.summary = "dense regions that persist, of different density; rows outside of them are noise",
	.flags = CS_NOISE | CS_OWN_LABELS,
	.params = params,
	.fit = fit,
	.arena = arena,
	.save = save,
	.load = load,
	.label = label,
	.nearest = nearest,
	.block = cs_by_row_block,
	.distance = distance,
	.probability = probability
};
