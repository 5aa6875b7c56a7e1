/*
 * contest.h - algorithms against each other, on what was held back (holdout.h).
 *
 * Each learns from the rest, and is judged by nDCG@10 of what was held back; so is
 * each one with scores of its own blended with the mixture of kinds (blend.h), for
 * several kappas (race.h).  Where that takes long, a first round on fewer customers
 * and items (heat.h) leaves out what is clearly worse.  Nothing of it is timed: what
 * would take too long or too much memory, by an estimate from the numbers of
 * customers, items and entries (effort.h), does not take part.
 */
#ifndef CS_CONTEST_H
#define CS_CONTEST_H

#include "core/reco/recommender.h"

/* Kappa of a blend when there is nothing to choose by. */
#define CS_BLEND_KAPPA 10.0

/* Seconds of a fit that a first round may save. */
#define CS_HEAT_SECONDS 0.3

typedef struct cs_entrant
{
	const cs_recommender *algorithm;
	const cs_options *options;	/* its own, the common ones as in the arguments */
	double		seconds;		/* that a fit to all events takes, by the estimate */
	const char *why_not;		/* it does not take part; NULL: it does */
} cs_entrant;

typedef struct cs_contest
{
	cs_entrant *entrant;
	int			n;

	bool		limits;			/* who takes too much is left out */
	bool		must_blend;		/* a blend is wanted whether or not it is better */

	/* Fitted to the rest: per entrant, the leader's; and is that nearly all there is? */
	cs_reco_model *model;
	bool		nearly_all;

	/* The best, the same on every member. */
	int			single;			/* entrant */
	int			own;			/* entrants of the best blend; -1: there is none */
	int			prior;
	double		kappa;
	bool		blended;		/* the blend is better than the single */
	int			kinds;			/* how many the prior found; 0: none has been looked for */

	/* For the report: the entrants, then the blend; the leader's. */
	cs_tried   *tried;
} cs_contest;

/*
 * Names of entrants; with their limits, unless all are asked for by name.  effort:
 * seconds that each may take by the estimate; 0: any.
 */
cs_contest *cs_contest_new(cs_env *env, const cs_reco_args *args, char *const *name, int n, bool limits, double effort);

/* Fit and judge. blends: try these too; kappa >= 0: with this one only. */
void		cs_contest_run(cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args, bool blends, double kappa);
size_t		cs_contest_arena(const cs_contest *c, const cs_reco_args *args);

/* The options with which an entrant is fitted to all events; and that fit. */
cs_options *cs_contest_options(const cs_contest *c, int entrant, cs_env *env, const cs_reco_args *args);
void		cs_contest_fit(const cs_contest *c, int entrant, cs_env *env, cs_team *team, const cs_reco_args *args,
						   cs_reco_model *out);

/* Fit the entrants of the best blend to all events, and make one model of them. */
void		cs_contest_fit_blend(const cs_contest *c, cs_env *env, cs_team *team, const cs_reco_args *args,
								 cs_reco_model *out);

/* Does an entrant take part that can be blended; or one that others are blended with? */
bool		cs_contest_own(const cs_entrant *e);
bool		cs_contest_prior(const cs_entrant *e);

/* About how many seconds of one processor the choice of "auto" takes, all of it. */
double		cs_auto_seconds(cs_env *env, const cs_reco_args *args);

#endif							/* CS_CONTEST_H */
