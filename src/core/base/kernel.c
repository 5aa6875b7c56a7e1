/*
 * kernel.c - choice of the vector code at run time (see kernel.h).
 */
#include "core/base/kernel.h"

#include <string.h>

const cs_kernel *
cs_kernel_find(const char *name)
{
	bool		any = name == NULL || strcmp(name, "auto") == 0;

#if defined(__x86_64__)
	__builtin_cpu_init();
	if ((any || strcmp(name, "avx512") == 0) &&
		__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512dq"))
		return &cs_kernel_avx512;
	if ((any || strcmp(name, "avx2") == 0) &&
		__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return &cs_kernel_avx2;
#endif
	if (any || strcmp(name, "portable") == 0)
		return &cs_kernel_portable;
	return NULL;
}

cs_packed *
cs_packed_new(cs_env *env, int k, int d)
{
	cs_packed  *p = CS_NEW(env, cs_packed, 1);
	size_t		kp = cs_kernel_centers(k);

	p->k = k;
	p->d = d;
	p->c = CS_NEW(env, float, kp * (size_t) d);
	p->h = CS_NEW(env, float, kp);
	return p;
}

void
cs_packed_free(cs_env *env, cs_packed *p)
{
	cs_release(env, p->c);
	cs_release(env, p->h);
	cs_release(env, p);
}
