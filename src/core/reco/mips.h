/*
 * mips.h - maximum inner product search: of the products of one vector with the
 * factors of all items the greatest, exactly, without most of the others.
 *
 * Items stand in the order of the lengths of their factors, longest first.  A
 * product is at most |q| |v| (Cauchy and Schwarz), so once that is below the k-th
 * product found no item that follows matters; and when a few factors of an item
 * have been multiplied, the rest adds at most the product of the lengths of the
 * rest.  Factors whose squares add up to most come first where they are principal
 * axes, as in factors.h (C. Teflioudi, R. Gemulla, O. Mykytiuk, "LEMP: fast
 * retrieval of large entries in a matrix product", SIGMOD 2015; H. Li, T. N. Chan,
 * M. L. Yiu, N. Mamoulis, "FEXIPRO: fast and exact inner product retrieval in
 * recommender systems", SIGMOD 2017).
 *
 * Each product is the same sum as by factors.h, to the last bit.
 */
#ifndef CS_MIPS_H
#define CS_MIPS_H

#include "core/base/env.h"
#include "core/reco/rank.h"

typedef struct cs_mips cs_mips;

/* Items that stand together; their factors are side by side: [factor][CS_MIPS_TILE]. */
#define CS_MIPS_TILE 16

/*
 * tile: factors of all items in tiles; item: the numbers of those to be searched,
 * NULL: the first so many.  The result keeps a copy of their factors.
 * O(items (d + log items)).
 */
cs_mips    *cs_mips_new(cs_env *env, int d, const float *tile, const int32_t *item, size_t items);
void		cs_mips_free(cs_mips *m);

/*
 * Items with products > 0, among them the k greatest and all that equal the k-th;
 * all when there are fewer than k.  k is 1 or more; out has room for all.  O(d) per item that is
 * looked at: few where lengths differ, at worst all.
 */
size_t		cs_mips_best(cs_env *env, cs_mips *m, const double *q, size_t k, cs_scored *out);

#endif							/* CS_MIPS_H */
