/*
 * module.c - what happens when the library is loaded.
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/guc.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	cs_guc_define();
}
