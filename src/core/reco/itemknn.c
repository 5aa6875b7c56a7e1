/*
 * itemknn.c - items that the same customers have: each target item is scored by
 * how similar the items of a history are to it.
 *
 * X is the matrix of customers and items with values x_ui: 1, or the decayed
 * weight where there are weights or a half-life (for the three similarities that
 * can use them).  With c_ij = sum_u x_ui x_uj and n_i the customers of item i:
 *
 *		cosine	c_ij / (|x_i| |x_j| + shrink)
 *		tfidf	the same of sqrt(x_ui) idf_u
 *		bm25	the same of x_ui (K1 + 1) / (K1 (1 - B + B len_i / mean len) + x_ui) idf_u
 *		jaccard	c_ij / (n_i + n_j - c_ij + shrink)
 *		dice	2 c_ij / (n_i + n_j + shrink)
 *		llr		sqrt(2 (H(rows) + H(columns) - H(table))) of the table of customers who
 *				have both, one or none of two items; only where both is more than
 *				chance (T. Dunning, "Accurate methods for the statistics of surprise and
 *				coincidence", 1993)
 *
 * idf_u = ln(items / (1 + items of u)): who has everything says little.  tfidf and
 * bm25 (K1 1.2, B 0.75) are those of the evaluation framework of Ferrari Dacrema
 * et al., "A troubling analysis of reproducibility and progress in recommender
 * systems research", TOIS 2021, whose tables come out the same; there idf_u
 * reaches 0 and below in a shop of a few items, here it stays just above 0.
 * Weighting only shapes similarities: histories count with their plain values.
 *
 * Per target item one pass over the histories of its customers, summed into a
 * dense row; the neighbours largest are kept per target, not per source, which
 * decides the quality (recall@20 of P3alpha on MovieLens-1M: .122 against .069).
 * O(sum of squared lengths of histories) time, which max_history bounds; memory
 * 12 bytes per item and process, 8 per kept neighbour, 4 to 12 per entry.
 */
#include "core/reco/algorithms.h"
#include "core/reco/largest.h"

#include <float.h>
#include <math.h>

/* Targets per unit of the team's work. */
#define UNIT_ITEMS 64

/* Counts whose x ln x llr has ready. */
#define LOG_TABLE 16384

/* Between two polls: histories that are added up, and entries in a simple pass. */
#define POLL_HISTORIES 4096
#define POLL_EVENTS 65536

#define BM25_K1 1.2
#define BM25_B 0.75

enum
{
	COSINE,
	TFIDF,
	BM25,
	JACCARD,
	DICE,
	LLR
};

typedef struct knn
{
	cs_env	   *env;
	cs_team    *team;
	const cs_events *e;
	int			similarity;
	size_t		neighbours;		/* most kept per target */
	double		shrink;
	double		least;			/* customers that a target needs */
	double		half_life;
	double		customers;		/* who have anything */

	/* shared */
	size_t	   *column;			/* items + 1: where its customers start */
	int32_t    *customer;		/* by item, ascending */
	float	   *value;			/* of the entries of e; NULL: all 1 */
	float	   *column_value;	/* the same by item */
	double	   *mass;			/* per customer: idf squared, or 1 */
	double	   *norm;			/* per item: length of its column, or its customers */
	size_t	   *room;			/* items + 1: where its neighbours start */
	int32_t    *kept;			/* per item: how many they are */
	int32_t    *neighbour;
	float	   *weight;
	cs_turn		turn;

	/* private */
	double	   *sum;			/* c_ij of the target at hand, all 0 between targets */
	int32_t    *touched;		/* where it is not 0 */
	uint64_t   *best;			/* neighbours of the target at hand */
	double	   *xlogx;			/* llr: x ln x of small x */
	double	   *margin;			/* llr: per item, n_i ln n_i and the same of the other customers */
} knn;

static inline void
poll_at(cs_env *env, size_t i)
{
	if ((i & (POLL_EVENTS - 1)) == 0)
		cs_poll(env);
}

/* Does this fit read values of entries rather than their presence? */
static bool
reads_values(const cs_reco_args *a)
{
	int			similarity = cs_option_int(a->options, "similarity");

	return similarity == BM25 || (similarity <= TFIDF &&
								  (a->events->weighted || cs_option_real(a->options, "half_life") > 0));
}

/* A bound on all kept neighbours: by the option, and by pairs of items in histories. */
static size_t
most_neighbours(const cs_reco_args *a)
{
	const cs_events *e = a->events;
	size_t		items = (size_t) e->items,
				most = items * (size_t) fmin(cs_option_real(a->options, "neighbours"), (double) items),
				pairs = 0;

	for (int c = 0; c < e->customers && pairs < most; c++)
	{
		size_t		n = e->start[c + 1] - e->start[c];

		pairs += n > 0 ? n * (n - 1) : 0;
	}
	return pairs < most ? pairs : most;
}

static size_t
arena(const cs_reco_args *a)
{
	size_t		items = (size_t) a->events->items,
				n = a->events->n,
				most = most_neighbours(a);

	return 2 * cs_team_bytes(items + 1, sizeof(size_t)) + cs_team_bytes(n, sizeof(int32_t)) +
		(reads_values(a) ? 2 * cs_team_bytes(n, sizeof(float)) : 0) +
		cs_team_bytes((size_t) a->events->customers, sizeof(double)) + cs_team_bytes(items, sizeof(double)) +
		cs_team_bytes(items, sizeof(int32_t)) + cs_team_bytes(most, sizeof(int32_t)) +
		cs_team_bytes(most, sizeof(float)) + cs_team_bytes(1, sizeof(cs_queue));
}

static void
start(knn *k, cs_env *env, cs_team *team, const cs_reco_args *a)
{
	size_t		items = (size_t) a->events->items,
				n = a->events->n,
				most = most_neighbours(a);

	k->env = env;
	k->team = team;
	k->e = a->events;
	k->similarity = cs_option_int(a->options, "similarity");
	k->neighbours = (size_t) cs_option_int(a->options, "neighbours");
	k->shrink = cs_option_real(a->options, "shrink");
	k->least = cs_option_real(a->options, "min_events");
	k->half_life = cs_option_real(a->options, "half_life");
	k->column = cs_team_alloc(env, team, items + 1, sizeof(size_t));
	k->customer = cs_team_alloc(env, team, n, sizeof(int32_t));
	if (reads_values(a))
	{
		k->value = cs_team_alloc(env, team, n, sizeof(float));
		k->column_value = cs_team_alloc(env, team, n, sizeof(float));
	}
	k->mass = cs_team_alloc(env, team, (size_t) a->events->customers, sizeof(double));
	k->norm = cs_team_alloc(env, team, items, sizeof(double));
	k->room = cs_team_alloc(env, team, items + 1, sizeof(size_t));
	k->kept = cs_team_alloc(env, team, items, sizeof(int32_t));
	k->neighbour = cs_team_alloc(env, team, most, sizeof(int32_t));
	k->weight = cs_team_alloc(env, team, most, sizeof(float));
	cs_turn_init(env, team, &k->turn, (int) ((items + UNIT_ITEMS - 1) / UNIT_ITEMS));
	for (int c = 0; c < k->e->customers; c++)
		k->customers += k->e->start[c + 1] > k->e->start[c];
}

/*
 * idf squared of the customer.  The floor ln(1 + 1 / items) is below every idf of
 * a customer who lacks at least two items, where the formula is left as it is.
 */
static double
customer_mass(const knn *k, int c)
{
	double		items = k->e->items,
				n = (double) (k->e->start[c + 1] - k->e->start[c]),
				idf;

	if (k->similarity != TFIDF && k->similarity != BM25)
		return 1;
	idf = fmax(log(items / (1 + n)), log1p(1 / items));
	return idf * idf;
}

/* Per item: what bm25 adds to 1 in the denominator, K1 (1 - B + B len / mean len). */
static double *
bm25_lengths(const knn *k)
{
	size_t		items = (size_t) k->e->items;
	double	   *length = CS_NEW(k->env, double, items),
				sum = 0;

	for (size_t p = 0; p < k->e->n; p++)
	{
		poll_at(k->env, p);
		length[k->e->item[p]] += cs_events_value(k->e, p, k->half_life);
	}
	for (size_t i = 0; i < items; i++)
		sum += length[i];
	for (size_t i = 0; i < items; i++)
		length[i] = BM25_K1 * (1 - BM25_B + (sum > 0 ? BM25_B * length[i] * (double) items / sum : 0));
	return length;
}

/* Value of an entry without idf; never so small that a product of two becomes 0. */
static float
entry_value(const knn *k, size_t p, const double *length)
{
	double		x = cs_events_value(k->e, p, k->half_life);

	if (k->similarity == TFIDF)
		x = sqrt(x);
	else if (k->similarity == BM25)
		x = x * (BM25_K1 + 1) / (length[k->e->item[p]] + x);
	return (float) fmin(fmax(x, (double) FLT_MIN), (double) FLT_MAX);
}

/* Leader: customers by item, values, lengths of columns. */
static void
fill_columns(knn *k)
{
	const cs_events *e = k->e;
	double	   *length = k->similarity == BM25 ? bm25_lengths(k) : NULL;
	size_t	   *next = CS_NEW(k->env, size_t, (size_t) e->items + 1);

	for (size_t p = 0; p < e->n; p++)
	{
		poll_at(k->env, p);
		k->column[e->item[p] + 1]++;
	}
	for (int i = 0; i < e->items; i++)
		next[i + 1] = k->column[i + 1] += k->column[i];
	for (int c = 0; c < e->customers; c++)
	{
		k->mass[c] = customer_mass(k, c);
		for (size_t p = e->start[c]; p < e->start[c + 1]; p++)
		{
			size_t		to = next[e->item[p]]++;
			double		x = 1;

			poll_at(k->env, p);
			k->customer[to] = c;
			if (k->value)
				x = (double) (k->value[p] = k->column_value[to] = entry_value(k, p, length));
			k->norm[e->item[p]] += k->mass[c] * x * x;
		}
	}
	for (int i = 0; i < e->items && k->similarity <= BM25; i++)
		k->norm[i] = sqrt(k->norm[i]);
	cs_release(k->env, next);
	cs_release(k->env, length);
}

/* Leader: room for the neighbours of each target. */
static void
fill_room(knn *k)
{
	const cs_events *e = k->e;

	for (int i = 0; i < e->items; i++)
	{
		size_t		others = 0;

		if ((double) (k->column[i + 1] - k->column[i]) >= k->least)
			for (size_t p = k->column[i]; p < k->column[i + 1] && others < k->neighbours; p++)
			{
				poll_at(k->env, p);
				others += e->start[k->customer[p] + 1] - e->start[k->customer[p]] - 1;
			}
		if (others > k->neighbours)
			others = k->neighbours;
		if (others >= (size_t) e->items)
			others = (size_t) e->items - 1;
		k->room[i + 1] = k->room[i] + others;
	}
}

/* Add the histories of customers first .. end - 1 of the target's column. */
static size_t
add_histories(knn *k, size_t first, size_t end, size_t touched)
{
	const cs_events *e = k->e;

	for (size_t p = first; p < end; p++)
	{
		int32_t		c = k->customer[p];
		double		mass = k->mass[c];

		for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
		{
			int32_t		j = e->item[q];
			double		sum = k->sum[j];

			k->touched[touched] = j;
			touched += sum == 0;
			k->sum[j] = sum + mass;
		}
	}
	return touched;
}

/* The same with values of entries. */
static size_t
add_valued_histories(knn *k, size_t first, size_t end, size_t touched)
{
	const cs_events *e = k->e;

	for (size_t p = first; p < end; p++)
	{
		int32_t		c = k->customer[p];
		double		mass = k->mass[c] * (double) k->column_value[p];

		for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
		{
			int32_t		j = e->item[q];
			double		sum = k->sum[j];

			k->touched[touched] = j;
			touched += sum == 0;
			k->sum[j] = sum + mass * (double) k->value[q];
		}
	}
	return touched;
}

/* x ln x of a count. */
static inline double
xlogx(const knn *k, double x)
{
	return x < LOG_TABLE ? k->xlogx[(int) x] : x * log(x);
}

/*
 * sqrt of Dunning's ratio for two items that c customers have both, a and b any;
 * 0 if not above chance.  The terms of a and b alone are in margin.
 */
static inline double
llr(const knn *k, int i, int j, double c)
{
	double		n = k->customers,
				a = k->norm[i],
				b = k->norm[j],
				half;

	if (!(c * n > a * b))
		return 0;
	half = xlogx(k, c) + xlogx(k, a - c) + xlogx(k, b - c) + xlogx(k, n - a - b + c) + xlogx(k, n) -
		k->margin[i] - k->margin[j];
	return half > 0 ? sqrt(2 * half) : 0;
}

static inline double
similarity(const knn *k, int i, int j)
{
	double		a = k->norm[i],
				b = k->norm[j],
				c = k->sum[j];

	switch (k->similarity)
	{
		case JACCARD:
			return c / (a + b - c + k->shrink);
		case DICE:
			return 2 * c / (a + b + k->shrink);
		case LLR:
			return llr(k, i, j, c);
		default:
			return c / (a * b + k->shrink);
	}
}

/* Room best similarities of target i, in k->best. */
static void
choose_neighbours(knn *k, int i, size_t touched, size_t room)
{
	cs_largest	best = cs_largest_start(k->best, room);

	for (size_t t = 0; t < touched; t++)
	{
		int32_t		j = k->touched[t];
		float		s = (float) similarity(k, i, j);

		k->sum[j] = 0;
		cs_largest_offer(&best, j, j != i ? s : 0);
	}
	k->kept[i] = (int32_t) cs_largest_finish(&best);
}

static void
do_target(knn *k, int i)
{
	size_t		touched = 0,
				at = k->room[i],
				room = k->room[i + 1] - at;

	if (room == 0)
		return;
	for (size_t p = k->column[i]; p < k->column[i + 1]; p += POLL_HISTORIES)
	{
		size_t		end = k->column[i + 1] - p > POLL_HISTORIES ? p + POLL_HISTORIES : k->column[i + 1];

		touched = k->value ? add_valued_histories(k, p, end, touched) : add_histories(k, p, end, touched);
		cs_poll(k->env);
	}
	choose_neighbours(k, i, touched, room);
	for (int b = 0; b < k->kept[i]; b++)
	{
		k->neighbour[at + (size_t) b] = cs_largest_item(k->best[b]);
		k->weight[at + (size_t) b] = cs_largest_score(k->best[b]);
	}
}

static void
prepare_llr(knn *k)
{
	k->xlogx = CS_NEW(k->env, double, LOG_TABLE);
	for (int x = 1; x < LOG_TABLE; x++)
		k->xlogx[x] = x * log(x);
	k->margin = CS_ROOM(k->env, double, (size_t) k->e->items);
	for (int i = 0; i < k->e->items; i++)
		k->margin[i] = xlogx(k, k->norm[i]) + xlogx(k, k->customers - k->norm[i]);
}

static void
do_targets(knn *k)
{
	size_t		items = (size_t) k->e->items;
	int			unit;

	if (k->similarity == LLR)
		prepare_llr(k);

	/* one more: what is appended without a branch is written before it is counted */
	k->touched = CS_ROOM(k->env, int32_t, items + 1);
	k->sum = CS_NEW(k->env, double, items);
	k->best = CS_ROOM(k->env, uint64_t, cs_largest_room(k->neighbours < items ? k->neighbours : items));
	while ((unit = cs_turn_take(k->team, &k->turn)) >= 0)
	{
		for (size_t i = (size_t) unit * UNIT_ITEMS; i < items && i < ((size_t) unit + 1) * UNIT_ITEMS; i++)
			do_target(k, (int) i);
		cs_progress(k->env, CS_PHASE_FIT, unit, k->turn.units);
	}
	cs_turn_end(k->team, &k->turn);
	cs_release(k->env, k->touched);
	cs_release(k->env, k->sum);
	cs_release(k->env, k->best);
	cs_release(k->env, k->xlogx);
	cs_release(k->env, k->margin);
}

/* Leader: from neighbours by target to weights by source, targets ascending. */
static void
emit(const knn *k, cs_reco_model *out)
{
	size_t		items = (size_t) k->e->items,
			   *next = CS_NEW(k->env, size_t, items + 1);

	out->start = CS_NEW(k->env, size_t, items + 1);
	for (size_t i = 0; i < items; i++)
		for (size_t p = k->room[i]; p < k->room[i] + (size_t) k->kept[i]; p++)
		{
			poll_at(k->env, p);
			out->start[k->neighbour[p] + 1]++;
		}
	for (size_t i = 0; i < items; i++)
		next[i + 1] = out->start[i + 1] += out->start[i];
	out->target = CS_ROOM(k->env, int32_t, next[items]);
	out->value = CS_ROOM(k->env, float, next[items]);
	for (size_t i = 0; i < items; i++)
		for (size_t p = k->room[i]; p < k->room[i] + (size_t) k->kept[i]; p++)
		{
			int32_t		j = k->neighbour[p];

			poll_at(k->env, p);
			out->target[next[j]] = (int32_t) i;
			out->value[next[j]++] = k->weight[p];
		}
	cs_release(k->env, next);
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	knn			k = {0};

	start(&k, env, team, args);
	if (team->rank == 0)
	{
		fill_columns(&k);
		fill_room(&k);
	}
	cs_team_barrier(team);

	/* the others are at work while the leader does this */
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	do_targets(&k);
	if (team->rank == 0)
		emit(&k, out);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"similarity", CS_P_ENUM, TFIDF, 0, 0, "cosine|tfidf|bm25|jaccard|dice|llr", "how alike two items are"},
	{"neighbours", CS_P_INT, 200, 1, 100000, NULL, "most similar items that are kept per item"},
	{"shrink", CS_P_REAL, 10, 0, 1e6, NULL,
	"added to the denominator, against likeness by chance of rare items; llr needs none"},
	{0}
};

const cs_recommender cs_itemknn = {
	.name = "itemknn",
	.summary = "items that customers with a like history have; says which item of the history is the reason",
	.flags = CS_RECO_ITEMS,
	.params = params,
	.fit = fit,
	.arena = arena
};
