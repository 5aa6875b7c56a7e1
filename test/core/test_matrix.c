/*
 * test_matrix.c - tiles, blocks, selections, and sorting within a block.
 */
#include "core/base/matrix.h"
#include "harness.h"
#include "points.h"

static void
test_layout(cs_env *env)
{
	size_t		n = CS_BLOCK_ROWS + 37;
	int			d = 5;
	float	   *rows = draw_rows(env, n, d, 1, draw_real),
				row[5];
	cs_matrix  *m = cs_matrix_from_rows(env, rows, n, d);
	bool		same = true;

	CHECK(m->blocks == 2);
	CHECK(cs_block_rows(m, 0) == CS_BLOCK_ROWS && cs_block_rows(m, 1) == 37);
	CHECK(((size_t) m->block[0] & 63) == 0);
	for (size_t i = 0; i < n; i++)
	{
		cs_matrix_row(m, i, row);
		same = same && memcmp(row, rows + i * (size_t) d, sizeof(row)) == 0;
	}
	CHECK(same);
	/* value f of row p is at tile[f * CS_LANES + p] */
	CHECK(m->block[1][(size_t) (CS_LANES * d) + 3 * CS_LANES + 2] == rows[(CS_BLOCK_ROWS + CS_LANES + 2) * d + 3]);
	/* behind the last row are zeros */
	CHECK(m->block[1][(size_t) (CS_LANES * d) + 5] == 0);
	CHECK(cs_matrix_weight(m, 3) == 1 && !cs_matrix_weighted(m));
	CHECK(cs_matrix_origin(m, 4711) == 4711);
}

/* The cut into units covers all blocks once, in order. */
static void
test_units(cs_env *env)
{
	static const size_t sizes[] = {1, CS_BLOCK_ROWS, CS_BLOCK_ROWS + 1, 63 * CS_BLOCK_ROWS, 200 * CS_BLOCK_ROWS - 1};

	(void) env;
	for (int i = 0; i < 5; i++)
	{
		cs_matrix	m = {.n = sizes[i], .d = 1, .blocks = cs_matrix_blocks(sizes[i])};
		bool		ascending = true;

		CHECK(cs_units(&m) <= CS_MAX_UNITS && cs_units(&m) <= m.blocks);
		CHECK(cs_unit_start(&m, 0) == 0 && cs_unit_start(&m, cs_units(&m)) == m.blocks);
		for (int u = 0; u < cs_units(&m); u++)
			ascending = ascending && cs_unit_start(&m, u) < cs_unit_start(&m, u + 1);
		CHECK(ascending);
	}
}

static void
test_selection(cs_env *env)
{
	size_t		n = CS_BLOCK_ROWS + 500,
				m = CS_BLOCK_ROWS + 33;
	int			d = 3;
	float	   *rows = draw_rows(env, n, d, 2, draw_real),
				row[3];
	cs_matrix  *base = cs_matrix_from_rows(env, rows, n, d),
			   *s;
	uint32_t   *pick = CS_NEW(env, uint32_t, m);
	cs_scratch *scratch;
	bool		same = true;

	add_weights(env, base);
	for (size_t i = 0; i < m; i++)
		pick[i] = (uint32_t) (i * 31 % n);
	s = cs_matrix_select(env, base, pick, m);
	scratch = cs_scratch_new(env, s);
	CHECK(cs_scratch_new(env, base) == NULL);
	CHECK(cs_matrix_weighted(s));
	for (int b = 0; b < s->blocks; b++)
	{
		cs_run		run = cs_matrix_run(s, b, scratch);

		CHECK(run.rows == cs_block_rows(s, b) && run.d == d);
		for (size_t i = 0; i < run.rows; i++)
		{
			size_t		r = (size_t) b * CS_BLOCK_ROWS + i;

			cs_matrix_row(s, r, row);
			same = same && memcmp(row, rows + pick[r] * (size_t) d, sizeof(row)) == 0;
			for (size_t f = 0; f < (size_t) d; f++)
				same = same && run.tiles[(i / CS_LANES * (size_t) d + f) * CS_LANES + i % CS_LANES] == row[f];
			same = same && run.weight[i] == (float) (pick[r] % 3 + 1) && cs_matrix_weight(s, r) == run.weight[i];
		}
	}
	CHECK(same);
	cs_scratch_free(env, scratch);
	cs_scratch_free(env, NULL);
}

/* Rows, labels, weights and origins move together; equal labels keep their order. */
static void
check_sorted(cs_env *env, size_t n, int d, int k, bool weighted)
{
	float	   *rows = draw_rows(env, n, d, n, draw_real),
			   *row = CS_NEW(env, float, (size_t) d),
			   *scratch = CS_NEW(env, float, cs_block_floats(d));
	cs_matrix  *m = cs_matrix_from_rows(env, rows, n, d);
	int32_t    *label = CS_NEW(env, int32_t, cs_round_lanes(n)),
			   *old = CS_NEW(env, int32_t, n);
	bool		ok = true;

	add_origin(env, m);
	if (weighted)
		add_weights(env, m);
	for (size_t i = 0; i < n; i++)
		label[i] = old[i] = (int32_t) (i * 7 % (size_t) k);
	for (int b = 0; b < m->blocks; b++)
		cs_matrix_sort_block(env, m, b, label + (size_t) b * CS_BLOCK_ROWS, k, scratch);
	for (size_t i = 0; i < n; i++)
	{
		size_t		from = cs_matrix_origin(m, i);

		cs_matrix_row(m, i, row);
		ok = ok && from / CS_BLOCK_ROWS == i / CS_BLOCK_ROWS && label[i] == old[from] &&
			memcmp(row, rows + from * (size_t) d, sizeof(float) * (size_t) d) == 0 &&
			(!weighted || m->weight[i] == (float) (from % 3 + 1));
		if (i % CS_BLOCK_ROWS > 0)
			ok = ok && (label[i] > label[i - 1] || (label[i] == label[i - 1] && from > cs_matrix_origin(m, i - 1)));
	}
	CHECK(ok);
}

static void
test_sort_block(cs_env *env)
{
	for (int d = 1; d <= 17; d += 8)
	{
		check_sorted(env, 1, d, 1, false);
		check_sorted(env, 33, d, 4, true);
		check_sorted(env, 1000, d, 20, false);
	}
	check_sorted(env, CS_BLOCK_ROWS + 77, 2, 300, true);
}

static void
test_empty(cs_env *env)
{
	cs_matrix  *m = cs_matrix_new(env, 0, 3);

	CHECK(m->blocks == 0 && cs_units(m) == 0);
	cs_matrix_free(env, m);
	cs_matrix_free(env, cs_matrix_new(env, CS_BLOCK_ROWS + 1, 3));
}

TESTS(test_layout, test_units, test_selection, test_sort_block, test_empty)
