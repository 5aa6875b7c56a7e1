/*
 * kernel_medoid_impl.h - distances under a choice of metrics, and what a swap of
 * medoids would gain.
 *
 * Part of kernel_impl.h.  Sums of absolute differences have no products: all
 * versions, and plain code that adds in the order of the features, give the same bits.
 */

INLINE VF
least_of(VF a, VF b)
{
	return V_SEL(V_LT(a, b), a, b);
}

INLINE VF
most_of(VF a, VF b)
{
	return V_SEL(V_LT(a, b), b, a);
}

/* Sums of n vectors of rows over the features of q. */
INLINE void
metric_sums(const float *x, const float *q, int d, bool absolute, VF *sum, int n)
{
	for (int v = 0; v < n; v++)
		sum[v] = V_SET1(0);
	for (int f = 0; f < d; f++, x += CS_LANES)
	{
		VF			c = V_SET1(q[f]);

		for (int v = 0; v < n; v++)
		{
			VF			a = V_LOAD(x + v * W) - c;

			if (absolute)
				sum[v] = sum[v] + most_of(a, V_SET1(0) - a);
			else
				sum[v] = V_FMA(a, a, sum[v]);
		}
	}
}

/* Rows of so many tiles to q; root: of the sums, else half of them. */
INLINE void
tile_distances(const float *x, size_t tiles, const float *q, int d, bool absolute, bool root, float *out)
{
	for (size_t t = 0; t < tiles; t++, x += CS_LANES * (size_t) d)
		for (int s = 0; s < CS_LANES; s += SUB, out += SUB)
		{
			VF			sum[2];

			metric_sums(x + s, q, d, absolute, sum, 2);
			for (int v = 0; v < 2; v++)
			{
				if (!absolute)
				{
					if (root)
						sum[v] = V_SQRT(sum[v]);
					else
						sum[v] = sum[v] * V_SET1(0.5f);
				}
				V_STORE(out + v * W, sum[v]);
			}
		}
}

FN void
metric_distances(const float *x, size_t tiles, const float *q, int d, cs_metric_form form, float *out)
{
	if (form == CS_FORM_ABSOLUTE)
		tile_distances(x, tiles, q, d, true, false, out);
	else if (form == CS_FORM_ROOT)
		tile_distances(x, tiles, q, d, false, true, out);
	else
		tile_distances(x, tiles, q, d, false, false, out);
}

/* To the sums of n vectors of rows: price[f] where code f differs from that of q. */
INLINE void
add_differences(const float *x, const float *q, int codes, const float *price, VF *sum, int n)
{
	for (int f = 0; f < codes; f++, x += CS_LANES)
	{
		VF			c = V_SET1(q[f]),
					p = V_SET1(price[f]);

		for (int v = 0; v < n; v++)
		{
			VF			a = V_LOAD(x + v * W);

			sum[v] = sum[v] + V_SEL(V_LT(a, c), p, V_SEL(V_LT(c, a), p, V_SET1(0)));
		}
	}
}

/* The two nearest of k rows for one tile; sums, neither roots nor halves. */
INLINE void
tile_nearest(const float *x, const float *rows, int k, int d, int codes, const float *price, bool absolute,
			 const cs_near2 *out)
{
	for (int s = 0; s < CS_LANES; s += SUB)
	{
		VF			best[2] = {V_SET1(HUGE_SCORE), V_SET1(HUGE_SCORE)},
					second[2] = {V_SET1(HUGE_SCORE), V_SET1(HUGE_SCORE)};
		VI			label[2] = {VI_SET1(0), VI_SET1(0)},
					label2[2] = {VI_SET1(-1), VI_SET1(-1)};
		const float *c = rows;

		for (int j = 0; j < k; j++, c += d + codes)
		{
			VF			sum[2];

			metric_sums(x + s, c, d, absolute, sum, 2);
			if (codes > 0)
				add_differences(x + s + d * CS_LANES, c + d, codes, price, sum, 2);
			for (int v = 0; v < 2; v++)
			{
				MASK		first = V_LT(sum[v], best[v]),
							next = V_LT(sum[v], second[v]);

				label2[v] = VI_SEL(first, label[v], VI_SEL(next, VI_SET1(j), label2[v]));
				second[v] = V_SEL(first, best[v], V_SEL(next, sum[v], second[v]));
				label[v] = VI_SEL(first, VI_SET1(j), label[v]);
				best[v] = V_SEL(first, sum[v], best[v]);
			}
		}
		for (int v = 0; v < 2; v++)
		{
			V_STORE(out->best + s + v * W, best[v]);
			V_STORE(out->second + s + v * W, second[v]);
			VI_STORE(out->label + s + v * W, label[v]);
			VI_STORE(out->label2 + s + v * W, label2[v]);
		}
	}
}

FN void
metric_nearest(const float *x, const float *c, int k, int d, bool absolute, const cs_near2 *out)
{
	if (absolute)
		tile_nearest(x, c, k, d, 0, NULL, true, out);
	else
		tile_nearest(x, c, k, d, 0, NULL, false, out);
}

FN void
mixed_nearest(const float *x, const float *c, int k, int d, int codes, const float *price, const cs_near2 *out)
{
	tile_nearest(x, c, k, d, codes, price, false, out);
}

FN double
swap_gain(const float *to, const float *near, const float *second, const float *weight, const int32_t *owner, size_t n,
		  double *loss)
{
	VF			shared = V_SET1(0);
	float		part[W] __attribute__((aligned(64)));
	double		gain = 0;

	for (size_t i = 0; i < n; i += W)
	{
		VF			x = V_LOAD(to + i), b = V_LOAD(second + i), a, w;
		unsigned	closer = V_BITS(V_LT(x, b));

		if (!closer)
			continue;
		a = V_LOAD(near + i);
		w = V_LOAD(weight + i);
		shared = V_FMA(w, least_of(x, a) - a, shared);
		V_STORE(part, w * (least_of(most_of(x, a), b) - b));
		for (; closer; closer &= closer - 1)
		{
			int			l = __builtin_ctz(closer);

			loss[owner[i + (size_t) l]] += (double) part[l];
		}
	}
	V_STORE(part, shared);
	for (int l = 0; l < W; l++)
		gain += (double) part[l];
	return gain;
}
