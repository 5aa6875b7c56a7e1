/*
 * keys.h - the keys of rows, beside the rows.
 *
 * Any type with a hash and a b-tree operator class can be a key.  Rows are put
 * into an order that depends on the keys alone: by value for integers, dates and
 * timestamps, by hash (ties by value) for all else.  Models then do not depend on
 * the physical order of the table.
 */
#ifndef CS_KEYS_H
#define CS_KEYS_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "utils/typcache.h"

#include "core/base/rows.h"

typedef struct cs_keys
{
	cs_env	   *env;
	char	   *name;
	Oid			type;
	int32		typmod;
	Oid			collation;
	int16		typlen;
	bool		byval;
	bool		integral;		/* ordered by value */
	TypeCacheEntry *cache;
	cs_rows    *datum;			/* one Datum a row */
	bool		ascending;		/* strictly, so far */
	int64		last;
	char	   *room;			/* for keys that are not by value: where the next one goes */
	size_t		room_left;
	char	  **rooms;			/* all pieces of it */
	int			n_rooms;
	int			most_rooms;
	size_t		room_bytes;		/* of the keys that are kept */
} cs_keys;

extern cs_keys *cs_keys_new(cs_env *env, Form_pg_attribute att);

extern void cs_keys_add(cs_keys *k, Datum d);

/* Keys were removed by cs_keys_set: give their room back. */
extern void cs_keys_repack(cs_keys *k);

/* Forget all keys. */
extern void cs_keys_reset(cs_keys *k);

/* The error for a row without a key. */
extern void cs_keys_null(const cs_keys *k) __attribute__((noreturn));

static inline Datum
cs_keys_at(const cs_keys *k, size_t i)
{
	return *(Datum *) cs_rows_at(k->datum, i);
}

static inline void
cs_keys_set(cs_keys *k, size_t i, Datum d)
{
	*(Datum *) cs_rows_at(k->datum, i) = d;
}

/* A well mixed hash of a key, for sampling. */
extern uint64 cs_key_hash(const cs_keys *k, Datum d);

/*
 * The order of the keys: to[i] is the row that comes i-th; NULL when they are in
 * order already.  Errors when a key occurs twice.
 */
extern uint32 *cs_keys_order(cs_keys *k);

/* Compare under that order, for merging with keys of the same type read elsewhere. */
extern int	cs_keys_compare(const cs_keys *k, Datum a, Datum b);

#endif							/* CS_KEYS_H */
