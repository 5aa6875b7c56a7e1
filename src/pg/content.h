/*
 * content.h - attributes of items from the item source of a training.
 */
#ifndef CS_PG_CONTENT_H
#define CS_PG_CONTENT_H

#include "pg/reco_call.h"
#include "pg/reco_training.h"

typedef struct cs_content_source cs_content_source;

/*
 * Read all rows of the item source, before the items are put in order.  For content
 * its items become items of the training, also those that have no events; for a
 * choice among algorithms those that have events are read, with content's defaults,
 * or NULL is returned when there are no texts.
 */
extern cs_content_source *cs_content_read(cs_reco_training *t, const cs_source *source, const char *key, const char *path, size_t budget);

/* After that: attributes as fitting needs them. */
extern void cs_content_ready(cs_reco_training *t, cs_content_source *c);

/* The terms that an item shares with an item of the history: ", both ..." or nothing. */
extern char *cs_content_shared(cs_reco *r, int32 item, int32 other);

#endif							/* CS_PG_CONTENT_H */
