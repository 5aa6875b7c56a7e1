/*
 * harness.c - env over malloc with fault injection, teams of threads (harness.h).
 */
#include "harness.h"

#include <pthread.h>

typedef struct block
{
	struct block *next;
	struct block **at;			/* what points here */
	void	   *base;
}			block;

int			checks_failed;
static int	checks_done;

/* ---- env ---- */

static void
count_callback(test_env *t)
{
	if (++t->callbacks == t->fail_at)
	{
		t->injected = true;
		longjmp(t->out, 1);
	}
}

static void *
test_alloc(cs_env *env, size_t bytes, bool zero)
{
	test_env   *t = (test_env *) env;
	char	   *base;
	block	   *b;

	count_callback(t);
	base = malloc(bytes + 64 + sizeof(block));
	if (base == NULL)
		abort();
	b = (block *) ((((size_t) base + sizeof(block) + 63) & ~(size_t) 63) - sizeof(block));
	b->base = base;
	b->next = t->blocks;
	b->at = &t->blocks;
	if (b->next)
		b->next->at = &b->next;
	t->blocks = b;
	/* not zeroed means not zero: rubbish shows who relies on it */
	memset(b + 1, zero ? 0 : 0xA5, bytes);
	return b + 1;
}

static void
test_release(cs_env *env, void *p)
{
	block	   *b = (block *) p - 1;

	(void) env;
	*b->at = b->next;
	if (b->next)
		b->next->at = b->at;
	free(b->base);
}

static void
test_poll(cs_env *env)
{
	count_callback((test_env *) env);
}

static void
test_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	test_env   *t = (test_env *) env;

	(void) hint;
	t->error = class;
	snprintf(t->message, sizeof(t->message), "%s", message);
	snprintf(t->detail, sizeof(t->detail), "%s", detail ? detail : "");
	longjmp(t->out, 2);
}

static void
env_init(test_env *t, const cs_kernel *kernel)
{
	memset(t, 0, sizeof(*t));
	t->env.alloc = test_alloc;
	t->env.release = test_release;
	t->env.poll = test_poll;
	t->env.fail = test_fail;
	t->env.kernel = kernel;
}

static void
env_free(test_env *t)
{
	while (t->blocks)
		test_release(&t->env, t->blocks + 1);
}

/* ---- checks ---- */

void
check_at(bool ok, const char *file, int line, const char *what)
{
	checks_done++;
	if (!ok)
	{
		checks_failed++;
		printf("%s:%d: failed: %s\n", file, line, what);
	}
}

void
check_near_at(double a, double b, double tolerance, const char *file, int line, const char *what)
{
	bool		ok = fabs(a - b) <= tolerance || (isnan(a) && isnan(b)) || a == b;

	check_at(ok, file, line, what);
	if (!ok)
		printf("    %.17g is not %.17g within %g\n", a, b, tolerance);
}

void
check_fails_at(cs_env *env, test_fn fn, cs_error_class class, const char *text, const char *file, int line)
{
	test_env	t;

	env_init(&t, env->kernel);
	switch (setjmp(t.out))
	{
		case 0:
			fn(&t.env);
			check_at(false, file, line, "it should have failed");
			break;
		default:
			check_at(t.error == class, file, line, "class of the error");
			check_at(strstr(t.message, text) != NULL, file, line, text);
			if (strstr(t.message, text) == NULL)
				printf("    the message was: %s\n", t.message);
	}
	env_free(&t);
}

/* ---- teams ---- */

typedef struct member
{
	cs_team		team;
	test_env	env;
	pthread_barrier_t *meet;
	team_fn		fn;
	void	   *arg;
	pthread_t	thread;
} member;

static void
meet(cs_team *team)
{
	pthread_barrier_wait(((member *) team)->meet);
}

static void *
work(void *arg)
{
	member	   *m = arg;

	if (setjmp(m->env.out) == 0)
		m->fn(&m->env.env, &m->team, m->arg);
	else
	{
		printf("a member of a team failed: %s %s\n", m->env.message, m->env.detail);
		abort();
	}
	return NULL;
}

void
run_team(cs_env *env, int size, size_t arena, team_fn fn, void *arg)
{
	void	   *shared = CS_NEW(env, char, arena);
	member	   *m = CS_NEW(env, member, (size_t) size);
	pthread_barrier_t *barrier = CS_NEW(env, pthread_barrier_t, 1);

	pthread_barrier_init(barrier, NULL, (unsigned) size);
	for (int r = 0; r < size; r++)
	{
		m[r].team = (cs_team) {r, size, meet, shared, arena, 0};
		env_init(&m[r].env, env->kernel);
		m[r].meet = barrier;
		m[r].fn = fn;
		m[r].arg = arg;
		if (pthread_create(&m[r].thread, NULL, work, &m[r]) != 0)
			abort();
	}
	for (int r = 0; r < size; r++)
	{
		pthread_join(m[r].thread, NULL);
		env_free(&m[r].env);
	}
	pthread_barrier_destroy(barrier);
	cs_release(env, shared);
	cs_release(env, m);
	cs_release(env, barrier);
}

cs_team
solo(cs_env *env, size_t arena)
{
	return (cs_team) {0, 1, NULL, (char *) CS_NEW(env, char, arena), arena, 0};
}

/* ---- running ---- */

/* Returns false when the test ran to its end. */
static bool
run_once(test_fn test, const cs_kernel *kernel, long fail_at)
{
	static test_env t;
	bool		injected;

	env_init(&t, kernel);
	t.fail_at = fail_at;
	if (setjmp(t.out) == 2)
	{
		checks_failed++;
		printf("unexpected error: %s %s\n", t.message, t.detail);
	}
	else if (t.callbacks == 0)
		test(&t.env);
	injected = t.injected;
	env_free(&t);
	return injected;
}

static long
sweep_test(test_fn test, const cs_kernel *kernel)
{
	long		at = 1;

	/* every callback at first, then ever fewer: tests make thousands */
	while (run_once(test, kernel, at))
		at += 1 + at / 40;
	return at;
}

int
run_tests(const char *file, const test_fn *tests, const char *const *names, int n, bool sweep)
{
	static const char *const kernels[] = {"portable", "avx2", "avx512"};
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	int			failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < n; i++)
	{
		int			before = checks_failed;
		long		swept = 0;

		for (int k = 0; k < 3; k++)
			if (cs_kernel_find(kernels[k]))
			{
				run_once(tests[i], cs_kernel_find(kernels[k]), 0);
				if (sweep && k == 0)
					swept = sweep_test(tests[i], cs_kernel_find(kernels[k]));
			}
		failed += checks_failed > before;
		printf("%s %s: %s", checks_failed > before ? "not ok" : "ok", base, names[i]);
		if (swept)
			printf(" (faults at %ld places)", swept);
		printf("\n");
	}
	if (checks_done == 0)
		printf("not ok %s: no check was made\n", base);
	return failed > 0 || checks_done == 0;
}
