/*
 * text_fit.c - terms, weights, directions and ratings of the training texts (see text.h).
 *
 * All sums run over the rows in their order: the same rows give the same bits.
 */
#include "core/prep/text.h"

#include "core/base/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POLL_ROWS 1024

/*
 * Directions beside those wanted, and rounds.  Singular values of texts fall slowly:
 * the last directions take some dozens of rounds to settle, which many texts
 * cannot afford and do not need.
 */
#define OVERSAMPLE 20
#define LEAST_ROUNDS 6
#define MOST_ROUNDS 40
#define WORK 2e9				/* operations for more than the least */

/* Ridge: penalty, and when conjugate gradients have converged. */
#define PENALTY 1.0
#define TOLERANCE 1e-12
#define MOST_STEPS 1000

/* ---- texts as they are read ---- */

cs_documents *
cs_documents_new(cs_env *env)
{
	cs_documents *d = CS_NEW(env, cs_documents, 1);

	d->env = env;
	d->room = 256;
	d->start = CS_NEW(env, size_t, d->room + 1);
	d->rating = CS_ROOM(env, double, d->room);
	d->entry_room = 4096;
	d->term = CS_ROOM(env, uint32_t, d->entry_room);
	d->count = CS_ROOM(env, uint32_t, d->entry_room);
	return d;
}

static void *
larger(cs_env *env, void *old, size_t used, size_t room, size_t size)
{
	char	   *p = CS_ROOM(env, char, room * size);

	memcpy(p, old, used * size);
	cs_release(env, old);
	return p;
}

static void
make_room(cs_documents *d, size_t entries)
{
	if (d->n == d->room)
	{
		d->start = larger(d->env, d->start, d->n + 1, 2 * d->room + 1, sizeof(size_t));
		d->rating = larger(d->env, d->rating, d->n, 2 * d->room, sizeof(double));
		d->room *= 2;
	}
	if (d->entries + entries > d->entry_room)
	{
		size_t		room = 2 * (d->entries + entries);

		d->term = larger(d->env, d->term, d->entries, room, sizeof(uint32_t));
		d->count = larger(d->env, d->count, d->entries, room, sizeof(uint32_t));
		d->entry_room = room;
	}
}

static int
by_number(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *) a,
				y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

uint32_t
cs_documents_add(cs_documents *d, uint32_t *term, size_t n, double rating)
{
	make_room(d, n);
	if (n > 1)
		qsort(term, n, sizeof(uint32_t), by_number);
	for (size_t i = 0, end; i < n; i = end)
	{
		for (end = i + 1; end < n && term[end] == term[i]; end++)
			;
		d->term[d->entries] = term[i];
		d->count[d->entries++] = (uint32_t) (end - i);
	}
	d->rating[d->n++] = rating;
	d->start[d->n] = d->entries;
	return (uint32_t) (d->n - 1);
}

void
cs_documents_keep(cs_documents *d, const uint32_t *keep, size_t n)
{
	size_t		to = 0;

	for (size_t i = 0; i < n; i++)
	{
		size_t		from = d->start[keep[i]],
					len = d->start[keep[i] + 1] - from;

		memmove(d->term + to, d->term + from, len * sizeof(uint32_t));
		memmove(d->count + to, d->count + from, len * sizeof(uint32_t));
		d->rating[i] = d->rating[keep[i]];
		d->start[i] = to;
		to += len;
	}
	d->n = n;
	d->start[n] = d->entries = to;
}

size_t
cs_documents_bytes(const cs_documents *d)
{
	/* counts become weights, and terms are copied, before the documents are given back */
	return d->entries * (2 * sizeof(uint32_t) + sizeof(uint32_t) + sizeof(double)) + d->n * 4 * sizeof(size_t);
}

/* ---- choosing terms ---- */

typedef struct candidate
{
	const char *name;
	uint32_t	number;			/* the host's */
	double		rows;			/* with the term */
	double		count;
} candidate;

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const candidate *) a)->name, ((const candidate *) b)->name);
}

static int
by_count(const void *a, const void *b)
{
	const candidate *x = a,
			   *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return by_name(a, b);
}

/* The most frequent terms that enough rows have, in the order of their names; to: host's number to ours. */
static void
choose_terms(cs_env *env, cs_text_model *t, const cs_documents *d, const uint32_t *row, size_t rows,
			 char *const *name, uint32_t names, int32_t *to, const char *column)
{
	candidate  *c = CS_NEW(env, candidate, (size_t) names + 1);
	double		texts = 0;
	uint32_t	n = 0;

	for (uint32_t i = 0; i < names; i++)
		c[i] = (candidate) {name[i], i, 0, 0};
	for (size_t r = 0; r < rows; r++)
	{
		if (r % POLL_ROWS == 0)
			cs_poll(env);
		if (row[r] == CS_NO_TEXT)
			continue;
		texts++;
		for (size_t e = d->start[row[r]]; e < d->start[row[r] + 1]; e++)
		{
			c[d->term[e]].rows++;
			c[d->term[e]].count += d->count[e];
		}
	}
	for (uint32_t i = 0; i < names; i++)
	{
		to[i] = -1;
		if (c[i].rows >= t->min_rows)
			c[n++] = c[i];
	}
	if (n == 0)
		cs_fail(env, CS_E_DATA, cs_text(env, "texts of feature \"%s\" have no terms in common", column),
				cs_text(env, "No term of the text search configuration %s occurs in %d rows or more.", t->config, t->min_rows),
				"Leave the feature out, choose another configuration, or lower min_rows.");
	qsort(c, n, sizeof(candidate), by_count);
	t->terms = n > (uint32_t) t->max_terms ? t->max_terms : (int) n;
	qsort(c, (size_t) t->terms, sizeof(candidate), by_name);
	t->term = CS_NEW(env, char *, (size_t) t->terms);
	t->idf = CS_NEW(env, double, (size_t) t->terms);
	for (int i = 0; i < t->terms; i++)
	{
		t->term[i] = cs_strdup(env, c[i].name);
		t->idf[i] = log((1 + texts) / (1 + c[i].rows)) + 1;
		to[c[i].number] = i;
	}
	cs_release(env, c);
}

/* ---- weights ---- */

typedef struct entry
{
	uint32_t	term;
	uint32_t	count;
} entry;

static int
by_term(const void *a, const void *b)
{
	return by_number(&((const entry *) a)->term, &((const entry *) b)->term);
}

/* Weights of one document behind those of the corpus, as cs_text_coordinates() makes them. */
static void
add_row(const cs_text_model *t, cs_corpus *c, const cs_documents *d, uint32_t document, const int32_t *to, entry *e)
{
	size_t		n = 0,
				at = c->start[c->n];
	double		square = 0;

	for (size_t i = d->start[document]; i < d->start[document + 1]; i++)
		if (to[d->term[i]] >= 0)
			e[n++] = (entry) {(uint32_t) to[d->term[i]], d->count[i]};
	qsort(e, n, sizeof(entry), by_term);
	for (size_t i = 0; i < n; i++)
	{
		double		w = (1 + log((double) e[i].count)) * t->idf[e[i].term];

		c->term[at + i] = e[i].term;
		c->weight[at + i] = w;
		square += w * w;
	}
	for (size_t i = at; i < at + n; i++)
		c->weight[i] /= sqrt(square);
	c->start[c->n + 1] = at + n;
}

static cs_corpus *
weigh(cs_env *env, const cs_text_model *t, const cs_documents *d, const uint32_t *row, size_t rows, const int32_t *to)
{
	cs_corpus  *c = CS_NEW(env, cs_corpus, 1);
	size_t		longest = 0;
	entry	   *e;

	for (size_t i = 0; i < d->n; i++)
		longest = d->start[i + 1] - d->start[i] > longest ? d->start[i + 1] - d->start[i] : longest;
	e = CS_ROOM(env, entry, longest + 1);
	c->start = CS_NEW(env, size_t, rows + 1);
	c->term = CS_ROOM(env, uint32_t, d->entries + 1);
	c->weight = CS_ROOM(env, double, d->entries + 1);
	for (; c->n < rows; c->n++)
	{
		if (c->n % POLL_ROWS == 0)
			cs_poll(env);
		if (row[c->n] == CS_NO_TEXT)
			c->start[c->n + 1] = c->start[c->n];
		else
			add_row(t, c, d, row[c->n], to, e);
	}
	cs_release(env, e);
	return c;
}

/* ---- directions ---- */

typedef struct gram
{
	const cs_corpus *corpus;
	size_t		terms;
	double	   *z;				/* one row of the product */
} gram;

/* y += a x; eight at a time, which compilers turn into vectors. */
static inline void
add_scaled(double *restrict y, double a, const double *restrict x, size_t k)
{
	size_t		j = 0;

	for (; j + 8 <= k; j += 8)
		for (size_t i = 0; i < 8; i++)
			y[j + i] += a * x[j + i];
	for (; j < k; j++)
		y[j] += a * x[j];
}

/* y = X'(X x), row by row. */
static void
apply_gram(cs_env *env, cs_team *team, void *arg, size_t k, const double *x, double *y)
{
	const gram *g = arg;
	const cs_corpus *c = g->corpus;

	(void) team;
	memset(y, 0, g->terms * k * sizeof(double));
	for (size_t i = 0; i < c->n; i++)
	{
		if (i % POLL_ROWS == 0)
			cs_poll(env);
		memset(g->z, 0, k * sizeof(double));
		for (size_t e = c->start[i]; e < c->start[i + 1]; e++)
			add_scaled(g->z, c->weight[e], x + c->term[e] * k, k);
		for (size_t e = c->start[i]; e < c->start[i + 1]; e++)
			add_scaled(y + c->term[e] * k, c->weight[e], g->z, k);
	}
}

static void
find_directions(cs_env *env, cs_text_model *t, const cs_corpus *c)
{
	size_t		terms = (size_t) t->terms,
				rank = (size_t) t->dimensions < terms ? (size_t) t->dimensions : terms;
	double		round = 8 * ((double) c->start[c->n] + 1) * (double) (2 * rank + OVERSAMPLE);
	int			rounds = (int) fmin(fmax(WORK / round, LEAST_ROUNDS), MOST_ROUNDS);
	cs_svd_options o = {rank, rank + OVERSAMPLE, rounds, 1};
	gram		g = {c, terms, CS_ROOM(env, double, terms + 2 * rank + OVERSAMPLE)};
	cs_operator op = {terms, terms, &g, apply_gram, apply_gram};
	double	   *u = CS_ROOM(env, double, terms * rank),
			   *v = CS_ROOM(env, double, terms * rank),
			   *value = CS_ROOM(env, double, rank),
				all = 0,
				sum = 0;

	t->projection = CS_NEW(env, double, terms * (size_t) t->dimensions);
	cs_svd_random(env, NULL, &op, &o, u, value, v);
	for (size_t e = 0; e < c->start[c->n]; e++)
		all += c->weight[e] * c->weight[e];
	for (size_t j = 0; j < rank; j++)
	{
		/* no text has anything in this direction */
		if (!(value[j] > 1e-12 * value[0]))
			continue;
		sum += value[j];
		for (size_t i = 0; i < terms; i++)
			t->projection[i * (size_t) t->dimensions + j] = v[i * rank + j];
	}
	t->explained = all > 0 ? fmin(sum / all, 1) : 0;
	cs_release(env, g.z);
	cs_release(env, u);
	cs_release(env, v);
	cs_release(env, value);
}

/* ---- ratings ---- */

typedef struct ridge
{
	const cs_corpus *corpus;
	const double *rating;		/* per row; NAN: not learnt from */
	size_t		terms;
	double	   *mean;			/* weight of each term, over rated rows */
} ridge;

static double
dot(const double *a, const double *b, size_t n)
{
	double		s = 0;

	for (size_t i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

/* y = (X'X + penalty) p, the mean of X taken off. */
static void
apply_ridge(cs_env *env, const ridge *r, const double *p, double *y)
{
	const cs_corpus *c = r->corpus;
	double		off = dot(r->mean, p, r->terms),
				sum = 0;

	for (size_t i = 0; i < r->terms; i++)
		y[i] = PENALTY * p[i];
	for (size_t i = 0; i < c->n; i++)
	{
		double		u = -off;

		if (i % POLL_ROWS == 0)
			cs_poll(env);
		if (isnan(r->rating[i]))
			continue;
		for (size_t e = c->start[i]; e < c->start[i + 1]; e++)
			u += c->weight[e] * p[c->term[e]];
		for (size_t e = c->start[i]; e < c->start[i + 1]; e++)
			y[c->term[e]] += c->weight[e] * u;
		sum += u;
	}
	for (size_t i = 0; i < r->terms; i++)
		y[i] -= r->mean[i] * sum;
}

/* Conjugate gradients (Hestenes and Stiefel 1952) from 0; r: the right side, destroyed. */
static void
solve_ridge(cs_env *env, const ridge *q, double *r, double *w)
{
	size_t		n = q->terms;
	double	   *p = CS_ROOM(env, double, n),
			   *ap = CS_ROOM(env, double, n),
				rr = dot(r, r, n),
				enough = rr * TOLERANCE * TOLERANCE;

	memcpy(p, r, n * sizeof(double));
	for (int step = 0; step < MOST_STEPS && rr > enough; step++)
	{
		double		alpha,
					was = rr;

		apply_ridge(env, q, p, ap);
		alpha = rr / dot(p, ap, n);
		for (size_t i = 0; i < n; i++)
		{
			w[i] += alpha * p[i];
			r[i] -= alpha * ap[i];
		}
		rr = dot(r, r, n);
		for (size_t i = 0; i < n; i++)
			p[i] = r[i] + rr / was * p[i];
	}
	cs_release(env, p);
	cs_release(env, ap);
}

static void
learn_rating(cs_env *env, cs_text_model *t, const cs_corpus *c, const double *rating, const char *column)
{
	size_t		terms = (size_t) t->terms;
	ridge		q = {c, rating, terms, CS_NEW(env, double, terms)};
	double	   *right = CS_NEW(env, double, terms),
				n = 0,
				mean = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!isnan(rating[i]))
		{
			n++;
			mean += (rating[i] - mean) / n;
			for (size_t e = c->start[i]; e < c->start[i + 1]; e++)
				q.mean[c->term[e]] += c->weight[e];
		}
	if (n == 0)
		cs_fail(env, CS_E_DATA, cs_text(env, "there are no ratings for the texts of feature \"%s\"", column),
				"The rating is NULL, or not finite, in all rows that have a text.", "Leave the rating out.");
	for (size_t j = 0; j < terms; j++)
		q.mean[j] /= n;
	for (size_t i = 0; i < c->n; i++)
		for (size_t e = c->start[i]; !isnan(rating[i]) && e < c->start[i + 1]; e++)
			right[c->term[e]] += c->weight[e] * (rating[i] - mean);
	t->slope = CS_NEW(env, double, terms);
	solve_ridge(env, &q, right, t->slope);
	t->base = mean - dot(q.mean, t->slope, terms);
	cs_release(env, q.mean);
	cs_release(env, right);
}

static void
release_documents(cs_documents *d)
{
	cs_release(d->env, d->start);
	cs_release(d->env, d->rating);
	cs_release(d->env, d->term);
	cs_release(d->env, d->count);
	cs_release(d->env, d);
}

cs_corpus *
cs_text_fit(cs_env *env, cs_text_model *t, cs_documents *documents, const uint32_t *row, size_t rows,
			char *const *name, uint32_t names, const char *column)
{
	int32_t    *to = CS_ROOM(env, int32_t, (size_t) names + 1);
	double	   *rating = CS_ROOM(env, double, rows + 1);
	cs_corpus  *c;

	choose_terms(env, t, documents, row, rows, name, names, to, column);
	c = weigh(env, t, documents, row, rows, to);
	for (size_t i = 0; i < rows; i++)
		rating[i] = row[i] == CS_NO_TEXT ? NAN : documents->rating[row[i]];
	release_documents(documents);
	find_directions(env, t, c);
	if (t->rated)
		learn_rating(env, t, c, rating, column);
	cs_release(env, to);
	cs_release(env, rating);
	return c;
}
