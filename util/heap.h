/*
 * How the heap deals with large blocks, for a process that lives for months. Called once, when the
 * program begins and has one thread.
 */
#ifndef SCHEDTOP_UTIL_HEAP_H
#define SCHEDTOP_UTIL_HEAP_H

#include <stddef.h>

/* Blocks of this size and more go back to the kernel when they are freed. */
#define HEAP_LARGE_BYTES ((size_t)1 << 20)

void heap_return_large(void);

#endif
