/*
 * dataset.h - rows of a source, from reading to points.
 *
 * Reading runs the source once and keeps raw feature values (single precision)
 * and keys; rows that a feature's policy rejects are counted and left out.  Then
 * rows are put into key order, transforms are fitted, and the raw rows are turned
 * into tiles block by block, giving memory back as they go.  Where points are
 * principal components, the coordinates behind them are kept as tiles too: means
 * and profiles of the segments are theirs.
 *
 * Memory is checked against a budget while rows come in.  When they would not
 * fit, a sample by hash of the key is kept that does: the share is halved as
 * often as needed, and the caller is told.
 */
#ifndef CS_DATASET_H
#define CS_DATASET_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "pg/convert.h"
#include "pg/document.h"
#include "pg/keys.h"
#include "pg/model.h"
#include "pg/source.h"

/* One input column of the source. */
typedef struct cs_input
{
	char	   *name;
	Oid			type;
	cs_conv		conv;
	bool		cast_to_real;
	int			width;			/* elements of an array; -1: not known yet */
	int			first;			/* first feature */
	bool		by_default;		/* not named by the caller */
	struct levelhash_hash *hash;	/* categories: level to code */
	cs_levels	levels;
	int			level_room;
	bool		levels_asked;	/* max_levels was given */
	bool		dropped;		/* category with too many levels, left out */
	struct cs_text_input *text; /* documents */
} cs_input;

typedef struct cs_dataset
{
	cs_env	   *env;
	cs_source  *source;
	int			n_inputs;
	cs_input   *input;
	cs_keys    *keys;			/* NULL when rows have no key */
	bool		weighted;
	char	   *weight_name;
	cs_prep    *prep;
	cs_rows    *rows;			/* raw: features, then the weight */
	uint64		read;			/* rows the source gave */
	uint64		skipped;
	uint64	   *missing;		/* per feature: rows left out because it was NULL or not finite */
	uint64		unfit;			/* rows left out because a point could not be made */
	bool	   *lossy;			/* per feature */
	size_t		budget;			/* bytes */
	size_t		row_overhead;	/* bytes per row that training needs besides the points */
	int			sample_level;	/* rows kept: 1 of 2^level */

	/* groups of rows (dataset_groups.c): the raw float behind the weight is the number of the group */
	int			group_columns;
	char	  **group_column;
	Oid		   *group_type;
	struct cs_dictionary *groups;	/* keys as codes (groups.h) */
	uint64	   *group_read;		/* rows that the source gave, per group */
	int			group_room;
	StringInfoData group_code;

	/* rows that rules pin to segments (dataset_pins.c), which are in none of the above */
	struct cs_pin_columns *pins;
	uint64		pinned;
	uint64	   *pinned_rows;	/* per rule */
	cs_keys    *pinned_keys;	/* not of a sample */
	cs_rows    *pinned_of;		/* one int a key: the rule */

	cs_matrix  *matrix;			/* points */
	size_t		matrix_bytes;
	double		pca;			/* as asked for; 0: none */
	cs_matrix  *coordinates;	/* of the features, in key order, where points are projections of them; else NULL */
	float	   *norm;			/* per row in key order: length before it was made 1; NULL: not */
} cs_dataset;

typedef struct cs_dataset_args
{
	const char *source;
	const char *path;
	Oid			run_as;			/* role, or InvalidOid: the caller */
	const char *key;			/* NULL: rows have no key */
	char	  **features;		/* NULL: all usable columns */
	int			n_features;
	const char *weight;			/* NULL: none */
	char	  **leave_out;		/* columns never taken by default */
	int			n_leave_out;
	Jsonb	   *transforms;
	int			scale;			/* CS_SCALE_... for features that do not say */
	bool		unit_length;
	bool		raw;			/* the algorithm reads values as they are: impute and winsor at most */
	size_t		budget;
	size_t		row_overhead;
	double		pca;			/* option of that name */
	struct cs_pins *pins;		/* rules, or NULL */
	char	  **group_by;		/* columns that tell groups */
	int			n_group_by;
} cs_dataset_args;

/* A CS_SCALE_... by its name, or an error that lists them. */
extern int	cs_scale_named(const char *name);

/* Bytes that a row of a group takes besides a copy of its values: number, label, runner-up, distances and what else is told of it. */
#define CS_GROUPED_ROW 64

/*
 * A text whose terms count (dataset_text.c).  While rows are read, the first raw
 * float of a document is its number, or -1 for NULL; the fit turns it into
 * coordinates.
 */
typedef struct cs_text_input
{
	cs_text_model *model;
	Oid			config;
	char	   *rating;			/* column, or NULL */
	struct cs_dictionary *dictionary;
	cs_documents *documents;
	cs_terms	terms;
	uint64		cut;			/* texts of which only the beginning counts */
	cs_corpus  *corpus;			/* rows in key order */
	uint32	   *row;			/* of the corpus, per row that became a point */
} cs_text_input;

extern void cs_text_input_open(cs_dataset *ds, const cs_dataset_args *args, cs_input *in, const cs_options *o);
extern void cs_text_input_reset(cs_dataset *ds, cs_input *in);

/* One value; false when the row is to be left out.  raw: of the row. */
extern bool cs_text_input_take(cs_dataset *ds, cs_input *in, Datum d, bool isnull, double rating, MemoryContext cxt, float *raw);

/* Documents of the rows that are left alone stay. */
extern void cs_text_inputs_keep(cs_dataset *ds);

/* Bytes that texts take, and whether their numbers run out. */
extern size_t cs_text_inputs_bytes(const cs_dataset *ds, bool *full);

/* Texts of all rows to coordinates. */
extern void cs_text_inputs_fit(cs_dataset *ds);

/* Row i became point number p; before the first one, row 0 makes room. */
extern void cs_text_inputs_point(cs_dataset *ds, size_t i, size_t p);

/* Resolve columns and options; nothing is read yet. */
extern cs_dataset *cs_dataset_open(cs_env *env, const cs_dataset_args *args);

/* Run the source; rows end up in key order, categories coded, transforms fitted. */
extern void cs_dataset_read(cs_dataset *ds, cs_centring centre);

/*
 * The same in two steps, for groups: rows in key order, then the transforms of all of them, which is the end of the
 * codes that categories have in raw rows.
 */
extern void cs_dataset_read_rows(cs_dataset *ds);
extern void cs_dataset_fit(cs_dataset *ds, cs_centring centre);

/* Columns of rules, checked. */
extern void cs_dataset_open_pins(cs_dataset *ds, const cs_dataset_args *args);
extern void cs_dataset_reset_pins(cs_dataset *ds);

/* Is the row pinned?  It is counted and kept; first: number of the first column of rules. */
extern bool cs_dataset_take_pinned(cs_dataset *ds, Datum key, const Datum *value, const bool *isnull, int first);

/* Columns that tell groups, checked. */
extern void cs_dataset_open_groups(cs_dataset *ds, const cs_dataset_args *args);

/* Forget all groups. */
extern void cs_dataset_reset_groups(cs_dataset *ds);

/* Number of the group of a row whose values of these columns are given; it is counted. */
extern int	cs_dataset_take_group(cs_dataset *ds, const Datum *value, const bool *isnull);

static inline int
cs_dataset_group(const cs_dataset *ds, const float *raw)
{
	return (int) raw[ds->prep->n + (ds->weighted ? 1 : 0)];
}

/* Floats of a raw row behind its features. */
static inline int
cs_dataset_others(const cs_dataset *ds)
{
	return (ds->weighted ? 1 : 0) + (ds->group_columns > 0 ? 1 : 0);
}

/* Once all are known: numbers by the order of the keys, in rows and counts. */
extern void cs_dataset_order_groups(cs_dataset *ds);

/* Some rows, ascending, as a dataset of their own with unfitted transforms; it shares what does not change. */
extern cs_dataset *cs_dataset_part(cs_env *env, const cs_dataset *ds, const uint32 *row, size_t n);

/* Bytes that a row takes at the worst moment of training, keys by reference excepted. */
extern size_t cs_dataset_row_bytes(const cs_dataset *ds);

/* Levels above which a category that nobody named is left out. */
#define CS_LEVELS_BY_DEFAULT 100

/* Code of a level, which may be new; 0 once the category has been left out. */
extern float cs_dataset_level(cs_dataset *ds, cs_input *in, const char *text, int len);

/* After reading: leave out categories of which nobody asked and that have too many levels. */
extern void cs_dataset_drop_inputs(cs_dataset *ds);

/* Nothing of the rows that are not in the sample may stay. */
extern void cs_dataset_forget_others(cs_dataset *ds);

/* Is this key part of the sample? */
extern bool cs_dataset_sampled(const cs_dataset *ds, Datum key);

/*
 * Where the tiles of a matrix lie: shared or private memory, block by block.
 * block(arg, b, floats) returns room for block b.
 */
typedef float *(*cs_block_fn) (void *arg, int b, size_t floats);

/*
 * Raw rows to points.  Without block they are private, where possible in the
 * memory of the raw rows, which then stays as long as that of the env.  visit,
 * when not NULL, sees every raw row that became point number i before it is gone.
 * Afterwards rows is empty and matrix is set.
 */
typedef void (*cs_raw_fn) (void *arg, const float *raw, size_t i);

extern void cs_dataset_pack(cs_dataset *ds, cs_block_fn block, void *block_arg,
							cs_raw_fn visit, void *visit_arg);

/* Private memory, for cs_dataset_pack; arg is the env. */
extern float *cs_private_block(void *arg, int b, size_t floats);

/* "3 rows were left out: recency is NULL in 2, ..."; NULL when none were. */
extern char *cs_dataset_skipped(const cs_dataset *ds);

/* What people call a feature: its name, or the column of a text. */
extern const char *cs_dataset_column(const cs_dataset *ds, int feature);

/* The select list that the inputs need, in order: key, weight, inputs, ratings of texts. */
extern char *cs_dataset_select(const cs_dataset *ds);

#endif							/* CS_DATASET_H */
