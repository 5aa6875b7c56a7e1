/*
 * lloyd.h - the alternation of nearest centre and mean.
 *
 * S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28,
 * 1982.  Distances stay in registers (base/kernel.h); sums are kept in double
 * and changed only for rows whose label changed, so that late passes cost
 * little more than the distances.  Cost of a pass: O(n d k / lanes).
 */
#ifndef CS_LLOYD_H
#define CS_LLOYD_H

#include "core/base/centers.h"
#include "core/base/team.h"

typedef struct cs_lloyd_args
{
	const cs_matrix *x;
	int			k;
	int			max_iterations;

	/*
	 * Stop when the squared movement of all centres together is at most
	 * tolerance times the mean variance of a feature, or when no label changes.
	 */
	double		tolerance;
	bool		unit_length;	/* centres are scaled to length 1 */
} cs_lloyd_args;

typedef struct cs_lloyd_result
{
	int			iterations;
	bool		converged;
	double		objective;		/* weighted sum of squared distances to the final centres */
} cs_lloyd_result;

/*
 * center: k x d, in: the start, out: the result; the same on every member.
 * label: room for n labels in shared memory (rounded up to lanes), out: those of
 * the last pass.  A centre that loses its last row is moved to the row farthest
 * from its own centre.
 */
cs_lloyd_result cs_lloyd(cs_env *env, cs_team *team, const cs_lloyd_args *args,
						 double *center, int32_t *label);

size_t		cs_lloyd_arena(size_t n, int d, int k);

/*
 * Label every row by its nearest centre; weighted sum of squared distances.
 * farthest: row of the largest squared distance, or NULL.
 */
double		cs_label_rows(cs_env *env, cs_team *team, const cs_matrix *x, const cs_centers *c,
						  int32_t *label, size_t *farthest);

/* Means of the rows of each label 0 .. k - 1 (others are skipped): center k x d, count k. */
void		cs_label_means(cs_env *env, cs_team *team, const cs_matrix *x, const int32_t *label,
						   int k, double *center, double *count);

#endif							/* CS_LLOYD_H */
