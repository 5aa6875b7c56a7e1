/*
 * training.h - one training, from rows to a described model, kept between the
 * calls that SQL makes to finish it.
 *
 * SQL drives the life of a model (sql/install/30_train.sql); C does the moving of
 * data.  A training is opened by _fit(), read out by _fit_profile() and
 * _fit_overlap(), written by _fit_write() and closed by _fit_end().  It belongs to
 * the transaction: whatever ends that, ends the training and frees all it holds.
 */
#ifndef CS_TRAINING_H
#define CS_TRAINING_H

#include "postgres.h"

#include "pg/dataset.h"
#include "pg/fit_job.h"
#include "pg/members.h"
#include "pg/parallel.h"

/* Rows per segment below which it is a guess. */
#define CS_FEW_ROWS 50

typedef struct cs_training
{
	MemoryContext cxt;
	cs_env	   *env;
	bool		busy;			/* _fit() is at work on it */
	char	   *name;			/* of the model */
	cs_dataset *ds;
	cs_slabs   *slabs;
	cs_fit_outcome outcome;
	int			team;			/* processes that took part */
	cs_model	model;			/* without scorer until fitted */
	cs_scorer  *scorer;
	int32_t    *label;			/* per row, in the order of the matrix; -1: noise */
	double	   *count;			/* rows of the matrix per cluster: of a sample, not the model's sizes */
	double		noise;			/* rows without a segment */

	/* the model before this one, when it can score the same rows */
	cs_model   *former;
	int32_t    *former_label;	/* per row in key order: its cluster, or -1 */
	uint8	   *former_near;	/* one bit each: within the reach of that segment */

	/* rows in common with the former members: [former segment][cluster] */
	int			n_before;		/* former segment ids */
	int		   *before_id;
	double	   *overlap;
	double	   *before_size;

	/* groups of the rows (grouping.h): what is above is the parent's, of all rows */
	bool		of_group;		/* this is the training of one: it speaks by its group's note */
	bool		stranger;		/* former scores the rows, but is not this one's predecessor */
	struct cs_grouping *grouping;
	cs_model   *whole;			/* all segments: those of groups and pinned ones as well */

	double		seconds_read;
	double		seconds_prepare;
	double		seconds_fit;
	double		seconds_groups;
	double		seconds_label;
} cs_training;

/* An algorithm by its name, or an error that lists all. */
extern const cs_clusterer *cs_algorithm_named(const char *name);

/* Bytes that training may take: the option memory, else maintenance_work_mem. */
extern size_t cs_memory_budget(const cs_options *common);

/* What of it is left beside the points, for the algorithm. */
extern size_t cs_memory_left(const cs_dataset *ds);

/* Bytes per row that the algorithm's arena takes, and our own labels. */
extern size_t cs_row_overhead(const cs_clusterer *a, int k);

/* The training under way, or an error. */
extern cs_training *cs_training_current(void);

/* A new one; a former one is closed. */
extern cs_training *cs_training_begin(void);
extern void cs_training_end(void);

/* Labels and distances of block b of the matrix: by the fit where it tells, else by the model. */
extern void cs_training_block(cs_training *t, int b, cs_near_block *near);

/* Steps, in order.  _fit() has more to do in between; select_k() ends with the fit. */
struct cs_train_request;
extern void cs_training_warn(const cs_training *t, const struct cs_train_request *r);
extern void cs_training_fit(cs_training *t, const struct cs_train_request *r);
extern void cs_training_label(cs_training *t);
extern void cs_training_overlap(cs_training *t, const char *members_query, const char *owner);
extern int	cs_training_name_segments(cs_training *t, int next_id);	/* the next id that is free */

/* Pinned segments, with the ids that rules of their name had, or new ones; the next one. */
extern int	cs_training_pin(cs_training *t, int next_id);

/* Write the rows that are pinned. */
extern void cs_training_write_pinned(cs_training *t, cs_member_writer *w);

/* The first half of naming: ids of before for clusters that are segments of before, 0 for others. */
extern void cs_training_match_segments(cs_training *t);

/* Ids from next_id on for clusters that have none, the largest first unless they have names; the next one. */
extern int	cs_number_segments(const double *size, int k, bool named, int *id, int next_id);

/* The former model's own labels of today's rows as former members. */
extern void cs_training_overlap_by_model(cs_training *t);

/* One line of a profile, of a cluster. */
#define CS_PROFILE_FIGURES 9
typedef struct cs_profile_line
{
	int			cluster;
	const char *feature;
	const char *category;		/* NULL for numbers */
	double		n;

	/* mean, median, p5, p95, overall_mean, overall_sd, effect, lift, v_test; NaN is NULL */
	double		figure[CS_PROFILE_FIGURES];
} cs_profile_line;

typedef void (*cs_profile_fn) (void *arg, const cs_profile_line *l);

extern void cs_training_profile(cs_training *t, cs_profile_fn fn, void *arg);

/*
 * Of a training on a sample: one more pass over the source, so that sizes, radii
 * and objective are those of all rows.
 */
extern void cs_training_count_all(cs_training *t);

/* The former model over rows as they are packed: a cs_raw_fn, and its argument. */
typedef struct cs_former cs_former;

/* NULL when it needs a feature that this training does not have. */
extern cs_former *cs_former_new(cs_training *t);
extern void cs_former_score(void *arg, const float *raw, size_t i);

/* A NOTICE that names the other numbers of segments that are as good, if any. */
extern void cs_training_say_ties(const cs_fit_outcome *o);

/* What training measured. */
extern Jsonb *cs_training_metrics(const cs_training *t);

/* Key row of matrix row i. */
static inline size_t
cs_training_row(const cs_training *t, size_t i)
{
	return cs_matrix_origin(t->ds->matrix, i);
}

/* The rows as coordinates of the features, and which of them is row i of the matrix. */
static inline const cs_matrix *
cs_training_coordinates(const cs_training *t)
{
	return t->ds->coordinates ? t->ds->coordinates : t->ds->matrix;
}

static inline size_t
cs_training_coordinate_row(const cs_training *t, size_t i)
{
	return t->ds->coordinates ? cs_training_row(t, i) : i;
}

#endif							/* CS_TRAINING_H */
