/*
 * doc.c - reading and checking model documents (format: doc.h).
 */
#include "core/base/doc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t
get_u32(const unsigned char *p)
{
	return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 24;
}

static double
get_double(const unsigned char *p)
{
	uint64_t	u = (uint64_t) get_u32(p) | (uint64_t) get_u32(p + 4) << 32;
	double		v;

	memcpy(&v, &u, sizeof(v));
	return v;
}

/* CRC of one nibble at a time: small table, ample speed for models. */
uint32_t
cs_crc32c(uint32_t crc, const unsigned char *p, size_t len)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
		0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75
	};

	crc = ~crc;
	for (; len > 0; len--)
	{
		crc ^= *p++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* ---- checking ---- */

typedef struct checker
{
	const unsigned char *p;
	const unsigned char *end;
} checker;

static size_t
left(const checker *c)
{
	return (size_t) (c->end - c->p);
}

/* A u32 count of items of at least size bytes each that fit into what is left. */
static const char *
check_count(checker *c, size_t size, uint32_t *count)
{
	if (left(c) < 4)
		return "it ends within a count";
	*count = get_u32(c->p);
	c->p += 4;
	if (*count > left(c) / size)
		return "a count reaches behind its end";
	return NULL;
}

static const char *
check_text(checker *c)
{
	uint32_t	len;
	const char *wrong = check_count(c, 1, &len);

	if (wrong)
		return wrong;
	if (memchr(c->p, 0, len) != NULL)
		return "a text contains a zero byte";
	c->p += len;
	return NULL;
}

static const char *check_value(checker *c, int depth);

static const char *
check_container(checker *c, char tag, int depth)
{
	uint32_t	count;
	const char *wrong;

	if (depth >= CS_DOC_DEPTH)
		return "it is nested too deeply";
	wrong = check_count(c, tag == 'o' ? 5 : 1, &count);
	for (uint32_t i = 0; wrong == NULL && i < count; i++)
	{
		if (tag == 'o')
			wrong = check_text(c);
		if (wrong == NULL)
			wrong = check_value(c, depth + 1);
	}
	return wrong;
}

static const char *
check_doubles(checker *c, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!isfinite(get_double(c->p + 8 * (size_t) i)))
			return "a number is not finite";
	c->p += 8 * (size_t) count;
	return NULL;
}

static const char *
check_value(checker *c, int depth)
{
	uint32_t	count = 1;
	const char *wrong;

	if (left(c) < 1)
		return "it ends where a value should be";
	switch (*c->p++)
	{
		case 'n':
		case 't':
		case 'f':
			return NULL;
		case 's':
			return check_text(c);
		case 'v':
			wrong = check_count(c, 8, &count);
			return wrong ? wrong : check_doubles(c, count);
		case 'd':
			return left(c) < 8 ? "it ends within a number" : check_doubles(c, 1);
		case 'l':
		case 'o':
			return check_container(c, (char) c->p[-1], depth);
		default:
			return "a value has an unknown type";
	}
}

const char *
cs_doc_check(const unsigned char *bytes, size_t len)
{
	checker		c;
	const char *wrong;

	if (len < CS_DOC_HEADER + 1)
		return "it is too short";
	if (memcmp(bytes, "CSM1", 4) != 0)
		return "it does not start like a model";
	if (get_u32(bytes + 4) != cs_crc32c(0, bytes + CS_DOC_HEADER, len - CS_DOC_HEADER))
		return "its checksum does not match";
	c = (checker) {bytes + CS_DOC_HEADER, bytes + len};
	wrong = check_value(&c, 0);
	if (wrong == NULL && c.p != c.end)
		wrong = "it continues behind its end";
	return wrong;
}

/* ---- reading; bytes are checked ---- */

static cs_value
read_value(const unsigned char **at)
{
	const unsigned char *p = *at;
	cs_value	v = {(char) *p++, 0, NULL};

	if (v.tag == 's' || v.tag == 'v' || v.tag == 'l' || v.tag == 'o')
	{
		v.count = get_u32(p);
		p += 4;
	}
	v.data = p;
	if (v.tag == 's')
		p += v.count;
	else if (v.tag == 'v')
		p += 8 * (size_t) v.count;
	else if (v.tag == 'd')
		p += 8;
	else if (v.tag == 'l' || v.tag == 'o')
		for (uint32_t i = 0; i < v.count; i++)
		{
			if (v.tag == 'o')
				p += 4 + get_u32(p);
			read_value(&p);
		}
	*at = p;
	return v;
}

cs_value
cs_doc_root(const unsigned char *bytes)
{
	const unsigned char *at = bytes + CS_DOC_HEADER;

	return read_value(&at);
}

cs_value
cs_value_next(cs_value container, const unsigned char **at, cs_value *key)
{
	if (container.tag == 'o')
	{
		key->tag = 's';
		key->count = get_u32(*at);
		key->data = *at + 4;
		*at += 4 + key->count;
	}
	return read_value(at);
}

cs_value
cs_value_get(cs_value object, const char *key)
{
	cs_value	none = {0, 0, NULL},
				name;
	const unsigned char *at = object.data;
	size_t		len = strlen(key);

	if (object.tag != 'o')
		return none;
	for (uint32_t i = 0; i < object.count; i++)
	{
		cs_value	v = cs_value_next(object, &at, &name);

		if (name.count == len && memcmp(name.data, key, len) == 0)
			return v;
	}
	return none;
}

void
cs_doc_damaged(cs_env *env, const char *detail)
{
	cs_fail(env, CS_E_DATA, "model value is damaged", detail,
			"Use a value that train, model_value or export_model has given.");
}

cs_value
cs_need(cs_env *env, cs_value object, const char *key, char tag)
{
	cs_value	v = cs_value_get(object, key);

	/* an empty array of JSON does not tell of what it is empty */
	if (v.tag == 'l' && v.count == 0 && tag == 'v')
		v.tag = 'v';
	if (v.tag == 'v' && v.count == 0 && tag == 'l')
		v.tag = 'l';
	if (v.tag != tag)
		cs_doc_damaged(env, cs_text(env, "Field \"%s\" is missing or has another type.", key));
	return v;
}

static void
check_range(cs_env *env, const char *key, double v, double min, double max)
{
	if (!(v >= min && v <= max))
		cs_doc_damaged(env, cs_text(env, "Field \"%s\" is %g, outside %g to %g.", key, v, min, max));
}

double
cs_value_number(cs_value v)
{
	return get_double(v.data);
}

char *
cs_value_text(cs_env *env, cs_value v)
{
	char	   *s = CS_ROOM(env, char, (size_t) v.count + 1);

	memcpy(s, v.data, v.count);
	s[v.count] = 0;
	return s;
}

double *
cs_value_numbers(cs_env *env, cs_value v)
{
	double	   *out = CS_NEW(env, double, (size_t) v.count + 1);

	for (uint32_t i = 0; i < v.count; i++)
		out[i] = get_double(v.data + 8 * (size_t) i);
	return out;
}

double
cs_need_number(cs_env *env, cs_value object, const char *key, double min, double max)
{
	double		v = cs_value_number(cs_need(env, object, key, 'd'));

	check_range(env, key, v, min, max);
	return v;
}

int
cs_need_int(cs_env *env, cs_value object, const char *key, int min, int max)
{
	double		v = cs_need_number(env, object, key, min, max);

	if (v != floor(v))
		cs_doc_damaged(env, cs_text(env, "Field \"%s\" is no whole number.", key));
	return (int) v;
}

char *
cs_need_text(cs_env *env, cs_value object, const char *key)
{
	return cs_value_text(env, cs_need(env, object, key, 's'));
}

double *
cs_need_numbers(cs_env *env, cs_value object, const char *key, size_t count)
{
	cs_value	v = cs_need(env, object, key, 'v');

	if (v.count != count)
		cs_doc_damaged(env, cs_text(env, "Field \"%s\" has %u numbers, not %zu.", key, v.count, count));
	return cs_value_numbers(env, v);
}

int *
cs_need_ints(cs_env *env, cs_value object, const char *key, size_t count, int min, int max)
{
	double	   *v = cs_need_numbers(env, object, key, count);
	int		   *out = CS_NEW(env, int, count + 1);

	for (size_t i = 0; i < count; i++)
	{
		check_range(env, key, v[i], min, max);
		if (v[i] != floor(v[i]))
			cs_doc_damaged(env, cs_text(env, "Field \"%s\" holds a number that is not whole.", key));
		out[i] = (int) v[i];
	}
	return out;
}

bool
cs_need_bool(cs_env *env, cs_value object, const char *key)
{
	cs_value	v = cs_value_get(object, key);

	if (v.tag != 't' && v.tag != 'f')
		cs_doc_damaged(env, cs_text(env, "Field \"%s\" is missing or has another type.", key));
	return v.tag == 't';
}

int64_t
cs_need_int64(cs_env *env, cs_value object, const char *key)
{
	char	   *s = cs_need_text(env, object, key),
			   *end;
	long long	v = strtoll(s, &end, 10);

	if (*s == 0 || *end != 0)
		cs_doc_damaged(env, cs_text(env, "Field \"%s\" is no whole number.", key));
	return v;
}
