/*
 * kernel_impl.h - the kernels, written once over a handful of vector macros.
 *
 * The including file defines the lanes W, the centres per register block KB and
 * the V_* operations.  A tile of CS_LANES rows is worked through in subtiles of
 * two vectors: 2 W rows x KB centres are in flight, which hides the latency of
 * the multiply-adds and reads each value of a centre once for two vectors.
 *
 * Not a header in the usual sense: one inclusion defines one cs_kernel.
 */
#include "core/base/kernel.h"

#include <math.h>
#include <string.h>

#define SUB (2 * W)				/* rows of a subtile */
#define FN static TARGET
#define INLINE static inline TARGET __attribute__((always_inline))

/* Kept out of line: in the hot loops, sums must not compete for registers with it. */
#define OUTLINE static TARGET __attribute__((noinline))
#define HUGE_SCORE 3.0e38f

/*
 * Scores of a subtile against n centres of a block: a[b][v] = h[b] - x.c_b.
 * Features are added in order, so every instruction set rounds alike.  n is a
 * constant where this is inlined: all sums stay in registers.
 */
INLINE void
block_scores(const float *x, const float *c, const float *h, int d, int n, VF a[][2])
{
	for (int b = 0; b < n; b++)
		a[b][0] = a[b][1] = V_SET1(h[b]);
	for (const float *end = c + (size_t) d * KB; c < end; c += KB, x += CS_LANES)
	{
		VF			x0 = V_LOAD(x),
					x1 = V_LOAD(x + W);

		for (int b = 0; b < n; b++)
		{
			VF			cc = V_SET1(c[b]);

			a[b][0] = V_FNMA(x0, cc, a[b][0]);
			a[b][1] = V_FNMA(x1, cc, a[b][1]);
		}
	}
}

/* Fold n scores of centres j, j + 1, ... into the best so far. */
INLINE void
keep_best(VF a[][2], int n, int j, VF best[2], VI label[2])
{
	for (int b = 0; b < n; b++)
		for (int v = 0; v < 2; v++)
		{
			MASK		m = V_LT(a[b][v], best[v]);

			best[v] = V_SEL(m, a[b][v], best[v]);
			label[v] = VI_SEL(m, VI_SET1(j + b), label[v]);
		}
}

/* Nearest centre of each row of a subtile; ties go to the lower number. */
INLINE void
subtile_nearest(const float *x, const cs_packed *p, VI label[2], VF *score)
{
	VF			best[2] = {V_SET1(HUGE_SCORE), V_SET1(HUGE_SCORE)};
	int			j = 0;

	label[0] = label[1] = VI_SET1(0);
	for (; p->k - j > KB / 2; j += KB)
	{
		VF			a[KB][2];

		block_scores(x, p->c + (size_t) j * p->d, p->h + j, p->d, KB, a);
		keep_best(a, KB, j, best, label);
	}
	if (j < p->k)
	{
		/* a last block that is mostly padding costs half */
		VF			a[KB / 2][2];

		block_scores(x, p->c + (size_t) j * p->d, p->h + j, p->d, KB / 2, a);
		keep_best(a, KB / 2, j, best, label);
	}
	if (score)
	{
		score[0] = best[0];
		score[1] = best[1];
	}
}

/* Move a lane of a tile from one centre's running sum to another's. */
INLINE void
move_row(const float *x, int d, double w, int from, int to, double *sum, double *count)
{
	double	   *in = sum + (size_t) to * d,
			   *out = from >= 0 ? sum + (size_t) from * d : NULL;
	int			f = 0;

	count[to] += w;
	if (from >= 0)
		count[from] -= w;
#ifdef MOVE_8
	for (; f + 8 <= d; f += 8)
		MOVE_8(x + f * CS_LANES, w, in + f, from >= 0 ? out + f : NULL);
#endif
	for (; f < d; f++)
	{
		double		v = w * (double) x[f * CS_LANES];

		in[f] += v;
		if (from >= 0)
			out[f] -= v;
	}
}

/* Take over the labels of n rows where they differ; returns how many do. */
OUTLINE size_t
relabel(const cs_run *run, size_t at, const int32_t *now, unsigned differ, int32_t *label, double *sum, double *count)
{
	const float *x = run->tiles + at / CS_LANES * CS_LANES * (size_t) run->d + at % CS_LANES;
	size_t		changed = 0;

	for (; differ != 0; differ &= differ - 1)
	{
		int			i = __builtin_ctz(differ);

		move_row(x + i, run->d, run->weight ? (double) run->weight[at + i] : 1.0, label[at + i], now[i], sum, count);
		label[at + i] = now[i];
		changed++;
	}
	return changed;
}

/* The bits of n rows from at that exist. */
INLINE unsigned
existing(const cs_run *run, size_t at)
{
	return run->rows - at < 32 ? (1u << (run->rows - at)) - 1 : ~0u;
}

/*
 * Ask for the tile that comes next while this one is worked on.  Tiles are
 * pages apart, where the hardware's own prefetching stops.  Asking for memory
 * behind the last tile is harmless.
 */
INLINE void
prefetch_tile(const float *x, int d)
{
	for (int f = 0; f < d * CS_LANES; f += 16)
		__builtin_prefetch(x + f);
}

FN size_t
lloyd(const cs_run *run, const cs_packed *p, int32_t *label, double *sum, double *count)
{
	size_t		changed = 0;
	int			d = p->d;

	for (size_t at = 0; at < run->rows; at += SUB)
	{
		const float *x = run->tiles + at / CS_LANES * CS_LANES * (size_t) d + at % CS_LANES;
		unsigned	differ;
		VI			now[2];

		if (at % CS_LANES == 0)
			prefetch_tile(x + (size_t) d * CS_LANES, d);
		subtile_nearest(x, p, now, NULL);
		differ = (VI_DIFFER(now[0], VI_LOAD(label + at)) |
				  VI_DIFFER(now[1], VI_LOAD(label + at + W)) << W) & existing(run, at);
		if (differ != 0)
		{
			int32_t		to[SUB] __attribute__((aligned(64)));

			VI_STORE(to, now[0]);
			VI_STORE(to + W, now[1]);
			changed += relabel(run, at, to, differ, label, sum, count);
		}
	}
	return changed;
}

/* Sum of the lanes of a tile in a fixed order: halves onto halves. */
INLINE float
tile_sum(float *v)
{
	for (int half = CS_LANES / 2; half > 0; half /= 2)
		for (int i = 0; i < half; i++)
			v[i] += v[i + half];
	return v[0];
}

/* |x|^2 of each row of a tile. */
OUTLINE void
tile_norms(const float *x, int d, float *norm)
{
	prefetch_tile(x + (size_t) d * CS_LANES, d);
	for (int v = 0; v < CS_LANES; v += W)
	{
		VF			s = V_SET1(0);

		for (int f = 0; f < d; f++)
			s = V_FMA(V_LOAD(x + f * CS_LANES + v), V_LOAD(x + f * CS_LANES + v), s);
		V_STORE(norm + v, s);
	}
}

FN double
inertia(const cs_run *run, const cs_packed *p)
{
	double		total = 0;

	for (size_t at = 0; at < run->rows; at += CS_LANES)
	{
		const float *x = run->tiles + at * (size_t) run->d;
		float		sse[CS_LANES] __attribute__((aligned(64)));

		tile_norms(x, run->d, sse);
		for (int s = 0; s < CS_LANES; s += SUB)
		{
			VI			label[2];
			VF			best[2];

			subtile_nearest(x + s, p, label, best);
			for (int v = 0; v < 2; v++)
			{
				VF			z = V_LOAD(sse + s + v * W) + best[v] + best[v];

				V_STORE(sse + s + v * W, V_SEL(V_LT(z, V_SET1(0)), V_SET1(0), z));
			}
		}
		for (int i = 0; i < CS_LANES; i++)
			if (at + i >= run->rows)
				sse[i] = 0;
			else if (run->weight)
				sse[i] *= run->weight[at + i];
		total += (double) tile_sum(sse);
	}
	return total;
}

#include "core/base/kernel_pruned_impl.h"

/* The two nearest centres of a subtile, kept sorted while scores come in. */
INLINE void
subtile_nearest2(const float *x, const cs_packed *p, VF best[2], VF second[2], VI label[2], VI label2[2])
{
	for (int v = 0; v < 2; v++)
	{
		best[v] = second[v] = V_SET1(HUGE_SCORE);
		label[v] = label2[v] = VI_SET1(-1);
	}
	for (int j = 0; j < p->k; j += KB)
	{
		VF			a[KB][2];
		int			width = p->k - j < KB ? p->k - j : KB;

		block_scores(x, p->c + (size_t) j * p->d, p->h + j, p->d, KB, a);
		for (int b = 0; b < width; b++)
			for (int v = 0; v < 2; v++)
			{
				MASK		m1 = V_LT(a[b][v], best[v]),
							m2 = V_LT(a[b][v], second[v]);
				VI			jj = VI_SET1(j + b);

				second[v] = V_SEL(m1, best[v], V_SEL(m2, a[b][v], second[v]));
				label2[v] = VI_SEL(m1, label[v], VI_SEL(m2, jj, label2[v]));
				best[v] = V_SEL(m1, a[b][v], best[v]);
				label[v] = VI_SEL(m1, jj, label[v]);
			}
	}
}

FN void
nearest2(const cs_run *run, const cs_packed *p, const cs_near2 *out)
{
	int			d = p->d;

	for (size_t at = 0; at < run->rows; at += SUB)
	{
		const float *x = run->tiles + at / CS_LANES * CS_LANES * (size_t) d + at % CS_LANES;
		VF			best[2],
					second[2],
					norm[2] = {V_SET1(0), V_SET1(0)};
		VI			label[2],
					label2[2];

		for (int f = 0; f < d; f++)
			for (int v = 0; v < 2; v++)
			{
				VF			z = V_LOAD(x + f * CS_LANES + v * W);

				norm[v] = V_FMA(z, z, norm[v]);
			}
		subtile_nearest2(x, p, best, second, label, label2);
		for (int v = 0; v < 2; v++)
		{
			V_STORE(out->best + at + v * W, best[v]);
			V_STORE(out->second + at + v * W, second[v]);
			V_STORE(out->norm + at + v * W, norm[v]);
			VI_STORE(out->label + at + v * W, label[v]);
			VI_STORE(out->label2 + at + v * W, label2[v]);
		}
	}
}

/* Squared distances of a subtile to KB interleaved rows, as a sum of squares:
 * slower than |x|^2 - 2xc + |c|^2 but exactly zero for equal rows. */
INLINE void
block_squares(const float *x, const float *c, int stride, int d, VF a[KB][2])
{
	for (int b = 0; b < KB; b++)
		a[b][0] = a[b][1] = V_SET1(0);
	for (const float *end = c + (size_t) d * (size_t) stride; c < end; c += stride, x += CS_LANES)
	{
		VF			x0 = V_LOAD(x),
					x1 = V_LOAD(x + W);

		for (int b = 0; b < KB; b++)
		{
			VF			cc = V_SET1(c[b]),
						d0 = x0 - cc,
						d1 = x1 - cc;

			a[b][0] = V_FMA(d0, d0, a[b][0]);
			a[b][1] = V_FMA(d1, d1, a[b][1]);
		}
	}
}

/* Fold min(cur, distance) of one group of KB columns into the tile's potentials. */
INLINE void
seed_group(const float *x, const float *columns, int g, int d, const float *weight, float *cur,
		   float part[CS_SEED_COLUMNS][CS_LANES], int s)
{
	VF			a[KB][2],
				q[2] = {V_LOAD(cur + s), V_LOAD(cur + s + W)};

	block_squares(x + s, columns + g, CS_SEED_COLUMNS, d, a);
	if (g == 0)
		for (int v = 0; v < 2; v++)
		{
			q[v] = V_SEL(V_LT(a[0][v], q[v]), a[0][v], q[v]);
			V_STORE(cur + s + v * W, q[v]);
		}
	for (int b = 0; b < KB; b++)
		for (int v = 0; v < 2; v++)
		{
			VF			m = V_SEL(V_LT(a[b][v], q[v]), a[b][v], q[v]);

			if (weight)
				m = m * V_LOAD(weight + s + v * W);
			V_STORE(&part[g + b][s + v * W], m);
		}
}

FN void
seed(const cs_run *run, const float *columns, float *cur, float *potential)
{
	int			d = run->d;

	for (size_t at = 0; at < run->rows; at += CS_LANES)
	{
		const float *x = run->tiles + at * (size_t) d;
		float		part[CS_SEED_COLUMNS][CS_LANES] __attribute__((aligned(64)));

		for (int s = 0; s < CS_LANES; s += SUB)
			for (int g = 0; g < CS_SEED_COLUMNS; g += KB)
				seed_group(x, columns, g, d, run->weight ? run->weight + at : NULL, cur + at, part, s);
		if (run->rows - at < CS_LANES)
			for (int b = 0; b < CS_SEED_COLUMNS; b++)
				for (size_t i = run->rows - at; i < CS_LANES; i++)
					part[b][i] = 0;
		for (int b = 0; b < CS_SEED_COLUMNS; b++)
			potential[at / CS_LANES * CS_SEED_COLUMNS + b] = tile_sum(part[b]);
	}
}

/* The rows of one tile, from offsets of its lanes in a block. */
FN void
gather_tile(const float *block, const uint32_t *offset, int d, float *tile)
{
	for (int f = 0; f < d; f++)
#ifdef V_GATHER
		for (int v = 0; v < CS_LANES; v += W)
			V_STORE(tile + f * CS_LANES + v, V_GATHER(block + f * CS_LANES, offset + v));
#else
		for (int l = 0; l < CS_LANES; l++)
			tile[f * CS_LANES + l] = block[offset[l] + f * CS_LANES];
#endif
}

FN void
pack_rows(const float *rows, size_t m, int d, float *packed)
{
	memset(packed, 0, cs_kernel_rows_floats(m, d) * sizeof(float));
	for (size_t i = 0; i < m; i++)
		for (int f = 0; f < d; f++)
			packed[(i / KB * d + f) * KB + i % KB] = rows[i * d + f];
}

FN void
distance_sums(const float *tile, int d, const float *rows, size_t m, double *sums)
{
	for (int s = 0; s < CS_LANES; s += SUB)
		for (size_t j = 0; j < m;)
		{
			/* short runs in single precision, then into the double sums */
			size_t		end = m - j > 256 ? j + 256 : m;
			float		out[SUB] __attribute__((aligned(64)));
			VF			t[2] = {V_SET1(0), V_SET1(0)};

			for (; j < end; j += KB)
			{
				VF			a[KB][2];
				int			width = m - j < KB ? (int) (m - j) : KB;

				block_squares(tile + s, rows + j * d, KB, d, a);
				for (int b = 0; b < width; b++)
					for (int v = 0; v < 2; v++)
						t[v] = t[v] + V_SQRT(a[b][v]);
			}
			j = end;
			V_STORE(out, t[0]);
			V_STORE(out + W, t[1]);
			for (int i = 0; i < SUB; i++)
				sums[s + i] += (double) out[i];
		}
}

#include "core/base/kernel_row_impl.h"

FN void
pack(const double *center, int k, int d, cs_packed *p)
{
	int			kp = (k + KB - 1) / KB * KB;

	p->k = k;
	p->d = d;
	for (int j = 0; j < kp; j++)
	{
		double		s = 0;

		for (int f = 0; f < d; f++)
		{
			/* the square of what the kernel multiplies with, not of the double */
			float		c = j < k ? (float) center[(size_t) j * d + f] : 0;

			p->c[((size_t) (j / KB) * d + f) * KB + j % KB] = c;
			s += (double) c * (double) c;
		}
		p->h[j] = j < k ? (float) (0.5 * s) : HUGE_SCORE;
	}
}

#include "core/base/kernel_scan_impl.h"
#include "core/base/kernel_mixture_impl.h"
#include "core/base/kernel_medoid_impl.h"

const cs_kernel KERNEL = {
	.name = KERNEL_NAME,
	.lloyd = lloyd,
	.lloyd_pruned = lloyd_pruned,
	.inertia = inertia,
	.nearest2 = nearest2,
	.seed = seed,
	.distance_sums = distance_sums,
	.pack_rows = pack_rows,
	.gather_tile = gather_tile,
	.row_scores = row_scores,
	.row_best = row_best,
	.narrow = narrow,
	.moments = moments,
	.affine = affine,
	.affine_tile = affine_tile,
	.distance = distance,
	.scan_below = scan_below,
	.scan_relax = scan_relax,
	.leaf_squares = leaf_squares,
	.leaf_below = leaf_below,
	.box_squares = box_squares,
	.mix_squares = mix_squares,
	.mix_moments = mix_moments,
	.mix_exp = mix_exp,
	.metric_distances = metric_distances,
	.metric_nearest = metric_nearest,
	.mixed_nearest = mixed_nearest,
	.swap_gain = swap_gain,
	.pack = pack
};
