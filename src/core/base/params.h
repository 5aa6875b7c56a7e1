/*
 * params.h - the table of an algorithm's options, and values for it.
 *
 * One table drives validation, error texts, the relation of algorithms and the
 * reference pages.  A table ends with an entry without a name.
 */
#ifndef CS_PARAMS_H
#define CS_PARAMS_H

#include "core/base/env.h"

typedef enum cs_param_type
{
	CS_P_INT,
	CS_P_REAL,
	CS_P_BOOL,
	CS_P_ENUM,					/* one of choices */
	CS_P_MATRIX,				/* array of equally long arrays of numbers */
	CS_P_OBJECT,				/* object of text values */
	CS_P_TEXTS,					/* array of texts */
	CS_P_TEXT,					/* one text */
	CS_P_RULES					/* array of objects {"name": text, "where": text} */
} cs_param_type;

typedef struct cs_param
{
	const char *name;
	cs_param_type type;
	double		def;			/* default; for enums the number of the choice */
	double		min;			/* inclusive bounds of numbers */
	double		max;
	const char *choices;		/* enums: "a|b|c" */
	const char *help;			/* one line: meaning, unit, what the default means */
} cs_param;

typedef struct cs_option
{
	bool		set;			/* given by the user rather than defaulted */
	double		number;			/* numbers, booleans, number of an enum's choice */
	double	   *cell;			/* matrices: rows x cols */
	int			rows;
	int			cols;
	char	  **key;			/* objects: rows pairs; rules: names */
	char	  **text;			/* values of objects, elements of texts: rows; a text: one; rules: conditions */
} cs_option;

typedef struct cs_options
{
	const cs_param *table;
	cs_option  *value;			/* parallel to the table */
} cs_options;

int			cs_params_count(const cs_param *table);

/* Number of the named entry, or -1. */
int			cs_params_find(const cs_param *table, const char *name);

/* Number of a choice of an enum, or -1. */
int			cs_param_choice(const cs_param *p, const char *text);

/* Name of choice number i of an enum. */
const char *cs_param_choice_name(cs_env *env, const cs_param *p, int i);

cs_options *cs_options_new(cs_env *env, const cs_param *table);

/* Values by name; the name must be in the table. */
const cs_option *cs_option_get(const cs_options *o, const char *name);

static inline double
cs_option_real(const cs_options *o, const char *name)
{
	return cs_option_get(o, name)->number;
}

static inline int
cs_option_int(const cs_options *o, const char *name)
{
	return (int) cs_option_get(o, name)->number;
}

#endif							/* CS_PARAMS_H */
