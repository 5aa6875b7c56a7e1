/*
 * crowd_profiles.c - customers of the training as a search needs them (see crowd.h).
 */
#include "core/reco/crowd_inner.h"

#include <float.h>
#include <math.h>

#define BM25_K1 1.2
#define BM25_B 0.75

/* What similarity makes of a value, in a history of that length. */
float
cs_crowd_value(const cs_crowd *a, int32_t item, double x, double length)
{
	double		y;

	switch (a->similarity)
	{
		case CS_CROWD_COSINE:
			y = x;
			break;
		case CS_CROWD_TFIDF:
			y = sqrt(x) * a->idf[item];
			break;
		case CS_CROWD_BM25:
			y = x * (BM25_K1 + 1) / (BM25_K1 * (1 - BM25_B + BM25_B * length / a->mean) + x) * a->idf[item];
			break;
		default:
			return 1;
	}
	return (float) fmin(fmax(y, (double) FLT_MIN), (double) FLT_MAX);
}

/* Norm of a profile or history from its items' y. */
double
cs_crowd_norm(const cs_crowd *a, size_t n, const float *y)
{
	double		sum = 0;

	if (a->similarity > CS_CROWD_BM25)
		return (double) n;
	for (size_t i = 0; i < n; i++)
		sum += y ? (double) y[i] * (double) y[i] : 1;
	return sqrt(sum);
}

static void
fill_columns(cs_crowd *a)
{
	const cs_events *e = a->e;
	size_t		items = (size_t) e->items,
			   *next = CS_NEW(a->env, size_t, items + 1);

	a->column = CS_NEW(a->env, size_t, items + 1);
	a->customer = CS_ROOM(a->env, int32_t, e->n);
	for (size_t p = 0; p < e->n; p++)
	{
		cs_events_poll(a->env, p);
		a->column[e->item[p] + 1]++;
	}
	for (size_t i = 0; i < items; i++)
		next[i + 1] = a->column[i + 1] += a->column[i];
	for (int c = 0; c < e->customers; c++)
		for (size_t p = e->start[c]; p < e->start[c + 1]; p++)
		{
			cs_events_poll(a->env, p);
			a->customer[next[e->item[p]]++] = c;
		}
	cs_release(a->env, next);
}

static void
fill_values(cs_crowd *a)
{
	const cs_events *e = a->e;
	double		sum = 0,
				some = 0;

	if (e->weighted || a->half_life > 0)
	{
		a->x = CS_ROOM(a->env, float, e->n);
		for (size_t p = 0; p < e->n; p++)
		{
			cs_events_poll(a->env, p);
			a->x[p] = (float) fmax(cs_events_value(e, p, a->half_life), (double) FLT_MIN);
		}
	}
	for (size_t p = 0; p < e->n; p++)
		sum += cs_crowd_x(a, p);
	for (int c = 0; c < e->customers; c++)
		some += e->start[c + 1] > e->start[c];
	a->mean = some > 0 ? sum / some : 1;
	if (a->similarity != CS_CROWD_TFIDF && a->similarity != CS_CROWD_BM25)
		return;
	a->idf = CS_ROOM(a->env, double, (size_t) e->items);
	for (int i = 0; i < e->items; i++)
		a->idf[i] = fmax(log(some / (1 + (double) (a->column[i + 1] - a->column[i]))), log1p(1 / fmax(some, 1)));
}

static void
fill_norms(cs_crowd *a)
{
	const cs_events *e = a->e;
	size_t	   *next = CS_NEW(a->env, size_t, (size_t) e->items);

	if (a->similarity <= CS_CROWD_BM25 && (a->x || a->similarity != CS_CROWD_COSINE))
	{
		a->y = CS_ROOM(a->env, float, e->n);
		a->column_y = CS_ROOM(a->env, float, e->n);
	}
	a->norm = CS_ROOM(a->env, double, (size_t) e->customers);
	for (int c = 0; c < e->customers; c++)
	{
		size_t		from = e->start[c],
					n = e->start[c + 1] - from;
		double		length = 0;

		for (size_t p = from; p < from + n; p++)
			length += cs_crowd_x(a, p);
		for (size_t p = from; a->y && p < from + n; p++)
		{
			int32_t		i = e->item[p];

			cs_events_poll(a->env, p);
			a->y[p] = cs_crowd_value(a, i, cs_crowd_x(a, p), length);
			a->column_y[a->column[i] + next[i]++] = a->y[p];
		}
		a->norm[c] = cs_crowd_norm(a, n, a->y ? a->y + from : NULL);
	}
	cs_release(a->env, next);
}

cs_crowd *
cs_crowd_new(cs_env *env, const cs_events *e, const cs_options *options, const cs_bar *bar)
{
	cs_crowd   *a = CS_NEW(env, cs_crowd, 1);
	size_t		customers = (size_t) e->customers;

	a->env = env;
	a->e = e;
	a->similarity = cs_option_int(options, "similarity");
	a->shrink = cs_option_real(options, "shrink");
	a->half_life = cs_option_real(options, "half_life");
	a->neighbours = (size_t) cs_option_int(options, "neighbours");
	a->visits = (size_t) cs_option_real(options, "visits");
	a->least = (size_t) cs_option_real(options, "min_events");
	a->bar = cs_option_int(options, "neighbourhood") == CS_CROWD_OTHERS ? bar : NULL;
	fill_columns(a);
	fill_values(a);
	fill_norms(a);
	if (a->similarity == CS_CROWD_LLR)
	{
		a->xlogx = CS_NEW(env, double, (size_t) e->items + 1);
		for (int x = 1; x <= e->items; x++)
			a->xlogx[x] = x * log(x);
	}
	a->sum = CS_NEW(env, double, customers);
	/* one more: what is appended without a branch is written before it is counted */
	a->touched = CS_ROOM(env, int32_t, customers + 1);
	a->score = CS_NEW(env, double, (size_t) e->items);
	a->like = CS_ROOM(env, cs_like, customers);
	a->best = CS_ROOM(env, uint64_t, cs_largest_room((a->neighbours < customers ? a->neighbours : customers) + 1));
	return a;
}

void
cs_crowd_free(cs_crowd *a)
{
	void	   *part[] = {a->x, a->y, a->column, a->customer, a->column_y, a->norm, a->idf, a->xlogx, a->sum, a->touched, a->score,
	a->item, a->value, a->entry, a->like, a->best};
	cs_env	   *env = a->env;

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		cs_release(env, part[i]);
	cs_release(env, a);
}
