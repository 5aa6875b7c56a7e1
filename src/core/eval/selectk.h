/*
 * selectk.h - which number of clusters to take.
 *
 * No single index knows the right k.  Elbows of the inertia are in the eye of the
 * beholder (E. Schubert, "Stop using the elbow criterion for k-means", SIGKDD
 * Explorations 25, 2023), the separation of a silhouette can be that of one far
 * group, and what users suffer from is another thing again: segments that come
 * out differently on the next half of the customers.  So the rule asks for both,
 * stability first, and names the near-ties rather than hide that the choice is
 * close:
 *
 *	1. Candidates whose models of two halves of the rows agree are stable: mean
 *	   adjusted Rand index CS_STABLE or more.  Where none reaches that, those
 *	   within CS_STABLE_BAND of the best count as stable.
 *	2. Of the stable ones the best silhouette leads; all within CS_NEAR_TIE of it
 *	   are near-ties: differences that small come and go with the sample.
 *	3. Among near-ties the more stable wins if it is ahead by more than CS_NEAR_TIE,
 *	   then the larger silhouette, then the smaller k.
 *
 * Unknown stability (NaN) counts as stable and decides nothing.  A candidate
 * without silhouette (k = 1) is chosen only when no other is there.
 */
#ifndef CS_SELECTK_H
#define CS_SELECTK_H

#include <stdbool.h>

#define CS_STABLE 0.75
#define CS_STABLE_BAND 0.1
#define CS_NEAR_TIE 0.02

typedef struct cs_candidate
{
	int			k;

	/* measures; NaN: unknown */
	double		inertia;
	double		silhouette;
	double		simplified_silhouette;
	double		davies_bouldin;
	double		calinski_harabasz;
	double		stability;		/* mean adjusted Rand index between models of half samples */
	double		criterion;		/* of the algorithm, the least is best (BIC); 0 or NaN: it has none */
	double		gap;			/* gap.h; NaN: not measured */
	double		gap_error;

	/* what the rule says */
	bool		stable;
	bool		near_tie;		/* as good as the one chosen, which is one too */
} cs_candidate;

/* Sets the flags of n candidates; index of the one to take, -1 when n is 0. */
int			cs_select_k(cs_candidate *c, int n);

#endif							/* CS_SELECTK_H */
