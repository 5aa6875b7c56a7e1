/*
 * rough.h - the ridge regression of factors.h in single precision, for training,
 * where a solution is one of many steps and is kept in single precision anyway.
 *
 * Rounding is of no account while the regularisation is not small beside the
 * weights of the rows: cs_rough_may() says so, and cs_ridge does the rest.
 */
#ifndef CS_ROUGH_H
#define CS_ROUGH_H

#include "core/base/env.h"

typedef struct cs_rough
{
	cs_env	   *env;
	size_t		d;
	float	   *u;				/* the answer, after cs_rough_solve */

	/* of the problem at hand */
	size_t		n;				/* rows so far */
	bool		dual;			/* n unknowns rather than d */
	size_t		pending;		/* rows that are not in the system yet */
	float	   *base;			/* diagonal D; its inverse root when the rows are the unknowns */
	float	   *row;			/* rows over the roots of D, or some rows times the roots of x */
	float	   *x;				/* of the rows when they are the unknowns */
	float	   *system;
	float	   *side;
} cs_rough;

cs_rough   *cs_rough_new(cs_env *env, size_t d);
void		cs_rough_free(cs_rough *r);

/* Is single precision enough for rows whose weights add up to sum, of at most the weight most? */
bool		cs_rough_may(double sum, double lambda);

/* As cs_ridge_start, cs_ridge_add, cs_ridge_solve; false when the system is not positive definite, for all that is known. */
void		cs_rough_start(cs_rough *r, size_t most, const double *gram, double lambda);
void		cs_rough_add(cs_rough *r, const float *v, float x);
bool		cs_rough_solve(cs_rough *r);

#endif							/* CS_ROUGH_H */
