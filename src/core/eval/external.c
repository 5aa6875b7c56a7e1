/*
 * external.c - contingency tables and what they say (see external.h).
 *
 * A hash table with open addressing and linear probing holds the cells.  The
 * measures read them sorted, so sums run in the order of the labels.
 */
#include "core/eval/external.h"

#include "core/base/rng.h"

#include <float.h>
#include <math.h>

#define FIRST_SLOTS 64
#define POLL_ROWS 65536

struct cs_contingency
{
	cs_cell    *slot;
	bool	   *taken;
	size_t		slots;			/* a power of two */
	size_t		used;
};

static void
make_slots(cs_env *env, cs_contingency *t, size_t slots)
{
	t->slot = CS_ROOM(env, cs_cell, slots);
	t->taken = CS_NEW(env, bool, slots);
	t->slots = slots;
	t->used = 0;
}

cs_contingency *
cs_contingency_new(cs_env *env)
{
	cs_contingency *t = CS_NEW(env, cs_contingency, 1);

	make_slots(env, t, FIRST_SLOTS);
	return t;
}

void
cs_contingency_free(cs_env *env, cs_contingency *t)
{
	cs_release(env, t->slot);
	cs_release(env, t->taken);
	cs_release(env, t);
}

/* The slot of a pair of labels, or the free one where it belongs. */
static size_t
find(const cs_contingency *t, int32_t a, int32_t b)
{
	size_t		at = (size_t) cs_mix64((uint64_t) (uint32_t) a << 32 | (uint32_t) b) & (t->slots - 1);

	while (t->taken[at] && (t->slot[at].a != a || t->slot[at].b != b))
		at = (at + 1) & (t->slots - 1);
	return at;
}

static void
grow(cs_env *env, cs_contingency *t)
{
	cs_contingency old = *t;

	make_slots(env, t, old.slots * 2);
	for (size_t i = 0; i < old.slots; i++)
		if (old.taken[i])
		{
			size_t		at = find(t, old.slot[i].a, old.slot[i].b);

			t->slot[at] = old.slot[i];
			t->taken[at] = true;
			t->used++;
			if (i % POLL_ROWS == 0)
				cs_poll(env);
		}
	cs_release(env, old.slot);
	cs_release(env, old.taken);
}

void
cs_contingency_add(cs_env *env, cs_contingency *t, int32_t a, int32_t b, double count)
{
	size_t		at = find(t, a, b);

	if (!t->taken[at])
	{
		if (4 * (t->used + 1) > 3 * t->slots)
		{
			grow(env, t);
			at = find(t, a, b);
		}
		t->slot[at] = (cs_cell) {a, b, 0};
		t->taken[at] = true;
		t->used++;
	}
	t->slot[at].count += count;
}

void
cs_contingency_add_labels(cs_env *env, cs_contingency *t, const int32_t *a, const int32_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		if (a[i] >= 0 && b[i] >= 0)
			cs_contingency_add(env, t, a[i], b[i], 1);
		if (i % POLL_ROWS == 0)
			cs_poll(env);
	}
}

size_t
cs_contingency_bytes(const cs_contingency *t)
{
	return t->slots * (sizeof(cs_cell) + sizeof(bool));
}

void
cs_contingency_merge(cs_env *env, cs_contingency *t, const cs_contingency *from)
{
	for (size_t i = 0; i < from->slots; i++)
	{
		if (from->taken[i])
			cs_contingency_add(env, t, from->slot[i].a, from->slot[i].b, from->slot[i].count);
		if (i % POLL_ROWS == 0)
			cs_poll(env);
	}
}

/* Does x stand before y: by a, then b, or the other way round? */
static inline bool
before(const cs_cell *x, const cs_cell *y, bool by_b)
{
	int32_t		x1 = by_b ? x->b : x->a,
				y1 = by_b ? y->b : y->a;

	if (x1 != y1)
		return x1 < y1;
	return by_b ? x->a < y->a : x->b < y->b;
}

static void
merge_runs(const cs_cell *from, size_t left, size_t right, size_t end, cs_cell *to, bool by_b)
{
	for (size_t i = left, j = right, out = left; out < end; out++)
		to[out] = i < right && (j >= end || !before(&from[j], &from[i], by_b)) ? from[i++] : from[j++];
}

/* Merge sort from the bottom up: unlike qsort, it can be interrupted. */
static cs_cell *
sort_cells(cs_env *env, cs_cell *cell, size_t m, bool by_b)
{
	cs_cell    *to = CS_ROOM(env, cs_cell, m);

	for (size_t run = 1; run < m; run *= 2)
	{
		cs_cell    *from = cell;

		for (size_t left = 0; left < m; left += 2 * run)
		{
			size_t		right = m - left < run ? m : left + run,
						end = m - right < run ? m : right + run;

			merge_runs(from, left, right, end, to, by_b);
			if (left % POLL_ROWS == 0)
				cs_poll(env);
		}
		cell = to;
		to = from;
	}
	cs_release(env, to);
	return cell;
}

cs_cell *
cs_contingency_cells(cs_env *env, const cs_contingency *t, size_t *m)
{
	cs_cell    *cell = CS_ROOM(env, cs_cell, t->used);

	*m = 0;
	for (size_t i = 0; i < t->slots; i++)
		if (t->taken[i] && t->slot[i].count > 0)
			cell[(*m)++] = t->slot[i];
	return sort_cells(env, cell, *m, false);
}

/* ---- measures ---- */

/* The labels of one side, ascending. */
typedef struct side
{
	size_t		labels;
	int32_t    *label;
	double	   *total;			/* rows of each */
	double		squares;		/* sum of squared totals */
	double		entropy;
} side;

typedef struct summary
{
	size_t		cells;
	double		n;
	double		squares;		/* sum of squared counts */
	double		information;	/* mutual, natural logarithm */
	double		purest;			/* sum over a of the largest count */
	side		a;
	side		b;
} summary;

/* Labels and totals of the side by which the cells are sorted. */
static void
find_totals(cs_env *env, const cs_cell *cell, size_t m, bool by_b, double n, side *s)
{
	s->label = CS_ROOM(env, int32_t, m);
	s->total = CS_ROOM(env, double, m);
	for (size_t i = 0; i < m;)
	{
		int32_t		label = by_b ? cell[i].b : cell[i].a;
		double		total = 0;

		for (; i < m && (by_b ? cell[i].b : cell[i].a) == label; i++)
			total += cell[i].count;
		s->label[s->labels] = label;
		s->total[s->labels++] = total;
		s->squares += total * total;
		s->entropy -= total / n * log(total / n);
	}
}

/* Rows of a label; binary search. */
static double
total_of(const side *s, int32_t label)
{
	size_t		lo = 0,
				hi = s->labels - 1;

	while (lo < hi)
	{
		size_t		mid = (lo + hi) / 2;

		if (s->label[mid] < label)
			lo = mid + 1;
		else
			hi = mid;
	}
	return s->total[lo];
}

/* Mutual information and purity; the cells are sorted by a. */
static void
compare_sides(cs_env *env, const cs_cell *cell, summary *s)
{
	size_t		at = 0;
	double		most = 0;

	for (size_t i = 0; i < s->cells; i++)
	{
		double		v;

		if (cell[i].a != s->a.label[at])
		{
			at++;
			s->purest += most;
			most = 0;
		}
		most = fmax(most, cell[i].count);
		v = cell[i].count / s->n * log(cell[i].count / s->a.total[at] * (s->n / total_of(&s->b, cell[i].b)));

		/* less is the rounding of a logarithm that is 0 */
		if (fabs(v) >= DBL_EPSILON)
			s->information += v;
		if (i % POLL_ROWS == 0)
			cs_poll(env);
	}
	s->purest += most;
}

static void
side_free(cs_env *env, side *s)
{
	cs_release(env, s->label);
	cs_release(env, s->total);
}

static summary
summarise(cs_env *env, const cs_contingency *t)
{
	summary		s = {0};
	cs_cell    *cell = cs_contingency_cells(env, t, &s.cells);

	for (size_t i = 0; i < s.cells; i++)
	{
		s.n += cell[i].count;
		s.squares += cell[i].count * cell[i].count;
	}
	cell = sort_cells(env, cell, s.cells, true);
	find_totals(env, cell, s.cells, true, s.n, &s.b);
	cell = sort_cells(env, cell, s.cells, false);
	find_totals(env, cell, s.cells, false, s.n, &s.a);
	compare_sides(env, cell, &s);
	cs_release(env, cell);
	side_free(env, &s.a);
	side_free(env, &s.b);
	return s;
}

/*
 * By ordered pairs of rows: together on both sides, on one only, on none.  The
 * quotient is the usual (index - expected) / (largest - expected), multiplied out.
 */
double
cs_adjusted_rand_index(cs_env *env, const cs_contingency *t)
{
	summary		s = summarise(env, t);
	double		both = s.squares - s.n,
				only_a = s.a.squares - s.squares,
				only_b = s.b.squares - s.squares,
				none = s.n * s.n - only_a - only_b - s.squares;

	/* one cell per label on either side: the same clusters, or no rows */
	if (s.cells == s.a.labels && s.cells == s.b.labels)
		return 1;
	return 2 * (both * none - only_a * only_b) /
		((both + only_a) * (only_a + none) + (both + only_b) * (only_b + none));
}

double
cs_normalized_mutual_information(cs_env *env, const cs_contingency *t)
{
	summary		s = summarise(env, t);

	if (s.a.labels <= 1 && s.b.labels <= 1)
		return 1;
	if (s.a.labels <= 1 || s.b.labels <= 1 || s.information <= 0)
		return 0;
	return fmin(1, s.information / (0.5 * (s.a.entropy + s.b.entropy)));
}

/* Information over the entropy of the side in question. */
static double
explained(const summary *s, const side *which)
{
	if (which->labels <= 1)
		return 1;
	return fmax(0, fmin(1, s->information / which->entropy));
}

double
cs_homogeneity(cs_env *env, const cs_contingency *t)
{
	summary		s = summarise(env, t);

	return explained(&s, &s.b);
}

double
cs_completeness(cs_env *env, const cs_contingency *t)
{
	summary		s = summarise(env, t);

	return explained(&s, &s.a);
}

double
cs_fowlkes_mallows(cs_env *env, const cs_contingency *t)
{
	summary		s = summarise(env, t);
	double		both = s.squares - s.n;

	return both > 0 ? sqrt(both / (s.a.squares - s.n)) * sqrt(both / (s.b.squares - s.n)) : 0;
}

double
cs_purity(cs_env *env, const cs_contingency *t)
{
	summary		s = summarise(env, t);

	return s.n > 0 ? s.purest / s.n : NAN;
}
