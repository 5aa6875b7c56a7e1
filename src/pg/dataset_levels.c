/*
 * dataset_levels.c - the levels of categories while rows are read (dataset.h).
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "pg/dataset.h"

/* Levels that are kept track of, and how many a feature may have unasked. */
#define MOST_LEVELS 100000
#define LEVELS_UNASKED 1000

typedef struct level_key
{
	const char *text;
	int			len;
} level_key;

typedef struct level_entry
{
	level_key	key;
	uint32		status;
	uint32		hash;
	int			code;
} level_entry;

#define SH_PREFIX levelhash
#define SH_ELEMENT_TYPE level_entry
#define SH_KEY_TYPE level_key
#define SH_KEY key
#define SH_HASH_KEY(tb, k) hash_bytes((const unsigned char *) (k).text, (k).len)
#define SH_EQUAL(tb, a, b) ((a).len == (b).len && memcmp((a).text, (b).text, (a).len) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e) (e)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static void
too_many_levels(const cs_dataset *ds, const cs_input *in)
{
	const cs_feature *f = &ds->prep->f[in->first];

	bool		most = in->levels.n > MOST_LEVELS;

	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("feature \"%s\" has too many distinct values", in->name),
			 errdetail("It has %s %d in the first " UINT64_FORMAT " rows.", most ? "more than" : "at least",
					   most ? MOST_LEVELS : in->levels.n, ds->read),
			 most ? errhint("A name or an id does not describe a group of rows: leave it out, or group its values in a query.")
			 : errhint("A name or an id does not describe a group of rows: leave it out. To keep its %d most frequent values, say so: transforms => '{\"%s\": {\"max_levels\": %d}}'.",
					   f->max_levels, in->name, f->max_levels)));
}

static int
new_level(cs_dataset *ds, cs_input *in, level_entry *e, const char *text, int len)
{
	cs_levels  *l = &in->levels;
	char	   *copy = CS_ROOM(ds->env, char, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	e->key.text = copy;
	if (l->n == in->level_room)
	{
		int			room = in->level_room ? 2 * in->level_room : 32;
		char	  **t = CS_ROOM(ds->env, char *, room);
		double	   *c = CS_ROOM(ds->env, double, room);

		if (l->n > 0)
		{
			memcpy(t, l->text, l->n * sizeof(char *));
			memcpy(c, l->count, l->n * sizeof(double));
		}
		cs_release(ds->env, l->text);
		cs_release(ds->env, l->count);
		l->text = t;
		l->count = c;
		in->level_room = room;
	}
	l->text[l->n] = copy;
	l->count[l->n] = 0;
	return l->n++;
}

float
cs_dataset_level(cs_dataset *ds, cs_input *in, const char *text, int len)
{
	level_key	key = {text, len};
	level_entry *e;
	bool		found;

	if (in->dropped)
		return 0;
	if (in->hash == NULL)
		in->hash = levelhash_create(CurrentMemoryContext, 256, NULL);
	e = levelhash_insert(in->hash, key, &found);
	if (!found)
	{
		e->code = new_level(ds, in, e, text, len);
		if (in->by_default && in->levels.n > CS_LEVELS_BY_DEFAULT)
			in->dropped = true;
		else if (in->levels.n > (in->levels_asked ? MOST_LEVELS : LEVELS_UNASKED))
			too_many_levels(ds, in);
	}
	in->levels.count[e->code]++;
	return (float) e->code;
}
