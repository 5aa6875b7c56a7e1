/*
 * reco_factors.c - factors of items and kinds of customers, as serving needs them
 * (see reco.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/memutils.h"

#include "pg/pg_env.h"
#include "pg/reco.h"

/* Items that a kind of customers is named after. */
#define NAMING_ITEMS 2

typedef struct factoring
{
	const cs_reco *r;
	cs_factors *factors;		/* or NULL: not asked for */
	cs_tastes  *tastes;			/* the same */
	int			next;			/* item that comes next */
} factoring;

/* Rates of an item are all positive or all 0. */
static void
check_rates(const cs_reco *r, const float *rate)
{
	for (int k = 0; k < r->n_kinds; k++)
		if (!(rate[k] >= 0) || (rate[k] > 0) != (rate[0] > 0))
			cs_reco_damaged("a rate is out of range");
}

static void
take_factors(void *arg, HeapTuple row, TupleDesc desc)
{
	factoring  *f = arg;
	const cs_reco *r = f->r;
	int			n,
				items = Min(r->items - f->next, CS_FACTOR_CHUNK);
	ArrayType  *a = cs_reco_array(row, desc, 2, FLOAT4OID, &n);
	const float *v = (const float *) ARR_DATA_PTR(a);

	if (DatumGetInt32(cs_reco_value(row, desc, 1)) != f->next / CS_FACTOR_CHUNK || n != items * r->n_factors)
		cs_reco_damaged("factors of items are missing");
	for (int i = 0; i < n; i++)
		if (!isfinite(v[i]))
			cs_reco_damaged("a factor is out of range");
	for (int i = 0; i < items; i++, f->next++, v += r->n_factors)
	{
		if (f->factors)
			cs_factors_set(f->factors, f->next, v);
		if (f->tastes)
		{
			check_rates(r, v + r->n_factors - r->n_kinds);
			cs_tastes_set(f->tastes, f->next, v + r->n_factors - r->n_kinds);
		}
	}
	pfree(a);
}

static void
read_factors(factoring *f)
{
	static cs_kept kept = {
		"SELECT chunk, factors FROM clusterseg._reco_factors WHERE version_id OPERATOR(pg_catalog.=) $1 ORDER BY chunk", 1, {INT8OID}};
	Datum		values[1] = {Int64GetDatum(f->r->id)};

	cs_kept_run(&kept, values, NULL, take_factors, f);
	if (f->next != f->r->items)
		cs_reco_damaged("factors of items are missing");
}

const cs_factors *
cs_reco_factors(cs_reco *r)
{
	MemoryContext cxt;
	factoring	f = {r};

	if (r->factors)
		return r->factors;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg factors", ALLOCSET_DEFAULT_SIZES);
	f.factors = cs_factors_new(cs_pg_env(cxt), r->items, r->n_factors - r->n_kinds, &r->fold);
	read_factors(&f);
	cs_factors_ready(f.factors);
	MemoryContextSetParent(cxt, r->cxt);
	r->factors = f.factors;
	return r->factors;
}

const cs_tastes *
cs_reco_tastes(cs_reco *r)
{
	MemoryContext cxt;
	factoring	f = {r};

	if (r->tastes)
		return r->tastes;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg kinds of customers", ALLOCSET_DEFAULT_SIZES);
	f.tastes = cs_tastes_new(cs_pg_env(cxt), r->items, r->n_kinds, r->share);
	read_factors(&f);
	cs_tastes_ready(f.tastes);
	MemoryContextSetParent(cxt, r->cxt);
	r->tastes = f.tastes;
	return r->tastes;
}

/* The items whose rate within a kind is highest above the mean of all kinds; returns how many. */
static int
standing_out(const cs_tastes *t, const cs_reco *r, int kind, int32 *best)
{
	double		by[NAMING_ITEMS];
	int			n = 0;

	for (int32 i = 0; i < r->items; i++)
	{
		double		more = cs_tastes_rate(t, i, kind);
		int			at = n;

		for (int k = 0; k < r->n_kinds; k++)
			more -= r->share[k] * cs_tastes_rate(t, i, k);
		if (!(more > 0))
			continue;
		while (at > 0 && by[at - 1] < more)
			at--;
		if (at == NAMING_ITEMS)
			continue;
		n = Min(n + 1, NAMING_ITEMS);
		memmove(best + at + 1, best + at, sizeof(best[0]) * (n - at - 1));
		memmove(by + at + 1, by + at, sizeof(by[0]) * (n - at - 1));
		best[at] = i;
		by[at] = more;
	}
	return n;
}

const char *
cs_reco_kind_name(cs_reco *r, int kind)
{
	const cs_tastes *t = cs_reco_tastes(r);
	int32		best[NAMING_ITEMS];
	int			n;
	char	  **key,
			   *name;

	if (r->kind_name == NULL)
		r->kind_name = MemoryContextAllocZero(r->cxt, sizeof(char *) * r->n_kinds);
	if (r->kind_name[kind])
		return r->kind_name[kind];
	n = standing_out(t, r, kind, best);
	key = cs_reco_keys(r, best, n);
	name = psprintf("%d", kind + 1);
	for (int i = 0; i < n; i++)
		name = psprintf("%s%s%s%s", name, i ? ", " : " (", key[i], i == n - 1 ? ")" : "");
	r->kind_name[kind] = MemoryContextStrdup(r->cxt, name);
	return r->kind_name[kind];
}
