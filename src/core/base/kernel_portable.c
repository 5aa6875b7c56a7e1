/*
 * kernel_portable.c - kernels in plain vector extensions of the compiler, for
 * CPUs without AVX2 and for other architectures: four lanes at a time.
 */
#define KERNEL cs_kernel_portable
#define KERNEL_NAME "portable"
#define TARGET
#define W 4
#define KB 4

typedef float VF __attribute__((vector_size(16), aligned(16), may_alias));
typedef int VI __attribute__((vector_size(16), aligned(16), may_alias));
typedef VI MASK;

#define V_SET1(s) ((VF) {0} + (s))
#define VI_SET1(s) ((VI) {0} + (s))
#define V_MIN(a, b) V_SEL(V_LT(a, b), a, b)
#define V_MAX(a, b) V_SEL(V_LT(b, a), a, b)
#define V_LOAD(p) (*(const VF *) (p))
#define V_STORE(p, v) (*(VF *) (p) = (v))
#define VI_LOAD(p) (*(const VI *) (p))
#define VI_STORE(p, v) (*(VI *) (p) = (v))
#define V_FMA(a, b, c) ((a) * (b) + (c))
#define V_FNMA(a, b, c) ((c) - (a) * (b))
#define V_LT(a, b) ((MASK) ((a) < (b)))
#define V_SEL(m, a, b) ((VF) (((m) & (VI) (a)) | (~(m) & (VI) (b))))
#define VI_SEL(m, a, b) (((m) & (a)) | (~(m) & (b)))
#define V_SQRT(v) ((VF) {__builtin_sqrtf((v)[0]), __builtin_sqrtf((v)[1]), __builtin_sqrtf((v)[2]), __builtin_sqrtf((v)[3])})
#define V_ROOT(v) V_SQRT(v)
#define V_BITS(m) mask_bits(m)
#define V_LEAST(v) least_lane(v)
#define VI_DIFFER(a, b) mask_bits((MASK) ((a) != (b)))

static inline unsigned
mask_bits(MASK m)
{
	return (m[0] ? 1u : 0u) | (m[1] ? 2u : 0u) | (m[2] ? 4u : 0u) | (m[3] ? 8u : 0u);
}

static inline float
least_lane(VF v)
{
	float		a = v[0] < v[1] ? v[0] : v[1],
				b = v[2] < v[3] ? v[2] : v[3];

	return a < b ? a : b;
}

#include "core/base/kernel_impl.h"
