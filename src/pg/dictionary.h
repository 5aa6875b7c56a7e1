/*
 * dictionary.h - numbers for the distinct keys of events.
 *
 * Keys are whole numbers, or texts (any other type, by its output).  While events
 * are read, keys are numbered as they come; cs_dictionary_order() then gives the
 * final numbers, by the order of the keys, so that they do not depend on the
 * order of the events.
 */
#ifndef CS_DICTIONARY_H
#define CS_DICTIONARY_H

#include "postgres.h"

#include "core/base/env.h"

typedef struct cs_dictionary
{
	cs_env	   *env;
	bool		integral;
	struct cs_dictionary_slot *slot;	/* hash table */
	uint32		slots;
	int			n;
	int			room;
	int64	   *number;			/* integral: key of each entry */
	char	  **text;			/* else: */
	char	   *arena;
	size_t		arena_left;
	size_t		bytes;			/* taken so far */
} cs_dictionary;

extern cs_dictionary *cs_dictionary_new(cs_env *env, bool integral);

/* Number of a key, new ones at the end; -1 when add is false and it is unknown. */
extern int	cs_dictionary_number(cs_dictionary *d, int64 key, bool add);
extern int	cs_dictionary_text(cs_dictionary *d, const char *key, int len, bool add);

/* to[i]: final number of entry i; entries and look-ups follow. Texts by bytes. */
extern int32 *cs_dictionary_order(cs_dictionary *d);

/* Key number i as text; palloc'd for numbers. */
extern char *cs_dictionary_key(const cs_dictionary *d, int i);

/* Is a type kept as whole numbers? */
extern bool cs_dictionary_integral(Oid type);

/* The whole number of a datum of such a type. */
extern int64 cs_dictionary_value(Oid type, Datum d);

#endif							/* CS_DICTIONARY_H */
