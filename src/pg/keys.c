/*
 * keys.c - storing and ordering keys (see keys.h).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "core/base/keyed.h"
#include "core/base/rng.h"
#include "pg/keys.h"

/* Memory for keys by reference is taken in pieces of this size. */
#define ROOM 65536

static bool
is_integral(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		default:
			return false;
	}
}

static int64
integral_value(const cs_keys *k, Datum d)
{
	switch (k->typlen)
	{
		case 2:
			return DatumGetInt16(d);
		case 4:
			return k->type == OIDOID ? (int64) DatumGetObjectId(d) : DatumGetInt32(d);
		default:
			return DatumGetInt64(d);
	}
}

cs_keys *
cs_keys_new(cs_env *env, Form_pg_attribute att)
{
	cs_keys    *k = CS_NEW(env, cs_keys, 1);

	k->env = env;
	k->name = cs_strdup(env, NameStr(att->attname));
	k->type = getBaseType(att->atttypid);
	k->typmod = att->atttypmod;
	k->collation = att->attcollation;
	get_typlenbyval(k->type, &k->typlen, &k->byval);
	k->integral = is_integral(k->type);
	k->cache = lookup_type_cache(k->type, TYPECACHE_HASH_EXTENDED_PROC_FINFO | TYPECACHE_CMP_PROC_FINFO);
	if (!OidIsValid(k->cache->cmp_proc_finfo.fn_oid) || !OidIsValid(k->cache->hash_extended_proc_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("column \"%s\" of type %s cannot be a key", k->name, format_type_be(att->atttypid)),
				 errdetail("The type has no default b-tree or hash operator class."),
				 errhint("Cast it to text in a query.")));
	k->datum = cs_rows_new(env, sizeof(Datum) / sizeof(float));
	k->ascending = true;
	k->last = PG_INT64_MIN;
	return k;
}

static void
add_room(cs_keys *k, size_t least)
{
	if (k->n_rooms == k->most_rooms)
	{
		int			most = k->most_rooms ? 2 * k->most_rooms : 64;
		char	  **rooms = CS_NEW(k->env, char *, most);

		if (k->n_rooms > 0)
		{
			memcpy(rooms, k->rooms, sizeof(char *) * k->n_rooms);
			cs_release(k->env, k->rooms);
		}
		k->rooms = rooms;
		k->most_rooms = most;
	}
	k->room_left = Max(ROOM, least);
	k->room = CS_ROOM(k->env, char, k->room_left);
	k->rooms[k->n_rooms++] = k->room;
}

static void
free_rooms(cs_keys *k, char **rooms, int n)
{
	for (int i = 0; i < n; i++)
		cs_release(k->env, rooms[i]);
	if (n > 0)
		cs_release(k->env, rooms);
}

static void
no_rooms(cs_keys *k)
{
	k->rooms = NULL;
	k->n_rooms = k->most_rooms = 0;
	k->room_left = k->room_bytes = 0;
}

/* A copy of a datum that stays; many small ones, so not one palloc each. */
static Datum
keep(cs_keys *k, Datum d)
{
	size_t		len;
	char	   *p;

	if (k->byval)
		return d;
	if (k->typlen == -1)
		d = PointerGetDatum(PG_DETOAST_DATUM_PACKED(d));
	len = datumGetSize(d, k->byval, k->typlen);
	if (MAXALIGN(len) > k->room_left)
		add_room(k, MAXALIGN(len));
	p = k->room;
	memcpy(p, DatumGetPointer(d), len);
	k->room += MAXALIGN(len);
	k->room_left -= MAXALIGN(len);
	k->room_bytes += MAXALIGN(len);
	return PointerGetDatum(p);
}

void
cs_keys_null(const cs_keys *k)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("key \"%s\" is NULL in a row of the source", k->name),
			 errdetail("Every row needs a key that tells it apart from all others."),
			 errhint("Leave such rows out: SELECT ... WHERE %s IS NOT NULL.", quote_identifier(k->name))));
}

void
cs_keys_add(cs_keys *k, Datum d)
{
	if (k->integral)
	{
		int64		v = integral_value(k, d);

		k->ascending = k->ascending && (v > k->last || k->datum->n == 0);
		k->last = v;
	}
	else
		k->ascending = false;
	*(Datum *) cs_rows_add(k->datum) = keep(k, d);
}

void
cs_keys_repack(cs_keys *k)
{
	char	  **rooms = k->rooms;
	int			n = k->n_rooms;

	no_rooms(k);
	for (size_t i = 0; i < k->datum->n && !k->byval; i++)
		cs_keys_set(k, i, keep(k, cs_keys_at(k, i)));
	free_rooms(k, rooms, n);
}

void
cs_keys_reset(cs_keys *k)
{
	free_rooms(k, k->rooms, k->n_rooms);
	no_rooms(k);
	cs_rows_free(k->datum);
	k->datum = cs_rows_new(k->env, sizeof(Datum) / sizeof(float));
	k->ascending = true;
	k->last = PG_INT64_MIN;
}

static uint64
order_of(const cs_keys *k, Datum d)
{
	if (k->integral)
		return cs_key_of_int(integral_value(k, d));
	return DatumGetUInt64(FunctionCall2Coll((FmgrInfo *) &k->cache->hash_extended_proc_finfo, k->collation,
											d, UInt64GetDatum(0)));
}

uint64
cs_key_hash(const cs_keys *k, Datum d)
{
	return cs_mix64(order_of(k, d));
}

int
cs_keys_compare(const cs_keys *k, Datum a, Datum b)
{
	uint64		x = order_of(k, a),
				y = order_of(k, b);

	if (x != y)
		return x < y ? -1 : 1;
	if (k->integral)
		return 0;
	return DatumGetInt32(FunctionCall2Coll((FmgrInfo *) &k->cache->cmp_proc_finfo, k->collation, a, b));
}

static void
duplicate(const cs_keys *k, Datum d)
{
	Oid			out;
	bool		varlena;

	getTypeOutputInfo(k->type, &out, &varlena);
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("key \"%s\" is not unique in the source", k->name),
			 errdetail("The value %s occurs more than once.", OidOutputFunctionCall(out, d)),
			 errhint("The source needs one row per %s: name another key, or aggregate with GROUP BY %s.",
					 k->name, quote_identifier(k->name))));
}

/* Rows of equal order[] (a hash) by value; equal values are duplicates. */
static void
settle_ties(cs_keys *k, cs_keyed *order, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && order[j].key == order[j - 1].key; j--)
		{
			int			c = cs_keys_compare(k, cs_keys_at(k, order[j - 1].row), cs_keys_at(k, order[j].row));
			cs_keyed	t = order[j];

			if (c == 0)
				duplicate(k, cs_keys_at(k, order[j].row));
			if (c < 0)
				break;
			order[j] = order[j - 1];
			order[j - 1] = t;
		}
}

uint32 *
cs_keys_order(cs_keys *k)
{
	size_t		n = k->datum->n;
	cs_keyed   *order;
	uint32	   *to;

	if (k->ascending)
		return NULL;
	order = CS_ROOM(k->env, cs_keyed, n + 1);
	for (size_t i = 0; i < n; i++)
	{
		order[i].key = order_of(k, cs_keys_at(k, i));
		order[i].row = (uint32) i;
	}
	cs_sort_keyed(order, n);
	settle_ties(k, order, n);

	/* into the same memory: 4 bytes of 16 are read before they are overwritten */
	to = (uint32 *) order;
	for (size_t i = 0; i < n; i++)
	{
		uint32		row = order[i].row;

		memcpy(&to[i], &row, sizeof(row));
	}
	return to;
}
