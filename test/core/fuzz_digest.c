/*
 * fuzz_digest.c - libFuzzer target: bytes that claim to be a digest.
 *
 * Each input is tried as it is, and as a list of changes to a sound digest (four
 * bytes each: position twice, new byte, which digest), so that it reaches what lies
 * behind the head.  What is read is sorted, merged, added to and written.  It may
 * fail; it may not crash, hang, leak or read beyond.
 */
#include "core/base/digest.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BLOCKS 4096

/* An env over malloc that keeps its blocks, so that a failed attempt leaves nothing. */
typedef struct fuzz_env
{
	cs_env		env;
	void	   *block[BLOCKS];
	int			blocks;
	jmp_buf		out;
} fuzz_env;

/* Reading may take a multiple of the bytes; more would be a way to exhaust a server. */
#define MOST_BYTES ((size_t) 64 << 20)

static void *
fuzz_alloc(cs_env *env, size_t bytes, bool zero)
{
	fuzz_env   *f = (fuzz_env *) env;
	void	   *p;

	if (bytes > MOST_BYTES || f->blocks == BLOCKS)
		abort();
	p = aligned_alloc(64, (bytes + 63) / 64 * 64);
	if (p == NULL)
		abort();
	memset(p, zero ? 0 : 0xA5, bytes);
	f->block[f->blocks++] = p;
	return p;
}

static void
fuzz_release(cs_env *env, void *p)
{
	fuzz_env   *f = (fuzz_env *) env;
	int			i = f->blocks - 1;

	while (f->block[i] != p)
		i--;
	f->block[i] = f->block[--f->blocks];
	free(p);
}

static void
fuzz_poll(cs_env *env)
{
	(void) env;
}

static void
fuzz_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	(void) hint;
	if (class != CS_E_DATA || message == NULL || detail == NULL)
		abort();				/* only damage is a good reason */
	longjmp(((fuzz_env *) env)->out, 1);
}

static void
use(cs_env *env, const unsigned char *bytes, size_t len)
{
	cs_digest  *a = cs_digest_read(env, bytes, len),
			   *b = cs_digest_read(env, bytes, len);
	unsigned char *again = CS_ROOM(env, unsigned char, cs_digest_size(a));
	double	   *row;

	/* sound bytes are the only ones of their rows */
	cs_digest_write(a, again);
	if (cs_digest_size(a) != len || memcmp(again, bytes, len) != 0)
		abort();
	cs_digest_merge(a, b);
	cs_digest_width(a, 1);
	row = CS_NEW(env, double, (size_t) a->d);
	cs_digest_add(a, row);
	cs_digest_sort(a);
	if (a->n > a->most || (a->n > 0 && cs_digest_find(a, cs_digest_point(a, a->n - 1)) != (int64_t) a->n - 1))
		abort();
}

static void
try_bytes(const unsigned char *bytes, size_t len)
{
	fuzz_env   *f = calloc(1, sizeof(fuzz_env));

	f->env = (cs_env) {fuzz_alloc, fuzz_release, fuzz_poll, NULL, fuzz_fail, NULL};
	if (setjmp(f->out) == 0)
		use(&f->env, bytes, len);
	while (f->blocks > 0)
		free(f->block[--f->blocks]);
	free(f);
}

/* A sound digest: of kind 0 all points, of kind 1 a sample, of kind 2 no row. */
static unsigned char *
sound(int kind, size_t *len)
{
	fuzz_env   *f = calloc(1, sizeof(fuzz_env));
	cs_digest  *dg;
	unsigned char *bytes;

	f->env = (cs_env) {fuzz_alloc, fuzz_release, fuzz_poll, NULL, fuzz_fail, NULL};
	dg = cs_digest_new(&f->env, kind == 1 ? 400 : 4096, 42);
	if (kind < 2)
		cs_digest_width(dg, 2);
	for (int i = 0; i < 30 && kind < 2; i++)
		cs_digest_add(dg, (double[2]) {i % 20, i % 3});
	*len = cs_digest_size(dg);
	bytes = malloc(*len);
	cs_digest_write(dg, bytes);
	while (f->blocks > 0)
		free(f->block[--f->blocks]);
	free(f);
	return bytes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes;
	size_t		len;

	try_bytes(data, size);
	if (size < 4)
		return 0;
	bytes = sound(data[3] % 3, &len);
	for (; size >= 4; size -= 4, data += 4)
		bytes[(data[0] | (size_t) data[1] << 8) % len] = data[2];
	try_bytes(bytes, len);
	free(bytes);
	return 0;
}
