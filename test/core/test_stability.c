/*
 * test_stability.c - samples of rows, and how alike two clusterings are.
 */
#include "core/eval/stability.h"
#include "harness.h"

static void
test_jaccard(cs_env *env)
{
	/* clusters of a: rows 0-3, 4-6, 7-8 (and one without rows); row 9 has none */
	static const int32_t a[] = {0, 0, 0, 0, 1, 1, 1, 2, 2, -1};
	static const int32_t b[] = {1, 1, 1, 0, 0, 0, -1, 2, 2, 2};
	double		best[4],
				overlap[12];

	cs_jaccard_best(env, a, 4, b, 3, 10, best);
	CHECK(best[0] == 3.0 / 4);	/* with 1: 3 of 4 + 3 - 3 */
	CHECK(best[1] == 2.0 / 4);	/* with 0: 2 of 3 + 3 - 2; row 6 is lost */
	CHECK(best[2] == 1);		/* row 9 does not count */
	CHECK(isnan(best[3]));
	cs_overlap(env, a, 4, b, 3, 10, overlap);
	CHECK(memcmp(overlap, (double[]) {1, 3, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0}, sizeof(overlap)) == 0);
}

/* Against itself under other numbers every cluster is found again. */
static void
test_same_clusters(cs_env *env)
{
	size_t		n = 70000;
	int32_t    *a = CS_NEW(env, int32_t, n),
			   *b = CS_NEW(env, int32_t, n);
	double		best[13];

	for (size_t i = 0; i < n; i++)
	{
		a[i] = (int32_t) (i * i % 13);
		b[i] = (a[i] * 5 + 3) % 13;
	}
	cs_jaccard_best(env, a, 13, b, 13, n, best);
	for (int j = 0; j < 13; j++)
		CHECK(best[j] == 1 || (isnan(best[j]) && j != 0 && j != 1));
	CHECK(best[0] == 1 && best[1] == 1 && isnan(best[2]));
}

static void
test_verdict(cs_env *env)
{
	static const double at[] = {0, 0.59, 0.6, 0.75, 0.76, 0.85, 0.86, 1, NAN};
	static const char *const verdict[] = {"unstable", "unstable", "doubtful", "doubtful", "stable", "stable",
	"highly stable", "highly stable", "unknown"};

	(void) env;
	for (int i = 0; i < 9; i++)
		CHECK(strcmp(cs_stability_verdict(at[i]), verdict[i]) == 0);
}

/* ---- samples ---- */

/*
 * n draws, ascending; each row is left out with probability (1 - 1/n)^n, and the
 * number of times that it comes has variance 1 - 1/n.
 */
static void
check_bootstrap(cs_env *env, size_t n)
{
	uint32_t   *pick = CS_NEW(env, uint32_t, n),
			   *times = CS_NEW(env, uint32_t, n);
	double		missed = 0,
				squares = 0,
				expected = pow(1 - 1.0 / (double) n, (double) n) * (double) n;
	bool		ascending = true;
	cs_rng		rng;

	cs_rng_init(&rng, n, CS_STREAM_BOOTSTRAP);
	cs_bootstrap_pick(env, &rng, n, pick);
	for (size_t i = 0; i < n; i++)
	{
		CHECK(pick[i] < n);
		ascending = ascending && (i == 0 || pick[i] >= pick[i - 1]);
		times[pick[i]]++;
	}
	CHECK(ascending);
	for (size_t i = 0; i < n; i++)
	{
		missed += times[i] == 0;
		squares += ((double) times[i] - 1) * ((double) times[i] - 1);
	}
	CHECK_NEAR(missed, expected, 4 * sqrt(expected * 0.63) + 1);
	CHECK_NEAR(squares / (double) n, 1 - 1 / (double) n, 8 / sqrt((double) n));
	/* halves, as a whole */
	missed = 0;
	for (size_t i = 0; i < n / 2; i++)
		missed += times[i];
	CHECK_NEAR(missed, (double) (n / 2), 4 * sqrt((double) n / 4) + 1);
	cs_release(env, pick);
	cs_release(env, times);
}

static void
test_bootstrap(cs_env *env)
{
	cs_bootstrap_pick(env, NULL, 0, NULL);
	check_bootstrap(env, 1);
	check_bootstrap(env, 2);
	check_bootstrap(env, 100);
	check_bootstrap(env, 4096);
	check_bootstrap(env, 4097);
	check_bootstrap(env, 100003);
}

/* Two of the 3 rows in order: each of the 9 equally often. */
static void
test_bootstrap_is_uniform(cs_env *env)
{
	int			count[27] = {0};
	double		chi2 = 0;
	cs_rng		rng;

	cs_rng_init(&rng, 5, CS_STREAM_BOOTSTRAP);
	for (int i = 0; i < 2700; i++)
	{
		uint32_t	pick[3];

		cs_bootstrap_pick(env, &rng, 3, pick);
		count[pick[0] * 9 + pick[1] * 3 + pick[2]]++;
	}
	/* ascending triples stand for 1, 3 or 6 ordered ones */
	for (int i = 0; i < 27; i++)
	{
		int			a = i / 9,
					b = i / 3 % 3,
					c = i % 3;
		double		expected = a > b || b > c ? 0 : a == b && b == c ? 100 : a == b || b == c ? 300 : 600;

		CHECK(expected > 0 || count[i] == 0);
		if (expected > 0)
			chi2 += (count[i] - expected) * (count[i] - expected) / expected;
	}
	CHECK(chi2 < 27.9);			/* 99.9 % of 9 degrees of freedom */
}

static void
check_halves(cs_env *env, size_t n, size_t m)
{
	uint32_t   *a = CS_NEW(env, uint32_t, m),
			   *b = CS_NEW(env, uint32_t, m);
	bool	   *taken = CS_NEW(env, bool, n),
				ok = true;
	cs_rng		rng;

	cs_rng_init(&rng, n + m, CS_STREAM_STABILITY);
	cs_half_picks(env, &rng, n, m, a, b);
	for (size_t i = 0; i < m; i++)
	{
		ok = ok && a[i] < n && b[i] < n && !taken[a[i]];
		taken[a[i]] = true;
		ok = ok && !taken[b[i]] && (i == 0 || (a[i] > a[i - 1] && b[i] > b[i - 1]));
		taken[b[i]] = true;
	}
	CHECK(ok);
}

static void
test_halves(cs_env *env)
{
	int			in_a[10] = {0},
				in_b[10] = {0};
	cs_rng		rng;

	check_halves(env, 2, 1);
	check_halves(env, 1000, 500);
	check_halves(env, 1001, 500);
	check_halves(env, 100000, 77);
	check_halves(env, 5, 0);
	cs_rng_init(&rng, 6, CS_STREAM_STABILITY);
	for (int i = 0; i < 10000; i++)
	{
		uint32_t	a[3],
					b[3];

		cs_half_picks(env, &rng, 10, 3, a, b);
		for (int j = 0; j < 3; j++)
		{
			in_a[a[j]]++;
			in_b[b[j]]++;
		}
	}
	for (int i = 0; i < 10; i++)
		CHECK(abs(in_a[i] - 3000) < 200 && abs(in_b[i] - 3000) < 200);
}

TESTS(test_jaccard, test_same_clusters, test_verdict, test_bootstrap, test_bootstrap_is_uniform, test_halves)
