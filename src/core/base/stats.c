/*
 * stats.c - selection and sorting of floats (see stats.h).
 */
#include "core/base/stats.h"

#include <math.h>
#include <stdlib.h>

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

static int
compare(const void *a, const void *b)
{
	float		x = *(const float *) a,
				y = *(const float *) b;

	return (x > y) - (x < y);
}

void
cs_sort_floats(float *v, size_t n)
{
	qsort(v, n, sizeof(float), compare);
}
