/*
 * writer.c - building model documents (format: doc.h).
 */
#include "core/base/doc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void
cs_writer_init(cs_env *env, cs_writer *w)
{
	memset(w, 0, sizeof(*w));
	w->env = env;
	w->cap = 1024;
	w->buf = CS_NEW(env, unsigned char, w->cap);
	memcpy(w->buf, "CSM1", 4);
	w->len = CS_DOC_HEADER;
}

static unsigned char *
reserve(cs_writer *w, size_t n)
{
	if (w->len + n > w->cap)
	{
		size_t		cap = w->cap * 2 > w->len + n ? w->cap * 2 : w->len + n;
		unsigned char *buf = CS_NEW(w->env, unsigned char, cap);

		memcpy(buf, w->buf, w->len);
		cs_release(w->env, w->buf);
		w->buf = buf;
		w->cap = cap;
	}
	w->len += n;
	return w->buf + w->len - n;
}

static void
set_u32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char) (v >> (8 * i));
}

static void
put_u32(cs_writer *w, size_t v)
{
	if (v > UINT32_MAX)
		cs_fail(w->env, CS_E_LIMIT, "model value is too large", NULL, NULL);
	set_u32(reserve(w, 4), (uint32_t) v);
}

static void
put_double(cs_writer *w, double v)
{
	uint64_t	u;
	unsigned char *p = reserve(w, 8);

	if (!isfinite(v))
		cs_fail(w->env, CS_E_NUMERIC, "a number of the model is not finite",
				"The values of a feature are too large, or too far apart, to compute with.",
				"Scale or clip the feature, for example with the transform winsor.");
	if (v == 0)
		v = 0;					/* -0 has no JSON form that comes back */
	memcpy(&u, &v, sizeof(u));
	set_u32(p, (uint32_t) u);
	set_u32(p + 4, (uint32_t) (u >> 32));
}

static void
put_bytes(cs_writer *w, const char *s, size_t len)
{
	put_u32(w, len);
	memcpy(reserve(w, len), s, len);
}

/* Count the item in its container, write its key and tag. */
static void
put_tag(cs_writer *w, const char *key, char tag)
{
	if (w->depth > 0)
	{
		size_t		at = w->count_at[w->depth - 1];
		uint32_t	n = (uint32_t) w->buf[at] | (uint32_t) w->buf[at + 1] << 8 |
			(uint32_t) w->buf[at + 2] << 16 | (uint32_t) w->buf[at + 3] << 24;

		set_u32(w->buf + at, n + 1);
		if (w->kind[w->depth - 1] == 'o')
			put_bytes(w, key, strlen(key));
	}
	*reserve(w, 1) = (unsigned char) tag;
}

void
cs_put_null(cs_writer *w, const char *key)
{
	put_tag(w, key, 'n');
}

void
cs_put_bool(cs_writer *w, const char *key, bool v)
{
	put_tag(w, key, v ? 't' : 'f');
}

void
cs_put_number(cs_writer *w, const char *key, double v)
{
	put_tag(w, key, 'd');
	put_double(w, v);
}

void
cs_put_text_n(cs_writer *w, const char *key, const char *s, size_t len)
{
	put_tag(w, key, 's');
	put_bytes(w, s, len);
}

void
cs_put_text(cs_writer *w, const char *key, const char *s)
{
	cs_put_text_n(w, key, s, strlen(s));
}

void
cs_put_int64(cs_writer *w, const char *key, int64_t v)
{
	char		buf[32];

	snprintf(buf, sizeof(buf), "%lld", (long long) v);
	cs_put_text(w, key, buf);
}

void
cs_put_numbers(cs_writer *w, const char *key, const double *v, size_t n)
{
	put_tag(w, key, 'v');
	put_u32(w, n);
	for (size_t i = 0; i < n; i++)
		put_double(w, v[i]);
}

void
cs_put_ints(cs_writer *w, const char *key, const int *v, size_t n)
{
	put_tag(w, key, 'v');
	put_u32(w, n);
	for (size_t i = 0; i < n; i++)
		put_double(w, v[i]);
}

static void
begin(cs_writer *w, const char *key, char tag)
{
	if (w->depth >= CS_DOC_DEPTH)
		cs_fail(w->env, CS_E_LIMIT, "value is nested too deeply", NULL, NULL);
	put_tag(w, key, tag);
	w->kind[w->depth] = tag;
	w->count_at[w->depth] = w->len;
	w->depth++;
	put_u32(w, 0);
}

void
cs_begin_object(cs_writer *w, const char *key)
{
	begin(w, key, 'o');
}

void
cs_begin_list(cs_writer *w, const char *key)
{
	begin(w, key, 'l');
}

void
cs_end(cs_writer *w)
{
	w->depth--;
}

unsigned char *
cs_writer_finish(cs_writer *w, size_t *len)
{
	set_u32(w->buf + 4, cs_crc32c(0, w->buf + CS_DOC_HEADER, w->len - CS_DOC_HEADER));
	*len = w->len;
	return w->buf;
}
