/*
 * test_selectk.c - the rule for the number of clusters, step by step.
 */
#include "core/eval/selectk.h"
#include "harness.h"

typedef struct table
{
	cs_candidate c[8];
	int			n;
} table;

static void
add(table *t, int k, double silhouette, double stability)
{
	t->c[t->n++] = (cs_candidate) {.k = k, .inertia = 1000.0 / k, .silhouette = silhouette,
		.simplified_silhouette = NAN, .davies_bouldin = NAN, .calinski_harabasz = NAN, .stability = stability};
}

/* The k that is chosen; the order of the candidates must not matter. */
static int
chosen(table *t)
{
	int			at = cs_select_k(t->c, t->n),
				k = t->c[at].k;
	table		turned = {.n = t->n};

	CHECK(t->c[at].near_tie && t->c[at].stable);
	for (int i = 0; i < t->n; i++)
		turned.c[i] = t->c[t->n - 1 - i];
	CHECK(turned.c[cs_select_k(turned.c, turned.n)].k == k);
	for (int i = 0; i < t->n; i++)
		CHECK(turned.c[i].stable == t->c[t->n - 1 - i].stable && turned.c[i].near_tie == t->c[t->n - 1 - i].near_tie);
	return k;
}

/* The best silhouette among the stable ones, not of all. */
static void
test_stable_first(cs_env *env)
{
	table		t = {.n = 0};

	(void) env;
	add(&t, 2, 0.40, 0.95);
	add(&t, 3, 0.55, 0.80);
	add(&t, 4, 0.70, 0.60);
	CHECK(chosen(&t) == 3);
	CHECK(t.c[0].stable && t.c[1].stable && !t.c[2].stable);
	CHECK(!t.c[0].near_tie && t.c[1].near_tie && !t.c[2].near_tie);
	/* 0.75 itself is stable */
	t.c[2].stability = 0.75;
	CHECK(chosen(&t) == 4);
}

/* None is stable: those near the most stable one count as stable. */
static void
test_none_stable(cs_env *env)
{
	table		t = {.n = 0};

	(void) env;
	add(&t, 2, 0.30, 0.60);
	add(&t, 3, 0.45, 0.50);
	add(&t, 4, 0.90, 0.49);
	CHECK(chosen(&t) == 3);
	CHECK(t.c[0].stable && t.c[1].stable && !t.c[2].stable);
}

/* Silhouettes within 0.02: the more stable one, when it is clearly ahead. */
static void
test_near_ties(cs_env *env)
{
	table		t = {.n = 0};

	(void) env;
	add(&t, 3, 0.54, 0.80);
	add(&t, 4, 0.52, 0.90);
	add(&t, 5, 0.50, 0.99);
	CHECK(chosen(&t) == 4);
	CHECK(t.c[0].near_tie && t.c[1].near_tie && !t.c[2].near_tie);
	/* ahead by no more than 0.02: the silhouette decides */
	t.c[1].stability = 0.82;
	CHECK(chosen(&t) == 3);
	/* silhouettes equal too: the smaller k */
	t.c[1].silhouette = 0.54;
	CHECK(chosen(&t) == 3);
}

/* Unknown stability counts as stable and does not decide. */
static void
test_unknown_stability(cs_env *env)
{
	table		t = {.n = 0};

	(void) env;
	add(&t, 2, 0.50, NAN);
	add(&t, 3, 0.60, NAN);
	add(&t, 4, 0.59, NAN);
	CHECK(chosen(&t) == 3);
	CHECK(t.c[0].stable && t.c[1].near_tie && t.c[2].near_tie);
	t.c[2].stability = 0.99;
	CHECK(chosen(&t) == 3);
	t.c[0].stability = 0.2;
	CHECK(chosen(&t) == 3 && !t.c[0].stable);
}

/* k = 1 has no silhouette: never chosen beside others, nor does it set the bar. */
static void
test_one_cluster(cs_env *env)
{
	table		t = {.n = 0};

	(void) env;
	add(&t, 1, NAN, 1);
	add(&t, 2, 0.30, 0.50);
	add(&t, 3, 0.50, 0.45);
	CHECK(chosen(&t) == 3);
	t.c[0].stability = NAN;
	CHECK(chosen(&t) == 3 && !t.c[0].near_tie);
	t.c[1].silhouette = t.c[2].silhouette = -0.9;
	CHECK(chosen(&t) == 2);
	t.n = 1;
	CHECK(chosen(&t) == 1);
	/* silhouettes of nothing: the most stable, then the smaller */
	t.n = 3;
	t.c[0].stability = 0.8;
	t.c[1].stability = 0.9;
	t.c[2].stability = 0.89;
	t.c[1].silhouette = t.c[2].silhouette = NAN;
	CHECK(chosen(&t) == 2);
	CHECK(cs_select_k(NULL, 0) == -1);
}

TESTS(test_stable_first, test_none_stable, test_near_ties, test_unknown_stability, test_one_cluster)
