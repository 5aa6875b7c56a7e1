/*
 * linalg_vector_impl.h - loops over vectors of doubles (see linalg_kernel.h),
 * over the macros of linalg_impl.h.
 *
 * Not a header in the usual sense: one inclusion defines one cs_vector_f64.
 */

/* Four vectors of sums, so that additions do not wait for each other; added up as a tree. */
FN double
dot(size_t n, const double *x, const double *y)
{
	double		part[4 * W] __attribute__((aligned(64)));
	V			s[4] = {V_SET1(0), V_SET1(0), V_SET1(0), V_SET1(0)};
	size_t		i = 0;

	for (; i + 4 * W <= n; i += 4 * W)
		for (int v = 0; v < 4; v++)
			s[v] = V_FMA(V_LOAD(x + i + v * W), V_LOAD(y + i + v * W), s[v]);
	for (; i + W <= n; i += W)
		s[0] = V_FMA(V_LOAD(x + i), V_LOAD(y + i), s[0]);
	for (int v = 0; v < 4; v++)
		V_STORE(part + v * W, s[v]);
	for (int p = 0; i < n; i++, p++)
		part[p] += x[i] * y[i];
	for (int half = 2 * W; half > 0; half /= 2)
		for (int p = 0; p < half; p++)
			part[p] += part[p + half];
	return part[0];
}

FN void
add(size_t n, double a, const double *x, double *y)
{
	V			s = V_SET1(a);
	size_t		i = 0;

	for (; i + W <= n; i += W)
		V_STORE(y + i, V_FMA(s, V_LOAD(x + i), V_LOAD(y + i)));
	for (; i < n; i++)
		y[i] = a * x[i] + y[i];
}

/* One sweep on vecs vectors of columns: the row that two rotations share stays in registers. */
INLINE void
rotate_columns(int vecs, double *x, size_t ldx, size_t low, size_t high, const double *cs)
{
	V			lower[4];

	for (int v = 0; v < vecs; v++)
		lower[v] = V_LOAD(x + high * ldx + v * W);
	for (size_t i = high; i-- > low;)
	{
		V			c = V_SET1(cs[2 * (i - low)]),
					s = V_SET1(cs[2 * (i - low) + 1]);

		for (int v = 0; v < vecs; v++)
		{
			V			upper = V_LOAD(x + i * ldx + v * W);

			V_STORE(x + (i + 1) * ldx + v * W, V_FMA(s, upper, c * lower[v]));
			lower[v] = V_FNMA(s, lower[v], c * upper);
		}
	}
	for (int v = 0; v < vecs; v++)
		V_STORE(x + low * ldx + v * W, lower[v]);
}

FN void
rotate(double *x, size_t ldx, size_t n, size_t low, size_t high, const double *cs)
{
	size_t		j = 0;

	for (; j + 4 * W <= n; j += 4 * W)
		rotate_columns(4, x + j, ldx, low, high, cs);
	for (; j + W <= n; j += W)
		rotate_columns(1, x + j, ldx, low, high, cs);
	for (; j < n; j++)
		for (size_t i = high; i-- > low;)
		{
			double		c = cs[2 * (i - low)],
						s = cs[2 * (i - low) + 1],
					   *upper = x + i * ldx + j,
					   *lower = upper + ldx,
						z = s * *upper + c * *lower;

			*upper = c * *upper - s * *lower;
			*lower = z;
		}
}

/* Four rows at a time: y is read and written once for the four. */
FN void
symmetric(size_t n, const double *a, size_t lda, const double *x, double *y)
{
	size_t		i = 0;

	for (; i + 4 <= n; i += 4)
	{
		const double *row = a + i * lda;
		double		part[W] __attribute__((aligned(64)));
		V			s[4] = {V_SET1(0), V_SET1(0), V_SET1(0), V_SET1(0)};
		double		t[4] = {0};
		size_t		j = 0;

		for (; j + W <= i; j += W)
		{
			V			xx = V_LOAD(x + j),
						yy = V_LOAD(y + j);

			for (int r = 0; r < 4; r++)
			{
				V			z = V_LOAD(row + r * lda + j);

				s[r] = V_FMA(z, xx, s[r]);
				yy = V_FMA(V_SET1(x[i + r]), z, yy);
			}
			V_STORE(y + j, yy);
		}
		for (int r = 0; r < 4; r++)
		{
			V_STORE(part, s[r]);
			for (int half = W / 2; half > 0; half /= 2)
				for (int p = 0; p < half; p++)
					part[p] += part[p + half];
			for (size_t q = j; q < i + r; q++)
			{
				t[r] += row[r * lda + q] * x[q];
				y[q] += row[r * lda + q] * x[i + r];
			}
			y[i + r] += part[0] + t[r] + row[r * lda + i + r] * x[i + r];
		}
	}
	for (; i < n; i++)
	{
		y[i] += dot(i, a + i * lda, x) + a[i * lda + i] * x[i];
		add(i, x[i], a + i * lda, y);
	}
}

static const cs_vector_f64 vector = {
	.dot = dot,
	.add = add,
	.rotate = rotate,
	.symmetric = symmetric
};
