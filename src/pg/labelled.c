/*
 * labelled.c - gathering labelled points and putting them in order (labelled.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "core/base/keyed.h"
#include "core/base/rng.h"
#include "pg/labelled.h"

#define FIRST_ROOM 16
#define MOST_FEATURES 16000

/* Coordinates beyond this, or all below its inverse, are scaled so that squares stay in range. */
#define FAR 1e100

/* Points between looks at the interrupts. */
#define POLL_POINTS 65536

/* ---- gathering ---- */

/* Bytes of one point, those included that measuring takes later. */
static size_t
bytes_per_point(int d)
{
	return 2 * sizeof(double) * d + sizeof(cs_keyed) + 2 * sizeof(uint32) + 2 * sizeof(int32);
}

static void *
larger(cs_env *env, void *old, size_t used, size_t n, size_t size)
{
	void	   *p = cs_alloc_array(env, n, size, false);

	if (used > 0)
		memcpy(p, old, used * size);
	if (old)
		cs_release(env, old);
	return p;
}

static void
make_room(cs_labelled *p)
{
	size_t		budget = (size_t) maintenance_work_mem << 10,
				most = Min(budget / bytes_per_point(p->d), (size_t) PG_INT32_MAX);

	if (p->n >= most)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("points do not fit into memory"),
				 errdetail("%zu points of %d features take the %zu MB of maintenance_work_mem.", p->n, p->d, budget >> 20),
				 errhint("Increase maintenance_work_mem, or measure a sample of the rows.")));
	p->room = Min(Max(2 * p->room, FIRST_ROOM), most);
	p->x = larger(p->env, p->x, p->n * p->d, p->room * p->d, sizeof(double));
	p->label = larger(p->env, p->label, p->n, p->room, sizeof(int32));
}

cs_labelled *
cs_labelled_new(cs_env *env)
{
	cs_labelled *p = CS_NEW(env, cs_labelled, 1);

	p->env = env;
	return p;
}

static void
check_length(cs_labelled *p, int n)
{
	if (n < 1 || n > MOST_FEATURES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("features are not an array of numbers in one dimension"),
				 n > 0 ? errdetail("It has %d elements, more than %d.", n, MOST_FEATURES)
				 : n < 0 ? errdetail("It has more than one dimension.") : errdetail("It is empty.")));
	if (p->d == 0)
		p->d = n;
	if (n != p->d)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays of features differ in length"),
				 errdetail("One has %d elements, another %d.", p->d, n)));
}

void
cs_labelled_add(cs_labelled *p, const cs_array *features, int32 label)
{
	double	   *x;

	check_length(p, features->n);
	if (p->n == p->room)
		make_room(p);
	x = p->x + p->n * p->d;
	for (int f = 0; f < p->d; f++)
	{
		/* plus 0 makes zeros alike */
		x[f] = cs_array_number(features, f) + 0.0;
		if (!isfinite(x[f]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("features are not all finite"),
					 errdetail("Element %d of an array is NULL, NaN or infinite.", f + 1),
					 errhint("Leave such rows out with FILTER (WHERE ...), or replace the value.")));
	}
	p->label[p->n++] = label;
}

/* ---- order ---- */

static uint64
hash_point(const double *x, int d)
{
	uint64		h = 0;

	for (int f = 0; f < d; f++)
	{
		uint64		bits;

		memcpy(&bits, &x[f], sizeof(bits));
		h = cs_mix64(h ^ bits);
	}
	return h;
}

static int
compare(const cs_labelled *p, uint32 a, uint32 b)
{
	return memcmp(p->x + (size_t) a * p->d, p->x + (size_t) b * p->d, sizeof(double) * p->d);
}

/* Points whose hashes are the same, though they may not be. */
static void
settle(const cs_labelled *p, cs_keyed *v, size_t n)
{
	bool		alike = true;

	for (size_t i = 1; i < n && alike; i++)
		alike = compare(p, v[0].row, v[i].row) == 0;
	for (size_t i = 1; i < n && !alike; i++)
		for (size_t j = i; j > 0 && compare(p, v[j].row, v[j - 1].row) < 0; j--)
		{
			cs_keyed	t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
			CHECK_FOR_INTERRUPTS();
		}
}

/* By label, then hash, then value: points that stay in doubt are the same. */
static void
sort_points(const cs_labelled *p, cs_keyed *v)
{
	for (size_t i = 0; i < p->n; i++)
	{
		v[i].key = (uint64) (uint32) (p->label[i] ^ PG_INT32_MIN) << 32 | hash_point(p->x + i * p->d, p->d) >> 32;
		v[i].row = (uint32) i;
		if (i % POLL_POINTS == 0)
			CHECK_FOR_INTERRUPTS();
	}
	cs_sort_keyed(v, p->n);
	for (size_t i = 0, end; i < p->n; i = end)
	{
		for (end = i + 1; end < p->n && v[end].key == v[i].key; end++)
			;
		settle(p, v + i, end - i);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
number_clusters(cs_labelled_view *v)
{
	const cs_labelled *p = v->points;

	for (size_t i = 0; i < p->n; i++)
	{
		if (i == 0 || p->label[v->order[i]] != p->label[v->order[i - 1]])
			v->k++;
		v->label[i] = v->k - 1;
	}
}

/* Distances do not notice where the origin is; rounding does. */
static void
find_center(cs_labelled_view *v)
{
	const cs_labelled *p = v->points;
	double		most = 0;

	for (size_t i = 0; i < p->n * p->d; i++)
	{
		most = fmax(most, fabs(p->x[i]));
		if (i % POLL_POINTS == 0)
			CHECK_FOR_INTERRUPTS();
	}
	v->factor = most > FAR || (most > 0 && most < 1 / FAR) ? ldexp(1, -Max(ilogb(most), -1000)) : 1;
	for (size_t i = 0; i < p->n; i++)
	{
		const double *x = p->x + (size_t) v->order[i] * p->d;

		for (int f = 0; f < p->d; f++)
			v->center[f] += x[f] * v->factor / p->n;
		if (i % POLL_POINTS == 0)
			CHECK_FOR_INTERRUPTS();
	}
}

cs_labelled_view
cs_labelled_order(const cs_labelled *p)
{
	cs_labelled_view v = {.points = p};
	cs_keyed   *keyed = CS_ROOM(p->env, cs_keyed, p->n);

	sort_points(p, keyed);
	v.order = CS_ROOM(p->env, uint32, p->n);
	for (size_t i = 0; i < p->n; i++)
		v.order[i] = keyed[i].row;
	cs_release(p->env, keyed);
	v.label = CS_ROOM(p->env, int32, p->n);
	v.center = CS_NEW(p->env, double, p->d);
	number_clusters(&v);
	find_center(&v);
	return v;
}

void
cs_labelled_view_free(cs_labelled_view *v)
{
	cs_release(v->points->env, v->order);
	cs_release(v->points->env, v->label);
	cs_release(v->points->env, v->center);
}

void
cs_labelled_row(void *view, size_t i, double *out)
{
	const cs_labelled_view *v = view;
	const double *x = v->points->x + (size_t) v->order[i] * v->points->d;

	for (int f = 0; f < v->points->d; f++)
		out[f] = x[f] * v->factor - v->center[f];
}
