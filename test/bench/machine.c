/*
 * machine.c - what this machine can do, and what another process takes.
 *
 *	peak				ok GFLOPS: fused multiply-adds of floats in registers, one thread
 *	busy SECONDS		ok CORES: processors busy meanwhile, whoever keeps them so
 *	memory PID			most private memory of that process in bytes, from now to its
 *						end; looked at every half millisecond
 */
#include "host.h"

#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define STEPS 4000000L
#define CHAINS 12

/* Twelve chains hide the latency of the instruction. */
#define PEAK(name, isa, type, set, fma, store, lanes) \
	__attribute__((target(isa), noinline)) static float \
	name(void) \
	{ \
		type		a[CHAINS], m = set(0.999999f), c = set(1e-6f); \
		float		out[lanes]; \
		for (int j = 0; j < CHAINS; j++) \
			a[j] = set((float) j); \
		for (long i = 0; i < STEPS; i++) \
			for (int j = 0; j < CHAINS; j++) \
				a[j] = fma(a[j], m, c); \
		for (int j = 1; j < CHAINS; j++) \
			a[0] = fma(a[0], m, a[j]); \
		store(out, a[0]); \
		return out[0]; \
	}
PEAK(peak_avx2, "avx2,fma", __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps, 8)
PEAK(peak_avx512, "avx512f", __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps, 16)
#endif

static volatile float sink;

static void
peak(int words, char **word)
{
	double		best = 0;

	(void) words, (void) word;
#if defined(__x86_64__)
	for (int run = 0; run < 5 && strcmp(host_env.kernel->name, "portable") != 0; run++)
	{
		bool		wide = strcmp(host_env.kernel->name, "avx512") == 0;
		times		start = times_now();
		double		rate;

		sink = wide ? peak_avx512() : peak_avx2();
		rate = 2.0 * (wide ? 16 : 8) * CHAINS * STEPS / times_since(start).cpu / 1e9;
		best = rate > best ? rate : best;
	}
#endif
	printf("ok %.1f\n", best);
}

/* Seconds of all processors that were not idle, so far. */
static double
busy_so_far(void)
{
	FILE	   *f = open_file("/proc/stat", "r");
	double		v[8] = {0};

	if (fscanf(f, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) != 8)
		stop("no statistics of processors");
	fclose(f);
	return (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double) sysconf(_SC_CLK_TCK);
}

static void
busy(int words, char **word)
{
	double		was = busy_so_far();
	times		start = times_now();

	(void) words;
	usleep((useconds_t) (1e6 * atof(word[1])));
	printf("ok %.2f\n", (busy_so_far() - was) / times_since(start).wall);
}

static size_t
private_bytes(const char *path)
{
	char		line[256];
	size_t		kb = 0;
	FILE	   *f = fopen(path, "r");

	if (f == NULL)
		return 0;
	while (kb == 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %zu kB", &kb) == 1)
			break;
	fclose(f);
	return kb << 10;
}

static void
memory(int words, char **word)
{
	char		path[64];
	size_t		most = 0,
				now;

	(void) words;
	snprintf(path, sizeof(path), "/proc/%d/status", atoi(word[1]));
	while ((now = private_bytes(path)) > 0)
	{
		most = now > most ? now : most;
		usleep(500);
	}
	printf("ok %zu\n", most);
}

const command machine_commands[] = {
	{"peak", 1, peak},
	{"busy", 2, busy},
	{"memory", 2, memory},
	{0}
};
