/*
 * candidates.h - which items may be in a list.
 */
#ifndef CS_CANDIDATES_H
#define CS_CANDIDATES_H

#include "postgres.h"

#include "pg/serve.h"

/*
 * Items of the catalogue that a query gives in its first column; with query NULL
 * no such set.  The query runs with the caller's rights; keys that the catalogue
 * does not have and NULLs are passed over.
 */
extern cs_item_set cs_candidates(cs_reco *r, const char *query);

#endif							/* CS_CANDIDATES_H */
