/*
 * test_rows.c - rows in chunks: adding, releasing, putting into order.
 */
#include "core/base/rows.h"
#include "harness.h"

static cs_rows *
numbered(cs_env *env, size_t n, int width)
{
	cs_rows    *r = cs_rows_new(env, width);

	for (size_t i = 0; i < n; i++)
	{
		float	   *x = cs_rows_add(r);

		for (int f = 0; f < width; f++)
			x[f] = (float) (i % 100003) + (float) f / 64;
	}
	return r;
}

/* Does row i hold what row was holds? */
static bool
holds(const cs_rows *r, size_t i, size_t was)
{
	for (int f = 0; f < r->width; f++)
		if (cs_rows_at(r, i)[f] != (float) (was % 100003) + (float) f / 64)
			return false;
	return true;
}

static void
check_kept(cs_env *env, size_t n, int width)
{
	cs_rows    *r = numbered(env, n, width);
	bool		ok = r->n == n;

	for (size_t i = 0; i < n; i++)
		ok = ok && holds(r, i, i);
	CHECK(ok);
	CHECK(cs_rows_bytes(r) >= n * (size_t) width * sizeof(float));
	cs_rows_free(r);
}

static void
test_adding(cs_env *env)
{
	check_kept(env, 0, 3);
	check_kept(env, 1, 1);
	check_kept(env, CS_BLOCK_ROWS, 2);
	check_kept(env, CS_BLOCK_ROWS * 9 + 1, 2);
	check_kept(env, CS_BLOCK_ROWS * 20, 1);
}

/* Rows of 5000 floats are 80 MB a chunk: each has a slab of its own. */
static void
test_wide_rows(cs_env *env)
{
	cs_rows    *r = cs_rows_new(env, 5000);

	cs_rows_add(r)[4999] = 7;
	CHECK(cs_rows_at(r, 0)[4999] == 7);
	CHECK(r->slabs == 1 && r->chunks == 1);
	CHECK(cs_rows_bytes(r) == (size_t) CS_BLOCK_ROWS * 5000 * sizeof(float));
	cs_rows_free(r);
}

/* What lies behind stays readable; sanitizers see that the rest is gone. */
static void
test_releasing(cs_env *env)
{
	cs_rows    *r = numbered(env, CS_BLOCK_ROWS * 12, 2);
	bool		ok = true;

	for (size_t chunk = 0; chunk < 12; chunk++)
	{
		for (size_t i = chunk * CS_BLOCK_ROWS; i < r->n; i += 1000)
			ok = ok && holds(r, i, i);
		cs_rows_release_before(r, chunk);
	}
	CHECK(ok);
	cs_rows_free(r);
}

/* to[i] = a * i + b mod n, a permutation when a and n have no common factor. */
static void
check_permuted(cs_env *env, size_t n, size_t a, size_t b)
{
	cs_rows    *r = numbered(env, n, 3);
	uint32_t   *to = CS_NEW(env, uint32_t, n);
	bool		ok = true;

	for (size_t i = 0; i < n; i++)
		to[i] = (uint32_t) ((a * i + b) % n);
	cs_rows_permute(r, to);
	for (size_t i = 0; i < n; i++)
		ok = ok && holds(r, i, (a * i + b) % n);
	CHECK(ok);
	cs_release(env, to);
	cs_rows_free(r);
}

static void
test_permuting(cs_env *env)
{
	check_permuted(env, 1, 1, 0);
	check_permuted(env, 10, 1, 0);
	check_permuted(env, 10, 9, 9);	/* turned round */
	check_permuted(env, 11, 1, 4);	/* one cycle */
	check_permuted(env, CS_BLOCK_ROWS + 1, 3, 5);
	check_permuted(env, 10007, 17, 1234);
}

TESTS(test_adding, test_wide_rows, test_releasing, test_permuting)
