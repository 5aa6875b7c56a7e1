/*
 * medoids.h - models of medoids: the nearest of k rows under a metric.
 *
 * Euclidean distances and cosines go by centres (base/centers.h), the others by sums
 * of absolute differences, which are the same bits for one row and for many.
 */
#ifndef CS_MEDOIDS_H
#define CS_MEDOIDS_H

#include "core/cluster/metric.h"

/* For descriptors; the fit's extra is its cs_space. */
void cs_medoids_save(cs_env *env, const cs_fit *fit, cs_writer *w);
void cs_medoids_load(cs_env *env, cs_value fit, cs_scorer *s);
int cs_medoids_label(const cs_scorer *s, const float *row, float *score);
cs_nearest cs_medoids_nearest(const cs_scorer *s, const float *row, float *score);
void cs_medoids_block(const cs_scorer *s, const cs_run *run, cs_near_block *out);
double cs_medoids_distance(const cs_scorer *s, const float *row, int cluster, float *score);
double cs_medoids_part(const cs_scorer *s, const float *row, int cluster, int coordinate);

#endif /* CS_MEDOIDS_H */
