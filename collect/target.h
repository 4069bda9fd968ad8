/*
 * The process being watched: who it is, and whether it still is the same one. Immutable once found, apart
 * from target_check; used by the collector's thread.
 */
#ifndef SCHEDTOP_COLLECT_TARGET_H
#define SCHEDTOP_COLLECT_TARGET_H

#include <stdint.h>
#include <sys/types.h>

#include "metrics/snapshot.h"
#include "util/status.h"

struct target {
	pid_t pid;
	uint64_t start_ticks; /* /proc/PID/stat field 22: tells a reused PID apart */
	uid_t uid;
	char program[64];    /* printable */
	char go_version[32]; /* "" unknown */
	char module[128];
};

/* STATUS_NO_TARGET: no such process, or not a Go program. STATUS_PERMISSION: it can't even be identified. */
enum status target_find(pid_t pid, struct target *t, struct error *error);

/* Is it still there, the same process, and does it run? TARGET_EXITED also for a zombie and a reused PID. */
enum target_state target_check(const struct target *t);

#endif
