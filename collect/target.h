/*
 * The process being watched: who it is, and whether it still is the same one. Immutable once found;
 * any thread may call target_check.
 */
#ifndef SCHEDTOP_COLLECT_TARGET_H
#define SCHEDTOP_COLLECT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "goproc/process.h"
#include "metrics/snapshot.h"
#include "util/status.h"

struct target {
	pid_t pid;
	/* false: not in our /proc, known by its agent's socket alone; what follows is what the agent
	 * told. */
	bool local;
	uint64_t start_ticks;   /* /proc/PID/stat field 22: tells a reused PID apart */
	struct process process; /* tells another program that it executes apart */
	uid_t uid;
	char program[64]; /* printable, as go_version and module */
	char go_version[32];
	char module[128];
	bool async_timers; /* as it is built, see goproc_info */
};

/* STATUS_NO_TARGET: no such process, or not a Go program. STATUS_PERMISSION: it can't be looked at.
 */
enum status target_find(pid_t pid, struct target *t, struct error *error);

/* The same; but a PID that is not in our /proc is taken as it is: a container next door may share
   its agent's socket with us and nothing else. */
enum status target_find_shared(pid_t pid, struct target *t, struct error *error);

/* What a process calls itself, printable: the base name of its argv[0]. */
void target_program(pid_t pid, char *to, size_t size);

/* Is it still there, the same process and program, and does it run? TARGET_EXITED also for a
   zombie, a reused PID, and a process that executes another program now. */
enum target_state target_check(const struct target *t);
/* STATUS_EXITED with the sentence for one that target_check found so: it has exited, or it has
   executed a new program. */
enum status target_explain_end(const struct target *t, struct error *error);

#endif
