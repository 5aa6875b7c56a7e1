/*
 * env.h - the one door between the core and its host.
 *
 * Core code never sees PostgreSQL.  Everything it needs from outside comes
 * through a cs_env that the caller passes as first argument: memory, a place
 * to notice cancellation, a way to fail, a way to say how far it is.
 *
 * The callbacks alloc, poll and fail may not return (the backend's do
 * longjmp).  That is safe because core code owns nothing but memory of the
 * env, which the host frees as a whole.
 */
#ifndef CS_ENV_H
#define CS_ENV_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Error classes; the host maps each to one SQLSTATE (src/pg/pg_env.c). */
typedef enum cs_error_class
{
	CS_E_PARAM,					/* a setting is wrong: 22023 */
	CS_E_DATA,					/* the rows are unusable: 22000 */
	CS_E_LIMIT,					/* too much for a limit: 54000 */
	CS_E_NUMERIC,				/* a number left its range: 22003 */
	CS_E_INTERNAL				/* a bug of ours: XX000 */
} cs_error_class;

/* What long work is doing, for progress displays; names in src/pg/progress.c. */
typedef enum cs_phase
{
	CS_PHASE_READ = 1,			/* rows from the source */
	CS_PHASE_PREPARE,			/* sort, fit and apply transforms */
	CS_PHASE_SEED,				/* starting centres */
	CS_PHASE_FIT,				/* passes of the algorithm */
	CS_PHASE_EVALUATE,			/* quality, choice of k, stability */
	CS_PHASE_PROFILE,			/* description of the segments */
	CS_PHASE_WRITE,				/* members */
	CS_PHASE_RECOMMEND			/* lists of customers */
} cs_phase;

struct cs_kernel;

typedef struct cs_env cs_env;
struct cs_env
{
	/* At least 64-byte aligned; never NULL. */
	void	   *(*alloc) (cs_env *env, size_t bytes, bool zero);
	void		(*release) (cs_env *env, void *p);

	/* Called at least every few milliseconds of work. */
	void		(*poll) (cs_env *env);

	/* Cheap; the host decides how often to show it. total 0 = unknown. */
	void		(*progress) (cs_env *env, cs_phase phase, int64_t done, int64_t total);

	/* detail and hint are whole sentences or NULL. */
	void		(*fail) (cs_env *env, cs_error_class class, const char *message,
						 const char *detail, const char *hint);

	/* The vector code that this CPU runs best (base/kernel.h). */
	const struct cs_kernel *kernel;
};

/* n objects of a type, zeroed or not; fails with CS_E_LIMIT when n * size overflows */
#define CS_NEW(env, type, n) ((type *) cs_alloc_array((env), (n), sizeof(type), true))
#define CS_ROOM(env, type, n) ((type *) cs_alloc_array((env), (n), sizeof(type), false))

void	   *cs_alloc_array(cs_env *env, size_t n, size_t size, bool zero);

/* Room for more objects than the n that stand at old (NULL: none), which move there. */
void	   *cs_alloc_grown(cs_env *env, void *old, size_t n, size_t room, size_t size);
void		cs_release(cs_env *env, void *p);

/* printf into env memory, for messages and details */
char	   *cs_text(cs_env *env, const char *fmt,...) __attribute__((format(printf, 2, 3)));
char	   *cs_strdup(cs_env *env, const char *s);

void		cs_fail(cs_env *env, cs_error_class class, const char *message,
					const char *detail, const char *hint) __attribute__((noreturn));

static inline void
cs_poll(cs_env *env)
{
	env->poll(env);
}

static inline void
cs_progress(cs_env *env, cs_phase phase, int64_t done, int64_t total)
{
	if (env->progress)
		env->progress(env, phase, done, total);
}

#endif							/* CS_ENV_H */
