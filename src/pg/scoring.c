/*
 * scoring.c - call sites of scoring functions (see scoring.h).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "pg/groups.h"
#include "pg/pg_env.h"
#include "pg/pins.h"
#include "pg/scoring.h"

static cs_site *
new_site(FunctionCallInfo fcinfo)
{
	MemoryContext cxt = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "clusterseg call site", ALLOCSET_SMALL_SIZES);
	cs_site    *s = MemoryContextAllocZero(cxt, sizeof(cs_site));

	s->env = cs_pg_env(cxt);
	fcinfo->flinfo->fn_extra = s;
	return s;
}

static void
set_model(cs_site *s, const cs_model *m)
{
	s->m = m;
	s->binding = s->whole = cs_binding_new(s->env, m);
	s->row_type = InvalidOid;
}

/* Is the text argument the name that the site knows? */
static inline bool
same_name(const cs_site *s, text *name)
{
	Size		len = VARSIZE_ANY_EXHDR(name);

	return s->name && s->name_len == len && memcmp(s->name, VARDATA_ANY(name), len) == 0;
}

static cs_site *
site_by_name(FunctionCallInfo fcinfo)
{
	cs_site    *s = fcinfo->flinfo->fn_extra;
	text	   *name;
	MemoryContext old;
	int64		id;

	if (s && s->stable && cs_moment_lasts(&s->moment))
		return s;
	name = PG_GETARG_TEXT_PP(0);
	if (s && cs_moment_lasts(&s->moment) && same_name(s, name))
		return s;
	if (s == NULL)
		s = new_site(fcinfo);
	old = MemoryContextSwitchTo(cs_pg_env_context(s->env));
	if (!same_name(s, name))
	{
		s->name = text_to_cstring(name);
		s->name_len = strlen(s->name);
	}
	id = cs_store_published(s->name);
	if (s->whole == NULL || id != s->version_id)
		set_model(s, cs_store_model(id));
	s->version_id = id;
	s->labels = NULL;
	s->moment = cs_moment_now();
	s->stable = get_fn_expr_arg_stable(fcinfo->flinfo, 0);
	MemoryContextSwitchTo(old);
	return s;
}

static cs_site *
site_by_value(FunctionCallInfo fcinfo)
{
	cs_site    *s = fcinfo->flinfo->fn_extra;
	struct varlena *v;
	MemoryContext old;

	if (s && s->stable)
		return s;
	v = PG_GETARG_VARLENA_PP(0);
	if (s && s->len == CS_MODEL_LEN(v) && memcmp(s->bytes, CS_MODEL_BYTES(v), s->len) == 0)
		return s;
	if (s)
		MemoryContextDelete(cs_pg_env_context(s->env));
	s = new_site(fcinfo);
	old = MemoryContextSwitchTo(cs_pg_env_context(s->env));
	s->len = CS_MODEL_LEN(v);
	s->bytes = palloc(s->len);
	memcpy(s->bytes, CS_MODEL_BYTES(v), s->len);
	set_model(s, cs_model_load(s->env, s->bytes, s->len));
	s->stable = get_fn_expr_arg_stable(fcinfo->flinfo, 0);
	MemoryContextSwitchTo(old);
	return s;
}

/* Learn the row type: where the model's columns are in it. */
static void
bind_row_type(cs_site *s, Oid type, int32 typmod)
{
	MemoryContext old = MemoryContextSwitchTo(cs_pg_env_context(s->env));

	s->row_desc = lookup_rowtype_tupdesc_copy(type, typmod);
	cs_bind_columns(s->env, s->whole, s->row_desc);
	s->natts = s->row_desc->natts;
	s->values = palloc(sizeof(Datum) * (s->natts + 1));
	s->isnull = palloc(sizeof(bool) * (s->natts + 1));
	s->row_type = type;
	s->row_typmod = typmod;
	MemoryContextSwitchTo(old);
}

static cs_reject
point_of_row(cs_site *s, Datum row, int *feature)
{
	HeapTupleHeader rec = DatumGetHeapTupleHeader(row);
	Oid			type = HeapTupleHeaderGetTypeId(rec);
	int32		typmod = HeapTupleHeaderGetTypMod(rec);
	HeapTupleData tuple;

	if (type != s->row_type || typmod != s->row_typmod)
		bind_row_type(s, type, typmod);
	tuple.t_len = HeapTupleHeaderGetDatumLength(rec);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = rec;
	heap_deform_tuple(&tuple, s->row_desc, s->values, s->isnull);
	if (s->whole->m->groups || s->whole->m->pins)
	{
		s->binding = cs_bind_choose(s->whole, s->values, s->isnull);
		s->m = s->binding->m;
		if (s->whole->pinned >= 0)
			return CS_ROW_OK;
	}
	return cs_bind_row(s->binding, s->values, s->isnull, feature);
}

/* An array has no column that tells a group. */
static void
check_no_groups(const cs_site *s)
{
	const cs_groups *g = s->m->groups;

	if (g == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("the model has a model per group, and an array of features does not tell the group"),
			 errdetail("Groups are told by: %s.", cs_groups_columns(g)),
			 errhint("Pass a row with these columns, or take the model of one group with clusterseg.group_model().")));
}

cs_site *
cs_site_of(FunctionCallInfo fcinfo, bool by_name, bool is_row, cs_reject *why, int *feature)
{
	cs_site    *s = by_name ? site_by_name(fcinfo) : site_by_value(fcinfo);

	if (!is_row)
		check_no_groups(s);
	if (!is_row)
		cs_bind_array_pins(s->whole, PG_GETARG_DATUM(1));
	*why = is_row ? point_of_row(s, PG_GETARG_DATUM(1), feature) : s->whole->pinned >= 0 ? CS_ROW_OK
		: cs_bind_array(s->binding, PG_GETARG_DATUM(1), feature);
	return *why == CS_ROW_OK ? s : NULL;
}

const cs_pin *
cs_site_pin(const cs_site *s)
{
	return s->whole->pinned >= 0 ? &s->whole->m->pins->pin[s->whole->pinned] : NULL;
}

const cs_pin *
cs_site_pin_with(const cs_site *s, int segment_id)
{
	const cs_pins *p = s->whole->m->pins;

	for (int i = 0; p && i < p->n; i++)
		if (p->pin[i].id == segment_id)
			return &p->pin[i];
	return NULL;
}

/* The present label of a segment by its id, else the one that the value has. */
static const char *
label_of(cs_site *s, int segment_id, const char *own)
{
	const char *label;

	if (s->name == NULL)
		return own;
	if (s->labels == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(cs_pg_env_context(s->env));

		s->labels = cs_store_labels(s->name);
		MemoryContextSwitchTo(old);
	}
	label = cs_labels_find(s->labels, segment_id);
	return label ? label : own;
}

const char *
cs_site_label(cs_site *s, int cluster)
{
	return label_of(s, s->m->segment_id[cluster], s->m->label[cluster]);
}

const char *
cs_site_pin_label(cs_site *s, const cs_pin *p)
{
	return label_of(s, p->id, p->label);
}

/* The least id above another; 0: there is none. */
static int
next_id(const cs_model *m, int above)
{
	int			id = 0;

	for (int j = 0; j < m->k; j++)
		if (m->segment_id[j] > above && (id == 0 || m->segment_id[j] < id))
			id = m->segment_id[j];
	return id;
}

int
cs_site_cluster(cs_site *s, int segment_id)
{
	int			j = cs_model_cluster(s->m, segment_id);
	StringInfoData list;

	if (j >= 0)
		return j;
	initStringInfo(&list);
	for (int told = 0, id = 0; told < 50 && (id = next_id(s->m, id)) != 0; told++)
		appendStringInfo(&list, "%s%d", told ? ", " : "", id);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 s->whole->m->groups ? errmsg("the group of the row has no segment %d", segment_id)
			 : errmsg("model has no segment %d", segment_id),
			 errdetail("Its segments are: %s.", list.data)));
	return -1;
}
