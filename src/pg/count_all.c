/*
 * count_all.c - sizes over all rows of a model that a sample was enough to fit
 * (see training.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/bind.h"
#include "pg/pins.h"
#include "pg/source.h"
#include "pg/training.h"

/*
 * A sum that does not depend on the order of its terms, as rows come in any: terms
 * are whole numbers of a small unit, 128 bits wide.  Far outliers are cut at 2^90 units.
 */
typedef struct exact
{
	uint64		high;
	uint64		low;
} exact;

static void
exact_add(exact *e, double v, double unit)
{
	double		units = v > 0 ? rint(Min(v / unit, 0x1p90)) : 0;
	uint64		high = (uint64) (units / 0x1p64),
				low = (uint64) (units - (double) high * 0x1p64);

	e->low += low;
	e->high += high + (e->low < low);
}

static double
exact_value(const exact *e, double unit)
{
	return ((double) e->high * 0x1p64 + (double) e->low) * unit;
}

/* A unit far below the typical term. */
static double
unit_for(double typical)
{
	return ldexp(1, ilogb(typical > 0 && isfinite(typical) ? typical : 1) - 50);
}

typedef struct counting
{
	cs_training *t;
	cs_binding *binding;
	MemoryContext row_cxt;
	bool		weighted;
	uint64		read;
	uint64		rows;
	uint64		noise;
	uint64		pinned;
	double	   *size;			/* rows per cluster */
	exact	   *square;			/* sum of squared distances per cluster */
	exact		weighted_square;
	double		unit;
	double		weighted_unit;
} counting;

/* Columns of the model, then the weight. */
static void
take_slot(void *arg, TupleTableSlot *slot)
{
	counting   *c = arg;
	const cs_scorer *s = c->t->scorer;
	int			columns = c->t->model.columns + (c->t->model.pins ? c->t->model.pins->columns : 0);
	MemoryContext old;

	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(c->row_cxt);
	cs_bind_choose(c->binding, slot->tts_values, slot->tts_isnull);
	if (c->binding->pinned >= 0)
		c->pinned++;
	else if (cs_bind_row(c->binding, slot->tts_values, slot->tts_isnull, NULL) == CS_ROW_OK)
	{
		cs_nearest	n = cs_scorer_nearest(s, c->binding->point, c->binding->score);

		c->rows++;
		if (isfinite(n.d1))
			exact_add(&c->weighted_square, n.d1 * (c->weighted ? DatumGetFloat8(slot->tts_values[columns]) : 1.0), c->weighted_unit);
		if (n.label < 0)
			c->noise++;
		else
		{
			c->size[n.label]++;
			exact_add(&c->square[n.label], n.d1, c->unit);
		}
	}
	MemoryContextSwitchTo(old);
	if ((++c->read & 1023) == 0)
	{
		MemoryContextReset(c->row_cxt);
		CHECK_FOR_INTERRUPTS();
		cs_progress(c->t->env, CS_PHASE_EVALUATE, c->read, c->t->ds->read);
	}
}

static char *
select_list(const cs_training *t)
{
	char	   *columns = cs_bind_select(t->ds->source, &t->model);

	return t->ds->weighted ? psprintf("%s, q.%s::pg_catalog.float8", columns, quote_identifier(t->ds->weight_name)) : columns;
}

void
cs_training_count_all(cs_training *t)
{
	cs_model   *m = &t->model;
	counting	c = {.t = t, .weighted = t->ds->weighted};
	double		sum = 0,
				weighted_square;

	c.binding = cs_binding_new(t->env, m);
	cs_bind_selected(t->env, c.binding, t->ds->source, 0);
	c.row_cxt = AllocSetContextCreate(t->cxt, "clusterseg row", ALLOCSET_DEFAULT_SIZES);
	c.size = CS_NEW(t->env, double, m->k);
	c.square = CS_NEW(t->env, exact, m->k);
	c.unit = unit_for(m->variance * t->ds->prep->d);
	c.weighted_unit = unit_for(t->outcome.fit.objective / (double) t->ds->matrix->n);
	cs_source_scan(t->ds->source, select_list(t), true, take_slot, &c);
	MemoryContextDelete(c.row_cxt);
	t->ds->skipped = c.read - c.rows - c.pinned;
	t->noise = (double) c.noise;
	m->rows = (double) c.rows;
	for (int j = 0; j < m->k; j++)
	{
		m->size[j] = c.size[j];
		m->radius[j] = c.size[j] > 0 ? sqrt(exact_value(&c.square[j], c.unit) / c.size[j]) : 0;
		sum += exact_value(&c.square[j], c.unit);
	}
	m->variance = c.rows > c.noise ? sum / ((double) (c.rows - c.noise) * t->ds->prep->d) : 0;
	weighted_square = exact_value(&c.weighted_square, c.weighted_unit);
	if (t->scorer->centers && !(t->scorer->algorithm->flags & CS_OWN_OBJECTIVE))
		t->outcome.fit.objective = t->scorer->algorithm->flags & CS_UNIT_LENGTH ? weighted_square / 2 : weighted_square;
}
