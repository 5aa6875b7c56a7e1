/*
 * predicate.h - conditions on the columns of a row, in a small part of SQL.
 *
 *	condition	comparison | NOT condition | condition AND condition | condition OR condition | (condition)
 *	comparison	column < <= = <> != >= > constant | column [NOT] BETWEEN number AND number
 *				| column [NOT] IN (constant, ...) | column IS [NOT] NULL | column
 *	column		name, folded to lower case | "Name"
 *	constant	number | 'text' | TRUE | FALSE
 *
 * The constants that a column is compared with make it a number, a text (for =, <>
 * and IN) or a boolean (which may stand alone).  NULL makes a comparison unknown, as
 * in SQL; a condition holds when it is true.  A text is read each time a model is,
 * so nothing of it is ever run by the server.
 */
#ifndef CS_PREDICATE_H
#define CS_PREDICATE_H

#include "core/base/env.h"

/* Bytes of a condition, and nesting, at most. */
#define CS_PREDICATE_BYTES 10000
#define CS_PREDICATE_DEPTH 64

typedef enum cs_operand
{
	CS_ANY_OPERAND,				/* only asked whether it is NULL */
	CS_NUMBER_OPERAND,
	CS_TEXT_OPERAND,
	CS_BOOL_OPERAND
} cs_operand;

typedef struct cs_predicate_column
{
	char	   *name;
	cs_operand	kind;
} cs_predicate_column;

typedef struct cs_predicate
{
	int			columns;
	cs_predicate_column *column;
	int			nodes;
	struct cs_predicate_node *node;	/* the last one is the whole */
	unsigned char *answer;		/* room for one per node */
} cs_predicate;

/* Value of a column: text for texts, else number (1 and 0 of a boolean). */
typedef struct cs_operand_value
{
	bool		null;
	double		number;
	const char *text;
	size_t		len;
} cs_operand_value;

/* NULL when the text is no condition: then wrong says why, and at is the byte it is about. */
cs_predicate *cs_predicate_parse(cs_env *env, const char *text, const char **wrong, int *at);

/* Is it true?  One value per column. */
bool		cs_predicate_holds(const cs_predicate *p, const cs_operand_value *v);

#endif							/* CS_PREDICATE_H */
