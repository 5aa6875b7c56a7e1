/*
 * registry.c - the list of recommending algorithms, and their tables of options.
 */
#include "core/reco/algorithms.h"

#include <string.h>

const cs_recommender *const cs_recommenders[] = {
#define CS_RECOMMENDER(name) &cs_##name,
#include "core/reco/algorithms.def"
#undef CS_RECOMMENDER
	NULL
};

const cs_recommender *
cs_recommender_find(const char *name)
{
	for (int i = 0; cs_recommenders[i]; i++)
		if (strcmp(cs_recommenders[i]->name, name) == 0)
			return cs_recommenders[i];
	return NULL;
}

const cs_param *
cs_reco_params(cs_env *env, const cs_recommender *r)
{
	size_t		common = (size_t) cs_params_count(cs_reco_common_params),
				own = r->params ? (size_t) cs_params_count(r->params) : 0;
	cs_param   *all = CS_NEW(env, cs_param, common + own + 1);

	memcpy(all, cs_reco_common_params, sizeof(cs_param) * common);
	for (size_t i = 0; r == &cs_blend && i < common; i++)
		if (strcmp(all[i].name, "kappa") == 0)
			all[i].help = "when given, that of the blend, as blend_kappa; otherwise customers of average taste that are added to each segment";
	if (own > 0)
		memcpy(all + common, r->params, sizeof(cs_param) * own);
	return all;
}
