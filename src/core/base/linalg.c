/*
 * linalg.c - choice of the vector code of dense linear algebra, which is that of
 * the env's kernel, and the room that teams need (see linalg.h).
 */
#include "core/base/linalg.h"
#include "core/base/linalg_kernel.h"
#include "core/base/linalg_share.h"

const cs_linalg_kernel *
cs_linalg_of(const cs_env *env)
{
#if defined(__x86_64__)
	if (env->kernel == &cs_kernel_avx512)
		return &cs_linalg_avx512;
	if (env->kernel == &cs_kernel_avx2)
		return &cs_linalg_avx2;
#endif
	return &cs_linalg_portable;
}

size_t
cs_product_arena(size_t m, size_t n, size_t k, size_t size)
{
	size_t		most = m == 0 || n > CS_SMALL_RESULT / m ? CS_SMALL_RESULT : m * n,
				slices = k < 2 * CS_SLICE ? 0 : least(k / CS_SLICE, CS_MAX_SLICES);

	return cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(slices * most, size);
}

size_t
cs_factor_arena(size_t n, size_t size)
{
	return cs_team_bytes(1, sizeof(cs_queue)) + cs_team_bytes(1, sizeof(size_t)) +
		cs_team_bytes(n * least(n, CS_STEP), size);
}
