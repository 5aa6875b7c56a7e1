/*
 * kernel_pruned_impl.h - the part of kernel_impl.h for passes that skip tiles and
 * centres by bounds.
 */

/* The largest movement among the centres that own rows of a tile. */
INLINE float
own_movement(const cs_pruned *p, const int32_t *label, int rows)
{
	VI			first = VI_SET1(label[0]);
	unsigned	differ = 0;
	float		own = label[0] >= 0 ? p->moved[label[0]] : 0;

	for (int v = 0; v < CS_LANES; v += W)
		differ |= VI_DIFFER(VI_LOAD(label + v), first) << v;
	if (rows < CS_LANES)
		differ &= (1u << rows) - 1;
	for (; differ != 0; differ &= differ - 1)
	{
		int			j = label[__builtin_ctz(differ)];

		if (j >= 0 && p->moved[j] > own)
			own = p->moved[j];
	}
	return own;
}

/* Lower the slacks of a tile; list the centres that may win one of its rows. */
OUTLINE int
candidates(cs_pruned *p, float *slack, const int32_t *label, int rows)
{
	VF			own = V_SET1(own_movement(p, label, rows));
	int			n = 0;

	for (int j = 0; j < p->kpad; j += W)
	{
		VF			s = V_LOAD(slack + j) - V_LOAD(p->moved + j) - own;
		unsigned	maybe = V_BITS(V_LT(s, V_SET1(1e-30f)));

		V_STORE(slack + j, s);
		for (; maybe != 0; maybe &= maybe - 1)
			p->candidate[n++] = j + __builtin_ctz(maybe);
	}
	return n;
}

/* Scores of a subtile against KB listed centres: kept in score, folded into the best. */
INLINE void
candidate_block(const float *x, cs_pruned *p, const int *candidate, float *score, VF best[2], VI now[2])
{
	const float *c[KB];
	VF			a[KB][2];

	for (int b = 0; b < KB; b++)
	{
		c[b] = p->c + (size_t) candidate[b] * p->d;
		a[b][0] = a[b][1] = V_SET1(p->h[candidate[b]]);
	}
	for (size_t f = 0; f < (size_t) p->d; f++, x += CS_LANES)
	{
		VF			x0 = V_LOAD(x),
					x1 = V_LOAD(x + W);

		for (int b = 0; b < KB; b++)
		{
			VF			cc = V_SET1(c[b][f]);

			a[b][0] = V_FNMA(x0, cc, a[b][0]);
			a[b][1] = V_FNMA(x1, cc, a[b][1]);
		}
	}
	for (int b = 0; b < KB; b++)
		for (int v = 0; v < 2; v++)
		{
			MASK		m = V_LT(a[b][v], best[v]);

			V_STORE(score + b * CS_LANES + v * W, a[b][v]);
			best[v] = V_SEL(m, a[b][v], best[v]);
			now[v] = VI_SEL(m, VI_SET1(candidate[b]), now[v]);
		}
}

/* Scores of a tile against n listed centres, and the best of them for each row. */
OUTLINE void
candidate_scores(const float *x, cs_pruned *p, int n, float *best, int32_t *now)
{
	/* fill the last block up: a score computed twice does no harm */
	for (int b = n; b < n + KB; b++)
		p->candidate[b] = p->candidate[n - 1];
	for (int s = 0; s < CS_LANES; s += SUB)
	{
		VF			t[2] = {V_SET1(HUGE_SCORE), V_SET1(HUGE_SCORE)};
		VI			l[2] = {VI_SET1(p->candidate[0]), VI_SET1(p->candidate[0])};

		for (int q = 0; q < n; q += KB)
			candidate_block(x + s, p, p->candidate + q, p->score + q * CS_LANES + s, t, l);
		for (int v = 0; v < 2; v++)
		{
			V_STORE(best + s + v * W, t[v]);
			VI_STORE(now + s + v * W, l[v]);
		}
	}
}

/*
 * New slacks of the listed centres.  Scores are off by at most err, roots are
 * taken roughly: both are counted against the slack, so that pruning never
 * changes a label.
 */
OUTLINE void
candidate_slacks(cs_pruned *p, int n, const float *norm, const float *best, int rows, float *slack)
{
	float		own[CS_LANES] __attribute__((aligned(64)));
	float		off[CS_LANES] __attribute__((aligned(64)));
	VF			err = V_SET1(0x1p-22f * (float) (p->d + 4)),
				zero = V_SET1(1e-30f);

	for (int v = 0; v < CS_LANES; v += W)
	{
		VF			e = err * (V_LOAD(norm + v) + V_SET1(p->max_square)),
					z = V_LOAD(norm + v) + V_LOAD(best + v) + V_LOAD(best + v);

		z = V_SEL(V_LT(z, zero), zero, z) + e;
		V_STORE(own + v, V_ROOT(z) * V_SET1(1 + 0x1p-11f));
		V_STORE(off + v, V_LOAD(norm + v) - e);
	}
	for (int i = rows; i < CS_LANES; i++)
		own[i] = -CS_SLACK_NEVER;
	for (int q = 0; q < n; q++)
	{
		const float *score = p->score + q * CS_LANES;
		VF			least = V_SET1(CS_SLACK_NEVER);

		for (int v = 0; v < CS_LANES; v += W)
		{
			VF			z = V_LOAD(off + v) + V_LOAD(score + v) + V_LOAD(score + v);

			z = V_SEL(V_LT(z, zero), zero, z);
			z = V_ROOT(z) * V_SET1(1 - 0x1p-11f) - V_LOAD(own + v);
			least = V_SEL(V_LT(z, least), z, least);
		}
		slack[p->candidate[q]] = V_LEAST(least);
	}
}

FN size_t
lloyd_pruned(const cs_run *run, cs_pruned *p, int32_t *label, float *slack, double *sum, double *count)
{
	size_t		changed = 0;

	for (size_t at = 0; at < run->rows; at += CS_LANES, slack += p->kpad)
	{
		const float *x = run->tiles + at * (size_t) run->d;
		float		norm[CS_LANES] __attribute__((aligned(64)));
		float		best[CS_LANES] __attribute__((aligned(64)));
		int32_t		now[CS_LANES] __attribute__((aligned(64)));
		int			rows = run->rows - at < CS_LANES ? (int) (run->rows - at) : CS_LANES,
					n = candidates(p, slack, label + at, rows);
		unsigned	differ = 0;

		/* the own centres of the rows are always among the candidates */
		if (n <= 1 && label[at] >= 0)
			continue;
		tile_norms(x, run->d, norm);
		candidate_scores(x, p, n, best, now);
		candidate_slacks(p, n, norm, best, rows, slack);
		for (int v = 0; v < CS_LANES; v += W)
			differ |= VI_DIFFER(VI_LOAD(now + v), VI_LOAD(label + at + v)) << v;
		changed += relabel(run, at, now, differ & existing(run, at), label, sum, count);
	}
	return changed;
}
