/*
 * reco.h - recommenders by name: what a version keeps, as serving needs it.
 *
 * Versions never change, so what has been read of one stays in the session's
 * cache.  Tables are read with the caller's rights; a version's rows are checked
 * as they are read, since their owner could have changed them.
 */
#ifndef CS_PG_RECO_H
#define CS_PG_RECO_H

#include "postgres.h"

#include "utils/array.h"

#include "core/reco/rank.h"
#include "core/reco/recommender.h"
#include "core/reco/tastes.h"
#include "pg/events_read.h"
#include "pg/store.h"

/* Lists that are no segment's. */
#define CS_LIST_POPULAR 0
#define CS_LIST_OWN (-1)

/* Items of a list that stand in one row. */
#define CS_LIST_CHUNK 1000

/* Items whose factors stand in one row. */
#define CS_FACTOR_CHUNK 256

/* Algorithms that look at the history. */
#define CS_RECO_PERSONAL (CS_RECO_ITEMS | CS_RECO_FACTORS | CS_RECO_KINDS | CS_RECO_CUSTOMERS)

/* Part of a ranked list. */
typedef struct cs_list_chunk
{
	int			list;
	int			chunk;
	size_t		n;				/* 0: the list ends before this chunk */
	cs_scored  *scored;
	struct cs_list_chunk *next;
} cs_list_chunk;

typedef struct cs_reco_crowd cs_reco_crowd;

typedef struct cs_reco
{
	int64		id;				/* of the version */
	Oid			catalog;		/* that the id belongs to */
	MemoryContext cxt;
	cs_env	   *env;			/* of that context */
	const cs_recommender *algorithm;
	unsigned	flags;			/* the algorithm's, without what the version has not */
	const cs_recommender *member;	/* of a blend: whose the scores beside the kinds' are; NULL: no blend */
	double		blend_kappa;
	char	   *from;			/* what stands behind FROM; NULL: an imported model */
	char	   *path;
	cs_event_columns columns;
	Oid			customer_type;
	char	   *segmentation;	/* or NULL */
	double		half_life;
	double		window;
	int			max_history;
	double		now;
	double		kappa;
	double		customers;
	int			items;
	bool		has_own;		/* list of the algorithm's own order */
	int			n_factors;		/* per item; 0: none */
	int			n_kinds;		/* kinds of customers; so many of the factors, the last ones, are rates in these */
	double	   *share;			/* per kind */
	cs_fold_settings fold;
	cs_kept		history;		/* events of one customer */
	cs_kept		segment;		/* the customer's segment */
	cs_kept		exclusion;		/* events of the customer that exclude items */
	cs_list_chunk *chunks;		/* read so far */
	double	   *places;			/* or NULL: not asked for yet */
	cs_factors *factors;		/* the same */
	cs_tastes  *tastes;			/* the same */
	char	  **kind_name;		/* the same, each */
	struct cs_item_source *item_source;	/* the same (item_facts.c) */
	cs_reco_crowd *crowd;		/* the same (reco_customers.c) */
	const cs_options *options;	/* the same */
	struct cs_reco *next;
} cs_reco;

/* A recommender as one call finds it. */
typedef struct cs_reco_now
{
	cs_reco    *r;
	char	   *name;
	char	   *owner;
	Oid			run_as;			/* for the events and members */
	char	   *segmentation;	/* NULL: none, or gone */
	char	   *members;		/* its members table, qualified and quoted; NULL: none */
	char	   *members_key;	/* quoted */
	Oid			members_type;
} cs_reco_now;

/* The published version of a recommender, or an error; in the current context. */
extern cs_reco_now cs_reco_open(const char *name);

/* What was opened last is no more: a name is looked up anew next time. */
extern void cs_reco_close(void);

/* Take a version that nobody will ask for again out of the session's memory; no call may be under way with it. */
extern void cs_reco_drop(cs_reco *r);

/* A query over the version's sources: planned anew when it is another one than that of the last call. */
extern void cs_reco_keep(cs_reco *r, cs_kept *k, const char *query, int nargs, const Oid *types);

/* A version by its id. */
extern cs_reco *cs_reco_version(int64 id);

/* A place for the score of each item, all 0; for up to so many items. */
#define CS_PLACES_MOST (1 << 18)
extern double *cs_reco_places(cs_reco *r);

/* Factors of all items; for algorithms with CS_RECO_FACTORS. */
extern const cs_factors *cs_reco_factors(cs_reco *r);

/* Kinds of customers; for algorithms with CS_RECO_KINDS. */
extern const cs_tastes *cs_reco_tastes(cs_reco *r);

/* What a kind is called: its number, and the items that it stands out by. */
extern const char *cs_reco_kind_name(cs_reco *r, int kind);

/* Options that the version was trained with. */
extern const cs_options *cs_reco_options(cs_reco *r);

/* One item of a history, as it is joined to the catalogue. */
typedef struct cs_reco_row
{
	int32		item;			/* number; -1: not in the catalogue */
	int			targets;
	const int32 *target;		/* ascending */
	const float *weight;
} cs_reco_row;

/*
 * Numbers of n item keys (-1: unknown), and with rows their weights to other
 * items; for algorithms without these, targets is 0.
 */
extern cs_reco_row *cs_reco_rows(cs_reco *r, char **keys, int n, bool rows);

/* Chunk of a list; n is 0 behind the end. */
extern const cs_list_chunk *cs_reco_chunk(cs_reco *r, int list, int chunk);

/* Keys of items by number. */
extern char **cs_reco_keys(cs_reco *r, const int32 *items, int n);

/* Does the version know the segment?  customers: of it, with events. */
extern bool cs_reco_segment(cs_reco *r, int segment_id, double *customers);

/* Popularity of an item. */
extern double cs_reco_popularity(cs_reco *r, int32 item);

/* Label of a segment of the recommender's segmentation; its number where there is none. */
extern char *cs_reco_label(const cs_reco_now *now, int segment_id);

/* Segment of a customer by the members table, or 0. */
extern int	cs_reco_segment_of(const cs_reco_now *now, Oid type, Datum customer);

/* A key as a value of a type of the version's; false when it cannot be one. */
extern bool cs_reco_convert_key(const cs_reco_now *now, Oid from, Datum d, Oid to, Datum *out);

/* The customer as a key of the training's type: its text; false when it cannot be one. */
extern bool cs_reco_customer_key(const cs_reco_now *now, Oid type, Datum customer, const char **text, int *len);

/* A customer's events: keys with weights and times, at most as many as there are. */
typedef struct cs_reco_events
{
	int			n;
	char	  **item;
	float	   *weight;			/* NULL without weights */
	double	   *at;				/* NULL without times */
} cs_reco_events;

/* Events of one customer in the caller's snapshot. */
extern cs_reco_events cs_reco_history(const cs_reco_now *now, Oid type, Datum customer);

/* A whole version in memory, for work on all customers. */
typedef struct cs_reco_whole
{
	cs_dictionary *item;		/* numbers below r->items are the catalogue's */
	size_t	   *start;			/* items + 1; NULL without weights from item to item */
	int32	   *target;
	float	   *weight;
} cs_reco_whole;

extern cs_reco_whole *cs_reco_load(cs_env *env, cs_reco *r);

/* Checked reads, for the files that read the tables. */
extern void cs_reco_damaged(const char *what) __attribute__((noreturn));
extern Datum cs_reco_value(HeapTuple row, TupleDesc desc, int c);	/* never NULL */
extern ArrayType *cs_reco_array(HeapTuple row, TupleDesc desc, int c, Oid type, int *n);	/* of this type, without NULLs */
extern void cs_reco_take_weights(const cs_reco *r, cs_reco_row *to, HeapTuple row, TupleDesc desc, int c);

#endif							/* CS_PG_RECO_H */
