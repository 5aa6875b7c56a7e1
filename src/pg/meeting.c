/*
 * meeting.c - the barrier of a team of parallel workers (see meeting.h).
 */
#include "postgres.h"

#include "access/parallel.h"
#include "pgstat.h"
#include "storage/s_lock.h"

#include "pg/meeting.h"

/* Rounds of looking before a member goes to sleep at a barrier: some 50 us. */
#define SPINS 2000

static void
wait_for_round(cs_meeting *m, uint32 round)
{
	for (int i = 0; i < SPINS; i++)
	{
		if (pg_atomic_read_u32(&m->round) != round)
			return;
		SPIN_DELAY();
	}
	ConditionVariablePrepareToSleep(&m->changed);
	while (pg_atomic_read_u32(&m->round) == round)
		ConditionVariableSleep(&m->changed, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
}

static void
meet(cs_team *team)
{
	cs_meeting *m = ((cs_meeting_team *) team)->meeting;
	uint32		round = pg_atomic_read_u32(&m->round);

	if (pg_atomic_add_fetch_u32(&m->arrived, 1) == (uint32) team->size)
	{
		pg_atomic_write_u32(&m->arrived, 0);
		pg_atomic_add_fetch_u32(&m->round, 1);
		ConditionVariableBroadcast(&m->changed);
	}
	else
		wait_for_round(m, round);
	pg_memory_barrier();
}

void
cs_meeting_init(cs_meeting *m)
{
	pg_atomic_init_u32(&m->arrived, 0);
	pg_atomic_init_u32(&m->round, 0);
	pg_atomic_init_u32(&m->size, 0);
	ConditionVariableInit(&m->changed);
}

static cs_meeting_team
member(cs_meeting *m, int rank, int size, char *arena, size_t arena_size)
{
	return (cs_meeting_team) {{rank, size, meet, arena, arena_size, 0}, m};
}

cs_meeting_team
cs_meeting_lead(cs_meeting *m, int size, char *arena, size_t arena_size)
{
	pg_atomic_write_u32(&m->size, size);
	ConditionVariableBroadcast(&m->changed);
	return member(m, 0, size, arena, arena_size);
}

cs_meeting_team
cs_meeting_join(cs_meeting *m, char *arena, size_t arena_size)
{
	ConditionVariablePrepareToSleep(&m->changed);
	while (pg_atomic_read_u32(&m->size) == 0)
		ConditionVariableSleep(&m->changed, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
	return member(m, ParallelWorkerNumber + 1, (int) pg_atomic_read_u32(&m->size), arena, arena_size);
}
