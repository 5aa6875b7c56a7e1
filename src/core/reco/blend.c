/*
 * blend.c - what the history says and what is popular with customers of its kind,
 * added up by how much is known (see blend.h).
 *
 * Members are algorithms with scores of their own, of which one is taken, and
 * segment_mixture.  Which one, and kappa, are those that rank best what was held back
 * (contest.h); then both learn from all events.  A model keeps the weights or factors
 * of the one and the rates of the other, and serving adds them up.
 */
#include "core/reco/blend.h"

#include "core/reco/algorithms.h"
#include "core/reco/contest.h"

#include <math.h>
#include <string.h>

static const char *const usual[] = {"itemknn", "rp3beta", "ease", "ials", "segment_mixture"};
#define USUAL ((int) (sizeof(usual) / sizeof(usual[0])))

/* Seconds by estimate that each usual member may take. */
#define EFFORT 60

typedef struct moments
{
	double		n;
	double		own;
	double		prior;
} moments;

/* Next place at or after h in the history that is not below item. */
static inline size_t
advance(const int32_t *history, size_t n, size_t h, int32_t item)
{
	while (h < n && history[h] < item)
		h++;
	return h;
}

/* Standard deviations over the items that are not in the history. */
static moments
deviations(const double *place, const cs_scored *prior, size_t n_prior, const int32_t *item, size_t n)
{
	moments		mean = {0, 0, 0},
				sd = {0, 0, 0};

	for (size_t i = 0, h = 0; i < n_prior; i++)
	{
		h = advance(item, n, h, prior[i].item);
		if (h < n && item[h] == prior[i].item)
			continue;
		mean.n++;
		mean.own += place[prior[i].item];
		mean.prior += prior[i].score;
	}
	mean.own /= fmax(mean.n, 1);
	mean.prior /= fmax(mean.n, 1);
	for (size_t i = 0, h = 0; i < n_prior; i++)
	{
		double		o = place[prior[i].item] - mean.own,
					p = prior[i].score - mean.prior;

		h = advance(item, n, h, prior[i].item);
		if (h < n && item[h] == prior[i].item)
			continue;
		sd.own += o * o;
		sd.prior += p * p;
	}
	sd.n = mean.n;
	sd.own = sqrt(sd.own / fmax(mean.n, 1));
	sd.prior = sqrt(sd.prior / fmax(mean.n, 1));
	return sd;
}

cs_blend_scale
cs_blend_scale_of(double kappa, size_t n, double own, double prior)
{
	double		w = cs_blend_weight(kappa, n);

	/* scores that are all the same say nothing, but prior > 0 keeps its items in the list */
	return (cs_blend_scale) {w, own > 0 ? (1 - w) / own : 0, prior > 0 ? w / prior : w};
}

size_t
cs_blend_scores(cs_env *env, const cs_scored *own, size_t n_own, const cs_scored *prior, size_t n_prior, const int32_t *item,
				size_t n, double kappa, double *place, cs_blend_scale *scale, cs_scored *out)
{
	moments		sd;
	size_t		found = 0;

	for (size_t i = 0; i < n_own; i++)
		place[own[i].item] = own[i].score;
	sd = deviations(place, prior, n_prior, item, n);
	*scale = cs_blend_scale_of(kappa, n, sd.own, sd.prior);
	for (size_t i = 0; i < n_prior; i++)
	{
		double		score = scale->own * place[prior[i].item] + scale->prior * prior[i].score;

		if (score != 0)
			out[found++] = (cs_scored) {prior[i].item, score};
	}
	for (size_t i = 0; i < n_own; i++)
		place[own[i].item] = 0;
	cs_poll(env);
	return found;
}

/* ---- training ---- */

static void
check_members(cs_env *env, const cs_option *o)
{
	int			own = 0,
				priors = 0;

	for (int i = 0; i < o->rows; i++)
	{
		const cs_recommender *r = cs_recommender_find(o->text[i]);

		if (r == NULL || r == &cs_blend || r == &cs_auto || (r->flags & (CS_RECO_SEQUENCE | CS_RECO_CONTENT)) ||
			!(r->flags & (CS_RECO_ITEMS | CS_RECO_FACTORS | CS_RECO_KINDS)))
			cs_fail(env, CS_E_PARAM, cs_text(env, "\"%s\" cannot be a member of a blend", o->text[i]),
					"Members are algorithms that learn from what customers have in common, and segment_mixture.", NULL);
		own += !(r->flags & CS_RECO_KINDS);
		priors += (r->flags & CS_RECO_KINDS) != 0;
	}
	if (own == 0 || priors != 1)
		cs_fail(env, CS_E_PARAM, "a blend needs segment_mixture and at least one other member", NULL,
				"For example: options => '{\"members\": [\"itemknn\", \"segment_mixture\"]}'.");
}

static cs_contest *
contest_of(cs_env *env, const cs_reco_args *a)
{
	const cs_option *o = cs_option_get(a->options, "members");

	if (!o->set)
		return cs_contest_new(env, a, (char *const *) (uintptr_t) usual, USUAL, true, EFFORT);
	check_members(env, o);
	return cs_contest_new(env, a, o->text, o->rows, false, 0);
}

static size_t
arena(const cs_reco_args *a)
{
	return cs_contest_arena(contest_of(a->env, a), a);
}

/* Two members and kappa as asked for: nothing to choose. */
static void
take_members(cs_contest *c, double kappa)
{
	c->own = (c->entrant[0].algorithm->flags & CS_RECO_KINDS) != 0;
	c->prior = !c->own;
	c->kappa = kappa;
}

static void
fit(cs_env *env, cs_team *team, const cs_reco_args *args, cs_reco_model *out)
{
	double		kappa = cs_option_real(args->options, "blend_kappa");
	cs_contest *c = contest_of(env, args);
	bool		given = c->n == 2 && kappa >= 0;

	if (given)
		take_members(c, kappa);
	else
	{
		c->must_blend = true;
		cs_contest_run(c, env, team, args, true, kappa);
	}
	if (c->own < 0)
		cs_fail(env, CS_E_LIMIT, "no members of a blend fit into the memory and time that are allowed", NULL,
				"Increase the option \"memory\", or name the members with the option \"members\".");
	cs_contest_fit_blend(c, env, team, args, out);
	if (team->rank == 0 && !given)
	{
		out->tried = c->tried;
		out->n_tried = c->n + 1;
	}
}

static const cs_param params[] = {
	{"members", CS_P_TEXTS, 0, 0, 0, NULL,
	"segment_mixture and others, of which the best is taken; by default itemknn, rp3beta, ease and ials, as far as memory and time allow"},
	{"clusters", CS_P_INT, 0, 0, 1000, NULL, "kinds of customers of segment_mixture; 0: as many as rank best"},
	{"blend_kappa", CS_P_REAL, -1, -1, 1e6, NULL,
	"for n items in the history, segment_mixture weighs kappa / (kappa + n); -1: the kappa that ranks best what is held back for the choice"},
	{0}
};

const cs_recommender cs_blend = {
	.name = "blend",
	.summary = "scores of the history and of customers of the same kind, added up by how much is known of the customer",
	.flags = CS_RECO_ITEMS | CS_RECO_FACTORS | CS_RECO_KINDS,
	.params = params,
	.fit = fit,
	.arena = arena
};
