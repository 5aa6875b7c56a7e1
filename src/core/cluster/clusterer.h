/*
 * clusterer.h - what an algorithm of segmentation is to the rest.
 *
 * One descriptor per algorithm: its name, its options, how to fit, how the
 * fitted thing is written into a model value and read back, and how a row finds
 * its cluster.  registry.c lists them; nothing else knows their names.
 *
 * fit() runs SPMD: every member of the team calls it with the same arguments
 * and gets the same result.  Rows are points of a cs_matrix in the scaled space
 * that src/core/prep made of the features.
 */
#ifndef CS_CLUSTERER_H
#define CS_CLUSTERER_H

#include "core/base/centers.h"
#include "core/base/doc.h"
#include "core/base/params.h"
#include "core/base/team.h"

#include <math.h>

struct cs_clusterer;

/* What a coordinate of the rows stands for. */
typedef struct cs_axis
{
	int			feature;		/* number of the feature that it belongs to */
	bool		level;			/* one level of a category: sqrt(weight), or 0 */
	float		weight;			/* of the feature */
} cs_axis;

typedef struct cs_fit_args
{
	const cs_matrix *x;
	int			k;
	uint64_t	seed;
	const cs_options *options;
	const double *start;		/* k x d given centres, or NULL */
	const int32_t *warm;		/* per row, in its first order: cluster by the former model or -1; NULL: none */
	int			warm_k;
	size_t		memory;			/* bytes that fit() may take beside x and the arena; 0: no limit */
	bool		noise_alone;	/* that all rows are noise, k = 0 without anything else, is an answer and no error */
	const cs_axis *axis;		/* one per coordinate; NULL: each is a number and a feature, of weight 1 */
} cs_fit_args;

/* What a row is to its cluster, where an algorithm tells. */
typedef enum cs_point
{
	CS_POINT_UNTOLD,
	CS_POINT_CORE,
	CS_POINT_BORDER,
	CS_POINT_NOISE,
	CS_POINT_OUTLIER			/* beyond the option max_radius */
} cs_point;

/* A figure of a fit, told in the version's metrics. */
#define CS_MEASURES 8
typedef struct cs_measure_of
{
	const char *name;
	double		value;
} cs_measure_of;

typedef struct cs_fit
{
	const struct cs_clusterer *algorithm;
	int			k;
	int			d;
	int			iterations;		/* passes of the run that won */
	bool		converged;
	bool		warm;			/* the run started from the former model won */
	double		objective;		/* what the algorithm minimises, e.g. inertia */
	double	   *center;			/* k x d, or NULL for models without centres */
	double		max_radius;		/* of the scorer to be; fit() knows nothing of it */
	void	   *extra;			/* the algorithm's own */
	const char *note;			/* what users should know of how it was done, or NULL */
	const char *note_hint;		/* what they can do about it; NULL: give more memory */
	bool		note_warns;		/* what it tells is a warning */

	/* By what to choose between numbers of clusters, the least (BIC); 0 or NaN: by the common rule. */
	double		criterion;
	cs_measure_of measure[CS_MEASURES];	/* what else is worth telling; name NULL: the end */
	const char *figure_name;	/* what each cluster has a figure of, or NULL; only the leader's counts */
	const double *figure;		/* k of them */

	/*
	 * With CS_OWN_LABELS (a tree that was cut, density), and where options bound the
	 * sizes of clusters (then every member has label): where the rows of x
	 * belong, n entries each, in the order of x; only the leader's count.  All but
	 * label may be NULL.  Without, rows go where the fitted model puts them.
	 */
	int32_t    *label;			/* cluster, or -1: noise */
	float	   *distance;		/* squared, as d1 of nearest() */
	uint8_t    *point;			/* a cs_point */
	float	   *outlier;		/* how much of an outlier, 0 .. 1 */
} cs_fit;

/* A model read back, ready to score rows. */
typedef struct cs_scorer
{
	const struct cs_clusterer *algorithm;
	int			k;
	int			d;
	cs_centers *centers;		/* NULL for models without centres */
	double		max_radius;		/* rows farther than that (cs_scorer_seen()) are in no cluster; 0: none are */
	size_t		room;			/* floats of score that label() and nearest() need; 0: those of the centres */
	void	   *extra;
} cs_scorer;

enum
{
	CS_NEEDS_K = 1,				/* has a number of clusters to choose */
	CS_UNIT_LENGTH = 2,			/* rows are scaled to length 1: directions, cosine */
	CS_RAW = 4,					/* works on unscaled features */
	CS_ANY_K = 8,				/* a model of k clusters also answers for fewer */
	CS_NOISE = 16,				/* may leave rows out: label -1 */
	CS_OWN_LABELS = 32,			/* fit() says where the rows belong */
	CS_OWN_OBJECTIVE = 64,		/* centres or not, what it minimises are not squared distances to them */
	CS_MIXED = 128				/* takes categories apart from numbers, so coordinates must not be mixed */
};

typedef struct cs_clusterer
{
	const char *name;
	const char *summary;
	unsigned	flags;
	const cs_param *params;

	void		(*fit) (cs_env *env, cs_team *team, const cs_fit_args *args, cs_fit *out);

	/*
	 * The same rows for another k (of args) from a fit that was made of them; or NULL.
	 * Every member calls it; it must not meet the others.
	 */
	void		(*recut) (cs_env *env, const cs_fit_args *args, const cs_fit *from, cs_fit *out);

	/* Do these options ask for rows of length 1, as CS_UNIT_LENGTH does? NULL: no. */
	bool		(*directions) (const cs_options *options);

	/* Do these options decide on the number of clusters, whatever k is? NULL: never. */
	bool		(*decides_k) (const cs_options *options);

	/* Bytes of team arena that fit needs. */
	size_t		(*arena) (size_t n, int d, int k);

	/* The same where it depends on the options; arena is then what grows with n.  Or NULL. */
	size_t		(*arena_for) (cs_env *env, const cs_options *options, size_t n, int d, int k);

	/* Fields of the object "fit" of a model value, centres excepted. */
	void		(*save) (cs_env *env, const cs_fit *fit, cs_writer *w);

	/* Fill scorer->extra from them; k, d and centres are set. */
	void		(*load) (cs_env *env, cs_value fit, cs_scorer *scorer);

	/*
	 * Scoring without regard to max_radius, see cs_scorer_label(); score is room for
	 * cs_scorer_room() floats.  Noise has label -1, infinite d1, and the cluster that
	 * it is nearest to as label2 with d2.
	 */
	int			(*label) (const cs_scorer *s, const float *row, float *score);
	cs_nearest	(*nearest) (const cs_scorer *s, const float *row, float *score);
	void		(*block) (const cs_scorer *s, const cs_run *run, cs_near_block *out);

	/* Squared distance of a row to a cluster; NULL: to its centre. */
	double		(*distance) (const cs_scorer *s, const float *row, int cluster, float *score);

	/*
	 * A coordinate's part of the distance to a cluster, which explanations add up;
	 * NULL: the squared difference from its centre.
	 */
	double		(*part) (const cs_scorer *s, const float *row, int cluster, int coordinate);

	/* Probabilities of all k clusters; NULL: of centres, as a mixture of equal spheres. */
	void		(*probability) (const cs_scorer *s, const float *row, float *score, double *p);

	/* With CS_ANY_K: cluster of the full model to representative among kk. */
	void		(*cut) (const cs_scorer *s, int kk, int *representative);

	/* What a row's feature speaks for, where centres cannot tell; or NULL. */
	char	   *(*explain) (cs_env *env, const cs_scorer *s, const float *row, int feature);

	/* Text of a cluster by its number, for models that name their clusters; or NULL. */
	const char *(*cluster_name) (const cs_scorer *s, int cluster);
} cs_clusterer;

/* The option of all algorithms whose clusters have a place that distances are from. */
#define CS_MAX_RADIUS_PARAM \
	{"max_radius", CS_P_REAL, 0, 0, 1e30, NULL, "largest distance at which a row belongs to its segment; without it any"}

extern const cs_clusterer *const cs_clusterers[];	/* ends with NULL */

const cs_clusterer *cs_clusterer_find(const char *name);

/* Does a fit say where its rows belong?  The same on every member of the team. */
static inline bool
cs_fit_labels(const cs_fit *f)
{
	return f->algorithm->flags & CS_OWN_LABELS || f->label != NULL;
}

/* Are rows scaled to length 1? */
bool		cs_clusterer_directions(const cs_clusterer *a, const cs_options *options);

/* A scorer straight from a fit, or from the fields of a model value. */
cs_scorer  *cs_scorer_of_fit(cs_env *env, const cs_fit *fit);
cs_scorer  *cs_scorer_load(cs_env *env, cs_value fit);

/* The object "fit" of a model value. */
void		cs_fit_save(cs_env *env, const cs_fit *fit, cs_writer *w);

/* Bytes of arena that fitting takes. */
size_t		cs_clusterer_arena(cs_env *env, const cs_clusterer *c, const cs_options *options, size_t n, int d, int k);

/* A squared distance as users see it. */
static inline double
cs_scorer_seen(const cs_scorer *s, double d)
{
	return s->algorithm->flags & CS_UNIT_LENGTH ? d / 2 : sqrt(d);
}

/*
 * Where rows belong: label(), nearest() and block() within max_radius.  Beyond it
 * the label is -1, d1 is finite as it is of no noise, and label2 and d2 are of the
 * nearest cluster.
 */
int			cs_scorer_label(const cs_scorer *s, const float *row, float *score);
cs_nearest	cs_scorer_nearest(const cs_scorer *s, const float *row, float *score);
void		cs_scorer_block(const cs_scorer *s, const cs_run *run, cs_near_block *out);

/* The largest distance that the options allow, or 0. */
double		cs_clusterer_radius(const cs_clusterer *a, const cs_options *options);

/* Squared distance to a cluster; NaN where a model has none. */
double		cs_scorer_distance(const cs_scorer *s, const float *row, int cluster, float *score);

/* Floats of score. */
size_t		cs_scorer_room(const cs_scorer *s);

/* Buffers for block(). */
cs_near_block *cs_near_block_for(cs_env *env, const cs_scorer *s);

/* block() by nearest(), row by row, for descriptors. */
void		cs_by_row_block(const cs_scorer *s, const cs_run *run, cs_near_block *out);

/* Scoring by centres alone, for descriptors. */
int			cs_by_center_label(const cs_scorer *s, const float *row, float *score);
cs_nearest	cs_by_center_nearest(const cs_scorer *s, const float *row, float *score);
void		cs_by_center_block(const cs_scorer *s, const cs_run *run, cs_near_block *out);

#endif							/* CS_CLUSTERER_H */
