/*
 * idec.h - soft assignments, and what pulls an embedding towards them.
 *
 * X. Guo, L. Gao, X. Liu, J. Yin, "Improved deep embedded clustering with local
 * structure preservation", IJCAI 2017: equations 3 (q), 4 (p), 7 and 8 (gradients).
 */
#ifndef CS_IDEC_H
#define CS_IDEC_H

#include <stddef.h>

/* q: Student's t of one degree of freedom about each of k centres; returns the nearest. */
int			cs_idec_soft(const float *z, const double *center, int k, int e, double *q);

/* p from q and f, the sums of q over all rows: q^2 / f, made to add up to 1. */
void		cs_idec_target(const double *q, const double *f, int k, double *p);

/*
 * Kullback-Leibler divergence of q from p of one row; scale times its gradients
 * are added to those of the row, e, and of the centres, k x e.
 */
double		cs_idec_gradient(const float *z, const double *center, int k, int e, const double *p, double *q,
							 double scale, float *row, double *centers);

#endif							/* CS_IDEC_H */
