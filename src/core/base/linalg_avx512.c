/*
 * linalg_avx512.c - dense linear algebra for AVX-512: 32 registers of 16 floats
 * or 8 doubles.  Built in every x86-64 build, called only where the CPU has the
 * instructions.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma")))
#define FN static TARGET
#define INLINE static inline TARGET __attribute__((always_inline))
#define MR 12
#define VECS 4

#define T float
#define NAME(x) x##_f32
#define DENSE cs_dense_f32
#define W 16
#define KC 320
#define MC 240
#define MOST 3.4028234e38f
#define ROOT(x) __builtin_sqrtf(x)
#define V __m512
#define V_SET1(s) _mm512_set1_ps(s)
#define V_LOAD(p) _mm512_loadu_ps(p)
#define V_STORE(p, v) _mm512_storeu_ps(p, v)
#define V_FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define V_FNMA(a, b, c) _mm512_fnmadd_ps(a, b, c)
#include "core/base/linalg_impl.h"

#define T double
#define NAME(x) x##_f64
#define DENSE cs_dense_f64
#define VECTORS
#define W 8
#define KC 256
#define MC 144
#define MOST 1.7976931348623157e308
#define ROOT(x) __builtin_sqrt(x)
#define V __m512d
#define V_SET1(s) _mm512_set1_pd(s)
#define V_LOAD(p) _mm512_loadu_pd(p)
#define V_STORE(p, v) _mm512_storeu_pd(p, v)
#define V_FMA(a, b, c) _mm512_fmadd_pd(a, b, c)
#define V_FNMA(a, b, c) _mm512_fnmadd_pd(a, b, c)
#include "core/base/linalg_impl.h"

const cs_linalg_kernel cs_linalg_avx512 = {&dense_f32, &dense_f64, &vector};
#endif
