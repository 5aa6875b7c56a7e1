/*
 * meeting.h - where the members of a team of parallel workers meet: a place in
 * shared memory that tells them how many they are, and their barrier.
 */
#ifndef CS_MEETING_H
#define CS_MEETING_H

#include "postgres.h"

#include "port/atomics.h"
#include "storage/condition_variable.h"

#include "core/base/team.h"

typedef struct cs_meeting
{
	pg_atomic_uint32 arrived;
	pg_atomic_uint32 round;
	pg_atomic_uint32 size;		/* 0 until the leader knows it */
	ConditionVariable changed;
} cs_meeting;

typedef struct cs_meeting_team
{
	cs_team		team;
	cs_meeting *meeting;
} cs_meeting_team;

extern void cs_meeting_init(cs_meeting *m);

/* The leader's team: all workers have been launched, with the leader they are size. */
extern cs_meeting_team cs_meeting_lead(cs_meeting *m, int size, char *arena, size_t arena_size);

/* A worker's; waits until the leader has said how many they are. */
extern cs_meeting_team cs_meeting_join(cs_meeting *m, char *arena, size_t arena_size);

#endif							/* CS_MEETING_H */
