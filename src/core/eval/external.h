/*
 * external.h - how far two labellings of the same rows agree.
 *
 * All measures are functions of the contingency table: how many rows have label
 * a on the one side and b on the other.  The table is sparse, labels are any
 * integers.  Counts of rows are whole numbers, so neither the order of adding nor
 * the merging of parts shows in a result.  Definitions and limits are those of
 * scikit-learn.
 */
#ifndef CS_EXTERNAL_H
#define CS_EXTERNAL_H

#include "core/base/env.h"

typedef struct cs_cell
{
	int32_t		a;
	int32_t		b;
	double		count;
} cs_cell;

typedef struct cs_contingency cs_contingency;

cs_contingency *cs_contingency_new(cs_env *env);
void		cs_contingency_free(cs_env *env, cs_contingency *t);

/* count rows more, or fewer when it is negative; expected O(1). */
void		cs_contingency_add(cs_env *env, cs_contingency *t, int32_t a, int32_t b, double count);

/* Rows of two arrays of labels; those where either is negative are left out. */
void		cs_contingency_add_labels(cs_env *env, cs_contingency *t, const int32_t *a, const int32_t *b, size_t n);

/* Bytes that it takes now. */
size_t		cs_contingency_bytes(const cs_contingency *t);

/* All of from into t. */
void		cs_contingency_merge(cs_env *env, cs_contingency *t, const cs_contingency *from);

/* The cells that hold rows, by a, then b; in env memory.  O(m log m). */
cs_cell    *cs_contingency_cells(cs_env *env, const cs_contingency *t, size_t *m);

/*
 * Share of pairs of rows on which both sides agree (together or apart), less what
 * chance gives: 1 is perfect, 0 is chance.  (L. Hubert and P. Arabie, "Comparing
 * partitions", J. Classification 2, 1985.)  1 without rows.
 */
double		cs_adjusted_rand_index(cs_env *env, const cs_contingency *t);

/* Mutual information over the arithmetic mean of both entropies: 0 .. 1.  1 without rows. */
double		cs_normalized_mutual_information(cs_env *env, const cs_contingency *t);

/*
 * Both sides of the mutual information, as shares of an entropy, for a = clusters
 * and b = classes: does each cluster hold one class, is each class in one cluster?
 * (A. Rosenberg and J. Hirschberg, "V-Measure", EMNLP 2007.)  Their harmonic mean,
 * the V-measure, is the normalized mutual information above.  1 without rows.
 */
double		cs_homogeneity(cs_env *env, const cs_contingency *t);
double		cs_completeness(cs_env *env, const cs_contingency *t);

/*
 * Geometric mean of the shares of the pairs together on one side that are together
 * on the other.  (E. Fowlkes and C. Mallows, J. Am. Stat. Assoc. 78, 1983.)  0
 * when no pair is together on both, or there are no rows.
 */
double		cs_fowlkes_mallows(cs_env *env, const cs_contingency *t);

/* Share of rows whose b is the most frequent one of their a (cluster).  NaN without rows. */
double		cs_purity(cs_env *env, const cs_contingency *t);

#endif							/* CS_EXTERNAL_H */
