/*
 * kernel_mixture_impl.h - Gaussian densities and weighted moments of many rows.
 *
 * Part of kernel_impl.h.  Rows lie in columns of CS_MIX_ROWS doubles: value f of row
 * i at x[f * CS_MIX_ROWS + i].  Double precision in vectors of eight, without fused
 * arithmetic: the same bits in all versions.
 */

typedef double VD __attribute__((vector_size(64), may_alias));
typedef int64_t VL __attribute__((vector_size(64), may_alias));

#define MIX_VECTORS (CS_MIX_ROWS / 8)

/* Squared length of factor (x - mean), row by row; factor is lower triangular, packed, or a diagonal. */
FN void
mix_squares(const double *x, int d, const double *mean, const double *factor, bool diagonal, double *work, double *out)
{
	for (int i = 0; i < d; i++)
	{
		const VD   *from = (const VD *) (x + (size_t) i * CS_MIX_ROWS);
		VD		   *to = (VD *) (work + (size_t) i * CS_MIX_ROWS);

		for (int v = 0; v < MIX_VECTORS; v++)
			to[v] = from[v] - mean[i];
	}
	for (int v = 0; v < MIX_VECTORS; v += 4)
	{
		VD			sum[4] = {{0}, {0}, {0}, {0}};
		const double *f = factor;

		for (int i = 0; i < d; i++)
		{
			VD			y[4] = {{0}, {0}, {0}, {0}};

			for (int j = diagonal ? i : 0; j <= i; j++, f++)
			{
				const VD   *z = (const VD *) (work + (size_t) j * CS_MIX_ROWS) + v;

				for (int u = 0; u < 4; u++)
					y[u] += z[u] * *f;
			}
			for (int u = 0; u < 4; u++)
				sum[u] += y[u] * y[u];
		}
		for (int u = 0; u < 4; u++)
			((VD *) out)[v + u] = sum[u];
	}
}

INLINE double
sum_lanes(const VD *v)
{
	return (((*v)[0] + (*v)[1]) + ((*v)[2] + (*v)[3])) + (((*v)[4] + (*v)[5]) + ((*v)[6] + (*v)[7]));
}

/*
 * Adds to sums: of r, of r (x - mean) per feature, of r (x - mean)(x - mean)' packed
 * lower or its diagonal.
 */
FN void
mix_moments(const double *x, int d, const double *mean, bool diagonal, const double *r, double *work, double *sums)
{
	double	   *weighted = work + (size_t) d * CS_MIX_ROWS,
			   *square = sums + 1 + d;
	VD			all = {0};

	for (int v = 0; v < MIX_VECTORS; v++)
		all += ((const VD *) r)[v];
	sums[0] += sum_lanes(&all);
	for (int i = 0; i < d; i++)
	{
		const VD   *from = (const VD *) (x + (size_t) i * CS_MIX_ROWS);
		VD		   *z = (VD *) (work + (size_t) i * CS_MIX_ROWS),
				   *w = (VD *) weighted,
					sum = {0};

		for (int v = 0; v < MIX_VECTORS; v++)
		{
			z[v] = from[v] - mean[i];
			w[v] = z[v] * ((const VD *) r)[v];
			sum += w[v];
		}
		sums[1 + i] += sum_lanes(&sum);
		for (int j = diagonal ? i : 0; j <= i; j++, square++)
		{
			const VD   *y = (const VD *) (work + (size_t) j * CS_MIX_ROWS);
			VD			a = {0},
						b = {0};

			for (int v = 0; v < MIX_VECTORS; v += 2)
			{
				a += w[v] * y[v];
				b += w[v + 1] * y[v + 1];
			}
			a += b;
			*square += sum_lanes(&a);
		}
	}
}

/*
 * e^x in place, for x from -700 to 0, to some units in the last place: x = k ln 2 + r,
 * the series of e^r, and k into the exponent.
 */
FN void
mix_exp(double *x)
{
	static const double c[] = {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
		1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1};

	for (int v = 0; v < MIX_VECTORS; v++)
	{
		VD			t = ((const VD *) x)[v],
					k = t * 1.4426950408889634 + 6755399441055744.0,
					r,
					p;
		VL			bits = (VL) k << 52;

		k = k - 6755399441055744.0;
		r = t - k * 6.93147180369123816490e-01;
		r = r - k * 1.90821492927058770002e-10;
		p = (VD) {0} + c[0];
		for (int i = 1; i < (int) (sizeof(c) / sizeof(c[0])); i++)
			p = p * r + c[i];
		((VD *) x)[v] = (VD) ((VL) p + bits);
	}
}

#undef MIX_VECTORS
