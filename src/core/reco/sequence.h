/*
 * sequence.h - histories in the order of time.
 *
 * Entries of a customer with the same time are one moment: they neither follow nor
 * precede each other, so the order of equal times does not matter.  Of an item
 * that was had several times the last time counts.
 */
#ifndef CS_SEQUENCE_H
#define CS_SEQUENCE_H

#include "core/reco/events.h"

/* Entries first .. end - 1 of e by time, then item: room for their numbers. */
void		cs_sequence_order(cs_env *env, const cs_events *e, size_t first, size_t end, size_t *order);

/*
 * What each of these entries counts for when the next item is asked for: 1 those of
 * the last moment, decay those of the one before, decay^2 ..., 0 from window
 * moments on.
 */
void		cs_sequence_values(cs_env *env, const cs_events *e, size_t first, size_t end, int window, double decay, double *out);

#endif							/* CS_SEQUENCE_H */
