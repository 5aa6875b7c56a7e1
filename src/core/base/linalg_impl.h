/*
 * linalg_impl.h - packing, register blocks and small triangles, written once
 * over a handful of vector macros (see linalg_kernel.h).
 *
 * Not a header in the usual sense: one inclusion defines the functions of one
 * precision.  The including file defines TARGET, the rows MR of a register block
 * and the vectors VECS of a strip of solve for both; for each precision T, NAME(x),
 * DENSE (the type of the table), the lanes W, the vector type V, KC and MC, the
 * largest number MOST, ROOT, V_SET1, V_LOAD, V_STORE, V_FMA, V_FNMA, and VECTORS
 * where the loops over vectors are wanted too.  All but the first three are
 * undefined at the end.
 */
#include "core/base/linalg_kernel.h"

#include <string.h>

/* Loops over registers vanish. */
#define UNROLL _Pragma("GCC unroll 16")

#define NR (2 * W)
#define STRIP (VECS * W)

/* ---- packing ---- */

/* Panels of P along the direction whose stride is along; deep is that of k. */
INLINE void
NAME(pack)(const T *x, size_t along, size_t deep, size_t n, size_t k, size_t P, T *to)
{
	for (size_t i = 0; i < n; i += P, to += P * k)
	{
		const T    *from = x + i * along;
		size_t		w = n - i < P ? n - i : P;

		if (w < P)
			memset(to, 0, P * k * sizeof(T));
		if (along == 1 && w == P)
			for (size_t p = 0; p < k; p++)
				memcpy(to + p * P, from + p * deep, P * sizeof(T));
		else if (along == 1)
			for (size_t p = 0; p < k; p++)
				memcpy(to + p * P, from + p * deep, w * sizeof(T));
		else if (w == P && deep == 1)
			for (size_t p = 0; p < k; p++)
				for (size_t r = 0; r < P; r++)
					to[p * P + r] = from[r * along + p];
		else
			for (size_t r = 0; r < w; r++)
				for (size_t p = 0; p < k; p++)
					to[p * P + r] = from[r * along + p * deep];
	}
}

FN void
NAME(pack_a)(const T *a, size_t row, size_t col, size_t m, size_t k, T *to)
{
	NAME(pack)(a, row, col, m, k, MR, to);
}

FN void
NAME(pack_b)(const T *b, size_t row, size_t col, size_t k, size_t n, T *to)
{
	NAME(pack)(b, col, row, n, k, NR, to);
}

/* ---- products ---- */

/*
 * One register block: rows x (vecs W) of C.  Both are constants where this is
 * inlined, so that all sums stay in registers.
 */
INLINE void
NAME(block)(int rows, int vecs, size_t k, T alpha, const T *a, const T *b, bool add, T *c, size_t ldc)
{
	V			sum[MR][2];

	UNROLL for (int r = 0; r < rows; r++)
		UNROLL for (int v = 0; v < vecs; v++)
			sum[r][v] = V_SET1(0);
	for (const T *end = a + k * MR; a < end; a += MR, b += NR)
	{
		V			x[2];

		UNROLL for (int v = 0; v < vecs; v++)
			x[v] = V_LOAD(b + v * W);
		UNROLL for (int r = 0; r < rows; r++)
		{
			V			s = V_SET1(a[r]);

			UNROLL for (int v = 0; v < vecs; v++)
				sum[r][v] = V_FMA(s, x[v], sum[r][v]);
		}
	}
	UNROLL for (int r = 0; r < rows; r++)
		UNROLL for (int v = 0; v < vecs; v++)
		{
			T		   *to = c + (size_t) r * ldc + v * W;

			V_STORE(to, V_FMA(V_SET1(alpha), sum[r][v], add ? V_LOAD(to) : V_SET1(0)));
		}
}

FN void
NAME(whole)(size_t k, T alpha, const T *a, const T *b, bool add, T *c, size_t ldc)
{
	NAME(block)(MR, 2, k, alpha, a, b, add, c, ldc);
}

/* A block at the edge, through a whole one: the same operations on each element. */
FN void
NAME(edge)(size_t m, size_t n, size_t k, T alpha, const T *a, const T *b, bool add, T *c, size_t ldc)
{
	T			whole[MR * NR] __attribute__((aligned(64))) = {0};

	if (add)
		for (size_t i = 0; i < m; i++)
			memcpy(whole + i * NR, c + i * ldc, n * sizeof(T));
	if (n > W && m > MR / 2)
		NAME(block)(MR, 2, k, alpha, a, b, add, whole, NR);
	else if (n > W)
		NAME(block)(MR / 2, 2, k, alpha, a, b, add, whole, NR);
	else if (m > MR / 2)
		NAME(block)(MR, 1, k, alpha, a, b, add, whole, NR);
	else
		NAME(block)(MR / 2, 1, k, alpha, a, b, add, whole, NR);
	for (size_t i = 0; i < m; i++)
		memcpy(c + i * ldc, whole + i * NR, n * sizeof(T));
}

FN void
NAME(multiply)(size_t m, size_t n, size_t k, T alpha, const T *a, const T *b, bool add, T *c, size_t ldc,
			   ptrdiff_t diagonal)
{
	for (size_t j = 0; j < n; j += NR)
		for (size_t i = 0; i < m; i += MR)
		{
			const T    *pa = a + i * k,
					   *pb = b + j * k;
			T		   *to = c + i * ldc + j;
			size_t		rows = m - i < MR ? m - i : MR,
						cols = n - j < NR ? n - j : NR;

			if ((ptrdiff_t) (i + rows) - 1 + diagonal < (ptrdiff_t) j)
				continue;
			if (rows == MR && cols == NR)
				NAME(whole)(k, alpha, pa, pb, add, to, ldc);
			else
				NAME(edge)(rows, cols, k, alpha, pa, pb, add, to, ldc);
		}
}

/* ---- small triangles ---- */

/* Four rows at a time: what is solved is read once for the four. */
INLINE void
NAME(solve_strip)(int vecs, int n, const T *l, T *x)
{
	for (int i = 0; i < n; i += 4)
	{
		const T    *row = l + (size_t) i * CS_TRIANGLE;
		T		   *to = x + (size_t) i * vecs * W;
		V			sum[4][VECS];

		UNROLL for (int r = 0; r < 4; r++)
			UNROLL for (int v = 0; v < vecs; v++)
				sum[r][v] = V_LOAD(to + (r * vecs + v) * W);
		for (int j = 0; j < i; j++)
			UNROLL for (int v = 0; v < vecs; v++)
			{
				V			z = V_LOAD(x + ((size_t) j * vecs + v) * W);

				UNROLL for (int r = 0; r < 4; r++)
					sum[r][v] = V_FNMA(V_SET1(row[r * CS_TRIANGLE + j]), z, sum[r][v]);
			}
		UNROLL for (int r = 0; r < 4; r++)
			UNROLL for (int v = 0; v < vecs; v++)
			{
				UNROLL for (int q = 0; q < r; q++)
					sum[r][v] = V_FNMA(V_SET1(row[r * CS_TRIANGLE + i + q]), sum[q][v], sum[r][v]);
				sum[r][v] = sum[r][v] / V_SET1(row[r * CS_TRIANGLE + i + r]);
				V_STORE(to + (r * vecs + v) * W, sum[r][v]);
			}
	}
}

FN void
NAME(solve)(int n, const T *l, T *x, bool narrow)
{
	if (narrow)
		NAME(solve_strip)(1, n, l, x);
	else
		NAME(solve_strip)(VECS, n, l, x);
}

/* By rows of U, from the top: each is taken from those below it. */
FN int
NAME(cholesky)(int n, T *u)
{
	for (int j = 0; j < n; j++)
	{
		T		   *row = u + (size_t) j * CS_TRIANGLE,
					pivot = row[j];

		if (!(pivot > 0) || pivot > MOST)
			return j;
		pivot = ROOT(pivot);
		for (int i = j / W * W; i < n; i += W)
			V_STORE(row + i, V_LOAD(row + i) / V_SET1(pivot));
		for (int i = j + 1; i < n; i++)
		{
			V			s = V_SET1(row[i]);
			T		   *to = u + (size_t) i * CS_TRIANGLE;

			for (int q = i / W * W; q < n; q += W)
				V_STORE(to + q, V_FNMA(s, V_LOAD(row + q), V_LOAD(to + q)));
		}
	}
	return n;
}

static const DENSE NAME(dense) = {
	.mr = MR,
	.nr = NR,
	.kc = KC,
	.mc = MC,
	.strip = STRIP,
	.narrow = W,
	.pack_a = NAME(pack_a),
	.pack_b = NAME(pack_b),
	.multiply = NAME(multiply),
	.solve = NAME(solve),
	.cholesky = NAME(cholesky)
};

#ifdef VECTORS
#include "core/base/linalg_vector_impl.h"
#endif

#undef T
#undef NAME
#undef DENSE
#undef VECTORS
#undef UNROLL
#undef NR
#undef STRIP
#undef W
#undef KC
#undef MC
#undef MOST
#undef ROOT
#undef V
#undef V_SET1
#undef V_LOAD
#undef V_STORE
#undef V_FMA
#undef V_FNMA
