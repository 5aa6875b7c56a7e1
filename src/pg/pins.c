/*
 * pins.c - rules that pin rows to segments (see pins.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "pg/groups.h"
#include "pg/pins.h"

/* ---- rules ---- */

/* The columns of a condition among those of all. */
static void
add_columns(cs_env *env, cs_pins *p, cs_pin *pin)
{
	const cs_predicate *c = pin->condition;

	pin->column = CS_NEW(env, int, c->columns + 1);
	for (int i = 0; i < c->columns; i++)
	{
		int			at = 0;

		while (at < p->columns && strcmp(p->column[at], c->column[i].name) != 0)
			at++;
		if (at == p->columns)
		{
			char	  **wider = CS_NEW(env, char *, p->columns + 1);

			if (p->columns > 0)
				memcpy(wider, p->column, sizeof(char *) * p->columns);
			wider[p->columns++] = c->column[i].name;
			p->column = wider;
		}
		pin->column[i] = at;
	}
}

const cs_pin *
cs_pin_named(const cs_pins *p, const char *name)
{
	for (int i = 0; p && i < p->n; i++)
		if (strcmp(p->pin[i].name, name) == 0)
			return &p->pin[i];
	return NULL;
}

static void
bad_condition(const char *name, const char *where, const char *wrong, int at)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the condition of pinned segment \"%s\" is none", name),
			 errdetail("In \"%s\", %s%s.", where, wrong, where[at] ? psprintf(": \"%s\"", pnstrdup(where + at, pg_mbcliplen(where + at, strlen(where + at), 30)))
					   : ", at its end"),
			 errhint("It takes comparisons of columns with constants (=, <>, <, <=, >, >=, BETWEEN, IN, IS NULL), AND, OR, NOT and parentheses.")));
}

cs_pins *
cs_pins_of_option(cs_env *env, const cs_option *o)
{
	cs_pins    *p;

	if (!o->set || o->rows == 0)
		return NULL;
	if (o->rows > CS_PINS_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there are too many pinned segments"), errdetail("There are %d, %d are possible.", o->rows, CS_PINS_MOST)));
	p = CS_NEW(env, cs_pins, 1);
	p->pin = CS_NEW(env, cs_pin, o->rows);
	for (; p->n < o->rows; p->n++)
	{
		cs_pin	   *pin = &p->pin[p->n];
		const char *wrong;
		int			at;

		pin->name = pin->label = cs_strdup(env, o->key[p->n]);
		pin->where = cs_strdup(env, o->text[p->n]);
		if (pin->name[strspn(pin->name, " \t\r\n")] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a pinned segment has no name")));
		if (cs_pin_named(p, pin->name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there are two pinned segments \"%s\"", pin->name),
					 errhint("Join their conditions with OR.")));
		pin->condition = cs_predicate_parse(env, pin->where, &wrong, &at);
		if (pin->condition == NULL)
			bad_condition(pin->name, pin->where, wrong, at);
		add_columns(env, p, pin);
	}
	return p;
}

void
cs_pins_load(cs_env *env, cs_model *m, cs_value root)
{
	cs_value	list = cs_value_get(root, "pinned"),
				key;
	const unsigned char *at;
	cs_pins    *p;

	if (list.tag == 0)
		return;
	list = cs_need(env, root, "pinned", 'l');
	if (list.count < 1 || list.count > CS_PINS_MOST)
		cs_doc_damaged(env, "It has no pinned segments, or too many.");
	p = CS_NEW(env, cs_pins, 1);
	p->pin = CS_NEW(env, cs_pin, list.count);
	at = list.data;
	for (; p->n < (int) list.count; p->n++)
	{
		cs_value	v = cs_value_next(list, &at, &key);
		cs_pin	   *pin = &p->pin[p->n];
		const char *wrong;
		int			where;

		pin->name = cs_need_text(env, v, "name");
		pin->label = cs_need_text(env, v, "label");
		pin->where = cs_need_text(env, v, "where");
		pin->id = cs_need_int(env, v, "id", 1, PG_INT32_MAX);
		pin->rows = cs_need_number(env, v, "rows", 0, 1e300);
		pin->condition = cs_predicate_parse(env, pin->where, &wrong, &where);
		if (pin->condition == NULL)
			cs_doc_damaged(env, "The condition of a pinned segment is none.");
		if (cs_model_cluster(m, pin->id) >= 0 || cs_pin_named(p, pin->name))
			cs_doc_damaged(env, "Two segments have the same id or name.");
		add_columns(env, p, pin);
	}
	m->pins = p;
}

void
cs_pins_save(const cs_pins *p, cs_writer *w)
{
	cs_begin_list(w, "pinned");
	for (int i = 0; i < p->n; i++)
	{
		cs_begin_object(w, NULL);
		cs_put_number(w, "id", p->pin[i].id);
		cs_put_text(w, "name", p->pin[i].name);
		cs_put_number(w, "rows", p->pin[i].rows);
		cs_put_text(w, "label", p->pin[i].label);
		cs_put_text(w, "where", p->pin[i].where);
		cs_end(w);
	}
	cs_end(w);
}

/* ---- rows ---- */

cs_pin_columns *
cs_pin_columns_new(cs_env *env, const cs_pins *p)
{
	cs_pin_columns *c = CS_NEW(env, cs_pin_columns, 1);

	c->pins = p;
	c->att = CS_NEW(env, int, p->columns + 1);
	c->type = CS_NEW(env, Oid, p->columns + 1);
	c->value = CS_NEW(env, cs_operand_value, p->columns + 1);
	c->part = CS_NEW(env, cs_operand_value, p->columns + 1);
	return c;
}

static bool
fits(Oid type, cs_operand kind)
{
	bool		cast;
	cs_conv		conv = cs_conv_of_type(type, &cast);

	switch (kind)
	{
		case CS_NUMBER_OPERAND:
			return cs_conv_is_number(conv) && !cs_conv_is_time(conv) && conv != CONV_BOOL;
		case CS_TEXT_OPERAND:
			return cs_conv_is_category(conv) || TypeCategory(type) == TYPCATEGORY_STRING;
		case CS_BOOL_OPERAND:
			return type == BOOLOID;
		default:
			return true;
	}
}

void
cs_pin_columns_check(cs_pin_columns *c, TupleDesc desc)
{
	static const char *const kinds[] = {"", "a number", "a text", "a boolean"};

	for (int i = 0; i < c->pins->columns; i++)
		c->type[i] = getBaseType(TupleDescAttr(desc, c->att[i])->atttypid);
	for (int p = 0; p < c->pins->n; p++)
		for (int i = 0; i < c->pins->pin[p].condition->columns; i++)
		{
			const cs_predicate_column *column = &c->pins->pin[p].condition->column[i];
			Oid			type = c->type[c->pins->pin[p].column[i]];

			if (!fits(type, column->kind))
				ereport(ERROR,
						(errcode(ERRCODE_DATATYPE_MISMATCH),
						 errmsg("column \"%s\" of type %s does not fit the condition of pinned segment \"%s\"", column->name,
								format_type_be(type), c->pins->pin[p].name),
						 errdetail("It is compared with %s.", kinds[column->kind])));
		}
}

int
cs_pin_of_values(cs_pin_columns *c)
{
	for (int p = 0; p < c->pins->n; p++)
	{
		const cs_pin *pin = &c->pins->pin[p];

		for (int i = 0; i < pin->condition->columns; i++)
			c->part[i] = c->value[pin->column[i]];
		if (cs_predicate_holds(pin->condition, c->part))
			return p;
	}
	return -1;
}

/* Not as a feature: infinity is a number here. */
static double
number_of(Oid type, Datum d)
{
	switch (type)
	{
		case FLOAT8OID:
			return DatumGetFloat8(d);
		case FLOAT4OID:
			return (double) DatumGetFloat4(d);
		case INT2OID:
			return DatumGetInt16(d);
		case INT4OID:
			return DatumGetInt32(d);
		case INT8OID:
			return (double) DatumGetInt64(d);
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, d));
		case BOOLOID:
			return DatumGetBool(d) ? 1 : 0;
		default:
			return 0;
	}
}

int
cs_pin_of_row(cs_pin_columns *c, const Datum *value, const bool *isnull)
{
	for (int i = 0; i < c->pins->columns; i++)
	{
		cs_operand_value *v = &c->value[i];
		bool		cast;
		cs_conv		conv = cs_conv_of_type(c->type[i], &cast);

		memset(v, 0, sizeof(*v));
		v->null = isnull[c->att[i]];
		if (v->null)
			continue;
		if (cs_conv_is_category(conv) || TypeCategory(c->type[i]) == TYPCATEGORY_STRING)
		{
			int			len;

			v->text = cs_group_text(c->type[i], value[c->att[i]], &len);
			v->len = len;
		}
		else
			v->number = number_of(c->type[i], value[c->att[i]]);
	}
	return cs_pin_of_values(c);
}
