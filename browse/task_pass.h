/*
 * Reads a trace once more for one of its tasks, on a thread of its own, and lets whoever draws look
 * at what is known of it so far: what the loading pass has no memory for. It belongs to the thread
 * that draws.
 */
#ifndef SCHEDTOP_BROWSE_TASK_PASS_H
#define SCHEDTOP_BROWSE_TASK_PASS_H

#include "trace/task_story.h"
#include "trace/tasks.h"

struct task_pass;

struct task_pass_options {
	const char *path; /* copied; a file that can be read again */
	uint64_t task;
	void (*wake)(void *arg); /* there is something new to draw; from any thread */
	void *arg;
};

/* NULL: no memory, or no thread. */
struct task_pass *task_pass_create(const struct task_pass_options *options);
/* At once, however far it is. NULL is fine. */
void task_pass_destroy(struct task_pass *pass);

struct task_report {
	const struct task_story *story;
	/* The task with its steps, when it is over; NULL before. */
	const struct task_instance *instance;
	const struct spent_reasons *reasons; /* of the instance */
	const struct names *names;
	bool reading;
	double progress;     /* 0...1, < 0 unknown */
	const char *problem; /* why it can't be read; NULL: it can */
};

/* What there is now, until task_pass_unlock. */
struct task_report task_pass_lock(struct task_pass *pass);
void task_pass_unlock(struct task_pass *pass);

#endif
