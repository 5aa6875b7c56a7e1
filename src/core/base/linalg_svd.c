/*
 * linalg_svd.c - singular values, of small matrices by Jacobi's rotations, of
 * large ones by random projections (see linalg.h).
 */
#include "core/base/linalg.h"
#include "core/base/linalg_kernel.h"
#include "core/base/linalg_share.h"
#include "core/base/rng.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_SWEEPS 60			/* over all pairs; 6 to 10 are usual */
#define DRAWN_ROWS ((size_t) 256)	/* rows of random numbers from one stream */

/* ---- Jacobi's rotations ---- */

/* One square matrix n x n, and the rotations so far: rotations x original = x. */
typedef struct jacobi
{
	cs_env	   *env;
	const cs_vector_f64 *vec;
	size_t		n;
	double	   *x;
	double	   *rotations;
	double	   *square;			/* |row|^2 */
} jacobi;

/* Rows p and q of x are made orthogonal, the larger first; false: they were. */
static bool
turn_pair(const jacobi *j, size_t p, size_t q)
{
	size_t		n = j->n;
	double	   *x = j->x + p * n,
				a = j->square[p],
				b = j->square[q],
				c = j->vec->dot(n, x, j->x + q * n),
				zeta = (a - b) / (2 * c),
				t = copysign(1 / (fabs(zeta) + sqrt(1 + zeta * zeta)), zeta),
				shrink = 1 / sqrt(1 + t * t),
				cs[2];

	if (fabs(c) <= DBL_EPSILON * sqrt((double) n) * sqrt(a) * sqrt(b) && a >= b)
		return false;

	/* of the two angles that do it, the one that leaves more in p */
	cs[0] = a >= b ? shrink : fabs(t) * shrink;
	cs[1] = a >= b ? -t * shrink : copysign(shrink, t);
	j->vec->rotate(x, (q - p) * n, n, 0, 1, cs);
	j->vec->rotate(j->rotations + p * n, (q - p) * n, n, 0, 1, cs);
	j->square[p] = j->vec->dot(n, x, x);
	j->square[q] = j->vec->dot(n, j->x + q * n, j->x + q * n);
	return true;
}

/* What is rounding beside the largest row becomes zero. */
static void
drop_rounding(const jacobi *j)
{
	double		most = 0,
				ratio = DBL_EPSILON * (double) j->n;

	for (size_t i = 0; i < j->n; i++)
		if (j->square[i] > most)
			most = j->square[i];
	for (size_t i = 0; i < j->n; i++)
		if (j->square[i] <= ratio * ratio * most)
		{
			memset(j->x + i * j->n, 0, j->n * sizeof(double));
			j->square[i] = 0;
		}
}

/* Rows of length 1, also in place of zeros, which are the last rows. */
static void
make_unit(const jacobi *j, double *values)
{
	size_t		n = j->n,
				nonzero = 0;
	double	   *turned;

	for (size_t i = 0; i < n; i++)
	{
		values[i] = sqrt(j->square[i]);
		nonzero += values[i] > 0;
		for (size_t p = 0; p < n && values[i] > 0; p++)
			j->x[i * n + p] /= values[i];
	}
	if (nonzero == n)
		return;

	/* the Q of its columns continues what is orthonormal already */
	turned = CS_ROOM(j->env, double, n * n);
	for (size_t i = 0; i < n; i++)
		for (size_t p = 0; p < n; p++)
			turned[p * n + i] = j->x[i * n + p];
	cs_qr(j->env, NULL, n, n, turned, n, NULL, 0);
	for (size_t i = nonzero; i < n; i++)
		for (size_t p = 0; p < n; p++)
			j->x[i * n + p] = turned[p * n + i];
	cs_release(j->env, turned);
}

/*
 * Square x, n x n, is rotations' diag(values) x afterwards: rotations and the
 * new x orthogonal, values descending.
 */
static void
decompose(cs_env *env, size_t n, double *x, double *rotations, double *values)
{
	jacobi		j = {.env = env,.vec = cs_linalg_of(env)->vector,.n = n,.x = x,.rotations = rotations};
	double		most = 0,
				scale;
	bool		turned = true;
	int			exponent;

	for (size_t i = 0; i < n * n; i++)
		if (!(fabs(x[i]) <= most))
			most = isfinite(x[i]) ? fabs(x[i]) : INFINITY;
	if (!isfinite(most))
		cs_fail(env, CS_E_NUMERIC, "matrix has elements that are not finite", NULL, NULL);
	frexp(most, &exponent);
	scale = ldexp(1, exponent > -1000 ? -exponent : 1000);
	j.square = CS_ROOM(env, double, n);
	memset(rotations, 0, n * n * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		rotations[i * n + i] = 1;
		for (size_t p = 0; p < n; p++)
			x[i * n + p] *= scale;
		j.square[i] = j.vec->dot(n, x + i * n, x + i * n);
	}
	for (int sweep = 0; turned && sweep < MOST_SWEEPS; sweep++)
	{
		turned = false;
		drop_rounding(&j);
		for (size_t p = 0; p + 1 < n; p++)
		{
			for (size_t q = p + 1; q < n; q++)
				turned |= turn_pair(&j, p, q);
			cs_poll(env);
		}
	}
	make_unit(&j, values);
	for (size_t i = 0; i < n; i++)
		values[i] /= scale;
	cs_release(env, j.square);
}

/* ---- signs ---- */

/*
 * Where a column of v, n x k, is to change its sign by the rule of cs_fix_sign,
 * it does and so does the same column of u, m x k.  By rows, for both are large.
 */
static void
fix_signs(cs_env *env, size_t n, size_t k, double *v, size_t m, double *u)
{
	double	   *most = CS_NEW(env, double, k),
			   *sign = CS_NEW(env, double, k);

	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < k; j++)
			most[j] = fmax(most[j], fabs(v[i * k + j]));
		if (i % 1024 == 1023)
			cs_poll(env);
	}
	for (size_t i = n; i-- > 0;)
	{
		for (size_t j = 0; j < k; j++)
			if (fabs(v[i * k + j]) >= most[j] * (1 - 1e-6))
				sign[j] = v[i * k + j] < 0 ? -1 : 1;
		if (i % 1024 == 0)
			cs_poll(env);
	}
	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < k; j++)
			v[i * k + j] *= sign[j];
		if (i % 1024 == 1023)
			cs_poll(env);
	}
	for (size_t i = 0; i < m; i++)
	{
		for (size_t j = 0; j < k; j++)
			u[i * k + j] *= sign[j];
		if (i % 1024 == 1023)
			cs_poll(env);
	}
	cs_release(env, most);
	cs_release(env, sign);
}

/* ---- of a dense matrix, all of it ---- */

void
cs_svd(cs_env *env, size_t m, size_t n, const double *a, size_t lda, double *u, double *values, double *v)
{
	size_t		p = least(m, n),
				large = m > n ? m : n;
	double	   *q = CS_ROOM(env, double, large * p),
			   *r = CS_ROOM(env, double, p * p),
			   *rotations = CS_ROOM(env, double, p * p),
			   *tall = m > n ? u : v,
			   *square = m > n ? v : u;

	/* lying matrices are turned upright */
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
			q[m > n ? i * p + j : j * p + i] = a[i * lda + j];
	cs_qr(env, NULL, large, p, q, p, r, p);
	decompose(env, p, r, rotations, values);
	cs_product(env, NULL, CS_N, CS_T, large, p, p, 1, q, p, rotations, p, 0, tall, p);
	for (size_t i = 0; i < p; i++)
		for (size_t j = 0; j < p; j++)
			square[i * p + j] = r[j * p + i];
	fix_signs(env, n, p, v, m, u);
	cs_release(env, q);
	cs_release(env, r);
	cs_release(env, rotations);
}

/* ---- of an operator, the largest ---- */

/*
 * Random numbers with mean 0 and variance 1, nearly normal, as sums of four
 * parts of 16 bits: the same on every machine.
 */
static void
draw(cs_share *s, size_t n, size_t k, uint64_t seed, double *x)
{
	int			u;

	cs_share_round(s, (int) ((n + DRAWN_ROWS - 1) / DRAWN_ROWS));
	while ((u = cs_share_take(s)) >= 0)
	{
		size_t		from = (size_t) u * DRAWN_ROWS * k,
					to = least((size_t) u * DRAWN_ROWS + DRAWN_ROWS, n) * k;
		cs_rng		rng;

		cs_rng_init(&rng, seed, CS_STREAM_PROJECTION + ((uint64_t) (u + 1) << 32));
		for (size_t i = from; i < to; i++)
		{
			uint64_t	bits = cs_rng_next(&rng);
			int64_t		sum = (int64_t) ((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48));

			x[i] = (double) (sum - 2 * 0xFFFF) / 37837.0;
		}
	}
	cs_share_end(s);
}

/* An orthonormal basis of what A' leaves of y (or A of z). */
static void
pass(cs_env *env, cs_team *team, const cs_operator *op, bool transposed, size_t l, const double *from, double *to,
	 double *r)
{
	if (transposed)
		op->apply_transposed(env, team, op->arg, l, from, to);
	else
		op->apply(env, team, op->arg, l, from, to);
	if (team)
		cs_team_barrier(team);
	cs_qr(env, team, transposed ? op->cols : op->rows, l, to, l, r, l);
	cs_poll(env);
}

static size_t
columns_of(size_t rows, size_t cols, const cs_svd_options *o)
{
	return least(o->rank + o->oversample, least(rows, cols));
}

void
cs_svd_random(cs_env *env, cs_team *team, const cs_operator *op, const cs_svd_options *options, double *u,
			  double *values, double *v)
{
	size_t		rows = op->rows,
				cols = op->cols,
				rank = options->rank,
				l = columns_of(rows, cols, options);
	cs_share	s;
	double	   *y,
			   *z,
			   *r,
			   *rotations;

	if (rank == 0)
		return;
	if (rank > least(rows, cols))
		cs_fail(env, CS_E_PARAM, "more singular values are asked for than the matrix has",
				cs_text(env, "The matrix has %zu rows and %zu columns.", rows, cols), NULL);
	s = cs_share_open(env, team);
	y = cs_share_room(env, &s, rows * l, sizeof(double));
	z = cs_share_room(env, &s, cols * l, sizeof(double));
	r = cs_share_room(env, &s, l * l, sizeof(double));
	rotations = cs_share_room(env, &s, l * l + l, sizeof(double));
	draw(&s, cols, l, options->seed, z);
	pass(env, s.team, op, false, l, z, y, NULL);
	for (int i = 0; i < options->iterations; i++)
	{
		pass(env, s.team, op, true, l, y, z, NULL);
		pass(env, s.team, op, false, l, z, y, NULL);
	}
	pass(env, s.team, op, true, l, y, z, r);

	/* A = Y R' Z', R = rotations' S X, so A = (Y X') S (rotations Z') */
	if (cs_share_leads(&s))
	{
		decompose(env, l, r, rotations, rotations + l * l);
		memcpy(values, rotations + l * l, rank * sizeof(double));
	}
	cs_share_meet(&s);
	cs_product(env, s.team, CS_N, CS_T, rows, rank, l, 1, y, l, r, l, 0, u, rank);
	cs_product(env, s.team, CS_N, CS_T, cols, rank, l, 1, z, l, rotations, l, 0, v, rank);
	if (cs_share_leads(&s))
		fix_signs(env, cols, rank, v, rows, u);
	cs_share_meet(&s);
	cs_share_give_back(env, &s, y);
	cs_share_give_back(env, &s, z);
	cs_share_give_back(env, &s, r);
	cs_share_give_back(env, &s, rotations);
	cs_share_close(&s);
}

size_t
cs_svd_random_arena(size_t rows, size_t cols, const cs_svd_options *options)
{
	size_t		l = columns_of(rows, cols, options),
				large = rows > cols ? rows : cols,
				qr = cs_qr_arena(large, l),
				product = cs_product_arena(large, l, large, sizeof(double));

	return cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(rows * l, sizeof(double)) +
		cs_team_bytes(cols * l, sizeof(double)) + cs_team_bytes(l * l, sizeof(double)) +
		cs_team_bytes(l * l + l, sizeof(double)) + (qr > product ? qr : product);
}

/* ---- a dense matrix as an operator ---- */

typedef struct dense
{
	size_t		rows;
	size_t		cols;
	const double *a;
	size_t		lda;
} dense;

static void
dense_apply(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const dense *d = arg;

	cs_product(env, team, CS_N, CS_N, d->rows, k, d->cols, 1, d->a, d->lda, x, k, 0, y, k);
}

static void
dense_apply_transposed(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const dense *d = arg;

	cs_product(env, team, CS_T, CS_N, d->cols, k, d->rows, 1, d->a, d->lda, x, k, 0, y, k);
}

void
cs_svd_random_dense(cs_env *env, cs_team *team, size_t rows, size_t cols, const double *a, size_t lda,
					const cs_svd_options *options, double *u, double *values, double *v)
{
	dense		d = {rows, cols, a, lda};
	cs_operator op = {rows, cols, &d, dense_apply, dense_apply_transposed};

	cs_svd_random(env, team, &op, options, u, values, v);
}
