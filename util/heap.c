#include "util/heap.h"

#include <malloc.h>

/*
 * glibc takes each large block that is freed for a sign that more of its kind come, and from then
 * on cuts them, up to 32 MiB, out of the heap of the thread that asks. What has been put behind one
 * meanwhile keeps its place from going back, and each thread has a heap of its own: a recorder that
 * begins a file, and a bundle whenever a rule is broken, left 14 MiB behind now and then. A
 * threshold that was set stays where it is; so does the one for what is free at the heap's end,
 * which would otherwise be given back and taken again in pieces of 128 KiB.
 */
void heap_return_large(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, (int)HEAP_LARGE_BYTES);
	mallopt(M_TRIM_THRESHOLD, (int)(2 * HEAP_LARGE_BYTES));
#endif
}
