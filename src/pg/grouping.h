/*
 * grouping.h - the part of a training that makes a model per group (groups.h).
 *
 * The source is read once.  Group after group is then trained on a copy of its
 * rows, by the whole team where that pays, and all that stays of it is its part
 * of the model value, its profile, and what became of each row.  The parent comes
 * last, in the memory that the rows had.  A group that is too small, or whose
 * rows an algorithm refuses, belongs to the parent, and the reason is kept.
 */
#ifndef CS_GROUPING_H
#define CS_GROUPING_H

#include "postgres.h"

#include "pg/groups.h"
#include "pg/train_request.h"
#include "pg/training.h"

/* Row of no segment because it could not be assigned. */
#define CS_LEFT_OUT (-2)

typedef struct cs_grouping
{
	cs_groups  *groups;			/* also model.groups of the training, once all is known */
	cs_model   *whole;			/* all clusters */

	/* rows in key order, left out ones included */
	size_t		n;
	Datum	   *key;
	float	   *weight;			/* NULL: all 1 */
	uint32	   *row;			/* rows of group g: row[start[g]] .. row[start[g + 1] - 1], ascending */
	size_t	   *start;
	int32	   *group;
	int32	   *label;			/* cluster of its group's model, -1: noise, or CS_LEFT_OUT */
	int32	   *label2;
	double	   *d1;
	double	   *d2;
	uint8	   *point;
	float	   *outlier;		/* NaN: not told */
	int32	   *before;			/* segment by the former model, or 0 */
	int32	   *member;			/* segment of the former members, or 0 */

	/* of the former members */
	int			n_before;
	int		   *before_id;		/* ascending */
	double	   *before_size;

	cs_profile_line *line;		/* of groups with a model; cluster counts within the group */
	int		   *line_group;
	size_t		lines;
	size_t		line_room;

	double		rows;			/* assigned, noise included */
	double		noise;
	double		objective;		/* squared distances, weighted; NaN: they mean nothing */
	double		silhouette;		/* mean over the rows of groups with a model; NaN: none */
	int			iterations;
	bool		converged;
	int			own;			/* groups with a model */
} cs_grouping;

/* Rows are in key order, nothing is fitted yet: trains the groups.  keep_k: each with the k of its former model. */
extern void cs_grouping_begin(cs_training *t, const cs_train_request *r, const char *former_members, const char *owner,
							  bool keep_k);

/* Reads the former members. */
extern void cs_grouping_members(cs_training *t, const char *query, const char *owner);

/* The parent is trained and has its ids: gives ids to the segments of groups; the next one. */
extern int	cs_grouping_finish(cs_training *t, int next_id);

/* Lines of the profiles of groups, cluster numbers of the whole. */
extern void cs_grouping_profile(const cs_grouping *g, cs_profile_fn fn, void *arg);

/* Customers in common between former segments and those of the whole, where there are any. */
typedef void (*cs_overlap_fn) (void *arg, int former_id, int id, double customers, double former_size, double size);
extern void cs_grouping_overlap(cs_training *t, cs_overlap_fn fn, void *arg);

/* Write all assigned rows. */
extern void cs_grouping_write(cs_training *t, cs_member_writer *w);

#endif							/* CS_GROUPING_H */
