/*
 * linalg_f64.c - products and factors in double precision (see linalg.h).
 */
#define T double
#define PRECISION f64
#define NAME(x) x##_f64
#define PUBLIC(x) cs_##x

#include "core/base/linalg_product_impl.h"
#include "core/base/linalg_factor_impl.h"
