/*
 * parallel.c - workers and shared slabs (parallel.h).
 */
#include "postgres.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/dsm_impl.h"
#include "storage/shm_toc.h"
#include "utils/memutils.h"

#include "pg/meeting.h"
#include "pg/parallel.h"
#include "pg/params.h"
#include "pg/pg_env.h"
#include "pg/settings.h"

#define KEY_HEADER UINT64CONST(0xC1)
#define KEY_BLOCKS UINT64CONST(0xC2)
#define KEY_SLABS UINT64CONST(0xC3)
#define KEY_OPTIONS UINT64CONST(0xC4)
#define KEY_START UINT64CONST(0xC5)
#define KEY_WARM UINT64CONST(0xC6)
#define KEY_ARENA UINT64CONST(0xC7)
#define KEY_AXES UINT64CONST(0xC8)

/* Work below which starting a worker (some milliseconds) does not pay. */
#define WORTHWHILE 3.0e7

#define SLAB_LEAST ((size_t) 4 << 20)
#define SLABS_MOST 24

/* ---- slabs ---- */

static void
forget_slabs(void *arg)
{
	cs_slabs   *s = arg;

	for (int i = 0; i < s->n && s->shared; i++)
		if (s->segment[i])
			dsm_detach(s->segment[i]);
	s->n = 0;
}

cs_slabs *
cs_slabs_new(cs_env *env, size_t bytes, bool shared)
{
	cs_slabs   *s = CS_NEW(env, cs_slabs, 1);
	MemoryContextCallback *callback = CS_NEW(env, MemoryContextCallback, 1);

	s->env = env;
	s->shared = shared;
	s->bytes = Max(SLAB_LEAST, bytes / (SLABS_MOST / 2) + 4096);
	s->room = 64;
	s->segment = CS_NEW(env, dsm_segment *, s->room);

	/* however the work ends, the mappings go with its memory */
	callback->func = forget_slabs;
	callback->arg = s;
	MemoryContextRegisterResetCallback(cs_pg_env_context(env), callback);
	return s;
}

static void
add_slab(cs_slabs *s, size_t bytes)
{
	if (s->n == s->room)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many slabs of shared memory")));
	if (s->shared)
	{
		dsm_segment *seg = dsm_create(bytes + 64, 0);

		dsm_pin_mapping(seg);
		s->segment[s->n] = seg;
		s->at = (char *) TYPEALIGN(64, dsm_segment_address(seg));
	}
	else
		s->at = CS_ROOM(s->env, char, bytes);
	s->n++;
	s->left = bytes;
}

void *
cs_slabs_take(cs_slabs *s, size_t bytes)
{
	char	   *p;

	bytes = TYPEALIGN(64, bytes);
	if (bytes > s->left)
		add_slab(s, Max(bytes, s->bytes));
	p = s->at;
	s->at += bytes;
	s->left -= bytes;

	/* new shared memory is all zeros */
	return s->shared ? p : memset(p, 0, bytes);
}

float *
cs_slabs_block(void *slabs, int b, size_t floats)
{
	return cs_slabs_take(slabs, floats * sizeof(float));
}

void
cs_slabs_free(cs_slabs *s)
{
	forget_slabs(s);
}

/* ---- is it worth it, and possible? ---- */

/* Room in the file system of POSIX shared memory, where containers are often short. */
bool
cs_shared_memory_has(size_t bytes)
{
	struct statvfs fs;

	if (dynamic_shared_memory_type != DSM_IMPL_POSIX || statvfs("/dev/shm", &fs) != 0)
		return true;
	return (double) fs.f_bavail * (double) fs.f_frsize > 1.1 * (double) bytes + (16 << 20);
}

int
cs_spare_processes(int most, size_t bytes)
{
	int			workers = Min(most, max_parallel_workers);

	if (IsInParallelMode() || dynamic_shared_memory_type == DSM_IMPL_MMAP)
		return 0;

	/* the members of a team wait for each other: more of them than processors only wait */
	workers = Min(workers, (int) sysconf(_SC_NPROCESSORS_ONLN) - 1);
	return workers > 0 && cs_shared_memory_has(bytes) ? workers : 0;
}

int
cs_parallel_workers(size_t n, int d, int k, int asked)
{
	int			workers = asked >= 0 ? asked : max_parallel_maintenance_workers;
	double		work = (double) n * d * k;

	if (IsInParallelMode() || dynamic_shared_memory_type == DSM_IMPL_MMAP)
		return 0;
	if (asked < 0 && work < WORTHWHILE)
		return 0;
	workers = Min(workers, max_parallel_workers);

	/* members wait for each other at every pass: more of them than processors only wait */
	if (asked < 0)
		workers = Min(workers, (int) sysconf(_SC_NPROCESSORS_ONLN) - 1);
	workers = Min(workers, (int) (n / (4 * CS_BLOCK_ROWS)));
	if (workers > 0 && !cs_shared_memory_has((size_t) (n * (4.0 * d + 32))))
		return 0;
	return Max(workers, 0);
}

/* ---- the shared description of a job ---- */

typedef struct header
{
	cs_meeting	meeting;
	char		algorithm[NAMEDATALEN];
	size_t		n;
	int			d;
	int			k_min;
	int			k_max;
	uint64		seed;
	bool		judge;
	size_t		memory;
	bool		noise_alone;
	bool		compare;
	bool		gap;
	bool		has_start;
	bool		has_warm;
	int			warm_k;
	int			slabs;
	size_t		arena;
	size_t		weight;			/* places of these in the slabs */
	size_t		origin;
} header;

/* A place in the slabs: number of the slab and offset, packed. */
#define NOWHERE SIZE_MAX

static size_t
place_of(const cs_slabs *s, const void *p)
{
	for (int i = 0; i < s->n && p; i++)
	{
		const char *base = dsm_segment_address(s->segment[i]);
		size_t		len = dsm_segment_map_length(s->segment[i]);

		if ((const char *) p >= base && (const char *) p < base + len)
			return (size_t) i << 48 | (size_t) ((const char *) p - base);
	}
	return NOWHERE;
}

static void *
at_place(char *const *base, size_t place)
{
	return place == NOWHERE ? NULL : base[place >> 48] + (place & ((UINT64CONST(1) << 48) - 1));
}

static void
estimate(ParallelContext *pcxt, const cs_fit_job *job, Jsonb *options, const cs_slabs *slabs, size_t arena)
{
	shm_toc_estimator *e = &pcxt->estimator;

	shm_toc_estimate_chunk(e, sizeof(header));
	shm_toc_estimate_chunk(e, sizeof(size_t) * job->x->blocks);
	shm_toc_estimate_chunk(e, sizeof(dsm_handle) * slabs->n);
	shm_toc_estimate_chunk(e, options ? VARSIZE(options) : 1);
	if (job->start)
		shm_toc_estimate_chunk(e, sizeof(double) * job->k_max * job->x->d);
	if (job->warm)
		shm_toc_estimate_chunk(e, sizeof(int32) * cs_round_lanes(job->x->n));
	shm_toc_estimate_chunk(e, sizeof(cs_axis) * job->x->d);
	shm_toc_estimate_chunk(e, arena + 64);
	shm_toc_estimate_keys(e, 8);
}

void *
cs_toc_put(shm_toc *toc, uint64 key, const void *from, size_t bytes)
{
	void	   *p = shm_toc_allocate(toc, Max(bytes, 1));

	shm_toc_insert(toc, key, p);
	if (from && bytes > 0)
		memcpy(p, from, bytes);
	return p;
}

static header *
describe(ParallelContext *pcxt, const cs_fit_job *job, Jsonb *options, const cs_slabs *slabs, size_t arena)
{
	header	   *h = cs_toc_put(pcxt->toc, KEY_HEADER, NULL, sizeof(header));
	size_t	   *blocks = cs_toc_put(pcxt->toc, KEY_BLOCKS, NULL, sizeof(size_t) * job->x->blocks);
	dsm_handle *handles = cs_toc_put(pcxt->toc, KEY_SLABS, NULL, sizeof(dsm_handle) * slabs->n);

	memset(h, 0, sizeof(*h));
	cs_meeting_init(&h->meeting);
	strlcpy(h->algorithm, job->algorithm->name, sizeof(h->algorithm));
	h->n = job->x->n;
	h->d = job->x->d;
	h->k_min = job->k_min;
	h->k_max = job->k_max;
	h->seed = job->seed;
	h->judge = job->judge;
	h->memory = job->memory;
	h->noise_alone = job->noise_alone;
	h->compare = job->compare;
	h->gap = job->gap;
	h->warm_k = job->warm_k;
	h->slabs = slabs->n;
	h->arena = arena;
	h->weight = place_of(slabs, job->x->weight);
	h->origin = place_of(slabs, job->x->origin);
	for (int b = 0; b < job->x->blocks; b++)
		blocks[b] = place_of(slabs, job->x->block[b]);
	for (int i = 0; i < slabs->n; i++)
		handles[i] = dsm_segment_handle(slabs->segment[i]);
	cs_toc_put(pcxt->toc, KEY_OPTIONS, options, options ? VARSIZE(options) : 0);
	h->has_start = job->start != NULL;
	if (job->start)
		cs_toc_put(pcxt->toc, KEY_START, job->start, sizeof(double) * job->k_max * job->x->d);
	h->has_warm = job->warm != NULL;
	if (job->warm)
		cs_toc_put(pcxt->toc, KEY_WARM, job->warm, sizeof(int32) * cs_round_lanes(job->x->n));
	cs_toc_put(pcxt->toc, KEY_AXES, job->axis, sizeof(cs_axis) * job->x->d);
	cs_toc_put(pcxt->toc, KEY_ARENA, NULL, arena + 64);
	return h;
}

static char *
arena_of(shm_toc *toc)
{
	return (char *) TYPEALIGN(64, shm_toc_lookup(toc, KEY_ARENA, false));
}

/* ---- the worker ---- */

static cs_matrix *
attach_matrix(cs_env *env, shm_toc *toc, const header *h, dsm_segment **segment)
{
	dsm_handle *handles = shm_toc_lookup(toc, KEY_SLABS, false);
	size_t	   *blocks = shm_toc_lookup(toc, KEY_BLOCKS, false);
	char	  **base = CS_NEW(env, char *, h->slabs);
	cs_matrix  *m = CS_NEW(env, cs_matrix, 1);

	for (int i = 0; i < h->slabs; i++)
	{
		dsm_segment *seg = dsm_attach(handles[i]);

		if (seg == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("could not map dynamic shared memory segment")));
		segment[i] = seg;
		base[i] = dsm_segment_address(seg);
	}
	m->n = h->n;
	m->d = h->d;
	m->blocks = cs_matrix_blocks(h->n);
	m->block = CS_NEW(env, float *, m->blocks);
	for (int b = 0; b < m->blocks; b++)
		m->block[b] = at_place(base, blocks[b]);
	m->weight = at_place(base, h->weight);
	m->origin = at_place(base, h->origin);
	return m;
}

extern PGDLLEXPORT void clusterseg_worker_main(dsm_segment *seg, shm_toc *toc);

void
clusterseg_worker_main(dsm_segment *seg, shm_toc *toc)
{
	header	   *h = shm_toc_lookup(toc, KEY_HEADER, false);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_fit_outcome out = {0};
	cs_fit_job	job = {0};
	dsm_segment **segment = CS_NEW(env, dsm_segment *, h->slabs);
	cs_meeting_team team;

	job.algorithm = cs_clusterer_find(h->algorithm);
	job.options = cs_parse_options(env, job.algorithm->params, cs_common_params,
								   shm_toc_lookup(toc, KEY_OPTIONS, false), "option");
	job.x = attach_matrix(env, toc, h, segment);
	job.k_min = h->k_min;
	job.k_max = h->k_max;
	job.seed = h->seed;
	job.judge = h->judge;
	job.memory = h->memory;
	job.noise_alone = h->noise_alone;
	job.compare = h->compare;
	job.gap = h->gap;
	job.start = h->has_start ? shm_toc_lookup(toc, KEY_START, false) : NULL;
	job.warm = h->has_warm ? shm_toc_lookup(toc, KEY_WARM, false) : NULL;
	job.warm_k = h->warm_k;
	job.axis = shm_toc_lookup(toc, KEY_AXES, false);
	team = cs_meeting_join(&h->meeting, arena_of(toc), h->arena);
	cs_fit_job_run(env, &team.team, &job, &out);
	for (int i = 0; i < h->slabs; i++)
		dsm_detach(segment[i]);
}

/* ---- the leader ---- */

static void
alone(cs_env *env, const cs_fit_job *job, cs_fit_outcome *out)
{
	size_t		arena = cs_fit_job_arena(env, job);
	char	   *room = CS_ROOM(env, char, arena);
	cs_team		team = {0, 1, NULL, room, arena, 0};

	cs_fit_job_run(env, &team, job, out);
	cs_release(env, room);
}

int
cs_parallel_fit(cs_env *env, const cs_fit_job *job, Jsonb *options, const cs_slabs *slabs,
				int workers, cs_fit_outcome *out)
{
	size_t		arena = cs_fit_job_arena(env, job);
	ParallelContext *pcxt;
	header	   *h;
	cs_meeting_team team;
	int			size;

	if (workers <= 0 || !slabs->shared)
	{
		alone(env, job, out);
		return 1;
	}
	EnterParallelMode();
	pcxt = CreateParallelContext("clusterseg", "clusterseg_worker_main", workers);
	estimate(pcxt, job, options, slabs, arena);
	InitializeParallelDSM(pcxt);
	h = describe(pcxt, job, options, slabs, arena);
	LaunchParallelWorkers(pcxt);
	WaitForParallelWorkersToAttach(pcxt);
	size = pcxt->nworkers_launched + 1;
	team = cs_meeting_lead(&h->meeting, size, arena_of(pcxt->toc), arena);
	cs_fit_job_run(env, &team.team, job, out);
	WaitForParallelWorkersToFinish(pcxt);
	DestroyParallelContext(pcxt);
	ExitParallelMode();
	return size;
}
