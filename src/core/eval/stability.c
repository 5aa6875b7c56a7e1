/*
 * stability.c - samples and comparison of clusterings (see stability.h).
 */
#include "core/eval/stability.h"

#include <math.h>
#include <string.h>

/* Rows between polls. */
#define POLL_ROWS 65536

/* A range of so many rows is drawn by counting; a larger one is cut in so many parts. */
#define LEAF_ROWS 4096
#define PARTS 256

void
cs_overlap(cs_env *env, const int32_t *a, int ka, const int32_t *b, int kb, size_t n, double *overlap)
{
	memset(overlap, 0, sizeof(double) * (size_t) ka * (size_t) kb);
	for (size_t i = 0; i < n; i++)
	{
		if (a[i] >= 0 && a[i] < ka && b[i] >= 0 && b[i] < kb)
			overlap[(size_t) a[i] * (size_t) kb + (size_t) b[i]]++;
		if (i % POLL_ROWS == 0)
			cs_poll(env);
	}
}

void
cs_jaccard_best(cs_env *env, const int32_t *a, int ka, const int32_t *b, int kb, size_t n, double *best)
{
	double	   *overlap = CS_ROOM(env, double, (size_t) ka * (size_t) kb),
			   *size_a = CS_NEW(env, double, (size_t) ka),
			   *size_b = CS_NEW(env, double, (size_t) kb);

	cs_overlap(env, a, ka, b, kb, n, overlap);
	for (size_t i = 0; i < n; i++)
		if (a[i] >= 0 && a[i] < ka)
			size_a[a[i]]++;
	for (int i = 0; i < ka; i++)
		for (int j = 0; j < kb; j++)
			size_b[j] += overlap[(size_t) i * (size_t) kb + (size_t) j];
	for (int i = 0; i < ka; i++)
	{
		const double *common = overlap + (size_t) i * (size_t) kb;

		best[i] = size_a[i] > 0 ? 0 : NAN;
		for (int j = 0; j < kb && size_a[i] > 0; j++)
			best[i] = fmax(best[i], common[j] / (size_a[i] + size_b[j] - common[j]));
	}
	cs_release(env, overlap);
	cs_release(env, size_a);
	cs_release(env, size_b);
}

const char *
cs_stability_verdict(double jaccard)
{
	if (isnan(jaccard))
		return "unknown";
	if (jaccard > 0.85)
		return "highly stable";
	if (jaccard > 0.75)
		return "stable";
	return jaccard >= 0.6 ? "doubtful" : "unstable";
}

/*
 * draws rows of a range, ascending.  How often each part of the range is hit is
 * drawn first; within a part, the hits are independent again.  Depth 3 is enough
 * for all 32-bit row numbers.
 */
static uint32_t *
draw_range(cs_env *env, cs_rng *rng, size_t from, size_t rows, size_t draws, uint32_t *out)
{
	if (rows <= LEAF_ROWS)
	{
		uint32_t	hits[LEAF_ROWS] = {0};

		for (; draws > 0; draws--)
			hits[cs_rng_below(rng, rows)]++;
		for (size_t i = 0; i < rows; i++)
			for (; hits[i] > 0; hits[i]--)
				*out++ = (uint32_t) (from + i);
		cs_poll(env);
	}
	else
	{
		size_t		hits[PARTS] = {0},
					width = (rows + PARTS - 1) / PARTS;

		for (; draws > 0; draws--)
		{
			hits[cs_rng_below(rng, rows) / width]++;
			if (draws % POLL_ROWS == 0)
				cs_poll(env);
		}
		for (size_t p = 0; p * width < rows; p++)
			out = draw_range(env, rng, from + p * width, rows - p * width < width ? rows - p * width : width,
							 hits[p], out);
	}
	return out;
}

void
cs_bootstrap_pick(cs_env *env, cs_rng *rng, size_t n, uint32_t *pick)
{
	if (n > 0)
		draw_range(env, rng, 0, n, n, pick);
}

/* Selection sampling: D. Knuth, The Art of Computer Programming, 3.4.2, algorithm S, with two samples. */
void
cs_half_picks(cs_env *env, cs_rng *rng, size_t n, size_t m, uint32_t *a, uint32_t *b)
{
	size_t		left_a = m,
				left_b = m;

	for (size_t i = 0; i < n && left_a + left_b > 0; i++)
	{
		uint64_t	r = cs_rng_below(rng, n - i);

		if (r < left_a)
			a[m - left_a--] = (uint32_t) i;
		else if (r < left_a + left_b)
			b[m - left_b--] = (uint32_t) i;
		if (i % POLL_ROWS == 0)
			cs_poll(env);
	}
}
