/*
 * settings.h - options that every segmentation has, beside its algorithm's own.
 */
#ifndef CS_SETTINGS_H
#define CS_SETTINGS_H

#include "core/base/params.h"

/* workers, memory */
extern const cs_param cs_common_params[];

#endif							/* CS_SETTINGS_H */
