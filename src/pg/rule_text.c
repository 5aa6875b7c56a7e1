/*
 * rule_text.c - rules over the columns of a source (see rule_text.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "pg/rule_text.h"

#define DAY_SECONDS 86400

/* ---- columns ---- */

/* Of the feature of an array: its element.  Types that are cast to real[] are cast here as well. */
static char *
source_column(const cs_column *c, int feature, bool cast)
{
	const char *name = quote_identifier(c->name);

	if (c->width == 0)
		return pstrdup(name);
	return cast ? psprintf("(%s::real[])[%d]", name, feature - c->first + 1)
				: psprintf("%s[%d]", name, feature - c->first + 1);
}

cs_rule_columns *
cs_rule_columns_new(cs_env *env, const cs_model *m, const cs_source *source)
{
	cs_rule_columns *c = CS_NEW(env, cs_rule_columns, 1);
	int			n = m->prep->n;

	c->m = m;
	c->column = CS_NEW(env, cs_rule_column, m->prep->wide);
	c->sql = CS_NEW(env, char *, n);
	c->type = CS_NEW(env, Oid, n);
	c->conv = CS_NEW(env, cs_conv, n);
	for (int i = 0; i < m->columns; i++)
	{
		const cs_column *in = &m->column[i];
		Oid			type = TupleDescAttr(source->desc, cs_source_column(source, in->name, "a feature of the model"))->atttypid;

		/* SQL has no plain condition for what a text is about */
		for (int f = in->first; in->text == NULL && f < in->first + Max(in->width, 1); f++)
		{
			bool		cast;

			c->type[f] = getBaseType(type);
			c->conv[f] = cs_conv_of_type(type, &cast);
			c->sql[f] = source_column(in, f, cast);
			for (int z = 0; z < m->prep->f[f].width; z++)
				c->column[c->q++] = (cs_rule_column) {f, z};
		}
	}
	if (c->q == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("there are no rules for a model of texts alone"),
				 errdetail("Rules speak of numbers and categories."),
				 errhint("SELECT * FROM clusterseg.segment_profiles shows the terms that set its segments apart.")));
	return c;
}

/* The number in a row, as the source has it; NaN: none. */
static double
number_in(const cs_binding *b, const cs_column *in, const cs_bound *bound, int feature, const Datum *value,
		  const bool *isnull)
{
	cs_array	a;

	if (isnull[bound->att])
		return NAN;
	if (in->width == 0)
		return cs_convert_number(bound->conv, value[bound->att]);
	if (bound->cast)
		return cs_feature_value(&b->m->prep->f[feature], b->raw[feature]);
	a = cs_open_array(value[bound->att]);
	return cs_array_element(&a, feature - in->first);
}

void
cs_rule_values(void *arg, const cs_binding *b, const Datum *value, const bool *isnull, double *out)
{
	const cs_prep *p = b->m->prep;
	const float *x = cs_prep_coordinates(p, b->point);

	(void) arg;
	for (int i = 0; i < b->m->columns; i++)
	{
		const cs_column *in = &b->m->column[i];

		for (int f = in->first; in->text == NULL && f < in->first + Max(in->width, 1); f++)
			if (p->f[f].kind == CS_NUMBER)
			{
				double		v = number_in(b, in, &b->column[i], f, value, isnull);

				*out++ = isfinite(v) ? v : cs_tidy_value(p->f[f].fill);
				if (p->f[f].width > 1)
					*out++ = isnan(b->raw[f]);
			}
			else
				for (int z = 0; z < p->f[f].width; z++)
					*out++ = x[p->f[f].at + z] > 0;
	}
}

/* Shares of a level are 0 to 1, rounding aside: a cut at either end would take no row. */
static double
tidy_share(double v)
{
	return v < 1e-9 ? 0 : v > 1 - 1e-9 ? 1 : v;
}

double *
cs_rule_centers(cs_env *env, const cs_rule_columns *c)
{
	const cs_model *m = c->m;
	double	   *u = CS_ROOM(env, double, (size_t) m->k * c->q);

	for (int j = 0; j < m->k; j++)
		for (int i = 0; i < c->q; i++)
		{
			const cs_feature *f = &m->prep->f[c->column[i].feature];
			int			z = c->column[i].z;
			double		v = cs_feature_original(f, z, cs_model_typical(m)[(size_t) j * m->prep->wide + f->at + z]);

			u[(size_t) j * c->q + i] = f->kind == CS_NUMBER && z == 0 ? v : tidy_share(v);
		}
	return u;
}

/* ---- what a leaf asks of one column ---- */

typedef struct bounds
{
	bool		low;			/* above the cut of this node */
	bool		high;			/* at most the cut of that one */
	const cs_rule_node *low_node;
	const cs_rule_node *high_node;
} bounds;

/* On the way up the first cut of a column met is the tightest on its side. */
static bounds
bounds_of(const cs_rules *r, int leaf, int column)
{
	bounds		b = {0};

	for (int i = leaf; r->node[i].parent >= 0; i = r->node[i].parent)
	{
		const cs_rule_node *p = &r->node[r->node[i].parent];

		if (p->column != column)
			continue;
		if (p->left == i && !b.high)
		{
			b.high = true;
			b.high_node = p;
		}
		else if (p->right == i && !b.low)
		{
			b.low = true;
			b.low_node = p;
		}
	}
	return b;
}

/* ---- literals ---- */

/* A time behind the last one below, as round as the next one allows. */
static double
round_time(double low, double high)
{
	static const double step[] = {DAY_SECONDS, 3600, 60, 1};
	double		seconds = low * DAY_SECONDS;

	for (int i = 0; i < 4; i++)
	{
		double		t = ceil(seconds / step[i]) * step[i];

		if (t < high * DAY_SECONDS)
			return t / DAY_SECONDS;
	}
	return low;
}

/* ISO, whatever DateStyle is: the text may be run elsewhere. */
static char *
time_text(Oid type, double days)
{
	char		buf[MAXDATELEN + 1];
	struct pg_tm tm = {0};
	fsec_t		fsec = 0;

	if (type == DATEOID)
	{
		j2date((int) floor(days) + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
		EncodeDateOnly(&tm, USE_ISO_DATES, buf);
	}
	else if (timestamp2tm((Timestamp) rint(days * DAY_SECONDS * 1e6), NULL, &tm, &fsec, NULL, NULL) == 0)
		EncodeDateTime(&tm, fsec, false, 0, NULL, USE_ISO_DATES, buf);
	else
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("timestamp out of range")));
	return pstrdup(buf);
}

static char *
plain_number(double v)
{
	char	   *buf = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(v, buf);
	return buf;
}

/* Where a node cuts, for a column of times or of numbers. */
static double
cut_at(const cs_rule_node *n, cs_conv conv)
{
	double		low = isfinite(n->below) ? n->below : n->cut;

	if (conv == CONV_DATE)
		return floor(low);
	if (conv == CONV_TIMESTAMP)
		return round_time(low, n->above);
	return cs_short_cut(low, n->above);
}

static char *
literal(const cs_rule_columns *c, int feature, double v, bool words)
{
	cs_conv		conv = c->conv[feature];

	if (conv != CONV_DATE && conv != CONV_TIMESTAMP)
		return plain_number(v);
	if (words)
		return time_text(c->type[feature], v);
	return psprintf("%s '%s%s'",
					c->type[feature] == DATEOID          ? "DATE"
					: c->type[feature] == TIMESTAMPTZOID ? "TIMESTAMPTZ"
														 : "TIMESTAMP",
					time_text(c->type[feature], v), c->type[feature] == TIMESTAMPTZOID ? "+00" : "");
}

/* ---- numbers ---- */

/* The number that rules compare, out of a column. */
static char *
number_sql(const cs_rule_columns *c, int feature)
{
	const cs_feature *f = &c->m->prep->f[feature];
	char	   *s = c->sql[feature];

	if (c->conv[feature] == CONV_BOOL)
		s = psprintf("%s::int", s);
	else if (c->conv[feature] == CONV_INTERVAL)
		s = psprintf("(30.4375 * (12 * extract(year FROM %s) + extract(month FROM %s)) + extract(day FROM %s) + "
					 "(3600 * extract(hour FROM %s) + 60 * extract(minute FROM %s) + extract(second FROM %s)) / 86400)",
					 s, s, s, s, s, s);
	if (f->impute == CS_IMPUTE_REJECT)
		return s;
	return psprintf("COALESCE(%s, %s)", s, literal(c, feature, cs_tidy_value(f->fill), false));
}

static void
put_and(StringInfo s, const char *and)
{
	if (s->len > 0)
		appendStringInfoString(s, and);
}

static void
number_condition(StringInfo s, const cs_rule_columns *c, int feature, const bounds *b)
{
	bool		flag = c->conv[feature] == CONV_BOOL && c->m->prep->f[feature].impute == CS_IMPUTE_REJECT;

	if (b->low)
	{
		put_and(s, " AND ");
		if (flag)
			appendStringInfoString(s, c->sql[feature]);
		else
			appendStringInfo(s, "%s > %s", number_sql(c, feature),
							 literal(c, feature, cut_at(b->low_node, c->conv[feature]), false));
	}
	if (b->high)
	{
		put_and(s, " AND ");
		if (flag)
			appendStringInfo(s, "NOT %s", c->sql[feature]);
		else
			appendStringInfo(s, "%s <= %s", number_sql(c, feature),
							 literal(c, feature, cut_at(b->high_node, c->conv[feature]), false));
	}
}

static void
number_words(StringInfo s, const cs_rule_columns *c, int feature, const bounds *b)
{
	const char *name = c->m->prep->f[feature].name;
	bool		when = c->conv[feature] == CONV_DATE || c->conv[feature] == CONV_TIMESTAMP;
	const char *unit = c->conv[feature] == CONV_INTERVAL ? " days" : "";

	if (!b->low && !b->high)
		return;
	put_and(s, " and ");
	if (c->conv[feature] == CONV_BOOL)
	{
		appendStringInfo(s, "%s is %s", name, b->low ? "true" : "false");
		return;
	}
	appendStringInfo(s, "%s is", name);
	if (b->low)
		appendStringInfo(s, " %s %s%s", when ? "after" : "above",
						 literal(c, feature, cut_at(b->low_node, c->conv[feature]), true), unit);
	if (b->high)
		appendStringInfo(s, "%s %s %s%s", b->low ? " and" : "", when ? "not after" : "at most",
						 literal(c, feature, cut_at(b->high_node, c->conv[feature]), true), unit);
}

/* ---- missing values and categories: coordinates that are 0 or 1 ---- */

static char *
level_sql(const cs_rule_columns *c, int feature)
{
	return c->conv[feature] == CONV_OUTPUT ? psprintf("%s::text", c->sql[feature]) : c->sql[feature];
}

/* One coordinate on (or off), as SQL. */
static void
coordinate_condition(StringInfo s, const cs_rule_columns *c, const cs_rule_column *col, bool on)
{
	const cs_feature *f = &c->m->prep->f[col->feature];
	char	   *sql = level_sql(c, col->feature);

	put_and(s, " AND ");
	if (f->kind == CS_NUMBER || (f->missing_level && col->z == f->width - 1))
		appendStringInfo(s, "%s IS %sNULL", c->sql[col->feature], on ? "" : "NOT ");
	else if (col->z < f->levels)
	{
		appendStringInfo(s, "%s %s %s", sql,
						 on                 ? "="
						 : f->missing_level ? "IS DISTINCT FROM"
											: "<>",
						 quote_literal_cstr(f->level[col->z]));
	}
	else
	{
		appendStringInfo(s,
						 f->missing_level && !on ? "(%s IS NULL OR %s IN ("
						 : on                    ? "%s NOT IN ("
												 : "%s IN (",
						 sql, sql);
		for (int i = 0; i < f->levels; i++)
			appendStringInfo(s, "%s%s", i ? ", " : "", quote_literal_cstr(f->level[i]));
		appendStringInfoString(s, f->missing_level && !on ? "))" : ")");
	}
}

static void
coordinate_words(StringInfo s, const cs_rule_columns *c, const cs_rule_column *col, bool on)
{
	const cs_feature *f = &c->m->prep->f[col->feature];

	put_and(s, " and ");
	if (f->kind == CS_NUMBER || (f->missing_level && col->z == f->width - 1))
		appendStringInfo(s, "%s is %s", f->name, on ? "missing" : "known");
	else if (col->z < f->levels)
		appendStringInfo(s, "%s is %s%s", f->name, on ? "" : "not ", f->level[col->z]);
	else
		appendStringInfo(s, "%s is %sone of the rare ones", f->name, on ? "" : "not ");
}

/* Is some coordinate of this category on?  Then nothing need be said of those that are off. */
static bool
settled(const cs_rule_columns *c, const cs_rules *r, int leaf, int feature)
{
	for (int i = 0; i < c->q; i++)
		if (c->column[i].feature == feature && bounds_of(r, leaf, i).low)
			return true;
	return false;
}

static char *
write_rule(cs_env *env, const cs_rule_columns *c, const cs_rules *r, int leaf, bool words)
{
	StringInfoData s;
	char	   *text;

	initStringInfo(&s);
	for (int i = 0; i < c->q; i++)
	{
		const cs_rule_column *col = &c->column[i];
		const cs_feature *f = &c->m->prep->f[col->feature];
		bounds		b = bounds_of(r, leaf, i);

		if (!b.low && !b.high)
			continue;
		if (f->kind == CS_NUMBER && col->z == 0)
			(words ? number_words : number_condition)(&s, c, col->feature, &b);
		else if (b.low || f->kind == CS_NUMBER || !settled(c, r, leaf, col->feature))
			(words ? coordinate_words : coordinate_condition)(&s, c, col, b.low);
	}
	if (s.len == 0)
		appendStringInfoString(&s, words ? "every customer" : "true");
	text = cs_strdup(env, s.data);
	pfree(s.data);
	return text;
}

char *
cs_rule_sql(cs_env *env, const cs_rule_columns *c, const cs_rules *r, int leaf)
{
	return write_rule(env, c, r, leaf, false);
}

char *
cs_rule_words(cs_env *env, const cs_rule_columns *c, const cs_rules *r, int leaf)
{
	return write_rule(env, c, r, leaf, true);
}
