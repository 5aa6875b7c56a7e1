/*
 * fn_model_state.c - the type clusterseg.model_state and the aggregates that it is
 * the state of: kmeans_model(features, k, options).
 *
 * The state is a type of SQL, not internal, so that it can travel between the
 * nodes of a distributed table.  While an aggregate runs it is an expanded object
 * that grows in place; else it is bytes:
 *	"CSS1", u32 k, u32 length of the algorithm's name, u32 length of the options,
 *	the name, the options as JSON text (length 0: NULL), a digest (core/base/digest.h)
 * little-endian, the same for the same rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "pg/adhoc.h"
#include "pg/args.h"
#include "pg/pg_env.h"

/* The algorithms whose models come from an aggregate: one entry for each. */
#define CS_MODELS CS_MODEL(kmeans)

#define CS_MODEL(name) #name,
static const char *const algorithms[] = {CS_MODELS NULL};
#undef CS_MODEL

#define HEADER 16
#define STATE_MAGIC 0x43535331

typedef struct cs_state
{
	ExpandedObjectHeader hdr;
	int			magic;
	cs_env	   *env;			/* memory of the object */
	char	   *algorithm;
	int			k;
	Jsonb	   *options;		/* NULL: none given */
	char	   *options_text;	/* the same, or "" */
	cs_digest  *dg;
	double	   *row;
} cs_state;

/* ---- bytes ---- */

static void
put_u32(unsigned char *p, uint32 v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char) (v >> (8 * i));
}

static uint32
get_u32(const unsigned char *p)
{
	return (uint32) p[0] | (uint32) p[1] << 8 | (uint32) p[2] << 16 | (uint32) p[3] << 24;
}

static Size
state_flat_size(ExpandedObjectHeader *hdr)
{
	cs_state   *s = (cs_state *) hdr;
	Size		size = VARHDRSZ + HEADER + strlen(s->algorithm) + strlen(s->options_text) + cs_digest_size(s->dg);

	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("state of %s is too large", s->algorithm)));
	return size;
}

static void
state_flatten(ExpandedObjectHeader *hdr, void *result, Size size)
{
	cs_state   *s = (cs_state *) hdr;
	unsigned char *p = (unsigned char *) VARDATA(result);
	size_t		name = strlen(s->algorithm),
				options = strlen(s->options_text);

	SET_VARSIZE(result, size);
	memcpy(p, "CSS1", 4);
	put_u32(p + 4, s->k);
	put_u32(p + 8, name);
	put_u32(p + 12, options);
	memcpy(p + HEADER, s->algorithm, name);
	memcpy(p + HEADER + name, s->options_text, options);
	cs_digest_write(s->dg, p + HEADER + name + options);
}

static const ExpandedObjectMethods state_methods = {state_flat_size, state_flatten};

/* ---- the expanded object ---- */

static cs_state *
state_make(MemoryContext parent)
{
	MemoryContext cxt = AllocSetContextCreate(parent, "clusterseg model state", ALLOCSET_START_SMALL_SIZES);
	cs_state   *s = MemoryContextAllocZero(cxt, sizeof(cs_state));

	EOH_init_header(&s->hdr, &state_methods, cxt);
	s->magic = STATE_MAGIC;
	s->env = cs_pg_env(cxt);
	return s;
}

/* Options as they were given; NULL: none. */
static void
set_options(cs_state *s, const Jsonb *options)
{
	MemoryContext old = MemoryContextSwitchTo(cs_pg_env_context(s->env));

	s->options_text = "";
	if (options)
	{
		s->options = palloc(VARSIZE(options));
		memcpy(s->options, options, VARSIZE(options));
		s->options_text = JsonbToCString(NULL, &s->options->root, VARSIZE(options));
	}
	MemoryContextSwitchTo(old);
}

/* The request that the state is for, checked; in memory of env. */
static cs_adhoc
request_of(cs_env *env, const cs_state *s)
{
	cs_adhoc	a;

	cs_adhoc_read(env, &a, s->algorithm, s->k, s->options, cs_model_params);
	return a;
}

static void
check_names(const cs_adhoc *a, int d)
{
	const cs_option *o = cs_option_get(a->common, "features");

	if (o->set && d > 0 && o->rows != d)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"features\" has %d names for %d features", o->rows, d)));
	for (int i = 0; i < o->rows; i++)
		for (int j = 0; j < i; j++)
			if (strcmp(o->text[i], o->text[j]) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("feature \"%s\" is named twice", o->text[i])));
}

static cs_state *
state_new(MemoryContext parent, const char *algorithm, int k, const Jsonb *options)
{
	cs_state   *s = state_make(parent);
	MemoryContext brief = AllocSetContextCreate(CurrentMemoryContext, "clusterseg request", ALLOCSET_SMALL_SIZES);
	cs_adhoc	a;

	s->algorithm = cs_strdup(s->env, algorithm);
	s->k = k;
	set_options(s, options);
	a = request_of(cs_pg_env(brief), s);
	check_names(&a, 0);
	s->dg = cs_adhoc_digest(s->env, &a);
	MemoryContextDelete(brief);
	return s;
}

static void
damaged(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION), errmsg("model state is damaged"), errdetail("%s", detail)));
}

static const char *
read_algorithm(const unsigned char *p, size_t len)
{
	for (int i = 0; algorithms[i]; i++)
		if (strlen(algorithms[i]) == len && memcmp(p, algorithms[i], len) == 0)
			return algorithms[i];
	damaged("Its algorithm is not one of an aggregate.");
	return NULL;
}

static char *
read_text(const unsigned char *p, size_t len)
{
	if (!pg_verifymbstr((const char *) p, (int) len, true) || memchr(p, 0, len) != NULL)
		damaged("A text of it is none.");
	return pnstrdup((const char *) p, len);
}

/* From bytes of an unknown hand. */
static cs_state *
state_read(MemoryContext parent, struct varlena *v)
{
	const unsigned char *p = (const unsigned char *) VARDATA_ANY(v);
	size_t		len = VARSIZE_ANY_EXHDR(v),
				name,
				options;
	cs_state   *s;
	Jsonb	   *json = NULL;
	cs_digest  *dg;

	if (len < HEADER || memcmp(p, "CSS1", 4) != 0)
		damaged("It does not begin as one.");
	name = get_u32(p + 8);
	options = get_u32(p + 12);
	if (name > len - HEADER || options > len - HEADER - name)
		damaged("Its length does not fit its head.");
	if (options > 0)
		json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(read_text(p + HEADER + name, options))));
	s = state_new(parent, read_algorithm(p + HEADER, name), (int) get_u32(p + 4), json);
	dg = cs_digest_read(s->env, p + HEADER + name + options, len - HEADER - name - options);
	if (dg->bytes != s->dg->bytes || dg->seed != s->dg->seed)
		damaged("Its points do not fit its options.");
	s->dg = dg;
	return s;
}

/* The state of a datum, for reading. */
static cs_state *
state_of(Datum d)
{
	if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(d)))
	{
		cs_state   *s = (cs_state *) DatumGetEOHP(d);

		if (s->hdr.eoh_methods != &state_methods || s->magic != STATE_MAGIC)
			elog(ERROR, "not a model state");
		return s;
	}
	return state_read(CurrentMemoryContext, PG_DETOAST_DATUM_PACKED(d));
}

/* Where a state that is returned may live. */
static MemoryContext
home(FunctionCallInfo fcinfo)
{
	MemoryContext cxt;

	return AggCheckCallContext(fcinfo, &cxt) ? cxt : CurrentMemoryContext;
}

/* The state of an argument, ours to change. */
static cs_state *
state_to_change(FunctionCallInfo fcinfo, int arg)
{
	Datum		d = PG_GETARG_DATUM(arg);

	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(d)))
		return state_of(d);
	return state_read(home(fcinfo), PG_DETOAST_DATUM_PACKED(d));
}

/* ---- transition, merging, result ---- */

static void
check_same(const cs_state *s, const char *algorithm, int k, const Jsonb *options)
{
	if (k != s->k || strcmp(algorithm, s->algorithm) != 0 || (options == NULL) != (s->options == NULL) ||
		(options && (VARSIZE(options) != VARSIZE(s->options) || memcmp(options, s->options, VARSIZE(options)) != 0)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k and options of %s differ between rows", s->algorithm)));
}

/* step(state, features, k [, options]) -> state */
static Datum
step(FunctionCallInfo fcinfo, const char *algorithm)
{
	Jsonb	   *options = PG_NARGS() > 3 && !PG_ARGISNULL(3) ? PG_GETARG_JSONB_P(3) : NULL;
	cs_state   *s;
	const double *row;

	cs_arg_required(fcinfo, 2, "k");
	if (PG_ARGISNULL(0))
		s = state_new(home(fcinfo), algorithm, PG_GETARG_INT32(2), options);
	else
		s = state_to_change(fcinfo, 0);
	check_same(s, algorithm, PG_GETARG_INT32(2), options);
	row = PG_ARGISNULL(1) ? NULL : cs_adhoc_row(s->env, s->dg, PG_GETARG_DATUM(1), &s->row);
	if (row)
		cs_digest_add(s->dg, row);
	else
		s->dg->skipped++;
	return EOHPGetRWDatum(&s->hdr);
}

#define CS_MODEL(name) \
	PG_FUNCTION_INFO_V1(clusterseg_##name##_model_step); \
	Datum clusterseg_##name##_model_step(PG_FUNCTION_ARGS) { return step(fcinfo, #name); }
CS_MODELS
#undef CS_MODEL

PG_FUNCTION_INFO_V1(clusterseg_model_state_merge);

/* _model_state_merge(state, state) -> state */
Datum
clusterseg_model_state_merge(PG_FUNCTION_ARGS)
{
	cs_state   *s = state_to_change(fcinfo, 0),
			   *other = state_of(PG_GETARG_DATUM(1));

	check_same(s, other->algorithm, other->k, other->options);
	if (s->dg->d > 0 && other->dg->d > 0 && s->dg->d != other->dg->d)
		cs_adhoc_bad_length(s->dg, other->dg->d);
	cs_digest_merge(s->dg, other->dg);
	return EOHPGetRWDatum(&s->hdr);
}

static struct varlena *
finish(cs_env *env, const cs_state *s)
{
	cs_adhoc	a = request_of(env, s);
	const cs_option *names = cs_option_get(a.common, "features");
	cs_adhoc_fit fit;
	cs_model   *m = &fit.model;

	check_names(&a, s->dg->d);
	if (!cs_adhoc_run(env, &a, s->dg, names->set ? names->text : NULL, &fit))
		return NULL;
	m->columns = m->prep->n;
	m->column = CS_NEW(env, cs_column, m->columns);
	for (int i = 0; i < m->columns; i++)
		m->column[i] = (cs_column) {m->prep->f[i].name, 0, i};
	m->label = CS_NEW(env, char *, m->k);
	for (int j = 0; j < m->k; j++)
		m->label[j] = cs_text(env, "Segment %d", m->segment_id[j]);
	return cs_model_save(env, m, &fit.fit);
}

PG_FUNCTION_INFO_V1(clusterseg_model_state_model);

/* _model_state_model(state) -> model */
Datum
clusterseg_model_state_model(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg model", ALLOCSET_DEFAULT_SIZES);
	struct varlena *v = finish(cs_pg_env(cxt), state_of(PG_GETARG_DATUM(0)));

	MemoryContextDelete(cxt);
	if (v == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(v);
}

/* ---- the type's functions ---- */

/* A flat value, once its bytes have been found sound. */
static Datum
checked(Datum bytes)
{
	cs_state   *s = state_read(CurrentMemoryContext, PG_DETOAST_DATUM_PACKED(bytes));

	MemoryContextDelete(cs_pg_env_context(s->env));
	return bytes;
}

PG_FUNCTION_INFO_V1(clusterseg_model_state_in);
Datum
clusterseg_model_state_in(PG_FUNCTION_ARGS)
{
	return checked(DirectFunctionCall1(byteain, PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(clusterseg_model_state_out);
Datum
clusterseg_model_state_out(PG_FUNCTION_ARGS)
{
	struct varlena *v = PG_GETARG_VARLENA_PP(0);
	Size		len = VARSIZE_ANY_EXHDR(v);
	char	   *out = palloc_extended(2 * len + 3, MCXT_ALLOC_HUGE);

	/* not byteaout(): the same under every setting of bytea_output */
	memcpy(out, "\\x", 2);
	out[2 + hex_encode(VARDATA_ANY(v), len, out + 2)] = '\0';
	PG_RETURN_CSTRING(out);
}

PG_FUNCTION_INFO_V1(clusterseg_model_state_recv);
Datum
clusterseg_model_state_recv(PG_FUNCTION_ARGS)
{
	return checked(DirectFunctionCall1(bytearecv, PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(clusterseg_model_state_send);
Datum
clusterseg_model_state_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(DatumGetByteaPCopy(PG_GETARG_DATUM(0)));
}
