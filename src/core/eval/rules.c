/*
 * rules.c - growing trees of rules (see rules.h).
 */
#include "core/eval/rules.h"

#include "core/base/keyed.h"

#include <math.h>
#include <string.h>

/* Rows between polls. */
#define POLL_ROWS 4096

/* A saving of this share of a cost is rounding. */
#define ROUNDING 1e-9

/* The best cut of one node, so far. */
typedef struct cut
{
	int			column;			/* -1: none */
	double		at;
	double		gain;			/* the most is best */
	int			label[2];		/* of the two sides */
} cut;

typedef struct growing
{
	cs_env	   *env;
	const cs_rules_args *a;
	cs_rules   *r;
	int			room;			/* nodes */
	size_t	   *from;			/* per node: its rows are row[from .. to) */
	size_t	   *to;
	cut		   *best;			/* per node: its best cut, for leaves that may grow */
	uint32_t   *row;
	cs_keyed   *sorted;
	double	   *left;			/* per cluster, what is left of a cut: cost, or rows */
	double	   *all;			/* and in all of the node */
	bool	   *there;			/* is the centre in this node? */
} growing;

static inline double
value(const growing *g, uint32_t row, int column)
{
	return g->a->u[(size_t) row * (size_t) g->a->q + (size_t) column];
}

static inline bool
counts(const growing *g, uint32_t row)
{
	return g->a->label[row] >= 0 && g->a->label[row] < g->a->k;
}

/* The order of doubles as that of unsigned numbers; zeros are one. */
static uint64_t
key_of(double v)
{
	uint64_t	bits;

	v += 0.0;
	memcpy(&bits, &v, sizeof(bits));
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Rows of a node by a column, into g->sorted. */
static size_t
sort_rows(growing *g, size_t from, size_t to, int column)
{
	for (size_t i = from; i < to; i++)
		g->sorted[i - from] = (cs_keyed) {key_of(value(g, g->row[i], column)), g->row[i]};
	cs_poll(g->env);
	cs_sort_keyed(g->sorted, to - from);
	cs_poll(g->env);
	return to - from;
}

/* Rows that go left come first; returns where the others begin.  Both sides keep their order. */
static size_t
part_rows(growing *g, size_t from, size_t to, int column, double at)
{
	size_t		l = from, r = 0;

	for (size_t i = from; i < to; i++)
	{
		if (value(g, g->row[i], column) <= at)
			g->row[l++] = g->row[i];
		else
			g->sorted[r++].row = g->row[i];
		if (i % POLL_ROWS == 0)
			cs_poll(g->env);
	}
	for (size_t i = 0; i < r; i++)
		g->row[l + i] = g->sorted[i].row;
	return l;
}

static int
add_node(growing *g, int parent, size_t from, size_t to)
{
	int			i = g->r->nodes++;

	g->r->node[i] = (cs_rule_node) {.column = -1, .parent = parent, .left = -1, .right = -1};
	g->from[i] = from;
	g->to[i] = to;
	g->best[i] = (cut) {.column = -1};
	return i;
}

/* Makes a leaf an inner node with two leaves; its rows are parted already. */
static void
split(growing *g, int node, const cut *c, size_t middle)
{
	int			l = add_node(g, node, g->from[node], middle), r = add_node(g, node, middle, g->to[node]);
	cs_rule_node *n = &g->r->node[node];

	n->column = c->column;
	n->cut = c->at;
	n->left = l;
	n->right = r;
	g->r->node[l].label = c->label[0];
	g->r->node[r].label = c->label[1];
	g->r->leaves++;
}

/* ---- IMM ---- */

static inline double
center(const growing *g, int j, int column)
{
	return g->a->center[(size_t) j * (size_t) g->a->q + (size_t) column];
}

/*
 * The least of the centres' values behind at, where their rows change sides; they
 * are few, so that a walk over them costs less than keeping them in order.
 */
static double
next_center(const growing *g, int column, double after)
{
	double		next = INFINITY;

	for (int j = 0; j < g->a->k; j++)
		if (g->there[j] && center(g, j, column) > after)
			next = fmin(next, center(g, j, column));
	return next;
}

/* Centres with the value at go to the left: their rows there are right now, the others not. */
static double
move_centers(growing *g, int column, double at)
{
	double		change = 0;

	for (int j = 0; j < g->a->k; j++)
		if (g->there[j] && center(g, j, column) == at)
			change += g->all[j] - 2 * g->left[j];
	return change;
}

/* One column: cuts from the least centre on to below the largest. */
static void
cut_between(growing *g, size_t n, int column, cut *best)
{
	double		mistakes = 0, next = next_center(g, column, -INFINITY), last = -INFINITY;
	bool		begun = false;

	for (int j = 0; j < g->a->k; j++)
	{
		g->left[j] = 0;
		if (g->there[j])
			last = fmax(last, center(g, j, column));
	}
	for (size_t i = 0; i < n || next < last;)
	{
		double		at = fmin(next, i < n ? value(g, g->sorted[i].row, column) : INFINITY);

		if (at >= last)
			break;
		for (; i < n && value(g, g->sorted[i].row, column) == at; i++)
		{
			int			j = g->a->label[g->sorted[i].row];

			g->left[j]++;
			/* centres at this very value move below, with all of their rows */
			mistakes += center(g, j, column) < at ? -1 : 1;
		}
		if (at == next)
		{
			mistakes += move_centers(g, column, at);
			begun = true;
			next = next_center(g, column, at);
		}
		if (begun && (best->column < 0 || -mistakes > best->gain))
			*best = (cut) {.column = column, .at = at, .gain = -mistakes};
	}
}

/* The cluster with the most rows among those of a node. */
static int
usual_label(const growing *g)
{
	int			best = 0;

	for (int j = 1; j < g->a->k; j++)
		if (g->all[j] > g->all[best])
			best = j;
	return best;
}

static int
count_rows(growing *g, size_t from, size_t to)
{
	int			present = 0;

	memset(g->all, 0, sizeof(double) * (size_t) g->a->k);
	for (size_t i = from; i < to; i++)
		if (counts(g, g->row[i]))
			present += g->all[g->a->label[g->row[i]]]++ == 0;
	return present;
}

/* Rows on the side of their centre only, in their order; the others move to the end. */
static size_t
forget_mistakes(growing *g, size_t from, size_t to, int column, double at)
{
	size_t		kept = from;

	for (size_t i = from; i < to; i++)
	{
		uint32_t	row = g->row[i];

		if ((value(g, row, column) <= at) == (center(g, g->a->label[row], column) <= at))
			g->row[kept++] = row;
	}
	return kept;
}

/* Centres of a node: those that the way to it lets through. */
static int
centers_here(growing *g, int node)
{
	int			m = 0;

	for (int j = 0; j < g->a->k; j++)
	{
		g->there[j] = true;
		for (int i = node; g->r->node[i].parent >= 0 && g->there[j]; i = g->r->node[i].parent)
		{
			const cs_rule_node *p = &g->r->node[g->r->node[i].parent];

			g->there[j] = (center(g, j, p->column) <= p->cut) == (p->left == i);
		}
		m += g->there[j];
	}
	return m;
}

/* The only centre of a leaf, or the one with the most rows of those that nothing tells apart. */
static int
leaf_center(const growing *g)
{
	int			best = -1;

	for (int j = 0; j < g->a->k; j++)
		if (g->there[j] && (best < 0 || g->all[j] > g->all[best]))
			best = j;
	return best;
}

/* Nodes are made in the order in which they are looked at, so that one walk does. */
static void
grow_between_centers(growing *g)
{
	size_t		n = 0;

	for (size_t i = 0; i < g->a->n; i++)
		if (counts(g, (uint32_t) i))
			g->row[n++] = (uint32_t) i;
	add_node(g, -1, 0, n);
	g->r->leaves = 1;
	for (int node = 0; node < g->r->nodes; node++)
	{
		cut			best = {.column = -1};
		size_t		kept;

		count_rows(g, g->from[node], g->to[node]);
		if (centers_here(g, node) > 1)
			for (int f = 0; f < g->a->q; f++)
				cut_between(g, sort_rows(g, g->from[node], g->to[node], f), f, &best);
		g->r->node[node].label = leaf_center(g);
		if (best.column < 0)
			continue;
		kept = forget_mistakes(g, g->from[node], g->to[node], best.column, best.at);
		g->to[node] = kept;
		split(g, node, &best, part_rows(g, g->from[node], kept, best.column, best.at));
	}
}

/* ---- splitting leaves: by what it saves ---- */

static inline double
cost(const growing *g, uint32_t row, int j)
{
	return (double) g->a->cost[(size_t) row * (size_t) g->a->k + (size_t) j];
}

/* The cheapest centre for rows of which sums are known; less, when not NULL, is taken off. */
static double
cheapest(const growing *g, const double *sum, const double *less, int *label)
{
	double		best = INFINITY;

	for (int j = 0; j < g->a->k; j++)
	{
		double		c = sum[j] - (less ? less[j] : 0);

		if (c < best)
		{
			best = c;
			*label = j;
		}
	}
	return best;
}

static void
cut_by_cost(growing *g, size_t n, int column, double whole, cut *best)
{
	memset(g->left, 0, sizeof(double) * (size_t) g->a->k);
	for (size_t i = 0; i + 1 < n; i++)
	{
		cut			c = {.column = column, .at = value(g, g->sorted[i].row, column)};

		for (int j = 0; j < g->a->k && counts(g, g->sorted[i].row); j++)
			g->left[j] += cost(g, g->sorted[i].row, j);
		if (i % POLL_ROWS == 0)
			cs_poll(g->env);
		if (value(g, g->sorted[i + 1].row, column) == c.at)
			continue;
		c.gain = whole - cheapest(g, g->left, NULL, &c.label[0]) - cheapest(g, g->all, g->left, &c.label[1]);
		if (c.gain > whole * ROUNDING && (best->column < 0 || c.gain > best->gain + whole * ROUNDING))
			*best = c;
	}
}

/* Sums of squares of counts over counts: how pure both sides are; whole numbers until the end. */
static void
cut_by_label(growing *g, size_t n, int column, cut *best)
{
	double		l2 = 0, r2 = 0, whole, rows = 0, done = 0;

	memset(g->left, 0, sizeof(double) * (size_t) g->a->k);
	for (int j = 0; j < g->a->k; j++)
	{
		r2 += g->all[j] * g->all[j];
		rows += g->all[j];
	}
	whole = r2 / rows;
	for (size_t i = 0; i + 1 < n; i++)
	{
		cut			c = {.column = column, .at = value(g, g->sorted[i].row, column)};

		if (counts(g, g->sorted[i].row))
		{
			int			j = g->a->label[g->sorted[i].row];

			l2 += 2 * g->left[j] + 1;
			r2 -= 2 * (g->all[j] - g->left[j]) - 1;
			g->left[j]++;
			done++;
		}
		if (i % POLL_ROWS == 0)
			cs_poll(g->env);
		if (value(g, g->sorted[i + 1].row, column) == c.at || done == 0 || done == rows)
			continue;
		c.gain = l2 / done + r2 / (rows - done) - whole;
		if (c.gain > rows * ROUNDING && (best->column < 0 || c.gain > best->gain + rows * ROUNDING))
			*best = c;
	}
}

/* The best cut of a leaf and, without centres, its label. */
static void
look(growing *g, int node)
{
	size_t		from = g->from[node], to = g->to[node];
	double		whole = 0;
	int			label = 0;
	cut			best = {.column = -1};

	if (g->a->center == NULL)
	{
		int			present = count_rows(g, from, to);

		g->r->node[node].label = usual_label(g);
		for (int f = 0; f < g->a->q && present > 1; f++)
			cut_by_label(g, sort_rows(g, from, to, f), f, &best);
		g->best[node] = best;
		return;
	}
	memset(g->all, 0, sizeof(double) * (size_t) g->a->k);
	for (size_t i = from; i < to; i++)
		for (int j = 0; j < g->a->k && counts(g, g->row[i]); j++)
			g->all[j] += cost(g, g->row[i], j);
	whole = to > from ? cheapest(g, g->all, NULL, &label) : 0;

	/* what the centre that the leaf has costs more than the cheapest is saved by any cut */
	for (int f = 0; f < g->a->q && whole > 0; f++)
		cut_by_cost(g, sort_rows(g, from, to, f), f, g->all[g->r->node[node].label], &best);
	g->best[node] = best;
}

/* The leaf that gains most, the first one of equals; -1: none gains. */
static int
next_leaf(const growing *g)
{
	int			best = -1;

	for (int i = 0; i < g->r->nodes; i++)
		if (g->r->node[i].column < 0 && g->best[i].column >= 0 && (best < 0 || g->best[i].gain > g->best[best].gain))
			best = i;
	return best;
}

static void
grow_leaves(growing *g)
{
	int			node;

	for (int i = 0; i < g->r->nodes && g->r->leaves < g->a->leaves; i++)
		if (g->r->node[i].column < 0)
			look(g, i);
	while (g->r->leaves < g->a->leaves && (node = next_leaf(g)) >= 0)
	{
		const cut	c = g->best[node];

		split(g, node, &c, part_rows(g, g->from[node], g->to[node], c.column, c.at));
		look(g, g->r->nodes - 2);
		look(g, g->r->nodes - 1);
	}
}

/* ---- all rows through the tree ---- */

/* Rows of each node, in the order of the tree; those that IMM forgot are back. */
static void
route(growing *g)
{
	for (size_t i = 0; i < g->a->n; i++)
		g->row[i] = (uint32_t) i;
	g->from[0] = 0;
	g->to[0] = g->a->n;
	for (int i = 0; i < g->r->nodes; i++)
	{
		const cs_rule_node *n = &g->r->node[i];

		if (n->column < 0)
			continue;
		g->from[n->left] = g->from[i];
		g->to[n->left] = g->from[n->right] = part_rows(g, g->from[i], g->to[i], n->column, n->cut);
		g->to[n->right] = g->to[i];
	}
}

static void
describe(growing *g)
{
	g->r->surrogate = g->a->cost ? 0 : NAN;
	for (int i = 0; i < g->r->nodes; i++)
	{
		cs_rule_node *n = &g->r->node[i];

		if (i > 0 && n->parent < 0)
			continue;
		n->rows = (double) (g->to[i] - g->from[i]);
		n->below = -INFINITY;
		n->above = INFINITY;
		for (size_t r = g->from[i]; r < g->to[i]; r++)
		{
			double		v = n->column < 0 ? 0 : value(g, g->row[r], n->column);

			if (r % POLL_ROWS == 0)
				cs_poll(g->env);
			if (n->column < 0)
			{
				n->matches += g->a->label[g->row[r]] == n->label;
				if (g->a->cost && counts(g, g->row[r]))
					g->r->surrogate += cost(g, g->row[r], n->label);
			}
			else if (v <= n->cut)
				n->below = fmax(n->below, v);
			else
				n->above = fmin(n->above, v);
		}
	}
}

/* Two leaves that say the same are one; without centres only, where purer is no better. */
static void
join_alike(cs_rules *r)
{
	for (int i = r->nodes - 1; i >= 0; i--)
	{
		cs_rule_node *n = &r->node[i];

		if (n->column < 0 || r->node[n->left].column >= 0 || r->node[n->right].column >= 0 ||
			r->node[n->left].label != r->node[n->right].label)
			continue;
		n->label = r->node[n->left].label;
		r->node[n->left].parent = r->node[n->right].parent = -1;
		r->node[n->left].parent = r->node[n->right].parent = -1;
		n->column = n->left = n->right = -1;
		r->leaves--;
	}
}

cs_rules *
cs_rules_grow(cs_env *env, const cs_rules_args *args)
{
	int			leaves = args->leaves > args->k ? args->leaves : args->k, room = 2 * leaves + 1;
	size_t		n = args->n + 1, k = (size_t) args->k;
	growing		g = {.env = env, .a = args, .room = room};

	g.r = CS_NEW(env, cs_rules, 1);
	g.r->node = CS_NEW(env, cs_rule_node, (size_t) room);
	g.from = CS_NEW(env, size_t, (size_t) room);
	g.to = CS_NEW(env, size_t, (size_t) room);
	g.best = CS_NEW(env, cut, (size_t) room);
	g.row = CS_ROOM(env, uint32_t, n);
	g.sorted = CS_ROOM(env, cs_keyed, n);
	g.left = CS_NEW(env, double, k);
	g.all = CS_NEW(env, double, k);
	g.there = CS_NEW(env, bool, k);
	if (args->center)
		grow_between_centers(&g);
	else
		add_node(&g, -1, 0, args->n);
	g.r->leaves = (g.r->nodes + 1) / 2;
	route(&g);
	grow_leaves(&g);
	join_alike(g.r);
	route(&g);
	describe(&g);
	cs_release(env, g.from);
	cs_release(env, g.to);
	cs_release(env, g.best);
	cs_release(env, g.row);
	cs_release(env, g.sorted);
	cs_release(env, g.left);
	cs_release(env, g.all);
	cs_release(env, g.there);
	return g.r;
}

int
cs_rules_leaf(const cs_rules *r, const double *u)
{
	int			i = 0;

	while (r->node[i].column >= 0)
		i = u[r->node[i].column] <= r->node[i].cut ? r->node[i].left : r->node[i].right;
	return i;
}
