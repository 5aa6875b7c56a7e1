/*
 * kernel_scan_impl.h - one row against many in a table of columns (see scan.h).
 *
 * Part of kernel_impl.h.  Differences are squared and added without fused
 * arithmetic: all versions give the same bits, whatever is decided by them.
 */

#define VECTORS (CS_SCAN_GROUP / W)

/* Squared distances of one group; each square is added to the sum of those before. */
INLINE void
group_squares(const cs_table *t, const float *q, size_t at, int from, VF sum[4])
{
	const float *x = t->col + at + from * W;

	for (int v = 0; v < 4; v++)
		sum[v] = V_SET1(0);
	for (int f = 0; f < t->d; f++, x += t->stride)
	{
		VF			c = V_SET1(q[f]);

		for (int v = 0; v < 4; v++)
		{
			VF			a = V_LOAD(x + v * W) - c;

			sum[v] = sum[v] + a * a;
		}
	}
}

FN size_t
scan_below(const cs_table *t, const float *q, size_t at, float limit, float plus, const float *more, float *square)
{
	VF			l = V_SET1(limit),
				p = V_SET1(plus);

	for (; at < t->slots; at += CS_SCAN_GROUP)
	{
		unsigned	below = 0;

		for (int g = 0; g < VECTORS; g += 4)
		{
			VF			sum[4];

			group_squares(t, q, at, g, sum);
			for (int v = 0; v < 4; v++)
			{
				below |= V_BITS(V_LT(sum[v], (V_LOAD(more + at + (g + v) * W) + p) * l));
				V_STORE(square + (g + v) * W, sum[v]);
			}
		}
		if (below)
			return at;
	}
	return t->slots;
}

FN size_t
scan_relax(const cs_table *t, const float *q, int32_t who, float *best, int32_t *from)
{
	VF			least = V_SET1(HUGE_SCORE);
	VI			where = VI_SET1(0),
				by = VI_SET1(who);
	float		value[W] __attribute__((aligned(64))),
				lowest = HUGE_SCORE;
	int32_t		lane[W] __attribute__((aligned(64)));
	size_t		found = t->slots;

	for (size_t at = 0; at < t->slots; at += 4 * W)
	{
		VF			sum[4];

		group_squares(t, q, at, 0, sum);
		for (int v = 0; v < 4; v++)
		{
			size_t		i = at + (size_t) (v * W);
			VF			b = V_LOAD(best + i),
						alive;
			MASK		nearer = V_LT(sum[v], b),
						lower;

			/* the dead are at -1: nothing is nearer, and they do not count */
			alive = V_SEL(V_LT(b, V_SET1(0)), V_SET1(HUGE_SCORE), V_SEL(nearer, sum[v], b));
			V_STORE(best + i, V_SEL(nearer, sum[v], b));
			VI_STORE(from + i, VI_SEL(nearer, by, VI_LOAD(from + i)));
			lower = V_LT(alive, least);
			least = V_SEL(lower, alive, least);
			where = VI_SEL(lower, VI_SET1((int) i), where);
		}
	}
	V_STORE(value, least);
	VI_STORE(lane, where);
	for (int i = 0; i < W; i++)
	{
		size_t		slot = (size_t) (lane[i] + i);

		if (value[i] < lowest || (value[i] == lowest && lowest < HUGE_SCORE && slot < found))
		{
			lowest = value[i];
			found = slot;
		}
	}
	return found;
}

FN void
leaf_squares(const float *leaf, int d, const float *q, float *square)
{
	const cs_table t = {(float *) leaf, CS_SCAN_GROUP, CS_SCAN_GROUP, d};

	for (int g = 0; g < VECTORS; g += 4)
	{
		VF			sum[4];

		group_squares(&t, q, 0, g, sum);
		for (int v = 0; v < 4; v++)
			V_STORE(square + (g + v) * W, sum[v]);
	}
}

FN void
leaf_below(const float *leaf, int d, const float *q, const float limit[2], uint64_t below[2])
{
	const cs_table t = {(float *) leaf, CS_SCAN_GROUP, CS_SCAN_GROUP, d};

	below[0] = below[1] = 0;
	for (int g = 0; g < VECTORS; g += 4)
	{
		VF			sum[4];

		group_squares(&t, q, 0, g, sum);
		for (int v = 0; v < 4; v++)
			for (int i = 0; i < 2; i++)
				below[i] |= (uint64_t) V_BITS(V_LT(sum[v], V_SET1(limit[i]))) << ((g + v) * W);
	}
}

FN unsigned
box_squares(const float *boxes, int d, const float *q, float limit, float *square)
{
	VF			sum[16 / W];
	unsigned	below = 0;

	for (int v = 0; v < 16 / W; v++)
		sum[v] = V_SET1(0);
	for (int f = 0; f < d; f++, boxes += 32)
	{
		VF			c = V_SET1(q[f]);

		for (int v = 0; v < 16 / W; v++)
		{
			VF			under = V_LOAD(boxes + v * W) - c,
						over = c - V_LOAD(boxes + 16 + v * W),
						out = V_SEL(V_LT(under, over), over, under);

			out = V_SEL(V_LT(out, V_SET1(0)), V_SET1(0), out);
			sum[v] = sum[v] + out * out;
		}
	}
	for (int v = 0; v < 16 / W; v++)
	{
		V_STORE(square + v * W, sum[v]);
		below |= V_BITS(V_LT(sum[v], V_SET1(limit))) << (v * W);
	}
	return below;
}

#undef VECTORS
