/*
 * matching.c - assignment by shortest augmenting paths (see matching.h).
 *
 * The smaller side s is entered row by row.  Every row has a price u, every column
 * of the larger side a price v, such that cost - u - v is never negative, and 0 on
 * the pairs made so far.  A new row looks for the cheapest path, over columns that
 * are taken and the rows that hold them, to a free column (Dijkstra on the reduced
 * costs); along it the pairs change sides, and the prices are raised to stay valid.
 */
#include "core/base/matching.h"

#include <math.h>

typedef struct matcher
{
	cs_env	   *env;
	const double *weight;
	size_t		cols;			/* of the input */
	bool		turned;			/* the columns of the input are the smaller side */
	int			s;
	int			l;
	double	   *u;				/* prices: s */
	double	   *v;				/* l */
	int		   *owner;			/* l: row that holds the column, or -1 */
	double	   *length;			/* l: shortest path to the column so far */
	int		   *before;			/* l: column before it on that path, -1: the new row */
	bool	   *done;			/* l: its shortest path is known */
} matcher;

static inline double
cost(const matcher *m, int i, int j)
{
	return -(m->turned ? m->weight[(size_t) j * m->cols + (size_t) i] : m->weight[(size_t) i * m->cols + (size_t) j]);
}

/* The free column with the shortest path from row i. */
static int
shortest_path(matcher *m, int row, double *shortest)
{
	int			at = -1,		/* column reached last */
				i = row;

	*shortest = 0;
	for (int j = 0; j < m->l; j++)
	{
		m->length[j] = INFINITY;
		m->done[j] = false;
	}
	for (;;)
	{
		int			next = -1;

		for (int j = 0; j < m->l; j++)
		{
			double		through;

			if (m->done[j])
				continue;
			through = *shortest + cost(m, i, j) - m->u[i] - m->v[j];
			if (through < m->length[j])
			{
				m->length[j] = through;
				m->before[j] = at;
			}
			if (next < 0 || m->length[j] < m->length[next])
				next = j;
		}
		cs_poll(m->env);
		at = next;
		*shortest = m->length[at];
		m->done[at] = true;
		if (m->owner[at] < 0)
			return at;
		i = m->owner[at];
	}
}

/* Enter one row: find its path, raise prices, change the pairs along the path. */
static void
enter(matcher *m, int row)
{
	double		shortest;
	int			j = shortest_path(m, row, &shortest);

	m->u[row] += shortest;
	for (int c = 0; c < m->l; c++)
		if (m->done[c] && c != j)
		{
			m->u[m->owner[c]] += shortest - m->length[c];
			m->v[c] -= shortest - m->length[c];
		}
	for (; m->before[j] >= 0; j = m->before[j])
		m->owner[j] = m->owner[m->before[j]];
	m->owner[j] = row;
}

static void
check_finite(cs_env *env, const double *weight, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(weight[i]))
			cs_fail(env, CS_E_INTERNAL, "a weight to match by is not finite", NULL, NULL);
}

void
cs_match(cs_env *env, const double *weight, int rows, int cols, int *match)
{
	matcher		m = {.env = env, .weight = weight, .cols = (size_t) cols, .turned = rows > cols};

	check_finite(env, weight, (size_t) rows * (size_t) cols);
	m.s = m.turned ? cols : rows;
	m.l = m.turned ? rows : cols;
	m.u = CS_NEW(env, double, (size_t) m.s);
	m.v = CS_NEW(env, double, (size_t) m.l);
	m.owner = CS_NEW(env, int, (size_t) m.l);
	m.length = CS_NEW(env, double, (size_t) m.l);
	m.before = CS_NEW(env, int, (size_t) m.l);
	m.done = CS_NEW(env, bool, (size_t) m.l);
	for (int j = 0; j < m.l; j++)
		m.owner[j] = -1;
	for (int i = 0; i < m.s; i++)
		enter(&m, i);
	for (int i = 0; i < rows; i++)
		match[i] = -1;
	for (int j = 0; j < m.l; j++)
		if (m.turned)
			match[j] = m.owner[j];
		else if (m.owner[j] >= 0)
			match[m.owner[j]] = j;
	cs_release(env, m.u);
	cs_release(env, m.v);
	cs_release(env, m.owner);
	cs_release(env, m.length);
	cs_release(env, m.before);
	cs_release(env, m.done);
}
