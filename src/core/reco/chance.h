/*
 * chance.h - how likely a sum of squares is by chance.
 */
#ifndef CS_CHANCE_H
#define CS_CHANCE_H

/*
 * P(X >= x) of a chi-square distribution with so many degrees of freedom (1 to
 * 10000), by the finite sums that whole numbers of them allow: O(df).
 */
double		cs_chi_square_tail(double x, int df);

#endif							/* CS_CHANCE_H */
