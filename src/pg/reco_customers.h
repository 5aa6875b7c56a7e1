/*
 * reco_customers.h - customers that a version of a recommender keeps, with their
 * events: for userknn, which looks for those alike, and to forget one of them.
 *
 * Customers have no names there but a number made of the key, enough to find who
 * is known already, not to list who is.
 */
#ifndef CS_RECO_CUSTOMERS_H
#define CS_RECO_CUSTOMERS_H

#include "pg/reco.h"

/* Customers that stand in one row. */
#define CS_CUSTOMER_CHUNK 256

/* The number made of a key: 64 bits of its text. */
extern int64 cs_customer_number(const char *key, int len);

/* Rows of _reco_customers, put together; entries ascend by item within a customer. */
typedef struct cs_reco_customers
{
	cs_events	e;				/* weight 0: touched, but left out of the history */
	int64	   *number;			/* per customer */
	int32	   *segment_id;		/* 0: none */
	cs_bar	   *bar;			/* NULL without */
	int			read;			/* customers, with the one that was not wanted */
	size_t		room;			/* of entries */
	int			customers_room;
	int			chunk;			/* rows so far */
} cs_reco_customers;

/* All customers of a version, but the one with the number in without, when it is not NULL; with times where they are kept and wanted. */
extern cs_reco_customers *cs_reco_customers_read(cs_env *env, const cs_reco *r, const int64 *without, bool timed);

/* The same as serving looks for those alike in them: kept with the version. */
extern cs_crowd *cs_reco_alike(cs_reco *r);

/* Number of a customer of the training by its key, or CS_NEWCOMER; after cs_reco_alike(). */
extern int32 cs_reco_customer_no(const cs_reco *r, int64 number);

#endif							/* CS_RECO_CUSTOMERS_H */
