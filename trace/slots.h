/*
 * Room for what a visitor knows of each goroutine, P or thread: an array by slot that grows as
 * slots are used for the first time. The caller owns the array, which is NULL at first; one thread.
 */
#ifndef SCHEDTOP_TRACE_SLOTS_H
#define SCHEDTOP_TRACE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

/* Room for slots 0...n-1 in `array`, which has room for `slots`. New ones are like *blank, or all
   zero where that is NULL. false: no memory, and all is as it was. */
#define SLOTS_FIT(array, slots, n, blank) \
	((n) <= (slots) || slots_grow(&(array), &(slots), (n), sizeof *(array), (blank)))

bool slots_grow(void *array, size_t *slots, size_t n, size_t size, const void *blank);

#endif
