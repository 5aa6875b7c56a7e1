/*
 * fn_window.c - the algorithms as window functions: kmeans(features, k, options)
 * OVER (...) and its like.
 *
 * A partition is read whole when its first row is asked for; frames do not
 * matter.  Its distinct rows are fitted, and every row then finds its point, or
 * where only a sample was learned from, the nearest segment.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "windowapi.h"

#include "core/prep/prep_digest.h"
#include "pg/adhoc.h"
#include "pg/args.h"
#include "pg/json_out.h"
#include "pg/pg_env.h"

enum
{
	ARG_FEATURES,
	ARG_K,
	ARG_OPTIONS
};

#define RESET_ROWS 1024

typedef struct partition
{
	cs_env	   *env;
	cs_adhoc	request;
	Jsonb	   *options;
	cs_digest  *dg;
	double	   *row;
	bool		some;			/* there is a fit */
	cs_adhoc_fit fit;
	float	   *raw;
	float	   *point;
	float	   *score;
} partition;

/* What a window function takes behind the features. */
typedef struct form
{
	const char *algorithm;
	const char *word;			/* third argument: the value of this option; NULL: options */
	const char *first;			/* second argument: this option in place of k; NULL: k */
} form;

static void
must_not_be_null(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument \"%s\" must not be NULL", name)));
}

static int
current_k(WindowObject w, const form *f)
{
	bool		isnull;
	Datum		k;

	if (f->first)
		return 1;
	k = WinGetFuncArgCurrent(w, ARG_K, &isnull);
	if (isnull)
		must_not_be_null("k");
	return DatumGetInt32(k);
}

/* The first option of a form that has no k: a whole number, or eps. */
static void
put_first(cs_json *j, WindowObject w, const form *f)
{
	bool		isnull;
	Datum		first = WinGetFuncArgCurrent(w, ARG_K, &isnull);
	double		eps;

	if (isnull)
		must_not_be_null(f->first);
	if (strcmp(f->first, "eps") != 0)
	{
		cs_json_number(j, f->first, DatumGetInt32(first));
		return;
	}
	eps = DatumGetFloat8(first);
	if (!(eps > 0 && isfinite(eps)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("eps must be above 0 and finite"),
				 errhint("The function suggest_eps() shows how far neighbours are.")));
	cs_json_exact(j, f->first, eps);
}

/* The arguments behind k as options. */
static Jsonb *
current_options(WindowObject w, const form *f)
{
	bool		isnull;
	Datum		options = WinGetFuncArgCurrent(w, ARG_OPTIONS, &isnull);
	cs_json		j;

	if (f->first == NULL && isnull)
		return NULL;
	if (f->word == NULL)
		return DatumGetJsonbP(options);
	cs_json_begin(&j);
	if (f->first)
		put_first(&j, w, f);
	if (f->first && !isnull)
		cs_json_number(&j, f->word, DatumGetInt32(options));
	else if (!isnull)
		cs_json_text(&j, f->word, TextDatumGetCString(options));
	return cs_json_end(&j);
}

static void
read_rows(partition *p, WindowObject w)
{
	MemoryContext row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg row", ALLOCSET_DEFAULT_SIZES),
				old = MemoryContextSwitchTo(row_cxt);

	for (int i = 0;; i++)
	{
		bool		isnull,
					isout;
		Datum		features = WinGetFuncArgInPartition(w, ARG_FEATURES, i, WINDOW_SEEK_HEAD, false, &isnull, &isout);
		const double *row;

		if (isout)
			break;
		CHECK_FOR_INTERRUPTS();
		row = isnull ? NULL : cs_adhoc_row(p->env, p->dg, features, &p->row);
		if (row)
			cs_digest_add(p->dg, row);
		else
			p->dg->skipped++;
		if (i % RESET_ROWS == 0)
			MemoryContextReset(row_cxt);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row_cxt);
}

/* Said once for a query: with PARTITION BY, small partitions are common. */
static void
say_fewer(FunctionCallInfo fcinfo, const partition *p)
{
	if (fcinfo->flinfo->fn_extra)
		return;
	fcinfo->flinfo->fn_extra = fcinfo->flinfo;
	ereport(NOTICE,
			(errmsg("a partition has fewer than %d different rows", p->request.k),
			 errdetail("Each of them is a segment of its own there. This is said once for all partitions.")));
}

/* The partition of the current row, read and fitted. */
static partition *
partition_of(FunctionCallInfo fcinfo, WindowObject w, const form *f)
{
	partition **at = WinGetPartitionLocalMemory(w, sizeof(partition *));
	MemoryContext cxt,
				old;
	partition  *p;
	Jsonb	   *options;

	if (*at)
		return *at;
	options = current_options(w, f);
	cxt = AllocSetContextCreate(GetMemoryChunkContext(at), "clusterseg partition", ALLOCSET_DEFAULT_SIZES);
	p = MemoryContextAllocZero(cxt, sizeof(partition));
	p->env = cs_pg_env(cxt);
	old = MemoryContextSwitchTo(cxt);
	if (options)
	{
		p->options = palloc(VARSIZE(options));
		memcpy(p->options, options, VARSIZE(options));
	}
	cs_adhoc_read(p->env, &p->request, f->algorithm, current_k(w, f), p->options, cs_window_params);
	p->dg = cs_adhoc_digest(p->env, &p->request);
	read_rows(p, w);
	p->some = cs_adhoc_run(p->env, &p->request, p->dg, NULL, &p->fit);
	if (p->some)
	{
		const cs_model *m = &p->fit.model;

		p->raw = CS_ROOM(p->env, float, m->prep->n);
		p->point = CS_ROOM(p->env, float, cs_prep_room(m->prep));
		p->score = CS_ROOM(p->env, float, cs_scorer_room(m->scorer));
		if (p->fit.fewer)
			say_fewer(fcinfo, p);
	}
	MemoryContextSwitchTo(old);
	return *at = p;
}

static void
check_same(const partition *p, WindowObject w, const form *f)
{
	Jsonb	   *options = current_options(w, f);

	if (current_k(w, f) != p->request.k || (options == NULL) != (p->options == NULL) ||
		(options && (VARSIZE(options) != VARSIZE(p->options) || memcmp(options, p->options, VARSIZE(options)) != 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 f->first ? errmsg("%s and %s differ within a partition", f->first, f->word)
				 : errmsg("k and options differ within a partition")));
}

/* Cluster of a row, or -1. */
static int
cluster_of(const partition *p, const double *row)
{
	const cs_model *m = &p->fit.model;
	int64		i = cs_digest_find(p->dg, row);

	if (i >= 0)
		return p->fit.label[i];
	cs_prep_raw(m->prep, row, p->raw);
	if (cs_prep_row(m->prep, p->raw, p->point, NULL) != CS_ROW_OK)
		return -1;
	return m->scorer->algorithm->label(m->scorer, p->point, p->score);
}

static Datum
over(FunctionCallInfo fcinfo, const form *f)
{
	WindowObject w = PG_WINDOW_OBJECT();
	partition  *p = partition_of(fcinfo, w, f);
	bool		isnull;
	Datum		features = WinGetFuncArgCurrent(w, ARG_FEATURES, &isnull);
	const double *row = isnull ? NULL : cs_adhoc_row(p->env, p->dg, features, &p->row);
	int			cluster = row && p->some ? cluster_of(p, row) : -1;

	check_same(p, w, f);
	if (cluster < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(p->fit.model.segment_id[cluster]);
}

/* One line for each algorithm: (features, k, options), or in place of k and options one of them. */
#define CS_WINDOW(name, word, first) \
	PG_FUNCTION_INFO_V1(clusterseg_##name##_over); \
	Datum clusterseg_##name##_over(PG_FUNCTION_ARGS) \
	{ \
		static const form f = {#name, word, first}; \
		return over(fcinfo, &f); \
	} \
	extern int cs_semicolon_eater

CS_WINDOW(kmeans, NULL, NULL);
CS_WINDOW(minibatch_kmeans, NULL, NULL);
CS_WINDOW(bisecting_kmeans, NULL, NULL);
CS_WINDOW(spherical_kmeans, NULL, NULL);
CS_WINDOW(kmedoids, NULL, NULL);
CS_WINDOW(gmm, NULL, NULL);
CS_WINDOW(hierarchical, "linkage", NULL);
CS_WINDOW(dbscan, "min_points", "eps");
CS_WINDOW(hdbscan, "min_points", "min_cluster_size");
