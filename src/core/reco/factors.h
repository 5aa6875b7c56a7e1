/*
 * factors.h - scores as products of factors: of items, which a model keeps, and
 * of a customer, which come from the history when they are asked for.
 *
 * With factors v_i of the items and a history of values x_i the customer's are
 *
 *		u = A^-1 sum_i x_i v_i,
 *		A = alpha V'V + sum_i x_i v_i v_i' + l2 (sum_i x_i + alpha items)^nu I
 *
 * (ridge regression of 1 on what the customer has, and with weight alpha of 0 on
 * all items), or u = sum_i x_i v_i where the factors are orthonormal (alpha 0).
 * The score of item j is v_j'u, and x_i v_j'A^-1 v_i is what entry i adds to it
 * (Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit feedback
 * datasets", ICDM 2008, section 5).
 *
 * The factors must be such that V'V is diagonal.  Then A is a diagonal matrix D and
 * one term per entry, and for n entries, fewer than d factors, the system to be
 * solved has n unknowns: u = D^-1 W'(WD^-1 W' + X^-1)^-1 1, W being the rows v_i.
 */
#ifndef CS_FACTORS_H
#define CS_FACTORS_H

#include "core/base/env.h"
#include "core/reco/mips.h"
#include "core/reco/rank.h"

typedef struct cs_fold_settings
{
	double		alpha;			/* 0: sums of orthonormal factors */
	double		l2;
	double		nu;
} cs_fold_settings;

/*
 * Ridge regression on rows that come one after the other: O(n^2 d + n^3) for n <
 * d rows, else O(n d^2 + d^3).
 */
typedef struct cs_ridge
{
	cs_env	   *env;
	size_t		d;
	double	   *base;			/* diagonal D */
	double	   *u;				/* the answer, after cs_ridge_solve */

	/* of the problem at hand */
	size_t		n;				/* rows so far */
	bool		dual;			/* n unknowns rather than d */
	double	   *row;			/* rows over the roots of D, or some rows times the roots of x */
	size_t		pending;		/* rows that are not in the system yet */
	double	   *x;				/* of the rows when they are the unknowns */
	double	   *system;			/* its Cholesky factor, after cs_ridge_solve */
	double	   *side;
} cs_ridge;

cs_ridge   *cs_ridge_new(cs_env *env, size_t d);
void		cs_ridge_free(cs_ridge *r);

/*
 * A new problem of at most this many rows: D is gram plus lambda, which is
 * positive.  Values v[0], v[step], ... make a row of weight x > 0.
 */
void		cs_ridge_start(cs_ridge *r, size_t most, const double *gram, double lambda);
void		cs_ridge_add(cs_ridge *r, const float *v, size_t step, double x);
void		cs_ridge_solve(cs_ridge *r);

/* A^-1 q, in q, of the problem that was solved last. */
void		cs_ridge_inverse(cs_ridge *r, double *q);

/* l2 (sum + alpha others)^nu, never 0. */
double		cs_ridge_lambda(const cs_fold_settings *s, double sum, double others);

/* ---- serving ---- */

typedef struct cs_factors cs_factors;

/* Room for the factors of so many items, all 0. */
cs_factors *cs_factors_new(cs_env *env, int items, int d, const cs_fold_settings *fold);
void		cs_factors_set(cs_factors *f, int item, const float *v);

/* When all are set. */
void		cs_factors_ready(cs_factors *f);
void		cs_factors_free(cs_factors *f);

double		cs_factors_value(const cs_factors *f, int32_t item, int factor);

/* Products of the items' factors with q, those > 0 or all; out has room for all.  O(items d). */
size_t		cs_factors_scores(cs_env *env, const cs_factors *f, const double *q, bool all, cs_scored *out);

/* The search for the greatest of these products, among n items or (item NULL) all. */
cs_mips    *cs_factors_search(cs_env *env, const cs_factors *f, const int32_t *item, size_t n);

/* A history: entries of items below f->items, with values > 0. */
typedef struct cs_fold
{
	const cs_factors *factors;
	size_t		n;
	const int32_t *item;
	const double *x;
	cs_ridge   *ridge;			/* NULL: sums */
	double	   *u;				/* factors of the customer */
	double	   *q;				/* room for one row of factors */
	float	   *row;			/* factors by item, or NULL */
} cs_fold;

cs_fold    *cs_fold_new(cs_env *env, const cs_factors *f);
void		cs_fold_free(cs_env *env, cs_fold *c);

/* For many customers: a copy of the factors, item by item. */
void		cs_fold_rows(cs_env *env, cs_fold *c);

/* The customer with this history, whose arrays stay until the next one. */
void		cs_fold_customer(cs_fold *c, size_t n, const int32_t *item, const double *x);

/*
 * The customer as a point: u times the roots of V'V.  Distances between points are
 * those between the customers' scores of all items.
 */
void		cs_fold_point(const cs_fold *c, double *point);

/* The same for the customer. */
size_t		cs_fold_scores(cs_env *env, const cs_fold *c, bool all, cs_scored *out);

/* The score of one item, which may be 0 or below. */
double		cs_fold_score(const cs_fold *c, int32_t item);

/* What each entry of the history adds to the score of an item. */
void		cs_fold_explain(cs_fold *c, int32_t item, double *contribution);

/* Cosine of the factors of an item and of all others, where it is > 0. */
size_t		cs_factors_similar(cs_env *env, const cs_factors *f, int32_t item, cs_scored *out);

/* Cosine of the factors of two items; 0 where one has none. */
double		cs_factors_cosine(const cs_factors *f, int32_t a, int32_t b);

#endif							/* CS_FACTORS_H */
