/*
 * dataset_read.c - rows of a source into raw floats and keys (dataset.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/dataset.h"

/* ---- rows ---- */

typedef struct reading
{
	cs_dataset *ds;
	MemoryContext cxt;			/* for what stays */
	MemoryContext row_cxt;		/* for what one row needs */

	/* set where all inputs are plain numbers and rows have no weight */
	double	   *shift;
	double	   *number;			/* room for one row */
	int64	   *lossy;
	bool		doubles;		/* all of them float8: a row is an array of these */
	int			group_at;		/* first value that tells the group */
} reading;

/* Put a value into raw; false when the row is to be left out for it. */
static inline bool
take_number(cs_dataset *ds, int feature, double v, float *raw)
{
	const cs_feature *f = &ds->prep->f[feature];

	if (unlikely(isnan(v)) && f->impute == CS_IMPUTE_REJECT)
	{
		ds->missing[feature]++;
		return false;
	}
	raw[feature] = cs_raw_of_row(f, v, &ds->lossy[feature]);
	return true;
}

static bool
take_array(cs_dataset *ds, cs_input *in, Datum d, bool isnull, float *raw)
{
	cs_array	a = {0};

	if (!isnull)
	{
		a = cs_open_array(d);
		if (a.n != in->width)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("arrays in column \"%s\" differ in length", in->name),
					 errdetail("One has %d elements, another %d.", in->width, Max(a.n, 0))));
	}
	for (int e = 0; e < in->width; e++)
		if (!take_number(ds, in->first + e, isnull ? NAN : cs_array_element(&a, e), raw))
			return false;
	return true;
}

static bool
take_category(reading *r, cs_input *in, Datum d, bool isnull, float *raw)
{
	cs_dataset *ds = r->ds;
	MemoryContext old;
	const char *text;
	int			len;

	raw[in->first] = NAN;
	if (isnull)
	{
		if (ds->prep->f[in->first].impute != CS_IMPUTE_REJECT || in->dropped)
			return true;
		ds->missing[in->first]++;
		return false;
	}
	text = cs_convert_text(in->conv, in->type, d, &len);
	old = MemoryContextSwitchTo(r->cxt);
	raw[in->first] = cs_dataset_level(ds, in, text, len);
	MemoryContextSwitchTo(old);
	return true;
}

static float
take_weight(cs_dataset *ds, Datum d, bool isnull)
{
	double		w = isnull ? NAN : DatumGetFloat8(d);

	if (!(w >= 0 && w <= 1e30))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight \"%s\" is %s in a row of the source", ds->weight_name,
						isnull ? "NULL" : w < 0 ? "negative" : "not finite"),
				 errhint("Weights are numbers from 0 up.")));
	return (float) w;
}

static bool
take_row(reading *r, const Datum *value, const bool *isnull, float *raw)
{
	cs_dataset *ds = r->ds;

	int			rating;

	if (ds->weighted)
		raw[ds->prep->n] = take_weight(ds, *value++, *isnull++);
	rating = ds->n_inputs;
	for (int i = 0; i < ds->n_inputs; i++)
	{
		cs_input   *in = &ds->input[i];
		bool		ok;

		if (cs_conv_is_number(in->conv))
			ok = take_number(ds, in->first, isnull[i] ? NAN : cs_convert_number(in->conv, value[i]), raw);
		else if (cs_conv_is_array(in->conv))
			ok = take_array(ds, in, value[i], isnull[i], raw);
		else if (in->text)
		{
			double		rated = in->text->rating == NULL || isnull[rating] ? NAN : DatumGetFloat8(value[rating]);

			ok = cs_text_input_take(ds, in, value[i], isnull[i], rated, r->cxt, raw);
			rating += in->text->rating != NULL;
		}
		else
			ok = take_category(r, in, value[i], isnull[i], raw);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- rows of numbers only ---- */

static bool
is_plain_number(cs_conv c)
{
	return c == CONV_FLOAT8 || c == CONV_FLOAT4 || c == CONV_INT2 || c == CONV_INT4 || c == CONV_INT8;
}

static void
prepare_numbers(reading *r)
{
	cs_dataset *ds = r->ds;
	bool		doubles = FLOAT8PASSBYVAL && sizeof(Datum) == sizeof(double);

	for (int i = 0; i < ds->n_inputs; i++)
	{
		if (ds->weighted || !is_plain_number(ds->input[i].conv))
			return;
		doubles = doubles && ds->input[i].conv == CONV_FLOAT8;
	}
	r->doubles = doubles;
	r->shift = CS_ROOM(ds->env, double, ds->prep->n);
	r->number = CS_ROOM(ds->env, double, ds->prep->n);
	r->lossy = CS_NEW(ds->env, int64, ds->prep->n);
	for (int i = 0; i < ds->prep->n; i++)
		r->shift[i] = ds->prep->f[i].shift;
}

static inline double
plain_number(cs_conv c, Datum d)
{
	switch (c)
	{
		case CONV_FLOAT8:
			return DatumGetFloat8(d);
		case CONV_FLOAT4:
			return (double) DatumGetFloat4(d);
		case CONV_INT2:
			return DatumGetInt16(d);
		case CONV_INT4:
			return DatumGetInt32(d);
		default:
			return (double) DatumGetInt64(d);
	}
}

static inline bool
any_null(const bool *isnull, int n)
{
	uint64		some = 0,
				eight;

	for (; n >= 8; n -= 8, isnull += 8)
	{
		memcpy(&eight, isnull, sizeof(eight));
		some |= eight;
	}
	while (n > 0)
		some |= isnull[--n];
	return some != 0;
}

/* False when the row has a NULL or a value that is not finite: take_row deals with it. */
static inline bool
take_numbers(reading *r, const Datum *value, const bool *isnull, float *raw)
{
	cs_dataset *ds = r->ds;
	const double *number = r->number;

	if (any_null(isnull, ds->n_inputs))
		return false;
	if (r->doubles)
		number = (const double *) value;
	for (int i = 0; i < ds->n_inputs && !r->doubles; i++)
		r->number[i] = plain_number(ds->input[i].conv, value[i]);
	return ds->env->kernel->narrow(number, r->shift, ds->n_inputs, raw, r->lossy);
}

static void
finish_numbers(reading *r)
{
	for (int i = 0; r->lossy && i < r->ds->prep->n; i++)
		r->ds->lossy[i] |= r->lossy[i] != 0;
}

/* ---- keeping to the budget ---- */

bool
cs_dataset_sampled(const cs_dataset *ds, Datum key)
{
	return (cs_key_hash(ds->keys, key) & ((UINT64CONST(1) << ds->sample_level) - 1)) == 0;
}

/* Halve the share of rows that are kept. */
static void
halve(cs_dataset *ds)
{
	size_t		width = sizeof(float) * ds->rows->width,
				kept = 0;

	ds->sample_level++;
	for (size_t i = 0; i < ds->rows->n; i++)
		if (cs_dataset_sampled(ds, cs_keys_at(ds->keys, i)))
		{
			cs_keys_set(ds->keys, kept, cs_keys_at(ds->keys, i));
			memmove(cs_rows_at(ds->rows, kept), cs_rows_at(ds->rows, i), width);
			kept++;
		}
	ds->rows->n = kept;
	ds->keys->datum->n = kept;
	cs_keys_repack(ds->keys);
	cs_text_inputs_keep(ds);
	if (ds->pinned_keys)
		cs_keys_reset(ds->pinned_keys);
}

static void
over_budget(cs_dataset *ds)
{
	if (ds->keys == NULL || ds->sample_level > 40)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows do not fit into memory"),
				 errdetail("%zu rows take the %zu MB that are allowed.", ds->rows->n, ds->budget >> 20),
				 errhint("Increase maintenance_work_mem, or use fewer rows or features.")));
	halve(ds);
}

size_t
cs_dataset_row_bytes(const cs_dataset *ds)
{
	size_t		points = 0;

	for (int i = 0; i < ds->n_inputs; i++)
	{
		const cs_input *in = &ds->input[i];
		const cs_feature *f = &ds->prep->f[in->first];

		if (cs_conv_is_category(in->conv))
			points += Min(in->levels.n, f->max_levels) + 2;
		else
			points += (in->width > 0 ? in->width : 1) * (f->impute == CS_IMPUTE_INDICATOR ? 2 : 1);
	}
	if (ds->pca > 0)
		points *= 2;			/* coordinates, and at most as many of a point */
	return sizeof(float) * Max(points, (size_t) ds->prep->n) + sizeof(Datum) + ds->row_overhead +
		(ds->weighted ? sizeof(float) : 0) +
		(ds->group_columns > 0 ? sizeof(float) * (Max(points, (size_t) ds->prep->n) + 1) + CS_GROUPED_ROW : 0);
}

static void
check_budget(reading *r)
{
	cs_dataset *ds = r->ds;
	size_t		keys = (ds->keys ? ds->keys->room_bytes : 0) +
		(ds->pinned_keys ? ds->pinned_keys->room_bytes + ds->pinned_keys->datum->n * (sizeof(Datum) + sizeof(int)) : 0);
	bool		full;

	while (ds->rows->n * cs_dataset_row_bytes(ds) + keys + cs_text_inputs_bytes(ds, &full) > ds->budget || full)
	{
		if (ds->rows->n <= CS_BLOCK_ROWS)
			break;
		over_budget(ds);
	}
	cs_progress(ds->env, CS_PHASE_READ, ds->read, 0);
}

/* A row of anything, in memory that is given back now and then. */
static void
take_any(reading *r, Datum key, const Datum *value, const bool *isnull, float *raw)
{
	cs_dataset *ds = r->ds;
	MemoryContext old = MemoryContextSwitchTo(r->row_cxt);

	if (!take_row(r, value, isnull, raw))
	{
		ds->rows->n--;
		ds->skipped++;
	}
	else if (ds->keys)
		cs_keys_add(ds->keys, key);
	MemoryContextSwitchTo(old);
	if ((ds->read & 1023) == 0)
		MemoryContextReset(r->row_cxt);
}

/* The group of a row, in memory that is given back as well. */
static void
take_group(reading *r, TupleTableSlot *slot, float *raw)
{
	cs_dataset *ds = r->ds;
	MemoryContext old;

	if ((ds->read & 1023) == 0)
		MemoryContextReset(r->row_cxt);
	old = MemoryContextSwitchTo(r->row_cxt);
	raw[ds->prep->n + (ds->weighted ? 1 : 0)] =
		(float) cs_dataset_take_group(ds, slot->tts_values + r->group_at, slot->tts_isnull + r->group_at);
	MemoryContextSwitchTo(old);
}

/* Is the row pinned to a segment? */
static bool
take_pinned(reading *r, TupleTableSlot *slot, Datum key)
{
	cs_dataset *ds = r->ds;
	MemoryContext old;
	bool		taken;

	if ((ds->read & 1023) == 0)
		MemoryContextReset(r->row_cxt);
	old = MemoryContextSwitchTo(r->row_cxt);
	taken = cs_dataset_take_pinned(ds, key, slot->tts_values, slot->tts_isnull, r->group_at + ds->group_columns);
	MemoryContextSwitchTo(old);
	return taken;
}

static void
take_slot(void *arg, TupleTableSlot *slot)
{
	reading    *r = arg;
	cs_dataset *ds = r->ds;
	const Datum *value;
	const bool *isnull;
	float	   *raw;
	Datum		key = 0;

	slot_getallattrs(slot);
	value = slot->tts_values;
	isnull = slot->tts_isnull;
	if ((++ds->read & (CS_BLOCK_ROWS - 1)) == 0)
		check_budget(r);
	if (ds->keys)
	{
		if (*isnull++)
			cs_keys_null(ds->keys);
		key = *value++;
	}
	if (ds->pins && take_pinned(r, slot, key))
		return;
	if (ds->keys)
	{
		if (ds->sample_level > 0 && !cs_dataset_sampled(ds, key))
			return;
	}
	raw = cs_rows_add(ds->rows);
	if (ds->group_columns > 0)
		take_group(r, slot, raw);
	if (r->shift && take_numbers(r, value, isnull, raw))
	{
		if (ds->keys)
			cs_keys_add(ds->keys, key);
	}
	else
		take_any(r, key, value, isnull, raw);
}

/* ---- after reading ---- */

/* Rows and keys into the order of the keys. */
static void
sort_rows(cs_dataset *ds)
{
	uint32	   *order = ds->keys ? cs_keys_order(ds->keys) : NULL;
	cs_rows    *sorted;

	if (order == NULL)
		return;
	sorted = cs_rows_new(ds->env, ds->keys->datum->width);
	for (size_t i = 0; i < ds->rows->n; i++)
		*(Datum *) cs_rows_add(sorted) = cs_keys_at(ds->keys, order[i]);
	cs_rows_free(ds->keys->datum);
	ds->keys->datum = sorted;
	cs_rows_permute(ds->rows, order);
	cs_release(ds->env, order);
}

static void
no_rows(const cs_dataset *ds)
{
	char	   *skipped = cs_dataset_skipped(ds);

	/* imputing does not help where there is nothing to learn from */
	for (int f = 0; f < ds->prep->n; f++)
		if (ds->read > 0 && ds->missing[f] == ds->read)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_EXCEPTION),
					 errmsg("feature \"%s\" has no values", cs_dataset_column(ds, f)),
					 errdetail("It is NULL, or not finite, in all rows."),
					 errhint("Leave it out.")));
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("there are no rows to work on"),
			 skipped ? errdetail("The source has " UINT64_FORMAT " rows, all left out: %s.", ds->read, skipped)
			 : ds->pinned > 0 ? errdetail("All " UINT64_FORMAT " rows are pinned to segments.", ds->pinned)
			 : errdetail("The source is empty."),
			 skipped ? errhint("Give the feature a rule for missing values, for example transforms => '{\"*\": {\"impute\": \"median\"}}', or leave it out.") : 0));
}

/* Forget all that reading left. */
static void
reset(cs_dataset *ds)
{
	cs_rows_free(ds->rows);
	ds->rows = NULL;
	if (ds->keys)
		cs_keys_reset(ds->keys);
	for (int i = 0; i < ds->n_inputs; i++)
	{
		ds->input[i].hash = NULL;
		ds->input[i].levels.n = 0;
		if (ds->input[i].text)
			cs_text_input_reset(ds, &ds->input[i]);
	}
	cs_dataset_reset_groups(ds);
	cs_dataset_reset_pins(ds);
	memset(ds->missing, 0, ds->prep->n * sizeof(uint64));
	memset(ds->lossy, 0, ds->prep->n * sizeof(bool));
	ds->read = ds->skipped = 0;
}

static void
read_once(cs_dataset *ds)
{
	reading		r = {
		.ds = ds,
		.cxt = CurrentMemoryContext,
		.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg row", ALLOCSET_DEFAULT_SIZES)
	};

	ds->rows = cs_rows_new(ds->env, ds->prep->n + cs_dataset_others(ds));
	r.group_at = (ds->keys ? 1 : 0) + (ds->weighted ? 1 : 0) + ds->n_inputs;
	for (int i = 0; i < ds->n_inputs; i++)
		r.group_at += ds->input[i].text && ds->input[i].text->rating;
	prepare_numbers(&r);
	cs_progress(ds->env, CS_PHASE_READ, 0, 0);
	cs_source_scan(ds->source, cs_dataset_select(ds), true, take_slot, &r);
	check_budget(&r);
	finish_numbers(&r);
	MemoryContextDelete(r.row_cxt);
	if (ds->rows->n > PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows")));
	cs_dataset_drop_inputs(ds);
	if (ds->sample_level > 0)
		cs_dataset_forget_others(ds);
	if (ds->rows->n == 0)
		no_rows(ds);
	sort_rows(ds);
}

static void
fit(cs_dataset *ds, cs_centring centre)
{
	cs_levels  *levels = CS_NEW(ds->env, cs_levels, ds->prep->n);

	for (int i = 0; i < ds->n_inputs; i++)
		if (cs_conv_is_category(ds->input[i].conv))
			levels[ds->input[i].first] = ds->input[i].levels;
	cs_progress(ds->env, CS_PHASE_PREPARE, 0, ds->rows->n);
	cs_text_inputs_fit(ds);
	cs_prep_fit(ds->env, ds->prep, ds->rows, levels, centre);
}

static void
fit_axes(cs_dataset *ds)
{
	size_t		rows = ds->rows->n * cs_dataset_row_bytes(ds);

	if (ds->pca > 0)
		cs_prep_fit_axes(ds->env, ds->prep, ds->rows, ds->pca, ds->budget > rows ? ds->budget - rows : 1);
}

void
cs_dataset_read(cs_dataset *ds, cs_centring centre)
{
	bool		again = false;

	read_once(ds);
	fit(ds, centre);
	for (int i = 0; i < ds->prep->n; i++)
		if (ds->lossy[i] && cs_prep_wants_shift(&ds->prep->f[i]))
		{
			ds->prep->f[i].shift = cs_even_centre(ds->prep->f[i].stats.mean, ds->prep->f[i].stats.sd);
			again = true;
		}
	if (!again)
	{
		fit_axes(ds);
		return;
	}

	/* some column lies far from zero: once more, with its mean taken off */
	for (int i = 0; i < ds->prep->n; i++)
		memset(&ds->prep->f[i].stats, 0, sizeof(cs_feature_stats));
	reset(ds);
	read_once(ds);
	fit(ds, centre);
	fit_axes(ds);
}

void
cs_dataset_read_rows(cs_dataset *ds)
{
	read_once(ds);
	if (!cs_prep_find_shifts(ds->env, ds->prep, ds->rows, ds->lossy))
		return;
	reset(ds);
	read_once(ds);
}

void
cs_dataset_fit(cs_dataset *ds, cs_centring centre)
{
	fit(ds, centre);
	fit_axes(ds);
}
