/*
 * data.c - the rows that both sides work on, made from fixed seeds.
 *
 *	customers FILE N D				N x D floats, row by row
 *	table FILE N D columns|array	the same for COPY ... FROM STDIN (FORMAT binary), to
 *									standard output: a key and D columns of float8, or a
 *									key and one real[]
 *	events FILE N CUSTOMERS ITEMS	three 64-bit integers (customers, items, events), then
 *									the customers and the items of the events, 32 bits each
 *	events_table FILE				the same for COPY: customer int, item text, at timestamp
 *
 * Customers: 24 overlapping groups in at most 8 dimensions, spread over D
 * columns, every second column log-normal as spend and frequency are, 2 %
 * oddities; columns have mean 0 and variance 1.  Events: popularity of items as
 * by Zipf (exponent 0.8); customers belong to 40 groups of taste and take 60 %
 * of their items from their group's slice of the catalogue; their activity is
 * log-normal; no customer has an item twice.
 */
#include "host.h"

#define GROUPS 24
#define DEEP 8

#define TASTES 40

/* ---- customers ---- */

typedef struct world
{
	int			d;
	int			q;
	double		share[GROUPS];
	double		centre[GROUPS][DEEP];
	double		spread[GROUPS][DEEP];
	double	   *load;			/* q x d */
} world;

static void
make_world(world *w, int d, cs_rng *rng)
{
	w->d = d;
	w->q = d < DEEP ? d : DEEP;
	w->load = CS_NEW(&host_env, double, (size_t) w->q * (size_t) d);
	for (int g = 0; g < GROUPS; g++)
	{
		/* unequal, none tiny: sums of three exponentials */
		for (int i = 0; i < 3; i++)
			w->share[g] -= log(1 - cs_rng_unit(rng));
		for (int i = 0; i < w->q; i++)
		{
			w->centre[g][i] = 1.4 * draw_normal(rng);
			w->spread[g][i] = 0.4 + 0.5 * cs_rng_unit(rng);
		}
	}
	cumulate(w->share, GROUPS);
	for (int i = 0; i < w->q * d; i++)
		w->load[i] = draw_normal(rng) / sqrt(w->q);
}

static void
make_row(const world *w, cs_rng *rng, float *row)
{
	int			g = draw_share(w->share, GROUPS, cs_rng_unit(rng));
	bool		odd = cs_rng_unit(rng) < 0.02;
	double		deep[DEEP];

	for (int i = 0; i < w->q; i++)
		deep[i] = w->centre[g][i] + w->spread[g][i] * draw_normal(rng) + (odd ? 2 * draw_normal(rng) : 0);
	for (int f = 0; f < w->d; f++)
	{
		double		v = 0.4 * draw_normal(rng);

		for (int i = 0; i < w->q; i++)
			v += deep[i] * w->load[i * w->d + f];
		row[f] = (float) (f % 2 == 0 ? exp(0.6 * v) : v);
	}
}

/* Every column to mean 0 and variance 1. */
static void
standardise(float *x, size_t n, size_t d)
{
	double	   *mean = CS_NEW(&host_env, double, d),
			   *sd = CS_NEW(&host_env, double, d);

	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < d; f++)
			mean[f] += (double) x[i * d + f] / (double) n;
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < d; f++)
		{
			double		z = (double) x[i * d + f] - mean[f];

			sd[f] += z * z / (double) n;
		}
	for (size_t f = 0; f < d; f++)
		sd[f] = sqrt(sd[f]);
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < d; f++)
			x[i * d + f] = (float) (((double) x[i * d + f] - mean[f]) / sd[f]);
	cs_release(&host_env, mean);
	cs_release(&host_env, sd);
}

static void
customers(int words, char **word)
{
	size_t		n = (size_t) atoll(word[2]);
	int			d = atoi(word[3]);
	float	   *x = CS_ROOM(&host_env, float, n * (size_t) d);
	FILE	   *f = open_file(word[1], "wb");
	world		w = {0};
	cs_rng		rng;

	(void) words;
	cs_rng_init(&rng, 20260101, (uint64_t) d);
	make_world(&w, d, &rng);
	for (size_t i = 0; i < n; i++)
		make_row(&w, &rng, x + i * (size_t) d);
	standardise(x, n, (size_t) d);
	fwrite(x, sizeof(float) * (size_t) d, n, f);
	close_file(f);
	cs_release(&host_env, w.load);
	cs_release(&host_env, x);
	printf("ok\n");
}

/* ---- COPY in binary: big-endian ---- */

static void
put(FILE *f, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		putc_unlocked((int) (v >> 8 * bytes & 0xff), f);
}

static void
put_double(FILE *f, double v)
{
	uint64_t	bits;

	memcpy(&bits, &v, sizeof(bits));
	put(f, 8, 4);
	put(f, bits, 8);
}

static void
put_float(FILE *f, float v)
{
	uint32_t	bits;

	memcpy(&bits, &v, sizeof(bits));
	put(f, 4, 4);
	put(f, bits, 4);
}

static void
put_head(FILE *f)
{
	fwrite("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 1, 19, f);
}

/* A real[] of d elements: its size, dimensions, no NULLs, type, length, lower bound. */
static void
put_array(FILE *f, const float *row, int d)
{
	put(f, 20 + 8 * (uint64_t) d, 4);
	put(f, 1, 4);
	put(f, 0, 4);
	put(f, 700, 4);
	put(f, (uint64_t) d, 4);
	put(f, 1, 4);
	for (int i = 0; i < d; i++)
		put_float(f, row[i]);
}

static void
table(int words, char **word)
{
	size_t		n = (size_t) atoll(word[2]);
	int			d = atoi(word[3]);
	bool		array = strcmp(word[4], "array") == 0;
	FILE	   *in = open_file(word[1], "rb");
	float	   *row = CS_ROOM(&host_env, float, (size_t) d);

	(void) words;
	put_head(stdout);
	for (size_t i = 0; i < n; i++)
	{
		if (fread(row, sizeof(float), (size_t) d, in) != (size_t) d)
			stop("the file of rows is short");
		put(stdout, array ? 2 : 1 + (uint64_t) d, 2);
		put(stdout, 8, 4);
		put(stdout, i + 1, 8);
		if (array)
			put_array(stdout, row, d);
		for (int f = 0; f < d && !array; f++)
			put_double(stdout, (double) row[f]);
	}
	put(stdout, 0xffff, 2);
	close_file(stdout);
	fclose(in);
}

/* ---- events ---- */

static void
make_events(int64_t events, int people, int items, int32_t *customer, int32_t *item)
{
	double	   *activity = CS_NEW(&host_env, double, (size_t) people),
			   *popularity = CS_NEW(&host_env, double, (size_t) items);
	int32_t    *shuffled = CS_NEW(&host_env, int32_t, (size_t) items);
	unsigned char *seen = CS_NEW(&host_env, unsigned char, (size_t) people * (size_t) items / 8 + 1);
	int			slice = items / TASTES;
	cs_rng		rng;

	cs_rng_init(&rng, 7, 1);
	for (int c = 0; c < people; c++)
		activity[c] = exp(draw_normal(&rng));
	for (int i = 0; i < items; i++)
	{
		int			j = (int) cs_rng_below(&rng, (uint64_t) i + 1);

		popularity[i] = pow(i + 1, -0.8);
		shuffled[i] = shuffled[j];
		shuffled[j] = i;
	}
	cumulate(activity, people);
	cumulate(popularity, items);
	for (int64_t n = 0; n < events;)
	{
		int			c = draw_share(activity, people, cs_rng_unit(&rng)),
					i = draw_share(popularity, items, cs_rng_unit(&rng));
		size_t		bit;

		i = cs_rng_unit(&rng) < 0.6 ? c % TASTES * slice + i % slice : shuffled[i];
		bit = (size_t) c * (size_t) items + (size_t) i;
		if (seen[bit / 8] & 1 << bit % 8)
			continue;
		seen[bit / 8] |= (unsigned char) (1 << bit % 8);
		customer[n] = c;
		item[n++] = i;
	}
	cs_release(&host_env, activity);
	cs_release(&host_env, popularity);
	cs_release(&host_env, shuffled);
	cs_release(&host_env, seen);
}

static void
events(int words, char **word)
{
	int64_t		head[3] = {atoll(word[3]), atoll(word[4]), atoll(word[2])};
	int32_t    *customer = CS_ROOM(&host_env, int32_t, (size_t) head[2]),
			   *item = CS_ROOM(&host_env, int32_t, (size_t) head[2]);
	FILE	   *f = open_file(word[1], "wb");

	(void) words;
	make_events(head[2], (int) head[0], (int) head[1], customer, item);
	fwrite(head, sizeof(int64_t), 3, f);
	fwrite(customer, sizeof(int32_t), (size_t) head[2], f);
	fwrite(item, sizeof(int32_t), (size_t) head[2], f);
	close_file(f);
	cs_release(&host_env, customer);
	cs_release(&host_env, item);
	printf("ok\n");
}

static void
events_table(int words, char **word)
{
	int64_t		head[3];
	int32_t    *pair;
	FILE	   *in = open_file(word[1], "rb");
	size_t		n;

	(void) words;
	if (fread(head, sizeof(int64_t), 3, in) != 3)
		stop("the file of events is short");
	n = (size_t) head[2];
	pair = CS_ROOM(&host_env, int32_t, 2 * n);
	if (fread(pair, sizeof(int32_t), 2 * n, in) != 2 * n)
		stop("the file of events is short");
	put_head(stdout);
	for (size_t i = 0; i < n; i++)
	{
		char		name[32];
		int			len = snprintf(name, sizeof(name), "item %05d", pair[n + i]);

		put(stdout, 3, 2);
		put(stdout, 4, 4);
		put(stdout, (uint64_t) pair[i], 4);
		put(stdout, (uint64_t) len, 4);
		fwrite(name, 1, (size_t) len, stdout);

		/* microseconds since 2000: one event after the other over two years from 2024 */
		put(stdout, 8, 4);
		put(stdout, UINT64_C(757382400000000) + (uint64_t) i * (UINT64_C(63072000000000) / n), 8);
	}
	put(stdout, 0xffff, 2);
	close_file(stdout);
	fclose(in);
}

const command data_commands[] = {
	{"customers", 4, customers},
	{"table", 5, table},
	{"events", 5, events},
	{"events_table", 2, events_table},
	{0}
};
