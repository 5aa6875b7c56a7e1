/*
 * dbscan.c - clusters are what dense rows reach from each other (M. Ester, H.-P.
 * Kriegel, J. Sander, X. Xu, "A density-based algorithm for discovering clusters",
 * KDD 1996; E. Schubert and others, "DBSCAN revisited, revisited", TODS 2017).
 *
 * A core row has min_points rows within eps, itself counted.  Core rows within eps
 * of each other are of one cluster.  Other rows go to the cluster of the nearest core
 * row where that is within eps (equally near: the lower cluster), else they are noise.
 * Clusters are numbered by their first core row.
 *
 * Counting stops at min_points, so only rows in thin places look at all of their
 * neighbourhood.  Clusters are joined from the leaves of the tree upwards, pair of
 * nodes by pair of nodes; a pair whose core rows are all of one cluster already is
 * not looked into.  All that decides is the distance in double: results are exact.
 * Other metrics than the straight distance settle by their own what that leaves open.
 */
#include "core/cluster/algorithms.h"
#include "core/cluster/density.h"

#include <math.h>
#include <string.h>

#define UNITS 512

typedef struct outcome
{
	double		eps;
	int			k;
	uint64_t	cores;
	uint64_t	border;
	uint64_t	noise;
} outcome;

typedef struct work
{
	cs_env	   *env;
	const cs_matrix *x;
	double		min_points;
	cs_cores	cores; /* all rows first, then the core rows */
	cs_kd_ball	ball;
	outcome	   *out;    /* from here on in the arena */
	uint64_t   *core;  /* bits of each leaf */
	int32_t	   *parent; /* sets of positions, then their clusters */
	int32_t	   *label;  /* by row */
	float	   *square;   /* by row: to the nearest core row */
	float	   *q;
} work;

static size_t
leaves_of(size_t n)
{
	return n / CS_KD_LEAF + 1;
}

static size_t
arena(size_t n, int d, int k)
{
	(void) k;
	return cs_team_bytes(cs_kdtree_bytes(n, d), 1) + cs_team_bytes(leaves_of(n), sizeof(uint64_t)) +
		   cs_team_bytes(2 * leaves_of(n), sizeof(int32_t)) + 3 * cs_team_bytes(n + 1, sizeof(int32_t)) +
		   2 * cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(1, sizeof(outcome));
}

static void
take_memory(work *w, cs_team *team)
{
	size_t		n = w->x->n;

	w->cores.tree = cs_kdtree_at(cs_team_alloc(w->env, team, cs_kdtree_bytes(n, w->x->d), 1), n, w->x->d);
	w->core = cs_team_alloc(w->env, team, leaves_of(n), sizeof(uint64_t));
	w->cores.tag = cs_team_alloc(w->env, team, 2 * leaves_of(n), sizeof(int32_t));
	w->parent = cs_team_alloc(w->env, team, n + 1, sizeof(int32_t));
	w->label = cs_team_alloc(w->env, team, n + 1, sizeof(int32_t));
	w->square = cs_team_alloc(w->env, team, n + 1, sizeof(float));
	w->out = cs_team_alloc(w->env, team, 1, sizeof(outcome));
	w->cores.cluster = w->parent;
	w->q = CS_NEW(w->env, float, (size_t) w->x->d);
}

/* ---- core rows ---- */

/* Weight of the rows of a leaf that are within eps of q. */
static double
weight_within(const work *w, size_t leaf, const float *q)
{
	const cs_kdtree *t = &w->cores.tree;
	const float	limit[2] = {w->ball.sure, w->ball.maybe};
	uint64_t	below[2], in;
	double		sum = 0;

	w->env->kernel->leaf_below(cs_kd_tile(t, leaf), t->d, q, limit, below);
	in = below[0];
	for (uint64_t left = below[1] & ~below[0]; left; left &= left - 1)
	{
		int			i = __builtin_ctzll(left);

		if (cs_near_square(w->cores.metric, t, leaf * CS_KD_LEAF + (size_t) i, q) <= w->ball.square)
			in |= UINT64_C(1) << i;
	}
	if (!cs_matrix_weighted(w->x))
		return __builtin_popcountll(in);
	for (; in; in &= in - 1)
		sum += (double) cs_matrix_weight(w->x, t->row[leaf * CS_KD_LEAF + (size_t) __builtin_ctzll(in)]);
	return sum;
}

static bool
is_core(const work *w, size_t leaf, size_t lane)
{
	cs_kd_walk	walk;
	int64_t		at;
	double		sum;

	cs_kdtree_row(&w->cores.tree, leaf * CS_KD_LEAF + lane, w->q);
	sum = weight_within(w, leaf, w->q);
	cs_kd_walk_start(&walk, w->env->kernel, &w->cores.tree, w->q);
	while (sum < w->min_points && (at = cs_kd_walk_next(&walk, w->ball.maybe)) >= 0)
		if ((size_t) at != leaf)
			sum += weight_within(w, (size_t) at, w->q);
	return sum >= w->min_points;
}

/* Leaves of a unit. */
static size_t
unit_start(const work *w, int unit)
{
	return w->cores.tree.leaves * (size_t) unit / UNITS;
}

static void
find_cores(work *w, cs_team *team)
{
	cs_turn		turn;
	int			unit;

	cs_turn_init(w->env, team, &turn, UNITS);
	while ((unit = cs_turn_take(team, &turn)) >= 0)
	{
		for (size_t leaf = unit_start(w, unit); leaf < unit_start(w, unit + 1); leaf++)
			for (size_t i = 0; i < cs_kd_leaf_rows(&w->cores.tree, leaf); i++)
			{
				if (i % 16 == 0)
					cs_poll(w->env);
				w->core[leaf] |= (uint64_t) is_core(w, leaf, i) << i;
			}
		cs_progress(w->env, CS_PHASE_FIT, unit, 2 * UNITS);
	}
	cs_turn_end(team, &turn);
}

/* ---- which are of one cluster ---- */

/* While sets grow, tags are positions whose set all core rows of a node are in; -2: it has none. */
static bool
of_one_set(work *w, int32_t a, int32_t b)
{
	return a >= 0 && b >= 0 && cs_set_of(w->parent, a) == cs_set_of(w->parent, b);
}

static void
tag_again(work *w, cs_kd_node node)
{
	int32_t	   *tag = &w->cores.tag[cs_kd_number(&w->cores.tree, node)];

	if (*tag != -1)
		return;
	if (cs_kd_is_leaf(node))
	{
		uint64_t	left = w->core[node.from];
		int32_t		first = (int32_t) node.from * CS_KD_LEAF + __builtin_ctzll(left);

		while ((left &= left - 1) != 0)
			if (!of_one_set(w, first, (int32_t) node.from * CS_KD_LEAF + __builtin_ctzll(left)))
				return;
		*tag = first;
	}
	else
	{
		int32_t		a = w->cores.tag[cs_kd_number(&w->cores.tree, cs_kd_left(node))],
				b = w->cores.tag[cs_kd_number(&w->cores.tree, cs_kd_right(node))];

		if (a == -2 || b == -2)
			*tag = a == -2 ? b : a;
		else if (of_one_set(w, a, b))
			*tag = a;
	}
}

/* Join a core row of one leaf with those of another, or of its own. */
static void
join_row(work *w, int32_t at, size_t leaf)
{
	const cs_kdtree *t = &w->cores.tree;
	const float	limit[2] = {w->ball.sure, w->ball.maybe};
	uint64_t	below[2];

	w->env->kernel->leaf_below(cs_kd_tile(t, leaf), t->d, w->q, limit, below);
	for (uint64_t left = below[1] & w->core[leaf]; left; left &= left - 1)
	{
		int			i = __builtin_ctzll(left);
		int32_t		other = (int32_t) (leaf * CS_KD_LEAF) + i;

		if (!of_one_set(w, at, other) &&
			((below[0] >> i & 1) || cs_near_square(w->cores.metric, t, (size_t) other, w->q) <= w->ball.square))
			cs_set_join(w->parent, at, other);
	}
}

static void
join_leaves(work *w, size_t a, size_t b)
{
	const cs_kdtree *t = &w->cores.tree;

	cs_poll(w->env);
	for (uint64_t left = w->core[a]; left; left &= left - 1)
	{
		int32_t		at = (int32_t) (a * CS_KD_LEAF) + __builtin_ctzll(left);

		if (of_one_set(w, at, w->cores.tag[t->leaves + b]))
			continue;
		cs_kdtree_row(t, (size_t) at, w->q);
		if (a == b || cs_kd_from_row(t, t->leaves + b, w->q) < w->ball.maybe)
			join_row(w, at, b);
	}
}

/* Join what two nodes have within eps of each other. */
static void
join_nodes(work *w, cs_kd_node a, cs_kd_node b)
{
	const cs_kdtree *t = &w->cores.tree;
	size_t		na = cs_kd_number(t, a), nb = cs_kd_number(t, b);
	cs_kd_node	left, right;

	if (w->cores.tag[na] == -2 || w->cores.tag[nb] == -2 || of_one_set(w, w->cores.tag[na], w->cores.tag[nb]) ||
		!(cs_kd_from_box(t, na, nb) < w->ball.maybe))
		return;
	if (cs_kd_is_leaf(a) && cs_kd_is_leaf(b))
	{
		join_leaves(w, a.from, b.from);
		tag_again(w, a);
		tag_again(w, b);
		return;
	}
	if (a.to - a.from < b.to - b.from)
	{
		cs_kd_node	swap = a;

		a = b;
		b = swap;
		nb = na;
	}
	left = cs_kd_left(a);
	right = cs_kd_right(a);
	if (cs_kd_from_box(t, cs_kd_number(t, right), nb) < cs_kd_from_box(t, cs_kd_number(t, left), nb))
	{
		left = right;
		right = cs_kd_left(a);
	}
	join_nodes(w, left, b);
	join_nodes(w, right, b);
	tag_again(w, a);
}

static void
join_within(work *w, cs_kd_node node)
{
	size_t		number = cs_kd_number(&w->cores.tree, node);

	w->cores.tag[number] = -1;
	if (cs_kd_is_leaf(node))
	{
		if (w->core[node.from] == 0)
			w->cores.tag[number] = -2;
		else
			join_leaves(w, node.from, node.from);
	}
	else
	{
		join_within(w, cs_kd_left(node));
		join_within(w, cs_kd_right(node));
		join_nodes(w, cs_kd_left(node), cs_kd_right(node));
	}
	tag_again(w, node);
}

/* Numbers of the clusters, by their first core rows. */
static void
number_clusters(work *w)
{
	const cs_kdtree *t = &w->cores.tree;
	int32_t	   *number = CS_ROOM(w->env, int32_t, t->n + 1);

	for (size_t i = 0; i < t->n; i++)
	{
		w->label[i] = number[i] = -1;
		w->square[i] = 0;
	}
	for (size_t p = 0; p < t->n; p++)
		if (w->core[p / CS_KD_LEAF] >> (p % CS_KD_LEAF) & 1)
		{
			w->label[t->row[p]] = cs_set_of(w->parent, (int32_t) p);
			w->out->cores++;
		}
	for (size_t i = 0; i < t->n; i++)
		if (w->label[i] >= 0)
		{
			int32_t	   *to = &number[w->label[i]];

			if (*to < 0)
				*to = w->out->k++;
			w->label[i] = *to;
		}
	for (size_t p = 0; p < t->n; p++)
		w->parent[p] = w->label[t->row[p]];
	cs_release(w->env, number);
}

static void
join_cores(work *w)
{
	cs_kdtree  *t = &w->cores.tree;

	for (size_t leaf = 0; leaf < t->leaves; leaf++)
	{
		if (leaf % 64 == 0)
			cs_poll(w->env);
		cs_kdtree_keep(t, leaf, w->core[leaf]);
	}
	cs_kdtree_boxes(w->env, t);
	for (size_t p = 0; p < t->n; p++)
		w->parent[p] = (int32_t) p;
	join_within(w, cs_kd_root(t));
	number_clusters(w);
	cs_cores_tag(&w->cores);
}

/* ---- the others ---- */

static void
place_others(work *w, cs_team *team)
{
	const cs_kdtree *t = &w->cores.tree;
	cs_turn		turn;
	int			unit;

	cs_turn_init(w->env, team, &turn, UNITS);
	while (w->out->k > 0 && (unit = cs_turn_take(team, &turn)) >= 0)
	{
		for (size_t p = unit_start(w, unit) * CS_KD_LEAF; p < unit_start(w, unit + 1) * CS_KD_LEAF && p < t->n; p++)
		{
			cs_core_near near;

			if (w->core[p / CS_KD_LEAF] >> (p % CS_KD_LEAF) & 1)
				continue;
			cs_poll(w->env);
			cs_matrix_row(w->x, t->row[p], w->q);
			near = cs_cores_nearest(w->env->kernel, &w->cores, w->q, INFINITY, -1, -1);
			w->square[t->row[p]] = (float) near.square;
			if (near.square <= w->ball.square)
				w->label[t->row[p]] = near.cluster;
		}
		cs_progress(w->env, CS_PHASE_FIT, UNITS + unit, 2 * UNITS);
	}
	cs_turn_end(team, &turn);
}

/* ---- fitting ---- */

static void
choose_eps(work *w, const cs_options *o)
{
	const cs_option *given = cs_option_get(o, "eps");
	double	   *curve;

	w->out->eps = given->number;
	if (given->set)
		return;
	curve = CS_ROOM(w->env, double, CS_DENSITY_SAMPLE);
	w->out->eps = cs_curve_knee(
		curve, cs_neighbour_curve(w->env, &w->cores.tree, w->cores.metric, cs_option_int(o, "min_points"), curve));
	cs_release(w->env, curve);

	/* no row is apart from another: any eps will do */
	if (w->out->eps == 0)
		w->out->eps = 1;
}

static void
check_options(cs_env *env, const cs_fit_args *a)
{
	const cs_option *eps = cs_option_get(a->options, "eps");
	double		weight = 0;

	if (eps->set && !(eps->number > 0 && isfinite(eps->number)))
		cs_fail(env, CS_E_PARAM, "option \"eps\" must be above 0", NULL, "Leave it out to have one suggested.");
	for (size_t i = 0; i < a->x->n; i++)
		weight += (double) cs_matrix_weight(a->x, i);
	if (cs_option_real(a->options, "min_points") > weight && !a->noise_alone)
		cs_fail(env, CS_E_PARAM, "option \"min_points\" is above the number of rows",
				cs_text(env, "It is %d; there are %g rows.", cs_option_int(a->options, "min_points"), weight), NULL);
}

static void
check_clusters(cs_env *env, const outcome *o, double min_points)
{
	if (o->k == 0)
		cs_fail(env, CS_E_DATA, "all rows are noise",
				cs_text(env, "No row has %g rows within %g, itself counted.", min_points, o->eps),
				"Increase eps or decrease min_points; the function suggest_eps() shows how far neighbours are.");
	if (o->k > CS_DENSITY_CLUSTERS)
		cs_fail(env, CS_E_LIMIT, "too many clusters",
				cs_text(env, "There are %d with eps %g and min_points %g; %d are allowed.", o->k, o->eps, min_points,
						CS_DENSITY_CLUSTERS),
				"Increase eps or min_points.");
}

/* What the leader tells of the rows. */
static void
tell_rows(work *w, cs_fit *out)
{
	size_t		n = w->x->n;

	out->label = CS_ROOM(w->env, int32_t, cs_round_lanes(n));
	out->distance = CS_ROOM(w->env, float, cs_round_lanes(n));
	out->point = CS_ROOM(w->env, uint8_t, cs_round_lanes(n));
	out->outlier = CS_ROOM(w->env, float, cs_round_lanes(n));
	memcpy(out->label, w->label, sizeof(int32_t) * n);
	for (size_t p = 0; p < n; p++)
	{
		uint32_t	i = w->cores.tree.row[p];
		double		seen = cs_near_seen(w->cores.metric, (double) w->square[i]);

		out->distance[i] = (float) seen;
		out->point[i] = w->parent[p] >= 0 ? CS_POINT_CORE : w->label[i] >= 0 ? CS_POINT_BORDER : CS_POINT_NOISE;
		out->outlier[i] = w->label[i] >= 0 ? 0 : (float) (1 - w->out->eps / sqrt(seen));
		if (out->outlier[i] < 0)
			out->outlier[i] = 0;
		w->out->border += out->point[i] == CS_POINT_BORDER;
		w->out->noise += out->point[i] == CS_POINT_NOISE;
	}
	out->extra = cs_core_rows_of(w->env, &w->cores, w->x);
}

static void
tell(cs_env *env, const cs_fit_args *a, const outcome *o, cs_fit *out)
{
	out->k = o->k;
	out->d = a->x->d;
	out->iterations = 1;
	out->converged = true;
	out->measure[0] = (cs_measure_of){"eps", o->eps};
	out->measure[1] = (cs_measure_of){"min_points", cs_option_real(a->options, "min_points")};
	out->measure[2] = (cs_measure_of){"core_rows", (double) o->cores};
	out->measure[3] = (cs_measure_of){"border_rows", (double) o->border};
	if (cs_option_get(a->options, "eps")->set)
		return;
	out->note = cs_text(env, "eps = %.4g was chosen, where the curve of the distances to the %d nearest rows bends",
						o->eps, cs_option_int(a->options, "min_points"));
	out->note_hint = "The function suggest_eps() shows the curve; the option eps asks for another.";
}

static void
fit(cs_env *env, cs_team *team, const cs_fit_args *a, cs_fit *out)
{
	size_t		mark = cs_team_mark(team);
	work		w = {.env = env, .x = a->x, .min_points = cs_option_real(a->options, "min_points")};

	w.cores.metric = (cs_metric) cs_option_int(a->options, "metric");
	check_options(env, a);
	cs_density_check(env, a->x);
	take_memory(&w, team);
	if (team->rank == 0)
	{
		cs_kdtree_build(env, &w.cores.tree, a->x);
		choose_eps(&w, a->options);
	}
	cs_team_barrier(team);
	w.ball = cs_near_ball(w.cores.metric, w.out->eps, a->x->d);
	find_cores(&w, team);
	if (team->rank == 0)
		join_cores(&w);
	cs_team_barrier(team);
	if (!(a->noise_alone && w.out->k == 0))
		check_clusters(env, w.out, w.min_points);
	place_others(&w, team);
	if (team->rank == 0 && w.out->k > 0)
		tell_rows(&w, out);
	cs_team_barrier(team);
	tell(env, a, w.out, out);
	cs_team_barrier(team);
	cs_release(env, w.q);
	cs_team_rewind(team, mark);
}

/* ---- the model ---- */

typedef struct scorer
{
	const cs_kernel *kernel;
	cs_cores   *cores;
	double		square; /* of eps, as cs_near_square() tells it */
} scorer;

static void
save(cs_env *env, const cs_fit *fit, cs_writer *w)
{
	(void) env;
	cs_put_number(w, "eps", fit->measure[0].value);
	cs_core_rows_save(fit->extra, w);
}

static void
load(cs_env *env, cs_value fit, cs_scorer *s)
{
	scorer	   *m = CS_NEW(env, scorer, 1);

	m->kernel = env->kernel;
	m->cores = cs_core_rows_load(env, fit, s->k, s->d, 0);
	m->square = cs_near_ball(m->cores->metric, cs_need_number(env, fit, "eps", 0, 1e300), s->d).square;
	s->extra = m;
}

static int
label(const cs_scorer *s, const float *row, float *score)
{
	const scorer *m = s->extra;

	(void) score;
	return cs_cores_nearest(m->kernel, m->cores, row, m->square, -1, -1).cluster;
}

static cs_nearest
nearest(const cs_scorer *s, const float *row, float *score)
{
	const scorer *m = s->extra;
	cs_core_near own = cs_cores_nearest(m->kernel, m->cores, row, INFINITY, -1, -1), other = {-1, -1, INFINITY};

	(void) score;
	if (!(own.square <= m->square))
		return (cs_nearest){-1, own.cluster, INFINITY, cs_near_seen(m->cores->metric, own.square)};
	if (s->k > 1)
		other = cs_cores_nearest(m->kernel, m->cores, row, INFINITY, -1, own.cluster);
	return (cs_nearest){own.cluster, other.cluster, cs_near_seen(m->cores->metric, own.square),
						cs_near_seen(m->cores->metric, other.square)};
}

static double
distance(const cs_scorer *s, const float *row, int cluster, float *score)
{
	const scorer *m = s->extra;

	(void) score;
	return cs_near_seen(m->cores->metric, cs_cores_nearest(m->kernel, m->cores, row, INFINITY, cluster, -1).square);
}

static bool
directions(const cs_options *o)
{
	return cs_option_int(o, "metric") == CS_METRIC_COSINE;
}

static const cs_param params[] = {
	{"eps", CS_P_REAL, 0, 0, 1e300, NULL,
	 "rows within this distance, after scaling, are neighbours; left out: where the distances to neighbours bend"},
	{"min_points", CS_P_INT, 5, 1, 10000, NULL, "neighbours that make a row dense, itself counted"},
	{"metric", CS_P_ENUM, CS_METRIC_EUCLIDEAN, 0, 0, CS_NEAR_METRICS,
	 "distance: straight, sum of differences, or 1 - cosine of the angle"},
	{0}};

const cs_clusterer cs_dbscan = {.name = "dbscan",
								.summary = "connected dense regions of any shape; rows in thin places are noise",
								.flags = CS_NOISE | CS_OWN_LABELS,
								.params = params,
								.fit = fit,
								.directions = directions,
								.arena = arena,
								.save = save,
								.load = load,
								.label = label,
								.nearest = nearest,
								.block = cs_by_row_block,
								.distance = distance};
