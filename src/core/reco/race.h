/*
 * race.h - who ranks best what was held back.
 *
 * Runners are fitted models.  They rank for an eighth of the customers, then for
 * twice as many, until it is all of them; whoever is behind the best by more than
 * CS_RACE_ERRORS standard errors of the customers' differences falls out.  A look
 * at fewer than CS_RACE_LEAST customers tells nothing and is left out.  Then each
 * runner with scores of its own that is left is blended with each mixture of kinds,
 * for several kappas.
 */
#ifndef CS_RACE_H
#define CS_RACE_H

#include "core/reco/contest.h"
#include "core/reco/holdout.h"

#define CS_RACE_ERRORS 4.0
#define CS_RACE_LEAST 250

/*
 * The leader's.  model: per entrant of the contest, those that take part fitted to
 * the rest; blends: try these too; kappa >= 0: with this one only.  Fills in what
 * the contest found.
 */
void		cs_race_run(cs_env *env, cs_contest *c, const cs_reco_args *args, const cs_holdout *h, const cs_reco_model *model,
						bool blends, double kappa);

/*
 * The same as a first round: what is clearly worse, and takes CS_HEAT_SECONDS
 * at least, does not take part any more.
 */
void		cs_race_heat(cs_env *env, cs_contest *c, const cs_reco_args *args, const cs_holdout *h, const cs_reco_model *model,
						 bool blends, double kappa);

#endif							/* CS_RACE_H */
