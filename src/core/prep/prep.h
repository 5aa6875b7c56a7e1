/*
 * prep.h - from the features of a row to a point in the space of distances.
 *
 * Each feature is a number, a category or one coordinate of a text (text.h).  A
 * number goes through impute, winsor, log, quantile and scale, in this order; a
 * category becomes one coordinate per level; coordinates of a text are numbers that
 * are scaled together.  What a step needs is fitted at training, kept in the model and
 * replayed for every later row: the point of a row is a function of the row and
 * the model alone.  Asked for, the coordinates are projected on their principal
 * components (prep_axes.c), and the point is what is left of them.
 *
 * Values are single precision from the moment they are read: a row is rounded
 * once, the same way at training and at assignment.  Where a column's mean is so
 * far from zero that this would lose digits, the column's shift is taken off
 * first (cs_feature.shift).
 */
#ifndef CS_PREP_H
#define CS_PREP_H

#include "core/base/doc.h"
#include "core/base/params.h"
#include "core/base/rows.h"
#include "core/prep/text.h"

typedef enum cs_feature_kind
{
	CS_NUMBER,
	CS_CATEGORY,
	CS_TEXT						/* a coordinate of a text */
} cs_feature_kind;

enum
{
	CS_IMPUTE_REJECT,
	CS_IMPUTE_MEAN,
	CS_IMPUTE_MEDIAN,
	CS_IMPUTE_CONSTANT,
	CS_IMPUTE_INDICATOR			/* numbers: median and one more coordinate; categories: a level of its own */
};

enum
{
	CS_LOG_NONE,
	CS_LOG_LOG1P,
	CS_LOG_SIGNED
};

enum
{
	CS_SCALE_DEFAULT,
	CS_SCALE_ZSCORE,
	CS_SCALE_MINMAX,
	CS_SCALE_ROBUST,
	CS_SCALE_NONE,
	CS_SCALE_TOGETHER			/* texts: the variances of all coordinates add up to 1 */
};

/* The options of one feature's transforms. */
extern const cs_param cs_transform_params[];

/* Raw value of a category that training has not seen. */
#define CS_UNSEEN (-1.0f)

/* Bins of the training distribution kept for drift: CS_BINS - 1 cuts. */
#define CS_BINS 10

/* What the feature looked like in training. */
typedef struct cs_feature_stats
{
	double		n;				/* rows with a value */
	double		missing;		/* rows without */
	double		mean;
	double		sd;				/* divisor n */
	double		min;
	double		max;
	double		median;
	double		cut[CS_BINS - 1];	/* deciles (of an even sample above 16384 rows) */
	double		share[CS_BINS];	/* of rows with a value, per bin between cuts */
} cs_feature_stats;

typedef struct cs_feature
{
	char	   *name;
	cs_feature_kind kind;

	/* as asked for */
	int			impute;
	double		value;			/* constant to impute */
	double		winsor_low;		/* quantiles; 0 and 1: off */
	double		winsor_high;
	int			log;
	int			knots;			/* of the quantile transform; 0: off */
	int			scale;
	int			max_levels;
	double		weight;

	/* fitted, numbers */
	double		shift;			/* taken off before rounding to single precision */
	double		fill;			/* imputed value */
	double		low;			/* winsor bounds */
	double		high;
	double	   *knot;			/* ascending */
	double		center;
	double		factor;			/* coordinate = (v - center) * factor */

	/* fitted, categories */
	int			levels;
	char	  **level;			/* level[i] has coordinate i */
	double	   *level_share;	/* of the training rows, others included */
	bool		other;			/* one more coordinate for levels not listed */
	bool		missing_level;	/* one more for NULL */

	int			at;				/* first coordinate */
	int			width;			/* coordinates */
	cs_feature_stats stats;
} cs_feature;

/* Axes to a block: as many sums are carried at once while a point is projected. */
#define CS_AXES 8

/* Principal components of the training rows' coordinates. */
typedef struct cs_components
{
	int			n;
	double	   *mean;			/* taken off before; zeros where points are directions */
	double	   *axis;			/* coordinate z of axis i is axis[cs_axis_at(p, i, z)]; orthonormal */
	double	   *variance;		/* of the training rows along each axis, divisor n - 1, descending */
	double		total;			/* along all there are */
} cs_components;

typedef struct cs_prep
{
	int			n;
	cs_feature *f;
	int			wide;			/* coordinates of the features in all */
	int			d;				/* of a point: wide, or the number of axes */
	cs_components *axes;			/* NULL: points are the coordinates */
	bool		unit_length;	/* points are scaled to length 1 */
	int			texts;
	cs_text_model **text;		/* in the order of their features */
} cs_prep;

/* Where coordinate z of axis i stands: coordinate by coordinate in blocks of axes. */
static inline size_t
cs_axis_at(const cs_prep *p, int i, int z)
{
	return ((size_t) (i / CS_AXES) * (size_t) p->wide + (size_t) z) * CS_AXES + (size_t) (i % CS_AXES);
}

/* Floats of room for a point; where there are axes, the coordinates stand behind it. */
static inline size_t
cs_prep_room(const cs_prep *p)
{
	return (size_t) p->d + (p->axes ? (size_t) p->wide : 0);
}

/* The coordinates of the features behind a point that cs_prep_row made. */
static inline float *
cs_prep_coordinates(const cs_prep *p, float *point)
{
	return p->axes ? point + p->d : point;
}

/* Values of a category while rows are read: code i is level[i]. */
typedef struct cs_levels
{
	int			n;
	char	  **text;
	double	   *count;
} cs_levels;

/* Why a row has no point. */
typedef enum cs_reject
{
	CS_ROW_OK,
	CS_ROW_MISSING,				/* a feature without a value, and no rule to impute it */
	CS_ROW_DOMAIN,				/* log1p of -1 or less */
	CS_ROW_ZERO					/* length 0 where a direction is asked for */
} cs_reject;

/* A feature with its requests from options over cs_transform_params. */
cs_feature	cs_feature_make(cs_env *env, const char *name, cs_feature_kind kind,
							const cs_options *o, int default_scale);

/*
 * The features of a text column, cs_text_width() of them, with their requests.  What
 * the text model itself asks for is set in t; the host sets config.
 */
void		cs_text_features(cs_env *env, const char *name, const cs_options *o, int default_scale, cs_text_model *t,
							 cs_feature *f);
void		cs_text_request(cs_env *env, const char *name, const cs_options *o, cs_text_model *t);

/* What is taken off a number that is not scaled. */
typedef enum cs_centring
{
	CS_CENTRE_NONE,
	CS_CENTRE_MEAN,
	CS_CENTRE_EVEN				/* about the mean: cs_even_centre() */
} cs_centring;

/*
 * About the mean, at a multiple of a power of two: differences from it are exact in single precision where the values
 * are, so that whole numbers stay as far apart as they are, and a distance that equals eps still does.
 */
double		cs_even_centre(double mean, double sd);

/*
 * Fit all features of p to raw rows whose first p->n floats are theirs: NaN is
 * missing, categories hold codes into levels[feature].  Codes in the rows are rewritten to
 * the fitted order of levels (count, then name).  centre: take off means even
 * where nothing is scaled, which distances do not notice.
 */
void		cs_prep_fit(cs_env *env, cs_prep *p, cs_rows *rows, const cs_levels *levels, cs_centring centre);

/*
 * After a fit: is the mean of a number so large against its spread that single
 * precision costs digits?  If the rounding of the rows lost any, read them again
 * with shift set to the mean.
 */
bool		cs_prep_wants_shift(const cs_feature *f);

/* The same before a fit: sets the shifts of lossy features that want one; is there any? */
bool		cs_prep_find_shifts(cs_env *env, cs_prep *p, const cs_rows *rows, const bool *lossy);

/*
 * After a fit: find the principal components of the same rows.  want: how many,
 * or, below 1, the least number that holds so large a share of the variance.
 * Deterministic; O(n wide^2 + wide^3).  Fails where wide is less than want, or
 * where the matrices of wide^2 would take more than memory (0: no limit).
 */
void		cs_prep_fit_axes(cs_env *env, cs_prep *p, const cs_rows *rows, double want, size_t memory);

/* Coordinates to the point; norm: its length before it was made 1 (unit_length), else untouched. */
cs_reject	cs_prep_project(const cs_prep *p, const float *coordinates, float *point, float *norm);

/* The coordinates, wide, that a difference of points stands for: no mean is added. */
void		cs_prep_unproject(const cs_prep *p, const double *point, double *coordinates);

/*
 * Point of one raw row, in cs_prep_room() floats of which p->d are the point.
 * feature: the one to blame, or NULL.
 */
cs_reject	cs_prep_row(const cs_prep *p, const float *raw, float *point, int *feature);

/* The same; norm, when not NULL, is the length before it was made 1 (unit_length), else 1. */
cs_reject	cs_prep_row_norm(const cs_prep *p, const float *raw, float *point, int *feature, float *norm);

/*
 * The transforms of rows that are all numbers without further steps, side by side
 * for cs_kernel.affine; NULL when there are others.  It gives the points of
 * cs_prep_row, bit by bit, and leaves rows with missing values to that.
 */
typedef struct cs_affine
{
	int			n;
	bool		shifted;		/* any shift is not 0 */
	double	   *shift;
	double	   *center;
	double	   *factor;
} cs_affine;

cs_affine  *cs_prep_affine(cs_env *env, const cs_prep *p);

/* Code of a level, or CS_UNSEEN. */
float		cs_feature_code(const cs_feature *f, const char *text, size_t len);

/* Back: value of coordinate c of a feature in the units of the feature (share for categories). */
double		cs_feature_original(const cs_feature *f, int c, double z);

/* The value that a raw number stands for, or NaN. */
static inline double
cs_feature_value(const cs_feature *f, float raw)
{
	return (double) raw + f->shift;
}

/* Name of coordinate c, e.g. channel=web; in env memory. */
char	   *cs_feature_coordinate(cs_env *env, const cs_feature *f, int c);

void		cs_prep_save(cs_env *env, const cs_prep *p, cs_writer *w);
cs_prep    *cs_prep_load(cs_env *env, cs_value v);

#endif							/* CS_PREP_H */
