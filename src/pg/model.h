/*
 * model.h - a segmentation as a value: features, transforms, clusters, segments.
 *
 * SQL type clusterseg.model: a document of core/base/doc.h in a varlena.  Its
 * fields:
 *	kind		"segmentation"
 *	seed		text
 *	columns		list of {name, width}: input columns; width 0 is a scalar, else an array, or a
 *				text where the features are those of one
 *	prep		transforms (core/prep/prep_doc.c)
 *	fit			algorithm and clusters (core/cluster/registry.c)
 *	segments	{ids, labels, sizes, radius, reach, rows, variance}, for models
 *				without centres in the space of the features' coordinates that do not
 *				explain rows themselves: means
 *	training	{rows_read, rows_skipped, rows_learned}: of models that no catalog describes
 *	groups		models of groups of rows (groups.h)
 *	pinned		rules that come first (pins.h)
 */
#ifndef CS_PG_MODEL_H
#define CS_PG_MODEL_H

#include "postgres.h"

#include "core/cluster/clusterer.h"
#include "core/prep/prep.h"
#include "pg/compat.h"

typedef struct cs_column
{
	char	   *name;
	int			width;			/* 0: scalar; else elements of an array */
	int			first;			/* number of its first feature */
	const cs_text_model *text;	/* a text of so many features, or NULL */
} cs_column;

typedef struct cs_model
{
	int64		seed;
	int			columns;
	cs_column  *column;
	cs_prep    *prep;
	cs_scorer  *scorer;

	int			k;				/* clusters */
	int		   *segment_id;		/* of each cluster */
	char	  **label;
	double	   *size;			/* rows (weights aside) */
	double	   *radius;			/* root mean square distance */
	double	   *reach;			/* distance that 99.9 % stay within */
	double		rows;
	double		variance;		/* mean squared distance per coordinate */
	double	   *means;			/* k x prep->wide, or NULL: the centres tell */

	/* where no catalog tells (training): rows given, left out, learned from; read 0: not noted */
	double		read;
	double		skipped;
	double		learned;

	struct cs_groups *groups;	/* models of groups of rows, for which this one is the parent; or NULL */
	struct cs_pins *pins;		/* rules that come first, or NULL */
} cs_model;

/* What is typical of the clusters: their means or centres, k x prep->wide; NULL: neither. */
static inline const double *
cs_model_typical(const cs_model *m)
{
	return m->means || m->scorer->centers == NULL ? m->means : m->scorer->centers->c;
}

/* Does a model keep the means of its clusters? */
static inline bool
cs_model_keeps_means(const cs_scorer *s, const cs_prep *p)
{
	return (s->centers == NULL || p->axes) && s->algorithm->explain == NULL;
}

/* A model of checked bytes, in memory of the env; fails with CS_E_DATA. */
extern cs_model *cs_model_load(cs_env *env, const unsigned char *bytes, size_t len);

/* The same with all that it holds read, as groups are else when they are needed: for values of an unknown hand. */
extern cs_model *cs_model_load_all(cs_env *env, const unsigned char *bytes, size_t len);

/* A model within a document, of the same columns as its parent. */
extern cs_model *cs_model_load_part(cs_env *env, const cs_model *parent, cs_value part);

/* The document of a model whose fit is given. */
extern struct varlena *cs_model_save(cs_env *env, const cs_model *m, const cs_fit *fit);

/* What a document of a whole has of it as a part: transforms, fit, segments. */
extern cs_value cs_model_save_part(cs_env *env, const cs_model *m, const cs_fit *fit);

/* A document as a value of the type. */
extern struct varlena *cs_model_finish(cs_env *env, cs_writer *w);

/* Bytes of a (detoasted) value of type clusterseg.model. */
#define CS_MODEL_BYTES(v) ((const unsigned char *) VARDATA_ANY(v))
#define CS_MODEL_LEN(v) ((size_t) VARSIZE_ANY_EXHDR(v))

/* What people call a feature: its name, or the column of a text. */
extern const char *cs_model_feature_name(const cs_model *m, int feature);

/* Cluster with the given stable id, or -1. */
extern int	cs_model_cluster(const cs_model *m, int segment_id);

#endif							/* CS_PG_MODEL_H */
