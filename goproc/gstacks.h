/*
 * The stacks of goroutines that do not run, read out of the live process: for many of them the
 * innermost part, to tell at which place of the program they stand, and whole ones for a few.
 *
 * A stack may change while it is read. Together with it, and after it, its G is read once more:
 * when that one has not run in between, the stack is exact, else it is given up and is unknown.
 *
 * Part of a goproc and of its thread; works on what a struct gs has read.
 */
#ifndef SCHEDTOP_GOPROC_GSTACKS_H
#define SCHEDTOP_GOPROC_GSTACKS_H

#include <stddef.h>
#include <stdint.h>

#include "goproc/gs.h"
#include "goproc/unwind.h"

#define GSTACKS_SITES_MAX 256

struct gstacks {
	/* Filled by the owner; borrowed. */
	struct gs *gs;
	struct unwinder *unwinder;

	/* Its own; zero at the beginning. */
	struct gstacks_scratch *scratch;
	uint32_t generation; /* of the unwinder's numbers that are remembered */
	size_t left;         /* stacks that may be read yet, in this reading */
	uint32_t from, next; /* the first handle whose stack may be read now, and next time */
};

/* Begins a reading of all goroutines, for which at most that many stacks are read. Those that are
   left over have their turn in the next one. */
void gstacks_begin(struct gstacks *stacks, size_t budget);
/* Tells where the rows of a chunk stand: goroutine.at. Those that have not run since they were
   looked at the last time still stand there. */
enum memory_result gstacks_place(struct gstacks *stacks, struct gs_row *row, size_t n);

/* The sites of a whole stack, innermost first; *sites of GSTACKS_SITES_MAX at most, 0 when it is
   not known. Borrowed until the next call. */
enum memory_result gstacks_read(struct gstacks *stacks, uint32_t handle, int64_t goid,
                                const uint32_t **site, size_t *sites);

void gstacks_finish(struct gstacks *stacks);

#endif
