/*
 * test_team.c - the arena and the queue of units, by teams of 1 to 4 threads.
 */
#include "core/base/team.h"
#include "harness.h"

#define UNITS 37
#define ROUNDS 50

typedef struct work
{
	int			done[ROUNDS][UNITS];
	size_t		used[4];
	bool		zeroed[4];
	bool		aligned[4];
} work;

/* Every unit once in every round; allocations lie alike and are cleared. */
static void
take_units(cs_env *env, cs_team *team, void *arg)
{
	work	   *w = arg;
	cs_turn		turn;

	w->zeroed[team->rank] = w->aligned[team->rank] = true;
	for (int round = 0; round < ROUNDS; round += 10)
	{
		size_t		mark = cs_team_mark(team);
		char	   *p = cs_team_alloc(env, team, 100, 3);
		int			unit;

		for (int i = 0; i < 300; i++)
			w->zeroed[team->rank] = w->zeroed[team->rank] && p[i] == 0;
		w->aligned[team->rank] = w->aligned[team->rank] && ((size_t) p & 63) == 0;
		cs_turn_init(env, team, &turn, UNITS);
		if (team->rank == team->size - 1)
			memset(p, 0x55, 300);
		for (int r = round; r < round + 10; r++)
		{
			while ((unit = cs_turn_take(team, &turn)) >= 0)
				__atomic_fetch_add(&w->done[r][unit], 1, __ATOMIC_RELAXED);
			cs_turn_end(team, &turn);
		}
		w->used[team->rank] = cs_team_mark(team);
		cs_team_rewind(team, mark);
	}
}

static void
test_units(cs_env *env)
{
	for (int size = 1; size <= 4; size++)
	{
		work	   *w = CS_NEW(env, work, 1);
		bool		once = true;

		run_team(env, size, cs_team_bytes(100, 3) + cs_team_bytes(1, sizeof(cs_queue)), take_units, w);
		for (int i = 0; i < ROUNDS * UNITS; i++)
			once = once && w->done[i / UNITS][i % UNITS] == 1;
		CHECK(once);
		for (int r = 0; r < size; r++)
		{
			CHECK(w->zeroed[r] && w->aligned[r]);
			CHECK(w->used[r] == w->used[0]);
		}
	}
}

/* A team of one needs no barrier. */
static void
test_solo(cs_env *env)
{
	cs_team		team = solo(env, 1000);
	cs_turn		turn;

	cs_turn_init(env, &team, &turn, 2);
	for (int round = 0; round < 5; round++)
	{
		CHECK(cs_turn_take(&team, &turn) == 0);
		CHECK(cs_turn_take(&team, &turn) == 1);
		CHECK(cs_turn_take(&team, &turn) == -1);
		CHECK(cs_turn_take(&team, &turn) == -1);
		cs_turn_end(&team, &turn);
	}
	cs_turn_init(env, &team, &turn, 0);
	CHECK(cs_turn_take(&team, &turn) == -1);
	CHECK(cs_team_bytes(1, 1) == 64 && cs_team_bytes(64, 1) == 64 && cs_team_bytes(65, 1) == 128);
}

static void
too_much(cs_env *env)
{
	cs_team		team = solo(env, 128);

	cs_team_alloc(env, &team, 1, 64);
	cs_team_alloc(env, &team, 2, 64);
}

static void
far_too_much(cs_env *env)
{
	cs_team		team = solo(env, 128);

	cs_team_alloc(env, &team, SIZE_MAX / 4, 64);
}

static void
no_array(cs_env *env)
{
	CS_NEW(env, double, SIZE_MAX / 4);
}

static void
test_limits(cs_env *env)
{
	CHECK_FAILS(env, too_much, CS_E_INTERNAL, "shared arena is too small");
	CHECK_FAILS(env, far_too_much, CS_E_LIMIT, "requested memory is too large");
	CHECK_FAILS(env, no_array, CS_E_LIMIT, "requested memory is too large");
}

TESTS(test_units, test_solo, test_limits)
