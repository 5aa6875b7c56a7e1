/*
 * doc.h - the binary form of a model value: a checked, self-describing tree.
 *
 *	bytes 0-3	"CSM1"
 *	      4-7	CRC-32C of all that follows
 *	      8-		one value
 *
 * A value is a tag byte and a payload, little-endian, unaligned:
 *	n			null
 *	t, f		true, false
 *	d			number: IEEE double
 *	s			text: u32 length, bytes without NUL
 *	v			numbers: u32 count, doubles
 *	l			list: u32 count, values
 *	o			object: u32 count, pairs of (u32 length, key bytes, value)
 *
 * All numbers are finite.  The same tree has a JSON form (src/pg/model_type.c);
 * both directions keep the order of keys, so a value survives a trip through
 * text byte by byte.  cs_doc_check() looks at every byte once; after that,
 * readers need no bounds checks.  What a model's fields mean, and whether they
 * fit together, is checked by those who load them.
 */
#ifndef CS_DOC_H
#define CS_DOC_H

#include "core/base/env.h"

#define CS_DOC_HEADER 8
#define CS_DOC_DEPTH 16			/* deepest nesting */

/* ---- writing ---- */

typedef struct cs_writer
{
	cs_env	   *env;
	unsigned char *buf;
	size_t		len;
	size_t		cap;
	int			depth;
	size_t		count_at[CS_DOC_DEPTH];	/* where the open containers count */
	char		kind[CS_DOC_DEPTH];
} cs_writer;

void		cs_writer_init(cs_env *env, cs_writer *w);

/* Each takes the key when the open container is an object, NULL in a list. */
void		cs_put_null(cs_writer *w, const char *key);
void		cs_put_bool(cs_writer *w, const char *key, bool v);
void		cs_put_number(cs_writer *w, const char *key, double v);
void		cs_put_text(cs_writer *w, const char *key, const char *s);
void		cs_put_text_n(cs_writer *w, const char *key, const char *s, size_t len);
void		cs_put_numbers(cs_writer *w, const char *key, const double *v, size_t n);
void		cs_put_ints(cs_writer *w, const char *key, const int *v, size_t n);

/* A seed and other integers beyond 2^53, as text. */
void		cs_put_int64(cs_writer *w, const char *key, int64_t v);
void		cs_begin_object(cs_writer *w, const char *key);
void		cs_begin_list(cs_writer *w, const char *key);
void		cs_end(cs_writer *w);

/* Header and checksum; the bytes belong to the env. */
unsigned char *cs_writer_finish(cs_writer *w, size_t *len);

/* ---- reading ---- */

typedef struct cs_value
{
	char		tag;			/* 0: absent */
	uint32_t	count;			/* bytes of text, items of the others */
	const unsigned char *data;	/* payload behind the count */
} cs_value;

/* NULL when bytes are a well-formed document, else what is wrong with them. */
const char *cs_doc_check(const unsigned char *bytes, size_t len);

/* The root of checked bytes. */
cs_value	cs_doc_root(const unsigned char *bytes);

/* Member of an object; tag 0 when there is none or it is no object. */
cs_value	cs_value_get(cs_value object, const char *key);

/* Iterate over a list or object: start with at = v.data, count items. */
cs_value	cs_value_next(cs_value container, const unsigned char **at, cs_value *key);

/*
 * Typed members; each fails with CS_E_DATA "model value is damaged" and names
 * the field when it is absent or of another type or count.
 */
cs_value	cs_need(cs_env *env, cs_value object, const char *key, char tag);
double		cs_need_number(cs_env *env, cs_value object, const char *key, double min, double max);
int			cs_need_int(cs_env *env, cs_value object, const char *key, int min, int max);
char	   *cs_need_text(cs_env *env, cs_value object, const char *key);
double	   *cs_need_numbers(cs_env *env, cs_value object, const char *key, size_t count);
int		   *cs_need_ints(cs_env *env, cs_value object, const char *key, size_t count, int min, int max);
bool		cs_need_bool(cs_env *env, cs_value object, const char *key);
int64_t		cs_need_int64(cs_env *env, cs_value object, const char *key);

/* Values themselves; the tag must fit. */
double		cs_value_number(cs_value v);
char	   *cs_value_text(cs_env *env, cs_value v);
double	   *cs_value_numbers(cs_env *env, cs_value v);

void		cs_doc_damaged(cs_env *env, const char *detail) __attribute__((noreturn));

/* CRC-32C (Castagnoli), bitwise-reflected, as of RFC 3720. */
uint32_t	cs_crc32c(uint32_t crc, const unsigned char *p, size_t len);

#endif							/* CS_DOC_H */
