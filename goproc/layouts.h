/*
 * Where runtime.schedt and the garbage collector's variables keep their fields, by Go version. No
 * Go binary describes these by itself, so the tables are generated from the toolchains by
 * tools/layouts. Constant data; any thread.
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

/* The collector's: three variables, whole, for their sizes; numgc of memstats, Time fields of
   work.cpuStats, the others of gcController. */
#define COLLECTOR_FIELDS(X) \
	X(memstats)             \
	X(gcController)         \
	X(work)                 \
	X(numgc)                \
	X(heapMarked)           \
	X(heapGoal)             \
	X(gcPercentHeapGoal)    \
	X(sweepDistMinTrigger)  \
	X(triggered)            \
	X(memoryLimit)          \
	X(totalTime)            \
	X(idleTime)             \
	X(gcTotalTime)          \
	X(gcAssistTime)

struct collector_layout {
	int first, last;
	COLLECTOR_FIELDS(LAYOUT_DECLARE)
};
#undef LAYOUT_DECLARE

/* The layout in Go 1.minor, or NULL: not known. */
const struct layout *layout_find(int minor);
const struct collector_layout *layout_find_collector(int minor);
/* The versions there are layouts for. */
int layout_oldest(void);
int layout_newest(void);
/* How many bytes of schedt hold all the fields. */
size_t layout_bytes(const struct layout *layout);

#endif
