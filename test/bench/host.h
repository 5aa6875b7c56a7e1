/*
 * host.h - what the core needs of the program that measures it: memory that is
 * counted, clocks, threads; and the commands that the program answers to.
 */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include "core/base/kernel.h"
#include "core/base/rng.h"
#include "core/base/team.h"
#include "core/reco/events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Processor time of all threads, and time by the clock. */
typedef struct times
{
	double		cpu;
	double		wall;
} times;

extern cs_env host_env;

times		times_now(void);
times		times_since(times start);

/* Most bytes held at a time since the last call of memory_mark, beyond those held then. */
void		memory_mark(void);
size_t		memory_peak(void);

/* Run fn as a team of so many threads over a fresh arena; the arena is part of the time. */
typedef void (*team_fn) (cs_env *env, cs_team *team, void *arg);
times		run_team(int size, size_t arena, team_fn fn, void *arg);

/* A number with the standard normal distribution. */
double		draw_normal(cs_rng *rng);

/* Number of the first cumulated share above u. */
int			draw_share(const double *cdf, int n, double u);
void		cumulate(double *share, int n);

FILE	   *open_file(const char *path, const char *mode);
void		close_file(FILE *f);

/* Events of a file: customers, items and n as 64-bit integers, then the customer of each, then the item, 32 bits. */
cs_raw_events read_events(const char *path);

/*
 * Commands: a line of words comes in, a line "ok ..." goes out.  Those of argv
 * run once and end.
 */
typedef void (*command_fn) (int words, char **word);

typedef struct command
{
	const char *name;
	int			least;			/* words needed, the name included */
	command_fn	run;
} command;

extern const command data_commands[];
extern const command kmeans_commands[];
extern const command itemknn_commands[];
extern const command reco_commands[];
extern const command machine_commands[];
extern const command linalg_commands[];
extern const command medoids_commands[];
extern const command clusters_commands[];
extern const command deep_commands[];

void		stop(const char *what) __attribute__((noreturn));

#endif							/* BENCH_HOST_H */
