/*
 * test_doc.c - documents survive the trip, and nothing that was cut or bent gets
 * past the check or hurts who reads it.
 */
#include "attempt.h"
#include "core/base/doc.h"
#include "harness.h"
#include "samples.h"

/* One of everything. */
static unsigned char *
everything(cs_env *env, size_t *len)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	cs_begin_object(&w, NULL);
	cs_put_null(&w, "nothing");
	cs_put_bool(&w, "yes", true);
	cs_put_bool(&w, "no", false);
	cs_put_number(&w, "pi", 3.141592653589793);
	cs_put_number(&w, "minus zero", -0.0);
	cs_put_number(&w, "large", 1.7976931348623157e308);
	cs_put_number(&w, "small", 5e-324);
	cs_put_text(&w, "text", "na\xc3\xafve \"quoted\"\n");
	cs_put_text(&w, "empty", "");
	cs_put_text_n(&w, "part", "abcdef", 3);
	cs_put_numbers(&w, "numbers", (double[]) {1, -2.5, 1e-300}, 3);
	cs_put_numbers(&w, "none", NULL, 0);
	cs_put_ints(&w, "ints", (int[]) {-1, 0, 2147483647}, 3);
	cs_put_int64(&w, "smallest", INT64_MIN);
	cs_begin_list(&w, "list");
	cs_put_number(&w, NULL, 7);
	cs_begin_object(&w, NULL);
	cs_put_text(&w, "inner", "x");
	cs_end(&w);
	cs_begin_list(&w, NULL);
	cs_end(&w);
	cs_end(&w);
	cs_end(&w);
	return cs_writer_finish(&w, len);
}

static void
test_round_trip(cs_env *env)
{
	size_t		len;
	unsigned char *bytes = everything(env, &len);
	cs_value	root = cs_doc_root(bytes),
				list,
				key = {0, 0, NULL},
				item;
	const unsigned char *at;
	double	   *numbers;
	int		   *ints;

	CHECK(cs_doc_check(bytes, len) == NULL);
	CHECK(cs_value_get(root, "nothing").tag == 'n');
	CHECK(cs_need_bool(env, root, "yes") && !cs_need_bool(env, root, "no"));
	CHECK(cs_need_number(env, root, "pi", 3, 4) == 3.141592653589793);
	CHECK(!signbit(cs_need_number(env, root, "minus zero", 0, 0)));
	CHECK(cs_need_number(env, root, "large", 0, INFINITY) == 1.7976931348623157e308);
	CHECK(cs_need_number(env, root, "small", 0, 1) == 5e-324);
	CHECK(strcmp(cs_need_text(env, root, "text"), "na\xc3\xafve \"quoted\"\n") == 0);
	CHECK(strcmp(cs_need_text(env, root, "empty"), "") == 0);
	CHECK(strcmp(cs_need_text(env, root, "part"), "abc") == 0);
	numbers = cs_need_numbers(env, root, "numbers", 3);
	CHECK(numbers[0] == 1 && numbers[1] == -2.5 && numbers[2] == 1e-300);
	cs_need_numbers(env, root, "none", 0);
	ints = cs_need_ints(env, root, "ints", 3, -1, 2147483647);
	CHECK(ints[0] == -1 && ints[1] == 0 && ints[2] == 2147483647);
	CHECK(cs_need_int64(env, root, "smallest") == INT64_MIN);
	list = cs_need(env, root, "list", 'l');
	at = list.data;
	CHECK(list.count == 3);
	CHECK(cs_value_number(cs_value_next(list, &at, &key)) == 7);
	item = cs_value_next(list, &at, &key);
	CHECK(strcmp(cs_need_text(env, item, "inner"), "x") == 0);
	CHECK(cs_value_next(list, &at, &key).count == 0);
	CHECK(cs_value_get(root, "absent").tag == 0 && cs_value_get(list, "absent").tag == 0);
}

/* Keys come back in the order in which they were put. */
static void
test_order_of_keys(cs_env *env)
{
	static const char *const keys[] = {"nothing", "yes", "no", "pi", "minus zero"};
	size_t		len;
	cs_value	root = cs_doc_root(everything(env, &len)),
				key;
	const unsigned char *at = root.data;

	CHECK(root.count == 15);
	for (int i = 0; i < 5; i++)
	{
		cs_value_next(root, &at, &key);
		CHECK(strcmp(cs_value_text(env, key), keys[i]) == 0);
	}
}

/* RFC 3720, B.4: CRC of 32 zeros, 32 ones, 0 .. 31; and the check value of the catalogue. */
static void
test_crc(cs_env *env)
{
	unsigned char b[32];

	(void) env;
	memset(b, 0, 32);
	CHECK(cs_crc32c(0, b, 32) == 0x8A9136AA);
	memset(b, 0xff, 32);
	CHECK(cs_crc32c(0, b, 32) == 0x62A8AB43);
	for (int i = 0; i < 32; i++)
		b[i] = (unsigned char) i;
	CHECK(cs_crc32c(0, b, 32) == 0x46DD794E);
	CHECK(cs_crc32c(0, (const unsigned char *) "123456789", 9) == 0xE3069283);
	CHECK(cs_crc32c(cs_crc32c(0, b, 10), b + 10, 22) == 0x46DD794E);
}

/* ---- damage ---- */

typedef struct damaged
{
	const unsigned char *bytes;
	size_t		len;
	bool		model;			/* load it as one */
} damaged;

static void
read_damaged(cs_env *env, void *arg)
{
	damaged    *d = arg;

	if (cs_doc_check(d->bytes, d->len) != NULL)
		return;
	walk(env, cs_doc_root(d->bytes));
	if (d->model)
		use_document(env, d->bytes);
}

/* It loads, or fails as damaged; the sanitizers see to the rest. */
static void
check_harmless(cs_env *env, attempt *a, const unsigned char *bytes, size_t len, bool model)
{
	damaged		d = {bytes, len, model};

	if (!attempt_run(a, env, read_damaged, &d))
		CHECK(a->error == CS_E_DATA && strcmp(a->message, "model value is damaged") == 0);
}

/* Exactly as many bytes as there are, so that reading behind them is seen. */
static unsigned char *
copy(cs_env *env, const unsigned char *bytes, size_t len)
{
	return memcpy(CS_ROOM(env, unsigned char, len), bytes, len);
}

static void
test_truncation(cs_env *env)
{
	size_t		len;
	unsigned char *bytes = everything(env, &len);

	CHECK(cs_doc_check(NULL, 0) != NULL);
	for (size_t n = 0; n < len; n++)
	{
		unsigned char *cut = copy(env, bytes, n);

		CHECK(cs_doc_check(cut, n) != NULL);

		/* also when the checksum fits: the length of each part tells */
		fix_checksum(cut, n);
		CHECK(cs_doc_check(cut, n) != NULL);
		cs_release(env, cut);
	}
}

/* The checksum finds every single wrong byte. */
static void
test_corruption(cs_env *env)
{
	size_t		len;
	unsigned char *bytes = everything(env, &len);

	for (size_t at = 0; at < len; at++)
		for (int bit = 0; bit < 8; bit++)
		{
			bytes[at] ^= (unsigned char) (1 << bit);
			CHECK(cs_doc_check(bytes, len) != NULL);
			bytes[at] ^= (unsigned char) (1 << bit);
		}
	CHECK(cs_doc_check(bytes, len) == NULL);
}

/* A forger makes the checksum fit: every byte, or one in step, changed in several ways. */
static void
check_forged(cs_env *env, unsigned char *bytes, size_t len, bool model, size_t step)
{
	static const unsigned char other[] = {0xff, 'v', 0, 's', 0x7f, 1, 'o', 'l', 'd', 'n'};
	attempt    *a = CS_NEW(env, attempt, 1);

	for (size_t at = CS_DOC_HEADER; at < len; at += step)
		for (size_t i = 0; i < (model ? 5 : sizeof(other)); i++)
		{
			unsigned char was = bytes[at];

			bytes[at] = other[i];
			fix_checksum(bytes, len);
			check_harmless(env, a, bytes, len, model);
			bytes[at] = was;
		}
	fix_checksum(bytes, len);
}

static void
test_forgery(cs_env *env)
{
	size_t		len;
	unsigned char *bytes = everything(env, &len);

	check_forged(env, copy(env, bytes, len), len, false, 1);
}

static void
test_forged_models(cs_env *env)
{
	if (strcmp(env->kernel->name, "portable") != 0)
		return;					/* scoring is the same for all, this test is slow */
	for (int kind = 0; kind < SAMPLE_KINDS; kind++)
	{
		size_t		len;
		unsigned char *bytes = sample_document(env, kind, &len);

		CHECK(cs_doc_check(bytes, len) == NULL);
		use_document(env, bytes);
		/* all of the first three, a part of the others, which take long to load */
		check_forged(env, copy(env, bytes, len), len, true, kind < 3 ? 1 : 1 + len / 400);
	}
}

/* ---- what the check and the readers refuse ---- */

static const char *
check_body(cs_env *env, const char *body, size_t len)
{
	unsigned char *bytes = CS_ROOM(env, unsigned char, CS_DOC_HEADER + len);
	const char *wrong;

	memcpy(bytes + CS_DOC_HEADER, body, len);
	fix_checksum(bytes, CS_DOC_HEADER + len);
	wrong = cs_doc_check(bytes, CS_DOC_HEADER + len);
	cs_release(env, bytes);
	return wrong;
}

static void
test_refusals(cs_env *env)
{
	char		deep[5 * 20];

	CHECK(check_body(env, "n", 1) == NULL);
	CHECK(check_body(env, "l\0\0\0\0", 5) == NULL);
	CHECK(strstr(check_body(env, "nn", 2), "continues") != NULL);
	CHECK(strstr(check_body(env, "x", 1), "unknown type") != NULL);
	CHECK(strstr(check_body(env, "s\1\0\0\0\0", 6), "zero byte") != NULL);
	CHECK(strstr(check_body(env, "s\2\0\0\0a", 6), "behind its end") != NULL);
	CHECK(strstr(check_body(env, "v\xff\xff\xff\xff", 5), "behind its end") != NULL);
	CHECK(strstr(check_body(env, "l\xff\xff\xff\x7f" "nnnn", 9), "behind its end") != NULL);
	CHECK(strstr(check_body(env, "d\0\0\0\0\0\0\xf0\x7f", 9), "not finite") != NULL);
	CHECK(strstr(check_body(env, "d\0\0\0\0\0\0\xf8\x7f", 9), "not finite") != NULL);
	CHECK(strstr(check_body(env, "d\0\0\0", 4), "within a number") != NULL);
	for (int i = 0; i < 20; i++)
		memcpy(deep + 5 * i, "l\1\0\0\0", 5);
	CHECK(strstr(check_body(env, deep, sizeof(deep)), "deeply") != NULL);
	memcpy(deep + 5 * (CS_DOC_DEPTH - 1), "l\0\0\0\0", 5);
	CHECK(check_body(env, deep, 5 * CS_DOC_DEPTH) == NULL);
}

/* Each asks for something that is not there in this way. */
static void
ask(cs_env *env, void *arg)
{
	size_t		len;
	cs_value	root = cs_doc_root(everything(env, &len));

	switch (*(int *) arg)
	{
		case 0:
			cs_need_number(env, root, "absent", 0, 1);
			break;
		case 1:
			cs_need_number(env, root, "text", 0, 1);
			break;
		case 2:
			cs_need_number(env, root, "pi", 4, 5);
			break;
		case 3:
			cs_need_int(env, root, "pi", 0, 5);
			break;
		case 4:
			cs_need_numbers(env, root, "numbers", 2);
			break;
		case 5:
			cs_need_ints(env, root, "numbers", 3, -3, 3);
			break;
		case 6:
			cs_need_ints(env, root, "ints", 3, 0, 2147483647);
			break;
		case 7:
			cs_need_bool(env, root, "nothing");
			break;
		case 8:
			cs_need_int64(env, root, "text");
			break;
		case 9:
			cs_need_int64(env, root, "empty");
			break;
		default:
			cs_need(env, cs_value_get(root, "pi"), "x", 'd');
	}
}

static void
test_needs(cs_env *env)
{
	attempt    *a = CS_NEW(env, attempt, 1);

	for (int i = 0; i <= 10; i++)
	{
		CHECK(!attempt_run(a, env, ask, &i));
		CHECK(a->error == CS_E_DATA && strcmp(a->message, "model value is damaged") == 0);
		CHECK(strlen(a->detail) > 10);
	}
}

static void
put_infinity(cs_env *env)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	cs_put_number(&w, NULL, INFINITY);
}

static void
nest_too_deeply(cs_env *env)
{
	cs_writer	w;

	cs_writer_init(env, &w);
	for (int i = 0; i <= CS_DOC_DEPTH; i++)
		cs_begin_list(&w, NULL);
}

static void
test_writer_refuses(cs_env *env)
{
	CHECK_FAILS(env, put_infinity, CS_E_NUMERIC, "not finite");
	CHECK_FAILS(env, nest_too_deeply, CS_E_LIMIT, "nested too deeply");
}

/* The buffer grows; what was written stays. */
static void
test_long_document(cs_env *env)
{
	cs_writer	w;
	size_t		len;
	unsigned char *bytes;
	cs_value	list,
				key;
	const unsigned char *at;
	bool		ok = true;

	cs_writer_init(env, &w);
	cs_begin_list(&w, NULL);
	for (int i = 0; i < 2000; i++)
		cs_put_number(&w, NULL, i);
	cs_end(&w);
	bytes = cs_writer_finish(&w, &len);
	CHECK(cs_doc_check(bytes, len) == NULL);
	list = cs_doc_root(bytes);
	at = list.data;
	for (int i = 0; i < 2000; i++)
		ok = ok && cs_value_number(cs_value_next(list, &at, &key)) == i;
	CHECK(ok && list.count == 2000);
}

TESTS_NO_SWEEP(test_round_trip, test_order_of_keys, test_crc, test_truncation, test_corruption, test_forgery,
			   test_forged_models, test_refusals, test_needs, test_writer_refuses, test_long_document)
