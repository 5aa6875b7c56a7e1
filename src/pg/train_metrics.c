/*
 * train_metrics.c - what a training measured, as JSON and in NOTICEs.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"

#include "pg/grouping.h"
#include "pg/json_out.h"
#include "pg/training.h"

/* Share of each feature in the sum of squares between the segments. */
static void
put_between(cs_json *j, const cs_training *t)
{
	const cs_model *m = &t->model;
	const double *c = cs_model_typical(m);
	double		total = 0;
	double	   *share = palloc0(sizeof(double) * m->prep->n);

	if (c == NULL)
		return;
	for (int i = 0; i < m->prep->n; i++)
		for (int z = m->prep->f[i].at; z < m->prep->f[i].at + m->prep->f[i].width; z++)
		{
			double		mean = 0;

			for (int k = 0; k < m->k; k++)
				mean += m->size[k] * c[(size_t) k * m->prep->wide + z] / m->rows;
			for (int k = 0; k < m->k; k++)
				share[i] += m->size[k] * pow(c[(size_t) k * m->prep->wide + z] - mean, 2);
		}
	for (int i = 0; i < m->prep->n; i++)
		total += share[i];
	cs_json_begin_object(j, "feature_shares");
	for (int i = 0; i < m->prep->n; i++)
		cs_json_number(j, m->prep->f[i].name, total > 0 ? share[i] / total : 0);
	cs_json_end_object(j);
	for (int i = 0; i < m->prep->n && m->prep->n > 1 && t->grouping == NULL; i++)
		if (total > 0 && share[i] / total > 0.6 && m->k > 1 && m->prep->f[i].kind != CS_TEXT)
			ereport(NOTICE,
					(errmsg("feature \"%s\" makes %.0f %% of the difference between segments", m->prep->f[i].name, 100 * share[i] / total),
					 errhint("If it should not, tame its outliers (transform log or winsor) or lower its weight.")));
}

void
cs_training_say_ties(const cs_fit_outcome *o)
{
	StringInfoData ties;

	initStringInfo(&ties);
	for (int i = 0; i < o->candidates; i++)
		if (o->candidate[i].near_tie && i != o->chosen)
			appendStringInfo(&ties, "%s%d", ties.len ? ", " : "", o->candidate[i].k);
	if (ties.len > 0)
		ereport(NOTICE,
				(errmsg("k = %d was chosen; k = %s is as good within 0.02 of the silhouette", o->candidate[o->chosen].k, ties.data),
				 errhint("Choose by what you can act on: k => ... asks for a number.")));
}

static void
put_candidates(cs_json *j, const cs_training *t)
{
	const cs_fit_outcome *o = &t->outcome;

	if (o->candidates == 0)
		return;
	cs_json_begin_list(j, "candidates");
	for (int i = 0; i < o->candidates; i++)
	{
		const cs_candidate *c = &o->candidate[i];

		cs_json_begin_object(j, NULL);
		cs_json_number(j, "k", c->k);
		cs_json_number(j, "inertia", c->inertia);
		cs_json_number(j, "silhouette", c->silhouette);
		cs_json_number(j, "simplified_silhouette", c->simplified_silhouette);
		cs_json_number(j, "davies_bouldin", c->davies_bouldin);
		cs_json_number(j, "calinski_harabasz", c->calinski_harabasz);
		cs_json_number(j, "stability", c->stability);
		if (c->criterion != 0)
			cs_json_number(j, "criterion", c->criterion);
		cs_json_bool(j, "stable", c->stable);
		cs_json_bool(j, "near_tie", c->near_tie);
		cs_json_bool(j, "chosen", i == o->chosen);
		cs_json_end_object(j);
	}
	cs_json_end_list(j);
	if (t->grouping == NULL)
		cs_training_say_ties(o);
}

/* A figure of each segment, by its id. */
static void
put_figures(cs_json *j, const cs_training *t)
{
	const cs_fit *fit = &t->outcome.fit;

	if (fit->figure_name == NULL)
		return;
	cs_json_begin_object(j, fit->figure_name);
	for (int i = 0; i < t->model.k; i++)
		cs_json_number(j, psprintf("%d", t->model.segment_id[i]), fit->figure[i]);
	cs_json_end_object(j);
}

/* How much of the variance the principal components hold. */
static void
put_axes(cs_json *j, const cs_prep *p)
{
	const cs_components *a = p->axes;
	double		sum = 0;

	if (a == NULL)
		return;
	for (int i = 0; i < a->n; i++)
		sum += a->variance[i];
	cs_json_begin_object(j, "pca");
	cs_json_number(j, "components", a->n);
	cs_json_number(j, "coordinates", p->wide);
	cs_json_number(j, "explained_variance", a->total > 0 ? sum / a->total : 1);
	cs_json_begin_list(j, "explained_variance_ratio");
	for (int i = 0; i < a->n; i++)
		cs_json_number(j, NULL, a->total > 0 ? a->variance[i] / a->total : 0);
	cs_json_end_list(j);
	cs_json_end_object(j);
}

Jsonb *
cs_training_metrics(const cs_training *t)
{
	const cs_fit_outcome *o = &t->outcome;
	cs_json		j;

	cs_json_begin(&j);
	cs_json_number(&j, "rows_read", (double) t->ds->read);
	cs_json_number(&j, "sample_rows", (double) t->ds->matrix->n);
	cs_json_number(&j, "sample_share", 1.0 / (double) (UINT64CONST(1) << t->ds->sample_level));
	cs_json_number(&j, "silhouette", o->silhouette);
	cs_json_number(&j, "silhouette_rows", (double) o->silhouette_rows);
	cs_json_bool(&j, "warm_start", o->fit.warm);
	cs_json_number(&j, "processes", t->team);
	cs_json_text(&j, "kernel", t->env->kernel->name);
	cs_json_number(&j, "matrix_megabytes", t->ds->matrix_bytes / 1048576.0);
	cs_json_number(&j, "seconds_read", t->seconds_read);
	cs_json_number(&j, "seconds_prepare", t->seconds_prepare);
	cs_json_number(&j, "seconds_fit", t->seconds_fit);
	cs_json_number(&j, "seconds_label", t->seconds_label);
	for (int i = 0; i < CS_MEASURES && o->fit.measure[i].name; i++)
		cs_json_number(&j, o->fit.measure[i].name, o->fit.measure[i].value);
	put_figures(&j, t);
	if (o->fit.note)
		cs_json_text(&j, "note", o->fit.note);
	put_axes(&j, t->ds->prep);
	if (t->scorer->algorithm->flags & CS_NOISE || t->scorer->max_radius > 0)
		cs_json_number(&j, "noise_rows", t->grouping ? t->grouping->noise : t->noise);
	if (t->ds->skipped > 0)
		cs_json_text(&j, "skipped", cs_dataset_skipped(t->ds));
	if (t->grouping)
	{
		cs_json_number(&j, "groups", t->grouping->groups->n);
		cs_json_number(&j, "groups_with_model", t->grouping->own);
		cs_json_number(&j, "seconds_groups", t->seconds_groups);
	}
	if (t->ds->pins)
		cs_json_number(&j, "pinned_rows", (double) t->ds->pinned);
	put_between(&j, t);
	put_candidates(&j, t);
	return cs_json_end(&j);
}
