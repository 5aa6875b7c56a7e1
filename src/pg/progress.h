/*
 * progress.h - how far long work is, for other sessions to see.
 *
 * The server publishes progress of its own commands through each backend's
 * status entry in shared memory.  That entry has room for any command; ours
 * carries a number that no view of the server asks for, and the function
 * clusterseg_progress reads it.  Nothing has to be preloaded, nothing is written,
 * and the server clears the entry at the end of a transaction, however it ends.
 */
#ifndef CS_PROGRESS_H
#define CS_PROGRESS_H

#include "core/base/env.h"

/* Work on the named model starts and ends; calls may not nest. */
extern void cs_progress_start(const char *model);
extern void cs_progress_end(void);

/* The callback of cs_env. */
extern void cs_progress_report(cs_env *env, cs_phase phase, int64_t done, int64_t total);

#endif							/* CS_PROGRESS_H */
