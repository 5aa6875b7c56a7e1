/*
 * fn_compare.c - one algorithm among others: what it makes of the rows, and at what
 * price.  No model is kept.
 *
 * The fit that is timed is made as train() makes it; a second one, on rows read once
 * more, is measured as a candidate of select_k() is.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "core/base/keyed.h"
#include "core/eval/external.h"
#include "pg/args.h"
#include "pg/pg_env.h"
#include "pg/progress.h"
#include "pg/train_request.h"
#include "pg/training.h"

/* A label and whose it is: what agreement is counted of. */
typedef struct __attribute__((packed, aligned(4))) labelled_key
{
	uint64		hash;
	int32		label;
} labelled_key;

static void
fit(FunctionCallInfo fcinfo, cs_training *t, cs_train_request *r, bool compare, int k)
{
	memset(t, 0, sizeof(*t));
	t->cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg comparison", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(t->cxt);
	t->env = cs_pg_env(t->cxt);
	*r = cs_train_request_read(fcinfo, t->env);
	r->compare = compare;
	r->fit_only = !compare;
	if (k > 0)
		r->k_min = r->k_max = k;
	t->ds = cs_dataset_open(t->env, &r->data);
	cs_dataset_read(t->ds, cs_train_centring(r));
	cs_train_request_start(t->env, r, t->ds);
	cs_training_fit(t, r);
}

/* Bytes held when the fit is done: points, model and what is known of the rows. */
static double
held(const cs_training *t)
{
	return (double) MemoryContextMemAllocated(t->cxt, true) +
		(t->slabs && t->slabs->shared ? (double) t->slabs->n * (double) t->slabs->bytes : 0);
}

/* Labels by key, in the order of the hashes; in the caller's context. */
static bytea *
labels_of(const cs_training *t, MemoryContext cxt)
{
	size_t		n = t->ds->matrix->n,
				bytes = VARHDRSZ + n * sizeof(labelled_key);
	cs_keyed   *v = CS_ROOM(t->env, cs_keyed, n + 1);
	bytea	   *b;
	labelled_key *out;

	if (bytes > MaxAllocSize)
		return NULL;
	for (size_t i = 0; i < n; i++)
	{
		Datum		key = cs_keys_at(t->ds->keys, cs_training_row(t, i));

		v[i] = (cs_keyed) {cs_key_hash(t->ds->keys, key), (uint32) i};
		if (i % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();
	}
	cs_sort_keyed(v, n);
	b = MemoryContextAlloc(cxt, bytes);
	SET_VARSIZE(b, bytes);
	out = (labelled_key *) VARDATA(b);
	for (size_t i = 0; i < n; i++)
		out[i] = (labelled_key) {v[i].key, t->label[v[i].row]};
	return b;
}

static void
put_number(Datum *v, bool *isnull, int column, double value)
{
	isnull[column] = !isfinite(value);
	v[column] = Float8GetDatum(isnull[column] ? 0 : value);
}

PG_FUNCTION_INFO_V1(clusterseg_compare);

/*
 * _compare(arguments of _fit) -> (k, noise_share, silhouette, davies_bouldin,
 *     calinski_harabasz, stability, seconds, memory, rows, labels, note)
 */
Datum
clusterseg_compare(PG_FUNCTION_ARGS)
{
	MemoryContext old = CurrentMemoryContext;
	cs_training t;
	cs_train_request r;
	TupleDesc	desc;
	Datum		v[11];
	bool		isnull[11] = {false};
	bytea	   *labels;
	bool		raw;
	int			asked;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	cs_progress_start("compare_algorithms");
	fit(fcinfo, &t, &r, false, 0);
	cs_training_label(&t);
	raw = r.algorithm->flags & CS_RAW;
	asked = r.algorithm->flags & CS_NEEDS_K ? t.scorer->k : 0;
	labels = labels_of(&t, old);
	v[0] = Int32GetDatum(t.scorer->k);
	put_number(v, isnull, 1, t.noise / (double) t.ds->matrix->n);
	put_number(v, isnull, 6, t.seconds_fit);
	put_number(v, isnull, 7, held(&t) / (1 << 20));
	v[8] = Int64GetDatum((int64) t.ds->matrix->n);
	v[9] = PointerGetDatum(labels);
	isnull[9] = labels == NULL;
	isnull[10] = t.outcome.fit.note == NULL;
	MemoryContextSwitchTo(old);
	v[10] = isnull[10] ? (Datum) 0 : CStringGetTextDatum(t.outcome.fit.note);
	MemoryContextDelete(t.cxt);

	isnull[2] = isnull[3] = isnull[4] = isnull[5] = true;
	if (!raw)
	{
		const cs_candidate *c;

		fit(fcinfo, &t, &r, true, asked);
		c = &t.outcome.candidate[0];
		put_number(v, isnull, 2, c->silhouette);
		put_number(v, isnull, 3, c->davies_bouldin);
		put_number(v, isnull, 4, c->calinski_harabasz);
		put_number(v, isnull, 5, c->stability);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(t.cxt);
	}
	cs_progress_end();
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), v, isnull));
}

PG_FUNCTION_INFO_V1(clusterseg_labels_agreement);

/* _labels_agreement(a, b): adjusted Rand index of two such labellings over the keys that both have. */
Datum
clusterseg_labels_agreement(PG_FUNCTION_ARGS)
{
	bytea	   *ba = PG_GETARG_BYTEA_P(0),
			   *bb = PG_GETARG_BYTEA_P(1);
	const labelled_key *a = (const labelled_key *) VARDATA(ba),
			   *b = (const labelled_key *) VARDATA(bb);
	size_t		na = (VARSIZE(ba) - VARHDRSZ) / sizeof(labelled_key),
				nb = (VARSIZE(bb) - VARHDRSZ) / sizeof(labelled_key),
				counted = 0;
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_contingency *t = cs_contingency_new(env);

	for (size_t i = 0, j = 0; i < na && j < nb;)
	{
		uint64		x = a[i].hash,
					y = b[j].hash;

		if (x == y && a[i].label >= 0 && b[j].label >= 0)
		{
			cs_contingency_add(env, t, a[i].label, b[j].label, 1);
			if (++counted % CS_BLOCK_ROWS == 0)
				CHECK_FOR_INTERRUPTS();
		}
		i += x <= y;
		j += x >= y;
	}
	if (counted == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cs_adjusted_rand_index(env, t));
}
