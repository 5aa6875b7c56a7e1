/*
 * dictionary.c - numbering keys (see dictionary.h).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"

#include "core/base/rng.h"
#include "pg/dictionary.h"
#include "pg/pg_env.h"

#define ARENA 65536

/* Keys of a dictionary at most: so that slots can be counted by 32 bits. */
#define MOST_KEYS 1000000000

/* Slots at first; a power of two. */
#define FIRST_SLOTS 2048

/* A place in the hash table, small since most of its work is waiting for memory. */
typedef struct cs_dictionary_slot
{
	uint32		hash;
	int32		at;				/* entry; -1: free */
} slot;

typedef struct dict_key
{
	int64		number;
	const char *text;			/* NULL: a number */
	int			len;
} dict_key;

static inline uint32
key_hash(dict_key k)
{
	return k.text ? hash_bytes((const unsigned char *) k.text, k.len) : (uint32) cs_mix64((uint64) k.number);
}

static inline bool
is_entry(const cs_dictionary *d, int at, dict_key k)
{
	if (k.text == NULL)
		return d->number[at] == k.number;
	return strncmp(d->text[at], k.text, k.len) == 0 && d->text[at][k.len] == '\0';
}

bool
cs_dictionary_integral(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

int64
cs_dictionary_value(Oid type, Datum d)
{
	return type == INT2OID ? DatumGetInt16(d) : type == INT4OID ? DatumGetInt32(d) : DatumGetInt64(d);
}

cs_dictionary *
cs_dictionary_new(cs_env *env, bool integral)
{
	cs_dictionary *d = CS_NEW(env, cs_dictionary, 1);

	d->env = env;
	d->integral = integral;
	d->slots = FIRST_SLOTS;
	d->slot = CS_ROOM(env, slot, d->slots);
	memset(d->slot, 0xff, sizeof(slot) * d->slots);
	return d;
}

/* A copy of a text that stays, with a zero byte. */
static char *
keep(cs_dictionary *d, const char *text, int len)
{
	char	   *p;

	if ((size_t) len + 1 > d->arena_left)
	{
		d->arena_left = Max(ARENA, (size_t) len + 1);
		d->bytes += d->arena_left;
		d->arena = CS_ROOM(d->env, char, d->arena_left);
	}
	p = d->arena;
	memcpy(p, text, len);
	p[len] = '\0';
	d->arena += len + 1;
	d->arena_left -= len + 1;
	return p;
}

static void
grow(cs_dictionary *d)
{
	int			room = d->room ? 2 * d->room : 1024;
	int64	   *number = d->integral ? CS_ROOM(d->env, int64, room) : NULL;
	char	  **text = d->integral ? NULL : CS_ROOM(d->env, char *, room);

	if (d->n > 0 && d->integral)
		memcpy(number, d->number, sizeof(int64) * d->n);
	else if (d->n > 0)
		memcpy(text, d->text, sizeof(char *) * d->n);
	cs_release(d->env, d->number);
	cs_release(d->env, d->text);
	d->number = number;
	d->text = text;
	d->bytes += (size_t) (room - d->room) * sizeof(int64);
	d->room = room;
}

/* Twice the slots, when half of them are taken. */
static void
grow_slots(cs_dictionary *d)
{
	slot	   *old = d->slot;
	uint32		slots = d->slots;

	d->slots *= 2;
	d->bytes += sizeof(slot) * slots;
	d->slot = CS_ROOM(d->env, slot, d->slots);
	memset(d->slot, 0xff, sizeof(slot) * d->slots);
	for (uint32 i = 0; i < slots; i++)
		if (old[i].at >= 0)
		{
			uint32		at = old[i].hash & (d->slots - 1);

			while (d->slot[at].at >= 0)
				at = (at + 1) & (d->slots - 1);
			d->slot[at] = old[i];
		}
	cs_release(d->env, old);
}

static int
add(cs_dictionary *d, dict_key key, uint32 hash, uint32 at)
{
	if (d->n >= MOST_KEYS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many distinct keys"),
						errdetail("There are more than %d.", MOST_KEYS)));
	if (d->n == d->room)
		grow(d);
	if (d->integral)
		d->number[d->n] = key.number;
	else
		d->text[d->n] = keep(d, key.text, key.len);
	d->slot[at] = (slot) {hash, d->n};
	if ((uint32) d->n >= d->slots / 2)
		grow_slots(d);
	return d->n++;
}

static int
find(cs_dictionary *d, dict_key key, bool adding)
{
	uint32		hash = key_hash(key),
				at = hash & (d->slots - 1);

	for (; d->slot[at].at >= 0; at = (at + 1) & (d->slots - 1))
		if (d->slot[at].hash == hash && is_entry(d, d->slot[at].at, key))
			return d->slot[at].at;
	return adding ? add(d, key, hash, at) : -1;
}

int
cs_dictionary_number(cs_dictionary *d, int64 key, bool add)
{
	dict_key	k = {key, NULL, 0};

	return find(d, k, add);
}

int
cs_dictionary_text(cs_dictionary *d, const char *key, int len, bool add)
{
	dict_key	k = {0, key, len};

	return find(d, k, add);
}

static int
compare(const void *a, const void *b, void *arg)
{
	const cs_dictionary *d = arg;
	int			i = *(const int32 *) a,
				j = *(const int32 *) b;

	cs_sort_poll();
	if (d->integral)
		return d->number[i] < d->number[j] ? -1 : d->number[i] > d->number[j];
	return strcmp(d->text[i], d->text[j]);
}

int32 *
cs_dictionary_order(cs_dictionary *d)
{
	int32	   *from = CS_ROOM(d->env, int32, d->n + 1),
			   *to = CS_ROOM(d->env, int32, d->n + 1);
	int64	   *number = d->integral ? CS_ROOM(d->env, int64, d->n + 1) : NULL;
	char	  **text = d->integral ? NULL : CS_ROOM(d->env, char *, d->n + 1);

	for (int i = 0; i < d->n; i++)
		from[i] = i;
	qsort_arg(from, d->n, sizeof(int32), compare, d);
	for (int i = 0; i < d->n; i++)
	{
		to[from[i]] = i;
		if (d->integral)
			number[i] = d->number[from[i]];
		else
			text[i] = d->text[from[i]];
	}
	d->number = number;
	d->text = text;
	d->room = d->n;
	for (uint32 i = 0; i < d->slots; i++)
		if (d->slot[i].at >= 0)
			d->slot[i].at = to[d->slot[i].at];
	cs_release(d->env, from);
	return to;
}

char *
cs_dictionary_key(const cs_dictionary *d, int i)
{
	return d->integral ? psprintf(INT64_FORMAT, d->number[i]) : d->text[i];
}
