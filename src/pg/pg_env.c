/*
 * pg_env.c - memory, cancellation and errors of the core in a backend.
 */
#include "pg/pg_env.h"

#include <sys/mman.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "core/base/kernel.h"
#include "pg/guc.h"
#include "pg/progress.h"

typedef struct pg_env
{
	cs_env		env;
	MemoryContext cxt;
} pg_env;

#define ALIGNMENT 64
#define HUGE_PAGE ((size_t) 2 << 20)

/*
 * Large pages for large memory, where the system gives them to those who ask: far
 * fewer faults while it is filled, and fewer misses of address translation.
 */
static void
advise(char *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
	char	   *from = (char *) TYPEALIGN(HUGE_PAGE, p),
			   *to = (char *) TYPEALIGN_DOWN(HUGE_PAGE, p + bytes);

	if (bytes >= 2 * HUGE_PAGE && to > from)
		(void) madvise(from, to - from, MADV_HUGEPAGE);
#endif
}

/* The address that palloc gave stands right before the aligned one. */
static void *
env_alloc(cs_env *env, size_t bytes, bool zero)
{
	MemoryContext cxt = ((pg_env *) env)->cxt;
	char	   *raw,
			   *p;

	if (bytes > MaxAllocHugeSize - ALIGNMENT - sizeof(char *))
		cs_fail(env, CS_E_LIMIT, "requested memory is too large", NULL, NULL);
	raw = MemoryContextAllocExtended(cxt, bytes + ALIGNMENT + sizeof(char *), MCXT_ALLOC_HUGE);
	p = (char *) TYPEALIGN(ALIGNMENT, raw + sizeof(char *));
	((char **) p)[-1] = raw;
	advise(p, bytes);
	return zero ? memset(p, 0, bytes) : p;
}

static void
env_release(cs_env *env, void *p)
{
	pfree(((char **) p)[-1]);
}

static void
env_poll(cs_env *env)
{
	CHECK_FOR_INTERRUPTS();
}

static int
sqlstate(cs_error_class class)
{
	switch (class)
	{
		case CS_E_PARAM:
			return ERRCODE_INVALID_PARAMETER_VALUE;
		case CS_E_DATA:
			return ERRCODE_DATA_EXCEPTION;
		case CS_E_LIMIT:
			return ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		case CS_E_NUMERIC:
			return ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE;
		case CS_E_INTERNAL:
			break;
	}
	return ERRCODE_INTERNAL_ERROR;
}

static void
env_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(sqlstate(class)),
			 errmsg("%s", message),
			 detail ? errdetail("%s", detail) : 0,
			 hint ? errhint("%s", hint) : 0));
}

cs_env *
cs_pg_env(MemoryContext cxt)
{
	pg_env	   *e = MemoryContextAllocZero(cxt, sizeof(pg_env));

	e->env.alloc = env_alloc;
	e->env.release = env_release;
	e->env.poll = env_poll;
	e->env.progress = cs_progress_report;
	e->env.fail = env_fail;
	e->env.kernel = cs_guc_kernel();
	e->cxt = cxt;
	return &e->env;
}

MemoryContext
cs_pg_env_context(cs_env *env)
{
	return ((pg_env *) env)->cxt;
}
