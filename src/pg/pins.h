/*
 * pins.h - rows that rules put into segments, before any clustering.
 *
 * A rule is a name and a condition on columns of the row (core/prep/predicate.h);
 * the first one that holds decides.  Such rows are no part of what clusters learn
 * from, and have no distance.  In the document (model.h): "pinned", a list of
 * {name, where, id, label, rows}.
 */
#ifndef CS_PINS_H
#define CS_PINS_H

#include "postgres.h"

#include "access/tupdesc.h"

#include "core/base/params.h"
#include "core/prep/predicate.h"
#include "pg/convert.h"
#include "pg/model.h"

/* Rules of one model, at most. */
#define CS_PINS_MOST 100

typedef struct cs_pin
{
	char	   *name;
	char	   *where;
	cs_predicate *condition;
	int		   *column;			/* of the set, per column of the condition */
	int			id;
	char	   *label;
	double		rows;			/* in training */
} cs_pin;

typedef struct cs_pins
{
	int			n;
	cs_pin	   *pin;
	int			columns;		/* of all conditions */
	char	  **column;
} cs_pins;

/* From the option of that name; NULL: none.  Errors: a condition that is none, a name twice. */
extern cs_pins *cs_pins_of_option(cs_env *env, const cs_option *o);

/* From a document, into m->pins. */
extern void cs_pins_load(cs_env *env, cs_model *m, cs_value root);
extern void cs_pins_save(const cs_pins *p, cs_writer *w);

/* The columns of rows. */
typedef struct cs_pin_columns
{
	const cs_pins *pins;
	int		   *att;
	Oid		   *type;
	cs_operand_value *value;	/* of all columns */
	cs_operand_value *part;		/* of those of one condition */
} cs_pin_columns;

/* Room for them; att is to be filled by those who know. */
extern cs_pin_columns *cs_pin_columns_new(cs_env *env, const cs_pins *p);

/* Columns by their place in a row type, with att set: an error when a type does not fit a condition. */
extern void cs_pin_columns_check(cs_pin_columns *c, TupleDesc desc);

/* The rule that takes a row, or -1. */
extern int	cs_pin_of_row(cs_pin_columns *c, const Datum *value, const bool *isnull);

/* The same with the values in c->value. */
extern int	cs_pin_of_values(cs_pin_columns *c);

/* Rule with the name, or NULL. */
extern const cs_pin *cs_pin_named(const cs_pins *p, const char *name);

#endif							/* CS_PINS_H */
