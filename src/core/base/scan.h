/*
 * scan.h - a table of columns, for searches of one row against many.
 *
 * Value f of slot i is at col[f * stride + i], padded to whole groups of
 * CS_SCAN_GROUP slots.  Slots that are not in use hold CS_SCAN_FAR everywhere.  The
 * searches are scan_below and scan_relax of kernel.h.
 */
#ifndef CS_SCAN_H
#define CS_SCAN_H

#include "core/base/env.h"

#define CS_SCAN_GROUP 64

#define CS_SCAN_FAR 1e18f

static inline size_t
cs_scan_round(size_t n)
{
	return (n + CS_SCAN_GROUP - 1) / CS_SCAN_GROUP * CS_SCAN_GROUP;
}

typedef struct cs_table
{
	float	   *col;			/* 64-byte aligned */
	size_t		stride;			/* a multiple of CS_SCAN_GROUP */
	size_t		slots;			/* in use, holes among them */
	int			d;
} cs_table;

#endif							/* CS_SCAN_H */
