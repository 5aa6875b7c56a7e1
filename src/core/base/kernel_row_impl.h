/*
 * kernel_row_impl.h - what is done for one row at a time: the second part of
 * kernel_impl.h, which includes it.
 */

/* Vectors of scores that are worked out together: each value of the row is read once for all. */
#if W == 16
#define ROW_VECTORS 4
#else
#define ROW_VECTORS 2
#endif

/*
 * Scores of one row against n vectors of centres.  Four sums each, so that no
 * addition waits for the one before; the same four in every version.
 */
INLINE void
row_vectors(const float *row, int d, const float *c, const float *h, int kpad, int n, VF *sum)
{
	VF			a[ROW_VECTORS][4];
	int			f = 0;

	for (int v = 0; v < n; v++)
	{
		a[v][0] = V_LOAD(h + v * W);
		a[v][1] = a[v][2] = a[v][3] = V_SET1(0);
	}
	for (const float *c1 = c + kpad, *c2 = c1 + kpad, *c3 = c2 + kpad; f + 4 <= d; f += 4)
	{
		for (int v = 0; v < n; v++)
		{
			a[v][0] = V_FNMA(V_SET1(row[f]), V_LOAD(c + v * W), a[v][0]);
			a[v][1] = V_FNMA(V_SET1(row[f + 1]), V_LOAD(c1 + v * W), a[v][1]);
			a[v][2] = V_FNMA(V_SET1(row[f + 2]), V_LOAD(c2 + v * W), a[v][2]);
			a[v][3] = V_FNMA(V_SET1(row[f + 3]), V_LOAD(c3 + v * W), a[v][3]);
		}
		c += 4 * (size_t) kpad;
		c1 += 4 * (size_t) kpad;
		c2 += 4 * (size_t) kpad;
		c3 += 4 * (size_t) kpad;
	}
	for (; f < d; f++, c += kpad)
		for (int v = 0; v < n; v++)
			a[v][0] = V_FNMA(V_SET1(row[f]), V_LOAD(c + v * W), a[v][0]);
	for (int v = 0; v < n; v++)
		sum[v] = (a[v][0] + a[v][1]) + (a[v][2] + a[v][3]);
}

/* Fold n scores into the lowest two of each lane; what is not a number counts as the best. */
INLINE void
keep_two(const VF *sum, int n, float *score, VF two[2])
{
	for (int v = 0; v < n; v++)
	{
		V_STORE(score + v * W, sum[v]);
		two[1] = V_MIN(V_MAX(sum[v], two[0]), two[1]);
		two[0] = V_MIN(sum[v], two[0]);
	}
}

INLINE void
all_scores(const float *row, int d, const float *c, const float *h, int kpad, float *score, VF two[2])
{
	VF			sum[ROW_VECTORS];
	int			j = 0;

	two[0] = two[1] = V_SET1(HUGE_SCORE);
	for (; j + ROW_VECTORS * W <= kpad; j += ROW_VECTORS * W)
	{
		row_vectors(row, d, c + j, h + j, kpad, ROW_VECTORS, sum);
		keep_two(sum, ROW_VECTORS, score + j, two);
	}
	for (; j < kpad; j += W)
	{
		row_vectors(row, d, c + j, h + j, kpad, 1, sum);
		keep_two(sum, 1, score + j, two);
	}
}

FN void
row_scores(const float *row, int d, const float *c, const float *h, int kpad, float *score)
{
	VF			two[2];

	all_scores(row, d, c, h, kpad, score, two);
}

/* Bits of the lanes of a vector that are not above v; v is the lowest of them, or of all but a few. */
INLINE unsigned
not_above(const float *score, float v)
{
	return ~V_BITS(V_LT(V_SET1(v), V_LOAD(score))) & ((1u << W) - 1);
}

/* The first score but that at skip that is not above v; 64 at a time, for a branch that is foreseen. */
INLINE int
locate(const float *score, int kpad, float v, int skip)
{
	for (int from = 0; from < kpad; from += 64)
	{
		int			n = kpad - from < 64 ? kpad - from : 64;
		uint64_t	bits = 0;

		for (int j = 0; j < n; j += W)
			bits |= (uint64_t) not_above(score + from + j, v) << j;
		if (skip >= from && skip < from + 64)
			bits &= ~(UINT64_C(1) << (skip - from));
		if (bits != 0)
			return from + __builtin_ctzll(bits);
	}
	return -1;
}

typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));

/* |x|^2: eight sums side by side. */
INLINE float
row_norm(const float *row, int d)
{
	v8			s = {0};
	float		rest = 0;
	int			f = 0;

	for (; f + 8 <= d; f += 8)
		s += *(const v8 *) (row + f) * *(const v8 *) (row + f);
	for (; f < d; f++)
		rest += row[f] * row[f];
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])) + rest;
}

FN void
row_best(const float *row, int d, const float *c, const float *h, int kpad, float *score, cs_row_best *out)
{
	VF			two[2];
	MASK		above;
	unsigned	lowest;
	float		best,
				second;

	all_scores(row, d, c, h, kpad, score, two);
	best = V_LEAST(two[0]);

	/* the lane of the best gives its second; where two lanes have it, they are each other's */
	above = V_LT(V_SET1(best), two[0]);
	lowest = ~V_BITS(above) & ((1u << W) - 1);
	second = lowest & (lowest - 1) ? best : V_LEAST(V_SEL(above, two[0], two[1]));
	out->best = best;
	out->second = second;
	out->label = locate(score, kpad, best, -1);
	out->label2 = second < HUGE_SCORE ? locate(score, kpad, second, out->label) : -1;
	out->norm = row_norm(row, d);
}

/* Eight values at a time, in vectors of the compiler. */
FN bool
affine(const float *restrict raw, const double *restrict shift, const double *restrict center,
	   const double *restrict factor, int n, float *restrict point)
{
	typedef int64_t q4 __attribute__((vector_size(32)));
	typedef int i8 __attribute__((vector_size(32), aligned(4), may_alias));
	typedef double d8 __attribute__((vector_size(64), aligned(8), may_alias));
	const i8	exponent = {0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000};
	i8			bad = {0};
	bool		odd;
	int			i = 0;

	for (; i + 8 <= n; i += 8)
	{
		d8			v = __builtin_convertvector(*(const v8 *) (raw + i), d8);

		v = (v + *(const d8 *) (shift + i) - *(const d8 *) (center + i)) * *(const d8 *) (factor + i);
		*(v8 *) (point + i) = __builtin_convertvector(v, v8);
		bad |= (*(const i8 *) (raw + i) & exponent) == exponent;
	}
	odd = (((q4) bad)[0] | ((q4) bad)[1] | ((q4) bad)[2] | ((q4) bad)[3]) != 0;
	for (; i < n; i++)
	{
		point[i] = (float) (((double) raw[i] + shift[i] - center[i]) * factor[i]);
		odd |= !(__builtin_fabsf(raw[i]) <= 3.402823466e+38f);
	}
	return !odd;
}

/* Eight sums side by side: wide enough for every vector, added up as a tree. */
FN double
distance(const float *row, const double *c, int d)
{
	double		s[8] = {0};
	int			f = 0;

	for (; f + 8 <= d; f += 8)
		for (int u = 0; u < 8; u++)
		{
			double		z = (double) row[f + u] - c[f + u];

			s[u] += z * z;
		}
	for (int u = 0; f < d; f++, u++)
	{
		double		z = (double) row[f] - c[f];

		s[u] += z * z;
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}
