/*
 * dictionary.c - numbering keys (see dictionary.h).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/memutils.h"

#include "core/base/rng.h"
#include "pg/dictionary.h"
#include "pg/pg_env.h"

#define ARENA 65536

typedef struct dict_key
{
	int64		number;
	const char *text;			/* NULL: a number */
	int			len;
} dict_key;

typedef struct dict_entry
{
	dict_key	key;
	uint32		status;
	uint32		hash;
	int			at;
} dict_entry;

static inline uint32
key_hash(dict_key k)
{
	return k.text ? hash_bytes((const unsigned char *) k.text, k.len) : (uint32) cs_mix64((uint64) k.number);
}

static inline bool
key_equal(dict_key a, dict_key b)
{
	if (a.text == NULL)
		return a.number == b.number;
	return a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

#define SH_PREFIX dicthash
#define SH_ELEMENT_TYPE dict_entry
#define SH_KEY_TYPE dict_key
#define SH_KEY key
#define SH_HASH_KEY(tb, k) key_hash(k)
#define SH_EQUAL(tb, a, b) key_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

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
	d->hash = dicthash_create(cs_pg_env_context(env), 1024, NULL);
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
	d->bytes += (size_t) (room - d->room) * (sizeof(int64) + 2 * sizeof(dict_entry));
	d->room = room;
}

static int
find(cs_dictionary *d, dict_key key, bool add)
{
	dict_entry *e;
	bool		found;

	if (!add)
	{
		e = dicthash_lookup(d->hash, key);
		return e ? e->at : -1;
	}
	e = dicthash_insert(d->hash, key, &found);
	if (found)
		return e->at;
	if (d->n == PG_INT32_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many distinct keys")));
	if (d->n == d->room)
		grow(d);
	if (d->integral)
		d->number[d->n] = key.number;
	else
		e->key.text = d->text[d->n] = keep(d, key.text, key.len);
	return e->at = d->n++;
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
	dicthash_iterator it;
	dict_entry *e;

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
	dicthash_start_iterate(d->hash, &it);
	while ((e = dicthash_iterate(d->hash, &it)) != NULL)
		e->at = to[e->at];
	cs_release(d->env, from);
	return to;
}

char *
cs_dictionary_key(const cs_dictionary *d, int i)
{
	return d->integral ? psprintf(INT64_FORMAT, d->number[i]) : d->text[i];
}
