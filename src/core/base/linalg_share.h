/*
 * linalg_share.h - how a team shares the units of one function (inside of
 * linalg_*.c only).  Without a team, or alone, a counter does.
 */
#ifndef CS_LINALG_SHARE_H
#define CS_LINALG_SHARE_H

#include "core/base/team.h"

static inline size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Columns of a factor that are worked on at a time. */
#define CS_STEP ((size_t) 256)

/*
 * Deep products with a small result are cut into slices of k, which are added up
 * in order: by the shape alone, for the sum depends on it.
 */
#define CS_SLICE ((size_t) 4096)
#define CS_MAX_SLICES ((size_t) 64)
#define CS_SMALL_RESULT ((size_t) 65536)

static inline size_t
cs_slices(size_t m, size_t n, size_t k)
{
	if (m == 0 || n > CS_SMALL_RESULT / m || k < 2 * CS_SLICE)
		return 1;
	return least(k / CS_SLICE, CS_MAX_SLICES);
}

typedef struct cs_share
{
	cs_team    *team;			/* NULL: alone */
	cs_turn		turn;
	size_t		mark;
	int			next;
	int			units;
} cs_share;

static inline cs_share
cs_share_open(cs_env *env, cs_team *team)
{
	cs_share	s = {0};

	if (team == NULL || team->size == 1)
		return s;
	s.team = team;
	s.mark = cs_team_mark(team);
	cs_turn_init(env, team, &s.turn, 0);
	return s;
}

static inline int
cs_share_size(const cs_share *s)
{
	return s->team ? s->team->size : 1;
}

/* Is the caller the one that does what only one may do? */
static inline bool
cs_share_leads(const cs_share *s)
{
	return s->team == NULL || s->team->rank == 0;
}

/* A round of so many units begins; between rounds everybody has met. */
static inline void
cs_share_round(cs_share *s, int units)
{
	s->next = 0;
	s->units = s->turn.units = units;
}

static inline int
cs_share_take(cs_share *s)
{
	if (s->team)
		return cs_turn_take(s->team, &s->turn);
	return s->next < s->units ? s->next++ : -1;
}

/* Everybody has finished the round. */
static inline void
cs_share_end(cs_share *s)
{
	if (s->team)
		cs_turn_end(s->team, &s->turn);
}

static inline void
cs_share_meet(cs_share *s)
{
	if (s->team)
		cs_team_barrier(s->team);
}

/* The arena is as it was; its memory may be used again at once. */
static inline void
cs_share_close(cs_share *s)
{
	if (s->team)
		cs_team_rewind(s->team, s->mark);
}

/* Memory that all see: of the arena, or of the env when alone. */
static inline void *
cs_share_room(cs_env *env, cs_share *s, size_t n, size_t size)
{
	return s->team ? cs_team_alloc(env, s->team, n, size) : cs_alloc_array(env, n, size, false);
}

static inline void
cs_share_give_back(cs_env *env, cs_share *s, void *p)
{
	if (s->team == NULL)
		cs_release(env, p);
}

#endif							/* CS_LINALG_SHARE_H */
