/*
 * convert.h - from SQL values to the raw floats of features.
 *
 * The same conversions serve training and assignment, so that a row gives the
 * same point in both.
 */
#ifndef CS_CONVERT_H
#define CS_CONVERT_H

#include "postgres.h"

#include <math.h>

#include "core/prep/prep.h"

typedef enum cs_conv
{
	CONV_NONE,					/* cannot be a feature */
	CONV_FLOAT8,
	CONV_FLOAT4,
	CONV_INT2,
	CONV_INT4,
	CONV_INT8,
	CONV_NUMERIC,
	CONV_BOOL,
	CONV_DATE,					/* days since 2000-01-01 */
	CONV_TIMESTAMP,				/* days since 2000-01-01, with or without zone */
	CONV_INTERVAL,				/* days; a month counts 30.4375 */
	CONV_TEXT,					/* category: text, varchar, char(n) */
	CONV_OUTPUT,				/* category: any other type, by its output function */
	CONV_DOCUMENT,				/* text whose terms count; in training only */
	CONV_FLOAT8_ARRAY,
	CONV_FLOAT4_ARRAY
} cs_conv;

/*
 * How a type becomes a feature.  cast_to_real: the type itself does not, but the
 * server can cast it to real[], as it can pgvector's vector.
 */
extern cs_conv cs_conv_of_type(Oid type, bool *cast_to_real);

static inline bool
cs_conv_is_number(cs_conv c)
{
	return c >= CONV_FLOAT8 && c <= CONV_INTERVAL;
}

static inline bool
cs_conv_is_time(cs_conv c)
{
	return c == CONV_DATE || c == CONV_TIMESTAMP || c == CONV_INTERVAL;
}

static inline bool
cs_conv_is_category(cs_conv c)
{
	return c == CONV_TEXT || c == CONV_OUTPUT;
}

static inline bool
cs_conv_is_array(cs_conv c)
{
	return c == CONV_FLOAT8_ARRAY || c == CONV_FLOAT4_ARRAY;
}

/* A number; NaN for what is not finite. */
extern double cs_convert_number(cs_conv c, Datum d);

/* The same without a call for the most frequent type. */
static inline double
cs_number_of(cs_conv c, Datum d)
{
	if (c == CONV_FLOAT8)
	{
		double		v = DatumGetFloat8(d);

		return v - v == 0 ? v : (double) NAN;
	}
	return cs_convert_number(c, d);
}

/*
 * Numbers for people.  Feature values are single precision: a value that was 2.8
 * is shown as 2.8, not as the double next to it, and statistics of such values
 * with the digits that they can be trusted for.
 */
extern double cs_tidy_value(double v);	/* a value of a row */
extern double cs_tidy_mean(double v);	/* 8 significant digits */

/* What is so near to 0 that its values are known only as digits of their spread: 2 and 0, not 1.9999999 and -5e-07. */
extern double cs_tidy_within(double v, double spread, int digits);

/* The text of a category, not terminated; may be palloc'd. */
extern const char *cs_convert_text(cs_conv c, Oid type, Datum d, int *len);

/* A one-dimensional array as it lies in a datum, aligned or not. */
typedef struct cs_array
{
	int			n;				/* elements; -1: more than one dimension */
	bool		has_nulls;
	Oid			type;			/* of its elements */
	bool		wide;			/* float8 */
	const char *data;			/* first element; valid unless has_nulls */
	void	   *array;			/* detoasted datum */
} cs_array;

extern cs_array cs_open_array(Datum d);

/* Element i in double precision as it is, NaN for NULL. */
extern double cs_array_number(const cs_array *a, int i);

/* Element i as a feature: NaN for NULL and what is not finite in single precision. */
extern double cs_array_element(const cs_array *a, int i);

/* Raw value of a number under a feature's shift; sets *lossy when rounding lost digits. */
static inline float
cs_raw_number(const cs_feature *f, double v, bool *lossy)
{
	float		raw = (float) (v - f->shift);

	if (lossy && (double) raw != v - f->shift && v == v)
		*lossy = true;
	return raw;
}

/* The same of a row: what single precision cannot hold (beyond 3.4e38) is missing, as infinity is. */
static inline float
cs_raw_of_row(const cs_feature *f, double v, bool *lossy)
{
	float		raw = cs_raw_number(f, v, lossy);

	return isinf(raw) ? NAN : raw;
}

#endif							/* CS_CONVERT_H */
