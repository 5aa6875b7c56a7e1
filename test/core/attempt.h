/*
 * attempt.h - run something that may fail, and say whether it did.
 */
#ifndef TEST_ATTEMPT_H
#define TEST_ATTEMPT_H

#include "core/base/env.h"

#include <setjmp.h>
#include <stdio.h>

#define ATTEMPT_BLOCKS 4096

/* An env whose memory is given back when the attempt is over. */
typedef struct attempt
{
	cs_env		env;
	cs_env	   *host;
	void	   *block[ATTEMPT_BLOCKS];
	int			blocks;
	int			left;			/* blocks that were not released when it ended */
	jmp_buf		out;
	cs_error_class error;
	char		message[256];
	char		detail[256];
} attempt;

static void *
attempt_alloc(cs_env *env, size_t bytes, bool zero)
{
	attempt    *a = (attempt *) env;
	void	   *p = a->host->alloc(a->host, bytes, zero);

	/* more are kept until the host frees them */
	if (a->blocks < ATTEMPT_BLOCKS)
		a->block[a->blocks++] = p;
	return p;
}

static void
attempt_release(cs_env *env, void *p)
{
	attempt    *a = (attempt *) env;

	for (int i = a->blocks - 1; i >= 0; i--)
		if (a->block[i] == p)
		{
			a->block[i] = a->block[--a->blocks];
			break;
		}
	a->host->release(a->host, p);
}

static void
attempt_poll(cs_env *env)
{
	attempt    *a = (attempt *) env;

	a->host->poll(a->host);
}

static void
attempt_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	attempt    *a = (attempt *) env;

	(void) hint;
	a->error = class;
	snprintf(a->message, sizeof(a->message), "%s", message);
	snprintf(a->detail, sizeof(a->detail), "%s", detail ? detail : "");
	longjmp(a->out, 1);
}

/* Does fn(env, arg) run to its end?  If not, a says why. */
static inline bool
attempt_run(attempt *a, cs_env *host, void (*fn) (cs_env *, void *), void *arg)
{
	a->env = (cs_env) {attempt_alloc, attempt_release, attempt_poll, NULL, attempt_fail, host->kernel};
	a->host = host;
	a->blocks = 0;
	a->message[0] = a->detail[0] = 0;
	if (setjmp(a->out) == 0)
		fn(&a->env, arg);
	a->left = a->blocks;
	while (a->blocks > 0)
		host->release(host, a->block[--a->blocks]);
	return a->message[0] == 0;
}

#endif							/* TEST_ATTEMPT_H */
