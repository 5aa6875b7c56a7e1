/*
 * mixture.h - a mixture of Gaussians: densities, scoring, its place in a model.
 */
#ifndef CS_MIXTURE_H
#define CS_MIXTURE_H

#include "core/cluster/clusterer.h"

/* Forms of covariance. */
enum
{
	CS_FULL,
	CS_TIED,
	CS_DIAGONAL,
	CS_SPHERICAL
};

typedef struct cs_mixture
{
	int			k;
	int			d;
	int			covariance;
	size_t		packed;			/* numbers of a covariance or factor: d (d + 1) / 2, or d */
	double	   *weight;			/* k, adding up to 1 */
	double	   *mean;			/* k x d */
	double	   *factor;			/* k x packed: inverse of the Cholesky factor of the covariance */
	double	   *constant;		/* log weight + log of the density where it is highest */
} cs_mixture;

static inline bool
cs_mixture_diagonal(const cs_mixture *m)
{
	return m->covariance >= CS_DIAGONAL;
}

/* Numbers of one covariance. */
size_t		cs_mixture_packed(int covariance, int d);

cs_mixture *cs_mixture_new(cs_env *env, int covariance, int k, int d);

/*
 * Covariances (packed, of every component; tied: the first) in m->factor become
 * factors; CS_E_NUMERIC when one is not positive definite.  O(k d^3).
 */
void		cs_mixture_factors(cs_env *env, cs_mixture *m);

/* That error. */
void		cs_mixture_collapsed(cs_env *env) __attribute__((noreturn));

/* Descriptor functions; fit->extra is a cs_mixture. */
void		cs_mixture_save(cs_env *env, const cs_fit *fit, cs_writer *w);
void		cs_mixture_load(cs_env *env, cs_value fit, cs_scorer *s);
int			cs_mixture_label(const cs_scorer *s, const float *row, float *score);
cs_nearest	cs_mixture_nearest(const cs_scorer *s, const float *row, float *score);
double		cs_mixture_distance(const cs_scorer *s, const float *row, int cluster, float *score);
void		cs_mixture_probability(const cs_scorer *s, const float *row, float *score, double *p);

#endif							/* CS_MIXTURE_H */
