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

/*
 * Scores of a subtile against n listed centres: kept in score, folded into the
 * best.  On the way, where asked for, |x|^2, and a look ahead at the tile that
 * comes next: asked for line by line, memory is not waited for.
 */
INLINE void
candidate_block(const float *x, cs_pruned *p, const int *candidate, int n, float *score, VF best[2], VI now[2],
				VF *norm, const float *ahead)
{
	const float *c[KB];
	VF			a[KB][2];

	for (int b = 0; b < n; b++)
	{
		c[b] = p->c + (size_t) candidate[b] * p->d;
		a[b][0] = a[b][1] = V_SET1(p->h[candidate[b]]);
	}
	for (size_t f = 0, d = (size_t) p->d; f < d; f++, x += CS_LANES)
	{
		VF			x0 = V_LOAD(x),
					x1 = V_LOAD(x + W);

		if (norm)
		{
			norm[0] = V_FMA(x0, x0, norm[0]);
			norm[1] = V_FMA(x1, x1, norm[1]);
			for (int l = 0; l < SUB; l += 16)
				__builtin_prefetch(ahead + f * CS_LANES + l);
		}
		for (int b = 0; b < n; b++)
		{
			VF			cc = V_SET1(c[b][f]);

			a[b][0] = V_FNMA(x0, cc, a[b][0]);
			a[b][1] = V_FNMA(x1, cc, a[b][1]);
		}
	}
	for (int b = 0; b < n; b++)
		for (int v = 0; v < 2; v++)
		{
			MASK		m = V_LT(a[b][v], best[v]);

			V_STORE(score + b * CS_LANES + v * W, a[b][v]);
			best[v] = V_SEL(m, a[b][v], best[v]);
			now[v] = VI_SEL(m, VI_SET1(candidate[b]), now[v]);
		}
}

/* The nearest of the centres that a subtile was compared with so far, and |x|^2. */
typedef struct found
{
	VF			best[2];
	VF			norm[2];
	VI			label[2];
} found;

/* The blocks behind the first; out of line, for the registers. */
OUTLINE void
other_blocks(const float *x, cs_pruned *p, int n, float *score, found *f)
{
	VF			best[2] = {f->best[0], f->best[1]};
	VI			label[2] = {f->label[0], f->label[1]};
	int			q = KB;

	for (; n - q > KB / 2; q += KB)
		candidate_block(x, p, p->candidate + q, KB, score + q * CS_LANES, best, label, NULL, NULL);
	if (q < n)
		candidate_block(x, p, p->candidate + q, KB / 2, score + q * CS_LANES, best, label, NULL, NULL);
	for (int v = 0; v < 2; v++)
	{
		f->best[v] = best[v];
		f->label[v] = label[v];
	}
}

/* Scores of a tile against n listed centres, the best of them for each row, and |x|^2. */
OUTLINE void
candidate_scores(const float *x, cs_pruned *p, int n, float *best, int32_t *now, float *norm)
{
	/* fill the last block up: a score computed twice does no harm */
	for (int b = n; b < n + KB; b++)
		p->candidate[b] = p->candidate[n - 1];
	for (int s = 0; s < CS_LANES; s += SUB)
	{
		found		f = {{V_SET1(HUGE_SCORE), V_SET1(HUGE_SCORE)}, {V_SET1(0), V_SET1(0)},
		{VI_SET1(p->candidate[0]), VI_SET1(p->candidate[0])}};
		const float *ahead = x + (size_t) p->d * CS_LANES + s;

		if (n > KB / 2)
			candidate_block(x + s, p, p->candidate, KB, p->score + s, f.best, f.label, f.norm, ahead);
		else
			candidate_block(x + s, p, p->candidate, KB / 2, p->score + s, f.best, f.label, f.norm, ahead);
		if (n > KB)
			other_blocks(x + s, p, n, p->score + s, &f);
		for (int v = 0; v < 2; v++)
		{
			V_STORE(best + s + v * W, f.best[v]);
			V_STORE(norm + s + v * W, f.norm[v]);
			VI_STORE(now + s + v * W, f.label[v]);
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
		candidate_scores(x, p, n, best, now, norm);
		candidate_slacks(p, n, norm, best, rows, slack);
		for (int v = 0; v < CS_LANES; v += W)
			differ |= VI_DIFFER(VI_LOAD(now + v), VI_LOAD(label + at + v)) << v;
		changed += relabel(run, at, now, differ & existing(run, at), label, sum, count);
	}
	return changed;
}
