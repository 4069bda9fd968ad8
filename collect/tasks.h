/*
 * The threads of a process as the kernel tells them, below /proc/PID/task. A process may have
 * thousands, so reading is paid from an allowance of CPU time that grows with the clock: what it
 * does not cover waits for the next call, and every row says when it was read. Used on one thread.
 */
#ifndef SCHEDTOP_COLLECT_TASKS_H
#define SCHEDTOP_COLLECT_TASKS_H

#include "metrics/snapshot.h"
#include "util/status.h"

#define TASKS_MAX 4096 /* rows kept; the kernel's count (OS_THREADS) tells what is missing */
/* CPU time allowed for a second: half a percent. */
#define TASKS_ALLOWED_NS_PER_S INT64_C(5000000)

struct tasks;

/* `proc` is "/proc", or what a test puts there. NULL when out of memory. */
struct tasks *tasks_create(const char *proc, pid_t pid);
void tasks_destroy(struct tasks *t); /* NULL is fine */
/* Lists the threads, reads as many as the allowance covers and puts all that is known into the
   snapshot. `allowed_ns` is what has been added to the allowance since the last call. */
enum status tasks_fill(struct tasks *t, int64_t allowed_ns, struct snapshot *s);

#endif
