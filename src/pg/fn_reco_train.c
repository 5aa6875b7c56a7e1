/*
 * fn_reco_train.c - the SQL-callable steps of training a recommender.
 *
 * As for segmentations, SQL drives: _reco_fit() reads the events and fits, the
 * functions after it hand out what goes into the tables, _reco_fit_end() closes.
 * What is fitted belongs to the transaction.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "core/cluster/divide.h"
#include "core/reco/contest.h"
#include "pg/args.h"
#include "pg/content.h"
#include "pg/events_read.h"
#include "pg/json_out.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/reco_parallel.h"
#include "pg/reco_training.h"
#include "pg/settings.h"

/* A choice that takes as many seconds is told before. */
#define ANNOUNCED_SECONDS 10

enum
{
	ARG_NAME,
	ARG_SOURCE,
	ARG_PATH,
	ARG_CUSTOMER,
	ARG_ITEM,
	ARG_WEIGHT,
	ARG_AT,
	ARG_ALGORITHM,
	ARG_OPTIONS,
	ARG_SEGMENTS,
	ARG_SEED,
	ARG_RUN_AS,
	ARG_WEIGHT_COLUMN,
	ARG_TYPE_COLUMN,
	ARG_ITEM_SOURCE,
	ARG_ITEM_KEY
};

enum
{
	OUT_EVENTS,
	OUT_CUSTOMERS,
	OUT_ITEMS,
	OUT_SKIPPED,
	OUT_CUSTOMER_TYPE,
	OUT_ITEM_TYPE,
	OUT_FROM,
	OUT_NOW,
	OUT_KAPPA,
	OUT_METRICS,
	OUT_OPTIONS,
	OUT_FACTORS,
	OUT_FOLD_ALPHA,
	OUT_FOLD_L2,
	OUT_FOLD_NU,
	OUT_SHARES,
	OUT_MEMBER,
	OUT_BLEND_KAPPA,
	OUT_ALGORITHM,
	OUT_COLUMNS
};

static cs_reco_training *current = NULL;

static void
forget(void *arg)
{
	if (current == arg)
		current = NULL;
}

static void
end(void)
{
	if (current)
		MemoryContextDelete(current->cxt);
	current = NULL;
}

cs_reco_training *
cs_reco_training_begin(void)
{
	MemoryContext cxt;
	MemoryContextCallback *callback;

	end();
	cxt = AllocSetContextCreate(TopTransactionContext, "clusterseg recommender training", ALLOCSET_DEFAULT_SIZES);
	current = MemoryContextAllocZero(cxt, sizeof(cs_reco_training));
	current->cxt = cxt;
	current->env = cs_pg_env(cxt);
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	callback->func = forget;
	callback->arg = current;
	MemoryContextRegisterResetCallback(cxt, callback);
	return current;
}

cs_reco_training *
cs_reco_training_open(void)
{
	if (current == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no training is under way in this transaction"),
				 errhint("This function is part of clusterseg.train_recommender().")));
	return current;
}

static double
seconds_since(instr_time start)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, start);
	return INSTR_TIME_GET_DOUBLE(now);
}

static const cs_recommender *
find_algorithm(const char *name)
{
	const cs_recommender *a = cs_recommender_find(name);
	StringInfoData list;

	if (a)
		return a;
	initStringInfo(&list);
	for (int i = 0; cs_recommenders[i]; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", cs_recommenders[i]->name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown algorithm \"%s\"", name),
			 errdetail("Algorithms are: %s.", list.data),
			 errhint("SELECT DISTINCT algorithm, summary FROM clusterseg.algorithms tells what they do.")));
	return NULL;
}

/* ---- segments of the customers ---- */

typedef struct assigning
{
	cs_reco_training *t;
	Oid			type;
} assigning;

static int
segment_index(cs_reco_training *t, int id)
{
	for (int s = 0; s < t->segments; s++)
		if (t->segment_id[s] == id)
			return s;
	if ((t->segments & (t->segments - 1)) == 0)
	{
		int		   *ids = CS_NEW(t->env, int, Max(2 * t->segments, 8));

		if (t->segments > 0)
			memcpy(ids, t->segment_id, sizeof(int) * t->segments);
		t->segment_id = ids;
	}
	t->segment_id[t->segments] = id;
	return t->segments++;
}

static void
take_member(void *arg, TupleTableSlot *slot)
{
	assigning  *a = arg;
	int			customer;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return;
	customer = cs_events_customer(a->t->data, a->type, slot->tts_values[0], false);
	if (customer >= 0)
		a->t->segment[customer] = segment_index(a->t, DatumGetInt32(slot->tts_values[1]));
}

static void
read_segments(cs_reco_training *t, const char *query, Oid run_as)
{
	cs_source  *s = cs_source_open(query, NULL, run_as);
	assigning	a = {t, getBaseType(TupleDescAttr(s->desc, 0)->atttypid)};

	t->segment = CS_ROOM(t->env, int32_t, t->events->customers + 1);
	for (int c = 0; c < t->events->customers; c++)
		t->segment[c] = -1;
	cs_source_scan(s, "*", true, take_member, &a);
}

/* ---- the choice of "auto" ---- */

/* A choice that takes its time is told before. */
static void
announce_choice(cs_reco_training *t, const cs_reco_args *args)
{
	double		seconds = cs_auto_seconds(t->env, args);

	if (seconds >= ANNOUNCED_SECONDS)
		ereport(NOTICE,
				(errmsg("choosing an algorithm takes about %.0f seconds", seconds),
				 errdetail("All that suit the data are tried on what is held back of it, and the best one learns from all of it."),
				 errhint("Name an algorithm, or set the option \"effort\" to fewer seconds, to have it sooner.")));
}

static bool
judged(const cs_reco_model *m)
{
	for (int i = 0; i < m->n_tried; i++)
		if (m->tried[i].ndcg.n > 0)
			return true;
	return false;
}

static bool
keeps_customers(const cs_reco_training *t)
{
	return (t->algorithm->flags & CS_RECO_CUSTOMERS) || (t->forgettable && (t->algorithm->flags & CS_RECO_COUNTS));
}

/* The training goes on as if the algorithm had been asked for by name. */
static void
take_choice(cs_reco_training *t)
{
	const cs_reco_model *m = &t->m;

	t->algorithm = m->chosen;
	t->options = m->chosen_options;
	t->keep = keeps_customers(t);
	if (!(t->algorithm->flags & CS_RECO_CONTENT))
		t->attributes = NULL;
	ereport(NOTICE,
			(m->member ? errmsg("algorithm auto is a blend of %s and segment_mixture", m->member->name)
			 : errmsg("algorithm auto is %s", m->chosen->name),
			 judged(m) ? errdetail("It ranks best what was held back of the histories.")
			 : errdetail("Nothing could be held back of the histories to judge by."),
			 errhint("Column metrics of clusterseg.versions tells what was tried, and how well it did.")));
}

/* ---- fit ---- */

void
cs_reco_training_fit(cs_reco_training *t, uint64 seed, size_t budget)
{
	static const cs_divider divider = {cs_divide_arena, cs_divide};
	cs_reco_args args = {t->events, t->segment, t->segments, t->options, seed, &divider, t->env, budget, t->attributes};
	size_t		arena = t->algorithm->arena ? t->algorithm->arena(&args) : 0;

	if (arena > budget)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("algorithm %s does not fit into memory", t->algorithm->name),
				 errdetail("%d customers, %d items and %zu entries take %zu MB; %zu MB are allowed.", t->events->customers,
						   t->events->items, t->events->n, (arena >> 20) + 1, budget >> 20),
				 errhint("Increase the option \"memory\" or maintenance_work_mem, take fewer events, or leave out rare items with the option \"min_events\".")));
	if (t->algorithm == cs_recommender_find("auto"))
		announce_choice(t, &args);
	cs_progress(t->env, CS_PHASE_FIT, 0, t->events->items);
	t->processes = cs_reco_parallel_fit(t->env, t->algorithm, &args, arena, &t->m);
	if (t->m.chosen)
		take_choice(t);
}

/* What was tried on what was held back, by algorithm. */
static void
put_tried(cs_json *j, const cs_reco_model *m)
{
	cs_json_begin_object(j, "tried");
	for (int i = 0; i < m->n_tried; i++)
	{
		const cs_tried *a = &m->tried[i];

		if (a->algorithm == NULL)
			continue;
		cs_json_begin_object(j, a->algorithm->name);
		if (a->why_not)
			cs_json_text(j, "left_out", a->why_not);
		else
		{
			cs_json_number(j, "ndcg", a->ndcg.value);
			cs_json_number(j, "low", a->ndcg.low);
			cs_json_number(j, "high", a->ndcg.high);
			cs_json_number(j, "customers", (double) a->ndcg.n);
		}
		cs_json_end_object(j);
	}
	cs_json_end_object(j);
}

static Jsonb *
metrics(const cs_reco_training *t)
{
	cs_json		j;

	cs_json_begin(&j);
	cs_json_number(&j, "events_read", (double) t->data->read);
	cs_json_number(&j, "entries", (double) t->events->n);
	cs_json_number(&j, "capped", (double) t->events->capped);
	cs_json_number(&j, "cancelled", (double) t->events->cancelled);
	cs_json_number(&j, "segments", t->segments);
	cs_json_number(&j, "kappa", t->m.kappa);
	if (t->m.kinds > 0)
		cs_json_number(&j, "kinds", t->m.kinds);
	if (t->m.member)
	{
		cs_json_text(&j, "member", t->m.member->name);
		cs_json_number(&j, "blend_kappa", t->m.blend_kappa);
	}
	if (t->m.n_tried > 0)
		put_tried(&j, &t->m);
	if (t->m.start)
		cs_json_number(&j, "pairs", (double) t->m.start[t->m.items]);
	cs_json_number(&j, "processes", t->processes);
	cs_json_number(&j, "seconds_read", t->seconds_read);
	cs_json_number(&j, "seconds_fit", t->seconds_fit);
	return cs_json_end(&j);
}

static Datum
type_text(const cs_source *s, const char *column)
{
	Form_pg_attribute a = TupleDescAttr(s->desc, cs_source_find(s, column));
	Oid			base = getBaseType(a->atttypid);

	return CStringGetTextDatum(format_type_extended(base, a->atttypmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
}

static Datum
result(FunctionCallInfo fcinfo, const cs_reco_training *t, const cs_source *s, const cs_event_columns *c)
{
	TupleDesc	desc;
	Datum		v[OUT_COLUMNS];
	bool		isnull[OUT_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	v[OUT_EVENTS] = Int64GetDatum((int64) (t->data->read - t->data->skipped));
	v[OUT_CUSTOMERS] = Int64GetDatum(t->events->customers);
	v[OUT_ITEMS] = Int64GetDatum(t->events->items);
	v[OUT_SKIPPED] = Int64GetDatum((int64) t->data->skipped);
	v[OUT_CUSTOMER_TYPE] = type_text(s, c->customer);
	v[OUT_ITEM_TYPE] = type_text(s, c->item);
	v[OUT_FROM] = CStringGetTextDatum(s->from);
	v[OUT_NOW] = Float8GetDatum(t->events->now);
	v[OUT_KAPPA] = Float8GetDatum(t->m.kappa);
	v[OUT_METRICS] = JsonbPGetDatum(metrics(t));
	v[OUT_OPTIONS] = JsonbPGetDatum(cs_options_json(t->env, t->options));
	v[OUT_FACTORS] = Int32GetDatum(t->m.factors);
	v[OUT_FOLD_ALPHA] = Float8GetDatum(t->m.fold.alpha);
	v[OUT_FOLD_L2] = Float8GetDatum(t->m.fold.l2);
	v[OUT_FOLD_NU] = Float8GetDatum(t->m.fold.nu);
	v[OUT_SHARES] = PointerGetDatum(cs_plain_array(t->m.share, t->m.kinds, FLOAT8OID, sizeof(float8)));
	isnull[OUT_MEMBER] = t->m.member == NULL;
	v[OUT_MEMBER] = t->m.member ? CStringGetTextDatum(t->m.member->name) : (Datum) 0;
	v[OUT_BLEND_KAPPA] = Float8GetDatum(t->m.blend_kappa);
	v[OUT_ALGORITHM] = CStringGetTextDatum(t->algorithm->name);
	return HeapTupleGetDatum(heap_form_tuple(desc, v, isnull));
}

/*
 * Ages are counted from the latest event: one in the future, by mistake, would make
 * all others old.  It counts as of now.
 */
static void
settle_times(cs_event_data *d)
{
	double		now = (double) GetCurrentTransactionStartTimestamp() / USECS_PER_SEC + CS_SECONDS_TO_2000;
	size_t		later = 0;

	for (size_t i = 0; d->at && i < d->n; i++)
		if (d->at[i] > now)
		{
			d->at[i] = now;
			later++;
		}
	if (later > 0)
		ereport(NOTICE,
				(errmsg("%zu of %zu events lie in the future", later, d->n),
				 errdetail("They count as if they had happened now.")));
}

static void
check_events(const cs_reco_training *t)
{
	if (t->events->n > 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("there are no events to learn from"),
			 t->data->read == 0 ? errdetail("The source is empty.")
			 : errdetail("Of " UINT64_FORMAT " rows " UINT64_FORMAT " lack a customer, an item, a weight or a time; the rest adds up to nothing.",
						 t->data->read, t->data->skipped)));
}

/* Are the customers' events kept with the version?  Then with all that they touched. */
static void
keep_touched(cs_reco_training *t, bool forgettable)
{
	const cs_event_data *d = t->data;
	cs_raw_events raw = {d->n, d->customers->n, d->items->n, d->customer, d->item, NULL, d->at};

	t->forgettable = forgettable;
	t->keep = keeps_customers(t);
	if (t->keep && t->events->capped + t->events->cancelled > 0)
		t->touched = cs_events_build(t->env, &raw, 0);
}

/* Kappa of a blend is the blend's, unless that is named as well. */
static void
settle_kappa(cs_reco_training *t)
{
	int			blend = cs_params_find(t->options->table, "blend_kappa"),
				common = cs_params_find(t->options->table, "kappa");
	cs_option  *value = t->options->value;

	if (blend < 0 || value[blend].set || !value[common].set)
		return;
	value[blend] = value[common];
	value[common] = (cs_option) {.number = t->options->table[common].def};
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit);

/*
 * _reco_fit(name, source, path, customer, item, weight, at, algorithm, options,
 *           segments, seed, run_as, weight_column, type_column, item_source, item_key)
 *
 * weight is an expression over the source (alias q), made of these two columns;
 * segments a query of (customer, segment_id).  O(events log) to read and group,
 * then the algorithm's.
 */
Datum
clusterseg_reco_fit(PG_FUNCTION_ARGS)
{
	cs_reco_training *t = cs_reco_training_begin();
	MemoryContext old = MemoryContextSwitchTo(t->cxt);
	cs_event_columns c = {CS_ARG_TEXT(ARG_CUSTOMER), CS_ARG_TEXT(ARG_ITEM), CS_ARG_TEXT(ARG_WEIGHT), CS_ARG_TEXT(ARG_AT)};
	Jsonb	   *options = PG_ARGISNULL(ARG_OPTIONS) ? NULL : PG_GETARG_JSONB_P(ARG_OPTIONS);
	cs_options *host;
	const cs_param *table;
	cs_source  *source;
	cs_content_source *content = NULL;
	size_t		budget;
	instr_time	start;
	Datum		d;

	cs_arg_required(fcinfo, ARG_SOURCE, "source");
	cs_arg_required(fcinfo, ARG_CUSTOMER, "customer");
	cs_arg_required(fcinfo, ARG_ITEM, "item");
	cs_arg_required(fcinfo, ARG_ALGORITHM, "algorithm");
	cs_arg_required(fcinfo, ARG_SEED, "seed");
	t->algorithm = find_algorithm(CS_ARG_TEXT(ARG_ALGORITHM));
	table = cs_reco_params(t->env, t->algorithm);
	t->options = cs_parse_options(t->env, table, cs_reco_host_params, options, psprintf("option of %s", t->algorithm->name));
	settle_kappa(t);
	host = cs_parse_options(t->env, cs_reco_host_params + 1, table, options, "option");
	budget = cs_option_int(host, "memory") > 0 ? (size_t) cs_option_int(host, "memory") << 20 : (size_t) maintenance_work_mem << 10;
	cs_progress_start(CS_ARG_TEXT(ARG_NAME));
	INSTR_TIME_SET_CURRENT(start);
	source = cs_source_open(CS_ARG_TEXT(ARG_SOURCE), CS_ARG_TEXT(ARG_PATH), cs_role_for(CS_ARG_TEXT(ARG_RUN_AS)));
	cs_events_check_columns(source, CS_ARG_TEXT(ARG_WEIGHT_COLUMN), CS_ARG_TEXT(ARG_TYPE_COLUMN), c.at);
	t->data = cs_events_read(t->env, source, &c, budget, NULL);
	settle_times(t->data);
	if (!PG_ARGISNULL(ARG_ITEM_SOURCE) && (t->algorithm->flags & CS_RECO_CONTENT))
		content = cs_content_read(t, cs_source_open(CS_ARG_TEXT(ARG_ITEM_SOURCE), CS_ARG_TEXT(ARG_PATH), source->run_as),
								  CS_ARG_TEXT(ARG_ITEM_KEY), CS_ARG_TEXT(ARG_PATH), budget);
	cs_release(t->env, cs_events_order(t->data));
	if (content)
		cs_content_ready(t, content);
	t->events = cs_events_group(t->data, cs_option_int(t->options, "max_history"));
	keep_touched(t, cs_option_get(host, "forgettable")->number != 0);
	cs_events_free_raw(t->data);
	check_events(t);
	if (!PG_ARGISNULL(ARG_SEGMENTS))
		read_segments(t, CS_ARG_TEXT(ARG_SEGMENTS), source->run_as);
	t->seconds_read = seconds_since(start);
	INSTR_TIME_SET_CURRENT(start);
	cs_reco_training_fit(t, (uint64) PG_GETARG_INT64(ARG_SEED), budget);
	t->seconds_fit = seconds_since(start);
	MemoryContextSwitchTo(old);
	d = result(fcinfo, t, source, &c);
	cs_progress_end();
	return d;
}

PG_FUNCTION_INFO_V1(clusterseg_reco_fit_end);
Datum
clusterseg_reco_fit_end(PG_FUNCTION_ARGS)
{
	end();
	PG_RETURN_VOID();
}
