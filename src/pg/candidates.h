/*
 * candidates.h - arguments that shape a list: which items may be in it.
 */
#ifndef CS_CANDIDATES_H
#define CS_CANDIDATES_H

#include "postgres.h"

#include "fmgr.h"

#include "pg/serve.h"

/*
 * Items of the catalogue that a query gives in its first column; with query NULL
 * no such set.  The query runs with the caller's rights; keys that the catalogue
 * does not have and NULLs are passed over.
 */
extern cs_item_set cs_candidates(cs_reco *r, const char *query);

/* Arguments diversity, max_per_category, explore, options, from number first on. */
extern void cs_check_shaping(FunctionCallInfo fcinfo, int first);

#endif							/* CS_CANDIDATES_H */
