/*
 * test_digest.c - distinct points with counts: against a plain count, in any order and
 * cut into any parts, with and without a sample, as bytes and back.
 */
#include "attempt.h"
#include "core/base/digest.h"
#include "core/base/rng.h"
#include "harness.h"

#define ROWS 3000

/* Row i of a fixed set: many repetitions of few points, and points of their own. */
static void
make_row(size_t i, int d, int distinct, double *row)
{
	cs_rng		rng;

	cs_rng_init(&rng, i, 7);
	cs_rng_init(&rng, cs_rng_below(&rng, (uint64_t) distinct), 8);
	for (int f = 0; f < d; f++)
		row[f] = (double) cs_rng_below(&rng, 1000000) / 64;
}

/* Rows from, from + step, ... below n. */
static cs_digest *
digest_of(cs_env *env, size_t from, size_t step, size_t n, int d, int distinct, size_t bytes)
{
	cs_digest  *dg = cs_digest_new(env, bytes, 42);
	double	   *row = CS_ROOM(env, double, (size_t) d);

	cs_digest_width(dg, d);
	for (size_t i = from; i < n; i += step)
	{
		make_row(i, d, distinct, row);
		cs_digest_add(dg, row);
	}
	cs_release(env, row);
	return dg;
}

static unsigned char *
bytes_of(cs_env *env, cs_digest *dg, size_t *len)
{
	unsigned char *p = CS_ROOM(env, unsigned char, cs_digest_size(dg));

	*len = cs_digest_size(dg);
	cs_digest_write(dg, p);
	return p;
}

static bool
same(cs_env *env, cs_digest *a, cs_digest *b)
{
	size_t		la,
				lb;
	unsigned char *pa = bytes_of(env, a, &la),
			   *pb = bytes_of(env, b, &lb);
	bool		equal = la == lb && memcmp(pa, pb, la) == 0;

	cs_release(env, pa);
	cs_release(env, pb);
	return equal;
}

/* Every point that is kept has as many rows as a plain look at all rows finds. */
static void
check_counts(cs_env *env, cs_digest *dg, size_t n, int d, int distinct)
{
	double	   *row = CS_ROOM(env, double, (size_t) d);
	uint64_t   *count = CS_NEW(env, uint64_t, dg->n + 1),
				missed = 0;
	bool		ok = true;

	for (size_t i = 0; i < n; i++)
	{
		int64_t		at;

		make_row(i, d, distinct, row);
		at = cs_digest_find(dg, row);
		if (at >= 0)
			count[at]++;
		else
			missed++;
	}
	for (size_t i = 0; i < dg->n; i++)
		ok = ok && count[i] == dg->count[i];
	CHECK(ok);
	CHECK(cs_digest_kept(dg) + missed == dg->rows && dg->rows == n);
	CHECK((missed > 0) == (dg->level > 0));
	cs_release(env, row);
	cs_release(env, count);
}

static void
test_counts(cs_env *env)
{
	cs_digest  *dg = digest_of(env, 0, 1, ROWS, 3, 200, 1 << 20);

	CHECK(dg->n > 190 && dg->n <= 200 && dg->level == 0);
	check_counts(env, dg, ROWS, 3, 200);
	cs_digest_sort(dg);
	check_counts(env, dg, ROWS, 3, 200);
	for (size_t i = 1; i < dg->n; i++)
		CHECK(dg->hash[i - 1] < dg->hash[i]);
	cs_digest_free(dg);

	/* one value a row, nothing twice */
	dg = digest_of(env, 0, 1, 500, 1, 1 << 30, 1 << 20);
	check_counts(env, dg, 500, 1, 1 << 30);
	cs_digest_free(dg);
}

/* Room for 100 points of 2 values, of which there are some 1500. */
#define TIGHT (100 * (2 * 8 + 24))

static void
test_sample(cs_env *env)
{
	cs_digest  *dg = digest_of(env, 0, 1, ROWS, 2, 1500, TIGHT),
			   *all = digest_of(env, 0, 1, ROWS, 2, 1500, 1 << 20);
	size_t		at_level[2] = {0, 0};

	CHECK(dg->most == 100 && dg->n <= 100 && dg->level > 0);
	check_counts(env, dg, ROWS, 2, 1500);

	/* the least level for which they fit, and all points of that level */
	for (size_t i = 0; i < all->n; i++)
		for (int less = 0; less < 2; less++)
			at_level[less] += (all->hash[i] & ((UINT64_C(1) << (dg->level - less)) - 1)) == 0;
	CHECK(at_level[0] == dg->n && at_level[1] > 100);
	cs_digest_free(dg);
	cs_digest_free(all);
}

/* Parts in any number and order give the same bytes as the rows one by one. */
static void
check_parts(cs_env *env, size_t parts, size_t bytes, int distinct)
{
	cs_digest  *whole = digest_of(env, 0, 1, ROWS, 2, distinct, bytes);

	for (size_t first = 0; first < parts; first += parts > 1 ? parts - 1 : 1)
	{
		cs_digest  *sum = cs_digest_new(env, bytes, 42);

		for (size_t p = 0; p < parts; p++)
		{
			cs_digest  *part = digest_of(env, (first + p) % parts, parts, ROWS, 2, distinct, bytes);

			cs_digest_merge(sum, part);
			cs_digest_free(part);
		}
		CHECK(same(env, whole, sum));
		cs_digest_free(sum);
	}
	cs_digest_free(whole);
}

static void
test_merging(cs_env *env)
{
	check_parts(env, 1, TIGHT, 1500);
	check_parts(env, 2, TIGHT, 1500);
	check_parts(env, 7, TIGHT, 1500);
	check_parts(env, 3, 1 << 20, 1500);
	check_parts(env, 5, 40, 1500);	/* one point at most */
	check_parts(env, 4, TIGHT, 20);
}

static void
test_empty(cs_env *env)
{
	cs_digest  *a = cs_digest_new(env, 4096, 1),
			   *b = cs_digest_new(env, 4096, 1);
	const double row[2] = {1, -2};
	size_t		len;
	unsigned char *p;

	a->skipped = 3;
	cs_digest_merge(b, a);
	CHECK(b->rows == 0 && b->skipped == 3 && b->d == 0 && b->n == 0);
	CHECK(cs_digest_find(b, row) < 0);
	cs_digest_sort(b);
	p = bytes_of(env, b, &len);
	CHECK(len == 56 && same(env, b, cs_digest_read(env, p, len)));
	cs_digest_width(b, 2);
	cs_digest_add(b, row);
	cs_digest_merge(a, b);
	CHECK(a->rows == 1 && a->n == 1 && a->skipped == 6 && cs_digest_find(a, row) == 0);
}

/* -0 is 0: one point. */
static void
test_zero(cs_env *env)
{
	cs_digest  *dg = cs_digest_new(env, 4096, 1);
	const double plus[1] = {0.0},
				minus[1] = {-0.0};

	cs_digest_width(dg, 1);
	cs_digest_add(dg, minus);
	cs_digest_add(dg, plus);
	CHECK(dg->n == 1 && dg->count[0] == 2 && !signbit(dg->value[0]));
	CHECK(cs_digest_find(dg, minus) == 0);
	cs_digest_free(dg);
}

static void
add_huge(cs_env *env)
{
	cs_digest  *dg = cs_digest_new(env, 4096, 1);
	const double row[2] = {1, -1.1e30};

	cs_digest_width(dg, 2);
	cs_digest_add(dg, row);
}

static void
add_nan(cs_env *env)
{
	cs_digest  *dg = cs_digest_new(env, 4096, 1);
	const double row[1] = {NAN};

	cs_digest_width(dg, 1);
	cs_digest_add(dg, row);
}

static void
test_range(cs_env *env)
{
	CHECK_FAILS(env, add_huge, CS_E_NUMERIC, "feature value -1.1e+30 is out of range");
	CHECK_FAILS(env, add_nan, CS_E_NUMERIC, "out of range");
}

/* ---- bytes ---- */

static void
check_round_trip(cs_env *env, size_t n, int d, int distinct, size_t bytes)
{
	cs_digest  *dg = digest_of(env, 0, 1, n, d, distinct, bytes),
			   *back;
	size_t		len;
	unsigned char *p = bytes_of(env, dg, &len);

	back = cs_digest_read(env, p, len);
	CHECK(same(env, dg, back));
	check_counts(env, back, n, d, distinct);

	/* what came back can be added to */
	cs_digest_merge(back, dg);
	CHECK(back->rows == 2 * n && back->n == dg->n && cs_digest_kept(back) == 2 * cs_digest_kept(dg));
	cs_release(env, p);
	cs_digest_free(back);
	cs_digest_free(dg);
}

static void
test_bytes(cs_env *env)
{
	check_round_trip(env, 1, 1, 10, 4096);
	check_round_trip(env, 700, 3, 200, 1 << 16);
	check_round_trip(env, ROWS, 2, 1500, TIGHT);
}

typedef struct bytes
{
	unsigned char *p;
	size_t		len;
} bytes;

static void
read_bytes(cs_env *env, void *arg)
{
	bytes	   *b = arg;

	cs_digest_read(env, b->p, b->len);
}

static void
check_refused(cs_env *env, const unsigned char *sound, size_t len, size_t at, unsigned char to, const char *detail)
{
	attempt    *a = CS_NEW(env, attempt, 1);
	bytes		b = {CS_ROOM(env, unsigned char, len), len};

	memcpy(b.p, sound, len);
	b.p[at] = to;
	CHECK(!attempt_run(a, env, read_bytes, &b));
	CHECK(a->error == CS_E_DATA && strstr(a->detail, detail) != NULL);
	cs_release(env, b.p);
	cs_release(env, a);
}

static void
test_damage(cs_env *env)
{
	cs_digest  *dg = digest_of(env, 0, 1, 40, 2, 1 << 30, 1 << 16);
	size_t		len;
	unsigned char *p = bytes_of(env, dg, &len);
	attempt    *a = CS_NEW(env, attempt, 1);

	check_refused(env, p, len, 0, 'X', "does not begin");
	check_refused(env, p, len, 4, 0, "out of range");	/* no values */
	check_refused(env, p, len, 4, 3, "length");
	check_refused(env, p, len, 6, 255, "out of range");	/* 16 million values */
	check_refused(env, p, len, 10, 0, "more points than it may");	/* bytes 65536 -> 0 */
	check_refused(env, p, len, 16, 1, "not in order");	/* another seed, other hashes */
	check_refused(env, p, len, 24, 64, "out of range");	/* level */
	check_refused(env, p, len, 24, 3, "does not belong");
	check_refused(env, p, len, 32, 41, "add up");	/* rows */
	check_refused(env, p, len, 32, 39, "count does not fit");
	check_refused(env, p, len, 39, 255, "out of range");
	check_refused(env, p, len, 48, 39, "length");
	check_refused(env, p, len, 54, 255, "length");
	check_refused(env, p, len, 56, 0, "count does not fit");
	check_refused(env, p, len, 56 + 15, 0x7F, "value is out of range");
	for (size_t cut = 0; cut < len; cut += 13)
	{
		bytes		b = {p, cut};

		CHECK(!attempt_run(a, env, read_bytes, &b));
	}
	cs_release(env, a);
	cs_release(env, p);
	cs_digest_free(dg);
}

TESTS(test_counts, test_sample, test_merging, test_empty, test_zero, test_range, test_bytes, test_damage)
