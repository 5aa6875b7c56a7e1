/*
 * initfirst.c - starts AddressSanitizer before any other library's constructor
 * (servers.sh says why).  Linked with -z initfirst and preloaded after libasan.
 */
extern void __asan_init(void);

__attribute__((constructor)) static void
first(void)
{
	__asan_init();
}
