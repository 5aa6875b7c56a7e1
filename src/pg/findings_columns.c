/*
 * findings_columns.c - rules that look at one column by itself (see findings.h).
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/json.h"

#include "pg/findings.h"

/* Share of rows without a value from which that is a warning, and with a rule to impute them. */
#define MISSING 0.05
#define MOSTLY_MISSING 0.5

/* Share of the rows with one value from which a column is as good as constant. */
#define ONE_VALUE 0.99

/* Rows that are needed to tell identifiers from amounts, and evenness from which they are. */
#define ID_ROWS 50
#define EVEN 0.995

/* Share of distinct texts from which they are names or ids. */
#define NAMES 0.5

/* As in dataset_read.c: levels of a category unasked, and asked for without max_levels. */
#define LEVELS_BY_DEFAULT 100
#define LEVELS_UNASKED 1000

void
cs_find(cs_findings *f, cs_finding finding)
{
	if (f->n == f->room)
	{
		f->room = f->room ? 2 * f->room : 16;
		f->list = f->list ? repalloc(f->list, f->room * sizeof(cs_finding)) : palloc(f->room * sizeof(cs_finding));
	}
	f->list[f->n++] = finding;
}

char *
cs_transform_hint(const char *feature, const char *options)
{
	StringInfoData s;

	initStringInfo(&s);
	appendStringInfoChar(&s, '{');
	escape_json(&s, feature);
	appendStringInfo(&s, ": %s}", options);
	return psprintf("transforms => %s", quote_literal_cstr(s.data));
}

char *
cs_leave_out_hint(const cs_dataset *ds, const char *feature)
{
	StringInfoData s;
	bool		first = true;

	if (ds->n_inputs > 20 || ds->n_inputs < 2)
		return psprintf("leave %s out of features", quote_identifier(feature));
	initStringInfo(&s);
	appendStringInfoChar(&s, '{');
	for (int i = 0; i < ds->n_inputs; i++)
		if (strcmp(ds->input[i].name, feature) != 0)
		{
			/* within an array quotes are as in JSON, but for what cannot be in a name anyway */
			if (strspn(ds->input[i].name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(ds->input[i].name) &&
				pg_strcasecmp(ds->input[i].name, "null") != 0)
				appendStringInfo(&s, "%s%s", first ? "" : ",", ds->input[i].name);
			else
			{
				appendStringInfoString(&s, first ? "" : ",");
				escape_json(&s, ds->input[i].name);
			}
			first = false;
		}
	appendStringInfoChar(&s, '}');
	return psprintf("features => %s", quote_literal_cstr(s.data));
}

char *
cs_rows_text(double n)
{
	return n == 1 ? pstrdup("1 row") : psprintf("%.0f rows", n);
}

/* ---- values that are not there ---- */

static bool
no_values(const cs_screen *s, int i, cs_findings *f)
{
	const cs_input *c = &s->ds->input[i];
	const cs_screen_input *in = &s->input[i];

	if (in->missing + (cs_conv_is_array(c->conv) ? 0 : in->odd) < s->rows)
		return false;
	cs_find(f, (cs_finding) {CS_ERROR, "no values", c->name, s->rows, NAN,
							 psprintf("%s is NULL, or not finite, in all rows", quote_identifier(c->name)),
							 psprintf("Write %s.", cs_leave_out_hint(s->ds, c->name))});
	return true;
}

static void
missing(const cs_screen *s, int i, cs_findings *f)
{
	const cs_input *c = &s->ds->input[i];
	const cs_screen_input *in = &s->input[i];
	bool		rejected = s->ds->prep->f[c->first].impute == CS_IMPUTE_REJECT,
				category = cs_conv_is_category(c->conv) || c->conv == CONV_DOCUMENT;
	double		share = (in->missing + in->odd) / s->rows;

	if (in->odd > 0)
		cs_find(f, (cs_finding) {CS_WARNING, "not finite", c->name, in->odd, 0,
								 psprintf("%s is infinite, NaN or beyond single precision in %s, which counts as NULL",
										  quote_identifier(c->name), cs_rows_text(in->odd)),
								 rejected ? psprintf("Correct the values, or write %s.", cs_transform_hint(c->name, "{\"impute\": \"median\"}"))
								 : "Correct the values."});
	if (in->missing + in->odd == 0)
		return;
	if (rejected)
		cs_find(f, (cs_finding) {share > MISSING ? CS_WARNING : CS_INFO, "missing", c->name, share, MISSING,
								 psprintf("%s has no value in %.0f of %.0f rows, which are left out", quote_identifier(c->name),
										  in->missing + in->odd, s->rows),
								 psprintf("To keep them, write %s.",
										  cs_transform_hint(c->name, category || share > MISSING ? "{\"impute\": \"indicator\"}" : "{\"impute\": \"median\"}"))});
	else if (share > MOSTLY_MISSING)
		cs_find(f, (cs_finding) {CS_WARNING, "missing", c->name, share, MOSTLY_MISSING,
								 psprintf("%s has no value in %.0f of %.0f rows: most of what it says is made up", quote_identifier(c->name),
										  in->missing + in->odd, s->rows),
								 psprintf("Write %s.", cs_leave_out_hint(s->ds, c->name))});
}

/* ---- identifiers and times ---- */

/* Values of one feature in the sample that are there. */
static double *
sample_of(const cs_screen *s, int feature, size_t *n)
{
	double	   *v = CS_ROOM(s->env, double, s->n + 1);

	*n = 0;
	for (size_t i = 0; i < s->n; i++)
		if (!isnan(cs_screen_row(s, i)[feature]))
			v[(*n)++] = cs_screen_row(s, i)[feature];
	return v;
}

/* Does a name say that its numbers are none? */
static bool
named_as_id(const char *name)
{
	static const char *const ends[] = {"id", "_no", "_nr", "_key", "_code", "zip", "zipcode", "postcode", "phone", "uuid"};
	size_t		len = strlen(name);

	for (int i = 0; i < lengthof(ends); i++)
	{
		size_t		end = strlen(ends[i]);

		/* "paid" and "valid" are no ids: a word begins where the ending does */
		if (len >= end && pg_strcasecmp(name + len - end, ends[i]) == 0 &&
			(len == end || ends[i][0] == '_' || name[len - end - 1] == '_' || isupper((unsigned char) name[len - end])))
			return true;
	}
	return false;
}

static void
number_id(const cs_screen *s, const cs_input *c, const cs_screen_input *in, cs_findings *f)
{
	size_t		n;
	double	   *v = sample_of(s, c->first, &n),
				even = n >= ID_ROWS ? cs_evenness(v, n) : 0;
	char	   *name = pstrdup(quote_identifier(c->name));

	cs_release(s->env, v);
	if (even > EVEN)
		cs_find(f, (cs_finding) {CS_WARNING, "id-like", c->name, even, EVEN,
								 psprintf("%s numbers the rows: all its values differ and they lie evenly", name),
								 psprintf("An identifier does not describe a row: write %s.", cs_leave_out_hint(s->ds, c->name))});
	else if (named_as_id(c->name))
		cs_find(f, (cs_finding) {CS_WARNING, "id-like", c->name, NAN, NAN,
								 psprintf("the name of %s says that its numbers are codes, whose distances mean nothing", name),
								 psprintf("Write %s, or make it a category in a query: SELECT %s::text AS %s.",
										  cs_leave_out_hint(s->ds, c->name), name, name)});
}

/* Whole numbers that are all seconds, or milliseconds, of this time. */
static bool
is_epoch(const cs_spread *s)
{
	const double from = 946684800,	/* 2000 */
				to = 4102444800.0;	/* 2100 */

	return s->whole && s->max > s->min && ((s->min >= from && s->max <= to) || (s->min >= 1000 * from && s->max <= 1000 * to));
}

static void
time_column(const cs_screen *s, const cs_input *c, cs_findings *f)
{
	char	   *name = pstrdup(quote_identifier(c->name));

	cs_find(f, (cs_finding) {CS_WARNING, "time stamp", c->name, NAN, NAN,
							 psprintf("%s is a moment: it tells rows apart by when they came, and moves on with the calendar", name),
							 psprintf("Make it an age in a query: SELECT %s AS %s.",
									  c->conv == CONV_DATE ? psprintf("current_date - %s", name) :
									  c->conv == CONV_TIMESTAMP ? psprintf("EXTRACT(epoch FROM now() - %s) / 86400", name) :
									  psprintf("EXTRACT(epoch FROM now()) - %s", name),
									  quote_identifier(psprintf("%s_age", c->name)))});
}

/* ---- by kind ---- */

/* False when training would refuse the column. */
static bool
number(const cs_screen *s, int i, cs_findings *f)
{
	const cs_input *c = &s->ds->input[i];
	const cs_screen_input *in = &s->input[i];
	const cs_feature *x = &s->ds->prep->f[c->first];
	bool		at_domain = x->winsor_low <= 0 && x->log == CS_LOG_LOG1P && in->spread.min <= -1;
	size_t		n;
	double	   *v,
				most;

	if (in->spread.min == in->spread.max)
	{
		if (in->missing + in->odd > 0 && x->impute == CS_IMPUTE_INDICATOR)
			return true;
		cs_find(f, (cs_finding) {CS_WARNING, "constant", c->name, in->spread.min, NAN,
								 psprintf("%s is the same in all rows and has no influence", quote_identifier(c->name)),
								 psprintf("Write %s.", cs_leave_out_hint(s->ds, c->name))});
		return !at_domain;
	}
	if (at_domain)
		cs_find(f, (cs_finding) {CS_ERROR, "domain", c->name, in->spread.min, -1,
								 psprintf("%s has values of -1 or less, of which log1p is not defined", quote_identifier(c->name)),
								 psprintf("Write %s.", cs_transform_hint(c->name, "{\"log\": \"signed\"}"))});
	if (cs_conv_is_time(c->conv) ? c->conv != CONV_INTERVAL : is_epoch(&in->spread))
		time_column(s, c, f);
	else if (in->spread.whole && c->conv != CONV_BOOL)
		number_id(s, c, in, f);
	v = sample_of(s, c->first, &n);
	most = cs_mode_share(v, n);
	cs_release(s->env, v);
	if (most > ONE_VALUE)
		cs_find(f, (cs_finding) {CS_WARNING, "nearly constant", c->name, most, ONE_VALUE,
								 psprintf("%s has one value in %.1f %% of the rows: scaled, the few others lie far out", quote_identifier(c->name), 100 * most),
								 psprintf("Write %s, or %s.", cs_leave_out_hint(s->ds, c->name), cs_transform_hint(c->name, "{\"weight\": 0.1}"))});
	return !at_domain;
}

static bool
category(const cs_screen *s, int i, cs_findings *f)
{
	const cs_input *c = &s->ds->input[i];
	const cs_screen_input *in = &s->input[i];
	int			most = s->ds->prep->f[c->first].max_levels;
	bool		left_out = c->by_default && in->levels > LEVELS_BY_DEFAULT,
				refused = !left_out && in->levels > (c->levels_asked ? CS_SCREEN_LEVELS : LEVELS_UNASKED);
	double		share = in->levels / (s->rows - in->missing);
	char	   *name = pstrdup(quote_identifier(c->name)),
			   *levels = in->levels > CS_SCREEN_LEVELS ? psprintf("more than %d", CS_SCREEN_LEVELS) : psprintf("%.0f", in->levels);

	if (in->levels == 1 && (in->missing == 0 || s->ds->prep->f[c->first].impute == CS_IMPUTE_REJECT))
		cs_find(f, (cs_finding) {CS_WARNING, "constant", c->name, 1, NAN,
								 psprintf("%s is the same in all rows and has no influence", name),
								 psprintf("Write %s.", cs_leave_out_hint(s->ds, c->name))});
	else if (in->levels > CS_SCREEN_LEVELS || (share > NAMES && in->levels > 20))
		cs_find(f, (cs_finding) {refused ? CS_ERROR : left_out ? CS_INFO : CS_WARNING, "id-like", c->name, share, NAMES,
								 psprintf("%s has %s distinct values in %.0f rows: it names rows%s", name, levels, s->rows - in->missing,
										  left_out ? ", and is left out unless it is named" : ""),
								 left_out ? "A name or an id does not describe a row: it can stay in the source."
								 : psprintf("A name or an id does not describe a row: write %s.", cs_leave_out_hint(s->ds, c->name))});
	else if (in->levels > most || left_out)
		cs_find(f, (cs_finding) {refused ? CS_ERROR : left_out ? CS_INFO : in->levels > LEVELS_BY_DEFAULT ? CS_WARNING : CS_INFO,
								 "levels", c->name, in->levels, left_out ? LEVELS_BY_DEFAULT : refused ? LEVELS_UNASKED : most,
								 left_out ? psprintf("%s has %s distinct values and is left out unless it is named", name, levels) :
								 psprintf("%s has %s distinct values; the %d most frequent count, all others are one", name, levels, most),
								 psprintf("Write %s, or group the values in a query.",
										  cs_transform_hint(c->name, psprintf("{\"max_levels\": %d}", !c->levels_asked && !left_out && !refused ? 50 : most)))});
	return !left_out && !refused;
}

static bool
array(const cs_screen *s, int i, cs_findings *f)
{
	const cs_input *c = &s->ds->input[i];

	if (s->input[i].ragged == 0)
		return true;
	cs_find(f, (cs_finding) {CS_ERROR, "array length", c->name, s->input[i].ragged, 0,
							 psprintf("%s has not %d elements in %s", quote_identifier(c->name), c->width, cs_rows_text(s->input[i].ragged)),
							 psprintf("Leave these rows out: SELECT ... WHERE cardinality(%s) = %d.", quote_identifier(c->name), c->width)});
	return false;
}

void
cs_judge_columns(const cs_screen *s, cs_findings *f, bool *usable)
{
	for (int i = 0; i < s->ds->n_inputs; i++)
	{
		const cs_input *c = &s->ds->input[i];

		usable[i] = false;
		if (no_values(s, i, f))
			continue;
		if (cs_conv_is_number(c->conv))
			usable[i] = number(s, i, f);
		else if (cs_conv_is_array(c->conv))
			usable[i] = array(s, i, f);
		else if (c->conv == CONV_DOCUMENT)
		{
			missing(s, i, f);
			continue;
		}
		else
			usable[i] = category(s, i, f);
		if (usable[i])
			missing(s, i, f);
	}
}
