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
 * The neighbours largest are kept per target, not per source, which decides the
 * quality (recall@20 of P3alpha on MovieLens-1M: .122 against .069).  Cost: see
 * cooccurrence.h.
 */
#include "core/reco/algorithms.h"
#include "core/reco/cooccurrence.h"

#include <float.h>
#include <math.h>

/* Counts whose x ln x llr has ready. */
#define LOG_TABLE 16384

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
	const cs_events *e;
	cs_pairs	pairs;
	int			similarity;
	double		shrink;
	double		half_life;
	double		customers;		/* who have anything */
	double	   *norm;			/* shared; per item: length of its column, or its customers */

	/* private, for llr */
	double	   *xlogx;			/* x ln x of small x */
	double	   *margin;			/* per item, n_i ln n_i and the same of the other customers */
} knn;

static cs_pairs_needs
needs(const cs_reco_args *a)
{
	int			similarity = cs_option_int(a->options, "similarity");
	bool		values = similarity == BM25 || (similarity <= TFIDF && cs_reco_valued(a));

	return (cs_pairs_needs) {values, values, (size_t) cs_option_int(a->options, "neighbours")};
}

static size_t
arena(const cs_reco_args *a)
{
	cs_pairs_needs n = needs(a);

	return cs_pairs_arena(a, &n) + cs_team_bytes((size_t) a->events->items, sizeof(double));
}

static void
start(knn *k, cs_env *env, cs_team *team, const cs_reco_args *a)
{
	cs_pairs_needs n = needs(a);

	k->env = env;
	k->e = a->events;
	k->similarity = cs_option_int(a->options, "similarity");
	k->shrink = cs_option_real(a->options, "shrink");
	k->half_life = cs_option_real(a->options, "half_life");
	cs_pairs_start(&k->pairs, env, team, a, &n);
	k->norm = cs_team_alloc(env, team, (size_t) a->events->items, sizeof(double));
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
		cs_events_poll(k->env, p);
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

/* Leader: values, customers by item, lengths of columns. */
static void
fill(knn *k)
{
	const cs_events *e = k->e;
	cs_pairs   *p = &k->pairs;
	double	   *length = k->similarity == BM25 ? bm25_lengths(k) : NULL;

	for (int c = 0; c < e->customers; c++)
		p->mass[c] = customer_mass(k, c);
	for (size_t q = 0; p->value && q < e->n; q++)
	{
		cs_events_poll(k->env, q);
		p->value[q] = entry_value(k, q, length);
	}
	cs_pairs_columns(p);
	for (int i = 0; i < e->items; i++)
	{
		for (size_t q = p->column[i]; q < p->column[i + 1]; q++)
		{
			double		x = p->column_value ? (double) p->column_value[q] : 1;

			cs_events_poll(k->env, q);
			k->norm[i] += p->mass[p->customer[q]] * x * x;
		}
		if (k->similarity <= BM25)
			k->norm[i] = sqrt(k->norm[i]);
	}
	cs_release(k->env, length);
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
similarity(const knn *k, int i, int j, double c)
{
	double		a = k->norm[i],
				b = k->norm[j];

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

static void
choose_neighbours(cs_pairs *p, void *arg, int i, size_t touched, cs_largest *best)
{
	const knn  *k = arg;

	for (size_t t = 0; t < touched; t++)
	{
		int32_t		j = p->touched[t];
		float		s = (float) similarity(k, i, j, p->sum[j]);

		p->sum[j] = 0;
		cs_largest_offer(best, j, j != i ? s : 0);
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
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	knn			k = {0};

	start(&k, env, team, args);
	if (team->rank == 0)
		fill(&k);
	cs_team_barrier(team);

	/* the others are at work while the leader does this */
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	if (k.similarity == LLR)
		prepare_llr(&k);
	cs_pairs_find(&k.pairs, choose_neighbours, &k);
	cs_release(env, k.xlogx);
	cs_release(env, k.margin);
	if (team->rank == 0)
		cs_pairs_emit(&k.pairs, out);
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
	.flags = CS_RECO_ITEMS | CS_RECO_COUNTS,
	.params = params,
	.fit = fit,
	.arena = arena
};
