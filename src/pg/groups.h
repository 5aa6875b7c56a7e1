/*
 * groups.h - models of groups of rows within a model value.
 *
 * A model that was trained by groups is one value: the model of all rows, called
 * the parent, and for every group that was large enough a model of its own with
 * the same features.  A group is told by the texts of some columns, NULL being a
 * value like any other.  A row belongs to the model of its group; to the parent
 * where the group has none, or was never seen.
 *
 * In the document (model.h), object "groups":
 *	columns		list of texts
 *	assigned	rows of each cluster of the parent that belong to it: of groups without a model
 *	list		one {key, rows, skipped, silhouette, note, reason, model} per group, in the order
 *				of the keys; key is a list of texts or nulls, reason says why it has no
 *				model, which is {prep, fit, segments} as of a model
 *
 * Clusters of the whole are numbered: those of the parent first, then group by group, then pinned segments.
 */
#ifndef CS_GROUPS_H
#define CS_GROUPS_H

#include "postgres.h"

#include "lib/stringinfo.h"

#include "pg/model.h"

/* Groups of one model, at most. */
#define CS_GROUPS_MOST 100000

typedef struct cs_group
{
	char	   *code;			/* the key as one text (cs_group_code) */
	char	  **key;			/* a text per column; NULL for NULL */
	double		rows;			/* in training */
	double		skipped;
	double		silhouette;		/* NaN: none */
	char	   *note;			/* what users should know of how it was done, or NULL */
	char	   *reason;			/* why it has no model of its own, or NULL */
	cs_value	doc;			/* its model; tag 0: none */
	cs_model   *m;				/* the same, once it was needed */
	int			first;			/* number of its first cluster in the whole */
	int			k;				/* 0 without a model of its own */
} cs_group;

typedef struct cs_groups
{
	cs_env	   *env;
	int			columns;
	char	  **column;
	int			n;
	cs_group   *group;			/* by code */
	double	   *assigned;
	int			k;				/* clusters of the whole */
} cs_groups;

/*
 * Keys as one text, which tells them apart and orders them, NULL first: one call per
 * column.
 */
extern void cs_group_code(StringInfo code, const char *text, int len);

/* The texts behind a code. */
extern char **cs_group_key(cs_env *env, const char *code, int columns);

/* Number of a group, or -1. */
extern int	cs_groups_find(const cs_groups *g, const char *code);

/* Groups of a model, if it has any, in m->groups; their models stay unread. */
extern void cs_groups_load(cs_env *env, cs_model *m, cs_value root);

/* Read the models of all groups, and check the whole. */
extern void cs_groups_load_all(cs_env *env, cs_model *m);

/* The model for group g (-1: one never seen): its own, else the parent. */
extern cs_model *cs_model_of_group(cs_model *parent, int g);

/* The object "groups"; where a group has a doc, ids and labels of its segments are those of its m. */
extern void cs_groups_save(const cs_groups *g, int parent_k, cs_writer *w);

/*
 * All clusters as one model for those who list them: ids, labels, sizes of the rows that belong to them, radius,
 * reach.  Transforms and scorer are the parent's.  A model without groups and pinned segments is its own whole.
 */
extern cs_model *cs_model_whole(cs_env *env, cs_model *m);

/* A cluster of a group, and the runner-up, as clusters of the whole. */
static inline void
cs_nearest_shift(cs_nearest *n, int first)
{
	n->label += n->label >= 0 ? first : 0;
	n->label2 += n->label2 >= 0 ? first : 0;
}

/* An error unless values of the type can tell groups. */
extern void cs_group_check_type(Oid type, const char *column);

/* The text of a value of such a type. */
extern const char *cs_group_text(Oid type, Datum d, int *len);

/* What people call a group: its values, (none) for NULL. */
extern char *cs_group_name(const cs_group *g, int columns);

/* The columns, for messages. */
extern char *cs_groups_columns(const cs_groups *g);

/* For what takes one model: an error that asks for a group. */
extern void cs_model_refuse_groups(const cs_model *m);

#endif							/* CS_GROUPS_H */
