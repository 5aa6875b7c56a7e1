/*
 * scoring.h - a call site of a scoring function: model, binding, point of a row.
 *
 * All scoring functions come in four forms: model by name or by value, features
 * as a row or as an array.  What a call site has found out stays in fn_extra.
 */
#ifndef CS_SCORING_H
#define CS_SCORING_H

#include "postgres.h"

#include "fmgr.h"

#include "pg/bind.h"
#include "pg/members.h"
#include "pg/store.h"

typedef struct cs_site
{
	cs_env	   *env;
	const cs_model *m;			/* for the row at hand */
	cs_binding *binding;		/* likewise */
	cs_binding *whole;			/* of the model that was given: the parent of the groups */
	struct cs_labels *labels;	/* by name: present labels, or NULL until asked for */

	/* by name */
	char	   *name;
	Size		name_len;
	cs_moment	moment;
	int64		version_id;

	/* by value */
	void	   *bytes;
	Size		len;

	bool		stable;			/* name or value is a constant of the query */

	/* rows */
	Oid			row_type;
	int32		row_typmod;
	int			natts;
	Datum	   *values;
	bool	   *isnull;
	TupleDesc	row_desc;
	TupleDesc	result_desc;
} cs_site;

/*
 * The site of this call, its model ready (argument 0) and, unless the row is not
 * assignable, the point of argument 1 in site->binding->point.  Returns NULL in
 * that case; why and feature then say why.
 */
extern cs_site *cs_site_of(FunctionCallInfo fcinfo, bool by_name, bool is_row, cs_reject *why, int *feature);

/* The rule that takes the row, or NULL: its segment has no point and no distances. */
extern const struct cs_pin *cs_site_pin(const cs_site *s);

/* The rule with a segment, or NULL. */
extern const struct cs_pin *cs_site_pin_with(const cs_site *s, int segment_id);

/* Label of its segment. */
extern const char *cs_site_pin_label(cs_site *s, const struct cs_pin *p);

/* Label of a cluster, as it is now (by name) or as the value has it. */
extern const char *cs_site_label(cs_site *s, int cluster);

extern int	cs_site_cluster(cs_site *s, int segment_id);

static inline cs_nearest
cs_site_nearest(cs_site *s)
{
	return cs_scorer_nearest(s->m->scorer, s->binding->point, s->binding->score);
}

/* Do the numbers that come with a label mean distances? */
static inline bool
cs_site_has_distances(const cs_site *s)
{
	return s->m->scorer->centers != NULL || s->m->scorer->algorithm->distance != NULL;
}

/* The four entry points of a scoring function. */
#define CS_SCORING_ENTRIES(name) \
	PG_FUNCTION_INFO_V1(clusterseg_##name##_name_row); \
	Datum clusterseg_##name##_name_row(PG_FUNCTION_ARGS) { return name(fcinfo, true, true); } \
	PG_FUNCTION_INFO_V1(clusterseg_##name##_name_array); \
	Datum clusterseg_##name##_name_array(PG_FUNCTION_ARGS) { return name(fcinfo, true, false); } \
	PG_FUNCTION_INFO_V1(clusterseg_##name##_value_row); \
	Datum clusterseg_##name##_value_row(PG_FUNCTION_ARGS) { return name(fcinfo, false, true); } \
	PG_FUNCTION_INFO_V1(clusterseg_##name##_value_array); \
	Datum clusterseg_##name##_value_array(PG_FUNCTION_ARGS) { return name(fcinfo, false, false); } \
	extern int cs_semicolon_eater

#endif							/* CS_SCORING_H */
