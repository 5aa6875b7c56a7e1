/*
 * fuzz_doc.c - libFuzzer target: bytes that claim to be a model value.
 *
 * clang -fsanitize=fuzzer,address,undefined -Isrc -Itest/core fuzz_doc.c and the core
 *
 * Each input is tried in three ways: as it is; with header and checksum made to
 * fit, so that the fuzzer reaches what lies behind them; and as a list of changes
 * to a sound model, four bytes each (which model, position twice, new byte), so
 * that it reaches what lies behind the structure.  What passes the check is
 * loaded and scores rows.  It may fail; it may not crash, hang, leak or read
 * beyond.
 */
#include "samples.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An env over malloc; blocks are chained so that a failed attempt leaves nothing. */
typedef struct held
{
	struct held *next;
	struct held **at;
	void	   *base;
} held;

typedef struct fuzz_env
{
	cs_env		env;
	held	   *first;
	jmp_buf		out;
} fuzz_env;

/* Loading may take a multiple of the document; more would be a way to exhaust a server. */
#define MOST_BYTES ((size_t) 256 << 20)

static void *
fuzz_alloc(cs_env *env, size_t bytes, bool zero)
{
	fuzz_env   *f = (fuzz_env *) env;
	char	   *base;
	held	   *h;

	if (bytes > MOST_BYTES)
		abort();
	base = malloc(bytes + 64 + sizeof(held));
	if (base == NULL)
		abort();
	h = (held *) ((((size_t) base + sizeof(held) + 63) & ~(size_t) 63) - sizeof(held));
	*h = (held) {f->first, &f->first, base};
	if (h->next)
		h->next->at = &h->next;
	f->first = h;
	memset(h + 1, zero ? 0 : 0xA5, bytes);
	return h + 1;
}

static void
fuzz_release(cs_env *env, void *p)
{
	held	   *h = (held *) p - 1;

	(void) env;
	*h->at = h->next;
	if (h->next)
		h->next->at = h->at;
	free(h->base);
}

static void
fuzz_poll(cs_env *env)
{
	(void) env;
}

static void
fuzz_fail(cs_env *env, cs_error_class class, const char *message, const char *detail, const char *hint)
{
	(void) detail;
	(void) hint;
	if (class != CS_E_DATA || message == NULL)
		abort();				/* only damage is a good reason */
	longjmp(((fuzz_env *) env)->out, 1);
}

static fuzz_env
fuzz_env_new(void)
{
	return (fuzz_env) {.env = {fuzz_alloc, fuzz_release, fuzz_poll, NULL, fuzz_fail, &cs_kernel_portable}};
}

static void
fuzz_env_free(fuzz_env *f)
{
	while (f->first)
		fuzz_release(&f->env, f->first + 1);
}

static void
try_bytes(const unsigned char *bytes, size_t len)
{
	fuzz_env	f = fuzz_env_new();

	if (cs_doc_check(bytes, len) != NULL)
		return;
	if (setjmp(f.out) == 0)
		walk(&f.env, cs_doc_root(bytes));
	if (setjmp(f.out) == 0)
		cs_prep_load(&f.env, cs_doc_root(bytes));
	if (setjmp(f.out) == 0)
		cs_scorer_load(&f.env, cs_doc_root(bytes));
	if (setjmp(f.out) == 0)
		use_document(&f.env, bytes);
	fuzz_env_free(&f);
}

static void
try_changes(const uint8_t *data, size_t size)
{
	static unsigned char *sound[SAMPLE_KINDS];
	static size_t len[SAMPLE_KINDS];
	static fuzz_env forever;
	int			kind = data[0] % SAMPLE_KINDS;
	unsigned char *bytes;

	if (sound[kind] == NULL)
	{
		forever = sound[0] || sound[1] || sound[2] ? forever : fuzz_env_new();
		sound[kind] = sample_document(&forever.env, kind, &len[kind]);
	}
	bytes = malloc(len[kind]);
	memcpy(bytes, sound[kind], len[kind]);
	for (; size >= 4; size -= 4, data += 4)
		bytes[CS_DOC_HEADER + (data[1] | (size_t) data[2] << 8) % (len[kind] - CS_DOC_HEADER)] = data[3];
	fix_checksum(bytes, len[kind]);
	try_bytes(bytes, len[kind]);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *copy = malloc(size + 1);

	memcpy(copy, data, size);
	try_bytes(data, size);
	fix_checksum(copy, size);
	try_bytes(copy, size);
	if (size >= 4)
		try_changes(data, size);
	free(copy);
	return 0;
}
