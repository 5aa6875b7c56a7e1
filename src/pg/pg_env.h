/*
 * pg_env.h - the core's env over PostgreSQL: memory contexts, interrupts, ereport.
 */
#ifndef CS_PG_ENV_H
#define CS_PG_ENV_H

#include "postgres.h"

#include "core/base/env.h"
#include "pg/compat.h"

/* An env whose memory is a context's; it goes with the context. */
extern cs_env *cs_pg_env(MemoryContext cxt);

/* The context of such an env. */
extern MemoryContext cs_pg_env_context(cs_env *env);

#endif							/* CS_PG_ENV_H */
