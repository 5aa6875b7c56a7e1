/*
 * metric.h - the space in which a metric is a plain sum of differences.
 *
 * Gower's distance (J. Gower, "A general coefficient of similarity and some of its
 * properties", Biometrics 27, 1971) is the weighted mean over features of |x - y| /
 * range, or of 0 and 1 for equal and different levels.  With each coordinate scaled
 * by its part of that mean it is a sum of absolute differences, a level by half: two
 * of them differ.  A level that training has not seen is no coordinate at all; one
 * coordinate more makes up for the missing halves.
 */
#ifndef CS_METRIC_H
#define CS_METRIC_H

#include "core/cluster/clusterer.h"

typedef enum cs_metric
{
	CS_METRIC_EUCLIDEAN,
	CS_METRIC_MANHATTAN,
	CS_METRIC_COSINE, /* rows have length 1 */
	CS_METRIC_GOWER
} cs_metric;

#define CS_METRIC_NAMES "euclidean|manhattan|cosine|gower"

typedef struct cs_space
{
	cs_metric	metric;
	cs_metric_form form;
	int			from; /* coordinates of rows */
	int			d;    /* coordinates in the space */

	/* gower alone */
	double	   *scale; /* by coordinate */
	int		   *group;    /* category that the coordinate is a level of, -1: none; ascending */
	double	   *half;  /* by category: half its part of the mean */
} cs_space;

/* The space of a metric for rows like those of x; axis may be NULL. */
cs_space *cs_space_new(cs_env *env, cs_metric metric, const cs_matrix *x, const cs_axis *axis);

/* A row in it. */
void cs_space_row(const cs_space *s, const float *row, float *out);

/* A tile of rows in it: from itself, or tile; row and point are room. */
const float *cs_space_tile(const cs_space *s, const float *from, float *tile, float *row, float *point);

/* The distance of two rows of the space. */
double cs_space_distance(const cs_space *s, const float *a, const float *b);

void cs_space_save(const cs_space *s, cs_writer *w);
cs_space *cs_space_load(cs_env *env, cs_value v, int d);

#endif /* CS_METRIC_H */
