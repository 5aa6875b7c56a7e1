/*
 * rule_text.h - trees of rules over the columns of a source, as SQL and in words.
 *
 * A rule's columns are numbers as people have them: a feature's value in the units
 * of its column, 1 or 0 for "is missing" and for each level of a category.  Values
 * are doubles as the source gives them, not yet rounded, so that an SQL condition
 * on the column itself takes the same rows.
 */
#ifndef CS_RULE_TEXT_H
#define CS_RULE_TEXT_H

#include "postgres.h"

#include "core/eval/rules.h"
#include "pg/bind.h"

typedef struct cs_rule_column
{
	int			feature;
	int			z;				/* coordinate of the feature */
} cs_rule_column;

typedef struct cs_rule_columns
{
	const cs_model *m;
	int			q;
	cs_rule_column *column;
	char	  **sql;			/* per feature: the column of the source */
	Oid		   *type;			/* per feature */
	cs_conv	   *conv;
} cs_rule_columns;

/* The columns of a model's rules over a source. */
extern cs_rule_columns *cs_rule_columns_new(cs_env *env, const cs_model *m, const cs_source *source);

/* Their values in the row that was bound last: a cs_extra_fn, arg is not used. */
extern void cs_rule_values(void *arg, const cs_binding *b, const Datum *value, const bool *isnull, double *out);

/* The centres in these columns, k x q. */
extern double *cs_rule_centers(cs_env *env, const cs_rule_columns *c);

/* What leads to a leaf: a condition in SQL, and in words. */
extern char *cs_rule_sql(cs_env *env, const cs_rule_columns *c, const cs_rules *r, int leaf);
extern char *cs_rule_words(cs_env *env, const cs_rule_columns *c, const cs_rules *r, int leaf);

#endif /* CS_RULE_TEXT_H */
