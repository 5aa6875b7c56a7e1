/*
 * stats.c - selection and sorting of floats (see stats.h).
 */
#include "core/base/stats.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline void
swap(float *a, float *b)
{
	float		t = *a;

	*a = *b;
	*b = t;
}

/* Partition v[left..right] around the value at position at. */
static void
partition(float *v, ptrdiff_t left, ptrdiff_t right, ptrdiff_t at, ptrdiff_t *lo, ptrdiff_t *hi)
{
	float		pivot = v[at];
	ptrdiff_t	i = left,
				j = right;

	while (i <= j)
	{
		while (v[i] < pivot)
			i++;
		while (v[j] > pivot)
			j--;
		if (i <= j)
			swap(&v[i++], &v[j--]);
	}
	*lo = j;
	*hi = i;
}

static void
select_range(float *v, ptrdiff_t left, ptrdiff_t right, ptrdiff_t at)
{
	while (right > left)
	{
		ptrdiff_t	lo,
					hi;

		if (right - left > 600)
		{
			/* a sample around the target gives a pivot close to it */
			double		n = (double) (right - left + 1),
						i = (double) (at - left + 1),
						z = log(n),
						s = 0.5 * exp(2 * z / 3),
						sd = 0.5 * sqrt(z * s * (n - s) / n) * (i < n / 2 ? -1 : 1);
			ptrdiff_t	l = (ptrdiff_t) fmax((double) left, (double) at - i * s / n + sd),
						r = (ptrdiff_t) fmin((double) right, (double) at + (n - i) * s / n + sd);

			select_range(v, l, r, at);
		}
		partition(v, left, right, at, &lo, &hi);
		if (at <= lo)
			right = lo;
		else if (at >= hi)
			left = hi;
		else
			return;
	}
}

float
cs_select(float *v, size_t n, size_t at)
{
	select_range(v, 0, (ptrdiff_t) n - 1, (ptrdiff_t) at);
	return v[at];
}

float
cs_quantile_disc(float *v, size_t n, double p)
{
	double		at = ceil(p * (double) n) - 1;

	return cs_select(v, n, at < 0 ? 0 : at >= (double) n ? n - 1 : (size_t) at);
}

double
cs_quantile_cont(float *v, size_t n, double p)
{
	double		at = p * (double) (n - 1);
	size_t		i = (size_t) at;
	double		a = (double) cs_select(v, n, i),
				b = a;

	/* the next value is the smallest of what lies behind */
	if (i + 1 < n && at > (double) i)
	{
		b = (double) v[i + 1];
		for (size_t j = i + 2; j < n; j++)
			if ((double) v[j] < b)
				b = (double) v[j];
	}
	return a + (b - a) * (at - (double) i);
}

/* Floats as unsigned integers of the same order, and back. */
static inline uint32_t
ordered_bits(float x)
{
	uint32_t	u;

	memcpy(&u, &x, sizeof(u));
	return u ^ (u >> 31 ? 0xffffffff : 0x80000000);
}

static inline float
of_ordered_bits(uint32_t u)
{
	float		x;

	u ^= u >> 31 ? 0x80000000 : 0xffffffff;
	memcpy(&x, &u, sizeof(x));
	return x;
}

#define RADIX_BITS 11
#define RADIX ((uint32_t) 1 << RADIX_BITS)

/* Three passes by 11 bits each; the first and last also convert. */
void
cs_sort_floats(float *v, size_t n, float *scratch)
{
	uint32_t   *a = (uint32_t *) (void *) v,
			   *b = (uint32_t *) (void *) scratch,
				count[3][RADIX] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		uint32_t	u = ordered_bits(v[i]);

		memcpy(&a[i], &u, sizeof(u));
		for (int pass = 0; pass < 3; pass++)
			count[pass][u >> pass * RADIX_BITS & (RADIX - 1)]++;
	}
	for (int pass = 0; pass < 3; pass++)
	{
		uint32_t	at = 0,
				   *t;

		for (uint32_t d = 0; d < RADIX; d++)
		{
			uint32_t	c = count[pass][d];

			count[pass][d] = at;
			at += c;
		}
		for (size_t i = 0; i < n; i++)
			b[count[pass][a[i] >> pass * RADIX_BITS & (RADIX - 1)]++] = a[i];
		t = a;
		a = b;
		b = t;
	}
	for (size_t i = 0; i < n; i++)
		v[i] = of_ordered_bits(a[i]);
}
