/*
 * training_pins.c - pinned segments of a training (pins.h, training.h).
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "pg/pins.h"
#include "pg/training.h"

int
cs_training_pin(cs_training *t, int next_id)
{
	cs_pins    *p;

	if (t->ds->pins == NULL)
		return next_id;
	p = unconstify(cs_pins *, t->ds->pins->pins);
	for (int i = 0; i < p->n; i++)
	{
		const cs_pin *was = t->former ? cs_pin_named(t->former->pins, p->pin[i].name) : NULL;

		p->pin[i].id = was ? was->id : next_id++;
		p->pin[i].rows = (double) t->ds->pinned_rows[i];
	}
	t->model.pins = p;
	return next_id;
}

void
cs_training_write_pinned(cs_training *t, cs_member_writer *w)
{
	const cs_pins *p = t->model.pins;

	if (p == NULL)
		return;
	for (size_t i = 0; i < t->ds->pinned_keys->datum->n; i++)
	{
		int			at = *(int *) cs_rows_at(t->ds->pinned_of, i);
		const cs_pin *was = t->former ? cs_pin_named(t->former->pins, p->pin[at].name) : NULL;
		cs_nearest	n = {t->whole->k - p->n + at, -1, NAN, NAN};

		if (i % CS_BLOCK_ROWS == 0)
			CHECK_FOR_INTERRUPTS();

		/* the same rule would have taken the row before, as far as it is the same */
		cs_members_add(w, cs_keys_at(t->ds->pinned_keys, i), &n,
					   was && strcmp(was->where, p->pin[at].where) == 0 ? was->id : 0, CS_POINT_UNTOLD, NAN);
	}
}
