/*
 * batch_lists.c - lists of all customers (see batch_lists.h).
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "storage/shm_mq.h"
#include "storage/shm_toc.h"
#include "utils/memutils.h"

#include "pg/batch_lists.h"
#include "pg/parallel.h"
#include "pg/pg_env.h"
#include "pg/progress.h"

#define KEY_HEADER UINT64CONST(0xB0)
#define KEY_ALLOWED UINT64CONST(0xB1)
#define KEY_QUEUES UINT64CONST(0xB2)
#define KEY_FACTS UINT64CONST(0xB3)
#define KEY_PROMOTED UINT64CONST(0xB4)
#define KEY_HISTORIES UINT64CONST(0xB8)	/* and following */

/* Customers below whom starting a worker does not pay. */
#define WORTHWHILE 10000

/* Customers that are taken at a time, and listed items that these may have together. */
#define CHUNK_CUSTOMERS 256
#define CHUNK_ITEMS 8192

/* Bytes that a worker may be ahead. */
#define QUEUE_BYTES (1 << 20)

/* Chunks of its own that the leader may be ahead. */
#define AHEAD 8

typedef struct header
{
	pg_atomic_uint32 next;		/* chunk that nobody has taken yet */
	size_t		n_allowed;
	bool		has_allowed;
	cs_shaper_known known;		/* pointers are each process's own */
	bool		has_facts;
	bool		exclude;
	int			n;
	cs_batch_shared histories;
} header;

/* How lists of a chunk begin, and each of them; sizes keep what follows aligned. */
typedef struct chunk_start
{
	int64		chunk;
} chunk_start;

typedef struct list_start
{
	int64		n;
} list_start;

/* The leader's view. */
typedef struct gathering
{
	cs_batch_lists *l;
	cs_batch_list_fn fn;
	void	   *arg;
	int			workers;
	shm_mq_handle **queue;
	char	  **message;		/* per worker: lists that are not due yet; or NULL */
	bool	   *done;			/* the worker sends no more */
	StringInfoData own[AHEAD];	/* a ring */
	int			own_first;
	int			own_n;
	int			due;			/* chunk that is handed over next */
} gathering;

static int
chunk_customers(int n)
{
	return Max(1, Min(CHUNK_CUSTOMERS, CHUNK_ITEMS / n));
}

static int
chunks_of(const cs_batch_lists *l)
{
	int			step = chunk_customers(l->n);

	return (l->b->data->customers->n + step - 1) / step;
}

/* ---- making lists ---- */

/* In the current context. */
static cs_shaped *
make_list(cs_batch_lists *l, int customer, int *n)
{
	cs_request	q = cs_batch_request(l->b, customer, l->exclude, l->allowed);
	cs_shaped  *s = palloc(sizeof(cs_shaped) * l->n);

	cs_shaper_who(l->h, cs_dictionary_key(l->b->data->customers, customer));
	*n = cs_shaper_serve(l->h, cs_pg_env(CurrentMemoryContext), &q, l->n, s);
	return s;
}

static void
make_chunk(cs_batch_lists *l, int chunk, MemoryContext cxt, StringInfo to)
{
	int			step = chunk_customers(l->n);
	chunk_start	head = {chunk};

	resetStringInfo(to);
	appendBinaryStringInfo(to, (char *) &head, sizeof(head));
	for (int c = chunk * step; c < Min((chunk + 1) * step, l->b->data->customers->n); c++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		int			n;
		cs_shaped  *s = make_list(l, c, &n);
		list_start	list = {n};

		MemoryContextSwitchTo(old);
		appendBinaryStringInfo(to, (char *) &list, sizeof(list));
		appendBinaryStringInfo(to, (char *) s, sizeof(cs_shaped) * n);
		MemoryContextReset(cxt);
	}
}

static void
alone(cs_batch_lists *l, cs_batch_list_fn fn, void *arg)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	int			customers = l->b->data->customers->n;

	for (int c = 0; c < customers; c++)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		int			n;
		cs_shaped  *s = make_list(l, c, &n);

		MemoryContextSwitchTo(old);
		fn(arg, c, s, n);
		MemoryContextReset(cxt);
		if (c % CHUNK_CUSTOMERS == 0)
			cs_progress(l->b->env, CS_PHASE_RECOMMEND, c, customers);
	}
	MemoryContextDelete(cxt);
}

/* ---- the worker ---- */

extern PGDLLEXPORT void clusterseg_lists_worker_main(dsm_segment *seg, shm_toc *toc);

void
clusterseg_lists_worker_main(dsm_segment *seg, shm_toc *toc)
{
	header	   *h = shm_toc_lookup(toc, KEY_HEADER, false);
	cs_env	   *env = cs_pg_env(CurrentMemoryContext);
	cs_batch   *b = cs_batch_attach(env, &h->histories, toc, KEY_HISTORIES);
	cs_shaper_known known = h->known;
	cs_batch_lists l = {.b = b, .exclude = h->exclude, .n = h->n};
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);
	shm_mq	   *queue = (shm_mq *) ((char *) shm_toc_lookup(toc, KEY_QUEUES, false) + (Size) ParallelWorkerNumber * QUEUE_BYTES);
	shm_mq_handle *handle;
	StringInfoData lists;

	known.fact = h->has_facts ? shm_toc_lookup(toc, KEY_FACTS, false) : NULL;
	known.promoted.item = shm_toc_lookup(toc, KEY_PROMOTED, false);
	l.h = cs_shaper_knowing(env, &b->now, &known);
	cs_shaper_load(l.h, b->w);
	if (h->has_allowed)
		l.allowed = (cs_item_set) {shm_toc_lookup(toc, KEY_ALLOWED, false), h->n_allowed};
	cs_batch_search(b, l.allowed);
	shm_mq_set_sender(queue, MyProc);
	handle = shm_mq_attach(queue, seg, NULL);
	initStringInfo(&lists);
	for (;;)
	{
		uint32		chunk = pg_atomic_fetch_add_u32(&h->next, 1);

		if (chunk >= (uint32) chunks_of(&l))
			break;
		make_chunk(&l, (int) chunk, cxt, &lists);
		if (shm_mq_send(handle, lists.len, lists.data, false, true) != SHM_MQ_SUCCESS)
			break;
	}
	shm_mq_detach(handle);
}

/* ---- the leader ---- */

static void
hand_over(gathering *g, const char *lists)
{
	int			step = chunk_customers(g->l->n),
				customers = g->l->b->data->customers->n,
				from = g->due * step;

	lists += sizeof(chunk_start);
	for (int c = from; c < Min(from + step, customers); c++)
	{
		int64		n = ((const list_start *) lists)->n;

		lists += sizeof(list_start);
		g->fn(g->arg, c, (const cs_shaped *) lists, (int) n);
		lists += sizeof(cs_shaped) * n;
	}
	g->due++;
	cs_progress(g->l->b->env, CS_PHASE_RECOMMEND, from, customers);
}

static bool
is_due(const gathering *g, const char *lists)
{
	return lists && ((const chunk_start *) lists)->chunk == g->due;
}

/* Take what workers have sent, of each no more than one chunk that is not due. */
static bool
receive(gathering *g)
{
	bool		some = false;

	for (int w = 0; w < g->workers; w++)
	{
		Size		bytes;
		void	   *data;
		shm_mq_result result;

		if (g->message[w] || g->done[w])
			continue;
		result = shm_mq_receive(g->queue[w], &bytes, &data, true);
		if (result == SHM_MQ_SUCCESS)
			g->message[w] = data;
		g->done[w] = result == SHM_MQ_DETACHED;
		some = some || result != SHM_MQ_WOULD_BLOCK;
	}
	return some;
}

/* Hand over the chunk that is due, if it is there. */
static bool
hand_over_due(gathering *g)
{
	if (g->own_n > 0 && is_due(g, g->own[g->own_first].data))
	{
		hand_over(g, g->own[g->own_first].data);
		g->own_first = (g->own_first + 1) % AHEAD;
		g->own_n--;
		return true;
	}
	for (int w = 0; w < g->workers; w++)
		if (is_due(g, g->message[w]))
		{
			hand_over(g, g->message[w]);
			g->message[w] = NULL;
			return true;
		}
	return false;
}

/* Make lists while there is nothing to take. */
static bool
work(gathering *g, header *h, MemoryContext cxt)
{
	uint32		chunk;

	if (g->own_n == AHEAD || pg_atomic_read_u32(&h->next) >= (uint32) chunks_of(g->l))
		return false;
	chunk = pg_atomic_fetch_add_u32(&h->next, 1);
	if (chunk >= (uint32) chunks_of(g->l))
		return false;
	make_chunk(g->l, (int) chunk, cxt, &g->own[(g->own_first + g->own_n++) % AHEAD]);
	return true;
}

static void
wait_for_workers(const gathering *g)
{
	bool		all_done = true;

	for (int w = 0; w < g->workers; w++)
		all_done = all_done && g->done[w];
	CHECK_FOR_INTERRUPTS();
	if (all_done)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a parallel worker ended before its work was done")));
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, -1, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static void
gather(gathering *g, header *h)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "clusterseg customer", ALLOCSET_DEFAULT_SIZES);

	for (int i = 0; i < AHEAD; i++)
		initStringInfo(&g->own[i]);
	while (g->due < chunks_of(g->l))
	{
		bool		some = receive(g);

		if (!hand_over_due(g) && !some && !work(g, h, cxt))
			wait_for_workers(g);
	}
	for (int i = 0; i < AHEAD; i++)
		pfree(g->own[i].data);
	MemoryContextDelete(cxt);
}

static void
describe(header *h, const cs_batch_lists *l)
{
	memset(h, 0, sizeof(*h));
	pg_atomic_init_u32(&h->next, 0);
	h->has_allowed = l->allowed.item != NULL;
	h->n_allowed = l->allowed.n;
	h->known = cs_shaper_knows(l->h);
	h->has_facts = h->known.fact != NULL;
	h->exclude = l->exclude;
	h->n = l->n;
}

/* Queues for the workers that came; the others' stay unused. */
static void
open_queues(gathering *g, ParallelContext *pcxt, char *queues)
{
	g->workers = pcxt->nworkers_launched;
	g->queue = palloc0(sizeof(shm_mq_handle *) * (g->workers + 1));
	g->message = palloc0(sizeof(char *) * (g->workers + 1));
	g->done = palloc0(sizeof(bool) * (g->workers + 1));
	for (int w = 0; w < g->workers; w++)
		g->queue[w] = shm_mq_attach((shm_mq *) (queues + (Size) w * QUEUE_BYTES), pcxt->seg, pcxt->worker[w].bgwhandle);
}

static void
together(cs_batch_lists *l, int workers, cs_batch_list_fn fn, void *arg)
{
	gathering	g = {l, fn, arg};
	ParallelContext *pcxt;
	header		here,
			   *h;
	char	   *queues;
	Size		allowed = sizeof(int32) * l->allowed.n,
				promoted,
				facts,
				room = (Size) workers * QUEUE_BYTES;

	describe(&here, l);
	promoted = sizeof(int32) * here.known.promoted.n;
	facts = here.has_facts ? sizeof(cs_item_fact) * (Size) l->b->now.r->items : 0;
	EnterParallelMode();
	pcxt = CreateParallelContext("clusterseg", "clusterseg_lists_worker_main", workers);
	shm_toc_estimate_chunk(&pcxt->estimator, sizeof(header) + 1);
	shm_toc_estimate_chunk(&pcxt->estimator, allowed + 1);
	shm_toc_estimate_chunk(&pcxt->estimator, promoted + 1);
	shm_toc_estimate_chunk(&pcxt->estimator, facts + 1);
	shm_toc_estimate_chunk(&pcxt->estimator, room + 1);
	shm_toc_estimate_keys(&pcxt->estimator, 5);
	cs_batch_share_estimate(l->b, &pcxt->estimator);
	InitializeParallelDSM(pcxt);
	cs_batch_share(l->b, &here.histories, pcxt->toc, KEY_HISTORIES);
	h = cs_toc_put(pcxt->toc, KEY_HEADER, &here, sizeof(here));
	cs_toc_put(pcxt->toc, KEY_ALLOWED, l->allowed.item, allowed);
	cs_toc_put(pcxt->toc, KEY_PROMOTED, here.known.promoted.item, promoted);
	cs_toc_put(pcxt->toc, KEY_FACTS, here.known.fact, facts);
	queues = cs_toc_put(pcxt->toc, KEY_QUEUES, NULL, room);
	for (int w = 0; w < workers; w++)
		shm_mq_set_receiver(shm_mq_create(queues + (Size) w * QUEUE_BYTES, QUEUE_BYTES), MyProc);
	LaunchParallelWorkers(pcxt);
	open_queues(&g, pcxt, queues);
	gather(&g, h);
	WaitForParallelWorkersToFinish(pcxt);
	DestroyParallelContext(pcxt);
	ExitParallelMode();
}

void
cs_batch_lists_make(cs_batch_lists *l, cs_batch_list_fn fn, void *arg)
{
	bool		pays = l->b->data->customers->n >= WORTHWHILE && l->n <= CHUNK_ITEMS;
	int			workers = cs_spare_processes(pays ? max_parallel_workers_per_gather : 0, cs_batch_share_bytes(l->b));

	if (workers > 0)
		together(l, workers, fn, arg);
	else
		alone(l, fn, arg);
}
