/*
 * pam.c - medoids by eager swaps (see pam.h).
 *
 * Each row knows its nearest and second nearest medoid, at distances near and
 * second.  A candidate at distance d changes the cost of a row by min(d, near) - near
 * whichever medoid it replaces, and if it replaces the row's own, to clamp(d, near,
 * second) in place of second, which the row falls back on (env->kernel->swap_gain).
 * So one pass over the rows prices a candidate against all medoids.
 *
 * Distances are computed anew for each candidate: that is faster than to read them
 * from a matrix of all, which is larger than the cache.
 *
 * O(n d + k) per candidate; a swap costs O(n), and O(k) for each row that lost its
 * nearest or second nearest medoid.
 */
#include "core/cluster/pam.h"

#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

/* Rows whose distances are computed and used while they are in the cache. */
#define CHUNK 1024

typedef struct state
{
	cs_env	   *env;
	const cs_pam_args *a;
	size_t		padded;
	uint32_t   *medoid;
	float	  **to; /* distances of all rows to each medoid, and one to spare */
	float	   *near;
	float	   *second;
	int32_t	   *owner; /* the nearest medoid, the second nearest */
	int32_t	   *next;
	double	   *removal; /* by medoid: what its rows would lose without it */
	double	   *loss;
	double		cost;
	float	   *row;  /* the candidate */
	bool	   *taken; /* by candidate: it is a medoid */
} state;

cs_tiles *
cs_tiles_new(cs_env *env, size_t n, int d)
{
	cs_tiles   *t = CS_NEW(env, cs_tiles, 1);

	t->n = n;
	t->d = d;
	t->x = CS_NEW(env, float, cs_round_lanes(n) * (size_t) d);
	t->weight = CS_NEW(env, float, cs_round_lanes(n));
	return t;
}

void
cs_tiles_free(cs_env *env, cs_tiles *t)
{
	cs_release(env, t->x);
	cs_release(env, t->weight);
	cs_release(env, t);
}

void
cs_tiles_row(const cs_tiles *t, size_t i, float *row)
{
	const float *x = cs_tiles_at(t, i);

	for (int f = 0; f < t->d; f++)
		row[f] = x[(size_t) f * CS_LANES];
}

void
cs_tiles_set(cs_tiles *t, size_t i, const float *row)
{
	float	   *x = cs_tiles_at(t, i);

	for (int f = 0; f < t->d; f++)
		x[(size_t) f * CS_LANES] = row[f];
}

double
cs_pam_bytes(double n, int d, int k)
{
	return (n + CS_LANES) * (4.0 * (d + k + 1) + 24);
}

static state *
state_new(cs_env *env, const cs_pam_args *a, uint32_t *medoid)
{
	state	   *s = CS_NEW(env, state, 1);

	s->env = env;
	s->a = a;
	s->padded = cs_round_lanes(a->rows->n);
	s->medoid = medoid;
	s->to = CS_NEW(env, float *, (size_t) a->k + 1);
	for (int j = 0; j <= a->k; j++)
		s->to[j] = CS_NEW(env, float, s->padded);
	s->near = CS_NEW(env, float, s->padded);
	s->second = CS_NEW(env, float, s->padded);
	s->owner = CS_NEW(env, int32_t, s->padded);
	s->next = CS_NEW(env, int32_t, s->padded);
	s->removal = CS_NEW(env, double, (size_t) a->k);
	s->loss = CS_NEW(env, double, (size_t) a->k);
	s->row = CS_NEW(env, float, (size_t) a->rows->d);
	s->taken = CS_NEW(env, bool, a->candidates->n);
	return s;
}

static void
state_free(state *s)
{
	cs_env	   *env = s->env;

	for (int j = 0; j <= s->a->k; j++)
		cs_release(env, s->to[j]);
	cs_release(env, s->to);
	cs_release(env, s->near);
	cs_release(env, s->second);
	cs_release(env, s->owner);
	cs_release(env, s->next);
	cs_release(env, s->removal);
	cs_release(env, s->loss);
	cs_release(env, s->row);
	cs_release(env, s->taken);
	cs_release(env, s);
}

/* Distances of all rows to a candidate; polls. */
static void
distances(cs_env *env, const cs_pam_args *a, size_t candidate, float *row, float *out)
{
	const cs_tiles *r = a->rows;
	size_t		padded = cs_round_lanes(r->n);

	cs_tiles_row(a->candidates, candidate, row);
	for (size_t at = 0; at < padded; at += CS_BLOCK_ROWS)
	{
		size_t		m = padded - at < CS_BLOCK_ROWS ? padded - at : CS_BLOCK_ROWS;

		env->kernel->metric_distances(r->x + at * (size_t) r->d, m / CS_LANES, row, r->d, a->form, out + at);
		cs_poll(env);
	}
}

/* ---- the two nearest medoids of each row ---- */

/* The nearest medoid of row i but for one. */
static int32_t
nearest_but(const state *s, size_t i, int32_t but)
{
	int32_t		best = but == 0 && s->a->k > 1 ? 1 : 0;

	for (int32_t j = best + 1; j < s->a->k; j++)
		if (j != but && s->to[j][i] < s->to[best][i])
			best = j;
	return best;
}

static void
find_second(state *s, size_t i)
{
	s->next[i] = nearest_but(s, i, s->owner[i]);
	s->second[i] = s->to[s->next[i]][i];
}

/* Cost, and what the rows of each medoid would lose without it. */
static void
add_up(state *s)
{
	s->cost = 0;
	memset(s->removal, 0, sizeof(double) * (size_t) s->a->k);
	for (size_t i = 0; i < s->a->rows->n; i++)
	{
		double		w = (double) s->a->rows->weight[i];

		s->cost += w * (double) s->near[i];
		s->removal[s->owner[i]] += w * ((double) s->second[i] - (double) s->near[i]);
	}
}

static void
assign_all(state *s)
{
	for (size_t i = 0; i < s->a->rows->n; i++)
	{
		if (i % CHUNK == 0)
			cs_poll(s->env);
		s->owner[i] = nearest_but(s, i, -1);
		s->near[i] = s->to[s->owner[i]][i];
		find_second(s, i);
	}
	add_up(s);
}

/* Row i when medoid j has become another one, at distance d. */
static void
assign_again(state *s, size_t i, int32_t j, float d)
{
	if (s->owner[i] == j)
	{
		if (d <= s->second[i])
		{
			s->near[i] = d;
			return;
		}
		s->owner[i] = s->next[i];
		s->near[i] = s->second[i];
		find_second(s, i);
	}
	else if (d < s->near[i])
	{
		s->next[i] = s->owner[i];
		s->second[i] = s->near[i];
		s->owner[i] = j;
		s->near[i] = d;
	}
	else if (s->next[i] == j)
	{
		if (d <= s->second[i])
			s->second[i] = d;
		else
			find_second(s, i);
	}
	else if (d < s->second[i])
	{
		s->next[i] = j;
		s->second[i] = d;
	}
}

/* Medoid j becomes the candidate, whose distances lie in the spare room; false when that was no gain after all. */
static bool
swap(state *s, int32_t j, uint32_t candidate)
{
	float	   *former = s->to[j], *to = s->to[s->a->k];
	double		cost = s->cost;

	s->to[j] = to;
	s->to[s->a->k] = former;
	if (s->a->k == 1)
		memcpy(s->near, to, sizeof(float) * s->padded);
	else
		for (size_t i = 0; i < s->a->rows->n; i++)
			assign_again(s, i, j, to[i]);
	add_up(s);
	if (s->cost < cost)
	{
		s->taken[s->medoid[j]] = false;
		s->taken[candidate] = true;
		s->medoid[j] = candidate;
		return true;
	}
	/* the gain was one of rounding */
	s->to[s->a->k] = to;
	s->to[j] = former;
	assign_all(s);
	return false;
}

/* ---- candidates ---- */

/* Change of the cost by the best swap with a candidate, and the medoid to go. */
static double
price(state *s, const float *to, int32_t *out)
{
	const cs_tiles *r = s->a->rows;
	double		shared = 0, best = INFINITY;

	if (s->a->k == 1)
	{
		*out = 0;
		for (size_t i = 0; i < r->n; i++)
			shared += (double) r->weight[i] * ((double) to[i] - (double) s->near[i]);
		return shared;
	}
	memcpy(s->loss, s->removal, sizeof(double) * (size_t) s->a->k);
	for (size_t at = 0; at < s->padded; at += CHUNK)
		shared += s->env->kernel->swap_gain(to + at, s->near + at, s->second + at, r->weight + at, s->owner + at,
											s->padded - at < CHUNK ? s->padded - at : CHUNK, s->loss);
	for (int32_t j = 0; j < s->a->k; j++)
		if (s->loss[j] < best)
		{
			best = s->loss[j];
			*out = j;
		}
	return shared + best;
}

cs_pam_result
cs_pam(cs_env *env, const cs_pam_args *a, uint32_t *medoid)
{
	cs_pam_result r = {0};
	state	   *s = state_new(env, a, medoid);
	size_t		n = a->candidates->n, idle = 0; /* candidates since the last swap */

	for (int j = 0; j < a->k; j++)
	{
		s->taken[medoid[j]] = true;
		distances(env, a, medoid[j], s->row, s->to[j]);
	}
	assign_all(s);
	while (r.passes < a->max_passes && !r.converged)
	{
		r.passes++;
		cs_progress(env, CS_PHASE_FIT, r.passes, a->max_passes);
		for (size_t c = 0; c < n && !r.converged; c++)
		{
			float	   *to = s->to[a->k];
			int32_t		j = 0;

			if (!s->taken[c])
			{
				distances(env, a, c, s->row, to);
				if (price(s, to, &j) < 0 && swap(s, j, (uint32_t) c))
				{
					r.swaps++;
					idle = 0;
				}
			}
			r.converged = ++idle >= n;
		}
	}
	r.cost = s->cost;
	state_free(s);
	return r;
}

/* ---- starting medoids ---- */

/* Lower near to the distances of a candidate. */
static void
fold(cs_env *env, const cs_pam_args *a, uint32_t candidate, float *row, float *to, float *near)
{
	distances(env, a, candidate, row, to);
	for (size_t i = 0; i < a->rows->n; i++)
		near[i] = to[i] < near[i] ? to[i] : near[i];
}

/* A row by chance in proportion to weight and distance; total is their sum, not 0. */
static uint32_t
draw(const cs_tiles *t, const float *near, double total, cs_rng *rng)
{
	double		at = cs_rng_unit(rng) * total;
	uint32_t	last = 0;

	for (size_t i = 0; i < t->n; i++)
	{
		double		part = (double) t->weight[i] * (near ? (double) near[i] : 1);

		if (part > 0)
			last = (uint32_t) i;
		at -= part;
		if (part > 0 && at < 0)
			break;
	}
	return last;
}

static double
weighted_sum(const cs_tiles *t, const float *near)
{
	double		sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += (double) t->weight[i] * (near ? (double) near[i] : 1);
	return sum;
}

void
cs_pam_plusplus(cs_env *env, const cs_pam_args *args, cs_rng *rng, uint32_t *medoid)
{
	cs_pam_args	a = *args;
	size_t		padded = cs_round_lanes(a.candidates->n);
	float	   *near = CS_ROOM(env, float, padded), *to = CS_ROOM(env, float, padded),
		  *row = CS_NEW(env, float, (size_t) a.candidates->d);

	a.rows = a.candidates;
	for (size_t i = 0; i < padded; i++)
		near[i] = INFINITY;
	for (int j = 0; j < a.k; j++)
	{
		double		total = weighted_sum(a.rows, j > 0 ? near : NULL);

		cs_progress(env, CS_PHASE_SEED, j, a.k);
		if (!(total > 0))
			cs_seed_too_few(env, a.k, j);
		medoid[j] = draw(a.rows, j > 0 ? near : NULL, total, rng);
		fold(env, &a, medoid[j], row, to, near);
	}
	cs_release(env, near);
	cs_release(env, to);
	cs_release(env, row);
}

/* R. Floyd's sampling: k of n, all different. */
void
cs_pam_random(const cs_pam_args *a, cs_rng *rng, uint32_t *medoid)
{
	size_t		n = a->candidates->n;

	for (int j = 0; j < a->k; j++)
	{
		size_t		most = n - (size_t) a->k + (size_t) j;
		uint32_t	drawn = (uint32_t) cs_rng_below(rng, most + 1);

		for (int i = 0; i < j; i++)
			if (medoid[i] == drawn)
			{
				drawn = (uint32_t) most;
				break;
			}
		medoid[j] = drawn;
	}
}

void
cs_pam_build(cs_env *env, const cs_pam_args *a, uint32_t *medoid)
{
	size_t		padded = cs_round_lanes(a->rows->n), n = a->candidates->n;
	float	   *near = CS_NEW(env, float, padded), *to = CS_ROOM(env, float, padded),
		  *row = CS_NEW(env, float, (size_t) a->rows->d);
	int32_t	   *owner = CS_NEW(env, int32_t, padded);
	bool	   *taken = CS_NEW(env, bool, n);

	for (int j = 0; j < a->k; j++)
	{
		double		best = INFINITY;

		cs_progress(env, CS_PHASE_SEED, j, a->k);
		for (size_t c = 0; c < n; c++)
		{
			double		gain = 0, none = 0;

			if (taken[c])
				continue;
			distances(env, a, c, row, to);
			if (j == 0)
				gain = weighted_sum(a->rows, to);
			for (size_t at = 0; at < padded && j > 0; at += CHUNK)
				gain += env->kernel->swap_gain(to + at, near + at, near + at, a->rows->weight + at, owner + at,
											   padded - at < CHUNK ? padded - at : CHUNK, &none);
			if (gain < best)
			{
				best = gain;
				medoid[j] = (uint32_t) c;
			}
		}
		taken[medoid[j]] = true;
		for (size_t i = 0; i < padded && j == 0; i++)
			near[i] = INFINITY;
		fold(env, a, medoid[j], row, to, near);
		for (size_t i = a->rows->n; i < padded; i++)
			near[i] = 0;
	}
	cs_release(env, near);
	cs_release(env, to);
	cs_release(env, row);
	cs_release(env, owner);
	cs_release(env, taken);
}

void
cs_pam_nearest(cs_env *env, const cs_pam_args *args, const float *given, uint32_t *medoid)
{
	const cs_tiles *c = args->candidates;
	float	   *to = CS_ROOM(env, float, cs_round_lanes(c->n));
	bool	   *taken = CS_NEW(env, bool, c->n);

	for (int j = 0; j < args->k; j++)
	{
		size_t		best = c->n;

		env->kernel->metric_distances(c->x, cs_round_lanes(c->n) / CS_LANES, given + (size_t) j * (size_t) c->d, c->d,
									  args->form, to);
		cs_poll(env);
		for (size_t i = 0; i < c->n; i++)
			if (!taken[i] && (best == c->n || to[i] < to[best]))
				best = i;
		taken[best] = true;
		medoid[j] = (uint32_t) best;
	}
	cs_release(env, to);
	cs_release(env, taken);
}
