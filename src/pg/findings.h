/*
 * findings.h - what check_source() reports, one row each.
 */
#ifndef CS_FINDINGS_H
#define CS_FINDINGS_H

#include "pg/screen.h"

typedef enum cs_severity
{
	CS_ERROR,					/* train() would fail */
	CS_WARNING,					/* the segments would mislead */
	CS_INFO
} cs_severity;

typedef struct cs_finding
{
	cs_severity severity;
	const char *subject;
	const char *feature;		/* or NULL */
	double		value;
	double		threshold;		/* NaN: none */
	const char *message;
	const char *hint;			/* or NULL */
} cs_finding;

typedef struct cs_findings
{
	int			n;
	int			room;
	cs_finding *list;
} cs_findings;

extern void cs_find(cs_findings *f, cs_finding finding);

/* "transforms => '{...}'" for one feature, its options given as JSON. */
extern char *cs_transform_hint(const char *feature, const char *options);

/* "features => '{...}'": all inputs but one, or words when there are many. */
extern char *cs_leave_out_hint(const cs_dataset *ds, const char *feature);

/* "1 row", "2 rows" */
extern char *cs_rows_text(double n);

/* The rules: of columns by themselves, and of columns beside each other. */
extern void cs_judge_columns(const cs_screen *s, cs_findings *f, bool *usable);
extern void cs_judge_points(const cs_screen *s, int k, const bool *usable, cs_findings *f);

#endif							/* CS_FINDINGS_H */
