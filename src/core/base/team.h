/*
 * team.h - the processes that work on one job, in SPMD style.
 *
 * Every member runs the same function with its own rank.  They meet at
 * barriers and share one arena.  Because all members allocate from the arena
 * in the same order, an allocation has the same offset everywhere and needs no
 * message.  A team of one is the ordinary serial case: its arena is private
 * memory and its barrier does nothing.
 *
 * Rules that keep results independent of the team's size:
 *   - work is cut into fixed units by the data, never by the team's size;
 *   - each unit writes its own partial result;
 *   - partial results are reduced in unit order.
 */
#ifndef CS_TEAM_H
#define CS_TEAM_H

#include "core/base/env.h"

typedef struct cs_team cs_team;
struct cs_team
{
	int			rank;			/* 0 is the leader */
	int			size;
	void		(*barrier) (cs_team *team);
	char	   *arena;			/* 64-byte aligned */
	size_t		arena_size;
	size_t		used;
};

/* One shared queue of units; two counters so that rounds need one barrier. */
typedef struct cs_queue
{
	int			next[2];
	int			pad[14];		/* a cache line of its own */
} cs_queue;

typedef struct cs_turn
{
	cs_queue   *queue;
	int			units;
	unsigned	round;
} cs_turn;

/* Zeroed shared memory; every member must make the same calls. */
void	   *cs_team_alloc(cs_env *env, cs_team *team, size_t n, size_t size);

/* Bytes that an allocation of n * size takes from the arena. */
size_t		cs_team_bytes(size_t n, size_t size);

/* Give back all that was allocated since the mark was taken. */
static inline size_t
cs_team_mark(const cs_team *team)
{
	return team->used;
}

void		cs_team_rewind(cs_team *team, size_t mark);

static inline void
cs_team_barrier(cs_team *team)
{
	if (team->size > 1)
		team->barrier(team);
}

/* A queue of units shared by the team; a round ends with a barrier of all. */
void		cs_turn_init(cs_env *env, cs_team *team, cs_turn *turn, int units);

/* Next unit of this round for the caller, or -1. */
int			cs_turn_take(cs_team *team, cs_turn *turn);

/* End the round: barrier; afterwards all units may be taken again. */
void		cs_turn_end(cs_team *team, cs_turn *turn);

#endif							/* CS_TEAM_H */
