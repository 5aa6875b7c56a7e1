/*
 * grouping_members.c - members of before and after of a training by groups (grouping.h).
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "core/base/keyed.h"
#include "pg/grouping.h"
#include "pg/progress.h"

/* ---- before ---- */

typedef struct former_members
{
	cs_keys    *keys;
	cs_rows    *id;				/* one int a row */
} former_members;

static void
take_member(void *arg, TupleTableSlot *slot)
{
	former_members *f = arg;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return;
	cs_keys_add(f->keys, slot->tts_values[0]);
	*(int *) cs_rows_add(f->id) = DatumGetInt32(slot->tts_values[1]);
}

/* Former segments and their sizes. */
static void
count_before(cs_training *t, cs_grouping *g, const former_members *f)
{
	size_t		n = f->id->n;
	cs_keyed   *v = CS_ROOM(t->env, cs_keyed, n + 1);

	for (size_t i = 0; i < n; i++)
		v[i] = (cs_keyed) {(uint64) *(int *) cs_rows_at(f->id, i), (uint32) i};
	cs_sort_keyed(v, n);
	g->before_id = CS_ROOM(t->env, int, n + 1);
	g->before_size = CS_ROOM(t->env, double, n + 1);
	for (size_t i = 0; i < n; i++)
	{
		if (i == 0 || v[i].key != v[i - 1].key)
		{
			g->before_id[g->n_before] = (int) v[i].key;
			g->before_size[g->n_before++] = 0;
		}
		g->before_size[g->n_before - 1]++;
	}
	cs_release(t->env, v);
}

/* Both are in key order. */
static void
join_members(cs_training *t, cs_grouping *g, former_members *f, const uint32 *order)
{
	for (size_t i = 0, j = 0; i < g->n && j < f->keys->datum->n;)
	{
		size_t		r = order ? order[j] : j;
		int			c = cs_keys_compare(f->keys, g->key[i], cs_keys_at(f->keys, r));

		if (c == 0)
			g->member[i] = *(int *) cs_rows_at(f->id, r);
		i += c <= 0;
		j += c >= 0;
	}
}

void
cs_grouping_members(cs_training *t, const char *query, const char *owner)
{
	cs_source  *s = cs_source_open(query, NULL, cs_role_for(owner));
	former_members f = {NULL, cs_rows_new(t->env, 1)};

	if (getBaseType(TupleDescAttr(s->desc, 0)->atttypid) == t->ds->keys->type)
	{
		f.keys = cs_keys_new(t->env, TupleDescAttr(s->desc, 0));
		cs_source_scan(s, "*", true, take_member, &f);
		count_before(t, t->grouping, &f);
		join_members(t, t->grouping, &f, cs_keys_order(f.keys));
		cs_rows_free(f.keys->datum);
	}
	cs_rows_free(f.id);
}

/* ---- what became of them ---- */

static double
size_before(const cs_grouping *g, int id)
{
	int			low = 0,
				high = g->n_before - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (g->before_id[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return g->before_size[low];
}

void
cs_grouping_overlap(cs_training *t, cs_overlap_fn fn, void *arg)
{
	const cs_grouping *g = t->grouping;
	cs_keyed   *v = CS_ROOM(t->env, cs_keyed, g->n + 1);
	size_t		n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->member[i] > 0 && g->label[i] >= 0)
			v[n++] = (cs_keyed) {(uint64) g->member[i] << 32 | (uint32) g->label[i], (uint32) i};
	cs_sort_keyed(v, n);
	for (size_t from = 0, to; from < n; from = to)
	{
		int			id = (int) (v[from].key >> 32),
					cluster = (int) (v[from].key & 0xffffffff);

		for (to = from; to < n && v[to].key == v[from].key; to++)
			;
		fn(arg, id, g->whole->segment_id[cluster], (double) (to - from), size_before(g, id), g->whole->size[cluster]);
	}
	cs_release(t->env, v);
}

void
cs_grouping_write(cs_training *t, cs_member_writer *w)
{
	const cs_grouping *g = t->grouping;

	for (size_t i = 0; i < g->n; i++)
	{
		cs_nearest	n = {g->label[i], g->label2[i], g->d1[i], g->d2[i]};

		if (i % CS_BLOCK_ROWS == 0)
		{
			CHECK_FOR_INTERRUPTS();
			cs_progress_report(t->env, CS_PHASE_WRITE, i, g->n);
		}
		if (g->label[i] != CS_LEFT_OUT)
			cs_members_add(w, g->key[i], &n, g->before[i], g->point[i], (double) g->outlier[i]);
	}
}
