/*
 * All there is to tell of one user task: the goroutines that worked for it and what each spent
 * that time on, its regions, logs and subtasks, in their order. A visitor for a pass of its own,
 * since of all tasks that would be too much to keep; what is beyond the limits is counted. A
 * goroutine works for a task as in tasks.h. The caller owns it and the stacks it shares; one
 * thread.
 */
#ifndef SCHEDTOP_TRACE_TASK_STORY_H
#define SCHEDTOP_TRACE_TASK_STORY_H

#include "trace/breakdown.h"
#include "trace/event.h"

enum {
	STORY_GOROUTINES = 64,
	STORY_REGIONS = 512,
	STORY_LOGS = 128,
	STORY_SUBTASKS = 64,
	STORY_LOG_TEXT = 160,
};

struct story_goroutine {
	uint64_t id;
	uint32_t function;         /* that it starts with: a name, NAME_NONE: unknown */
	int64_t first_ns, last_ns; /* it began and ceased to work for the task */
	struct breakdown spent;    /* on what, in between */
};

enum story_end { STORY_OPEN, STORY_ENDED, STORY_CUT /* with its goroutine, or events were lost */ };

struct story_region {
	uint64_t goroutine; /* ID */
	uint32_t name;
	uint32_t depth; /* regions of the task around it */
	int64_t begin_ns, ns;
	enum story_end end;
};

struct story_log {
	int64_t at_ns;
	uint64_t goroutine; /* ID */
	uint32_t category;  /* name */
	uint32_t length;    /* of what is kept of the text */
	char text[STORY_LOG_TEXT];
};

struct story_subtask {
	uint64_t id, goroutine; /* that created it */
	uint32_t name;
	int64_t begin_ns, ns;
	enum story_end end;
};

/* What is known of a goroutine while it works for the task. */
struct story_worker {
	uint32_t goroutine; /* index + 1; 0: it is beyond the limit */
	uint32_t times;     /* it began to and has not ceased yet */
	uint32_t depth;     /* its open regions of the task */
	uint32_t unkept;    /* of these, the innermost that there was no room for */
	int64_t since_ns;
	uint8_t kind; /* of breakdown */
};

struct task_story {
	uint64_t id; /* of the task that is asked for */

	bool begun;
	enum story_end end;
	uint32_t name;
	uint64_t parent, creator; /* parent 0: none; the goroutine's ID */
	int64_t begin_ns, end_ns; /* end_ns: or of the trace */

	struct story_goroutine goroutine[STORY_GOROUTINES];
	struct story_region region[STORY_REGIONS];
	struct story_log log[STORY_LOGS];
	struct story_subtask subtask[STORY_SUBTASKS];
	size_t goroutines, regions, logs, subtasks;
	uint64_t more_goroutines, more_regions, more_logs, more_subtasks; /* beyond these */

	struct spent_reasons reasons;
	struct story_worker *slot;
	size_t slots;
};

/* All zero, with `id` set, is a good start. */
void task_story_finish(struct task_story *story);
struct trace_visitor task_story_visitor(struct task_story *story);

#endif
