/*
 * linkage.c - what all methods of linkage have in common (see linkage.h).
 */
#include "core/cluster/linkage.h"

#include <math.h>
#include <stdlib.h>

void
cs_linkage(cs_env *env, const cs_matrix *x, cs_linkage_method method, cs_merge *out)
{
	if (x->n > INT32_MAX / 2)
		cs_fail(env, CS_E_LIMIT, "too many rows for a tree of merges", NULL, NULL);
	if (x->n < 2)
		return;
	switch (method)
	{
		case CS_LINK_WARD:
			cs_linkage_ward(env, x, out);
			break;
		case CS_LINK_SINGLE:
			cs_linkage_single(env, x, out);
			break;
		case CS_LINK_CENTROID:
		case CS_LINK_MEDIAN:
			cs_linkage_points(env, x, method == CS_LINK_MEDIAN, out);
			return;				/* heights may fall: the order found is the order */
		default:
			cs_linkage_matrix(env, x, method, out);
	}
	cs_linkage_finish(env, out, x->n, x);
}

double
cs_linkage_bytes(double n, int d, cs_linkage_method method)
{
	switch (method)
	{
		case CS_LINK_WARD:
			return n * (12.0 * d + 48);
		case CS_LINK_SINGLE:
			return n * (4.0 * d + 48);
		case CS_LINK_CENTROID:
		case CS_LINK_MEDIAN:
			return n * (8.0 * d + 64);
		default:
			return n * n * 4 + n * 48;
	}
}

/* ---- order and numbers ---- */

typedef struct found
{
	cs_merge	m;
	size_t		at;
} found;

static int
by_height(const void *a, const void *b)
{
	const found *x = a,
			   *y = b;

	if (x->m.height != y->m.height)
		return x->m.height < y->m.height ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* Root of a row's cluster, with path halving. */
static int32_t
root(int32_t *up, int32_t i)
{
	while (up[i] != i)
		i = up[i] = up[up[i]];
	return i;
}

void
cs_linkage_finish(cs_env *env, cs_merge *merge, size_t n, const cs_matrix *x)
{
	found	   *f = CS_ROOM(env, found, n);
	int32_t    *up = CS_ROOM(env, int32_t, n),
			   *number = CS_ROOM(env, int32_t, n);
	double	   *size = CS_ROOM(env, double, n);

	for (size_t i = 0; i + 1 < n; i++)
		f[i] = (found) {merge[i], i};
	qsort(f, n - 1, sizeof(found), by_height);
	for (size_t i = 0; i < n; i++)
	{
		up[i] = number[i] = (int32_t) i;
		size[i] = (double) cs_matrix_weight(x, i);
	}
	for (size_t i = 0; i + 1 < n; i++)
	{
		int32_t		a = root(up, f[i].m.a),
					b = root(up, f[i].m.b),
					low = number[a] < number[b] ? number[a] : number[b],
					high = number[a] < number[b] ? number[b] : number[a];

		size[a] += size[b];
		up[b] = a;
		number[a] = (int32_t) (n + i);
		merge[i] = (cs_merge) {low, high, f[i].m.height, size[a]};
	}
	cs_release(env, f);
	cs_release(env, up);
	cs_release(env, number);
	cs_release(env, size);
}

void
cs_linkage_cut(cs_env *env, const cs_merge *merge, size_t n, int k, int32_t *label)
{
	int32_t    *up = CS_ROOM(env, int32_t, 2 * n),
			   *name = CS_ROOM(env, int32_t, 2 * n);
	int32_t		next = 0;

	for (size_t i = 0; i < 2 * n; i++)
	{
		up[i] = (int32_t) i;
		name[i] = -1;
	}
	for (size_t i = 0; i + (size_t) k < n; i++)
		up[merge[i].a] = up[merge[i].b] = (int32_t) (n + i);
	for (size_t i = 0; i < n; i++)
	{
		int32_t		r = root(up, (int32_t) i);

		if (name[r] < 0)
			name[r] = next++;
		label[i] = name[r];
	}
	cs_release(env, up);
	cs_release(env, name);
}

size_t
cs_linkage_count(const cs_merge *merge, size_t n, double height)
{
	size_t		made = 0;

	/* with falling heights (centroid, median) up to the first merge above, as for all later ones */
	while (made + 1 < n && merge[made].height <= height)
		made++;
	return n - made;
}
