/*
 * guc.h - the extension's settings, all in one place.
 */
#ifndef CS_GUC_H
#define CS_GUC_H

#include "core/base/kernel.h"

extern bool cs_guc_notices;		/* clusterseg.notices: NOTICE per phase of long work */

extern void cs_guc_define(void);

/* The kernels of this session: clusterseg.simd, or the best that the CPU has. */
extern const cs_kernel *cs_guc_kernel(void);

#endif							/* CS_GUC_H */
