/*
 * The events of Go's execution trace, format 2 (Go 1.22 and later), as internal/trace/tracev2
 * numbers them, and a table of how each is written. Constant data; any thread.
 */
#ifndef SCHEDTOP_TRACE_FORMAT_H
#define SCHEDTOP_TRACE_FORMAT_H

#include <stdint.h>

enum trace_event_type {
	EV_NONE,
	EV_EVENT_BATCH,
	EV_STACKS,
	EV_STACK,
	EV_STRINGS,
	EV_STRING,
	EV_CPU_SAMPLES,
	EV_CPU_SAMPLE,
	EV_FREQUENCY,
	EV_PROCS_CHANGE,
	EV_PROC_START,
	EV_PROC_STOP,
	EV_PROC_STEAL,
	EV_PROC_STATUS,
	EV_GO_CREATE,
	EV_GO_CREATE_SYSCALL,
	EV_GO_START,
	EV_GO_DESTROY,
	EV_GO_DESTROY_SYSCALL,
	EV_GO_STOP,
	EV_GO_BLOCK,
	EV_GO_UNBLOCK,
	EV_GO_SYSCALL_BEGIN,
	EV_GO_SYSCALL_END,
	EV_GO_SYSCALL_END_BLOCKED,
	EV_GO_STATUS,
	EV_STW_BEGIN,
	EV_STW_END,
	EV_GC_ACTIVE,
	EV_GC_BEGIN,
	EV_GC_END,
	EV_GC_SWEEP_ACTIVE,
	EV_GC_SWEEP_BEGIN,
	EV_GC_SWEEP_END,
	EV_GC_MARK_ASSIST_ACTIVE,
	EV_GC_MARK_ASSIST_BEGIN,
	EV_GC_MARK_ASSIST_END,
	EV_HEAP_ALLOC,
	EV_HEAP_GOAL,
	EV_GO_LABEL,
	EV_USER_TASK_BEGIN,
	EV_USER_TASK_END,
	EV_USER_REGION_BEGIN,
	EV_USER_REGION_END,
	EV_USER_LOG,
	EV_GO_SWITCH,
	EV_GO_SWITCH_DESTROY,
	EV_GO_CREATE_BLOCKED,
	EV_GO_STATUS_STACK,
	EV_EXPERIMENTAL_BATCH,
	EV_SYNC,
	EV_CLOCK_SNAPSHOT,
	EV_END_OF_GENERATION,
	/* In no trace, shown to visitors alone: a region's end that closes nothing on its goroutine,
	   although regions are open there. With the arguments of EV_USER_REGION_END. */
	EV_USER_REGION_STRAY = 63,
	EV_EXPERIMENTAL_FIRST = 128, /* tracev2.EvSpan */
	EV_EXPERIMENTAL_LAST = 136,  /* tracev2.EvGoroutineStackFree */
};

#define TRACE_MAX_ARGS 4
/* tracev2.MaxBatchSize, MaxFramesPerStack, MaxEventTrailerDataSize */
#define TRACE_MAX_BATCH  65536
#define TRACE_MAX_FRAMES 128
#define TRACE_MAX_STRING 1024

/* How an event lies inside a batch: its type, the time since the event before it, `args` numbers.
 */
struct event_spec {
	const char *name;
	uint8_t timed; /* may stand in a batch of events */
	uint8_t args;  /* numbers after the time */
	/* One more than the index of the argument that holds such an ID; 0: none. */
	uint8_t stack, other_stack, string, other_string;
};
extern const struct event_spec event_specs[256];

/* tracev2.GoStatus and ProcStatus */
enum go_status { GO_BAD, GO_RUNNABLE, GO_RUNNING, GO_SYSCALL, GO_WAITING, GO_STATUS_COUNT };
enum proc_status {
	PROC_BAD,
	PROC_RUNNING,
	PROC_IDLE,
	PROC_SYSCALL,
	PROC_SYSCALL_ABANDONED,
	PROC_STATUS_COUNT
};

#endif
