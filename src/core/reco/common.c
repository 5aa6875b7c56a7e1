/*
 * common.c - what every recommender leaves: popularity of items, overall and
 * within segments.
 *
 * kappa, when it is to be estimated, comes from the spread of the segments' rates.
 * If customers of segment s buy item i with a probability drawn from a beta
 * distribution around p_i, with kappa in the role of its sample size, then the
 * count c_si is beta-binomial with correlation rho = 1 / (kappa + 1), and
 *
 *		E sum_s n_s (c_si / n_s - p_i)^2
 *			= p_i (1 - p_i) ((1 - rho) (S - 1) + rho (N - sum_s n_s^2 / N))
 *
 * for S segments of n_s customers, N in all (the moment estimator of J. C.
 * Kleinman, "Proportions with extraneous variance: single and independent
 * samples", JASA 68, 1973).  Both sides are added up over the items, which share
 * one kappa, and solved for it.  It counts distinct customers, not weights, since
 * the binomial part of the spread is theirs.
 */
#include "core/reco/recommender.h"

#include <math.h>
#include <string.h>

/* Bounds of an estimated kappa: below, rare items of small segments run wild. */
#define KAPPA_LEAST 1.0
#define KAPPA_MOST 1e6

const cs_param cs_reco_common_params[] = {
	{"half_life", CS_P_REAL, 0, 0, 36500, NULL, "days after which an event counts half; 0: all events count the same"},
	{"min_events", CS_P_INT, 1, 1, 1e9, NULL, "items that fewer customers have are not recommended"},
	{"max_history", CS_P_INT, 500, 0, 1e6, NULL, "most recent items per customer that are learned from; 0: all"},
	{"kappa", CS_P_REAL, 20, 0, 1e6, NULL,
	"customers of average taste that are added to each segment; 0: estimated from how much segments differ"},
	{0}
};

/* Customers by item, and what is known of the segments while they are counted. */
typedef struct counting
{
	const cs_events *columns;	/* rows are items */
	const int32_t *segment;
	double		half_life;
	double	   *weight;			/* per segment: of the item at hand */
	double	   *count;			/* per segment: its customers who have the item */
	int32_t    *found;			/* segments that have the item */
} counting;

void
cs_reco_check_timed(cs_env *env, const cs_reco_args *args, const char *option)
{
	if (args->events->last == NULL && cs_option_real(args->options, option) > 0)
		cs_fail(env, CS_E_PARAM, cs_text(env, "option \"%s\" needs the times of events", option),
				NULL, "Name the column of times with the argument \"at\".");
}

double *
cs_reco_count_popularity(cs_env *env, const cs_reco_args *args, const cs_events *e)
{
	double		half_life = cs_option_real(args->options, "half_life"),
				least = cs_option_real(args->options, "min_events"),
			   *popularity = CS_NEW(env, double, (size_t) e->items);
	int32_t    *count = CS_NEW(env, int32_t, (size_t) e->items);

	for (size_t i = 0; i < e->n; i++)
	{
		cs_events_poll(env, i);
		popularity[e->item[i]] += cs_events_value(e, i, half_life);
		count[e->item[i]]++;
	}
	for (int i = 0; i < e->items; i++)
		if (count[i] < least)
			popularity[i] = 0;
	cs_release(env, count);
	return popularity;
}

/* Count item i by segment; returns how many segments have it. */
static int
count_item(cs_env *env, counting *k, int i)
{
	const cs_events *t = k->columns;
	int			found = 0;

	for (size_t p = t->start[i]; p < t->start[i + 1]; p++)
	{
		int32_t		s = k->segment[t->item[p]];

		cs_events_poll(env, p);
		if (s < 0)
			continue;
		if (k->count[s] == 0)
			k->found[found++] = s;
		k->count[s]++;
		k->weight[s] += cs_events_value(t, p, k->half_life);
	}
	return found;
}

static void
forget_item(counting *k, int found)
{
	for (int f = 0; f < found; f++)
		k->count[k->found[f]] = k->weight[k->found[f]] = 0;
}

/*
 * First pass: entries per segment into segment_start, shifted by one, and the two
 * sums over the items that the estimate of kappa needs.
 */
static void
measure_segments(cs_env *env, counting *k, cs_reco_model *out, double *spread, double *binomial)
{
	double		all = 0;

	for (int s = 0; s < out->segments; s++)
		all += out->segment_total[s];
	for (int i = 0; i < out->items; i++)
	{
		int			found = count_item(env, k, i);
		double		sum = 0,
					squares = 0;

		for (int f = 0; f < found; f++)
		{
			double		c = k->count[k->found[f]];

			sum += c;
			squares += c * c / out->segment_total[k->found[f]];
			out->segment_start[k->found[f] + 1] += out->popularity[i] > 0;
		}
		forget_item(k, found);
		if (sum > 0)
		{
			*spread += squares - sum * sum / all;
			*binomial += sum / all * (1 - sum / all);
		}
	}
}

/* Second pass: items and weights, items ascending within each segment. */
static void
store_segments(cs_env *env, counting *k, cs_reco_model *out)
{
	size_t	   *next = CS_NEW(env, size_t, (size_t) out->segments + 1);

	for (int s = 0; s < out->segments; s++)
		next[s + 1] = out->segment_start[s + 1] += out->segment_start[s];
	out->segment_item = CS_ROOM(env, int32_t, next[out->segments]);
	out->segment_weight = CS_ROOM(env, double, next[out->segments]);
	for (int i = 0; i < out->items; i++)
	{
		int			found;

		if (!(out->popularity[i] > 0))
			continue;
		found = count_item(env, k, i);
		for (int f = 0; f < found; f++)
		{
			size_t		to = next[k->found[f]]++;

			out->segment_item[to] = i;
			out->segment_weight[to] = k->weight[k->found[f]];
		}
		forget_item(k, found);
	}
	cs_release(env, next);
}

static double
estimate_kappa(const cs_reco_model *m, double spread, double binomial)
{
	double		all = 0,
				squares = 0,
				segments = 0,
				free,
				rho;

	for (int s = 0; s < m->segments; s++)
	{
		all += m->segment_total[s];
		squares += m->segment_total[s] * m->segment_total[s];
		segments += m->segment_total[s] > 0;
	}
	free = all - squares / all - (segments - 1);
	if (segments < 2 || !(free > 0) || !(binomial > 0))
		return KAPPA_MOST;		/* segments cannot differ */
	rho = (spread / binomial - (segments - 1)) / free;
	return rho > 0 ? fmin(fmax(1 / rho - 1, KAPPA_LEAST), KAPPA_MOST) : KAPPA_MOST;
}

static void
fit_segments(cs_env *env, const cs_reco_args *args, cs_reco_model *out)
{
	const cs_events *e = args->events;
	cs_events  *columns = cs_events_transpose(env, e);
	size_t		segments = (size_t) args->segments;
	counting	k = {columns, args->segment, cs_option_real(args->options, "half_life"), NULL, NULL, NULL};
	double		spread = 0,
				binomial = 0;

	out->segments = args->segments;
	out->segment_start = CS_NEW(env, size_t, segments + 1);
	out->segment_total = CS_NEW(env, double, segments);
	k.weight = CS_NEW(env, double, segments);
	k.count = CS_NEW(env, double, segments);
	k.found = CS_ROOM(env, int32_t, segments);
	for (int c = 0; c < e->customers; c++)
	{
		if (args->segment[c] >= args->segments)
			cs_fail(env, CS_E_INTERNAL, "number of a segment is out of range", NULL, NULL);
		if (args->segment[c] >= 0 && e->start[c + 1] > e->start[c])
			out->segment_total[args->segment[c]]++;
	}
	measure_segments(env, &k, out, &spread, &binomial);
	store_segments(env, &k, out);
	if (out->kappa == 0)
		out->kappa = estimate_kappa(out, spread, binomial);
	cs_release(env, k.weight);
	cs_release(env, k.count);
	cs_release(env, k.found);
	cs_events_free(env, columns);
}

void
cs_reco_fit_common(cs_env *env, const cs_reco_args *args, cs_reco_model *out)
{
	cs_reco_check_timed(env, args, "half_life");
	memset(out, 0, sizeof(*out));
	out->items = args->events->items;
	out->kappa = cs_option_real(args->options, "kappa");
	out->popularity = cs_reco_count_popularity(env, args, args->events);
	for (int c = 0; c < args->events->customers; c++)
		out->customers += args->events->start[c + 1] > args->events->start[c];
	if (args->segment)
		fit_segments(env, args, out);
}

void
cs_reco_segment_rates(const cs_reco_model *m, int s, double *rate)
{
	double		total = m->segment_total[s],
				all = m->customers > 0 ? m->customers : 1;

	for (int i = 0; i < m->items; i++)
		rate[i] = cs_reco_rate(0, total, m->popularity[i] / all, m->kappa);
	for (size_t p = m->segment_start[s]; p < m->segment_start[s + 1]; p++)
	{
		int32_t		i = m->segment_item[p];

		rate[i] = cs_reco_rate(m->segment_weight[p], total, m->popularity[i] / all, m->kappa);
	}
}
