/*
 * dataset_groups.c - groups of rows while they are read, and the rows of one (dataset.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg/dataset.h"
#include "pg/dictionary.h"
#include "pg/groups.h"

static void
check_column(const cs_dataset *ds, const cs_dataset_args *args, int i)
{
	const char *name = args->group_by[i];

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a column of group_by is NULL")));
	for (int j = 0; j < i; j++)
		if (strcmp(args->group_by[j], name) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("column \"%s\" is named twice in group_by", name)));
	if (args->key && strcmp(args->key, name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the key \"%s\" cannot tell groups", name),
				 errdetail("Every row would be a group of its own.")));
	cs_group_check_type(TupleDescAttr(ds->source->desc, cs_source_column(ds->source, name, "a column of group_by"))->atttypid, name);
}

void
cs_dataset_open_groups(cs_dataset *ds, const cs_dataset_args *args)
{
	ds->group_columns = args->n_group_by;
	if (ds->group_columns == 0)
		return;
	ds->group_column = CS_NEW(ds->env, char *, ds->group_columns);
	ds->group_type = CS_NEW(ds->env, Oid, ds->group_columns);
	for (int i = 0; i < ds->group_columns; i++)
	{
		check_column(ds, args, i);
		ds->group_column[i] = cs_strdup(ds->env, args->group_by[i]);
		ds->group_type[i] = TupleDescAttr(ds->source->desc, cs_source_find(ds->source, args->group_by[i]))->atttypid;
	}
	initStringInfo(&ds->group_code);
	cs_dataset_reset_groups(ds);
}

void
cs_dataset_reset_groups(cs_dataset *ds)
{
	if (ds->group_columns == 0)
		return;
	ds->groups = cs_dictionary_new(ds->env, false);
	ds->group_room = 0;
}

/* Room for another count. */
static void
add_group(cs_dataset *ds)
{
	if (ds->groups->n > CS_GROUPS_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("group_by makes too many groups"),
				 errdetail("There are more than %d in the first " UINT64_FORMAT " rows.", CS_GROUPS_MOST, ds->read),
				 errhint("Group by columns with fewer distinct values.")));
	if (ds->groups->n > ds->group_room)
	{
		int			room = Max(2 * ds->group_room, 64);
		uint64	   *wider = CS_NEW(ds->env, uint64, room);

		if (ds->group_room > 0)
		{
			memcpy(wider, ds->group_read, sizeof(uint64) * ds->group_room);
			cs_release(ds->env, ds->group_read);
		}
		ds->group_read = wider;
		ds->group_room = room;
	}
}

int
cs_dataset_take_group(cs_dataset *ds, const Datum *value, const bool *isnull)
{
	int			g;

	resetStringInfo(&ds->group_code);
	for (int i = 0; i < ds->group_columns; i++)
	{
		int			len = 0;
		const char *text = isnull[i] ? NULL : cs_group_text(ds->group_type[i], value[i], &len);

		cs_group_code(&ds->group_code, text, len);
	}
	g = cs_dictionary_text(ds->groups, ds->group_code.data, ds->group_code.len, true);
	add_group(ds);
	ds->group_read[g]++;
	return g;
}

void
cs_dataset_order_groups(cs_dataset *ds)
{
	int32	   *to = cs_dictionary_order(ds->groups);
	uint64	   *count = CS_NEW(ds->env, uint64, ds->groups->n + 1);
	int			at = ds->prep->n + (ds->weighted ? 1 : 0);

	for (int g = 0; g < ds->groups->n; g++)
		count[to[g]] = ds->group_read[g];
	for (size_t i = 0; i < ds->rows->n; i++)
	{
		float	   *raw = cs_rows_at(ds->rows, i);

		raw[at] = (float) to[(int) raw[at]];
	}
	cs_release(ds->env, ds->group_read);
	cs_release(ds->env, to);
	ds->group_read = count;
}

/* The levels that the rows of a part have, and their codes among these. */
static void
part_levels(cs_env *env, cs_dataset *part, cs_input *in)
{
	cs_levels	all = in->levels;
	int		   *code = CS_NEW(env, int, all.n + 1);
	int			n = 0;

	in->levels.text = CS_NEW(env, char *, all.n + 1);
	in->levels.count = CS_NEW(env, double, all.n + 1);
	for (size_t r = 0; r < part->rows->n; r++)
	{
		float	   *x = &cs_rows_at(part->rows, r)[in->first];
		int			was = (int) *x;

		if (isnan(*x))
			continue;
		if (code[was] == 0)
		{
			in->levels.text[n] = all.text[was];
			code[was] = ++n;
		}
		*x = (float) (code[was] - 1);
		in->levels.count[code[was] - 1]++;
	}
	in->levels.n = n;
	cs_release(env, code);
}

cs_dataset *
cs_dataset_part(cs_env *env, const cs_dataset *ds, const uint32 *row, size_t n)
{
	cs_dataset *part = CS_NEW(env, cs_dataset, 1);

	*part = *ds;
	part->env = env;
	part->rows = cs_rows_new(env, ds->rows->width);
	part->keys = CS_NEW(env, cs_keys, 1);
	*part->keys = *ds->keys;
	part->keys->env = env;
	part->keys->datum = cs_rows_new(env, ds->keys->datum->width);
	for (size_t i = 0; i < n; i++)
	{
		if (i % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();
		memcpy(cs_rows_add(part->rows), cs_rows_at(ds->rows, row[i]), sizeof(float) * ds->rows->width);
		*(Datum *) cs_rows_add(part->keys->datum) = cs_keys_at(ds->keys, row[i]);
	}
	part->input = CS_NEW(env, cs_input, ds->n_inputs);
	memcpy(part->input, ds->input, sizeof(cs_input) * ds->n_inputs);
	for (int i = 0; i < ds->n_inputs; i++)
		if (cs_conv_is_category(ds->input[i].conv))
			part_levels(env, part, &part->input[i]);
	part->prep = CS_NEW(env, cs_prep, 1);
	*part->prep = *ds->prep;
	part->prep->f = CS_NEW(env, cs_feature, ds->prep->n);
	memcpy(part->prep->f, ds->prep->f, sizeof(cs_feature) * ds->prep->n);
	part->read = n;
	part->skipped = part->unfit = 0;
	part->missing = CS_NEW(env, uint64, ds->prep->n);
	return part;
}
