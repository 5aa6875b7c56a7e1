/*
 * members.h - writing who belongs to which segment, fast.
 */
#ifndef CS_MEMBERS_H
#define CS_MEMBERS_H

#include "postgres.h"

#include "access/heapam.h"
#include "utils/rel.h"

#include "pg/model.h"

/*
 * Columns of a members table, in this order behind the key:
 * segment_id, segment, distance, margin, borderline, since, previous_segment_id,
 * version, assigned_at, reason, point_type, outlier_score.
 */
#define CS_MEMBER_COLUMNS 13

/* Rows whose confidence 1 - d1/d2 is below are borderline. */
#define CS_BORDERLINE 0.05

typedef struct cs_member_writer
{
	Relation	rel;
	struct BulkInsertStateData *bulk;
	TupleTableSlot **slot;
	int			filled;
	uint64		written;
	Datum	   *label;			/* per cluster, as text */
	Datum		point[5];		/* names of cs_point */
	const cs_model *m;
	Datum		version;
	Datum		at;
	Datum		reason;
	MemoryContext cxt;
} cs_member_writer;

/*
 * Open a table that this transaction has created for the purpose: without
 * indexes, triggers or row security, with the columns above and a key of the
 * given type.  Anything else is an error, so that the function cannot be misused
 * to write around them.
 */
extern cs_member_writer *cs_members_open(Oid relid, Oid key_type, const cs_model *m,
										 int version, Datum at, const char *reason);

/*
 * former: the segment by the former model, or 0 for NULL; outlier: NaN for NULL.
 * Noise has no segment.
 */
extern void cs_members_add(cs_member_writer *w, Datum key, const cs_nearest *n, int former, cs_point point, double outlier);

/* What a row is by the model that puts it there. */
static inline cs_point
cs_point_of(const cs_nearest *n)
{
	return n->label >= 0 ? CS_POINT_UNTOLD : isinf(n->d1) ? CS_POINT_NOISE : CS_POINT_OUTLIER;
}

/* Flush and close; rows written. */
extern uint64 cs_members_close(cs_member_writer *w);

/* distance as users see it, margin, and confidence of an assignment. */
typedef struct cs_measures
{
	double		distance;
	double		margin;			/* d2^2 - d1^2; NaN without a runner-up */
	double		confidence;		/* 1 - d1 / d2; NaN without a runner-up */
} cs_measures;

/* Noise is at no distance from any segment; what is beyond max_radius of its nearest one is. */
extern cs_measures cs_measure(const cs_model *m, const cs_nearest *n);

#endif							/* CS_MEMBERS_H */
