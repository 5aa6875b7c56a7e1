/*
 * linalg_portable.c - dense linear algebra in plain vector extensions of the
 * compiler, for CPUs without AVX2 and for other architectures.
 */
#define TARGET

typedef float vector_f32 __attribute__((vector_size(16)));
typedef double vector_f64 __attribute__((vector_size(16)));

/* In memory they need the alignment of their elements only. */
typedef float loose_f32 __attribute__((vector_size(16), aligned(4), may_alias));
typedef double loose_f64 __attribute__((vector_size(16), aligned(8), may_alias));

#define FN static TARGET
#define INLINE static inline TARGET __attribute__((always_inline))
#define MR 4
#define VECS 2

#define T float
#define NAME(x) x##_f32
#define DENSE cs_dense_f32
#define W 4
#define KC 256
#define MC 128
#define MOST 3.4028234e38f
#define ROOT(x) __builtin_sqrtf(x)
#define V vector_f32
#define V_SET1(s) ((V) {0} + (s))
#define V_LOAD(p) ((V) *(const loose_f32 *) (p))
#define V_STORE(p, v) (*(loose_f32 *) (p) = (loose_f32) (v))
#define V_FMA(a, b, c) ((a) * (b) + (c))
#define V_FNMA(a, b, c) ((c) - (a) * (b))
#include "core/base/linalg_impl.h"

#define T double
#define NAME(x) x##_f64
#define DENSE cs_dense_f64
#define VECTORS
#define W 2
#define KC 192
#define MC 96
#define MOST 1.7976931348623157e308
#define ROOT(x) __builtin_sqrt(x)
#define V vector_f64
#define V_SET1(s) ((V) {0} + (s))
#define V_LOAD(p) ((V) *(const loose_f64 *) (p))
#define V_STORE(p, v) (*(loose_f64 *) (p) = (loose_f64) (v))
#define V_FMA(a, b, c) ((a) * (b) + (c))
#define V_FNMA(a, b, c) ((c) - (a) * (b))
#include "core/base/linalg_impl.h"

const cs_linalg_kernel cs_linalg_portable = {&dense_f32, &dense_f64, &vector};
