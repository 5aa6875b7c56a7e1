/*
 * reco_parallel.c - a team that fits a recommender (see reco_parallel.h).
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/shm_toc.h"

#include "core/cluster/divide.h"
#include "core/reco/recommender.h"
#include "pg/meeting.h"
#include "pg/parallel.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/reco_parallel.h"

#define KEY_HEADER UINT64CONST(0xD1)
#define KEY_OPTIONS UINT64CONST(0xD2)
#define KEY_START UINT64CONST(0xD3)
#define KEY_ITEM UINT64CONST(0xD4)
#define KEY_WEIGHT UINT64CONST(0xD5)
#define KEY_LAST UINT64CONST(0xD6)
#define KEY_SEGMENT UINT64CONST(0xD7)
#define KEY_ARENA UINT64CONST(0xD8)
#define KEY_TERM_START UINT64CONST(0xD9)
#define KEY_TERM_ITEM UINT64CONST(0xDA)
#define KEY_TERM_WEIGHT UINT64CONST(0xDB)
#define KEYS 11

/* Entries below which starting a worker does not pay. What takes no arena only counts. */
#define WORTHWHILE 100000

typedef struct header
{
	cs_meeting	meeting;
	char		algorithm[NAMEDATALEN];
	cs_events	events;			/* its pointers are each member's own */
	bool		has_last;
	bool		has_segment;
	cs_events	attributes;		/* the same */
	bool		has_attributes;
	int			segments;
	uint64		seed;
	size_t		memory;
	size_t		arena;
} header;

/* A part of the arguments: its place in the table of contents, how long it is, and where the leader has it. */
typedef struct part
{
	uint64		key;
	size_t		bytes;
	const void *from;
} part;

static char *
arena_of(shm_toc *toc)
{
	return (char *) TYPEALIGN(64, shm_toc_lookup(toc, KEY_ARENA, false));
}

/* ---- the worker ---- */

extern PGDLLEXPORT void clusterseg_reco_worker_main(dsm_segment *seg, shm_toc *toc);

void
clusterseg_reco_worker_main(dsm_segment *seg, shm_toc *toc)
{
	static const cs_divider divider = {cs_divide_arena, cs_divide};
	header	   *h = shm_toc_lookup(toc, KEY_HEADER, false);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	const cs_recommender *algorithm = cs_recommender_find(h->algorithm);
	cs_events	e = h->events,
				attributes = h->attributes;
	cs_reco_args args = {&e, NULL, h->segments, NULL, h->seed, &divider, env, h->memory, NULL};
	cs_reco_model model = {0};
	cs_meeting_team team;

	e.start = shm_toc_lookup(toc, KEY_START, false);
	e.item = shm_toc_lookup(toc, KEY_ITEM, false);
	e.weight = shm_toc_lookup(toc, KEY_WEIGHT, false);
	e.last = h->has_last ? shm_toc_lookup(toc, KEY_LAST, false) : NULL;
	args.segment = h->has_segment ? shm_toc_lookup(toc, KEY_SEGMENT, false) : NULL;
	attributes.start = shm_toc_lookup(toc, KEY_TERM_START, false);
	attributes.item = shm_toc_lookup(toc, KEY_TERM_ITEM, false);
	attributes.weight = shm_toc_lookup(toc, KEY_TERM_WEIGHT, false);
	args.attributes = h->has_attributes ? &attributes : NULL;
	args.options = cs_parse_options(env, cs_reco_params(env, algorithm), NULL, shm_toc_lookup(toc, KEY_OPTIONS, false), "option");
	team = cs_meeting_join(&h->meeting, arena_of(toc), h->arena);
	algorithm->fit(env, &team.team, &args, &model);
}

/* ---- the leader ---- */

static int
alone(cs_env *env, const cs_recommender *algorithm, const cs_reco_args *args, size_t arena, cs_reco_model *out)
{
	cs_team		team = {0, 1, NULL, CS_ROOM(env, char, arena + 64), arena, 0};

	algorithm->fit(env, &team, args, out);
	cs_release(env, team.arena);
	return 1;
}

static void
describe(header *h, const cs_recommender *algorithm, const cs_reco_args *args, size_t arena)
{
	memset(h, 0, sizeof(*h));
	strlcpy(h->algorithm, algorithm->name, sizeof(h->algorithm));
	h->events = *args->events;
	h->has_last = args->events->last != NULL;
	h->has_segment = args->segment != NULL;
	h->segments = args->segments;
	h->has_attributes = args->attributes != NULL;
	if (args->attributes)
		h->attributes = *args->attributes;
	h->seed = args->seed;
	h->memory = args->memory;
	h->arena = arena;
}

int
cs_reco_parallel_fit(cs_env *env, const cs_recommender *algorithm, const cs_reco_args *args, size_t arena, cs_reco_model *out)
{
	const cs_events *e = args->events;
	static const cs_events none = {0};
	const cs_events *a = args->attributes ? args->attributes : &none;
	Jsonb	   *options = cs_options_json(env, args->options);
	header		h;
	part		parts[KEYS] = {{KEY_HEADER, sizeof(h), &h}, {KEY_OPTIONS, VARSIZE(options), options},
	{KEY_START, sizeof(size_t) * ((size_t) e->customers + 1), e->start}, {KEY_ITEM, sizeof(int32) * e->n, e->item},
	{KEY_WEIGHT, sizeof(float) * e->n, e->weight}, {KEY_LAST, e->last ? sizeof(double) * e->n : 0, e->last},
	{KEY_SEGMENT, args->segment ? sizeof(int32) * (size_t) e->customers : 0, args->segment}, {KEY_ARENA, arena + 64, NULL},
	{KEY_TERM_START, a->start ? sizeof(size_t) * ((size_t) a->customers + 1) : 0, a->start}, {KEY_TERM_ITEM, sizeof(int32) * a->n, a->item},
	{KEY_TERM_WEIGHT, sizeof(float) * a->n, a->weight}};
	size_t		bytes = 0;
	int			workers,
				size;
	ParallelContext *pcxt;
	header	   *shared = NULL;
	cs_meeting_team team;

	for (int i = 0; i < KEYS; i++)
		bytes += parts[i].bytes;
	workers = cs_spare_processes(arena == 0 || e->n < WORTHWHILE ? 0 : max_parallel_maintenance_workers, bytes);
	if (workers == 0)
		return alone(env, algorithm, args, arena, out);
	describe(&h, algorithm, args, arena);
	EnterParallelMode();
	pcxt = CreateParallelContext("clusterseg", "clusterseg_reco_worker_main", workers);
	for (int i = 0; i < KEYS; i++)
		shm_toc_estimate_chunk(&pcxt->estimator, Max(parts[i].bytes, 1));
	shm_toc_estimate_keys(&pcxt->estimator, KEYS);
	InitializeParallelDSM(pcxt);
	for (int i = 0; i < KEYS; i++)
	{
		void	   *p = cs_toc_put(pcxt->toc, parts[i].key, parts[i].from, parts[i].bytes);

		if (parts[i].key == KEY_HEADER)
			shared = p;
	}
	cs_meeting_init(&shared->meeting);
	LaunchParallelWorkers(pcxt);
	WaitForParallelWorkersToAttach(pcxt);
	size = pcxt->nworkers_launched + 1;
	team = cs_meeting_lead(&shared->meeting, size, arena_of(pcxt->toc), arena);
	algorithm->fit(env, &team.team, args, out);
	WaitForParallelWorkersToFinish(pcxt);
	DestroyParallelContext(pcxt);
	ExitParallelMode();
	return size;
}
