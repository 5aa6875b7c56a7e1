/*
 * model_copy.h - copying parts of a document into another.
 */
#ifndef CS_MODEL_COPY_H
#define CS_MODEL_COPY_H

#include "core/base/doc.h"

typedef struct cs_member
{
	char	   *name;
	cs_value	value;
} cs_member;

/* Members of an object as jsonb orders keys. */
extern cs_member *cs_sorted_members(cs_env *env, cs_value object);

/* Any value, as a value that went through jsonb. */
extern void cs_copy_value(cs_writer *w, const char *key, cs_value v);

/* A model, or what a group has of one, with other ids (NULL: the same) and labels of its k segments. */
extern void cs_copy_part(cs_writer *w, const char *key, cs_value part, const int *id, char *const *label, int k);

/* The same without the object around it; alone: without groups and pinned segments. */
extern void cs_copy_members(cs_writer *w, cs_value part, const int *id, char *const *label, int k, bool alone);

/* A complete document once more, with all members in their order. */
extern void cs_copy_in_order(cs_writer *w);

#endif							/* CS_MODEL_COPY_H */
