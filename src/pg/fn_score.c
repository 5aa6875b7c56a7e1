/*
 * fn_score.c - segment(), segment_label(), segment_distance(),
 * segment_probability(), assign() and segment_at().
 *
 * Each is O(k d) for a row of d coordinates and k segments, plus the transforms.
 * NULL is returned for rows that are not assignable: a feature is NULL or not
 * finite and has no rule to impute it, or lies outside the domain of log1p.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "pg/pg_env.h"
#include "pg/pins.h"
#include "pg/scoring.h"

static int
label_of(cs_site *s)
{
	return cs_scorer_label(s->m->scorer, s->binding->point, s->binding->score);
}

static Datum
segment(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);
	const cs_pin *pin = s ? cs_site_pin(s) : NULL;
	int			label = s && pin == NULL ? label_of(s) : -1;

	if (pin)
		PG_RETURN_INT32(pin->id);
	if (label < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(s->m->segment_id[label]);
}

CS_SCORING_ENTRIES(segment);

static Datum
segment_label(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);
	const cs_pin *pin = s ? cs_site_pin(s) : NULL;
	int			label = s && pin == NULL ? label_of(s) : -1;

	if (pin)
		PG_RETURN_TEXT_P(cstring_to_text(cs_site_pin_label(s, pin)));
	if (label < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(cs_site_label(s, label)));
}

CS_SCORING_ENTRIES(segment_label);

/* Distance to the own segment, or to the one named by argument 2. */
static Datum
segment_distance(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);
	cs_nearest	n = {0, -1, 0, 0};

	if (s == NULL || cs_site_pin(s) || (PG_NARGS() > 2 && cs_site_pin_with(s, PG_GETARG_INT32(2))))
		PG_RETURN_NULL();
	if (PG_NARGS() > 2)
		n.d1 = cs_scorer_distance(s->m->scorer, s->binding->point, cs_site_cluster(s, PG_GETARG_INT32(2)), s->binding->score);
	else if (cs_site_has_distances(s))
		n = cs_site_nearest(s);
	else
		n.d1 = NAN;
	n.d1 = cs_measure(s->m, &n).distance;
	if (isnan(n.d1))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(n.d1);
}

CS_SCORING_ENTRIES(segment_distance);

/*
 * Probability of cluster j.  k-means is the limit of a mixture of Gaussians with
 * one variance for all; read so, with the shares of the segments as weights and
 * the mean squared distance per coordinate as variance, it has probabilities.
 */
static double
probability(cs_site *s, int j)
{
	const cs_centers *c = s->m->scorer->centers;
	double		most = -INFINITY,
				sum = 0;
	double	   *w;

	if (s->m->scorer->algorithm->probability == NULL && (c == NULL || !(s->m->variance > 0)))
		return label_of(s) == j ? 1 : 0;
	w = palloc(sizeof(double) * s->m->k);
	if (s->m->scorer->algorithm->probability)
	{
		s->m->scorer->algorithm->probability(s->m->scorer, s->binding->point, s->binding->score, w);
		return w[j];
	}
	for (int i = 0; i < s->m->k; i++)
	{
		w[i] = log(Max(s->m->size[i], 0.5) / Max(s->m->rows, 1)) -
			cs_centers_distance(c, s->binding->point, i) / (2 * s->m->variance);
		most = Max(most, w[i]);
	}
	for (int i = 0; i < s->m->k; i++)
		sum += exp(w[i] - most);
	return exp(w[j] - most) / sum;
}

static Datum
segment_probability(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);

	if (s == NULL)
		PG_RETURN_NULL();
	if (cs_site_pin(s) || cs_site_pin_with(s, PG_GETARG_INT32(2)))
		PG_RETURN_FLOAT8(cs_site_pin(s) && cs_site_pin(s)->id == PG_GETARG_INT32(2) ? 1 : 0);
	PG_RETURN_FLOAT8(probability(s, cs_site_cluster(s, PG_GETARG_INT32(2))));
}

CS_SCORING_ENTRIES(segment_probability);

static void
put_float(Datum *v, bool *isnull, int column, double x)
{
	isnull[column] = isnan(x);
	v[column] = Float8GetDatum(isnan(x) ? 0 : x);
}

static TupleDesc
result_desc(cs_site *s, FunctionCallInfo fcinfo)
{
	if (s->result_desc == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(cs_pg_env_context(s->env));
		TupleDesc	desc;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		s->result_desc = BlessTupleDesc(desc);
		MemoryContextSwitchTo(old);
	}
	return s->result_desc;
}

/* -> (segment_id, segment, distance, margin, runner_up_id, confidence, reason) */
static Datum
assign(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	int			feature = 0;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, &feature);
	bool		ok = s != NULL;
	Datum		v[7] = {0};
	bool		isnull[7] = {true, true, true, true, true, true, true};

	s = fcinfo->flinfo->fn_extra;
	if (ok && cs_site_pin(s))
	{
		v[0] = Int32GetDatum(cs_site_pin(s)->id);
		v[1] = CStringGetTextDatum(cs_site_pin_label(s, cs_site_pin(s)));
		v[6] = CStringGetTextDatum(psprintf("pinned: %s", cs_site_pin(s)->where));
		isnull[0] = isnull[1] = isnull[6] = false;
	}
	else if (ok)
	{
		cs_nearest	n = cs_site_nearest(s);
		cs_measures r = cs_measure(s->m, &n);

		isnull[0] = isnull[1] = n.label < 0;
		isnull[6] = n.label >= 0;
		if (n.label >= 0)
		{
			v[0] = Int32GetDatum(s->m->segment_id[n.label]);
			v[1] = CStringGetTextDatum(cs_site_label(s, n.label));
		}
		else
			v[6] = CStringGetTextDatum(cs_point_of(&n) == CS_POINT_NOISE ? "noise: in no dense region of the training"
									   : psprintf("outlier: farther than %g from the nearest segment", s->m->scorer->max_radius));
		put_float(v, isnull, 2, cs_site_has_distances(s) ? r.distance : NAN);
		put_float(v, isnull, 3, r.margin);
		isnull[4] = n.label2 < 0;
		v[4] = Int32GetDatum(n.label2 < 0 ? 0 : s->m->segment_id[n.label2]);
		put_float(v, isnull, 5, r.confidence);
	}
	else
	{
		const char *name = cs_model_feature_name(s->m, feature);

		v[6] = CStringGetTextDatum(why == CS_ROW_MISSING ? psprintf("%s is missing", name)
								   : why == CS_ROW_DOMAIN ? psprintf("%s is -1 or less", name)
								   : "all features are zero");
		isnull[6] = false;
	}
	return HeapTupleGetDatum(heap_form_tuple(result_desc(s, fcinfo), v, isnull));
}

CS_SCORING_ENTRIES(assign);

/*
 * The segment at a coarser level of a tree model: the lowest id among the
 * segments that level joins, so that it is the same id at every level.
 */
static Datum
segment_at(FunctionCallInfo fcinfo, bool by_name, bool is_row)
{
	cs_reject	why;
	cs_site    *s = cs_site_of(fcinfo, by_name, is_row, &why, NULL);
	int			k = PG_GETARG_INT32(2),
				label,
				id;
	int		   *representative;

	if (s == NULL)
		PG_RETURN_NULL();
	if (cs_site_pin(s))
		PG_RETURN_INT32(cs_site_pin(s)->id);
	if (!(s->m->scorer->algorithm->flags & CS_ANY_K))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("models of algorithm %s answer for their own number of segments only", s->m->scorer->algorithm->name),
				 errhint("Train with algorithm => 'bisecting_kmeans' or 'hierarchical'.")));
	if (k < 1 || k > s->m->k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid number of segments k: %d", k),
				 errdetail("The model was trained with %d.", s->m->k)));
	representative = palloc(sizeof(int) * s->m->k);
	s->m->scorer->algorithm->cut(s->m->scorer, k, representative);
	label = label_of(s);
	if (label < 0)
		PG_RETURN_NULL();
	id = s->m->segment_id[label];
	for (int j = 0; j < s->m->k; j++)
		if (representative[j] == representative[label])
			id = Min(id, s->m->segment_id[j]);
	pfree(representative);
	PG_RETURN_INT32(id);
}

CS_SCORING_ENTRIES(segment_at);
