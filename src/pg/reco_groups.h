/*
 * reco_groups.h - the groups of customers and items that figures are given for.
 */
#ifndef CS_RECO_GROUPS_H
#define CS_RECO_GROUPS_H

#include "core/reco/comparison.h"
#include "pg/reco_test.h"

/* From so many items in the history on a customer is warm. */
#define CS_WARM_ITEMS 5

typedef struct cs_named_group
{
	cs_group	group;
	char	   *name;
} cs_named_group;

typedef struct cs_groups
{
	int			n;
	cs_named_group *group;		/* the first is everybody */
} cs_groups;

/*
 * All customers, then by names of ways to part them: warmth, history, segment,
 * items.  Anything else is an error.  segments of t get their labels now.
 */
extern cs_groups cs_groups_new(cs_env *env, char **by, int n, const cs_named_group *segment, int segments);

/* The error for a name that is none of these, before any work. */
extern void cs_groups_check(char **by, int n);

/* The segments that a test has met, with labels. */
extern cs_named_group *cs_groups_segments(cs_env *env, const cs_reco_test *t);

#endif							/* CS_RECO_GROUPS_H */
