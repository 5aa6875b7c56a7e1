/*
 * fuzz_main.c - gives a fuzz target some thousand inputs, the same ones every time.
 *
 *   fuzz_x [-runs=N] [SEED FILE...]
 *
 * Stands in for libFuzzer where there is none and in `check`, which should end
 * soon and the same way everywhere: the seeds as they are, then seeds changed at
 * random places.  Without seeds it starts from nothing.  The input that broke the
 * target is printed in hexadecimal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
void		__sanitizer_set_death_callback(void (*callback) (void));

enum
{
	MOST_SEEDS = 1000,
	MOST_BYTES = 65536
};

static struct
{
	uint8_t    *data;
	size_t		size;
}			seeds[MOST_SEEDS];
static int	nseeds;

static uint8_t input[MOST_BYTES];
static size_t input_size;
static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);

static uint32_t
below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t) ((state >> 32) % n);
}

static void
read_seed(const char *path)
{
	FILE	   *f = fopen(path, "rb");

	if (f == NULL || nseeds == MOST_SEEDS)
		return;
	input_size = fread(input, 1, MOST_BYTES, f);
	fclose(f);
	seeds[nseeds].data = malloc(input_size + 1);
	seeds[nseeds].size = input_size;
	memcpy(seeds[nseeds++].data, input, input_size);
}

static void
print_input(void)
{
	fprintf(stderr, "input, %zu bytes, first 500:", input_size);
	for (size_t i = 0; i < input_size && i < 500; i++)
		fprintf(stderr, "%s%02x", i % 32 ? " " : "\n", input[i]);
	fprintf(stderr, "\n");
}

/* The target must not see more than it is given: its own block, exactly as long. */
static void
run(void)
{
	uint8_t    *copy = malloc(input_size ? input_size : 1);

	memcpy(copy, input, input_size);
	LLVMFuzzerTestOneInput(copy, input_size);
	free(copy);
}

static void
load(int seed)
{
	input_size = seeds[seed].size;
	memcpy(input, seeds[seed].data, input_size);
}

/* One small change; bytes that mean something in text and in numbers come often. */
static void
change(void)
{
	static const uint8_t telling[] = "\0\1\177\200\377{}[]\":,.-+eE0123456789\\ \n";
	size_t		at = below((uint32_t) input_size + 1);
	size_t		n = 1 + below(8);
	uint8_t		byte = below(2) ? telling[below(sizeof(telling) - 1)] : (uint8_t) below(256);

	switch (below(4))
	{
		case 0:					/* another byte */
			if (at < input_size)
				input[at] = byte;
			break;
		case 1:					/* some bytes more */
			if (input_size + n > MOST_BYTES)
				break;
			memmove(input + at + n, input + at, input_size - at);
			memset(input + at, byte, n);
			input_size += n;
			break;
		case 2:					/* some bytes fewer */
			if (at + n > input_size)
				n = input_size - at;
			memmove(input + at, input + at + n, input_size - at - n);
			input_size -= n;
			break;
		case 3:					/* another bit */
			if (at < input_size)
				input[at] ^= (uint8_t) (1 << below(8));
	}
}

int
main(int argc, char **argv)
{
	long		runs = 20000;
	long		done = 0;

	__sanitizer_set_death_callback(print_input);
	for (int i = 1; i < argc; i++)
	{
		if (sscanf(argv[i], "-runs=%ld", &runs) != 1)
			read_seed(argv[i]);
	}
	for (; done < nseeds; done++)
	{
		load((int) done);
		run();
	}
	while (done++ < runs)
	{
		if (nseeds == 0 && below(50) == 0)
			input_size = 0;
		if (nseeds > 0)
			load((int) below((uint32_t) nseeds));
		for (uint32_t n = 1 + below(5); n > 0; n--)
			change();
		run();
	}
	printf("%ld inputs, %d seeds\n", runs > nseeds ? runs : nseeds, nseeds);
	return 0;
}
