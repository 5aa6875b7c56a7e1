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

/* Vectors of the compiler: HALF doubles, as many floats and integers, not aligned. */
#define HALF (W / 2)
typedef float ROWF __attribute__((vector_size(4 * HALF), aligned(4), may_alias));
typedef int ROWI __attribute__((vector_size(4 * HALF), aligned(4), may_alias));
typedef double ROWD __attribute__((vector_size(8 * HALF), aligned(8), may_alias));
typedef int64_t ROWQ __attribute__((vector_size(8 * HALF), aligned(8), may_alias));

#define LOAD_F(p) (*(const ROWF *) (p))
#define LOAD_D(p) (*(const ROWD *) (p))
#define WIDER(v) __builtin_convertvector(v, ROWD)
#define NARROWER(v) __builtin_convertvector(v, ROWF)

/* |x|^2, in several sums side by side. */
INLINE float
row_norm(const float *row, int d)
{
	ROWF			s = {0};
	float		sum = 0;
	int			f = 0;

	for (; f + HALF <= d; f += HALF)
		s += LOAD_F(row + f) * LOAD_F(row + f);
	for (; f < d; f++)
		sum += row[f] * row[f];
	for (int u = 0; u < HALF / 2; u++)
		sum += s[u] + s[u + HALF / 2];
	return sum;
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

/* ---- values of rows, side by side ---- */

/* Fold a vector of floats into bad: lanes that are infinite or NaN. */
#define NOTE_BAD(bad, v) (bad |= ((ROWI) (v) & ((ROWI) {0} + 0x7f800000)) == (ROWI) {0} + 0x7f800000)

INLINE bool
any_lane(const ROWI *v)
{
	int			any = 0;

	for (int u = 0; u < HALF; u++)
		any |= (*v)[u];
	return any != 0;
}

INLINE bool
is_finite(float v)
{
	return __builtin_fabsf(v) <= 3.402823466e+38f;
}

FN bool
narrow(const double *restrict value, const double *restrict shift, int n, float *restrict raw, int64_t *restrict lossy)
{
	ROWI			bad = {0};
	bool		ok = true;
	int			i = 0;

	for (; i + HALF <= n; i += HALF)
	{
		ROWD			exact = LOAD_D(value + i) - LOAD_D(shift + i);
		ROWF			v = NARROWER(exact);

		*(ROWF *) (raw + i) = v;
		*(ROWQ *) (lossy + i) |= (ROWQ) (WIDER(v) != exact);
		NOTE_BAD(bad, v);
	}
	for (; i < n; i++)
	{
		double		exact = value[i] - shift[i];

		raw[i] = (float) exact;
		lossy[i] |= -((double) raw[i] != exact);
		ok = ok && is_finite(raw[i]);
	}
	return ok && !any_lane(&bad);
}

/* Features f to f + HALF of n rows. */
INLINE void
some_sums(const float *restrict x, size_t n, int d, double *restrict sum, double *restrict low, double *restrict high,
		  double *restrict count)
{
	ROWD			s = LOAD_D(sum),
				l = LOAD_D(low),
				h = LOAD_D(high),
				c = LOAD_D(count);

	for (; n > 0; n--, x += d)
	{
		ROWD			v = WIDER(LOAD_F(x));
		ROWQ			some = v == v,
					lower = v < l,
					higher = v > h;

		s += (ROWD) ((ROWQ) v & some);
		c += (ROWD) ((ROWQ) ((ROWD) {0} + 1) & some);
		l = (ROWD) (((ROWQ) v & lower) | ((ROWQ) l & ~lower));
		h = (ROWD) (((ROWQ) v & higher) | ((ROWQ) h & ~higher));
	}
	*(ROWD *) sum = s;
	*(ROWD *) low = l;
	*(ROWD *) high = h;
	*(ROWD *) count = c;
}

INLINE void
some_squares(const float *restrict x, size_t n, int d, const double *restrict center, double *restrict sum)
{
	ROWD			s = LOAD_D(sum);

	for (; n > 0; n--, x += d)
	{
		ROWD			v = WIDER(LOAD_F(x));
		ROWQ			some = v == v;

		v = (ROWD) ((ROWQ) (v - LOAD_D(center)) & some);
		s += v * v;
	}
	*(ROWD *) sum = s;
}

FN void
moments(const float *restrict rows, size_t n, int d, const double *restrict center, double *restrict sum,
		double *restrict low, double *restrict high, double *restrict count)
{
	int			f = 0;

	for (; f + HALF <= d; f += HALF)
		if (center)
			some_squares(rows + f, n, d, center + f, sum + f);
		else
			some_sums(rows + f, n, d, sum + f, low + f, high + f, count + f);
	for (; f < d; f++)
		for (size_t i = 0; i < n; i++)
		{
			double		v = (double) rows[i * (size_t) d + (size_t) f];

			if (v != v)
				continue;
			if (center)
			{
				sum[f] += (v - center[f]) * (v - center[f]);
				continue;
			}
			sum[f] += v;
			count[f]++;
			low[f] = v < low[f] ? v : low[f];
			high[f] = v > high[f] ? v : high[f];
		}
}

INLINE bool
affine_row(const float *restrict raw, const double *restrict shift, const double *restrict center,
		   const double *restrict factor, int n, float *restrict point)
{
	ROWI			bad = {0};
	bool		ok = true;
	int			i = 0;

	for (; i + HALF <= n; i += HALF)
	{
		ROWF			r = LOAD_F(raw + i);

		*(ROWF *) (point + i) = NARROWER((WIDER(r) + LOAD_D(shift + i) - LOAD_D(center + i)) * LOAD_D(factor + i));
		NOTE_BAD(bad, r);
	}
	for (; i < n; i++)
	{
		point[i] = (float) (((double) raw[i] + shift[i] - center[i]) * factor[i]);
		ok = ok && is_finite(raw[i]);
	}
	return ok && !any_lane(&bad);
}

FN bool
affine(const float *restrict raw, const double *restrict shift, const double *restrict center,
	   const double *restrict factor, int n, float *restrict point)
{
	return affine_row(raw, shift, center, factor, n, point);
}

FN bool
affine_tile(const float *restrict raw, int width, const double *restrict shift, const double *restrict center,
			const double *restrict factor, int n, float *restrict point, float *restrict tile)
{
	for (int l = 0; l < CS_LANES; l++)
		if (!affine_row(raw + (size_t) l * (size_t) width, shift, center, factor, n, point + (size_t) l * (size_t) n))
			return false;
	for (int f = 0; f < n; f++)
		for (int l = 0; l < CS_LANES; l++)
			tile[(size_t) f * CS_LANES + (size_t) l] = point[(size_t) l * (size_t) n + (size_t) f];
	return true;
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
