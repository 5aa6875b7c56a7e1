/*
 * bind.h - rows of any shape against the columns that a model needs.
 */
#ifndef CS_BIND_H
#define CS_BIND_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"

#include "pg/convert.h"
#include "pg/document.h"
#include "pg/model.h"
#include "pg/source.h"

typedef struct cs_bound
{
	int			att;			/* column of the row, from 0 */
	Oid			type;
	cs_conv		conv;
	FmgrInfo   *cast;			/* to real[], for types that need it */
	Oid			config;			/* text search configuration of a text */
} cs_bound;

typedef struct cs_binding
{
	const cs_model *m;
	cs_bound   *column;			/* one per column of the model */
	const cs_kernel *kernel;
	cs_affine  *affine;			/* how plain numbers become points, or NULL */
	bool		single;			/* each of these is a column of its own */
	float	   *raw;
	float	   *point;
	float	   *score;
	cs_terms	terms;			/* of a text */
	double	   *coordinates;	/* room for those of any text */

	/* of a model with groups */
	cs_env	   *env;
	TupleDesc	desc;			/* of the rows */
	cs_bound   *group_column;
	struct cs_binding **group;	/* those of groups with a model of their own, once they were needed */
	int			chosen;			/* group of the row, -1: none */
	StringInfoData code;		/* of its key */

	struct cs_pin_columns *pins;	/* of a model with pinned segments */
	int			pinned;			/* rule that takes the row, -1: none */
} cs_binding;

/* Room for one row at a time; columns are bound separately. */
extern cs_binding *cs_binding_new(cs_env *env, const cs_model *m);

/*
 * Find the model's columns by name in a row type.  Errors when one is missing or
 * has a type of another kind than in training.
 */
extern void cs_bind_columns(cs_env *env, cs_binding *b, TupleDesc desc);

/* The columns of a model as a select list over a source, alias q. */
extern char *cs_bind_select(const cs_source *source, const cs_model *m);

/*
 * Bind them by their place in such a list, behind so many other columns: rows of
 * an executor need not carry names, those of a UNION ALL do not.
 */
extern void cs_bind_selected(cs_env *env, cs_binding *b, const cs_source *source, int others);

/*
 * What comes before each cs_bind_row(): b->pinned, and when that is -1 the binding of the model for the row, by its
 * group: another one than b, with a point of its own, when the group has a model.
 */
extern cs_binding *cs_bind_choose(cs_binding *b, const Datum *value, const bool *isnull);

/* The point of a row, in b->point; else why there is none, and for which feature. */
extern cs_reject cs_bind_row(cs_binding *b, const Datum *value, const bool *isnull, int *feature);

/* b->pinned of such an array; an error when a rule needs what is no feature. */
extern void cs_bind_array_pins(cs_binding *b, Datum array);

/* The point of an array of all features in training order. */
extern cs_reject cs_bind_array(cs_binding *b, Datum array, int *feature);

#endif							/* CS_BIND_H */
