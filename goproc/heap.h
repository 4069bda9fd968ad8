/*
 * The garbage collector's account of itself: cycles, live heap, goal, and what became of the
 * processors' time until the end of the last cycle. Its variables have no descriptors and nothing
 * refers to them in a way that could be recognized, so they are known where there is a symbol table
 * and the release is in the table of layouts, and unknown everywhere else.
 *
 * Plain functions over a struct memory; the thread of its owner.
 */
#ifndef SCHEDTOP_GOPROC_HEAP_H
#define SCHEDTOP_GOPROC_HEAP_H

#include "goproc/goproc.h"
#include "goproc/layouts.h"
#include "goproc/memory.h"
#include "goproc/topology.h"

/* Reads all of it in one call. What can't be read or known is GOPROC_UNKNOWN; with `layout` NULL,
   that is everything. */
void heap_read(struct memory *memory, const struct globals *globals,
               const struct collector_layout *layout, struct goproc_heap *heap);

#endif
