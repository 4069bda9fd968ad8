/*
 * What the threads of a process are for: the Ms of the runtime and the tasks of the kernel, brought
 * together. derive_threads counts them, derive_thread_table tells one by one; both ask the same
 * classification. Pure functions over immutable snapshots; any thread.
 */
#ifndef SCHEDTOP_METRICS_THREADS_H
#define SCHEDTOP_METRICS_THREADS_H

#include "metrics/history.h"
#include "metrics/snapshot.h"

/*
 * An M is, the first that fits: spinning; in cgo (incgo with a goroutine); in a system call (its
 * goroutine's status); running (it has a P and a goroutine: GC workers too, whose status is
 * "waiting" while they mark); locked (waits without a P for the goroutine it is locked to). Of
 * those that remain without a P, as many as the scheduler counts as parked are idle: sleeping ones
 * before others, and sysmon, which never has a P and is the oldest M after the first, last. It is
 * counted among the others: the template thread, Ms on their way between states, threads of C code.
 */
enum thread_use {
	THREAD_UNKNOWN, /* nobody told about Ms, or how many of them are parked */
	THREAD_RUNNING,
	THREAD_SYSCALL,
	THREAD_CGO,
	THREAD_SPINNING,
	THREAD_LOCKED,
	THREAD_IDLE,
	THREAD_SYSMON, /* the runtime's watchman; derive_threads counts it as other */
	THREAD_OTHER,
	THREAD_USE_COUNT,
};
extern const char *const thread_use_name[THREAD_USE_COUNT];

/* use[i] is what M i of the snapshot is for; [s->nm], all THREAD_UNKNOWN when it can't be known. */
void derive_thread_uses(const struct snapshot *s, uint8_t *use);

/*
 * How many there are of each. The parts are disjoint, none is negative, and they sum up to `total`;
 * `known` is false when the M rows or the scheduler's idlethreads are unknown. `total` is the
 * kernel's count, unless it is less than all parts (the two are not read at the same moment), else
 * the number of Ms.
 */
struct thread_split {
	bool known;
	int64_t running, syscall, cgo, spinning, idle, locked, other, total;
};
struct thread_split derive_threads(const struct snapshot *s);

/* One thread of the newest snapshot that has any; its pointers are into the history. */
struct thread_row {
	const struct snapshot *s;         /* of m */
	const struct snapshot_task *task; /* NULL: the kernel was not asked */
	const struct snapshot_m *m;       /* NULL: no M, or the runtime was not asked */
	int64_t tid; /* as we see it if there is a task, else as the process does */
	enum thread_use use;
	/* Since when it has been seen doing this, without a break: the same use, with the same
	   goroutine, and for one that sleeps without using the CPU. Monotonic; -1: unknown. */
	int64_t since_ns;
	bool at_least;    /* it did so already in the oldest snapshot: since then or longer */
	double cpu_ratio; /* of one CPU, over about CPU_SPAN_NS; NAN: unknown */
};
#define THREAD_CPU_SPAN_NS INT64_C(2000000000)

struct thread_table {
	size_t n;
	struct thread_row *row; /* [n], by rising tid */
	/* What the rows were made of; NULL: never known. */
	const struct snapshot *tasks, *ms;
};

/* Walks the history back for since_ns and cpu_ratio, as far as any row needs it. STATUS_FAILED when
   out of memory. An empty table is fine. */
enum status derive_thread_table(const struct history *h, struct thread_table *out);
void thread_table_finish(struct thread_table *table);

#endif
