/*
 * settings.h - options that every model has, beside its algorithm's own.
 */
#ifndef CS_SETTINGS_H
#define CS_SETTINGS_H

#include "core/base/params.h"

/* Of segmentations: workers, memory, pca. */
extern const cs_param cs_common_params[];

/* Of recommenders: event_weights (read by SQL, which makes the weight expression of it), memory, forgettable. */
extern const cs_param cs_reco_host_params[];

#endif							/* CS_SETTINGS_H */
