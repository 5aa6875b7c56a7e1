/*
 * linalg.c - dense linear algebra of the core on made-up matrices.
 *
 *	linalg WHAT PRECISION M [N [K]]
 *
 * WHAT: product (M x K by K x N), gram (K rows of M), cholesky, inverse, eigen
 * (M x M), qr (M x N), svd (K values of M x N, random).  PRECISION: f32 or f64,
 * of which eigen, qr and svd have only the second.
 *
 * It answers: ok SECONDS GFLOPS, processor time, the best of at least three runs
 * and of half a second.  GFLOPS by the usual counts, those of linalg.py.
 */
#include "host.h"

#include "core/base/linalg.h"

typedef struct task
{
	bool		single;
	size_t		m;
	size_t		n;
	size_t		k;
	double	   *a;
	double	   *b;
	double	   *c;
	double	   *work;			/* a copy of a, made outside of the time */
	float	   *fa;
	float	   *fb;
	float	   *fc;
	float	   *fwork;
} task;

static void
run_product(task *t)
{
	if (t->single)
		cs_productf(&host_env, NULL, CS_N, CS_N, t->m, t->n, t->k, 1, t->fa, t->k, t->fb, t->n, 0, t->fc, t->n);
	else
		cs_product(&host_env, NULL, CS_N, CS_N, t->m, t->n, t->k, 1, t->a, t->k, t->b, t->n, 0, t->c, t->n);
}

static void
run_gram(task *t)
{
	if (t->single)
		cs_gramf(&host_env, NULL, CS_T, t->m, t->k, 1, t->fa, t->m, 0, t->fc, t->m);
	else
		cs_gram(&host_env, NULL, CS_T, t->m, t->k, 1, t->a, t->m, 0, t->c, t->m);
}

static void
run_cholesky(task *t)
{
	if (t->single ? cs_choleskyf(&host_env, NULL, t->m, t->fwork, t->m) >= 0 :
		cs_cholesky(&host_env, NULL, t->m, t->work, t->m) >= 0)
		stop("the matrix is not definite");
}

static void
run_inverse(task *t)
{
	if (t->single ? cs_spd_inversef(&host_env, NULL, t->m, t->fwork, t->m) >= 0 :
		cs_spd_inverse(&host_env, NULL, t->m, t->work, t->m) >= 0)
		stop("the matrix is not definite");
}

static void
run_eigen(task *t)
{
	cs_eigen_symmetric(&host_env, t->m, t->work, t->m, t->b, t->c, t->m);
}

static void
run_qr(task *t)
{
	cs_qr(&host_env, NULL, t->m, t->n, t->work, t->n, t->c, t->n);
}

static void
run_svd(task *t)
{
	cs_svd_options options = {.rank = t->k,.oversample = 10,.iterations = 2,.seed = 42};

	cs_svd_random_dense(&host_env, NULL, t->m, t->n, t->a, t->n, &options, t->b, t->c + t->n * t->k, t->c);
}

typedef struct what
{
	const char *name;
	void		(*run) (task *t);
	bool		definite;		/* a is symmetric and positive definite */
} what;

static const what whats[] = {
	{"product", run_product, false},
	{"gram", run_gram, false},
	{"cholesky", run_cholesky, true},
	{"inverse", run_inverse, true},
	{"eigen", run_eigen, true},
	{"qr", run_qr, false},
	{"svd", run_svd, false},
};

static double
operations(const what *w, const task *t)
{
	double		m = (double) t->m,
				n = (double) t->n,
				k = (double) t->k,
				l = k + 10;

	if (w->run == run_product)
		return 2 * m * n * k;
	if (w->run == run_gram)
		return m * m * k;
	if (w->run == run_cholesky)
		return m * m * m / 3;
	if (w->run == run_inverse)
		return m * m * m;
	if (w->run == run_eigen)
		return 9 * m * m * m;
	if (w->run == run_qr)
		return 4 * m * n * n;
	return 6 * 2 * m * n * l;
}

/* Uniform numbers; or 1 / (1 + distance from the diagonal), which is definite, with 1 more on it. */
static void
fill(task *t, bool definite, size_t items)
{
	cs_rng		rng;

	cs_rng_init(&rng, 1, 1);
	for (size_t i = 0; i < items; i++)
	{
		size_t		row = i / t->m,
					col = i % t->m;

		t->a[i] = definite ? (row == col) + 1.0 / (double) (1 + (row > col ? row - col : col - row)) : cs_rng_unit(&rng) - 0.5;
		t->b[i] = cs_rng_unit(&rng) - 0.5;
	}
	for (size_t i = 0; t->single && i < items; i++)
	{
		t->fa[i] = (float) t->a[i];
		t->fb[i] = (float) t->b[i];
	}
}

static void
linalg(int words, char **word)
{
	const what *w = NULL;
	task		t = {.single = strcmp(word[2], "f32") == 0,.m = (size_t) atol(word[3])};
	size_t		items;
	double		best = 1e30,
				all = 0;

	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++)
		if (strcmp(whats[i].name, word[1]) == 0)
			w = &whats[i];
	if (w == NULL)
		stop("linalg knows no such thing");
	t.n = words > 4 ? (size_t) atol(word[4]) : t.m;
	t.k = words > 5 ? (size_t) atol(word[5]) : words > 4 ? 1 : t.m;

	/* enough for any of the shapes */
	items = t.m * t.n > t.m * t.k ? t.m * t.n : t.m * t.k;
	items = items > (t.n + 1) * t.k ? items : (t.n + 1) * t.k;
	t.a = CS_ROOM(&host_env, double, items);
	t.b = CS_ROOM(&host_env, double, items);
	t.c = CS_NEW(&host_env, double, items);
	t.work = CS_NEW(&host_env, double, items);
	t.fa = CS_NEW(&host_env, float, items);
	t.fb = CS_NEW(&host_env, float, items);
	t.fc = CS_NEW(&host_env, float, items);
	t.fwork = CS_NEW(&host_env, float, items);
	fill(&t, w->definite, items);
	for (int run = 0; run < 3 || all < 0.5; run++)
	{
		times		start;
		double		took;

		memcpy(t.work, t.a, items * sizeof(double));
		memcpy(t.fwork, t.fa, items * sizeof(float));
		start = times_now();
		w->run(&t);
		took = times_since(start).cpu;
		all += took;
		best = took < best ? took : best;
	}
	printf("ok %.6f %.2f\n", best, operations(w, &t) / best / 1e9);
	cs_release(&host_env, t.a), cs_release(&host_env, t.b), cs_release(&host_env, t.c), cs_release(&host_env, t.work);
	cs_release(&host_env, t.fa), cs_release(&host_env, t.fb), cs_release(&host_env, t.fc), cs_release(&host_env, t.fwork);
}

const command linalg_commands[] = {
	{"linalg", 4, linalg},
	{0}
};
