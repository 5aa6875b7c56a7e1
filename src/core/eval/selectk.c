/*
 * selectk.c - the rule for the number of clusters (see selectk.h).
 */
#include "core/eval/selectk.h"

#include <math.h>

/* So that 0.52 is within 0.02 of 0.54, as readers of decimals expect. */
#define ROUNDING 1e-9

/* NaN, unknown, is never larger. */
static double
keep_larger(double best, double v)
{
	return v > best ? v : best;
}

static bool
within(double v, double best, double band)
{
	return v >= best - band - ROUNDING;
}

/* Step 1; those out of the race are judged by the same bar, but do not set it. */
static void
find_stable(cs_candidate *c, int n, bool separated)
{
	double		best = -INFINITY;
	bool		any = false;

	for (int i = 0; i < n; i++)
	{
		c[i].stable = isnan(c[i].stability) || within(c[i].stability, CS_STABLE, 0);
		if (separated && isnan(c[i].silhouette))
			continue;
		any = any || c[i].stable;
		best = keep_larger(best, c[i].stability);
	}
	for (int i = 0; i < n && !any; i++)
		c[i].stable = isnan(c[i].stability) || within(c[i].stability, best, CS_STABLE_BAND);
}

/* Step 2. */
static void
find_near_ties(cs_candidate *c, int n, bool separated)
{
	double		best = -INFINITY;

	for (int i = 0; i < n; i++)
		if (c[i].stable)
			best = keep_larger(best, c[i].silhouette);
	for (int i = 0; i < n; i++)
		c[i].near_tie = c[i].stable && (!separated || within(c[i].silhouette, best, CS_NEAR_TIE));
}

/* Step 3, between two near-ties that both are stable enough: is x better than y? */
static bool
better(const cs_candidate *x, const cs_candidate *y)
{
	if (x->silhouette != y->silhouette && !isnan(x->silhouette))
		return x->silhouette > y->silhouette;
	return x->k < y->k;
}

int
cs_select_k(cs_candidate *c, int n)
{
	double		most = -INFINITY;
	bool		separated = false;
	int			chosen = -1;

	/* does any candidate have a silhouette? */
	for (int i = 0; i < n; i++)
		separated = separated || !isnan(c[i].silhouette);
	find_stable(c, n, separated);
	find_near_ties(c, n, separated);
	for (int i = 0; i < n; i++)
		if (c[i].near_tie)
			most = keep_larger(most, c[i].stability);
	for (int i = 0; i < n; i++)
	{
		if (!c[i].near_tie || !(isnan(c[i].stability) || within(c[i].stability, most, CS_NEAR_TIE)))
			continue;
		if (chosen < 0 || better(&c[i], &c[chosen]))
			chosen = i;
	}
	return chosen;
}
