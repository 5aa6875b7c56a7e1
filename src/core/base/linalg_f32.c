/*
 * linalg_f32.c - products and factors in single precision (see linalg.h).
 */
#define T float
#define PRECISION f32
#define NAME(x) x##_f32
#define PUBLIC(x) cs_##x##f

#include "core/base/linalg_product_impl.h"
#include "core/base/linalg_factor_impl.h"
