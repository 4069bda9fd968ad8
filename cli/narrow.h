/*
 * What the options that narrow a command on a trace ask for. Any thread.
 */
#ifndef SCHEDTOP_CLI_NARROW_H
#define SCHEDTOP_CLI_NARROW_H

#include "cli/options.h"
#include "trace/tasks.h"

/* The tasks of --task, an ID or a type, and of --trace-id. */
struct task_filter narrow_tasks(const struct options *o);

#endif
