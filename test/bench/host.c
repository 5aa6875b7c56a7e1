/*
 * host.c - the program around the core (see host.h).
 *
 *	core COMMAND WORDS...		one command
 *	core						commands from standard input, one a line
 *
 * Commands stand in data.c, kmeans.c, itemknn.c, linalg.c, medoids.c, clusters.c, deep.c and
 * machine.c.
 */
#include "host.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#define HUGE_PAGE ((size_t) 2 << 20)

static size_t held,
			held_at_mark,
			most;

/* ---- the env ---- */

/* Large pages where the system gives them to those who ask, as in the extension and in numpy. */
static void *
host_alloc(cs_env *env, size_t bytes, bool zero)
{
	size_t		unit = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : 64;
	void	   *p = aligned_alloc(unit, (bytes + 63) & ~(size_t) 63);
	size_t		now,
				was = __atomic_load_n(&most, __ATOMIC_RELAXED);

	(void) env;
	if (p == NULL)
		stop("out of memory");
	if (unit == HUGE_PAGE)
		(void) madvise(p, bytes & ~(HUGE_PAGE - 1), MADV_HUGEPAGE);
	now = __atomic_add_fetch(&held, malloc_usable_size(p), __ATOMIC_RELAXED);
	while (now > was && !__atomic_compare_exchange_n(&most, &was, now, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return zero ? memset(p, 0, bytes) : p;
}

static void
host_release(cs_env *env, void *p)
{
	(void) env;
	__atomic_sub_fetch(&held, malloc_usable_size(p), __ATOMIC_RELAXED);
	free(p);
}

static void
host_poll(cs_env *env)
{
	(void) env;
}

static void
host_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	(void) env, (void) class, (void) hint;
	fprintf(stderr, "%s %s\n", message, detail ? detail : "");
	exit(1);
}

cs_env		host_env = {.alloc = host_alloc,.release = host_release,.poll = host_poll,.fail = host_fail};

void
memory_mark(void)
{
	most = held_at_mark = held;
}

size_t
memory_peak(void)
{
	return most - held_at_mark;
}

/* ---- clocks ---- */

static double
clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

times
times_now(void)
{
	return (times) {clock_of(CLOCK_PROCESS_CPUTIME_ID), clock_of(CLOCK_MONOTONIC)};
}

times
times_since(times start)
{
	times		now = times_now();

	return (times) {now.cpu - start.cpu, now.wall - start.wall};
}

/* ---- teams of threads ---- */

typedef struct member
{
	cs_team		team;
	pthread_t	thread;
	pthread_barrier_t *meeting;
	team_fn		fn;
	void	   *arg;
} member;

static void
meet(cs_team *team)
{
	pthread_barrier_wait(((member *) team)->meeting);
}

static void *
work(void *arg)
{
	member	   *m = arg;

	m->fn(&host_env, &m->team, m->arg);
	return NULL;
}

times
run_team(int size, size_t arena, team_fn fn, void *arg)
{
	times		start = times_now();
	char	   *room = CS_NEW(&host_env, char, arena);
	member		m[64] = {0};
	pthread_barrier_t meeting;

	if (size < 1 || size > 64)
		stop("a team has 1 to 64 members");
	pthread_barrier_init(&meeting, NULL, (unsigned) size);
	for (int r = size - 1; r >= 0; r--)
	{
		m[r].team = (cs_team) {r, size, meet, room, arena, 0};
		m[r].meeting = &meeting;
		m[r].fn = fn;
		m[r].arg = arg;
		if (r > 0 && pthread_create(&m[r].thread, NULL, work, &m[r]) != 0)
			stop("no thread to be had");
	}
	work(&m[0]);
	for (int r = 1; r < size; r++)
		pthread_join(m[r].thread, NULL);
	cs_release(&host_env, room);
	return times_since(start);
}

/* ---- random numbers ---- */

double
draw_normal(cs_rng *rng)
{
	return sqrt(-2 * log(1 - cs_rng_unit(rng))) * cos(2 * 3.14159265358979323846 * cs_rng_unit(rng));
}

int
draw_share(const double *cdf, int n, double u)
{
	int			low = 0,
				high = n - 1;

	while (low < high)
	{
		int			mid = (low + high) / 2;

		if (cdf[mid] > u)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

void
cumulate(double *share, int n)
{
	double		sum = 0,
				all = 0;

	for (int i = 0; i < n; i++)
		all += share[i];
	for (int i = 0; i < n; i++)
		share[i] = (sum += share[i]) / all;
}

/* ---- files ---- */

FILE *
open_file(const char *path, const char *mode)
{
	FILE	   *f = strcmp(path, "-") == 0 ? stdout : fopen(path, mode);

	if (f == NULL)
	{
		perror(path);
		exit(1);
	}
	return f;
}

void
close_file(FILE *f)
{
	if (ferror(f) || fflush(f) != 0 || (f != stdout && fclose(f) != 0))
		stop("a file could not be written");
}

/* ---- commands ---- */

void
stop(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void
run(int words, char **word)
{
	const command *const tables[] = {data_commands, kmeans_commands, itemknn_commands, reco_commands, machine_commands,
		linalg_commands, medoids_commands, clusters_commands, deep_commands};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const command *c = tables[t]; c->name; c++)
			if (strcmp(c->name, word[0]) == 0)
			{
				if (words < c->least)
					stop("a command lacks words");
				c->run(words, word);
				return;
			}
	stop("unknown command");
}

int
main(int argc, char **argv)
{
	char		line[4096];

	host_env.kernel = cs_kernel_find("auto");
	if (argc > 1)
	{
		run(argc - 1, argv + 1);
		return 0;
	}
	while (fgets(line, sizeof(line), stdin))
	{
		char	   *word[16] = {NULL};
		int			words = 0;

		for (char *w = strtok(line, " \n"); w && words < 15; w = strtok(NULL, " \n"))
			word[words++] = w;
		if (words > 0)
			run(words, word);
		fflush(stdout);
	}
	return 0;
}

cs_raw_events
read_events(const char *path)
{
	cs_raw_events raw = {0};
	int64_t		head[3];
	int32_t    *pair;
	FILE	   *f = open_file(path, "rb");

	if (fread(head, sizeof(int64_t), 3, f) != 3)
		stop("the file of events is short");
	raw.customers = (int) head[0];
	raw.items = (int) head[1];
	raw.n = (size_t) head[2];
	pair = CS_ROOM(&host_env, int32_t, 2 * raw.n);
	if (fread(pair, sizeof(int32_t), 2 * raw.n, f) != 2 * raw.n)
		stop("the file of events is short");
	fclose(f);
	raw.customer = pair;
	raw.item = pair + raw.n;
	return raw;
}
