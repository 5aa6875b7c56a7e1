/*
 * internal.h - how compact clusters are and how far apart, from rows and labels.
 *
 * Labels are 0 .. k - 1; a row with any other label (noise, not assignable) is
 * left out.  Every row counts once, whatever its weight.  Clusters without rows
 * do not count.  All measures are NaN where they have no meaning: with fewer
 * than two clusters, or with no more rows than clusters.
 *
 *	silhouette			-1 .. 1, large is good: is a row nearer to its own cluster
 *						than to the next one?  (P. Rousseeuw, "Silhouettes", J. Comput.
 *						Appl. Math. 20, 1987.)
 *	simplified			the same against the means of clusters: O(n k d) in place of
 *						O(n^2 d).
 *	Davies-Bouldin		0 .., small is good: widths over distances of the worst
 *						neighbours.  (IEEE Trans. PAMI 1, 1979.)
 *	Calinski-Harabasz	0 .., large is good: variance between over variance within.
 *						(Comm. Statist. 3, 1974.)
 *
 * Silhouettes of the points of a model come from tiles in single precision, by a
 * team.  Everything can be had of any rows in double precision too, with the
 * values of scikit-learn.
 */
#ifndef CS_INTERNAL_H
#define CS_INTERNAL_H

#include "core/base/matrix.h"
#include "core/base/team.h"

/* Does a row with this label count? */
static inline bool
cs_label_counts(int32_t label, int k)
{
	return label >= 0 && label < k;
}

/* Adds to count[k] and counts rows; false when measures have no meaning. */
bool		cs_label_census(const int32_t *label, size_t n, int k, size_t *count, size_t *rows);

/*
 * Exact mean silhouette, by all n^2 distances but without room for them; a row
 * that is alone in its cluster scores 0.  each: the silhouette of every row, NaN
 * for those left out; n floats that the whole team shares, or NULL.
 */
double		cs_silhouette(cs_env *env, cs_team *team, const cs_matrix *x, const int32_t *label,
						  int k, float *each);

/* Bytes of arena that cs_silhouette takes, enough for the simplified one too. */
size_t		cs_silhouette_arena(size_t n, int d, int k);

/* Mean of (b - a) / max(a, b): a to the own cluster's mean, b to the nearest other one. */
double		cs_simplified_silhouette(cs_env *env, cs_team *team, const cs_matrix *x,
									 const int32_t *label, int k);

size_t		cs_simplified_silhouette_arena(int d, int k);

/*
 * The exact silhouette of n x d doubles: as slow as it is plain, for few rows and
 * for those of which single precision would lose too much.  O(n^2 d), room for k.
 */
double		cs_silhouette_doubles(cs_env *env, const double *x, size_t n, int d, const int32_t *label, int k);

/* Silhouette of one row: mean distance to its own cluster, and to the next one. */
static inline double
cs_silhouette_score(double own, double next)
{
	double		most = own > next ? own : next;

	return most > 0 ? (next - own) / most : 0;
}

/* Writes row i, d finite doubles, to out. */
typedef void (*cs_row_fn) (void *arg, size_t i, double *out);

/*
 * Both ask for every row twice, in order.  O(n d + k^2 d) and O(n d).  As in
 * scikit-learn, Davies-Bouldin is 0 when all widths or all distances of means are
 * (to 1e-8), Calinski-Harabasz 1 when no cluster has any width.
 */
double		cs_davies_bouldin(cs_env *env, size_t n, int d, cs_row_fn row, void *arg,
							  const int32_t *label, int k);
double		cs_calinski_harabasz(cs_env *env, size_t n, int d, cs_row_fn row, void *arg,
								 const int32_t *label, int k);

/* The simplified silhouette in the same way; O(n k d). */
double		cs_simplified_silhouette_rows(cs_env *env, size_t n, int d, cs_row_fn row, void *arg,
										  const int32_t *label, int k);

/*
 * About how far the exact silhouette is off when it is computed from these rows
 * in single precision: mean over the rows of the rounding of a distance over the
 * least that their larger mean distance can be.  The rows should be centred.
 * O(n k d); 0 where silhouettes have no meaning.
 */
double		cs_silhouette_blur(cs_env *env, size_t n, int d, cs_row_fn row, void *arg,
							   const int32_t *label, int k);

#endif							/* CS_INTERNAL_H */
