/*
 * former.c - how the model before this one labels today's rows (see training.h).
 */
#include "postgres.h"

#include <math.h>

#include "pg/training.h"

struct cs_former
{
	cs_training *t;
	int		   *from;			/* per feature of the former model: ours */
	float	  **code;			/* per feature: our level to its level */
	float	   *raw;
	float	   *point;
	float	   *score;
};

/* Coordinates by other terms or directions are other numbers. */
static bool
same_texts(const cs_dataset *ds, const cs_prep *former)
{
	bool		same = ds->prep->texts == former->texts;

	for (int i = 0; same && i < former->texts; i++)
		same = cs_text_same(ds->prep->text[i], former->text[i]);
	return same;
}

/* Which of our features is feature i of the former model; -1 when none is. */
static int
same_feature(const cs_dataset *ds, const cs_feature *was)
{
	for (int i = 0; i < ds->prep->n; i++)
		if (strcmp(ds->prep->f[i].name, was->name) == 0 && ds->prep->f[i].kind == was->kind)
			return i;
	return -1;
}

cs_former *
cs_former_new(cs_training *t)
{
	const cs_prep *p = t->former->prep;
	cs_former  *f = CS_NEW(t->env, cs_former, 1);

	if (!same_texts(t->ds, p))
		return NULL;
	f->t = t;
	f->from = CS_NEW(t->env, int, p->n);
	f->code = CS_NEW(t->env, float *, p->n);
	for (int i = 0; i < p->n; i++)
	{
		f->from[i] = same_feature(t->ds, &p->f[i]);
		if (f->from[i] < 0)
			return NULL;
		if (p->f[i].kind == CS_CATEGORY)
		{
			const cs_feature *now = &t->ds->prep->f[f->from[i]];

			f->code[i] = CS_NEW(t->env, float, now->levels + 1);
			for (int l = 0; l < now->levels; l++)
				f->code[i][l] = cs_feature_code(&p->f[i], now->level[l], strlen(now->level[l]));
			f->code[i][now->levels] = CS_UNSEEN;
		}
	}
	t->former_near = CS_NEW(t->env, uint8, t->ds->rows->n / 8 + 1);
	f->raw = CS_NEW(t->env, float, p->n);
	f->point = CS_NEW(t->env, float, cs_prep_room(p));
	f->score = CS_NEW(t->env, float, cs_scorer_room(t->former->scorer));
	return f;
}

/* Is the point where the rows of its segment were, or merely nearer to it than to others? */
static bool
in_reach(const cs_former *f, int label)
{
	const cs_model *m = f->t->former;

	return m->scorer->centers == NULL ||
		sqrt(cs_centers_distance(m->scorer->centers, f->point, label)) <= m->reach[label] * (1 + 1e-6);
}

/* A cs_raw_fn: row i by the former model. */
void
cs_former_score(void *arg, const float *raw, size_t i)
{
	cs_former  *f = arg;
	const cs_model *m = f->t->former;
	int			label;

	for (int j = 0; j < m->prep->n; j++)
	{
		const cs_feature *now = &f->t->ds->prep->f[f->from[j]];
		float		v = raw[f->from[j]];

		if (isnan(v))
			f->raw[j] = v;
		else if (f->code[j])
			f->raw[j] = f->code[j][(int) v];
		else
			f->raw[j] = cs_raw_number(&m->prep->f[j], cs_feature_value(now, v), NULL);
	}
	label = cs_prep_row(m->prep, f->raw, f->point, NULL) == CS_ROW_OK
		? cs_scorer_label(m->scorer, f->point, f->score) : -1;
	f->t->former_label[i] = label;
	if (label >= 0 && in_reach(f, label))
		f->t->former_near[i / 8] |= (uint8) (1 << i % 8);
}
