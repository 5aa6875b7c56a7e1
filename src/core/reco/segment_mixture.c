/*
 * segment_mixture.c - kinds of customers with the same taste, found in the events,
 * and each customer a mixture of them.
 *
 * Customers are rows of X V, V being the main directions of the histories
 * (directions.h), scaled to length 1: what somebody buys, not how much.  These rows
 * are divided by spherical k-means into kinds, and the mean rows of the kinds
 * into a few families, about the root of their number.  Rates are shrunk from the
 * kind to its family and from there to all customers:
 *
 *		p(i|family) = (c_fi + kappa_f p_i) / (n_f + kappa_f)
 *		p(i|kind) = (c_si + kappa_s p(i|family)) / (n_s + kappa_s)
 *
 * Both kappas come from how much the counts spread around the level above (the
 * moment estimate of common.c, there with all customers as the only family):
 *
 *		E sum_s n_s (c_si / n_s - p_fi)^2
 *			= p_fi (1 - p_fi) ((1 - rho) (S_f - 1) + rho (N_f - sum_s n_s^2 / N_f)),
 *
 * added up over families and items, rho = 1 / (kappa + 1).  That estimate is for
 * rates; for ranks more shrinkage is often better, so a multiple of it is chosen
 * along with the number of kinds: the ones that rank best what was held back of
 * the histories (holdout.h).
 *
 * How a customer becomes a mixture: tastes.h.  Counts are decayed weights.  Cost:
 * directions.h, k-means for each number tried, and the trials.
 */
#include "core/reco/algorithms.h"
#include "core/reco/directions.h"
#include "core/reco/holdout.h"
#include "core/reco/tastes.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define KAPPA_LEAST 1.0
#define KAPPA_MOST 1e6

#define KINDS_MOST 1000

/* Numbers of kinds that are tried, as long as each kind has so many customers in the mean. */
static const int numbers[] = {1, 2, 3, 5, 10, 20, 40, 80};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))
#define CUSTOMERS_PER_KIND 20

/* Kinds when there is nothing to choose by. */
#define KINDS_DEFAULT 10

/* Multiples of the estimated kappa that are tried. */
static const double multiples[] = {1, 3, 10};
#define MULTIPLES (sizeof(multiples) / sizeof(multiples[0]))

/* Rows are multiples of one over this. */
#define GRID 1024

/* Two levels of groups: kinds and their families. */
typedef struct level
{
	int			n;
	int32_t    *above;			/* group of the level above */
	double	   *total;			/* customers */
	double	   *weight;			/* n x items: decayed weights */
	double	   *count;			/* n x items: customers */
	double		kappa;			/* estimated */
} level;

typedef struct mixing
{
	cs_env	   *env;
	cs_team    *team;
	const cs_reco_args *args;
	int			most;			/* kinds */
	size_t		d;

	/* of the events at hand */
	const cs_events *e;
	const double *popularity;	/* leader */
	size_t		n;				/* customers with events */
	int32_t    *customer;
	float	   *row;			/* n x d, of length 1 */

	/* shared */
	int32_t    *label;			/* per row */
	int32_t    *family;			/* per kind */
	double	   *table;			/* counts and weights of kinds and families */
	double	   *choice;			/* kinds and multiple */

	/* the leader's */
	level		kinds;
	level		families;
} mixing;

static int
most_kinds(const cs_reco_args *a)
{
	int			asked = cs_option_int(a->options, "clusters");

	return asked > 0 ? asked : numbers[NUMBERS - 1];
}

static int
families_of(int kinds)
{
	return (int) sqrt((double) kinds);
}

static size_t
table_of(int kinds, int items)
{
	return 2 * (size_t) (kinds + families_of(kinds) + 1) * (size_t) items;
}

static size_t
arena(const cs_reco_args *a)
{
	size_t		n = (size_t) a->events->customers;
	int			d = cs_option_int(a->options, "factors"),
				k = most_kinds(a);
	size_t		within = cs_directions_arena(a, d),
				divide = a->divider ? a->divider->arena(n, d, k) : 0;

	return (within > divide ? within : divide) + cs_team_bytes(cs_divider_rows(n), sizeof(int32_t)) +
		cs_team_bytes(cs_divider_rows((size_t) k), sizeof(int32_t)) +
		cs_team_bytes(table_of(k, a->events->items), sizeof(double)) + cs_team_bytes(2, sizeof(double));
}

/* ---- customers as directions ---- */

/*
 * To length 1, on a grid: rows that differ by no more than rounding are the same, for
 * k-means must not try to tell them apart.
 */
static void
set_length(float *row, size_t d)
{
	double		sum = 0;

	for (size_t f = 0; f < d; f++)
		sum += (double) row[f] * (double) row[f];
	for (size_t f = 0; f < d && sum > 0; f++)
		row[f] = (float) (rint(GRID * (double) row[f] / sqrt(sum)) / GRID + 0.0);	/* one zero only */
}

/* Rows of the customers who have events. */
static void
take_rows(mixing *m, const cs_events *e)
{
	cs_reco_args args = *m->args;
	size_t		mark = cs_team_mark(m->team);
	cs_directions way;

	args.events = m->e = e;
	cs_directions_start(&way, m->env, m->team, &args, cs_option_int(args.options, "factors"));
	cs_team_barrier(m->team);
	cs_directions_find(&way, args.seed);
	m->d = way.rank;
	m->n = 0;
	for (int c = 0; c < e->customers; c++)
	{
		float	   *to = m->row + m->n * m->d;

		if (e->start[c + 1] == e->start[c])
			continue;
		for (size_t f = 0; f < m->d; f++)
			to[f] = (float) (way.u[(size_t) c * m->d + f] * way.values[f]);
		set_length(to, m->d);
		m->customer[m->n++] = c;
	}
	cs_team_barrier(m->team);
	cs_team_rewind(m->team, mark);
}

/* ---- kinds and families ---- */

/* Mean rows of the kinds, of length 1. */
static float *
mean_rows(const mixing *m, int kinds)
{
	float	   *mean = CS_NEW(m->env, float, (size_t) kinds * m->d);

	for (size_t i = 0; i < m->n; i++)
		for (size_t f = 0; f < m->d; f++)
			mean[(size_t) m->label[i] * m->d + f] += m->row[i * m->d + f];
	for (int s = 0; s < kinds; s++)
		set_length(mean + (size_t) s * m->d, m->d);
	return mean;
}

/* Every member: about so many kinds; returns how many. */
static int
divide(mixing *m, int kinds)
{
	const cs_divider *by = m->args->divider;
	int			found = by->divide(m->env, m->team, m->row, m->n, (int) m->d, kinds, m->args->seed, m->label);
	float	   *mean = mean_rows(m, found);

	m->families.n = by->divide(m->env, m->team, mean, (size_t) found, (int) m->d, families_of(found), m->args->seed, m->family);
	cs_release(m->env, mean);
	m->kinds.n = found;
	return found;
}

static void
place_level(mixing *m, level *l, size_t *used)
{
	size_t		cells = (size_t) l->n * (size_t) m->e->items;

	l->weight = m->table + *used;
	l->count = l->weight + cells;
	*used += 2 * cells;
	memset(l->weight, 0, sizeof(double) * 2 * cells);
	memset(l->total, 0, sizeof(double) * (size_t) l->n);
}

static void
add_customer(const mixing *m, level *l, int group, int32_t c, double half_life)
{
	const cs_events *e = m->e;
	size_t		at = (size_t) group * (size_t) e->items;

	l->total[group]++;
	for (size_t q = e->start[c]; q < e->start[c + 1]; q++)
	{
		l->weight[at + (size_t) e->item[q]] += cs_events_value(e, q, half_life);
		l->count[at + (size_t) e->item[q]]++;
	}
}

/* Spread of the groups around the groups above them: see the head of the file. */
static double
estimate_kappa(const mixing *m, const level *l, const level *above)
{
	size_t		items = (size_t) m->e->items;
	double	   *squares = CS_NEW(m->env, double, (size_t) above->n),
			   *members = CS_NEW(m->env, double, (size_t) above->n),
				spread = 0,
				within = 0,
				between = 0,
				rho;

	for (int s = 0; s < l->n; s++)
	{
		squares[l->above[s]] += l->total[s] * l->total[s];
		members[l->above[s]] += l->total[s] > 0;
	}
	for (int a = 0; a < above->n; a++)
	{
		double		binomial = 0;

		if (above->total[a] == 0)
			continue;
		for (size_t i = 0; i < items; i++)
		{
			double		p = above->count[(size_t) a * items + i] / above->total[a];

			binomial += p * (1 - p);
			spread -= above->total[a] * p * p;
		}
		within += binomial * (members[a] - 1);
		between += binomial * (above->total[a] - squares[a] / above->total[a] - (members[a] - 1));
		cs_poll(m->env);
	}
	for (int s = 0; s < l->n; s++)
	{
		for (size_t i = 0; i < items && l->total[s] > 0; i++)
		{
			double		c = l->count[(size_t) s * items + i];

			spread += c * c / l->total[s];
		}
		cs_poll(m->env);
	}
	cs_release(m->env, squares);
	cs_release(m->env, members);
	rho = between > 0 ? (spread - within) / between : 0;
	return rho > 0 ? fmin(fmax(1 / rho - 1, KAPPA_LEAST), KAPPA_MOST) : KAPPA_MOST;
}

/* Leader: counts of the kinds and families, and their kappas. */
static void
count(mixing *m)
{
	cs_env	   *env = m->env;
	double		half_life = cs_option_real(m->args->options, "half_life"),
				given = cs_option_real(m->args->options, "cluster_kappa");
	size_t		used = 0;
	int32_t    *nobody = CS_NEW(env, int32_t, (size_t) m->families.n + 1);
	level		all = {1, NULL, CS_NEW(env, double, 1), NULL, NULL, 0};

	m->kinds.above = m->family;
	m->families.above = nobody;
	place_level(m, &m->kinds, &used);
	place_level(m, &m->families, &used);
	place_level(m, &all, &used);
	for (size_t r = 0; r < m->n; r++)
	{
		add_customer(m, &m->kinds, m->label[r], m->customer[r], half_life);
		add_customer(m, &m->families, m->family[m->label[r]], m->customer[r], half_life);
		add_customer(m, &all, 0, m->customer[r], half_life);
		if (r % 256 == 0)
			cs_poll(env);
	}
	m->kinds.kappa = given > 0 ? given : estimate_kappa(m, &m->kinds, &m->families);
	m->families.kappa = given > 0 ? given : estimate_kappa(m, &m->families, &all);
	m->families.above = NULL;
	cs_release(env, nobody);
	cs_release(env, all.total);
}

/* Rates of item i by kind; all 0 when it is not recommended. */
static void
rates_of(const mixing *m, int i, double multiple, float *rate)
{
	size_t		items = (size_t) m->e->items,
				at = (size_t) i;
	double		overall = m->popularity[i] / (double) m->n;

	for (int s = 0; s < m->kinds.n; s++)
	{
		int			f = m->family[s];
		double		family = cs_reco_rate(m->families.weight[(size_t) f * items + at], m->families.total[f], overall,
										  multiple * m->families.kappa);

		rate[s] = overall > 0 ? (float) fmax(cs_reco_rate(m->kinds.weight[(size_t) s * items + at], m->kinds.total[s], family,
														  multiple * m->kinds.kappa), (double) FLT_MIN) : 0;
	}
}

static double *
shares(const mixing *m)
{
	double	   *share = CS_ROOM(m->env, double, (size_t) m->kinds.n + 1);

	for (int s = 0; s < m->kinds.n; s++)
		share[s] = m->kinds.total[s] / (double) m->n;
	return share;
}

/* ---- the choice of the number of kinds and of kappa ---- */

typedef struct taster
{
	const cs_tastes *tastes;
	double	   *p;
} taster;

static size_t
taste(cs_env *env, void *arg, int32_t customer, size_t n, const int32_t *item, const double *value, cs_scored *out)
{
	taster	   *t = arg;

	cs_tastes_customer(t->tastes, n, item, value, t->p);
	return cs_tastes_scores(env, t->tastes, t->p, out);
}

/* Leader: mean nDCG@10 of what was held back. */
static double
try_multiple(const mixing *m, const cs_holdout *h, double multiple, double *ndcg)
{
	cs_env	   *env = m->env;
	double	   *share = shares(m);
	float	   *rate = CS_ROOM(env, float, (size_t) m->kinds.n);
	cs_tastes  *t = cs_tastes_new(env, m->e->items, m->kinds.n, share);
	cs_trial   *trial;
	taster		by = {t, CS_ROOM(env, double, (size_t) m->kinds.n)};

	for (int i = 0; i < m->e->items; i++)
	{
		rates_of(m, i, multiple, rate);
		cs_tastes_set(t, i, rate);
	}
	cs_tastes_ready(t);
	trial = cs_trial_new(env, h, cs_option_real(m->args->options, "half_life"), m->popularity);
	cs_trial_ndcg(env, trial, taste, &by, ndcg);
	cs_trial_free(env, trial);
	cs_release(env, by.p);
	cs_tastes_free(t);
	cs_release(env, rate);
	cs_release(env, share);
	return cs_trial_mean(ndcg, h->n);
}

/* Leader: the best multiple for the kinds at hand. */
static void
try_kinds(mixing *m, const cs_holdout *h, double *ndcg, int number, double *best)
{
	double		given = cs_option_real(m->args->options, "cluster_kappa");

	count(m);
	for (size_t i = 0; i < (given > 0 ? 1 : MULTIPLES); i++)
	{
		double		mean = try_multiple(m, h, multiples[i], ndcg);

		if (mean > *best)
		{
			*best = mean;
			m->choice[0] = number;
			m->choice[1] = multiples[i];
		}
	}
}

/* Number of kinds and multiple of kappa, as asked for or as they turn out best. */
static void
choose(mixing *m)
{
	cs_env	   *env = m->env;
	int			asked = cs_option_int(m->args->options, "clusters");
	double		best = -1,
				scores = 0,
			   *ndcg;
	cs_holdout *h;

	for (size_t i = 0; i < NUMBERS; i++)
		scores += (double) numbers[i] * (double) MULTIPLES * (double) m->args->events->items;
	h = cs_holdout_new(env, m->args->events, m->args->seed, asked > 0 ? (double) asked * MULTIPLES * m->args->events->items : scores);
	m->choice[0] = asked > 0 ? asked : KINDS_DEFAULT;
	m->choice[1] = 1;
	cs_team_barrier(m->team);
	if (h->n > 0)
	{
		double	   *popularity = NULL;

		ndcg = CS_ROOM(env, double, h->n);
		take_rows(m, h->rest);
		if (m->team->rank == 0)
			m->popularity = popularity = cs_reco_count_popularity(env, m->args, h->rest);
		for (size_t i = 0; i < (asked > 0 ? 1 : NUMBERS); i++)
		{
			int			number = asked > 0 ? asked : numbers[i];

			if (asked == 0 && number > 1 && (size_t) number * CUSTOMERS_PER_KIND > m->n)
				continue;
			divide(m, number);
			if (m->team->rank == 0)
				try_kinds(m, h, ndcg, number, &best);
			cs_team_barrier(m->team);
		}
		cs_release(env, popularity);
		cs_release(env, ndcg);
	}
	cs_holdout_free(env, h);
}

/* ---- fit ---- */

/* Leader. */
static void
emit(mixing *m, cs_reco_model *out)
{
	m->popularity = out->popularity;
	count(m);
	out->factors = out->kinds = m->kinds.n;
	out->share = shares(m);
	out->factor = CS_ROOM(m->env, float, (size_t) out->items * (size_t) out->factors);
	for (int i = 0; i < out->items; i++)
		rates_of(m, i, m->choice[1], out->factor + (size_t) i * (size_t) out->factors);
}

static void
start(mixing *m, cs_env *env, cs_team *team, const cs_reco_args *args)
{
	size_t		customers = (size_t) args->events->customers;

	if (args->divider == NULL)
		cs_fail(env, CS_E_INTERNAL, "algorithm segment_mixture has nobody to divide customers", NULL, NULL);
	m->env = env;
	m->team = team;
	m->args = args;
	m->most = most_kinds(args);
	m->customer = CS_ROOM(env, int32_t, customers);
	m->row = CS_ROOM(env, float, customers * (size_t) cs_option_int(args->options, "factors"));
	m->kinds.total = CS_ROOM(env, double, (size_t) m->most);
	m->families.total = CS_ROOM(env, double, (size_t) m->most);
	m->label = cs_team_alloc(env, team, cs_divider_rows(customers), sizeof(int32_t));
	m->family = cs_team_alloc(env, team, cs_divider_rows((size_t) m->most), sizeof(int32_t));
	m->table = cs_team_alloc(env, team, table_of(m->most, args->events->items), sizeof(double));
	m->choice = cs_team_alloc(env, team, 2, sizeof(double));
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	size_t		mark = cs_team_mark(team);
	mixing		m = {0};

	start(&m, env, team, args);
	choose(&m);
	take_rows(&m, args->events);
	if (team->rank == 0)
		cs_reco_fit_common(env, args, out);
	if (m.n > 0)
		divide(&m, (int) m.choice[0]);
	if (team->rank == 0 && m.n > 0)
		emit(&m, out);
	cs_release(env, m.customer);
	cs_release(env, m.row);
	cs_release(env, m.kinds.total);
	cs_release(env, m.families.total);
	cs_team_barrier(team);
	cs_team_rewind(team, mark);
}

static const cs_param params[] = {
	{"clusters", CS_P_INT, 0, 0, KINDS_MOST, NULL, "kinds of customers to find; 0: as many as rank best what is held back for the choice"},
	{"factors", CS_P_INT, 32, 1, 500, NULL, "main directions of the histories in which customers are compared"},
	{"cluster_kappa", CS_P_REAL, 0, 0, 1e6, NULL,
	"customers of the taste of the level above that are added to each kind; 0: estimated, and adjusted by what is held back"},
	{0}
};

const cs_recommender cs_segment_mixture = {
	.name = "segment_mixture",
	.summary = "kinds of customers found in the events, and what is popular with those like the customer; for short histories",
	.flags = CS_RECO_KINDS,
	.params = params,
	.fit = fit,
	.arena = arena
};
