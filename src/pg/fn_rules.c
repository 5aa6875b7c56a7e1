/*
 * fn_rules.c - a segmentation as a tree of plain rules, grown on the rows of a
 * source (core/eval/rules.h).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "core/base/keyed.h"
#include "pg/args.h"
#include "pg/groups.h"
#include "pg/pg_env.h"
#include "pg/points.h"
#include "pg/progress.h"
#include "pg/rule_text.h"

typedef struct ruling
{
	cs_env	   *env;
	const cs_model *m;
	bool		by_centers;
	cs_rule_columns *columns;
	cs_points  *points;
	int32	   *label;			/* per point; k: noise */
	cs_rules   *rules;
	uint64		rows;
	uint64		matches;
	float	   *score;
	double		price;			/* NaN: none */
} ruling;

/* Centres that mean something in the units of the columns, and that decide. */
static bool
has_centers(const cs_model *m)
{
	return cs_model_typical(m) && !m->prep->unit_length && !(m->scorer->algorithm->flags & CS_RAW);
}

static bool
takes_centers(const cs_model *m, const char *method)
{
	bool		by_choice = m->scorer->centers && !(m->scorer->algorithm->flags & (CS_NOISE | CS_OWN_OBJECTIVE)) &&
		m->scorer->max_radius == 0;

	if (strcmp(method, "imm") == 0 && !has_centers(m))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("models of algorithm %s have no centres that rules could part", m->scorer->algorithm->name),
				 errhint("Use method => 'tree'.")));
	return strcmp(method, "imm") == 0 || (strcmp(method, "auto") == 0 && by_choice && has_centers(m));
}

/* ---- the rows ---- */

static void
label_points(ruling *r)
{
	const cs_scorer *s = r->m->scorer;
	const cs_matrix *x = r->points->x;
	cs_near_block *near = cs_near_block_for(r->env, s);

	r->label = CS_ROOM(r->env, int32, cs_round_lanes(x->n));
	for (int b = 0; b < x->blocks; b++)
	{
		cs_run		run = cs_matrix_run(x, b, NULL);

		cs_scorer_block(s, &run, near);
		for (size_t i = 0; i < run.rows; i++)
			r->label[(size_t) b * CS_BLOCK_ROWS + i] = near->raw.label[i] < 0 ? r->m->k : near->raw.label[i];
		cs_poll(r->env);
	}
	cs_near_block_free(r->env, near);
}

/* What is typical of the clusters, in the space of the points. */
static double *
typical_points(const ruling *r)
{
	const cs_prep *p = r->m->prep;
	const double *c = cs_model_typical(r->m);
	double	   *out = CS_ROOM(r->env, double, (size_t) r->m->k * p->d);
	float	   *wide = CS_ROOM(r->env, float, p->wide), *point = CS_ROOM(r->env, float, p->d), norm;

	for (int j = 0; j < r->m->k; j++, c += p->wide)
	{
		for (int z = 0; z < p->wide; z++)
			wide[z] = (float) c[z];
		if (p->axes)
			(void) cs_prep_project(p, wide, point, &norm);
		for (int z = 0; z < p->d; z++)
			out[(size_t) j * p->d + z] = p->axes ? (double) point[z] : c[z];
	}
	return out;
}

static float *
distances(const ruling *r)
{
	const cs_matrix *x = r->points->x;
	double	   *c = typical_points(r);
	int			d = x->d, k = r->m->k;
	float	   *cost = CS_ROOM(r->env, float, x->n *k), *v = CS_ROOM(r->env, float, d);

	for (size_t i = 0; i < x->n; i++)
	{
		cs_matrix_row(x, i, v);
		for (int j = 0; j < k; j++)
		{
			double		s = 0;

			for (int f = 0; f < d; f++)
				s += ((double) v[f] - c[(size_t) j * d + f]) * ((double) v[f] - c[(size_t) j * d + f]);
			cost[i * k + j] = (float) s;
		}
		if (i % CS_BLOCK_ROWS == 0)
			cs_poll(r->env);
	}
	return cost;
}

static void
read_points(ruling *r, cs_points_args *args)
{
	args->extra = r->columns->q;
	args->describe = cs_rule_values;
	args->describe_arg = r->columns;
	args->overhead =
		sizeof(cs_keyed) + sizeof(uint32) + 2 * sizeof(int32) + (r->by_centers ? sizeof(float) * r->m->k : 0);
	r->points = cs_points_read(r->env, args, NULL, NULL);
}

/* ---- the tree ---- */

/* Sums of squares in the clusters of the tree over those in the model's own. */
static double
price(const ruling *r)
{
	const cs_matrix *x = r->points->x;
	int32	   *by_tree = CS_ROOM(r->env, int32, x->n + 1);
	double		own, tree;

	if (r->m->scorer->algorithm->flags & (CS_RAW | CS_NOISE) || r->m->scorer->max_radius > 0)
		return NAN;
	for (size_t i = 0; i < x->n; i++)
		by_tree[i] = r->rules->node[cs_rules_leaf(r->rules, r->points->extra + i * r->columns->q)].label;
	own = cs_cost_of_labels(r->env, x, r->label, r->m->k);
	tree = cs_cost_of_labels(r->env, x, by_tree, r->m->k);
	cs_release(r->env, by_tree);
	return own > 0 ? tree / own : NAN;
}

static void
grow(ruling *r, int leaves)
{
	bool		noise = false;
	cs_rules_args a = {r->points->x->n, r->columns->q, r->points->extra, r->label, r->m->k, NULL, NULL, leaves};

	for (size_t i = 0; i < a.n && !r->by_centers; i++)
		noise = noise || r->label[i] == r->m->k;
	a.k += noise;
	if (r->by_centers)
	{
		a.center = cs_rule_centers(r->env, r->columns);
		a.cost = distances(r);
	}
	if (leaves == 0)
		a.leaves = r->by_centers ? a.k : 2 * a.k;
	r->rules = cs_rules_grow(r->env, &a);
	r->price = price(r);
}

/* A row that was not kept in memory: a cs_extra_fn. */
static void
count_row(void *arg, const cs_binding *b, const Datum *value, const bool *isnull, double *out)
{
	ruling	   *r = arg;
	cs_rule_node *leaf;
	int			label = cs_scorer_label(r->m->scorer, b->point, r->score);

	cs_rule_values(r->columns, b, value, isnull, out);
	leaf = &r->rules->node[cs_rules_leaf(r->rules, out)];
	leaf->rows++;
	leaf->matches += leaf->label == (label < 0 ? r->m->k : label);
}

/* Where the tree grew on a sample: once more over all rows, to count them. */
static void
count_all(ruling *r, const cs_points_args *was)
{
	cs_points_args args = *was;

	for (int i = 0; i < r->rules->nodes; i++)
		r->rules->node[i].rows = r->rules->node[i].matches = 0;
	r->score = CS_NEW(r->env, float, cs_scorer_room(r->m->scorer));
	args.describe = count_row;
	args.describe_arg = r;
	args.budget = 0;
	args.most = 1;
	cs_points_read(r->env, &args, NULL, NULL);
}

/* ---- the result ---- */

static void
put_leaf(const ruling *r, ReturnSetInfo *rsinfo, int node, int number)
{
	const cs_rule_node *n = &r->rules->node[node];
	Datum		v[11];
	bool		isnull[11] = {false};

	v[0] = Int32GetDatum(number);
	isnull[1] = n->label == r->m->k;
	v[1] = Int32GetDatum(isnull[1] ? 0 : r->m->segment_id[n->label]);
	v[2] = CStringGetTextDatum(cs_rule_words(r->env, r->columns, r->rules, node));
	v[3] = CStringGetTextDatum(cs_rule_sql(r->env, r->columns, r->rules, node));
	v[4] = Int64GetDatum((int64) n->rows);
	v[5] = Float8GetDatum(n->rows / (double) r->rows);
	isnull[6] = n->rows == 0;
	v[6] = Float8GetDatum(n->rows > 0 ? n->matches / n->rows : 0);
	v[7] = Float8GetDatum((double) r->matches / (double) r->rows);
	isnull[8] = isnan(r->price);
	v[8] = Float8GetDatum(isnull[8] ? 0 : r->price);
	v[9] = CStringGetTextDatum(r->by_centers ? "imm" : "tree");
	v[10] = Int64GetDatum((int64) r->rows);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, v, isnull);
}

/* Leaves from left to right. */
static int
put_below(const ruling *r, ReturnSetInfo *rsinfo, int node, int number)
{
	check_stack_depth();
	if (r->rules->node[node].column < 0)
	{
		put_leaf(r, rsinfo, node, ++number);
		return number;
	}
	number = put_below(r, rsinfo, r->rules->node[node].left, number);
	return put_below(r, rsinfo, r->rules->node[node].right, number);
}

PG_FUNCTION_INFO_V1(clusterseg_rules);

/*
 * _rules(name, value, source, path, owner, key, leaves, method)
 *     -> setof (leaf, segment_id, rule, sql, customers, share, agreement, fidelity, price, method, rows)
 */
Datum
clusterseg_rules(PG_FUNCTION_ARGS)
{
	struct varlena *v = cs_arg_model(fcinfo, 1);
	ruling		r = {.env = cs_pg_env(CurrentMemoryContext)};
	cs_points_args args = {0};

	InitMaterializedSRF(fcinfo, 0);
	r.m = args.m = cs_model_load(r.env, CS_MODEL_BYTES(v), CS_MODEL_LEN(v));
	cs_model_refuse_groups(r.m);
	r.by_centers = takes_centers(r.m, CS_ARG_TEXT(7));
	args.source = cs_source_open(CS_ARG_TEXT(2), CS_ARG_TEXT(3), cs_role_for(CS_ARG_TEXT(4)));
	args.key = CS_ARG_TEXT(5);
	args.budget = (size_t) maintenance_work_mem << 10;
	r.columns = cs_rule_columns_new(r.env, r.m, args.source);
	cs_progress_start(CS_ARG_TEXT(0));
	read_points(&r, &args);
	cs_progress(r.env, CS_PHASE_EVALUATE, 0, 0);
	label_points(&r);
	grow(&r, PG_ARGISNULL(6) ? 0 : PG_GETARG_INT32(6));
	if (r.points->rows > r.points->x->n)
		count_all(&r, &args);
	for (int i = 0; i < r.rules->nodes; i++)
		if (r.rules->node[i].column < 0 && (i == 0 || r.rules->node[i].parent >= 0))
		{
			r.rows += (uint64) r.rules->node[i].rows;
			r.matches += (uint64) r.rules->node[i].matches;
		}
	put_below(&r, (ReturnSetInfo *) fcinfo->resultinfo, 0, 0);
	cs_progress_end();
	return (Datum) 0;
}
