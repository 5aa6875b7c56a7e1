/*
 * crowd.h - customers with a like history: finding them, and what they have.
 *
 * Of the customer asked for only the history is known, of all others the events
 * of the training.  Those who share an item are found through the customers of
 * each item; with values y (1, or what the similarity makes of x), c = sum over
 * shared items of y_u y_v, and n the items of a customer:
 *
 *		cosine	c / (|y_u| |y_v| + shrink)
 *		tfidf	the same of sqrt(x_ui) idf_i, idf_i = ln(customers / (1 + n_i))
 *		bm25	the same of x_ui (K1 + 1) / (K1 (1 - B + B n_u / mean n) + x_ui) idf_i
 *		jaccard	c / (n_u + n_v - c + shrink)
 *		dice	2 c / (n_u + n_v + shrink)
 *		llr		sqrt(2 (H(rows) + H(columns) - H(table))) of the table of items that both,
 *				one or none have, where both is more than chance
 *
 * Whose history counts?  Of neighbourhood own, that of the customer's nearest who
 * have anything more.  Of others, that of everybody who has the customer among
 * their own nearest: whoever lives in a crowd asks more of a neighbour.  That is
 * better for long histories (published.py has both on MovieLens-100k) and worse for
 * short ones, which are near to nobody.  It takes a search for every customer in
 * training, which leaves a bar: the similarity, and for ties the number, of the
 * last of its nearest.  Where fewer than a quarter of the neighbours count, the
 * nearest fill up to that.
 *
 * Of two customers alike the later number is nearer, and newcomers come after all.
 *
 * O(customers of the items of the history), which visits bounds: where they are
 * more, only the rarest items of the history are looked at, as many as have
 * together no more customers than that, and of a single item the first so many.
 */
#ifndef CS_CROWD_H
#define CS_CROWD_H

#include "core/base/params.h"
#include "core/reco/events.h"
#include "core/reco/largest.h"
#include "core/reco/rank.h"

/* Whose neighbour a customer is who is no part of the training. */
#define CS_NEWCOMER INT32_MAX

/* Choices of the option neighbourhood. */
enum
{
	CS_CROWD_OWN,
	CS_CROWD_OTHERS
};

typedef struct cs_crowd cs_crowd;

/* A customer whose history counts. */
typedef struct cs_like
{
	int32_t		customer;
	float		similarity;
} cs_like;

/* A bar that customers must be above to be among someone's nearest. */
typedef struct cs_bar
{
	float		similarity;		/* 0: everybody is, who shares anything */
	int32_t		customer;		/* from this number on, of the same similarity */
} cs_bar;

/*
 * Options: those of userknn.  e has all customers of the training and stays; so
 * does bar, of each customer; NULL: the nearest count.
 */
cs_crowd   *cs_crowd_new(cs_env *env, const cs_events *e, const cs_options *options, const cs_bar *bar);
void		cs_crowd_free(cs_crowd *a);

/* The bar of a customer of the training. */
cs_bar		cs_crowd_bar(cs_crowd *a, int32_t customer);

/*
 * Find those whose histories count for a customer: entries of the history ascend
 * by item, values x > 0; items from e->items on are passed over.  self is the
 * customer's number in the training, or CS_NEWCOMER.  Arrays stay until the next.
 */
size_t		cs_crowd_find(cs_crowd *a, size_t n, const int32_t *item, const double *x, int32_t self, const cs_like **out);

/* How often cs_crowd_find() was called: what it found is gone when that changes. */
unsigned	cs_crowd_searches(const cs_crowd *a);

/* After cs_crowd_find(): scores sum similarity x_vi of the items that they have; out has room for all items. */
size_t		cs_crowd_scores(cs_crowd *a, cs_scored *out);

/*
 * What each entry of the history adds to the score of an item: of each customer
 * who has the item, to the shared items by y_u y_v.  Returns how many have it.
 */
size_t		cs_crowd_explain(cs_crowd *a, int32_t item, double *contribution);

/* Cosine of the customers of an item and of all others that these have; out has room for all items. */
size_t		cs_crowd_similar(cs_crowd *a, int32_t item, cs_scored *out);

#endif							/* CS_CROWD_H */
