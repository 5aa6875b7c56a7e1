/*
 * dataset_pins.c - rows that rules pin to segments, while a source is read (dataset.h).
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "pg/dataset.h"
#include "pg/pins.h"

void
cs_dataset_open_pins(cs_dataset *ds, const cs_dataset_args *args)
{
	if (args->pins == NULL)
		return;
	ds->pins = cs_pin_columns_new(ds->env, args->pins);
	for (int i = 0; i < args->pins->columns; i++)
		ds->pins->att[i] = cs_source_column(ds->source, args->pins->column[i], "a column of a pinned segment");
	cs_pin_columns_check(ds->pins, ds->source->desc);
	if (args->key)
		ds->pinned_keys = cs_keys_new(ds->env, TupleDescAttr(ds->source->desc, cs_source_find(ds->source, args->key)));
	cs_dataset_reset_pins(ds);
}

void
cs_dataset_reset_pins(cs_dataset *ds)
{
	if (ds->pins == NULL)
		return;
	ds->pinned = 0;
	ds->pinned_rows = CS_NEW(ds->env, uint64, ds->pins->pins->n);
	ds->pinned_of = cs_rows_new(ds->env, 1);
	if (ds->pinned_keys)
		cs_keys_reset(ds->pinned_keys);
}

bool
cs_dataset_take_pinned(cs_dataset *ds, Datum key, const Datum *value, const bool *isnull, int first)
{
	int			pin;

	/* columns of rules stand side by side in the row */
	for (int i = 0; i < ds->pins->pins->columns; i++)
		ds->pins->att[i] = first + i;
	pin = cs_pin_of_row(ds->pins, value, isnull);
	if (pin < 0)
		return false;
	ds->pinned++;
	ds->pinned_rows[pin]++;

	/* members of a sample are read again */
	if (ds->pinned_keys && ds->sample_level == 0)
	{
		cs_keys_add(ds->pinned_keys, key);
		*(int *) cs_rows_add(ds->pinned_of) = pin;
	}
	return true;
}
