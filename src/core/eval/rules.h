/*
 * rules.h - a clustering as a tree of plain rules "column <= cut".
 *
 * Three ways to grow one:
 *
 *	IMM		S. Dasgupta, N. Frost, M. Moshkovitz, C. Rashtchian, "Explainable k-Means
 *			and k-Medians Clustering", ICML 2020.  From the top, take the cut between
 *			the centres of a node that separates the fewest rows from their centre,
 *			and forget these; ends with one leaf per centre.
 *	ExKMC	N. Frost, M. Moshkovitz, C. Rashtchian, "ExKMC: Expanding Explainable
 *			k-Means Clustering", 2020.  More leaves for the tree above: split the leaf
 *			that saves most of the surrogate cost, the squared distances of rows to
 *			the best of the k centres for their leaf.
 *	labels	without centres, a classification tree of the labels: split the leaf that
 *			lowers its Gini impurity most (L. Breiman and others, "Classification and
 *			Regression Trees", 1984).
 *
 * Columns are what people read, not the points in which distances are taken; each
 * must be a monotone function of the other.  Ties go to the first column, then to
 * the least cut.  Rows with a label outside 0 .. k - 1 (noise without a class of its
 * own) shape no tree, and are counted as not reproduced.
 */
#ifndef CS_RULES_H
#define CS_RULES_H

#include "core/base/matrix.h"

typedef struct cs_rules_args
{
	size_t		n;
	int			q;				/* columns */
	const double *u;			/* n x q, finite */
	const int32_t *label;
	int			k;

	/* for IMM and ExKMC, else both NULL */
	const double *center;		/* k x q: centres in the columns */
	const float *cost;			/* n x k: squared distances to the centres */

	int			leaves;			/* at most; IMM makes one per centre however few are asked for */
} cs_rules_args;

typedef struct cs_rule_node
{
	int			column;			/* -1: a leaf */
	double		cut;			/* rows with column <= cut go to left, the others to right */
	double		below;			/* the nearest values of rows here: cut is in below .. above, */
	double		above;			/* where below counts and above does not; infinite: no row */
	int			parent;			/* -1: the root, node 0, and what is no longer part of the tree */
	int			left;
	int			right;
	int			label;			/* of a leaf */
	double		rows;			/* that come through */
	double		matches;		/* of which have the label */
} cs_rule_node;

typedef struct cs_rules
{
	int			nodes;
	cs_rule_node *node;
	int			leaves;
	double		surrogate;		/* sum of squared distances to the centres of the leaves; NaN without centres */
} cs_rules;

/* IMM and ExKMC where args has centres, else a tree of the labels.  O(n q (log n + k)) for each node. */
cs_rules   *cs_rules_grow(cs_env *env, const cs_rules_args *args);

/* The leaf of a row of q columns. */
int			cs_rules_leaf(const cs_rules *r, const double *u);

/* Sum of squared distances of the rows to the mean of their label; labels outside 0 .. k - 1 do not count. */
double		cs_cost_of_labels(cs_env *env, const cs_matrix *x, const int32_t *label, int k);

/* The decimal number with the fewest digits in low .. high, low included, high not; low itself where it is short. */
double		cs_short_cut(double low, double high);

#endif /* CS_RULES_H */
