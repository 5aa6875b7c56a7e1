/*
 * harness.h - what the unit tests of src/core stand on: an env over malloc, teams
 * of threads, checks, and the fault sweep.
 *
 * A test file defines   TESTS(name1, name2, ...)   at its end; each name is a
 * function  static void name(cs_env *env).  Every test runs once plainly on each
 * kernel that the CPU has, and then, unless its file says NO_SWEEP, again and
 * again with a failure injected at the 1st, 2nd, 3rd ... callback (allocation or
 * poll): nothing may leak, crash or touch freed memory, which the sanitizers watch.
 */
#ifndef CS_HARNESS_H
#define CS_HARNESS_H

#include "core/base/env.h"
#include "core/base/kernel.h"
#include "core/base/team.h"

#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct test_env
{
	cs_env		env;
	struct block *blocks;		/* everything allocated and not released */
	long		callbacks;		/* so far in this run */
	long		fail_at;		/* 0: never */
	jmp_buf		out;
	bool		injected;
	cs_error_class error;
	char		message[512];
	char		detail[512];
} test_env;

typedef void (*test_fn) (cs_env *env);

extern int	checks_failed;

void		check_at(bool ok, const char *file, int line, const char *what);
void		check_near_at(double a, double b, double tolerance, const char *file, int line, const char *what);

/* Does fn fail with this class and a message that contains text? */
void		check_fails_at(cs_env *env, test_fn fn, cs_error_class class, const char *text, const char *file, int line);

#define CHECK(x) check_at((x), __FILE__, __LINE__, #x)
#define CHECK_NEAR(a, b, tolerance) check_near_at((a), (b), (tolerance), __FILE__, __LINE__, #a " = " #b)
#define CHECK_FAILS(env, fn, class, text) check_fails_at((env), (fn), (class), (text), __FILE__, __LINE__)

/* Run fn as a team of so many threads; each gets its own env and rank. */
typedef void (*team_fn) (cs_env *env, cs_team *team, void *arg);
void		run_team(cs_env *env, int size, size_t arena, team_fn fn, void *arg);

/* A team of one over memory of the env. */
cs_team		solo(cs_env *env, size_t arena);

int			run_tests(const char *file, const test_fn *tests, const char *const *names, int n, bool sweep);

#define TESTS_N(sweep, ...) \
	int main(void) \
	{ \
		const test_fn tests[] = {__VA_ARGS__}; \
		char		list[] = #__VA_ARGS__; \
		const char *names[sizeof(tests) / sizeof(tests[0])]; \
		int			n = 0; \
		for (char *t = strtok(list, ", \n\t"); t; t = strtok(NULL, ", \n\t")) \
			names[n++] = t; \
		return run_tests(__FILE__, tests, names, n, sweep); \
	}
#define TESTS(...) TESTS_N(true, __VA_ARGS__)

/* For tests whose sweep would take too long. */
#define TESTS_NO_SWEEP(...) TESTS_N(false, __VA_ARGS__)

#endif							/* CS_HARNESS_H */
