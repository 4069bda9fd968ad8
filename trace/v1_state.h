/*
 * The inside of format 1, shared by its three parts: v1_wire.c knows how events are written and
 * indexes the file, v1_merge.c puts the Ps' events in one order, v1.c and the handlers of
 * v1_show.h show them as events of format 2. Not for others.
 */
#ifndef SCHEDTOP_TRACE_V1_STATE_H
#define SCHEDTOP_TRACE_V1_STATE_H

#include "trace/order_state.h"
#include "trace/v1.h"
#include "util/siphash.h"

/* internal/trace/internal/tracev1: EventType */
enum v1_type {
	V1_NONE,
	V1_BATCH,
	V1_FREQUENCY,
	V1_STACK,
	V1_GOMAXPROCS,
	V1_PROC_START,
	V1_PROC_STOP,
	V1_GC_START,
	V1_GC_DONE,
	V1_STW_START,
	V1_STW_DONE,
	V1_SWEEP_START,
	V1_SWEEP_DONE,
	V1_GO_CREATE,
	V1_GO_START,
	V1_GO_END,
	V1_GO_STOP,
	V1_GO_SCHED,
	V1_GO_PREEMPT,
	V1_GO_SLEEP,
	V1_GO_BLOCK,
	V1_GO_UNBLOCK,
	V1_GO_BLOCK_SEND,
	V1_GO_BLOCK_RECV,
	V1_GO_BLOCK_SELECT,
	V1_GO_BLOCK_SYNC,
	V1_GO_BLOCK_COND,
	V1_GO_BLOCK_NET,
	V1_GO_SYSCALL,
	V1_GO_SYS_EXIT,
	V1_GO_SYS_BLOCK,
	V1_GO_WAITING,
	V1_GO_IN_SYSCALL,
	V1_HEAP_ALLOC,
	V1_HEAP_GOAL,
	V1_TIMER_GOROUTINE,
	V1_FUTILE_WAKEUP,
	V1_STRING,
	V1_GO_START_LOCAL,
	V1_GO_UNBLOCK_LOCAL,
	V1_GO_SYS_EXIT_LOCAL,
	V1_GO_START_LABEL,
	V1_GO_BLOCK_GC,
	V1_ASSIST_START,
	V1_ASSIST_DONE,
	V1_USER_TASK_CREATE,
	V1_USER_TASK_END,
	V1_USER_REGION,
	V1_USER_LOG,
	V1_CPU_SAMPLE,
	V1_TYPES,
};

enum { V1_ARGS = 4 };

struct v1_spec {
	const char *name;
	uint8_t since; /* first version of the header that has it; 0: never */
	uint8_t args;  /* after the time, the stack not counted */
	bool stack;
};
extern const struct v1_spec v1_specs[V1_TYPES];

struct v1_event {
	int64_t ticks;
	uint64_t g, arg[V1_ARGS];
	uint32_t stack;
	int32_t p; /* -1: none */
	uint8_t type;
};

struct v1_batch {
	uint32_t offset; /* of the first event behind the batch's own */
	uint32_t next;   /* of the same P, or WIRE_NONE */
	uint64_t ticks;
};

/* A P's batches, and how far they are read. */
struct v1_proc {
	int32_t id;
	uint32_t first, last; /* batches; `first` is the next to read */
	struct cursor c;
	const uint8_t *begin; /* of the batch */
	int64_t ticks;
	uint64_t g; /* that runs on it */
	struct v1_event event;
	bool has_event;
	uint32_t place; /* among those that wait */
	uint32_t next;  /* that waits for the same, index + 1 */
};

/* The end of a syscall is written when its goroutine got a P again, with the time when it was over:
   it belongs there. */
struct v1_exit {
	int64_t ticks, written; /* over, and when that was written */
	uint64_t g;
};

/* What the merge and the conversion know of a goroutine. */
struct v1_goroutine {
	uint64_t id;
	uint64_t seq;
	int64_t blocked_ticks; /* last time it blocked in a syscall, 0: never */
	uint32_t slot;         /* of the order, or TRACE_NONE */
	uint8_t merged, shown; /* enum v1_state, of the two */
	bool assist, early;    /* early: made before the first GOMAXPROCS, not shown yet */
};

struct v1_sampled {
	uint64_t g;
	size_t i;
};

struct v1 {
	struct input *in;
	const uint8_t *data;
	size_t size; /* of what is whole */
	unsigned version;
	bool tolerant;
	struct generation g; /* strings and stacks */
	int64_t ticks_per_s;

	struct v1_batch *batch;
	size_t batches, batch_capacity;
	struct v1_proc *proc;
	size_t procs, proc_capacity;
	struct idmap proc_of;
	struct v1_event *sample; /* as they were taken */
	size_t samples, sample_capacity, next_sample;
	struct v1_sampled *sampled; /* the same, goroutine by goroutine */
	struct v1_exit *exit;
	size_t exits, exit_capacity, next_exit;
	struct idmap timers;

	/* merging */
	uint32_t *waiting; /* Ps whose next event does not fit, or has to be looked at */
	size_t waitings;
	uint32_t *look; /* those of them that have to be */
	size_t looks;
	struct siphash_key key;
	struct idmap waiter_of; /* hash of what the others wait for -> one that does */
	struct v1_ready {
		int64_t ticks;
		uint32_t proc;
	} * ready; /* heap */
	size_t readies;
	int64_t last_ticks;
	struct v1_goroutine *goroutine;
	size_t goroutines, goroutine_capacity;
	uint32_t *free_goroutine;
	size_t frees, free_capacity;
	struct idmap goroutine_of;

	/* showing */
	struct v1_event next; /* merged, behind the exits that come before it */
	bool has_next, begun, initialised, at_end;
	int64_t first_ticks;
	double ns_per_tick;
	bool gc, stw;
	uint32_t stw_name;
	struct v1_p {
		uint64_t g;
		uint32_t thread; /* slot, or TRACE_NONE */
		bool running, seen, sweep;
	} * p; /* by slot of the order */
	size_t ps;
	uint64_t done;
};

enum v1_state { V1_DEAD, V1_RUNNABLE, V1_RUNNING, V1_WAITING };

/* How one event is written. The cursor stands behind it when this is V1_READ. */
enum v1_read { V1_READ, V1_READ_STRING, V1_READ_STACK, V1_READ_BATCH, V1_READ_END, V1_READ_BAD };
struct v1_raw {
	uint8_t type;
	unsigned n;
	uint64_t arg[V1_ARGS + 2];
	uint64_t id; /* of a string or stack */
	uint32_t at; /* where its entry lies; or the text of a log */
};
enum v1_read v1_read(const struct v1 *v, struct cursor *c, struct v1_raw *raw);
/* Makes an event of it, as the P's next; false: wrong number of arguments. */
bool v1_make_event(const struct v1_raw *raw, struct v1_proc *proc, struct v1_event *e);

enum v1_merged { V1_MERGED, V1_MERGED_ALL, V1_MERGE_BROKEN, V1_MERGE_NO_MEMORY };
bool v1_merge_init(struct v1 *v);
enum v1_merged v1_merge(struct v1 *v, struct order *o, struct v1_event *e);
/* NULL: never heard of. */
struct v1_goroutine *v1_find(struct v1 *v, uint64_t id);
/* NULL: no memory. */
struct v1_goroutine *v1_find_or_add(struct v1 *v, uint64_t id);
void v1_remove(struct v1 *v, struct v1_goroutine *g);
/* The syscall that g has just begun on the P blocks. `as_reference`: with the reference's mistake.
 */
bool v1_syscall_blocks(const struct v1 *v, int32_t p, uint64_t g, bool as_reference);
/* Is its real time another than the one when it was written? */
static inline bool v1_is_restamped(const struct v1_event *e)
{
	return e->type == V1_GO_SYS_EXIT && e->arg[2] != 0 && (int64_t)e->arg[2] != e->ticks;
}

#endif
