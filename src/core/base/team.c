/*
 * team.c - shared arena and work queue of a team (see team.h).
 */
#include "core/base/team.h"

#include <string.h>

/* Bytes that are cleared between two polls: some milliseconds, the system's part included. */
#define CLEARED_AT_ONCE ((size_t) 16 << 20)

#define ALIGN64(x) (((x) + 63) & ~(size_t) 63)

size_t
cs_team_bytes(size_t n, size_t size)
{
	return ALIGN64(n * size);
}

void *
cs_team_alloc(cs_env *env, cs_team *team, size_t n, size_t size)
{
	size_t		bytes,
				at = team->used;

	if (size != 0 && n > SIZE_MAX / 2 / size)
		cs_fail(env, CS_E_LIMIT, "requested memory is too large", NULL, NULL);
	bytes = cs_team_bytes(n, size);
	if (bytes > team->arena_size - at)
		cs_fail(env, CS_E_INTERNAL, "shared arena is too small",
				cs_text(env, "%zu bytes are needed, %zu of %zu are left.", bytes,
						team->arena_size - at, team->arena_size), NULL);
	team->used += bytes;

	/*
	 * The arena is reused after a rewind, so it must be cleared.  Members
	 * reach this call at different times: the first barrier keeps the clearing
	 * behind everybody's last use, the second before everybody's first.
	 */
	cs_team_barrier(team);
	for (size_t from = 0; team->rank == 0 && from < bytes; from += CLEARED_AT_ONCE)
	{
		cs_poll(env);
		memset(team->arena + at + from, 0, bytes - from < CLEARED_AT_ONCE ? bytes - from : CLEARED_AT_ONCE);
	}
	cs_team_barrier(team);
	return team->arena + at;
}

void
cs_team_rewind(cs_team *team, size_t mark)
{
	team->used = mark;
}

void
cs_turn_init(cs_env *env, cs_team *team, cs_turn *turn, int units)
{
	turn->queue = cs_team_alloc(env, team, 1, sizeof(cs_queue));
	turn->units = units;
	turn->round = 0;
}

int
cs_turn_take(cs_team *team, cs_turn *turn)
{
	int		   *next = &turn->queue->next[turn->round & 1],
				unit;

	if (team->size > 1)
		unit = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
	else
		unit = (*next)++;
	return unit < turn->units ? unit : -1;
}

void
cs_turn_end(cs_team *team, cs_turn *turn)
{
	/*
	 * The other counter was last used in the round before this one, which
	 * everybody has left: rank 0 may clear it for the round to come.
	 */
	if (team->rank == 0)
		__atomic_store_n(&turn->queue->next[(turn->round + 1) & 1], 0, __ATOMIC_RELAXED);
	cs_team_barrier(team);
	turn->round++;
}
