/*
 * seeding.c - greedy k-means++ in one pass per centre (see seeding.h).
 *
 * The kernel leaves one potential per tile and column: the weighted sum over
 * the tile of min(distance so far, distance to that column).  Drawing a row
 * with probability proportional to its squared distance is then a walk over
 * units, tiles of one unit, rows of one tile.
 */
#include "core/cluster/seeding.h"

#include "core/base/kernel.h"

#include <math.h>
#include <string.h>

typedef struct seeding
{
	cs_env	   *env;
	cs_team    *team;
	const cs_matrix *x;
	cs_scratch *scratch;
	cs_turn		turn;
	float	   *cur;			/* shared: squared distance to the nearest centre */
	float	   *potential;		/* shared: [tile][column] */
	double	   *total;			/* shared: [unit][column] */
	size_t	   *row;			/* shared: [column] rows under trial, 0 is the newest centre */
	int		   *winner;			/* shared: column that became the newest centre */
	int		   *failed;			/* shared: no distinct row is left */
	float	   *column;			/* private: [d][column] */
} seeding;

size_t
cs_seed_arena(size_t n, int d, int k)
{
	size_t		plusplus = cs_team_bytes(cs_round_lanes(n), sizeof(float)) +
		cs_team_bytes(cs_round_lanes(n) / CS_LANES * CS_SEED_COLUMNS, sizeof(float)) +
		cs_team_bytes(CS_MAX_UNITS * CS_SEED_COLUMNS, sizeof(double)) +
		5 * cs_team_bytes(CS_SEED_COLUMNS, sizeof(size_t)),
				random = cs_team_bytes((size_t) k, sizeof(size_t));

	(void) d;
	return plusplus > random ? plusplus : random;
}

static void
start(seeding *s, cs_env *env, cs_team *team, const cs_matrix *x)
{
	s->env = env;
	s->team = team;
	s->x = x;
	s->scratch = cs_scratch_new(env, x);
	cs_turn_init(env, team, &s->turn, cs_units(x));
	s->cur = cs_team_alloc(env, team, cs_round_lanes(x->n), sizeof(float));
	s->potential = cs_team_alloc(env, team, cs_round_lanes(x->n) / CS_LANES * CS_SEED_COLUMNS, sizeof(float));
	s->total = cs_team_alloc(env, team, CS_MAX_UNITS * CS_SEED_COLUMNS, sizeof(double));
	s->row = cs_team_alloc(env, team, CS_SEED_COLUMNS, sizeof(size_t));
	s->winner = cs_team_alloc(env, team, 1, sizeof(int));
	s->failed = cs_team_alloc(env, team, 1, sizeof(int));
	s->column = CS_NEW(env, float, (size_t) x->d * CS_SEED_COLUMNS);
}

/* First and last block of a unit. */
static void
unit_blocks(const seeding *s, int unit, int *from, int *to)
{
	*from = cs_unit_start(s->x, unit);
	*to = cs_unit_start(s->x, unit + 1);
}

static void
pass_unit(seeding *s, int unit, bool first)
{
	double	   *total = s->total + unit * CS_SEED_COLUMNS;
	int			from,
				to;

	unit_blocks(s, unit, &from, &to);
	memset(total, 0, sizeof(double) * CS_SEED_COLUMNS);
	for (int b = from; b < to; b++)
	{
		size_t		at = (size_t) b * CS_BLOCK_ROWS;
		cs_run		run = cs_matrix_run(s->x, b, s->scratch);
		float	   *potential = s->potential + at / CS_LANES * CS_SEED_COLUMNS;

		if (first)
			for (size_t i = 0; i < cs_round_lanes(run.rows); i++)
				s->cur[at + i] = 3.0e38f;
		s->env->kernel->seed(&run, s->column, s->cur + at, potential);
		for (size_t t = 0; t < cs_round_lanes(run.rows) / CS_LANES; t++)
			for (int c = 0; c < CS_SEED_COLUMNS; c++)
				total[c] += (double) potential[t * CS_SEED_COLUMNS + c];
		cs_poll(s->env);
	}
}

/* All members price the columns in s->row. */
static void
pass(seeding *s, bool first)
{
	int			unit;

	for (int c = 0; c < CS_SEED_COLUMNS; c++)
		for (int f = 0; f < s->x->d; f++)
			s->column[f * CS_SEED_COLUMNS + c] = cs_matrix_at(s->x, s->row[c])[(size_t) f * CS_LANES];
	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
		pass_unit(s, unit, first);
	cs_turn_end(s->team, &s->turn);
}

static double
column_total(const seeding *s, int column)
{
	double		sum = 0;

	for (int u = 0; u < s->turn.units; u++)
		sum += s->total[u * CS_SEED_COLUMNS + column];
	return sum;
}

/* A row of a tile, by min(distance so far, distance to the newest centre). */
static size_t
draw_in_tile(const seeding *s, size_t tile, size_t newest, cs_rng *rng)
{
	const float *c = cs_matrix_at(s->x, newest);
	double		part[CS_LANES],
				sum = 0,
				r;
	size_t		at = tile * CS_LANES,
				rows = s->x->n - at < CS_LANES ? s->x->n - at : CS_LANES,
				last = 0;

	for (size_t i = 0; i < rows; i++)
	{
		const float *x = cs_matrix_at(s->x, at + i);
		float		d2 = 0;

		for (int f = 0; f < s->x->d; f++)
		{
			float		z = x[(size_t) f * CS_LANES] - c[(size_t) f * CS_LANES];

			d2 += z * z;
		}
		part[i] = (double) (d2 < s->cur[at + i] ? d2 : s->cur[at + i]) * (double) cs_matrix_weight(s->x, at + i);
		sum += part[i];
	}
	r = cs_rng_unit(rng) * sum;
	for (size_t i = 0; i < rows; i++)
		if (part[i] > 0)
		{
			last = i;
			if (r < part[i])
				break;
			r -= part[i];
		}
	return at + last;
}

/* A row by the potentials of the column that won last. */
static size_t
draw(const seeding *s, double total, cs_rng *rng)
{
	double		r = cs_rng_unit(rng) * total;
	int			win = *s->winner,
				unit = 0,
				from,
				to;
	size_t		tile,
				end,
				last;

	while (unit < s->turn.units - 1 && r >= s->total[unit * CS_SEED_COLUMNS + win])
		r -= s->total[unit++ * CS_SEED_COLUMNS + win];
	unit_blocks(s, unit, &from, &to);
	tile = (size_t) from * (CS_BLOCK_ROWS / CS_LANES);
	end = (size_t) to * (CS_BLOCK_ROWS / CS_LANES);
	if (end > cs_round_lanes(s->x->n) / CS_LANES)
		end = cs_round_lanes(s->x->n) / CS_LANES;
	for (last = tile; tile < end; tile++)
	{
		double		p = (double) s->potential[tile * CS_SEED_COLUMNS + win];

		if (p > 0)
		{
			last = tile;
			if (r < p)
				break;
			r -= p;
		}
	}
	return draw_in_tile(s, last, s->row[win], rng);
}

/* The leader's part of a step: who won, who is tried next. */
static void
choose(seeding *s, int candidates, bool first, cs_rng *rng)
{
	double		best = INFINITY,
				total;
	size_t		newest;
	size_t		next[CS_SEED_COLUMNS];

	*s->winner = 0;
	for (int c = 1; c <= candidates && !first; c++)
	{
		double		t = column_total(s, c);

		if (t < best)
		{
			best = t;
			*s->winner = c;
		}
	}
	total = column_total(s, *s->winner);
	newest = s->row[*s->winner];
	*s->failed = !(total > 0);
	for (int c = 1; c < CS_SEED_COLUMNS; c++)
		next[c] = c <= candidates && !*s->failed ? draw(s, total, rng) : newest;
	next[0] = newest;
	memcpy(s->row, next, sizeof(next));
}

/* Row number by weight alone: the first centre. */
static size_t
draw_weighted(const cs_matrix *x, cs_rng *rng)
{
	double		sum = 0,
				r;

	if (!cs_matrix_weighted(x))
		return (size_t) cs_rng_below(rng, x->n);
	for (size_t i = 0; i < x->n; i++)
		sum += (double) cs_matrix_weight(x, i);
	r = cs_rng_unit(rng) * sum;
	for (size_t i = 0; i < x->n; i++)
	{
		if (r < (double) cs_matrix_weight(x, i))
			return i;
		r -= (double) cs_matrix_weight(x, i);
	}
	return x->n - 1;
}

static void
take_center(const seeding *s, size_t row, double *center)
{
	const float *x = cs_matrix_at(s->x, row);

	for (int f = 0; f < s->x->d; f++)
		center[f] = (double) x[(size_t) f * CS_LANES];
}

void
cs_seed_too_few(cs_env *env, int k, int found)
{
	cs_fail(env, CS_E_PARAM, "k is greater than the number of distinct rows",
			cs_text(env, "%d segments were asked for, the rows hold %d distinct points.", k, found),
			"Ask for fewer segments, or use more or other features.");
}

void
cs_seed_plusplus(cs_env *env, cs_team *team, const cs_matrix *x, int k, int candidates,
				 cs_rng *rng, double *center)
{
	size_t		mark = cs_team_mark(team);
	seeding		s;

	if (candidates <= 0 || candidates > CS_SEED_COLUMNS - 1)
		candidates = CS_SEED_COLUMNS - 1;
	start(&s, env, team, x);
	if (team->rank == 0)
		for (int c = 0; c < CS_SEED_COLUMNS; c++)
			s.row[c] = c == 0 ? draw_weighted(x, rng) : s.row[0];
	cs_team_barrier(team);
	for (int j = 0; j < k; j++)
	{
		/* folds centre j - 1 in and prices the candidates for centre j */
		pass(&s, j == 0);
		if (team->rank == 0)
			choose(&s, candidates, j == 0, rng);
		cs_team_barrier(team);
		take_center(&s, s.row[0], center + (size_t) j * x->d);
		if (*s.failed && j < k - 1)
			cs_seed_too_few(env, k, j + 1);
		cs_progress(env, CS_PHASE_SEED, j + 1, k);
		cs_team_barrier(team);
	}
	cs_release(env, s.column);
	cs_scratch_free(env, s.scratch);
	cs_team_rewind(team, mark);
}

void
cs_seed_random(cs_env *env, cs_team *team, const cs_matrix *x, int k, cs_rng *rng, double *center)
{
	size_t		mark = cs_team_mark(team);
	size_t	   *row;

	if ((size_t) k > x->n)
		cs_seed_too_few(env, k, (int) x->n);
	row = cs_team_alloc(env, team, (size_t) k, sizeof(size_t));
	if (team->rank == 0)
		for (int j = 0; j < k; j++)
		{
			/* Floyd: a number below the limit, or the limit itself if taken */
			size_t		limit = x->n - (size_t) k + (size_t) j,
						pick = (size_t) cs_rng_below(rng, limit + 1);

			for (int i = 0; i < j; i++)
				if (row[i] == pick)
					pick = limit;
			row[j] = pick;
		}
	cs_team_barrier(team);
	for (int j = 0; j < k; j++)
	{
		const float *at = cs_matrix_at(x, row[j]);

		for (int f = 0; f < x->d; f++)
			center[(size_t) j * x->d + f] = (double) at[(size_t) f * CS_LANES];
	}
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}
