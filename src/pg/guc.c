/*
 * guc.c - settings clusterseg.*, in alphabetical order.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "pg/guc.h"

bool		cs_guc_notices = false;
static char *guc_simd = NULL;
static const cs_kernel *kernel = NULL;

static bool
check_simd(char **newval, void **extra, GucSource source)
{
	if (cs_kernel_find(*newval) != NULL)
		return true;
	GUC_check_errdetail("It is one of auto, portable, avx2 and avx512, and the CPU must have the instructions.");
	return false;
}

static void
assign_simd(const char *newval, void *extra)
{
	kernel = cs_kernel_find(newval);
}

const cs_kernel *
cs_guc_kernel(void)
{
	if (kernel == NULL)
		kernel = cs_kernel_find(guc_simd);
	return kernel;
}

void
cs_guc_define(void)
{
	DefineCustomBoolVariable("clusterseg.notices",
							 "Sends a NOTICE at each phase of training.",
							 NULL,
							 &cs_guc_notices, false, PGC_USERSET, 0,
							 NULL, NULL, NULL);
	DefineCustomStringVariable("clusterseg.simd",
							   "Vector instructions used for distances.",
							   "auto takes the best that the CPU has. Segments do not depend on it.",
							   &guc_simd, "auto", PGC_USERSET, 0,
							   check_simd, assign_simd, NULL);
	MarkGUCPrefixReserved("clusterseg");
}
