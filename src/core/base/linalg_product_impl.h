/*
 * linalg_product_impl.h - products of matrices of one precision, in blocks.
 *
 * Not a header in the usual sense: linalg_f32.c and linalg_f64.c include it with
 * T, NAME(x) for what is private and PUBLIC(x) for what linalg.h declares.
 */
#include "core/base/linalg.h"
#include "core/base/linalg_kernel.h"
#include "core/base/linalg_share.h"

#include <string.h>

#define COLUMNS ((size_t) 1024) /* of B packed at a time */
#define INLINED 4608			/* values for small products without an allocation */
#define POLL_BYTES ((size_t) 1 << 20)	/* of memory passed over between polls */
#define WHOLE (PTRDIFF_MAX / 2) /* a diagonal that leaves nothing out */

/* A matrix to read: value (i, j) is at[i * row + j * col]. */
typedef struct NAME(side)
{
	const T    *at;
	size_t		row;
	size_t		col;
} NAME(side);

static inline NAME(side)
NAME(side_of)(const T *at, size_t ld, bool transposed)
{
	return transposed ? (NAME(side)) {at, 1, ld} : (NAME(side)) {at, ld, 1};
}

static inline NAME(side)
NAME(part)(NAME(side) s, size_t i, size_t j)
{
	return (NAME(side)) {s.at + i * s.row + j * s.col, s.row, s.col};
}

static inline NAME(side)
NAME(turned)(NAME(side) s)
{
	return (NAME(side)) {s.at, s.col, s.row};
}

/* Packed panels of A and B, and who works with them. */
typedef struct NAME(room)
{
	cs_env	   *env;
	const NAME(cs_dense) *kernel;
	T		   *a;
	T		   *b;
	T		   *owned;
	T			inlined[INLINED] __attribute__((aligned(64)));
} NAME(room);

/* For products of at most m x n with k terms. */
static void
NAME(room_open)(cs_env *env, NAME(room) *r, size_t m, size_t n, size_t k)
{
	const NAME(cs_dense) *d = cs_linalg_of(env)->PRECISION;
	size_t		depth = least(k, (size_t) d->kc),
				a = round_up(least(m, (size_t) d->mc), (size_t) d->mr) * depth,
				b = round_up(least(n, COLUMNS), (size_t) d->nr) * depth;

	a = round_up(a, 64 / sizeof(T));
	r->env = env;
	r->kernel = d;
	r->owned = a + b > INLINED ? CS_ROOM(env, T, a + b) : NULL;
	r->a = r->owned ? r->owned : r->inlined;
	r->b = r->a + a;
}

static void
NAME(room_close)(NAME(room) *r)
{
	cs_release(r->env, r->owned);
}

/*
 * C = alpha A B, added to C when add is true; blocks above the diagonal
 * (row + diagonal < column) may be left out.
 */
static void
NAME(tile)(NAME(room) *r, size_t m, size_t n, size_t k, T alpha, NAME(side) a, NAME(side) b, bool add,
		   T *c, size_t ldc, ptrdiff_t diagonal)
{
	const NAME(cs_dense) *d = r->kernel;
	size_t		chunks = (k + (size_t) d->kc - 1) / (size_t) d->kc,
				depth = chunks > 0 ? (k + chunks - 1) / chunks : 0,
				high = (size_t) d->mc;

	for (size_t j = 0; j < n; j += COLUMNS)
		for (size_t p = 0; p < k; p += depth)
		{
			size_t		nb = least(n - j, COLUMNS),
						kb = least(k - p, depth);

			d->pack_b(b.at + p * b.row + j * b.col, b.row, b.col, kb, nb, r->b);
			for (size_t i = 0; i < m; i += high)
			{
				size_t		mb = least(m - i, high);
				ptrdiff_t	from = diagonal + (ptrdiff_t) i - (ptrdiff_t) j;

				if ((ptrdiff_t) mb - 1 + from < 0)
					continue;
				d->pack_a(a.at + i * a.row + p * a.col, a.row, a.col, mb, kb, r->a);
				d->multiply(mb, nb, kb, alpha, r->a, r->b, add || p > 0, c + i * ldc + j, ldc, from);
				cs_poll(r->env);
			}
		}
}

/* C = beta C, where 0 makes a zero of anything. */
static void
NAME(scale)(cs_env *env, size_t m, size_t n, T beta, T *c, size_t ldc)
{
	for (size_t i = 0; i < m; i++)
	{
		if (beta == 0)
			memset(c + i * ldc, 0, n * sizeof(T));
		else if (beta != 1)
			for (size_t j = 0; j < n; j++)
				c[i * ldc + j] *= beta;
		if (n * sizeof(T) >= POLL_BYTES || i % (POLL_BYTES / sizeof(T) / n) == 0)
			cs_poll(env);
	}
}

/* One piece of a product, with what becomes of the old C. */
static void
NAME(piece)(NAME(room) *r, size_t m, size_t n, size_t k, T alpha, NAME(side) a, NAME(side) b, T beta,
			T *c, size_t ldc, ptrdiff_t diagonal)
{
	if (beta != 0 || k == 0)
		NAME(scale)(r->env, m, n, beta, c, ldc);
	NAME(tile)(r, m, n, k, alpha, a, b, beta != 0, c, ldc, diagonal);
}

/* The lower triangle onto the upper one, rows from .. to - 1 of the lower one. */
static void
NAME(mirror)(cs_env *env, size_t from, size_t to, T *c, size_t ldc)
{
	for (size_t i = from; i < to; i += 32)
	{
		for (size_t j = 0; j < i + 32; j += 32)
			for (size_t p = i; p < least(i + 32, to); p++)
				for (size_t q = j; q < least(j + 32, p); q++)
					c[q * ldc + p] = c[p * ldc + q];
		cs_poll(env);
	}
}

/* Each slice makes a product of its own; they are added up in order. */
static void
NAME(sliced)(cs_env *env, cs_share *s, NAME(room) *r, size_t m, size_t n, size_t k, T alpha, NAME(side) a,
			 NAME(side) b, T beta, T *c, size_t ldc, ptrdiff_t diagonal)
{
	size_t		slices = cs_slices(m, n, k);
	T		   *sum = cs_share_room(env, s, s->team ? slices * m * n : m * n, sizeof(T));
	int			u;

	if (cs_share_leads(s))
		NAME(scale)(r->env, m, n, beta, c, ldc);
	cs_share_round(s, (int) slices);
	while ((u = cs_share_take(s)) >= 0)
	{
		size_t		p = k * (size_t) u / slices,
					q = k * ((size_t) u + 1) / slices;
		T		   *to = s->team ? sum + (size_t) u * m * n : sum;

		NAME(tile)(r, m, n, q - p, alpha, NAME(part)(a, 0, p), NAME(part)(b, p, 0), false, to, n, diagonal);
		for (size_t i = 0; s->team == NULL && i < m; i++)
			for (size_t j = 0; j < least(n, diagonal == 0 ? i + 1 : n); j++)
				c[i * ldc + j] += to[i * n + j];
	}
	cs_share_end(s);
	if (s->team && cs_share_leads(s))
		for (size_t t = 0; t < slices; t++)
			for (size_t i = 0; i < m; i++)
				for (size_t j = 0; j < least(n, diagonal == 0 ? i + 1 : n); j++)
					c[i * ldc + j] += sum[(t * m + i) * n + j];
	cs_share_give_back(env, s, sum);
}

/* Pieces of rows and columns for a team: enough that nobody waits for long. */
static size_t
NAME(pieces)(const cs_share *s, size_t n, size_t smallest)
{
	size_t		most = s->team ? (size_t) s->team->size * 4 : 1,
				pieces = n / smallest;

	return pieces < 1 ? 1 : least(pieces, most);
}

void
PUBLIC(product)(cs_env *env, cs_team *team, cs_op op_a, cs_op op_b, size_t m, size_t n, size_t k,
				T alpha, const T *a, size_t lda, const T *b, size_t ldb, T beta, T *c, size_t ldc)
{
	NAME(side) sa = NAME(side_of)(a, lda, op_a == CS_T),
				sb = NAME(side_of)(b, ldb, op_b == CS_T);
	cs_share	s = cs_share_open(env, team);
	NAME(room) r;

	NAME(room_open)(env, &r, m, n, k);
	if (cs_slices(m, n, k) > 1)
		NAME(sliced)(env, &s, &r, m, n, k, alpha, sa, sb, beta, c, ldc, WHOLE);
	else
	{
		size_t		high = NAME(pieces)(&s, m, 128),
					wide = NAME(pieces)(&s, n, high > 1 ? 512 : 64);
		int			u;

		cs_share_round(&s, m > 0 && n > 0 ? (int) (high * wide) : 0);
		while ((u = cs_share_take(&s)) >= 0)
		{
			size_t		i = m * ((size_t) u / wide) / high,
						i1 = m * ((size_t) u / wide + 1) / high,
						j = n * ((size_t) u % wide) / wide,
						j1 = n * ((size_t) u % wide + 1) / wide;

			NAME(piece)(&r, i1 - i, j1 - j, k, alpha, NAME(part)(sa, i, 0), NAME(part)(sb, 0, j), beta,
						c + i * ldc + j, ldc, WHOLE);
		}
		cs_share_end(&s);
	}
	cs_share_meet(&s);
	NAME(room_close)(&r);
	cs_share_close(&s);
}

void
PUBLIC(gram)(cs_env *env, cs_team *team, cs_op op, size_t n, size_t k, T alpha, const T *a, size_t lda,
			 T beta, T *c, size_t ldc)
{
	NAME(side) sa = NAME(side_of)(a, lda, op == CS_T);
	cs_share	s = cs_share_open(env, team);
	NAME(room) r;
	size_t		high = NAME(pieces)(&s, n, 128);
	int			u;

	NAME(room_open)(env, &r, n, n, k);
	if (cs_slices(n, n, k) > 1)
		NAME(sliced)(env, &s, &r, n, n, k, alpha, sa, NAME(turned)(sa), beta, c, ldc, 0);
	else
	{
		cs_share_round(&s, (int) high);
		while ((u = cs_share_take(&s)) >= 0)
		{
			/* the longest rows first */
			size_t		i = n * (high - 1 - (size_t) u) / high,
						i1 = n * (high - (size_t) u) / high;

			NAME(piece)(&r, i1 - i, i1, k, alpha, NAME(part)(sa, i, 0), NAME(turned)(sa), beta, c + i * ldc, ldc,
						(ptrdiff_t) i);
		}
		cs_share_end(&s);
	}
	cs_share_meet(&s);
	cs_share_round(&s, (int) high);
	while ((u = cs_share_take(&s)) >= 0)
		NAME(mirror)(env, n * (size_t) u / high, n * ((size_t) u + 1) / high, c, ldc);
	cs_share_end(&s);
	NAME(room_close)(&r);
	cs_share_close(&s);
}
