/*
 * serving.c - arguments and options of recommend() and its sisters (see serving.h).
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "pg/args.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/serving.h"

const cs_param cs_serving_params[] = {
	{"similarity", CS_P_ENUM, CS_ALIKE_AUTO, 0, 0, "auto|items|category",
	"what makes items alike for diversity: the weights or factors of the algorithm, or the same category; auto takes the former where the algorithm has them"},
	{"category", CS_P_TEXT, 0, 0, 0, NULL, "column of the item source with the category; by default that of the training"},
	{"item_time", CS_P_TEXT, 0, 0, 0, NULL, "column of the item source with the time that ages of items count from; by default that of the training"},
	{"min_age", CS_P_TEXT, 0, 0, 0, NULL, "interval: younger items are left out"},
	{"max_age", CS_P_TEXT, 0, 0, 0, NULL, "interval: older items are left out, and those without a time"},
	{"as_of", CS_P_TEXT, 0, 0, 0, NULL, "time that ages are counted to; by default now"},
	{"exclude_types", CS_P_TEXTS, 0, 0, 0, NULL, "types of events whose items are left out, in place of all that the customer has seen"},
	{"exclude_within", CS_P_TEXT, 0, 0, 0, NULL, "interval: only items of events that are not older are left out, in place of all that the customer has seen"},
	{"promoted", CS_P_TEXTS, 0, 0, 0, NULL, "items that get a share of the places"},
	{"promoted_from", CS_P_TEXT, 0, 0, 0, NULL, "relation or query whose first column has the items that get a share of the places"},
	{"promoted_share", CS_P_REAL, 0.2, 0, 1, NULL, "share of the places that promoted items get"},
	{"min_confidence", CS_P_REAL, 0, 0, 1, NULL, "items whose score is below this share of the best one's are left out"},
	{"seed", CS_P_INT, 0, -9007199254740992.0, 9007199254740992.0, NULL, "seed of exploring; by default each customer has one that stays the same"},
	{NULL}
};

static const char *
text_option(const cs_options *o, const char *name)
{
	const cs_option *v = cs_option_get(o, name);

	return v->set ? v->text[0] : NULL;
}

static double
seconds(TimestampTz t)
{
	return TIMESTAMP_IS_NOBEGIN(t) ? -INFINITY : TIMESTAMP_IS_NOEND(t) ? INFINITY : (double) t / USECS_PER_SEC + CS_SECONDS_TO_2000;
}

/* A text as a value of the type with this input function. */
static Datum
parse(const char *option, PGFunction input, const char *text)
{
	MemoryContext cxt = CurrentMemoryContext;
	Datum		d = (Datum) 0;

	PG_TRY();
	{
		d = DirectFunctionCall3(input, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	}
	PG_CATCH();
	{
		ErrorData  *e;

		MemoryContextSwitchTo(cxt);
		e = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(e->sqlerrcode) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for serving option \"%s\": %s", option, e->message),
				 errhint("%s", input == interval_in ? "Write an interval such as \"30 days\"." : "Write a time such as \"2025-06-30 12:00+02\".")));
	}
	PG_END_TRY();
	return d;
}

/* The moment that lies an interval before another. */
static double
before(TimestampTz t, const char *option, const char *interval)
{
	Datum		d = parse(option, interval_in, interval);

	return seconds(DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval, TimestampTzGetDatum(t), d)));
}

static void
take_times(cs_serving *s, const cs_options *o)
{
	const char *as_of = text_option(o, "as_of"),
			   *min = text_option(o, "min_age"),
			   *max = text_option(o, "max_age"),
			   *within = text_option(o, "exclude_within");
	TimestampTz now = GetCurrentTransactionStartTimestamp();

	if (as_of)
		now = DatumGetTimestampTz(parse("as_of", timestamptz_in, as_of));
	s->aged = min || max;
	s->newest = min ? before(now, "min_age", min) : INFINITY;
	s->oldest = max ? before(now, "max_age", max) : -INFINITY;
	s->exclude_since = within ? before(now, "exclude_within", within) : -INFINITY;
	if (s->oldest > s->newest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no item can be as old as options \"min_age\" and \"max_age\" ask"),
				 errdetail("The former is %s, the latter %s.", min, max)));
}

static void
take_options(cs_serving *s, const cs_options *o)
{
	const cs_option *types = cs_option_get(o, "exclude_types"),
			   *promoted = cs_option_get(o, "promoted"),
			   *seed = cs_option_get(o, "seed");

	s->alike = (cs_alike) cs_option_int(o, "similarity");
	s->category = (char *) text_option(o, "category");
	s->item_time = (char *) text_option(o, "item_time");
	take_times(s, o);
	s->exclude_types = types->set ? types->text : NULL;
	s->n_exclude_types = types->rows;
	s->excludes = types->set || cs_option_get(o, "exclude_within")->set;
	s->promoted = promoted->text;
	s->n_promoted = promoted->rows;
	s->promoted_from = (char *) text_option(o, "promoted_from");
	if (promoted->set && s->promoted_from)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"promoted\" and \"promoted_from\" are both given"),
				 errhint("Give the items, or a query of them.")));
	if (promoted->set || s->promoted_from)
		s->promoted_share = cs_option_real(o, "promoted_share");
	else if (cs_option_get(o, "promoted_share")->set)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"promoted_share\" needs items to promote"),
				 errhint("Give them with the option \"promoted\" or \"promoted_from\".")));
	s->min_confidence = cs_option_real(o, "min_confidence");
	s->seeded = seed->set;
	s->seed = (uint64) (int64) seed->number;
}

static double
share_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	double		v = PG_ARGISNULL(argument) ? 0 : PG_GETARG_FLOAT8(argument);

	if (!(v >= 0 && v <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\": %g", name, v),
				 errdetail("It is 0 to 1.")));
	return v;
}

cs_serving
cs_serving_args(FunctionCallInfo fcinfo, int first)
{
	cs_serving	s = {0};

	s.diversity = share_argument(fcinfo, first, "diversity");
	if (!PG_ARGISNULL(first + 1))
	{
		s.cap = PG_GETARG_INT32(first + 1);
		if (s.cap < 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value for argument \"max_per_category\": %d", s.cap),
					 errdetail("It is 1 or more, or NULL for any number.")));
	}
	s.explore = share_argument(fcinfo, first + 2, "explore");
	take_options(&s, cs_parse_options(cs_pg_env(CurrentMemoryContext), cs_serving_params, NULL,
									  PG_ARGISNULL(first + 3) ? NULL : PG_GETARG_JSONB_P(first + 3), "serving option"));
	return s;
}

void
cs_serving_no_customer(const cs_serving *s)
{
	if (s->excludes)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options \"exclude_types\" and \"exclude_within\" need a customer"),
				 errdetail("They are about the customer's events."),
				 errhint("Use recommend(), or leave them out.")));
}
