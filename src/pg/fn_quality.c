/*
 * fn_quality.c - aggregates over labelled points: silhouettes, Davies-Bouldin,
 * Calinski-Harabasz.
 *
 * All have the same state, so that several of them in one query gather the points
 * once.  They are not partial: each worker's points would have to go to the leader
 * as one datum of at most a gigabyte.  The scan below them may be parallel.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"

#include "core/base/kernel.h"
#include "core/eval/internal.h"
#include "pg/labelled.h"
#include "pg/pg_env.h"

/* Points between polls. */
#define POLL_POINTS 4096

/* The exact silhouette of so few points costs nothing in double precision. */
#define FEW_POINTS 1000

/* Blur of single precision from which double precision is worth its time. */
#define BLURRED 1e-6

/*
 * The fast silhouette keeps a group's sums for every cluster, room for so many, and
 * fills each cluster up to whole blocks of the kernel.
 */
#define MOST_CLUSTERS 4096

PG_FUNCTION_INFO_V1(clusterseg_labelled_add);

/* (state, features, label): rows without features or without label do not count. */
Datum
clusterseg_labelled_add(PG_FUNCTION_ARGS)
{
	MemoryContext cxt,
				old;
	cs_labelled *p = PG_ARGISNULL(0) ? NULL : (cs_labelled *) PG_GETARG_POINTER(0);
	cs_array	a;

	if (!AggCheckCallContext(fcinfo, &cxt))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (p == NULL)
	{
		old = MemoryContextSwitchTo(cxt);
		p = cs_labelled_new(cs_pg_env(cxt));
		MemoryContextSwitchTo(old);
	}
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		a = cs_open_array(PG_GETARG_DATUM(1));
		cs_labelled_add(p, &a, PG_GETARG_INT32(2));
	}
	PG_RETURN_POINTER(p);
}

typedef double (*measure_fn) (cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k);

/* The measure of the points gathered; NULL where it has no meaning. */
static Datum
measure(FunctionCallInfo fcinfo, measure_fn fn)
{
	cs_labelled *p = PG_ARGISNULL(0) ? NULL : (cs_labelled *) PG_GETARG_POINTER(0);
	cs_labelled_view v;
	double		result;

	if (p == NULL || p->n == 0)
		PG_RETURN_NULL();
	v = cs_labelled_order(p);
	result = fn(p->env, p->n, p->d, cs_labelled_row, &v, v.label, v.k);
	cs_labelled_view_free(&v);
	if (isnan(result))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

/* ---- the exact silhouette ---- */

static double
in_doubles(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	double	   *x = CS_ROOM(env, double, n * d),
				result;

	for (size_t i = 0; i < n; i++)
	{
		row(arg, i, x + i * d);
		if (i % POLL_POINTS == 0)
			cs_poll(env);
	}
	result = cs_silhouette_doubles(env, x, n, d, label, k);
	cs_release(env, x);
	return result;
}

static double
in_singles(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	cs_matrix  *x = cs_matrix_new(env, n, d);
	double	   *v = CS_ROOM(env, double, d);
	size_t		arena = cs_silhouette_arena(n, d, k);
	char	   *room = CS_NEW(env, char, arena);
	cs_team		alone = {0, 1, NULL, room, arena, 0};
	double		result,
				most = 0,
				factor;

	/* single precision has a short range: largest coordinate to about 1 */
	for (size_t i = 0; i < n; i++)
	{
		row(arg, i, v);
		for (int f = 0; f < d; f++)
			most = fmax(most, fabs(v[f]));
		if (i % POLL_POINTS == 0)
			cs_poll(env);
	}
	factor = most > 0 ? ldexp(1, -ilogb(most)) : 1;
	for (size_t i = 0; i < n; i++)
	{
		float	   *at = cs_matrix_at(x, i);

		row(arg, i, v);
		for (int f = 0; f < d; f++)
			at[(size_t) f * CS_LANES] = (float) (v[f] * factor);
		if (i % POLL_POINTS == 0)
			cs_poll(env);
	}
	result = cs_silhouette(env, &alone, x, label, k, NULL);
	cs_release(env, room);
	cs_release(env, v);
	cs_matrix_free(env, x);
	return result;
}

static double
exact_silhouette(cs_env *env, size_t n, int d, cs_row_fn row, void *arg, const int32_t *label, int k)
{
	if (n <= FEW_POINTS || k > MOST_CLUSTERS || (size_t) k * CS_KERNEL_KB > n ||
		cs_silhouette_blur(env, n, d, row, arg, label, k) > BLURRED)
		return in_doubles(env, n, d, row, arg, label, k);
	return in_singles(env, n, d, row, arg, label, k);
}

PG_FUNCTION_INFO_V1(clusterseg_silhouette);
Datum
clusterseg_silhouette(PG_FUNCTION_ARGS)
{
	return measure(fcinfo, exact_silhouette);
}

PG_FUNCTION_INFO_V1(clusterseg_simplified_silhouette);
Datum
clusterseg_simplified_silhouette(PG_FUNCTION_ARGS)
{
	return measure(fcinfo, cs_simplified_silhouette_rows);
}

PG_FUNCTION_INFO_V1(clusterseg_davies_bouldin);
Datum
clusterseg_davies_bouldin(PG_FUNCTION_ARGS)
{
	return measure(fcinfo, cs_davies_bouldin);
}

PG_FUNCTION_INFO_V1(clusterseg_calinski_harabasz);
Datum
clusterseg_calinski_harabasz(PG_FUNCTION_ARGS)
{
	return measure(fcinfo, cs_calinski_harabasz);
}
