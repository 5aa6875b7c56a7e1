/*
 * mixed.h - rows of numbers and categories as numbers and codes.
 *
 * Points have one coordinate for each level of a category.  Here the levels of one
 * category are one code, its number among them, or -1 for a level that training has not
 * seen; the codes follow the numbers.  Rows are compared by squares of the numbers'
 * differences, and a price for each code that differs (kernel: mixed_nearest).
 */
#ifndef CS_MIXED_H
#define CS_MIXED_H

#include "core/cluster/clusterer.h"

typedef struct cs_mixed
{
	int			from;			/* coordinates of points */
	int		   *group;			/* category that the coordinate is a level of, -1: a number; ascending */
	int			numbers;
	int			codes;
	float	   *price;			/* by code */
} cs_mixed;

/* axis may be NULL; prices are those of a difference of weight 1 that costs gamma. */
cs_mixed   *cs_mixed_new(cs_env *env, int d, const cs_axis *axis, double gamma);

static inline int
cs_mixed_width(const cs_mixed *m)
{
	return m->numbers + m->codes;
}

/* A point, whose coordinates are step apart, as numbers and codes, likewise. */
void		cs_mixed_row(const cs_mixed *m, const float *point, size_t step, float *out);

/* Half the mean standard deviation of the numbers, as Huang has it; 1 without numbers. */
double		cs_mixed_gamma(cs_env *env, const cs_matrix *x, const cs_axis *axis);

/* For descriptors; the fit's extra is its cs_mixed. */
void		cs_mixed_save(cs_env *env, const cs_fit *fit, cs_writer *w);
void		cs_mixed_load(cs_env *env, cs_value fit, cs_scorer *s);
int			cs_mixed_label(const cs_scorer *s, const float *row, float *score);
cs_nearest	cs_mixed_nearest(const cs_scorer *s, const float *row, float *score);
void		cs_mixed_block(const cs_scorer *s, const cs_run *run, cs_near_block *out);
double		cs_mixed_distance(const cs_scorer *s, const float *row, int cluster, float *score);
double		cs_mixed_part(const cs_scorer *s, const float *row, int cluster, int coordinate);

#endif							/* CS_MIXED_H */
