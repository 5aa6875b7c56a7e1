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

/* Leave out categories of which nobody asked and that have too many levels. */
void
cs_dataset_drop_inputs(cs_dataset *ds)
{
	int		   *from = CS_NEW(ds->env, int, ds->rows->width);
	int			to = 0,
				inputs = 0;
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_input   *in = &ds->input[i];
		int			width = in->width > 0 ? in->width : 1;

		if (in->dropped)
		{
			appendStringInfo(&names, "%s%s", names.len ? ", " : "", in->name);
			continue;
		}
		for (int e = 0; e < width; e++)
		{
			ds->prep->f[to] = ds->prep->f[in->first + e];
			ds->missing[to] = ds->missing[in->first + e];
			ds->lossy[to] = ds->lossy[in->first + e];
			from[to++] = in->first + e;
		}
		in->first = to - width;
		ds->input[inputs++] = *in;
	}
	if (inputs == ds->n_inputs)
		return;
	ereport(NOTICE,
			(errmsg("columns not used as features: %s", names.data),
			 errdetail("They have more than %d distinct values.", CS_LEVELS_BY_DEFAULT),
			 errhint("Name the features to choose yourself.")));
	if (inputs == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there are no features")));
	for (int more = 0; more < cs_dataset_others(ds); more++)
		from[to + more] = ds->prep->n + more;
	ds->n_inputs = inputs;
	ds->prep->n = to;

	/* rows keep their stride: the values move to the front */
	for (size_t r = 0; r < ds->rows->n; r++)
	{
		float	   *row = cs_rows_at(ds->rows, r);

		for (int f = 0; f < to + cs_dataset_others(ds); f++)
			row[f] = row[from[f]];
	}
}

/* Levels of the rows that were kept, in the place of those that were ever seen. */
static void
recount_levels(cs_dataset *ds, cs_input *in)
{
	cs_levels  *l = &in->levels;
	int		   *code = CS_NEW(ds->env, int, l->n + 1);
	int			n = 0;

	memset(l->count, 0, sizeof(double) * l->n);
	for (size_t r = 0; r < ds->rows->n; r++)
	{
		float		x = cs_rows_at(ds->rows, r)[in->first];

		if (!isnan(x))
			l->count[(int) x]++;
	}
	for (int i = 0; i < l->n; i++)
	{
		code[i] = n;
		l->text[n] = l->text[i];
		l->count[n] = l->count[i];
		n += l->count[i] > 0;
	}
	l->n = n;
	for (size_t r = 0; r < ds->rows->n; r++)
	{
		float	   *x = &cs_rows_at(ds->rows, r)[in->first];

		if (!isnan(*x))
			*x = (float) code[(int) *x];
	}
	cs_release(ds->env, code);
}

/*
 * Which rows were looked at before the sample had its share depends on the order
 * in which they came; nothing of that may stay.
 */
void
cs_dataset_forget_others(cs_dataset *ds)
{
	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_input   *in = &ds->input[i];

		if (cs_conv_is_category(in->conv))
			recount_levels(ds, in);
		for (int e = 0; e < Max(in->width, 1); e++)
			ds->lossy[in->first + e] = true;
	}
}
