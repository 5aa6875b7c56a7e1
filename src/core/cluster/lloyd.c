/*
 * lloyd.c - k-means passes over tiles (see lloyd.h).
 *
 * The matrix is cut into at most CS_MAX_UNITS units.  Each unit has running
 * sums of its own, which are added up in unit order after each pass; the cut
 * depends on n alone, so any number of workers gives the same bits.
 *
 * From PRUNE_CENTERS centres on, passes are pruned.  After the second pass the
 * rows of each block are sorted by label, so that the rows of a tile lie close
 * together; then one lower bound per tile and centre, kept up to date by how
 * far centres move (the triangle inequality: C. Elkan, "Using the triangle
 * inequality to accelerate k-means", ICML 2003, with a bound per tile in place
 * of one per row), excludes most centres for a whole tile at a time.  The result
 * is the same; what remains is a third of the distances in the first passes
 * and less later.  Memory: 4 / CS_LANES bytes per row and centre.
 */
#include "core/cluster/lloyd.h"

#include "core/cluster/seeding.h"

#include <math.h>
#include <string.h>

/* Running sums pick up rounding; start them afresh now and then. */
#define REBUILD_PASSES 50

/* Pruning pays from so many centres on; above the other bound it takes too much memory. */
#define PRUNE_CENTERS 16
#define PRUNE_MOST 256

/* Passes before which like rows are put together (again). */
static const int sort_passes[] = {1, 5, 25, 60, 150, 400};

typedef struct far_row
{
	double		sse;
	double		d2;
	size_t		row;
} far_row;

typedef struct lloyd
{
	cs_env	   *env;
	cs_team    *team;
	const cs_lloyd_args *a;
	cs_scratch *scratch;
	cs_turn		turn;
	cs_packed  *packed;			/* private */
	cs_pruned  *pruned;			/* private, or NULL */
	float	   *sorting;		/* private: room for one block */
	float	   *slack;			/* shared: [tile][kpad] */
	bool		use_slack;		/* rows are sorted, slacks are valid */
	int32_t    *label;			/* shared */
	double	   *sum;			/* shared: [unit][k][d] */
	double	   *count;			/* shared: [unit][k] */
	size_t	   *changed;		/* shared: [unit] */
	double	   *next;			/* shared: [k][d] new centres */
	double	   *size;			/* shared: [k] */
} lloyd;

static bool
prunes(const cs_matrix *x, int k)
{
	return x->origin != NULL && k >= PRUNE_CENTERS && k <= PRUNE_MOST;
}

static size_t
slacks(size_t n, int k)
{
	size_t		kpad = ((size_t) k + CS_ROW_PAD - 1) / CS_ROW_PAD * CS_ROW_PAD;

	return cs_round_lanes(n) / CS_LANES * kpad;
}

size_t
cs_lloyd_arena(size_t n, int d, int k)
{
	size_t		units = CS_MAX_UNITS,
				kd = (size_t) k * (size_t) d;

	return cs_team_bytes(units * kd, sizeof(double)) + cs_team_bytes(units * (size_t) k, sizeof(double)) +
		2 * cs_team_bytes(units, sizeof(double)) + cs_team_bytes(kd, sizeof(double)) +
		cs_team_bytes((size_t) k, sizeof(double)) + 3 * cs_team_bytes(1, sizeof(cs_queue)) +
		cs_team_bytes(units * 2 * ((size_t) d + 1), sizeof(double)) + cs_team_bytes(units, sizeof(far_row)) +
		(k >= PRUNE_CENTERS && k <= PRUNE_MOST ? cs_team_bytes(slacks(n, k), sizeof(float)) : 0);
}

static float *
block_slack(const lloyd *s, int b)
{
	return s->slack + (size_t) b * (CS_BLOCK_ROWS / CS_LANES) * (size_t) s->pruned->kpad;
}

/* Nothing is known of the tiles of block b. */
static void
forget_slacks(const lloyd *s, int b)
{
	float	   *slack = block_slack(s, b);
	size_t		tiles = cs_round_lanes(cs_block_rows(s->a->x, b)) / CS_LANES;

	for (size_t t = 0; t < tiles; t++)
		for (int j = 0; j < s->pruned->kpad; j++)
			*slack++ = j < s->pruned->k ? CS_SLACK_UNKNOWN : CS_SLACK_NEVER;
}

/* Put like rows together; from here on passes may be pruned. */
static void
sort_rows(lloyd *s)
{
	const cs_matrix *x = s->a->x;
	int			unit;

	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			cs_matrix_sort_block(s->env, x, b, s->label + (size_t) b * CS_BLOCK_ROWS, s->a->k, s->sorting);
			forget_slacks(s, b);
			cs_poll(s->env);
		}
	cs_turn_end(s->team, &s->turn);
	s->use_slack = true;
}

static void
pass_unit(lloyd *s, int unit, bool rebuild)
{
	const cs_matrix *x = s->a->x;
	size_t		kd = (size_t) s->a->k * (size_t) x->d;
	double	   *sum = s->sum + (size_t) unit * kd,
			   *count = s->count + (size_t) unit * (size_t) s->a->k;

	s->changed[unit] = 0;
	if (rebuild)
	{
		memset(sum, 0, sizeof(double) * kd);
		memset(count, 0, sizeof(double) * (size_t) s->a->k);
	}
	for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
	{
		int32_t    *label = s->label + (size_t) b * CS_BLOCK_ROWS;
		cs_run		run = cs_matrix_run(x, b, s->scratch);

		if (rebuild)
		{
			memset(label, 0xff, sizeof(int32_t) * cs_round_lanes(run.rows));
			if (s->use_slack)
				forget_slacks(s, b);
		}
		if (s->use_slack)
			s->changed[unit] += s->env->kernel->lloyd_pruned(&run, s->pruned, label, block_slack(s, b), sum, count);
		else
			s->changed[unit] += s->env->kernel->lloyd(&run, s->packed, label, sum, count);
		cs_poll(s->env);
	}
}

/* Centres in the form for pruned passes; moved was set when they were accepted. */
static void
pack_pruned(lloyd *s, const double *center)
{
	cs_pruned  *p = s->pruned;

	p->max_square = 0;
	for (int j = 0; j < p->k; j++)
	{
		double		square = 0;

		for (int f = 0; f < p->d; f++)
		{
			float		c = (float) center[(size_t) j * p->d + f];

			p->c[(size_t) j * p->d + f] = c;
			square += (double) c * (double) c;
		}
		p->h[j] = (float) (0.5 * square);
		if ((float) square > p->max_square)
			p->max_square = (float) square;
	}
}

/* One pass over all rows; returns rows whose label changed. */
static size_t
pass(lloyd *s, const double *center, bool rebuild)
{
	size_t		changed = 0;
	int			unit;

	s->env->kernel->pack(center, s->a->k, s->a->x->d, s->packed);
	if (s->use_slack)
		pack_pruned(s, center);
	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
		pass_unit(s, unit, rebuild);
	cs_turn_end(s->team, &s->turn);
	for (unit = 0; unit < s->turn.units; unit++)
		changed += s->changed[unit];
	return changed;
}

static void
to_unit_length(double *c, int d)
{
	double		s = 0;

	for (int f = 0; f < d; f++)
		s += c[f] * c[f];
	s = sqrt(s);
	for (int f = 0; f < d && s > 0; f++)
		c[f] /= s;
}

/* New centres from the sums; each member does its share of the clusters. */
static void
update(lloyd *s, const double *center)
{
	int			k = s->a->k,
				d = s->a->x->d;

	for (int j = s->team->rank; j < k; j += s->team->size)
	{
		double	   *c = s->next + (size_t) j * d;

		s->size[j] = 0;
		memset(c, 0, sizeof(double) * (size_t) d);
		for (int u = 0; u < s->turn.units; u++)
		{
			const double *sum = s->sum + ((size_t) u * k + j) * d;

			s->size[j] += s->count[(size_t) u * k + j];
			for (int f = 0; f < d; f++)
				c[f] += sum[f];
		}
		for (int f = 0; f < d; f++)
			c[f] = s->size[j] > 0 ? c[f] / s->size[j] : center[(size_t) j * d + f];
		if (s->a->unit_length)
			to_unit_length(c, d);
	}
	cs_team_barrier(s->team);
}

/* Squared movement of all centres; then next becomes center. */
static double
accept(lloyd *s, double *center)
{
	size_t		d = (size_t) s->a->x->d,
				kd = (size_t) s->a->k * d;
	double		moved = 0;

	for (int j = 0; j < s->a->k; j++)
	{
		double		one = 0;

		for (size_t f = (size_t) j * d; f < ((size_t) j + 1) * d; f++)
			one += (s->next[f] - center[f]) * (s->next[f] - center[f]);
		moved += one;

		/* rounded up, and for the rounding of both centres to single precision */
		if (s->pruned)
			s->pruned->moved[j] = (float) (sqrt(one) * (1 + 1e-6) + 1e-6 * sqrt((double) s->pruned->max_square));
	}
	memcpy(center, s->next, sizeof(double) * kd);
	cs_team_barrier(s->team);
	return moved;
}

/* Centres that some row is nearest to. */
static int
centres_in_use(lloyd *s)
{
	bool	   *used = CS_NEW(s->env, bool, (size_t) s->a->k);
	int			n = 0;

	for (size_t i = 0; i < s->a->x->n; i++)
	{
		n += !used[s->label[i]];
		used[s->label[i]] = true;
	}
	return n;
}

/*
 * Give each centre without rows the row farthest from its own centre.  Rare;
 * one search per empty centre.  Returns whether any was moved.
 */
static bool
fill_empty(lloyd *s, double *center)
{
	bool		any = false;
	int			d = s->a->x->d;

	for (int j = 0; j < s->a->k; j++)
		if (!(s->size[j] > 0))
		{
			cs_centers *c = cs_centers_new(s->env, center, s->a->k, d);
			size_t		far = 0;
			double		sse = cs_label_rows(s->env, s->team, s->a->x, c, s->label, &far);
			const float *x = cs_matrix_at(s->a->x, far);

			if (!(sse > 0))
				cs_seed_too_few(s->env, s->a->k, centres_in_use(s));
			for (int f = 0; f < d; f++)
				center[(size_t) j * d + f] = (double) x[(size_t) f * CS_LANES];
			cs_centers_free(s->env, c);
			any = true;
		}
	return any;
}

/* Mean over the features of their weighted variance. */
static double
mean_variance(lloyd *s)
{
	const cs_matrix *x = s->a->x;
	size_t		mark = cs_team_mark(s->team),
				d = (size_t) x->d;
	double	   *part = cs_team_alloc(s->env, s->team, (size_t) s->turn.units * (2 * d + 1), sizeof(double)),
				variance = 0;
	int			unit;

	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
	{
		double	   *p = part + (size_t) unit * (2 * d + 1);

		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			cs_run		run = cs_matrix_run(x, b, s->scratch);

			for (size_t i = 0; i < run.rows; i++)
				p[2 * d] += run.weight ? (double) run.weight[i] : 1.0;
			for (size_t at = 0; at < run.rows; at += CS_LANES)
				for (size_t f = 0; f < d; f++)
				{
					const float *v = run.tiles + (at * d + f * CS_LANES);
					double		sum = 0,
								square = 0;

					for (size_t i = 0; i < CS_LANES && at + i < run.rows; i++)
					{
						double		w = run.weight ? (double) run.weight[at + i] : 1.0,
									z = (double) v[i];

						sum += w * z;
						square += w * z * z;
					}
					p[f] += sum;
					p[d + f] += square;
				}
			cs_poll(s->env);
		}
	}
	cs_turn_end(s->team, &s->turn);
	for (int u = 1; s->team->rank == 0 && u < s->turn.units; u++)
		for (size_t i = 0; i <= 2 * d; i++)
			part[i] += part[(size_t) u * (2 * d + 1) + i];
	cs_team_barrier(s->team);
	for (size_t f = 0; f < d; f++)
		variance += part[d + f] / part[2 * d] - (part[f] / part[2 * d]) * (part[f] / part[2 * d]);
	cs_team_barrier(s->team);
	cs_team_rewind(s->team, mark);
	return variance > 0 ? variance / (double) d : 0;
}

static cs_pruned *
pruned_new(cs_env *env, int k, int d)
{
	cs_pruned  *p = CS_NEW(env, cs_pruned, 1);

	p->k = k;
	p->d = d;
	p->kpad = (k + CS_ROW_PAD - 1) / CS_ROW_PAD * CS_ROW_PAD;
	p->c = CS_NEW(env, float, (size_t) k * (size_t) d);
	p->h = CS_NEW(env, float, (size_t) p->kpad);
	p->moved = CS_NEW(env, float, (size_t) p->kpad);
	p->score = CS_NEW(env, float, (size_t) (p->kpad + CS_KERNEL_KB) * CS_LANES);
	p->candidate = CS_NEW(env, int, (size_t) (p->kpad + CS_KERNEL_KB));
	return p;
}

static void
start(lloyd *s, cs_env *env, cs_team *team, const cs_lloyd_args *a, int32_t *label)
{
	size_t		k = (size_t) a->k,
				kd = k * (size_t) a->x->d,
				units = (size_t) cs_units(a->x);

	s->env = env;
	s->team = team;
	s->a = a;
	s->label = label;
	s->scratch = cs_scratch_new(env, a->x);
	s->packed = cs_packed_new(env, a->k, a->x->d);
	cs_turn_init(env, team, &s->turn, (int) units);
	s->sum = cs_team_alloc(env, team, units * kd, sizeof(double));
	s->count = cs_team_alloc(env, team, units * k, sizeof(double));
	s->changed = cs_team_alloc(env, team, units, sizeof(size_t));
	s->next = cs_team_alloc(env, team, kd, sizeof(double));
	s->size = cs_team_alloc(env, team, k, sizeof(double));
	if (prunes(a->x, a->k))
	{
		s->pruned = pruned_new(env, a->k, a->x->d);
		s->sorting = CS_NEW(env, float, cs_block_floats(a->x->d));
		s->slack = cs_team_alloc(env, team, slacks(a->x->n, a->k), sizeof(float));
	}
}

static void
finish(lloyd *s)
{
	cs_packed_free(s->env, s->packed);
	cs_scratch_free(s->env, s->scratch);
	if (s->pruned)
	{
		cs_release(s->env, s->pruned->c);
		cs_release(s->env, s->pruned->h);
		cs_release(s->env, s->pruned->moved);
		cs_release(s->env, s->pruned->score);
		cs_release(s->env, s->pruned->candidate);
		cs_release(s->env, s->pruned);
		cs_release(s->env, s->sorting);
	}
}

/* Weighted sum of squared distances to the nearest centre, by the kernels. */
static double
inertia(lloyd *s, const double *center)
{
	const cs_matrix *x = s->a->x;
	size_t		mark = cs_team_mark(s->team);
	double	   *part = cs_team_alloc(s->env, s->team, CS_MAX_UNITS, sizeof(double)),
				sum = 0;
	int			unit;

	s->env->kernel->pack(center, s->a->k, x->d, s->packed);
	while ((unit = cs_turn_take(s->team, &s->turn)) >= 0)
		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			cs_run		run = cs_matrix_run(x, b, s->scratch);

			part[unit] += s->env->kernel->inertia(&run, s->packed);
			cs_poll(s->env);
		}
	cs_turn_end(s->team, &s->turn);
	for (int u = 0; u < s->turn.units; u++)
		sum += part[u];
	cs_team_barrier(s->team);
	cs_team_rewind(s->team, mark);
	return sum;
}

/* Is this a pass before which rows are sorted? */
static bool
sorts_before(const lloyd *s, int iteration)
{
	for (size_t i = 0; s->pruned && i < sizeof(sort_passes) / sizeof(sort_passes[0]); i++)
		if (iteration == sort_passes[i])
			return true;
	return false;
}

cs_lloyd_result
cs_lloyd(cs_env *env, cs_team *team, const cs_lloyd_args *a, double *center, int32_t *label)
{
	size_t		mark = cs_team_mark(team);
	cs_lloyd_result r = {0, false, 0};
	lloyd		s = {0};
	double		limit;
	bool		rebuild = true;

	start(&s, env, team, a, label);
	limit = a->tolerance > 0 ? a->tolerance * mean_variance(&s) : 0;
	while (!r.converged && r.iterations < a->max_iterations)
	{
		bool		first = rebuild;
		size_t		changed;
		double		moved;

		if (!rebuild && sorts_before(&s, r.iterations))
			sort_rows(&s);
		changed = pass(&s, center, rebuild || r.iterations % REBUILD_PASSES == 0);
		r.iterations++;
		cs_progress(env, CS_PHASE_FIT, r.iterations, a->max_iterations);
		update(&s, center);
		moved = accept(&s, center);
		rebuild = fill_empty(&s, center);
		r.converged = !rebuild && (moved <= limit || (changed == 0 && !first));
	}
	r.objective = inertia(&s, center);
	finish(&s);
	cs_team_rewind(team, mark);
	return r;
}

double
cs_label_rows(cs_env *env, cs_team *team, const cs_matrix *x, const cs_centers *c,
			  int32_t *label, size_t *farthest)
{
	size_t		mark = cs_team_mark(team);
	cs_turn		turn;
	far_row    *part;
	cs_scratch *scratch = cs_scratch_new(env, x);
	cs_near_block *near = cs_near_block_new(env, c->k, x->d);
	double		sse = 0,
				most = -1;
	int			unit;

	cs_turn_init(env, team, &turn, cs_units(x));
	part = cs_team_alloc(env, team, CS_MAX_UNITS, sizeof(far_row));
	while ((unit = cs_turn_take(team, &turn)) >= 0)
		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			size_t		at = (size_t) b * CS_BLOCK_ROWS;
			cs_run		run = cs_matrix_run(x, b, scratch);

			cs_centers_block(c, &run, near);
			for (size_t i = 0; i < run.rows; i++)
			{
				label[at + i] = near->raw.label[i];
				part[unit].sse += near->d1[i] * (run.weight ? (double) run.weight[i] : 1.0);
				if (near->d1[i] > part[unit].d2 && (run.weight == NULL || run.weight[i] > 0))
				{
					part[unit].d2 = near->d1[i];
					part[unit].row = at + i;
				}
			}
			cs_poll(env);
		}
	cs_turn_end(team, &turn);
	for (unit = 0; unit < turn.units; unit++)
	{
		sse += part[unit].sse;
		if (farthest && part[unit].d2 > most)
		{
			most = part[unit].d2;
			*farthest = part[unit].row;
		}
	}
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
	cs_near_block_free(env, near);
	cs_scratch_free(env, scratch);
	return sse;
}

void
cs_label_means(cs_env *env, cs_team *team, const cs_matrix *x, const int32_t *label, int k,
			   double *center, double *count)
{
	size_t		mark = cs_team_mark(team),
				d = (size_t) x->d,
				width = (size_t) k * (d + 1);
	cs_turn		turn;
	cs_scratch *scratch = cs_scratch_new(env, x);
	double	   *part;
	int			unit;

	cs_turn_init(env, team, &turn, cs_units(x));
	part = cs_team_alloc(env, team, (size_t) turn.units * width, sizeof(double));
	while ((unit = cs_turn_take(team, &turn)) >= 0)
		for (int b = cs_unit_start(x, unit); b < cs_unit_start(x, unit + 1); b++)
		{
			cs_run		run = cs_matrix_run(x, b, scratch);

			for (size_t i = 0; i < run.rows; i++)
			{
				int			j = label[(size_t) b * CS_BLOCK_ROWS + i];
				const float *v = run.tiles + i / CS_LANES * CS_LANES * d + i % CS_LANES;
				double		w = run.weight ? (double) run.weight[i] : 1.0,
						   *p;

				if (j < 0 || j >= k)
					continue;
				p = part + (size_t) unit * width + (size_t) j * (d + 1);
				for (size_t f = 0; f < d; f++)
					p[f] += w * (double) v[f * CS_LANES];
				p[d] += w;
			}
			cs_poll(env);
		}
	cs_turn_end(team, &turn);
	for (int j = 0; j < k; j++)
	{
		double	   *c = center + (size_t) j * d;

		memset(c, 0, sizeof(double) * d);
		count[j] = 0;
		for (int u = 0; u < turn.units; u++)
		{
			const double *p = part + (size_t) u * width + (size_t) j * (d + 1);

			for (size_t f = 0; f < d; f++)
				c[f] += p[f];
			count[j] += p[d];
		}
		for (size_t f = 0; f < d && count[j] > 0; f++)
			c[f] /= count[j];
	}
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
	cs_scratch_free(env, scratch);
}
