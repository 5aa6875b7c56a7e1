/*
 * digest.c - distinct points with counts (see digest.h).
 */
#include "core/base/digest.h"

#include "core/base/keyed.h"
#include "core/base/rng.h"

#include <math.h>
#include <string.h>

#define HEADER 56
#define LEAST_ROOM 64
#define POLL_ROWS 4096

/* More cannot have been counted one by one. */
#define MOST_ROWS (UINT64_C(1) << 56)

/* ---- hashing ---- */

/* -0 and 0 are one point. */
static inline uint64_t
bits_of(double v)
{
	uint64_t	u;

	v += 0.0;
	memcpy(&u, &v, sizeof(u));
	return u;
}

static uint64_t
hash_of(const cs_digest *dg, const double *row)
{
	uint64_t	h = cs_mix64(dg->seed);

	for (int f = 0; f < dg->d; f++)
		h = cs_mix64(h ^ bits_of(row[f]));
	return h;
}

static inline bool
passes(uint64_t hash, int level)
{
	return (hash & ((UINT64_C(1) << level) - 1)) == 0;
}

/* The slot of a point, or the free one where it belongs. */
static size_t
slot_of(const cs_digest *dg, const double *row, uint64_t hash)
{
	size_t		mask = ((size_t) 1 << dg->slot_bits) - 1,
				at = (size_t) (hash >> (64 - dg->slot_bits));

	for (; dg->slot[at] != 0; at = (at + 1) & mask)
	{
		size_t		i = dg->slot[at] - 1;

		if (dg->hash[i] == hash && memcmp(cs_digest_point(dg, i), row, sizeof(double) * (size_t) dg->d) == 0)
			break;
	}
	return at;
}

static void
fill_slots(cs_digest *dg)
{
	size_t		mask = ((size_t) 1 << dg->slot_bits) - 1;

	memset(dg->slot, 0, sizeof(uint32_t) << dg->slot_bits);
	for (size_t i = 0; i < dg->n; i++)
	{
		size_t		at = (size_t) (dg->hash[i] >> (64 - dg->slot_bits));

		if (i % POLL_ROWS == 0)
			cs_poll(dg->env);
		while (dg->slot[at] != 0)
			at = (at + 1) & mask;
		dg->slot[at] = (uint32_t) i + 1;
	}
}

/* ---- room ---- */

static void
make_room(cs_digest *dg, size_t room)
{
	size_t		width = sizeof(double) * (size_t) dg->d;

	if (room > dg->most)
		room = dg->most;
	dg->value = cs_alloc_grown(dg->env, dg->value, dg->n, room, width);
	dg->count = cs_alloc_grown(dg->env, dg->count, dg->n, room, sizeof(uint64_t));
	dg->hash = cs_alloc_grown(dg->env, dg->hash, dg->n, room, sizeof(uint64_t));
	dg->room = room;
	if ((size_t) 1 << dg->slot_bits < 2 * room)
	{
		while ((size_t) 1 << dg->slot_bits < 2 * room)
			dg->slot_bits++;
		cs_release(dg->env, dg->slot);
		dg->slot = CS_ROOM(dg->env, uint32_t, (size_t) 1 << dg->slot_bits);
		fill_slots(dg);
	}
}

void
cs_digest_width(cs_digest *dg, int d)
{
	if (dg->d > 0)
		return;
	dg->d = d;
	dg->most = dg->bytes / (sizeof(double) * (size_t) d + 2 * sizeof(uint64_t) + 2 * sizeof(uint32_t));
	if (dg->most < 1)
		dg->most = 1;
	if (dg->most > UINT32_MAX / 2)
		dg->most = UINT32_MAX / 2;
}

static void
set_point(cs_digest *dg, size_t to, size_t from)
{
	memmove(dg->value + to * (size_t) dg->d, dg->value + from * (size_t) dg->d, sizeof(double) * (size_t) dg->d);
	dg->count[to] = dg->count[from];
	dg->hash[to] = dg->hash[from];
}

static void
raise_level(cs_digest *dg, int level)
{
	size_t		kept = 0;

	dg->level = level;
	for (size_t i = 0; i < dg->n; i++)
		if (passes(dg->hash[i], level))
			set_point(dg, kept++, i);
	dg->n = kept;
	if (dg->slot)
		fill_slots(dg);
}

/* So many rows of one point, which is canonical. */
static void
add_point(cs_digest *dg, const double *point, uint64_t hash, uint64_t count)
{
	size_t		at;

	if (!passes(hash, dg->level))
		return;
	if (dg->slot == NULL)
		make_room(dg, LEAST_ROOM);
	at = slot_of(dg, point, hash);
	if (dg->slot[at] != 0)
	{
		dg->count[dg->slot[at] - 1] += count;
		return;
	}
	while (dg->n == dg->most && dg->level < 63)
	{
		raise_level(dg, dg->level + 1);
		if (!passes(hash, dg->level))
			return;
	}
	if (dg->n == dg->most)
		return;
	if (dg->n == dg->room)
		make_room(dg, 2 * dg->room);
	at = slot_of(dg, point, hash);
	memmove(dg->value + dg->n * (size_t) dg->d, point, sizeof(double) * (size_t) dg->d);
	dg->count[dg->n] = count;
	dg->hash[dg->n] = hash;
	dg->slot[at] = (uint32_t) ++dg->n;
}

cs_digest *
cs_digest_new(cs_env *env, size_t bytes, uint64_t seed)
{
	cs_digest  *dg = CS_NEW(env, cs_digest, 1);

	dg->env = env;
	dg->bytes = bytes;
	dg->seed = seed;
	return dg;
}

void
cs_digest_add(cs_digest *dg, const double *row)
{
	/* where it may stay, behind the last point; else beside */
	bool		beside = dg->n == dg->room;
	double	   *point = beside ? CS_ROOM(dg->env, double, (size_t) dg->d) : dg->value + dg->n * (size_t) dg->d;

	for (int f = 0; f < dg->d; f++)
	{
		if (!(fabs(row[f]) <= CS_DIGEST_MOST_VALUE))
			cs_fail(dg->env, CS_E_NUMERIC, cs_text(dg->env, "feature value %g is out of range", row[f]),
					"Features are numbers from -1e30 to 1e30.", "Divide them by a constant.");
		point[f] = row[f] + 0.0;
	}
	dg->rows++;
	add_point(dg, point, hash_of(dg, point), 1);
	if (beside)
		cs_release(dg->env, point);
}

void
cs_digest_merge(cs_digest *dg, const cs_digest *other)
{
	dg->rows += other->rows;
	dg->skipped += other->skipped;
	if (other->d == 0)
		return;
	cs_digest_width(dg, other->d);
	if (other->level > dg->level)
		raise_level(dg, other->level);
	for (size_t i = 0; i < other->n; i++)
	{
		if (i % POLL_ROWS == 0)
			cs_poll(dg->env);
		add_point(dg, cs_digest_point(other, i), other->hash[i], other->count[i]);
	}
}

int64_t
cs_digest_find(const cs_digest *dg, const double *row)
{
	uint64_t	hash;
	size_t		at,
				mask;

	if (dg->slot == NULL)
		return -1;
	hash = hash_of(dg, row);
	mask = ((size_t) 1 << dg->slot_bits) - 1;
	for (at = (size_t) (hash >> (64 - dg->slot_bits)); dg->slot[at] != 0; at = (at + 1) & mask)
	{
		size_t		i = dg->slot[at] - 1;
		int			f = 0;

		if (dg->hash[i] != hash)
			continue;
		while (f < dg->d && cs_digest_point(dg, i)[f] == row[f])
			f++;
		if (f == dg->d)
			return (int64_t) i;
	}
	return -1;
}

uint64_t
cs_digest_kept(const cs_digest *dg)
{
	uint64_t	sum = 0;

	for (size_t i = 0; i < dg->n; i++)
		sum += dg->count[i];
	return sum;
}

/* ---- order ---- */

/* Order of points with the same hash: of their bits. */
static int
compare_bits(const double *a, const double *b, int d)
{
	for (int f = 0; f < d; f++)
	{
		uint64_t	x = bits_of(a[f]),
					y = bits_of(b[f]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static cs_keyed *
sorted(const cs_digest *dg)
{
	cs_keyed   *v = CS_ROOM(dg->env, cs_keyed, dg->n + 1);

	for (size_t i = 0; i < dg->n; i++)
		v[i] = (cs_keyed) {dg->hash[i], (uint32_t) i};
	cs_sort_keyed(v, dg->n);
	for (size_t i = 1; i < dg->n; i++)
		for (size_t j = i; j > 0 && v[j].key == v[j - 1].key &&
			 compare_bits(cs_digest_point(dg, v[j].row), cs_digest_point(dg, v[j - 1].row), dg->d) < 0; j--)
		{
			cs_keyed	t = v[j];

			v[j] = v[j - 1];
			v[j - 1] = t;
		}
	return v;
}

/* Point i becomes what was point v[i].row, cycle by cycle. */
static void
permute(cs_digest *dg, cs_keyed *v)
{
	size_t		width = sizeof(double) * (size_t) dg->d;
	double	   *spare = CS_ROOM(dg->env, double, (size_t) dg->d);

	for (size_t i = 0; i < dg->n; i++)
	{
		size_t		to = i;
		uint64_t	count = dg->count[i];

		dg->hash[i] = v[i].key;
		if (i % POLL_ROWS == 0)
			cs_poll(dg->env);
		if (v[i].row == i)
			continue;
		memcpy(spare, cs_digest_point(dg, i), width);
		while (v[to].row != i)
		{
			size_t		from = v[to].row;

			memcpy(dg->value + to * (size_t) dg->d, cs_digest_point(dg, from), width);
			dg->count[to] = dg->count[from];
			v[to].row = (uint32_t) to;
			to = from;
		}
		memcpy(dg->value + to * (size_t) dg->d, spare, width);
		dg->count[to] = count;
		v[to].row = (uint32_t) to;
	}
	cs_release(dg->env, spare);
}

void
cs_digest_sort(cs_digest *dg)
{
	cs_keyed   *v;

	if (dg->n == 0)
		return;
	v = sorted(dg);
	permute(dg, v);
	cs_release(dg->env, v);
	fill_slots(dg);
}

/* ---- bytes ---- */

static unsigned char *
put_u64(unsigned char *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char) (v >> (8 * i));
	return p + 8;
}

static uint64_t
get_u64(const unsigned char *p)
{
	uint64_t	v = 0;

	for (int i = 0; i < 8; i++)
		v |= (uint64_t) p[i] << (8 * i);
	return v;
}

static size_t
point_bytes(int d)
{
	return sizeof(uint64_t) * ((size_t) d + 1);
}

size_t
cs_digest_size(const cs_digest *dg)
{
	return HEADER + dg->n * point_bytes(dg->d);
}

void
cs_digest_write(cs_digest *dg, unsigned char *to)
{
	cs_keyed   *v = sorted(dg);

	memcpy(to, "CSD1", 4);
	for (int i = 0; i < 4; i++)
		to[4 + i] = (unsigned char) (dg->d >> (8 * i));
	to = put_u64(to + 8, dg->bytes);
	to = put_u64(to, dg->seed);
	to = put_u64(to, (uint64_t) dg->level);
	to = put_u64(to, dg->rows);
	to = put_u64(to, dg->skipped);
	to = put_u64(to, dg->n);
	for (size_t i = 0; i < dg->n; i++)
	{
		const double *point = cs_digest_point(dg, v[i].row);

		to = put_u64(to, dg->count[v[i].row]);
		for (int f = 0; f < dg->d; f++)
			to = put_u64(to, bits_of(point[f]));
	}
	cs_release(dg->env, v);
}

static void
damaged(cs_env *env, const char *detail)
{
	cs_fail(env, CS_E_DATA, "state of points is damaged", detail, NULL);
}

static cs_digest *
read_header(cs_env *env, const unsigned char *from, size_t len, uint64_t *n)
{
	uint64_t	d,
				level;
	cs_digest  *dg;

	if (len < HEADER || memcmp(from, "CSD1", 4) != 0)
		damaged(env, "It does not begin as one.");
	d = get_u64(from + 4) & UINT32_MAX;
	level = get_u64(from + 24);
	*n = get_u64(from + 48);
	if (d > CS_DIGEST_MOST_D || level > 63 || (d == 0 && (*n > 0 || level > 0)) ||
		get_u64(from + 32) > MOST_ROWS || get_u64(from + 40) > MOST_ROWS)
		damaged(env, "A number of its head is out of range.");
	if (*n > (len - HEADER) / point_bytes((int) d) || HEADER + *n * point_bytes((int) d) != len)
		damaged(env, "Its length does not fit its head.");
	dg = cs_digest_new(env, get_u64(from + 8), get_u64(from + 16));
	dg->level = (int) level;
	dg->rows = get_u64(from + 32);
	dg->skipped = get_u64(from + 40);
	if (d > 0)
		cs_digest_width(dg, (int) d);
	if (*n > dg->most)
		damaged(env, "It holds more points than it may.");
	return dg;
}

static const unsigned char *
read_point(cs_digest *dg, const unsigned char *from, size_t i)
{
	double	   *point = dg->value + i * (size_t) dg->d;

	dg->count[i] = get_u64(from);
	for (int f = 0; f < dg->d; f++)
	{
		uint64_t	u = get_u64(from + 8 * (size_t) (f + 1));

		memcpy(&point[f], &u, sizeof(u));
		if (!(fabs(point[f]) <= CS_DIGEST_MOST_VALUE) || bits_of(point[f]) != u)
			damaged(dg->env, "A value is out of range.");
	}
	dg->hash[i] = hash_of(dg, point);
	if (!passes(dg->hash[i], dg->level))
		damaged(dg->env, "A point does not belong to the sample.");
	if (i > 0 && (dg->hash[i] < dg->hash[i - 1] ||
				  (dg->hash[i] == dg->hash[i - 1] && compare_bits(point - dg->d, point, dg->d) >= 0)))
		damaged(dg->env, "Its points are not in order.");
	return from + point_bytes(dg->d);
}

cs_digest *
cs_digest_read(cs_env *env, const unsigned char *from, size_t len)
{
	uint64_t	n,
				left;
	cs_digest  *dg = read_header(env, from, len, &n);

	left = dg->rows;
	if (n > 0)
		make_room(dg, n > LEAST_ROOM ? (size_t) n : LEAST_ROOM);
	from += HEADER;
	for (size_t i = 0; i < n; i++)
	{
		if (i % POLL_ROWS == 0)
			cs_poll(env);
		from = read_point(dg, from, i);
		if (dg->count[i] < 1 || dg->count[i] > left)
			damaged(env, "A count does not fit the number of rows.");
		left -= dg->count[i];
	}
	if (left > 0 && dg->level == 0)
		damaged(env, "Its counts do not add up to the number of rows.");
	dg->n = (size_t) n;
	if (n > 0)
		fill_slots(dg);
	return dg;
}

void
cs_digest_free(cs_digest *dg)
{
	cs_release(dg->env, dg->value);
	cs_release(dg->env, dg->count);
	cs_release(dg->env, dg->hash);
	cs_release(dg->env, dg->slot);
	cs_release(dg->env, dg);
}
