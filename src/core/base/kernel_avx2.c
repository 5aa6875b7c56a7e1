/*
 * kernel_avx2.c - kernels for AVX2 with fused multiply-add: eight lanes.
 * Built in every x86-64 build, called only where the CPU has the instructions.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#define KERNEL cs_kernel_avx2
#define KERNEL_NAME "avx2"
#define TARGET __attribute__((target("avx2,fma")))
#define W 8
#define KB 4

typedef __m256 VF;
typedef __m256i VI;
typedef __m256 MASK;

#define V_SET1(s) _mm256_set1_ps(s)
#define VI_SET1(s) _mm256_set1_epi32(s)
#define V_MIN(a, b) _mm256_min_ps(a, b)
#define V_MAX(a, b) _mm256_max_ps(a, b)
#define V_LOAD(p) _mm256_load_ps(p)
#define V_STORE(p, v) _mm256_store_ps(p, v)
#define VI_LOAD(p) _mm256_load_si256((const __m256i *) (p))
#define VI_STORE(p, v) _mm256_store_si256((__m256i *) (p), v)
#define V_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define V_FNMA(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define V_LT(a, b) _mm256_cmp_ps(a, b, _CMP_LT_OQ)
#define V_SEL(m, a, b) _mm256_blendv_ps(b, a, m)
#define VI_SEL(m, a, b) _mm256_blendv_epi8(b, a, _mm256_castps_si256(m))
#define V_SQRT(v) _mm256_sqrt_ps(v)
#define V_ROOT(v) _mm256_sqrt_ps(v)
#define V_BITS(m) ((unsigned) _mm256_movemask_ps(m))
#define V_LEAST(v) least_lane(v)
#define V_GATHER(p, o) _mm256_i32gather_ps(p, VI_LOAD(o), 4)
#define MOVE_8(x, w, in, out) move_8(x, w, in, out)
#define VI_DIFFER(a, b) \
	(~(unsigned) _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b))) & 0xFFu)

TARGET static inline float
least_lane(VF v)
{
	__m128		m = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));

	m = _mm_min_ps(m, _mm_movehl_ps(m, m));
	return _mm_cvtss_f32(_mm_min_ss(m, _mm_shuffle_ps(m, m, 1)));
}

/* Eight features of one lane: added to one centre's sums, taken from another's. */
TARGET static inline void
move_8(const float *x, double w, double *in, double *out)
{
	const __m128i step = _mm_setr_epi32(0, 32, 64, 96);

	for (int h = 0; h < 8; h += 4)
	{
		__m256d		v = _mm256_mul_pd(_mm256_set1_pd(w), _mm256_cvtps_pd(_mm_i32gather_ps(x + h * 32, step, 4)));

		_mm256_storeu_pd(in + h, _mm256_add_pd(_mm256_loadu_pd(in + h), v));
		if (out)
			_mm256_storeu_pd(out + h, _mm256_sub_pd(_mm256_loadu_pd(out + h), v));
	}
}

#include "core/base/kernel_impl.h"
#endif
