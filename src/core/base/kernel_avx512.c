/*
 * kernel_avx512.c - kernels for AVX-512: sixteen lanes.
 * Built in every x86-64 build, called only where the CPU has the instructions.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL cs_kernel_avx512
#define KERNEL_NAME "avx512"
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma")))
#define W 16
#define KB 8

typedef __m512 VF;
typedef __m512i VI;
typedef __mmask16 MASK;

#define V_SET1(s) _mm512_set1_ps(s)
#define VI_SET1(s) _mm512_set1_epi32(s)
#define V_MIN(a, b) _mm512_min_ps(a, b)
#define V_MAX(a, b) _mm512_max_ps(a, b)
#define V_LOAD(p) _mm512_load_ps(p)
#define V_STORE(p, v) _mm512_store_ps(p, v)
#define VI_LOAD(p) _mm512_load_si512(p)
#define VI_STORE(p, v) _mm512_store_si512(p, v)
#define V_FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define V_FNMA(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define V_LT(a, b) _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)
#define V_SEL(m, a, b) _mm512_mask_blend_ps(m, b, a)
#define VI_SEL(m, a, b) _mm512_mask_blend_epi32(m, b, a)
#define V_SQRT(v) _mm512_sqrt_ps(v)
#define V_ROOT(v) _mm512_mul_ps(v, _mm512_rsqrt14_ps(v))
#define V_BITS(m) ((unsigned) (m))
#define V_LEAST(v) _mm512_reduce_min_ps(v)
#define V_GATHER(p, o) _mm512_i32gather_ps(VI_LOAD(o), p, 4)
#define MOVE_8(x, w, in, out) move_8(x, w, in, out)
#define VI_DIFFER(a, b) ((unsigned) _mm512_cmpneq_epi32_mask(a, b))

/* Eight features of one lane: added to one centre's sums, taken from another's. */
TARGET static inline void
move_8(const float *x, double w, double *in, double *out)
{
	const __m256i step = _mm256_setr_epi32(0, 32, 64, 96, 128, 160, 192, 224);
	__m512d		v = _mm512_mul_pd(_mm512_set1_pd(w), _mm512_cvtps_pd(_mm256_i32gather_ps(x, step, 4)));

	_mm512_storeu_pd(in, _mm512_add_pd(_mm512_loadu_pd(in), v));
	if (out)
		_mm512_storeu_pd(out, _mm512_sub_pd(_mm512_loadu_pd(out), v));
}

#include "core/base/kernel_impl.h"
#endif
