/*
 * env.c - helpers over the host's callbacks.
 */
#include "core/base/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *
cs_alloc_array(cs_env *env, size_t n, size_t size, bool zero)
{
	if (size != 0 && n > SIZE_MAX / 2 / size)
		cs_fail(env, CS_E_LIMIT, "requested memory is too large",
				cs_text(env, "%zu items of %zu bytes were asked for.", n, size), NULL);
	n *= size;
	return env->alloc(env, n > 0 ? n : 1, zero);
}

void *
cs_alloc_grown(cs_env *env, void *old, size_t n, size_t room, size_t size)
{
	void	   *p = cs_alloc_array(env, room, size, false);

	if (n > 0)
		memcpy(p, old, n * size);
	cs_release(env, old);
	return p;
}

void
cs_release(cs_env *env, void *p)
{
	if (p)
		env->release(env, p);
}

char *
cs_text(cs_env *env, const char *fmt,...)
{
	va_list		args;
	int			len;
	char	   *s;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	s = CS_ROOM(env, char, (size_t) (len < 0 ? 0 : len) + 1);
	va_start(args, fmt);
	vsnprintf(s, (size_t) (len < 0 ? 0 : len) + 1, fmt, args);
	va_end(args);
	return s;
}

char *
cs_strdup(cs_env *env, const char *s)
{
	size_t		len = strlen(s) + 1;

	return memcpy(CS_ROOM(env, char, len), s, len);
}

void
cs_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	env->fail(env, class, message, detail, hint);
	abort();					/* fail never returns */
}
