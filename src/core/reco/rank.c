/*
 * rank.c - the first n of layers of scores, and sparse sums of scores (rank.h).
 *
 * A layer is scanned once with a bounded heap; whether an item is excluded is
 * only looked up when its score would enter.  A layer is opened only after the
 * former one has been listed to its end, so the factor that brings it below the
 * last item listed is the same for every n that gets so far.
 */
#include "core/reco/rank.h"

#include "core/base/rng.h"
#include "core/base/sorted.h"

#include <float.h>
#include <string.h>

/* Scores between two polls, in a pass and in a sort; powers of two. */
#define POLL_SCORES 65536
#define POLL_SORT 4096

/* Where a layer starts, as share of the score before it. */
#define LAYER_STEP 0.5

/* Groups that trimming looks at, at most; a power of two. */
#define MOST_GROUPS 256

/* Slots of a new accumulator; clearing costs this much when few were used. */
#define FIRST_SLOTS 256

/* The best of a stream: a heap with the worst at the top once it is full. */
typedef struct best_items
{
	cs_scored  *heap;
	size_t		n;
	size_t		room;			/* at least 1 */
} best_items;

typedef struct ranking
{
	const cs_rank_args *args;
	cs_ranked  *out;
	int			n;				/* listed so far */
	cs_accumulator *listed;		/* the same as a set; NULL in the first layer */
} ranking;

struct cs_accumulator
{
	cs_env	   *env;
	cs_scored  *entry;
	size_t		n;				/* at most half of slots */
	int32_t    *slot;			/* number of an entry, or -1 */
	size_t		slots;			/* a power of two */
};

static inline bool
better(cs_scored a, cs_scored b)
{
	return a.score > b.score || (a.score == b.score && a.item < b.item);
}

/* Put s at position i or below, where it belongs. */
static void
sink(best_items *b, size_t i, cs_scored s)
{
	for (size_t child; (child = 2 * i + 1) < b->n; i = child)
	{
		child += child + 1 < b->n && better(b->heap[child], b->heap[child + 1]);
		if (!better(s, b->heap[child]))
			break;
		b->heap[i] = b->heap[child];
	}
	b->heap[i] = s;
}

static void
make_heap(best_items *b)
{
	for (size_t i = b->n / 2; i-- > 0;)
		sink(b, i, b->heap[i]);
}

static inline bool
wants(const best_items *b, cs_scored s)
{
	return b->n < b->room || better(s, b->heap[0]);
}

/* Only what it wants. */
static void
take(best_items *b, cs_scored s)
{
	if (b->n == b->room)
		sink(b, 0, s);
	else
	{
		b->heap[b->n++] = s;
		if (b->n == b->room)
			make_heap(b);
	}
}

/* Best first; it is a heap no more. */
static void
sort_best(cs_env *env, best_items *b)
{
	size_t		n = b->n;

	make_heap(b);
	while (b->n > 1)
	{
		cs_scored	worst = b->heap[0];

		if ((b->n & (POLL_SORT - 1)) == 0)
			cs_poll(env);
		b->n--;
		sink(b, 0, b->heap[b->n]);
		b->heap[b->n] = worst;
	}
	b->n = n;
}

/* The slot where item is, or the free one where it would be. */
static inline size_t
find_slot(const cs_accumulator *a, int32_t item)
{
	size_t		at = (size_t) cs_mix64((uint64_t) item) & (a->slots - 1);

	while (a->slot[at] >= 0 && a->entry[a->slot[at]].item != item)
		at = (at + 1) & (a->slots - 1);
	return at;
}

static bool
eligible(const ranking *r, int32_t item)
{
	const cs_rank_args *a = r->args;

	return (a->allowed == NULL || cs_sorted_find(a->allowed, a->n_allowed, item) < a->n_allowed) &&
		(a->excluded == NULL || cs_sorted_find(a->excluded, a->n_excluded, item) == a->n_excluded) &&
		(r->listed == NULL || r->listed->slot[find_slot(r->listed, item)] < 0);
}

/* Append the best of a layer, brought below what is listed. */
static void
append(ranking *r, int layer, const best_items *best)
{
	double		factor = 1;

	if (r->n > 0 && best->n > 0 && best->heap[0].score >= r->out[r->n - 1].score)
		factor = LAYER_STEP * r->out[r->n - 1].score / best->heap[0].score;
	for (size_t i = 0; i < best->n; i++)
		r->out[r->n++] = (cs_ranked) {best->heap[i].item, layer, factor * best->heap[i].score, best->heap[i].score};
}

static void
rank_layer(cs_env *env, ranking *r, int number, int n)
{
	const cs_layer *layer = &r->args->layer[number];
	best_items	best = {NULL, 0, (size_t) (n - r->n)};

	if (best.room > layer->n)
		best.room = layer->n;
	if (best.room == 0)
		return;
	best.heap = CS_ROOM(env, cs_scored, best.room);
	for (size_t i = 0; i < layer->n; i++)
	{
		cs_scored	s = layer->scored[i];

		if ((i & (POLL_SCORES - 1)) == 0)
			cs_poll(env);
		if (s.score > 0 && s.score <= DBL_MAX && wants(&best, s) && eligible(r, s.item))
			take(&best, s);
	}
	sort_best(env, &best);
	append(r, number, &best);
	cs_release(env, best.heap);
}

int
cs_rank(cs_env *env, const cs_rank_args *args, int n, cs_ranked *out)
{
	ranking		r = {args, out, 0, NULL};

	for (int layer = 0, noted = 0; layer < args->layers && r.n < n; layer++)
	{
		if (r.n > 0 && r.listed == NULL)
			r.listed = cs_accumulator_new(env);
		for (; noted < r.n; noted++)
			cs_accumulator_add(r.listed, out[noted].item, 0);
		rank_layer(env, &r, layer, n);
	}
	if (r.listed)
		cs_accumulator_free(r.listed);
	return r.n;
}

/* The k-th of n numbers, greatest first; k is small. */
static double
kth_greatest(const double *x, int n, size_t k)
{
	double		best[MOST_GROUPS];
	size_t		kept = 0;

	for (int i = 0; i < n; i++)
	{
		size_t		at = kept < k ? kept++ : k;

		for (; at > 0 && best[at - 1] < x[i]; at--)
			if (at < k)
				best[at] = best[at - 1];
		if (at < k)
			best[at] = x[i];
	}
	return best[k - 1];
}

size_t
cs_rank_trim(cs_scored *s, size_t n, size_t k)
{
	int			groups = k <= MOST_GROUPS / 8 ? MOST_GROUPS / 4 : MOST_GROUPS;
	double		most[MOST_GROUPS],
				bound;
	size_t		kept = 0;

	/* the greatest of each of some groups: the k-th of them is no greater than the k-th of all */
	if (k == 0 || k > MOST_GROUPS / 2 || n < 2 * (size_t) groups)
		return n;
	for (int g = 0; g < groups; g++)
		most[g] = 0;
	for (size_t i = 0; i < n; i++)
	{
		double	   *m = &most[i & (size_t) (groups - 1)];

		*m = s[i].score > *m && s[i].score <= DBL_MAX ? s[i].score : *m;
	}
	bound = kth_greatest(most, groups, k);
	for (size_t i = 0; i < n; i++)
	{
		cs_scored	now = s[i];

		s[kept] = now;
		kept += now.score >= bound;
	}
	return kept;
}

static void
set_slots(cs_accumulator *a, size_t slots)
{
	a->slots = slots;
	a->slot = CS_ROOM(a->env, int32_t, slots);
	memset(a->slot, 0xff, sizeof(int32_t) * slots);
}

cs_accumulator *
cs_accumulator_new(cs_env *env)
{
	cs_accumulator *a = CS_NEW(env, cs_accumulator, 1);

	a->env = env;
	a->entry = CS_ROOM(env, cs_scored, FIRST_SLOTS / 2);
	set_slots(a, FIRST_SLOTS);
	return a;
}

/* Twice the room. */
static void
grow(cs_accumulator *a)
{
	cs_scored  *entry = CS_ROOM(a->env, cs_scored, a->slots);

	memcpy(entry, a->entry, sizeof(cs_scored) * a->n);
	cs_release(a->env, a->entry);
	cs_release(a->env, a->slot);
	a->entry = entry;
	set_slots(a, 2 * a->slots);
	for (size_t i = 0; i < a->n; i++)
	{
		if ((i & (POLL_SCORES - 1)) == 0)
			cs_poll(a->env);
		a->slot[find_slot(a, a->entry[i].item)] = (int32_t) i;
	}
}

void
cs_accumulator_add(cs_accumulator *a, int32_t item, double score)
{
	size_t		at = find_slot(a, item);

	if (a->slot[at] >= 0)
	{
		a->entry[a->slot[at]].score += score;
		return;
	}
	if (a->n == a->slots / 2)
	{
		grow(a);
		at = find_slot(a, item);
	}
	a->entry[a->n] = (cs_scored) {item, score};
	a->slot[at] = (int32_t) a->n++;
}

double
cs_accumulator_score(const cs_accumulator *a, int32_t item)
{
	int32_t		at = a->slot[find_slot(a, item)];

	return at >= 0 ? a->entry[at].score : 0;
}

const cs_scored *
cs_accumulator_read(const cs_accumulator *a, size_t *n)
{
	*n = a->n;
	return a->entry;
}

void
cs_accumulator_clear(cs_accumulator *a)
{
	/* free the slots in use one by one where they are few: last in, first out */
	if (a->n < a->slots / 16)
		while (a->n > 0)
		{
			a->slot[find_slot(a, a->entry[a->n - 1].item)] = -1;
			a->n--;
		}
	else
		memset(a->slot, 0xff, sizeof(int32_t) * a->slots);
	a->n = 0;
}

void
cs_accumulator_free(cs_accumulator *a)
{
	cs_release(a->env, a->entry);
	cs_release(a->env, a->slot);
	cs_release(a->env, a);
}
