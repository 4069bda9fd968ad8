/*
 * User tasks (runtime/trace.NewTask): how long each took and what the time went into, summed by
 * type, with the slowest of each type kept. A goroutine works for a task from NewTask to End when
 * it created it, and inside regions of it. At every moment the task is as far as the goroutine that
 * is furthest: running, else in a system call, else runnable, else blocked; so the parts add up to
 * the task's duration, and the steps in their order are its critical path. A visitor. It grows with
 * the tasks open at one time and the types; the caller owns it and the stacks it shares, one
 * thread.
 */
#ifndef SCHEDTOP_TRACE_TASKS_H
#define SCHEDTOP_TRACE_TASKS_H

#include "trace/breakdown.h"
#include "trace/distribution.h"
#include "trace/event.h"
#include "trace/stacks.h"
#include "trace/task_rows.h"

enum {
	TASK_STEPS = 24,   /* of one task: the longest */
	TASK_SLOWEST = 3,  /* of one type */
	TASK_TYPES = 1024, /* further types are counted as one */
	TASK_DETAILS =
		16384,      /* open tasks whose time is broken down; of more only the duration is told */
	TASK_LOGS = 16, /* of one task that was asked for */
	TASK_LOG_TEXT = 160,
	TASK_FOLLOWED = 4, /* tasks that one goroutine works for */
};

struct task_step {
	int64_t at_ns, ns;
	uint64_t goroutine; /* ID */
	uint32_t waker;     /* name of the function that ended the wait */
	uint8_t kind;       /* of breakdown */
};

struct task_log {
	int64_t at_ns;
	uint32_t category;
	uint32_t length;
	char text[TASK_LOG_TEXT];
};

struct task_detail {
	struct breakdown spent;
	struct task_step step[TASK_STEPS];
	unsigned steps;
	uint64_t other_steps;
	int64_t other_steps_ns;
	uint32_t next_free; /* index + 1 */
};

/* What is told of one task. */
struct task_instance {
	uint64_t id, parent; /* parent 0: none */
	uint64_t creator;    /* goroutine's ID */
	int64_t begin_ns, ns;
	uint64_t logs, regions, subtasks;
	bool open; /* it had not ended when the trace did */
	bool has_detail;
	struct task_detail detail;
	struct task_log *log; /* of tasks that were asked for */
	size_t kept_logs;
};

struct task_type {
	uint32_t name;
	bool others; /* of all types beyond TASK_TYPES */
	bool wanted;
	uint64_t begun, ended, open;
	int64_t open_max_ns;
	struct distribution duration; /* of those that ended and that we saw begin */
	struct breakdown spent;
	uint64_t broken_down; /* tasks in `spent` */
	uint64_t logs, regions;
	struct task_instance *slowest[TASK_SLOWEST]; /* slowest first */
	size_t kept;
	struct task_rows *rows; /* NULL: none, or not asked for */
};

struct task_filter {
	uint64_t id;               /* 0: all */
	const char *type;          /* NULL: all */
	const char *trace_id;      /* NULL: all; else what a log must hold */
	const struct idmap *among; /* NULL: all; else one of these IDs */
};

struct open_user_task {
	uint64_t id; /* 0: free */
	uint32_t serial;
	uint32_t detail;                                /* index + 1; 0: not broken down */
	uint32_t in_state[SPENT_RUNNABLE + 1], blocked; /* goroutines that work for it */
	int64_t since_ns;
	uint64_t goroutine;         /* the one that is furthest */
	uint64_t blocked_goroutine; /* the last of them that blocked */
	uint32_t type, waker, next_free;
	uint8_t kind, blocked_kind;
	bool matches; /* the trace ID was in a log */
	struct task_instance told;
};

/* A goroutine that works for a task, once or more. */
struct task_follower {
	uint32_t task, serial, times;
};

struct task_goroutine {
	uint8_t kind, following; /* kind is known while it follows any */
	struct task_follower follows[TASK_FOLLOWED];
};

struct tasks {
	struct stacks *stacks;
	struct task_filter filter;
	bool keep_rows; /* some tasks of every duration, see task_rows.h */

	struct task_type *type;
	size_t types, type_capacity;
	struct idmap type_of;
	struct open_user_task *task;
	size_t tasks, task_capacity;
	struct idmap task_of;
	uint32_t free_task; /* index + 1 */
	struct task_detail *detail;
	size_t details, detail_capacity;
	uint32_t free_detail;
	bool torn; /* there was no memory for what was open at a gap */
	struct task_goroutine *slot;
	size_t slots;
	struct spent_reasons reasons;
	uint64_t logs, ended_only; /* ends of tasks that began before the trace */
	/* Called with each task when it ends, and with all that are left at the end. May be NULL. */
	void (*concluded)(void *self, const struct tasks *tasks, const struct open_user_task *task);
	void *concluded_self;
};

/* All zero, with `stacks` and perhaps `filter`, `keep_rows` and `concluded` set, is a good start.
 */
void tasks_finish(struct tasks *tasks);
struct trace_visitor tasks_visitor(struct tasks *tasks);
void tasks_restart(void *tasks, int64_t time_ns);
/* Does the filter want it, as far as is known of it by now? */
bool tasks_is_wanted(const struct tasks *tasks, const struct open_user_task *task);

/* --- for visitors that ask for whom each event is done, and show them one by one ---------------
 */

/* Room for the block's goroutines. false: no memory. */
bool tasks_prepare(struct tasks *tasks, const struct trace_block *block);
/* false: no memory. */
bool tasks_event(struct tasks *tasks, const struct trace_block *block, const struct trace_event *e);
/* Does the goroutine work for a task that the filter wants? */
bool tasks_wants(const struct tasks *tasks, uint32_t slot);

#endif
