/*
 * parallel.h - a team of PostgreSQL's parallel workers over one matrix.
 *
 * The matrix lies in dynamic shared memory, in slabs that are made one by one as
 * raw rows turn into points, so that both never stand in memory whole.  Workers
 * attach the slabs and run the same job as the leader.  When workers or shared
 * memory cannot be had, the leader works alone on private memory: same result.
 */
#ifndef CS_PARALLEL_H
#define CS_PARALLEL_H

#include "postgres.h"

#include "storage/dsm.h"
#include "storage/shm_toc.h"
#include "utils/jsonb.h"

#include "pg/fit_job.h"

typedef struct cs_slabs
{
	cs_env	   *env;
	bool		shared;
	size_t		bytes;			/* of a slab */
	int			n;
	int			room;
	dsm_segment **segment;
	char	   *at;				/* free room of the last slab */
	size_t		left;
} cs_slabs;

/*
 * Workers that are worth their start for n rows, d coordinates and k clusters;
 * asked is the option workers, -1 for automatic.
 */
extern int	cs_parallel_workers(size_t n, int d, int k, int asked);

/* Room in the file system of POSIX shared memory, where containers are often short. */
extern bool cs_shared_memory_has(size_t bytes);

/* Workers that may be started beside this process, most at a time, when they share so many bytes. */
extern int	cs_spare_processes(int most, size_t bytes);

/* A copy of what stands at from (NULL: room) in a table of contents, whose room is estimated as at least 1 byte. */
extern void *cs_toc_put(shm_toc *toc, uint64 key, const void *from, size_t bytes);

/* Room for a matrix of about so many bytes; shared when workers will use it. */
extern cs_slabs *cs_slabs_new(cs_env *env, size_t bytes, bool shared);

/* 64-byte aligned zeroed room; what does not fit a slab gets one of its own. */
extern void *cs_slabs_take(cs_slabs *s, size_t bytes);

/* The block function of cs_dataset_pack. */
extern float *cs_slabs_block(void *slabs, int b, size_t floats);

/* Unmap and free. */
extern void cs_slabs_free(cs_slabs *s);

/*
 * Run the job with up to so many workers; blocks, weights and origins of its
 * matrix must lie in the slabs.  options: the user's, to be parsed again by each
 * worker.  Returns the size of the team.
 */
extern int	cs_parallel_fit(cs_env *env, const cs_fit_job *job, Jsonb *options, const cs_slabs *slabs,
							int workers, cs_fit_outcome *out);

#endif							/* CS_PARALLEL_H */
