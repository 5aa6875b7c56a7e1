/*
 * screen.c - one pass over a source that only looks (see screen.h).
 */
#include "postgres.h"

#include <math.h>

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/base/keyed.h"
#include "core/base/rng.h"
#include "pg/screen.h"

/* The sample: so many rows, and values, at most. */
#define SAMPLE_ROWS 32768
#define SAMPLE_VALUES (8 << 20)

/* ---- levels: by 64-bit hash ---- */

typedef struct screen_level
{
	uint64		hash;
	uint32		status;
	uint32		code;
} screen_level;

#define SH_PREFIX screenlevels
#define SH_ELEMENT_TYPE screen_level
#define SH_KEY_TYPE uint64
#define SH_KEY hash
#define SH_HASH_KEY(tb, k) ((uint32) (k))
#define SH_EQUAL(tb, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Code of a level, in the order of their coming; all beyond the limit share the last one. */
static double
level_code(cs_screen_input *in, const char *text, int len)
{
	uint64		h = hash_bytes_extended((const unsigned char *) text, len, 0);
	screen_level *e;
	bool		found;

	if (in->levels > CS_SCREEN_LEVELS)
	{
		e = screenlevels_lookup(in->hash, h);
		return e ? e->code : CS_SCREEN_LEVELS;
	}
	e = screenlevels_insert(in->hash, h, &found);
	if (!found)
		e->code = (uint32) in->levels++;
	return e->code;
}

/* ---- rows ---- */

typedef struct looking
{
	cs_screen  *s;
	MemoryContext row_cxt;
	double	   *row;			/* values of the row at hand */
	size_t		key_room;		/* hashes that fit the budget */
} looking;

static void
look_number(cs_screen_input *in, cs_conv conv, Datum d, double *out)
{
	double		v = cs_convert_number(conv, d);

	if (isnan(v))
	{
		in->odd++;
		return;
	}
	cs_spread_add(&in->spread, v);
	*out = v;
}

static void
look_array(cs_screen_input *in, int width, Datum d, double *out)
{
	cs_array	a = cs_open_array(d);
	bool		odd = false;

	if (a.n != width)
	{
		in->ragged++;
		return;
	}
	for (int e = 0; e < width; e++)
	{
		double		v = cs_array_element(&a, e);

		odd = odd || isnan(v);
		out[e] = v;
	}
	in->odd += odd;
}

/* Values into l->row, NaN where there is none. */
/* Of texts, only whether they are there: what their terms are worth takes a training. */
static void
look_document(const cs_input *c, double *row)
{
	for (int e = 0; e < c->width; e++)
		row[e] = 0;
}

static void
look_inputs(looking *l, const Datum *value, const bool *isnull)
{
	cs_dataset *ds = l->s->ds;

	for (int f = 0; f < ds->prep->n; f++)
		l->row[f] = NAN;
	for (int i = 0; i < ds->n_inputs; i++)
	{
		const cs_input *c = &ds->input[i];
		cs_screen_input *in = &l->s->input[i];
		const char *text;
		int			len;

		if (isnull[i] && c->text && c->text->model->missing)
			look_document(c, &l->row[c->first]);
		else if (isnull[i])
			in->missing++;
		else if (cs_conv_is_number(c->conv))
			look_number(in, c->conv, value[i], &l->row[c->first]);
		else if (cs_conv_is_array(c->conv))
			look_array(in, c->width, value[i], &l->row[c->first]);
		else if (c->conv == CONV_DOCUMENT)
			look_document(c, &l->row[c->first]);
		else
		{
			text = cs_convert_text(c->conv, c->type, value[i], &len);
			l->row[c->first] = level_code(in, text, len);
		}
	}
}

/* Would training leave the row out? */
static bool
is_complete(const looking *l)
{
	const cs_dataset *ds = l->s->ds;

	for (int f = 0; f < ds->prep->n; f++)
		if (isnan(l->row[f]) && ds->prep->f[f].impute == CS_IMPUTE_REJECT)
			return false;
	return true;
}

/* ---- samples by hash: the share is halved when they are full ---- */

static bool
sampled(uint64 hash, int level)
{
	return (hash & ((UINT64CONST(1) << level) - 1)) == 0;
}

static void
keep_row(looking *l, uint64 hash)
{
	cs_screen  *s = l->s;
	size_t		width = s->ds->prep->n;

	while (sampled(hash, s->level) && s->n == s->room)
	{
		size_t		kept = 0;

		if (s->level == 60)
			return;				/* one key, again and again */
		s->level++;
		for (size_t i = 0; i < s->n; i++)
			if (sampled(s->hash[i], s->level))
			{
				memmove(s->value + kept * width, s->value + i * width, sizeof(double) * width);
				s->hash[kept++] = s->hash[i];
			}
		s->n = kept;
	}
	if (!sampled(hash, s->level))
		return;
	memcpy(s->value + s->n * width, l->row, sizeof(double) * width);
	s->hash[s->n++] = hash;
}

static void
keep_key(looking *l, uint64 hash)
{
	cs_screen  *s = l->s;

	while (sampled(hash, s->key_level) && s->keys->n >= l->key_room && s->key_level < 60)
	{
		size_t		kept = 0;

		s->key_level++;
		for (size_t i = 0; i < s->keys->n; i++)
			if (sampled(*(uint64 *) cs_rows_at(s->keys, i), s->key_level))
				memcpy(cs_rows_at(s->keys, kept++), cs_rows_at(s->keys, i), sizeof(uint64));
		s->keys->n = kept;
	}
	if (sampled(hash, s->key_level))
		memcpy(cs_rows_add(s->keys), &hash, sizeof(hash));
}

static void
look_row(void *arg, TupleTableSlot *slot)
{
	looking    *l = arg;
	cs_screen  *s = l->s;
	const Datum *value;
	const bool *isnull;
	uint64		hash;
	MemoryContext old = MemoryContextSwitchTo(l->row_cxt);

	slot_getallattrs(slot);
	value = slot->tts_values;
	isnull = slot->tts_isnull;
	hash = cs_mix64((uint64) s->rows++);
	if (*isnull)
		s->null_keys++;
	else
	{
		hash = cs_key_hash(s->ds->keys, *value);
		keep_key(l, hash);
	}
	value++;
	isnull++;
	if (s->ds->weighted)
	{
		double		w = *isnull ? NAN : DatumGetFloat8(*value);

		s->bad_weights += !(w >= 0 && w <= 1e30);
		value++;
		isnull++;
	}
	look_inputs(l, value, isnull);
	s->complete += is_complete(l);
	keep_row(l, hash);
	MemoryContextSwitchTo(old);
	if (((uint64) s->rows & 1023) == 0)
	{
		MemoryContextReset(l->row_cxt);
		cs_progress(s->env, CS_PHASE_READ, (int64) s->rows, 0);
	}
}

/* Equal hashes are equal keys: exact for numbers, but for one chance in 10^7 at a million texts. */
static void
count_repeats(cs_screen *s)
{
	size_t		n = s->keys->n;
	cs_keyed   *k = CS_ROOM(s->env, cs_keyed, n + 1);

	for (size_t i = 0; i < n; i++)
		k[i] = (cs_keyed) {.key = *(uint64 *) cs_rows_at(s->keys, i)};
	cs_sort_keyed(k, n);
	for (size_t i = 1; i < n; i++)
		if (k[i].key == k[i - 1].key)
		{
			s->repeats++;
			s->repeated += i < 2 || k[i - 2].key != k[i].key;
		}
	s->repeats = ldexp(s->repeats, s->key_level);
	s->repeated = ldexp(s->repeated, s->key_level);
	cs_release(s->env, k);
	cs_rows_free(s->keys);
}

cs_screen *
cs_screen_read(cs_dataset *ds)
{
	cs_screen  *s = CS_NEW(ds->env, cs_screen, 1);
	looking		l = {
		.s = s,
		.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg row", ALLOCSET_DEFAULT_SIZES),
		.row = CS_NEW(ds->env, double, ds->prep->n + 1),

		/* sorting takes as much again, twice */
		.key_room = ds->budget / (3 * sizeof(uint64))
	};

	s->env = ds->env;
	s->ds = ds;
	s->room = Max(Min(SAMPLE_ROWS, SAMPLE_VALUES / ds->prep->n), 256);
	s->value = CS_ROOM(ds->env, double, s->room * ds->prep->n);
	s->hash = CS_ROOM(ds->env, uint64, s->room);
	s->keys = cs_rows_new(ds->env, sizeof(uint64) / sizeof(float));
	s->input = CS_NEW(ds->env, cs_screen_input, ds->n_inputs);
	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_spread_init(&s->input[i].spread);
		if (cs_conv_is_category(ds->input[i].conv))
			s->input[i].hash = screenlevels_create(CurrentMemoryContext, 256, NULL);
	}
	cs_source_scan(ds->source, cs_dataset_select(ds), true, look_row, &l);
	MemoryContextDelete(l.row_cxt);
	count_repeats(s);
	return s;
}
