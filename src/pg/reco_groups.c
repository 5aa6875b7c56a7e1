/*
 * reco_groups.c - groups by name (see reco_groups.h).
 */
#include "postgres.h"

#include <limits.h>

#include "pg/reco_groups.h"

#define ANY_SEGMENT (-1)

typedef struct standard
{
	const char *by;
	const char *name;
	cs_item_class class;
	int			from;
	int			to;
} standard;

static const standard standards[] = {
	{"warmth", "cold", CS_ITEMS_ALL, 0, 0},
	{"warmth", "warming", CS_ITEMS_ALL, 1, CS_WARM_ITEMS - 1},
	{"warmth", "warm", CS_ITEMS_ALL, CS_WARM_ITEMS, INT_MAX},
	{"history", "history 0", CS_ITEMS_ALL, 0, 0},
	{"history", "history 1", CS_ITEMS_ALL, 1, 1},
	{"history", "history 2", CS_ITEMS_ALL, 2, 2},
	{"history", "history 3-5", CS_ITEMS_ALL, 3, 5},
	{"history", "history 6-10", CS_ITEMS_ALL, 6, 10},
	{"history", "history 11-20", CS_ITEMS_ALL, 11, 20},
	{"history", "history 21-50", CS_ITEMS_ALL, 21, 50},
	{"history", "history over 50", CS_ITEMS_ALL, 51, INT_MAX},
	{"items", "repeat items", CS_ITEMS_REPEAT, 0, INT_MAX},
	{"items", "new items", CS_ITEMS_NEW, 0, INT_MAX},
	{"items", "cold items", CS_ITEMS_COLD, 0, INT_MAX}
};

#define STANDARDS ((int) lengthof(standards))

void
cs_groups_check(char **by, int n)
{
	for (int i = 0; i < n; i++)
		if (by[i] == NULL || (strcmp(by[i], "segment") != 0 && strcmp(by[i], "warmth") != 0 &&
							  strcmp(by[i], "history") != 0 && strcmp(by[i], "items") != 0))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 by[i] ? errmsg("customers cannot be grouped by \"%s\"", by[i]) : errmsg("customers cannot be grouped by NULL"),
					 errdetail("Groups are by warmth, history, segment or items.")));
}

cs_named_group *
cs_groups_segments(cs_env *env, const cs_reco_test *t)
{
	cs_named_group *g = CS_NEW(env, cs_named_group, (size_t) t->segments + 1);

	for (int i = 0; i < t->segments; i++)
		g[i] = (cs_named_group) {t->segment[i], t->segment[i].segment == 0 ? cs_strdup(env, "no segment") :
			cs_text(env, "segment %s", cs_reco_label(&t->b->now, t->segment[i].segment))};
	return g;
}

cs_groups
cs_groups_new(cs_env *env, char **by, int n, const cs_named_group *segment, int segments)
{
	cs_groups	g = {1, CS_NEW(env, cs_named_group, 1 + (size_t) n * Max(STANDARDS, segments))};

	g.group[0] = (cs_named_group) {{CS_ITEMS_ALL, 0, INT_MAX, ANY_SEGMENT}, cs_strdup(env, "all")};
	for (int i = 0; i < n; i++)
	{
		for (int s = 0; s < STANDARDS; s++)
			if (strcmp(by[i], standards[s].by) == 0)
				g.group[g.n++] = (cs_named_group) {{standards[s].class, standards[s].from, standards[s].to, ANY_SEGMENT},
					cs_strdup(env, standards[s].name)};
		for (int s = 0; s < segments && strcmp(by[i], "segment") == 0; s++)
			g.group[g.n++] = segment[s];
	}
	return g;
}
