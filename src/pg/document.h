/*
 * document.h - texts as terms, by the server's own text search.
 *
 * Parser, dictionaries and stop words are those of a text search configuration,
 * which a model names with its schema.  A text gives the same terms as
 * to_tsvector() does, without the limits of that type; a long text is parsed in
 * pieces that end at a blank.
 */
#ifndef CS_DOCUMENT_H
#define CS_DOCUMENT_H

#include "postgres.h"

#include "core/prep/text.h"

/* Of a longer text the beginning counts, up to the last whole character. */
#define CS_DOCUMENT_BYTES (1 << 20)

/* A configuration by its name, or an error; path: where to look, NULL: the current search path. */
extern Oid	cs_text_config(const char *name, const char *path);

/* Its name with its schema, quoted where needed. */
extern char *cs_text_config_name(Oid config);

/* Terms of texts, as numbers; kept from one text to the next. */
typedef struct cs_terms
{
	cs_env	   *env;
	uint32_t   *number;
	double	   *weight;
	size_t		n;
	size_t		room;
} cs_terms;

/* Number of a term, or -1: it does not count. */
typedef int (*cs_term_fn) (void *arg, const char *term, int len);

/* The terms of a text (text, varchar or char(n)) in out; false when it was cut. */
extern bool cs_document_terms(Oid config, Datum text, cs_term_fn fn, void *arg, cs_terms *out);

#endif							/* CS_DOCUMENT_H */
