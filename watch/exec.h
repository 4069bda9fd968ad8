/*
 * Runs one command and waits for it: no shell, nothing on its standard input, a bounded time, and
 * what it prints comes back as lines that are fit to be shown. Any thread; it blocks.
 */
#ifndef SCHEDTOP_WATCH_EXEC_H
#define SCHEDTOP_WATCH_EXEC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/status.h"

enum { EXEC_LINES_MAX = 50, EXEC_LINE_MAX = 512, EXEC_VARIABLES_MAX = 16 };

struct exec_options {
	char *const *argv; /* the file is looked for in PATH */
	/* "NAME=VALUE" beside what our own environment has, NULL behind the last. */
	char *const *variables;
	int64_t limit_ns;        /* then it gets SIGTERM with its group, and soon after SIGKILL */
	const atomic_bool *stop; /* the same, when it becomes true */
	/* One line of its output, printable; of EXEC_LINES_MAX the rest is counted. */
	void (*line)(const char *line, void *arg);
	void *arg;
};

struct exec_result {
	bool killed; /* it took too long, or was stopped */
	int status;  /* as a shell has it: 128 + n when signal n ended it */
	unsigned lines_lost;
};

/* STATUS_FAILED with a sentence: it could not be started. */
enum status exec_run(const struct exec_options *options, struct exec_result *result,
                     struct error *error);

#endif
