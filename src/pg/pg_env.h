/*
 * pg_env.h - the core's env over PostgreSQL: memory contexts, interrupts, ereport.
 */
#ifndef CS_PG_ENV_H
#define CS_PG_ENV_H

#include "postgres.h"

#include "miscadmin.h"

#include "core/base/env.h"
#include "pg/compat.h"

/* An env whose memory is a context's; it goes with the context. */
extern cs_env *cs_pg_env(MemoryContext cxt);

/*
 * For comparisons of sorts that may be long: a look for interrupts now and then.  The
 * server's sort takes none, and what it sorts is memory that an error frees.
 */
static inline void
cs_sort_poll(void)
{
	static uint32 compared = 0;

	if ((++compared & 0xffff) == 0)
		CHECK_FOR_INTERRUPTS();
}

/* The context of such an env. */
extern MemoryContext cs_pg_env_context(cs_env *env);

#endif							/* CS_PG_ENV_H */
