/*
 * test_kdtree.c - the k-d tree: every row is in it once and inside its boxes; searches
 * against looking at all rows.
 */
#include "core/base/kdtree.h"
#include "harness.h"
#include "points.h"

#define COUNT(a) ((int) (sizeof(a) / sizeof((a)[0])))

static cs_kdtree
tree_of(cs_env *env, const cs_matrix *x)
{
	cs_kdtree	t = cs_kdtree_at(CS_NEW(env, char, cs_kdtree_bytes(x->n, x->d)), x->n, x->d);

	cs_kdtree_build(env, &t, x);
	return t;
}

static double
square_of(const cs_matrix *x, size_t i, const float *q)
{
	double		sum = 0;

	for (int f = 0; f < x->d; f++)
	{
		double		v = (double) q[f] - (double) cs_matrix_at(x, i)[f * CS_LANES];

		sum += v * v;
	}
	return sum;
}

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a,
				y = *(const double *) b;

	return (x > y) - (x < y);
}

/* ---- the order and the boxes ---- */

static void
check_node(const cs_kdtree *t, cs_kd_node node, bool *seen)
{
	size_t		number = cs_kd_number(t, node);
	const float *box = cs_kd_box(t, number);

	CHECK(node.from < node.to && !seen[number]);
	seen[number] = true;
	for (size_t p = node.from * CS_KD_LEAF; p < node.to * CS_KD_LEAF && p < t->n; p++)
	{
		float		row[32];
		bool		in = true;

		cs_kdtree_row(t, p, row);
		for (int f = 0; f < t->d; f++)
			in = in && row[f] >= box[f] && row[f] <= box[f + t->d];
		CHECK(in);
	}
	if (cs_kd_is_leaf(node))
		return;
	CHECK(cs_kd_left(node).to == cs_kd_right(node).from);
	check_node(t, cs_kd_left(node), seen);
	check_node(t, cs_kd_right(node), seen);
}

static void
check_tree(cs_env *env, const cs_matrix *x)
{
	cs_kdtree	t = tree_of(env, x);
	bool	   *seen = CS_NEW(env, bool, x->n + 2 * t.leaves + 1);

	for (size_t p = 0; p < x->n; p++)
	{
		float		row[32];

		CHECK(t.row[p] < x->n && !seen[t.row[p]]);
		seen[t.row[p]] = true;
		cs_kdtree_row(&t, p, row);
		CHECK(square_of(x, t.row[p], row) == 0);
	}
	memset(seen, 0, x->n + 2 * t.leaves);
	check_node(&t, cs_kd_root(&t), seen);
}

static void
test_order(cs_env *env)
{
	static const size_t some_n[] = {1, 63, 64, 65, 200, 1088, 2000};

	for (int i = 0; i < COUNT(some_n); i++)
		for (int d = 1; d <= 17; d += 8)
		{
			check_tree(env, cs_matrix_from_rows(env, draw_rows(env, some_n[i], d, (uint64_t) d, draw_real), some_n[i], d));
			check_tree(env, cs_matrix_from_rows(env, draw_rows(env, some_n[i], d, (uint64_t) d, draw_whole), some_n[i], d));
			check_tree(env, cs_matrix_new(env, some_n[i], d));
		}
}

/* ---- searches ---- */

/* The tree has rows of this matrix; q is some row. */
static void
check_searches(cs_env *env, const cs_matrix *x, const cs_kdtree *t, const float *q, int k)
{
	double	   *square = CS_NEW(env, double, x->n),
				within;
	cs_kd_near *near = cs_kd_near_new(env, k);
	size_t		inside = 0,
				found = 0;
	cs_kd_ball	ball;
	cs_kd_walk	walk;
	int64_t		leaf;
	float		last = 0;

	for (size_t i = 0; i < x->n; i++)
		square[i] = square_of(x, i, q);
	cs_kdtree_nearest(env->kernel, t, q, near);
	qsort(square, x->n, sizeof(double), ascending);
	CHECK((size_t) near->n == (x->n < (size_t) k ? x->n : (size_t) k));
	CHECK(near->square[0] == square[near->n - 1]);
	for (int i = 0; i < near->n; i++)
		CHECK(square_of(x, t->row[near->at[i]], q) == near->square[i]);

	/* a ball whose rim goes through rows */
	within = square[x->n / 3];
	while (inside < x->n && square[inside] <= within)
		inside++;
	ball = cs_kd_ball_of(within, x->d);
	cs_kd_walk_start(&walk, env->kernel, t, q);
	while ((leaf = cs_kd_walk_next(&walk, ball.maybe)) >= 0)
	{
		const float limit[2] = {ball.sure, ball.maybe};
		uint64_t	below[2];

		env->kernel->leaf_below(cs_kd_tile(t, (size_t) leaf), t->d, q, limit, below);
		CHECK(leaf == 0 || cs_kd_from_row(t, t->leaves + (size_t) leaf, q) < ball.maybe);
		last = cs_kd_from_row(t, t->leaves + (size_t) leaf, q);
		CHECK(last >= 0 && (below[0] & ~below[1]) == 0);
		for (int i = 0; i < CS_KD_LEAF; i++)
		{
			size_t		at = (size_t) leaf * CS_KD_LEAF + (size_t) i;
			bool		in = at < t->n && cs_kdtree_square(t, at, q) <= within;

			CHECK((below[1] >> i & 1) || !in);
			CHECK(in || !(below[0] >> i & 1));
			found += in;
		}
	}
	CHECK(found == inside);
	cs_release(env, square);
	cs_kd_near_free(env, near);
}

static void
test_searches(cs_env *env)
{
	static const size_t some_n[] = {1, 64, 130, 1500, 5000};

	for (int i = 0; i < COUNT(some_n); i++)
		for (int d = 1; d <= 20; d += 6)
			for (int whole = 0; whole < 2; whole++)
			{
				size_t		n = some_n[i];
				cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, n, d, n, whole ? draw_whole : draw_real), n, d);
				cs_kdtree	t = tree_of(env, x),
							u = cs_kdtree_at(CS_NEW(env, char, cs_kdtree_bytes(n, d)), n, d);
				float	   *q = draw_rows(env, 5, d, 77, draw_real);

				cs_kdtree_keep_order(env, &u, x);
				cs_matrix_row(x, n / 2, q);
				for (int j = 0; j < 5; j++)
				{
					check_searches(env, x, &t, q + j * d, 1 + 3 * j);
					check_searches(env, x, &u, q + j * d, 1 + 3 * j);
				}
			}
}

/* Rows that were taken out are not found, and boxes shrink to the rest. */
static void
test_rows_taken_out(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 700, 3, 9, draw_real), 700, 3);
	cs_kdtree	t = tree_of(env, x);
	cs_kd_near *near = cs_kd_near_new(env, 700);
	float		q[3] = {0};

	for (size_t leaf = 0; leaf < t.leaves; leaf++)
		cs_kdtree_keep(&t, leaf, leaf == 3 ? 0 : UINT64_C(0x5555555555555555));
	cs_kdtree_boxes(env, &t);
	cs_kdtree_nearest(env->kernel, &t, q, near);
	CHECK(near->n == (700 - 64) / 2);
	for (int i = 0; i < near->n; i++)
		CHECK(near->at[i] % 2 == 0 && near->at[i] / CS_KD_LEAF != 3);
	CHECK(cs_kd_from_row(&t, t.leaves + 3, q) >= CS_KD_LIMIT);
}

/* Tags of nodes keep walks away. */
static void
test_tags(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 64 * 40, 2, 4, draw_real), 64 * 40, 2);
	cs_kdtree	t = tree_of(env, x);
	int32_t    *tag = CS_NEW(env, int32_t, 2 * t.leaves);
	float		q[2] = {0};
	cs_kd_walk	walk;
	int64_t		leaf;
	int			some = 0;

	for (size_t i = 0; i < 2 * t.leaves; i++)
		tag[i] = i < t.leaves ? -1 : (int32_t) (i % 3);
	for (int avoid = -1; avoid < 3; avoid++)
	{
		cs_kd_walk_start(&walk, env->kernel, &t, q);
		walk.tag = tag;
		walk.avoid = avoid;
		for (some = 0; (leaf = cs_kd_walk_next(&walk, CS_KD_LIMIT)) >= 0; some++)
			CHECK(tag[t.leaves + (size_t) leaf] != avoid);
		CHECK(avoid < 0 ? some == 40 : some == 26 || some == 27);
		cs_kd_walk_start(&walk, env->kernel, &t, q);
		walk.tag = tag;
		walk.only = avoid;
		for (some = 0; (leaf = cs_kd_walk_next(&walk, CS_KD_LIMIT)) >= 0; some++)
			CHECK(avoid < 0 || tag[t.leaves + (size_t) leaf] == avoid);
		CHECK(avoid < 0 ? some == 40 : some == 13 || some == 14);
	}
}

/* Boxes of the vector kernel as those of one box at a time. */
static void
test_boxes(cs_env *env)
{
	cs_matrix  *x = cs_matrix_from_rows(env, draw_rows(env, 64 * 20, 7, 3, draw_real), 64 * 20, 7);
	cs_kdtree	t = tree_of(env, x);
	float	   *q = draw_rows(env, 1, 7, 5, draw_whole),
				square[CS_KD_WIDE] __attribute__((aligned(64)));
	unsigned	below = env->kernel->box_squares(t.wide, 7, q, 300, square);

	for (size_t i = 0; i < CS_KD_WIDE; i++)
	{
		CHECK(square[i] == cs_kd_from_row(&t, t.leaves + i, q));
		CHECK((below >> i & 1) == (square[i] < 300));
	}
	CHECK(cs_kd_from_box(&t, t.leaves, t.leaves) == 0);
	CHECK(cs_kd_from_box(&t, t.leaves, t.leaves + 9) == cs_kd_from_box(&t, t.leaves + 9, t.leaves));
}

TESTS_NO_SWEEP(test_order, test_searches, test_rows_taken_out, test_tags, test_boxes)
