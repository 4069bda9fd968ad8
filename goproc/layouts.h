/*
 * Where runtime.schedt keeps its fields, by Go version, and what belongs to the garbage collector.
 * No Go binary describes these structures by itself, so the tables are generated from the
 * toolchains by tools/layouts. Constant data; any thread.
 */
#ifndef SCHEDTOP_GOPROC_LAYOUTS_H
#define SCHEDTOP_GOPROC_LAYOUTS_H

#include <stddef.h>

/* Named as in the runtime, with dots replaced by underscores; the same list as in tools/layouts.
   gfree_stack and gfree_nostack are gFree.stack.size and gFree.noStack.size of 1.25, gfree_n is
   gFree.n of before, which is their sum; runq_size was runqsize before 1.25. */
#define LAYOUT_FIELDS(X)    \
	X(goidgen)              \
	X(midle)                \
	X(nmidle)               \
	X(nmidlelocked)         \
	X(mnext)                \
	X(maxmcount)            \
	X(nmsys)                \
	X(nmfreed)              \
	X(ngsys)                \
	X(pidle)                \
	X(npidle)               \
	X(nmspinning)           \
	X(needspinning)         \
	X(runq_size)            \
	X(gfree_stack)          \
	X(gfree_nostack)        \
	X(gfree_n)              \
	X(gcwaiting)            \
	X(stopwait)             \
	X(sysmonwait)           \
	X(timeToRun)            \
	X(idleTime)             \
	X(totalMutexWaitTime)   \
	X(stwStoppingTimeGC)    \
	X(stwStoppingTimeOther) \
	X(stwTotalTimeGC)       \
	X(stwTotalTimeOther)    \
	X(goroutinesCreated)    \
	X(totalRuntimeLockWaitTime)

/* A field of schedt: its offset and size, atomic wrappers removed. off < 0: not in this version. */
struct layout_field {
	int off, size;
};

#define LAYOUT_DECLARE(name) struct layout_field name;
struct layout {
	int first, last; /* minor versions: Go 1.first to 1.last */
	LAYOUT_FIELDS(LAYOUT_DECLARE)
};
#undef LAYOUT_DECLARE

/* What the garbage collector keeps: runtime.gcController, memstats and work, of which the first
   three are the sizes. */
#define GC_LAYOUT_FIELDS(X) \
	X(controller)           \
	X(memstats)             \
	X(work)                 \
	X(heap_marked)          \
	X(heap_goal)            \
	X(memory_limit)         \
	X(sweep_trigger)        \
	X(triggered)            \
	X(heap_free)            \
	X(total_alloc)          \
	X(total_free)           \
	X(mapped_ready)         \
	X(cycles)               \
	X(cycles_forced)        \
	X(cpu_total)            \
	X(cpu_idle)             \
	X(cpu_gc)               \
	X(cpu_assist)

#define LAYOUT_DECLARE(name) struct layout_field name;
struct gc_layout {
	int first, last;
	GC_LAYOUT_FIELDS(LAYOUT_DECLARE)
};
#undef LAYOUT_DECLARE

/* The layout in Go 1.minor, or NULL: not known. */
const struct layout *layout_find(int minor);
const struct gc_layout *gc_layout_find(int minor);
/* The versions there are layouts for. */
int layout_oldest(void);
int layout_newest(void);
/* How many bytes of schedt hold all the fields. */
size_t layout_bytes(const struct layout *layout);

#endif
