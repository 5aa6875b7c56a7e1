/*
 * source.c - running sources (see source.h).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/varlena.h"

#include "pg/source.h"

/* ---- settings during a scan ---- */

static void
set_for_now(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

int
cs_enter_path(const char *path)
{
	int			nest = NewGUCNestLevel();

	if (path)
		set_for_now("search_path", path);
	return nest;
}

Oid
cs_role_for(const char *owner)
{
	Oid			role = owner ? get_role_oid(owner, true) : InvalidOid;

	if (owner && !OidIsValid(role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\", the owner of the model, does not exist", owner),
				 errhint("A superuser can give the model to another role: UPDATE clusterseg.models SET owner = ... WHERE model = ....")));
	return role != GetUserId() && has_privs_of_role(GetUserId(), role) ? role : InvalidOid;
}

cs_identity
cs_become(Oid role)
{
	cs_identity was;

	GetUserIdAndSecContext(&was.user, &was.context);
	if (OidIsValid(role))
		SetUserIdAndSecContext(role, was.context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	return was;
}

void
cs_unbecome(cs_identity was)
{
	SetUserIdAndSecContext(was.user, was.context);
}

Datum
cs_input_as(Oid role, Oid type, const char *text)
{
	cs_identity was = cs_become(role);
	Oid			input,
				param;
	Datum		d;

	getTypeInputInfo(type, &input, &param);
	d = OidInputFunctionCall(input, unconstify(char *, text), param, -1);
	cs_unbecome(was);
	return d;
}

uint64
cs_execute_as(Oid role, const char *command)
{
	cs_identity was = cs_become(role);
	int			result;
	uint64		rows;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	result = SPI_execute(command, false, 0);
	if (result < 0)
		elog(ERROR, "command failed: %s", SPI_result_code_string(result));
	rows = SPI_processed;
	SPI_finish();
	cs_unbecome(was);
	return rows;
}

/* ---- what is it? ---- */

/* The first word of a text behind white space, comments and parentheses. */
static char *
first_word(const char *s)
{
	const char *start;

	for (;;)
	{
		while (*s == '(' || isspace((unsigned char) *s))
			s++;
		if (s[0] == '-' && s[1] == '-')
			s += strcspn(s, "\n");
		else if (s[0] == '/' && s[1] == '*')
		{
			const char *end = strstr(s + 2, "*/");

			s = end ? end + 2 : s + strlen(s);
		}
		else
			break;
	}
	start = s;
	while (isalpha((unsigned char) *s))
		s++;

	/* a name goes on where a keyword ends */
	if (*s == '_' || *s == '.' || *s == '"' || *s == '$' || isdigit((unsigned char) *s))
		return pstrdup("");
	return pnstrdup(start, s - start);
}

static bool
looks_like_query(const char *text)
{
	char	   *word = first_word(text);
	static const char *const keywords[] = {
		"select", "with", "values", "table", "insert", "update", "delete", "merge", "explain", "copy", "call",
		"drop", "create", "alter", "truncate", "show", "do", "execute", "declare", "fetch", "grant", "set"
	};
	const char *end = strstr(text, word) + strlen(word);

	/* a relation may well be called "table" or "set": then nothing follows */
	while (isspace((unsigned char) *end))
		end++;
	if (*end == '\0')
		return false;
	for (int i = 0; i < lengthof(keywords); i++)
		if (pg_strcasecmp(word, keywords[i]) == 0)
			return true;
	return false;
}

static char *
relation_from(const char *name)
{
	List	   *names = NIL;
	Oid			relid = InvalidOid;
	char		kind;

	if (SplitIdentifierString(pstrdup(name), '.', &names) && names != NIL && list_length(names) <= 3)
	{
		ListCell   *lc;

		/* the parser's lists are of String nodes */
		foreach(lc, names)
			lfirst(lc) = makeString(lfirst(lc));
		relid = RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
	}
	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("source relation \"%s\" does not exist", name),
				 errhint("A source is the name of a table or view, or a query that starts with SELECT, WITH, VALUES or TABLE.")));
	kind = get_rel_relkind(relid);
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_VIEW &&
		kind != RELKIND_MATVIEW && kind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("source \"%s\" is not a table or view", name)));
	return psprintf("%s AS q", quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid)));
}

/* A query as the parser found it: without semicolons, and what may stand behind them. */
static char *
query_from(const char *text, SPIPlanPtr plan)
{
	const RawStmt *raw = ((CachedPlanSource *) linitial(SPI_plan_get_plan_sources(plan)))->raw_parse_tree;
	const char *start = text + Max(raw->stmt_location, 0);
	int			len = raw->stmt_len > 0 ? raw->stmt_len : strlen(start);

	/* the line end closes a comment that the query may end with */
	return psprintf("(%.*s\n) AS q", len, start);
}

static void
not_a_source(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("source is not one reading query"),
			 errdetail("%s", detail),
			 errhint("A source is the name of a table or view, or a query that starts with SELECT, WITH, VALUES or TABLE.")));
}

/* WITH x AS (INSERT ...) and SELECT ... FOR UPDATE write, though they are SELECTs. */
static void
check_only_reads(CachedPlanSource *source)
{
	ListCell   *lc;

	foreach(lc, source->query_list)
	{
		Query	   *q = lfirst_node(Query, lc);

		if (q->hasModifyingCTE)
			not_a_source("It writes, in a WITH clause.");
		if (q->rowMarks != NIL)
			not_a_source("It locks rows.");
	}
}

/* Columns of a query that SPI has prepared; errors when it does more than read. */
static TupleDesc
describe_plan(SPIPlanPtr plan, MemoryContext cxt)
{
	List	   *sources = SPI_plan_get_plan_sources(plan);
	CachedPlanSource *source;
	MemoryContext old;
	TupleDesc	desc;

	if (list_length(sources) != 1)
		not_a_source("It consists of several statements.");
	source = linitial(sources);
	if (source->commandTag == CMDTAG_SELECT && source->resultDesc == NULL)
		not_a_source("It makes a table.");
	if (source->commandTag != CMDTAG_SELECT)
		not_a_source(psprintf("It is a statement of type %s.", GetCommandTagName(source->commandTag)));
	check_only_reads(source);
	old = MemoryContextSwitchTo(cxt);
	desc = CreateTupleDescCopy(source->resultDesc);
	MemoryContextSwitchTo(old);
	return desc;
}

static void
check_names(const cs_source *s)
{
	if (s->desc->natts == 0)
		not_a_source("It has no columns.");
	for (int i = 0; i < s->desc->natts; i++)
		for (int j = 0; j < i; j++)
			if (strcmp(NameStr(TupleDescAttr(s->desc, i)->attname), NameStr(TupleDescAttr(s->desc, j)->attname)) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("source has two columns named \"%s\"", NameStr(TupleDescAttr(s->desc, i)->attname)),
						 errdetail("They are columns %d and %d.", j + 1, i + 1),
						 errhint("Give each column of the query a name of its own with AS.")));
}

cs_source *
cs_source_open(const char *text, const char *path, Oid run_as)
{
	MemoryContext cxt = CurrentMemoryContext;
	cs_source  *s = palloc0(sizeof(cs_source));
	cs_identity was = cs_become(run_as);
	int			nest = cs_enter_path(path);
	SPIPlanPtr	plan;

	s->run_as = run_as;
	s->path = path ? pstrdup(path) : NULL;
	s->is_query = looks_like_query(text);
	if (!s->is_query)
		s->from = relation_from(text);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* first as it is: what is wrong with it is then said of the user's own text */
	plan = SPI_prepare(s->is_query ? text : psprintf("SELECT * FROM %s", s->from), 0, NULL);
	if (plan == NULL)
		not_a_source(psprintf("%s.", SPI_result_code_string(SPI_result)));
	s->desc = describe_plan(plan, cxt);
	if (s->is_query)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		s->from = query_from(text, plan);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	AtEOXact_GUC(true, nest);
	cs_unbecome(was);
	check_names(s);
	return s;
}

int
cs_source_find(const cs_source *s, const char *name)
{
	for (int i = 0; i < s->desc->natts; i++)
		if (!TupleDescAttr(s->desc, i)->attisdropped && strcmp(NameStr(TupleDescAttr(s->desc, i)->attname), name) == 0)
			return i;
	return -1;
}

int
cs_source_column(const cs_source *s, const char *name, const char *role)
{
	int			i = cs_source_find(s, name);
	StringInfoData list;

	if (i >= 0)
		return i;
	initStringInfo(&list);
	for (i = 0; i < s->desc->natts && list.len < 500; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", NameStr(TupleDescAttr(s->desc, i)->attname));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist in the source", name),
			 errdetail("It was named as %s. The source has: %s%s.", role, list.data, i < s->desc->natts ? ", ..." : ""),
			 errhint("Names are matched exactly: upper and lower case differ.")));
	return -1;
}

/* ---- running ---- */

typedef struct receiver
{
	DestReceiver pub;
	cs_slot_fn	fn;
	void	   *arg;
} receiver;

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	receiver   *r = (receiver *) self;

	r->fn(r->arg, slot);
	return true;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receiver_noop(DestReceiver *self)
{
}

/* Run read-only: functions that the query calls cannot write either. */
static uint64
run(const char *query, receiver *r)
{
	SPIExecuteOptions options = {.read_only = true, .dest = &r->pub};
	bool		was_read_only = XactReadOnly;
	uint64		rows;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	XactReadOnly = true;
	PG_TRY();
	{
		int			result = SPI_execute_extended(query, &options);

		if (result < 0)
			elog(ERROR, "query failed: %s", SPI_result_code_string(result));
		rows = SPI_processed;
	}
	PG_FINALLY();
	{
		XactReadOnly = was_read_only;
	}
	PG_END_TRY();
	SPI_finish();
	return rows;
}

uint64
cs_query_scan(const char *query, const char *path, Oid run_as, bool parallel, cs_slot_fn fn, void *arg)
{
	receiver	r = {
		.pub = {receive, receiver_startup, receiver_noop, receiver_noop, DestNone},
		.fn = fn, .arg = arg
	};
	cs_identity was = cs_become(run_as);
	int			nest = cs_enter_path(path);
	uint64		rows;

	if (!parallel)
		set_for_now("max_parallel_workers_per_gather", "0");
	rows = run(query, &r);
	AtEOXact_GUC(true, nest);
	cs_unbecome(was);
	return rows;
}

uint64
cs_source_scan(const cs_source *s, const char *select_list, bool parallel, cs_slot_fn fn, void *arg)
{
	return cs_query_scan(psprintf("SELECT %s FROM %s", select_list, s->from), s->path, s->run_as, parallel, fn, arg);
}

static uint64
run_kept(cs_kept *k, Datum *values, const char *nulls, cs_result_fn fn, void *arg)
{
	bool		was_read_only = XactReadOnly;
	uint64		rows;

	XactReadOnly = true;
	PG_TRY();
	{
		rows = cs_kept_run(k, values, nulls, fn, arg);
	}
	PG_FINALLY();
	{
		XactReadOnly = was_read_only;
	}
	PG_END_TRY();
	return rows;
}

uint64
cs_kept_scan(cs_kept *k, const char *path, Oid run_as, Datum *values, const char *nulls, cs_result_fn fn, void *arg)
{
	bool		elsewhere = path && strcmp(path, namespace_search_path) != 0;
	int			nest = elsewhere ? cs_enter_path(path) : 0;
	cs_identity was = cs_become(run_as);
	uint64		rows = run_kept(k, values, nulls, fn, arg);

	cs_unbecome(was);
	if (elsewhere)
		AtEOXact_GUC(true, nest);
	return rows;
}
