/*
 * linalg_factor_impl.h - triangular systems, Cholesky factors and inverses of one
 * precision, on the products of linalg_product_impl.h.
 *
 * Not a header in the usual sense: linalg_f32.c and linalg_f64.c include it.
 * Everything is cut into columns of CS_STEP by the matrix alone; only rows of a
 * product, on which no bit depends, are cut by the team.
 */

/* A triangular matrix of a system. */
typedef struct NAME(triangle)
{
	NAME(side) m;
	bool		lower;
} NAME(triangle);

/* Right-hand sides: n unknowns each, m of them, in rows or in columns of B. */
typedef struct NAME(unknowns)
{
	T		   *b;
	size_t		ldb;
	bool		in_rows;		/* one right-hand side is a row of B */
} NAME(unknowns);

static inline T *
NAME(unknown)(NAME(unknowns) x, size_t i, size_t rhs)
{
	return x.in_rows ? x.b + rhs * x.ldb + i : x.b + i * x.ldb + rhs;
}

static inline NAME(unknowns)
NAME(unknowns_from)(NAME(unknowns) x, size_t i)
{
	x.b = NAME(unknown)(x, i, 0);
	return x;
}

/*
 * At most CS_TRIANGLE unknowns.  An upper triangle is a lower one from behind.
 */
static void
NAME(solve_small)(NAME(room) *r, NAME(triangle) t, size_t n, size_t m, NAME(unknowns) x)
{
	T			l[CS_TRIANGLE * CS_TRIANGLE] __attribute__((aligned(64)));
	T			z[CS_TRIANGLE * CS_STRIP_MAX] __attribute__((aligned(64)));
	size_t		padded = round_up(n, 4);

	for (size_t i = 0; i < padded; i++)
		for (size_t j = 0; j < padded; j++)
		{
			size_t		p = t.lower ? i : n - 1 - i,
						q = t.lower ? j : n - 1 - j;

			if (i < n && j <= i)
				l[i * CS_TRIANGLE + j] = t.m.at[p * t.m.row + q * t.m.col];
			else
				l[i * CS_TRIANGLE + j] = i == j ? 1 : 0;
		}
	for (size_t at = 0, width; at < m; at += width)
	{
		bool		narrow = m - at <= (size_t) r->kernel->narrow;
		size_t		strip = (size_t) (narrow ? r->kernel->narrow : r->kernel->strip);

		width = least(m - at, strip);
		memset(z, 0, padded * strip * sizeof(T));
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < width; j++)
				z[i * strip + j] = *NAME(unknown)(x, t.lower ? i : n - 1 - i, at + j);
		r->kernel->solve((int) padded, l, z, narrow);
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < width; j++)
				*NAME(unknown)(x, t.lower ? i : n - 1 - i, at + j) = z[i * strip + j];
		if (at / strip % 64 == 63)
			cs_poll(r->env);
	}
}

/* Halves: one is solved, taken from the other by a product, then the other. */
static void
NAME(solve)(NAME(room) *r, NAME(triangle) t, size_t n, size_t m, NAME(unknowns) x)
{
	size_t		half = round_up(n / 2, CS_TRIANGLE),
				from = t.lower ? 0 : n - half,	/* what is solved first */
				left = t.lower ? half : 0;	/* what is left */
	NAME(triangle) first = t,
				second = t;
	NAME(side) between = NAME(part)(t.m, left, from);
	NAME(unknowns) solved = NAME(unknowns_from)(x, from),
				open = NAME(unknowns_from)(x, left);

	if (n <= CS_TRIANGLE)
	{
		NAME(solve_small)(r, t, n, m, x);
		return;
	}
	first.m = NAME(part)(t.m, from, from);
	second.m = NAME(part)(t.m, left, left);
	NAME(solve)(r, first, half, m, solved);
	if (x.in_rows)
		NAME(tile)(r, m, n - half, half, -1, NAME(side_of)(solved.b, x.ldb, false), NAME(turned)(between), true,
				   open.b, x.ldb, WHOLE);
	else
		NAME(tile)(r, n - half, m, half, -1, between, NAME(side_of)(solved.b, x.ldb, false), true,
				   open.b, x.ldb, WHOLE);
	NAME(solve)(r, second, n - half, m, open);
}

/* X L' = B in place of the rows of B; L lower, n x n. */
static void
NAME(solve_rows)(NAME(room) *r, size_t n, size_t rows, const T *l, size_t ldl, bool transposed, T *b, size_t ldb)
{
	/* X M = B is M' X' = B' */
	NAME(triangle) t = {NAME(side_of)(l, ldl, !transposed), transposed};

	NAME(solve)(r, t, n, rows, (NAME(unknowns)) {b, ldb, true});
}

void
PUBLIC(solve_triangular)(cs_env *env, cs_team *team, cs_side side, cs_shape shape, cs_op op, size_t n, size_t m,
						 const T *t, size_t ldt, T *b, size_t ldb)
{
	bool		right = side == CS_RIGHT,
				transposed = (op == CS_T) != right;
	NAME(triangle) tri = {NAME(side_of)(t, ldt, transposed), (shape == CS_LOWER) != transposed};
	cs_share	s = cs_share_open(env, team);
	NAME(room) r;
	size_t		pieces = NAME(pieces)(&s, m, 64);
	int			u;

	if (right)
		NAME(room_open)(env, &r, m, n, n);
	else
		NAME(room_open)(env, &r, n, m, n);
	cs_share_round(&s, m > 0 && n > 0 ? (int) pieces : 0);
	while ((u = cs_share_take(&s)) >= 0)
	{
		size_t		from = m * (size_t) u / pieces,
					to = m * ((size_t) u + 1) / pieces;
		NAME(unknowns) x = {b, ldb, right};

		x.b = NAME(unknown)(x, 0, from);
		NAME(solve)(&r, tri, n, to - from, x);
	}
	cs_share_end(&s);
	NAME(room_close)(&r);
	cs_share_close(&s);
}

/* ---- Cholesky ---- */

static size_t
NAME(cholesky_small)(NAME(room) *r, size_t n, T *a, size_t lda)
{
	T			u[CS_TRIANGLE * CS_TRIANGLE] __attribute__((aligned(64)));
	int			done;

	memset(u, 0, n * CS_TRIANGLE * sizeof(T));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			u[j * CS_TRIANGLE + i] = a[i * lda + j];
	done = r->kernel->cholesky((int) n, u);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			a[i * lda + j] = u[j * CS_TRIANGLE + i];
	return (size_t) done;
}

/* Halves: returns the first bad pivot, or n. */
static size_t
NAME(cholesky_halves)(NAME(room) *r, size_t n, T *a, size_t lda)
{
	size_t		half = round_up(n / 2, CS_TRIANGLE),
				done;
	T		   *below = a + half * lda,
			   *rest = below + half;
	NAME(side) l = NAME(side_of)(below, lda, false);

	if (n <= CS_TRIANGLE)
		return NAME(cholesky_small)(r, n, a, lda);
	done = NAME(cholesky_halves)(r, half, a, lda);
	if (done < half)
		return done;
	NAME(solve_rows)(r, half, n - half, a, lda, true, below, lda);
	NAME(tile)(r, n - half, n - half, half, -1, l, NAME(turned)(l), true, rest, lda, 0);
	return half + NAME(cholesky_halves)(r, n - half, rest, lda);
}

/* Rows i .. of the columns j .. j + width lose what the columns before j make. */
static void
NAME(cholesky_column)(cs_share *s, NAME(room) *r, size_t n, size_t j, size_t width, T *a, size_t lda)
{
	size_t		pieces = NAME(pieces)(s, n - j, 128);
	NAME(side) l = NAME(side_of)(a, lda, false);
	int			u;

	cs_share_round(s, (int) pieces);
	while ((u = cs_share_take(s)) >= 0)
	{
		size_t		i = j + (n - j) * (size_t) u / pieces,
					i1 = j + (n - j) * ((size_t) u + 1) / pieces;

		NAME(tile)(r, i1 - i, width, j, -1, NAME(part)(l, i, 0), NAME(turned)(NAME(part)(l, j, 0)), true,
				   a + i * lda + j, lda, (ptrdiff_t) (i - j));
	}
	cs_share_end(s);
}

static void
NAME(cholesky_below)(cs_share *s, NAME(room) *r, size_t n, size_t j, size_t width, T *a, size_t lda)
{
	size_t		from = j + width,
				pieces = NAME(pieces)(s, n - from, 64);
	int			u;

	cs_share_round(s, from < n ? (int) pieces : 0);
	while ((u = cs_share_take(s)) >= 0)
	{
		size_t		i = from + (n - from) * (size_t) u / pieces,
					i1 = from + (n - from) * ((size_t) u + 1) / pieces;

		NAME(solve_rows)(r, width, i1 - i, a + j * lda + j, lda, true, a + i * lda + j, lda);
	}
	cs_share_end(s);
}

ptrdiff_t
PUBLIC(cholesky)(cs_env *env, cs_team *team, size_t n, T *a, size_t lda)
{
	cs_share	s = cs_share_open(env, team);
	size_t	   *pivot = cs_share_room(env, &s, 1, sizeof(size_t)),
				bad;
	NAME(room) r;

	NAME(room_open)(env, &r, n, n > CS_STEP ? CS_STEP : n, n);
	if (cs_share_leads(&s))
		*pivot = n;
	for (size_t j = 0; j < n; j += CS_STEP)
	{
		size_t		width = least(n - j, CS_STEP);

		if (j > 0)
			NAME(cholesky_column)(&s, &r, n, j, width, a, lda);
		if (cs_share_leads(&s))
		{
			size_t		done = NAME(cholesky_halves)(&r, width, a + j * lda + j, lda);

			if (done < width)
				*pivot = j + done;
		}
		cs_share_meet(&s);
		if (*pivot < n)
			break;
		NAME(cholesky_below)(&s, &r, n, j, width, a, lda);
	}
	bad = *pivot;
	if (cs_share_leads(&s))
		for (size_t i = 0; i < n; i++)
		{
			memset(a + i * lda + i + 1, 0, (n - i - 1) * sizeof(T));
			if (i % 64 == 63)
				cs_poll(env);
		}
	cs_share_meet(&s);
	cs_share_give_back(env, &s, pivot);
	NAME(room_close)(&r);
	cs_share_close(&s);
	return bad < n ? (ptrdiff_t) bad : -1;
}

void
PUBLIC(cholesky_solve)(cs_env *env, cs_team *team, size_t n, size_t m, const T *l, size_t ldl, T *b, size_t ldb)
{
	PUBLIC(solve_triangular)(env, team, CS_LEFT, CS_LOWER, CS_N, n, m, l, ldl, b, ldb);
	PUBLIC(solve_triangular)(env, team, CS_LEFT, CS_LOWER, CS_T, n, m, l, ldl, b, ldb);
}

/* ---- inverse ---- */

/* The inverse of a small lower triangle in place, by way of room for its square. */
static void
NAME(invert_small)(NAME(room) *r, size_t n, T *l, size_t ldl, T *square)
{
	NAME(triangle) t = {NAME(side_of)(l, ldl, false), true};

	memset(square, 0, n * n * sizeof(T));
	for (size_t i = 0; i < n; i++)
		square[i * n + i] = 1;
	NAME(solve)(r, t, n, n, (NAME(unknowns)) {square, n, false});
	for (size_t i = 0; i < n; i++)
		memcpy(l + i * ldl, square + i * n, n * sizeof(T));
}

/*
 * L becomes its inverse, from the last columns to the first: below the diagonal
 * -inverse(L22) L21 inverse(L11).  spare: n x CS_STEP.
 */
static void
NAME(invert_triangle)(cs_share *s, NAME(room) *r, size_t n, T *l, size_t ldl, T *spare)
{
	NAME(side) inverse = NAME(side_of)(l, ldl, false);

	for (size_t j = (n - 1) / CS_STEP * CS_STEP;; j -= CS_STEP)
	{
		size_t		width = least(n - j, CS_STEP),
					from = j + width,
					pieces = (n - from + CS_STEP - 1) / CS_STEP;
		int			u;

		if (cs_share_leads(s))
			for (size_t i = from; i < n; i++)
				memcpy(spare + (i - from) * width, l + i * ldl + j, width * sizeof(T));
		cs_share_meet(s);
		cs_share_round(s, (int) pieces);
		while ((u = cs_share_take(s)) >= 0)
		{
			/* the longest sums first */
			size_t		i = from + (pieces - 1 - (size_t) u) * CS_STEP,
						i1 = least(i + CS_STEP, n);

			NAME(tile)(r, i1 - i, width, i1 - from, -1, NAME(part)(inverse, i, from),
					   NAME(side_of)(spare, width, false), false, l + i * ldl + j, ldl, WHOLE);
			NAME(solve_rows)(r, width, i1 - i, l + j * ldl + j, ldl, false, l + i * ldl + j, ldl);
		}
		cs_share_end(s);
		if (cs_share_leads(s))
			NAME(invert_small)(r, width, l + j * ldl + j, ldl, spare);
		if (j == 0)
			break;
	}
	cs_share_meet(s);
}

/* M'M in place of the lower triangle M, rows from the top.  spare: CS_STEP x n. */
static void
NAME(square_triangle)(cs_share *s, NAME(room) *r, size_t n, T *m, size_t ldm, T *spare)
{
	for (size_t i = 0; i < n; i += CS_STEP)
	{
		size_t		height = least(n - i, CS_STEP),
					end = i + height,
					pieces = NAME(pieces)(s, end, 64);
		NAME(side) left = NAME(side_of)(m + end * ldm + i, ldm, true);
		int			u;

		if (cs_share_leads(s))
			for (size_t p = 0; p < height; p++)
				memcpy(spare + p * end, m + (i + p) * ldm, end * sizeof(T));
		cs_share_meet(s);
		cs_share_round(s, (int) pieces);
		while ((u = cs_share_take(s)) >= 0)
		{
			size_t		j = end * (size_t) u / pieces,
						j1 = end * ((size_t) u + 1) / pieces;

			NAME(tile)(r, height, j1 - j, height, 1, NAME(side_of)(spare + i, end, true),
					   NAME(side_of)(spare + j, end, false), false, m + i * ldm + j, ldm, WHOLE);
			if (end < n)
				NAME(tile)(r, height, j1 - j, n - end, 1, left, NAME(side_of)(m + end * ldm + j, ldm, false), true,
						   m + i * ldm + j, ldm, WHOLE);
		}
		cs_share_end(s);
	}
}

ptrdiff_t
PUBLIC(spd_inverse)(cs_env *env, cs_team *team, size_t n, T *a, size_t lda)
{
	ptrdiff_t	bad = PUBLIC(cholesky)(env, team, n, a, lda);
	cs_share	s;
	NAME(room) r;
	T		   *spare;
	size_t		pieces;
	int			u;

	if (bad >= 0 || n == 0)
		return bad;
	s = cs_share_open(env, team);
	spare = cs_share_room(env, &s, n * least(n, CS_STEP), sizeof(T));
	NAME(room_open)(env, &r, n, n, n);
	NAME(invert_triangle)(&s, &r, n, a, lda, spare);
	NAME(square_triangle)(&s, &r, n, a, lda, spare);
	pieces = NAME(pieces)(&s, n, 64);
	cs_share_round(&s, (int) pieces);
	while ((u = cs_share_take(&s)) >= 0)
		NAME(mirror)(env, n * (size_t) u / pieces, n * ((size_t) u + 1) / pieces, a, lda);
	cs_share_end(&s);
	NAME(room_close)(&r);
	cs_share_give_back(env, &s, spare);
	cs_share_close(&s);
	return -1;
}
