/*
 * convert.c - SQL values to numbers and levels (see convert.h).
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "pg/convert.h"

#define DAY_USECS ((double) USECS_PER_DAY)

cs_conv
cs_conv_of_type(Oid type, bool *cast_to_real)
{
	Oid			func;

	*cast_to_real = false;
	type = getBaseType(type);
	switch (type)
	{
		case FLOAT8OID:
			return CONV_FLOAT8;
		case FLOAT4OID:
			return CONV_FLOAT4;
		case INT2OID:
			return CONV_INT2;
		case INT4OID:
			return CONV_INT4;
		case INT8OID:
			return CONV_INT8;
		case NUMERICOID:
			return CONV_NUMERIC;
		case BOOLOID:
			return CONV_BOOL;
		case DATEOID:
			return CONV_DATE;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return CONV_TIMESTAMP;
		case INTERVALOID:
			return CONV_INTERVAL;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return CONV_TEXT;
		case NAMEOID:
		case CHAROID:
		case UUIDOID:
			return CONV_OUTPUT;
		case FLOAT8ARRAYOID:
			return CONV_FLOAT8_ARRAY;
		case FLOAT4ARRAYOID:
			return CONV_FLOAT4_ARRAY;
		default:
			break;
	}
	if (type_is_enum(type))
		return CONV_OUTPUT;

	/* arrays of other numbers, and vectors of extensions */
	if (find_coercion_pathway(FLOAT4ARRAYOID, type, COERCION_ASSIGNMENT, &func) == COERCION_PATH_FUNC ||
		type == INT4ARRAYOID || type == INT2ARRAYOID || type == INT8ARRAYOID || type == NUMERICARRAYOID)
	{
		*cast_to_real = true;
		return CONV_FLOAT4_ARRAY;
	}
	return CONV_NONE;
}

/* What single precision cannot hold counts as not finite: it would become infinite. */
static double
finite_or_nan(double v)
{
	return isfinite(v) && isfinite((float) v) ? v : NAN;
}

static double
timestamp_days(Timestamp t)
{
	return TIMESTAMP_NOT_FINITE(t) ? NAN : (double) t / DAY_USECS;
}

static double
interval_days(const Interval *i)
{
	return (double) i->time / DAY_USECS + i->day + i->month * 30.4375;
}

double
cs_convert_number(cs_conv c, Datum d)
{
	switch (c)
	{
		case CONV_FLOAT8:
			return finite_or_nan(DatumGetFloat8(d));
		case CONV_FLOAT4:
			return finite_or_nan((double) DatumGetFloat4(d));
		case CONV_INT2:
			return DatumGetInt16(d);
		case CONV_INT4:
			return DatumGetInt32(d);
		case CONV_INT8:
			return (double) DatumGetInt64(d);
		case CONV_NUMERIC:
			return finite_or_nan(DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, d)));
		case CONV_BOOL:
			return DatumGetBool(d) ? 1 : 0;
		case CONV_DATE:
			return DATE_NOT_FINITE(DatumGetDateADT(d)) ? NAN : (double) DatumGetDateADT(d);
		case CONV_TIMESTAMP:
			return timestamp_days(DatumGetTimestamp(d));
		case CONV_INTERVAL:
			return interval_days(DatumGetIntervalP(d));
		default:
			return NAN;
	}
}

double
cs_tidy_value(double v)
{
	char		buf[FLOAT_SHORTEST_DECIMAL_LEN];

	if (!isfinite(v) || !isfinite((float) v))
		return v;
	float_to_shortest_decimal_buf((float) v, buf);
	return strtod(buf, NULL);
}

static double
tidy(double v, int digits)
{
	char		buf[32];

	if (!isfinite(v))
		return v;
	snprintf(buf, sizeof(buf), "%.*g", digits, v);
	return strtod(buf, NULL);
}

double
cs_tidy_within(double v, double spread, int digits)
{
	double		unit = pow(10, floor(log10(fmax(fabs(v), spread))) - digits + 1);

	/* a sum with 0 leaves no -0 */
	return isfinite(v) && isfinite(unit) && unit > 0 && fabs(v) < spread ? tidy(rint(v / unit) * unit, digits) + 0.0 : tidy(v, digits);
}

double
cs_tidy_mean(double v)
{
	return tidy(v, 8);
}

const char *
cs_convert_text(cs_conv c, Oid type, Datum d, int *len)
{
	Oid			out;
	bool		varlena;
	char	   *s;

	if (c == CONV_TEXT)
	{
		struct varlena *t = PG_DETOAST_DATUM_PACKED(d);

		*len = VARSIZE_ANY_EXHDR(t);
		s = VARDATA_ANY(t);

		/* char(n) is padded with blanks that mean nothing */
		while (type == BPCHAROID && *len > 0 && s[*len - 1] == ' ')
			(*len)--;
		return s;
	}
	getTypeOutputInfo(type, &out, &varlena);
	s = OidOutputFunctionCall(out, d);
	*len = strlen(s);
	return s;
}

/*
 * Small arrays come with a short header, which leaves their elements unaligned;
 * copying each just to align it would cost more than reading it as it is.
 */
cs_array
cs_open_array(Datum d)
{
	struct varlena *v = PG_DETOAST_DATUM_PACKED(d);
	const char *p = VARDATA_ANY(v);
	int32		head[4];		/* ndim, dataoffset, elemtype, first dimension */
	cs_array	a = {0};

	memcpy(head, p, 3 * sizeof(int32));
	a.array = v;
	a.type = (Oid) head[2];
	a.wide = a.type == FLOAT8OID;
	a.has_nulls = head[1] != 0;
	if (head[0] == 0)
		return a;
	memcpy(&head[3], p + 3 * sizeof(int32), sizeof(int32));
	a.n = head[0] == 1 ? head[3] : -1;
	a.data = p + (a.has_nulls ? head[1] : (int) ARR_OVERHEAD_NONULLS(1)) - VARHDRSZ;
	return a;
}

static double
element_with_nulls(const cs_array *a, int i)
{
	ArrayType  *array = DatumGetArrayTypeP(PointerGetDatum(a->array));
	int			subscript = ARR_LBOUND(array)[0] + i;
	bool		isnull;
	Datum		e = array_get_element(PointerGetDatum(array), 1, &subscript, -1,
									  a->wide ? 8 : 4, a->wide ? FLOAT8PASSBYVAL : true,
									  a->wide ? TYPALIGN_DOUBLE : TYPALIGN_INT, &isnull);

	if (isnull)
		return NAN;
	return a->wide ? DatumGetFloat8(e) : (double) DatumGetFloat4(e);
}

double
cs_array_number(const cs_array *a, int i)
{
	if (a->has_nulls)
		return element_with_nulls(a, i);
	if (a->wide)
	{
		double		v;

		memcpy(&v, a->data + sizeof(double) * i, sizeof(v));
		return v;
	}
	else
	{
		float		v;

		memcpy(&v, a->data + sizeof(float) * i, sizeof(v));
		return (double) v;
	}
}

double
cs_array_element(const cs_array *a, int i)
{
	return finite_or_nan(cs_array_number(a, i));
}
