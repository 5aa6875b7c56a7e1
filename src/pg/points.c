/*
 * points.c - reading rows as points of a model (see points.h).
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/base/keyed.h"
#include "core/base/rng.h"
#include "pg/points.h"

/* Rows between looks at the memory. */
#define CHECK_ROWS 1024

typedef struct reading
{
	cs_env	   *env;
	const cs_points_args *args;
	cs_points  *points;
	cs_binding *binding;
	cs_keys    *keys;			/* for hashing; NULL: points are hashed themselves */
	cs_rows    *rows;			/* point, then the weight, then what else is kept */
	double	   *extra;			/* of the row at hand */
	cs_rows    *hash;			/* one uint64 a row */
	int			level;			/* rows kept: 1 of 2^level */
	MemoryContext row_cxt;
	cs_point_fn visit;
	void	   *visit_arg;
} reading;

static uint64
hash_point(const float *point, int d)
{
	uint64		h = 0;

	for (int f = 0; f < d; f++)
	{
		uint32		bits;

		memcpy(&bits, &point[f], sizeof(bits));
		h = cs_mix64(h ^ bits);
	}
	return h;
}

static inline uint64 *
hash_at(const reading *r, size_t i)
{
	return (uint64 *) cs_rows_at(r->hash, i);
}

static bool
sampled(const reading *r, uint64 hash)
{
	return (hash & ((UINT64CONST(1) << r->level) - 1)) == 0;
}

static void
halve(reading *r)
{
	size_t		kept = 0;

	r->level++;
	for (size_t i = 0; i < r->rows->n; i++)
		if (sampled(r, *hash_at(r, i)))
		{
			memmove(cs_rows_at(r->rows, kept), cs_rows_at(r->rows, i), sizeof(float) * r->rows->width);
			*hash_at(r, kept) = *hash_at(r, i);
			kept++;
		}
	r->rows->n = r->hash->n = kept;
}

/* A row, its hash and place while they are sorted, and label and distances after. */
static size_t
bytes_per_row(const reading *r)
{
	return sizeof(float) * r->rows->width + sizeof(uint64) + sizeof(cs_keyed) + 2 * sizeof(uint32) + sizeof(int32) +
		sizeof(double) * r->args->extra + r->args->overhead;
}

static void
keep(reading *r, uint64 hash, const float *point, double weight)
{
	int			d = r->binding->m->prep->d;
	float	   *row;

	if (!sampled(r, hash))
		return;
	row = cs_rows_add(r->rows);
	memcpy(row, point, sizeof(float) * d);
	row[d] = (float) weight;
	if (r->args->extra > 0)
		memcpy(row + d + 1, r->extra, sizeof(double) * r->args->extra);
	*(uint64 *) cs_rows_add(r->hash) = hash;
	while (r->rows->n > CS_BLOCK_ROWS && r->level < 60 &&
		   r->rows->n * bytes_per_row(r) > r->args->budget)
		halve(r);
}

static double
take_weight(const reading *r, Datum d, bool isnull)
{
	double		w = isnull ? NAN : DatumGetFloat8(d);

	if (!(w >= 0 && w <= 1e30))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("weight \"%s\" is %s in a row of the source", r->args->weight,
						isnull ? "NULL" : w < 0 ? "negative" : "not finite"),
				 errhint("Weights are numbers from 0 up.")));
	return w;
}

/* Columns: key, weight, those of the model. */
static void
take_slot(void *arg, TupleTableSlot *slot)
{
	reading    *r = arg;
	const Datum *value;
	const bool *isnull;
	uint64		hash = 0;
	double		weight = 1;
	MemoryContext old;

	slot_getallattrs(slot);
	value = slot->tts_values;
	isnull = slot->tts_isnull;
	old = MemoryContextSwitchTo(r->row_cxt);
	if (r->keys)
	{
		if (isnull[0])
			cs_keys_null(r->keys);
		hash = cs_key_hash(r->keys, value[0]);
	}
	if (r->args->weight)
		weight = take_weight(r, value[r->keys ? 1 : 0], isnull[r->keys ? 1 : 0]);
	cs_bind_choose(r->binding, value, isnull);
	if (r->binding->pinned >= 0)
		r->points->pinned++;
	else if (cs_bind_row(r->binding, value, isnull, NULL) == CS_ROW_OK)
	{
		const float *point = r->binding->point;

		r->points->rows++;
		if (r->visit)
			r->visit(r->visit_arg, point, weight);
		if (r->args->extra > 0)
			r->args->describe(r->args->describe_arg, r->binding, value, isnull, r->extra);
		keep(r, r->keys ? hash : hash_point(point, r->binding->m->prep->d), point, weight);
	}
	MemoryContextSwitchTo(old);
	if (++r->points->read % CHECK_ROWS == 0)
	{
		MemoryContextReset(r->row_cxt);
		CHECK_FOR_INTERRUPTS();
		cs_progress(r->env, CS_PHASE_READ, r->points->read, 0);
	}
}

/* Rows in the order of their hashes; equal ones by value. */
static void
sort_rows(reading *r)
{
	size_t		n = r->rows->n,
				bytes = sizeof(float) * r->rows->width;
	cs_keyed   *v = CS_ROOM(r->env, cs_keyed, n + 1);
	uint32	   *order = CS_ROOM(r->env, uint32, n + 1);

	for (size_t i = 0; i < n; i++)
		v[i] = (cs_keyed) {*hash_at(r, i), (uint32) i};
	cs_rows_free(r->hash);
	cs_sort_keyed(v, n);
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && v[j].key == v[j - 1].key &&
			 memcmp(cs_rows_at(r->rows, v[j].row), cs_rows_at(r->rows, v[j - 1].row), bytes) < 0; j--)
		{
			cs_keyed	t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
			CHECK_FOR_INTERRUPTS();
		}
	for (size_t i = 0; i < n; i++)
		order[i] = v[i].row;
	cs_release(r->env, v);
	cs_rows_permute(r->rows, order);
	cs_release(r->env, order);
}

/* Rows to tiles, giving memory back on the way. */
static cs_matrix *
pack(reading *r)
{
	int			d = r->binding->m->prep->d;
	size_t		n = r->args->most > 0 ? Min(r->rows->n, r->args->most) : r->rows->n;
	cs_matrix  *m = CS_NEW(r->env, cs_matrix, 1);

	m->n = n;
	m->d = d;
	m->blocks = cs_matrix_blocks(n);
	m->block = CS_NEW(r->env, float *, m->blocks + 1);
	if (r->args->weight)
		m->weight = CS_NEW(r->env, float, cs_round_lanes(n));
	if (r->args->extra > 0)
		r->points->extra = CS_ROOM(r->env, double, n * r->args->extra + 1);
	for (size_t i = 0; i < n; i++)
	{
		const float *row = cs_rows_at(r->rows, i);

		if (i % CS_BLOCK_ROWS == 0)
		{
			CHECK_FOR_INTERRUPTS();
			cs_rows_release_before(r->rows, i / CS_BLOCK_ROWS);
			m->block[i / CS_BLOCK_ROWS] = CS_NEW(r->env, float, cs_round_lanes(Min(n - i, CS_BLOCK_ROWS)) * (size_t) d);
		}
		cs_matrix_set_row(m, i, row);
		if (m->weight)
			m->weight[i] = row[d];
		if (r->args->extra > 0)
			memcpy(r->points->extra + i * r->args->extra, row + d + 1, sizeof(double) * r->args->extra);
	}
	cs_rows_free(r->rows);
	return m;
}

static char *
select_list(const cs_points_args *a)
{
	StringInfoData s;

	initStringInfo(&s);
	if (a->key)
		appendStringInfo(&s, "q.%s, ", quote_identifier(a->key));
	if (a->weight)
		appendStringInfo(&s, "q.%s::pg_catalog.float8, ", quote_identifier(a->weight));
	appendStringInfoString(&s, cs_bind_select(a->source, a->m));
	return s.data;
}

cs_points *
cs_points_read(cs_env *env, const cs_points_args *args, cs_point_fn visit, void *arg)
{
	reading		r = {.env = env, .args = args, .visit = visit, .visit_arg = arg};

	r.points = CS_NEW(env, cs_points, 1);
	r.binding = cs_binding_new(env, args->m);
	cs_bind_selected(env, r.binding, args->source, (args->key != NULL) + (args->weight != NULL));
	if (args->key)
		r.keys = cs_keys_new(env, TupleDescAttr(args->source->desc, cs_source_column(args->source, args->key, "the key")));
	if (args->weight)
		cs_source_column(args->source, args->weight, "the weight");
	r.rows = cs_rows_new(env, args->m->prep->d + 1 + 2 * args->extra);
	r.extra = CS_NEW(env, double, args->extra + 1);
	r.hash = cs_rows_new(env, 2);
	r.row_cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg row", ALLOCSET_DEFAULT_SIZES);
	cs_source_scan(args->source, select_list(args), true, take_slot, &r);
	MemoryContextDelete(r.row_cxt);
	if (r.rows->n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("there are no rows to work on"),
				 r.points->read == 0 ? errdetail("The source is empty.")
				 : errdetail("None of its " UINT64_FORMAT " rows is assignable.", r.points->read)));
	if (r.rows->n > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows")));
	sort_rows(&r);
	r.points->x = pack(&r);
	return r.points;
}

cs_matrix *
cs_points_first(cs_env *env, const cs_points *p, size_t n)
{
	cs_matrix  *m = CS_NEW(env, cs_matrix, 1);

	*m = *p->x;
	m->n = Min(n, p->x->n);
	m->blocks = cs_matrix_blocks(m->n);
	return m;
}
