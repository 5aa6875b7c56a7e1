/*
 * text.h - texts as a few numbers: TF-IDF, reduced to the directions in which texts
 * differ most (latent semantic analysis).
 *
 * A text is a bag of terms.  Which terms it has is for the host to say; from here
 * on they are counts.  The weight of a term in a text is (1 + ln count) idf, where
 * idf = ln((1 + n) / (1 + rows with the term)) + 1, and each text is scaled to
 * length 1 (the forms that scikit-learn calls sublinear_tf and smooth_idf).  The
 * coordinates are the products with the leading right singular vectors of the
 * matrix of all training texts (Deerwester et al., JASIS 41, 1990), found by
 * randomised iteration over its Gram matrix, which needs memory for the terms but not
 * for the texts.  A text without a known term is the zero vector.
 *
 * Where a rating comes with the texts, one more coordinate is the rating that
 * ridge regression on the weights predicts (Hoerl and Kennard, 1970; penalty 1,
 * mean taken off).  It is learnt once; assignment needs no rating.
 */
#ifndef CS_TEXT_H
#define CS_TEXT_H

#include "core/base/doc.h"
#include "core/base/env.h"

#define CS_TEXT_MOST_TERMS 50000
#define CS_TEXT_MOST_DIMENSIONS 256
#define CS_TEXT_MOST_CELLS 4000000	/* terms x dimensions */

/* No document: the text is NULL. */
#define CS_NO_TEXT UINT32_MAX

typedef struct cs_text_model
{
	/* as asked for */
	char	   *config;			/* where the terms come from; for the host */
	int			dimensions;
	int			max_terms;
	int			min_rows;
	bool		rated;
	bool		missing;		/* NULL is the zero vector and one more coordinate */

	int			first;			/* feature of the first coordinate */

	/* fitted */
	int			terms;
	char	  **term;			/* ascending by bytes */
	double	   *idf;
	double	   *projection;		/* terms x dimensions */
	double		explained;		/* share of the texts' squared length in the coordinates */
	double		base;			/* predicted rating without any term */
	double	   *slope;			/* per term; NULL: not rated */
} cs_text_model;

/* Coordinates of a text: dimensions, then the rating, then the mark of NULL. */
static inline int
cs_text_width(const cs_text_model *t)
{
	return t->dimensions + (t->rated ? 1 : 0) + (t->missing ? 1 : 0);
}

/* Texts while they are read: counts of terms, numbered by the host. */
typedef struct cs_documents
{
	cs_env	   *env;
	size_t		n;
	size_t		room;
	size_t	   *start;			/* n + 1 */
	double	   *rating;			/* NAN: none */
	size_t		entries;
	size_t		entry_room;
	uint32_t   *term;
	uint32_t   *count;
} cs_documents;

cs_documents *cs_documents_new(cs_env *env);

/* One more; term: n numbers in any order, sorted here.  Returns its number. */
uint32_t	cs_documents_add(cs_documents *d, uint32_t *term, size_t n, double rating);

/* Keep those alone; document keep[i], ascending, becomes number i. */
void		cs_documents_keep(cs_documents *d, const uint32_t *keep, size_t n);
size_t		cs_documents_bytes(const cs_documents *d);

/* The training texts as weights, row by row. */
typedef struct cs_corpus
{
	size_t		n;				/* rows */
	size_t	   *start;			/* n + 1 */
	uint32_t   *term;			/* ascending in a row */
	double	   *weight;
} cs_corpus;

/*
 * Choose terms and fit all that the model needs.  row: document of each row, or
 * CS_NO_TEXT; name: of the host's terms; column: for messages.  documents are
 * given back.
 */
cs_corpus  *cs_text_fit(cs_env *env, cs_text_model *t, cs_documents *documents, const uint32_t *row, size_t rows,
						char *const *name, uint32_t names, const char *column);

/* Number of a term, or -1. */
int			cs_text_find(const cs_text_model *t, const char *term, size_t len);

/*
 * Coordinates of a text of n known terms, in any order (sorted here), repeated as
 * often as they occur; weight: room for n numbers.
 */
void		cs_text_coordinates(const cs_text_model *t, uint32_t *term, size_t n, double *weight, double *out);

/* Coordinates of NULL; false when there are none. */
bool		cs_text_no_coordinates(const cs_text_model *t, double *out);

/* Coordinates of row i of the training texts; CS_NO_TEXT rows excepted. */
void		cs_corpus_coordinates(const cs_text_model *t, const cs_corpus *c, size_t i, double *out);

/* Do two models turn every text into the same numbers? */
bool		cs_text_same(const cs_text_model *a, const cs_text_model *b);

void		cs_text_save(const cs_text_model *t, cs_writer *w);
cs_text_model *cs_text_load(cs_env *env, cs_value v);

#endif							/* CS_TEXT_H */
